//! What a function is told of the time it may take, and of what its callers get when it takes longer or fails.

use super::computation::lock;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// Failures of more keys are not remembered: one of them is tried again.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Resilience {
    /// For how long a function that failed is not tried again.
    pub(crate) stale_if_error: Option<Duration>,
    pub(crate) stale_while_revalidate: bool,
    pub(crate) soft_timeout: Option<Duration>,
    pub(crate) hard_timeout: Option<Duration>,
    /// By what share of it a timeout is shortened at most.
    pub(crate) jitter: f64,
    /// How eagerly a value is recomputed before it expires; 0 is never.
    pub(crate) early_refresh: f64,
    /// Keys whose function failed: until when on the cache's own clock it is left alone, and at which old value.
    failed: Mutex<HashMap<Vec<u8>, (Duration, u64)>>,
    hasher: RandomState,
}

impl Resilience {
    /// What tells an old value from another.
    pub(crate) fn digest(&self, value: &[u8]) -> Option<u64> {
        self.stale_if_error.map(|_| self.hasher.hash_one(value))
    }

    /// Remembers that the function failed for a key with this old value.
    pub(crate) fn note_failure(&self, key: &[u8], old: u64, now: Duration) {
        let Some(back_off) = self.stale_if_error else { return };
        let mut failed = lock(&self.failed);
        if failed.len() >= MOST && !failed.contains_key(key) {
            let any = failed.keys().next().cloned();
            any.map(|any| failed.remove(&any));
        }
        failed.insert(key.to_vec(), (now.saturating_add(back_off), old));
    }

    /// Forgets it: what the function gave was stored.
    pub(crate) fn note_success(&self, key: &[u8]) {
        if self.stale_if_error.is_some() {
            lock(&self.failed).remove(key);
        }
    }

    /// Whether the function failed for this key and this old value a moment ago.
    pub(crate) fn backs_off(&self, key: &[u8], old: u64, now: Duration) -> bool {
        let mut failed = lock(&self.failed);
        match failed.get(key) {
            Some((until, at)) if *at == old && *until > now => true,
            Some(_) => {
                failed.remove(key);
                false
            }
            None => false,
        }
    }

    /// A timeout, shortened by chance: what was stored together does not expire together.
    pub(crate) fn jittered(&self, timeout: Duration) -> Duration {
        shortened(timeout, self.jitter * chance())
    }

    /// The shortest that comes of it.
    pub(crate) fn shortest(&self, timeout: Duration) -> Duration {
        shortened(timeout, self.jitter)
    }

    /// Whether it is time to recompute a value that has `left` to live, where a computation takes so long: the probabilistic
    /// early expiration ("XFetch") of Vattani, Chierichetti and Lowenstein.
    pub(crate) fn is_time(&self, left: Duration, takes: Duration) -> bool {
        let reach = takes.as_secs_f64() * self.early_refresh;
        // -ln of the least chance is 36.7.
        let left = left.as_secs_f64();
        left < reach * 37.0 && left <= reach * -chance().ln()
    }
}

/// By chance, more than 0 and at most 1.
fn chance() -> f64 {
    let random = RandomState::new().hash_one(SystemTime::now());
    ((random >> 11) + 1) as f64 / (1_u64 << 53) as f64
}

/// A timeout without this share of it.
fn shortened(timeout: Duration, by: f64) -> Duration {
    if by == 0.0 {
        return timeout;
    }
    Duration::try_from_secs_f64(timeout.as_secs_f64() * (1.0 - by)).unwrap_or(timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_timeout_is_shortened_by_no_more_than_the_share() {
        let told = Resilience { jitter: 0.1, ..Resilience::default() };
        let all: Vec<_> = (0..10_000).map(|_| told.jittered(100 * SECOND)).collect();
        assert!(all.iter().all(|it| (told.shortest(100 * SECOND)..=100 * SECOND).contains(it)));
        assert!(all.iter().min() < Some(&(91 * SECOND)) && all.iter().max() > Some(&(99 * SECOND)));
        assert_eq!(Resilience::default().jittered(SECOND), SECOND);
        assert_eq!(Resilience::default().jittered(Duration::MAX), Duration::MAX);
    }

    /// The chance at `left` is e^(-left / (takes * beta)).
    #[test]
    fn a_value_is_refreshed_early_as_often_as_xfetch_says() {
        let told = |early_refresh| Resilience { early_refresh, ..Resilience::default() };
        let share = |told: &Resilience, left| {
            (0..20_000).filter(|_| told.is_time(left, SECOND)).count() as f64 / 20_000.0
        };
        for (beta, left, expected) in [(1.0, 1, 0.368), (1.0, 3, 0.050), (2.0, 1, 0.607), (1.0, 40, 0.0)] {
            let found = share(&told(beta), left * SECOND);
            assert!((found - expected).abs() < 0.02, "{beta} {left}: {found}");
        }
        assert_eq!(share(&told(0.0), Duration::from_millis(1)), 0.0);
        assert!(!told(1.0).is_time(SECOND, Duration::ZERO));
    }

    #[test]
    fn a_failure_is_remembered_for_the_value_it_left_old() {
        let told = Resilience { stale_if_error: Some(3600 * SECOND), ..Resilience::default() };
        let [old, other] = [b"old", b"new"].map(|value| told.digest(value).unwrap());
        assert!(!told.backs_off(b"key", old, SECOND));
        told.note_failure(b"key", old, SECOND);
        assert!(told.backs_off(b"key", old, SECOND) && !told.backs_off(b"another", old, SECOND));
        assert!(!told.backs_off(b"key", other, SECOND) && !told.backs_off(b"key", old, SECOND));
        for number in 0..MOST + 5 {
            told.note_failure(number.to_string().as_bytes(), old, SECOND);
        }
        assert!(lock(&told.failed).len() <= MOST);
        assert!(told.backs_off((MOST + 4).to_string().as_bytes(), old, SECOND));
        told.note_success((MOST + 4).to_string().as_bytes());
        assert!(!told.backs_off((MOST + 4).to_string().as_bytes(), old, SECOND));
    }

    #[test]
    fn a_back_off_may_be_for_ever() {
        let told = Resilience { stale_if_error: Some(Duration::MAX), ..Resilience::default() };
        let old = told.digest(b"old").unwrap();
        told.note_failure(b"key", old, SECOND);
        assert!(told.backs_off(b"key", old, SECOND));
    }

    #[test]
    fn a_failure_is_forgotten_in_time() {
        let told = Resilience { stale_if_error: Some(Duration::ZERO), ..Resilience::default() };
        let old = told.digest(b"old").unwrap();
        told.note_failure(b"key", old, SECOND);
        assert!(!told.backs_off(b"key", old, SECOND));
        assert_eq!(Resilience::default().digest(b"old"), None);
    }
}
