//! The recorded counters: as rows, and back to nothing.

use crate::cli::args::Format;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Complete, Flat, Name, Record as _, Seconds, Shape, Share};
use crate::cli::rows::stats::{Counters, Reset, TagCounters};
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::{Risk, Sample, check_read_only};
use cacheme::Error;
use cacheme::cache::{Counts, ForgottenCounters, forget_counters, read_counters};
use cacheme::text::{self, counted};
use std::time::Instant;

/// The counters of a tag.
pub fn of_tag(tag: &[u8], counts: &Counts) -> TagCounters {
    TagCounters { tag: Name(tag.to_vec()), counters: Flat(counters(counts)) }
}

pub fn counters(counts: &Counts) -> Counters {
    let Counts { hits, misses, stale, refreshes, waits, errors, local, compute_us } = *counts;
    let hit_ratio = counts.hit_ratio().map(rounded).map(Share);
    let compute_seconds = Seconds(compute_us as f64 / 1e6);
    Counters { hits, misses, hit_ratio, stale, refreshes, waits, errors, compute_seconds, local }
}

/// A ratio to four places: what is behind them is noise.
pub fn rounded(ratio: f64) -> f64 {
    (ratio * 1e4).round() / 1e4
}

pub fn reset(context: &Context, yes: bool) -> Result<Code, Failure> {
    check_read_only(context, "stats --reset", "forget the recorded counters")?;
    let mut output = context.output(&Reset::columns(), Shape::Object)?;
    if !yes && !context.is_interactive() {
        return Err(Failure::usage("cannot ask for confirmation without a terminal; nothing was changed")
            .with_hint("add --yes to forget the recorded counters"));
    }
    let mut session = context.session()?;
    context.catch_signals()?;
    let totals = read_counters(&mut session.conn, &session.ns, &mut Vec::new())?;
    let counters = totals.tags;
    // After a reset the totals hold nothing but when they began.
    let empty = u64::from(counters.is_empty() && totals.since.is_some());
    let tags = counters.len();
    if !Risk::Many.is_agreed(context, yes) {
        let plan = format!(
            "Forget the counters of {}, and the hours that are kept",
            counted(tags as u64, "tag", "tags")
        );
        Risk::Many.ask(context, &session, &plan, &Sample::new("tags", counters.keys()))?;
    }
    let start = Instant::now();
    let mut control = context.control(None, None);
    let done = forget_counters(&mut session.conn, &session.ns, &mut control);
    let ForgottenCounters { deleted, complete, .. } = done.map_err(not_counters)?;
    if deleted.is_none_or(|deleted| deleted > empty) {
        let (matched, deleted) = (tags as u64, deleted.unwrap_or(0));
        note(context, &mut session, Done { matched, marked: 0, deleted, complete }, start);
    }
    if context.format(None) == Format::Table && context.global.fields.is_empty() {
        let hashes = deleted.map_or_else(
            || "an unknown number of hashes".to_owned(),
            |deleted| counted(deleted, "hash", "hashes"),
        );
        let tags = counted(tags as u64, "tag", "tags");
        context.print_sentences(&match complete || deleted.is_none() {
            true => format!("Deleted the counters of {tags} ({hashes})\n"),
            false => format!("Deleted {hashes} of counters\n"),
        })?;
    } else {
        output.row(Reset { tags: tags as u64, deleted, complete: Complete(complete) }.row())?;
        output.finish()?;
    }
    if complete {
        return Ok(Code::Done);
    }
    if deleted.is_none() {
        context.ui.warning(
            "the server's answer was lost, or another server took over: it is not known how much was deleted",
        );
    }
    if !context.cut_short(false) {
        return Ok(Code::Partly);
    }
    context.ui.warning("stopped before the end: run this again to forget the rest");
    Ok(Code::Interrupted)
}

/// A key in the place of counters is somebody else's, perhaps.
fn not_counters(error: Error) -> Failure {
    match error {
        Error::WrongType { keys } => {
            let odd = text::escape(keys.first().map_or(b"", Vec::as_slice));
            Failure::failed(format!("'{odd}' is not a hash of counters: nothing was forgotten"))
                .with_hint("`cacheme doctor` says what to do about it")
        }
        error => error.into(),
    }
}
