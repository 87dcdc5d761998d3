//! The one place that writes.
//!
//! Each operation is queued into a [`Pipe`] and gives a ticket that reads its own answers. With [`Mode::DryRun`]
//! the same ticket is filled by commands that only read and tell what the write would have answered.

mod restore;

use super::pipe::Pipe;
use super::ticket::Ticket;
use crate::namespace::{Layout, Namespace};

pub(crate) use restore::{Outcome, RestoreTicket, Restored};

/// Removes hashes and counts the values in them; leaves alone what is no hash by now.
const DELETE_HASHES: &str = "\
local counts = {}
for i, key in ipairs(KEYS) do
  local n = redis.pcall('HLEN', key)
  if type(n) == 'table' then
    n = -1
  elseif n > 0 then
    redis.call('UNLINK', key)
  end
  counts[i] = n
end
return counts";

/// Expires entries of TTL buckets that are still due: the value, the entry, and its mark.
/// KEYS: the bucket of each entry. ARGV: now, settled, action, length of a bucket's prefix, number of deleted sets,
/// deleted sets, number of progress sets, progress sets, then the members.
/// A mark stays while its key is in progress, since it alone keeps an invalidation that came during the
/// computation; and, as 0.0.9 refreshes without entering progress, until the entry was due for a while (`settled`).
const EXPIRE: &str = "\
local now, settled, action, skip = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local at, deleted, progress, marks = 5, {}, {}, 0
for i = 1, tonumber(ARGV[at]) do
  deleted[i] = ARGV[at + i]
  marks = marks + redis.call('SCARD', deleted[i])
end
at = at + #deleted + 1
for i = 1, tonumber(ARGV[at]) do progress[i] = ARGV[at + i] end
at = at + #progress
local expired, gone, marked = 0, 0, 0
for i, bucket in ipairs(KEYS) do
  local member = ARGV[at + i]
  local score = tonumber(redis.call('ZSCORE', bucket, member) or 'inf')
  if score <= now then
    expired = expired + 1
    redis.call('ZREM', bucket, member)
    if action == 'mark' then
      local new = 0
      for _, set in ipairs(deleted) do new = math.max(new, redis.call('SADD', set, member)) end
      marked = marked + new
    else
      local hash = string.sub(bucket, skip + 1)
      local rest, field = string.sub(member, #hash + 1), nil
      if string.sub(member, 1, #hash) == hash then
        if rest == '' then
          field = 'base'
        elseif string.sub(rest, 1, 1) == '>' then
          field = string.sub(rest, 2, (string.find(rest, '>', 2, true) or #rest + 1) - 1)
        end
      end
      local n = field and redis.pcall('HDEL', hash, field)
      if type(n) == 'number' then gone = gone + n end
      if marks > 0 and score <= settled then
        local busy = 0
        for _, set in ipairs(progress) do busy = math.max(busy, redis.call('SISMEMBER', set, member)) end
        if busy == 0 then
          for _, set in ipairs(deleted) do redis.call('SREM', set, member) end
        end
      end
    end
  end
end
return {expired, gone, marked}";

/// Whether to write, or to find out what writing would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write.
    Apply,
    /// Send no write; answer as if.
    DryRun,
}

/// Queues writes into a namespace.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(super) ns: Namespace,
    pub(super) mode: Mode,
}

/// What to do with expired entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expire {
    /// Entries with a score up to this are due (epoch seconds on the application's clock).
    pub(crate) now: i64,
    /// Mark instead of deleting, as the library does at the next read.
    pub(crate) mark: bool,
}

impl Writer {
    /// A writer for a namespace.
    pub(crate) fn new(ns: Namespace, mode: Mode) -> Self {
        Self { ns, mode }
    }

    /// Whether nothing is written.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.mode == Mode::DryRun
    }

    /// The namespace it writes into.
    pub(super) fn ns(&self) -> &Namespace {
        &self.ns
    }

    /// Marks members as pending invalidation; the ticket counts those that were not marked yet.
    pub(crate) fn mark(&self, members: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        let sets = self.ns.deleted_sets();
        if self.is_dry_run() {
            return is_member_of_each(&sets, members, 0, pipe);
        }
        if let [set] = &sets[..] {
            pipe.push_all("SADD", &[set], members.iter().copied());
            return Ticket::Count;
        }
        self.remember_both(pipe);
        for member in members {
            sets.iter().for_each(|set| pipe.push("SADD", &[set, member]));
        }
        let marked = Ticket::PerMember { members: members.len(), sets: sets.len(), counts_when: 1 };
        Ticket::Behind(Box::new(marked))
    }

    /// Before a mark goes to both deleted sets: what is left of it in one of them must not tell the layout later.
    fn remember_both(&self, pipe: &mut Pipe) {
        pipe.push("SADD", &[&self.ns.both_marked(), b"marks"]);
    }

    /// Marks members of a tag. Under `classic` they leave the tag in the same step, as 0.0.9 drops the whole set;
    /// in one step, since a reader that takes the mark puts its key back into the tag.
    pub(crate) fn mark_tagged(&self, tag: &[u8], members: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        if self.is_dry_run() || self.ns.layout() != Layout::Classic {
            return self.mark(members, pipe);
        }
        pipe.push("MULTI", &[]);
        for set in self.ns.deleted_sets() {
            pipe.push_all("SADD", &[&set], members.iter().copied());
        }
        pipe.push_all("SREM", &[&self.ns.tag(tag)], members.iter().copied());
        pipe.push("EXEC", &[]);
        Ticket::Transaction(2)
    }

    /// Deletes fields of one hash.
    pub(crate) fn delete_fields(&self, hash: &[u8], fields: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        if self.is_dry_run() {
            fields.iter().for_each(|field| pipe.push("HEXISTS", &[hash, field]));
            return Ticket::Sum(fields.len());
        }
        pipe.push_all("HDEL", &[hash], fields.iter().copied());
        Ticket::Sum(1)
    }

    /// Deletes whole hashes; the ticket counts the values that were in them.
    pub(crate) fn delete_hashes(&self, hashes: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        if self.is_dry_run() {
            hashes.iter().for_each(|hash| pipe.push("HLEN", &[hash]));
            return Ticket::Sum(hashes.len());
        }
        let count = hashes.len().to_string();
        pipe.push_all("EVAL", &[DELETE_HASHES.as_bytes(), count.as_bytes()], hashes.iter().copied());
        Ticket::List
    }

    /// Deletes fields of these names from each hash, where names are known and writing is allowed. The ticket counts
    /// the values, wrong types apart; one more answer tells how many of the keys are still there.
    pub(crate) fn delete_common(
        &self,
        hashes: &[&[u8]],
        names: &[Vec<u8>],
        pipe: &mut Pipe,
    ) -> Option<Ticket> {
        if self.is_dry_run() || names.is_empty() {
            return None;
        }
        for hash in hashes {
            pipe.push_all("HDEL", &[hash], names.iter().map(Vec::as_slice));
        }
        pipe.push_all("EXISTS", &[], hashes.iter().copied());
        Some(Ticket::Sum(hashes.len()))
    }

    /// Removes Redis keys of any type; the ticket counts those that were there.
    pub(crate) fn unlink(&self, keys: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        let command = if self.is_dry_run() { "EXISTS" } else { "UNLINK" };
        pipe.push_all(command, &[], keys.iter().copied());
        Ticket::Count
    }

    /// The length of what stands in front of a hash's name in the name of its bucket.
    fn skip(&self) -> usize {
        self.ns.bucket(b"").len() - self.ns.prefix().len()
    }

    /// Expires entries, each a bucket and a member, that are still due when the server gets to them.
    pub(crate) fn expire(&self, entries: &[(&[u8], &[u8])], how: Expire, pipe: &mut Pipe) -> Ticket {
        let deleted = self.ns.deleted_sets();
        if self.is_dry_run() {
            let mut values = 0;
            for (bucket, member) in entries {
                match self.ns.location(member) {
                    _ if how.mark => deleted.iter().for_each(|set| pipe.push("SISMEMBER", &[set, member])),
                    // A member that does not belong to its bucket stands for no value.
                    Some((hash, field)) if bucket.get(self.skip()..) == Some(hash) => {
                        pipe.push("HEXISTS", &[hash, field]);
                        values += 1;
                    }
                    _ => {}
                }
            }
            let sets = if how.mark { deleted.len() } else { 0 };
            return Ticket::WouldExpire { entries: entries.len(), values, sets };
        }
        let both = how.mark && deleted.len() > 1;
        if both {
            self.remember_both(pipe);
        }
        let progress = self.ns.progress_sets();
        let settled = match self.ns.layout() {
            Layout::Meta => how.now,
            Layout::Classic | Layout::Both => how.now - SETTLED_SECONDS,
        };
        let numbers =
            [how.now.to_string(), settled.to_string(), self.skip().to_string(), deleted.len().to_string()];
        let [now, settled, skip, deleted_len] = numbers.each_ref().map(|number| number.as_bytes());
        let action: &[u8] = if how.mark { b"mark" } else { b"delete" };
        let (progress_len, keys) = (progress.len().to_string(), entries.len().to_string());
        let mut args: Vec<&[u8]> = vec![EXPIRE.as_bytes(), keys.as_bytes()];
        args.extend(entries.iter().map(|(bucket, _)| *bucket));
        args.extend([now, settled, action, skip, deleted_len]);
        args.extend(deleted.iter().map(Vec::as_slice));
        args.push(progress_len.as_bytes());
        args.extend(progress.iter().map(Vec::as_slice));
        args.extend(entries.iter().map(|(_, member)| *member));
        pipe.push("EVAL", &args);
        if both { Ticket::Behind(Box::new(Ticket::Expired)) } else { Ticket::Expired }
    }
}

/// How long an entry has to be due before a mark on it goes with it under 0.0.9, whose refreshing worker cannot be
/// seen: it began before the entry was due, so it would have to run for longer than this.
const SETTLED_SECONDS: i64 = 30;

fn is_member_of_each(sets: &[Vec<u8>], members: &[&[u8]], counts_when: i64, pipe: &mut Pipe) -> Ticket {
    for member in members {
        sets.iter().for_each(|set| pipe.push("SISMEMBER", &[set, member]));
    }
    Ticket::PerMember { members: members.len(), sets: sets.len(), counts_when }
}
