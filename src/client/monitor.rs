//! MONITOR: every command that the server carries out, as it comes.

use super::conn::Conn;
use super::node::Node;
use super::reply::Reply;
use crate::error::Result;

/// A connection on which MONITOR is on.
///
/// It has no read timeout: one would lose whatever part of a line was read before it struck. Whoever reads from it
/// does so in a thread of its own and ends by a line that another connection causes (an ECHO with words of its own).
pub struct Monitor {
    node: Node,
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Monitor({})", self.node.addr)
    }
}

impl Monitor {
    /// A second connection to the server of `conn`, listening. In a cluster to the one that holds the
    /// slot of `key`.
    ///
    /// # Errors
    /// Connection errors, [`crate::Error::Server`] where MONITOR is not allowed, and [`crate::Error::CrossSlot`] in a
    /// cluster without a key: what lies on several servers has no order of commands that anybody sees.
    pub fn start(conn: &mut Conn, key: Option<&[u8]>) -> Result<Self> {
        Ok(Self { node: conn.listen(key)? })
    }

    /// The next line, without its `+`: time, database and client, command. Blocks.
    ///
    /// # Errors
    /// [`crate::Error::Lost`] when the connection ends.
    pub fn line(&mut self) -> Result<Vec<u8>> {
        let value = self.node.read_unasked("MONITOR")?;
        let reply = Reply { value, command: "MONITOR", key: None, addr: self.node.addr.clone() };
        Ok(reply.bytes()?.unwrap_or_default())
    }
}
