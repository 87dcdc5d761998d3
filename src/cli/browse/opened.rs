//! A value that is open: decoded and laid out once, by the thread that read it, however often it is drawn.

use crate::cli::browse::fit::width_of;
use crate::cli::output::pretty;
use cacheme::ops::KeyDetail;
use cacheme::pickle::{Limits, decode};
use cacheme::text;
use std::ops::Range;
use std::time::Instant;

/// Lines that stand above every value: state, time left, Redis key, tags, invalid keys, and an empty one.
const ABOVE: usize = 6;

#[derive(Debug)]
pub struct Opened {
    /// Everything about the key but its value, which `text` holds.
    pub detail: KeyDetail,
    /// The moment as of which its time left is.
    pub when: Instant,
    /// What is said of the value, each with its name.
    pub facts: Vec<(&'static str, String)>,
    text: String,
    /// As `broken` gives them, at a width.
    rows: Vec<(usize, Range<usize>)>,
    width: usize,
}

impl Opened {
    pub fn new(mut detail: KeyDetail, when: Instant) -> Self {
        let (mut facts, mut shown) = (Vec::new(), String::new());
        if let Some(bytes) = detail.row.value.take() {
            let decoded = decode(&bytes, &Limits::default());
            facts.push(("encoding", format!("{}, {} bytes", decoded.encoding.as_str(), bytes.len())));
            if let Some(reason) = &decoded.reason {
                facts.push(("undecoded", text::escape(reason.as_bytes()).into_owned()));
            }
            shown = pretty(&decoded.value);
        }
        Self { detail, when, facts, text: shown, rows: Vec::new(), width: 0 }
    }

    /// Breaks the text into rows, where the width is another than before.
    pub fn wrap(&mut self, width: usize) {
        if width == self.width || width == 0 {
            return;
        }
        self.width = width;
        self.rows = broken(&self.text, width);
    }

    /// How many lines there are to scroll through.
    pub fn length(&self) -> usize {
        ABOVE + self.facts.len() + self.rows.len()
    }

    /// The rows of the value from one on.
    pub fn rows_from(&self, first: usize) -> impl Iterator<Item = String> {
        let row =
            |(blanks, row): &(usize, Range<usize>)| Some(" ".repeat(*blanks) + self.text.get(row.clone())?);
        self.rows.iter().skip(first).filter_map(row)
    }
}

/// Where rows of so many columns are in a text, and the blanks before each that the text does not have: what goes on hangs
/// by its own line.
fn broken(text: &str, width: usize) -> Vec<(usize, Range<usize>)> {
    let (mut rows, mut from) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let shown = line.trim_end_matches('\n');
        let indent = shown.len() - shown.trim_start_matches(' ').len();
        let hang = if indent < width / 2 { indent } else { 0 };
        let (mut start, mut used, mut blanks) = (from, 0, 0);
        for (at, c) in shown.char_indices() {
            let wide = width_of(c);
            if used + wide > width && used > blanks {
                rows.push((blanks, start..from + at));
                (start, used, blanks) = (from + at, hang, hang);
            }
            used += wide;
        }
        rows.push((blanks, start..from + shown.len()));
        from += line.len();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_hangs_by_its_own_line() {
        let text = "{\n    name: abcdefghij\n}";
        let rows = |width| -> Vec<String> {
            let row = |(blanks, row): (usize, Range<usize>)| " ".repeat(blanks) + &text[row];
            broken(text, width).into_iter().map(row).collect()
        };
        assert_eq!(rows(12), ["{", "    name: ab", "    cdefghij", "}"]);
        // No room to hang in.
        assert_eq!(rows(8), ["{", "    name", ": abcdef", "ghij", "}"]);
    }
}
