//! Observed tags as lines that fit a terminal of 80 columns.

use crate::cli::commands::stats::spark::fitted;
use crate::cli::output::human::percent;
use cacheme::ops::Observed;
use cacheme::text;
use dialoguer::console::Term;
use std::io::IsTerminal as _;

/// The columns behind the tag's name.
const NUMBERS: usize = 62;

/// The terminal's width; 80 where there is none.
pub fn width() -> usize {
    if std::io::stdout().is_terminal() { Term::stdout().size().1.into() } else { 80 }
}

/// What is left for the name in so many columns.
fn name_width(columns: usize) -> usize {
    columns.saturating_sub(NUMBERS).clamp(8, 60)
}

pub fn header(columns: usize) -> String {
    let name = fitted("tag", name_width(columns));
    let header = format!(
        "{name} {:>7} {:>7} {:>6} {:>5} {:>5} {:>5} {:>6} {:>6} {:>6}",
        "calls", "hits", "misses", "refr", "waits", "ratio", "invals", "p50ms", "p99ms"
    );
    cut(&header, columns)
}

/// A line that no terminal of this width wraps.
fn cut(line: &str, columns: usize) -> String {
    fitted(line, columns).trim_end().to_owned()
}

pub fn line(row: &Observed, columns: usize) -> String {
    let totals = &row.totals;
    let line = format!(
        "{} {:>7} {:>7} {:>6} {:>5} {:>5} {:>5} {:>6} {:>6} {:>6}",
        fitted(&text::escape(&row.name), name_width(columns)),
        short(totals.calls, 7),
        short(totals.hits(), 7),
        short(totals.misses, 6),
        short(totals.refreshes, 5),
        short(totals.waits, 5),
        percent(totals.hit_ratio()),
        short(totals.invalidations, 6),
        millis(row.p50_ms),
        millis(row.p99_ms),
    );
    cut(&line, columns)
}

/// A number in so many columns: `123456`, `1.2M`.
pub fn short(number: u64, columns: usize) -> String {
    let exact = number.to_string();
    if exact.len() <= columns {
        return exact;
    }
    for (unit, size) in [("k", 1e3), ("M", 1e6), ("G", 1e9)] {
        let share = number as f64 / size;
        for text in [format!("{share:.1}{unit}"), format!("{share:.0}{unit}")] {
            if text.len() <= columns && share < 1000.0 {
                return text;
            }
        }
    }
    format!("{:.0e}", number as f64)
}

fn millis(time: Option<f64>) -> String {
    match time {
        None => "-".to_owned(),
        Some(time) if time < 10.0 => format!("{time:.2}"),
        Some(time) if time < 100.0 => format!("{time:.1}"),
        Some(time) => short(time as u64, 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cacheme::ops::Totals;

    #[test]
    fn lines_fit_whatever_the_numbers() {
        let most = u64::from(u32::MAX) * 1000;
        let totals = Totals { calls: most, misses: most / 2, refreshes: 99_999_999, ..Totals::default() };
        let name = "日本".repeat(30).into_bytes();
        let row = Observed { name, is_tag: true, totals, p50_ms: Some(9.999), p99_ms: Some(1e9) };
        for columns in [40, 80, 120, 200] {
            assert_eq!(dialoguer::console::measure_text_width(&header(columns)), columns.min(122));
            assert_eq!(dialoguer::console::measure_text_width(&line(&row, columns)), columns.min(122));
        }
        for (number, text) in [(99_999, "99999"), (123_456, "123k"), (1_250_000, "1.2M"), (999_960, "1000k")]
        {
            assert_eq!(short(number, 5), text);
        }
    }
}
