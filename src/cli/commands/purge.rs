//! `purge`.

use crate::cli::args::PurgeArgs;
use crate::cli::confirm::check_read_only;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Column, Format, Row, Shape, print};
use cacheme::ops::{Purge, PurgeReport, purge as run};
use cacheme::store::Mode;
use std::time::Instant;

const COLUMNS: [Column; 8] =
    ["buckets", "scanned", "expired", "deleted", "marked", "dry_run", "complete", "elapsed_ms"];

pub fn purge(context: &Context, args: &PurgeArgs) -> Result<Code, Failure> {
    let dry_run = args.dry_run.dry_run;
    if !dry_run {
        check_read_only(context, "purge")?;
    }
    let mut output = context.output(&COLUMNS, Shape::Object)?;
    let mut session = context.session()?;
    if args.mark {
        context.warn_of_both_layouts(&session);
    }
    context.catch_signals()?;
    let how = Purge {
        clock: session.clock,
        grace: i64::try_from(args.grace.as_secs()).unwrap_or(i64::MAX / 2),
        mark: args.mark,
        mode: if dry_run { Mode::DryRun } else { Mode::Apply },
    };
    let start = Instant::now();
    let mut report = PurgeReport::default();
    let mut control = context.control(args.time_budget, Some("purging"));
    let done = run(&mut session.conn, &session.ns, how, &mut control, &mut report);
    drop(control);
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    if context.format(None) == Format::Table && context.global.fields.is_empty() {
        print(&sentence(&report, dry_run, elapsed))?;
    } else {
        output.row(cells(&report, dry_run, elapsed))?;
        output.finish()?;
    }
    super::tell_journal(context, &session.conn);
    match done {
        Err(error) if report.expired > 0 && !dry_run => Err(Failure::from(error).partly()),
        Err(error) => Err(error.into()),
        Ok(()) if context.interrupted() => Ok(Code::Interrupted),
        Ok(()) if !report.complete => Ok(Code::Partly),
        Ok(()) if args.dry_run.exit_code && report.expired > 0 => Ok(Code::WouldChange),
        Ok(()) => Ok(Code::Done),
    }
}

fn cells(report: &PurgeReport, dry_run: bool, elapsed: u64) -> Row {
    vec![
        ("buckets", report.buckets.into()),
        ("scanned", report.scanned.into()),
        ("expired", report.expired.into()),
        ("deleted", report.deleted.into()),
        ("marked", report.marked.into()),
        ("dry_run", dry_run.into()),
        ("complete", report.complete.into()),
        ("elapsed_ms", elapsed.into()),
    ]
}

fn sentence(report: &PurgeReport, dry_run: bool, elapsed: u64) -> String {
    let PurgeReport { buckets, scanned, expired, deleted, marked, complete } = report;
    let done = if dry_run { "would delete" } else { "deleted" };
    let marks = if dry_run { "would mark" } else { "marked" };
    let unfinished = if *complete { "" } else { "; not complete" };
    format!(
        "{expired} of {scanned} entries in {buckets} buckets expired: {done} {deleted} values, {marks} {marked} keys, \
         {elapsed} ms{unfinished}\n"
    )
}
