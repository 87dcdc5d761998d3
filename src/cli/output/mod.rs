//! Rows first, formats second.

mod beginning;
mod delimited;
mod file;
pub mod human;
mod json;
mod lines;
pub mod prometheus;
mod record;
mod table;
mod wrap;

use crate::cli::args::Format;
use crate::cli::error::Failure;
pub use beginning::beginning;
use cacheme::text;
pub use file::{NewFile, PRIVATE, Place, write_file};
use jiff::Timestamp;
pub use json::{measured, object, pretty};
pub use record::{
    Any, Base64, Complete, Field, Flat, Harmless, Made, Maybe, Memory, Milliseconds, Name, Names, Now, Part,
    Properties, Record, Seconds, Share, Shown, Time, Tone, Unit, ValueSize, Words, base64_of,
};
pub(crate) use record::{record, words};
use serde_json::Value;
use std::io::{self, BufWriter, Write};
use std::time::{Duration, Instant};
pub use table::width;
pub use wrap::{beginning_in, wrapped};

/// Whether a command gives any number of rows or one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Rows,
    /// Rows that come for as long as somebody looks: none waits for the others.
    Stream,
    /// Rows of so many or so large fields that a table has a paragraph for each.
    Records,
    Object,
}

/// The name of a field.
pub type Column = &'static str;

/// What stands in one field of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A name from Redis: bytes, shown as text.
    Name(Vec<u8>),
    /// Several names.
    Names(Vec<Vec<u8>>),
    /// Text that is meant to be copied and holds nothing a terminal would obey.
    Harmless(String),
    /// A number or a time, with what it counts.
    Measured(Value, Unit),
    /// A word that is good or bad news.
    Toned(Value, Tone),
    /// What JSON has in another form than the rest.
    Said { json: Value, text: String },
    /// Anything else.
    Json(Value),
}

impl<T: Into<Value>> From<T> for Cell {
    fn from(value: T) -> Self {
        Self::Json(value.into())
    }
}

impl Cell {
    /// The value that JSON has; none of names.
    pub fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(value)
            | Self::Measured(value, _)
            | Self::Toned(value, _)
            | Self::Said { json: value, .. } => Some(value),
            Self::Name(_) | Self::Names(_) | Self::Harmless(_) => None,
        }
    }

    /// What it counts, if it is a number or a time.
    fn unit(&self) -> Option<Unit> {
        if let Self::Measured(_, unit) = self { Some(*unit) } else { None }
    }

    /// Whether JSON has null.
    fn is_null(&self) -> bool {
        self.json().is_some_and(Value::is_null)
    }

    /// The cell as harmless text.
    fn text(&self) -> String {
        match self {
            Self::Name(name) => text::escape(name).into_owned(),
            Self::Names(names) => names.iter().map(|name| text::escape(name)).collect::<Vec<_>>().join(","),
            Self::Harmless(text) => text.clone(),
            Self::Said { text, .. } => text::escape(text.as_bytes()).into_owned(),
            Self::Json(value) | Self::Measured(value, _) | Self::Toned(value, _) => match value {
                Value::Null => String::new(),
                Value::String(string) => text::escape(string.as_bytes()).into_owned(),
                value => json::compact(value),
            },
        }
    }
}

/// A name as JSON: text where it is UTF-8, with `\xNN` escapes where it is not.
pub fn shown(name: &[u8]) -> Value {
    std::str::from_utf8(name).map_or_else(|_| text::escape(name).into(), Value::from)
}

/// The exact bytes of a name in base64, where JSON cannot say them.
pub fn exact(name: &[u8]) -> Option<String> {
    std::str::from_utf8(name).is_err().then(|| base64(name))
}

/// Epoch seconds as RFC 3339; nothing where no calendar reaches.
pub fn time(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

/// Bytes as base64.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// One row: fields in the order of the contract.
pub type Row = Vec<(Column, Cell)>;

/// The columns of a command, as a row of it has them.
pub fn columns(row: &Row) -> Vec<Column> {
    row.iter().map(|(column, _)| *column).collect()
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub format: Format,
    /// Tables show numbers and times as the other formats do.
    pub raw_numbers: bool,
    /// For what is easier to find with it: words say the same.
    pub color: bool,
}

/// A slow sweep's rows do not wait longer than this for the buffer to fill.
const LATEST: Duration = Duration::from_millis(200);

/// A writer of one format.
trait Sink {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()>;
    fn flush(&mut self) -> io::Result<()>;
    fn finish(&mut self) -> io::Result<()>;
}

/// Where rows go: stdout, in the format and with the fields that were asked for.
pub struct Output {
    sink: Box<dyn Sink>,
    fields: Vec<String>,
    flushed: Instant,
}

impl Output {
    pub fn new(style: Style, columns: &[Column], fields: &[String], shape: Shape) -> Result<Self, Failure> {
        Self::to(io::stdout(), style, columns, fields, shape)
    }

    /// The same into something else than stdout.
    pub fn to(
        writer: impl Write + 'static,
        style: Style,
        columns: &[Column],
        fields: &[String],
        shape: Shape,
    ) -> Result<Self, Failure> {
        if style.format == Format::Prometheus {
            return Err(Failure::usage(
                "--format prometheus works only with `cacheme stats`, alone or with --live",
            )
            .with_hint("table, plain, json, ndjson and csv work here"));
        }
        for field in fields {
            if !columns.contains(&field.as_str()) {
                return Err(Failure::usage(format!("there is no field '{field}' here"))
                    .with_hint(format!("the fields are {}", columns.join(", "))));
            }
        }
        let columns: Vec<Column> = if fields.is_empty() {
            columns.to_vec()
        } else {
            fields
                .iter()
                .filter_map(|field| columns.iter().find(|column| *column == field).copied())
                .collect()
        };
        let writer = BufWriter::with_capacity(64 << 10, writer);
        let flushed = Instant::now();
        Ok(Self { sink: sink(style, columns, shape, writer), fields: fields.to_vec(), flushed })
    }

    /// Writes one row.
    pub fn row(&mut self, row: Row) -> io::Result<()> {
        if self.fields.is_empty() {
            self.sink.row(&row)?;
        } else {
            let find = |field| row.iter().find(|(column, _)| column == field).cloned();
            let chosen: Row = self.fields.iter().filter_map(find).collect();
            self.sink.row(&chosen)?;
        }
        if self.flushed.elapsed() >= LATEST {
            self.sink.flush()?;
            self.flushed = Instant::now();
        }
        Ok(())
    }

    /// Hands on what was written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<()> {
        self.sink.finish()
    }
}

fn sink<W: Write + 'static>(style: Style, columns: Vec<Column>, shape: Shape, writer: W) -> Box<dyn Sink> {
    match style.format {
        Format::Table if shape == Shape::Stream => {
            Box::new(lines::Lines::new(columns, style.raw_numbers, writer))
        }
        Format::Table => Box::new(table::Table::new(columns, shape, style, writer)),
        // Prometheus is refused above: it has no rows.
        Format::Plain | Format::Prometheus => Box::new(delimited::Plain::new(writer)),
        Format::Csv => Box::new(delimited::Csv::new(columns, writer)),
        Format::Json => Box::new(json::Json::new(shape, writer)),
        Format::Ndjson => Box::new(json::Ndjson::new(writer)),
    }
}

/// Writes sentences, with lines that end between words on a terminal. The first word is in colour if `stands_out`.
pub fn print_sentences(text: &str, stands_out: bool) -> io::Result<()> {
    let text = width().map_or_else(|| text.to_owned(), |width| wrapped(text, 0, width.into()));
    let first = text.split(' ').next().unwrap_or_default();
    print(&if stands_out { beginning_in("33", first, &text) } else { text })
}

/// Writes text that is no table and no sentence: pictures, scripts.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
