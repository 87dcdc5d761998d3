//! The application's clocks.

use super::super::Observed;
use super::{ALL_PAST, Finding, Severity, time};
use crate::cache::Clock;
use crate::text::counted;

/// How an offset from UTC is written, in seconds.
pub(in super::super) fn offset(east: i64) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", east.abs() / 3600, east.abs() % 3600 / 60)
}

/// How far ahead of true time the application's clock is taken to be.
fn expected(observed: &Observed) -> i64 {
    -observed.told.offset()
}

pub(super) fn readers(observed: &Observed) -> Option<Finding> {
    let traffic = &observed.traffic;
    let wrong = |(ahead, _): &(&i64, &u64)| **ahead != expected(observed);
    let (ahead, _) = traffic.readers.iter().filter(wrong).max_by_key(|(_, count)| **count)?;
    let count: u64 = traffic.readers.iter().filter(wrong).map(|(_, count)| *count).sum();
    let known = expected(observed);
    let seen = match traffic.offset() {
        Some(east) => format!("as of a host at UTC{}", offset(east)),
        None if traffic.readers.len() > 1 => "its hosts do not agree with each other".to_owned(),
        None => "as of no time zone".to_owned(),
    };
    Some(Finding {
        id: "clock-skew",
        severity: Severity::Error,
        title: format!(
            "the application's clock is {} {}",
            time(ahead.abs()),
            if *ahead < 0 { "behind" } else { "ahead" }
        ),
        detail: format!(
            "{count} reads of keys with a timeout sent a time {ahead} s from the server's ({known} s was expected); {seen}. \
             The library takes the host's local time for UTC, so every expiry time is off by as much, and a sweep by true \
             time deletes too early or too late"
        ),
        count,
        fix: format!(
            "set TZ=UTC for the application's processes, and their hosts' clocks right; {}",
            by_purge(observed, |purge| format!("until then `{purge}`"))
        ),
    })
}

/// How far back the nearest of the expiry times lay that were written in the past of a clock.
fn written_late(observed: &Observed, clock: Clock) -> Option<i64> {
    let behind = observed.traffic.nearest_past.saturating_sub(clock.offset());
    (observed.traffic.written_in_past > 0 && behind > 60).then_some(behind)
}

pub(super) fn written_in_past(observed: &Observed) -> Option<Finding> {
    let traffic = &observed.traffic;
    written_late(observed, observed.told).or_else(|| written_late(observed, observed.clock)).map(|_| {
        Finding {
            id: "clock-skew-in-writes",
            severity: Severity::Error,
            title: "values are stored that have already expired".to_owned(),
            detail: format!(
                "{}, the nearest {} back: the writers' clock is further behind than their timeout is long",
                counted(
                    traffic.written_in_past,
                    "expiry time lay in the past",
                    "expiry times lay in the past"
                ),
                time(traffic.nearest_past)
            ),
            count: traffic.written_in_past,
            fix: "set TZ=UTC for the application's processes, or give --utc-offset their offset".to_owned(),
        }
    })
}

/// How long ago the latest entry expired, where nobody was heard and that leaves the clocks in doubt.
fn past(observed: &Observed) -> Option<i64> {
    let survey = &observed.survey;
    let left = observed.clock.seconds_left(survey.newest_score?);
    let heard = !observed.traffic.readers.is_empty();
    (survey.entries >= 10 && (-50_400..-900).contains(&left) && !heard).then_some(left)
}

/// The finding that tells why nobody knows by which clock to sweep.
fn doubt(observed: &Observed) -> Option<&'static str> {
    let traffic = &observed.traffic;
    if !traffic.readers.is_empty() && traffic.offset().is_none() {
        return Some("clock-skew");
    }
    written_late(observed, observed.clock)
        .map(|_| "clock-skew-in-writes")
        .or(past(observed).map(|_| ALL_PAST))
}

/// What is to be done by a purge, unless nobody knows by which clock: then how to look.
pub(super) fn by_purge(observed: &Observed, usual: impl FnOnce(&str) -> String) -> String {
    match doubt(observed) {
        Some(doubt) => format!(
            "settle {doubt} before any sweep, as a sweep by a wrong clock deletes values that are still good; \
             `{}` deletes nothing",
            observed.command("purge --dry-run")
        ),
        None => usual(&observed.command("purge")),
    }
}

pub(super) fn all_in_past(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    past(observed).map(|left| Finding {
        id: "expiry-all-past",
        severity: Severity::Info,
        title: "every expiry time lies in the past".to_owned(),
        detail: format!(
            "{} and the latest of them expired {} ago: either nothing with a timeout was written since, or the \
             application's hosts are at least that far east of UTC (then give --utc-offset)",
            counted(survey.entries, "entry", "entries"),
            time(left)
        ),
        count: survey.entries,
        fix: format!("`{}` while the application is running shows which", observed.command("doctor --monitor 10s")),
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
