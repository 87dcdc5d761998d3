//! Which namespaces a database holds, guessed from a sample of its keys.

use crate::error::Result;
use crate::namespace::RedisType;
use crate::namespace::guess::{common, of_bucket};
use crate::store::{Conn, Control, Flow, Pipe, Replies, Source, Sweep, Work};
use std::collections::{HashMap, VecDeque};

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
