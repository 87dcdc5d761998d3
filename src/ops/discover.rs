//! Which namespaces a database holds, guessed from a sample of its keys.

use crate::client::command;
use crate::client::{Conn, Control, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::RedisType;
use crate::namespace::{common_prefix, prefix_of_bucket};
use std::collections::HashMap;
use std::ops::ControlFlow;

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
        let source = Source::Keyspace { pattern: b"*".to_vec(), kind: Some(kind.name()) };
        let mut look = Look { kind, sample, looked: 0, found: &mut found };
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
    /// A set, for a member of it.
    type Question = Vec<u8>;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Vec<u8>>) -> Result<()> {
        for key in items {
            self.looked += 1;
            if self.kind == RedisType::Zset {
                if let Some(prefix) = prefix_of_bucket(&key) {
                    let prefix = prefix.to_vec();
                    self.count(&prefix);
                }
            } else {
                queue.ask(|pipe| {
                    pipe.push(command::SRANDMEMBER, &[&key]);
                    key
                });
            }
        }
        Ok(())
    }

    fn answer(&mut self, key: Vec<u8>, replies: &mut Replies, _next: &mut Queue<Vec<u8>>) -> Result<()> {
        let reply = replies.one()?;
        if !reply.is_wrong_type()
            && let Some(member) = reply.bytes()?
        {
            let prefix = common_prefix(&key, &member).to_vec();
            self.count(&prefix);
        }
        Ok(())
    }

    fn settle(&mut self, _next: &mut Queue<Vec<u8>>) -> Result<ControlFlow<()>> {
        Ok(if self.looked >= self.sample { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
