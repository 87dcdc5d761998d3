//! The tags of keys that were read but not written while they were observed: the tag sets know.

use super::Observer;
use super::shape::shape;
use crate::client::command;
use crate::client::{Conn, Control, Pipe, Source, Sweep};
use crate::error::Result;
use crate::namespace::{Entry, Namespace, RedisType};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Keys of a shape that are asked about with every tag; the rest only with tags that were found.
const SAMPLE: usize = 8;
/// Members in one question.
const CHUNK: usize = 500;
/// Tag sets that are looked for in the keyspace.
const MOST_TAGS: usize = 2000;

/// Who can be asked about tags.
#[derive(Debug, Default)]
pub struct TagFinder {
    /// Every tag set of the namespace, once it was looked for.
    all: Option<Vec<Vec<u8>>>,
}

impl TagFinder {
    /// Finds the tags of at most `most` keys, within this time. Keys that nobody knows stay with their shape.
    ///
    /// # Errors
    /// Connection errors and refusals.
    pub fn place(
        &mut self,
        conn: &mut Conn,
        observer: &Observer,
        most: usize,
        within: Duration,
    ) -> Result<()> {
        let deadline = Instant::now() + within;
        let ns = observer.ns().clone();
        let (unplaced, by_shape, seen) = {
            let mut infer = observer.infer();
            (infer.unplaced(most), infer.tags_by_shape(), infer.tags_seen())
        };
        if unplaced.is_empty() {
            return Ok(());
        }
        let mut shapes: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
        unplaced.into_iter().for_each(|key| shapes.entry(shape(&key)).or_default().push(key));
        for (shape, keys) in shapes {
            let likely = by_shape.get(&shape).cloned().unwrap_or_default();
            let mut left = self.ask(conn, &ns, keys, &likely, observer)?;
            if left.is_empty() {
                continue;
            }
            // A few of them with every tag, then the others with what was found.
            let rest = left.split_off(left.len().min(SAMPLE));
            let known = self.all(conn, &ns, &seen, deadline)?.to_vec();
            let found = self.which(conn, &ns, &left, &known, observer)?;
            if !found.is_empty() {
                self.ask(conn, &ns, rest, &found, observer)?;
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        Ok(())
    }

    /// Asks each tag about the keys that are left; gives those that no tag has.
    fn ask(
        &self,
        conn: &mut Conn,
        ns: &Namespace,
        mut keys: Vec<Vec<u8>>,
        tags: &[Vec<u8>],
        observer: &Observer,
    ) -> Result<Vec<Vec<u8>>> {
        for tag in tags {
            let mut left = Vec::new();
            for chunk in keys.chunks(CHUNK) {
                let members = are_members(conn, ns, tag, chunk)?;
                let mut infer = observer.infer();
                for (key, is_member) in chunk.iter().zip(members) {
                    match is_member {
                        true => infer.place(key, tag),
                        false => left.push(key.clone()),
                    }
                }
            }
            keys = left;
            if keys.is_empty() {
                break;
            }
        }
        Ok(keys)
    }

    /// Asks every tag about a few keys; gives the tags that have one.
    fn which(
        &self,
        conn: &mut Conn,
        ns: &Namespace,
        keys: &[Vec<u8>],
        tags: &[Vec<u8>],
        observer: &Observer,
    ) -> Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        let mut left = keys.to_vec();
        for tag in tags {
            let before = left.len();
            left = self.ask(conn, ns, left, std::slice::from_ref(tag), observer)?;
            if left.len() < before {
                found.push(tag.clone());
            }
            if left.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    fn all(
        &mut self,
        conn: &mut Conn,
        ns: &Namespace,
        seen: &[Vec<u8>],
        deadline: Instant,
    ) -> Result<&[Vec<u8>]> {
        if self.all.is_none() {
            let mut tags = seen.to_vec();
            let source = Source::Keyspace { pattern: ns.all_pattern(), kind: Some(RedisType::Set.name()) };
            let mut control = Control { deadline: Some(deadline), ..Control::default() };
            Sweep::new(source).each(conn, &mut control, |items| {
                let names = items.iter().filter_map(|key| match ns.classify(key, RedisType::Set) {
                    Entry::Tag { name } => Some(name.to_vec()),
                    _ => None,
                });
                tags.extend(names);
                tags.truncate(MOST_TAGS);
                Ok(ControlFlow::Continue(()))
            })?;
            tags.sort_unstable();
            tags.dedup();
            self.all = Some(tags);
        }
        Ok(self.all.as_deref().unwrap_or_default())
    }
}

fn are_members(conn: &mut Conn, ns: &Namespace, tag: &[u8], keys: &[Vec<u8>]) -> Result<Vec<bool>> {
    let set = ns.tag(tag);
    let members: Vec<Vec<u8>> = keys.iter().map(|key| [ns.prefix(), key].concat()).collect();
    let mut pipe = Pipe::new();
    let at_once = conn.at_least(6, 2);
    if at_once {
        pipe.push_all(command::SMISMEMBER, &[&set], members.iter().map(Vec::as_slice));
    } else {
        members.iter().for_each(|member| pipe.push(command::SISMEMBER, &[&set, member]));
    }
    let mut replies = conn.run(&pipe)?;
    if at_once {
        let reply = replies.one()?;
        if reply.is_wrong_type() {
            return Ok(vec![false; keys.len()]);
        }
        return reply.list()?.into_iter().map(|is_member| Ok(is_member.int()? > 0)).collect();
    }
    replies.map(|reply| Ok(!reply.is_wrong_type() && reply.int()? > 0)).collect()
}
