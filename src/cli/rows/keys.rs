//! Rows about keys.

use crate::cli::output::{
    Any, Base64, Flat, Harmless, Maybe, Milliseconds, Name, Names, Now, Seconds, Time, ValueSize, record,
    words,
};
use cacheme::ops::{EventKind, KeyState};

record! {
    /// A key of the namespace.
    Listed {
        /// The key, as the application writes it.
        key: Name,
        /// What the key is now: `live` has a valid value; the timeout of `expired` has passed; `pending` is marked, and the
        /// next reader computes it anew; `computing` is in progress; `missing` is named by a tag or an invalid key, and has no
        /// value.
        state: KeyState,
        /// Seconds until the value expires: negative once it has, null without a timeout.
        ttl_seconds: Option<Seconds<i64>>,
        /// The size of the stored value in bytes; null without one, and where sizes were not asked for.
        size_bytes: Option<ValueSize<u64>>,
        /// When the value expires; null without a timeout.
        expires_at: Option<Time>,
        /// The tags of the key; null unless --fields names them.
        tags: Option<Names>,
    }
}

record! {
    /// One of the largest values, or of those that expire soonest.
    Ranked {
        /// The place in the ranking, from 1 on.
        rank: u64,
        listed: Flat<Listed>,
    }
}

record! {
    /// A key with how its value is stored.
    Stored {
        /// The key, as the application writes it.
        key: Name,
        /// The Redis key of the hash that holds the value.
        redis_key: Name,
        /// The field of this hash.
        field: Name,
        /// What the key is now: `live` has a valid value; the timeout of `expired` has passed; `pending` is marked, and the
        /// next reader computes it anew; `computing` is in progress; `missing` is named by a tag or an invalid key, and has no
        /// value.
        state: KeyState,
        /// Seconds until the value expires: negative once it has, null without a timeout.
        ttl_seconds: Option<Seconds<i64>>,
        /// When the value expires; null without a timeout.
        expires_at: Option<Time>,
        /// The size of the stored value in bytes; null without one.
        size_bytes: Option<ValueSize<u64>>,
        /// How the value is stored; `raw` is what could not be decoded, and null stands for no value.
        encoding: Option<Encoded>,
    }
}

words! { Encoded: "pickle" "pickle+zlib" "raw" }

record! {
    /// A key in full.
    Whole {
        stored: Flat<Stored>,
        /// The value, decoded to JSON; what JSON has no form for is written with a `$`, as in {"$tuple": [..]}. Null without a
        /// value.
        value: Any,
        /// The tags of the key.
        tags: Names,
        /// The invalid keys that the key depends on.
        invalid_keys: Names,
        /// Whether the key is marked, whatever its state.
        marked: bool,
        /// The command that makes the next reader compute it anew.
        refresh: Harmless,
        /// Why the value is shown raw; null where it is decoded.
        undecoded: Option<String>,
        /// When the value was stored; null where that is not known.
        stored_at: Option<Time>,
        /// Seconds that nobody has used any value of the same hash; null where the server does not tell.
        idle_seconds: Option<Seconds<u64>>,
    }
}

record! {
    /// A key with its value.
    Dumped {
        stored: Flat<Stored>,
        /// The value, decoded to JSON; not with --raw. What JSON has no form for is written with a `$`, as in {"$tuple": [..]}.
        value: Maybe<Any>,
        /// The stored bytes in base64, with --raw.
        value_base64: Maybe<Base64>,
        /// The tags of the key, with --indexes.
        tags: Maybe<Names>,
        /// The invalid keys that the key depends on, with --indexes.
        invalid_keys: Maybe<Names>,
        /// Why the value is shown raw, and null where it is decoded; not with --raw.
        undecoded: Maybe<Option<String>>,
        /// Whether the value may be one that was invalidated, with --indexes.
        marked: Maybe<bool>,
        /// The other keys that share the value (`a>b>c` that of `a>b`), with --indexes.
        cut_keys: Maybe<Vec<CutKey>>,
    }
}

record! {
    /// A key that shares another's value.
    CutKey {
        /// The whole key.
        key: Name,
        /// Its tags.
        tags: Names,
        /// The invalid keys that it depends on.
        invalid_keys: Names,
    }
}

record! {
    /// A difference between two namespaces, dumps or RDB files.
    Difference {
        /// The key that differs.
        key: Name,
        /// What differs: the key is on one side only (`only_a`, `only_b`), or its value, timeout, tags, invalid keys or mark
        /// differ.
        kind: DifferenceKind,
        /// What side A has; null for nothing. Of values it is the first part that differs, as {"at": path, "value": part}.
        a: Any,
        /// What side B has, in the same way.
        b: Any,
    }
}

words! { DifferenceKind: "only_a" "only_b" "value" "timeout" "tags" "invalid_keys" "mark" }

record! {
    /// Something that happened to a key.
    Happened {
        /// When, by the server's clock.
        time: Option<Now>,
        /// What happened.
        kind: EventKind,
        /// The key; of a whole hash that was deleted, its base.
        key: Name,
        /// The tag of the key; null where it is not known.
        tag: Option<Name>,
        /// The address of the client; the same for all over a Unix socket.
        client: Name,
        /// Milliseconds that the computation of a stored value took; null for anything else, and where its beginning was not
        /// seen.
        elapsed_ms: Option<Milliseconds<f64>>,
    }
}
