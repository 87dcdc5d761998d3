//! What a prefix may be, guessed from names that hold it.

use super::names::{BUCKETS, INVALID};

/// The prefix in the name of a bucket, where it stands twice.
pub(crate) fn of_bucket(key: &[u8]) -> Option<&[u8]> {
    let at = key.windows(BUCKETS.len()).position(|part| part == BUCKETS)?;
    let (prefix, rest) = key.split_at(at);
    rest[BUCKETS.len()..].starts_with(prefix).then_some(prefix)
}

/// What a set's name and a member have in common, up to the last separator: names of tags and keys may begin alike.
pub(crate) fn common<'a>(set: &'a [u8], member: &[u8]) -> &'a [u8] {
    let same = set.iter().zip(member).take_while(|(a, b)| a == b).count();
    let end = set[..same].iter().rposition(|byte| b":/|.#".contains(byte)).map_or(0, |at| at + 1);
    // Names such as `CM:meta:deleted` and `CM:Book:100:invalid` share more than the prefix with their members at times.
    let first = set[..end].iter().position(|byte| b":/|.#".contains(byte)).map_or(0, |at| at + 1);
    if set.ends_with(INVALID) || set.starts_with(b"CM:meta:") { &set[..first] } else { &set[..end] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_from_names() {
        assert_eq!(of_bucket(b"app:Meta:Expire-Buckets::app:f:1"), Some(&b"app:"[..]));
        assert_eq!(of_bucket(b"app:Meta:Expire-Buckets::b"), None);
        assert_eq!(common(b"CM:get_owner", b"CM:Book:100>owner"), b"CM:");
        assert_eq!(common(b"CM:getter", b"CM:get:1"), b"CM:");
        assert_eq!(common(b"CM:User:200:invalid", b"CM:User:1>x"), b"CM:");
        assert_eq!(common(b"queue", b"job"), b"");
    }
}
