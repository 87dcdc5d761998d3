//! Tags and invalid keys: their sets, and what their members are.

use super::age::Ages;
use super::recorded_timeouts;
use super::select::{Found, Place, Read, Walk};
use super::selector::IndexKind;
use super::state::FactFinder;
use super::{KeyRow, KeyState};
use crate::cache::{Clock, RecordedTimeouts, Session};
use crate::client::command;
use crate::client::{Conn, Control, DedupWindow, End, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::{Namespace, RedisType};
use std::ops::ControlFlow;

/// Rows that are looked at closely in one go; between two goes the sweep over the names stands still.
const CLOSE_LOOKS: usize = 256;

/// One tag or invalid key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRow {
    /// Its name, without the prefix.
    pub name: Vec<u8>,
    /// Members of its set.
    pub keys: u64,
    /// Its members looked at one by one, where that was asked for.
    pub detail: Option<IndexDetail>,
}

/// The members of an index by what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexDetail {
    /// With a valid value, being recomputed or not.
    pub live: u64,
    /// With a value whose timeout has passed.
    pub expired: u64,
    /// With a value that is marked.
    pub pending: u64,
    /// Without a value: leaked, or being computed for the first time.
    pub missing: u64,
    /// Bytes of the stored values.
    pub bytes: u64,
    /// How old they are.
    pub ages: Ages,
    /// Memory of the set itself, as the server estimates it (0 where MEMORY USAGE is refused).
    pub index_bytes: u64,
    /// The first few members.
    pub sample: Vec<KeyRow>,
    /// The names of bookkeeping that should have been sets.
    pub not_sets: Vec<Vec<u8>>,
    /// The names of the first few hashes of members that are of another type.
    pub not_hashes: Vec<Vec<u8>>,
    /// Whether all members were seen.
    pub complete: bool,
}

/// Lists all indexes of a kind, each handed to `row` as it is found.
///
/// # Errors
/// Connection errors, refusals, and whatever `row` returns.
pub fn list_indexes(
    session: &mut Session,
    kind: IndexKind,
    deep: bool,
    control: &mut Control,
    row: &mut dyn FnMut(IndexRow) -> Result<()>,
) -> Result<bool> {
    let timeouts = if deep { timeouts_of(kind, session)? } else { None };
    let (conn, ns, clock) = session.parts();
    let look = CloseLook { ns, clock, kind, timeouts, sample: 0 };
    let pattern = match kind {
        IndexKind::Tag => ns.all_pattern(),
        IndexKind::InvalidKey => ns.invalid_keys_pattern(),
    };
    let mut sweep = Sweep::new(Source::Keyspace { pattern, kind: Some(RedisType::Set.name()) });
    let mut sizes = Sizes { ns, kind, deep, recent: DedupWindow::default(), found: Vec::new(), row };
    let mut complete = true;
    loop {
        let end = sweep.run(conn, &mut sizes, control)?;
        for mut found in std::mem::take(&mut sizes.found) {
            let detail = look.at(&found.name, conn, control)?;
            complete &= detail.complete;
            found.detail = Some(detail);
            (sizes.row)(found)?;
        }
        match end {
            End::Paused => {}
            End::Done => return Ok(complete),
            End::Stopped | End::WrongType => return Ok(false),
        }
    }
}

/// One index in full, `None` where there is no such set (nothing, or a key of another type).
///
/// # Errors
/// Connection errors and refusals.
pub fn show_index(
    session: &mut Session,
    kind: IndexKind,
    name: &[u8],
    sample: usize,
    control: &mut Control,
) -> Result<Option<IndexRow>> {
    let (conn, ns, _) = session.parts();
    let size = conn.one(command::SCARD, &[&kind.set(ns, name)?])?;
    let keys = if size.is_wrong_type() { 0 } else { size.count()? };
    if keys == 0 {
        return Ok(None);
    }
    let timeouts = timeouts_of(kind, session)?;
    let (conn, ns, clock) = session.parts();
    let detail = CloseLook { ns, clock, kind, timeouts, sample }.at(name, conn, control)?;
    Ok(Some(IndexRow { name: name.to_vec(), keys, detail: Some(detail) }))
}

/// What the members of a tag were stored with. Those of an invalid key may have any tags.
fn timeouts_of(kind: IndexKind, session: &mut Session) -> Result<Option<RecordedTimeouts>> {
    if kind == IndexKind::Tag { recorded_timeouts(session).map(Some) } else { Ok(None) }
}

/// How the members of an index are looked at one by one.
struct CloseLook<'a> {
    ns: &'a Namespace,
    clock: Clock,
    kind: IndexKind,
    timeouts: Option<RecordedTimeouts>,
    /// How many of them are shown.
    sample: usize,
}

impl CloseLook<'_> {
    fn at(&self, name: &[u8], conn: &mut Conn, control: &mut Control) -> Result<IndexDetail> {
        let mut detail = IndexDetail::default();
        let memory = conn.one(command::MEMORY_USAGE, &[&self.kind.set(self.ns, name)?])?;
        if memory.is_refused() {
            conn.do_without("MEMORY USAGE", "it is not known how much memory the set itself takes");
        }
        detail.index_bytes = memory.count().unwrap_or(0);
        let mut sink = |found: Found| {
            let state = found.facts.state(found.has_value);
            let value_state = match state {
                KeyState::Computing => {
                    super::state::Facts { computing: false, ..found.facts }.state(found.has_value)
                }
                other => other,
            };
            match value_state {
                KeyState::Live | KeyState::Computing => detail.live += 1,
                KeyState::Expired => detail.expired += 1,
                KeyState::Pending => detail.pending += 1,
                KeyState::Missing => detail.missing += 1,
            }
            detail.bytes += found.size.unwrap_or(0);
            let tells_age = self.timeouts.as_ref().filter(|_| !found.key.is_cut());
            detail.ages.add(found.facts, found.has_value, tells_age.map(|it| (name, it)));
            if detail.sample.len() < self.sample {
                detail.sample.push(KeyRow {
                    key: found.key,
                    state,
                    marked: found.facts.marked,
                    may_be_stale: found.facts.may_be_stale(),
                    others: found.others,
                    ttl: found.facts.ttl,
                    size: found.size,
                    value: None,
                });
            }
            Ok(ControlFlow::Continue(()))
        };
        let finder = FactFinder::new(self.ns, self.clock, conn);
        let mut places = std::iter::once(Ok(Place::Selected(self.kind.selector(name))));
        let walked = Walk::new(self.ns, finder, Read::Size, &mut sink).run(&mut places, conn, control)?;
        detail.complete = walked.complete;
        detail.not_sets = walked.not_sets;
        detail.not_hashes = walked.not_hashes;
        Ok(detail)
    }
}

/// Counts the members of each index of a kind.
struct Sizes<'a> {
    ns: &'a Namespace,
    kind: IndexKind,
    deep: bool,
    recent: DedupWindow,
    /// Rows that wait for a close look.
    found: Vec<IndexRow>,
    row: &'a mut dyn FnMut(IndexRow) -> Result<()>,
}

impl Work for Sizes<'_> {
    /// A set, for its size.
    type Question = Vec<u8>;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Vec<u8>>) -> Result<()> {
        for set in items {
            if self.kind.name_in(self.ns, &set).is_some() && self.recent.is_new(&set) {
                queue.ask(|pipe| {
                    pipe.push(command::SCARD, &[&set]);
                    set
                });
            }
        }
        Ok(())
    }

    fn answer(&mut self, set: Vec<u8>, replies: &mut Replies, _next: &mut Queue<Vec<u8>>) -> Result<()> {
        let reply = replies.one()?;
        if reply.is_wrong_type() {
            return Ok(());
        }
        let keys = reply.count()?;
        // A set is gone with its last member: one that was dropped since SCAN named it is not listed.
        if let Some(name) = self.kind.name_in(self.ns, &set).filter(|_| keys > 0) {
            let row = IndexRow { name: name.to_vec(), keys, detail: None };
            if self.deep { self.found.push(row) } else { (self.row)(row)? }
        }
        Ok(())
    }

    fn settle(&mut self, _next: &mut Queue<Vec<u8>>) -> Result<ControlFlow<()>> {
        Ok(if self.found.len() >= CLOSE_LOOKS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
