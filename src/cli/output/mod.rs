//! Rows first, formats second.

mod delimited;
mod json;
mod table;

use super::error::Failure;
use cacheme::namespace::text;
use clap::ValueEnum;
pub use json::{object, pretty};
use serde_json::Value;
use std::io::{self, BufWriter, Write};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for a terminal (holds all rows first)
    Table,
    /// Tab-separated, no header, nothing cut (streams)
    Plain,
    /// One JSON document
    Json,
    /// One JSON object a line (streams)
    Ndjson,
    /// Comma-separated with a header (streams)
    Csv,
}

impl Format {
    /// Whether rows leave as they come.
    pub fn streams(self) -> bool {
        matches!(self, Self::Plain | Self::Ndjson | Self::Csv)
    }
}

/// Whether a command gives any number of rows or one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Rows,
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
    /// Anything else.
    Json(Value),
}

impl<T: Into<Value>> From<T> for Cell {
    fn from(value: T) -> Self {
        Self::Json(value.into())
    }
}

impl Cell {
    /// The cell as harmless text.
    fn text(&self) -> String {
        match self {
            Self::Name(name) => text::escape(name).into_owned(),
            Self::Names(names) => names.iter().map(|name| text::escape(name)).collect::<Vec<_>>().join(","),
            Self::Json(Value::Null) => String::new(),
            Self::Json(Value::String(string)) => text::escape(string.as_bytes()).into_owned(),
            Self::Json(value) => json::compact(value),
        }
    }

    /// The cell as JSON, with the exact bytes beside it where they are not UTF-8.
    fn json(&self) -> (Value, Option<Value>) {
        match self {
            Self::Name(name) => (shown(name), exact(name).map(Value::String)),
            Self::Names(names) => {
                let exact = names
                    .iter()
                    .any(|name| exact(name).is_some())
                    .then(|| names.iter().map(|name| Value::String(base64(name))).collect());
                (names.iter().map(|name| shown(name)).collect(), exact)
            }
            Self::Json(value) => (value.clone(), None),
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

/// Bytes as base64.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// One row: fields in the order of the contract.
pub type Row = Vec<(Column, Cell)>;

/// A writer of one format.
trait Sink {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()>;
    fn finish(&mut self) -> io::Result<()>;
}

/// Where rows go: stdout, in the format and with the fields that were asked for.
pub struct Output {
    sink: Box<dyn Sink>,
    fields: Vec<String>,
}

impl Output {
    pub fn new(format: Format, columns: &[Column], fields: &[String], shape: Shape) -> Result<Self, Failure> {
        Self::to(io::stdout(), format, columns, fields, shape)
    }

    /// The same into something else than stdout.
    pub fn to(
        writer: impl Write + 'static,
        format: Format,
        columns: &[Column],
        fields: &[String],
        shape: Shape,
    ) -> Result<Self, Failure> {
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
        Ok(Self { sink: sink(format, columns, shape, writer), fields: fields.to_vec() })
    }

    /// Writes one row.
    pub fn row(&mut self, row: Row) -> io::Result<()> {
        if self.fields.is_empty() {
            return self.sink.row(&row);
        }
        let chosen: Row = self
            .fields
            .iter()
            .filter_map(|field| row.iter().find(|(column, _)| column == field).cloned())
            .collect();
        self.sink.row(&chosen)
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<()> {
        self.sink.finish()
    }
}

fn sink<W: Write + 'static>(format: Format, columns: Vec<Column>, shape: Shape, writer: W) -> Box<dyn Sink> {
    match format {
        Format::Table => Box::new(table::Table::new(columns, shape, writer)),
        Format::Plain => Box::new(delimited::Plain::new(writer)),
        Format::Csv => Box::new(delimited::Csv::new(columns, writer)),
        Format::Json => Box::new(json::Json::new(shape, writer)),
        Format::Ndjson => Box::new(json::Ndjson::new(writer)),
    }
}

/// Writes text that is no table: sentences, scripts.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
