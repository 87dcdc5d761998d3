//! `stats --live`: what MONITOR shows for a while.

use crate::cli::args::Format;
use crate::cli::args::StatsArgs;
use crate::cli::commands::monitor::{STEP, UNASKED, tell_lost, too_long, warn_of_cost};
use crate::cli::commands::read_code;
use crate::cli::commands::stats::counters::rounded;
use crate::cli::commands::stats::grid;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Complete, Flat, Milliseconds, Name, Record as _, Seconds, Shape, Share, print};
use crate::cli::rows::stats::{Calls, Grouping, Live, Seen, TagSeen};
use cacheme::ops::{Observation, Observed, Observer, Totals};
use cacheme::text::counted;
use std::time::{Duration, Instant};

/// Refuses to watch for long unless that was said twice.
pub fn check_length(length: Duration, args: &StatsArgs) -> Result<(), Failure> {
    if length > UNASKED && !args.yes {
        return Err(
            Failure::usage(too_long(length)).with_hint("add --yes to do it, or watch for 60s at most")
        );
    }
    Ok(())
}

/// Watches for a while; the second part is why it ended early, if something failed.
pub fn observe(context: &Context, length: Duration) -> Result<(Observation, Option<Failure>), Failure> {
    let mut session = context.session()?;
    context.catch_signals()?;
    warn_of_cost(context);
    let observer = Observer::start(&mut session.conn, &session.ns)?;
    let (end, mut told) = (Instant::now() + length, 0);
    while Instant::now() < end && !context.interrupted() && !observer.has_ended() {
        tell_lost(context, &observer.lost(), &mut told);
        std::thread::sleep(STEP.min(end.saturating_duration_since(Instant::now())));
    }
    let (observation, outcome) = observer.stop(&mut session.conn);
    tell_lost(context, &observation.lost, &mut told);
    if observation.capped {
        context.ui.warning(
            "there were too many keys to follow all of them: some calls are counted by the shape of their keys \
             instead of their tag",
        );
    }
    Ok((observation, outcome.err().map(|error| Failure::from(error).partly())))
}

pub fn live(context: &Context, args: &StatsArgs, length: Duration) -> Result<Code, Failure> {
    check_length(length, args)?;
    let format = context.format(None);
    let nested = matches!(format, Format::Json | Format::Ndjson);
    let (columns, shape) = match nested {
        true => (Live::columns(), Shape::Object),
        false => (TagSeen::columns(), Shape::Rows),
    };
    let mut output = context.output(&columns, shape)?;
    let (seen, failure) = observe(context, length)?;
    let complete = is_complete(context, &seen, failure.as_ref());
    if nested {
        output.row(Live { live: of_all(&seen, complete) }.row())?;
        output.finish()?;
    } else if context.is_drawn() {
        print(&table(&seen))?;
    } else {
        for row in &seen.rows {
            output.row(of_tag(row).row())?;
        }
        output.finish()?;
    }
    match failure {
        Some(failure) => Err(failure),
        None => Ok(read_code(context, complete)),
    }
}

pub fn is_complete(context: &Context, seen: &Observation, failure: Option<&Failure>) -> bool {
    failure.is_none() && !context.interrupted() && !seen.capped && seen.lost.is_empty()
}

/// To three places.
fn rounded_3(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

fn of_all(seen: &Observation, complete: bool) -> Seen {
    Seen {
        seconds: Seconds(rounded_3(seen.seconds)),
        complete: Complete(complete),
        tags: seen.rows.iter().map(of_tag).collect(),
        commands: seen.commands,
        in_progress: seen.computing as u64,
    }
}

fn of_tag(row: &Observed) -> TagSeen {
    let ms = |time: Option<f64>| time.map(rounded_3).map(Milliseconds);
    TagSeen {
        calls: Flat(of_calls(&row.name, &row.totals)),
        expiries: row.totals.expiries,
        writes: row.totals.writes,
        p50_ms: ms(row.p50_ms),
        p99_ms: ms(row.p99_ms),
        grouped_by: Grouping(if row.is_tag { "tag" } else { "shape" }),
    }
}

/// What the calls of a tag came to.
pub fn of_calls(tag: &[u8], totals: &Totals) -> Calls {
    Calls {
        tag: Name(tag.to_vec()),
        calls: totals.calls,
        hits: totals.hits(),
        misses: totals.misses,
        refreshes: totals.refreshes,
        waits: totals.waits,
        hit_ratio: totals.hit_ratio().map(rounded).map(Share),
        invalidations: totals.invalidations,
    }
}

pub fn table(seen: &Observation) -> String {
    let mut text = grid::header(grid::width()) + "\n";
    for row in &seen.rows {
        text += &grid::line(row, grid::width());
        text += "\n";
    }
    let calls: u64 = seen.rows.iter().map(|row| row.totals.calls).sum();
    text += &format!(
        "\n{} in {:.1} s, {:.0} a second; {} on the whole server\n",
        counted(calls, "call", "calls"),
        seen.seconds,
        calls as f64 / seen.seconds.max(0.001),
        counted(seen.commands, "command", "commands")
    );
    text
}
