//! What the Python library leaves in Redis, without any I/O.
//!
//! Every Redis key name is built and parsed by [`Namespace`]; the rest of the crate never puts a name together.

pub mod glob;
mod key;
mod layout;
mod mark;
mod names;
mod reserved;

pub use crate::error::PrefixError;
pub use key::{BASE_FIELD, LogicalKey, split};
pub use layout::{Layout, READER_SCRIPTS};
pub(crate) use mark::Mark;
pub use names::{Entry, Namespace, RedisType};
pub(crate) use names::{InnerSign, common_prefix, prefix_of_bucket};
