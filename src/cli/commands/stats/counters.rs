//! The recorded counters: as rows, over the last day, and back to nothing.

use crate::cli::args::Format;
use crate::cli::commands::selection::warn_of_not_sets;
use crate::cli::commands::stats::grid::short;
use crate::cli::commands::stats::spark;
use crate::cli::commands::{is_same_server, read_code};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{self, Cell, Row, Shape, columns, print};
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::{Risk, Sample, check_read_only};
use cacheme::cache::Mode;
use cacheme::cache::Session;
use cacheme::cache::{CountersByHour, Counts, CountsByTag, forget_counters, read_counters, read_history};
use cacheme::text;
use serde_json::{Value, json};
use std::time::Instant;

/// The counters of a tag as fields.
pub fn cells(counts: &Counts) -> Row {
    vec![
        ("hits", counts.hits.into()),
        ("misses", counts.misses.into()),
        ("hit_ratio", counts.hit_ratio().map(rounded).into()),
        ("stale", counts.stale.into()),
        ("refreshes", counts.refreshes.into()),
        ("waits", counts.waits.into()),
        ("errors", counts.errors.into()),
        ("compute_seconds", (counts.compute_us as f64 / 1e6).into()),
    ]
}

/// A tag and its counters as an object.
pub fn object(tag: &[u8], counts: &Counts) -> Value {
    let mut row: Row = vec![("tag", Cell::Name(tag.to_vec()))];
    row.extend(cells(counts));
    output::object(&row)
}

/// A ratio to four places: what is behind them is noise.
pub fn rounded(ratio: f64) -> f64 {
    (ratio * 1e4).round() / 1e4
}

pub fn history(context: &Context) -> Result<Code, Failure> {
    let format = context.format(None);
    let nested = matches!(format, Format::Json | Format::Ndjson);
    let (columns, shape) = match nested {
        true => (vec!["history"], Shape::Object),
        false => (columns(&of_hour(String::new(), &[], &Counts::default())), Shape::Rows),
    };
    let mut output = context.output(&columns, shape)?;
    let Session { mut conn, ns, .. } = context.session()?;
    let mut not_hashes = Vec::new();
    let hours = read_history(&mut conn, &ns, &mut not_hashes)?;
    warn_of_not_sets(context, &[], &not_hashes, 0);
    let code = read_code(context, is_same_server(context, &conn) && not_hashes.is_empty());
    if nested {
        let hours = hours.iter().map(|hour| {
            let tags = hour.tags.iter().map(|(tag, counts)| object(tag, counts));
            json!({"hour": time(hour), "counters": tags.collect::<Value>()})
        });
        output.row(vec![("history", Cell::Json(hours.collect()))])?;
        output.finish()?;
        return Ok(code);
    }
    if format == Format::Table && context.global.fields.is_empty() {
        if hours.iter().all(|hour| hour.tags.is_empty()) {
            print("nothing was recorded in the last 24 hours\n")?;
            return Ok(code);
        }
        print(&(sparklines(&hours) + &table(&hours)))?;
        return Ok(code);
    }
    for hour in &hours {
        for (tag, counts) in &hour.tags {
            output.row(of_hour(time(hour), tag, counts))?;
        }
    }
    output.finish()?;
    Ok(code)
}

fn of_hour(hour: String, tag: &[u8], counts: &Counts) -> Row {
    let mut row: Row = vec![("hour", hour.into()), ("tag", Cell::Name(tag.to_vec()))];
    row.extend(cells(counts));
    row
}

fn time(hour: &CountersByHour) -> String {
    jiff::Timestamp::from_second(hour.begins_at).map_or_else(|_| String::new(), |time| time.to_string())
}

/// A line a tag: calls by the hour, then the hit ratio by the hour.
fn sparklines(hours: &[CountersByHour]) -> String {
    let mut tags = CountsByTag::new();
    for (tag, counts) in hours.iter().flat_map(|hour| &hour.tags) {
        tags.entry(tag.clone()).or_default().add(counts);
    }
    let mut lines = format!("{:22} {:24} {:24} {:>4}\n", "tag", "calls, 24 h", "hit ratio", "all");
    for (tag, counts) in &tags {
        let of = |hour: &CountersByHour| hour.tags.get(tag).copied().unwrap_or_default();
        let calls = hours.iter().map(|hour| calls(&of(hour)));
        let most = calls.clone().fold(0.0, f64::max);
        let calls = spark::line(calls.map(|calls| (calls > 0.0).then(|| calls / most)));
        let ratios = spark::line(hours.iter().map(|hour| of(hour).hit_ratio()));
        let tag = spark::fitted(&text::escape(tag), 22);
        lines += &format!("{tag} {calls} {ratios} {:>4}\n", spark::percent(counts.hit_ratio()));
    }
    lines + "\n"
}

/// A line an hour and tag, in 80 columns; the other formats have every field.
fn table(hours: &[CountersByHour]) -> String {
    let mut lines = format!(
        "{:13} {:20} {:>8} {:>8} {:>5} {:>6} {:>6} {:>6}\n",
        "hour (UTC)", "tag", "hits", "misses", "ratio", "refr", "waits", "errors"
    );
    for hour in hours {
        for (tag, counts) in &hour.tags {
            lines += &format!(
                "{:13} {} {:>8} {:>8} {:>5} {:>6} {:>6} {:>6}\n",
                time(hour).replace('T', " ").chars().take(13).collect::<String>(),
                spark::fitted(&text::escape(tag), 20),
                short(counts.hits, 8),
                short(counts.misses, 8),
                spark::percent(counts.hit_ratio()),
                short(counts.refreshes, 6),
                short(counts.waits, 6),
                short(counts.errors, 6)
            );
        }
    }
    lines
}

fn calls(counts: &Counts) -> f64 {
    [counts.hits, counts.misses, counts.refreshes, counts.waits].iter().map(|count| *count as f64).sum()
}

pub fn reset(context: &Context, yes: bool) -> Result<Code, Failure> {
    check_read_only(context, "stats --reset")?;
    let mut output = context.output(&["tags", "deleted", "complete"], Shape::Object)?;
    if !yes && !context.is_interactive() {
        return Err(Failure::usage("nobody is there to be asked; nothing was changed")
            .with_hint("add --yes to forget the recorded counters"));
    }
    let mut session = context.session()?;
    let mut not_hashes = Vec::new();
    let counters = read_counters(&mut session.conn, &session.ns, &mut not_hashes)?;
    read_history(&mut session.conn, &session.ns, &mut not_hashes)?;
    if let Some(odd) = not_hashes.first() {
        // Somebody else's, perhaps.
        return Err(Failure::failed(format!(
            "'{}' is not a hash of counters: nothing was forgotten",
            text::escape(odd)
        ))
        .with_hint("`cacheme doctor` tells what to do about it"));
    }
    let tags = counters.len();
    if !Risk::Many.is_agreed(context, yes) {
        let plan = format!("forgets the counters of {tags} tags, and the last 24 hours");
        Risk::Many.ask(context, &session, &plan, &Sample::new("tags", counters.keys()))?;
    }
    let start = Instant::now();
    let deleted = forget_counters(&mut session.conn, &session.ns, Mode::Apply)?;
    if deleted.is_none_or(|deleted| deleted > 0) {
        let (matched, complete) = (tags as u64, deleted.is_some());
        let deleted = deleted.unwrap_or(0);
        note(context, &mut session, Done { matched, marked: 0, deleted, complete }, start);
    }
    if context.format(None) == Format::Table && context.global.fields.is_empty() {
        let hashes = deleted.map_or_else(|| "an unknown number of".to_owned(), |deleted| deleted.to_string());
        print(&format!("forgot the counters of {tags} tags ({hashes} hashes)\n"))?;
    } else {
        let complete = deleted.is_some();
        output.row(vec![
            ("tags", tags.into()),
            ("deleted", deleted.into()),
            ("complete", complete.into()),
        ])?;
        output.finish()?;
    }
    if deleted.is_none() {
        context
            .ui
            .warning("the answer was lost, or another server took over: how much was deleted is not known");
        return Ok(Code::Partly);
    }
    Ok(Code::Done)
}
