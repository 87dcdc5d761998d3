//! `stats --keep`: how long the recorded hours are kept.

use crate::cli::args::Format;
use crate::cli::commands::stats::history::shown;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Complete, Record as _, Seconds, Shape};
use crate::cli::rows::stats::Kept;
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::{Risk, Sample, check_read_only};
use cacheme::cache::{keep_counters, read_kept};
use std::time::{Duration, Instant};

pub fn keep(context: &Context, keep: Duration, yes: bool) -> Result<Code, Failure> {
    check_read_only(context, "stats --keep", "change for how long the counters of each hour are kept")?;
    let mut output = context.output(&Kept::columns(), Shape::Object)?;
    let mut session = context.session()?;
    context.catch_signals()?;
    let before = read_kept(&mut session.conn, &session.ns)?;
    let (hours, hours_before) = (keep.as_secs() / 3600, before.as_secs() / 3600);
    if keep < before && !Risk::Many.is_agreed(context, yes) {
        if !context.is_interactive() {
            return Err(Failure::usage(format!(
                "recorded hours are kept for {} now, and this would delete those older than {}; nothing was \
                 changed",
                shown(hours_before),
                shown(hours)
            ))
            .with_hint("add --yes to do it"));
        }
        let plan = format!(
            "Keep recorded hours for {} instead of {}, and delete older ones",
            shown(hours),
            shown(hours_before)
        );
        Risk::Many.ask(context, &session, &plan, &Sample::default())?;
    }
    let start = Instant::now();
    let mut control = context.control(None, None);
    let done = keep_counters(&mut session.conn, &session.ns, keep, &mut control)?;
    let (matched, deleted) = (done.kept + done.forgotten, done.forgotten);
    note(context, &mut session, Done { matched, marked: 0, deleted, complete: done.complete }, start);
    if context.format(None) == Format::Table && context.global.fields.is_empty() {
        context.print_sentences(&format!(
            "recorded hours are kept for {}; hours kept now: {}, older ones deleted: {}\n",
            shown(hours),
            done.kept,
            done.forgotten
        ))?;
    } else {
        let keep_seconds = Seconds(keep.as_secs());
        let kept = Kept {
            keep_seconds,
            kept: done.kept,
            forgotten: done.forgotten,
            complete: Complete(done.complete),
        };
        output.row(kept.row())?;
        output.finish()?;
    }
    if done.complete {
        return Ok(Code::Done);
    }
    context.ui.warning("stopped before the end, or an answer was lost: run this again to reach every hour");
    Ok(if context.cut_short(false) { Code::Interrupted } else { Code::Partly })
}
