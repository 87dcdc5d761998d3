//! Which keys are meant, and the walk that finds them with what is asked about each.

use super::fields::{FieldsFound, FieldsOf};
use super::filter::Tests;
use super::selector::{IndexKind, Selector};
use super::state::{FactFinder, Facts};
use super::truncated::CutMarks;
use super::truncated_members::each_cut_member;
use crate::client::{
    CancelToken, Conn, Control, DedupWindow, End, Pipe, Queue, Replies, Source, Sweep, Work, work_on,
};
use crate::client::{Command, command};
use crate::error::Result;
use crate::namespace::glob::KeyGlob;
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::Instant;

/// Keys that were named one by one travel in batches of this many.
pub(super) const NAMED_AT_ONCE: usize = 200;

/// Where keys are looked for.
pub(super) enum Place {
    /// Where a selector says.
    Selected(Selector),
    /// Among the values.
    Values,
    /// Among the keys that are marked.
    Marked,
    /// Among the keys in progress.
    InProgress,
    /// Among the members of every tag and invalid key.
    Indexes,
    /// The same, but only keys that the library cuts: a hash does not tell their names.
    WholeNames,
}

/// What a key was found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoundBy {
    /// It was named.
    Name,
    /// A set holds it.
    Set,
    /// Its value is there.
    Value,
}

/// A key that was found, with what was asked about it.
pub(super) struct Found {
    pub(super) key: LogicalKey,
    pub(super) by: FoundBy,
    pub(super) facts: Facts,
    pub(super) value: Option<Vec<u8>>,
    /// Bytes of the stored value, where sizes or values were read and one is there.
    pub(super) size: Option<u64>,
    pub(super) has_value: bool,
    /// The other keys of its value that may be marked, where a key stands for its value.
    pub(super) others: Vec<LogicalKey>,
}

/// Keeps the names of the first few keys of another type, each once.
pub(super) fn note_odd(first: &mut Vec<Vec<u8>>, key: Option<&[u8]>) {
    if let Some(key) = key.filter(|key| first.len() < 3 && !first.iter().any(|it| it == key)) {
        first.push(key.to_vec());
    }
}

/// How much of a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Read {
    /// Whether it is there.
    #[default]
    Presence,
    /// Its size.
    Size,
    /// All of it.
    Value,
}

/// What the marks of other keys mean that share the value of one (`a>b>c` shares that of `a>b`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SharedMarks {
    /// Nothing: a key is marked by its own name.
    #[default]
    Apart,
    /// A row stands for its value, which is marked where any of these keys is, or may be. That takes a walk over marks, leases
    /// and keys in progress before the first value; a listing without all of them is not complete. What is marked later by
    /// another name than the row's is not seen.
    Together,
    /// [`Listing::cut_marked`](super::Listing::cut_marked) tells that there are such rows.
    Told,
}

impl SharedMarks {
    fn are_asked(self) -> bool {
        self != Self::Apart
    }
}

/// So many whole names are asked for at once: what is asked about one is as good as one step.
const NAMES_AT_ONCE: usize = 128;

/// What became of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Walked {
    /// Whether everything was seen.
    pub(super) complete: bool,
    /// Whether keys of more than two parts may be marked and do not show it.
    pub(super) missed_marks: bool,
    /// Whether the value of a key has a longer name that may be marked.
    pub(super) cut_marked: bool,
    /// Whether values are in states that longer names of theirs are in.
    pub(super) cut_states: bool,
    /// Keys of another type than was expected, which were left out.
    pub(super) wrong_type: u64,
    /// The names of those of them that should have been sets.
    pub(super) not_sets: Vec<Vec<u8>>,
    /// The first few that should have been hashes.
    pub(super) not_hashes: Vec<Vec<u8>>,
}

/// Walks the keys that selectors mean, asks about each, and hands them on.
pub(super) struct Walk<'a> {
    pub(super) ns: &'a Namespace,
    pub(super) finder: FactFinder,
    read: Read,
    /// What the marks of other keys mean that share the value of one that is found.
    pub(super) shared: SharedMarks,
    pub(super) whole_names: &'a [LogicalKey],
    /// Which of the keys that are found are meant.
    tests: Tests,
    /// What keys are found by now.
    by: FoundBy,
    /// Whether only keys that the library cuts are looked for.
    only_cut: bool,
    cut_marked: bool,
    /// Whether keys are judged by their own names: who names one means it, whatever longer names of its value are in. A row of a
    /// hash stands for its value.
    by_own_names: bool,
    /// Keys that were asked about, by how they are judged.
    asked: [DedupWindow; 2],
    /// Keys that were handed on.
    pub(super) recent: DedupWindow,
    /// Values that whoever walks has deleted on the way. Their other names are judged as if they were there.
    pub(super) taken: Option<&'a RefCell<DedupWindow>>,
    pub(super) sink: &'a mut dyn FnMut(Found) -> Result<ControlFlow<()>>,
    pattern: Option<KeyGlob>,
    cut: CutMarks,
    wrong_type: u64,
    not_sets: Vec<Vec<u8>>,
    not_hashes: Vec<Vec<u8>>,
    full: bool,
    cancel: CancelToken,
    /// Whether a hash was left in the middle.
    cut_short: bool,
    /// Keys of hashes, from the answers of this round trip.
    listed: Vec<Candidate>,
}

/// A key on the way to being found, with its value where that was read along with the name.
pub(super) struct Candidate {
    key: LogicalKey,
    value: Option<Vec<u8>>,
}

impl Candidate {
    /// What the library cuts the key to, where that is another name.
    fn value_name(&self) -> Option<LogicalKey> {
        self.key.is_cut().then(|| self.key.of_value())
    }
}

/// What is stored under a key.
enum Stored {
    Nothing,
    /// Whether an empty value or none is not told by its size.
    NothingOrEmpty,
    Something,
    Sized(u64),
    Value(Vec<u8>),
    /// A value that was meant, and is gone by that.
    Taken,
}

impl Stored {
    fn is_there(&self) -> bool {
        !matches!(self, Self::Nothing | Self::NothingOrEmpty)
    }

    fn size(&self) -> Option<u64> {
        match self {
            Self::Sized(size) => Some(*size),
            Self::Value(value) => Some(value.len() as u64),
            Self::Nothing | Self::NothingOrEmpty | Self::Something | Self::Taken => None,
        }
    }
}

/// A key with all that was asked about it.
pub(super) struct Answered {
    key: LogicalKey,
    facts: Facts,
    stored: Stored,
    /// What the library cuts it to, where that may be marked.
    value_name: Option<LogicalKey>,
}

impl Answered {
    fn is_meant(&self, tests: &Tests) -> bool {
        let state = self.facts.state(self.stored.is_there());
        let size_passes =
            matches!(self.stored, Stored::Taken) || tests.filter().accepts_size(self.stored.size());
        size_passes && tests.accepts(state, self.facts.ttl)
    }
}

/// What answers are for.
pub(super) enum Question {
    Fields(FieldsOf),
    /// Of keys, and whether they are known to have a value.
    Keys {
        keys: Vec<Candidate>,
        /// How many of them share a value whose own name was asked about too.
        value_names: usize,
        known: bool,
    },
    /// Whether those keys have a value of which the size does not tell.
    Presence(Vec<Answered>),
    /// The values of those keys that are meant.
    Values(Vec<Answered>),
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        ns: &'a Namespace,
        finder: FactFinder,
        read: Read,
        sink: &'a mut dyn FnMut(Found) -> Result<ControlFlow<()>>,
    ) -> Self {
        Self {
            ns,
            finder,
            read,
            shared: SharedMarks::Apart,
            whole_names: &[],
            tests: Tests::default(),
            by: FoundBy::Name,
            only_cut: false,
            cut_marked: false,
            by_own_names: false,
            asked: Default::default(),
            recent: DedupWindow::default(),
            taken: None,
            sink,
            pattern: None,
            cut: CutMarks::default(),
            wrong_type: 0,
            not_sets: Vec::new(),
            not_hashes: Vec::new(),
            full: false,
            cancel: CancelToken::default(),
            cut_short: false,
            listed: Vec::new(),
        }
    }

    /// Hands on only what passes.
    pub(super) fn narrow(&mut self, tests: Tests) {
        if tests.filter().asks_size() && self.read == Read::Presence {
            self.read = Read::Size;
        }
        self.tests = tests;
    }

    /// Walks all places; a key that is found in several is handed on once, as far as the window reaches.
    pub(super) fn run(
        &mut self,
        places: &mut dyn Iterator<Item = Result<Place>>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Walked> {
        self.cancel = control.cancel_token();
        if self.shared.are_asked() {
            self.finder.asks_leases = true;
            self.cut.read_leases(self.ns, conn, control)?;
            self.cut.read(self.ns, conn, control)?;
            self.ask_whole_names(conn, control)?;
        }
        let mut named = Vec::new();
        for place in places {
            let place = place?;
            let is_name = matches!(place, Place::Selected(Selector::Key(_)));
            if !named.is_empty() && (!is_name || named.len() >= NAMED_AT_ONCE) {
                self.named(std::mem::take(&mut named), conn)?;
            }
            self.by = FoundBy::Set;
            self.by_own_names = matches!(
                place,
                Place::Selected(Selector::Key(_) | Selector::Tag(_) | Selector::InvalidKey(_))
            );
            let end = match place {
                Place::Selected(Selector::Key(key)) => {
                    named.push(self.ns.member(&key));
                    End::Done
                }
                Place::Selected(Selector::Tag(name)) => {
                    self.set(IndexKind::Tag.set(self.ns, &name)?, conn, control)?
                }
                Place::Selected(Selector::InvalidKey(name)) => {
                    self.set(IndexKind::InvalidKey.set(self.ns, &name)?, conn, control)?
                }
                Place::Selected(Selector::Pattern(glob)) => self.values(glob, conn, control)?,
                Place::Values => self.values(KeyGlob::everything(), conn, control)?,
                Place::Marked => self.bookkeeping(self.ns.deleted_sets(), conn, control)?,
                Place::InProgress => self.bookkeeping(self.ns.progress_sets(), conn, control)?,
                Place::Indexes => self.indexes(conn, control)?,
                Place::WholeNames => self.cut_members(conn, control)?,
            };
            match end {
                End::Stopped => return Ok(self.walked(false)),
                _ if self.full => return Ok(self.walked(true)),
                _ => {}
            }
        }
        self.named(named, conn)?;
        Ok(self.walked(true))
    }

    fn named(&mut self, members: Vec<Vec<u8>>, conn: &mut Conn) -> Result<()> {
        (self.by, self.by_own_names) = (FoundBy::Name, true);
        work_on(conn, members, self)
    }

    fn values(&mut self, glob: KeyGlob, conn: &mut Conn, control: &mut Control) -> Result<End> {
        self.by = FoundBy::Value;
        self.cut.read(self.ns, conn, control)?;
        if !self.tests.read_cut(self.ns, conn, control)? {
            return Ok(End::Stopped);
        }
        let pattern = self.ns.pattern(glob.base_source());
        self.pattern = Some(glob);
        let source = Source::Keyspace { pattern, kind: Some(RedisType::Hash.name()) };
        let end = Sweep::new(source).run(conn, self, control);
        self.pattern = None;
        end
    }

    fn set(&mut self, key: Vec<u8>, conn: &mut Conn, control: &mut Control) -> Result<End> {
        self.walk_set(Source::set(key), conn, control)
    }

    fn walk_set(&mut self, source: Source, conn: &mut Conn, control: &mut Control) -> Result<End> {
        let key = source.key().to_vec();
        let end = Sweep::new(source).run(conn, self, control)?;
        if end == End::WrongType && !self.not_sets.contains(&key) {
            self.not_sets.push(key);
        }
        Ok(end)
    }

    fn ask_whole_names(&mut self, conn: &mut Conn, control: &mut Control) -> Result<()> {
        for names in self.whole_names.chunks(NAMES_AT_ONCE) {
            if control.stopped() {
                self.cut.missed = true;
                return Ok(());
            }
            let (mut pipe, began) = (Pipe::new(), Instant::now());
            self.finder.queue(names.iter(), &mut pipe);
            let facts = self.finder.read(names.len(), &mut conn.run(&pipe)?, &mut self.not_sets)?;
            names.iter().zip(facts).for_each(|(name, facts)| self.cut.learn(self.ns, name, facts));
            control.rest(began);
        }
        Ok(())
    }

    /// The sets of `meta` are shared by every prefix on the database, so only this prefix is asked for.
    fn bookkeeping(&mut self, sets: Vec<Vec<u8>>, conn: &mut Conn, control: &mut Control) -> Result<End> {
        for key in sets {
            let source = Source::Set { key, pattern: Some(self.ns.all_pattern()) };
            let end = self.walk_set(source, conn, control)?;
            if self.full || end == End::Stopped {
                return Ok(end);
            }
        }
        Ok(End::Done)
    }

    fn indexes(&mut self, conn: &mut Conn, control: &mut Control) -> Result<End> {
        let source = Source::Keyspace { pattern: self.ns.all_pattern(), kind: Some(RedisType::Set.name()) };
        let mut names = Sweep::new(source);
        loop {
            // A bounded number at a time.
            let mut sets = Vec::new();
            let names_end = names.each(conn, control, |items| {
                sets.extend(items.into_iter().filter(|set| self.ns.is_index(set)));
                Ok(if sets.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            for key in sets {
                let end = self.set(key, conn, control)?;
                if self.full || end == End::Stopped {
                    return Ok(end);
                }
            }
            if names_end != End::Paused {
                return Ok(names_end);
            }
        }
    }

    fn cut_members(&mut self, conn: &mut Conn, control: &mut Control) -> Result<End> {
        self.only_cut = true;
        let (ns, mut stopped) = (self.ns, false);
        let end = each_cut_member(ns, conn, control, |found, large, conn, control| {
            work_on(conn, found, self)?;
            for source in large {
                stopped |= self.walk_set(source, conn, control)? == End::Stopped;
            }
            Ok(())
        });
        self.only_cut = false;
        end.map(|end| if stopped { End::Stopped } else { end })
    }

    fn walked(&mut self, complete: bool) -> Walked {
        let wrong_type = self.wrong_type + self.not_sets.len() as u64;
        Walked {
            complete: complete
                && wrong_type == 0
                && !self.cut_short
                && !(self.shared == SharedMarks::Together && self.cut.missed),
            missed_marks: self.cut.missed,
            cut_marked: self.cut_marked,
            cut_states: self.cut.changes_states(),
            wrong_type,
            not_sets: std::mem::take(&mut self.not_sets),
            not_hashes: std::mem::take(&mut self.not_hashes),
        }
    }

    fn queue_keys(&mut self, mut keys: Vec<Candidate>, known: bool, queue: &mut Queue<Question>) {
        let asked = &mut self.asked[usize::from(self.by_own_names)];
        keys.retain(|it| self.tests.accepts_name(&it.key, known) && asked.is_new(it.key.as_bytes()));
        if !keys.is_empty() {
            queue.ask(|pipe| self.ask_about(keys, known, pipe));
        }
    }

    fn ask_about(&self, keys: Vec<Candidate>, known: bool, pipe: &mut Pipe) -> Question {
        self.finder.queue(keys.iter().map(|it| &it.key), pipe);
        let of_value = keys.iter().filter(|_| self.shared.are_asked());
        let value_names: Vec<_> = of_value.filter_map(Candidate::value_name).collect();
        self.finder.queue(value_names.iter(), pipe);
        if self.tests.asks_sets() {
            let members: Vec<_> = keys.iter().map(|it| self.ns.member(&it.key)).collect();
            self.tests.queue(self.ns, &members, pipe);
        }
        self.finder.then(pipe);
        let command = match self.first_read() {
            Read::Presence if known => None,
            Read::Presence => Some(command::HEXISTS),
            Read::Size => Some(command::HSTRLEN),
            Read::Value => Some(command::HGET),
        };
        for Candidate { key, .. } in keys.iter().filter(|it| it.value.is_none()) {
            command.iter().for_each(|command| self.ask_field(*command, key, pipe));
        }
        Question::Keys { keys, value_names: value_names.len(), known }
    }

    /// What is read of a value before it is known whether it is meant.
    fn first_read(&self) -> Read {
        if self.read == Read::Value && self.tests.asks() { Read::Size } else { self.read }
    }

    fn ask_field(&self, command: Command, key: &LogicalKey, pipe: &mut Pipe) {
        pipe.push(command, &[&self.ns.values(key.base()), key.field()]);
    }

    /// The keys of a hash that are meant.
    fn keys_of(&mut self, found: FieldsFound) {
        let Entry::Values { base } = self.ns.classify(&found.hash, RedisType::Hash) else { return };
        let wanted = self.pattern.as_ref().and_then(|glob| glob.field.as_ref());
        let mut values = found.values.into_iter();
        for field in &found.fields {
            let value = values.next();
            if wanted.is_none_or(|glob| glob.matches(field)) {
                self.listed.push(Candidate { key: LogicalKey::at(base, field), value });
            }
        }
    }

    fn read_keys(
        &mut self,
        keys: Vec<Candidate>,
        value_names: usize,
        known: bool,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        let facts = self.finder.read(keys.len(), replies, &mut self.not_sets)?;
        let mut of_value_names = self.finder.read(value_names, replies, &mut self.not_sets)?.into_iter();
        let pass = self.tests.read(keys.len(), replies)?;
        let mut answered = Vec::with_capacity(keys.len());
        for ((candidate, mut facts), passes) in keys.into_iter().zip(facts).zip(pass) {
            let value_name = if value_names > 0 { candidate.value_name() } else { None };
            let value_name = value_name.filter(|_| {
                of_value_names.next().is_some_and(|its| {
                    facts.take_over(its);
                    its.may_be_stale()
                })
            });
            let Candidate { key, value } = candidate;
            let stored = match value {
                Some(value) => Stored::Value(value),
                None => match self.stored(known, replies)? {
                    stored if !stored.is_there() && self.has_taken(&key) => Stored::Taken,
                    stored => stored,
                },
            };
            // A key that was listed and is gone by now was deleted meanwhile: no index is known to name it.
            if passes && (!known || stored.is_there()) {
                answered.push(Answered { key, facts, stored, value_name });
            }
        }
        let unsure = answered.iter().filter(|it| matches!(it.stored, Stored::NothingOrEmpty));
        let unsure: Vec<_> = unsure.map(|it| it.key.clone()).collect();
        if unsure.is_empty() {
            return self.decide(answered, next);
        }
        next.ask(|pipe| {
            unsure.iter().for_each(|key| self.ask_field(command::HEXISTS, key, pipe));
            Question::Presence(answered)
        });
        Ok(())
    }

    fn read_presence(
        &mut self,
        mut answered: Vec<Answered>,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        for it in answered.iter_mut().filter(|it| matches!(it.stored, Stored::NothingOrEmpty)) {
            let reply = replies.one()?;
            let is_there = !reply.is_wrong_type() && reply.int()? > 0;
            it.stored = if is_there { Stored::Sized(0) } else { Stored::Nothing };
        }
        self.decide(answered, next)
    }

    /// Hands on what is meant. Where values are read and it takes more than a name to decide, only now those that are meant.
    fn decide(&mut self, mut answered: Vec<Answered>, next: &mut Queue<Question>) -> Result<()> {
        if self.first_read() == self.read {
            return self.hand_on(answered);
        }
        answered.iter_mut().for_each(|it| self.add_cut(it));
        let meant = answered.into_iter().filter(|it| it.is_meant(&self.tests));
        let (there, missing): (Vec<_>, Vec<_>) = meant.partition(|it| it.stored.is_there());
        if !there.is_empty() && !self.full {
            next.ask(|pipe| {
                there.iter().for_each(|it| self.ask_field(command::HGET, &it.key, pipe));
                Question::Values(there)
            });
        }
        self.hand_on(missing)
    }

    fn read_values(&mut self, mut meant: Vec<Answered>, replies: &mut Replies) -> Result<()> {
        for it in &mut meant {
            let reply = replies.one()?;
            let value = if reply.is_wrong_type() { None } else { reply.bytes()? };
            it.stored = value.map_or(Stored::Nothing, Stored::Value);
        }
        self.hand_on(meant)
    }

    /// Whether the value of a key was taken on the way.
    fn has_taken(&self, key: &LogicalKey) -> bool {
        self.taken.is_some_and(|taken| taken.borrow().holds(key.of_value().as_bytes()))
    }

    /// Adds what is filed under longer names of a value.
    fn add_cut(&self, answered: &mut Answered) {
        let is_row = !self.by_own_names && (self.by == FoundBy::Value || answered.stored.is_there());
        if !is_row && self.shared != SharedMarks::Together {
            return;
        }
        let value = (self.shared == SharedMarks::Together).then(|| answered.key.of_value());
        self.cut.apply(value.as_ref().unwrap_or(&answered.key), &mut answered.facts);
    }

    fn hand_on(&mut self, answered: Vec<Answered>) -> Result<()> {
        for mut it in answered {
            if self.full {
                return Ok(());
            }
            self.add_cut(&mut it);
            if !it.is_meant(&self.tests) || !self.recent.is_new(it.key.as_bytes()) {
                continue;
            }
            let Answered { key, facts, stored, value_name } = it;
            // Most keys are known by the name of their value: no copy is made of those.
            let cut_to = key.is_cut().then(|| key.of_value());
            let value = cut_to.as_ref().unwrap_or(&key);
            let (has_value, size) = (stored.is_there(), stored.size());
            let is_marked = value_name.is_some() || self.cut.may_mark(value);
            self.cut_marked |= self.shared == SharedMarks::Told && has_value && is_marked;
            let mut others = Vec::from_iter(value_name);
            if self.shared == SharedMarks::Together {
                others.extend(self.cut.names(value));
            }
            let value = if let Stored::Value(value) = stored { Some(value) } else { None };
            let found = Found { key, by: self.by, facts, value, size, has_value, others };
            if (self.sink)(found)? == ControlFlow::Break(()) {
                self.full = true;
            }
        }
        Ok(())
    }

    /// What is stored under a key, from the answers.
    fn stored(&mut self, known: bool, replies: &mut Replies) -> Result<Stored> {
        let read = self.first_read();
        if known && read == Read::Presence {
            return Ok(Stored::Something);
        }
        let reply = replies.one()?;
        if reply.is_wrong_type() {
            self.wrong_type += 1;
            note_odd(&mut self.not_hashes, reply.key());
            return Ok(Stored::Nothing);
        }
        Ok(match read {
            Read::Presence => {
                if reply.int()? > 0 {
                    Stored::Something
                } else {
                    Stored::Nothing
                }
            }
            Read::Size => match reply.count()? {
                0 if !known => Stored::NothingOrEmpty,
                size => Stored::Sized(size),
            },
            Read::Value => reply.bytes()?.map_or(Stored::Nothing, Stored::Value),
        })
    }
}

impl Work for Walk<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        let Some(glob) = self.pattern.clone() else {
            let keys = items.iter().filter_map(|member| self.ns.key_of_member(member));
            let keys = keys.filter(|key| !self.only_cut || key.is_cut());
            let keys = keys.map(|key| Candidate { key, value: None }).collect();
            self.queue_keys(keys, false, queue);
            return Ok(());
        };
        for hash in items {
            let Entry::Values { base } = self.ns.classify(&hash, RedisType::Hash) else { continue };
            if !glob.matches_base(base) || !self.tests.accepts_base(base) {
                continue;
            }
            queue.ask(|pipe| {
                Question::Fields(match self.first_read() {
                    // A value that is read before its mark may be one that was recomputed in between.
                    Read::Value if !self.shared.are_asked() => FieldsOf::ask_with_values(hash, pipe),
                    _ => FieldsOf::ask(hash, pipe),
                })
            });
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        match question {
            Question::Keys { keys, value_names, known } => {
                self.read_keys(keys, value_names, known, replies, next)
            }
            Question::Presence(answered) => self.read_presence(answered, replies, next),
            Question::Values(meant) => self.read_values(meant, replies),
            Question::Fields(_) if self.full => Ok(()),
            Question::Fields(fields) => {
                let found = fields.read(replies.one()?, &self.cancel, next, Question::Fields)?;
                self.cut_short |= found.cut_short;
                self.keys_of(found);
                Ok(())
            }
        }
    }

    /// Most hashes have one field: the keys of a round trip are asked about together, not hash by hash.
    fn settle(&mut self, next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        let mut keys = std::mem::take(&mut self.listed).into_iter();
        while keys.len() > 0 {
            self.queue_keys(keys.by_ref().take(NAMED_AT_ONCE).collect(), true, next);
        }
        Ok(if self.full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
