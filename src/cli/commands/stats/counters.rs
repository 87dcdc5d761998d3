//! The recorded counters: as rows, and back to nothing.

use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{self, Cell, Row, Shape, print};
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::{Risk, Sample, check_read_only};
use cacheme::cache::{Counts, Mode, forget_counters, read_counters, read_history, read_kept};
use cacheme::text;
use serde_json::Value;
use std::ops::ControlFlow;
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

pub fn reset(context: &Context, yes: bool) -> Result<Code, Failure> {
    check_read_only(context, "stats --reset")?;
    let mut output = context.output(&["tags", "deleted", "complete"], Shape::Object)?;
    if !yes && !context.is_interactive() {
        return Err(Failure::usage("nobody is there to be asked; nothing was changed")
            .with_hint("add --yes to forget the recorded counters"));
    }
    let mut session = context.session()?;
    let mut not_hashes = Vec::new();
    let totals = read_counters(&mut session.conn, &session.ns, &mut not_hashes)?;
    let counters = totals.tags;
    // After a reset the totals hold nothing but when they began.
    let empty = u64::from(counters.is_empty() && totals.since.is_some());
    // Where it may not be asked for, the last day stands for all.
    let hours = read_kept(&mut session.conn, &session.ns).map_or(24, |kept| kept.as_secs() / 3600);
    let mut control = context.control(None, None);
    read_history(&mut session.conn, &session.ns, hours, &mut control, &mut not_hashes, &mut |_| {
        ControlFlow::Continue(())
    })?;
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
        let plan = format!("forgets the counters of {tags} tags, and the hours that are kept");
        Risk::Many.ask(context, &session, &plan, &Sample::new("tags", counters.keys()))?;
    }
    let start = Instant::now();
    let deleted = forget_counters(&mut session.conn, &session.ns, Mode::Apply)?;
    if deleted.is_none_or(|deleted| deleted > empty) {
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
