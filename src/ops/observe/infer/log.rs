//! What happened to a key and is not told yet: what became of a call shows only in a while, and each key's events are told
//! in their order.

use super::super::event::EventKind;
use std::collections::VecDeque;
use std::sync::Arc;

/// What nothing has spoken against for so many microseconds is certain. A caller that finds nothing says so at once, but
/// one of a busy host may take its time.
pub(super) const CERTAIN: u64 = 1_000_000;
/// A caller that may have taken a mark that nobody saw computes until it stores, and says nothing meanwhile.
const IN_DOUBT: u64 = 60_000_000;
/// More of a key than this does not wait to become certain.
const MOST: usize = 100_000;

/// Something that happened to the key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) who: Arc<[u8]>,
    pub(super) kind: EventKind,
    pub(super) elapsed: Option<u64>,
    /// It is of every key of its hash.
    pub(super) whole: bool,
    /// More about it may come.
    open: bool,
}

/// How the key is, as far as its events depend on that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// The key is in progress.
    pub(super) computing: bool,
    /// Who computes and who waits shows only later.
    pub(super) contested: bool,
    /// A caller may have taken a mark.
    pub(super) in_doubt: bool,
}

/// The events of a key that are not told yet.
#[derive(Debug)]
pub(super) struct Log {
    /// The time and the client of the command under way.
    pub(super) at: u64,
    pub(super) who: Arc<[u8]>,
    /// When somebody left progress last.
    ended: u64,
    /// When the whole hash was deleted, which is no event of this key.
    hash_deleted: u64,
    /// It stands among those that are looked at again.
    pub(super) queued: bool,
    /// The entry that turned last, while nothing else has changed.
    turned: Option<usize>,
    /// The entry that turns next, if it is known.
    next: Option<usize>,
    entries: VecDeque<Entry>,
}

impl Log {
    pub(super) fn new(who: Arc<[u8]>) -> Self {
        Self {
            at: 0,
            who,
            ended: 0,
            hash_deleted: 0,
            queued: false,
            turned: None,
            next: None,
            entries: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn push(&mut self, kind: EventKind, open: bool, whole: bool) {
        let (at, who) = (self.at, Arc::clone(&self.who));
        self.entries.push_back(Entry { at, who, kind, elapsed: None, whole, open });
    }

    /// A call begins: a hit unless it turns out to be something else.
    pub(super) fn call(&mut self) {
        self.push(EventKind::Hit, true, false);
    }

    /// Something happened. `open`: how long it took is told later.
    pub(super) fn record(&mut self, kind: EventKind, open: bool) {
        self.push(kind, open, false);
    }

    /// Something happened to every key of the hash.
    pub(super) fn record_whole(&mut self, kind: EventKind) {
        self.push(kind, false, true);
    }

    /// A call that was `from` so far is `to`.
    pub(super) fn turn(&mut self, from: EventKind, to: EventKind) {
        self.turned = self.next.take().filter(|at| self.is(*at, from)).or_else(|| self.find(from));
        match self.turned {
            Some(at) => {
                self.entries[at].kind = to;
                self.entries[at].open = matches!(to, EventKind::Hit | EventKind::Wait);
            }
            // It was told already, as what it looked like by then.
            None => self.push(to, false, false),
        }
    }

    /// Whoever waited no more just now is the one that turns next.
    pub(super) fn next_is_whoever_waited(&mut self) {
        self.next = self.turned.filter(|at| self.is(*at, EventKind::Hit));
    }

    fn is(&self, at: usize, kind: EventKind) -> bool {
        self.entries.get(at).is_some_and(|entry| entry.open && entry.kind == kind)
    }

    /// The call that began last is `to`.
    pub(super) fn turn_last(&mut self, to: EventKind) {
        if let Some(entry) = self.entries.back_mut() {
            entry.kind = to;
            entry.open = to == EventKind::Wait;
        }
    }

    /// Before the call that computes next: the timeout had passed.
    pub(super) fn expired(&mut self) {
        let Some(at) = self.next.or_else(|| self.find(EventKind::Hit)) else {
            return self.record(EventKind::Expired, false);
        };
        self.next = Some(at + 1);
        let (time, who) = (self.entries[at].at, Arc::clone(&self.entries[at].who));
        let kind = EventKind::Expired;
        self.entries.insert(at, Entry { at: time, who, kind, elapsed: None, whole: false, open: false });
    }

    /// A call that is `kind` so far: of the client under way where its address is its own; else the first one since something
    /// changed, or the last one before that.
    fn find(&self, kind: EventKind) -> Option<usize> {
        let is_it = |at: &usize| self.is(*at, kind);
        let (all, own) = (0..self.entries.len(), !self.who.starts_with(b"unix:"));
        if own && let Some(at) = all.clone().rev().filter(is_it).find(|at| self.entries[*at].who == self.who)
        {
            return Some(at);
        }
        let is_change = |entry: &Entry| !entry.kind.is_call() || entry.at <= self.hash_deleted;
        let change = all.rev().find(|at| is_change(&self.entries[*at]));
        let since = change.map_or(0, |at| at + 1);
        (since..self.entries.len()).find(is_it).or_else(|| (0..since).rev().find(is_it))
    }

    /// The whole hash was deleted at this time; 0 where it was not.
    pub(super) fn hash_was_deleted(&mut self, at: u64) {
        self.hash_deleted = at;
    }

    /// Somebody left progress, at this time.
    pub(super) fn left(&mut self, at: u64) {
        self.ended = at;
    }

    /// A computation took so long, or nobody knows how long: what it stored says so.
    pub(super) fn took(&mut self, time: Option<u64>) {
        let stored = self.entries.iter_mut().find(|entry| entry.open && entry.kind == EventKind::Stored);
        if let Some(stored) = stored {
            stored.elapsed = time;
            stored.open = false;
        }
    }

    /// The next event. It stays.
    pub(super) fn first(&self) -> Option<&Entry> {
        self.entries.front()
    }

    /// The next event, if it is certain by now. It stays.
    pub(super) fn certain(&self, now: u64, key: Circumstances) -> Option<&Entry> {
        let entry = self.entries.front()?;
        let since = |then: u64| now.saturating_sub(then);
        let is_certain = !entry.open
            || self.entries.len() > MOST
            || match entry.kind {
                EventKind::Wait => {
                    !key.computing && !key.contested && since(entry.at.max(self.ended)) >= CERTAIN
                }
                EventKind::Stored => since(entry.at) >= CERTAIN && (key.computing || !key.contested),
                _ if key.in_doubt => since(entry.at) >= IN_DOUBT,
                _ => since(entry.at) >= CERTAIN,
            };
        is_certain.then_some(entry)
    }

    /// Whether the index that names the key may still do so for its next event.
    pub(super) fn may_be_named(&self, now: u64, key: Circumstances) -> bool {
        let since = self.entries.front().map_or(0, |entry| entry.at).max(self.ended);
        self.entries.len() <= MOST && (key.computing || now.saturating_sub(since) < CERTAIN)
    }

    /// Takes the next event, certain or not.
    pub(super) fn take(&mut self) -> Option<Entry> {
        (self.turned, self.next) = (None, None);
        self.entries.pop_front()
    }
}
