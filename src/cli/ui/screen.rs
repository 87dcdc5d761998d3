//! A full screen: drawn in place, and the terminal given back as it was.

use crate::cli::ui::sighup;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::layout::{Position, Rect, Size};
use ratatui::{DefaultTerminal, Frame, Terminal};
use std::io;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// Whether the terminal is ours.
static OPEN: AtomicBool = AtomicBool::new(false);

/// A terminal of ours: in raw mode, on its other screen, without a cursor. All of it is undone when this is dropped, and at
/// a panic before its message is written, which would be lost with the other screen.
pub struct Screen(DefaultTerminal);

impl Screen {
    /// `stop` is set when the terminal goes away.
    pub fn open(stop: Arc<AtomicBool>) -> io::Result<Self> {
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        sighup::ends_it(stop, give_back)?;
        terminal::enable_raw_mode()?;
        OPEN.store(true, SeqCst);
        // From here on dropping it undoes everything.
        let screen = Self(terminal);
        let (owner, tell) = (thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == owner {
                give_back();
            }
            tell(info);
        }));
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    pub fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    /// Draws what has changed.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.0.draw(picture).map(drop)
    }

    /// Waits so long for a key that is pressed, or for another size. Ctrl-L draws everything anew.
    pub fn event(&mut self, wait: Duration) -> io::Result<Option<Event>> {
        if !event::poll(wait)? {
            return Ok(None);
        }
        Ok(match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Release => None,
            Event::Key(key) if is_control(key, 'l') => {
                let size = self.size()?;
                // As another size does; `clear` would ask the terminal where its cursor is.
                self.0.resize(Rect::from((Position::ORIGIN, size)))?;
                Some(Event::Resize(size.width, size.height))
            }
            event => Some(event),
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether it is this letter with Ctrl.
pub fn is_control(key: KeyEvent, letter: char) -> bool {
    key.code == KeyCode::Char(letter) && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Once: who is given the screen back twice finds the cursor elsewhere.
fn give_back() {
    if OPEN.swap(false, SeqCst) {
        // Each for itself: what can be given back is.
        let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// The process of the test below, in a terminal of its own.
    #[test]
    #[ignore = "a process of another test, started by it"]
    fn panics() {
        if std::env::var_os("CACHEME_TEST_PANICS").is_some() {
            let _screen = Screen::open(Arc::default()).unwrap();
            panic!("told to panic");
        }
    }

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_is_told() {
        let exe = std::env::current_exe().unwrap();
        let name = concat!(module_path!(), "::panics").split_once("::").unwrap().1;
        let words = format!("{} --exact {name} --ignored --nocapture; stty -a", exe.display());
        let output = Command::new("script")
            .args(["-qec", &words, "/dev/null"])
            .env("CACHEME_TEST_PANICS", "1")
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .output()
            .expect("script of the package bsdutils");
        let text = String::from_utf8_lossy(&output.stdout);
        let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what:?} in {text:?}"));
        assert!(place("\u{1b}[?1049h") < place("\u{1b}[?1049l"));
        assert!(place("\u{1b}[?25l") < place("\u{1b}[?25h") && place("\u{1b}[?25h") < place("told to panic"));
        assert!(place("\u{1b}[?1049l") < place("told to panic"), "told on the screen that stays: {text:?}");
        assert_eq!(text.matches("\u{1b}[?1049l").count(), 1, "{text:?}");
        let modes = &text[place("speed ")..];
        assert!(modes.contains(" echo ") && modes.contains(" icanon "), "still raw: {modes}");
    }
}
