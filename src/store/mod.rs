//! Redis: connecting with timeouts, pipelines, sweeps over the keyspace and over sets, the one place that writes.

mod bare;
mod cluster;
mod conn;
mod control;
mod cursor;
mod detect;
mod direct;
mod in_flight;
mod info;
mod leases;
mod monitor;
mod node;
mod pace;
mod page;
mod pipe;
mod recent;
mod rehearsal;
mod replicas;
mod reply;
mod retry;
mod script;
mod sentinel;
mod sweep;
mod tally;
mod target;
mod ticket;
mod upkeep;
mod write;

pub use conn::{Conn, Without};
pub(crate) use control::Limit;
pub use control::{Control, Progress, Right};
pub use detect::{Detected, Evidence, detect};
pub use info::ServerInfo;
pub(crate) use leases::restore_function;
pub use leases::{expired_leases, restore_expired};
pub use monitor::Monitor;
#[cfg(feature = "tokio")]
pub(crate) use node::{connect_error, io_error, without_password};
pub use pace::Pace;
pub(crate) use page::Page;
pub use pipe::Pipe;
#[cfg(feature = "tokio")]
pub(crate) use pipe::key_place;
pub use recent::Recent;
pub(crate) use rehearsal::Rehearsal;
pub use reply::{Replies, Reply};
pub use retry::Journal;
pub(crate) use script::script;
pub use sweep::{End, Flow, Queue, Source, Sweep, Work, work_on};
pub use target::{Secret, Target, Timeouts, Tls, TlsFiles};
pub(crate) use ticket::{Deleted, Ticket};
pub(crate) use upkeep::{Again, Group, Index, Suspect, Swept, SweptTicket};
pub use write::Mode;
pub(crate) use write::{Expire, Found, Outcome, RestoreTicket, Restored, Writer};
