//! What an operator does with a namespace. Nothing here prints or asks: rows go to a callback, counts into reports.

mod clock;
mod discover;
mod fields;
mod index;
mod invalidate;
mod keys;
mod purge;
mod restore;
mod select;
mod show;
mod state;
mod stats;

pub use clock::Clock;
pub use discover::{FoundNamespace, find_namespaces};
pub use index::{IndexDetail, IndexKind, IndexRow, list_indexes, show_index};
pub use invalidate::{
    Action, Invalidation, InvalidationReport, Reach, invalidate, invalidate_raw, survey_raw,
};
pub use keys::{KeyRow, Listing, Query, list_keys};
pub use purge::{Purge, PurgeReport, purge};
pub use restore::{CutKey, DumpedKey, Restore, RestoreReport, restore};
pub use select::Selector;
pub use show::{Indexes, KeyDetail, read_indexes, show_key};
pub use state::{KeyState, Ttl};
pub use stats::{NamespaceStats, count_namespace};
