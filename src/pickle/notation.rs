//! A [`PyValue`] as JSON, in the notation of the [module](super).

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Number, Value};

use super::text::escape_surrogates;
use super::{BigInt, Form, PyObject, PyValue};

/// Integers up to this many bytes are written in decimal: the time that takes grows with its square.
const DECIMAL: usize = 128;
/// Up to this many keys of a dict are compared with each other; more are hashed.
const FEW: usize = 16;

impl PyValue {
    /// The value in the JSON notation of the [module](super).
    ///
    /// ```
    /// use cacheme::pickle::PyValue;
    /// use serde_json::json;
    ///
    /// let value = PyValue::Tuple(vec![PyValue::Int(1), PyValue::Bytes(b"a".to_vec())]);
    /// assert_eq!(value.into_json(), json!({"$tuple": [1, {"$bytes": "YQ=="}]}));
    /// ```
    pub fn into_json(self) -> Value {
        match self {
            PyValue::None => Value::Null,
            PyValue::Bool(value) => Value::Bool(value),
            PyValue::Int(value) => Value::from(value),
            PyValue::BigInt(value) => int(&value),
            PyValue::Float(value) => float(value),
            PyValue::Str(text) => Value::String(text),
            PyValue::SurrogateStr(text) => tagged("$str", escape_surrogates(&text)),
            PyValue::Bytes(bytes) => base64("$bytes", &bytes),
            PyValue::ByteArray(bytes) => base64("$bytearray", &bytes),
            PyValue::List(items) => array(items),
            PyValue::Tuple(items) => tagged("$tuple", array(items)),
            PyValue::Set(items) => tagged("$set", array(items)),
            PyValue::FrozenSet(items) => tagged("$frozenset", array(items)),
            PyValue::Dict(entries) => dict(entries),
            PyValue::Global(global) => tagged("$global", global.to_string()),
            PyValue::Object(object) => object.standard().unwrap_or_else(|| plain(*object)),
            PyValue::Reference(level) => tagged("$ref", level),
        }
    }
}

/// An object of one member, a tag.
pub(super) fn tagged(tag: &str, value: impl Into<Value>) -> Value {
    let mut map = Map::new();
    map.insert(tag.to_owned(), value.into());
    Value::Object(map)
}

/// Bytes in base64 under a tag.
pub(super) fn base64(tag: &str, bytes: &[u8]) -> Value {
    tagged(tag, STANDARD.encode(bytes))
}

fn array(items: Vec<PyValue>) -> Value {
    items.into_iter().map(PyValue::into_json).collect()
}

fn int(value: &BigInt) -> Value {
    if let Some(Ok(value)) = value.to_i128().map(u64::try_from) {
        return Value::from(value);
    }
    let magnitude = value.significant_magnitude();
    if magnitude.len() <= DECIMAL {
        return tagged("$int", value.to_string());
    }
    let mut text = String::with_capacity(3 + 2 * magnitude.len());
    text.push_str(if value.is_negative() { "-0x" } else { "0x" });
    for byte in magnitude {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    tagged("$int", text)
}

fn float(value: f64) -> Value {
    match Number::from_f64(value) {
        // Written with a point or an exponent, always.
        Some(number) => Value::Number(number),
        None if value.is_nan() => tagged("$float", "nan"),
        None if value > 0.0 => tagged("$float", "inf"),
        None => tagged("$float", "-inf"),
    }
}

/// A plain JSON object where nothing could be mistaken, pairs otherwise.
fn dict(entries: Vec<(PyValue, PyValue)>) -> Value {
    if !is_plain(&entries) {
        let pairs =
            entries.into_iter().map(|(key, value)| Value::Array(vec![key.into_json(), value.into_json()]));
        return tagged("$dict", pairs.collect::<Value>());
    }
    let mut members = Map::with_capacity(entries.len());
    for (key, value) in entries {
        if let PyValue::Str(key) = key {
            members.insert(key, value.into_json());
        }
    }
    Value::Object(members)
}

/// Whether all keys are texts, none twice, none like a tag.
fn is_plain(entries: &[(PyValue, PyValue)]) -> bool {
    let mut seen = HashSet::new();
    let mut is_new = |at: usize, key| match entries.len() <= FEW {
        true => entries[..at].iter().all(|(other, _)| other.as_str() != Some(key)),
        false => seen.insert(key),
    };
    entries
        .iter()
        .enumerate()
        .all(|(at, (key, _))| key.as_str().is_some_and(|key| !key.starts_with('$') && is_new(at, key)))
}

fn plain(object: PyObject) -> Value {
    let value = match (object.form, object.value) {
        // The arguments are a list by their name; that Python passes them as a tuple says nothing more.
        (Form::Args, PyValue::Tuple(args)) => array(args),
        (_, value) => value.into_json(),
    };
    let mut map = Map::new();
    map.insert("$object".to_owned(), Value::String(object.class.to_string()));
    map.insert(object.form.as_str().to_owned(), value);
    Value::Object(map)
}
