//! `purge`.

use super::absent::Absent;
use super::selection::warn_of_not_sets;
use super::sweep::{Locking, tell_of_position};
use crate::cli::args::DryRun;
use crate::cli::complete;
use crate::cli::confirm::check_read_only;
use crate::cli::context::{Context, Session};
use crate::cli::error::{Code, Failure};
use crate::cli::every::{Counts, EveryArgs, Report, run as repeat};
use crate::cli::output::{Column, Row, Shape};
use crate::cli::parse;
use cacheme::ops::{IndexKind, Purge, PurgeReport, purge as run, purge_indexed};
use cacheme::store::Mode;
use clap::Args;
use std::ffi::OsString;
use std::time::{Duration, Instant};

#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Only what the members of a tag have in their buckets: no walk over the keyspace
    #[arg(long, value_name = "TAG", add = complete::tags())]
    pub tag: Vec<OsString>,
    /// Only what the members of an invalid key have in their buckets
    #[arg(long, value_name = "NAME", add = complete::invalid_keys())]
    pub invalid_key: Vec<OsString>,
    /// Mark expired keys, as the library does at the next read, instead of deleting their values
    ///
    /// A key of three segments (a>b>c) is marked by its whole name, which only its indexes have: each run walks all tags and
    /// invalid keys first, and a time budget has to allow for that.
    #[arg(long)]
    pub mark: bool,
    /// Leave alone what expired less than this long ago
    #[arg(long, value_name = "DUR", value_parser = parse::duration, default_value = "0s")]
    pub grace: Duration,
    /// Exit with 4, changing nothing, when a tag or invalid key that was named is not there
    #[arg(long)]
    pub strict: bool,
    /// Stop in time (exit code 3); the next run with a budget goes on from there
    ///
    /// That is the next with the same --grace, --utc-offset, --mark, --tag and --invalid-key; one with others begins at the front.
    #[arg(long, value_name = "DUR", value_parser = parse::timeout)]
    pub time_budget: Option<Duration>,
    #[command(flatten)]
    pub every: EveryArgs,
    #[command(flatten)]
    pub dry_run: DryRun,
}

const COLUMNS: [Column; 9] =
    ["buckets", "scanned", "expired", "deleted", "marked", "dry_run", "complete", "elapsed_ms", "replicated"];

pub fn purge(context: &Context, args: &PurgeArgs) -> Result<Code, Failure> {
    if !args.dry_run.dry_run {
        check_read_only(context, "purge")?;
    }
    // Fail on bad --fields before anything is changed.
    drop(context.output(&COLUMNS, Shape::Object)?);
    context.catch_signals()?;
    repeat(context, "purge", &args.every, &COLUMNS, counts(&PurgeReport::default()), &mut || {
        once(context, args)
    })
}

fn once(context: &Context, args: &PurgeArgs) -> Result<Report, Failure> {
    let dry_run = args.dry_run.dry_run;
    let mut session = context.session()?;
    let indexes = indexes(context, args);
    look_for_names(context, args, &mut session, &indexes)?;
    if args.mark {
        context.tell_of_both_layouts(&session);
    }
    let how = Purge {
        clock: session.clock,
        grace: i64::try_from(args.grace.as_secs()).unwrap_or(i64::MAX / 2),
        mark: args.mark,
        mode: if dry_run { Mode::DryRun } else { Mode::Apply },
    };
    let start = Instant::now();
    let mut report = PurgeReport::default();
    let Session { conn, ns, .. } = &mut session;
    let mut control = context.control(args.time_budget, Some("purging"));
    let lock = Locking::take(context, conn, ns, &control, args.every.no_lock || dry_run)?;
    let done = match &indexes[..] {
        _ if lock.refusal().is_some() => Ok(()),
        [] => {
            context.ui.verbose("walking the keyspace for the TTL buckets: no index lists them all");
            run(conn, ns, how, &mut control, &mut report)
        }
        indexes => {
            context.ui.verbose(
                "walking the members of the indexes that were named; an entry whose key stands in none of them is \
                 not seen: `cacheme purge` without --tag and --invalid-key reaches every bucket",
            );
            purge_indexed(conn, ns, indexes, how, &mut control, &mut report)
                .map(|not_sets| warn_of_not_sets(context, &not_sets, &[], 0))
        }
    };
    drop(control);
    context.warn_of_inner(&report.inner);
    tell_of_position(context, ns, report.position_dropped, report.skipped_before);
    let refusal = lock.refusal();
    report.complete &= lock.give_back(context);
    super::tell_journal(context, conn, report.replicated);
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    if report.scanned == 0
        && let Some(hint) = indexes.iter().find_map(|(_, name)| context.prefix_hint(name))
    {
        context.ui.hint(&hint);
    }
    let failure = done.err().map(|error| {
        let failure = Failure::from(error);
        if report.expired > 0 && !dry_run { failure.partly() } else { failure }
    });
    let code = match refusal {
        _ if context.cut_short(report.complete) => Code::Interrupted,
        Some(code) => code,
        None if !report.complete => Code::Partly,
        None if args.dry_run.exit_code && report.expired > 0 => Code::Found,
        None => Code::Done,
    };
    Ok(Report {
        row: cells(&report, dry_run, elapsed),
        sentence: sentence(&report, dry_run, elapsed),
        counts: counts(&report),
        complete: report.complete,
        is_news: dry_run || report.deleted + report.marked > 0 || !report.complete,
        code,
        failure,
    })
}

fn counts(report: &PurgeReport) -> Counts {
    vec![
        ("expiry", "scanned", report.scanned),
        ("expiry", "expired", report.expired),
        ("values", "deleted", report.deleted),
        ("pending", "marked", report.marked),
    ]
}

fn indexes(context: &Context, args: &PurgeArgs) -> Vec<(IndexKind, Vec<u8>)> {
    let named = |kind, names: &[OsString]| -> Vec<_> {
        names.iter().map(|name| (kind, context.name(name))).collect()
    };
    [named(IndexKind::Tag, &args.tag), named(IndexKind::InvalidKey, &args.invalid_key)].concat()
}

/// Says which names match nothing; with --strict that ends it.
fn look_for_names(
    context: &Context,
    args: &PurgeArgs,
    session: &mut Session,
    indexes: &[(IndexKind, Vec<u8>)],
) -> Result<(), Failure> {
    if indexes.is_empty() {
        return Ok(());
    }
    let selectors: Vec<_> = indexes.iter().map(|(kind, name)| kind.selector(name)).collect();
    context.set_named_apart(session, &selectors)?;
    context.warn_of_inner(session.ns.inner());
    let absent = Absent::find(context, session, &selectors)?;
    if args.strict {
        return Absent::refuse(context, &absent);
    }
    absent.iter().for_each(|absent| context.ui.warning(&absent.said()));
    Ok(())
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
        ("replicated", report.replicated.into()),
    ]
}

fn sentence(report: &PurgeReport, dry_run: bool, elapsed: u64) -> String {
    let PurgeReport { buckets, scanned, expired, deleted, marked, complete, .. } = report;
    let done = if dry_run { "would delete" } else { "deleted" };
    let marks = if dry_run { "would mark" } else { "marked" };
    let unfinished = if *complete { "" } else { "; not complete" };
    format!(
        "{expired} of {scanned} entries in {buckets} buckets expired: {done} {deleted} values, {marks} {marked} keys, \
         {elapsed} ms{unfinished}\n"
    )
}
