//! Redis: connecting with timeouts, pipelines, sweeps over the keyspace and over sets, the one place that writes.

mod conn;
mod detect;
mod info;
mod pace;
mod pipe;
mod reply;
mod sweep;
mod target;
mod write;

pub use conn::Conn;
pub use detect::{Detected, Evidence, detect};
pub use info::ServerInfo;
pub use pace::Pace;
pub use pipe::Pipe;
pub use reply::{Replies, Reply};
pub use sweep::{Control, End, Flow, Progress, Recent, Source, Sweep, Work, work_on};
pub use target::{Secret, Target, Timeouts};
pub use write::Mode;
pub(crate) use write::{Expire, Outcome, RestoreTicket, Restored, Ticket, Writer};
