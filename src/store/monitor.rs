//! MONITOR: every command that the server carries out, as it comes.

use super::conn::Conn;
use crate::error::Result;

/// A connection on which MONITOR is on.
///
/// It has no read timeout: one would lose whatever part of a line was read before it struck. Whoever reads from it
/// does so in a thread of its own and ends by a line that another connection causes (an ECHO with words of its own).
#[derive(Debug)]
pub struct Monitor {
    conn: Conn,
}

impl Monitor {
    /// A second connection to the server of `conn`, listening.
    ///
    /// # Errors
    /// Connection errors, and [`crate::Error::Server`] where MONITOR is not allowed.
    pub fn start(conn: &Conn) -> Result<Self> {
        let mut conn = conn.again()?;
        conn.one("MONITOR", &[])?.ok()?;
        conn.wait_for_ever()?;
        Ok(Self { conn })
    }

    /// The next line, without its `+`: time, database and client, command. Blocks.
    ///
    /// # Errors
    /// [`crate::Error::Lost`] when the connection ends.
    pub fn line(&mut self) -> Result<Vec<u8>> {
        Ok(self.conn.receive_one("MONITOR")?.bytes()?.unwrap_or_default())
    }
}
