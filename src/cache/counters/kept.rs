//! How long the counters of an hour are kept: what the operator noted, and the default.

use super::{SECONDS, hour_now};
use crate::cache::{Mode, Writer};
use crate::client::{Conn, Control, Pipe, Reply, command};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

const HOUR: u64 = 3600;

/// The shortest time that hours can be kept for, and the time where nothing is noted: 24 hours.
pub const LEAST_KEPT: Duration = Duration::from_secs(24 * HOUR);

/// The longest time that hours can be kept for: 366 days.
pub const MOST_KEPT: Duration = Duration::from_secs(366 * 24 * HOUR);

/// Redis keys that go in one round trip.
pub(super) const CHUNK: usize = 100;

/// How long an hour stays behind the last write to it where hours are kept for so long (seconds): longer by the hour it began
/// in, and by one for clocks that differ.
pub(super) fn expiry(kept: u64) -> u64 {
    kept + 2 * HOUR
}

/// What an answer says of how long hours are kept, in seconds; the default where it is nothing or no number.
pub(super) fn parse(reply: Reply) -> Result<u64> {
    let kept = reply.bytes()?.and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
    Ok(kept.map_or(LEAST_KEPT, Duration::from_secs).clamp(LEAST_KEPT, MOST_KEPT).as_secs())
}

/// How long the counters of an hour are kept: 24 hours unless [`keep_counters`] noted something else.
///
/// # Errors
/// Connection errors, refusals, and [`Error::WrongType`].
pub fn read_kept(conn: &mut Conn, ns: &Namespace) -> Result<Duration> {
    let key = ns.stats_kept();
    let reply = conn.one(command::HGET, &[&key, SECONDS])?;
    if reply.is_wrong_type() {
        return Err(Error::WrongType { keys: vec![key] });
    }
    parse(reply).map(Duration::from_secs)
}

/// What [`keep_counters`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct KeptHours {
    /// Hours that are there, each with the time to live that was asked for.
    pub kept: u64,
    /// Hours that were older than what is to be kept, and are gone.
    pub forgotten: u64,
    /// Whether every hour was reached, and none counted by an answer that was lost.
    pub complete: bool,
}

/// Notes how long the counters of an hour are kept, between [`LEAST_KEPT`] and [`MOST_KEPT`], and sets the time to live of every
/// hour that can be there, whatever was noted before: a run that was stopped is finished by the next. Recorders learn it with
/// what they send next.
///
/// # Errors
/// Connection errors, refusals, and [`Error::WrongType`] where something else has the place of the note.
pub fn keep_counters(
    conn: &mut Conn,
    ns: &Namespace,
    keep: Duration,
    control: &mut Control,
) -> Result<KeptHours> {
    let before = conn.connection_stats();
    let keep = keep.clamp(LEAST_KEPT, MOST_KEPT).as_secs();
    let (writer, mut pipe) = (Writer::new(ns.clone(), Mode::Apply).on(conn), Pipe::new());
    writer.note_kept(keep, &mut pipe);
    let noted = conn.run(&pipe)?.one()?;
    if noted.is_wrong_type() {
        return Err(Error::WrongType { keys: vec![ns.stats_kept()] });
    }
    noted.ok()?;
    let now = super::seconds_now();
    let (mut report, mut complete) = (KeptHours::default(), true);
    for hours in every_hour().collect::<Vec<_>>().chunks(CHUNK) {
        let (began, mut pipe) = (Instant::now(), Pipe::new());
        let left = |hour: &u64| signed((hour + 1) * HOUR + expiry(keep)) - signed(now);
        hours.iter().for_each(|hour| writer.expire_hour(*hour, left(hour), &mut pipe));
        let mut replies = conn.run(&pipe)?;
        for hour in hours {
            let counted = if left(hour) > 0 { &mut report.kept } else { &mut report.forgotten };
            *counted += replies.one()?.count()?;
        }
        if !control.rest(began) {
            complete = false;
            break;
        }
    }
    report.complete = complete && conn.is_exact_since(before);
    Ok(report)
}

/// Every hour that can be there, as clocks differ: however short hours are kept by now, they may have been kept as long as
/// they can be.
pub(super) fn every_hour() -> RangeInclusive<u64> {
    let now = hour_now();
    now.saturating_sub(expiry(MOST_KEPT.as_secs()) / HOUR + 1)..=now + 2
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
