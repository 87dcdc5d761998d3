//! The application's clocks.

use super::super::Observed;
use super::{ALL_PAST, Finding, Severity, counted, time};

/// How the offset of hosts whose clock is so far ahead of true time is written.
fn offset(ahead: i64) -> String {
    // The library takes local time for UTC: a host east of UTC lies behind.
    let east = -ahead;
    let sign = if east < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", east.abs() / 3600, east.abs() % 3600 / 60)
}

fn fix(observed: &Observed, ahead: i64) -> String {
    let offset = offset(ahead);
    let command = observed.command_with("--utc-offset", &offset, "purge");
    format!("set TZ=UTC for the application's processes; until then `{command}`")
}

/// How far ahead of true time the application's clock is taken to be.
fn expected(observed: &Observed) -> i64 {
    -observed.clock.offset()
}

pub(super) fn readers(observed: &Observed) -> Option<Finding> {
    let wrong = |(ahead, _): &(&i64, &u64)| **ahead != expected(observed);
    let (ahead, _) = observed.traffic.readers.iter().filter(wrong).max_by_key(|(_, count)| **count)?;
    let count: u64 = observed.traffic.readers.iter().filter(wrong).map(|(_, count)| *count).sum();
    let known = expected(observed);
    let mixed =
        if observed.traffic.readers.len() > 1 { "; its hosts do not agree with each other" } else { "" };
    Some(Finding {
        id: "clock-skew",
        severity: Severity::Error,
        title: format!(
            "the application's clock is {} {}",
            time(ahead.abs()),
            if *ahead < 0 { "behind" } else { "ahead" }
        ),
        detail: format!(
            "{count} reads of keys with a timeout sent a time {ahead} s from the server's ({known} s was expected); as \
             of a host at UTC{}{mixed}. The library takes the host's local time for UTC, so every expiry time is off \
             by as much, and a sweep by true time deletes too early or too late",
            offset(*ahead)
        ),
        count,
        fix: fix(observed, *ahead),
    })
}

pub(super) fn written_in_past(observed: &Observed) -> Option<Finding> {
    let traffic = &observed.traffic;
    let behind = traffic.nearest_past - observed.clock.offset();
    (traffic.written_in_past > 0 && behind > 60).then(|| Finding {
        id: "clock-skew-in-writes",
        severity: Severity::Error,
        title: "values are written that have expired already".to_owned(),
        detail: format!(
            "{}, the nearest {} back: the writers' clock is further behind than their timeout is long",
            counted(traffic.written_in_past, "expiry time lay in the past", "expiry times lay in the past"),
            time(traffic.nearest_past)
        ),
        count: traffic.written_in_past,
        fix: "set TZ=UTC for the application's processes, or give --utc-offset their offset".to_owned(),
    })
}

/// How long ago the latest entry expired, where that leaves the clocks in doubt.
fn doubt(observed: &Observed) -> Option<i64> {
    let survey = &observed.survey;
    let left = observed.clock.seconds_left(survey.newest_score?);
    // One that reads with a clock of its own was heard; then nothing has to be guessed.
    let heard = !observed.traffic.readers.is_empty();
    (survey.entries >= 10 && (-50_400..-900).contains(&left) && !heard).then_some(left)
}

/// What is to be done by a purge, unless nobody knows by which clock: then how to look.
pub(super) fn by_purge(observed: &Observed, usual: impl FnOnce(&str) -> String) -> String {
    match doubt(observed) {
        Some(_) => format!(
            "settle {ALL_PAST} before any sweep: by a wrong clock that deletes values which are still good; `{}` \
             deletes nothing",
            observed.command("purge --dry-run")
        ),
        None => usual(&observed.command("purge")),
    }
}

pub(super) fn all_in_past(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    doubt(observed).map(|left| Finding {
        id: "expiry-all-past",
        severity: Severity::Info,
        title: "every expiry time lies in the past".to_owned(),
        detail: format!(
            "{} and the latest of them expired {} ago: either nothing with a timeout was written since, or the \
             application's hosts are at least so far east of UTC and nobody told us (--utc-offset)",
            counted(survey.entries, "entry", "entries"),
            time(left)
        ),
        count: survey.entries,
        fix: format!("`{}` while the application is at work tells which", observed.command("doctor --monitor 10s")),
    })
}

pub(super) fn unwatched(observed: &Observed) -> Option<Finding> {
    let why = observed.traffic.refused.as_ref()?;
    Some(Finding {
        id: "traffic-not-watched",
        severity: Severity::Info,
        title: "the application's clocks were not watched".to_owned(),
        detail: why.clone(),
        count: 0,
        fix: "allow MONITOR, or leave it out with --no-monitor".to_owned(),
    })
}
