//! `plain` and `csv`.

use crate::cli::output::Cell;
use crate::cli::output::Column;
use crate::cli::output::Sink;
use std::io::{self, Write};

/// Tab-separated, no header.
pub struct Plain<W> {
    writer: W,
}

impl<W: Write> Plain<W> {
    pub fn new(writer: W) -> Self {
        Self { writer }
    }
}

impl<W: Write> Sink for Plain<W> {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()> {
        for (at, (_, cell)) in row.iter().enumerate() {
            if at > 0 {
                self.writer.write_all(b"\t")?;
            }
            self.writer.write_all(cell.text().as_bytes())?;
        }
        self.writer.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Comma-separated, with a header.
pub struct Csv<W: Write> {
    writer: csv::Writer<W>,
    header: Option<Vec<Column>>,
}

impl<W: Write> Csv<W> {
    pub fn new(columns: Vec<Column>, writer: W) -> Self {
        Self { writer: csv::Writer::from_writer(writer), header: Some(columns) }
    }

    fn header(&mut self) -> io::Result<()> {
        match self.header.take() {
            Some(columns) => self.writer.write_record(columns).map_err(io_error),
            None => Ok(()),
        }
    }
}

impl<W: Write> Sink for Csv<W> {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()> {
        self.header()?;
        self.writer.write_record(row.iter().map(|(_, cell)| cell.text())).map_err(io_error)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.header()?;
        self.writer.flush()
    }
}

/// The error below, as itself: a closed pipe has to be known for one.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
