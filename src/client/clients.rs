//! CLIENT LIST: who is connected.

use super::command;
use super::conn::Conn;
use super::node::Node;
use crate::error::Result;

/// A connection, as its server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectedClient {
    /// Where it comes from; over a Unix socket the path of that.
    pub addr: String,
    /// How long it is connected.
    pub age_seconds: u64,
}

impl Conn {
    /// The connections of this name to this database that are told of writes unasked (CLIENT TRACKING in its broadcast mode);
    /// in a cluster those of all primaries. `None` where the server refuses CLIENT LIST.
    ///
    /// # Errors
    /// Connection errors.
    pub(crate) fn broadcast_clients(&mut self, name: &str) -> Result<Option<Vec<ConnectedClient>>> {
        let db = self.db();
        let mut found = Vec::new();
        for (_, list) in self.each_primary(client_list) {
            let Some(list) = list? else { return Ok(None) };
            let list = String::from_utf8_lossy(&list);
            found.extend(list.lines().filter_map(|line| broadcast_client(line, name, db)));
        }
        Ok(Some(found))
    }
}

/// `None` where that is refused for good.
fn client_list(node: &mut Node) -> Result<Option<Vec<u8>>> {
    let reply = node.one(command::CLIENT_LIST, &[])?;
    if reply.is_forbidden() { Ok(None) } else { reply.bytes() }
}

/// `id=7 addr=10.0.0.5:41234 name=… age=12 flags=tB db=0 …`. Of a socket's path that holds a space the beginning is read.
fn broadcast_client(line: &str, name: &str, db: i64) -> Option<ConnectedClient> {
    let field = |name: &str| {
        let mut fields = line.split(' ').filter_map(|field| field.split_once('='));
        fields.find(|(it, _)| *it == name).map(|(_, value)| value)
    };
    if field("name")? != name || field("db")?.parse() != Ok(db) {
        return None;
    }
    // Redis 6.0 shows no B.
    if !field("flags")?.contains('t') {
        return None;
    }
    Some(ConnectedClient { addr: field("addr")?.to_owned(), age_seconds: field("age")?.parse().ok()? })
}
