//! The columns of commands that tell keys.

use crate::cli::output::Column;

/// The fields of a listing.
pub const LIST: [Column; 6] = ["key", "state", "ttl_seconds", "size_bytes", "expires_at", "tags"];

/// The fields of a ranking.
pub const TOP: [Column; 7] = ["rank", "key", "state", "ttl_seconds", "size_bytes", "expires_at", "tags"];

/// The fields that show and dump share.
pub const FULL: [Column; 9] =
    ["key", "redis_key", "field", "state", "ttl_seconds", "expires_at", "size_bytes", "encoding", "value"];

/// The fields of one key.
pub const SHOW: [Column; 16] = [
    "key",
    "redis_key",
    "field",
    "state",
    "ttl_seconds",
    "expires_at",
    "size_bytes",
    "encoding",
    "value",
    "tags",
    "invalid_keys",
    "marked",
    "refresh",
    UNDECODED,
    "stored_at",
    "idle_seconds",
];

/// The same in the order of a table: the value, which may be long, comes last.
pub const SHOW_TABLE: [Column; 16] = [
    "key",
    "state",
    "ttl_seconds",
    "expires_at",
    "stored_at",
    "idle_seconds",
    "size_bytes",
    "tags",
    "invalid_keys",
    "marked",
    "refresh",
    "redis_key",
    "field",
    "encoding",
    UNDECODED,
    "value",
];

/// Why a value is shown raw; empty where it is not. Stands behind the fields of the value.
pub const UNDECODED: Column = "undecoded";
