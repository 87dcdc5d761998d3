//! Values of flags that have a form of their own.

use cacheme::cache::{LEAST_KEPT, MOST_KEPT};
use cacheme::namespace::Layout;
use cacheme::ops::EventKind;
use cacheme::setting;
pub use cacheme::setting::{duration, truth, utc_offset};
use cacheme::text;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

/// A whole number.
pub fn count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("'{text}' is not a whole number"))
}

/// Units of a size, in bytes.
const UNITS: [(&str, u64); 13] = [
    ("", 1),
    ("b", 1),
    ("k", 1_000),
    ("kb", 1_000),
    ("kib", 1 << 10),
    ("m", 1_000_000),
    ("mb", 1_000_000),
    ("mib", 1 << 20),
    ("g", 1_000_000_000),
    ("gb", 1_000_000_000),
    ("gib", 1 << 30),
    ("tb", 1_000_000_000_000),
    ("tib", 1 << 40),
];

/// A size in bytes: `1MB` (1,000,000), `64KiB` (65,536), `1.5k`, or a number of bytes; capitals or not.
pub fn size(text: &str) -> Result<u64, String> {
    let fail = || format!("'{text}' is not a size; write 500, 64KiB, 1MB or 1.5GB");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start().to_ascii_lowercase();
    let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(fail)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return Err(fail());
    }
    let too_large = |_| format!("'{text}' is larger than any value");
    let whole: u64 = whole.parse().map_err(too_large)?;
    let fraction: u64 = format!("{fraction:0<9}").parse().map_err(too_large)?;
    let bytes =
        u128::from(whole) * u128::from(unit) + u128::from(fraction) * u128::from(unit) / 1_000_000_000;
    u64::try_from(bytes).map_err(|_| format!("'{text}' is larger than any value"))
}

/// A layout that was asked for: `None` is `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayoutChoice(pub Option<Layout>);

pub fn layout() -> impl TypedValueParser<Value = LayoutChoice> {
    PossibleValuesParser::new(setting::LAYOUTS).try_map(|text| setting::layout(&text).map(LayoutChoice))
}

/// A kind of event.
pub fn event_kind() -> impl TypedValueParser<Value = EventKind> {
    PossibleValuesParser::new(EventKind::ALL.map(EventKind::as_str)).try_map(|text| text.parse::<EventKind>())
}

/// A length of time that is not zero.
pub fn timeout(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|time| {
        if time.is_zero() { Err("it must be longer than zero".to_owned()) } else { Ok(time) }
    })
}

/// How long hours are kept.
pub fn keep(text: &str) -> Result<Duration, String> {
    between(LEAST_KEPT, MOST_KEPT, text, "it must be between 24h and 366d")
}

/// How long ago the first hour is that is shown.
pub fn history(text: &str) -> Result<Duration, String> {
    between(Duration::from_secs(3600), MOST_KEPT, text, "it must be between 1h and 366d")
}

fn between(least: Duration, most: Duration, text: &str, said: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|time| if (least..=most).contains(&time) { Ok(time) } else { Err(said.to_owned()) })
}

/// A moment: so long ago, or a date, with a time behind it or not, in UTC unless it says otherwise.
pub fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(ago) = duration(text) {
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        let then = Timestamp::now().as_millisecond().saturating_sub(ago).max(0);
        return Timestamp::from_millisecond(then).map_err(|error| error.to_string());
    }
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| civil().map(|time| time.timestamp())).ok_or_else(|| {
        format!("'{text}' is neither a length of time (90m, 2d) nor a time (2026-11-29T08:30, 2026-11-29)")
    })
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
    use cacheme::client::Pace;
    use proptest::prelude::*;

    #[test]
    fn a_moment_is_a_length_of_time_or_a_time() {
        let at = |text: &str| since(text).map(|it| it.to_string());
        for (text, time) in [
            ("2026-11-29", "2026-11-29T00:00:00Z"),
            ("2026-11-29T08:30", "2026-11-29T08:30:00Z"),
            ("2026-11-29 08:30:01", "2026-11-29T08:30:01Z"),
            ("2026-11-29T08:30:01.5Z", "2026-11-29T08:30:01.5Z"),
            ("2026-11-29T08:30+02:00", "2026-11-29T06:30:00Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(time), "{text}");
        }
        let hour = Timestamp::now().as_second() - since("1h").unwrap().as_second();
        assert!((3600..3700).contains(&hour), "{hour}");
        for text in ["", "yesterday", "2026-13-01", "-1h"] {
            assert!(at(text).is_err(), "{text}");
        }
        assert_eq!(at("3000w").as_deref(), Ok("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn no_time_at_all_is_no_limit() {
        assert!(timeout("0s").is_err() && timeout("1ns").is_ok());
    }

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        for (text, bytes) in [
            ("0", 0),
            ("500", 500),
            ("1MB", 1_000_000),
            ("64KiB", 65_536),
            ("1.5k", 1_500),
            ("2 GiB", 2 << 30),
            ("1m", 1_000_000),
            ("0.5b", 0),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in [
            "",
            "MB",
            "-1",
            "1,5MB",
            "1.2.3",
            "1.",
            ".5",
            "1 apple",
            "1MBps",
            "1e3",
            "99999999TB",
            "1.0000000001k",
        ] {
            assert!(size(bad).is_err_and(|said| said.contains(bad)), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_size_panics(text in "[0-9]{0,22}[.]?[0-9]{0,12} ?([kmgt]?i?b?|é)") {
            let _ = size(&text);
        }

        #[test]
        fn no_value_of_a_flag_panics(text in "([+-]?[0-9]{0,22}[:.]?[0-9]{0,3} ?(ms|s|m|h|d|w|%|Z|é)?){1,3}") {
            prop_assert!(timeout(&text).is_ok_and(|time| !time.is_zero()) || timeout(&text).is_err());
            let _ = (count(&text), text.parse::<Pace>());
        }
    }

    #[test]
    fn names_are_quoted_for_a_shell() {
        assert_eq!(quoted(b"Book:100>owner"), "'Book:100>owner'");
        assert_eq!(quoted(b"it's"), r"'it'\''s'");
        assert_eq!(quoted(b"\xff"), r"--escaped '\xff'");
    }
}
