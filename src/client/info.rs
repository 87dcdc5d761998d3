//! INFO, as far as an operator of a cache asks for it.

use super::reply::Reply;
use std::collections::HashMap;

/// What a server is and which version of that, from its INFO. `redis_version` is Redis's own only on Redis: elsewhere it
/// says which Redis the server can stand in for.
pub(super) fn name_and_version<'a>(field: impl Fn(&str) -> Option<&'a str>) -> (&'a str, Option<&'a str>) {
    let name = field("server_name").unwrap_or("redis");
    (name, field(&format!("{name}_version")).or_else(|| field("redis_version")))
}

/// `Redis 7.0.15`, `Valkey 9.1.2`, as people write them.
pub(super) fn product(name: &str, version: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().unwrap_or_default().to_ascii_uppercase();
    format!("{first}{} {version}", letters.as_str())
}

/// The server's own account of itself. These numbers are the whole server's, not the namespace's.
#[derive(Debug, Clone, Default)]
pub struct ServerInfo {
    fields: HashMap<String, String>,
    keys: Option<u64>,
    refused: Vec<&'static str>,
}

impl ServerInfo {
    pub(crate) fn of(info: Reply, keys: Reply) -> Self {
        let refused = [("INFO", &info), ("DBSIZE", &keys)];
        let refused =
            refused.into_iter().filter(|(_, reply)| reply.is_refused()).map(|(name, _)| name).collect();
        let info = info.bytes().ok().flatten().unwrap_or_default();
        let keys = keys.count().ok();
        let fields = String::from_utf8_lossy(&info)
            .lines()
            .filter_map(|line| line.trim().split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self { fields, keys, refused }
    }

    /// A field by its INFO name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// What the server calls itself: `redis`, `valkey`.
    pub fn server_name(&self) -> &str {
        name_and_version(|name| self.get(name)).0
    }

    /// Its own version, where it tells one.
    pub fn server_version(&self) -> Option<&str> {
        name_and_version(|name| self.get(name)).1
    }

    /// `standalone` or `cluster`.
    pub fn server_mode(&self) -> Option<&str> {
        self.get("server_mode").or_else(|| self.get("redis_mode"))
    }

    /// Name and version for people: `Redis 7.0.15`, `Valkey 9.1.2`.
    pub fn product(&self) -> String {
        product(self.server_name(), self.server_version().unwrap_or("of an unknown version"))
    }

    /// A field that is a whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Which of INFO and DBSIZE the server refused.
    pub fn refused(&self) -> &[&'static str] {
        &self.refused
    }

    /// Keys in the selected database.
    pub fn keys(&self) -> Option<u64> {
        self.keys
    }
}
