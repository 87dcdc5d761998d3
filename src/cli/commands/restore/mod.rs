//! `keys restore`.

pub mod line;

use crate::cli::args::{Format, RestoreArgs};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Complete, Milliseconds, Record as _, Shape};
use crate::cli::rows::reports::{LayoutName, Restored};
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::{Risk, check_read_only};
use cacheme::cache::Mode;
use cacheme::cache::Session;
use cacheme::ops::{InnerSearch, Restore, RestoreReport, restore as run};
use cacheme::text::{self, counted, grouped};
pub use line::refusal;
use line::{Lines, MAKE_IT, is_read_once};
use std::time::Instant;

/// So many keys and lines are named; the rest is counted.
const NAMED: u64 = 10;

pub fn restore(context: &mut Context, args: &RestoreArgs) -> Result<Code, Failure> {
    if args.to_layout.is_some() {
        context.global.layout = args.to_layout;
    }
    let (context, dry_run) = (&*context, args.dry_run.dry_run);
    if !dry_run {
        check_read_only(context, "keys restore", "write the keys of the dump")?;
    }
    // Fail on bad --fields, and on a file that is not there, before anybody is asked.
    drop(context.output(&Restored::columns(), Shape::Object)?);
    line::check_there(&args.file)?;
    let risk = Risk::Many;
    if !dry_run {
        risk.check(context, args.yes, is_read_once(&args.file))?;
    }
    let mut lines = Lines::open(&args.file, args.from_line)?;
    let mut session = context.session()?;
    context.exclude_inner(&mut session, InnerSearch::Whole)?;
    context.take_inner(&mut session)?;
    if !dry_run && !risk.is_agreed(context, args.yes) {
        let plan = apply(context, args, &mut session, &mut lines, Mode::DryRun, &mut |_| {});
        plan.1?;
        let plan = plan.0;
        if plan.restored > 0 {
            let plan = match plan.unchanged + plan.kept {
                0 if plan.restored == 1
                    && let Some(one) = lines.sample.first() =>
                {
                    format!("Restore {}", text::escape(one))
                }
                0 => format!("Restore {}", counted(plan.restored, "key", "keys")),
                _ => format!("Restore {}", deeds(&plan)),
            };
            risk.ask(context, &session, &plan, &lines.sample)?;
        }
        lines = Lines::open(&args.file, args.from_line)?;
    }
    context.catch_signals()?;
    let mode = if dry_run { Mode::DryRun } else { Mode::Apply };
    let start = Instant::now();
    let (report, done) = apply(context, args, &mut session, &mut lines, mode, &mut |warning| {
        context.ui.warning(warning);
    });
    // Where an error came between, it is not known how far the batch in flight got: no line is named to go on from.
    let next = (done.is_ok() && !report.complete && lines.read >= args.from_line)
        .then_some(report.unwritten.unwrap_or(lines.read + 1));
    if !dry_run && report.restored > 0 {
        let (matched, complete) = (report.restored, is_complete(&report, &lines));
        note(context, &mut session, Done { matched, complete, ..Done::default() }, start);
    }
    Failure::unless_unread(tell(context, &session, args, &lines, &report, start, next))?;
    super::tell_connection_stats(context, &session.conn, report.replicated);
    let complete = is_complete(&report, &lines);
    match done {
        Err(failure) if report.restored > 0 && !dry_run => Err(failure.partly()),
        Err(failure) => Err(failure),
        Ok(()) if context.cut_short(complete) => Ok(Code::Interrupted),
        Ok(()) if !complete => Ok(Code::Partly),
        Ok(()) if args.dry_run.exit_code && report.restored > 0 => Ok(Code::Found),
        Ok(()) => Ok(Code::Done),
    }
}

fn apply(
    context: &Context,
    args: &RestoreArgs,
    session: &mut Session,
    lines: &mut Lines,
    mode: Mode,
    warn: &mut dyn FnMut(&str),
) -> (RestoreReport, Result<(), Failure>) {
    let bar = if mode == Mode::DryRun { "comparing" } else { "restoring" };
    let mut control = context.control(None, Some(bar));
    let mut report = RestoreReport::default();
    let mut noted = 0;
    let how = Restore { replace: args.replace, mode };
    let done = run(session, &mut *lines, how, &mut control, &mut report, &mut |line, key, why| {
        noted += 1;
        if noted <= NAMED {
            warn(&format!("line {line}: '{key}' was not restored: {why}"));
        }
    });
    drop(control);
    if noted > NAMED {
        warn(&format!("{} keys were not restored in total", grouped(noted)));
    }
    for bad in &lines.bad {
        warn(&format!("line {} is not a dumped key: {}", bad.0, bad.1));
    }
    if lines.bad_lines > lines.bad.len() as u64 {
        warn(&format!("{} lines are not dumped keys in total", grouped(lines.bad_lines)));
    }
    if report.complete
        && done.is_ok()
        && let Some(why) = lines.why_nothing()
    {
        warn(&why);
    }
    if lines.without_indexes {
        warn(
            "the dump was made without --indexes and holds no tags and no invalid keys: no invalidation by them \
             reaches what was restored, and keys that were invalidated during the dump may be valid again",
        );
    }
    if lines.marked > 0 && mode == Mode::Apply {
        context.tell_of_both_layouts(session);
    }
    // A file of decoded values, or of something else, is no dump with a bad line: nothing in it can be restored.
    let refusal = lines.take_refusal();
    report.complete &= refusal.is_none();
    (report, refusal.map_or(done.map_err(Failure::from), Err))
}

fn is_complete(report: &RestoreReport, lines: &Lines) -> bool {
    report.complete && report.exact && report.kept + report.refused + lines.bad_lines == 0
}

fn tell(
    context: &Context,
    session: &Session,
    args: &RestoreArgs,
    lines: &Lines,
    report: &RestoreReport,
    start: Instant,
    next: Option<u64>,
) -> Result<(), Failure> {
    let dry_run = args.dry_run.dry_run;
    let complete = is_complete(report, lines);
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let layout = session.ns.layout();
    // Where there is nothing else, that is an error with this hint.
    if lines.bad_lines > 0 && lines.bad_lines < lines.lines {
        context.ui.hint(MAKE_IT);
    }
    if report.kept > 0 {
        context.ui.hint("--replace overwrites live values");
    }
    if let Some(next) = next {
        context.ui.hint(&format!("--from-line {next} continues from here"));
    }
    if context.is_silent(complete) {
        return Ok(());
    }
    if context.format(None) == Format::Table && context.global.fields.is_empty() {
        let did = if dry_run { "Would restore" } else { "Restored" };
        let unfinished = if complete { "" } else { "; not complete" };
        let deeds = deeds(report);
        return context
            .print_deeds(&format!("{did} {deeds}, layout {layout}, {elapsed} ms{unfinished}\n"), dry_run);
    }
    let restored = Restored {
        lines: lines.lines,
        restored: report.restored,
        unchanged: report.unchanged,
        kept: report.kept,
        refused: report.refused + lines.bad_lines,
        dry_run,
        complete: Complete(complete),
        layout: LayoutName(layout.as_str()),
        elapsed_ms: Milliseconds(elapsed),
        replicated: report.replicated,
    };
    let mut output = context.output(&Restored::columns(), Shape::Object)?;
    output.row(restored.row())?;
    Ok(output.finish()?)
}

fn deeds(report: &RestoreReport) -> String {
    let RestoreReport { restored, unchanged, kept, .. } = report;
    let restored = counted(*restored, "key", "keys");
    let kept = counted(*kept, "live value", "live values");
    format!("{restored} ({} there already, {kept} left alone)", grouped(*unchanged))
}
