//! Rows about tags and invalid keys.

use crate::cli::output::{
    Base64, Complete, Flat, Maybe, Memory, Name, Seconds, Shown, Time, ValueSize, record,
};
use cacheme::ops::KeyState;

record! {
    /// A tag of the namespace.
    Tag {
        /// The tag.
        tag: Name,
        /// How many keys it has.
        keys: u64,
        members: Maybe<Flat<Members>>,
        timeouts: Maybe<Flat<Timeouts>>,
        ages: Maybe<Flat<Ages>>,
    }
}

record! {
    /// An invalid key of the namespace.
    InvalidKey {
        /// The invalid key.
        invalid_key: Name,
        /// How many keys depend on it.
        keys: u64,
        members: Maybe<Flat<Members>>,
        timeouts: Maybe<Flat<Timeouts>>,
    }
}

record! {
    /// The keys of a tag or an invalid key by their states, with --deep.
    Members {
        /// How many of the keys have a valid value.
        live: u64,
        /// How many have a value whose timeout has passed.
        expired: u64,
        /// How many are marked: the next reader computes them anew.
        pending: u64,
        /// How many have no value.
        missing: u64,
        /// The size of their stored values in bytes.
        bytes: ValueSize<u64>,
    }
}

record! {
    /// The time that keys have left, with --deep.
    Timeouts {
        /// The least seconds that one of the keys has left: negative once it has expired, null if none has a timeout.
        ttl_min: Option<Seconds<i64>>,
        /// The most seconds that one of them has left.
        ttl_max: Option<Seconds<i64>>,
    }
}

record! {
    /// When values were stored, with --deep.
    Ages {
        /// When the oldest of their values was stored; null where that is not known of each of them.
        oldest_at: Option<Time>,
        /// When the newest of their values was stored; null where that is not known of each of them.
        newest_at: Option<Time>,
    }
}

record! {
    /// The set of a tag or an invalid key.
    Index {
        /// Memory that the set itself takes, in bytes, as the server estimates; 0 where it does not tell.
        index_bytes: Memory<u64>,
        /// Whether all its keys were looked at.
        complete: Complete,
        /// The first few of its keys.
        sample: Vec<Sample>,
    }
}

record! {
    /// One of the keys.
    Sample {
        /// The key, as the application writes it.
        key: Shown,
        /// What the key is now.
        state: KeyState,
        /// Seconds until its value expires: negative once it has, null without a timeout.
        ttl_seconds: Option<Seconds<i64>>,
        /// The bytes of `key` in base64, if they are not UTF-8 as JSON is.
        key_base64: Maybe<Base64>,
    }
}

record! {
    /// One tag.
    TagShown {
        /// The tag.
        tag: Name,
        /// How many keys it has.
        keys: u64,
        members: Flat<Members>,
        index: Flat<Index>,
        timeouts: Flat<Timeouts>,
        ages: Flat<Ages>,
    }
}

record! {
    /// One invalid key.
    InvalidKeyShown {
        /// The invalid key.
        invalid_key: Name,
        /// How many keys depend on it.
        keys: u64,
        members: Flat<Members>,
        index: Flat<Index>,
        timeouts: Flat<Timeouts>,
    }
}
