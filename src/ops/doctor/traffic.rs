//! The application's own clock, as its commands show it: a short MONITOR.

use crate::cache::Clock;
use crate::client::{Conn, Control, Monitor, Seen};
use crate::error::{Error, Result};
use crate::namespace::{Entry, Namespace, RedisType};
use crate::ops::observe::Line;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Offsets of time zones are whole quarters of an hour.
const QUARTER: i64 = 900;
/// How far from that a clock may be for other reasons.
const SLACK: i64 = 60;
/// Whoever sends what is further from any clock is off by this.
const LONGEST: i64 = 1 << 40;
/// Those of all hosts on earth.
const ZONES: RangeInclusive<i64> = -12 * 3600..=14 * 3600;

/// What was seen of the application's clocks.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    /// How often readers sent a `now` so many seconds ahead of the server's clock: whole quarters of an hour, or minutes
    /// where that is no time zone.
    pub(super) readers: BTreeMap<i64, u64>,
    /// How many expiry times were written that had passed already, and how far back the nearest lay.
    pub(super) written_in_past: u64,
    pub(super) nearest_past: i64,
    /// For how long it was watched.
    pub(super) watched: Option<Duration>,
    /// Why nothing was watched, where it was meant to be.
    pub(super) refused: Option<String>,
}

/// Watches for so long. MONITOR runs on a connection and in a thread of its own, which ends with a word of ours.
pub(super) fn watch(
    conn: &mut Conn,
    ns: &Namespace,
    how_long: Option<Duration>,
    control: &Control,
) -> Result<Traffic> {
    let Some(how_long) = how_long else { return Ok(Traffic::default()) };
    let monitor = match Monitor::start(conn, ns.home()) {
        Ok(monitor) => monitor,
        Err(error) => return Ok(Traffic { refused: Some(error.to_string()), ..Traffic::default() }),
    };
    let farewell = monitor.last_words();
    let answer = listen(monitor, ns.clone(), conn.db());
    let ends = Instant::now() + how_long;
    control.sleep_until(ends);
    // Even a refused ECHO ends it: then the connection is left to the end of the process.
    let patience = match Monitor::say(conn, &farewell) {
        Err(Error::Server { .. }) => Duration::ZERO,
        heard => heard.map(|_| Duration::from_secs(3))?,
    };
    match answer.recv_timeout(patience) {
        Ok(traffic) => Ok(Traffic { watched: Some(how_long), ..traffic }),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Ok(Traffic { refused: Some("MONITOR did not come to its end".to_owned()), ..Traffic::default() })
        }
    }
}

fn listen(mut monitor: Monitor, ns: Namespace, db: i64) -> Receiver<Traffic> {
    let (sender, answer) = channel();
    std::thread::spawn(move || {
        let mut traffic = Traffic::default();
        loop {
            match monitor.line() {
                Ok(Seen::Line(line)) => {
                    if let Some(line) = Line::parse(&line).filter(|line| line.db == db) {
                        traffic.hear(&line, &ns);
                    }
                }
                Ok(Seen::Lost(error)) => traffic.refused = Some(error.to_string()),
                Ok(Seen::End(_)) | Err(_) => break,
            }
        }
        let _ = sender.send(traffic);
    });
    answer
}

impl Traffic {
    /// The offset of the application's hosts from UTC, where its readers agree on one and it is that of a time zone.
    pub(super) fn offset(&self) -> Option<i64> {
        let (ahead, _) = self.readers.first_key_value().filter(|_| self.readers.len() == 1)?;
        (ahead % QUARTER == 0 && ZONES.contains(&-ahead)).then_some(-ahead)
    }

    /// Of the clocks that were heard the one by which the least has expired; without any the one we were told of.
    pub(super) fn clock(&self, told: Clock) -> Clock {
        self.readers.first_key_value().map_or(told, |(ahead, _)| told.with_offset(-ahead))
    }

    /// Takes one command.
    fn hear(&mut self, line: &Line<'_>, ns: &Namespace) {
        let Some((name, args)) = line.command() else { return };
        let now = i64::try_from(line.at / 1_000_000).unwrap_or(i64::MAX);
        let is_read = name.eq_ignore_ascii_case(b"zrangebyscore");
        if !is_read && !name.eq_ignore_ascii_case(b"zadd") {
            return;
        }
        let args: Vec<_> = args.into_iter().take(3).collect();
        let [key, first, second] = &args[..] else { return };
        if !matches!(ns.classify(key, RedisType::Zset), Entry::Bucket { .. }) {
            return;
        }
        if is_read {
            // The library asks from 0 to its own now; our own purge asks from -inf.
            if let (b"0", Some(sent)) = (&first[..], number(second)) {
                *self
                    .readers
                    .entry(rounded(sent.saturating_sub(now).clamp(-LONGEST, LONGEST)))
                    .or_default() += 1;
            }
        } else if let Some(score) = number(first)
            && score < now - 60
        {
            let back = now.saturating_sub(score);
            self.nearest_past = if self.written_in_past == 0 { back } else { self.nearest_past.min(back) };
            self.written_in_past += 1;
        }
    }
}

fn rounded(ahead: i64) -> i64 {
    let nearest = |step: i64| ahead.saturating_add(step / 2).div_euclid(step) * step;
    let zone = nearest(QUARTER);
    if ahead.abs_diff(zone) <= SLACK.unsigned_abs() { zone } else { nearest(60) }
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Layout;

    fn heard(lines: &[&str]) -> Traffic {
        let ns = Namespace::new("CM:", Layout::Both).unwrap();
        let mut traffic = Traffic::default();
        for line in lines {
            let line = Line::parse(line.as_bytes()).unwrap();
            traffic.hear(&line, &ns);
        }
        traffic
    }

    #[test]
    fn readers_tell_their_clock() {
        let traffic = heard(&[
            r#"1000000.5 [0 c] "ZRANGEBYSCORE" "CM:Meta:Expire-Buckets::CM:a" "0" "971200""#,
            r#"1000001.5 [0 c] "ZRANGEBYSCORE" "CM:Meta:Expire-Buckets::CM:a" "0" "971199""#,
            r#"1000001.5 [0 c] "ZRANGEBYSCORE" "CM:Meta:Expire-Buckets::CM:a" "-inf" "5" "LIMIT" "0" "1""#,
            r#"1000001.5 [0 c] "ZRANGEBYSCORE" "other:Meta:Expire-Buckets::CM:a" "0" "5""#,
            r#"1000001.5 [0 c] "ZADD" "CM:Meta:Expire-Buckets::CM:a" "971500" "CM:a>f""#,
        ]);
        assert_eq!(traffic.readers, BTreeMap::from([(-28_800, 2)]));
        assert_eq!((traffic.written_in_past, traffic.nearest_past), (1, 28_501));
        assert_eq!(traffic.offset(), Some(28_800));
    }

    #[test]
    fn one_time_zone_is_known_and_nothing_else() {
        let at = |sent: &[i64]| {
            let line = |sent| {
                format!(r#"1000000.5 [0 c] "ZRANGEBYSCORE" "CM:Meta:Expire-Buckets::CM:a" "0" "{sent}""#)
            };
            let lines: Vec<_> = sent.iter().map(line).collect();
            heard(&lines.iter().map(String::as_str).collect::<Vec<_>>())
        };
        for (ahead, offset) in
            [(-28_800, 28_800), (-28_750, 28_800), (-20_700, 20_700), (25_230, -25_200), (3, 0)]
        {
            assert_eq!(at(&[1_000_000 + ahead]).offset(), Some(offset), "{ahead}");
        }
        // A clock that is seven minutes slow, one that is a day off, two hosts that do not agree, nobody.
        for sent in [&[999_580][..], &[913_600], &[971_200, 1_000_000], &[]] {
            assert_eq!(at(sent).offset(), None, "{sent:?}");
        }
    }
}
