//! What `stats --watch` shows, tick by tick.

use crate::cli::commands::stats::spark;
use cacheme::ops::{Observation, Observer, Totals};
use cacheme::text;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// How often it is told.
pub const TICK: Duration = Duration::from_secs(1);
/// Ticks that a sparkline may show.
const TREND: usize = 120;

/// What changes from tick to tick.
pub struct Picture {
    pub place: String,
    pub seen: Observation,
    pub busiest: Vec<(Vec<u8>, u64)>,
    pub seconds_left: Option<u64>,
    /// What happened since the tick before, by name.
    pub now: HashMap<Vec<u8>, Totals>,
    /// The hit ratios of the last ticks, by name; the empty name is all of them.
    pub trends: HashMap<Vec<u8>, VecDeque<Option<f64>>>,
    pub commands_now: u64,
    /// How long the last tick was, in seconds.
    pub tick: f64,
    before: HashMap<Vec<u8>, Totals>,
}

impl Picture {
    pub fn new(place: String, observer: &Observer) -> Self {
        Self {
            place,
            seen: observer.so_far(),
            busiest: Vec::new(),
            seconds_left: None,
            now: HashMap::new(),
            trends: HashMap::new(),
            commands_now: 0,
            tick: TICK.as_secs_f64(),
            before: HashMap::new(),
        }
    }

    pub fn tick(&mut self, observer: &Observer, left: Option<Duration>) {
        let seen = observer.so_far();
        self.tick = (seen.seconds - self.seen.seconds).max(0.001);
        self.commands_now = seen.commands.saturating_sub(self.seen.commands);
        self.busiest = observer.busiest(50);
        self.seconds_left = left.map(|left| left.as_secs_f64().ceil() as u64);
        let mut all = Totals::default();
        self.now = seen
            .rows
            .iter()
            .map(|row| {
                let before = self.before.get(&row.name).copied().unwrap_or_default();
                let now = row.totals.since(&before);
                all.add(&now);
                (row.name.clone(), now)
            })
            .collect();
        self.now.insert(Vec::new(), all);
        self.before = seen.rows.iter().map(|row| (row.name.clone(), row.totals)).collect();
        self.trends.retain(|name, _| self.now.contains_key(name));
        for (name, now) in &self.now {
            let trend = self.trends.entry(name.clone()).or_default();
            trend.push_back(now.hit_ratio());
            if trend.len() > TREND {
                trend.pop_front();
            }
        }
        self.seen = seen;
    }

    /// What happened since the tick before.
    pub fn now(&self, name: &[u8]) -> Totals {
        self.now.get(name).copied().unwrap_or_default()
    }

    /// The last hit ratios of a name, the newest on the right.
    pub fn trend(&self, name: &[u8], columns: usize) -> String {
        let Some(trend) = self.trends.get(name) else { return " ".repeat(columns) };
        let shown = trend.iter().skip(trend.len().saturating_sub(columns)).copied();
        format!("{:>columns$}", spark::line(shown))
    }

    /// A name as it is shown.
    pub fn shown(name: &[u8], columns: usize) -> String {
        spark::fitted(&text::escape(name), columns)
    }
}
