//! Lengths of time, checked when the code is compiled: the grammar of `cacheme::setting::duration`.

use jiff::{Span, SpanRelativeTo};
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(36_525 * 24 * 3600);

/// What is wrong, where it is none.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let time = if is_number {
        Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
    } else {
        let span = text.parse::<Span>().ok();
        let time = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        time.and_then(|time| Duration::try_from(time).ok())
    };
    match time {
        Some(time) if time <= LONGEST => Ok(time),
        Some(_) => Err(format!("'{text}' is longer than a hundred years (36525d)")),
        None => Err(format!(
            "'{text}' is not a length of time; write 500ms, 10s, 5m, 1h30m, 7d, 2w or whole seconds"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_those_of_the_settings() {
        let seconds = [
            ("10s", 10),
            ("1h30m", 5400),
            ("7", 7),
            ("2 min", 120),
            ("1d12h", 129_600),
            ("2w", 1_209_600),
            ("36525d", 3_155_760_000),
        ];
        for (text, seconds) in seconds {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for bad in [
            "",
            "banana",
            "-5s",
            "1e3",
            "1y",
            "3mo",
            "36526d",
            "18446744073709551615",
            "99999999999999999999999",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
