//! Redis: targets, connections, what is tried again, pipelines, scripts, sweeps and their pace. Nothing of cacheme.

mod clients;
mod cluster;
pub(crate) mod command;
mod conn;
mod control;
mod cursor;
mod dedup_window;
mod flight;
mod in_flight;
mod info;
mod loading;
mod monitor;
mod node;
mod pace;
mod page;
mod pipe;
mod position;
mod reconnecting;
mod replicas;
mod reply;
mod resp_stream;
mod retry;
mod script;
mod sentinel;
pub mod slot;
mod sweep;
mod target;
mod tracking;

pub use clients::ConnectedClient;
pub use command::Command;
pub use conn::{Conn, Without};
pub(crate) use control::CancelToken;
pub use control::{Control, Progress, Right};
pub use dedup_window::DedupWindow;
pub use info::ServerInfo;
pub use loading::Loading;
pub(crate) use monitor::{Monitor, Seen};
#[cfg(feature = "tokio")]
pub(crate) use node::{connect_error, io_error, run_id, without_password};
pub use pace::Pace;
pub(crate) use page::Page;
pub(crate) use position::LastingCursor;
pub use reply::Reply;
pub(crate) use reply::{Answerer, RefusedHash};
pub use retry::ConnectionStats;
pub(crate) use script::Script;
pub use target::{Secret, Target, Timeouts, Tls};
pub(crate) use tracking::{Heard, Tracking};

/// How commands are sent in batches and answered. Public for the tests of this crate; it may change at any time.
#[doc(hidden)]
pub use {
    pipe::Pipe,
    reply::Replies,
    sweep::{End, Queue, Source, Sweep, Work, work_on},
};
