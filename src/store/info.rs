//! INFO, as far as an operator of a cache asks for it.

use super::conn::Conn;
use super::pipe::Pipe;
use crate::error::Result;
use std::collections::HashMap;

/// The server's own account of itself. These numbers are the whole server's, not the namespace's.
#[derive(Debug, Clone, Default)]
pub struct ServerInfo {
    fields: HashMap<String, String>,
    keys: Option<u64>,
}

impl ServerInfo {
    /// Asks the server (INFO, DBSIZE).
    ///
    /// # Errors
    /// Connection errors. A server that refuses INFO or DBSIZE leaves the fields empty.
    pub fn read(conn: &mut Conn) -> Result<Self> {
        let mut pipe = Pipe::new();
        pipe.push("INFO", &[]);
        pipe.push("DBSIZE", &[]);
        let mut replies = conn.run(&pipe)?;
        let info = replies.one()?.bytes().ok().flatten().unwrap_or_default();
        let keys = replies.one()?.count().ok();
        let fields = String::from_utf8_lossy(&info)
            .lines()
            .filter_map(|line| line.trim().split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Self { fields, keys })
    }

    /// A field by its INFO name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// A field that is a whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Keys in the selected database.
    pub fn keys(&self) -> Option<u64> {
        self.keys
    }
}
