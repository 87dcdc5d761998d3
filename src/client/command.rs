//! The commands we send: for each its words, where its key and its cursor stand, whether it may be sent twice, and which
//! servers of a cluster it goes to.

/// Whether a command may be sent again when its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It changes nothing that is stored.
    Freely,
    /// It changes nothing more the second time, but counts less.
    Recount,
    /// It may do more, or its answer may mean something.
    Never,
}

/// Where in a cluster a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the server of its key, or of the slot that it was queued for.
    Slot,
    /// To every primary; the answers are put together.
    EachPrimary,
}

/// A command of Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// A subcommand stands behind a space.
    pub(super) name: &'static str,
    /// Which argument is the key.
    pub(super) key: Option<usize>,
    /// Which argument is a scan's cursor.
    pub(super) cursor: Option<usize>,
    pub(super) repeat: Repeat,
    pub(super) reach: Reach,
}

impl Command {
    /// A command that changes nothing that is stored, whose first argument is a key: it is sent again when its answer was lost.
    ///
    /// ```
    /// use cacheme::client::Command;
    ///
    /// const STRLEN: Command = Command::read("STRLEN");
    /// assert_eq!(STRLEN.name(), "STRLEN");
    /// ```
    pub const fn read(name: &'static str) -> Self {
        Self { repeat: Repeat::Freely, ..Self::write(name) }
    }

    /// A command whose first argument is a key, and which is never sent twice.
    pub const fn write(name: &'static str) -> Self {
        Self { name, key: Some(0), cursor: None, repeat: Repeat::Never, reach: Reach::Slot }
    }

    const fn without_key(self) -> Self {
        Self { key: None, ..self }
    }

    const fn key_at(self, place: usize) -> Self {
        Self { key: Some(place), ..self }
    }

    const fn cursor_at(self, place: usize) -> Self {
        Self { cursor: Some(place), ..self }
    }

    const fn on_each_primary(self) -> Self {
        Self { reach: Reach::EachPrimary, ..self.without_key() }
    }

    /// Its words, as Redis writes them: `SADD`, `CLIENT SETNAME`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Which argument is the key.
    #[cfg(feature = "tokio")]
    pub(crate) const fn key_place(&self) -> Option<usize> {
        self.key
    }
}

// About the server, or the connection. The arguments of AUTH are secrets: no key of it becomes part of an error.
pub(crate) const ACL_WHOAMI: Command = Command::read("ACL WHOAMI").without_key();
pub(crate) const AUTH: Command = Command::read("AUTH").without_key();
pub(crate) const CLIENT_LIST: Command = Command::read("CLIENT LIST").without_key();
pub(crate) const CLIENT_NO_TOUCH: Command = Command::read("CLIENT NO-TOUCH").without_key();
pub(crate) const CLIENT_SETNAME: Command = Command::read("CLIENT SETNAME").without_key();
pub(crate) const CLIENT_TRACKING: Command = Command::write("CLIENT TRACKING").without_key();
pub(crate) const CLUSTER_NODES: Command = Command::read("CLUSTER NODES").without_key();
pub(crate) const COMMAND_INFO: Command = Command::read("COMMAND INFO").without_key();
pub(crate) const ECHO: Command = Command::read("ECHO").without_key();
pub(crate) const EXEC: Command = Command::write("EXEC").without_key();
pub(crate) const HELLO: Command = Command::read("HELLO").without_key();
pub(crate) const INFO: Command = Command::read("INFO").without_key();
pub(crate) const MONITOR: Command = Command::write("MONITOR").without_key();
pub(crate) const MULTI: Command = Command::write("MULTI").without_key();
pub(crate) const PING: Command = Command::read("PING").without_key();
pub(crate) const READONLY: Command = Command::write("READONLY").without_key();
pub(crate) const ROLE: Command = Command::read("ROLE").without_key();
pub(crate) const SELECT: Command = Command::read("SELECT").without_key();
pub(crate) const SENTINEL_GET_MASTER_ADDR_BY_NAME: Command =
    Command::read("SENTINEL GET-MASTER-ADDR-BY-NAME").without_key();
pub(crate) const SENTINEL_REPLICAS: Command = Command::read("SENTINEL REPLICAS").without_key();
pub(crate) const SLOWLOG_GET: Command = Command::read("SLOWLOG GET").without_key();
pub(crate) const TIME: Command = Command::read("TIME").without_key();
pub(crate) const WAIT: Command = Command::write("WAIT").without_key();

// About the server, and in a cluster about all of it.
pub(crate) const DBSIZE: Command = Command::read("DBSIZE").on_each_primary();
pub(crate) const SCRIPT_EXISTS: Command = Command::read("SCRIPT EXISTS").on_each_primary();

// Scans.
pub(crate) const SCAN: Command = Command::read("SCAN").without_key().cursor_at(0);
pub(crate) const HSCAN: Command = Command::read("HSCAN").cursor_at(1);
pub(crate) const SSCAN: Command = Command::read("SSCAN").cursor_at(1);
pub(crate) const ZSCAN: Command = Command::read("ZSCAN").cursor_at(1);

// What reads a key.
pub(crate) const EXISTS: Command = Command::read("EXISTS");
pub(crate) const GETRANGE: Command = Command::read("GETRANGE");
pub(crate) const HEXISTS: Command = Command::read("HEXISTS");
pub(crate) const HGET: Command = Command::read("HGET");
pub(crate) const HGETALL: Command = Command::read("HGETALL");
pub(crate) const HKEYS: Command = Command::read("HKEYS");
pub(crate) const HLEN: Command = Command::read("HLEN");
pub(crate) const HMGET: Command = Command::read("HMGET");
pub(crate) const HSTRLEN: Command = Command::read("HSTRLEN");
pub(crate) const LLEN: Command = Command::read("LLEN");
pub(crate) const OBJECT_IDLETIME: Command = Command::read("OBJECT IDLETIME");
pub(crate) const PTTL: Command = Command::read("PTTL");
pub(crate) const SCARD: Command = Command::read("SCARD");
pub(crate) const SISMEMBER: Command = Command::read("SISMEMBER");
pub(crate) const SMEMBERS: Command = Command::read("SMEMBERS");
pub(crate) const SMISMEMBER: Command = Command::read("SMISMEMBER");
pub(crate) const SRANDMEMBER: Command = Command::read("SRANDMEMBER");
pub(crate) const TYPE: Command = Command::read("TYPE");
pub(crate) const XRANGE: Command = Command::read("XRANGE");
pub(crate) const XREVRANGE: Command = Command::read("XREVRANGE");
pub(crate) const ZCARD: Command = Command::read("ZCARD");
pub(crate) const ZCOUNT: Command = Command::read("ZCOUNT");
pub(crate) const ZRANGE: Command = Command::read("ZRANGE");
pub(crate) const ZRANGEBYSCORE: Command = Command::read("ZRANGEBYSCORE");
pub(crate) const ZSCORE: Command = Command::read("ZSCORE");
pub(crate) const MEMORY_USAGE: Command = Command::read("MEMORY USAGE");

// What writes a key.
pub(crate) const EXPIRE: Command = Command::write("EXPIRE");
pub(crate) const HDEL: Command = Command::write("HDEL");
pub(crate) const HINCRBY: Command = Command::write("HINCRBY");
pub(crate) const HSET: Command = Command::write("HSET");
pub(crate) const HSETNX: Command = Command::write("HSETNX");
pub(crate) const SADD: Command = Command::write("SADD");
pub(crate) const SET: Command = Command::write("SET");
pub(crate) const SREM: Command = Command::write("SREM");
pub(crate) const UNLINK: Command = Command::write("UNLINK");
pub(crate) const XADD: Command = Command::write("XADD");
pub(crate) const ZADD: Command = Command::write("ZADD");
pub(crate) const ZREM: Command = Command::write("ZREM");
pub(crate) const EVAL: Command = Command::write("EVAL").key_at(2);
pub(crate) const EVALSHA: Command = Command::write("EVALSHA").key_at(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_is_repeated_unasked() {
        assert_eq!(SSCAN.repeat, Repeat::Freely);
        for command in [SADD, SREM, EVAL, HINCRBY, MULTI, EXEC] {
            assert_eq!(command.repeat, Repeat::Never, "{}", command.name);
        }
    }
}
