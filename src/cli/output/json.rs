//! `json` and `ndjson`.

use crate::cli::output::Cell;
use crate::cli::output::Column;
use crate::cli::output::Shape;
use crate::cli::output::Sink;
use crate::cli::output::base64;
use crate::cli::output::exact;
use crate::cli::output::shown;
use cacheme::text::is_unprintable;
use serde::ser::{Serialize, SerializeMap as _};
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// One object a line.
pub struct Ndjson<W> {
    writer: W,
}

impl<W: Write> Ndjson<W> {
    pub fn new(writer: W) -> Self {
        Self { writer }
    }
}

impl<W: Write> Sink for Ndjson<W> {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()> {
        write(&mut self.writer, &Object(row), CompactFormatter)?;
        self.writer.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// One document: an object, or an array with a row a line.
pub struct Json<W> {
    shape: Shape,
    rows: u64,
    writer: W,
}

impl<W: Write> Json<W> {
    pub fn new(shape: Shape, writer: W) -> Self {
        Self { shape, rows: 0, writer }
    }
}

impl<W: Write> Sink for Json<W> {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()> {
        if self.shape == Shape::Object {
            write(&mut self.writer, &Object(row), PrettyFormatter::new())?;
            return self.writer.write_all(b"\n");
        }
        self.writer.write_all(if self.rows == 0 { b"[\n  " } else { b",\n  " })?;
        self.rows += 1;
        write(&mut self.writer, &Object(row), CompactFormatter)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        match (self.shape, self.rows) {
            (Shape::Object, _) => {}
            (_, 0) => self.writer.write_all(b"[]\n")?,
            _ => self.writer.write_all(b"\n]\n")?,
        }
        self.writer.flush()
    }
}

/// A value on one line.
pub fn compact(value: &Value) -> String {
    rendered(value, CompactFormatter)
}

/// A value over several lines, for people.
pub fn pretty(value: &Value) -> String {
    rendered(value, PrettyFormatter::new())
}

/// The same, written as it is made.
pub fn write_pretty(writer: impl Write, value: &Value) -> io::Result<()> {
    write(writer, value, PrettyFormatter::new())
}

fn rendered(value: &Value, formatter: impl Formatter) -> String {
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    let _ = write(&mut bytes, value, formatter);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A row as a value of its own.
pub fn object(row: &[(Column, Cell)]) -> Value {
    // Every key is text, so nothing in a row has no form in JSON.
    serde_json::to_value(Object(row)).unwrap_or_default()
}

/// How many bytes and commas a row has as a line of its own.
pub fn measured(row: &[(Column, Cell)]) -> (usize, usize) {
    let mut measure = Measure::default();
    // Counting does not fail.
    let _ = write(&mut measure, &Object(row), CompactFormatter);
    (measure.bytes + 1, measure.commas)
}

#[derive(Default)]
struct Measure {
    bytes: usize,
    commas: usize,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        self.commas += bytes.iter().filter(|byte| **byte == b',').count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A row as an object, written from where it is, with the exact bytes beside what is not UTF-8.
struct Object<'a>(&'a [(Column, Cell)]);

impl Serialize for Object<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, cell) in self.0 {
            let exact = match cell {
                Cell::Json(value)
                | Cell::Measured(value, _)
                | Cell::Toned(value, _)
                | Cell::Said { json: value, .. } => {
                    map.serialize_entry(column, value)?;
                    None
                }
                Cell::Harmless(text) => {
                    map.serialize_entry(column, text)?;
                    None
                }
                Cell::Name(name) => {
                    match std::str::from_utf8(name) {
                        Ok(text) => map.serialize_entry(column, text)?,
                        Err(_) => map.serialize_entry(column, &shown(name))?,
                    }
                    exact(name).map(Value::String)
                }
                Cell::Names(names) => {
                    let text: Value = names.iter().map(|name| shown(name)).collect();
                    map.serialize_entry(column, &text)?;
                    let inexact = names.iter().any(|name| exact(name).is_some());
                    inexact.then(|| names.iter().map(|name| Value::String(base64(name))).collect())
                }
            };
            if let Some(exact) = exact {
                map.serialize_entry(&format!("{column}_base64"), &exact)?;
            }
        }
        map.end()
    }
}

fn write<W: Write>(writer: W, value: &impl Serialize, formatter: impl Formatter) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(writer, Harmless(formatter));
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// JSON escapes C0 only; what else could move a terminal's cursor is escaped here.
struct Harmless<F>(F);

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|byte| byte < 0x7f) {
            // serde_json has cut it at C0 already.
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unprintable(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_json_can_move_a_cursor() {
        let value = Value::from("a\u{1b}[2J\u{9b}31m\u{202e}é\u{e0041}");
        let text = compact(&value);
        assert_eq!(text, "\"a\\u001b[2J\\u009b31m\\u202eé\\udb40\\udc41\"");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
