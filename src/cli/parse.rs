//! Values of flags that have a form of their own.

use cacheme::namespace::text;
use jiff::{Span, SpanRelativeTo};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

/// No length of time is longer: a hundred years. Clocks and sockets can be reckoned with it; beyond, sums overflow.
const LONGEST: Duration = Duration::from_secs(36_525 * 24 * 3600);

/// A length of time: `500ms`, `10s`, `1h30m`, `7d`, `2w`, or whole seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let fail =
        || format!("'{text}' is not a length of time; write 500ms, 10s, 5m, 1h30m, 7d, 2w or whole seconds");
    let seconds = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let time = if seconds {
        text.parse().map_or(Duration::MAX, Duration::from_secs)
    } else {
        let span: Span = text.parse().map_err(|_| fail())?;
        let time = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| fail())?;
        Duration::try_from(time).map_err(|_| fail())?
    };
    if time > LONGEST {
        return Err(format!("'{text}' is longer than a hundred years (36525d)"));
    }
    Ok(time)
}

/// A whole number.
pub fn count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("'{text}' is not a whole number"))
}

/// A length of time that is not zero.
pub fn timeout(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|time| {
        if time.is_zero() { Err("it must be longer than nothing".to_owned()) } else { Ok(time) }
    })
}

/// An offset from UTC in seconds: `+08:00`, `-05:30`, `+9`, `Z`.
pub fn utc_offset(text: &str) -> Result<i64, String> {
    let fail = || format!("'{text}' is not an offset from UTC; write +08:00 or -05:00");
    if matches!(text, "Z" | "UTC" | "utc") {
        return Ok(0);
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(fail()),
    };
    let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
        (Some(parts), _) => parts,
        (None, 4) if rest.is_ascii() => rest.split_at(2),
        (None, 1 | 2) => (rest, "0"),
        _ => return Err(fail()),
    };
    let number = |digits: &str| {
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse::<i64>().ok())
            .flatten()
            .ok_or_else(fail)
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return Err(fail());
    }
    Ok(sign * (hours * 3600 + minutes * 60))
}

/// A name's bytes, with its escapes read where the user says there are some.
pub fn name(text: &OsStr, escaped: bool) -> Vec<u8> {
    match text.to_str() {
        Some(text) if escaped => text::unescape(text),
        _ => text.as_bytes().to_vec(),
    }
}

/// A name as it can be pasted into a shell.
pub fn quoted(name: &[u8]) -> String {
    let shown = text::escape(name);
    let escaped = if shown.as_bytes() == name { "" } else { "--escaped " };
    format!("{escaped}'{}'", shown.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cacheme::store::Pace;
    use proptest::prelude::*;
    use std::time::Instant;

    #[test]
    fn lengths_of_time() {
        for (text, millis) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("1h30m", 5_400_000),
            ("7", 7_000),
            ("2 min", 120_000),
            ("7d", 604_800_000),
            ("2w", 1_209_600_000),
            ("1d12h", 129_600_000),
            ("36525d", 3_155_760_000_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "banana", "-5s", "5 apples", "1e3", "+", "1y", "3mo", "5s ago"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        let most = u64::MAX.to_string();
        for long in [
            &*most,
            "9223372036854775807",
            "36526d",
            "9223372036854775807s",
            "99999999999999999999999999",
            "6000w",
        ] {
            assert!(duration(long).is_err_and(|said| said.contains(long)), "{long}");
        }
        assert!(timeout("0s").is_err());
    }

    #[test]
    fn offsets_from_utc() {
        for (text, seconds) in
            [("+08:00", 28_800), ("-05:30", -19_800), ("+9", 32_400), ("-0500", -18_000), ("Z", 0)]
        {
            assert_eq!(utc_offset(text), Ok(seconds), "{text}");
        }
        for bad in ["", "8", "+15:00", "+08:60", "+8:", "+a", "+-8", "Shanghai"] {
            assert!(utc_offset(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        /// Whatever is typed is a length of time that can be added to any clock, or refused in words.
        #[test]
        fn no_value_of_a_flag_panics(text in "([+-]?[0-9]{0,22}[:.]?[0-9]{0,3} ?(ms|s|m|h|d|w|%|Z|é)?){1,3}") {
            if let Ok(time) = duration(&text) {
                prop_assert!(time <= LONGEST);
                prop_assert!(Instant::now().checked_add(time * 4).is_some());
            }
            prop_assert!(timeout(&text).is_ok_and(|time| !time.is_zero()) || timeout(&text).is_err());
            let _ = (count(&text), text.parse::<Pace>());
            prop_assert!(utc_offset(&text).unwrap_or(0).abs() <= 15 * 3600);
        }

        #[test]
        fn nor_does_any_number(number: u64, unit in "(|ms|s|m|h|d|w|ns)") {
            let time = duration(&format!("{number}{unit}")).unwrap_or_default();
            prop_assert!(time <= LONGEST);
        }
    }

    #[test]
    fn names_are_quoted_for_a_shell() {
        assert_eq!(quoted(b"Book:100>owner"), "'Book:100>owner'");
        assert_eq!(quoted(b"it's"), r"'it'\''s'");
        assert_eq!(quoted(b"\xff"), r"--escaped '\xff'");
    }
}
