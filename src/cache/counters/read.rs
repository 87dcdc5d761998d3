//! Reading the counters.

use super::{CountsByTag, SINCE, last_hours, split};
use crate::client::command;
use crate::client::{Conn, Control, Pipe, Reply};
use crate::error::Result;
use crate::namespace::Namespace;
use std::ops::ControlFlow;
use std::time::Instant;

/// Hours that are read in one round trip.
const PAGE: u64 = 24;

/// The totals by tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RecordedCounters {
    /// The counters of every tag.
    pub tags: CountsByTag,
    /// When they began, in epoch seconds; none where that was not noted.
    pub since: Option<i64>,
}

/// The counters of one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountersByHour {
    /// When the hour began, in epoch seconds.
    pub begins_at: i64,
    /// The counters; empty where nothing was recorded.
    pub tags: CountsByTag,
}

/// The totals since they were last reset. A key of another type in their place has none; `not_hashes` gets its name.
///
/// # Errors
/// Connection errors and refusals.
pub fn read_counters(
    conn: &mut Conn,
    ns: &Namespace,
    not_hashes: &mut Vec<Vec<u8>>,
) -> Result<RecordedCounters> {
    parse(conn.one(command::HGETALL, &[&ns.stats()])?, not_hashes)
}

/// The last so many hours, the one that runs included, oldest first, each to `found`. Reads 24 hours in a round trip, and holds no
/// more. Gives whether it came to the end: `control` and `found` may stop it.
///
/// # Errors
/// As [`read_counters`].
pub fn read_history(
    conn: &mut Conn,
    ns: &Namespace,
    hours: u64,
    control: &mut Control,
    not_hashes: &mut Vec<Vec<u8>>,
    found: &mut dyn FnMut(CountersByHour) -> ControlFlow<()>,
) -> Result<bool> {
    let mut hours = last_hours(hours).peekable();
    while hours.peek().is_some() {
        let page: Vec<u64> = hours.by_ref().take(PAGE as usize).collect();
        let (began, mut pipe) = (Instant::now(), Pipe::new());
        page.iter().for_each(|hour| pipe.push(command::HGETALL, &[&ns.stats_hour(*hour)]));
        let mut replies = conn.run(&pipe)?;
        let took = began.elapsed();
        for hour in page {
            let begins_at = i64::try_from(hour * 3600).unwrap_or(i64::MAX);
            let tags = parse(replies.one()?, not_hashes)?.tags;
            if found(CountersByHour { begins_at, tags }).is_break() {
                return Ok(false);
            }
        }
        if hours.peek().is_some() && !control.rest_behind(took) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn parse(reply: Reply, not_hashes: &mut Vec<Vec<u8>>) -> Result<RecordedCounters> {
    let mut counters = RecordedCounters::default();
    if reply.is_wrong_type() {
        not_hashes.extend(reply.key().map(<[u8]>::to_vec));
        return Ok(counters);
    }
    for pair in reply.strings()?.chunks_exact(2) {
        let text = std::str::from_utf8(&pair[1]).ok();
        if pair[0] == SINCE {
            counters.since = text.and_then(|text| text.parse().ok());
        } else if let (Some((tag, name)), Some(number)) =
            (split(&pair[0]), text.and_then(|text| text.parse().ok()))
        {
            counters.tags.entry(tag.to_vec()).or_default().add_to(name, number);
        }
    }
    Ok(counters)
}
