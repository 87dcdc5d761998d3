//! The clock that expiry scores were written by.

use crate::client::Conn;
use crate::client::command;
use crate::error::Result;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// One `now` for a whole run, and the application's offset from UTC.
///
/// The library takes the local time of its host for UTC (`datetime.utcnow().timestamp()`, 0.0.9 to 0.1.1), so its
/// scores lie behind true epoch seconds by the host's UTC offset: 8 hours early in Shanghai, 5 hours late in New York.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    now: i64,
    offset: i64,
}

impl Clock {
    /// The server's own clock, or this machine's where TIME is refused. `offset` is that of the application's hosts
    /// from UTC, in seconds.
    ///
    /// # Errors
    /// Connection errors.
    pub fn read(conn: &mut Conn, offset: i64) -> Result<Self> {
        let answer = time(conn)?;
        let server = answer.first().and_then(|seconds| std::str::from_utf8(seconds).ok()?.parse().ok());
        Ok(Self { now: server.unwrap_or_else(local_now), offset })
    }

    /// This moment, in epoch seconds.
    pub fn at(now: i64, offset: i64) -> Self {
        Self { now, offset }
    }

    /// The offset of the application's hosts from UTC, in seconds.
    pub fn offset(&self) -> i64 {
        self.offset
    }

    /// The same moment by hosts with another offset from UTC, in seconds.
    pub(crate) fn with_offset(self, offset: i64) -> Self {
        Self { offset, ..self }
    }

    /// This moment, in true epoch seconds.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    /// Scores up to this one have expired.
    pub fn due(&self) -> i64 {
        self.now.saturating_sub(self.offset)
    }

    /// Seconds until a score expires; negative once it has.
    pub fn seconds_left(&self, score: f64) -> i64 {
        (score as i64).saturating_sub(self.due())
    }

    /// The score of what expires at a true epoch second.
    pub fn score(&self, expires_at: i64) -> i64 {
        expires_at.saturating_sub(self.offset)
    }

    /// The true epoch second at which a score expires.
    pub fn expires_at(&self, score: f64) -> i64 {
        (score as i64).saturating_add(self.offset)
    }
}

/// True epoch milliseconds of the server, read once and counted on from there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerClock {
    read_ms: i64,
    at: Instant,
}

impl ServerClock {
    /// The server's own clock, or this machine's where TIME is refused.
    pub(crate) fn read(conn: &mut Conn) -> Result<Self> {
        let answer = time(conn)?;
        let number = |at: usize| -> Option<i64> { std::str::from_utf8(answer.get(at)?).ok()?.parse().ok() };
        let server = number(0)
            .zip(number(1))
            .map(|(seconds, micros): (i64, i64)| seconds.saturating_mul(1000).saturating_add(micros / 1000));
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let local = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Ok(Self { read_ms: server.unwrap_or(local), at: Instant::now() })
    }

    /// Now.
    pub(crate) fn now_ms(self) -> i64 {
        self.read_ms.saturating_add(i64::try_from(self.at.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

/// Seconds and microseconds, where TIME is allowed.
fn time(conn: &mut Conn) -> Result<Vec<Vec<u8>>> {
    let reply = conn.one(command::TIME, &[])?;
    if reply.is_refused() {
        conn.do_without("TIME", "this machine's clock is used");
    }
    Ok(reply.strings().unwrap_or_default())
}

fn local_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_a_host_east_of_utc_lie_behind() {
        // 300 s of timeout written in Shanghai at true time 1_000_000: measured as now - 28,500.
        let clock = Clock { now: 1_000_000, offset: 8 * 3600 };
        let score = 1_000_000.0 - 28_500.0;
        assert_eq!(clock.seconds_left(score), 300);
        assert_eq!(clock.expires_at(score), 1_000_300);
    }
}
