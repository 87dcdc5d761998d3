//! Who reads, writes, invalidates and crashes: the library's own commands in its own order, at the speed of Redis.
//!
//! The sequences are those of the traces (0.0.9 and 0.1.1); a crash is a writer that stops between two commands.

use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redis::{Connection, Value, cmd, pipe};

use super::model::{Dice, Generation, HOT, KEYS, Key, Model};

/// Computations take at most so many microseconds.
const COMPUTING: usize = 3000;
const CRASHES: usize = 150;

/// A writer that dies stops here.
struct Died;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// One process of an application: reads keys of its generation.
pub(super) struct Reader<'a> {
    pub(super) model: &'a Model,
    pub(super) connection: Connection,
    pub(super) dice: Dice,
    /// Whether it may die, and takes its time to compute.
    pub(super) careless: bool,
}

impl Reader<'_> {
    pub(super) fn run(&mut self, generation: Generation) {
        while !self.model.stopped() {
            let among = if self.dice.one_in(2) { HOT } else { KEYS };
            let (model, key) = (self.model, generation.first() + self.dice.below(among));
            self.read(&model.keys[key]);
        }
    }

    /// One call of the cached function.
    pub(super) fn read(&mut self, key: &Key) {
        self.model.reads.fetch_add(1, SeqCst);
        key.writing.fetch_add(1, SeqCst);
        let lived = match key.generation {
            Generation::Classic => self.classic(key),
            Generation::Meta => self.meta(key),
        };
        key.written.fetch_add(1, SeqCst);
        key.writing.fetch_sub(1, SeqCst);
        if lived.is_err() {
            self.model.crashes.fetch_add(1, SeqCst);
        }
    }

    fn classic(&mut self, key: &Key) -> Result<(), Died> {
        let mut value: Option<String> = None;
        if let Some(bucket) = &key.bucket {
            let expired: Vec<String> = self.ask(cmd("ZRANGEBYSCORE").arg(bucket).arg(0).arg(now()));
            if !expired.is_empty() {
                self.ask::<Value>(cmd("SADD").arg("CM:delete").arg(expired));
            }
            let (_, hit): (Value, Option<String>) = pipe()
                .atomic()
                .cmd("ZREMRANGEBYSCORE")
                .arg(bucket)
                .arg(0)
                .arg(now())
                .cmd("HGET")
                .arg(&key.hash)
                .arg(key.field)
                .query(&mut self.connection)
                .unwrap();
            value = hit;
        }
        if self.ask::<u64>(cmd("SREM").arg("CM:delete").arg(&key.member)) == 1 {
            let version = self.compute(key);
            if self.dies() {
                // Its mark is gone and nobody knows: a fault of the library.
                self.model.excuse(key);
                return Err(Died);
            }
            return self.store_classic(key, version, false);
        }
        if key.bucket.is_none() {
            value = self.ask(cmd("HGET").arg(&key.hash).arg(key.field));
        }
        if value.is_some() {
            return Ok(());
        }
        if self.ask::<u64>(cmd("SADD").arg("CM:progress").arg(&key.member)) == 0 && self.waited(key) {
            return Ok(());
        }
        let version = self.compute(key);
        if self.dies() {
            return Err(Died);
        }
        self.store_classic(key, version, true)
    }

    /// SADD tag, HSET, SREM progress, SADD invalid, with everybody else in between.
    fn store_classic(&mut self, key: &Key, version: u64, in_progress: bool) -> Result<(), Died> {
        self.ask::<Value>(cmd("SADD").arg(key.tag).arg(&key.member));
        if self.careless && self.dice.one_in(4) {
            std::thread::sleep(Duration::from_micros(self.dice.below(COMPUTING) as u64));
        }
        if self.dies() {
            self.model.excuse(key);
            return Err(Died);
        }
        match &key.bucket {
            Some(bucket) => {
                let expires = now() + 1 + self.dice.below(3) as u64;
                pipe()
                    .atomic()
                    .cmd("ZADD")
                    .arg(bucket)
                    .arg(expires)
                    .arg(&key.member)
                    .cmd("HSET")
                    .arg(&key.hash)
                    .arg(key.field)
                    .arg(version)
                    .query::<Value>(&mut self.connection)
                    .unwrap();
            }
            None => {
                self.ask::<Value>(cmd("HSET").arg(&key.hash).arg(key.field).arg(version));
            }
        }
        self.model.stored(key, version);
        if in_progress {
            self.ask::<Value>(cmd("SREM").arg("CM:progress").arg(&key.member));
        }
        if self.dies() {
            key.unindexed.store(true, SeqCst);
            self.model.excuse(key);
            return Err(Died);
        }
        self.ask::<Value>(cmd("SADD").arg(&key.index).arg(&key.member));
        key.unindexed.store(false, SeqCst);
        Ok(())
    }

    fn meta(&mut self, key: &Key) -> Result<(), Died> {
        if let Some(bucket) = &key.bucket {
            let (expired, _): (Vec<String>, Value) = pipe()
                .atomic()
                .cmd("ZRANGEBYSCORE")
                .arg(bucket)
                .arg(0)
                .arg(now())
                .cmd("ZREMRANGEBYSCORE")
                .arg(bucket)
                .arg(0)
                .arg(now())
                .query(&mut self.connection)
                .unwrap();
            if !expired.is_empty() {
                self.ask::<Value>(cmd("SADD").arg("CM:meta:deleted").arg(expired));
            }
        }
        let script = "if redis.call('srem',KEYS[1], ARGV[1]) == 0 then return {'valid', redis.call('hget', KEYS[2], \
                      ARGV[2])} else return {'deleted', 0} end";
        let (status, value): (String, Option<String>) = self.ask(
            cmd("EVAL")
                .arg(script)
                .arg(2)
                .arg("CM:meta:deleted")
                .arg(&key.hash)
                .arg(&key.member)
                .arg(key.field),
        );
        if status == "valid" && value.is_some() {
            return Ok(());
        }
        if self.ask::<u64>(cmd("SADD").arg("CM:meta:progress").arg(&key.member)) == 0 && self.waited(key) {
            if status == "deleted" {
                // It took the mark and was content with the stale value: a fault of the library.
                self.model.excuse(key);
            }
            return Ok(());
        }
        let version = self.compute(key);
        if self.dies() {
            // Its key stays in progress: whoever takes it out has to put the mark back.
            return Err(Died);
        }
        let mut transaction = pipe();
        transaction.atomic().cmd("SADD").arg(key.tag).arg(&key.member);
        if let Some(bucket) = &key.bucket {
            transaction.cmd("ZADD").arg(bucket).arg(now() + 1 + self.dice.below(3) as u64).arg(&key.member);
        }
        transaction.cmd("HSET").arg(&key.hash).arg(key.field).arg(version);
        transaction.cmd("SREM").arg("CM:meta:progress").arg(&key.member);
        transaction.cmd("SADD").arg(&key.index).arg(&key.member);
        transaction.query::<Value>(&mut self.connection).unwrap();
        self.model.stored(key, version);
        Ok(())
    }

    /// Somebody else computes it: whether a value appeared.
    fn waited(&mut self, key: &Key) -> bool {
        (0..3).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            self.ask::<Option<String>>(cmd("HGET").arg(&key.hash).arg(key.field)).is_some()
        })
    }

    fn compute(&mut self, key: &Key) -> u64 {
        let version = self.model.version(key.source);
        key.newest.fetch_max(version, SeqCst);
        if self.careless {
            std::thread::sleep(Duration::from_micros(self.dice.below(COMPUTING) as u64));
        }
        version
    }

    fn dies(&mut self) -> bool {
        self.careless && self.dice.one_in(CRASHES)
    }

    fn ask<T: redis::FromRedisValue>(&mut self, command: &redis::Cmd) -> T {
        command.query(&mut self.connection).unwrap()
    }
}

/// Who marks the keys of a source, of which these are the members of its invalid set.
pub(super) type Marks<'a> = dyn FnMut(&mut Connection, &Key, &[String]) + 'a;

/// The way of the library.
pub(super) fn mark(connection: &mut Connection, key: &Key, members: &[String]) {
    if !members.is_empty() {
        cmd("SADD").arg(key.generation.deleted()).arg(members).query::<Value>(connection).unwrap();
    }
}

/// Invalidates by invalid key, and judges what that may not reach.
pub(super) fn invalidate(model: &Model, connection: &mut Connection, dice: &mut Dice, marks: &mut Marks<'_>) {
    while !model.stopped() {
        let source = dice.below(2 * super::model::SOURCES);
        let keys: Vec<_> = model.keys.iter().filter(|key| key.source == source).collect();
        model.bump(source);
        let before: Vec<_> =
            keys.iter().map(|key| (key.writing.load(SeqCst), key.written.load(SeqCst))).collect();
        let mut look = pipe();
        look.atomic().cmd("SMEMBERS").arg(&keys[0].index);
        for key in &keys {
            look.cmd("HEXISTS").arg(&key.hash).arg(key.field);
        }
        let mut answers: Vec<Value> = look.query(connection).unwrap();
        let members: Vec<String> = redis::from_redis_value(answers.remove(0)).unwrap();
        for ((key, before), live) in keys.iter().zip(before).zip(answers) {
            let live: bool = redis::from_redis_value(live).unwrap();
            let busy = before.0 > 0 || before != (key.writing.load(SeqCst), key.written.load(SeqCst));
            if busy {
                model.overtaken.fetch_add(1, SeqCst);
            }
            if !members.contains(&key.member) && (!live || busy || key.unindexed.load(SeqCst)) {
                // A key that is being computed for the first time is in no index yet: a fault of the library.
                model.excuse(key);
            }
        }
        marks(connection, keys[0], &members);
        model.invalidations.fetch_add(1, SeqCst);
        std::thread::sleep(Duration::from_micros(dice.below(2000) as u64));
    }
}

/// Invalidates patterns: values go, their index members stay.
pub(super) fn delete(model: &Model, connection: &mut Connection, dice: &mut Dice) {
    let start = Instant::now();
    while !model.stopped() {
        if start.elapsed().as_secs() % 4 == 3 {
            // Some time for values to come back.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        }
        // Some at a time are gone: that is when gc has much to judge.
        let most = if dice.one_in(20) { model.keys.len() / 2 } else { 2 };
        let hashes: Vec<_> = (0..most).map(|_| &model.keys[dice.below(model.keys.len())].hash).collect();
        cmd("UNLINK").arg(&hashes).query::<Value>(connection).unwrap();
        model.deletions.fetch_add(hashes.len() as u64, SeqCst);
        std::thread::sleep(Duration::from_micros(dice.below(6000) as u64));
    }
}

/// The tag and the invalid set of what [`refresh`] writes.
pub(super) const REFRESHED: [&str; 2] = ["CM:refreshed", "CM:refreshed:invalid"];

/// Many workers of 0.0.9 that refresh a key each, once: they took its mark, are not in progress, and name the key in its
/// tag before they store the value. What is lost of these stays lost, as nobody writes them again.
pub(super) fn refresh(model: &Model, connection: &mut Connection, dice: &mut Dice) {
    while !model.stopped() {
        let first = model.refreshed.load(SeqCst);
        let names: Vec<_> = (first..first + 50).map(|n| format!("CM:r:{n}")).collect();
        cmd("SADD").arg(REFRESHED[0]).arg(&names).query::<Value>(connection).unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(60_000) as u64));
        let mut stores = pipe();
        for name in &names {
            stores.cmd("HSET").arg(name).arg("base").arg("v");
        }
        stores.query::<Value>(connection).unwrap();
        cmd("SADD").arg(REFRESHED[1]).arg(&names).query::<Value>(connection).unwrap();
        model.refreshed.fetch_add(50, SeqCst);
        std::thread::sleep(Duration::from_micros(50_000 + dice.below(50_000) as u64));
    }
}
