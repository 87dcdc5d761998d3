//! What the Python library leaves in Redis, without any I/O.
//!
//! Every Redis key name is built and parsed by [`Namespace`]; the rest of the crate never puts a name together.

pub mod glob;
pub(crate) mod guess;
mod key;
mod layout;
mod mark;
mod names;
mod reserved;
pub mod slot;
pub mod text;
pub mod value;

pub use key::{BASE_FIELD, LogicalKey, split};
pub use layout::{Layout, READER_SCRIPTS};
pub(crate) use mark::Mark;
pub(crate) use names::InnerSign;
pub use names::{Entry, Namespace, PrefixError, RedisType};
