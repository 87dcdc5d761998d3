//! `stats --watch`: the same observation, told every second.

use super::counters::rounded;
use super::live::{STEP, UNASKED, check_length, warn_of_cost};
use super::screen::{Key, Screen};
use super::{live, screen, spark};
use crate::cli::args::StatsArgs;
use crate::cli::context::{Context, Session};
use crate::cli::error::{Code, Failure};
use crate::cli::hangup;
use crate::cli::output::{Cell, Column, Format, Output, Shape, print};
use cacheme::namespace::text;
use cacheme::ops::{Observation, Observer, TagFinder, Totals};
use std::collections::{HashMap, VecDeque};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_secs(1);
/// Keys whose tags are looked for at each tick.
const PLACED: usize = 2000;
/// Ticks that a sparkline may show.
const TREND: usize = 120;
const COLUMNS: [Column; 9] =
    ["seconds", "tag", "calls", "hits", "misses", "refreshes", "waits", "hit_ratio", "invalidations"];

/// What changes from tick to tick.
pub struct Picture {
    pub place: String,
    pub seen: Observation,
    pub busiest: Vec<(Vec<u8>, u64)>,
    pub seconds_left: Option<u64>,
    /// What happened since the tick before, by name.
    pub now: HashMap<Vec<u8>, Totals>,
    /// The hit ratios of the last ticks, by name; the empty name is all of them.
    pub trends: HashMap<Vec<u8>, VecDeque<Option<f64>>>,
    pub commands_now: u64,
    /// How long the last tick was, in seconds.
    pub tick: f64,
    before: HashMap<Vec<u8>, Totals>,
}

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
    if on_terminal {
        hangup::ends_it(context.stop_flag(), || screen::give_back(&mut std::io::stdout()))?;
    }
    warn_of_cost(context);
    let observer = Observer::start(&mut session.conn, &session.ns)?;
    let mut screen = if on_terminal { Some(Screen::open()?) } else { None };
    let ended = run(context, &mut session, &observer, length, screen.as_mut(), output.as_mut());
    // Whatever comes now is said on the terminal as it was.
    drop(screen);
    let (seen, outcome) = observer.stop(&mut session.conn);
    let code = ended?;
    outcome.map_err(|error| Failure::from(error).partly())?;
    match output {
        Some(output) => output.finish()?,
        None => print(&live::table(&seen))?,
    }
    Ok(code)
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
    Output::new(format, &COLUMNS, &context.global.fields, Shape::Rows)
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
    let mut next = begin;
    loop {
        let over = length.is_some_and(|length| begin.elapsed() >= length);
        if context.interrupted() {
            return Ok(Code::Interrupted);
        }
        if Instant::now() >= next || over || observer.has_ended() {
            finder.place(&mut session.conn, observer, PLACED, TICK / 4)?;
            picture.tick(observer, length.map(|length| length.saturating_sub(begin.elapsed())));
            if let Some(screen) = &mut screen {
                screen.draw(&picture)?;
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
            None => std::thread::sleep(STEP),
            Some(screen) => match screen.key(STEP)? {
                Some(Key::Quit) => return Ok(Code::Done),
                Some(Key::Interrupt) => return Ok(Code::Interrupted),
                Some(Key::Redraw) => screen.draw(&picture)?,
                None => {}
            },
        }
    }
}

/// A row for each tag with something to tell.
fn tell(output: &mut Output, picture: &Picture) -> Result<(), Failure> {
    for row in &picture.seen.rows {
        let Some(now) = picture.now.get(&row.name).filter(|now| **now != Totals::default()) else { continue };
        output.row(vec![
            ("seconds", picture.seen.seconds.round().into()),
            ("tag", Cell::Name(row.name.clone())),
            ("calls", now.calls.into()),
            ("hits", now.hits().into()),
            ("misses", now.misses.into()),
            ("refreshes", now.refreshes.into()),
            ("waits", now.waits.into()),
            ("hit_ratio", now.hit_ratio().map(rounded).into()),
            ("invalidations", now.invalidations.into()),
        ])?;
    }
    output.flush()?;
    Ok(())
}

impl Picture {
    fn new(place: String, observer: &Observer) -> Self {
        Self {
            place,
            seen: observer.so_far(),
            busiest: Vec::new(),
            seconds_left: None,
            now: HashMap::new(),
            trends: HashMap::new(),
            commands_now: 0,
            tick: TICK.as_secs_f64(),
            before: HashMap::new(),
        }
    }

    fn tick(&mut self, observer: &Observer, left: Option<Duration>) {
        let seen = observer.so_far();
        self.tick = (seen.seconds - self.seen.seconds).max(0.001);
        self.commands_now = seen.commands.saturating_sub(self.seen.commands);
        self.busiest = observer.busiest(50);
        self.seconds_left = left.map(|left| left.as_secs_f64().ceil() as u64);
        let mut all = Totals::default();
        self.now = seen
            .rows
            .iter()
            .map(|row| {
                let before = self.before.get(&row.name).copied().unwrap_or_default();
                let now = row.totals.since(&before);
                all.add(&now);
                (row.name.clone(), now)
            })
            .collect();
        self.now.insert(Vec::new(), all);
        self.before = seen.rows.iter().map(|row| (row.name.clone(), row.totals)).collect();
        self.trends.retain(|name, _| self.now.contains_key(name));
        for (name, now) in &self.now {
            let trend = self.trends.entry(name.clone()).or_default();
            trend.push_back(now.hit_ratio());
            if trend.len() > TREND {
                trend.pop_front();
            }
        }
        self.seen = seen;
    }

    /// What happened since the tick before.
    pub fn now(&self, name: &[u8]) -> Totals {
        self.now.get(name).copied().unwrap_or_default()
    }

    /// The last hit ratios of a name, the newest on the right.
    pub fn trend(&self, name: &[u8], columns: usize) -> String {
        let Some(trend) = self.trends.get(name) else { return " ".repeat(columns) };
        let shown = trend.iter().skip(trend.len().saturating_sub(columns)).copied();
        format!("{:>columns$}", spark::line(shown))
    }

    /// A name as it is shown.
    pub fn shown(name: &[u8], columns: usize) -> String {
        spark::fitted(&text::escape(name), columns)
    }
}
