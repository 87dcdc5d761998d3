//! The classes of Python's standard library that have a notation of their own.
//!
//! Each is recognised by exactly what CPython pickles. Anything else, a date that does not exist or a time
//! zone with a name, stays a plain `$object`: nothing is lost, it only reads less well.

use serde_json::Value;

use super::notation::tagged;
use super::{Form, PyObject, PyValue};

impl PyObject {
    /// Its notation, if its class has one and its value is as CPython writes it.
    pub(crate) fn standard(&self) -> Option<Value> {
        match (self.class.module.as_str(), self.class.name.as_str(), args(self)) {
            ("datetime", "datetime", Some([PyValue::Bytes(bytes)])) => datetime(bytes, ""),
            ("datetime", "datetime", Some([PyValue::Bytes(bytes), zone])) => datetime(bytes, &offset(zone)?),
            ("datetime", "date", Some([PyValue::Bytes(bytes)])) => {
                Some(tagged("$date", date(bytes.as_slice().try_into().ok()?)?))
            }
            ("datetime", "time", Some([PyValue::Bytes(bytes)])) => time(bytes, ""),
            ("datetime", "time", Some([PyValue::Bytes(bytes), zone])) => time(bytes, &offset(zone)?),
            ("datetime", "timedelta", Some(args)) => timedelta(args),
            ("decimal", "Decimal", Some([PyValue::Str(text)])) => Some(tagged("$decimal", text.as_str())),
            ("uuid", "UUID", None) if self.form == Form::State => uuid(&self.value),
            _ => None,
        }
    }
}

fn args(object: &PyObject) -> Option<&[PyValue]> {
    match (object.form, &object.value) {
        (Form::Args, PyValue::Tuple(args)) => Some(args),
        _ => None,
    }
}

/// Adds the `fold` of an hour that a clock shows twice, which ISO 8601 cannot say.
fn folded(tag: &str, text: String, fold: bool) -> Value {
    let mut value = tagged(tag, text);
    if let (true, Value::Object(map)) = (fold, &mut value) {
        map.insert("fold".to_owned(), Value::from(1));
    }
    value
}

/// `datetime.__reduce_ex__`: two bytes of year, then month (its high bit the fold) to microsecond.
fn datetime(bytes: &[u8], offset: &str) -> Option<Value> {
    let &[y0, y1, month, day, ref clock @ ..] = bytes else {
        return None;
    };
    let date = date([y0, y1, month & 0x7f, day])?;
    let clock = self::clock(clock.try_into().ok()?)?;
    let text = format!("{date}T{clock}{offset}");
    Some(folded("$datetime", text, month & 0x80 != 0))
}

/// `time.__reduce_ex__`: hour (its high bit the fold) to microsecond.
fn time(bytes: &[u8], offset: &str) -> Option<Value> {
    let mut bytes: [u8; 6] = bytes.try_into().ok()?;
    let fold = bytes[0] & 0x80 != 0;
    bytes[0] &= 0x7f;
    let text = format!("{}{offset}", clock(bytes)?);
    Some(folded("$time", text, fold))
}

fn date([y0, y1, month, day]: [u8; 4]) -> Option<String> {
    let year = u16::from_be_bytes([y0, y1]);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=9999).contains(&year) && (1..=days).contains(&day))
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn clock([hour, minute, second, u0, u1, u2]: [u8; 6]) -> Option<String> {
    let micros = u32::from_be_bytes([0, u0, u1, u2]);
    (hour < 24 && minute < 60 && second < 60 && micros < 1_000_000).then(|| {
        let fraction = fraction(micros);
        format!("{hour:02}:{minute:02}:{second:02}{fraction}")
    })
}

fn fraction(micros: u32) -> String {
    match micros {
        0 => String::new(),
        _ => format!(".{micros:06}"),
    }
}

/// Days, seconds and microseconds, in the range Python brings every `timedelta` into.
fn delta(args: &[PyValue]) -> Option<(i64, u32, u32)> {
    let [days, seconds, micros] = args else {
        return None;
    };
    let days = days.as_i64()?;
    let seconds = u32::try_from(seconds.as_i64()?).ok()?;
    let micros = u32::try_from(micros.as_i64()?).ok()?;
    let normal = days.abs() <= 999_999_999 && seconds < 86_400 && micros < 1_000_000;
    normal.then_some((days, seconds, micros))
}

/// As Python's `str(timedelta)`.
fn timedelta(args: &[PyValue]) -> Option<Value> {
    let (days, seconds, micros) = delta(args)?;
    let days = match days {
        0 => String::new(),
        -1 | 1 => format!("{days} day, "),
        _ => format!("{days} days, "),
    };
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = fraction(micros);
    let text = format!("{days}{hours}:{minutes:02}:{seconds:02}{fraction}");
    Some(tagged("$timedelta", text))
}

/// The offset of a nameless `datetime.timezone`, as `isoformat` writes it.
fn offset(zone: &PyValue) -> Option<String> {
    let PyValue::Object(zone) = zone else {
        return None;
    };
    let [PyValue::Object(delta)] = args(zone)? else {
        return None;
    };
    if !zone.class.is("datetime", "timezone") || !delta.class.is("datetime", "timedelta") {
        return None;
    }
    let (days, seconds, micros) = self::delta(args(delta)?)?;
    const DAY: i64 = 86_400_000_000;
    let total = days * DAY + i64::from(seconds) * 1_000_000 + i64::from(micros);
    if total.abs() >= DAY {
        return None;
    }
    let sign = if total < 0 { '-' } else { '+' };
    let (seconds, micros) = (total.abs() / 1_000_000, total.abs() % 1_000_000);
    let mut text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || micros != 0 {
        text += &format!(":{:02}{}", seconds % 60, fraction(micros as u32));
    }
    Some(text)
}

fn uuid(state: &PyValue) -> Option<Value> {
    let PyValue::Dict(entries) = state else {
        return None;
    };
    let [(PyValue::Str(name), value)] = entries.as_slice() else {
        return None;
    };
    let int = match value {
        PyValue::Int(value) => u128::try_from(*value).ok()?,
        PyValue::BigInt(value) => value.to_u128()?,
        _ => return None,
    };
    let hex = format!("{int:032x}");
    let text = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    (name == "int").then(|| tagged("$uuid", text))
}
