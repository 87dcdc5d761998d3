//! How hard a sweep leans on the server.

use std::str::FromStr;
use std::time::{Duration, Instant};

/// The longest a batch of `gentle` should hold the server's loop. A client that waits for each answer then still
/// gets 2000 a second.
const TARGET: Duration = Duration::from_micros(250);
/// A round trip on which a connection was made anew is no measure of anything.
const LONGEST_REST: Duration = Duration::from_secs(2);
const SMALLEST: usize = 10;
const LARGEST: usize = 1000;
/// Where every pace begins: nothing is known yet about the server, nor about the size of what it holds.
const FIRST: usize = 50;
/// From here on `gentle` grows in small steps, however short the round trips.
const STARTED: usize = 250;
/// The longest gap that is left to other clients.
const LONGEST_GAP: Duration = Duration::from_millis(50);
/// How long the shortest round trip is remembered, at least: a way to the server may become a longer one.
const REMEMBERED: Duration = Duration::from_secs(10);
/// The server is asked this often whether it forks.
const ASKED: Duration = Duration::from_secs(1);
/// Answers of one round trip that are held at a time, in bytes: more, and the batches shrink.
const BYTES: usize = 1 << 20;

/// The batch size of a sweep, and its rests.
///
/// `gentle` steers the batch by the time each round trip takes beyond an idle one: additive up, multiplicative
/// down; at first by half up, until one takes too long, so that a small namespace takes few of them. Where the
/// smallest batch still takes long, others keep the server busy, and it leaves them gaps as long; while the server
/// has a fork at work (BGSAVE, AOF rewrite), whose pages every write copies, it stays small and rests half of the
/// time. `fast` asks for 1000 and keeps a batch waiting at the server. `25%` is `gentle`, working a
/// quarter of the time. Every pace takes smaller batches where the values are large.
#[derive(Debug, Clone)]
pub struct Pace {
    kind: Kind,
    count: usize,
    /// No round trip took too long yet, and no batch was larger than [`STARTED`].
    starting: bool,
    /// No batch is larger than this, for what the answers weigh.
    fitting: usize,
    idle: Idle,
    rest: Duration,
    forking: bool,
    ask: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fast,
    Gentle,
    Steady,
    Duty(u8),
}

/// The shortest round trip of the last while.
#[derive(Debug, Clone, Default)]
struct Idle {
    now: Option<Duration>,
    before: Option<Duration>,
    since: Option<Instant>,
}

impl Idle {
    fn observe(&mut self, round_trip: Duration, now: Instant) -> Duration {
        if now.duration_since(*self.since.get_or_insert(now)) > REMEMBERED {
            (self.before, self.since) = (self.now.take(), Some(now));
        }
        let shortest = self.now.map_or(round_trip, |shortest| shortest.min(round_trip));
        self.now = Some(shortest);
        self.before.map_or(shortest, |before| before.min(shortest))
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::gentle()
    }
}

impl Pace {
    /// Small batches in lock step: other clients hardly notice.
    pub fn gentle() -> Self {
        Self::of(Kind::Gentle, FIRST)
    }

    /// The server's own speed, for quiet hours.
    pub fn fast() -> Self {
        Self::of(Kind::Fast, FIRST)
    }

    /// Always batches of this size, in lock step.
    pub fn steady(count: usize) -> Self {
        Self::of(Kind::Steady, count.max(1))
    }

    fn of(kind: Kind, count: usize) -> Self {
        let (idle, rest) = (Idle::default(), Duration::ZERO);
        Self { kind, count, starting: true, fitting: LARGEST, idle, rest, forking: false, ask: None }
    }

    /// How many items the next batch should have.
    pub fn count(&self) -> usize {
        self.count.min(self.fitting)
    }

    /// Whether the next SCAN may be sent before the batch in hand is worked on.
    pub fn overlaps(&self) -> bool {
        self.kind == Kind::Fast
    }

    /// Learns from the time of a round trip.
    pub fn observe(&mut self, round_trip: Duration) {
        match self.kind {
            Kind::Steady => return,
            Kind::Fast => {
                self.count = (self.count * 2).min(LARGEST);
                return;
            }
            Kind::Gentle | Kind::Duty(_) => {}
        }
        let idle = self.idle.observe(round_trip, Instant::now());
        // Over a long way a part of the time is the network's own.
        let (beyond, allowed) = (round_trip.saturating_sub(idle), TARGET.max(idle / 8));
        let crowded = beyond > allowed && self.count <= SMALLEST;
        let slow = beyond > allowed || self.forking;
        self.starting &= !slow && self.count < STARTED;
        self.count = match (slow, self.starting) {
            (true, _) => (self.count * 3 / 4).max(SMALLEST),
            (false, true) => (self.count * 3 / 2).min(LARGEST),
            (false, false) => (self.count + 5).min(LARGEST),
        };
        let gap = if crowded { beyond.min(LONGEST_GAP) } else { Duration::ZERO };
        self.rest = gap.max(self.rest_behind(round_trip));
    }

    /// How long to rest behind a round trip whose size is not for the pace to choose.
    pub(crate) fn rest_behind(&self, round_trip: Duration) -> Duration {
        match self.kind {
            Kind::Fast | Kind::Steady => Duration::ZERO,
            Kind::Duty(percent) => {
                let share = round_trip.mul_f64(f64::from(100 - percent) / f64::from(percent));
                share.min(LONGEST_REST).max(self.fork_gap(round_trip))
            }
            Kind::Gentle => self.fork_gap(round_trip),
        }
    }

    fn fork_gap(&self, round_trip: Duration) -> Duration {
        if self.forking { round_trip.min(LONGEST_GAP) } else { Duration::ZERO }
    }

    /// Learns what the answers of a round trip weighed, in bytes.
    pub fn weigh(&mut self, bytes: usize) {
        if bytes > BYTES {
            self.fitting = (self.count() / 2).max(1);
        } else if bytes < BYTES / 4 {
            self.fitting = (self.fitting * 2).min(LARGEST);
        }
    }

    /// Whether it is time to ask the server if it forks. Not in the first second: most sweeps are over by then.
    pub fn asks(&mut self) -> bool {
        if matches!(self.kind, Kind::Fast | Kind::Steady) {
            return false;
        }
        let now = Instant::now();
        match self.ask {
            Some(then) if now < then => false,
            first => {
                self.ask = Some(now + ASKED);
                first.is_some()
            }
        }
    }

    /// Learns whether the server forks.
    pub fn forking(&mut self, forking: bool) {
        self.forking = forking;
    }

    /// How long to rest before the next round trip.
    pub fn rest(&self) -> Duration {
        self.rest
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let duty = || text.strip_suffix('%').and_then(|n| n.parse().ok()).filter(|n| (1..=100).contains(n));
        match text {
            "gentle" => Ok(Self::gentle()),
            "fast" => Ok(Self::fast()),
            _ => duty()
                .map(|percent| Self::of(Kind::Duty(percent), FIRST))
                .ok_or_else(|| "a pace is 'gentle', 'fast', or a share of the time such as '25%'".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_shrink_when_the_server_is_slow_and_grow_back() {
        let mut pace = Pace::gentle();
        pace.observe(Duration::from_micros(50));
        let start = pace.count();
        assert_eq!(pace.count(), FIRST * 3 / 2, "it starts in large steps");
        (0..40).for_each(|_| pace.observe(Duration::from_millis(2)));
        assert_eq!(pace.count(), SMALLEST);
        pace.observe(Duration::from_micros(60));
        assert_eq!(pace.count(), SMALLEST + 5, "and goes on in small ones");
        (0..400).for_each(|_| pace.observe(Duration::from_micros(60)));
        assert!(pace.count() > start && pace.count() <= LARGEST);
    }

    #[test]
    fn gaps_are_left_where_the_smallest_batch_takes_long() {
        let mut pace = Pace::gentle();
        pace.observe(Duration::from_micros(50));
        (0..40).for_each(|_| pace.observe(Duration::from_micros(2050)));
        assert_eq!(pace.rest(), Duration::from_millis(2));
        pace.observe(Duration::from_micros(50));
        assert_eq!(pace.rest(), Duration::ZERO);
        pace.forking(true);
        (0..40).for_each(|_| pace.observe(Duration::from_micros(60)));
        assert_eq!((pace.count(), pace.rest()), (SMALLEST, Duration::from_micros(60)));
    }

    #[test]
    fn batches_shrink_where_values_are_large() {
        let mut pace = Pace::fast();
        (0..10).for_each(|_| pace.observe(Duration::ZERO));
        assert_eq!(pace.count(), LARGEST);
        (0..20).for_each(|_| pace.weigh(64 << 20));
        assert_eq!(pace.count(), 1);
        (0..20).for_each(|_| pace.weigh(1000));
        assert_eq!(pace.count(), LARGEST);
    }

    #[test]
    fn a_duty_cycle_rests_in_proportion() {
        let mut pace: Pace = "25%".parse().unwrap();
        pace.observe(Duration::from_millis(1));
        assert_eq!(pace.rest(), Duration::from_millis(3));
        let rest = |pace: &str| pace.parse::<Pace>().unwrap().rest_behind(Duration::from_millis(2));
        assert_eq!(["50%", "gentle", "fast"].map(rest), [2, 0, 0].map(Duration::from_millis));
        for bad in ["0%", "101%", "%", "slow", "25"] {
            assert!(bad.parse::<Pace>().is_err(), "{bad}");
        }
    }
}
