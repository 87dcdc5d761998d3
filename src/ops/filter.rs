//! Which of the selected keys are meant: what is taken away, what must match as well, what narrows.
//!
//! Tests of the name alone come first and cost nothing. The rest is asked beside the other questions about a key, in the same
//! round trip: whether it is a member of a set, how large its value is.

use super::marks::{ask_members, read_members};
use super::selector::{IndexKind, Selector};
use super::state::{KeyState, Ttl};
use crate::client::command;
use crate::client::{Conn, Control, End, Pipe, Replies, Source, Sweep};
use crate::error::{Error, Result};
use crate::namespace::glob::KeyGlob;
use crate::namespace::{LogicalKey, Namespace};
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

/// Which of the keys that were found are meant. As it is by default, all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Each of these must mean the key, too.
    pub all: Vec<Selector>,
    /// None of these may mean the key. Where keys are read from the hashes, and `a>b` stands for its value, a key that shares
    /// the value (`a>b>c`) takes it away as well. What invalidates and purges spares the whole value of such a key, by
    /// whatever name it comes to it.
    pub except: Vec<Selector>,
    /// Only keys in these states; all where empty.
    pub states: Vec<KeyState>,
    /// Only values of more bytes than this.
    pub larger_than: Option<u64>,
    /// Only values of fewer bytes than this.
    pub smaller_than: Option<u64>,
    /// Only keys that expire in this time. What has expired already does not.
    pub expires_within: Option<Duration>,
    /// Only keys that expire later than that.
    pub expires_after: Option<Duration>,
    /// Only keys without a timeout.
    pub no_timeout: bool,
}

impl Filter {
    /// Whether all keys are meant.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a key that is like this is meant, whatever it is called.
    pub fn accepts(&self, state: KeyState, ttl: Option<Ttl>, size: Option<u64>) -> bool {
        self.accepts_state(state) && self.accepts_ttl(ttl) && self.accepts_size(size)
    }

    /// Whether it takes the size of a value to decide.
    pub(super) fn asks_size(&self) -> bool {
        self.larger_than.is_some() || self.smaller_than.is_some()
    }

    /// Whether a value of this size is meant; where no size is asked for, none is needed.
    pub(super) fn accepts_size(&self, size: Option<u64>) -> bool {
        !self.asks_size()
            || size.is_some_and(|size| {
                self.larger_than.is_none_or(|least| size > least)
                    && self.smaller_than.is_none_or(|most| size < most)
            })
    }

    /// Whether a key with this timeout is meant.
    fn accepts_ttl(&self, ttl: Option<Ttl>) -> bool {
        if self.expires_within.is_none() && self.expires_after.is_none() {
            return !self.no_timeout || ttl.is_none();
        }
        let left = ttl.and_then(|ttl| u64::try_from(ttl.seconds).ok()).filter(|seconds| *seconds > 0);
        left.map(Duration::from_secs).is_some_and(|left| {
            self.expires_within.is_none_or(|within| left <= within)
                && self.expires_after.is_none_or(|after| left > after)
        })
    }

    fn accepts_state(&self, state: KeyState) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }
}

/// A filter at work on one namespace.
#[derive(Debug, Clone, Default)]
pub(super) struct Tests {
    filter: Filter,
    indexes: Vec<IndexTest>,
    many: bool,
    /// An exception spares the value with all its keys: whoever deletes one of them takes the value from the others.
    spares_values: bool,
}

/// A set that has to hold a key, or must not.
#[derive(Debug, Clone)]
struct IndexTest {
    set: Vec<u8>,
    wanted: bool,
    /// The values of the keys in it that the library cuts, once these were read: where it must not hold a key, it takes these
    /// away.
    values: Option<Rc<HashSet<LogicalKey>>>,
}

impl IndexTest {
    /// The test of a selector, if it names a set.
    fn new(selector: &Selector, ns: &Namespace, wanted: bool) -> Result<Option<Self>> {
        let set = match selector {
            Selector::Tag(name) => IndexKind::Tag.set(ns, name)?,
            Selector::InvalidKey(name) => IndexKind::InvalidKey.set(ns, name)?,
            Selector::Key(_) | Selector::Pattern(_) => return Ok(None),
        };
        Ok(Some(Self { set, wanted, values: None }))
    }
}

impl Tests {
    pub(super) fn new(filter: &Filter, ns: &Namespace, conn: &Conn) -> Result<Self> {
        let mut indexes = Vec::new();
        for selector in &filter.all {
            indexes.extend(IndexTest::new(selector, ns, true)?);
        }
        for selector in &filter.except {
            indexes.extend(IndexTest::new(selector, ns, false)?);
        }
        let (filter, many) = (filter.clone(), conn.at_least(6, 2));
        Ok(Self { filter, indexes, many, spares_values: false })
    }

    /// The same, for what may delete values: an exception spares the value with all its keys.
    pub(super) fn sparing_values(mut self) -> Self {
        self.spares_values = true;
        self
    }

    /// The same, for what a pattern means as well.
    pub(super) fn and(&self, pattern: Option<&KeyGlob>) -> Self {
        let mut tests = self.clone();
        tests.filter.all.extend(pattern.cloned().map(Selector::Pattern));
        tests
    }

    /// Whether every key passes.
    pub(super) fn is_empty(&self) -> bool {
        self.filter.is_empty()
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Whether it takes more than a name to decide.
    pub(super) fn asks(&self) -> bool {
        let Filter { states, larger_than, smaller_than, expires_within, expires_after, no_timeout, .. } =
            &self.filter;
        self.asks_sets()
            || !states.is_empty()
            || larger_than.or(*smaller_than).is_some()
            || expires_within.or(*expires_after).is_some()
            || *no_timeout
    }

    /// Reads which values the keys have that sets take away and the library cuts: a hash does not tell their names. They are
    /// held in memory. Comes before keys are read from hashes or buckets, whatever the time budget is; tells whether it came to its end.
    pub(super) fn read_cut(&mut self, ns: &Namespace, conn: &mut Conn, control: &Control) -> Result<bool> {
        let mut control = control.untimed();
        for test in self.indexes.iter_mut().filter(|test| !test.wanted && test.values.is_none()) {
            let mut values = HashSet::new();
            let source = Source::Set { key: test.set.clone(), pattern: Some(ns.cut_pattern()) };
            let end = Sweep::new(source).each(conn, &mut control, |members| {
                let keys = members.iter().filter_map(|member| ns.key_of_member(member));
                values.extend(keys.filter(LogicalKey::is_cut).map(|key| key.of_value()));
                Ok(ControlFlow::Continue(()))
            })?;
            match end {
                End::Done | End::Paused => test.values = Some(Rc::new(values)),
                End::Stopped => return Ok(false),
                End::WrongType => return Err(Error::WrongType { keys: vec![test.set.clone()] }),
            }
        }
        Ok(true)
    }

    /// Whether any value of this base may be meant.
    pub(super) fn accepts_base(&self, base: &[u8]) -> bool {
        let is_whole = |it: &Selector| matches!(it, Selector::Pattern(KeyGlob { field: None, .. }) if may_mean(it, base));
        self.filter.all.iter().all(|selector| may_mean(selector, base))
            && !self.filter.except.iter().any(is_whole)
    }

    /// Whether the name of a key says nothing against it. With `is_value` it stands for its value, whatever else its readers
    /// call it.
    pub(super) fn accepts_name(&self, key: &LogicalKey, is_value: bool) -> bool {
        let is_value = is_value || self.spares_values;
        let value = key.of_value();
        let takes_away = |selector: &Selector| match selector {
            Selector::Key(name) if is_value => name.of_value() == value,
            selector => means(selector, key).unwrap_or(false),
        };
        let is_cut_away =
            |test: &IndexTest| is_value && test.values.as_ref().is_some_and(|values| values.contains(&value));
        self.filter.all.iter().all(|selector| means(selector, key).unwrap_or(true))
            && !self.filter.except.iter().any(takes_away)
            && !self.indexes.iter().any(is_cut_away)
    }

    /// Whether sets are asked.
    pub(super) fn asks_sets(&self) -> bool {
        !self.indexes.is_empty()
    }

    /// Asks the sets about members; [`Tests::read`] takes the answers. A set that spares values is asked about their names: which
    /// other names they have in it, [`Tests::read_cut`] has read.
    pub(super) fn queue(&self, ns: &Namespace, members: &[Vec<u8>], pipe: &mut Pipe) {
        if members.is_empty() {
            return;
        }
        let of_value = |member: &Vec<u8>| {
            ns.key_of_member(member).map_or_else(|| member.clone(), |key| ns.bucket_member(&key))
        };
        let values: Vec<_> = members.iter().filter(|_| self.spares_values).map(of_value).collect();
        for test in &self.indexes {
            let names = if self.spares_values && !test.wanted { &values } else { members };
            let names: Vec<_> = names.iter().map(Vec::as_slice).collect();
            ask_members(self.many, &test.set, &names, pipe);
        }
    }

    /// Whether the sets let each of as many members pass as were asked about.
    pub(super) fn read(&self, members: usize, replies: &mut Replies) -> Result<Vec<bool>> {
        let mut pass = vec![true; members];
        if members == 0 {
            return Ok(pass);
        }
        for test in &self.indexes {
            let mut not_sets = Vec::new();
            let held = read_members(self.many, members, replies, &mut not_sets)?;
            if !not_sets.is_empty() {
                // What it would take away cannot be told.
                return Err(Error::WrongType { keys: not_sets });
            }
            pass.iter_mut().zip(held).for_each(|(pass, held)| *pass &= held == test.wanted);
        }
        Ok(pass)
    }

    /// The same of members whose state and timeout are known, with what it takes to tell how large their values are.
    pub(super) fn queue_all(&self, ns: &Namespace, members: &[Vec<u8>], pipe: &mut Pipe) {
        self.queue(ns, members, pipe);
        if self.filter.asks_size() {
            let values = members.iter().filter_map(|member| ns.location(member));
            values.for_each(|(hash, field)| pipe.push(command::HSTRLEN, &[hash, field]));
        }
    }

    /// Whether each of them passes. Where no value is, it has no bytes.
    pub(super) fn read_all(&self, members: usize, replies: &mut Replies) -> Result<Vec<bool>> {
        let mut pass = self.read(members, replies)?;
        if self.filter.asks_size() {
            for pass in &mut pass {
                let reply = replies.one()?;
                let size = if reply.is_wrong_type() { None } else { Some(reply.count()?) };
                *pass &= self.filter.accepts_size(size);
            }
        }
        Ok(pass)
    }

    /// Whether a key is meant as it is now.
    pub(super) fn accepts(&self, state: KeyState, ttl: Option<Ttl>) -> bool {
        self.filter.accepts_state(state) && self.filter.accepts_ttl(ttl)
    }
}

/// Whether a selector means a key, as far as its name tells.
fn means(selector: &Selector, key: &LogicalKey) -> Option<bool> {
    match selector {
        Selector::Key(name) => Some(name == key),
        Selector::Pattern(glob) => Some(glob.matches(key.base(), key.field())),
        Selector::Tag(_) | Selector::InvalidKey(_) => None,
    }
}

/// Whether a selector may mean a value of this base.
fn may_mean(selector: &Selector, base: &[u8]) -> bool {
    match selector {
        Selector::Key(name) => name.base() == base,
        Selector::Pattern(glob) => glob.matches_base(base),
        Selector::Tag(_) | Selector::InvalidKey(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(filter: Filter) -> Tests {
        Tests { filter, ..Tests::default() }
    }

    #[test]
    fn an_empty_filter_lets_everything_pass_and_asks_nothing() {
        let tests = of(Filter::default());
        assert!(tests.is_empty() && !tests.asks());
        assert!(tests.accepts_name(&"a>b".into(), true) && tests.accepts(KeyState::Missing, None));
    }

    #[test]
    fn a_row_of_a_hash_stands_for_its_value_and_another_for_its_key() {
        let except = vec![Selector::Key("a>b>c".into()), Selector::Key("a>base".into())];
        let tests = of(Filter { except, ..Filter::default() });
        for (key, is_value, passes) in [
            ("a>b", true, false),
            ("a>b", false, true),
            ("a>b>c", false, false),
            ("a>b>d", false, true),
            ("a", true, false),
            ("a", false, true),
        ] {
            assert_eq!(tests.accepts_name(&key.into(), is_value), passes, "{key} {is_value}");
        }
    }

    #[test]
    fn a_base_is_left_out_where_no_field_of_it_can_be_meant() {
        let glob = |text: &str| Selector::pattern(text.as_bytes()).unwrap();
        let except = of(Filter { except: vec![glob("a*"), glob("b>x")], ..Filter::default() });
        assert_eq!(["a1", "b", "c"].map(|base| except.accepts_base(base.as_bytes())), [false, true, true]);
        let all = of(Filter { all: vec![glob("a*>x")], ..Filter::default() });
        assert_eq!(["a1", "b"].map(|base| all.accepts_base(base.as_bytes())), [true, false]);
    }

    #[test]
    fn sizes_and_times_are_bounds_that_lie_outside() {
        let sizes = Filter { larger_than: Some(5), smaller_than: Some(8), ..Filter::default() };
        let within = |size| sizes.accepts_size(size);
        assert_eq!([None, Some(5), Some(6), Some(7), Some(8)].map(within), [false, false, true, true, false]);
        let ttl = |seconds| Some(Ttl { seconds, expires_at: 0 });
        let minute = Some(Duration::from_secs(60));
        for (filter, passes) in [
            (Filter { expires_within: minute, ..Filter::default() }, [false, false, true, true, false]),
            (Filter { expires_after: minute, ..Filter::default() }, [false, false, false, false, true]),
            (Filter { no_timeout: true, ..Filter::default() }, [true, false, false, false, false]),
            (Filter::default(), [true; 5]),
        ] {
            let left = [None, ttl(0), ttl(1), ttl(60), ttl(61)];
            assert_eq!(left.map(|ttl| filter.accepts_ttl(ttl)), passes, "{filter:?}");
        }
    }
}
