//! `stats --watch`: the same observation, told every second.

use crate::cli::args::Format;
use crate::cli::args::StatsArgs;
use crate::cli::commands::monitor::{COST, STEP, UNASKED, tell_lost, warn_of_cost};
use crate::cli::commands::read_code;
use crate::cli::commands::stats::live;
use crate::cli::commands::stats::live::check_length;
use crate::cli::commands::stats::picture::{Picture, TICK};
use crate::cli::commands::stats::screen::{help, lines};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Flat, Output, Record as _, Seconds, Shape, print, wrapped};
use crate::cli::rows::stats::Tick;
use crate::cli::ui::screen::{Screen, is_control};
use cacheme::cache::Session;
use cacheme::ops::{Observer, TagFinder, Totals};
use ratatui::crossterm::event::{Event, KeyCode};
use ratatui::text::Text;
use std::io::{self, IsTerminal as _};
use std::time::{Duration, Instant};

/// Keys whose tags are looked for at each tick.
const PLACED: usize = 2000;
/// How long what it costs stands alone on the screen.
const WARNED: Duration = Duration::from_secs(2);
const ABOUT_TO: &str =
    "It starts in 2 s. q: leave. Any other key: start now. (With --yes it starts without this wait.)";

pub fn watch(context: &Context, args: &StatsArgs, length: Option<Duration>) -> Result<Code, Failure> {
    let length = match length {
        Some(length) => {
            check_length(length, args)?;
            Some(length)
        }
        None => (!args.yes).then_some(UNASKED),
    };
    let on_terminal = std::io::stdout().is_terminal() && matches!(context.format(None), Format::Table);
    let mut output = if on_terminal { None } else { Some(rows(context)?) };
    let mut session = context.session()?;
    context.catch_signals()?;
    let mut screen = if on_terminal { Some(Screen::open(context.stop_flag())?) } else { None };
    match &mut screen {
        Some(screen) => {
            if let Some(code) = announce(context, screen, args.yes)? {
                return Ok(code);
            }
        }
        None => warn_of_cost(context),
    }
    let observer = Observer::start(&mut session.conn, &session.ns)?;
    let ended = run(context, &mut session, &observer, length, screen.as_mut(), output.as_mut());
    // Whatever comes now is said on the terminal as it was.
    drop(screen);
    let (seen, outcome) = observer.stop(&mut session.conn);
    let code = ended?;
    tell_lost(context, &seen.lost, &mut 0);
    outcome.map_err(|error| Failure::from(error).partly())?;
    match output {
        Some(output) => output.finish()?,
        None => print(&live::table(&seen))?,
    }
    Ok(if code == Code::Done { read_code(context, seen.lost.is_empty()) } else { code })
}

/// Says what it costs before it begins and where it is seen, for long enough to be read unless that was agreed to. Gives how it
/// ends, where somebody ends it there.
fn announce(context: &Context, screen: &mut Screen, agreed: bool) -> io::Result<Option<Code>> {
    let begin = Instant::now();
    let draw = |screen: &mut Screen| {
        screen.draw(|frame| {
            let text = format!("{COST}\n\n{}", if agreed { "" } else { ABOUT_TO });
            frame.render_widget(Text::raw(wrapped(&text, 0, frame.area().width.into())), frame.area());
        })
    };
    draw(screen)?;
    while !agreed && begin.elapsed() < WARNED {
        if context.interrupted() {
            return Ok(Some(Code::Interrupted));
        }
        // Without a terminal to type at it begins at once, as nobody can say no.
        let Ok(event) = screen.event(STEP) else { break };
        match event {
            Some(Event::Key(key)) if is_control(key, 'c') => return Ok(Some(Code::Interrupted)),
            Some(Event::Key(key)) => match key.code {
                KeyCode::Char('q' | 'Q') | KeyCode::Esc => return Ok(Some(Code::Done)),
                _ => break,
            },
            Some(Event::Resize(..)) => draw(screen)?,
            _ => {}
        }
    }
    Ok(None)
}

fn rows(context: &Context) -> Result<Output, Failure> {
    let format = match context.format(None) {
        Format::Json => {
            return Err(Failure::usage("--format json is one document, and --watch has no end to it")
                .with_hint("--format ndjson has an object a line, plain a row"));
        }
        Format::Table => Format::Plain,
        other => other,
    };
    context.output_with(format, &Tick::columns(), &context.global.fields, Shape::Rows)
}

fn run(
    context: &Context,
    session: &mut Session,
    observer: &Observer,
    length: Option<Duration>,
    mut screen: Option<&mut Screen>,
    mut output: Option<&mut Output>,
) -> Result<Code, Failure> {
    let begin = Instant::now();
    let mut finder = TagFinder::default();
    let place = format!("prefix {}  {}", context.shown_prefix(), session.conn.addr());
    let mut picture = Picture::new(place, observer);
    let (mut next, mut has_keys, mut shows_help) = (begin, true, false);
    loop {
        let over = length.is_some_and(|length| begin.elapsed() >= length);
        if context.interrupted() {
            return Ok(Code::Interrupted);
        }
        if Instant::now() >= next || over || observer.has_ended() {
            finder.place(&mut session.conn, observer, PLACED, TICK / 4)?;
            picture.tick(observer, length.map(|length| length.saturating_sub(begin.elapsed())));
            if let Some(screen) = &mut screen {
                draw(screen, &picture, shows_help)?;
            }
            if let Some(output) = &mut output {
                tell(output, &picture)?;
            }
            next = (next + TICK).max(Instant::now());
        }
        if over || observer.has_ended() {
            return Ok(Code::Done);
        }
        match &mut screen {
            Some(screen) if has_keys => match screen.event(STEP).unwrap_or_else(|_| {
                // There is a terminal to draw on but none to type at.
                has_keys = false;
                None
            }) {
                Some(Event::Key(key)) if is_control(key, 'c') => return Ok(Code::Interrupted),
                Some(Event::Key(key)) => match key.code {
                    KeyCode::Char('q' | 'Q') => return Ok(Code::Done),
                    KeyCode::Esc if !shows_help => return Ok(Code::Done),
                    pressed => {
                        shows_help = !shows_help && matches!(pressed, KeyCode::Char('?') | KeyCode::F(1));
                        draw(screen, &picture, shows_help)?;
                    }
                },
                Some(Event::Resize(..)) => draw(screen, &picture, shows_help)?,
                _ => {}
            },
            _ => std::thread::sleep(STEP),
        }
    }
}

fn draw(screen: &mut Screen, picture: &Picture, shows_help: bool) -> io::Result<()> {
    screen.draw(|frame| {
        let area = frame.area();
        let shown = if shows_help { help } else { lines };
        let lines = shown(picture, area.width.into(), area.height.into());
        frame.render_widget(Text::from_iter(lines), area);
    })
}

/// A row for each tag with something to tell.
fn tell(output: &mut Output, picture: &Picture) -> Result<(), Failure> {
    for row in &picture.seen.rows {
        let Some(now) = picture.now.get(&row.name).filter(|now| **now != Totals::default()) else { continue };
        let seconds = Seconds(picture.seen.seconds.round());
        output.row(Tick { seconds, calls: Flat(live::of_calls(&row.name, now)) }.row())?;
    }
    output.flush()?;
    Ok(())
}
