//! One walk over the namespace: sizes, values, leaks, expiry times.

mod judge;

use super::Sample;
use crate::error::Result;
use crate::namespace::{Namespace, RedisType};
use crate::ops::clock::Clock;
use crate::store::{Conn, Control, End, Source, Sweep};
use judge::Surveyor;
use std::collections::HashSet;

/// What expired longer ago than this was not swept.
pub(super) const LONG_AGO: i64 = 3600;
/// Bases with more fields than this are large: HGETALL on one holds the server.
pub(super) const MANY_FIELDS: u64 = 10_000;
/// Tags with more members than this are large: 0.0.9 invalidates them with one SMEMBERS and one SADD.
pub(super) const MANY_MEMBERS: u64 = 100_000;
/// Values larger than this are large.
pub(super) const LARGE_VALUE: u64 = 1 << 20;

/// What one index leaks.
#[derive(Debug, Clone)]
pub(super) struct Leak {
    pub(super) key: Vec<u8>,
    pub(super) members: u64,
    /// Members that were looked at, and how many of them have no value.
    pub(super) looked: u64,
    pub(super) leaked: u64,
    pub(super) name_bytes: u64,
}

/// Values that were not decoded, and why the first of them was not.
#[derive(Debug, Default)]
pub(super) struct Undecoded {
    pub(super) keys: Sample,
    pub(super) reason: Option<String>,
}

/// What was seen under the prefix.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) leaks: Vec<Leak>,
    pub(super) members: u64,
    pub(super) large_bases: Sample,
    pub(super) large_tags: Sample,
    pub(super) large_values: Sample,
    pub(super) largest_value: u64,
    /// Values that nobody can read, and those that only this tool cannot read for certain.
    pub(super) undecodable: Undecoded,
    pub(super) undecoded: Undecoded,
    pub(super) decoded: u64,
    /// Values that were not, as enough had been.
    pub(super) not_decoded: u64,
    pub(super) wrong_type: Sample,
    /// Redis keys that have the name of a TTL bucket and are none.
    pub(super) wrong_buckets: Sample,
    pub(super) cut_with_timeout: Sample,
    pub(super) foreign: Sample,
    /// Entries of TTL buckets; those that expired long ago; buckets with such.
    pub(super) entries: u64,
    pub(super) long_expired: u64,
    pub(super) unswept: Sample,
    /// The latest expiry time of all.
    pub(super) newest_score: Option<f64>,
    /// Only a part was looked at, as was asked for.
    pub(super) sampled: bool,
    pub(super) complete: bool,
}

impl Survey {
    pub(super) fn decoded_partly(&self) -> Option<String> {
        (self.not_decoded > 0).then(|| {
            format!(
                "Only {} values were decoded: whether the others can be read was not looked at.",
                self.decoded
            )
        })
    }
}

/// Walks everything under the prefix; `quick` only a part of the keys, and a few members of each index.
pub(super) fn survey(
    conn: &mut Conn,
    ns: &Namespace,
    clock: Clock,
    computing: &HashSet<Vec<u8>>,
    quick: bool,
    control: &mut Control,
) -> Result<Survey> {
    let mut surveyor = Surveyor::new(ns, clock, computing, quick);
    let mut sweep = Sweep::new(Source::Keyspace { pattern: ns.all_pattern(), kind: None });
    let complete = loop {
        let end = sweep.run(conn, &mut surveyor, control)?;
        while let Some(set) = surveyor.next_large() {
            Sweep::new(Source::set(set)).run(conn, &mut surveyor, control)?;
            surveyor.leave();
        }
        match end {
            End::Paused if surveyor.has_enough() => break true,
            End::Paused => {}
            End::Done => break !control.stopped(),
            End::Stopped | End::WrongType => break false,
        }
    };
    let mut survey = surveyor.survey;
    survey.complete = complete;
    survey.leaks.sort_by_key(|leak| std::cmp::Reverse(leak.leaked));
    Ok(survey)
}

/// Whether a TYPE answer names what the library writes.
fn kind(name: &[u8]) -> RedisType {
    RedisType::from_reply(name)
}
