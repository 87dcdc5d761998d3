//! `table` of rows that come for as long as somebody looks: each is written at once, so columns only get wider.

use crate::cli::output::Cell;
use crate::cli::output::Column;
use crate::cli::output::Sink;
use crate::cli::output::human;
use dialoguer::console::measure_text_width;
use std::io::{self, Write};

/// What is wider than this pushes aside what stands behind it in its row, and no other row.
const WIDEST: usize = 60;

/// Rows under a header, as they come.
pub struct Lines<W> {
    columns: Vec<Column>,
    widths: Vec<usize>,
    has_header: bool,
    raw_numbers: bool,
    writer: W,
}

impl<W: Write> Lines<W> {
    pub fn new(columns: Vec<Column>, raw_numbers: bool, writer: W) -> Self {
        let widths = vec![0; columns.len()];
        Self { columns, widths, has_header: false, raw_numbers, writer }
    }

    fn line(&mut self, cells: &[String]) -> io::Result<()> {
        let mut line = String::new();
        for (cell, widest) in cells.iter().zip(&mut self.widths) {
            let width = measure_text_width(cell);
            *widest = (*widest).max(width.min(WIDEST));
            line += cell;
            line.extend(std::iter::repeat_n(' ', widest.saturating_sub(width) + 2));
        }
        writeln!(self.writer, "{}", line.trim_end())
    }

    fn header(&mut self, first: Option<&[String]>) -> io::Result<()> {
        if self.has_header {
            return Ok(());
        }
        self.has_header = true;
        // As wide as the first row, where there is one.
        for (cell, widest) in first.unwrap_or_default().iter().zip(&mut self.widths) {
            *widest = measure_text_width(cell).min(WIDEST);
        }
        let header: Vec<_> = self.columns.iter().map(|column| (*column).to_owned()).collect();
        self.line(&header)
    }
}

impl<W: Write> Sink for Lines<W> {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()> {
        let shown = |cell: &Cell| match cell {
            cell if cell.is_null() => "-".to_owned(),
            Cell::Measured(value, unit) if !self.raw_numbers => {
                human::shown_exactly(value, *unit).unwrap_or_else(|| cell.text())
            }
            cell => cell.text(),
        };
        let cells: Vec<_> = row.iter().map(|(_, cell)| shown(cell)).collect();
        self.header(Some(&cells))?;
        self.line(&cells)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.header(None)?;
        self.writer.flush()
    }
}
