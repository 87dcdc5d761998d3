//! Every Redis key name of a namespace, built and parsed in this one place.

use super::glob;
use super::key::{LogicalKey, split, value_name};
use super::layout::Layout;
use crate::error::PrefixError;
use std::collections::BTreeSet;

pub(super) const BUCKETS: &[u8] = b"Meta:Expire-Buckets::";
pub(super) const INVALID: &[u8] = b":invalid";
/// `meta` builds these when it is imported, before its settings are applied: they never follow the prefix.
const META_DELETED: &[u8] = b"CM:meta:deleted";
const META_PROGRESS: &[u8] = b"CM:meta:progress";
/// The keys of this crate's own with their Redis types, but for the counters of hours, which are as the totals.
pub(super) const RESERVED: [(&[u8], &str); 10] = [
    (b"meta:stats", "hash"),
    (b"meta:stats:keep", "hash"),
    (b"meta:timeouts", "hash"),
    (b"meta:leases", "zset"),
    (b"meta:lock", "string"),
    (b"meta:cursor", "hash"),
    (b"meta:suspects", "zset"),
    (b"meta:removed", "list"),
    (b"meta:both", "set"),
    (b"meta:log", "stream"),
];
/// No more parts of a name are taken for the end of a prefix.
const PARTS: usize = 8;

/// The Redis types this crate tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisType {
    /// Holds values.
    Hash,
    /// Holds an index or bookkeeping.
    Set,
    /// Holds expiry times.
    Zset,
    /// Anything else, gone keys included.
    Other,
}

impl RedisType {
    /// Reads the answer of TYPE.
    pub fn from_reply(name: &[u8]) -> Self {
        match name {
            b"hash" => Self::Hash,
            b"set" => Self::Set,
            b"zset" => Self::Zset,
            _ => Self::Other,
        }
    }

    /// The name that `SCAN … TYPE` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Set => "set",
            Self::Zset => "zset",
            Self::Other => "string",
        }
    }
}

/// What a Redis key is to a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A hash of values that share a base.
    Values {
        /// The part of the logical keys before `>`.
        base: &'a [u8],
    },
    /// The set of keys with a tag.
    Tag {
        /// The tag's name.
        name: &'a [u8],
    },
    /// The set of keys that depend on an invalid key.
    InvalidKey {
        /// The invalid key's name, without `:invalid`.
        name: &'a [u8],
    },
    /// The sorted set of expiry times of one base.
    Bucket {
        /// The base.
        base: &'a [u8],
    },
    /// Marks, or keys being computed.
    Bookkeeping,
    /// A key of this crate's own (`meta:stats`, `meta:leases` and so on).
    Reserved,
    /// A key of a namespace inside this one; see [`Namespace::with_inner`].
    Inner,
    /// None of it: outside the prefix, or of a type the library never writes.
    Foreign,
}

/// What in a key's name speaks for a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InnerSign {
    /// A TTL bucket: its name repeats the prefix. Nothing else is called that.
    Bucket,
    /// `delete`: a tag may be called that too. Its members tell.
    Marks,
    /// `progress`: the same.
    Progress,
    /// A key of this crate's own: a logical key may be called that too. Its type tells, of a hash what it holds.
    Reserved,
}

/// A prefix and a layout: all that is needed to name every Redis key.
///
/// ```
/// use cacheme::namespace::{Layout, LogicalKey, Namespace};
/// let ns = Namespace::new("CM:", Layout::Classic).unwrap();
/// assert_eq!(ns.member(&LogicalKey::from("Book:100>owner")), b"CM:Book:100>owner");
/// assert_eq!(ns.bucket(b"Book:100"), b"CM:Meta:Expire-Buckets::CM:Book:100");
/// assert_eq!(ns.deleted_sets(), [b"CM:delete".to_vec()]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    prefix: Vec<u8>,
    layout: Layout,
    /// Prefixes of namespaces inside this one, sorted; none begins with another.
    inner: Vec<Vec<u8>>,
    /// Whether it was told of them.
    knows_inner: bool,
    /// Prefixes of namespaces inside this one whose keys are taken for this one's; one may begin with another.
    taken: Vec<Vec<u8>>,
    /// In a cluster over whose slots the keys lie: the hash tag that puts the leases where the marks are.
    pub(super) leases_tag: Option<Vec<u8>>,
}

impl Namespace {
    /// The prefix the library has unless it is told otherwise (`REDIS_CACHE_PREFIX`).
    pub const DEFAULT_PREFIX: &'static str = "CM:";

    /// A namespace by prefix and layout.
    ///
    /// # Errors
    /// [`PrefixError::Arrow`] for a prefix that holds a `>`.
    pub fn new(prefix: impl Into<Vec<u8>>, layout: Layout) -> Result<Self, PrefixError> {
        let prefix = prefix.into();
        if prefix.contains(&b'>') {
            return Err(PrefixError::Arrow);
        }
        Ok(Self {
            prefix,
            layout,
            inner: Vec::new(),
            knows_inner: false,
            taken: Vec::new(),
            leases_tag: None,
        })
    }

    /// The same prefix under another layout.
    pub fn with_layout(&self, layout: Layout) -> Self {
        Self { layout, ..self.clone() }
    }

    /// The same namespace with the leases in another slot of a cluster, by this hash tag.
    pub(crate) fn with_leases_at(&self, tag: Vec<u8>) -> Self {
        Self { leases_tag: Some(tag), ..self.clone() }
    }

    /// The same namespace without what lies under these prefixes, which begin with its own: namespaces of their own,
    /// whose keys are nothing to this one. Whatever changes data looks for them, unless they were told here; with none,
    /// all that begins with the prefix is this namespace's.
    ///
    /// ```
    /// use cacheme::namespace::{Entry, Layout, Namespace, RedisType};
    /// let ns = Namespace::new("CM:", Layout::Classic).unwrap().with_inner([b"CM:X:".to_vec()]);
    /// assert_eq!(ns.classify(b"CM:X:delete", RedisType::Set), Entry::Inner);
    /// ```
    pub fn with_inner(&self, prefixes: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut inner = self.inside(prefixes);
        inner.dedup_by(|next, kept| next.starts_with(&kept[..]));
        Self { inner, knows_inner: true, ..self.clone() }
    }

    /// The same namespace with all that lies under these prefixes, which begin with its own: namespaces of their own whose
    /// keys are meant, too. Workers of 0.0.9 and 0.1.0 have marks and keys in progress under each of them.
    pub fn with_all_of(&self, prefixes: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { taken: self.inside(prefixes), ..self.with_inner([]) }
    }

    /// Those that begin with this one's prefix, sorted.
    fn inside(&self, prefixes: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
        let longer = |it: &Vec<u8>| it.len() > self.prefix.len() && it.starts_with(&self.prefix);
        let inside: BTreeSet<_> = prefixes.into_iter().filter(longer).collect();
        inside.into_iter().collect()
    }

    /// The deleted sets of namespaces whose keys are meant, too, where such workers look for the mark of this member: whose
    /// it is of namespaces inside one another, its name does not tell.
    pub(crate) fn deleted_sets_inside(&self, member: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let theirs = self.taken.iter().filter(move |prefix| member.starts_with(prefix));
        theirs.map(|prefix| [&prefix[..], b"delete"].concat())
    }

    /// Whether a set has the name of bookkeeping of such a namespace. It may be a tag of this one all the same.
    pub(crate) fn is_bookkeeping_inside(&self, redis_key: &[u8]) -> bool {
        self.rests_inside(redis_key).any(is_classic_bookkeeping)
    }

    /// What follows the prefix of each namespace whose keys are meant, too.
    fn rests_inside<'a>(&self, redis_key: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.taken.iter().filter_map(move |prefix| redis_key.strip_prefix(&prefix[..]))
    }

    /// The same namespace without these as well, which need not be all there are.
    pub(crate) fn with_some_inner(&self, prefixes: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let all = self.inner.iter().cloned().chain(prefixes);
        Self { knows_inner: self.knows_inner, ..self.with_inner(all) }
    }

    /// The prefixes of namespaces inside this one, as far as [`with_inner`](Self::with_inner) was told.
    pub fn inner(&self) -> &[Vec<u8>] {
        &self.inner
    }

    /// Whether [`with_inner`](Self::with_inner) told it of the namespaces inside this one, or that there are none.
    pub(crate) fn knows_inner(&self) -> bool {
        self.knows_inner
    }

    /// Whether a Redis key or a member of a set lies in a namespace inside this one.
    pub fn is_inner(&self, name: &[u8]) -> bool {
        self.inner_prefix_of(name).is_some()
    }

    /// The prefix of the namespace inside this one that a Redis key or a member of a set lies in.
    pub fn inner_prefix_of(&self, name: &[u8]) -> Option<&[u8]> {
        let at = self.inner.partition_point(|prefix| &prefix[..] <= name);
        let prefix = self.inner.get(at.checked_sub(1)?)?;
        name.starts_with(prefix).then_some(prefix)
    }

    /// The prefix of a namespace inside this one that a Redis key's name speaks for, with what its members have to show
    /// before it is believed.
    pub(crate) fn inner_of<'a>(&self, redis_key: &'a [u8]) -> Option<(&'a [u8], InnerSign)> {
        if self.is_bookkeeping(redis_key) {
            return None;
        }
        let sign = if let Some(prefix) = prefix_of_bucket(redis_key) {
            (prefix, InnerSign::Bucket)
        } else if let Some(prefix) = redis_key.strip_suffix(b"delete").filter(|it| it.ends_with(b":")) {
            (prefix, InnerSign::Marks)
        } else if let Some(prefix) = redis_key.strip_suffix(b"progress").filter(|it| it.ends_with(b":")) {
            (prefix, InnerSign::Progress)
        } else {
            let at = redis_key.windows(5).rposition(|part| part == b"meta:")?;
            let (prefix, rest) = redis_key.split_at(at);
            is_reserved(rest).then_some((prefix, InnerSign::Reserved))?
        };
        let is_inside = sign.0.len() > self.prefix.len() && sign.0.starts_with(&self.prefix);
        (is_inside && !sign.0.contains(&b'>')).then_some(sign)
    }

    /// What may be the prefix of a namespace inside this one, if the Redis key or the member of a set that is called so
    /// belongs to it: each part that ends with a colon, up to a number.
    pub(crate) fn may_be_prefixes<'a>(&self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let own = self.prefix.len();
        let is_inside = name.starts_with(&self.prefix);
        let ends = name.iter().take_while(|byte| **byte != b'>').enumerate().skip(own);
        let ends = ends.filter(move |(_, byte)| is_inside && **byte == b':');
        ends.map(|(at, _)| &name[..=at]).take(PARTS)
    }

    /// The names that [`inner_of`](Self::inner_of) takes for signs of a namespace with this prefix, but for its buckets.
    pub(crate) fn signs_of(&self, prefix: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let own = RESERVED.into_iter().map(|(name, _)| name);
        let names = [&b"delete"[..], b"progress"].into_iter().chain(own);
        names.map(move |name| [prefix, name].concat()).filter(|name| self.inner_of(name).is_some())
    }

    /// The TTL bucket of a base in a namespace with this prefix, where its name is a sign of it.
    pub(crate) fn bucket_under(&self, prefix: &[u8], base: &[u8]) -> Option<Vec<u8>> {
        let name = [prefix, BUCKETS, prefix, base].concat();
        self.inner_of(&name).is_some().then_some(name)
    }

    /// The prefix.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// The layout.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The key with the prefix in front: the member of tag, invalid, deleted and progress sets.
    pub fn member(&self, key: &LogicalKey) -> Vec<u8> {
        self.named(&[key.as_bytes()])
    }

    /// The member that a TTL bucket holds for a key: cut to two parts, as the library cuts it.
    pub fn bucket_member(&self, key: &LogicalKey) -> Vec<u8> {
        self.member(&key.of_value())
    }

    /// The logical key of a member, `None` where the member lies outside the prefix or in a namespace inside.
    pub fn key_of_member(&self, member: &[u8]) -> Option<LogicalKey> {
        member.strip_prefix(&self.prefix[..]).filter(|_| !self.is_inner(member)).map(LogicalKey::new)
    }

    /// The member that the value of a member is known by, `None` where it is that one itself, or no member of this namespace:
    /// `CM:a>b` for `CM:a>b>c`.
    pub(crate) fn value_name<'m>(&self, member: &'m [u8]) -> Option<&'m [u8]> {
        let value = value_name(member);
        let is_ours = || member.starts_with(&self.prefix) && !self.is_inner(member);
        (value.len() < member.len() && is_ours()).then_some(value)
    }

    /// The hash and field where a member's value lives, `None` where the member lies outside the prefix.
    pub fn location<'a>(&self, member: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        member.starts_with(&self.prefix).then(|| split(member))
    }

    /// The hash that holds the values of a base.
    pub fn values(&self, base: &[u8]) -> Vec<u8> {
        self.named(&[base])
    }

    /// The set of a tag.
    pub fn tag(&self, name: &[u8]) -> Vec<u8> {
        self.named(&[name])
    }

    /// The set of an invalid key.
    pub fn invalid_key(&self, name: &[u8]) -> Vec<u8> {
        self.named(&[name, INVALID])
    }

    /// The sorted set of expiry times of a base (with the doubled colon the library gives it).
    pub fn bucket(&self, base: &[u8]) -> Vec<u8> {
        self.named(&[BUCKETS, &self.prefix, base])
    }

    /// The sets of keys pending invalidation: one, or two under [`Layout::Both`].
    pub fn deleted_sets(&self) -> Vec<Vec<u8>> {
        self.bookkeeping(b"delete", META_DELETED)
    }

    /// The sets of keys being computed: one, or two under [`Layout::Both`], and one of each namespace whose keys are meant,
    /// too.
    pub fn progress_sets(&self) -> Vec<Vec<u8>> {
        let inside = self.taken.iter().map(|prefix| [&prefix[..], b"progress"].concat());
        self.bookkeeping(b"progress", META_PROGRESS).into_iter().chain(inside).collect()
    }

    /// The members that we have put into the deleted sets of both generations (set). The reader of such a mark takes it
    /// out of one: what is then left in the other set is no mark any more.
    pub fn both_marked(&self) -> Vec<u8> {
        self.named(&[b"meta:both"])
    }

    /// The sets that a mark of ours is put into, and is taken out of by whoever serves both generations: the deleted
    /// sets and, under [`Layout::Both`], the record of it.
    pub fn mark_sets(&self) -> Vec<Vec<u8>> {
        let mut sets = self.deleted_sets();
        if self.layout == Layout::Both {
            sets.push(self.both_marked());
        }
        sets
    }

    /// How the connection is called on which a process hears what is written in the namespace. What CLIENT SETNAME does not
    /// take of the prefix is `%NN`.
    ///
    /// ```
    /// use cacheme::namespace::{Layout, Namespace};
    /// let ns = Namespace::new("my app:", Layout::Classic).unwrap();
    /// assert_eq!(ns.listener_name(), "cacheme-local:my%20app:");
    /// ```
    pub fn listener_name(&self) -> String {
        let mut name = "cacheme-local:".to_owned();
        for &byte in &self.prefix {
            match byte {
                b'!'..=b'~' if byte != b'%' => name.push(char::from(byte)),
                _ => name += &format!("%{byte:02X}"),
            }
        }
        name
    }

    /// A glob for every key under the prefix.
    pub fn all_pattern(&self) -> Vec<u8> {
        self.pattern(b"*")
    }

    /// A glob for the keys under the prefix whose rest matches `rest`, itself a glob.
    pub fn pattern(&self, rest: &[u8]) -> Vec<u8> {
        let mut pattern = glob::escape(&self.prefix);
        pattern.extend_from_slice(rest);
        pattern
    }

    /// A glob for the members of keys that the library [cuts](LogicalKey::is_cut), `a>b>c` and `a>base`, which lets others
    /// pass too: Redis knows no alternatives.
    pub fn cut_pattern(&self) -> Vec<u8> {
        self.pattern(b"*>*[>b]*")
    }

    /// A glob for every `:invalid` set.
    pub fn invalid_keys_pattern(&self) -> Vec<u8> {
        self.pattern(b"*:invalid")
    }

    /// A glob for every TTL bucket.
    pub fn buckets_pattern(&self) -> Vec<u8> {
        let mut rest = BUCKETS.to_vec();
        rest.extend_from_slice(&glob::escape(&self.prefix));
        rest.push(b'*');
        self.pattern(&rest)
    }

    /// What a Redis key of this type is to the namespace.
    pub fn classify<'a>(&self, redis_key: &'a [u8], kind: RedisType) -> Entry<'a> {
        let rest = redis_key.strip_prefix(&self.prefix[..]);
        if kind == RedisType::Set && self.is_bookkeeping(redis_key) {
            return Entry::Bookkeeping;
        }
        let Some(rest) = rest else { return Entry::Foreign };
        if self.is_inner(redis_key) {
            return Entry::Inner;
        }
        if is_reserved(rest) || self.rests_inside(redis_key).any(is_reserved) {
            return Entry::Reserved;
        }
        match kind {
            RedisType::Hash if !rest.contains(&b'>') => Entry::Values { base: rest },
            RedisType::Set => match rest.strip_suffix(INVALID) {
                Some(name) => Entry::InvalidKey { name },
                None => Entry::Tag { name: rest },
            },
            RedisType::Zset => rest
                .strip_prefix(BUCKETS)
                .and_then(|inner| inner.strip_prefix(&self.prefix[..]))
                .map_or(Entry::Foreign, |base| Entry::Bucket { base }),
            _ => Entry::Foreign,
        }
    }

    /// Whether a set is a tag or an invalid key.
    pub(crate) fn is_index(&self, set: &[u8]) -> bool {
        matches!(self.classify(set, RedisType::Set), Entry::Tag { .. } | Entry::InvalidKey { .. })
    }

    /// Whether it has the name of bookkeeping, of either generation whatever the layout: a worker of the other one may come
    /// at any time, and its marks are no members of a tag called `delete`. That a function is called so, no name tells.
    pub(crate) fn is_bookkeeping(&self, redis_key: &[u8]) -> bool {
        is_meta_bookkeeping(redis_key)
            || redis_key.strip_prefix(&self.prefix[..]).is_some_and(is_classic_bookkeeping)
    }

    /// What a key of this name is instead of a tag, an invalid key or values, where nobody but us and the library may use it.
    pub(crate) fn reserved_for(&self, redis_key: &[u8]) -> Option<&'static str> {
        if prefix_of_bucket(redis_key).is_some() {
            return Some("is where the library keeps timeouts");
        }
        match self.classify(redis_key, RedisType::Set) {
            Entry::Bookkeeping => Some("is where the library keeps marks or keys in progress"),
            Entry::Reserved => Some("is a key of this tool's own"),
            _ => None,
        }
    }

    fn bookkeeping(&self, classic: &[u8], meta: &[u8]) -> Vec<Vec<u8>> {
        let classic = self.layout.has_classic().then(|| self.named(&[classic]));
        let meta = self.layout.has_meta().then(|| meta.to_vec());
        classic.into_iter().chain(meta).collect()
    }

    pub(super) fn named(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut name =
            Vec::with_capacity(self.prefix.len() + parts.iter().map(|part| part.len()).sum::<usize>());
        name.extend_from_slice(&self.prefix);
        parts.iter().for_each(|part| name.extend_from_slice(part));
        name
    }
}

fn is_meta_bookkeeping(redis_key: &[u8]) -> bool {
    redis_key == META_DELETED || redis_key == META_PROGRESS
}

fn is_classic_bookkeeping(rest: &[u8]) -> bool {
    rest == b"delete" || rest == b"progress"
}

fn is_reserved(rest: &[u8]) -> bool {
    [&b"meta:stats:"[..], b"meta:leases:", b"meta:fence:"].iter().any(|start| rest.starts_with(start))
        || RESERVED.iter().any(|(name, _)| *name == rest)
}

/// The prefix in the name of a bucket, where it stands twice.
pub(crate) fn prefix_of_bucket(key: &[u8]) -> Option<&[u8]> {
    let at = key.windows(BUCKETS.len()).position(|part| part == BUCKETS)?;
    let (prefix, rest) = key.split_at(at);
    rest[BUCKETS.len()..].starts_with(prefix).then_some(prefix)
}

/// What a set's name and a member have in common, up to the last separator: names of tags and keys may begin alike.
pub(crate) fn common_prefix<'a>(set: &'a [u8], member: &[u8]) -> &'a [u8] {
    let same = set.iter().zip(member).take_while(|(a, b)| a == b).count();
    let end = set[..same].iter().rposition(|byte| b":/|.#".contains(byte)).map_or(0, |at| at + 1);
    // Names such as `CM:meta:deleted` and `CM:Book:100:invalid` share more than the prefix with their members at times.
    let first = set[..end].iter().position(|byte| b":/|.#".contains(byte)).map_or(0, |at| at + 1);
    if set.ends_with(INVALID) || set.starts_with(b"CM:meta:") { &set[..first] } else { &set[..end] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ns(prefix: &[u8], layout: Layout) -> Namespace {
        Namespace::new(prefix, layout).unwrap()
    }

    #[test]
    fn names_are_those_of_the_library() {
        let classic = ns(b"app:", Layout::Classic);
        assert_eq!(classic.deleted_sets(), [b"app:delete".to_vec()]);
        assert_eq!(classic.progress_sets(), [b"app:progress".to_vec()]);
        let meta = ns(b"app:", Layout::Meta);
        assert_eq!(meta.deleted_sets(), [b"CM:meta:deleted".to_vec()]);
        assert_eq!(meta.progress_sets(), [b"CM:meta:progress".to_vec()]);
        assert_eq!(
            ns(b"app:", Layout::Both).deleted_sets(),
            [b"app:delete".to_vec(), b"CM:meta:deleted".to_vec()]
        );
        assert_eq!(classic.bucket(b"f:1"), b"app:Meta:Expire-Buckets::app:f:1");
        assert_eq!(classic.invalid_key(b"User:200"), b"app:User:200:invalid");
    }

    #[test]
    fn the_type_tells_a_base_from_a_tag_of_the_same_name() {
        let ns = ns(b"CM:", Layout::Both);
        assert_eq!(ns.classify(b"CM:book", RedisType::Hash), Entry::Values { base: b"book" });
        assert_eq!(ns.classify(b"CM:book", RedisType::Set), Entry::Tag { name: b"book" });
        assert_eq!(ns.classify(b"CM:book", RedisType::Zset), Entry::Foreign);
        assert_eq!(ns.classify(b"CM:book", RedisType::Other), Entry::Foreign);
    }

    #[test]
    fn bookkeeping_and_our_own_keys_are_never_values_or_tags() {
        // Of either generation, whichever is named: the other one may come at any time.
        for name in ["CM:meta:deleted", "CM:meta:progress", "CM:delete", "CM:progress"] {
            for layout in [Layout::Both, Layout::Classic, Layout::Meta] {
                let entry = ns(b"CM:", layout).classify(name.as_bytes(), RedisType::Set);
                assert_eq!(entry, Entry::Bookkeeping);
            }
        }
        for name in [
            "meta:stats",
            "meta:stats:495000",
            "meta:stats:keep",
            "meta:timeouts",
            "meta:leases",
            "meta:lock",
            "meta:cursor",
            "meta:suspects",
            "meta:both",
            "meta:removed",
            "meta:log",
        ] {
            let key = format!("CM:{name}");
            for kind in [RedisType::Hash, RedisType::Set, RedisType::Zset, RedisType::Other] {
                assert_eq!(ns(b"CM:", Layout::Both).classify(key.as_bytes(), kind), Entry::Reserved);
            }
        }
    }

    #[test]
    fn a_prefix_that_looks_like_a_glob_is_literal() {
        let ns = ns(b"a*[b]?:", Layout::Classic);
        assert_eq!(ns.all_pattern(), br"a\*\[b\]\?:*");
        assert_eq!(ns.buckets_pattern(), br"a\*\[b\]\?:Meta:Expire-Buckets::a\*\[b\]\?:*");
        assert!(Namespace::new("a>b:", Layout::Classic).is_err());
    }

    fn prefix() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>().prop_filter("no arrow", |byte| *byte != b'>'), 1..6)
    }

    fn layout() -> impl Strategy<Value = Layout> {
        prop_oneof![Just(Layout::Classic), Just(Layout::Meta), Just(Layout::Both)]
    }

    proptest! {
        #[test]
        fn parsing_gives_back_what_was_built(prefix in prefix(), layout in layout(), name: Vec<u8>, key: Vec<u8>) {
            let ns = ns(&prefix, layout);
            let key = LogicalKey::new(key);
            let member = ns.member(&key);
            prop_assert_eq!(ns.key_of_member(&member), Some(key.clone()));
            let (hash, field) = ns.location(&member).unwrap();
            prop_assert_eq!(hash, &ns.values(key.base())[..]);
            prop_assert_eq!(field, key.field());
            let cut = LogicalKey::at(key.base(), key.field());
            prop_assert_eq!((&key.of_value(), key.is_cut()), (&cut, cut != key));
            prop_assert_eq!((cut.base(), cut.field()), (key.base(), key.field()));

            for (built, kind, entry) in [
                (ns.values(key.base()), RedisType::Hash, Entry::Values { base: key.base() }),
                (ns.bucket(key.base()), RedisType::Zset, Entry::Bucket { base: key.base() }),
                (ns.invalid_key(&name), RedisType::Set, Entry::InvalidKey { name: &name }),
                (ns.tag(&name), RedisType::Set, Entry::Tag { name: &name }),
            ] {
                let own = ns.classify(&built, kind);
                let taken = matches!(own, Entry::Bookkeeping | Entry::Reserved);
                let invalid = matches!(own, Entry::InvalidKey { .. });
                prop_assert!(taken || invalid || own == entry, "{:?} became {:?}", entry, own);
            }
        }

        #[test]
        fn no_name_escapes_its_prefix(prefix in prefix(), key: Vec<u8>) {
            let ns = ns(&prefix, Layout::Classic);
            let base = LogicalKey::new(key.clone());
            let names = [ns.values(base.base()), ns.tag(&key), ns.invalid_key(&key), ns.bucket(base.base()), ns.leases()];
            let all = glob::Glob::parse(&ns.all_pattern()).unwrap();
            for name in names.iter().chain(&ns.deleted_sets()).chain(&ns.progress_sets()) {
                prop_assert!(name.starts_with(&prefix) && all.matches(name));
            }
        }

        #[test]
        fn what_lies_outside_the_prefix_is_foreign(prefix in prefix(), other: Vec<u8>) {
            let ns = ns(&prefix, Layout::Classic);
            prop_assume!(!other.starts_with(&prefix) && other != META_DELETED && other != META_PROGRESS);
            for kind in [RedisType::Hash, RedisType::Set, RedisType::Zset] {
                prop_assert_eq!(ns.classify(&other, kind), Entry::Foreign);
            }
            prop_assert_eq!(ns.location(&other), None);
        }
    }

    #[test]
    fn prefixes_are_read_from_names() {
        assert_eq!(prefix_of_bucket(b"app:Meta:Expire-Buckets::app:f:1"), Some(&b"app:"[..]));
        assert_eq!(prefix_of_bucket(b"app:Meta:Expire-Buckets::b"), None);
        assert_eq!(common_prefix(b"CM:get_owner", b"CM:Book:100>owner"), b"CM:");
        assert_eq!(common_prefix(b"CM:getter", b"CM:get:1"), b"CM:");
        assert_eq!(common_prefix(b"CM:User:200:invalid", b"CM:User:1>x"), b"CM:");
        assert_eq!(common_prefix(b"queue", b"job"), b"");
    }
}
