//! `purge`.

use crate::cli::args::{Match, PurgeArgs};
use crate::cli::commands::absent_names::AbsentNames;
use crate::cli::commands::repeat::report::{Counts, Report};
use crate::cli::commands::repeat::run as repeat;
use crate::cli::commands::selection::{exceptions, names, split_for_all, warn_of_not_sets};
use crate::cli::commands::sweep::{ended, tell_of_lock, tell_of_position};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::human::{long, of_values};
use crate::cli::output::{Complete, Milliseconds, Record as _, Shape, ValueSize};
use crate::cli::rows::reports::Purged;
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::check_read_only;
use cacheme::cache::Mode;
use cacheme::cache::Session;
use cacheme::ops::{Filter, IndexKind, Purge, PurgeReport, Selector, purge as run, purge_indexed};
use cacheme::text::{counted, grouped};
use std::time::Instant;

pub fn purge(context: &Context, args: &PurgeArgs) -> Result<Code, Failure> {
    if !args.dry_run.dry_run {
        let deed = match args.mark {
            true => "mark the keys that have expired",
            false => "delete the values that have expired",
        };
        check_read_only(context, "purge", deed)?;
    }
    // Fail on bad --fields before anything is changed.
    drop(context.output(&Purged::columns(), Shape::Object)?);
    context.catch_signals()?;
    repeat(context, "purge", &args.every, counts(&PurgeReport::default()), &mut || once(context, args))
}

fn once(context: &Context, args: &PurgeArgs) -> Result<Report, Failure> {
    let dry_run = args.dry_run.dry_run;
    let mut session = context.session()?;
    let (indexes, filter) = selected(context, args)?;
    look_for_names(context, args, &mut session, &indexes, &filter)?;
    if args.mark {
        context.tell_of_both_layouts(&session);
    }
    let is_narrowed = !filter.is_empty();
    let how = Purge {
        grace: i64::try_from(args.grace.as_secs()).unwrap_or(i64::MAX / 2),
        mark: args.mark,
        mode: if dry_run { Mode::DryRun } else { Mode::Apply },
        lock: !args.every.no_lock,
        filter,
    };
    let start = Instant::now();
    let mut report = PurgeReport::default();
    let mut control = context.control(args.time_budget, Some("purging"));
    let done = match &indexes[..] {
        [] => {
            context.ui.verbose("scanning the whole keyspace, as no index lists every TTL bucket");
            run(&mut session, how, &mut control, &mut report)
        }
        indexes => {
            context.ui.verbose(
                "reading only the tags and invalid keys that were named; expired keys in none of them are not \
                 seen: `cacheme purge` without --tag and --invalid-key reaches every bucket",
            );
            purge_indexed(&mut session, indexes, how, &mut control, &mut report)
                .map(|not_sets| warn_of_not_sets(context, &not_sets, &[], 0))
        }
    };
    drop(control);
    context.warn_of_inner(&report.inner);
    tell_of_position(context, &session.ns, report.position_dropped, report.skipped_before);
    warn_of_clock(context, &report);
    let refusal = tell_of_lock(context, &session, &report.lock);
    super::tell_connection_stats(context, &session.conn, report.replicated);
    if !dry_run && report.changes() {
        let PurgeReport { expired: matched, marked, deleted, complete, .. } = report;
        note(context, &mut session, Done { matched, marked, deleted, complete }, start);
    }
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    if report.scanned == 0
        && let Some(hint) = indexes.iter().find_map(|(_, name)| context.prefix_hint(name))
    {
        context.ui.hint(&hint);
    }
    let (code, failure) = ended(context, &args.dry_run, refusal, report.changes(), report.complete, done);
    Ok(Report {
        row: purged(&report, dry_run, elapsed).row(),
        sentence: sentence(&report, is_narrowed, dry_run, elapsed),
        counts: counts(&report),
        bytes: Some(report.bytes),
        complete: report.complete,
        dry_run,
        is_news: dry_run || report.deleted + report.marked > 0 || !report.complete,
        code,
        failure,
    })
}

/// Says where all that was there has expired, as it has by true time where hosts are east of UTC, unless somebody has said that they
/// are not.
fn warn_of_clock(context: &Context, report: &PurgeReport) {
    let past = report.all_past.filter(|_| context.global.utc_offset.is_none());
    if let Some(past) = past.and_then(|past| i64::try_from(past).ok()) {
        context.ui.warning(&format!(
            "every expiry time lies in the past, by {} or more: are the application's hosts east of UTC? See: {} \
             (--utc-offset +00:00 says that they are not)",
            long(past),
            context.invocation.with("doctor --monitor 10s", &[])
        ));
    }
}

fn counts(report: &PurgeReport) -> Counts {
    vec![
        ("expiry", "scanned", report.scanned),
        ("expiry", "expired", report.expired),
        ("values", "deleted", report.deleted),
        ("pending", "marked", report.marked),
    ]
}

/// A tag or an invalid key, by its name.
type Index = (IndexKind, Vec<u8>);

/// The indexes that are walked, and which of their keys are meant.
fn selected(context: &Context, args: &PurgeArgs) -> Result<(Vec<Index>, Filter), Failure> {
    let mut named = names(context, &args.invalid_key, Selector::InvalidKey);
    named.extend(names(context, &args.tag, Selector::Tag));
    let mut filter = exceptions(context, &args.exceptions, args.sizes.filter())?;
    if args.exceptions.match_mode == Match::All {
        filter.all = split_for_all(&mut named, false);
    }
    Ok((named.iter().filter_map(IndexKind::of).collect(), filter))
}

/// Says which names match nothing; with --strict that ends it.
fn look_for_names(
    context: &Context,
    args: &PurgeArgs,
    session: &mut Session,
    indexes: &[Index],
    filter: &Filter,
) -> Result<(), Failure> {
    let mut selectors: Vec<_> = indexes.iter().map(|(kind, name)| kind.selector(name)).collect();
    selectors.extend(filter.all.iter().cloned());
    if !selectors.is_empty() {
        context.exclude_named_inner(session, &selectors)?;
        context.warn_of_inner(session.ns.inner());
    }
    let absent = AbsentNames::find(context, session, &selectors, &filter.except, args.strict)?;
    if !args.dry_run.dry_run {
        absent.refuse_cut_exceptions()?;
    }
    absent.tell(context, args.strict.then_some("nothing was changed"))
}

fn purged(report: &PurgeReport, dry_run: bool, elapsed: u64) -> Purged {
    Purged {
        buckets: report.buckets,
        scanned: report.scanned,
        expired: report.expired,
        deleted: report.deleted,
        marked: report.marked,
        dry_run,
        complete: Complete(report.complete),
        elapsed_ms: Milliseconds(elapsed),
        replicated: report.replicated,
        bytes: bytes(report).map(ValueSize),
    }
}

/// The bytes of the values that were deleted, where they are known.
fn bytes(report: &PurgeReport) -> Option<u64> {
    (report.unmeasured == 0).then_some(report.bytes)
}

fn sentence(report: &PurgeReport, is_narrowed: bool, dry_run: bool, elapsed: u64) -> String {
    let PurgeReport { buckets, scanned, expired, deleted, marked, complete, .. } = report;
    let (done, marks) = if dry_run { ("Would delete", "would mark") } else { ("Deleted", "marked") };
    let size = bytes(report).filter(|_| *deleted > 0).map(|bytes| format!(" ({})", of_values(bytes)));
    let size = size.unwrap_or_default();
    let unfinished = if *complete { "" } else { "; not complete" };
    let are = if is_narrowed { "expired and selected" } else { "expired" };
    format!(
        "{done} {}{size}, {marks} {}; {are}: {} of {} in {}, {elapsed} ms{unfinished}\n",
        counted(*deleted, "value", "values"),
        counted(*marked, "key", "keys"),
        grouped(*expired),
        counted(*scanned, "entry", "entries"),
        counted(*buckets, "bucket", "buckets"),
    )
}
