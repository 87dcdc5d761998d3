//! Index members without a value.

use super::super::Observed;
use super::super::survey::{Leaks, scaled};
use super::{Finding, Severity, bytes};
use crate::text;
use crate::text::counted;

pub(super) fn members(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    let Leaks { indexes, leaked, bytes: size, worst } = &survey.leaks;
    let (leaked, size) = (*leaked, *size);
    if leaked == 0 {
        return None;
    }
    let named = worst.iter().map(|leak| {
        let name = leak.key.get(observed.ns.prefix().len()..).unwrap_or_default();
        let share = scaled(100, leak.members, leak.leaked);
        format!(
            "'{}' {} of {} ({share} %, {})",
            text::escape(name),
            leak.leaked,
            leak.members,
            bytes(leak.bytes)
        )
    });
    let named: Vec<_> = named.collect();
    let share = scaled(100, survey.members, leaked);
    let more = indexes.saturating_sub(named.len() as u64);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let about = if survey.sampled { "about " } else { "" };
    let severity = if share >= 20 || leaked >= 1000 { Severity::Warning } else { Severity::Info };
    Some(Finding {
        id: "leaked-members",
        severity,
        title: format!("{about}{} without a value", counted(leaked, "index member", "index members")),
        detail: format!(
            "{share} % of all members of tags and invalid keys, {about}{}: {}{more}. The library adds members \
             and never removes one",
            bytes(size),
            named.join(", ")
        ),
        count: leaked,
        fix: observed.command("gc"),
    })
}

pub(super) fn interrupted_gc(observed: &Observed) -> Option<Finding> {
    let count = observed.bookkeeping.left_by_gc;
    (count > 0).then(|| Finding {
        id: "interrupted-gc",
        severity: Severity::Info,
        title: "an earlier gc was cut short".to_owned(),
        detail: format!(
            "{} of what it removed wait for the check that puts back what was removed too early",
            counted(count, "record", "records")
        ),
        count,
        fix: observed.command("gc"),
    })
}
