//! Computations that do not end, and marks that nobody takes.

use super::super::{Observed, Sample};
use super::{Finding, Severity, time};
use crate::text::counted;

pub(super) fn stuck(observed: &Observed) -> Option<Finding> {
    let books = &observed.bookkeeping;
    let mut sample = Sample::default();
    let mut still = books.still_computing.clone();
    still.sort();
    still.iter().for_each(|member| sample.add(member.get(observed.ns.prefix().len()..).unwrap_or_default()));
    let seen = books.seen_for.map(|seen| {
        format!("; gc saw the first of them {} ago", time(i64::try_from(seen.as_secs()).unwrap_or(i64::MAX)))
    });
    if observed.target.is_of_dump() {
        return (sample.count > 0).then(|| Finding {
            id: "stuck-computations",
            severity: Severity::Info,
            title: format!(
                "{} in progress when the dump was written",
                counted(sample.count, "key was", "keys were")
            ),
            detail: format!(
                "{}{}. A dump shows one moment: only two checks of the server itself show whether they are stuck",
                sample.shown(),
                seen.unwrap_or_default()
            ),
            count: sample.count,
            fix: observed.command("doctor"),
        });
    }
    (sample.count > 0).then(|| Finding {
        id: "stuck-computations",
        severity: Severity::Warning,
        title: format!(
            "{} in progress and not moving",
            counted(sample.count, "key is", "keys are")
        ),
        detail: format!(
            "{} still in progress {:.1} s later{}. A function that raises, or a worker that dies, leaves its \
             key in progress for ever, and each reader that misses it waits until it times out. A computation \
             that takes longer than that looks the same",
            sample.shown(),
            books.apart.as_secs_f64(),
            seen.unwrap_or_default()
        ),
        count: sample.count,
        fix: observed.command("gc --wait --stuck-after 5m"),
    })
}

pub(super) fn dead_marks(observed: &Observed) -> Option<Finding> {
    let books = &observed.bookkeeping;
    let marks = &books.dead_marks;
    (marks.count > 0).then(|| Finding {
        id: "marks-of-gone-keys",
        severity: if marks.count >= 1000 { Severity::Warning } else { Severity::Info },
        title: format!("{} of keys that are gone", counted(marks.count, "mark", "marks")),
        detail: format!(
            "{}: they have no value to invalidate, and only a read would remove the mark",
            marks.shown()
        ),
        count: marks.count,
        fix: observed.command("gc --wait"),
    })
}

pub(super) fn unread_marks(observed: &Observed) -> Option<Finding> {
    let books = &observed.bookkeeping;
    let unread = books.unread.saturating_sub(books.dead_marks.count);
    let all = counted(books.pending, "mark", "marks");
    (unread > 0).then(|| Finding {
        id: "marks-nobody-consumes",
        severity: if unread >= 1000 { Severity::Warning } else { Severity::Info },
        title: format!("{} for the next read", counted(unread, "mark waits", "marks wait")),
        detail: format!(
            "{all} in total. This is usual after an invalidation: the next read of a key removes its mark. Keys \
             that nobody reads keep their mark and their stale value"
        ),
        count: unread,
        fix: format!(
            "nothing, if these keys will be read again; to delete their stale values: `{} | {}`",
            observed.command_on_bookkeeping("keys list --state pending --format ndjson --fields key"),
            observed.command_on_bookkeeping("invalidate --delete --yes --from-file -")
        ),
    })
}
