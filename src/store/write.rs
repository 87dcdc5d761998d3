//! The one place that writes.
//!
//! Each operation is queued into a [`Pipe`] and gives a ticket that reads its own answers. With [`Mode::DryRun`]
//! the same ticket is filled by commands that only read and tell what the write would have answered.

mod restore;

use super::conn::Conn;
use super::pipe::Pipe;
use super::rehearsal::Rehearsal;
use super::script::{DELETE_HASHES, EXPIRE, REMOVE_DUE};
use super::ticket::Ticket;
use crate::namespace::{Layout, Namespace};

pub(crate) use restore::{Found, Outcome, RestoreTicket, Restored};

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
    /// Keys of the namespace lie in several slots of a cluster: nothing touches two of them in one step.
    pub(super) spread: bool,
    /// No command may name keys of two slots, whosever they are.
    cluster: bool,
    /// The server refuses a script that touches a key it was not told of.
    pub(super) declares: bool,
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
        Self { ns, mode, spread: false, cluster: false, declares: false }
    }

    /// The same writer, for where the connection leads.
    pub(crate) fn on(self, conn: &Conn) -> Self {
        let (spread, cluster) = (conn.is_spread(&self.ns), conn.is_cluster());
        Self { spread, cluster, ..self }
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
            pipe.may_repeat();
            return Ticket::Count;
        }
        for (member, set) in members.iter().flat_map(|member| sets.iter().map(move |set| (member, set))) {
            pipe.push("SADD", &[set, member]);
            pipe.may_repeat();
        }
        Ticket::PerMember { members: members.len(), sets: sets.len(), counts_when: 1 }
    }

    /// Marks the members that lie in namespaces inside whose keys are meant, too, where their own workers look; none of the
    /// others.
    pub(crate) fn mark_inside(&self, members: &[&[u8]], pipe: &mut Pipe) -> Option<Ticket> {
        let sets_of = |member| self.ns.deleted_sets_inside(member).map(move |set| (set, member));
        let inside = members.iter().copied().flat_map(sets_of);
        let mut marks = 0;
        for (set, member) in inside.filter(|_| !self.is_dry_run()) {
            pipe.push("SADD", &[&set, member]);
            pipe.may_repeat();
            marks += 1;
        }
        (marks > 0).then_some(Ticket::PerMember { members: marks, sets: 1, counts_when: 1 })
    }

    /// Whether marks go to both deleted sets, which is [recorded](Writer::record) once they are there.
    pub(crate) fn records_marks(&self) -> bool {
        self.ns.layout() == Layout::Both
    }

    /// Records members whose marks are in both deleted sets: what is left of one after its reader took it is no mark.
    pub(crate) fn record(&self, members: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        if self.is_dry_run() {
            pipe.push("SCARD", &[&self.ns.both_marked()]);
            return Ticket::Count;
        }
        pipe.push_all("SADD", &[&self.ns.both_marked()], members.iter().copied());
        pipe.may_repeat();
        Ticket::Count
    }

    /// Whether members of a tag that were marked leave it: under `classic`, as 0.0.9 drops the whole set. Where one step is
    /// not to be had they stay, as in `meta`: an index that names too much is found by `gc`, one that names too little by
    /// nobody.
    pub(crate) fn empties_tags(&self) -> bool {
        self.ns.layout() == Layout::Classic && !self.spread
    }

    /// Takes members out of a tag that [`Writer::mark`] has marked: a transaction does not roll back, and whoever leaves a
    /// tag unmarked is never found again. They are marked anew in the same step, since a reader that took the mark meanwhile
    /// has put its key back into the tag.
    pub(crate) fn take_out_of_tag(&self, tag: &[u8], members: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        let tag = self.ns.tag(tag);
        pipe.push_keyed("MULTI", &tag);
        pipe.may_repeat();
        for set in self.ns.deleted_sets() {
            pipe.push_all("SADD", &[&set], members.iter().copied());
            pipe.may_repeat();
        }
        pipe.push_all("SREM", &[&tag], members.iter().copied());
        pipe.may_repeat();
        pipe.push_keyed("EXEC", &tag);
        pipe.may_repeat();
        Ticket::Transaction(2)
    }

    /// Deletes fields of one hash.
    pub(crate) fn delete_fields(&self, hash: &[u8], fields: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        if self.is_dry_run() {
            fields.iter().for_each(|field| pipe.push("HEXISTS", &[hash, field]));
            return Ticket::Sum(fields.len());
        }
        pipe.push_all("HDEL", &[hash], fields.iter().copied());
        pipe.may_repeat();
        pipe.may_find_any_type();
        Ticket::Sum(1)
    }

    /// Deletes whole hashes; the ticket counts the values that were in them.
    pub(crate) fn delete_hashes(&self, hashes: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        if self.is_dry_run() {
            hashes.iter().for_each(|hash| pipe.push("HLEN", &[hash]));
            return Ticket::Sum(hashes.len());
        }
        // Together where they may be, one by one where they lie in slots of their own.
        let together = if self.spread { 1 } else { hashes.len().max(1) };
        for hashes in hashes.chunks(together) {
            let count = hashes.len().to_string();
            pipe.push_all("EVAL", &[DELETE_HASHES.as_bytes(), count.as_bytes()], hashes.iter().copied());
            pipe.may_repeat();
        }
        Ticket::Lists(hashes.len().div_ceil(together))
    }

    /// Deletes fields of these names from each hash, where names are known and writing is allowed. The ticket counts
    /// the values, wrong types apart; one more answer tells how many of the keys are still there.
    pub(crate) fn delete_common(
        &self,
        hashes: &[&[u8]],
        names: &[Vec<u8>],
        pipe: &mut Pipe,
    ) -> Option<Ticket> {
        // How many are left is one question only where they lie together.
        if self.is_dry_run() || names.is_empty() || self.spread {
            return None;
        }
        for hash in hashes {
            pipe.push_all("HDEL", &[hash], names.iter().map(Vec::as_slice));
            pipe.may_repeat();
            pipe.may_find_any_type();
        }
        pipe.push_all("EXISTS", &[], hashes.iter().copied());
        Some(Ticket::Sum(hashes.len()))
    }

    /// Removes Redis keys of any type; the ticket counts those that were there.
    pub(crate) fn unlink(&self, keys: &[&[u8]], pipe: &mut Pipe) -> Ticket {
        let command = if self.is_dry_run() { "EXISTS" } else { "UNLINK" };
        let together = if self.cluster { 1 } else { keys.len().max(1) };
        for keys in keys.chunks(together) {
            pipe.push_all(command, &[], keys.iter().copied());
            pipe.may_repeat();
        }
        Ticket::Sum(keys.len().div_ceil(together))
    }

    /// The length of what stands in front of a hash's name in the name of its bucket.
    fn skip(&self) -> usize {
        self.ns.bucket(b"").len() - self.ns.prefix().len()
    }

    /// Expires entries, each a bucket and a member, that are still due when the server gets to them. A dry run knows by
    /// `rehearsal` what it would have expired before.
    pub(crate) fn expire(
        &self,
        entries: &[(&[u8], &[u8])],
        how: Expire,
        rehearsal: &mut Rehearsal,
        pipe: &mut Pipe,
    ) -> Ticket {
        if self.is_dry_run() {
            return self.would_expire(entries, how, rehearsal, pipe);
        }
        if !self.spread {
            return self.expire_together(entries, how, pipe);
        }
        if how.mark && self.ns.layout() == Layout::Both {
            let _ = self.record(&entries.iter().map(|(_, member)| *member).collect::<Vec<_>>(), pipe);
            pipe.barrier();
            return Ticket::Behind(Box::new(self.expire_apart(entries, how, pipe)));
        }
        self.expire_apart(entries, how, pipe)
    }

    fn would_expire(
        &self,
        entries: &[(&[u8], &[u8])],
        how: Expire,
        rehearsal: &mut Rehearsal,
        pipe: &mut Pipe,
    ) -> Ticket {
        // What refuses the run refuses the dry run: a set of marks of another type.
        let touched = match self.ns.layout() {
            _ if !self.spread => self.ns.mark_sets(),
            Layout::Both if how.mark => vec![self.ns.both_marked()],
            _ => Vec::new(),
        };
        touched.iter().for_each(|set| pipe.push("SCARD", &[set]));
        let deleted = self.ns.deleted_sets();
        let (mut values, mut marks) = (0, 0);
        for (bucket, member) in entries {
            if how.mark {
                if rehearsal.mark(member) {
                    deleted.iter().for_each(|set| pipe.push("SISMEMBER", &[set, member]));
                    marks += 1;
                }
            } else if let Some((hash, field)) = self.ns.location(member)
                // A member that does not belong to its bucket stands for no value.
                && bucket.get(self.skip()..) == Some(hash)
                && rehearsal.delete(hash, field)
            {
                pipe.push("HEXISTS", &[hash, field]);
                values += 1;
            }
        }
        let ticket = Ticket::WouldExpire { entries: entries.len(), values, marks, sets: deleted.len() };
        touched.iter().fold(ticket, |ticket, _| Ticket::Behind(Box::new(ticket)))
    }

    fn expire_together(&self, entries: &[(&[u8], &[u8])], how: Expire, pipe: &mut Pipe) -> Ticket {
        let deleted = self.ns.mark_sets();
        let progress = self.ns.progress_sets();
        let settled = match self.ns.layout() {
            Layout::Meta => how.now,
            Layout::Classic | Layout::Both => how.now - SETTLED_SECONDS,
        };
        let buckets: Vec<_> = entries.chunk_by(|one, other| one.0 == other.0).collect();
        let counts: Vec<String> = buckets.iter().map(|entries| entries.len().to_string()).collect();
        let keys = 2 * buckets.len() + deleted.len() + progress.len();
        let numbers = [
            keys.to_string(),
            deleted.len().to_string(),
            progress.len().to_string(),
            how.now.to_string(),
            settled.to_string(),
        ];
        let [keys, deleted_len, progress_len, now, settled] =
            numbers.each_ref().map(|number| number.as_bytes());
        let action: &[u8] = if how.mark { b"mark" } else { b"delete" };
        let mut args: Vec<&[u8]> = vec![EXPIRE.as_bytes(), keys];
        for bucket in buckets.iter().map(|entries| entries[0].0) {
            args.extend([bucket, bucket.get(self.skip()..).unwrap_or(bucket)]);
        }
        args.extend(deleted.iter().chain(&progress).map(Vec::as_slice));
        args.extend([deleted_len, progress_len, now, settled, action]);
        for (entries, count) in buckets.iter().zip(&counts) {
            args.push(count.as_bytes());
            args.extend(entries.iter().map(|(_, member)| *member));
        }
        pipe.push("EVAL", &args);
        pipe.may_repeat();
        Ticket::Expired
    }

    /// The same in pieces, each on the server that holds it. The entry goes last, and only while it is due: whatever
    /// ends the run before leaves it for the next one. Marks stay, since none can be told from one that was set a
    /// moment ago; the next reader takes it and recomputes, as it would have to anyway. A value that is refreshed
    /// between the look and the deletion is computed once more.
    fn expire_apart(&self, entries: &[(&[u8], &[u8])], how: Expire, pipe: &mut Pipe) -> Ticket {
        let deleted = self.ns.deleted_sets();
        let mut pieces = 0;
        for (bucket, member) in entries {
            match self.ns.location(member) {
                _ if how.mark => {
                    for set in &deleted {
                        pipe.push("SADD", &[set, member]);
                        pipe.may_repeat();
                    }
                    pieces += 1;
                }
                Some((hash, field)) if bucket.get(self.skip()..) == Some(hash) => {
                    pipe.push("HDEL", &[hash, field]);
                    pipe.may_repeat();
                    pipe.may_find_any_type();
                    pieces += 1;
                }
                _ => {}
            }
        }
        pipe.barrier();
        let now = how.now.to_string();
        let mut buckets = 0;
        for entries in entries.chunk_by(|one, other| one.0 == other.0) {
            let mut args: Vec<&[u8]> = vec![REMOVE_DUE.as_bytes(), b"1", entries[0].0, now.as_bytes()];
            args.extend(entries.iter().map(|(_, member)| *member));
            pipe.push("EVAL", &args);
            pipe.may_repeat();
            buckets += 1;
        }
        let sets = if how.mark { deleted.len() } else { 0 };
        Ticket::ExpiredApart { pieces, sets, buckets }
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
