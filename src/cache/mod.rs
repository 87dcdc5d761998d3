//! One live namespace: which generation reads it, leases, and the one place that writes.

mod bookmark;
mod clock;
mod counters;
mod detect;
mod gc;
mod home;
mod leases;
mod lock;
mod log;
mod pending_reply;
mod rehearsal;
pub(crate) mod scripts;
mod session;
mod write;

pub(crate) use bookmark::{Bookmark, Place, Position};
pub use clock::Clock;
pub(crate) use clock::ServerClock;
pub use counters::{
    CountersByHour, Counts, CountsByTag, Event, ForgottenCounters, KeptHours, LEAST_KEPT, MOST_KEPT,
    RecordedCounters, RecordedTimeouts, Recorder, TagCounters, forget_counters, keep_counters, read_counters,
    read_history, read_kept,
};
pub(crate) use counters::{hit_ratio, last_hours};
pub use detect::{Detected, Evidence, detect};
pub(crate) use gc::{Group, Index, PendingGcReply, Rechecked, Suspect, Swept};
pub(crate) use leases::MOMENT;
pub use leases::{expired_leases, restore_expired};
pub use lock::LockOutcome;
pub(crate) use lock::{NEVER, under_lock};
pub use log::{LogEntry, LogPosition, append_log, last_log, read_log};
pub(crate) use pending_reply::{Deleted, PendingReply, Purged};
pub(crate) use rehearsal::Rehearsal;
pub use session::Session;
pub use write::Mode;
pub(crate) use write::{Expire, Found, Outcome, PendingRestore, Restored, Writer};
