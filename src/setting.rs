//! What a setting may be written as, in a variable, behind a flag or in a file: one grammar each, wherever it is read.

use crate::namespace::Layout;
use jiff::{Span, SpanRelativeTo};
use std::time::Duration;

/// No length of time is longer: whoever adds one to the time of day cannot run out of numbers.
const LONGEST: Duration = Duration::from_secs(36_525 * 24 * 3600);

/// Yes or no: `1`, `true`, `yes`, `on`, or `0`, `false`, `no`, `off`, in capitals or not.
///
/// ```
/// use cacheme::setting::truth;
/// assert_eq!((truth("on"), truth("False")), (Ok(true), Ok(false)));
/// assert!(truth("maybe").is_err());
/// ```
///
/// # Errors
/// What is wrong, as a sentence names it.
pub fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" | "y" | "t" => Ok(true),
        "0" | "false" | "no" | "off" | "n" | "f" => Ok(false),
        _ => Err(format!("'{text}' is neither true nor false")),
    }
}

/// A length of time: `500ms`, `10s`, `5m`, `1h30m`, `2d`, `1w`, or whole seconds. At most a hundred years.
///
/// ```
/// use cacheme::setting::duration;
/// use std::time::Duration;
/// assert_eq!(duration("1d12h"), Ok(Duration::from_secs(36 * 3600)));
/// assert_eq!(duration("90"), duration("1m30s"));
/// assert!(duration("18446744073709551615").is_err());
/// ```
///
/// # Errors
/// As [`truth`].
pub fn duration(text: &str) -> Result<Duration, String> {
    duration_in(text, Duration::from_secs(1))
}

/// The same where a bare number counts something else than seconds.
///
/// ```
/// use cacheme::setting::duration_in;
/// use std::time::Duration;
/// let milliseconds = |text| duration_in(text, Duration::from_millis(1));
/// assert_eq!(milliseconds("250"), milliseconds("0.25s"));
/// ```
///
/// # Errors
/// As [`truth`].
pub fn duration_in(text: &str, unit: Duration) -> Result<Duration, String> {
    let fail =
        || format!("'{text}' is not a length of time; write 500ms, 10s, 5m, 1h30m, 7d, 2w or whole seconds");
    let time = if is_number(text) {
        let nanos =
            text.parse::<u64>().map_or(u128::MAX, |number| unit.as_nanos().saturating_mul(number.into()));
        u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
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

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An offset from UTC in seconds: `+08:00`, `-05:30`, `-0500`, `+9`, `Z`. At most 14 hours.
///
/// ```
/// use cacheme::setting::utc_offset;
/// assert_eq!(utc_offset("-0500"), Ok(-18_000));
/// assert_eq!(utc_offset("+5:30"), Ok(19_800));
/// assert!(utc_offset("8").is_err());
/// ```
///
/// # Errors
/// As [`truth`].
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
    let number = |text: &str| -> Result<i64, String> {
        if is_number(text) { text.parse().map_err(|_| fail()) } else { Err(fail()) }
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes > 59 {
        return Err(fail());
    }
    Ok(sign * (hours * 3600 + minutes * 60))
}

/// Whether the server is part of a cluster: [`truth`], or more of its nodes (`host:port,host:port`), which may be none.
///
/// ```
/// use cacheme::setting::cluster;
/// assert_eq!(cluster("off"), None);
/// assert_eq!(cluster("on").as_deref(), Some(""));
/// assert_eq!(cluster("b:7001,c").as_deref(), Some("b:7001,c"));
/// ```
pub fn cluster(text: &str) -> Option<String> {
    match truth(text) {
        Ok(true) => Some(String::new()),
        Ok(false) => None,
        Err(_) => Some(text.to_owned()),
    }
}

/// Every way to write a layout.
pub const LAYOUTS: [&str; 7] = ["auto", "classic", "meta", "both", "0.0.9", "0.1.0", "0.1.1"];

/// Which generation of the library owns a namespace: `classic` or its releases `0.0.9` and `0.1.0`, `meta` or `0.1.1`,
/// `both`; `auto` is none, and means to find out.
///
/// ```
/// use cacheme::{namespace::Layout, setting::layout};
/// assert_eq!(layout("0.1.0"), Ok(Some(Layout::Classic)));
/// assert_eq!(layout("auto"), Ok(None));
/// assert!(layout("0.2").is_err());
/// ```
///
/// # Errors
/// As [`truth`].
pub fn layout(text: &str) -> Result<Option<Layout>, String> {
    Ok(match text {
        "auto" => None,
        "classic" | "0.0.9" | "0.1.0" => Some(Layout::Classic),
        "meta" | "0.1.1" => Some(Layout::Meta),
        "both" => Some(Layout::Both),
        _ => return Err(format!("'{text}' is not a layout; write one of {}", LAYOUTS.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
            ("1.5h", 5_400_000),
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
    }

    #[test]
    fn offsets_from_utc() {
        for (text, seconds) in
            [("+08:00", 28_800), ("-05:30", -19_800), ("+9", 32_400), ("-0500", -18_000), ("Z", 0)]
        {
            assert_eq!(utc_offset(text), Ok(seconds), "{text}");
        }
        for bad in ["", "8", "+15:00", "+08:60", "+8:", "+a", "+-8", "Shanghai", "+0x10", "+é0"] {
            assert!(utc_offset(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        /// Whatever is written is a length of time that can be added to any clock, or refused in words.
        #[test]
        fn nothing_that_is_written_panics(text in "([+-]?[0-9]{0,22}[:.]?[0-9]{0,3} ?(ms|s|m|h|d|w|%|Z|é)?){1,3}") {
            if let Ok(time) = duration(&text) {
                prop_assert!(time <= LONGEST);
                prop_assert!(Instant::now().checked_add(time * 4).is_some());
            }
            prop_assert!(utc_offset(&text).unwrap_or(0).abs() <= 15 * 3600);
        }

        #[test]
        fn nor_does_any_number(number: u64, unit in "(|ms|s|m|h|d|w|ns)") {
            let time = duration(&format!("{number}{unit}")).unwrap_or_default();
            prop_assert!(time <= LONGEST);
        }
    }
}
