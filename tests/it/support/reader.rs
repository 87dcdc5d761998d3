//! The library's reads, command by command: one call of a cached function that can be stopped between any two of them.
//!
//! The sequences are those of the traces; `interleavings::a_reader_asks_what_the_library_asks` holds them against the
//! real library. A MULTI block is one step, since the server carries it out as one. Values are version numbers.

use redis::{Cmd, Connection, Value, cmd, pipe};

const STALE: &str = "if redis.call('srem',KEYS[1], ARGV[1]) == 0 then return {'valid', redis.call('hget', KEYS[2], ARGV[2])} else return {'deleted', 0} end";

/// Which release a reader behaves like: 0.0.9, or 0.1.1 with stale reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    Classic,
    Meta,
}

/// A cached function's key, with every Redis name the library makes of it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) generation: Generation,
    pub(crate) logical: String,
    pub(crate) member: String,
    pub(crate) hash: String,
    pub(crate) field: String,
    pub(crate) tag: String,
    pub(crate) invalid: String,
    pub(crate) bucket: String,
    pub(crate) bucket_member: String,
    pub(crate) deleted: String,
    pub(crate) progress: String,
    /// Whether its function has a timeout.
    pub(crate) timed: bool,
}

impl Key {
    pub(crate) fn new(
        generation: Generation,
        prefix: &str,
        logical: &str,
        tag: &str,
        invalid_key: &str,
    ) -> Self {
        let parts: Vec<&str> = logical.split('>').collect();
        let hash = format!("{prefix}{}", parts[0]);
        let bucket_member = parts.get(1).map_or_else(|| hash.clone(), |field| format!("{hash}>{field}"));
        let set = |classic: &str, meta: &str| match generation {
            Generation::Classic => format!("{prefix}{classic}"),
            Generation::Meta => meta.to_owned(),
        };
        Self {
            generation,
            logical: logical.to_owned(),
            member: format!("{prefix}{logical}"),
            field: parts.get(1).unwrap_or(&"base").to_string(),
            tag: format!("{prefix}{tag}"),
            invalid: format!("{prefix}{invalid_key}:invalid"),
            bucket: format!("{prefix}Meta:Expire-Buckets::{hash}"),
            bucket_member,
            deleted: set("delete", "CM:meta:deleted"),
            progress: set("progress", "CM:meta:progress"),
            hash,
            timed: false,
        }
    }

    pub(crate) fn timed(self) -> Self {
        Self { timed: true, ..self }
    }

    /// The version that is stored, if one is.
    pub(crate) fn stored(&self, redis: &mut Connection) -> Option<u64> {
        cmd("HGET").arg(&self.hash).arg(&self.field).query(redis).unwrap()
    }

    pub(crate) fn is_in(&self, set: &str, redis: &mut Connection) -> bool {
        cmd("SISMEMBER").arg(set).arg(&self.member).query(redis).unwrap()
    }
}

/// What the world outside Redis is to a reader.
pub(crate) trait World {
    /// The function itself: the version of the data now.
    fn compute(&mut self) -> u64;
    /// The library's clock.
    fn now(&mut self) -> i64;
    /// When a value stored now expires.
    fn expiry(&mut self) -> i64 {
        self.now() + 300
    }
}

/// A world whose data have this version, at the epoch second 1,000,000.
pub(crate) struct Still(pub(crate) u64);

impl World for Still {
    fn compute(&mut self) -> u64 {
        self.0
    }

    fn now(&mut self) -> i64 {
        1_000_000
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Buckets,
    MarkExpired,
    SweepAndGet,
    TakeMark,
    Get,
    Enter,
    Wait(u8),
    Compute,
    Tag,
    Store,
    Leave,
    Index,
    Done,
}

/// One call under way.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    key: &'a Key,
    at: At,
    expired: Vec<Vec<u8>>,
    found: Option<u64>,
    refreshing: bool,
    /// What the function returned, once it ran.
    pub(crate) computed: Option<u64>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(key: &'a Key) -> Self {
        let at = if key.timed { At::Buckets } else { At::TakeMark };
        Self { key, at, expired: Vec::new(), found: None, refreshing: false, computed: None }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at == At::Done
    }

    /// What the caller got.
    pub(crate) fn result(&self) -> Option<u64> {
        self.computed.or(self.found)
    }

    /// Runs to the end, and gives what the caller got.
    pub(crate) fn run(mut self, redis: &mut Connection, world: &mut dyn World) -> Option<u64> {
        while !self.is_done() {
            self.step(redis, world);
        }
        self.result()
    }

    /// What the next step reads (false) and writes (true) in Redis; empty for the function itself.
    pub(crate) fn touches(&self) -> Vec<(&'a str, bool)> {
        let key = self.key;
        let classic = key.generation == Generation::Classic;
        match self.at {
            At::Buckets => vec![(&key.bucket, !classic)],
            At::MarkExpired => vec![(&key.deleted, true)],
            At::SweepAndGet => vec![(&key.bucket, true), (&key.hash, false)],
            At::TakeMark if classic => vec![(&key.deleted, true)],
            At::TakeMark => vec![(&key.deleted, true), (&key.hash, false)],
            At::Get | At::Wait(_) => vec![(&key.hash, false)],
            At::Enter => vec![(&key.progress, true)],
            At::Compute | At::Done => vec![],
            At::Tag => vec![(&key.tag, true)],
            At::Store if classic => vec![(&key.hash, true), (&key.bucket, true)],
            At::Store => [&key.tag, &key.bucket, &key.hash, &key.progress, &key.invalid]
                .map(|name| (name.as_str(), true))
                .to_vec(),
            At::Leave if classic => vec![(&key.progress, true)],
            At::Leave => vec![(&key.progress, true), (&key.invalid, true)],
            At::Index => vec![(&key.invalid, true)],
        }
    }

    /// Carries out the next command (or the function), and says which.
    pub(crate) fn step(&mut self, redis: &mut Connection, world: &mut dyn World) -> String {
        match self.key.generation {
            Generation::Classic => self.classic(redis, world),
            Generation::Meta => self.meta(redis, world),
        }
    }

    fn classic(&mut self, redis: &mut Connection, world: &mut dyn World) -> String {
        let key = self.key;
        match self.at {
            At::Buckets => {
                let mut ask = cmd("ZRANGEBYSCORE");
                self.expired = ask.arg(&key.bucket).arg(0).arg(world.now()).query(redis).unwrap();
                self.at = if self.expired.is_empty() { At::SweepAndGet } else { At::MarkExpired };
                "ZRANGEBYSCORE".to_owned()
            }
            At::MarkExpired => {
                cmd("SADD").arg(&key.deleted).arg(&self.expired).exec(redis).unwrap();
                self.at = At::SweepAndGet;
                "SADD deleted".to_owned()
            }
            At::SweepAndGet => {
                let mut both = pipe();
                both.atomic().cmd("ZREMRANGEBYSCORE").arg(&key.bucket).arg(0).arg(world.now()).ignore();
                both.cmd("HGET").arg(&key.hash).arg(&key.field);
                (self.found,) = both.query(redis).unwrap();
                self.at = At::TakeMark;
                "MULTI ZREMRANGEBYSCORE HGET EXEC".to_owned()
            }
            At::TakeMark => {
                self.refreshing = remove(&key.deleted, &key.member).query::<i64>(redis).unwrap() == 1;
                self.at = match (self.refreshing, key.timed) {
                    (true, _) => At::Compute,
                    (false, false) => At::Get,
                    (false, true) if self.found.is_none() => At::Enter,
                    (false, true) => At::Done,
                };
                format!("SREM deleted ({})", i32::from(self.refreshing))
            }
            At::Get => {
                self.found = key.stored(redis);
                self.at = if self.found.is_some() { At::Done } else { At::Enter };
                "HGET".to_owned()
            }
            At::Store => {
                let mut store = pipe();
                if key.timed {
                    store.atomic().cmd("ZADD").arg(&key.bucket).arg(world.expiry()).arg(&key.bucket_member);
                }
                store.cmd("HSET").arg(&key.hash).arg(&key.field).arg(self.computed);
                store.exec(redis).unwrap();
                self.at = if self.refreshing { At::Index } else { At::Leave };
                "HSET".to_owned()
            }
            At::Leave => {
                remove(&key.progress, &key.member).exec(redis).unwrap();
                self.at = At::Index;
                "SREM progress".to_owned()
            }
            At::Index => {
                add(&key.invalid, &key.member).exec(redis).unwrap();
                self.at = At::Done;
                "SADD invalid".to_owned()
            }
            _ => self.either(redis, world),
        }
    }

    fn meta(&mut self, redis: &mut Connection, world: &mut dyn World) -> String {
        let key = self.key;
        match self.at {
            At::Buckets => {
                let now = world.now();
                let mut both = pipe();
                both.atomic().cmd("ZRANGEBYSCORE").arg(&key.bucket).arg(0).arg(now);
                both.cmd("ZREMRANGEBYSCORE").arg(&key.bucket).arg(0).arg(now).ignore();
                (self.expired,) = both.query(redis).unwrap();
                self.at = if self.expired.is_empty() { At::TakeMark } else { At::MarkExpired };
                "MULTI ZRANGEBYSCORE ZREMRANGEBYSCORE EXEC".to_owned()
            }
            At::MarkExpired => {
                cmd("SADD").arg(&key.deleted).arg(&self.expired).exec(redis).unwrap();
                self.at = At::TakeMark;
                "SADD deleted".to_owned()
            }
            At::TakeMark => {
                let mut eval = cmd("EVAL");
                eval.arg(STALE).arg(2).arg(&key.deleted).arg(&key.hash).arg(&key.member).arg(&key.field);
                let (status, value): (String, Value) = eval.query(redis).unwrap();
                let valid = status == "valid";
                self.found = if valid { redis::from_redis_value(value).unwrap() } else { None };
                self.at = if self.found.is_some() { At::Done } else { At::Enter };
                format!("EVAL ({status})")
            }
            At::Store => {
                let mut store = pipe();
                store.atomic().cmd("SADD").arg(&key.tag).arg(&key.member);
                if key.timed {
                    store.cmd("ZADD").arg(&key.bucket).arg(world.expiry()).arg(&key.bucket_member);
                }
                store.cmd("HSET").arg(&key.hash).arg(&key.field).arg(self.computed);
                if !key.timed {
                    store.cmd("SREM").arg(&key.progress).arg(&key.member);
                    store.cmd("SADD").arg(&key.invalid).arg(&key.member);
                }
                store.exec(redis).unwrap();
                self.at = if key.timed { At::Leave } else { At::Done };
                "MULTI … HSET … EXEC".to_owned()
            }
            At::Leave => {
                let mut leave = pipe();
                leave.atomic().cmd("SREM").arg(&key.progress).arg(&key.member);
                leave.cmd("SADD").arg(&key.invalid).arg(&key.member);
                leave.exec(redis).unwrap();
                self.at = At::Done;
                "MULTI SREM progress SADD invalid EXEC".to_owned()
            }
            _ => self.either(redis, world),
        }
    }

    /// What both generations do alike.
    fn either(&mut self, redis: &mut Connection, world: &mut dyn World) -> String {
        let key = self.key;
        match self.at {
            At::Enter => {
                let first = add(&key.progress, &key.member).query::<i64>(redis).unwrap() == 1;
                self.at = if first { At::Compute } else { At::Wait(0) };
                format!("SADD progress ({})", i32::from(first))
            }
            At::Wait(looks) => {
                // The library looks five times, 20 ms apart, and takes what it finds: a stale value too.
                std::thread::sleep(std::time::Duration::from_micros(200));
                self.found = key.stored(redis);
                self.at = match (self.found, looks) {
                    (Some(_), _) => At::Done,
                    (None, 4..) => At::Compute,
                    (None, _) => At::Wait(looks + 1),
                };
                "HGET while waiting".to_owned()
            }
            At::Compute => {
                self.computed = Some(world.compute());
                self.at = if key.generation == Generation::Classic { At::Tag } else { At::Store };
                "compute".to_owned()
            }
            At::Tag => {
                add(&key.tag, &key.member).exec(redis).unwrap();
                self.at = At::Store;
                "SADD tag".to_owned()
            }
            at => panic!("no step at {at:?}"),
        }
    }
}

fn add(set: &str, member: &str) -> Cmd {
    let mut command = cmd("SADD");
    command.arg(set).arg(member);
    command
}

fn remove(set: &str, member: &str) -> Cmd {
    let mut command = cmd("SREM");
    command.arg(set).arg(member);
    command
}
