//! Namespaces inside a namespace: `CM:X:` is a prefix of its own, and every key of it begins with `CM:` as well.

use crate::cache::Session;
use crate::client::command;
use crate::client::{Conn, Control, Pipe, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::{InnerSign, LogicalKey, Namespace};
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// About so many members of a set are asked whether they begin with the inner prefix.
const MEMBERS: &[u8] = b"20";

/// No more of these are asked whose they are.
const ASKED: usize = 100;

/// Whatever may tell, and little else: `delete`, `progress`, `Meta:` and `meta:`, in one walk. Something stands in front,
/// so the namespace's own buckets are not sent.
const SIGNS: &[u8] = b"?*[Mmlr]e[ts][aes]*";

/// As many batches are a sample: some ten thousand keys, and all of a database that has no more.
const SAMPLE: u32 = 64;

/// How far to look for namespaces inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InnerSearch {
    /// At all names, in a walk of its own: for what goes by it when it changes data.
    Whole,
    /// At the first batches of them: for what only shows.
    Sample,
}

/// The prefixes of the namespaces inside a namespace, for [`Namespace::with_inner`] and [`Namespace::with_all_of`]; those
/// inside one another, too. A walk over the names of the keyspace; the server sends only those that may tell.
///
/// A namespace shows by a TTL bucket, by marks or keys in progress of `classic` (a set called `delete` or `progress`
/// behind a colon, whose members all begin with what stands before that and have no entry in a bucket of the outer one:
/// without the colon it may as well be the tag of a function `reading_progress`), or by the locks, leases and records of
/// this crate. One that has none of these is not found: tags, invalid keys and values alone may as well be the outer
/// namespace's.
///
/// # Errors
/// Connection errors and refusals.
pub fn find_inner(session: &mut Session, search: InnerSearch, control: &mut Control) -> Result<Vec<Vec<u8>>> {
    find(&mut session.conn, &session.ns, search, control)
}

fn find(conn: &mut Conn, ns: &Namespace, search: InnerSearch, control: &mut Control) -> Result<Vec<Vec<u8>>> {
    let mut look = Look {
        signs: Signs::new(ns),
        batches: match search {
            InnerSearch::Whole => None,
            InnerSearch::Sample => Some(SAMPLE),
        },
    };
    let source = Source::Keyspace { pattern: ns.pattern(SIGNS), kind: None };
    Sweep::new(source).run(conn, &mut look, control)?;
    let mut found: Vec<_> = look.signs.found.into_iter().collect();
    found.sort();
    Ok(found)
}

/// The namespace without those inside it, which are looked for unless it was told of them.
pub(super) fn exclude_inner<'a>(
    conn: &mut Conn,
    ns: &'a Namespace,
    control: &Control,
) -> Result<Cow<'a, Namespace>> {
    if ns.knows_inner() {
        return Ok(Cow::Borrowed(ns));
    }
    let inner = find(conn, ns, InnerSearch::Whole, &mut control.untimed())?;
    Ok(Cow::Owned(ns.with_inner(inner)))
}

/// What the names that a walk comes by tell of namespaces inside.
pub(super) struct Signs<'a> {
    pub(super) ns: &'a Namespace,
    pub(super) found: HashSet<Vec<u8>>,
}

/// What is asked before a prefix is believed to be that of a namespace.
pub(super) enum Question {
    /// What the key is that speaks for it.
    Key { prefix: Vec<u8>, sign: InnerSign, key: Vec<u8> },
    /// What a hash holds that is called like counters or a position.
    Fields { prefix: Vec<u8>, key: Vec<u8> },
    /// Whose the members are of a set that is called like its marks or its keys in progress.
    Members { prefix: Vec<u8>, members: Vec<Vec<u8>> },
}

impl Question {
    pub(super) fn ask(&self, ns: &Namespace, pipe: &mut Pipe) {
        match self {
            Self::Key { sign: InnerSign::Bucket, key, .. } => pipe.push(command::EXISTS, &[key]),
            Self::Key { sign: InnerSign::Marks | InnerSign::Progress, key, .. } => {
                pipe.push(command::SSCAN, &[key, b"0", b"COUNT", MEMBERS]);
            }
            Self::Key { sign: InnerSign::Reserved, key, .. } => pipe.push(command::TYPE, &[key]),
            Self::Fields { key, .. } => pipe.push(command::HSCAN, &[key, b"0", b"COUNT", MEMBERS]),
            Self::Members { members, .. } => {
                for member in members {
                    let key = LogicalKey::new(member.get(ns.prefix().len()..).unwrap_or_default());
                    pipe.push(command::ZSCORE, &[&ns.bucket(key.base()), &ns.bucket_member(&key)]);
                }
            }
        }
    }
}

impl<'a> Signs<'a> {
    pub(super) fn new(ns: &'a Namespace) -> Self {
        Self { ns, found: HashSet::new() }
    }

    /// Takes a name, and asks about its key where the name alone does not tell.
    pub(super) fn take<Q>(&mut self, key: &[u8], queue: &mut Queue<Q>, ask_on: impl FnOnce(Question) -> Q) {
        let Some((prefix, sign)) = self.ns.inner_of(key) else { return };
        if self.found.contains(prefix) {
            return;
        }
        if sign == InnerSign::Bucket {
            self.found.insert(prefix.to_vec());
            return;
        }
        let question = Question::Key { prefix: prefix.to_vec(), sign, key: key.to_vec() };
        self.queue(question, queue, ask_on);
    }

    fn queue<Q>(&self, question: Question, queue: &mut Queue<Q>, ask_on: impl FnOnce(Question) -> Q) {
        queue.ask(|pipe| {
            question.ask(self.ns, pipe);
            ask_on(question)
        });
    }

    /// Takes the answers, and asks what follows from them.
    pub(super) fn go_on<Q>(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Q>,
        ask_on: impl FnOnce(Question) -> Q,
    ) -> Result<()> {
        if let Some(question) = self.answer(question, replies)? {
            self.queue(question, next, ask_on);
        }
        Ok(())
    }

    /// Takes the answers, and gives what is to be asked next.
    ///
    /// A set of marks or of keys in progress is a sign where its members all begin with the prefix, unless one of them has
    /// an entry in our bucket of its base, which shows that it is a tag of ours. Nothing else does: a value may be stored
    /// while this looks, and the marks of `meta` are those of every prefix. So a tag called `X:delete` or `X:progress` whose
    /// function has no timeout is taken for another's, which is said and can be told by `--with-inner`: emptied by
    /// mistake, another's marks would be lost without a word.
    pub(super) fn answer(&mut self, question: Question, replies: &mut Replies) -> Result<Option<Question>> {
        let (prefix, speaks) = match question {
            Question::Members { prefix, members } => {
                let mut is_ours = false;
                for _ in members {
                    let score = replies.one()?;
                    is_ours |= !score.is_refused() && score.score()?.is_some();
                }
                (prefix, !is_ours)
            }
            Question::Fields { prefix, .. } => {
                let reply = replies.one()?;
                (prefix, reply.is_refused() || is_of_this_crate(&reply.scan()?.1.strings()?))
            }
            Question::Key { prefix, sign, key } => {
                let reply = replies.one()?;
                if reply.is_wrong_type() || (sign == InnerSign::Reserved && reply.is_refused()) {
                    return Ok(None);
                }
                match sign {
                    InnerSign::Marks | InnerSign::Progress => {
                        let mut members = reply.scan()?.1.strings()?;
                        let speaks = members.iter().all(|member| member.starts_with(&prefix));
                        members.truncate(ASKED);
                        let asks = speaks && !members.is_empty();
                        return Ok(asks.then_some(Question::Members { prefix, members }));
                    }
                    InnerSign::Bucket => (prefix, reply.int()? > 0),
                    // A hash may be the values of a key that is called so.
                    InnerSign::Reserved => match &reply.bytes()?.unwrap_or_default()[..] {
                        b"hash" => return Ok(Some(Question::Fields { prefix, key })),
                        kind => (prefix, kind != b"none"),
                    },
                }
            }
        };
        if speaks {
            self.found.insert(prefix);
        }
        Ok(None)
    }
}

/// Whether fields and their values are counters, or a position: no pickle is a number alone.
fn is_of_this_crate(hash: &[Vec<u8>]) -> bool {
    let (pairs, _) = hash.as_chunks::<2>();
    let is_number = |value: &Vec<u8>| !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let is_position = pairs.iter().any(|[field, _]| field.ends_with(b":run_id"));
    is_position || (!pairs.is_empty() && pairs.iter().all(|[_, value]| is_number(value)))
}

struct Look<'a> {
    signs: Signs<'a>,
    /// How many are still looked at; all where there is no number.
    batches: Option<u32>,
}

impl Work for Look<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        self.batches = self.batches.map(|left| left.saturating_sub(1));
        items.iter().for_each(|key| self.signs.take(key, queue, |question| question));
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        self.signs.go_on(question, replies, next, |question| question)
    }

    fn settle(&mut self, _next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        Ok(if self.batches == Some(0) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Layout;
    use crate::namespace::glob::Glob;

    #[test]
    fn the_server_sends_every_name_that_tells_and_not_the_buckets_of_the_namespace_itself() {
        let outer = Namespace::new("CM:", Layout::Both).unwrap();
        let glob = Glob::parse(&outer.pattern(SIGNS)).unwrap();
        for prefix in ["CM:X:", "CM:x", "CM:CM:", "CM:a:b:"] {
            let inner = Namespace::new(prefix, Layout::Classic).unwrap();
            let sets = [inner.deleted_sets(), inner.progress_sets()].concat();
            let records = [inner.bucket(b"f:1"), inner.leases(), inner.lock(), inner.stats_hour(7)];
            for name in sets.iter().chain(&records) {
                // `CM:reading_progress` may be the tag of a function.
                let tells = prefix.ends_with(':') || records.contains(name);
                assert_eq!(outer.inner_of(name).map(|sign| sign.0), tells.then_some(prefix.as_bytes()));
                assert!(glob.matches(name), "{}", name.escape_ascii());
            }
        }
        let own = [outer.bucket(b"Book:100"), outer.leases(), outer.stats(), outer.tag(b"get_owner")];
        own.iter().for_each(|name| assert!(!glob.matches(name), "{}", name.escape_ascii()));
    }
}
