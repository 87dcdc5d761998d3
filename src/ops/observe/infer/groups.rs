//! Numbers by tag, by shape where no tag is known, in bounded memory.

use super::super::shape::shape;
use super::super::totals::{Times, Totals};
use super::key::LAST_LOOK;
use super::{Infer, Key, Line};
use std::collections::HashMap;
use std::time::Duration;

/// What keys are counted together by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) enum Group {
    Tag(Vec<u8>),
    Shape(Vec<u8>),
}

/// The numbers of a group.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Numbers {
    pub(in super::super) totals: Totals,
    pub(in super::super) times: Times,
}

impl Numbers {
    pub(in super::super) fn add(&mut self, other: &Self) {
        self.totals.add(&other.totals);
        self.times.add(&other.times);
    }
}

/// More tags or shapes than this are counted as one.
const MOST_GROUPS: usize = 2000;
/// More bytes of keys than this are not held.
const MOST_BYTES: usize = 12 << 20;

/// Tags by number, and what keys left behind that are not held any more.
#[derive(Debug)]
pub(super) struct Groups {
    most_keys: usize,
    bytes: usize,
    names: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, u32>,
    by_tag: Vec<Numbers>,
    by_shape: HashMap<Vec<u8>, Numbers>,
    /// Times of keys whose tag is not known yet.
    loose: HashMap<Box<[u8]>, Times>,
    /// Keys without a tag had to be let go: some rows are by shape for that alone.
    capped: bool,
    /// Events of keys that were let go with them, since this was last asked.
    pub(super) untold: u64,
}

impl Groups {
    pub(super) fn new(most_keys: usize) -> Self {
        Self {
            most_keys,
            bytes: 0,
            // Number 0 is no tag.
            names: vec![Vec::new()],
            numbers: HashMap::new(),
            by_tag: vec![Numbers::default()],
            by_shape: HashMap::new(),
            loose: HashMap::new(),
            capped: false,
            untold: 0,
        }
    }

    /// A tag's number.
    pub(super) fn tag(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let Ok(number) = u32::try_from(self.names.len()) else { return 0 };
        if self.names.len() >= MOST_GROUPS {
            return 0;
        }
        self.names.push(name.to_vec());
        self.by_tag.push(Numbers::default());
        self.numbers.insert(name.to_vec(), number);
        number
    }

    /// The tag with this number.
    pub(super) fn name(&self, tag: u32) -> Option<&[u8]> {
        self.names.get(tag as usize).filter(|_| tag > 0).map(Vec::as_slice)
    }

    pub(super) fn has_tag(&self, name: &[u8]) -> bool {
        self.numbers.contains_key(name)
    }

    /// A computation took so long.
    pub(super) fn took(&mut self, tag: u32, key: &[u8], micros: Option<u64>) {
        let Some(micros) = micros else { return };
        match self.by_tag.get_mut(tag as usize) {
            Some(numbers) if tag > 0 => numbers.times.record(micros),
            _ if self.loose.len() < self.most_keys / 10 => {
                self.loose.entry(key.into()).or_default().record(micros);
            }
            _ => self.shaped(&shape(key)).times.record(micros),
        }
    }

    fn shaped(&mut self, shape: &[u8]) -> &mut Numbers {
        let full = self.by_shape.len() >= MOST_GROUPS && !self.by_shape.contains_key(shape);
        let shape = if full { b"(others)" } else { shape };
        self.by_shape.entry(shape.to_vec()).or_default()
    }

    fn let_go(&mut self, key: &[u8], state: &Key) {
        let numbers = Numbers { totals: state.totals, times: self.loose.remove(key).unwrap_or_default() };
        match self.by_tag.get_mut(state.tag as usize) {
            Some(tagged) if state.tag > 0 => tagged.add(&numbers),
            _ => self.shaped(&shape(key)).add(&numbers),
        }
    }

    /// Before a key is added: where there is no room, lets go of keys with nothing going on. Their numbers stay. Gives
    /// whether marked keys may be among them.
    pub(super) fn make_room(&mut self, keys: &mut HashMap<Box<[u8]>, Key>, adding: usize) -> bool {
        self.bytes += adding;
        if keys.len() < self.most_keys && self.bytes < MOST_BYTES {
            return false;
        }
        for (marked, untagged) in [(false, false), (true, false), (true, true)] {
            let before = keys.len();
            keys.retain(|key, state| {
                let goes = state.is_quiet() && (marked || !state.is_marked()) && (untagged || state.tag > 0);
                if goes {
                    self.let_go(key, state);
                }
                !goes
            });
            self.capped |= untagged && keys.len() < before;
            self.bytes = adding + keys.keys().map(|key| key.len()).sum::<usize>();
            if keys.len() <= self.most_keys / 2 && self.bytes <= MOST_BYTES / 2 {
                return marked;
            }
        }
        // So much goes on at once that it cannot all be followed.
        self.capped = true;
        keys.drain().for_each(|(key, state)| {
            self.untold += state.log.as_ref().map_or(0, |log| log.len() as u64);
            self.let_go(&key, &state);
        });
        self.bytes = adding;
        true
    }
}

impl Infer {
    /// Settles what was still open. Nothing more comes.
    pub(in super::super) fn finish(&mut self) {
        self.script_ends();
        for (key, state) in &mut self.keys {
            let time = state.settle(self.last);
            self.groups.took(state.tag, key, time);
        }
        self.tell_all();
    }

    /// How long to listen on, so that what goes on now can be told: nothing, or a moment.
    pub(in super::super) fn open_for(&self) -> Duration {
        let open = self.has_untold() || self.keys.values().any(|state| state.is_open(self.last));
        if open { Duration::from_micros(LAST_LOOK) } else { Duration::ZERO }
    }

    /// The time has come this far.
    pub(in super::super) fn until(&mut self, line: &[u8]) {
        self.last = Line::parse(line).map_or(self.last, |line| line.at);
    }

    /// Keys whose tag nobody knows, at most so many; none is named twice.
    pub(in super::super) fn unplaced(&mut self, most: usize) -> Vec<Vec<u8>> {
        let unplaced = self
            .keys
            .iter_mut()
            .filter(|(_, state)| state.tag == 0 && !state.asked && !state.totals.is_empty());
        let named = unplaced.take(most).map(|(key, state)| {
            state.asked = true;
            key.to_vec()
        });
        named.collect()
    }

    /// A key has this tag.
    pub(in super::super) fn place(&mut self, key: &[u8], tag: &[u8]) {
        let tag = self.groups.tag(tag);
        if let Some(state) = self.keys.get_mut(key).filter(|state| state.tag == 0) {
            state.tag = tag;
            if let (Some(times), Some(numbers)) =
                (self.groups.loose.remove(key), self.groups.by_tag.get_mut(tag as usize))
            {
                numbers.times.add(&times);
            }
        }
    }

    /// The tags that were seen, with how many of the keys at hand have each.
    pub(in super::super) fn tags_seen(&self) -> Vec<Vec<u8>> {
        self.groups.names[1..].to_vec()
    }

    /// The tags of keys of a shape.
    pub(in super::super) fn tags_by_shape(&self) -> HashMap<Vec<u8>, Vec<Vec<u8>>> {
        let mut tags: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        for (key, state) in self.keys.iter().filter(|(_, state)| state.tag > 0).take(2000) {
            let names = tags.entry(shape(key)).or_default();
            if let Some(name) = self.groups.names.get(state.tag as usize).filter(|name| !names.contains(name))
            {
                names.push(name.clone());
            }
        }
        tags
    }

    /// The numbers of every group.
    pub(in super::super) fn numbers(&self) -> HashMap<Group, Numbers> {
        let Groups { names, by_tag, by_shape, loose, .. } = &self.groups;
        let mut all: HashMap<Group, Numbers> = HashMap::new();
        let mut tags: Vec<Totals> = by_tag.iter().map(|numbers| numbers.totals).collect();
        for (shape, numbers) in by_shape {
            all.entry(Group::Shape(shape.clone())).or_default().add(numbers);
        }
        for (key, state) in &self.keys {
            match tags.get_mut(state.tag as usize) {
                Some(totals) if state.tag > 0 => totals.add(&state.totals),
                _ if state.totals.is_empty() => {}
                _ => {
                    let numbers = all.entry(Group::Shape(shape(key))).or_default();
                    numbers.totals.add(&state.totals);
                    loose.get(key).into_iter().for_each(|times| numbers.times.add(times));
                }
            }
        }
        for ((name, totals), numbers) in names.iter().zip(tags).zip(by_tag).skip(1) {
            if !totals.is_empty() {
                all.insert(Group::Tag(name.clone()), Numbers { totals, times: numbers.times.clone() });
            }
        }
        all
    }

    /// The keys with the most calls.
    pub(in super::super) fn busiest(&self, most: usize) -> Vec<(Vec<u8>, u64)> {
        let mut all: Vec<_> = self.keys.iter().map(|(key, state)| (state.totals.calls, key)).collect();
        all.retain(|(calls, _)| *calls > 0);
        let most = most.min(all.len());
        if most > 0 {
            all.select_nth_unstable_by(most - 1, |a, b| b.cmp(a));
        }
        all.truncate(most);
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.into_iter().map(|(calls, key)| (key.to_vec(), calls)).collect()
    }

    /// How many keys are being computed.
    pub(in super::super) fn computing(&self) -> usize {
        self.keys.values().filter(|state| state.computing).count()
    }

    /// Whether keys had to be let go before their tag was known.
    pub(in super::super) fn is_capped(&self) -> bool {
        self.groups.capped
    }

    /// How many commands were seen.
    pub(in super::super) fn commands(&self) -> u64 {
        self.lines
    }
}
