//! What happens now, event by event: the inference of `stats --live`, told as it goes.

use super::event::Event;
use super::filter::{EventQuery, Filter};
use super::infer::Sink;
use super::tags::TagFinder;
use super::{MOST_KEYS, Observer};
use crate::client::{Conn, Control, Monitor, Source, Sweep};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// So many events wait for whoever reads them; of more it is only told how many there were.
const ROOM: usize = 100_000;
/// While something is not certain yet, the server's clock is looked at so often, by a line that we cause.
const TICK: Duration = Duration::from_millis(100);
/// Tags are looked for so often, of so many keys, and for so long.
const TAGS_EVERY: Duration = Duration::from_millis(500);
const PLACED: usize = 1000;
const PLACING: Duration = Duration::from_millis(100);
/// When it ends they are looked for once more, and for so long.
const PLACING_LAST: Duration = Duration::from_secs(1);

/// Events under way: a thread reads and infers until it is told to stop.
///
/// An event comes when it is certain, which is a second after a hit at most; those of a key come in their order.
#[derive(Debug)]
pub struct Events {
    observer: Observer,
    from: Receiver<Event>,
    ticked: Instant,
    placed: Instant,
    /// Who finds tags, unless the server does not let us.
    finder: Option<TagFinder>,
}

impl Events {
    /// Begins. Members of tags and invalid keys are those of now, and those that are added. They are held in memory.
    ///
    /// # Errors
    /// As [`Observer::start`], and what reading the members gives.
    pub fn start(conn: &mut Conn, ns: &Namespace, query: &EventQuery, control: &mut Control) -> Result<Self> {
        let (to, from) = sync_channel(ROOM);
        let filter = Filter::new(ns, query);
        let sets = filter.sets();
        let observer = Observer::telling(conn, ns, Some(Sink::new(to, filter)))?;
        let now = Instant::now();
        let events = Self { observer, from, ticked: now, placed: now, finder: Some(TagFinder::default()) };
        for set in sets {
            Sweep::new(Source::set(set.clone())).each(conn, control, |members| {
                let keys = members.iter().filter_map(|member| member.strip_prefix(ns.prefix()));
                events.with_filter(|filter| keys.for_each(|key| filter.add(&set, key)));
                Ok(ControlFlow::Continue(()))
            })?;
        }
        events.with_filter(|filter| filter.is_loading = false);
        Ok(events)
    }

    /// The next event, if one is there.
    pub fn next_now(&self) -> Option<Event> {
        self.from.try_recv().ok()
    }

    /// The next event, if one comes within this time.
    ///
    /// # Errors
    /// Connection errors of `conn`, by which the server's clock is looked at and tags are found.
    pub fn next(&mut self, conn: &mut Conn, within: Duration) -> Result<Option<Event>> {
        if self.ticked.elapsed() >= TICK && !self.has_ended() {
            self.ticked = Instant::now();
            if self.observer.infer().has_untold() {
                Monitor::say(conn, "cacheme")?;
            }
        }
        if self.placed.elapsed() >= TAGS_EVERY && !self.has_ended() {
            self.find_tags(conn, PLACED, PLACING)?;
            self.placed = Instant::now();
        }
        Ok(self.from.recv_timeout(within).ok())
    }

    /// Whether the connection is gone, so that nothing more comes.
    pub fn has_ended(&self) -> bool {
        self.observer.has_ended()
    }

    /// Why what a primary of a cluster carries out is missing, or a part of it.
    pub fn lost(&self) -> Vec<Error> {
        self.observer.lost()
    }

    /// How many events were not told, since there was no room for them.
    pub fn dropped(&self) -> u64 {
        self.observer.infer().sink().map_or(0, |sink| sink.dropped)
    }

    /// Ends it. Gives the events that are left as they look now, in the order of their times, how many were not told in all, and
    /// whether nothing was lost; [`Events::lost`] tells by then of each primary of a cluster.
    pub fn stop(&mut self, conn: &mut Conn) -> (Vec<Event>, u64, Result<()>) {
        let outcome = self.observer.end(conn);
        if outcome.is_ok() {
            // Without it an event may lack its tag, and nothing else.
            let _ = self.find_tags(conn, MOST_KEYS, PLACING_LAST);
        }
        let mut left: Vec<Event> = self.from.try_iter().collect();
        self.observer.infer().finish();
        left.extend(self.from.try_iter());
        left.sort_by_key(|event| event.at);
        (left, self.dropped(), outcome)
    }

    fn find_tags(&mut self, conn: &mut Conn, most: usize, within: Duration) -> Result<()> {
        let Some(finder) = &mut self.finder else { return Ok(()) };
        match finder.place(conn, &self.observer, most, within) {
            // Nobody gives us the right to ask: then events have the tags that were seen.
            Err(Error::Server { .. }) => {
                self.finder = None;
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn with_filter(&self, then: impl FnOnce(&mut Filter)) {
        if let Some(sink) = self.observer.infer().sink() {
            then(&mut sink.filter);
        }
    }
}
