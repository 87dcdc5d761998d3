//! The commands of each step, and how their answers read: the same for both APIs and both layouts.

use super::call_state::{Claimed, Purpose};
use super::computation::lock;
use crate::cache::scripts::{CLAIM, GIVE_BACK, STORE};
use crate::client::{Command, Pipe, RefusedHash, Replies, Reply, Script, command};
use crate::error::Result;
use crate::namespace::{LogicalKey, Namespace};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// How many run-out leases a claim gives back on its way.
pub(super) const SEVERAL: &[u8] = b"20";

/// The longest lease, some seventy years less a second: with the time of the server it leaves a double eleven bits for a
/// fraction.
const MOST_MS: u64 = (1 << 41) - 1024;

/// Takes commands.
pub(crate) trait Sink {
    fn push(&mut self, command: Command, args: &[&[u8]]);

    /// Whether a script stands in front in full, so that its hash does; notes that it does from now on.
    fn has_in_front(&mut self, _script: &'static Script) -> bool {
        false
    }

    /// Somebody is to know which process of the server answers.
    fn asks_run_id(&mut self) {}
}

impl Sink for Pipe {
    fn push(&mut self, command: Command, args: &[&[u8]]) {
        self.push(command, args);
    }
}

/// A pipeline in which the text of each script stands once, to be queued anew where the server did not have one.
pub(crate) struct Queue<S> {
    pub(crate) sink: S,
    in_full: Vec<&'static str>,
    /// A text in front did not do: the server did not read it.
    never_by_hash: bool,
    pub(crate) asks_run_id: bool,
}

impl<S: Sink> Queue<S> {
    pub(crate) fn new(sink: S) -> Self {
        Self { sink, in_full: Vec::new(), never_by_hash: false, asks_run_id: false }
    }

    /// Empties it, for another try.
    pub(crate) fn begin_again(&mut self, empty: S) {
        self.sink = empty;
        self.never_by_hash |= !self.in_full.is_empty();
        self.in_full.clear();
    }
}

impl<S: Sink> Sink for Queue<S> {
    fn push(&mut self, command: Command, args: &[&[u8]]) {
        self.sink.push(command, args);
    }

    fn has_in_front(&mut self, script: &'static Script) -> bool {
        let has = self.in_full.contains(&script.hash());
        if !has {
            self.in_full.push(script.hash());
        }
        has && !self.never_by_hash
    }

    fn asks_run_id(&mut self) {
        self.asks_run_id = true;
    }
}

/// The Redis names that belong to one key of one function. Those that a hit needs are made once, the others as needed.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    pub(crate) key: LogicalKey,
    pub(crate) member: Vec<u8>,
    /// How much of the member is the hash's name.
    hash: usize,
    pub(super) tag: Arc<str>,
}

impl Names {
    pub(crate) fn new(ns: &Namespace, key: LogicalKey, tag: &Arc<str>) -> Self {
        let member = ns.member(&key);
        Self { hash: ns.prefix().len() + key.base().len(), member, tag: Arc::clone(tag), key }
    }

    pub(crate) fn hash(&self) -> &[u8] {
        &self.member[..self.hash]
    }
}

/// What to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Now on the application's clock, for a function with a timeout.
    pub(crate) due: Option<i64>,
    /// The call has read before.
    pub(crate) again: bool,
    /// Whether it is marked, too.
    pub(crate) marks: bool,
    /// Whether the process may hold what is read: then it is asked who says it.
    pub(crate) holds: bool,
}

impl Look {
    /// What is stored, be it marked or expired: no call, to whoever watches the server.
    pub(crate) const VALUE: Self = Self { due: None, again: true, marks: false, holds: false };
}

impl Look {
    /// Whether it is marked, by one of so many sets, or expired; and when it expires.
    pub(super) fn take_due(self, marks: usize, replies: &mut Replies) -> Result<(bool, Option<f64>)> {
        let mut is_due = false;
        for _ in 0..marks {
            is_due |= replies.one()?.int()? > 0;
        }
        let mut score = None;
        if let Some(due) = self.due {
            score = replies.one()?.score()?;
            is_due |= score.is_some_and(|score| score <= due as f64);
        }
        Ok((is_due, score))
    }

    pub(super) fn take_value(self, (due, score): (bool, Option<f64>), replies: &mut Replies) -> Result<Read> {
        let reply = replies.one()?;
        let value = match self.again {
            true => reply.list()?.into_iter().next().map_or(Ok(None), Reply::bytes)?,
            false => reply.bytes()?,
        };
        Ok(Read { value, due, score, run_id: None })
    }
}

/// What the hit path read.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) value: Option<Vec<u8>>,
    /// Marked or expired.
    pub(crate) due: bool,
    /// When it expires, where that was asked and it does.
    pub(crate) score: Option<f64>,
    /// The process of the server that said all of it, where that was asked.
    pub(crate) run_id: Option<Arc<str>>,
}

/// What a claim wants.
#[derive(Debug)]
pub(crate) struct ClaimRequest {
    pub(crate) purpose: Purpose,
    pub(crate) stale: bool,
    pub(crate) join: bool,
    /// The call has read before.
    pub(crate) again: bool,
    /// A stored value that does not decode.
    pub(crate) bad: Option<Vec<u8>>,
    pub(crate) claim: Claim,
}

impl ClaimRequest {
    /// More than the script asks: whoever watches the server learns whose call it is.
    pub(super) fn for_whom(&self) -> &'static [u8] {
        match (self.purpose, self.join, self.again) {
            (Purpose::Call, true, _) => b"1",
            (Purpose::Call, false, true) => b"again",
            (Purpose::Call, false, false) => b"0",
            (Purpose::Refresh, false, _) => b"refresh",
            (Purpose::Refresh, true, _) => b"refresh1",
            (Purpose::Put, false, _) => b"put",
            (Purpose::Put, true, _) => b"put1",
        }
    }
}

/// The milliseconds of a lease, and half a second more at most (a second with what the script adds), chosen so that their
/// rest by 512 tells one claim of a key from another: there are a million of them. The script rounds the time of the server
/// up to 512 ms and adds it, so that the deadline has the same rest; a double has room for both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Claim {
    pub(super) span: f64,
    /// Now on the application's clock, for a function with a timeout.
    pub(super) due: Option<i64>,
}

impl Claim {
    /// A deadline of whole milliseconds is of an older release: the fraction is never 0.
    pub(crate) fn new(lease: Duration, due: Option<i64>) -> Self {
        use std::hash::{BuildHasher, RandomState};
        let random = RandomState::new().hash_one(SystemTime::now());
        let lease = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX).min(MOST_MS);
        let span = (lease + random % 512) as f64 + (1 + (random >> 32) % 2047) as f64 / 2048.0;
        Self { span, due }
    }

    /// The lease that came of it, and whether it is ours to give back. Without an answer nobody knows whether the server
    /// granted it: then it is given back by its rest, if it is there.
    pub(crate) fn lease(self, grant: &Result<ClaimReply>) -> Option<(Lease, bool)> {
        match grant {
            Ok(grant) => grant.lease.clone().map(|lease| (lease, grant.is_mine())),
            Err(_) => Some((self.unanswered(), true)),
        }
    }

    /// The lease that may have come of it, as long as there is no answer.
    pub(crate) fn unanswered(self) -> Lease {
        let deadline = (self.span % 512.0).to_string().into_bytes();
        let digest = b"?".to_vec();
        Lease { claim: self, deadline, digest, took_mark: true, before: Vec::new(), joined: false }
    }

    /// Now and the milliseconds, as words of a script.
    pub(super) fn words(self) -> [String; 2] {
        [self.due.map_or_else(String::new, |due| due.to_string()), self.span.to_string()]
    }

    /// To when it puts an expired entry off, in seconds of the application's clock, as `put_off.lua` does.
    pub(crate) fn put_off(self) -> i64 {
        self.due.unwrap_or_default().saturating_add((self.span / 1000.0).ceil() as i64)
    }
}

/// What a claim got, and the value that came with it.
#[derive(Debug, PartialEq)]
pub(crate) struct ClaimReply {
    pub(crate) claimed: Claimed,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) lease: Option<Lease>,
}

impl ClaimReply {
    /// Whether the lease that came is our own.
    pub(crate) fn is_mine(&self) -> bool {
        matches!(self.claimed, Claimed::Mine { .. })
    }
}

/// What shows that a computation may be stored, or given back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lease {
    pub(super) claim: Claim,
    /// Less than 512 where only its rest is known.
    pub(super) deadline: Vec<u8>,
    /// Of the value at the claim; `?` where that is not known.
    pub(super) digest: Vec<u8>,
    pub(super) took_mark: bool,
    /// For each progress set `1` where the claim found the key in it, else `0`; nothing where that is not known.
    pub(super) before: Vec<u8>,
    /// It is that of another, beside whom this one computes.
    pub(super) joined: bool,
}

/// What is stored.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) value: Vec<u8>,
    pub(crate) score: Option<i64>,
    pub(crate) invalid_keys: Vec<String>,
    /// It may be younger than what another stores in its place: then the key is marked.
    pub(crate) replaces: bool,
}

/// What became of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreOutcome {
    Stored,
    /// The lease ran out, or another stored first.
    Lost,
    /// A worker of the library wrote, or somebody deleted: nobody can tell who is newer, so the key is marked.
    Changed,
}

/// The commands of a namespace.
#[derive(Debug)]
pub(crate) struct Protocol {
    ns: Namespace,
    deleted: Vec<Vec<u8>>,
    marks: Vec<Vec<u8>>,
    progress: Vec<Vec<u8>>,
    leases: Vec<u8>,
    scripts: ServerScripts,
}

/// The scripts that the server has: those are sent by their hashes. A server that was restarted has none.
#[derive(Debug, Default)]
struct ServerScripts {
    known: Mutex<BTreeSet<&'static str>>,
    refuses_hashes: AtomicBool,
}

impl ServerScripts {
    fn note(&self, script: &'static Script) {
        if !self.refuses_hashes.load(Relaxed) {
            lock(&self.known).insert(script.hash());
        }
    }

    /// Whether a script can be sent by its hash.
    fn has(&self, script: &'static Script, sink: &mut impl Sink) -> bool {
        lock(&self.known).contains(script.hash())
            || (sink.has_in_front(script) && !self.refuses_hashes.load(Relaxed))
    }
}

impl Protocol {
    pub(crate) fn new(ns: Namespace) -> Self {
        Self {
            deleted: ns.deleted_sets(),
            marks: ns.mark_sets(),
            progress: ns.progress_sets(),
            leases: ns.leases(),
            scripts: ServerScripts::default(),
            ns,
        }
    }

    pub(crate) fn ns(&self) -> &Namespace {
        &self.ns
    }

    /// The set of keys being computed, of the layout that a cluster can have.
    pub(super) fn progress(&self) -> &[u8] {
        &self.progress[0]
    }

    /// Forgets which scripts the server has, where it turns out not to have one. Whether that is so: then the commands have to be
    /// queued anew, with the scripts in full. What stood beside it is done twice, which is as good as once.
    pub(crate) fn forget_lost_scripts(&self, replies: &Replies) -> bool {
        let Some(refused) = replies.refused_hash() else { return false };
        if refused == RefusedHash::NotAllowed {
            self.scripts.refuses_hashes.store(true, Relaxed);
        }
        lock(&self.scripts.known).clear();
        true
    }

    /// The hit path: one round trip that writes nothing. Another look of the same call is made with HMGET, so that
    /// whoever watches the server can tell it from another call.
    pub(crate) fn read(&self, names: &Names, look: Look, sink: &mut impl Sink) {
        if look.holds {
            sink.asks_run_id();
        }
        self.ask_due(names, look, sink);
        self.ask_value(names, look, sink);
    }

    /// Whether it is marked or expired, which is asked before the value: whoever replaces that takes the old one away, or serves it
    /// knowingly, before the mark or the timeout.
    pub(super) fn ask_due(&self, names: &Names, look: Look, sink: &mut impl Sink) {
        for set in self.asked(look) {
            sink.push(command::SISMEMBER, &[set, &names.member]);
        }
        if look.due.is_some() {
            sink.push(
                command::ZSCORE,
                &[&self.ns.bucket(names.key.base()), &self.ns.bucket_member(&names.key)],
            );
        }
    }

    pub(super) fn ask_value(&self, names: &Names, look: Look, sink: &mut impl Sink) {
        sink.push(
            if look.again { command::HMGET } else { command::HGET },
            &[names.hash(), names.key.field()],
        );
    }

    fn asked(&self, look: Look) -> &[Vec<u8>] {
        if look.marks { &self.deleted } else { &[] }
    }

    /// How many commands a look is.
    fn questions(&self, look: Look) -> usize {
        self.asked(look).len() + usize::from(look.due.is_some()) + 1
    }

    pub(crate) fn take_read(&self, look: Look, replies: &mut Replies) -> Result<Read> {
        let run_id = if look.holds { replies.run_id(self.questions(look)) } else { None };
        let due = look.take_due(self.asked(look).len(), replies)?;
        look.take_value(due, replies).map(|read| Read { run_id, ..read })
    }

    /// Each of several: what is wrong with one is no other's.
    pub(crate) fn take_reads(
        &self,
        looks: impl Iterator<Item = Look>,
        replies: &mut Replies,
    ) -> Vec<Result<Read>> {
        let read = |look: Look| replies.part(self.questions(look), |replies| self.take_read(look, replies));
        looks.map(read).collect()
    }

    pub(crate) fn claim(&self, names: &Names, want: &ClaimRequest, sink: &mut impl Sink) {
        let [due, span] = want.claim.words();
        let further: [&[u8]; 7] = [
            span.as_bytes(),
            flag(want.stale),
            want.for_whom(),
            due.as_bytes(),
            SEVERAL,
            flag(want.bad.is_some()),
            want.bad.as_deref().unwrap_or_default(),
        ];
        self.script(&CLAIM, names, &[], &further, sink);
    }

    pub(crate) fn take_claim(&self, claim: Claim, replies: &mut Replies) -> Result<ClaimReply> {
        let mut parts = replies.one()?.list()?.into_iter();
        self.scripts.note(&CLAIM);
        let mut bytes = || parts.next().map_or(Ok(None), Reply::bytes);
        let word = bytes()?.unwrap_or_default();
        let first = bytes()?;
        Ok(match &word[..] {
            b"valid" => ClaimReply { claimed: Claimed::Valid, value: first, lease: None },
            b"mine" | b"joined" => {
                let digest = bytes()?.unwrap_or_default();
                let took_mark = bytes()?.is_some_and(|number| number == b"1");
                let (deadline, before) = (first.unwrap_or_default(), bytes()?.unwrap_or_default());
                let joined = word == b"joined";
                let lease = Lease { claim, deadline, digest, took_mark, before, joined };
                let mine = Claimed::Mine { refresh: took_mark };
                let claimed = if joined { Claimed::Joined } else { mine };
                ClaimReply { claimed, value: None, lease: Some(lease) }
            }
            b"beside" => ClaimReply { claimed: Claimed::Beside, value: None, lease: None },
            _ => ClaimReply { claimed: Claimed::Busy { value: first.is_some() }, value: first, lease: None },
        })
    }

    pub(crate) fn store(&self, names: &Names, lease: &Lease, entry: &Entry, sink: &mut impl Sink) {
        let score = entry.score.map_or_else(String::new, |score| score.to_string());
        let further: [&[u8]; 5] =
            [&lease.deadline, &lease.digest, score.as_bytes(), &entry.value, flag(entry.replaces)];
        let invalid: Vec<Vec<u8>> =
            entry.invalid_keys.iter().map(|name| self.ns.invalid_key(name.as_bytes())).collect();
        self.script(&STORE, names, &invalid, &further, sink);
    }

    pub(crate) fn take_store(&self, replies: &mut Replies) -> Result<StoreOutcome> {
        let answer = replies.one()?.bytes()?;
        self.scripts.note(&STORE);
        Ok(match answer.as_deref() {
            Some(b"stored") => StoreOutcome::Stored,
            Some(b"changed") => StoreOutcome::Changed,
            _ => StoreOutcome::Lost,
        })
    }

    pub(crate) fn give_back(&self, names: &Names, lease: &Lease, sink: &mut impl Sink) {
        let [mut due, span] = lease.claim.words();
        if !lease.took_mark {
            // No entry was put off.
            due.clear();
        }
        let took_mark = flag(lease.took_mark);
        let further: [&[u8]; 6] =
            [&lease.deadline, took_mark, due.as_bytes(), span.as_bytes(), &lease.digest, &lease.before];
        self.script(&GIVE_BACK, names, &[], &further, sink);
    }

    /// Whether the claim still stood.
    pub(crate) fn take_give_back(&self, replies: &mut Replies) -> Result<bool> {
        let answer = replies.one()?.int()?;
        self.scripts.note(&GIVE_BACK);
        Ok(answer == 1)
    }

    fn script(
        &self,
        script: &'static Script,
        names: &Names,
        invalid: &[Vec<u8>],
        further: &[&[u8]],
        sink: &mut impl Sink,
    ) {
        let sets = [&self.marks[..], &self.progress, invalid];
        let keys = 4 + sets.iter().map(|sets| sets.len()).sum::<usize>();
        let numbers = [keys, self.marks.len(), self.progress.len()].map(|number| number.to_string());
        let (bucket, in_bucket) = (self.ns.bucket(names.key.base()), self.ns.bucket_member(&names.key));
        let tag = self.ns.tag(names.tag.as_bytes());
        let (command, text) = match self.scripts.has(script, sink) {
            true => (command::EVALSHA, script.hash().as_bytes()),
            false => (command::EVAL, script.as_bytes()),
        };
        let mut args: Vec<&[u8]> = vec![text, numbers[0].as_bytes()];
        args.extend([&self.leases[..], names.hash(), &bucket, &tag]);
        args.extend(sets.iter().flat_map(|sets| sets.iter().map(Vec::as_slice)));
        args.extend([numbers[1].as_bytes(), numbers[2].as_bytes()]);
        args.extend([&names.member[..], names.key.field(), &in_bucket]);
        args.extend(further);
        sink.push(command, &args);
    }
}

pub(super) fn flag(truth: bool) -> &'static [u8] {
    if truth { b"1" } else { b"0" }
}

/// A time since 1970 as a score: whole seconds, rounded as the library rounds.
pub(crate) fn score_at(at: Duration, utc_offset: i64) -> i64 {
    i64::try_from(at.as_secs()).unwrap_or(i64::MAX).saturating_sub(utc_offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Layout;

    #[derive(Default)]
    struct Said(Vec<String>);

    impl Sink for Said {
        fn push(&mut self, command: Command, args: &[&[u8]]) {
            let args = args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned());
            self.0.push(std::iter::once(command.name().to_owned()).chain(args).collect::<Vec<_>>().join(" "));
        }
    }

    #[test]
    fn a_hit_asks_for_marks_expiry_and_value_alone() {
        let ns = Namespace::new("P:", Layout::Both).unwrap();
        let names = Names::new(&ns, LogicalKey::from("a>b>c"), &Arc::from("tag"));
        for (layout, sets) in [
            (Layout::Classic, &["P:delete"][..]),
            (Layout::Meta, &["CM:meta:deleted"]),
            (Layout::Both, &["P:delete", "CM:meta:deleted"]),
        ] {
            let protocol = Protocol::new(ns.with_layout(layout));
            let mut said = Said::default();
            protocol.read(&names, Look { due: Some(1), again: false, marks: true, holds: false }, &mut said);
            let mut expected: Vec<_> = sets.iter().map(|set| format!("SISMEMBER {set} P:a>b>c")).collect();
            expected.push("ZSCORE P:Meta:Expire-Buckets::P:a P:a>b".to_owned());
            expected.push("HGET P:a b".to_owned());
            assert_eq!(said.0, expected);
        }
    }

    #[test]
    fn scores_are_whole_seconds_on_the_hosts_clock() {
        assert_eq!(score_at(Duration::from_millis(300_999), 0), 300);
        assert_eq!(score_at(Duration::from_secs(300), 28_800), 300 - 28_800);
        assert_eq!(score_at(Duration::MAX, 0), i64::MAX);
    }
}
