//! How long the counters of an hour are kept: what the operator noted, and the default.

use super::{SECONDS, hour_now};
use crate::cache::{Mode, Writer};
use crate::client::{Conn, Control, Pipe, Reply, command};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use std::time::{Duration, Instant};

const HOUR: u64 = 3600;

/// What is kept where nothing is noted, and the least that can be.
pub(super) const LEAST: u64 = 24 * HOUR;

/// The most that can be kept.
pub(super) const MOST: u64 = 366 * 24 * HOUR;

/// Hours that may be there whatever is noted, as clocks differ.
const ALWAYS: u64 = 50;

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
    Ok(kept.unwrap_or(LEAST).clamp(LEAST, MOST))
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
    /// Hours that have another time to live now.
    pub kept: u64,
    /// Hours that were older than what is to be kept, and are gone.
    pub forgotten: u64,
    /// Whether every hour was reached, and none counted by an answer that was lost.
    pub complete: bool,
}

/// Notes how long the counters of an hour are kept, between 24 hours and 366 days, and sets the time to live of the hours that are
/// there. Recorders learn it with what they send next.
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
    let keep = keep.as_secs().clamp(LEAST, MOST);
    let hours = there_may_be(read_kept(conn, ns)?.as_secs().max(keep));
    let (writer, mut pipe) = (Writer::new(ns.clone(), Mode::Apply).on(conn), Pipe::new());
    writer.note_kept(keep, &mut pipe);
    conn.run(&pipe)?.one()?.ok()?;
    let now = super::seconds_now();
    let (mut report, mut complete) = (KeptHours::default(), true);
    for hours in hours.collect::<Vec<_>>().chunks(CHUNK) {
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

/// The hours that may be there where they are kept for so many seconds.
pub(super) fn there_may_be(kept: u64) -> std::ops::RangeInclusive<u64> {
    let (now, kept) = (hour_now(), (expiry(kept) / HOUR + 1).max(ALWAYS));
    now.saturating_sub(kept)..=now + 2
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
