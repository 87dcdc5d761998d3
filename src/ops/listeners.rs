//! Which caches hold values of a namespace in the memory of their process: those that listen to what is written in it.

use crate::client::command;
use crate::client::{Conn, ConnectedClient};
use crate::error::Result;
use crate::namespace::Namespace;

/// The connections of the caches that hold values in memory. `None` where that is not known: CLIENT LIST is refused, or the server
/// is one that none of them connects to, a replica or that of a dump.
///
/// # Errors
/// Connection errors.
pub fn find_listeners(conn: &mut Conn, ns: &Namespace) -> Result<Option<Vec<ConnectedClient>>> {
    let is_primary = conn.is_cluster() || conn.check_writable().is_ok();
    if !is_primary || conn.target().is_of_dump() {
        return Ok(None);
    }
    let listeners = conn.broadcast_clients(&ns.listener_name())?;
    if listeners.is_none() {
        conn.do_without_unsaid(
            command::CLIENT_LIST.name(),
            "it is not known which processes hold values in \
                                                             memory",
        );
    }
    Ok(listeners)
}
