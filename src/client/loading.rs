//! A server that reads its data from disk: by then it answers little more than INFO.

use super::command;
use super::conn::Conn;
use super::target::{Target, Timeouts};
use crate::error::Result;

/// How far a server is with reading its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loading {
    /// How much of the file it has read.
    pub bytes: u64,
}

impl Loading {
    /// Asks a server; nothing where its data are there.
    ///
    /// # Errors
    /// Connection errors: a server that has just been started may not listen yet.
    pub fn of(target: &Target, timeouts: Timeouts) -> Result<Option<Self>> {
        let mut conn = Conn::open_without_handshake(target, timeouts)?;
        let info = conn.one(command::INFO, &[b"persistence"])?.bytes()?.unwrap_or_default();
        let info = String::from_utf8_lossy(&info);
        let number = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        Ok((number("loading:") == Some(1))
            .then(|| Self { bytes: number("loading_loaded_bytes:").unwrap_or_default() }))
    }
}
