//! One walk over the namespace: sizes, values, leaks, expiry times.

mod surveyor;

use super::Sample;
use crate::cache::Clock;
use crate::client::{Conn, Control, End, Source, Sweep};
use crate::error::Result;
use crate::namespace::{Namespace, RedisType};
use std::collections::HashSet;
use surveyor::Surveyor;

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
    pub(super) leaked: u64,
    /// What the leaked members take, about.
    pub(super) bytes: u64,
}

/// What all indexes leak, and the worst of them: there may be millions.
#[derive(Debug, Default)]
pub(super) struct Leaks {
    pub(super) indexes: u64,
    pub(super) leaked: u64,
    pub(super) bytes: u64,
    pub(super) worst: Vec<Leak>,
}

impl Leaks {
    const NAMED: usize = 5;

    fn add(&mut self, leak: Leak) {
        self.indexes += 1;
        self.leaked = self.leaked.saturating_add(leak.leaked);
        self.bytes = self.bytes.saturating_add(leak.bytes);
        let at = self.worst.partition_point(|worse| worse.leaked >= leak.leaked);
        self.worst.insert(at, leak);
        self.worst.truncate(Self::NAMED);
    }
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
    pub(super) leaks: Leaks,
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
    /// Those of them that are strings.
    pub(super) foreign_strings: u64,
    /// Entries of TTL buckets; those that expired long ago; buckets with such.
    pub(super) entries: u64,
    pub(super) long_expired: u64,
    pub(super) unswept: Sample,
    /// The latest expiry time of all.
    pub(super) newest_score: Option<f64>,
    /// Only a part was looked at, as was asked for, or until that was stopped.
    pub(super) sampled: bool,
    pub(super) complete: bool,
}

impl Survey {
    pub(super) fn decoded_partly(&self) -> Option<String> {
        (self.not_decoded > 0)
            .then(|| format!("Only {} values were decoded; the others were not checked.", self.decoded))
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
    let mut complete = true;
    loop {
        let end = sweep.run(conn, &mut surveyor, control)?;
        complete &= matches!(end, End::Done | End::Paused);
        while let Some(set) = surveyor.next_large() {
            let end = Sweep::new(Source::set(set)).run(conn, &mut surveyor, control)?;
            // One of another type by now is no index any more.
            complete &= end != End::Stopped;
            surveyor.survey.sampled |= end == End::Stopped;
            surveyor.leave();
        }
        if end != End::Paused || surveyor.has_enough() {
            break;
        }
    }
    debug_assert!(surveyor.holds_nothing(), "each index is forgotten with the last answer about it");
    let mut survey = surveyor.survey;
    survey.complete = complete;
    Ok(survey)
}

/// As large a part of another whole.
pub(super) fn scaled(part: u64, whole: u64, of: u64) -> u64 {
    let scaled = u128::from(part) * u128::from(of) / u128::from(whole.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// Whether a TYPE answer names what the library writes.
fn kind(name: &[u8]) -> RedisType {
    RedisType::from_reply(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_worst_of_many_indexes_are_remembered() {
        let mut leaks = Leaks::default();
        for n in 0..1_000_000_u64 {
            let leaked = n * 7919 % 1_000_000;
            leaks.add(Leak { key: leaked.to_string().into_bytes(), members: leaked, leaked, bytes: 3 });
        }
        assert_eq!(
            (leaks.indexes, leaks.leaked, leaks.bytes),
            (1_000_000, 999_999 * 1_000_000 / 2, 3_000_000)
        );
        let worst: Vec<_> = leaks.worst.iter().map(|leak| leak.leaked).collect();
        assert_eq!(worst, [999_999, 999_998, 999_997, 999_996, 999_995]);
    }
}
