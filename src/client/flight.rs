//! Pipelines under way, and the answers to them.

use super::pipe::Pipe;
use super::reply::{Replies, Reply};
use crate::error::Result;
use redis::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// A pipeline that was sent and is not answered yet.
pub(super) struct Flight<'p> {
    pub(super) pipe: Cow<'p, Pipe>,
    pub(super) answers: Vec<Answer>,
    /// It was written, so what is not answered may have been done.
    pub(super) written: bool,
    /// The command behind the others is a scan.
    pub(super) scans: bool,
}

/// A pipeline, and the answers to it.
pub(super) struct Answered<'p> {
    pub(super) pipe: Cow<'p, Pipe>,
    pub(super) replies: Replies,
    pub(super) scans: bool,
}

impl Answered<'_> {
    /// The answer to the scan behind the other commands, where there is one.
    pub(super) fn take_scan(&mut self) -> Option<Reply> {
        if std::mem::take(&mut self.scans) { self.replies.take_last() } else { None }
    }
}

/// An answer, and who gave it; or why there is none.
pub(super) type Answer = (Result<Value>, Arc<str>);

impl From<Pipe> for Cow<'_, Pipe> {
    fn from(pipe: Pipe) -> Self {
        Cow::Owned(pipe)
    }
}

impl<'p> From<&'p Pipe> for Cow<'p, Pipe> {
    fn from(pipe: &'p Pipe) -> Self {
        Cow::Borrowed(pipe)
    }
}
