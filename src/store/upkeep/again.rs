//! The second look at what was removed, in steps: where the keys of a namespace lie on several servers of a cluster, where
//! a script has to declare every key it touches, as these stand in what it reads, and while values are computed by names that
//! no script finds by those of the members.

use super::apart::ENTRIES;
use super::ticket::{Again, has_value, is_in};
use crate::error::Result;
use crate::namespace::Layout;
use crate::store::conn::Conn;
use crate::store::pipe::Pipe;
use crate::store::reply::Reply;
use crate::store::script::prelude;
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

/// Ends the look at the oldest record: forgets it, notes what waits for another look, and puts members into sets. A server at
/// maxmemory carries out what follows a removal. KEYS: what was removed, the sets. ARGV: the record as it is stored; time,
/// kind and number of sets of the new one, then for each of these its name, the number of its members, and these; then for
/// each of the sets in KEYS the same without its name. Answers with how many each of the sets got; with nothing where another
/// run was faster.
const FINISH: &str = concat!(
    prelude!(),
    "\
if call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return {} end
call('LPOP', KEYS[1])
local at = 5
local function members()
  local n = tonumber(ARGV[at])
  local found = {unpack(ARGV, at + 1, at + n)}
  at = at + n + 1
  return found
end
local function finish()
  local later, added = {tonumber(ARGV[2]), ARGV[3]}, {}
  for _ = 1, tonumber(ARGV[4]) do
    later[#later + 1] = ARGV[at]
    at = at + 1
    later[#later + 1] = members()
  end
  if later[3] then call('RPUSH', KEYS[1], cmsgpack.pack(later)) end
  for i = 2, #KEYS do
    local n = try('SADD', KEYS[i], unpack(members()))
    added[#added + 1] = type(n) == 'number' and n or 0
  end
  return added
end
local good, added = pcall(finish)
if good then return added end
call('RPUSH', KEYS[1], ARGV[1])
error(added)"
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
        if self.is_dry_run() || self.spread {
            return Ok(self);
        }
        let mut pipe = Pipe::new();
        pipe.push("EVAL", &[UNDECLARED, b"1", &self.ns.removed(), &self.ns.suspects()]);
        pipe.may_repeat();
        let refusal = conn.run(&pipe)?.one()?.ok().err();
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
    /// forgotten last: whatever ends this in between, the next look begins there. Members of which `is_computed` is told wait
    /// for another look.
    pub(crate) fn second_look(
        &self,
        conn: &mut Conn,
        in_use: Layout,
        before_ms: i64,
        most: usize,
        now_ms: i64,
        is_computed: &dyn Fn(&[u8]) -> bool,
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
            self.look_at_record(conn, in_use, now_ms, record, is_computed, &mut again)?;
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

    fn look_at_record(
        &self,
        conn: &mut Conn,
        in_use: Layout,
        now_ms: i64,
        record: Record,
        is_computed: &dyn Fn(&[u8]) -> bool,
        again: &mut Again,
    ) -> Result<()> {
        let mut pipe = Pipe::new();
        let is_scored = record.kind == ENTRIES;
        // A member, perhaps with its score behind it.
        let words = if is_scored { 2 } else { 1 };
        let members =
            || record.sets.iter().flat_map(|(_, entries)| entries.chunks_exact(words)).map(|it| &it[0]);
        let progress = self.ns.progress_sets();
        let mut asked = Vec::new();
        for member in members() {
            let before = pipe.len();
            for name in [&member[..]].into_iter().chain(self.ns.value_name(member)) {
                progress.iter().for_each(|set| pipe.push("SISMEMBER", &[set, name]));
            }
            asked.push(pipe.len() - before);
        }
        // Who leaves progress has stored its value: that is looked for afterwards.
        pipe.barrier();
        for member in members() {
            let (hash, field) = self.ns.location(member).unwrap_or((member, member));
            pipe.push("HEXISTS", &[hash, field]);
        }
        let mut replies = conn.run(&pipe)?;
        let mut busy = Vec::new();
        for (member, asked) in members().zip(asked) {
            busy.push(is_in(asked, &mut replies)? || is_computed(member));
        }
        let mut busy = busy.into_iter();
        let (mut back, mut later) = (Vec::new(), Vec::new());
        for (set, entries) in &record.sets {
            let (mut alive, mut waiting): (Vec<&[u8]>, Vec<&[u8]>) = Default::default();
            for entry in entries.chunks_exact(words) {
                let value = has_value(replies.one()?)?;
                let entry = entry.iter().map(Vec::as_slice);
                if busy.next().unwrap_or(true) {
                    waiting.extend(entry);
                } else if value {
                    alive.extend(entry);
                }
            }
            back.push((set.as_slice(), alive));
            later.push((set.as_slice(), waiting));
        }
        back.retain(|(_, members)| !members.is_empty());
        later.retain(|(_, members)| !members.is_empty());
        let mut marks = Vec::new();
        if record.kind != b"mark" && !is_scored && !back.is_empty() {
            // Only 0.0.9 stores a value so long after it named it; its set is the first.
            marks = self.ns.with_layout(in_use).mark_sets();
            marks.extend(self.ns.deleted_sets().first().filter(|set| !marks.contains(set)).cloned());
        }
        let marked: Sets<'_> = marks
            .iter()
            .flat_map(|set| back.iter().map(move |(_, members)| (set.as_slice(), members.clone())))
            .collect();
        let added = if self.spread || is_scored {
            let added = self.put_back(conn, &marked, &back, is_scored)?;
            self.finish(conn, &record, now_ms, &later, &Vec::new())?;
            added
        } else {
            let both = [&marked[..], &back].concat();
            self.finish(conn, &record, now_ms, &later, &both)?.into_iter().skip(marked.len()).collect()
        };
        match &record.kind[..] {
            b"tag" => again.tags += added.iter().sum::<u64>(),
            b"invalid" => again.invalid_keys += added.iter().sum::<u64>(),
            ENTRIES => again.entries += added.iter().sum::<u64>(),
            // Both sets hold the same mark.
            _ => again.marks += added.into_iter().max().unwrap_or(0),
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
            pipe.push_all("SADD", &[set], members.iter().copied());
            pipe.may_repeat();
        }
        conn.run(&pipe)?
            .try_for_each(|reply| if reply.is_wrong_type() { Ok(()) } else { reply.ok().map(drop) })?;
        pipe.clear();
        for (set, members) in back {
            if is_scored {
                let score_first = members.chunks_exact(2).flat_map(|entry| [entry[1], entry[0]]);
                // Not over the score that a writer has set meanwhile.
                pipe.push_all("ZADD", &[set, b"NX"], score_first.collect::<Vec<_>>());
            } else {
                pipe.push_all("SADD", &[set], members.iter().copied());
            }
            pipe.may_repeat();
        }
        conn.run(&pipe)?.map(|reply| if reply.is_wrong_type() { Ok(0) } else { reply.count() }).collect()
    }

    /// Ends the look at a record, by [`FINISH`]; tells how many each of the sets got that members go back into.
    fn finish(
        &self,
        conn: &mut Conn,
        record: &Record,
        now_ms: i64,
        later: &Sets<'_>,
        back: &Sets<'_>,
    ) -> Result<Vec<u64>> {
        let number = |n: usize| n.to_string().into_bytes();
        let removed = self.ns.removed();
        let (mut keys, mut args) = (vec![&removed[..]], vec![record.raw.clone()]);
        args.extend([now_ms.to_string().into_bytes(), record.kind.clone(), number(later.len())]);
        for (set, members) in later {
            args.extend([set.to_vec(), number(members.len())]);
            args.extend(members.iter().map(|member| member.to_vec()));
        }
        for (set, members) in back {
            keys.push(set);
            args.push(number(members.len()));
            args.extend(members.iter().map(|member| member.to_vec()));
        }
        let mut words: Vec<&[u8]> = vec![FINISH.as_bytes()];
        let count = number(keys.len());
        words.push(&count);
        words.extend(keys);
        words.extend(args.iter().map(Vec::as_slice));
        let mut pipe = Pipe::new();
        pipe.push("EVAL", &words);
        pipe.may_repeat();
        let added = conn.run(&pipe)?.one()?.ints()?;
        Ok(added.into_iter().map(|n| u64::try_from(n).unwrap_or(0)).collect())
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
