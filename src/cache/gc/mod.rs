//! The writes of gc, of its lock and of its bookmark: more methods of the one [`Writer`].

mod members;
mod pending_reply;
mod recheck;
mod stepwise;

use super::write::Writer;
use crate::cache::scripts;
use crate::client::Pipe;
use crate::client::Script;
use crate::client::command;
use crate::namespace::{Layout, Namespace};
pub(crate) use members::{Rechecked, Swept};
pub(crate) use pending_reply::PendingGcReply;
use stepwise::{Stepwise, What};

/// Members of one Redis key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Group {
    /// The set or sorted set.
    pub(crate) key: Vec<u8>,
    /// Some of its members, all with the prefix.
    pub(crate) members: Vec<Vec<u8>>,
}

/// Which index a set is: what was removed from it is counted as this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    /// A tag.
    Tag,
    /// An invalid key.
    Invalid,
}

/// What is looked at twice before it is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suspect {
    /// A mark of a key that is gone.
    Mark,
    /// A key in progress.
    Progress,
}

impl Suspect {
    /// What its members among the suspects begin with.
    pub(crate) fn member_prefix(self) -> &'static [u8] {
        match self {
            Self::Mark => b"mark:",
            Self::Progress => b"progress:",
        }
    }

    /// The sets it is found in.
    pub(crate) fn sets(self, ns: &Namespace) -> Vec<Vec<u8>> {
        match self {
            Self::Mark => ns.deleted_sets(),
            Self::Progress => ns.progress_sets(),
        }
    }
}

impl Writer {
    /// Removes those members from their sets that have no value and are not being computed.
    pub(crate) fn remove_members(
        &self,
        index: Index,
        groups: &[Group],
        now_ms: i64,
        pipe: &mut Pipe,
    ) -> PendingGcReply {
        let kind: &'static [u8] = match index {
            Index::Tag => b"tag",
            Index::Invalid => b"invalid",
        };
        if self.goes_in_steps() {
            return self.stepwise(What::Members(kind), groups, now_ms, pipe);
        }
        let removed = self.ns.removed();
        self.remove(&scripts::REMOVE_MEMBERS, vec![&removed], kind, groups, now_ms, pipe)
    }

    /// Removes those entries from TTL buckets that have no value and are not being computed.
    pub(crate) fn remove_entries(&self, groups: &[Group], now_ms: i64, pipe: &mut Pipe) -> PendingGcReply {
        if self.goes_in_steps() {
            return self.stepwise(What::Entries, groups, now_ms, pipe);
        }
        self.remove(&scripts::REMOVE_ENTRIES, Vec::new(), b"", groups, now_ms, pipe)
    }

    /// Looks at marks or at keys in progress, for the first or the second time. Those that are `innocent` whatever the server
    /// says are no suspects any more.
    pub(crate) fn check(
        &self,
        suspect: Suspect,
        members: &[Vec<u8>],
        innocent: &dyn Fn(&[u8]) -> bool,
        now_ms: i64,
        stuck_after_ms: u64,
        pipe: &mut Pipe,
    ) -> PendingGcReply {
        if self.goes_in_steps() {
            let group = Group { key: Vec::new(), members: members.to_vec() };
            let innocent = members.iter().filter(|member| innocent(member)).cloned().collect();
            let steps = Stepwise::ask(self, What::Looks(suspect, stuck_after_ms), &[group], now_ms, pipe);
            return PendingGcReply::Stepwise(Box::new(steps.sparing(innocent)));
        }
        let (first, script) = match suspect {
            Suspect::Mark => (self.ns.removed(), &scripts::CHECK_MARKS),
            Suspect::Progress => (self.ns.leases(), &scripts::CHECK_PROGRESS),
        };
        let (suspects, stuck_after) = (self.ns.suspects(), stuck_after_ms.to_string());
        let mut keys = vec![&first[..], &suspects];
        // Who names a hash outside the prefix could name one of another slot.
        keys.extend(members.iter().map(|it| match self.ns.location(it) {
            Some((hash, _)) if !innocent(it) => hash,
            _ => &suspects,
        }));
        let mut args = vec![stuck_after.as_bytes()];
        args.extend(members.iter().map(Vec::as_slice));
        self.queue_script(script, &[], &keys, now_ms, &args, pipe);
        PendingGcReply::Script
    }

    /// Takes members out of the record of marks that are in both deleted sets, where neither holds them any more.
    pub(crate) fn forget_taken(&self, members: &[Vec<u8>], pipe: &mut Pipe) -> PendingGcReply {
        if self.is_dry_run() {
            return PendingGcReply::Nothing;
        }
        let both = self.ns.with_layout(Layout::Both);
        if self.cross_slot {
            return self.take_out(&both.both_marked(), members, pipe);
        }
        let sets = both.mark_sets();
        let [sets, members] = [&sets, members].map(|names| names.iter().map(Vec::as_slice));
        pipe.script(&scripts::FORGET_TAKEN, sets, members);
        PendingGcReply::Script
    }

    /// Takes members out of a set of marks.
    pub(crate) fn take_out(&self, set: &[u8], members: &[Vec<u8>], pipe: &mut Pipe) -> PendingGcReply {
        let command = if self.is_dry_run() { command::SISMEMBER } else { command::SREM };
        for member in members {
            pipe.push(command, &[set, member]);
            pipe.may_repeat();
            pipe.may_find_any_type();
        }
        PendingGcReply::TakenOut { names: members.iter().map(|member| member.len() as u64).collect() }
    }

    /// Looks again at what was removed before a time, a few records at once; see [`PendingGcReply::again`].
    /// What goes back is marked for the layout that is in use.
    pub(crate) fn recheck(
        &self,
        in_use: Layout,
        before_ms: i64,
        most: usize,
        now_ms: i64,
        pipe: &mut Pipe,
    ) -> PendingGcReply {
        if self.is_dry_run() {
            return PendingGcReply::Nothing;
        }
        let (before, most) = (before_ms.to_string(), most.to_string());
        let args = [before.as_bytes(), most.as_bytes()];
        let marks = self.ns.with_layout(in_use).mark_sets();
        self.queue_script(&scripts::RECHECK_REMOVED, &marks, &[&self.ns.removed()], now_ms, &args, pipe);
        PendingGcReply::Script
    }

    /// Notes where a sweep stopped.
    pub(crate) fn save_position(&self, fields: &[(&[u8], Vec<u8>)], pipe: &mut Pipe) -> PendingGcReply {
        if self.is_dry_run() {
            return PendingGcReply::Nothing;
        }
        let words: Vec<&[u8]> = fields.iter().flat_map(|(name, value)| [*name, &value[..]]).collect();
        pipe.push_all(command::HSET, &[&self.ns.cursor()], words);
        pipe.may_repeat();
        PendingGcReply::Script
    }

    /// Forgets where a sweep stopped.
    pub(crate) fn clear_position(&self, fields: &[&[u8]], pipe: &mut Pipe) -> PendingGcReply {
        if self.is_dry_run() {
            return PendingGcReply::Nothing;
        }
        pipe.push_all(command::HDEL, &[&self.ns.cursor()], fields.iter().copied());
        pipe.may_repeat();
        PendingGcReply::Script
    }

    /// Takes the lock, for so many milliseconds; the answer is nil where another holds it.
    pub(crate) fn lock(&self, token: &[u8], ms: u64, pipe: &mut Pipe) {
        pipe.push(command::SET, &[&self.ns.lock(), token, b"NX", b"PX", ms.to_string().as_bytes()]);
    }

    /// Keeps the lock for so many milliseconds more; the answer is 0 where it was lost.
    pub(crate) fn renew_lock(&self, token: &[u8], ms: u64, pipe: &mut Pipe) {
        pipe.script(&scripts::RENEW_LOCK, [&self.ns.lock()[..]], [token, ms.to_string().as_bytes()]);
    }

    /// Gives the lock back.
    pub(crate) fn unlock(&self, token: &[u8], pipe: &mut Pipe) {
        pipe.script(&scripts::RELEASE_LOCK, [&self.ns.lock()[..]], [token]);
    }

    /// Whether steps decide what scripts decide elsewhere.
    fn goes_in_steps(&self) -> bool {
        self.cross_slot || self.is_dry_run()
    }

    fn stepwise(&self, what: What, groups: &[Group], now_ms: i64, pipe: &mut Pipe) -> PendingGcReply {
        PendingGcReply::Stepwise(Box::new(Stepwise::ask(self, what, groups, now_ms, pipe)))
    }

    /// Whether what was removed is looked at again in steps instead of by a script.
    pub(crate) fn rechecks_stepwise(&self) -> bool {
        self.cross_slot || self.declares
    }

    /// Whether entries of TTL buckets that were removed are looked at again.
    pub(crate) fn rechecks_entries(&self) -> bool {
        self.cross_slot
    }

    /// Queues a script over groups, each member as the hash of its base and what follows that name.
    fn remove<'a>(
        &self,
        script: &Script,
        mut keys: Vec<&'a [u8]>,
        kind: &'a [u8],
        groups: &'a [Group],
        now_ms: i64,
        pipe: &mut Pipe,
    ) -> PendingGcReply {
        let sizes: Vec<String> = groups.iter().map(|group| group.members.len().to_string()).collect();
        let number = groups.len().to_string();
        let mut args = vec![number.as_bytes(), kind];
        for (group, size) in groups.iter().zip(&sizes) {
            keys.push(&group.key);
            args.push(size.as_bytes());
            for member in &group.members {
                let (hash, rest) = self.parts(member);
                keys.push(hash);
                args.push(rest);
            }
        }
        self.queue_script(script, &[], &keys, now_ms, &args, pipe);
        PendingGcReply::Script
    }

    fn parts<'m>(&self, member: &'m [u8]) -> (&'m [u8], &'m [u8]) {
        let hash = self.ns.location(member).map_or(member.len(), |(hash, _)| hash.len());
        member.split_at(hash)
    }

    fn queue_script(
        &self,
        script: &Script,
        marks: &[Vec<u8>],
        keys: &[&[u8]],
        now_ms: i64,
        behind: &[&[u8]],
        pipe: &mut Pipe,
    ) {
        let (progress, deleted) = (self.ns.progress_sets(), self.ns.mark_sets());
        let counts = [progress.len(), deleted.len(), marks.len()];
        let (counts, now) = (counts.map(|count| count.to_string()), now_ms.to_string());
        let sets = progress.iter().chain(&deleted).chain(marks).map(Vec::as_slice);
        let numbers = counts.iter().chain([&now]).map(String::as_bytes);
        pipe.script(script, keys.iter().copied().chain(sets), numbers.chain(behind.iter().copied()));
    }
}
