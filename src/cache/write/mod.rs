//! The one place that writes.
//!
//! Each operation is queued into a [`Pipe`] and gives a reply that reads its own answers. With [`Mode::DryRun`]
//! the same reply is filled by commands that only read and tell what the write would have answered.

mod restore;

use super::pending_reply::PendingReply;
use super::rehearsal::Rehearsal;
use super::scripts::{DELETE_HASHES, EXPIRE, REMOVE_DUE};
use crate::client::command;
use crate::client::{Conn, Control, Pipe};
use crate::namespace::{Layout, LogicalKey, Namespace};

pub(crate) use restore::{Found, Outcome, PendingRestore, Restored};

/// Whether to write, or to find out what writing would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Write.
    Apply,
    /// Send no write; answer as if.
    DryRun,
}

impl Mode {
    /// How many replicas have to confirm what is written.
    pub(crate) fn replicas(self, control: &Control) -> u32 {
        if self == Self::Apply { control.wait_replicas } else { 0 }
    }
}

/// Queues writes into a namespace.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(super) ns: Namespace,
    pub(super) mode: Mode,
    /// Keys of the namespace lie in several slots of a cluster: nothing touches two of them in one step.
    pub(super) cross_slot: bool,
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
        Self { ns, mode, cross_slot: false, cluster: false, declares: false }
    }

    /// The same writer, for where the connection leads.
    pub(crate) fn on(self, conn: &Conn) -> Self {
        let (cross_slot, cluster) = (conn.is_cross_slot(&self.ns), conn.is_cluster());
        Self { cross_slot, cluster, ..self }
    }

    /// Whether nothing is written.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.mode == Mode::DryRun
    }

    /// The namespace it writes into.
    pub(super) fn ns(&self) -> &Namespace {
        &self.ns
    }

    /// Marks members as pending invalidation; the reply counts those that were not marked yet.
    pub(crate) fn mark(&self, members: &[&[u8]], pipe: &mut Pipe) -> PendingReply {
        let sets = self.ns.deleted_sets();
        if self.is_dry_run() {
            return is_member_of_each(&sets, members, 0, pipe);
        }
        if let [set] = &sets[..] {
            pipe.push_all(command::SADD, &[set], members.iter().copied());
            pipe.may_repeat();
            return PendingReply::Count;
        }
        for (member, set) in members.iter().flat_map(|member| sets.iter().map(move |set| (member, set))) {
            pipe.push(command::SADD, &[set, member]);
            pipe.may_repeat();
        }
        PendingReply::PerMember { members: members.len(), sets: sets.len(), counts_when: 1 }
    }

    /// Marks the members that lie in namespaces inside whose keys are meant, too, where their own workers look; none of the
    /// others.
    pub(crate) fn mark_inside(&self, members: &[&[u8]], pipe: &mut Pipe) -> Option<PendingReply> {
        let sets_of = |member| self.ns.deleted_sets_inside(member).map(move |set| (set, member));
        let inside = members.iter().copied().flat_map(sets_of);
        let mut marks = 0;
        for (set, member) in inside.filter(|_| !self.is_dry_run()) {
            pipe.push(command::SADD, &[&set, member]);
            pipe.may_repeat();
            marks += 1;
        }
        (marks > 0).then_some(PendingReply::PerMember { members: marks, sets: 1, counts_when: 1 })
    }

    /// Whether marks go to both deleted sets, which is [recorded](Writer::record) once they are there.
    pub(crate) fn records_marks(&self) -> bool {
        self.ns.layout() == Layout::Both
    }

    /// Records members whose marks are in both deleted sets: what is left of one after its reader took it is no mark.
    pub(crate) fn record(&self, members: &[&[u8]], pipe: &mut Pipe) -> PendingReply {
        if self.is_dry_run() {
            pipe.push(command::SCARD, &[&self.ns.both_marked()]);
            return PendingReply::Count;
        }
        pipe.push_all(command::SADD, &[&self.ns.both_marked()], members.iter().copied());
        pipe.may_repeat();
        PendingReply::Count
    }

    /// Whether members of a tag that were marked leave it: under `classic`, as 0.0.9 drops the whole set. Where one step is
    /// not to be had they stay, as in `meta`: an index that names too much is found by `gc`, one that names too little by
    /// nobody.
    pub(crate) fn empties_tags(&self) -> bool {
        self.ns.layout() == Layout::Classic && !self.cross_slot
    }

    /// Takes members out of a tag that [`Writer::mark`] has marked: a transaction does not roll back, and whoever leaves a
    /// tag unmarked is never found again. They are marked anew in the same step, since a reader that took the mark meanwhile
    /// has put its key back into the tag.
    pub(crate) fn take_out_of_tag(&self, tag: &[u8], members: &[&[u8]], pipe: &mut Pipe) -> PendingReply {
        let tag = self.ns.tag(tag);
        pipe.push_keyed(command::MULTI, &tag);
        pipe.may_repeat();
        for set in self.ns.deleted_sets() {
            pipe.push_all(command::SADD, &[&set], members.iter().copied());
            pipe.may_repeat();
        }
        pipe.push_all(command::SREM, &[&tag], members.iter().copied());
        pipe.may_repeat();
        pipe.push_keyed(command::EXEC, &tag);
        pipe.may_repeat();
        PendingReply::Transaction(2)
    }

    /// Deletes fields of one hash.
    pub(crate) fn delete_fields(&self, hash: &[u8], fields: &[&[u8]], pipe: &mut Pipe) -> PendingReply {
        if self.is_dry_run() {
            fields.iter().for_each(|field| pipe.push(command::HEXISTS, &[hash, field]));
            return PendingReply::Sum(fields.len());
        }
        if !self.cross_slot {
            return self.delete_fields_alone(hash, fields, pipe);
        }
        // A worker that finds nothing where it found nothing before would store what it computes from older data.
        for field in fields {
            let fence = self.ns.fence(hash, LogicalKey::at(hash, field).as_bytes());
            pipe.push(command::UNLINK, &[&fence]);
            pipe.may_repeat();
        }
        let deleted = self.delete_fields_alone(hash, fields, pipe);
        fields.iter().fold(deleted, |deleted, _| PendingReply::Behind(Box::new(deleted)))
    }

    fn delete_fields_alone(&self, hash: &[u8], fields: &[&[u8]], pipe: &mut Pipe) -> PendingReply {
        pipe.push_all(command::HDEL, &[hash], fields.iter().copied());
        pipe.may_repeat();
        pipe.may_find_any_type();
        PendingReply::Sum(1)
    }

    /// Deletes whole hashes; the reply counts the values that were in them.
    pub(crate) fn delete_hashes(&self, hashes: &[Vec<u8>], pipe: &mut Pipe) -> PendingReply {
        if self.is_dry_run() {
            hashes.iter().for_each(|hash| pipe.push(command::HLEN, &[hash]));
            return PendingReply::Sum(hashes.len());
        }
        // Together where they may be, one by one where they lie in slots of their own.
        let together = if self.cross_slot { 1 } else { hashes.len().max(1) };
        for hashes in hashes.chunks(together) {
            pipe.script(&DELETE_HASHES, hashes.iter().map(Vec::as_slice), []);
        }
        PendingReply::Lists(hashes.len().div_ceil(together))
    }

    /// Deletes fields of these names from each hash, where names are known and writing is allowed. The reply counts
    /// the values, wrong types apart; one more answer tells how many of the keys are still there.
    pub(crate) fn delete_common(
        &self,
        hashes: &[Vec<u8>],
        names: &[Vec<u8>],
        pipe: &mut Pipe,
    ) -> Option<PendingReply> {
        // How many are left is one question only where they lie together.
        if self.is_dry_run() || names.is_empty() || self.cross_slot {
            return None;
        }
        for hash in hashes {
            pipe.push_all(command::HDEL, &[hash], names.iter().map(Vec::as_slice));
            pipe.may_repeat();
            pipe.may_find_any_type();
        }
        pipe.push_all(command::EXISTS, &[], hashes.iter().map(Vec::as_slice));
        Some(PendingReply::Sum(hashes.len()))
    }

    /// Removes Redis keys of any type; the reply counts those that were there.
    pub(crate) fn unlink(&self, keys: &[&[u8]], pipe: &mut Pipe) -> PendingReply {
        let command = if self.is_dry_run() { command::EXISTS } else { command::UNLINK };
        let together = if self.cluster { 1 } else { keys.len().max(1) };
        for keys in keys.chunks(together) {
            pipe.push_all(command, &[], keys.iter().copied());
            pipe.may_repeat();
        }
        PendingReply::Sum(keys.len().div_ceil(together))
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
    ) -> PendingReply {
        if self.is_dry_run() {
            return self.would_expire(entries, how, rehearsal, pipe);
        }
        if !self.cross_slot {
            return self.expire_together(entries, how, pipe);
        }
        if how.mark && self.ns.layout() == Layout::Both {
            let _ = self.record(&entries.iter().map(|(_, member)| *member).collect::<Vec<_>>(), pipe);
            pipe.barrier();
            return PendingReply::Behind(Box::new(self.expire_stepwise(entries, how, pipe)));
        }
        self.expire_stepwise(entries, how, pipe)
    }

    fn would_expire(
        &self,
        entries: &[(&[u8], &[u8])],
        how: Expire,
        rehearsal: &mut Rehearsal,
        pipe: &mut Pipe,
    ) -> PendingReply {
        // What refuses the run refuses the dry run: a set of marks of another type.
        let touched = match self.ns.layout() {
            _ if !self.cross_slot => self.ns.mark_sets(),
            Layout::Both if how.mark => vec![self.ns.both_marked()],
            _ => Vec::new(),
        };
        touched.iter().for_each(|set| pipe.push(command::SCARD, &[set]));
        let deleted = self.ns.deleted_sets();
        let (mut values, mut marks) = (0, 0);
        for (bucket, member) in entries {
            if how.mark {
                if rehearsal.mark(member) {
                    deleted.iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, member]));
                    marks += 1;
                }
            } else if let Some((hash, field)) = self.ns.location(member)
                // A member that does not belong to its bucket stands for no value.
                && bucket.get(self.skip()..) == Some(hash)
                && rehearsal.delete(hash, field)
            {
                pipe.push(command::HSTRLEN, &[hash, field]);
                pipe.push(command::HEXISTS, &[hash, field]);
                values += 1;
            }
        }
        let pending =
            PendingReply::WouldExpire { entries: entries.len(), values, marks, sets: deleted.len() };
        touched.iter().fold(pending, |pending, _| PendingReply::Behind(Box::new(pending)))
    }

    fn expire_together(&self, entries: &[(&[u8], &[u8])], how: Expire, pipe: &mut Pipe) -> PendingReply {
        let deleted = self.ns.mark_sets();
        let progress = self.ns.progress_sets();
        let settled = match self.ns.layout() {
            Layout::Meta => how.now,
            Layout::Classic | Layout::Both => how.now - SETTLED_SECONDS,
        };
        let buckets: Vec<_> = entries.chunk_by(|one, other| one.0 == other.0).collect();
        let counts: Vec<String> = buckets.iter().map(|entries| entries.len().to_string()).collect();
        let numbers = [deleted.len() as i64, progress.len() as i64, how.now, settled];
        let numbers = numbers.map(|number| number.to_string());
        let buckets_and_hashes = buckets.iter().flat_map(|entries| {
            let bucket = entries[0].0;
            [bucket, bucket.get(self.skip()..).unwrap_or(bucket)]
        });
        let keys = buckets_and_hashes.chain(deleted.iter().chain(&progress).map(Vec::as_slice));
        let mut args: Vec<&[u8]> = numbers.iter().map(String::as_bytes).collect();
        args.push(if how.mark { b"mark" } else { b"delete" });
        for (entries, count) in buckets.iter().zip(&counts) {
            args.push(count.as_bytes());
            args.extend(entries.iter().map(|(_, member)| *member));
        }
        pipe.script(&EXPIRE, keys, args);
        PendingReply::Expired
    }

    /// The same in pieces, each on the server that holds it. The entry goes last, and only while it is due: whatever
    /// ends the run before leaves it for the next one. Marks stay, since none can be told from one that was set a
    /// moment ago; the next reader takes it and recomputes, as it would have to anyway. A value that is refreshed
    /// between the look and the deletion is computed once more.
    fn expire_stepwise(&self, entries: &[(&[u8], &[u8])], how: Expire, pipe: &mut Pipe) -> PendingReply {
        let deleted = self.ns.deleted_sets();
        let mut pieces = 0;
        for (bucket, member) in entries {
            match self.ns.location(member) {
                _ if how.mark => {
                    for set in &deleted {
                        pipe.push(command::SADD, &[set, member]);
                        pipe.may_repeat();
                    }
                    pieces += 1;
                }
                Some((hash, field)) if bucket.get(self.skip()..) == Some(hash) => {
                    pipe.push(command::HSTRLEN, &[hash, field]);
                    pipe.push(command::HDEL, &[hash, field]);
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
            let members = entries.iter().map(|(_, member)| *member);
            pipe.script(&REMOVE_DUE, [entries[0].0], [now.as_bytes()].into_iter().chain(members));
            buckets += 1;
        }
        let sets = if how.mark { deleted.len() } else { 0 };
        PendingReply::ExpiredStepwise { pieces, sets, buckets }
    }
}

/// How long an entry has to be due before a mark on it goes with it under 0.0.9, whose refreshing worker cannot be
/// seen: it began before the entry was due, so it would have to run for longer than this.
const SETTLED_SECONDS: i64 = 30;

fn is_member_of_each(sets: &[Vec<u8>], members: &[&[u8]], counts_when: i64, pipe: &mut Pipe) -> PendingReply {
    for member in members {
        sets.iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, member]));
    }
    PendingReply::PerMember { members: members.len(), sets: sets.len(), counts_when }
}
