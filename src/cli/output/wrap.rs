//! Text for a person, broken between words.

use console::measure_text_width;

/// The text with lines that fit into `width` columns, all but the first behind `indent` blanks. What stands in backticks is
/// there to be copied: it stays on one line, and so does a word, however long.
pub fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut out = String::new();
        let mut used = 0;
        for (at, word) in words(line).into_iter().enumerate() {
            let wide = measure_text_width(word);
            if used > indent && used + 1 + wide > width {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                used = indent;
            } else if at > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += wide;
        }
        lines.push(out);
    }
    lines.join("\n")
}

/// The text with its first word, which is this one, in a colour.
pub fn beginning_in(color: &str, word: &str, text: &str) -> String {
    match text.strip_prefix(word) {
        Some(rest) => format!("\x1b[1;{color}m{word}\x1b[0m{rest}"),
        None => text.to_owned(),
    }
}

/// Words between blanks, but for those within backticks.
fn words(line: &str) -> Vec<&str> {
    let (mut words, mut from, mut quoted) = (Vec::new(), 0, false);
    // A backtick without another quotes nothing.
    let is_paired = line.matches('`').count().is_multiple_of(2);
    for (at, c) in line.char_indices() {
        match c {
            '`' if is_paired => quoted = !quoted,
            ' ' if !quoted => {
                words.push(&line[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    words.push(&line[from..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrapped("one two three", 0, 7), "one two\nthree");
        assert_eq!(wrapped("one two three", 2, 7), "one two\n  three");
        assert_eq!(wrapped("one two three", 0, 80), "one two three");
        assert_eq!(wrapped("a `very long command` b", 0, 10), "a\n`very long command`\nb");
        assert_eq!(wrapped("it`s one two", 0, 8), "it`s one\ntwo");
        assert_eq!(wrapped("äöü äöü", 0, 7), "äöü äöü");
        assert_eq!(wrapped("  two blanks", 0, 5), "  two\nblanks");
        assert_eq!(wrapped("a\n\nb", 0, 5), "a\n\nb");
        assert_eq!(wrapped("longerthanthat b", 0, 5), "longerthanthat\nb");
    }
}
