//! Reading the timeouts that `timeouts` records.

use crate::client::{Conn, command};
use crate::error::Result;
use crate::namespace::Namespace;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds that a value may have been stored after the last use of its timeout was recorded.
const GRACE: i64 = 3600;

/// Seconds that the clocks of workers may be ahead of the server's.
const SKEW: i64 = 5;

/// The timeouts that Rust workers have recorded, by tag.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordedTimeouts {
    now: i64,
    tags: BTreeMap<Vec<u8>, Vec<Recorded>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recorded {
    seconds: i64,
    last_used: i64,
}

impl RecordedTimeouts {
    /// Reads them; none where HGETALL is refused or the key is of another type. `now`: true epoch seconds.
    ///
    /// # Errors
    /// Connection errors.
    pub(crate) fn read(conn: &mut Conn, ns: &Namespace, now: i64) -> Result<Self> {
        let reply = conn.one(command::HGETALL, &[&ns.timeouts()])?;
        let mut recorded = Self { now, ..Self::default() };
        if reply.is_refused() {
            if !reply.is_wrong_type() {
                conn.do_without_unsaid("HGETALL", "it is not known when a value was stored");
            }
            return Ok(recorded);
        }
        for pair in reply.strings()?.chunks_exact(2) {
            if let (Some((tag, seconds)), Some(last_used)) = (split(&pair[0]), number(&pair[1])) {
                recorded.tags.entry(tag.to_vec()).or_default().push(Recorded { seconds, last_used });
            }
        }
        Ok(recorded)
    }

    /// When a value was stored, in epoch seconds, that has these tags and expires then: where each tag has recorded timeouts,
    /// and it can have been stored with one of them alone.
    pub(crate) fn stored_at<'a>(&self, tags: impl Iterator<Item = &'a [u8]>, expires_at: i64) -> Option<i64> {
        let mut timeouts = BTreeSet::new();
        for tag in tags {
            // What a worker of the library has stored nobody knows.
            let of_tag = self.tags.get(tag)?.iter();
            let may_be = of_tag
                .filter(|it| expires_at.saturating_sub(it.seconds) <= it.last_used.saturating_add(GRACE));
            timeouts.extend(may_be.map(|it| it.seconds));
        }
        let (Some(seconds), 1) = (timeouts.first(), timeouts.len()) else { return None };
        let stored_at = expires_at.saturating_sub(*seconds);
        (stored_at <= self.now.saturating_add(SKEW)).then_some(stored_at.min(self.now))
    }
}

/// A field's tag and seconds; `None` for one that is not ours.
fn split(field: &[u8]) -> Option<(&[u8], i64)> {
    let colon = field.iter().rposition(|byte| *byte == b':')?;
    Some((&field[..colon], number(&field[colon + 1..])?))
}

fn number(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse::<u32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn recorded(fields: &[(&str, i64, i64)]) -> RecordedTimeouts {
        let mut recorded = RecordedTimeouts { now: NOW, ..RecordedTimeouts::default() };
        for (tag, seconds, last_used) in fields {
            let one = Recorded { seconds: *seconds, last_used: *last_used };
            recorded.tags.entry(tag.as_bytes().to_vec()).or_default().push(one);
        }
        recorded
    }

    fn stored_at(recorded: &RecordedTimeouts, tags: &[&str], expires_at: i64) -> Option<i64> {
        recorded.stored_at(tags.iter().map(|tag| tag.as_bytes()), expires_at)
    }

    #[test]
    fn one_timeout_tells_and_two_do_not_while_both_may_have_been_used() {
        let one = recorded(&[("a", 300, NOW - 10)]);
        assert_eq!(stored_at(&one, &["a"], NOW + 200), Some(NOW - 100));
        assert_eq!(stored_at(&one, &["a"], NOW - 5000), Some(NOW - 5300), "expired, and not purged");
        assert_eq!(stored_at(&one, &["b"], NOW + 200), None);
        assert_eq!(stored_at(&one, &[], NOW + 200), None);
        assert_eq!(
            stored_at(&one, &["a", "b"], NOW + 200),
            None,
            "b may be of a worker that records nothing"
        );
        let two = recorded(&[("a", 300, NOW - 4000), ("a", 600, NOW)]);
        assert_eq!(stored_at(&two, &["a"], NOW - 200), None, "by either");
        assert_eq!(stored_at(&two, &["a"], NOW + 200), Some(NOW - 400), "300 s were no longer in use");
        let tags = recorded(&[("a", 300, NOW), ("b", 300, NOW), ("c", 60, NOW)]);
        assert_eq!(stored_at(&tags, &["a", "b"], NOW + 200), Some(NOW - 100));
        assert_eq!(stored_at(&tags, &["a", "c"], NOW + 200), None);
    }

    #[test]
    fn nothing_was_stored_in_the_future_but_by_a_clock_that_is_a_little_ahead() {
        let one = recorded(&[("a", 300, NOW)]);
        assert_eq!(stored_at(&one, &["a"], NOW + 300 + SKEW), Some(NOW));
        assert_eq!(stored_at(&one, &["a"], NOW + 300 + SKEW + 1), None);
        assert_eq!(stored_at(&one, &["a"], i64::MAX), None);
    }

    #[test]
    fn a_field_is_a_tag_and_seconds() {
        assert_eq!(split(b"a:b:300"), Some((&b"a:b"[..], 300)));
        assert_eq!(split(b":0"), Some((&b""[..], 0)));
        for other in ["", "a", "a:", "a:-1", "a:1.5", "a:99999999999"] {
            assert_eq!(split(other.as_bytes()), None, "{other}");
        }
    }
}
