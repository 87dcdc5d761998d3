//! A line of a shell up to the cursor: its words, and how a candidate has to be written to stand there.

/// The words of the last command of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// As they are meant. The last one is under the cursor, perhaps empty.
    pub words: Vec<String>,
    /// The last word as far as no open quote reaches, as it is meant.
    before: String,
    /// The rest of the last word as it was typed, without the quote it opened with.
    typed: String,
    /// The quote that is open at the cursor.
    quote: Option<char>,
}

impl Line {
    /// Reads a line. What stands before the command's last name belongs to others.
    pub fn read(text: &str, command: &str) -> Self {
        let mut line = Self { words: vec![String::new()], ..Self::default() };
        let mut chars = text.chars().peekable();
        let mut inside = false;
        while let Some(c) = chars.next() {
            let word = match line.words.last_mut() {
                Some(word) => word,
                None => return line,
            };
            match (line.quote, c) {
                (Some(quote), c) if c == quote => {
                    line.quote = None;
                    line.typed.push(c);
                }
                (None, '\'' | '"') => {
                    (line.before, line.typed, line.quote, inside) =
                        (word.clone(), String::new(), Some(c), true);
                }
                (quote, '\\') if quote != Some('\'') => {
                    line.typed.push(c);
                    inside = true;
                    let Some(next) = chars.next() else { continue };
                    line.typed.push(next);
                    if quote == Some('"') && !"\"\\$`".contains(next) {
                        word.push(c);
                    }
                    word.push(next);
                }
                (None, c) if c.is_whitespace() => {
                    if inside {
                        line.words.push(String::new());
                    }
                    (line.before, line.typed, inside) = (String::new(), String::new(), false);
                }
                (None, '|' | ';' | '&' | '(') => {
                    line = Self { words: vec![String::new()], ..Self::default() };
                    inside = false;
                }
                (_, c) => {
                    word.push(c);
                    line.typed.push(c);
                    inside = true;
                }
            }
        }
        let last = line.words.len() - 1;
        if let Some(at) = line.words[..last].iter().rposition(|word| word == command) {
            line.words.drain(..at);
        }
        line
    }

    /// What has to be put in place of `replaced`, the part of the last word that the shell will replace; none where
    /// the word was typed in a way that a candidate cannot go on from.
    pub fn replacement(&self, value: &str, replaced: &str) -> Option<String> {
        let rest = value.strip_prefix(&self.before)?;
        let written = match self.quote {
            Some('\'') => rest.replace('\'', r"'\''"),
            // A backslash would keep bash's history away from the mark, and stay in the word: it is quoted otherwise.
            Some(_) => escaped(rest, |c| "\"\\$`".contains(c)).replace('!', "\"'!'\""),
            None if self.before.is_empty() => {
                escaped(rest, |c| !c.is_alphanumeric() && !"_-./:=,@%+".contains(c))
            }
            // A quote was opened and closed again within the word.
            None => return None,
        };
        let kept = self.typed.strip_suffix(replaced)?;
        written.strip_prefix(kept).map(str::to_owned)
    }
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if special(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Line::read(text, "cacheme").words
    }

    #[test]
    fn words_are_read_as_the_shell_means_them() {
        assert_eq!(words("cacheme tags "), ["cacheme", "tags", ""]);
        assert_eq!(words("cacheme --key 'Book:1>o"), ["cacheme", "--key", "Book:1>o"]);
        assert_eq!(words(r"cacheme --key Book\:1\>o"), ["cacheme", "--key", "Book:1>o"]);
        assert_eq!(words(r#"cacheme --key "a\"$b\x"#), ["cacheme", "--key", "a\"$b\\x"]);
        assert_eq!(words("ls | sudo cacheme '' x"), ["cacheme", "", "x"]);
        assert_eq!(words("cacheme --tag='a b' c"), ["cacheme", "--tag=a b", "c"]);
        assert_eq!(words(""), [""]);
    }

    #[test]
    fn a_candidate_is_written_as_the_word_was_begun() {
        let at = |typed: &str, replaced: &str, value: &str| {
            Line::read(&format!("cacheme --key {typed}"), "cacheme").replacement(value, replaced)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(at("", "", "Book:1>o"), some(r"Book:1\>o"));
        assert_eq!(at("Book:1", "1", "Book:1>o"), some(r"1\>o"));
        assert_eq!(at(r"Book:1\>", r"1\>", "Book:1>o"), some(r"1\>o"));
        assert_eq!(at("'Book:1", "Book:1", "Book:1>o'x"), some(r"Book:1>o'\''x"));
        assert_eq!(at("\"Book", "Book", "Book $(rm)"), some(r"Book \$(rm)"));
        assert_eq!(at("\"Book", "Book", "Book!x"), some("Book\"'!'\"x"));
        assert_eq!(at("--tag='a", "a", "--tag=a b"), some("a b"));
        // A dollar that was typed as the shell's own is not the dollar of a name.
        assert_eq!(at("$x", "x", "$x"), None);
        assert_eq!(at(r"\$x", "x", "$x"), some("x"));
        assert_eq!(at("'a'b", "b", "abc"), None);
        assert_eq!(at("", "", "a;rm -rf *`x`$y"), some(r"a\;rm\ -rf\ \*\`x\`\$y"));
    }
}
