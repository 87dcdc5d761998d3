//! Putting dumped keys back into a namespace: of another server, prefix or layout, if need be.

mod steps;

use super::inner::exclude_inner;
use crate::cache::{Clock, Session};
use crate::cache::{Mode, Outcome, PendingRestore, Restored, Writer};
use crate::client::{Conn, Control, Pipe};
use crate::error::Result;
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};
use crate::text::escape;
use std::time::Instant;

/// No batch holds more bytes of values than this, or one value.
const BYTES: usize = 1 << 20;
/// No batch begins another value once it has so many names and indexes.
const NAMES: usize = 1000;

/// A key as it was dumped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DumpedKey {
    /// The line of the dump where it stands, for messages; 0 where there is none.
    pub line: u64,
    /// The key, without a prefix.
    pub key: Vec<u8>,
    /// The stored bytes.
    pub value: Vec<u8>,
    /// True epoch seconds, where it has a timeout.
    pub expires_at: Option<i64>,
    /// Its tags.
    pub tags: Vec<Vec<u8>>,
    /// Its invalid keys.
    pub invalid_keys: Vec<Vec<u8>>,
    /// Whether it was marked: a stale value must not come back as a valid one.
    pub marked: bool,
    /// The other keys that share this value (`a>b>c`, which the library cuts, or `a>b` itself), with their own indexes.
    pub cut_keys: Vec<TruncatedKey>,
    /// Whether the value is wrapped in zlib, which `classic` cannot read.
    pub compressed: bool,
}

/// Another key of a value, filed whole in the indexes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TruncatedKey {
    /// The whole key.
    pub key: Vec<u8>,
    /// Its tags.
    pub tags: Vec<Vec<u8>>,
    /// Its invalid keys.
    pub invalid_keys: Vec<Vec<u8>>,
}

/// How to restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restore {
    /// Also over live values.
    pub replace: bool,
    /// Whether to write.
    pub mode: Mode,
}

/// What a restoration did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreReport {
    /// Keys whose value, timeout, indexes or mark were written.
    pub restored: u64,
    /// Keys that were there already, the same.
    pub unchanged: u64,
    /// Keys with a live value of another content, which were left alone.
    pub kept: u64,
    /// Keys that cannot be restored.
    pub refused: u64,
    /// Whether the walk came to its end.
    pub complete: bool,
    /// The line of the key that was in hand as the work was to end, and whose value was not written.
    pub unwritten: Option<u64>,
    /// Whether nothing was sent twice, and no other server process took over: every key was counted as what it was, and
    /// is where a failover does not undo it.
    pub exact: bool,
    /// How many replicas confirmed that they have it, in a cluster of the primary with the fewest that has any; none where
    /// there are none, or none was waited for.
    pub replicated: Option<u64>,
}

/// Restores keys, each in one step, but one with hundreds of marks and indexes in several, and so each of a cross-slot namespace:
/// its value is there once they all are. `note` is told of each key that is left alone: the line where it stands, and why.
///
/// Doing it again is harmless: what is there already, the same, is left as it is.
///
/// # Errors
/// Connection errors, refusals of the server, and what the keys' iterator brings.
pub fn restore(
    session: &mut Session,
    keys: &mut dyn Iterator<Item = Result<DumpedKey>>,
    how: Restore,
    control: &mut Control,
    report: &mut RestoreReport,
    note: &mut dyn FnMut(u64, &LogicalKey, &str),
) -> Result<()> {
    let (conn, ns, clock) = session.parts();
    let ns = &*exclude_inner(conn, ns, control)?;
    let mut batch = Batch {
        writer: Writer::new(ns.clone(), how.mode).on(conn),
        how,
        due: clock.due(),
        pipe: Pipe::new(),
        waiting: vec![],
        in_steps: vec![],
        bytes: 0,
        names: 0,
    };
    let began = conn.begin(how.mode.replicas(control))?;
    report.complete = false;
    while !control.stopped() {
        let dumped = match keys.next() {
            Some(Ok(dumped)) => dumped,
            // What came before the fault is sound, and goes back.
            Some(Err(error)) => {
                batch.flush(conn, control, report, note)?;
                return Err(error);
            }
            None => {
                report.complete = true;
                break;
            }
        };
        let (line, key) = (dumped.line, LogicalKey::new(dumped.key.clone()));
        match restored(ns, clock, dumped) {
            Ok(entry) if entry.size() > steps::AT_ONCE => {
                batch.flush(conn, control, report, note)?;
                batch.in_steps.push((line, key, entry));
                batch.flush(conn, control, report, note)?;
            }
            Ok(entry) => batch.push(line, key, entry),
            Err(reason) => {
                report.refused += 1;
                note(line, &key, &reason);
            }
        }
        if batch.waiting.len().max(batch.in_steps.len()) >= control.pace.count()
            || batch.bytes >= BYTES
            || batch.names >= NAMES
        {
            batch.flush(conn, control, report, note)?;
        }
    }
    batch.flush(conn, control, report, note)?;
    let ended = conn.end(&began);
    report.exact = ended.is_sure();
    report.replicated = ended.replicated;
    Ok(())
}

struct Batch {
    writer: Writer,
    how: Restore,
    /// What expires by now has expired.
    due: i64,
    pipe: Pipe,
    waiting: Vec<(u64, LogicalKey, PendingRestore)>,
    /// Those that are no single step.
    in_steps: Vec<(u64, LogicalKey, Restored)>,
    bytes: usize,
    names: usize,
}

impl Batch {
    fn push(&mut self, line: u64, key: LogicalKey, entry: Restored) {
        self.bytes += entry.value.len();
        self.names += entry.size();
        if !self.writer.acts_in_one_step() {
            self.in_steps.push((line, key, entry));
            return;
        }
        let pending = self.writer.restore(&entry, self.how.replace, self.due, &mut self.pipe);
        self.waiting.push((line, key, pending));
    }

    fn flush(
        &mut self,
        conn: &mut Conn,
        control: &mut Control,
        report: &mut RestoreReport,
        note: &mut dyn FnMut(u64, &LogicalKey, &str),
    ) -> Result<()> {
        (self.bytes, self.names) = (0, 0);
        if !self.in_steps.is_empty() {
            self.flush_in_steps(conn, control, report, note)?;
        }
        if self.waiting.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        let mut replies = conn.run(&self.pipe)?;
        control.pace.observe(start.elapsed());
        control.progress.walked(self.waiting.len(), None);
        self.pipe.clear();
        let mut failed = None;
        for (line, key, pending) in self.waiting.drain(..) {
            match pending.outcome(&mut replies) {
                Ok(outcome) => count(line, &key, outcome, report, note),
                // The others of the batch may have been written; they are counted before the error is told.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        std::thread::sleep(control.pace.rest());
        failed.map_or(Ok(()), Err)
    }

    fn flush_in_steps(
        &mut self,
        conn: &mut Conn,
        control: &mut Control,
        report: &mut RestoreReport,
        note: &mut dyn FnMut(u64, &LogicalKey, &str),
    ) -> Result<()> {
        let (of, all): (Vec<_>, Vec<_>) =
            self.in_steps.drain(..).map(|(line, key, entry)| ((line, key), entry)).unzip();
        let outcomes = steps::restore(conn, &self.writer, &all, self.how, self.due, control)?;
        let stopped = outcomes.iter().filter(|outcome| **outcome == Outcome::Stopped).count();
        control.progress.walked(outcomes.len() - stopped, None);
        for ((line, key), outcome) in of.iter().zip(outcomes) {
            count(*line, key, outcome, report, note);
        }
        Ok(())
    }
}

fn count(
    line: u64,
    key: &LogicalKey,
    outcome: Outcome,
    report: &mut RestoreReport,
    note: &mut dyn FnMut(u64, &LogicalKey, &str),
) {
    match outcome {
        Outcome::Restored => report.restored += 1,
        Outcome::Unchanged => report.unchanged += 1,
        Outcome::Stopped => report.unwritten = report.unwritten.or(Some(line)),
        Outcome::Kept => {
            report.kept += 1;
            note(line, key, "it has a live value that differs, which was left alone");
        }
        Outcome::WrongType(redis_key) => {
            report.refused += 1;
            let why = format!(
                "a Redis key that it needs has another type than the library gives it: '{}'",
                escape(&redis_key)
            );
            note(line, key, &why);
        }
    }
}

/// Where everything goes, or why it cannot go there.
fn restored(ns: &Namespace, clock: Clock, dumped: DumpedKey) -> Result<Restored, String> {
    let key = LogicalKey::new(dumped.key);
    let hash = ns.values(key.base());
    is_free(ns, &hash)?;
    if dumped.compressed && ns.layout().has_classic() {
        return Err(
            "its value is compressed, and 0.0.9 and 0.1.0 cannot read that (if neither is used here, give \
             --layout meta)"
                .to_owned(),
        );
    }
    let bucket = ns.bucket(key.base());
    let mut indexes = Vec::new();
    let mut names = Vec::new();
    let own =
        TruncatedKey { key: key.as_bytes().to_vec(), tags: dumped.tags, invalid_keys: dumped.invalid_keys };
    for named in std::iter::once(&own).chain(&dumped.cut_keys) {
        let whole = LogicalKey::new(named.key.clone());
        if (whole.base(), whole.field()) != (key.base(), key.field()) {
            return Err(format!("'{whole}' does not share its value"));
        }
        let sets = named.tags.iter().map(|name| ns.tag(name));
        for set in sets.chain(named.invalid_keys.iter().map(|name| ns.invalid_key(name))) {
            if set == hash || set == bucket {
                return Err(format!(
                    "'{}' would be both a set of keys and the key of its value or timeout",
                    escape(&set)
                ));
            }
            is_free(ns, &set)?;
            indexes.push((set, ns.member(&whole)));
        }
        let name = ns.member(&whole);
        if dumped.marked && ns.deleted_sets_inside(&name).next().is_some() {
            return Err(
                "it is marked and belongs to a namespace inside this one: restore it there with --prefix"
                    .to_owned(),
            );
        }
        names.push(name);
    }
    Ok(Restored {
        bucket,
        entry: ns.bucket_member(&key),
        score: dumped.expires_at.map(|time| clock.score(time)),
        field: key.field().to_vec(),
        value: dumped.value,
        hash,
        names,
        // Which of the names was marked is not told: one mark too many costs a computation.
        marked: dumped.marked,
        indexes,
    })
}

/// Whether a hash or a set of this name may be written, or what else it is.
fn is_free(ns: &Namespace, redis_key: &[u8]) -> Result<(), String> {
    let what = match (ns.reserved_for(redis_key), ns.classify(redis_key, RedisType::Set)) {
        (Some(reserved), _) => reserved,
        (None, Entry::Tag { .. } | Entry::InvalidKey { .. }) => return Ok(()),
        (None, Entry::Inner) => "belongs to a namespace inside this one",
        (None, _) => "lies outside the namespace",
    };
    Err(format!("'{}' {what}", escape(redis_key)))
}
