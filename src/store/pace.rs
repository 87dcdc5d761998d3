//! How hard a sweep leans on the server.

use std::str::FromStr;
use std::time::Duration;

/// The longest a batch of `gentle` should hold the server's loop. A client that waits for each answer then still
/// gets 2000 a second.
const TARGET: Duration = Duration::from_micros(250);
/// A round trip on which a connection was made anew is no measure of anything.
const LONGEST_REST: Duration = Duration::from_secs(2);
const SMALLEST: usize = 10;
const LARGEST: usize = 1000;

/// The batch size of a sweep, and its rests.
///
/// `gentle` steers the batch by the time each round trip takes beyond an idle one: additive up, multiplicative
/// down. `fast` always asks for 1000 and keeps a batch waiting at the server. `25%` is `gentle`, working a quarter
/// of the time.
#[derive(Debug, Clone)]
pub struct Pace {
    kind: Kind,
    count: usize,
    idle: Option<Duration>,
    last: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fast,
    Gentle,
    Steady,
    Duty(u8),
}

impl Default for Pace {
    fn default() -> Self {
        Self::gentle()
    }
}

impl Pace {
    /// Small batches in lock step: other clients hardly notice.
    pub fn gentle() -> Self {
        Self::of(Kind::Gentle, 50)
    }

    /// The server's own speed, for quiet hours.
    pub fn fast() -> Self {
        Self::of(Kind::Fast, LARGEST)
    }

    /// Always batches of this size, in lock step.
    pub fn steady(count: usize) -> Self {
        Self::of(Kind::Steady, count.max(1))
    }

    fn of(kind: Kind, count: usize) -> Self {
        Self { kind, count, idle: None, last: Duration::ZERO }
    }

    /// How many items the next batch should have.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether the next SCAN may be sent before the batch in hand is worked on.
    pub fn overlaps(&self) -> bool {
        self.kind == Kind::Fast
    }

    /// Learns from the time of a round trip.
    pub fn observe(&mut self, round_trip: Duration) {
        self.last = round_trip;
        if matches!(self.kind, Kind::Fast | Kind::Steady) {
            return;
        }
        let idle = self.idle.map_or(round_trip, |idle| idle.min(round_trip));
        self.idle = Some(idle);
        // Over a long way a part of the time is the network's own.
        self.count = if round_trip.saturating_sub(idle) > TARGET.max(idle / 8) {
            (self.count * 3 / 4).max(SMALLEST)
        } else {
            (self.count + 5).min(LARGEST)
        };
    }

    /// How long to rest before the next round trip.
    pub fn rest(&self) -> Duration {
        match self.kind {
            Kind::Duty(percent) => {
                self.last.mul_f64(f64::from(100 - percent) / f64::from(percent)).min(LONGEST_REST)
            }
            Kind::Fast | Kind::Gentle | Kind::Steady => Duration::ZERO,
        }
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
                .map(|percent| Self::of(Kind::Duty(percent), 50))
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
        (0..40).for_each(|_| pace.observe(Duration::from_millis(2)));
        assert_eq!(pace.count(), SMALLEST);
        (0..400).for_each(|_| pace.observe(Duration::from_micros(60)));
        assert!(pace.count() > start && pace.count() <= LARGEST);
    }

    #[test]
    fn a_duty_cycle_rests_in_proportion() {
        let mut pace: Pace = "25%".parse().unwrap();
        pace.observe(Duration::from_millis(1));
        assert_eq!(pace.rest(), Duration::from_millis(3));
        for bad in ["0%", "101%", "%", "slow", "25"] {
            assert!(bad.parse::<Pace>().is_err(), "{bad}");
        }
    }
}
