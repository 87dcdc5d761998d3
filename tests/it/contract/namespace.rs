//! The namespace of the table: keys of each form and each state, with what has leaked.

use std::ops::Range;

/// Values in the field `owner`: every fourth has expired, as many do later, every seventh is marked.
pub(super) const BOOKS: usize = 240;
pub(super) const PLAIN: usize = 10;
/// Members of indexes and marks that have no value.
pub(super) const GONE: usize = 20;
/// In progress with their old value, which nobody computes any more.
pub(super) const STUCK: Range<usize> = 1..4;

/// Words of a command, as bytes.
pub(super) type Words = Vec<Vec<u8>>;

fn words(words: &[&str]) -> Words {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

/// A text as Python pickles it, with protocol 4.
fn pickled(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    [&b"\x80\x04\x8c"[..], &[length], text.as_bytes(), b"\x94."].concat()
}

fn set(hash: &str, field: &str, value: &[u8]) -> Words {
    [&words(&["HSET", hash, field])[..], &[value.to_vec()]].concat()
}

/// The commands that fill it.
pub(super) fn filled(prefix: &str) -> Vec<Words> {
    let mut all = Vec::new();
    let own = |name: &str| format!("{prefix}{name}");
    for n in 0..BOOKS {
        let (base, key) = (own(&format!("Book:{n}")), own(&format!("Book:{n}>owner")));
        all.push(set(&base, "owner", &pickled(&"x".repeat(n % 97 + 1))));
        for index in ["books".to_owned(), format!("shelf{}", n % 3), format!("User:{}:invalid", n % 10)] {
            all.push(words(&["SADD", &own(&index), &key]));
        }
        if n % 4 < 2 {
            let score = if n % 4 == 0 { 1000 + n } else { 4_000_000_000 + n };
            let bucket = own(&format!("Meta:Expire-Buckets::{base}"));
            all.push(words(&["ZADD", &bucket, &score.to_string(), &key]));
        }
        if is_marked(n) {
            all.push(words(&["SADD", &own("delete"), &key]));
        }
        if STUCK.contains(&n) {
            all.push(words(&["SADD", &own("progress"), &key]));
        }
    }
    for n in 0..PLAIN {
        let key = own(&format!("plain:{n}"));
        let value = if n == 0 { b"no pickle".to_vec() } else { pickled("plain") };
        all.push(set(&key, "base", &value));
        all.push(words(&["SADD", &own("plain"), &key]));
    }
    all.push(set(&own("Deep:1"), "f", &pickled("deep")));
    all.push(words(&["SADD", &own("deep"), &own("Deep:1>f>x"), &own("Deep:1>f>y")]));
    for n in 0..GONE {
        let key = own(&format!("Gone:{n}>owner"));
        for index in ["books", "User:1:invalid", "delete"] {
            all.push(words(&["SADD", &own(index), &key]));
        }
        let bucket = own(&format!("Meta:Expire-Buckets::{prefix}Gone:{n}"));
        all.push(words(&["ZADD", &bucket, "99999999999", &key]));
    }
    for (tag, hits, misses) in [("books", "30", "10"), ("plain", "1", "0")] {
        for (name, count) in [("hits", hits), ("misses", misses)] {
            all.push(words(&["HINCRBY", &own("meta:stats"), &format!("{tag}:{name}"), count]));
        }
    }
    all
}

pub(super) fn is_marked(n: usize) -> bool {
    n.is_multiple_of(7)
}

pub(super) fn is_expired(n: usize) -> bool {
    n.is_multiple_of(4)
}

/// How many books are so.
pub(super) fn books(are: impl Fn(usize) -> bool) -> usize {
    (0..BOOKS).filter(|n| are(*n)).count()
}

/// How many rows a dump has.
pub(super) fn dumped() -> usize {
    BOOKS + PLAIN + 1
}
