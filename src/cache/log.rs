//! The log of a namespace: who changed what through the command line, in a capped stream of Redis.

use crate::client::{Command, Conn, Reply, command};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use std::collections::HashMap;

/// So many entries are read at once.
const PAGE: &[u8] = b"500";

/// So many entries are kept; the oldest go first.
const KEPT: &[u8] = b"10000";

/// One run that changed something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LogEntry {
    /// When it ended, in epoch milliseconds of the server's clock, as the server wrote it down.
    pub at_ms: i64,
    /// The user of the machine that it ran on.
    pub user: String,
    /// That machine's name.
    pub host: String,
    /// The user that Redis knew it as, where Redis tells.
    pub acl_user: Option<String>,
    /// The profile that it used.
    pub profile: Option<String>,
    /// The words of the command, without secrets.
    pub command: Vec<String>,
    /// Keys or entries that were meant; of `gc` what it removed and put back, of `keys restore` what it restored.
    pub matched: u64,
    /// Keys that were marked.
    pub marked: u64,
    /// Values, entries or members that were deleted.
    pub deleted: u64,
    /// Whether everything that was meant was reached.
    pub complete: bool,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// The version of this crate.
    pub version: String,
}

/// Where to go on reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPosition(Vec<u8>);

impl LogPosition {
    /// The entries from this time on.
    pub fn since(at_ms: i64) -> Self {
        Self(at_ms.max(0).to_string().into_bytes())
    }

    /// Behind what was read last.
    fn behind(id: &[u8]) -> Self {
        let (time, number) = split(id);
        let (time, number) = match number.checked_add(1) {
            Some(number) => (time, number),
            None => (time.saturating_add(1), 0),
        };
        Self(format!("{time}-{number}").into_bytes())
    }
}

/// Adds an entry. Its time is the server's, and the user of Redis is the one of this connection, whatever the entry says.
///
/// # Errors
/// Connection errors, and [`Error::Server`] where the server refuses it.
pub fn append_log(conn: &mut Conn, ns: &Namespace, entry: &LogEntry) -> Result<()> {
    let user = conn.one(command::ACL_WHOAMI, &[])?;
    let acl_user = if user.is_refused() { None } else { user.bytes()? };
    let command = serde_json::Value::from(entry.command.clone()).to_string();
    let numbers = [entry.matched, entry.marked, entry.deleted, u64::from(entry.complete), entry.elapsed_ms];
    let numbers = numbers.map(|number| number.to_string());
    let [matched, marked, deleted, complete, elapsed] = numbers.each_ref().map(|number| number.as_bytes());
    let mut fields: Vec<(&[u8], &[u8])> = vec![
        (b"user", entry.user.as_bytes()),
        (b"host", entry.host.as_bytes()),
        (b"command", command.as_bytes()),
        (b"matched", matched),
        (b"marked", marked),
        (b"deleted", deleted),
        (b"complete", complete),
        (b"elapsed_ms", elapsed),
        (b"version", entry.version.as_bytes()),
    ];
    fields.extend(acl_user.as_deref().map(|user| (&b"acl_user"[..], user)));
    fields.extend(entry.profile.as_deref().map(|profile| (&b"profile"[..], profile.as_bytes())));
    let key = ns.log();
    let mut words: Vec<&[u8]> = vec![&key, b"MAXLEN", KEPT, b"*"];
    words.extend(fields.into_iter().flat_map(|(name, value)| [name, value]));
    conn.one(command::XADD, &words)?.ok().map(drop)
}

/// Some entries from a position on, the oldest first, and where the next begin; none where there are no more.
///
/// # Errors
/// Connection errors, [`Error::Server`] where the server refuses it, and [`Error::WrongType`].
pub fn read_log(conn: &mut Conn, ns: &Namespace, from: &LogPosition) -> Result<(Vec<LogEntry>, LogPosition)> {
    let items = page(conn, ns, command::XRANGE, [&from.0, b"+"])?;
    let next = items.last().map_or_else(|| from.clone(), |(id, _)| LogPosition::behind(id));
    Ok((items.into_iter().map(|(id, fields)| entry(&id, fields)).collect(), next))
}

/// The last so many entries since a position that are wanted, the oldest first, and where those begin that come later.
///
/// # Errors
/// As [`read_log`].
pub fn last_log(
    conn: &mut Conn,
    ns: &Namespace,
    since: &LogPosition,
    most: u64,
    is_wanted: &dyn Fn(&LogEntry) -> bool,
) -> Result<(Vec<LogEntry>, LogPosition)> {
    let (mut found, mut next, mut last) = (Vec::new(), None, b"+".to_vec());
    loop {
        let items = page(conn, ns, command::XREVRANGE, [&last, &since.0])?;
        let Some((oldest, _)) = items.last() else { break };
        last = before(oldest);
        next.get_or_insert_with(|| LogPosition::behind(&items[0].0));
        let wanted = items.into_iter().map(|(id, fields)| entry(&id, fields)).filter(is_wanted);
        found.extend(wanted.take(usize::try_from(most).unwrap_or(usize::MAX).saturating_sub(found.len())));
        if found.len() as u64 >= most {
            break;
        }
    }
    found.reverse();
    Ok((found, next.unwrap_or_else(|| since.clone())))
}

/// An entry as the stream has it: its id, then names and values in turn.
type Item = (Vec<u8>, Vec<Vec<u8>>);

/// Entries between two ids.
fn page(conn: &mut Conn, ns: &Namespace, command: Command, ids: [&[u8]; 2]) -> Result<Vec<Item>> {
    let key = ns.log();
    let reply = conn.one(command, &[&key, ids[0], ids[1], b"COUNT", PAGE])?;
    if reply.is_wrong_type() {
        return Err(Error::WrongType { keys: vec![key] });
    }
    let item = |item: Reply| {
        let mut parts = item.list()?.into_iter();
        let id = parts.next().map_or(Ok(None), Reply::bytes)?.unwrap_or_default();
        Ok((id, parts.next().map_or(Ok(Vec::new()), Reply::strings)?))
    };
    reply.list()?.into_iter().map(item).collect()
}

/// An entry as the stream has it. A field that a later release may add is passed over.
fn entry(id: &[u8], fields: Vec<Vec<u8>>) -> LogEntry {
    let mut fields: HashMap<Vec<u8>, String> = fields
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), String::from_utf8_lossy(&pair[1]).into_owned()))
        .collect();
    let number = |name: &[u8]| fields.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let words = fields.get(&b"command"[..]).and_then(|text| serde_json::from_str(text).ok());
    let [matched, marked, deleted, elapsed_ms] =
        [&b"matched"[..], b"marked", b"deleted", b"elapsed_ms"].map(number);
    let complete = number(b"complete") > 0;
    let mut text = |name: &[u8]| fields.remove(name);
    LogEntry {
        at_ms: i64::try_from(split(id).0).unwrap_or(i64::MAX),
        user: text(b"user").unwrap_or_default(),
        host: text(b"host").unwrap_or_default(),
        acl_user: text(b"acl_user"),
        profile: text(b"profile"),
        command: words.unwrap_or_default(),
        matched,
        marked,
        deleted,
        complete,
        elapsed_ms,
        version: text(b"version").unwrap_or_default(),
    }
}

/// The id in front of another. Its time ends where that of a stream does.
fn before(id: &[u8]) -> Vec<u8> {
    let before = match split(id) {
        (0, 0) => (0, 0),
        (time, 0) => (time - 1, u64::MAX),
        (time, number) => (time, number - 1),
    };
    format!("{}-{}", before.0, before.1).into_bytes()
}

/// The milliseconds and the number of a stream's id.
fn split(id: &[u8]) -> (u64, u64) {
    let text = String::from_utf8_lossy(id);
    let (time, number) = text.split_once('-').unwrap_or((&text, "0"));
    (time.parse().unwrap_or(0), number.parse().unwrap_or(0))
}
