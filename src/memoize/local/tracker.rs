//! Turns what the server says of writes into what may still be served, free of I/O.
//!
//! The first thing to be read are the marks: who may not read them hands out nothing.
//!
//! A write to a hash or to its TTL bucket is told by its name. Of marks only the name of the deleted set is told: that is read
//! then, and until it has been nothing held is handed out. One too large to be read at once makes all that is held old.
//!
//! Between two looks at the marks lies a multiple of the time that one takes, so that marks by the hundred thousand do not become as
//! many looks.

use super::coherence::Coherence;
use crate::namespace::Namespace;
use std::time::{Duration, Instant};

/// So many times as long as a look at the marks took, none is made again.
const REST: u32 = 4;

pub(super) struct Tracker<'a> {
    coherence: &'a Coherence,
    ns: &'a Namespace,
    deleted: Vec<Vec<u8>>,
    buckets: Vec<u8>,
    marks: Marks,
    /// The marks are not read before.
    rest_until: Instant,
}

/// What is known of the deleted sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marks {
    Known,
    /// They were written.
    Unread,
    /// They are being read, since then: so many answers are missing. `again`: they were written meanwhile.
    Reading {
        since: Instant,
        missing: usize,
        again: bool,
    },
}

impl<'a> Tracker<'a> {
    /// On a new connection: what was asked for before it is not handed out any more.
    pub(super) fn begin(coherence: &'a Coherence, ns: &'a Namespace, now: Instant) -> Self {
        coherence.forget();
        let (deleted, buckets) = (ns.deleted_sets(), ns.bucket(b""));
        Self { coherence, ns, deleted, buckets, marks: Marks::Unread, rest_until: now }
    }

    pub(super) fn deleted(&self) -> &[Vec<u8>] {
        &self.deleted
    }

    /// The server has answered what it was asked then: all that was written before has been heard.
    pub(super) fn is_there(&self, asked: Instant) {
        if self.knows_marks() {
            self.coherence.trust_since(asked);
        }
    }

    pub(super) fn knows_marks(&self) -> bool {
        self.marks == Marks::Known
    }

    pub(super) fn flushed(&self) {
        self.coherence.forget();
    }

    pub(super) fn written(&mut self, key: &[u8]) {
        if self.deleted.iter().any(|set| set == key) {
            self.coherence.distrust();
            self.marks = match self.marks {
                Marks::Known | Marks::Unread => Marks::Unread,
                Marks::Reading { since, missing, .. } => Marks::Reading { since, missing, again: true },
            };
            return;
        }
        self.coherence.written(key);
        if let Some(base) = key.strip_prefix(&self.buckets[..]) {
            self.coherence.written(&self.ns.values(base));
        }
    }

    /// Whether the deleted sets are to be read now: then they are.
    pub(super) fn reads_marks(&mut self, now: Instant) -> bool {
        let reads = self.marks == Marks::Unread && self.rest_until <= now;
        if reads {
            self.marks = Marks::Reading { since: now, missing: self.deleted.len(), again: false };
        }
        reads
    }

    /// How long it is until they are to be read.
    pub(super) fn rest(&self, now: Instant) -> Option<Duration> {
        (self.marks == Marks::Unread).then(|| self.rest_until.saturating_duration_since(now))
    }

    /// One of the sets was read: its members, where there are not too many.
    pub(super) fn marked(&mut self, members: Option<Vec<Vec<u8>>>, now: Instant) {
        match members {
            Some(members) => {
                let keys = members.iter().filter_map(|member| self.ns.location(member));
                keys.for_each(|(hash, _)| self.coherence.written(hash));
            }
            None => self.coherence.forget(),
        }
        let Marks::Reading { since, missing, again } = self.marks else { return };
        self.marks = match (missing, again) {
            (2.., again) => Marks::Reading { since, missing: missing - 1, again },
            (_, true) => Marks::Unread,
            (_, false) => {
                self.coherence.trust_since(since);
                Marks::Known
            }
        };
        self.rest_until = now + now.saturating_duration_since(since) * REST;
    }
}

#[cfg(test)]
mod tests {
    use super::super::coherence::Version;
    use super::*;
    use crate::namespace::Layout;
    use std::collections::VecDeque;

    const KEY: &[u8] = b"CM:Book:1>owner";
    const HASH: &[u8] = b"CM:Book:1";

    /// What somebody does on the server.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Command {
        Mark,
        TakeMark,
        Store,
        Flush,
    }

    /// What the server says on the listener's connection, in its order.
    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Said {
        Written(&'static [u8]),
        Flushed,
        Members(Option<Vec<Vec<u8>>>),
    }

    /// Value, marks and connection of a server, one reader, one listener.
    struct World<'a> {
        tracker: Tracker<'a>,
        now: Instant,
        value: u32,
        is_marked: bool,
        /// Whether the deleted set is too large to be read at once.
        is_large: bool,
        said: VecDeque<Said>,
        scans: usize,
        version: Option<Version>,
        read: Option<u32>,
        held: Option<(u32, Version)>,
    }

    /// A step that can be taken, with what is left of each actor.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Step {
        Reader(usize),
        Command(usize),
        Scan,
        Hear,
    }

    impl<'a> World<'a> {
        fn new(coherence: &'a Coherence, ns: &'a Namespace, is_large: bool) -> Self {
            let now = Instant::now();
            let mut tracker = Tracker::begin(coherence, ns, now);
            assert!(tracker.reads_marks(now) && !tracker.knows_marks());
            tracker.marked(Some(Vec::new()), now);
            assert!(tracker.knows_marks());
            let (said, version, read, held) = (VecDeque::new(), None, None, None);
            Self { tracker, now, value: 0, is_marked: false, is_large, said, scans: 0, version, read, held }
        }

        fn command(&mut self, command: Command) {
            match command {
                Command::Mark => self.is_marked = true,
                Command::TakeMark => self.is_marked = false,
                Command::Store => self.value += 1,
                Command::Flush => (self.value, self.is_marked) = (self.value + 1, false),
            }
            self.said.push_back(match command {
                Command::Mark | Command::TakeMark => Said::Written(b"CM:delete"),
                Command::Store => Said::Written(HASH),
                Command::Flush => Said::Flushed,
            });
        }

        /// Takes a version, asks the server, holds what it said.
        fn reader(&mut self, step: usize) {
            match step {
                0 => self.version = self.tracker.coherence.version(HASH, self.now),
                1 => self.read = (!self.is_marked).then_some(self.value),
                _ => {
                    if let (Some(value), Some(version)) = (self.read.take(), self.version.take()) {
                        self.held = Some((value, version));
                    }
                }
            }
        }

        fn hear(&mut self) {
            match self.said.pop_front().unwrap() {
                Said::Written(key) => self.tracker.written(key),
                Said::Flushed => self.tracker.flushed(),
                Said::Members(members) => self.tracker.marked(members, self.now),
            }
            if self.tracker.reads_marks(self.now) {
                self.scans += 1;
            }
        }

        fn scan(&mut self) {
            self.scans -= 1;
            let members = if self.is_marked { vec![KEY.to_vec()] } else { Vec::new() };
            self.said.push_back(Said::Members((!self.is_large).then_some(members)));
        }

        fn served(&self) -> Option<u32> {
            let coherence = self.tracker.coherence;
            let held =
                self.held.filter(|(_, version)| coherence.is_trusted(self.now) && coherence.admits(*version));
            held.map(|(value, _)| value)
        }

        /// What is served is what Redis itself would serve without computing, or there is something yet to be heard.
        fn check(&self, path: &[Step]) {
            let is_old = self.is_marked || self.served() != Some(self.value);
            if self.served().is_some() && is_old {
                assert!(!self.said.is_empty(), "{path:?}: {:?}", self.served());
            }
        }
    }

    /// Goes every way there is, from the beginning each time; how many there are.
    fn walk(commands: &[Command], readers: usize, is_large: bool, ns: &Namespace) -> usize {
        let (mut ways, mut open) = (0, vec![Vec::<Step>::new()]);
        while let Some(path) = open.pop() {
            let coherence = Coherence::of(64);
            let mut world = World::new(&coherence, ns, is_large);
            let (mut read, mut done) = (0, 0);
            for step in &path {
                match *step {
                    Step::Reader(at) => {
                        world.reader(at % 3);
                        read = at + 1;
                    }
                    Step::Command(at) => {
                        world.command(commands[at]);
                        done = at + 1;
                    }
                    Step::Scan => world.scan(),
                    Step::Hear => world.hear(),
                }
                world.check(&path);
            }
            let next = [
                (read < 3 * readers).then_some(Step::Reader(read)),
                (done < commands.len()).then_some(Step::Command(done)),
                (world.scans > 0).then_some(Step::Scan),
                (!world.said.is_empty()).then_some(Step::Hear),
            ];
            let before = open.len();
            open.extend(next.into_iter().flatten().map(|step| [&path[..], &[step]].concat()));
            ways += usize::from(open.len() == before);
        }
        ways
    }

    #[test]
    fn nothing_old_is_served_in_whatever_order_things_happen() {
        let ns = Namespace::new("CM:", Layout::Classic).unwrap();
        let mut ways = 0;
        for is_large in [false, true] {
            for commands in [
                &[Command::Store][..],
                &[Command::Flush],
                &[Command::Mark],
                &[Command::Store, Command::Store],
                &[Command::Mark, Command::TakeMark],
                &[Command::Mark, Command::Store],
            ] {
                ways += walk(commands, 2, is_large, &ns);
            }
            ways += walk(&[Command::Mark, Command::TakeMark, Command::Store], 1, is_large, &ns);
        }
        assert!(ways > 10_000, "{ways}");
    }

    #[test]
    fn marks_are_not_read_more_often_than_a_share_of_the_time() {
        let ns = Namespace::new("CM:", Layout::Both).unwrap();
        let coherence = Coherence::of(64);
        let start = Instant::now();
        let mut tracker = Tracker::begin(&coherence, &ns, start);
        let at = |ms| start + Duration::from_millis(ms);
        tracker.written(b"CM:delete");
        assert!(tracker.reads_marks(at(0)) && !tracker.reads_marks(at(0)));
        tracker.marked(Some(Vec::new()), at(1));
        assert!(!coherence.is_trusted(at(1)), "the other set is not read yet");
        tracker.written(b"CM:meta:deleted");
        tracker.marked(Some(Vec::new()), at(2));
        assert!(!coherence.is_trusted(at(2)), "it was written while it was read");
        assert_eq!(tracker.rest(at(2)), Some(Duration::from_millis(8)));
        assert!(!tracker.reads_marks(at(9)) && tracker.reads_marks(at(10)));
        tracker.is_there(at(10));
        assert!(!coherence.is_trusted(at(10)), "an answer in between says nothing of the marks");
        tracker.marked(None, at(11));
        tracker.marked(Some(Vec::new()), at(11));
        assert!(coherence.is_trusted(at(11)));
    }
}
