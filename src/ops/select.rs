//! Which keys are meant, and the walk that finds them with what is asked about each.

use super::cut::CutMarks;
use super::fields::{FieldsFound, FieldsOf};
use super::index::IndexKind;
use super::state::{FactFinder, Facts};
use crate::error::{Error, Result};
use crate::namespace::glob::{GlobError, KeyGlob};
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use crate::store::{
    Conn, Control, End, Flow, Limit, Pipe, Queue, Recent, Replies, Source, Sweep, Work, work_on,
};

/// Keys that were named one by one travel in batches of this many.
pub(super) const NAMED_AT_ONCE: usize = 200;

/// One way to say which keys are meant. Names are given without the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// A logical key.
    Key(LogicalKey),
    /// The keys that depend on an invalid key, by its name without `:invalid`.
    InvalidKey(Vec<u8>),
    /// The keys with a tag.
    Tag(Vec<u8>),
    /// The values whose base (and field, where the glob has a `>`) match.
    Pattern(KeyGlob),
}

impl Selector {
    /// A pattern over logical keys.
    ///
    /// # Errors
    /// [`Error::Glob`] for a glob that Redis would misread.
    pub fn pattern(glob: &[u8]) -> Result<Self> {
        let reason = |reason: GlobError| Error::Glob { glob: glob.to_vec(), reason };
        KeyGlob::parse(glob).map(Self::Pattern).map_err(reason)
    }

    /// The Redis key of its set, or the member that stands for its key; none of a pattern.
    pub fn name_in(&self, ns: &Namespace) -> Option<Vec<u8>> {
        match self {
            Self::Key(key) => Some(ns.member(key)),
            Self::Tag(name) => Some(ns.tag(name)),
            Self::InvalidKey(name) => Some(ns.invalid_key(name)),
            Self::Pattern(_) => None,
        }
    }
}

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
}

/// A key that was found, with what was asked about it.
pub(super) struct Found {
    pub(super) key: LogicalKey,
    pub(super) facts: Facts,
    pub(super) value: Option<Vec<u8>>,
    /// Bytes of the stored value, where sizes or values were read.
    pub(super) size: u64,
    pub(super) has_value: bool,
}

/// Keeps the names of the first few keys of another type, each once.
pub(super) fn note_odd(first: &mut Vec<Vec<u8>>, key: Option<&[u8]>) {
    if let Some(key) = key.filter(|key| first.len() < 3 && !first.iter().any(|it| it == key)) {
        first.push(key.to_vec());
    }
}

/// How much of a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Presence,
    Size,
    Value,
}

/// What became of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Walked {
    /// Whether everything was seen.
    pub(super) complete: bool,
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
    pub(super) recent: Recent,
    pub(super) sink: &'a mut dyn FnMut(Found) -> Result<Flow>,
    pattern: Option<KeyGlob>,
    cut: CutMarks,
    wrong_type: u64,
    not_sets: Vec<Vec<u8>>,
    not_hashes: Vec<Vec<u8>>,
    full: bool,
    limit: Limit,
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

/// What is stored under a key.
struct Stored {
    value: Option<Vec<u8>>,
    size: u64,
    there: bool,
}

/// What answers are for.
pub(super) enum Question {
    Fields(FieldsOf),
    /// Of keys, and whether they are known to have a value.
    Keys {
        keys: Vec<Candidate>,
        known: bool,
    },
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        ns: &'a Namespace,
        finder: FactFinder,
        values: bool,
        sink: &'a mut dyn FnMut(Found) -> Result<Flow>,
    ) -> Self {
        let read = if values { Read::Value } else { Read::Presence };
        Self {
            ns,
            finder,
            read,
            recent: Recent::default(),
            sink,
            pattern: None,
            cut: CutMarks::default(),
            wrong_type: 0,
            not_sets: Vec::new(),
            not_hashes: Vec::new(),
            full: false,
            limit: Limit::default(),
            cut_short: false,
            listed: Vec::new(),
        }
    }

    /// A walk that reads the sizes of values, not the values.
    pub(super) fn sizes(
        ns: &'a Namespace,
        finder: FactFinder,
        sink: &'a mut dyn FnMut(Found) -> Result<Flow>,
    ) -> Self {
        Self { read: Read::Size, ..Self::new(ns, finder, false, sink) }
    }

    /// Walks all places; a key that is found in several is handed on once, as far as the window reaches.
    pub(super) fn run(
        &mut self,
        places: &mut dyn Iterator<Item = Result<Place>>,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<Walked> {
        self.limit = control.limit();
        let mut named = Vec::new();
        for place in places {
            let end = match place? {
                Place::Selected(Selector::Key(key)) => {
                    named.push(self.ns.member(&key));
                    if named.len() >= NAMED_AT_ONCE {
                        work_on(conn, std::mem::take(&mut named), self)?;
                    }
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
            };
            match end {
                End::Stopped => return Ok(self.walked(false)),
                _ if self.full => return Ok(self.walked(true)),
                _ => {}
            }
        }
        work_on(conn, named, self)?;
        Ok(self.walked(true))
    }

    fn values(&mut self, glob: KeyGlob, conn: &mut Conn, control: &mut Control) -> Result<End> {
        self.cut.read(self.ns, conn, control)?;
        let pattern = self.ns.pattern(glob.base_source());
        self.pattern = Some(glob);
        let source = Source::Keyspace { pattern, kind: Some(RedisType::Hash) };
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
        let source = Source::Keyspace { pattern: self.ns.all_pattern(), kind: Some(RedisType::Set) };
        let mut names = Sweep::new(source);
        loop {
            // A bounded number at a time.
            let mut sets = Vec::new();
            let names_end = names.each(conn, control, |items| {
                sets.extend(items.into_iter().filter(|set| {
                    let entry = self.ns.classify(set, RedisType::Set);
                    matches!(entry, Entry::Tag { .. } | Entry::InvalidKey { .. })
                }));
                Ok(if sets.is_empty() { Flow::More } else { Flow::Pause })
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

    fn walked(&mut self, complete: bool) -> Walked {
        let wrong_type = self.wrong_type + self.not_sets.len() as u64;
        Walked {
            complete: complete && wrong_type == 0 && !self.cut_short,
            wrong_type,
            not_sets: std::mem::take(&mut self.not_sets),
            not_hashes: std::mem::take(&mut self.not_hashes),
        }
    }

    fn queue_keys(&mut self, mut keys: Vec<Candidate>, known: bool, queue: &mut Queue<Question>) {
        keys.retain(|it| self.recent.is_new(it.key.as_bytes()));
        if !keys.is_empty() {
            queue.ask(|pipe| self.ask_about(keys, known, pipe));
        }
    }

    fn ask_about(&self, keys: Vec<Candidate>, known: bool, pipe: &mut Pipe) -> Question {
        self.finder.queue(keys.iter().map(|it| &it.key), pipe);
        let commands: &[&'static str] = match self.read {
            Read::Presence if known => &[],
            Read::Presence => &["HEXISTS"],
            Read::Size => &["HEXISTS", "HSTRLEN"],
            Read::Value => &["HGET"],
        };
        for Candidate { key, .. } in keys.iter().filter(|it| it.value.is_none()) {
            let hash = self.ns.values(key.base());
            commands.iter().for_each(|command| pipe.push(command, &[&hash, key.field()]));
        }
        Question::Keys { keys, known }
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

    fn read_keys(&mut self, keys: Vec<Candidate>, known: bool, replies: &mut Replies) -> Result<()> {
        let facts = self.finder.read(keys.len(), replies, &mut self.not_sets)?;
        for (Candidate { key, value }, mut facts) in keys.into_iter().zip(facts) {
            let Stored { value, size, there: has_value } = self.stored(value, known, replies)?;
            // A key that was listed and is gone by now was deleted meanwhile: no index is known to name it.
            if self.full || (known && !has_value) {
                continue;
            }
            self.cut.apply(&key, &mut facts);
            if (self.sink)(Found { key, facts, value, size, has_value })? == Flow::Pause {
                self.full = true;
            }
        }
        Ok(())
    }

    /// What is stored under a key, from the answers where it is not at hand.
    fn stored(&mut self, value: Option<Vec<u8>>, known: bool, replies: &mut Replies) -> Result<Stored> {
        let value = match (value, self.read) {
            (Some(value), _) => Some(value),
            (None, Read::Presence) if known => return Ok(Stored { value: None, size: 0, there: true }),
            (None, read) => {
                let reply = replies.one()?;
                let size = if read == Read::Size { replies.one()?.count() } else { Ok(0) };
                if reply.is_wrong_type() {
                    self.wrong_type += 1;
                    note_odd(&mut self.not_hashes, reply.key());
                    return Ok(Stored { value: None, size: 0, there: false });
                }
                if read != Read::Value {
                    return Ok(Stored { value: None, size: size?, there: reply.int()? > 0 });
                }
                reply.bytes()?
            }
        };
        Ok(Stored {
            size: value.as_ref().map_or(0, |value| value.len() as u64),
            there: value.is_some(),
            value,
        })
    }
}

impl Work for Walk<'_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        let Some(glob) = self.pattern.clone() else {
            let keys = items.iter().filter_map(|member| self.ns.key_of_member(member));
            let keys = keys.map(|key| Candidate { key, value: None }).collect();
            self.queue_keys(keys, false, queue);
            return Ok(());
        };
        for hash in items {
            let Entry::Values { base } = self.ns.classify(&hash, RedisType::Hash) else { continue };
            if !glob.matches_base(base) {
                continue;
            }
            queue.ask(|pipe| {
                Question::Fields(match self.read {
                    Read::Value => FieldsOf::ask_with_values(hash, pipe),
                    Read::Presence | Read::Size => FieldsOf::ask(hash, pipe),
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
            Question::Keys { keys, known } => self.read_keys(keys, known, replies),
            Question::Fields(_) if self.full => Ok(()),
            Question::Fields(fields) => {
                let found = fields.read(replies.one()?, &self.limit, next, Question::Fields)?;
                self.cut_short |= found.cut_short;
                self.keys_of(found);
                Ok(())
            }
        }
    }

    /// Most hashes have one field: the keys of a round trip are asked about together, not hash by hash.
    fn settle(&mut self, next: &mut Queue<Question>) -> Result<Flow> {
        let mut keys = std::mem::take(&mut self.listed).into_iter();
        while keys.len() > 0 {
            self.queue_keys(keys.by_ref().take(NAMED_AT_ONCE).collect(), true, next);
        }
        Ok(if self.full { Flow::Pause } else { Flow::More })
    }
}
