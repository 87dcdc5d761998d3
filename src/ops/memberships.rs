//! Every tag and invalid key of every key, held in memory: for a dump that carries the indexes.
//!
//! The indexes are read before the values, and others write meanwhile. The library adds a key to its tag, stores the value, and
//! then adds the key to its invalid keys, 0.0.9 in steps of their own. So tags are read first: a value whose key was in no tag
//! is newer than that, and its row waits until the indexes have been read again.

use super::collect::collect;
use crate::client::{Conn, Control, End, Source, Sweep};
use crate::error::Result;
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::time::Duration;

/// So many rows wait at most.
const WAIT_AT_MOST: usize = 200_000;
/// A worker that has just stored a value needs this long at most to add its key to the invalid keys.
const STEPS_OF_A_WRITE: Duration = Duration::from_millis(200);

/// The tags and invalid keys of the keys of a namespace.
#[derive(Debug)]
pub struct Memberships {
    ns: Namespace,
    tags: Names,
    invalid_keys: Names,
    /// By what the library cuts a key to: its member in a bucket. Boxed, as a map that grows has room for twice as many.
    places: HashMap<Vec<u8>, Box<Place>>,
    waiting: BTreeSet<LogicalKey>,
    wait_at_most: usize,
    /// Whether a row that should have waited was written for want of room.
    overflowed: bool,
    /// Keys that were added to an index after their rows were written.
    late: u64,
    /// Whether every set was walked to its end.
    complete: bool,
}

/// What became of the memberships after all rows but those that waited were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reread {
    /// Whether every set was walked to its end.
    pub complete: bool,
    /// Keys that were added to a tag or an invalid key after their rows were written.
    pub late: u64,
}

/// Where a value is, with the keys that share it.
#[derive(Debug, Default)]
struct Place {
    row: RowState,
    own: Named,
    /// Keys of more than two segments, which the library cuts to this one, by their members.
    longer: BTreeMap<Vec<u8>, Named>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum RowState {
    #[default]
    Unseen,
    Waits,
    Written,
    /// Written, and later added to an index.
    Late,
}

/// The tags and invalid keys of one key, by their numbers.
#[derive(Debug, Default)]
struct Named {
    tags: Vec<u32>,
    invalid_keys: Vec<u32>,
}

#[derive(Debug, Default)]
struct Names {
    names: Vec<Vec<u8>>,
    numbers: HashMap<Vec<u8>, u32>,
}

impl Names {
    fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_vec());
        self.numbers.insert(name.to_vec(), number);
        number
    }

    fn sorted(&self, numbers: &[u32]) -> Vec<&[u8]> {
        let names = numbers.iter().filter_map(|number| self.names.get(*number as usize));
        let mut names: Vec<_> = names.map(Vec::as_slice).collect();
        names.sort_unstable();
        names
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Tag,
    InvalidKey,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Tag, Self::InvalidKey];
}

impl Memberships {
    /// Reads all tags and invalid keys into memory.
    ///
    /// # Errors
    /// Connection errors and refusals.
    pub fn read(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<Self> {
        Self::read_kinds(&Kind::ALL, conn, ns, control)
    }

    /// Reads all tags into memory, and no invalid keys.
    ///
    /// # Errors
    /// Connection errors and refusals.
    pub fn read_tags(conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<Self> {
        Self::read_kinds(&[Kind::Tag], conn, ns, control)
    }

    fn read_kinds(kinds: &[Kind], conn: &mut Conn, ns: &Namespace, control: &mut Control) -> Result<Self> {
        let mut all = Self::of(ns, WAIT_AT_MOST);
        all.complete = all.walk(kinds, conn, control, Self::learn)?;
        Ok(all)
    }

    fn of(ns: &Namespace, wait_at_most: usize) -> Self {
        Self {
            ns: ns.clone(),
            tags: Names::default(),
            invalid_keys: Names::default(),
            places: HashMap::new(),
            waiting: BTreeSet::new(),
            wait_at_most,
            overflowed: false,
            late: 0,
            complete: true,
        }
    }

    /// Whether every set was walked to its end.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The tags of a key.
    pub fn tags(&self, key: &LogicalKey) -> Vec<&[u8]> {
        self.named(key).map_or(vec![], |named| self.tags.sorted(&named.tags))
    }

    /// The invalid keys of a key.
    pub fn invalid_keys(&self, key: &LogicalKey) -> Vec<&[u8]> {
        self.named(key).map_or(vec![], |named| self.invalid_keys.sorted(&named.invalid_keys))
    }

    /// The other keys that share a key's value (`a>b` and `a>b>c` do), as far as indexes name them.
    pub fn cut_keys(&self, key: &LogicalKey) -> Vec<LogicalKey> {
        let member = self.ns.bucket_member(key);
        let Some(place) = self.places.get(&member) else { return Vec::new() };
        let own = (!place.own.is_empty()).then_some(&member);
        let members = place.longer.keys().chain(own);
        members.filter_map(|member| self.ns.key_of_member(member)).filter(|whole| whole != key).collect()
    }

    /// All keys of more than two parts that the indexes name.
    pub fn whole_names(&self) -> Vec<LogicalKey> {
        let members = self.places.values().flat_map(|place| place.longer.keys());
        members.filter_map(|member| self.ns.key_of_member(member)).collect()
    }

    /// Whether the row of a key is to be written now, and counts as written. Not where it has to wait for
    /// [`Memberships::read_again`], nor where another row has its value: that one names all its keys.
    pub fn is_to_be_written(&mut self, key: &LogicalKey) -> bool {
        let place = self.ns.bucket_member(key);
        let has_room = self.waiting.len() < self.wait_at_most;
        match self.places.get_mut(&place) {
            Some(place) if place.row != RowState::Unseen => false,
            Some(place) if place.is_tagged() || !has_room => {
                place.row = RowState::Written;
                true
            }
            None if !has_room => {
                self.overflowed = true;
                true
            }
            _ => {
                self.places.entry(place).or_default().row = RowState::Waits;
                self.waiting.insert(key.clone());
                false
            }
        }
    }

    /// Reads the indexes again for the rows that waited, and says which were written too early. [`Memberships::waited`]
    /// has the keys whose rows can be written now.
    ///
    /// # Errors
    /// Connection errors and refusals.
    pub fn read_again(&mut self, conn: &mut Conn, control: &mut Control) -> Result<Reread> {
        let in_steps = self.ns.layout().has_classic();
        if (in_steps || !self.waiting.is_empty()) && !control.stopped() {
            std::thread::sleep(STEPS_OF_A_WRITE);
        }
        let walked = self.walk(&Kind::ALL, conn, control, Self::learn_again)?;
        Ok(Reread { complete: self.complete && walked, late: self.late })
    }

    fn learn(&mut self, kind: Kind, number: u32, member: Vec<u8>) {
        let Some((place, is_longer)) = self.place_of(&member) else { return };
        let place = self.places.entry(place).or_default();
        place.named_mut(member, is_longer).add(kind, number);
    }

    fn learn_again(&mut self, kind: Kind, number: u32, member: Vec<u8>) {
        let Some((place, is_longer)) = self.place_of(&member) else { return };
        let Some(place) = self.places.get_mut(&place) else {
            // Its row may be one of those that found no room.
            self.late += u64::from(self.overflowed);
            return;
        };
        match place.row {
            RowState::Waits => place.named_mut(member, is_longer).add(kind, number),
            RowState::Written => {
                if !place.named_mut(member, is_longer).has(kind, number) {
                    place.row = RowState::Late;
                    self.late += 1;
                }
            }
            RowState::Unseen | RowState::Late => {}
        }
    }

    /// The keys whose rows waited. They count as written: what [`Memberships::read_again`] finds of them behind that is late.
    pub fn waited(&mut self) -> BTreeSet<LogicalKey> {
        let waited = std::mem::take(&mut self.waiting);
        for key in &waited {
            self.places.entry(self.ns.bucket_member(key)).or_default().row = RowState::Written;
        }
        waited
    }

    fn named(&self, key: &LogicalKey) -> Option<&Named> {
        let (member, place) = (self.ns.member(key), self.ns.bucket_member(key));
        let found = self.places.get(&place)?;
        if member == place { Some(&found.own) } else { found.longer.get(&member) }
    }

    /// Where the value of a member is, and whether the member is longer than that.
    fn place_of(&self, member: &[u8]) -> Option<(Vec<u8>, bool)> {
        let key = self.ns.key_of_member(member)?;
        let place = self.ns.bucket_member(&key);
        let is_longer = place != member;
        Some((place, is_longer))
    }

    /// Walks the members of all indexes of a kind, then of those of the next kind that are there by then. `false` where it
    /// was stopped.
    fn walk(
        &mut self,
        kinds: &[Kind],
        conn: &mut Conn,
        control: &mut Control,
        learn: fn(&mut Self, Kind, u32, Vec<u8>),
    ) -> Result<bool> {
        let mut complete = true;
        for &kind in kinds {
            let pattern = match kind {
                Kind::Tag => self.ns.all_pattern(),
                Kind::InvalidKey => self.ns.invalid_keys_pattern(),
            };
            let (sets, end) =
                collect(conn, Source::Keyspace { pattern, kind: Some(RedisType::Set.name()) }, control)?;
            complete &= end == End::Done;
            for set in sets {
                let number = match (kind, self.ns.classify(&set, RedisType::Set)) {
                    (Kind::Tag, Entry::Tag { name }) => self.tags.number(name),
                    (Kind::InvalidKey, Entry::InvalidKey { name }) => self.invalid_keys.number(name),
                    _ => continue,
                };
                let end = Sweep::new(Source::set(set.clone())).each(conn, control, |members| {
                    members.into_iter().for_each(|member| learn(self, kind, number, member));
                    Ok(ControlFlow::Continue(()))
                })?;
                complete &= end == End::Done;
            }
        }
        Ok(complete)
    }
}

impl Place {
    fn named_mut(&mut self, member: Vec<u8>, is_longer: bool) -> &mut Named {
        if is_longer { self.longer.entry(member).or_default() } else { &mut self.own }
    }

    fn is_tagged(&self) -> bool {
        let mut named = std::iter::once(&self.own).chain(self.longer.values());
        named.any(|named| !named.tags.is_empty())
    }
}

impl Named {
    fn of(&mut self, kind: Kind) -> &mut Vec<u32> {
        match kind {
            Kind::Tag => &mut self.tags,
            Kind::InvalidKey => &mut self.invalid_keys,
        }
    }

    fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.invalid_keys.is_empty()
    }

    fn has(&mut self, kind: Kind, number: u32) -> bool {
        self.of(kind).contains(&number)
    }

    fn add(&mut self, kind: Kind, number: u32) {
        if !self.has(kind, number) {
            self.of(kind).push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Layout;

    #[test]
    fn beyond_the_rows_that_wait_a_late_index_is_noticed() {
        let ns = Namespace::new("CM:", Layout::Classic).unwrap();
        let key = |name: &str| LogicalKey::new(name);
        let mut all = Memberships::of(&ns, 1);
        let tag = all.tags.number(b"t");
        all.learn(Kind::Tag, tag, b"CM:a>1".to_vec());
        all.learn(Kind::Tag, tag, b"CM:a>2>x".to_vec());
        let written =
            ["a>1", "a>2", "a>2>x", "b>1", "b>1>x", "b>2"].map(|name| all.is_to_be_written(&key(name)));
        assert_eq!(written, [true, true, false, false, false, true]);
        for known in ["a>1", "a>2>x", "b>1"] {
            all.learn_again(Kind::Tag, tag, format!("CM:{known}").into_bytes());
        }
        assert_eq!((all.late, all.tags(&key("b>1"))), (0, vec![&b"t"[..]]));
        let user = all.invalid_keys.number(b"User:1");
        for late in ["a>1", "a>2>x", "a>2>y", "b>2"] {
            all.learn_again(Kind::InvalidKey, user, format!("CM:{late}").into_bytes());
        }
        assert_eq!(all.late, 3, "a>1, a>2 and perhaps b>2");
        assert_eq!(all.waited(), [key("b>1")].into());
    }
}
