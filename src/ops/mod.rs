//! What an operator does with a namespace. Nothing here prints or asks: rows go to a callback, counts into reports.

mod absent;
mod clock;
mod collect;
mod counters;
mod cut;
mod cut_members;
mod discover;
mod doctor;
mod fields;
mod gc;
mod in_progress;
mod index;
mod inner;
mod inner_names;
mod invalidate;
mod keys;
mod lock;
mod marks;
mod memberships;
mod observe;
mod position;
mod purge;
mod restore;
mod select;
mod show;
mod state;
mod stats;
mod whole_names;

pub use absent::{find_absent, holds_anything, names_like, stored_under};
pub use clock::Clock;
pub(crate) use collect::collect;
pub use counters::{
    CountersByHour, Counts, CountsByTag, Event, Recorder, Tally, forget_counters, read_counters, read_history,
};
pub use discover::{FoundNamespace, find_namespaces};
pub use doctor::{Diagnosis, Doctor, Finding, Severity, doctor};
pub use gc::{Gc, GcPart, GcReport, gc};
pub(crate) use index::refuse_reserved;
pub use index::{IndexDetail, IndexKind, IndexRow, list_indexes, show_index};
pub use inner::{InnerSearch, find_inner};
pub use inner_names::set_named_apart;
pub use invalidate::{
    Action, Invalidation, InvalidationReport, Reach, invalidate, invalidate_raw, survey_raw,
};
pub use keys::{KeyRow, Listing, Query, list_keys};
pub use lock::{Lock, Locked};
pub use memberships::{Memberships, Reread};
pub use observe::{Observation, Observed, Observer, TagFinder, Totals};
pub use purge::{Purge, PurgeReport, purge, purge_indexed};
pub use restore::{CutKey, DumpedKey, Restore, RestoreReport, restore};
pub use select::{Read, Selector, SharedMarks};
pub use show::{KeyDetail, show_key};
pub use state::{KeyState, Ttl};
pub use stats::{NamespaceBytes, NamespaceStats, count_namespace};
