//! Bytes as text a person can read, and back.
//!
//! Redis names and members are bytes. What is valid UTF-8 and harmless on a terminal is shown as it is;
//! every other byte becomes `\xNN`. [`unescape`] is the exact inverse of [`escape`].

use std::borrow::Cow;
use std::fmt::Write as _;

/// Shows bytes as text: printable UTF-8 as it is, everything else as `\xNN`.
///
/// What may move a terminal's cursor, reorder text or stay unseen ([`is_unprintable`]) counts as not printable. A
/// backslash stays a backslash unless it would read as an escape.
///
/// ```
/// use cacheme::text::escape;
/// assert_eq!(escape("Büch:100>owner".as_bytes()), "Büch:100>owner");
/// assert_eq!(escape(b"a\nb\xff"), r"a\x0ab\xff");
/// assert_eq!(escape(br"C:\temp"), r"C:\temp");
/// assert_eq!(escape(br"\x41"), r"\x5cx41");
/// ```
pub fn escape(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\\')
        && !text.chars().any(is_unprintable)
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    let mut rest = bytes;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let looks_like_escape = c == '\\' && reads_as_escape(rest);
            if looks_like_escape || is_unprintable(c) {
                push_hex(&mut out, &rest[..c.len_utf8()]);
            } else {
                out.push(c);
            }
            rest = &rest[c.len_utf8()..];
        }
        push_hex(&mut out, chunk.invalid());
        rest = &rest[chunk.invalid().len()..];
    }
    Cow::Owned(out)
}

/// The bytes as one word of a shell, for a command of another program.
///
/// ```
/// use cacheme::text::shell_word;
/// assert_eq!(shell_word(b"it's"), r"'it'\''s'");
/// assert_eq!(shell_word(b"a\xff'\\"), r"$'a\xff\'\x5c'");
/// ```
pub fn shell_word(bytes: &[u8]) -> String {
    let shown = escape(bytes);
    if shown.as_bytes() == bytes {
        return format!("'{}'", shown.replace('\'', r"'\''"));
    }
    let mut word = String::new();
    for &byte in bytes {
        match byte {
            b'\'' => word.push_str(r"\'"),
            b' '..=b'~' if byte != b'\\' => word.push(char::from(byte)),
            _ => push_hex(&mut word, &[byte]),
        }
    }
    format!("$'{word}'")
}

/// A number as people read it, in threes.
///
/// ```
/// use cacheme::text::grouped;
/// assert_eq!(grouped(999), "999");
/// assert_eq!(grouped(1_234_567), "1,234,567");
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number, as people read it, with the noun that goes with it.
///
/// ```
/// use cacheme::text::counted;
/// assert_eq!(counted(1, "key", "keys"), "1 key");
/// assert_eq!(counted(0, "entry", "entries"), "0 entries");
/// assert_eq!(counted(12_345, "entry", "entries"), "12,345 entries");
/// ```
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// Reads `\xNN` escapes back into bytes; everything else stands for itself.
///
/// ```
/// use cacheme::text::unescape;
/// assert_eq!(unescape(r"a\x0ab\xff"), b"a\nb\xff");
/// assert_eq!(unescape(r"C:\temp"), br"C:\temp");
/// ```
pub fn unescape(text: &str) -> Vec<u8> {
    let mut rest = text.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while let Some((&first, tail)) = rest.split_first() {
        match escaped_byte(rest) {
            Some(byte) => {
                out.push(byte);
                rest = &rest[4..];
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

/// Whether a character may move the cursor, hide text or reorder it on a terminal.
///
/// Control characters (`Cc`), line and paragraph separators (`Zl`, `Zp`), format characters (`Cf`: everything
/// bidirectional, tags, zero widths), and what Unicode 16 calls ignorable by default, since nobody sees it. Only
/// U+FE00 to U+FE0F are left, the variation selectors that emoji are written with.
pub fn is_unprintable(c: char) -> bool {
    c.is_control() || (c >= '\u{ad}' && UNSEEN.iter().any(|(first, last)| (*first..=*last).contains(&c)))
}

const UNSEEN: [(char, char); 24] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

fn reads_as_escape(bytes: &[u8]) -> bool {
    escaped_byte(bytes).is_some()
}

fn escaped_byte(bytes: &[u8]) -> Option<u8> {
    let [b'\\', b'x', high, low, ..] = bytes else {
        return None;
    };
    let high = char::from(*high).to_digit(16)?;
    let low = char::from(*low).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "\\x{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_that_reorders_or_hides_text_is_shown() {
        let unseen = "\u{ad}\u{600}\u{61c}\u{6dd}\u{70f}\u{180e}\u{200b}\u{200d}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\
                      \u{2060}\u{2066}\u{2069}\u{206a}\u{206f}\u{3164}\u{feff}\u{fff9}\u{110bd}\u{13430}\u{1d173}\
                      \u{e0001}\u{e0041}\u{e007f}\u{e0100}";
        for c in unseen.chars() {
            let name = format!("a{c}b");
            let shown = escape(name.as_bytes());
            assert!(shown.is_ascii(), "{:x}: {shown}", u32::from(c));
            assert_eq!(unescape(&shown), name.as_bytes());
        }
        let seen = "é漢🦀ñ ❤\u{fe0f} שלום עربي e\u{301}";
        assert_eq!(escape(seen.as_bytes()), seen);
    }

    proptest! {
        #[test]
        fn unescape_is_the_inverse_of_escape(bytes: Vec<u8>) {
            prop_assert_eq!(unescape(&escape(&bytes)), bytes);
        }

        #[test]
        fn backslashes_survive(text in r"[\\xa-f0-9]{0,12}") {
            prop_assert_eq!(unescape(&escape(text.as_bytes())), text.as_bytes());
        }

        #[test]
        fn nothing_unprintable_is_left(bytes: Vec<u8>) {
            prop_assert!(!escape(&bytes).chars().any(is_unprintable));
        }
    }
}
