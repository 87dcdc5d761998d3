//! What an operator does with a namespace. Nothing here prints or asks: rows go to a callback, counts into reports.

mod absent;
mod age;
mod collect;
mod discover;
mod doctor;
mod fields;
mod fields_held;
mod filter;
mod gc;
mod in_progress;
mod index;
mod inner;
mod inner_names;
mod invalidate;
mod keys;
mod listeners;
mod marks;
mod memberships;
mod observe;
mod other_library;
mod purge;
mod restore;
mod select;
mod selector;
mod show;
mod state;
mod stats;
mod truncated;
mod truncated_members;
mod whole_names;

pub use absent::{find_absent, find_not_sets, holds_anything, names_like, stored_under};
pub use age::{Ages, idle_seconds, recorded_timeouts};
pub(crate) use collect::collect;
pub use discover::{FoundNamespace, find_namespaces};
pub use doctor::{Diagnosis, Doctor, Finding, Severity, doctor};
pub use fields_held::nearest_field;
pub use filter::Filter;
pub use gc::{Gc, GcPart, GcReport, gc};
pub use index::{IndexDetail, IndexRow, list_indexes, show_index};
pub use inner::{InnerSearch, find_inner};
pub use inner_names::exclude_named_inner;
pub(crate) use invalidate::invalidate_over;
pub use invalidate::{
    Action, Invalidation, InvalidationReport, Reach, invalidate, invalidate_filtered, invalidate_raw,
    survey_raw,
};
pub use keys::{KeyRow, Listing, Query, list_keys};
pub use listeners::find_listeners;
pub use memberships::{Memberships, Reread};
pub use observe::{Event, EventKind, EventQuery, Events, Observation, Observed, Observer, TagFinder, Totals};
pub use other_library::{OtherLibrary, find_other_library};
pub use purge::{Purge, PurgeReport, purge, purge_indexed};
pub use restore::{DumpedKey, Restore, RestoreReport, TruncatedKey, restore};
pub use select::{Read, SharedMarks};
pub(crate) use selector::refuse_reserved;
pub use selector::{IndexKind, Selector};
pub use show::{KeyDetail, show_key};
pub use state::{KeyState, Ttl};
pub use stats::{NamespaceBytes, NamespaceStats, count_namespace};
