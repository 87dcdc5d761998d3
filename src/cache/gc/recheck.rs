//! The second look at what was removed, in steps: where the keys of a namespace lie on several servers of a cluster, where
//! a script has to declare every key it touches, as these stand in what it reads, and while values are computed by names that
//! no script finds by those of the members.

use super::members::{Rechecked, ask_computing, ask_value, has_value, is_in};
use super::stepwise::ENTRIES;
use crate::cache::scripts::{COUNT_REMOVED, OLDEST_REMOVED, PUT_BACK, TOUCH_UNDECLARED};
use crate::cache::write::Writer;
use crate::client::Conn;
use crate::client::Pipe;
use crate::client::Reply;
use crate::client::command;
use crate::error::Result;
use crate::namespace::Layout;

/// Sets, each with members for it.
type Sets<'m> = Vec<(&'m [u8], Vec<&'m [u8]>)>;

/// A record: as it is stored, its kind, its sets with their members.
struct Record {
    raw: Vec<u8>,
    kind: Vec<u8>,
    sets: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl Writer {
    /// The same writer, having asked the server whether a script may touch keys that it does not declare. Some refuse
    /// that (Dragonfly, serverless offerings), in words of their own; who may send no scripts hears that later.
    pub(crate) fn knowing_what_scripts_may(mut self, conn: &mut Conn) -> Result<Self> {
        if self.is_dry_run() || self.cross_slot {
            return Ok(self);
        }
        let mut pipe = Pipe::new();
        pipe.script(&TOUCH_UNDECLARED, [&self.ns.removed()[..]], [&self.ns.suspects()[..]]);
        let refusal = conn.run(&pipe)?.one()?.ok().err();
        self.declares = refusal.is_some();
        if refusal.is_some_and(|error| error.code() == Some("ERR") && !error.is_unknown_command()) {
            conn.do_without(
                "scripts that touch keys they do not declare",
                "gc checks again what it removed in steps",
            );
        }
        Ok(self)
    }

    /// Looks again at what was removed before a time, a few records. Members of which `is_computed` is told go back, too. What
    /// goes back is marked first, and a record is forgotten last: whatever ends this in between, the next look begins there.
    pub(crate) fn recheck_stepwise(
        &self,
        conn: &mut Conn,
        in_use: Layout,
        before_ms: i64,
        most: usize,
        now_ms: i64,
        is_computed: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Rechecked> {
        let mut again = Rechecked::default();
        if self.is_dry_run() {
            return Ok(again);
        }
        let records = self.oldest(conn, before_ms, most, now_ms)?;
        let mut marks = self.ns.with_layout(in_use).mark_sets();
        // Only 0.0.9 stores a value so long after it named it; its set is the first.
        marks.extend(self.ns.deleted_sets().first().filter(|set| !marks.contains(set)).cloned());
        let mut finished = Vec::new();
        let mut pipe = Pipe::new();
        for (record, back) in records.iter().zip(self.what_goes_back(conn, &records, is_computed)?) {
            let marked = record.marked(&back, &marks);
            if self.cross_slot || record.is_scored() {
                record.count(&self.put_back(conn, &marked, &back, record.is_scored())?, &mut again);
                self.finish(record, &Vec::new(), &mut pipe);
                conn.run(&std::mem::take(&mut pipe))?.one()?.ok()?;
            } else {
                self.finish(record, &[&marked[..], &back].concat(), &mut pipe);
                finished.push((record, marked.len()));
            }
        }
        let mut replies = conn.run(&pipe)?;
        for (record, marked) in finished {
            let added = replies.one()?.ints()?.into_iter().map(|n| u64::try_from(n).unwrap_or(0));
            record.count(&added.skip(marked).collect::<Vec<_>>(), &mut again);
        }
        self.count_left(conn, &mut again)?;
        Ok(again)
    }

    fn oldest(&self, conn: &mut Conn, before_ms: i64, most: usize, now_ms: i64) -> Result<Vec<Record>> {
        let numbers = [before_ms, now_ms, i64::try_from(most).unwrap_or(i64::MAX)].map(|n| n.to_string());
        let [before, now, most] = numbers.each_ref().map(|number| number.as_bytes());
        let mut pipe = Pipe::new();
        pipe.script(&OLDEST_REMOVED, [&self.ns.removed()[..]], [before, now, most]);
        conn.run(&pipe)?.one()?.list()?.into_iter().map(record).collect()
    }

    /// The members of each record that have a value by now, or are being computed, by the sets that they go back into.
    fn what_goes_back<'r>(
        &self,
        conn: &mut Conn,
        records: &'r [Record],
        is_computed: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<Sets<'r>>> {
        let mut pipe = Pipe::new();
        let members = || records.iter().flat_map(Record::members);
        let asked: Vec<_> = members().map(|member| ask_computing(&self.ns, member, &mut pipe)).collect();
        // Who leaves progress has stored its value: that is looked for afterwards.
        pipe.barrier();
        members().for_each(|member| ask_value(&self.ns, member, &mut pipe));
        let mut replies = conn.run(&pipe)?;
        let mut computing = Vec::new();
        for (member, asked) in members().zip(asked) {
            computing.push(is_in(asked, &mut replies)? || is_computed(member));
        }
        let mut computing = computing.into_iter();
        let mut all = Vec::new();
        for record in records {
            let mut back = Sets::new();
            for (set, entries) in &record.sets {
                let mut alive = Vec::new();
                for entry in entries.chunks_exact(record.words()) {
                    let has_value = has_value(replies.one()?)?;
                    // Whoever computes a value sets its timeout.
                    let computed = computing.next().unwrap_or(true) && !record.is_scored();
                    if has_value || computed {
                        alive.extend(entry.iter().map(Vec::as_slice));
                    }
                }
                if !alive.is_empty() {
                    back.push((set.as_slice(), alive));
                }
            }
            all.push(back);
        }
        Ok(all)
    }

    /// How many records are left, and how old the oldest is.
    pub(crate) fn count_left(&self, conn: &mut Conn, again: &mut Rechecked) -> Result<()> {
        let mut pipe = Pipe::new();
        pipe.script(&COUNT_REMOVED, [&self.ns.removed()[..]], []);
        if let [left, oldest] = conn.run(&pipe)?.one()?.ints()?[..] {
            (again.left, again.oldest_ms) = (u64::try_from(left).unwrap_or(0), oldest);
        }
        Ok(())
    }

    /// Puts members back where the sets lie on several servers; tells how many each of them got.
    fn put_back(
        &self,
        conn: &mut Conn,
        marked: &Sets<'_>,
        back: &Sets<'_>,
        is_scored: bool,
    ) -> Result<Vec<u64>> {
        let mut pipe = Pipe::new();
        for (set, members) in marked {
            pipe.push_all(command::SADD, &[set], members.iter().copied());
            pipe.may_repeat();
        }
        conn.run(&pipe)?
            .try_for_each(|reply| if reply.is_wrong_type() { Ok(()) } else { reply.ok().map(drop) })?;
        pipe.clear();
        for (set, members) in back {
            if is_scored {
                let score_first = members.chunks_exact(2).flat_map(|entry| [entry[1], entry[0]]);
                // Not over the score that a writer has set meanwhile.
                pipe.push_all(command::ZADD, &[set, b"NX"], score_first.collect::<Vec<_>>());
            } else {
                pipe.push_all(command::SADD, &[set], members.iter().copied());
            }
            pipe.may_repeat();
        }
        conn.run(&pipe)?.map(|reply| if reply.is_wrong_type() { Ok(0) } else { reply.count() }).collect()
    }

    /// Queues the end of the look at a record, by [`PUT_BACK`].
    fn finish(&self, record: &Record, back: &Sets<'_>, pipe: &mut Pipe) {
        let removed = self.ns.removed();
        let counts: Vec<String> = back.iter().map(|(_, members)| members.len().to_string()).collect();
        let mut args: Vec<&[u8]> = vec![&record.raw];
        for ((_, members), count) in back.iter().zip(&counts) {
            args.push(count.as_bytes());
            args.extend(members);
        }
        pipe.script(&PUT_BACK, [&removed[..]].into_iter().chain(back.iter().map(|(set, _)| *set)), args);
    }
}

impl Record {
    /// Whether it is one of entries of TTL buckets: behind each member stands its score.
    fn is_scored(&self) -> bool {
        self.kind == ENTRIES
    }

    fn words(&self) -> usize {
        if self.is_scored() { 2 } else { 1 }
    }

    fn members(&self) -> impl Iterator<Item = &[u8]> {
        self.sets
            .iter()
            .flat_map(|(_, entries)| entries.chunks_exact(self.words()))
            .map(|entry| &entry[0][..])
    }

    /// The marks for what goes back into a tag or an invalid key: an invalidation by that would have missed it meanwhile.
    fn marked<'m>(&self, back: &Sets<'m>, marks: &'m [Vec<u8>]) -> Sets<'m> {
        if self.kind == b"mark" || self.is_scored() {
            return Sets::new();
        }
        let of_set = |set: &'m Vec<u8>| back.iter().map(|(_, members)| (&set[..], members.clone()));
        marks.iter().flat_map(of_set).collect()
    }

    /// Counts what its sets got back.
    fn count(&self, added: &[u64], again: &mut Rechecked) {
        match &self.kind[..] {
            b"tag" => again.tags += added.iter().sum::<u64>(),
            b"invalid" => again.invalid_keys += added.iter().sum::<u64>(),
            ENTRIES => again.entries += added.iter().sum::<u64>(),
            // Both sets hold the same mark.
            _ => again.marks += added.iter().max().copied().unwrap_or(0),
        }
    }
}

fn record(reply: Reply) -> Result<Record> {
    let mut parts = reply.list()?.into_iter();
    let mut bytes = || parts.next().map_or(Ok(None), Reply::bytes).map(Option::unwrap_or_default);
    let (raw, kind) = (bytes()?, bytes()?);
    let mut sets = Vec::new();
    while let (Some(set), Some(members)) = (parts.next(), parts.next()) {
        sets.push((set.bytes()?.unwrap_or_default(), members.strings()?));
    }
    Ok(Record { raw, kind, sets })
}
