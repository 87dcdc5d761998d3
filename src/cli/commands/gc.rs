//! `gc`.

use crate::cli::args::{Format, GcArgs};
use crate::cli::commands::repeat::report::{Counts, Report};
use crate::cli::commands::repeat::run as repeat;
use crate::cli::commands::selection::warn_of_not_sets;
use crate::cli::commands::sweep::{ended, tell_of_lock, tell_of_position};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::human::of_memory;
use crate::cli::output::{Complete, Field as _, Memory, Milliseconds, Record as _, Row, Shape, columns};
use crate::cli::rows::reports::{Collected, Collection};
use crate::cli::run_log::{Done, note};
use crate::cli::ui::confirm::{Risk, Sample, check_read_only};
use cacheme::cache::Mode;
use cacheme::ops::{Gc, GcPart, GcReport, InnerSearch, gc as collect};
use cacheme::text::{counted, grouped};
use std::time::Instant;

pub fn gc(context: &Context, args: &GcArgs) -> Result<Code, Failure> {
    let dry_run = args.dry_run.dry_run;
    if !dry_run {
        check_read_only(context, "gc", "remove what was leaked")?;
    }
    let nested = matches!(context.format(None), Format::Json | Format::Ndjson);
    // Fail on bad --fields before anything is changed.
    drop(context.output(&columns(&row(&GcReport::default(), nested, false, 0)), Shape::Object)?);
    if !dry_run && !Risk::Many.is_agreed(context, args.yes) {
        Risk::Many.check(context, args.yes, false)?;
        ask(context, args)?;
    }
    context.catch_signals()?;
    repeat(context, "gc", &args.every, counts(&GcReport::default()), &mut || once(context, args, nested))
}

/// Shows what would be done and asks.
fn ask(context: &Context, args: &GcArgs) -> Result<(), Failure> {
    let mut session = context.sweep_session()?;
    context.exclude_inner(&mut session, InnerSearch::Whole)?;
    let mut plan = GcReport::default();
    let how = Gc { stuck_after: args.stuck_after, wait: false, mode: Mode::DryRun, lock: false };
    let mut control = context.control(args.time_budget, Some("counting"));
    collect(&mut session, how, &mut control, &mut plan)?;
    drop(control);
    Risk::Many.ask(context, &session, &order(&plan), &Sample::default())
}

/// What is asked: only what there is to remove.
fn order(plan: &GcReport) -> String {
    let named = [
        (&plan.tags, "member of a tag", "members of tags"),
        (&plan.invalid_keys, "member of an invalid key", "members of invalid keys"),
        (&plan.expiry, "expiry entry", "expiry entries"),
        (&plan.pending, "mark", "marks"),
        (&plan.progress, "key in progress", "keys in progress"),
    ];
    let there = named.into_iter().filter(|(part, ..)| part.removed > 0);
    let bytes: u64 = parts(plan).iter().map(|(_, part)| part.bytes).sum();
    match there.map(|(part, one, many)| counted(part.removed, one, many)).collect::<Vec<_>>() {
        none if none.is_empty() => "There is nothing to remove now. Run gc all the same".to_owned(),
        some => format!("Remove {} (about {})", some.join(", "), of_memory(bytes)),
    }
}

fn once(context: &Context, args: &GcArgs, nested: bool) -> Result<Report, Failure> {
    let dry_run = args.dry_run.dry_run;
    let mut session = context.sweep_session()?;
    let start = Instant::now();
    context.exclude_inner(&mut session, InnerSearch::Whole)?;
    let mut control = context.control(args.time_budget, Some("collecting"));
    let mut report = GcReport::default();
    let mode = if dry_run { Mode::DryRun } else { Mode::Apply };
    let how = Gc { stuck_after: args.stuck_after, wait: args.wait, mode, lock: !args.every.no_lock };
    let done = collect(&mut session, how, &mut control, &mut report);
    drop(control);
    warn_of_not_sets(context, &report.not_sets, &[], 0);
    if report.unnoted > 0 {
        context.ui.warning(&format!(
            "the server is at maxmemory and has no room to note what needs a second check: {} left alone",
            counted(
                report.unnoted,
                "mark or key in progress that may be stuck was",
                "marks or keys in progress that may be stuck were"
            )
        ));
    }
    tell_of_position(context, &session.ns, report.position_dropped, report.skipped_before);
    let refusal = tell_of_lock(context, &session, &report.lock);
    super::tell_connection_stats(context, &session.conn, report.replicated);
    report.complete &= done.is_ok();
    if !dry_run && report.changes() {
        let all = parts(&report);
        let deleted = all.iter().map(|(_, part)| part.removed).sum();
        let restored: u64 = all.iter().map(|(_, part)| part.restored).sum();
        let (matched, marked, complete) = (deleted + restored, report.pending.restored, report.complete);
        note(context, &mut session, Done { matched, marked, deleted, complete }, start);
    }
    let elapsed = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (code, failure) = ended(context, &args.dry_run, refusal, report.changes(), report.complete, done);
    Ok(Report {
        row: row(&report, nested, dry_run, elapsed),
        sentence: sentence(&report, dry_run, elapsed),
        counts: counts(&report),
        bytes: None,
        complete: report.complete,
        dry_run,
        is_news: dry_run || report.changes() || !report.complete,
        code,
        failure,
    })
}

fn counts(report: &GcReport) -> Counts {
    let parts = parts(report).into_iter();
    let counts = parts.flat_map(|(kind, part)| {
        [(kind, "scanned", part.scanned), (kind, "removed", part.removed), (kind, "restored", part.restored)]
    });
    counts.collect()
}

fn parts(report: &GcReport) -> [(&'static str, GcPart); 5] {
    [
        ("tags", report.tags),
        ("invalid_keys", report.invalid_keys),
        ("expiry", report.expiry),
        ("pending", report.pending),
        ("progress", report.progress),
    ]
}

fn row(report: &GcReport, nested: bool, dry_run: bool, elapsed: u64) -> Row {
    let of = |GcPart { scanned, removed, restored, bytes }| Collection {
        scanned,
        removed,
        restored,
        bytes: Memory(bytes),
    };
    let collected = Collected {
        tags: of(report.tags),
        invalid_keys: of(report.invalid_keys),
        expiry: of(report.expiry),
        pending: of(report.pending),
        progress: of(report.progress),
        dry_run,
        complete: Complete(report.complete),
        elapsed_ms: Milliseconds(elapsed),
        suspects: report.suspects,
        replicated: report.replicated,
    };
    if nested { collected.row() } else { flat(collected) }
}

/// The same with a column for each number. Those that came later stand behind.
fn flat(collected: Collected) -> Row {
    macro_rules! of {
        ($part:ident: $($field:ident)+) => {
            [$((concat!(stringify!($part), ".", stringify!($field)), collected.$part.$field.cell())),+]
        };
    }
    macro_rules! own {
        ($($field:ident)+) => { [$((stringify!($field), collected.$field.cell())),+] };
    }
    let mut row = Row::from(of!(tags: scanned removed restored));
    row.extend(of!(invalid_keys: scanned removed restored));
    row.extend(of!(expiry: scanned removed restored));
    row.extend(of!(pending: scanned removed restored));
    row.extend(of!(progress: scanned removed restored));
    row.extend(own!(dry_run complete elapsed_ms suspects));
    row.extend(of!(tags: bytes));
    row.extend(of!(invalid_keys: bytes));
    row.extend(of!(expiry: bytes));
    row.extend(of!(pending: bytes));
    row.extend(of!(progress: bytes));
    row.extend(own!(replicated));
    row
}

/// What was removed of how much, or how much was checked if nothing was. What there is none of is left out.
fn deeds(report: &GcReport) -> String {
    let parts = [
        (&report.tags, "tag member", "tag members"),
        (&report.invalid_keys, "invalid key member", "invalid key members"),
        (&report.expiry, "expiry entry", "expiry entries"),
        (&report.pending, "mark", "marks"),
        (&report.progress, "key in progress", "keys in progress"),
    ];
    let removed = parts.iter().filter(|(part, ..)| part.removed > 0);
    let removed: Vec<_> = removed
        .map(|(part, one, many)| format!("{} of {}", grouped(part.removed), counted(part.scanned, one, many)))
        .collect();
    if !removed.is_empty() {
        let bytes: u64 = parts.iter().map(|(part, ..)| part.bytes).sum();
        return format!("{}, about {}", enumerated(&removed), of_memory(bytes));
    }
    let checked = parts.iter().filter(|(part, ..)| part.scanned > 0);
    let checked: Vec<_> = checked.map(|(part, one, many)| counted(part.scanned, one, many)).collect();
    if checked.is_empty() { "nothing".to_owned() } else { format!("nothing of {}", enumerated(&checked)) }
}

/// `a, b and c`.
fn enumerated(parts: &[String]) -> String {
    match parts {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        parts => parts.concat(),
    }
}

fn sentence(report: &GcReport, dry_run: bool, elapsed: u64) -> String {
    let done = if dry_run { "Would remove" } else { "Removed" };
    let waiting = match report.suspects {
        0 => String::new(),
        suspects => {
            let (one, many) = (
                "mark or key in progress waits for a second check",
                "marks or keys in progress wait for a second check",
            );
            format!("; {}", counted(suspects, one, many))
        }
    };
    let unfinished = if report.complete { "" } else { "; not complete" };
    format!("{done} {}{}{waiting}, {elapsed} ms{unfinished}\n", deeds(report), put_back(report, dry_run))
}

/// What was put back, and why.
fn put_back(report: &GcReport, dry_run: bool) -> String {
    let put = if dry_run { "would put back" } else { "put back" };
    let back = [
        (
            report.tags.restored,
            "tag member that got a value meanwhile",
            "tag members that got values meanwhile",
        ),
        (
            report.invalid_keys.restored,
            "invalid key member that got a value meanwhile",
            "invalid key members that got values meanwhile",
        ),
        (
            report.expiry.restored,
            "expiry entry whose value came back meanwhile",
            "expiry entries whose values came back meanwhile",
        ),
        (
            report.pending.restored + report.progress.restored,
            "mark of a computation that did not end",
            "marks of computations that did not end",
        ),
    ];
    let back = back.into_iter().filter(|(count, ..)| *count > 0);
    let back = back.map(|(count, one, many)| format!("; {put} {}", counted(count, one, many)));
    back.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_is_named() {
        let mut report = GcReport::default();
        assert_eq!(deeds(&report), "nothing");
        (report.tags.scanned, report.pending.scanned) = (11, 1);
        assert_eq!(deeds(&report), "nothing of 11 tag members and 1 mark");
        (report.tags.removed, report.tags.bytes) = (5, 240);
        assert_eq!(deeds(&report), "5 of 11 tag members, about 240 B of memory");
        (report.invalid_keys.scanned, report.invalid_keys.removed) = (1, 1);
        (report.pending.removed, report.pending.bytes) = (1, 60);
        assert_eq!(
            deeds(&report),
            "5 of 11 tag members, 1 of 1 invalid key member and 1 of 1 mark, about 300 B of memory"
        );
    }

    #[test]
    fn what_is_put_back_is_named() {
        let mut report = GcReport::default();
        assert_eq!(put_back(&report, false), "");
        (report.tags.restored, report.progress.restored) = (1, 2000);
        assert_eq!(
            put_back(&report, false),
            "; put back 1 tag member that got a value meanwhile; put back 2,000 marks of computations that did not end"
        );
        assert!(put_back(&report, true).starts_with("; would put back 1 tag member"));
    }
}
