//! Namespaces inside a namespace: `CM:X:` is a prefix of its own, and every key of it begins with `CM:` as well.

use crate::error::Result;
use crate::namespace::{InnerSign, Namespace, RedisType};
use crate::store::{Conn, Control, Queue, Replies, Source, Sweep, Work};
use std::collections::HashSet;

/// About so many members of a set are asked whether they begin with the inner prefix.
const MEMBERS: &[u8] = b"20";

/// The prefixes of the namespaces inside a namespace, for [`Namespace::with_inner`]. Two walks over the names of the
/// keyspace; the server sends only those that may tell.
///
/// A namespace shows by a TTL bucket, by marks or keys in progress of `classic` (a set called `delete` or `progress`
/// whose members all begin with what stands before that), or by the locks, leases and records of this crate. One that
/// has none of these is not found: tags, invalid keys and values alone may as well be the outer namespace's.
///
/// # Errors
/// Connection errors and refusals.
pub fn find_inner(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<Vec<Vec<u8>>> {
    let mut look = Look { ns, found: HashSet::new() };
    // Something stands in front of `Meta:`, so the namespace's own buckets are not sent.
    let marked = Source::Keyspace { pattern: ns.pattern(b"?*[Mm]eta:*"), kind: None };
    // `delete` and `progress`, in one walk.
    let sets = Source::Keyspace { pattern: ns.pattern(b"?*[lr]e[ts][es]"), kind: Some(RedisType::Set) };
    for source in [marked, sets] {
        Sweep::new(source).run(conn, &mut look, control)?;
    }
    Ok(ns.with_inner(look.found).inner().to_vec())
}

struct Look<'a> {
    ns: &'a Namespace,
    found: HashSet<Vec<u8>>,
}

/// A prefix, and what is asked about the key that speaks for it.
type Question = (Vec<u8>, InnerSign);

impl Work for Look<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        for key in items {
            let Some((prefix, sign)) = self.ns.inner_of(&key) else { continue };
            if self.found.contains(prefix) {
                continue;
            }
            if sign == InnerSign::Bucket {
                self.found.insert(prefix.to_vec());
                continue;
            }
            queue.ask(|pipe| {
                match sign {
                    InnerSign::Bookkeeping => pipe.push("SSCAN", &[&key, b"0", b"COUNT", MEMBERS]),
                    InnerSign::Bucket | InnerSign::Reserved => pipe.push("TYPE", &[&key]),
                }
                (prefix.to_vec(), sign)
            });
        }
        Ok(())
    }

    fn answer(
        &mut self,
        (prefix, sign): Question,
        replies: &mut Replies,
        _next: &mut Queue<Question>,
    ) -> Result<()> {
        let reply = replies.one()?;
        if reply.is_wrong_type() || (sign == InnerSign::Reserved && reply.is_refused()) {
            return Ok(());
        }
        let speaks = match sign {
            InnerSign::Bookkeeping => {
                let members = reply.scan()?.1.strings()?;
                !members.is_empty() && members.iter().all(|member| member.starts_with(&prefix))
            }
            // A hash may be the values of a key that is called so.
            InnerSign::Bucket | InnerSign::Reserved => {
                !matches!(&reply.bytes()?.unwrap_or_default()[..], b"hash" | b"none")
            }
        };
        if speaks {
            self.found.insert(prefix);
        }
        Ok(())
    }
}
