//! Whom events are told, as soon as they are certain.

use super::super::event::Event;
use super::super::filter::{Decision, Filter};
use super::Infer;
use super::key::Key;
use super::log::{CERTAIN, Log};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

/// How often a key with something untold is looked at, in microseconds.
const AGAIN: u64 = CERTAIN / 10;

/// Where events go.
#[derive(Debug)]
pub(in super::super) struct Sink {
    to: SyncSender<Event>,
    pub(in super::super) filter: Filter,
    /// Events for which there was no room.
    pub(in super::super) dropped: u64,
    /// Keys of the line under way.
    touched: Vec<Box<[u8]>>,
    /// Keys with something untold, and when each is looked at again.
    waiting: VecDeque<(u64, Box<[u8]>)>,
}

impl Sink {
    pub(in super::super) fn new(to: SyncSender<Event>, filter: Filter) -> Self {
        Self { to, filter, dropped: 0, touched: Vec::new(), waiting: VecDeque::new() }
    }

    /// A key is about to change.
    pub(super) fn touch(&mut self, key: &[u8], state: &mut Key, at: u64, who: &Arc<[u8]>) {
        if state.log.is_none() && self.filter.may_want(key) {
            state.log = Some(Box::new(Log::new(Arc::clone(who))));
        }
        if let Some(log) = &mut state.log {
            log.at = at;
            log.who.clone_from(who);
            self.touched.push(key.into());
        }
    }

    fn send(&mut self, event: Event) {
        if !self.filter.wants_kind(event.kind) {
            return;
        }
        if let Err(TrySendError::Full(_)) = self.to.try_send(event) {
            self.dropped += 1;
        }
    }
}

impl Infer {
    /// From here on each event is told.
    pub(in super::super) fn tell(&mut self, sink: Sink) {
        self.sink = Some(sink);
    }

    /// Where events go.
    pub(in super::super) fn sink(&mut self) -> Option<&mut Sink> {
        self.sink.as_mut()
    }

    /// Whether something waits for what comes next, or for time to pass.
    pub(in super::super) fn has_untold(&self) -> bool {
        self.script.is_some() || self.sink.as_ref().is_some_and(|sink| !sink.waiting.is_empty())
    }

    /// Tells what is certain by now.
    pub(super) fn tell_certain(&mut self) {
        let Some(sink) = &mut self.sink else { return };
        let (mut touched, mut due) = (std::mem::take(&mut sink.touched), Vec::new());
        while sink.waiting.front().is_some_and(|(at, _)| *at <= self.last) {
            due.extend(sink.waiting.pop_front().map(|(_, key)| key));
        }
        touched.drain(..).for_each(|key| self.tell_of(&key, false, false));
        due.iter().for_each(|key| self.tell_of(key, true, false));
        if let Some(sink) = &mut self.sink {
            sink.touched = touched;
            sink.dropped += std::mem::take(&mut self.groups.untold);
        }
    }

    /// Tells everything as it looks now.
    pub(super) fn tell_all(&mut self) {
        if self.sink.is_some() {
            let untold = self.keys.iter().filter(|(_, state)| state.log.is_some());
            let untold: Vec<_> = untold.map(|(key, _)| key.clone()).collect();
            untold.iter().for_each(|key| self.tell_of(key, true, true));
        }
    }

    /// Tells of a key what is certain, or all. `was_due`: it does not stand among those that wait any more.
    fn tell_of(&mut self, key: &[u8], was_due: bool, all: bool) {
        let (Some(state), Some(sink)) = (self.keys.get_mut(key), &mut self.sink) else { return };
        if state.is_settled(self.last) {
            let time = state.settle(self.last);
            self.groups.took(state.tag, key, time);
        }
        let Some(mut log) = state.log.take() else { return };
        log.queued &= !was_due;
        let circumstances = state.circumstances();
        let tag = self.groups.name(state.tag);
        loop {
            let next = if all { log.first() } else { log.certain(self.last, circumstances) };
            let Some(entry) = next else { break };
            let is_told = match sink.filter.decide(key, tag, entry.whole) {
                Decision::Told => true,
                Decision::LeftOut => false,
                Decision::SoFar { told } => {
                    if !all && (sink.filter.is_loading || log.may_be_named(self.last, circumstances)) {
                        break;
                    }
                    told
                }
            };
            let Some(entry) = log.take() else { break };
            if is_told {
                sink.send(Event {
                    at: entry.at,
                    kind: entry.kind,
                    key: key.to_vec(),
                    tag: tag.map(<[u8]>::to_vec),
                    client: entry.who.to_vec(),
                    elapsed: entry.elapsed,
                });
            }
        }
        if log.first().is_some() {
            if !log.queued {
                log.queued = true;
                sink.waiting.push_back((self.last + AGAIN, key.into()));
            }
            state.log = Some(log);
        }
    }
}
