//! SCAN over all primaries, as if they were one server.
//!
//! The primaries are scanned side by side, so many at a time. When all of them are through, the slots that moved
//! meanwhile are looked through again where they had gone: a key that was nowhere while its node was being scanned is
//! there by now, or has moved once more, which the next such look finds. Keys in them may be met twice.

use super::map::{Addr, Map};
use super::{Cluster, Error, Result};
use crate::client::cursor::{untagged, with_tag};
use crate::client::pipe::{Pipe, Sent};
use crate::client::position::{LastingCursor, is_number};
use crate::client::retry::{Backoff, mends, passes};
use crate::client::slot::{SLOTS, slot};
use redis::Value;
use std::collections::HashMap;
use std::time::Duration;

/// So many primaries are scanned at a time.
const WIDTH: usize = 8;
/// Slots that still move after so many looks end the scan with an error.
const LOOKS: u32 = 30;
/// The first look at what moved waits this long, the next twice as long, and so on.
const PAUSE: Duration = Duration::from_millis(20);

/// Scans under way, by the cursors that were given out for them.
#[derive(Default)]
pub(super) struct Scans {
    states: HashMap<u64, State>,
    last: u64,
}

#[derive(Clone)]
struct State {
    /// The cursor this one came from, which may still be asked again.
    parent: u64,
    looks: u32,
    /// Where each slot was looked through last.
    view: Map,
    /// The only slots that count in this look.
    only: Option<Vec<u16>>,
    /// Nodes that are not through: where, at which cursor, of which process.
    todo: Vec<(Addr, Vec<u8>, u32)>,
    /// Slots of nodes that were given up on as another took over. Who that is, not every node knows at once.
    missed: Vec<u16>,
}

impl State {
    /// Gives up on nodes that are no primaries any more; their slots are looked for when all others are through.
    fn drop_lost(&mut self, primaries: &[Addr]) {
        let (view, only) = (&self.view, &self.only);
        for (addr, _, _) in self.todo.iter().filter(|(addr, _, _)| !primaries.contains(addr)) {
            let wanted = |slot: &u16| only.as_ref().is_none_or(|only| only.contains(slot));
            self.missed.extend(view.slots_of(addr).filter(wanted));
        }
        self.todo.retain(|(addr, _, _)| primaries.contains(addr));
    }
}

impl Cluster {
    /// One step of a scan; the answer has the form of SCAN's.
    pub(super) fn scan(&mut self, pipe: &Pipe, sent: &Sent) -> Result<Value> {
        let token = pipe.cursor_of(sent).and_then(number).unwrap_or(0);
        let mut state = match self.scans.states.get(&token).cloned() {
            Some(state) => {
                self.scans.states.remove(&state.parent);
                state
            }
            None => {
                let view = self.view()?;
                let todo = view.primaries.iter().map(|addr| (addr.clone(), b"0".to_vec(), 0)).collect();
                State { parent: 0, looks: 0, view, only: None, todo, missed: Vec::new() }
            }
        };
        state.parent = token;
        let mut items = Vec::new();
        let mut backoff = Backoff::new(self.timeouts.io);
        loop {
            match self.step(&mut state, pipe, sent, &mut items) {
                Ok(None) => break,
                Ok(Some(refusal)) => match &refusal {
                    Value::ServerError(error) if passes(error.code()) && backoff.pause() => {}
                    _ => return Ok(refusal),
                },
                Err(error) if mends(&error) && backoff.pause() => {
                    self.connection_stats.reconnects += 1;
                    if let Ok(()) = self.refresh() {
                        state.drop_lost(&self.map.primaries);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        if state.todo.is_empty() && !self.look_again(&mut state)? {
            return Ok(answer(b"0".to_vec(), items));
        }
        Ok(answer(self.begin(state), items))
    }

    /// What tells these processes and slots from others: an owner's epoch rises when it is given a slot. Nothing where a node does not
    /// say which process it is.
    pub(in crate::client) fn identity(&mut self) -> Result<Option<Vec<u8>>> {
        let view = self.view()?;
        let mut primaries = view.primaries.clone();
        primaries.sort_unstable();
        let mut all = String::new();
        for addr in &primaries {
            let Some(run_id) = self.member(addr)?.node.run_id.clone() else { return Ok(None) };
            all += &format!("{}:{} {run_id}", addr.0, addr.1);
            let mut last = None;
            for slot in view.slots_of(addr) {
                let epoch = view.epoch(slot);
                if last != Some((slot.wrapping_sub(1), epoch)) {
                    all += &format!(" {slot}/{}", epoch.unwrap_or_default());
                }
                last = Some((slot, epoch));
            }
            all += &format!("-{}\n", last.map_or(0, |(slot, _)| slot));
        }
        Ok(Some(all.into_bytes()))
    }

    /// Where a scan is on each primary that it is not through with: `host:port cursor`, and a comma in between. A scan that looks for
    /// what moved has no such place.
    pub(in crate::client) fn lasting_cursor(&self, key: Option<&[u8]>, cursor: &[u8]) -> Option<Vec<u8>> {
        if let Some(key) = key {
            let owner = self.map.owner(slot(key))?;
            return untagged(cursor, self.nodes.get(owner)?.identity).map(<[u8]>::to_vec);
        }
        if cursor == b"0" {
            return Some(cursor.to_vec());
        }
        let state = self.scans.states.get(&number(cursor)?)?;
        let is_first = state.only.is_none() && state.missed.is_empty();
        let is_its = |(addr, _, identity): &(Addr, Vec<u8>, u32)| {
            *identity == 0 || self.nodes.get(addr).is_some_and(|member| member.identity == *identity)
        };
        let place = |(addr, cursor, _): &(Addr, Vec<u8>, u32)| {
            format!("{}:{} {}", addr.0, addr.1, String::from_utf8_lossy(cursor))
        };
        (is_first && state.todo.iter().all(is_its))
            .then(|| state.todo.iter().map(place).collect::<Vec<_>>().join(",").into_bytes())
    }

    /// The scans and the cursors of keys that another run made lasting.
    pub(in crate::client) fn resumed_cursors(
        &mut self,
        lasting: &[LastingCursor<'_>],
    ) -> Result<Option<Vec<Vec<u8>>>> {
        let view = self.view()?;
        lasting.iter().map(|(key, cursor)| self.resumed_cursor(&view, *key, cursor)).collect()
    }

    fn resumed_cursor(&mut self, view: &Map, key: Option<&[u8]>, lasting: &[u8]) -> Result<Option<Vec<u8>>> {
        if let Some(key) = key {
            let Some(owner) = view.owner(slot(key)).filter(|_| is_number(lasting)) else { return Ok(None) };
            let identity = self.member(owner)?.identity;
            return Ok(Some(with_tag(lasting.to_vec(), identity)));
        }
        if lasting == b"0" {
            return Ok(Some(lasting.to_vec()));
        }
        let mut todo = Vec::new();
        for place in String::from_utf8_lossy(lasting).split(',') {
            let parsed = place.rsplit_once(' ').and_then(|(addr, cursor)| {
                let (host, port) = addr.rsplit_once(':')?;
                Some(((host.to_owned(), port.parse().ok()?), cursor.as_bytes().to_vec()))
            });
            let is_place =
                |(addr, cursor): &(Addr, Vec<u8>)| view.primaries.contains(addr) && is_number(cursor);
            let Some((addr, cursor)) = parsed.filter(is_place) else { return Ok(None) };
            let identity = self.member(&addr)?.identity;
            todo.push((addr, cursor, identity));
        }
        let (view, missed) = (view.clone(), Vec::new());
        Ok(Some(self.begin(State { parent: 0, looks: 0, view, only: None, todo, missed })))
    }

    /// The cursor of a scan that is there.
    fn begin(&mut self, state: State) -> Vec<u8> {
        self.scans.last += 1;
        self.scans.states.insert(self.scans.last, state);
        format!("cluster:{}", self.scans.last).into_bytes()
    }

    /// Whether slots are somewhere else than where they were looked through; then that is what is to be done.
    ///
    /// A slot that went away and came back is where it was, and what is in it may have been wherever it was not looked
    /// through: its owner's epoch has risen since, which it does for other slots as well, so all of them are looked
    /// through again.
    ///
    /// Of a slot on its way the owner is looked through first, then the node it goes to: what left the one meanwhile is
    /// at the other by then. So a slot that is left open for ever is looked through like any other.
    fn look_again(&mut self, state: &mut State) -> Result<bool> {
        let now = self.view()?;
        let only = state.only.take();
        let mut missed = std::mem::take(&mut state.missed);
        missed.sort_unstable();
        let (mut moved, mut nodes): (Vec<u16>, Vec<Addr>) = Default::default();
        for slot in only.unwrap_or_else(|| (0..SLOTS).collect()) {
            let Some(owner) = now.owner(slot) else { continue };
            let last = state.view.owner(slot);
            let goes_to = now.leaving.iter().find(|(leaving, _)| *leaving == slot).map(|(_, to)| to);
            let place = goes_to.filter(|to| last == Some(*to) || last == Some(owner)).unwrap_or(owner);
            let (then, epoch) = (state.view.epoch(slot), now.epoch(slot));
            let may_have_been_away = then.is_some() && epoch.is_some() && then != epoch;
            if last != Some(place) || may_have_been_away || missed.binary_search(&slot).is_ok() {
                moved.push(slot);
                if !nodes.contains(place) {
                    nodes.push(place.clone());
                }
                state.view.assign(slot, place);
            }
            state.view.set_epoch(slot, epoch.or(then));
        }
        if moved.is_empty() {
            return Ok(false);
        }
        state.looks += 1;
        if state.looks > LOOKS {
            return Err(Error::Unsettled { addr: self.shown.clone(), slots: moved.len() });
        }
        std::thread::sleep(PAUSE * state.looks);
        self.connection_stats.moved += 1;
        state.todo = nodes.into_iter().map(|addr| (addr, b"0".to_vec(), 0)).collect();
        state.only = Some(moved);
        Ok(true)
    }

    /// One batch of each of the first nodes, side by side. A refusal is handed back.
    fn step(
        &mut self,
        state: &mut State,
        pipe: &Pipe,
        sent: &Sent,
        items: &mut Vec<Value>,
    ) -> Result<Option<Value>> {
        let wanted = state.only.as_ref().map(|only| {
            let mut wanted = vec![false; usize::from(SLOTS)];
            only.iter().for_each(|slot| wanted[usize::from(*slot)] = true);
            wanted
        });
        let width = state.todo.len().min(WIDTH);
        let mut places = Vec::new();
        for (primary, cursor, identity) in &mut state.todo[..width] {
            let place = self.reader(primary);
            let member = self.member(&place)?;
            if *identity != member.identity {
                let restarted = *identity != 0;
                *identity = member.identity;
                *cursor = b"0".to_vec();
                self.connection_stats.rescans += u64::from(restarted);
            }
            places.push(place);
        }
        let io = self.timeouts.io / 2;
        let written = places.iter().zip(&state.todo).try_for_each(|(place, (_, cursor, _))| {
            let mut bytes = Vec::new();
            pipe.with_cursor(sent, cursor, &mut bytes);
            let member = self.member(place)?;
            member.node.set_io_timeout(io)?;
            member.node.write(&bytes, 1, "SCAN")
        });
        let mut failed = written.err();
        let (mut refusal, mut finished) = (None, Vec::new());
        for (at, place) in places.iter().enumerate() {
            let Some(member) = self.nodes.get_mut(place).filter(|_| failed.is_none()) else { continue };
            match member.node.read("SCAN") {
                Err(error) => failed = Some(error),
                Ok(Value::Array(parts)) => {
                    let mut parts = parts.into_iter();
                    let (Some(Value::BulkString(cursor)), Some(Value::Array(batch))) =
                        (parts.next(), parts.next())
                    else {
                        continue;
                    };
                    items.extend(batch.into_iter().filter(|item| match (item, &wanted) {
                        (Value::BulkString(key), Some(wanted)) => wanted[usize::from(slot(key))],
                        _ => true,
                    }));
                    finished.extend((cursor == b"0").then_some(at));
                    state.todo[at].1 = cursor;
                }
                Ok(other) => refusal = Some(other),
            }
        }
        for at in finished.into_iter().rev() {
            state.todo.remove(at);
        }
        failed.map_or(Ok(refusal), |error: Error| Err(error))
    }
}

fn number(cursor: &[u8]) -> Option<u64> {
    std::str::from_utf8(cursor).ok()?.strip_prefix("cluster:")?.parse().ok()
}

fn answer(cursor: Vec<u8>, items: Vec<Value>) -> Value {
    Value::Array(vec![Value::BulkString(cursor), Value::Array(items)])
}
