//! `browse`: a full screen for debugging sessions: tags, their keys, a value.

mod app;
mod feed;
mod fit;
mod opened;
mod page;
mod sort;
mod view;

use crate::cli::args::BrowseArgs;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::ui::confirm::check_read_only;
use crate::cli::ui::screen::Screen;
use app::{App, Next};
use ratatui::crossterm::event::Event;
use ratatui::layout::{Position, Rect};
use std::io::IsTerminal as _;
use std::time::Duration;

/// How long nothing may happen before signals and what the server sent are looked at again.
const TICK: Duration = Duration::from_millis(50);
/// How long another key of a burst may take. Of no time at all nothing would be read.
const BURST: Duration = Duration::from_millis(1);

pub fn browse(context: &Context, args: &BrowseArgs) -> Result<Code, Failure> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::usage("`browse` needs a terminal")
            .with_hint("`cacheme tags list` and `cacheme keys list` work without one"));
    }
    if args.write {
        check_read_only(context, "browse --write", "change what you select there, each time after a yes")?;
    }
    let session = context.session()?;
    context.catch_signals()?;
    ratatui::crossterm::style::force_color_output(context.ui.colors_output());
    let mut app = App::new(context, session, args.write);
    let mut screen = Screen::open(context.stop_flag())?;
    loop {
        app.receive();
        app.fit(view::body(Rect::from((Position::ORIGIN, screen.size()?)), &app));
        screen.draw(|frame| view::draw(frame, &app))?;
        if context.interrupted() {
            return Ok(Code::Interrupted);
        }
        // A burst of keys is one screen.
        let mut next = screen.event(TICK)?;
        while let Some(event) = next {
            if let Event::Key(key) = event
                && app.press(key) == Next::Quit
            {
                return Ok(Code::Done);
            }
            next = screen.event(BURST)?;
        }
    }
}
