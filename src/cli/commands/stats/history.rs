//! `stats --history`: the recorded counters by the hour.

use crate::cli::args::Format;
use crate::cli::commands::selection::warn_of_not_sets;
use crate::cli::commands::stats::counters::of_tag;
use crate::cli::commands::stats::grid::short;
use crate::cli::commands::stats::spark;
use crate::cli::commands::{is_same_server, read_code};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::human::percent;
use crate::cli::output::{self, Flat, Record as _, Shape, Time, print};
use crate::cli::rows::stats::{History, Hour, HourOfTag};
use cacheme::cache::{CountersByHour, Counts, CountsByTag, Session, read_history, read_kept};
use cacheme::text;
use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

/// What is shown unless told.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// Letters of a sparkline.
const COLUMNS: usize = 24;

pub fn history(context: &Context, length: Duration) -> Result<Code, Failure> {
    let format = context.format(None);
    let nested = matches!(format, Format::Json | Format::Ndjson);
    let drawn = context.is_drawn();
    let (columns, shape) = match nested {
        true => (History::columns(), Shape::Object),
        false => (HourOfTag::columns(), Shape::Rows),
    };
    let mut output = context.output(&columns, shape)?;
    let Session { mut conn, ns, .. } = context.session()?;
    context.catch_signals()?;
    let hours = length.as_secs().div_ceil(3600);
    let (mut not_hashes, mut objects, mut held) = (Vec::new(), Vec::new(), Vec::new());
    let mut written: io::Result<()> = Ok(());
    let mut control = context.control(None, None);
    let done = read_history(&mut conn, &ns, hours, &mut control, &mut not_hashes, &mut |hour| {
        if nested {
            objects.push(of_hour(&hour));
        } else if drawn {
            held.push(hour);
        } else {
            written = hour.tags.iter().try_for_each(|(tag, counts)| {
                let row = HourOfTag { hour: Time(time(&hour)), counters: Flat(of_tag(tag, counts)) };
                output.row(row.row())
            });
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written?;
    warn_of_not_sets(context, &[], &not_hashes, 0);
    let code = read_code(context, done && is_same_server(context, &conn) && not_hashes.is_empty());
    if drawn {
        if held.iter().all(|hour| hour.tags.is_empty()) {
            let length = if hours == 24 { "24 hours".to_owned() } else { shown(hours) };
            context.print_sentences(&format!("nothing was recorded in the last {length}\n"))?;
            context.ui.hint("`cacheme stats --live 10s` counts calls that nobody records");
        } else {
            print(&(sparklines(&held) + &table(&held)))?;
        }
    } else {
        if nested {
            output.row(History { history: objects }.row())?;
        }
        output.finish()?;
    }
    // Where it may not be asked for, nobody is told.
    if let Ok(kept) = read_kept(&mut conn, &ns)
        && kept < length
    {
        context.ui.hint(&format!(
            "hours are kept for {}; `cacheme stats --keep {}` keeps them longer",
            shown(kept.as_secs() / 3600),
            shown(hours).replace(' ', "")
        ));
    }
    Ok(code)
}

/// Hours as a person says them.
pub fn shown(hours: u64) -> String {
    if hours > 24 && hours.is_multiple_of(24) { format!("{} d", hours / 24) } else { format!("{hours} h") }
}

fn of_hour(hour: &CountersByHour) -> Hour {
    let counters = hour.tags.iter().map(|(tag, counts)| of_tag(tag, counts));
    Hour { hour: Time(time(hour)), counters: counters.collect() }
}

fn time(hour: &CountersByHour) -> String {
    output::time(hour.begins_at).unwrap_or_default()
}

/// A line a tag: calls by the hour, then the hit ratio by the hour; of more than a day by as many hours as a column has to stand for.
fn sparklines(hours: &[CountersByHour]) -> String {
    let mut tags = CountsByTag::new();
    for (tag, counts) in hours.iter().flat_map(|hour| &hour.tags) {
        tags.entry(tag.clone()).or_default().add(counts);
    }
    let calls_of = format!("calls, {}", shown(hours.len() as u64));
    let mut lines = format!("{:22} {calls_of:24} {:24} {:>4}\n", "tag", "hit ratio", "all");
    for (tag, counts) in &tags {
        let columns = hours.chunks(hours.len().div_ceil(COLUMNS).max(1)).map(|hours| {
            let mut counts = Counts::default();
            hours.iter().filter_map(|hour| hour.tags.get(tag)).for_each(|of_hour| counts.add(of_hour));
            counts
        });
        let columns: Vec<Counts> = columns.collect();
        let most = columns.iter().map(calls).fold(0.0, f64::max);
        let line = spark::line(columns.iter().map(calls).map(|calls| (calls > 0.0).then(|| calls / most)));
        let ratios = spark::line(columns.iter().map(Counts::hit_ratio));
        let tag = spark::fitted(&text::escape(tag), 22);
        lines += &format!("{tag} {line:24} {ratios:24} {:>4}\n", percent(counts.hit_ratio()));
    }
    lines + "\n"
}

/// A line an hour and tag, in 80 columns; the other formats have every field.
fn table(hours: &[CountersByHour]) -> String {
    let mut lines = format!(
        "{:13} {:17} {:>7} {:>7} {:>5} {:>5} {:>5} {:>6} {:>6}\n",
        "hour (UTC)", "tag", "hits", "misses", "ratio", "refr", "waits", "errors", "local"
    );
    for hour in hours {
        for (tag, counts) in &hour.tags {
            lines += &format!(
                "{:13} {} {:>7} {:>7} {:>5} {:>5} {:>5} {:>6} {:>6}\n",
                time(hour).replace('T', " ").chars().take(13).collect::<String>(),
                spark::fitted(&text::escape(tag), 17),
                short(counts.hits, 7),
                short(counts.misses, 7),
                percent(counts.hit_ratio()),
                short(counts.refreshes, 5),
                short(counts.waits, 5),
                short(counts.errors, 6),
                short(counts.local, 6)
            );
        }
    }
    lines
}

/// All calls.
pub fn calls(counts: &Counts) -> f64 {
    [counts.hits, counts.misses, counts.refreshes, counts.waits].iter().map(|count| *count as f64).sum()
}
