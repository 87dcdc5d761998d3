//! Numbers and times in the form that people read.

use crate::cli::output::record::Unit;
use cacheme::text::grouped;
use indicatif::HumanBytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::OnceLock;

/// A number or a time of a unit, for a table; none where it is not one.
pub fn shown(value: &Value, unit: Unit) -> Option<String> {
    Some(match unit {
        Unit::Count => grouped(value.as_u64()?),
        Unit::ValueSize | Unit::Memory => HumanBytes(value.as_u64()?).to_string(),
        Unit::Seconds => match value.as_i64() {
            Some(seconds) => long(seconds),
            None => duration(value.as_f64()?),
        },
        Unit::Milliseconds => duration(value.as_f64()? / 1e3),
        Unit::Share => percent(Some(value.as_f64()?)),
        Unit::Time => moment(value, "%Y-%m-%d %H:%M:%S")?,
        Unit::Now => moment(value, "%H:%M:%S%.3f")?,
    })
}

/// What a table calls a field. Bytes are those of values or those of memory, and the name says which; a unit that stands with
/// the number is left out.
pub fn label(name: &'static str, unit: Option<Unit>, raw_numbers: bool) -> Cow<'static, str> {
    match unit {
        Some(Unit::ValueSize) => if raw_numbers { "value bytes" } else { "value size" }.into(),
        Some(Unit::Memory) => {
            name.replace("bytes", if raw_numbers { "memory bytes" } else { "memory" }).into()
        }
        Some(Unit::Seconds) if !raw_numbers => name.trim_end_matches("_seconds").into(),
        Some(Unit::Milliseconds) if !raw_numbers => name.trim_end_matches("_ms").into(),
        _ => name.into(),
    }
}

/// Bytes of values, in a sentence.
pub fn of_values(bytes: u64) -> String {
    format!("{} of values", HumanBytes(bytes))
}

/// Bytes of memory, in a sentence.
pub fn of_memory(bytes: u64) -> String {
    format!("{} of memory", HumanBytes(bytes))
}

/// The same with what is behind the seconds of a moment: rows that come one after another are told apart by it.
pub fn shown_exactly(value: &Value, unit: Unit) -> Option<String> {
    match unit {
        Unit::Time => moment(value, "%Y-%m-%d %H:%M:%S%.3f"),
        unit => shown(value, unit),
    }
}

/// How long ago a moment was. In how long one comes stands in a field of its own.
pub fn age(value: &Value, unit: Unit) -> Option<String> {
    let (Unit::Time, Some(Ok(then))) = (unit, value.as_str().map(str::parse::<Timestamp>)) else {
        return None;
    };
    let seconds = Timestamp::now().as_second().saturating_sub(then.as_second());
    (seconds >= 0).then(|| format!("{} ago", long(seconds)))
}

/// By the clock on the wall where this runs.
fn moment(value: &Value, form: &str) -> Option<String> {
    static HERE: OnceLock<TimeZone> = OnceLock::new();
    let here = HERE.get_or_init(TimeZone::system);
    let time: Timestamp = value.as_str()?.parse().ok()?;
    Some(time.to_zoned(here.clone()).strftime(form).to_string())
}

/// Seconds in two units at most: `45s`, `3m 20s`, `2h`, `2d 4h`.
pub fn long(seconds: i64) -> String {
    let (sign, s) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    let two = |whole: u64, unit: &str, rest: u64, small: &str| match rest {
        0 => format!("{sign}{whole}{unit}"),
        rest => format!("{sign}{whole}{unit} {rest}{small}"),
    };
    match s {
        0..60 => format!("{sign}{s}s"),
        60..3600 => two(s / 60, "m", s % 60, "s"),
        3600..86_400 => two(s / 3600, "h", s % 3600 / 60, "m"),
        _ => two(s / 86_400, "d", s % 86_400 / 3600, "h"),
    }
}

/// Seconds that may be few: `120µs`, `1.5ms`, `12.3s`, then as [`long`].
pub fn duration(seconds: f64) -> String {
    match seconds {
        0.0 => "0s".to_owned(),
        s if s < 0.9995e-3 => format!("{:.0}µs", s * 1e6),
        s if s < 0.9995 => format!("{}ms", three_digits(s * 1e3)),
        s if s < 59.95 => format!("{}s", three_digits(s)),
        s => long(s.round() as i64),
    }
}

/// As many places as make three digits.
fn three_digits(number: f64) -> String {
    let places = if number < 10.0 {
        2
    } else if number < 100.0 {
        1
    } else {
        0
    };
    let text = format!("{number:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share: `-` where there is none. Only nothing is `0%`, and only all of it is `100%`.
pub fn percent(share: Option<f64>) -> String {
    match share {
        None => "-".to_owned(),
        Some(share) if share > 0.0 && share <= 0.005 => "<1%".to_owned(),
        Some(share) if (0.995..1.0).contains(&share) => ">99%".to_owned(),
        Some(share) => format!("{:.0}%", share * 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_two_units() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (200, "3m 20s"),
            (-200, "-3m 20s"),
            (7200, "2h"),
            (7199, "1h 59m"),
            (187_200, "2d 4h"),
            (31_536_000, "365d"),
            (i64::MIN, "-106751991167300d 15h"),
        ] {
            assert_eq!(long(seconds), text);
        }
        for (seconds, text) in [
            (0.0, "0s"),
            (0.000_12, "120µs"),
            (0.000_999_6, "1ms"),
            (0.001_5, "1.5ms"),
            (0.012_34, "12.3ms"),
            (0.532, "532ms"),
            (0.9999, "1s"),
            (12.34, "12.3s"),
            (59.99, "1m"),
            (200.2, "3m 20s"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn shares_are_told_in_hundredths() {
        for (share, text) in [
            (None, "-"),
            (Some(0.0), "0%"),
            (Some(0.001), "<1%"),
            (Some(0.934), "93%"),
            (Some(0.005), "<1%"),
            (Some(0.994), "99%"),
            (Some(0.996), ">99%"),
            (Some(1.0), "100%"),
        ] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn what_is_no_number_is_shown_as_it_is() {
        for unit in [
            Unit::Count,
            Unit::ValueSize,
            Unit::Memory,
            Unit::Seconds,
            Unit::Milliseconds,
            Unit::Share,
            Unit::Time,
            Unit::Now,
        ] {
            assert_eq!(shown(&Value::from("text"), unit), None);
        }
        assert_eq!(shown(&Value::from(1_468_006_u64), Unit::Memory).as_deref(), Some("1.40 MiB"));
        assert_eq!(shown(&Value::from(u64::MAX), Unit::Count).as_deref(), Some("18,446,744,073,709,551,615"));
        assert_eq!(shown(&Value::from(u64::MAX), Unit::Seconds).as_deref(), Some("106751991167300d 15h"));
    }
}
