//! `table`: for a person.

use crate::cli::output::Cell;
use crate::cli::output::Column;
use crate::cli::output::Shape;
use crate::cli::output::Sink;
use crate::cli::output::Style;
use crate::cli::output::Tone;
use crate::cli::output::Unit;
use crate::cli::output::human;
use crate::cli::output::json;
use cacheme::text;
use comfy_table::presets::NOTHING;
use comfy_table::{
    Cell as GridCell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table as Grid,
    TableStyle,
};
use dialoguer::console::measure_text_width;
use serde_json::Value;
use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write};

/// A line under the header, nothing else.
const UNDERLINED: TableStyle = NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// Rows under a header, or one object with a field a line.
pub struct Table<W> {
    columns: Vec<Column>,
    shape: Shape,
    style: Style,
    rows: Vec<Vec<(Column, Cell)>>,
    writer: W,
}

impl<W: Write> Table<W> {
    pub fn new(columns: Vec<Column>, shape: Shape, style: Style, writer: W) -> Self {
        Self { columns, shape, style, rows: Vec::new(), writer }
    }
}

impl<W: Write> Sink for Table<W> {
    fn row(&mut self, row: &[(Column, Cell)]) -> io::Result<()> {
        self.rows.push(row.to_vec());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        for (at, grid) in self.grids().into_iter().enumerate() {
            if at > 0 {
                writeln!(self.writer)?;
            }
            for line in shown_lines(&grid) {
                writeln!(self.writer, "{line}")?;
            }
        }
        self.writer.flush()
    }
}

impl<W> Table<W> {
    fn grids(&self) -> Vec<Grid> {
        match self.shape {
            Shape::Object => return self.rows.iter().map(|row| self.record(row)).collect(),
            Shape::Records => {
                let is_there = |(_, cell): &&(Column, Cell)| !cell.is_null();
                let rows =
                    self.rows.iter().map(|row| row.iter().filter(is_there).cloned().collect::<Vec<_>>());
                return rows.map(|row| self.record(&row)).collect();
            }
            Shape::Rows | Shape::Stream => {}
        }
        let mut grid = self.grid(UNDERLINED);
        grid.set_header(self.headings());
        for row in &self.rows {
            grid.add_row(row.iter().map(|(_, cell)| self.cell(cell, self.shown(cell))));
        }
        for (at, column) in self.columns.iter().enumerate() {
            let numbers = self.rows.iter().filter_map(|row| row.get(at)).all(|(_, cell)| is_number(cell));
            if let Some(column) = grid.column_mut(at).filter(|_| numbers && !column.is_empty()) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        keep_short_columns_whole(&mut grid);
        vec![grid]
    }

    /// The names of the columns, as `--fields` takes them, but that bytes say which they are.
    fn headings(&self) -> Vec<Cow<'static, str>> {
        let first = self.rows.first();
        let unit = |at: usize| first.and_then(|row| row.get(at)?.1.unit());
        let headings = self.columns.iter().enumerate().map(|(at, column)| match unit(at) {
            unit @ Some(Unit::ValueSize | Unit::Memory) => human::label(column, unit, self.style.raw_numbers),
            _ => Cow::Borrowed(*column),
        });
        headings.collect()
    }

    /// A field a line, and how long ago times are.
    fn record(&self, row: &[(Column, Cell)]) -> Grid {
        let mut grid = self.grid(NOTHING);
        for (column, cell) in row {
            let mut shown = self.shown(cell);
            if let Cell::Measured(value, unit) = cell
                && !self.style.raw_numbers
                && let Some(age) = human::age(value, *unit)
            {
                shown += &format!(" ({age})");
            }
            let label = human::label(column, cell.unit(), self.style.raw_numbers).replace('_', " ");
            grid.add_row([label.into(), self.cell(cell, shown)]);
        }
        grid
    }

    /// A cell as this text. A name that is too long for its column breaks behind one of its own borders.
    fn cell(&self, cell: &Cell, text: String) -> GridCell {
        match cell {
            Cell::Toned(_, tone) => GridCell::new(text).fg(color_of(*tone)),
            Cell::Name(_) | Cell::Names(_) => GridCell::new(with_borders(&text)).set_delimiter(BORDER),
            _ => GridCell::new(text),
        }
    }

    fn shown(&self, cell: &Cell) -> String {
        match cell {
            cell if cell.is_null() => "-".to_owned(),
            Cell::Json(value @ (Value::Array(_) | Value::Object(_))) => json::pretty(value),
            Cell::Names(names) if names.is_empty() => "-".to_owned(),
            Cell::Names(names) => names.iter().map(|name| text::escape(name)).collect::<Vec<_>>().join("\n"),
            Cell::Measured(value, unit) if !self.style.raw_numbers => {
                human::shown(value, *unit).unwrap_or_else(|| cell.text())
            }
            other => other.text(),
        }
    }

    fn grid(&self, style: TableStyle) -> Grid {
        let mut grid = Grid::new();
        grid.load_style(style);
        // It would ask the terminal and not the person who said how it is to be.
        grid.force_no_tty();
        if self.style.color {
            grid.enforce_styling();
        }
        if let Some(width) = width() {
            grid.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        } else {
            grid.set_content_arrangement(ContentArrangement::Disabled);
        }
        grid
    }
}

/// Stands, unseen, where a name may break; no name that is shown holds it ([`text::is_unprintable`]).
const BORDER: char = '\u{200b}';

/// A name that may break between its parts: behind a `:`, before a `>`.
fn with_borders(name: &str) -> String {
    name.replace(':', &format!(":{BORDER}")).replace('>', &format!("{BORDER}>"))
}

/// The lines of a grid, with a rule as long as the longest of the others.
fn shown_lines(grid: &Grid) -> Vec<String> {
    let lines = grid.lines().map(|line| line.replace(BORDER, "").trim_end().to_owned());
    let mut lines: Vec<_> = lines.collect();
    let is_rule = |line: &String| line.starts_with('─');
    let longest = lines.iter().filter(|line| !is_rule(line)).map(|line| measure_text_width(line)).max();
    if let (Some(rule), Some(longest)) = (lines.iter_mut().find(|line| is_rule(line)), longest) {
        // The lines begin with a blank.
        *rule = format!(" {}", "─".repeat(longest.saturating_sub(1)));
    }
    lines
}

/// What is no wider than this is not broken for the sake of a longer column.
const SHORT: u16 = 24;

/// Leaves the room to the long columns, where enough of it is left for them.
fn keep_short_columns_whole(grid: &mut Grid) {
    let Some(width) = grid.width() else { return };
    let widths = grid.column_max_content_widths();
    let short: u16 = widths.iter().filter(|wide| **wide <= SHORT).map(|wide| wide + 3).sum();
    let long = widths.iter().filter(|wide| **wide > SHORT).count() as u16;
    if short.saturating_add(long * SHORT) > width {
        return;
    }
    for (at, _) in widths.iter().enumerate().filter(|(_, wide)| **wide <= SHORT) {
        if let Some(column) = grid.column_mut(at) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
}

fn color_of(tone: Tone) -> Color {
    match tone {
        Tone::Good => Color::Green,
        Tone::Notable => Color::Cyan,
        Tone::Doubtful => Color::Yellow,
        Tone::Bad => Color::Red,
        Tone::Past => Color::DarkGrey,
    }
}

/// The terminal's width; none in a pipe, where nothing is cut or wrapped.
pub fn width() -> Option<u16> {
    let stdout = io::stdout();
    stdout.is_terminal().then(|| dialoguer::console::Term::stdout().size().1)
}

fn is_number(cell: &Cell) -> bool {
    match cell {
        Cell::Measured(_, unit) => !matches!(unit, Unit::Time | Unit::Now),
        cell => matches!(cell, Cell::Json(Value::Number(_) | Value::Null)),
    }
}
