//! Which namespaces a database holds, guessed from a sample of its keys.

use crate::error::Result;
use crate::namespace::RedisType;
use crate::store::{Conn, Control, Flow, Pipe, Replies, Source, Sweep, Work};
use std::collections::{HashMap, VecDeque};

/// What stands between a prefix and its repetition in the name of a TTL bucket.
const BUCKET: &[u8] = b"Meta:Expire-Buckets::";

/// A prefix that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundNamespace {
    /// The prefix, such as `CM:`.
    pub prefix: Vec<u8>,
    /// How many keys of the sample speak for it.
    pub keys: u64,
}

/// Looks at up to `sample` keys of the database and gives the prefixes that explain them, the likeliest first.
///
/// A set of the library is named prefix + tag and its members begin with the prefix; a TTL bucket repeats the prefix
/// in its name. Where neither tells, nothing is found: a hash alone says nothing of where its prefix ends.
///
/// # Errors
/// Connection errors and refusals.
pub fn find_namespaces(conn: &mut Conn, sample: u64, control: &mut Control) -> Result<Vec<FoundNamespace>> {
    let mut found: HashMap<Vec<u8>, u64> = HashMap::new();
    for kind in [RedisType::Zset, RedisType::Set] {
        let source = Source::Keyspace { pattern: b"*".to_vec(), kind: Some(kind) };
        let mut look = Look { kind, sample, looked: 0, waiting: VecDeque::new(), found: &mut found };
        Sweep::new(source).run(conn, &mut look, control)?;
    }
    let mut all: Vec<_> = found.into_iter().map(|(prefix, keys)| FoundNamespace { prefix, keys }).collect();
    all.sort_by(|a, b| b.keys.cmp(&a.keys).then_with(|| a.prefix.cmp(&b.prefix)));
    Ok(all)
}

struct Look<'a> {
    kind: RedisType,
    sample: u64,
    looked: u64,
    waiting: VecDeque<Vec<u8>>,
    found: &'a mut HashMap<Vec<u8>, u64>,
}

impl Look<'_> {
    fn count(&mut self, prefix: &[u8]) {
        if !prefix.is_empty() && !prefix.contains(&b'>') {
            *self.found.entry(prefix.to_vec()).or_default() += 1;
        }
    }
}

impl Work for Look<'_> {
    fn batch(&mut self, items: Vec<Vec<u8>>, pipe: &mut Pipe) -> Result<()> {
        for key in items {
            self.looked += 1;
            if self.kind == RedisType::Zset {
                if let Some(prefix) = of_bucket(&key) {
                    let prefix = prefix.to_vec();
                    self.count(&prefix);
                }
            } else {
                pipe.push("SRANDMEMBER", &[&key]);
                self.waiting.push_back(key);
            }
        }
        Ok(())
    }

    fn answers(&mut self, replies: &mut Replies, _next: &mut Pipe) -> Result<Flow> {
        for reply in replies {
            let Some(key) = self.waiting.pop_front() else { break };
            if !reply.is_wrong_type()
                && let Some(member) = reply.bytes()?
            {
                let prefix = common(&key, &member).to_vec();
                self.count(&prefix);
            }
        }
        Ok(if self.looked >= self.sample { Flow::Pause } else { Flow::More })
    }
}

/// The prefix in the name of a bucket, where it stands twice.
fn of_bucket(key: &[u8]) -> Option<&[u8]> {
    let at = key.windows(BUCKET.len()).position(|part| part == BUCKET)?;
    let (prefix, rest) = key.split_at(at);
    rest[BUCKET.len()..].starts_with(prefix).then_some(prefix)
}

/// What a set's name and a member have in common, up to the last separator: names of tags and keys may begin alike.
fn common<'a>(set: &'a [u8], member: &[u8]) -> &'a [u8] {
    let same = set.iter().zip(member).take_while(|(a, b)| a == b).count();
    let end = set[..same].iter().rposition(|byte| b":/|.#".contains(byte)).map_or(0, |at| at + 1);
    // Names such as `CM:meta:deleted` and `CM:Book:100:invalid` share more than the prefix with their members at times.
    let first = set[..end].iter().position(|byte| b":/|.#".contains(byte)).map_or(0, |at| at + 1);
    if set.ends_with(b":invalid") || set.starts_with(b"CM:meta:") { &set[..first] } else { &set[..end] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_from_names() {
        assert_eq!(of_bucket(b"app:Meta:Expire-Buckets::app:f:1"), Some(&b"app:"[..]));
        assert_eq!(of_bucket(b"app:Meta:Expire-Buckets::b"), None);
        assert_eq!(common(b"CM:get_owner", b"CM:Book:100>owner"), b"CM:");
        assert_eq!(common(b"CM:getter", b"CM:get:1"), b"CM:");
        assert_eq!(common(b"CM:User:200:invalid", b"CM:User:1>x"), b"CM:");
        assert_eq!(common(b"queue", b"job"), b"");
    }
}
