//! `keys restore`.

mod line;

use crate::cli::args::DryRun;
use crate::cli::confirm::{Risk, check_read_only};
use crate::cli::context::{Context, Session};
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Column, Format, Row, Shape, print};
use crate::cli::parse::{self, LayoutChoice};
use cacheme::ops::{InnerSearch, Restore, RestoreReport, restore as run};
use cacheme::store::Mode;
use clap::Args;
pub use line::refusal;
use line::{Lines, MAKE_IT, is_read_once};
use std::path::PathBuf;
use std::time::Instant;

const COLUMNS: [Column; 10] = [
    "lines",
    "restored",
    "unchanged",
    "kept",
    "refused",
    "dry_run",
    "complete",
    "layout",
    "elapsed_ms",
    "replicated",
];
/// So many keys and lines are named; the rest is counted.
const NAMED: u64 = 10;

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A file that `keys dump --raw --indexes` wrote, gzip'd or zstd'd or not ('-' is standard input)
    ///
    /// Values may have 64 MiB, lines 128, and a value about 350,000 keys of three parts; what has more is refused.
    ///
    /// A value with more than 256 tags, invalid keys and marks goes back in steps, the value last. What is invalidated with
    /// --delete in between finds no value yet: it is valid afterwards, as if it had been restored later.
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub file: PathBuf,
    /// Also over live values of another content
    ///
    /// Without it only what nobody would read is written over: what has expired, or is marked by each of its keys. Of a value
    /// with more than 256 keys that is not asked: it counts as live unless it has expired.
    #[arg(long)]
    pub replace: bool,
    /// The layout to restore into, where it is another than --layout says
    #[arg(long, value_name = "LAYOUT", value_parser = parse::layout())]
    pub to_layout: Option<LayoutChoice>,
    /// Begin with this line of the dump: where an earlier run stopped
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::count)]
    pub from_line: u64,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub dry_run: DryRun,
}

pub fn restore(context: &mut Context, args: &RestoreArgs) -> Result<Code, Failure> {
    if args.to_layout.is_some() {
        context.global.layout = args.to_layout;
    }
    let (context, dry_run) = (&*context, args.dry_run.dry_run);
    if !dry_run {
        check_read_only(context, "keys restore")?;
    }
    // Fail on bad --fields, and on a file that is not there, before anything is changed.
    drop(context.output(&COLUMNS, Shape::Object)?);
    let risk = Risk::Many;
    if !dry_run {
        risk.check(context, args.yes, is_read_once(&args.file))?;
    }
    let mut lines = Lines::open(&args.file, args.from_line)?;
    let mut session = context.session()?;
    context.set_inner_apart(&mut session, InnerSearch::Whole)?;
    context.take_inner(&mut session)?;
    if !dry_run && !risk.is_agreed(context, args.yes) {
        let plan = apply(context, args, &mut session, &mut lines, Mode::DryRun, &mut |_| {});
        plan.1?;
        let plan = plan.0;
        if plan.restored > 0 {
            let plan = format!("This would restore {}", deeds(&plan));
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
    Failure::unless_unread(tell(context, &session, args, &lines, &report, start, next))?;
    super::tell_journal(context, &session.conn, report.replicated);
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
    let Session { conn, ns, clock, .. } = session;
    let how = Restore { clock: *clock, replace: args.replace, mode };
    let done = run(conn, ns, &mut *lines, how, &mut control, &mut report, &mut |line, key, why| {
        noted += 1;
        if noted <= NAMED {
            warn(&format!("line {line}: '{key}' was not restored: {why}"));
        }
    });
    drop(control);
    if noted > NAMED {
        warn(&format!("{noted} keys in all were not restored"));
    }
    for bad in &lines.bad {
        warn(&format!("line {} is not a dumped key: {}", bad.0, bad.1));
    }
    if lines.bad_lines > lines.bad.len() as u64 {
        warn(&format!("{} lines in all are not dumped keys", lines.bad_lines));
    }
    if report.complete
        && done.is_ok()
        && let Some(why) = lines.why_nothing()
    {
        warn(&why);
    }
    if lines.without_indexes {
        warn(
            "the dump holds no tags and no invalid keys (--indexes): no invalidation by them reaches what was restored, \
             and what was invalidated while it was dumped may be valid again",
        );
    }
    if lines.marked > 0 && mode == Mode::Apply {
        context.tell_of_both_layouts(session);
    }
    // A dump of decoded values is no dump with a bad line: nothing in it can be restored.
    let decoded = lines.take_decoded();
    report.complete &= decoded.is_none();
    (report, decoded.map_or(done.map_err(Failure::from), Err))
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
    let layout = session.ns.layout().to_string();
    if lines.bad_lines > 0 {
        context.ui.hint(MAKE_IT);
    }
    if report.kept > 0 {
        context.ui.hint("--replace overwrites live values");
    }
    if let Some(next) = next {
        context.ui.hint(&format!("--from-line {next} goes on from here"));
    }
    if context.is_silent(complete) {
        return Ok(());
    }
    if context.format(None) == Format::Table && context.global.fields.is_empty() {
        let did = if dry_run { "Would restore" } else { "Restored" };
        let unfinished = if complete { "" } else { "; not complete" };
        return Ok(print(&format!("{did} {}, layout {layout}, {elapsed} ms{unfinished}\n", deeds(report)))?);
    }
    let row: Row = vec![
        ("lines", lines.lines.into()),
        ("restored", report.restored.into()),
        ("unchanged", report.unchanged.into()),
        ("kept", report.kept.into()),
        ("refused", (report.refused + lines.bad_lines).into()),
        ("dry_run", dry_run.into()),
        ("complete", complete.into()),
        ("layout", layout.into()),
        ("elapsed_ms", elapsed.into()),
        ("replicated", report.replicated.into()),
    ];
    let mut output = context.output(&COLUMNS, Shape::Object)?;
    output.row(row)?;
    Ok(output.finish()?)
}

fn deeds(report: &RestoreReport) -> String {
    let RestoreReport { restored, unchanged, kept, .. } = report;
    format!("{restored} keys ({unchanged} are there already, {kept} live values left alone)")
}
