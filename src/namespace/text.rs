//! Bytes as text a person can read, and back.
//!
//! Redis names and members are bytes. What is valid UTF-8 and harmless on a terminal is shown as it is;
//! every other byte becomes `\xNN`. [`unescape`] is the exact inverse of [`escape`].

use std::borrow::Cow;
use std::fmt::Write as _;

/// Shows bytes as text: printable UTF-8 as it is, everything else as `\xNN`.
///
/// Control characters (C0, DEL, C1), bidirectional overrides and line separators count as not printable, so
/// that no name can move a terminal's cursor. A backslash stays a backslash unless it would read as an escape.
///
/// ```
/// use cacheme::namespace::text::escape;
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

/// Reads `\xNN` escapes back into bytes; everything else stands for itself.
///
/// ```
/// use cacheme::namespace::text::unescape;
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
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

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
