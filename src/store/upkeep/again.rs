//! The second look at what was removed, in steps: where the keys of a namespace lie on several servers of a cluster, where
//! a script has to declare every key it touches, as these stand in what it reads, and where too many keys are in progress
//! for a script to look through.

use super::apart::{ENTRIES, beside, note};
use super::ticket::{Again, has_value, is_in};
use crate::error::Result;
use crate::namespace::Layout;
use crate::store::conn::Conn;
use crate::store::pipe::Pipe;
use crate::store::reply::Reply;
use crate::store::script::{CROWD, prelude};
use crate::store::write::Writer;

/// The oldest records. KEYS: what was removed. ARGV: removed before, now, records at most. Answers with each of them
/// as it is stored, its kind, and its sets with their members, as far as it can be read.
const OLDEST: &str = concat!(
    prelude!(),
    "\
local found = {}
for i = 0, tonumber(ARGV[3]) - 1 do
  local raw = call('LINDEX', KEYS[1], i)
  if not raw then break end
  local good, record = pcall(cmsgpack.unpack, raw)
  if not (good and type(record) == 'table' and type(record[1]) == 'number') then record = {0} end
  if record[1] > tonumber(ARGV[1]) and record[1] <= tonumber(ARGV[2]) + 60000 then break end
  record[1] = raw
  found[#found + 1] = record
end
return found"
);

/// How many records there are, and when the oldest was removed. KEYS: what was removed.
const LEFT: &str = concat!(
    prelude!(),
    "\
local oldest, first = 0, call('LINDEX', KEYS[1], 0)
if first then
  local good, record = pcall(cmsgpack.unpack, first)
  if good and type(record) == 'table' and type(record[1]) == 'number' then oldest = record[1] end
end
return {call('LLEN', KEYS[1]), oldest}"
);

/// Touches a key that it does not declare, where it may use the command on one that it does.
const UNDECLARED: &[u8] = b"\
if type(redis.pcall('EXISTS', KEYS[1])) == 'table' then return 0 end
return redis.call('EXISTS', ARGV[1])";

/// A record: as it is stored, its kind, its sets with their members.
struct Record {
    raw: Vec<u8>,
    kind: Vec<u8>,
    sets: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl Writer {
    /// The same writer, having asked the server what scripts may do: whether they may touch keys that they do not declare,
    /// and read all keys in progress. Some refuse the former (Dragonfly, serverless offerings), in words of their own; who
    /// may send no scripts hears that later.
    pub(crate) fn knowing_what_scripts_may(mut self, conn: &mut Conn) -> Result<Self> {
        if self.is_dry_run() || self.spread {
            return Ok(self);
        }
        let mut pipe = Pipe::new();
        pipe.push("EVAL", &[UNDECLARED, b"1", &self.ns.removed(), &self.ns.suspects()]);
        pipe.may_repeat();
        let progress = self.ns.progress_sets();
        progress.iter().for_each(|set| pipe.push("SCARD", &[set]));
        let mut replies = conn.run(&pipe)?;
        let refusal = replies.one()?.ok().err();
        for _ in progress {
            let size = replies.one()?;
            self.crowded |= !size.is_wrong_type() && size.count()? > CROWD;
        }
        self.declares = refusal.is_some();
        if refusal.is_some_and(|error| {
            error.code() == Some("ERR") && !error.to_string().contains("unknown command")
        }) {
            conn.do_without(
                "scripts that touch keys they do not declare",
                "gc looks again at what it removed in steps",
            );
        }
        Ok(self)
    }

    /// Looks again at what was removed before a time, a few records. What goes back is marked first, and a record is
    /// forgotten last: whatever ends this in between, the next look begins there.
    pub(crate) fn second_look(
        &self,
        conn: &mut Conn,
        in_use: Layout,
        before_ms: i64,
        most: usize,
        now_ms: i64,
    ) -> Result<Again> {
        let mut again = Again::default();
        if self.is_dry_run() {
            return Ok(again);
        }
        let removed = self.ns.removed();
        let numbers = [before_ms, now_ms, i64::try_from(most).unwrap_or(i64::MAX)].map(|n| n.to_string());
        let [before, now, most] = numbers.each_ref().map(|number| number.as_bytes());
        let mut pipe = Pipe::new();
        pipe.push("EVAL", &[OLDEST.as_bytes(), b"1", &removed, before, now, most]);
        pipe.may_repeat();
        let answer = conn.run(&pipe)?.one()?.list()?;
        let records = answer.into_iter().map(record).collect::<Result<Vec<_>>>()?;
        for record in records {
            self.look_at_record(conn, in_use, now_ms, record, &mut again)?;
        }
        self.count_left(conn, &mut again)?;
        Ok(again)
    }

    /// How many records are left, and how old the oldest is.
    pub(crate) fn count_left(&self, conn: &mut Conn, again: &mut Again) -> Result<()> {
        let mut pipe = Pipe::new();
        pipe.push("EVAL", &[LEFT.as_bytes(), b"1", &self.ns.removed()]);
        pipe.may_repeat();
        if let [left, oldest] = conn.run(&pipe)?.one()?.ints()?[..] {
            (again.left, again.oldest_ms) = (u64::try_from(left).unwrap_or(0), oldest);
        }
        Ok(())
    }

    /// Asks each progress set for all names that the value of a member may be computed by; tells how many answers that gives.
    fn ask_computing(&self, member: &[u8], pipe: &mut Pipe) -> usize {
        let before = pipe.len();
        for name in [member].into_iter().chain(beside(&self.ns, &self.computed, member)) {
            self.ns.progress_sets().iter().for_each(|set| pipe.push("SISMEMBER", &[set, name]));
        }
        pipe.len() - before
    }

    fn look_at_record(
        &self,
        conn: &mut Conn,
        in_use: Layout,
        now_ms: i64,
        record: Record,
        again: &mut Again,
    ) -> Result<()> {
        let mut pipe = Pipe::new();
        let is_scored = record.kind == ENTRIES;
        // A member, perhaps with its score behind it.
        let words = if is_scored { 2 } else { 1 };
        let members =
            || record.sets.iter().flat_map(|(_, entries)| entries.chunks_exact(words)).map(|it| &it[0]);
        let computing: Vec<_> = members().map(|member| self.ask_computing(member, &mut pipe)).collect();
        // Who leaves progress has stored its value: that is looked for afterwards.
        pipe.barrier();
        for member in members() {
            let (hash, field) = self.ns.location(member).unwrap_or((member, member));
            pipe.push("HEXISTS", &[hash, field]);
        }
        let mut replies = conn.run(&pipe)?;
        let computing: Vec<_> = computing
            .into_iter()
            .map(|asked| Ok(is_in(asked, &mut replies)? || self.computed.has_missed()))
            .collect::<Result<_>>()?;
        let mut computing = computing.into_iter();
        let (mut back, mut later) = (Vec::new(), Vec::new());
        for (set, entries) in &record.sets {
            let (mut alive, mut busy): (Vec<&[u8]>, Vec<&[u8]>) = Default::default();
            for entry in entries.chunks_exact(words) {
                let value = has_value(replies.one()?)?;
                let computing = computing.next().unwrap_or(true);
                let entry = entry.iter().map(Vec::as_slice);
                if computing {
                    busy.extend(entry);
                } else if value {
                    alive.extend(entry);
                }
            }
            back.push((set.as_slice(), alive));
            later.push((set.as_slice(), busy));
        }
        back.retain(|(_, members)| !members.is_empty());
        later.retain(|(_, members)| !members.is_empty());
        let run = |pipe: &Pipe, conn: &mut Conn| -> Result<Vec<Reply>> {
            let mut replies = conn.run(pipe)?;
            let answers = (0..pipe.len()).map(|_| replies.one()).collect::<Result<Vec<_>>>()?;
            answers
                .into_iter()
                .map(|reply| if reply.is_wrong_type() { Ok(reply) } else { reply.ok() })
                .collect()
        };
        pipe.clear();
        if record.kind != b"mark" && !is_scored {
            // Only 0.0.9 stores a value so long after it named it; its set is the first.
            let mut marks = self.ns.with_layout(in_use).mark_sets();
            marks.extend(self.ns.deleted_sets().first().filter(|set| !marks.contains(set)).cloned());
            for (set, (_, members)) in marks.iter().flat_map(|set| back.iter().map(move |it| (set, it))) {
                pipe.push_all("SADD", &[set], members.iter().copied());
                pipe.may_repeat();
            }
        }
        run(&pipe, conn)?.into_iter().try_for_each(|reply| reply.ok().map(drop))?;
        pipe.clear();
        for (set, members) in &back {
            if is_scored {
                let score_first = members.chunks_exact(2).flat_map(|entry| [entry[1], entry[0]]);
                // Not over the score that a writer has set meanwhile.
                pipe.push_all("ZADD", &[set, b"NX"], score_first.collect::<Vec<_>>());
            } else {
                pipe.push_all("SADD", &[set], members.iter().copied());
            }
            pipe.may_repeat();
        }
        if !later.is_empty() {
            note(&self.ns, now_ms, &record.kind, &later, &mut pipe);
        }
        let mut added = Vec::new();
        for reply in run(&pipe, conn)?.into_iter().take(back.len()) {
            added.push(if reply.is_wrong_type() { 0 } else { reply.count()? });
        }
        pipe.clear();
        pipe.push("LREM", &[&self.ns.removed(), b"1", &record.raw]);
        pipe.may_repeat();
        run(&pipe, conn)?;
        match &record.kind[..] {
            b"tag" => again.tags += added.iter().sum::<u64>(),
            b"invalid" => again.invalid_keys += added.iter().sum::<u64>(),
            ENTRIES => again.entries += added.iter().sum::<u64>(),
            // Both sets hold the same mark.
            _ => again.marks += added.into_iter().max().unwrap_or(0),
        }
        Ok(())
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
