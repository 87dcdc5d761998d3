//! The columns of commands that tell keys.

use crate::cli::output::Column;

/// The fields of a listing.
pub const LIST: [Column; 6] = ["key", "state", "ttl_seconds", "size_bytes", "expires_at", "tags"];

/// The fields of a ranking.
pub const TOP: [Column; 7] = ["rank", "key", "state", "ttl_seconds", "size_bytes", "expires_at", "tags"];

/// The fields that show and dump share.
pub const FULL: [Column; 9] =
    ["key", "redis_key", "field", "state", "ttl_seconds", "expires_at", "size_bytes", "encoding", "value"];

/// Why a value is shown raw; empty where it is not. Stands behind all other fields.
pub const UNDECODED: Column = "undecoded";
