//! Reading the counters, and forgetting them.

use super::{CountsByTag, hour_now, last_hours, split};
use crate::cache::{Mode, Writer};
use crate::client::command;
use crate::client::{Conn, Pipe, Reply};
use crate::error::Result;
use crate::namespace::Namespace;

/// Hours in which a bucket may still be there, with clocks that differ.
const KEPT: u64 = 50;

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
pub fn read_counters(conn: &mut Conn, ns: &Namespace, not_hashes: &mut Vec<Vec<u8>>) -> Result<CountsByTag> {
    parse(conn.one(command::HGETALL, &[&ns.stats()])?, not_hashes)
}

/// The last 24 hours, the one that runs included, oldest first.
///
/// # Errors
/// As [`read_counters`].
pub fn read_history(
    conn: &mut Conn,
    ns: &Namespace,
    not_hashes: &mut Vec<Vec<u8>>,
) -> Result<Vec<CountersByHour>> {
    let hours = last_hours();
    let mut pipe = Pipe::new();
    hours.clone().for_each(|hour| pipe.push(command::HGETALL, &[&ns.stats_hour(hour)]));
    let mut replies = conn.run(&pipe)?;
    hours
        .map(|hour| {
            let begins_at = i64::try_from(hour * 3600).unwrap_or(i64::MAX);
            Ok(CountersByHour { begins_at, tags: parse(replies.one()?, not_hashes)? })
        })
        .collect()
}

/// Forgets the totals and every hour; gives the number of hashes that were there. `None` where that is not known: an
/// answer was lost and it was done again, or another server took over.
///
/// # Errors
/// Connection errors and refusals.
pub fn forget_counters(conn: &mut Conn, ns: &Namespace, mode: Mode) -> Result<Option<u64>> {
    let before = conn.connection_stats();
    let (writer, now, mut pipe) = (Writer::new(ns.clone(), mode).on(conn), hour_now(), Pipe::new());
    let pending = writer.forget_counts(now.saturating_sub(KEPT)..=now + 2, &mut pipe);
    let mut deleted = 0;
    pending.count(&mut conn.run(&pipe)?, &mut deleted)?;
    Ok(conn.is_exact_since(before).then_some(deleted))
}

fn parse(reply: Reply, not_hashes: &mut Vec<Vec<u8>>) -> Result<CountsByTag> {
    if reply.is_wrong_type() {
        not_hashes.extend(reply.key().map(<[u8]>::to_vec));
        return Ok(CountsByTag::new());
    }
    let mut tags = CountsByTag::new();
    for pair in reply.strings()?.chunks_exact(2) {
        let number = std::str::from_utf8(&pair[1]).ok().and_then(|text| text.parse().ok());
        if let (Some((tag, name)), Some(number)) = (split(&pair[0]), number) {
            tags.entry(tag.to_vec()).or_default().add_to(name, number);
        }
    }
    Ok(tags)
}
