//! Redis: connecting with timeouts, pipelines, sweeps over the keyspace and over sets, the one place that writes.

mod cluster;
mod conn;
mod cursor;
mod detect;
mod direct;
mod info;
mod node;
mod pace;
mod pipe;
mod reply;
mod retry;
mod script;
mod sentinel;
mod sweep;
mod target;
mod write;

pub use conn::Conn;
pub use detect::{Detected, Evidence, detect};
pub use info::ServerInfo;
pub use pace::Pace;
pub use pipe::Pipe;
pub use reply::{Replies, Reply};
pub use retry::Journal;
pub use sweep::{Control, End, Flow, Progress, Recent, Source, Sweep, Work, work_on};
pub use target::{Secret, Target, Timeouts, Tls};
pub use write::Mode;
pub(crate) use write::{Expire, Ticket, Writer};
