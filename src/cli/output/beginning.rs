//! The beginning of a value that is too long for a screen.

use crate::cli::output::json;
use cacheme::text;
use serde_json::Value;
use std::io::{self, Write};

/// So much of a value is shown.
const LINES: usize = 20;
const CHARACTERS: usize = 2000;
/// No character or escape of it has more bytes than six.
const BYTES: usize = 6 * (CHARACTERS + 1);

/// The beginning of a value as a table shows it, and how many characters of it are left out; `None` where all of it is short
/// enough.
pub fn beginning(value: &Value) -> Option<(String, u64)> {
    let mut head = Head::default();
    // Counting does not fail.
    let _ = match value {
        Value::String(string) => head.write_all(text::escape(string.as_bytes()).as_bytes()),
        other => json::write_pretty(&mut head, other),
    };
    let kept = head.bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let shown = cut(kept);
    let left_out = head.characters - characters(shown.as_bytes());
    (left_out > 0).then(|| (shown.to_owned(), left_out))
}

/// As much as may be shown, without a part of an escape at its end.
fn cut(text: &str) -> &str {
    let (mut rest, mut lines, mut shown) = (text, 1, 0);
    while let Some(first) = rest.chars().next() {
        let length = match rest.as_bytes() {
            [b'\\', b'u', ..] => 6,
            [b'\\', b'x', ..] => 4,
            [b'\\', b'"' | b'\\', ..] => 2,
            _ => 1,
        };
        lines += usize::from(first == '\n');
        shown += length;
        if lines > LINES || shown > CHARACTERS {
            break;
        }
        rest = rest.char_indices().nth(length).map_or("", |(at, _)| &rest[at..]);
    }
    &text[..text.len() - rest.len()]
}

fn characters(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u64
}

/// Keeps the first bytes of what is written, and counts the characters of all of it.
#[derive(Default)]
struct Head {
    bytes: Vec<u8>,
    characters: u64,
}

impl Write for Head {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.characters += characters(bytes);
        let room = BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..room.min(bytes.len())]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: impl Into<Value>) -> Option<(String, u64)> {
        beginning(&value.into())
    }

    #[test]
    fn what_is_short_is_shown_whole() {
        assert_eq!(of("x".repeat(CHARACTERS)), None);
        assert_eq!(of("本".repeat(CHARACTERS)), None, "characters, not bytes");
        assert_eq!(of((1..=LINES as u64 - 2).collect::<Vec<_>>()), None);
    }

    #[test]
    fn what_is_long_is_cut_between_characters_and_escapes() {
        for (unit, left) in [("x", 1), ("本", 1), ("👍", 1), ("e\u{301}", 2)] {
            let many = unit.repeat(CHARACTERS / unit.chars().count()) + unit;
            assert_eq!(of(many), Some((unit.repeat(CHARACTERS / unit.chars().count()), left)), "{unit}");
        }
        // Shown as \x1b: 4 characters each.
        let (shown, left) = of(format!("ab{}", "\u{1b}".repeat(500))).unwrap();
        assert_eq!((shown.len(), left), (2 + 499 * 4, 4));
        assert!(shown.ends_with(r"\x1b"));
        // As JSON \u001b: 6 characters each, behind four of the brackets, the line's beginning and the quote.
        let (shown, left) = of(vec!["\u{1b}".repeat(1000)]).unwrap();
        assert!(shown.ends_with(r"\u001b"), "{shown}");
        assert_eq!(shown.chars().count() as u64 + left, 4 + 1 + 6000 + 1 + 2);
        for odd in ["\\本", "\\", "\\u", "\\x本"] {
            let (shown, left) = of(odd.repeat(3000)).unwrap();
            assert_eq!(
                shown.chars().count() + left as usize,
                text::escape(odd.repeat(3000).as_bytes()).chars().count()
            );
        }
    }

    #[test]
    fn so_many_lines_are_shown() {
        let (shown, left) = of((0..1000_u64).collect::<Vec<_>>()).unwrap();
        assert_eq!(shown.lines().count(), LINES);
        assert!(shown.ends_with("18,") && left > 1000, "{shown}");
    }
}
