//! A namespace written by hand: the raw keys that the library would leave, and those it never would.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use redis::{Connection, ToRedisArgs};

use super::server::Server;

/// The pickle of `1`, protocol 4.
pub(crate) const ONE: &[u8] = b"\x80\x04K\x01.";

/// True epoch seconds.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_secs()).expect("a clock before the year 292 billion")
}

/// Writes into one namespace of one server.
pub(crate) struct Seed {
    connection: Connection,
    prefix: Vec<u8>,
    deleted: Vec<u8>,
    progress: Vec<u8>,
}

impl Seed {
    /// The prefix `CM:`, as 0.0.9 and 0.1.0 write it.
    #[track_caller]
    pub(crate) fn classic(server: &Server) -> Self {
        Self::under(server, b"CM:", false)
    }

    /// The prefix `CM:`, as 0.1.1 writes it.
    #[track_caller]
    pub(crate) fn meta(server: &Server) -> Self {
        Self::under(server, b"CM:", true)
    }

    /// Another prefix.
    #[track_caller]
    pub(crate) fn under(server: &Server, prefix: &[u8], meta: bool) -> Self {
        let own = |name: &[u8]| [prefix, name].concat();
        let (deleted, progress) = match meta {
            true => (b"CM:meta:deleted".to_vec(), b"CM:meta:progress".to_vec()),
            false => (own(b"delete"), own(b"progress")),
        };
        Self { connection: server.connect(), prefix: prefix.to_vec(), deleted, progress }
    }

    fn named(&self, rest: impl AsRef<[u8]>) -> Vec<u8> {
        [&self.prefix, rest.as_ref()].concat()
    }

    /// Any command.
    #[track_caller]
    pub(crate) fn run(&mut self, command: &str, args: impl ToRedisArgs) -> &mut Self {
        let done = redis::cmd(command).arg(args).exec(&mut self.connection);
        done.unwrap_or_else(|error| panic!("{command}: {error}"));
        self
    }

    /// Keys with the value `1`.
    #[track_caller]
    pub(crate) fn live<K: AsRef<[u8]>>(&mut self, keys: impl IntoIterator<Item = K>) -> &mut Self {
        for key in keys {
            self.value(key, ONE);
        }
        self
    }

    /// A key with these bytes for its value.
    #[track_caller]
    pub(crate) fn value(&mut self, key: impl AsRef<[u8]>, bytes: &[u8]) -> &mut Self {
        let mut parts = key.as_ref().splitn(3, |byte| *byte == b'>');
        let hash = self.named(parts.next().unwrap_or_default());
        let field = parts.next().unwrap_or(b"base").to_vec();
        self.run("HSET", &[hash, field, bytes.to_vec()])
    }

    /// Puts keys into a tag.
    #[track_caller]
    pub(crate) fn tag<K: AsRef<[u8]>>(&mut self, tag: &str, keys: impl IntoIterator<Item = K>) -> &mut Self {
        self.members(self.named(tag), keys)
    }

    /// Puts keys under an invalid key.
    #[track_caller]
    pub(crate) fn invalid<K: AsRef<[u8]>>(
        &mut self,
        name: &str,
        keys: impl IntoIterator<Item = K>,
    ) -> &mut Self {
        self.members(self.named(format!("{name}:invalid")), keys)
    }

    /// Marks keys as pending invalidation.
    #[track_caller]
    pub(crate) fn marked<K: AsRef<[u8]>>(&mut self, keys: impl IntoIterator<Item = K>) -> &mut Self {
        self.members(self.deleted.clone(), keys)
    }

    /// Puts keys in progress.
    #[track_caller]
    pub(crate) fn busy<K: AsRef<[u8]>>(&mut self, keys: impl IntoIterator<Item = K>) -> &mut Self {
        self.members(self.progress.clone(), keys)
    }

    /// Gives a key a timeout that ends so many seconds from now, or ended where negative.
    #[track_caller]
    pub(crate) fn expires(&mut self, key: &str, seconds: i64) -> &mut Self {
        let mut parts = key.splitn(3, '>');
        let base = self.named(parts.next().unwrap_or_default());
        let member = match parts.next() {
            Some(field) => [&base, &b">"[..], field.as_bytes()].concat(),
            None => base.clone(),
        };
        let bucket = [&self.named("Meta:Expire-Buckets::"), &base[..]].concat();
        self.run("ZADD", &[bucket, (now() + seconds).to_string().into_bytes(), member])
    }

    #[track_caller]
    fn members<K: AsRef<[u8]>>(&mut self, set: Vec<u8>, keys: impl IntoIterator<Item = K>) -> &mut Self {
        let mut args = vec![set];
        args.extend(keys.into_iter().map(|key| self.named(key)));
        if args.len() == 1 { self } else { self.run("SADD", args) }
    }
}

/// The members of a set or sorted set, or the fields of a hash; nothing where there is no such key.
#[track_caller]
pub(crate) fn names(server: &Server, redis_key: &str) -> BTreeSet<String> {
    let mut connection = server.connect();
    let kind: String = redis::cmd("TYPE").arg(redis_key).query(&mut connection).expect("TYPE");
    let mut ask = match kind.as_str() {
        "none" => return BTreeSet::new(),
        "set" => redis::cmd("SMEMBERS"),
        "hash" => redis::cmd("HKEYS"),
        "zset" => redis::cmd("ZRANGEBYSCORE"),
        other => panic!("{redis_key} is a {other}"),
    };
    ask.arg(redis_key);
    if kind == "zset" {
        ask.arg("-inf").arg("+inf");
    }
    let names: Vec<Vec<u8>> = ask.query(&mut connection).expect("the names");
    names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// A set of texts, to compare [`names`] with.
pub(crate) fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
