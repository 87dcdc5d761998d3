//! The screen of `stats --watch`: drawn in place, and the terminal given back as it was.

use crate::cli::commands::stats::grid::short;
use crate::cli::commands::stats::picture::Picture;
use crate::cli::commands::stats::spark::{fitted, percent};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{self, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue, style};
use dialoguer::console::measure_text_width;
use std::io::{self, BufWriter, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// Whether the terminal is ours.
static OPEN: AtomicBool = AtomicBool::new(false);

/// A terminal of ours: in raw mode, on its other screen, without a cursor. All of it is undone when this is dropped, and at
/// a panic before its message is written, which would be lost with the other screen.
pub struct Screen {
    out: BufWriter<Stdout>,
    has_keys: bool,
}

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Quit,
    Interrupt,
    Redraw,
}

impl Screen {
    pub fn open() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        OPEN.store(true, SeqCst);
        // From here on dropping it undoes everything.
        let mut screen = Self { out: BufWriter::new(io::stdout()), has_keys: true };
        let (owner, tell) = (thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == owner {
                give_back(&mut io::stdout());
            }
            tell(info);
        }));
        execute!(screen.out, EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }

    /// Waits so long for a key, or for another size.
    pub fn key(&mut self, wait: Duration) -> io::Result<Option<Key>> {
        if !self.has_keys {
            std::thread::sleep(wait);
            return Ok(None);
        }
        match event::poll(wait) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(_) => {
                // There is a terminal to draw on but none to type at.
                self.has_keys = false;
                return Ok(None);
            }
        }
        Ok(match event::read()? {
            Event::Resize(..) => Some(Key::Redraw),
            Event::Key(key) if key.kind == KeyEventKind::Release => None,
            Event::Key(key) => match key.code {
                KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Interrupt),
                KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Key::Quit),
                KeyCode::Char('l') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Redraw),
                _ => None,
            },
            _ => None,
        })
    }

    /// Draws over what was there.
    pub fn draw(&mut self, picture: &Picture) -> io::Result<()> {
        let (columns, rows): (u16, u16) = terminal::size().unwrap_or((80, 24));
        let lines = frame(picture, columns.into(), rows.into());
        queue!(self.out, cursor::MoveTo(0, 0))?;
        for (at, line) in lines.iter().enumerate() {
            let row = u16::try_from(at).unwrap_or(u16::MAX);
            queue!(self.out, cursor::MoveTo(0, row), style::Print(line))?;
            // Behind a line that is full, clearing would take its last letter.
            if measure_text_width(line) < columns.into() {
                queue!(self.out, terminal::Clear(ClearType::UntilNewLine))?;
            }
        }
        let rest = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        if rest < rows {
            queue!(self.out, cursor::MoveTo(0, rest), terminal::Clear(ClearType::FromCursorDown))?;
        }
        self.out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back(&mut self.out);
    }
}

/// Once: who is given the screen back twice finds the cursor elsewhere.
pub fn give_back(out: &mut impl Write) {
    if OPEN.swap(false, SeqCst) {
        // Each for itself: what can be given back is.
        let _ = execute!(out, cursor::Show, LeaveAlternateScreen);
        let _ = terminal::disable_raw_mode();
    }
}

/// The numbers between name and trend, and behind it.
const FIXED: usize = 7 + 1 + 5 + 1 + 6 + 1 + 5 + 1 + 5 + 1 + 6 + 4;

/// The whole screen as lines, none longer than it is wide, and no more than it is high.
fn frame(picture: &Picture, columns: usize, rows: usize) -> Vec<String> {
    let (seen, all) = (&picture.seen, picture.now(b""));
    let per_second = |count: u64| (count as f64 / picture.tick).round() as u64;
    let left = picture.seconds_left.map_or_else(String::new, |left| format!(", {left} s left"));
    let trend = columns.saturating_sub(50).clamp(10, 60);
    let mut lines = vec![
        format!("{:.0} s{left}, q quits  {}", seen.seconds, picture.place),
        format!(
            "{:>7} calls/s  hit ratio {:>4}  {}",
            short(per_second(all.calls), 7),
            percent(all.hit_ratio()),
            picture.trend(b"", trend)
        ),
        format!(
            "{:>7} commands/s on the server, {} invalidations/s, {} in progress{}",
            short(per_second(picture.commands_now), 7),
            per_second(all.invalidations),
            seen.computing,
            if seen.capped { ", more keys than are followed" } else { "" }
        ),
        String::new(),
    ];
    let name = (columns.saturating_sub(FIXED) / 2).clamp(8, 40);
    let trend = columns.saturating_sub(FIXED + name).min(60);
    lines.push(format!(
        "{} {:>7} {:>5} {:>trend$} {:>6} {:>5} {:>5} {:>6}",
        fitted("tag", name),
        "calls/s",
        "ratio",
        if trend >= 9 { "by second" } else { "" },
        "misses",
        "refr",
        "waits",
        "invals"
    ));
    let busiest = picture.busiest.len().min(rows / 4);
    let room = rows.saturating_sub(lines.len() + if busiest > 0 { busiest + 2 } else { 0 }).max(1);
    for row in seen.rows.iter().take(room) {
        let totals = &row.totals;
        lines.push(format!(
            "{} {:>7} {:>5} {} {:>6} {:>5} {:>5} {:>6}",
            Picture::shown(&row.name, name),
            short(per_second(picture.now(&row.name).calls), 7),
            percent(totals.hit_ratio()),
            picture.trend(&row.name, trend),
            short(totals.misses, 6),
            short(totals.refreshes, 5),
            short(totals.waits, 5),
            short(totals.invalidations, 6),
        ));
    }
    if seen.rows.is_empty() {
        lines.push("no calls yet".to_owned());
    }
    if busiest > 0 {
        lines.push(String::new());
        lines.push("busiest keys, calls so far".to_owned());
        for (key, calls) in &picture.busiest[..busiest] {
            lines.push(format!("{:>7} {}", short(*calls, 7), Picture::shown(key, columns.saturating_sub(8))));
        }
    }
    lines.truncate(rows);
    lines.iter().map(|line| fitted(line, columns).trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::Screen;
    use std::process::{Command, Stdio};

    /// The process of the test below, in a terminal of its own.
    #[test]
    #[ignore = "a process of another test, started by it"]
    fn panics() {
        if std::env::var_os("CACHEME_TEST_PANICS").is_some() {
            let _screen = Screen::open().unwrap();
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
