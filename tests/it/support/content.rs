//! The full logical content of a database, to be compared before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use redis::Connection;

use super::program;

/// PEXPIRETIME, which came with 7.0: what is left, from a moment at which the clock stood still.
const PEXPIRETIME: &str = "
    local function now()
        local time = redis.call('TIME')
        return time[1] * 1000 + math.floor(time[2] / 1000)
    end
    while true do
        local before, left = now(), redis.call('PTTL', KEYS[1])
        if left < 0 then return left end
        if now() == before then return before + left end
    end";

/// What one Redis key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    Text(Vec<u8>),
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
    Set(BTreeSet<Vec<u8>>),
    /// Members and their scores, as Redis writes them.
    Zset(BTreeMap<Vec<u8>, String>),
    List(Vec<Vec<u8>>),
    /// A type nothing here writes, by name.
    Other(String),
}

/// A Redis key's value and when Redis itself would drop it, in true epoch milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) held: Held,
    pub(crate) expires_at_ms: Option<i64>,
}

/// A whole database.
pub(crate) type Content = BTreeMap<Vec<u8>, Entry>;

/// Reads the database the connection stands on, by SCAN, in a few round trips. Of what we write the log is left out: `cli_log`
/// looks at it.
#[track_caller]
pub(crate) fn read(connection: &mut Connection) -> Content {
    try_read(connection).unwrap_or_else(|error| panic!("cannot read the content: {error}"))
}

fn try_read(connection: &mut Connection) -> redis::RedisResult<Content> {
    let mut names: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut cursor = 0_u64;
    loop {
        let (next, found): (u64, Vec<Vec<u8>>) =
            redis::cmd("SCAN").arg(cursor).arg("COUNT").arg(5000).query(connection)?;
        names.extend(found);
        cursor = next;
        if cursor == 0 {
            break;
        }
    }
    let names: Vec<Vec<u8>> = names.into_iter().collect();
    let mut content = Content::new();
    for names in names.chunks(2000) {
        let mut pipe = redis::pipe();
        for name in names {
            pipe.cmd("TYPE").arg(name);
            if program::version() >= (7, 0) {
                pipe.cmd("PEXPIRETIME").arg(name);
            } else {
                pipe.cmd("EVAL").arg(PEXPIRETIME).arg(1).arg(name);
            }
        }
        let facts: Vec<redis::Value> = pipe.query(connection)?;
        let mut kinds = Vec::new();
        for pair in facts.chunks(2) {
            let kind: String = redis::from_redis_value(pair[0].clone())?;
            let expires: i64 = redis::from_redis_value(pair[1].clone())?;
            kinds.push((kind, (expires >= 0).then_some(expires)));
        }
        let mut pipe = redis::pipe();
        for (name, (kind, _)) in names.iter().zip(&kinds) {
            match kind.as_str() {
                "string" => pipe.cmd("GET").arg(name),
                "hash" => pipe.cmd("HGETALL").arg(name),
                "set" => pipe.cmd("SMEMBERS").arg(name),
                "zset" => pipe.cmd("ZRANGE").arg(name).arg(0).arg(-1).arg("WITHSCORES"),
                "list" => pipe.cmd("LRANGE").arg(name).arg(0).arg(-1),
                _ => pipe.cmd("TYPE").arg(name),
            };
        }
        let values: Vec<redis::Value> = pipe.query(connection)?;
        for ((name, (kind, expires_at_ms)), value) in names.iter().zip(kinds).zip(values) {
            let held = match kind.as_str() {
                // It expired or was removed between two of the steps.
                "none" => continue,
                "stream" if name.ends_with(b"meta:log") => continue,
                "string" => Held::Text(redis::from_redis_value(value)?),
                "hash" => Held::Hash(redis::from_redis_value(value)?),
                "set" => Held::Set(redis::from_redis_value(value)?),
                "zset" => Held::Zset(redis::from_redis_value(value)?),
                "list" => Held::List(redis::from_redis_value(value)?),
                _ => Held::Other(kind),
            };
            let entry = Entry { held, expires_at_ms };
            content.insert(name.clone(), entry);
        }
    }
    Ok(content)
}

/// What differs, a line for each: `- CM:Book:100 field owner …`, `+ CM:delete member …`. Empty when nothing does.
pub(crate) fn diff(before: &Content, after: &Content) -> String {
    let (before, after) = (facts(before), facts(after));
    let mut lines = String::new();
    for (sign, facts, others) in [("-", &before, &after), ("+", &after, &before)] {
        for fact in facts.difference(others) {
            let _ = writeln!(lines, "{sign} {fact}");
        }
    }
    lines
}

/// Panics with the difference unless both are the same.
#[track_caller]
pub(crate) fn assert_same(before: &Content, after: &Content) {
    let difference = diff(before, after);
    assert!(difference.is_empty(), "the content changed:\n{difference}");
}

/// All that it holds, a line each.
pub(crate) fn facts(content: &Content) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for (name, entry) in content {
        let name = name.escape_ascii();
        if let Some(at) = entry.expires_at_ms {
            facts.insert(format!("{name} expires at {at}"));
        }
        match &entry.held {
            Held::Text(text) => {
                facts.insert(format!("{name} = {}", text.escape_ascii()));
            }
            Held::Hash(fields) => facts.extend(fields.iter().map(|(field, value)| {
                format!("{name} field {} = {}", field.escape_ascii(), value.escape_ascii())
            })),
            Held::Set(members) => {
                facts.extend(members.iter().map(|member| format!("{name} member {}", member.escape_ascii())))
            }
            Held::Zset(members) => facts.extend(
                members
                    .iter()
                    .map(|(member, score)| format!("{name} member {} score {score}", member.escape_ascii())),
            ),
            Held::List(items) => facts.extend(
                items
                    .iter()
                    .enumerate()
                    .map(|(place, item)| format!("{name} item {place} = {}", item.escape_ascii())),
            ),
            Held::Other(kind) => {
                facts.insert(format!("{name} is a {kind}"));
            }
        }
    }
    facts
}
