//! A value that is open: decoded and laid out once, by the thread that read it, however often it is drawn.

use crate::cli::output::pretty;
use cacheme::ops::KeyDetail;
use cacheme::pickle::{Limits, decode};
use cacheme::text;
use ratatui::text::Span;
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
    /// Where the rows of the text are, at a width.
    rows: Vec<Range<usize>>,
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
        self.rows.clear();
        let mut from = 0;
        for line in self.text.split_inclusive('\n') {
            let (mut start, mut used) = (from, 0);
            for (at, c) in line.trim_end_matches('\n').char_indices() {
                let wide = if c.is_ascii() { 1 } else { Span::raw(c.to_string()).width() };
                if used + wide > width && used > 0 {
                    self.rows.push(start..from + at);
                    (start, used) = (from + at, 0);
                }
                used += wide;
            }
            self.rows.push(start..from + line.trim_end_matches('\n').len());
            from += line.len();
        }
    }

    /// How many lines there are to scroll through.
    pub fn length(&self) -> usize {
        ABOVE + self.facts.len() + self.rows.len()
    }

    /// The rows of the value from one on.
    pub fn rows_from(&self, first: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().skip(first).filter_map(|row| self.text.get(row.clone()))
    }
}
