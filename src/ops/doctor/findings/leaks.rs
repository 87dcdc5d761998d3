//! Index members without a value.

use super::super::Observed;
use super::{Finding, Severity, bytes, counted};
use crate::namespace::text;

/// What a member of a set takes beside its name, about.
const BESIDE: u64 = 42;
/// How many indexes are named.
const NAMED: usize = 5;

pub(super) fn members(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    let scaled = |part: u64, looked: u64, of: u64| {
        let scaled = u128::from(part) * u128::from(of) / u128::from(looked.max(1));
        u64::try_from(scaled).unwrap_or(u64::MAX)
    };
    let (mut leaked, mut size) = (0, 0);
    let mut named = Vec::new();
    for leak in &survey.leaks {
        let members = scaled(leak.leaked, leak.looked, leak.members);
        let own = scaled(leak.name_bytes, leak.looked, leak.members) + members * BESIDE;
        leaked += members;
        size += own;
        if named.len() < NAMED {
            let name = leak.key.get(observed.ns.prefix().len()..).unwrap_or_default();
            let share = scaled(100, leak.members, members);
            named.push(format!(
                "'{}' {members} of {} ({share} %, {})",
                text::escape(name),
                leak.members,
                bytes(own)
            ));
        }
    }
    if leaked == 0 {
        return None;
    }
    let share = scaled(100, survey.members, leaked);
    let more = survey.leaks.len().saturating_sub(named.len());
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let about = if survey.sampled { "about " } else { "" };
    let severity = if share >= 20 || leaked >= 1000 { Severity::Warning } else { Severity::Info };
    Some(Finding {
        id: "leaked-members",
        severity,
        title: format!("{about}{} without a value", counted(leaked, "index member", "index members")),
        detail: format!(
            "{share} % of all members of tags and invalid keys, {about}{}: {}{more}. The library adds members and \
             never takes one out",
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
            "{} of what it removed wait for the look that puts back what was removed too early",
            counted(count, "record", "records")
        ),
        count,
        fix: observed.command("gc"),
    })
}
