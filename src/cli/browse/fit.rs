//! Text in so many columns.

use crate::cli::output::wrapped;
use ratatui::text::Span;

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The columns that a character takes.
pub fn width_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { width(c.encode_utf8(&mut [0; 4])) }
}

/// The text, without its middle where it is too long: names differ at their ends.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let head = beginning(text.chars(), room / 2);
    let tail = beginning(text.chars().rev(), room - room / 2);
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

fn beginning(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += width_of(*c);
            used <= columns
        })
        .collect()
}

/// The text in lines of so many columns, of which there are no more than `most`: between words, where that is enough.
pub fn lines(text: &str, columns: usize, most: usize) -> Vec<String> {
    let between_words: Vec<String> = wrapped(text, 0, columns).lines().map(str::to_owned).collect();
    if between_words.len() <= most && between_words.iter().all(|line| width(line) <= columns) {
        return between_words;
    }
    // A wide character may leave a column free on each line.
    let text = cut(text, columns.saturating_sub(1) * most);
    let (mut rows, mut rest) = (Vec::new(), text.as_str());
    while !rest.is_empty() && rows.len() < most {
        let row = beginning(rest.chars(), columns.max(2));
        rest = &rest[row.len()..];
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("Book:100>owner", 9), "Book…wner");
        assert_eq!(cut("書書書書", 5), "書…書");
        assert_eq!(cut("abc", 1), "…");
    }

    #[test]
    fn a_question_keeps_its_end() {
        assert_eq!(lines("Refresh it? [y/N]", 12, 3), ["Refresh it?", "[y/N]"]);
        assert_eq!(
            lines("Refresh aaaaaaaaaaaaaaaaaaaaa? [y/N]", 20, 3),
            ["Refresh aaaaaaaaaaaa", "aaaaaaaaa? [y/N]"]
        );
        let shown = lines(&format!("Refresh {}? [y/N]", "書".repeat(50)), 11, 3);
        assert_eq!(shown.len(), 3);
        assert!(shown.concat().starts_with("Refresh ") && shown.concat().ends_with("? [y/N]"), "{shown:?}");
        assert!(lines("", 80, 3).is_empty());
    }
}
