//! The application's clocks.

use super::super::Observed;
use super::{ALL_PAST, Finding, Severity, time};
use crate::cache::Clock;
use crate::ops::purge::is_in_doubt;
use crate::text::counted;
use std::time::Duration;

/// How an offset from UTC is written, in seconds.
pub(in super::super) fn offset(east: i64) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", east.abs() / 3600, east.abs() % 3600 / 60)
}

/// How far ahead of true time the application's clock is taken to be.
fn expected(observed: &Observed) -> i64 {
    -observed.told.offset()
}

/// How far two clocks are apart, for people.
fn gap(seconds: i64) -> String {
    match seconds.abs() {
        gap @ 7_200..=172_799 if gap % 3600 >= 60 => format!("{} h {} min", gap / 3600, gap % 3600 / 60),
        gap => time(gap),
    }
}

pub(super) fn readers(observed: &Observed) -> Option<Finding> {
    let traffic = &observed.traffic;
    let wrong = |(ahead, _): &(&i64, &u64)| **ahead != expected(observed);
    let (ahead, _) = traffic.readers.iter().filter(wrong).max_by_key(|(_, count)| **count)?;
    let count: u64 = traffic.readers.iter().filter(wrong).map(|(_, count)| *count).sum();
    let expected = match expected(observed) {
        0 => String::new(),
        known => format!(" ({} were expected, by --utc-offset)", gap(known)),
    };
    let seen = match traffic.offset() {
        Some(east) => format!("as on a host at UTC{}", offset(east)),
        None if traffic.readers.len() > 1 => "and its hosts do not agree with each other".to_owned(),
        None => "as in no time zone".to_owned(),
    };
    let is_late = *ahead > 0;
    let effect = match (traffic.readers.len(), is_late) {
        (2.., _) => "too early or too late".to_owned(),
        (_, true) => format!("values {} after they expired", gap(*ahead)),
        (_, false) => format!("values up to {} before they expire", gap(*ahead)),
    };
    Some(Finding {
        id: "clock-skew",
        severity: Severity::Error,
        title: format!(
            "the application writes expiry times {} too {}",
            gap(*ahead),
            if is_late { "late" } else { "early" }
        ),
        detail: format!(
            "In {} the application's time was {} off the server's{expected}, {seen}. The library takes the host's local \
             time for UTC, so every expiry time is off by as much, and a sweep by true time deletes {effect}",
            counted(count, "read", "reads"),
            gap(*ahead),
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
    (is_in_doubt(survey.entries, left) && !heard).then_some(left)
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

/// Keys with a timeout are there and nobody was heard, so that nobody knows by which clock to sweep. What says so already stands
/// for this.
pub(super) fn unmeasured(observed: &Observed) -> Option<Finding> {
    let traffic = &observed.traffic;
    let watched = traffic.watched.filter(|_| traffic.refused.is_none() && traffic.readers.is_empty())?;
    let longer = if watched < Duration::from_secs(60) { "60s" } else { "10m" };
    (observed.survey.entries > 0 && doubt(observed).is_none()).then(|| Finding {
        id: "clock-not-measured",
        severity: Severity::Info,
        title: "the application's clock was not measured".to_owned(),
        detail: format!("no read of a key with a timeout was seen in {} s", watched.as_secs_f64()),
        count: 0,
        fix: format!(
            "before a first purge, `{}` while the application works",
            observed.command(&format!("doctor --monitor {longer}"))
        ),
    })
}
