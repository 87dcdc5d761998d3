//! The arguments of the opcodes of protocol 0, which are lines of text, and text with lone surrogates.

use super::BigInt;

/// The most digits of a decimal integer, as Python's `sys.set_int_max_str_digits`.
const MAX_DIGITS: usize = 4300;

/// `raw_unicode_escape`: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. The text comes in UTF-8, surrogates let through.
pub(super) fn raw_unicode_escape(line: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [first, after @ ..] = rest {
        rest = after;
        let digits = match (first, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            // A backslash and what follows it belong together: `\\u0041` is no escape.
            (b'\\', Some(next)) => {
                text.push(b'\\');
                push(&mut text, (*next).into())?;
                rest = &after[1..];
                continue;
            }
            _ => {
                push(&mut text, (*first).into())?;
                continue;
            }
        };
        push(&mut text, hex(after.get(1..=digits)?)?)?;
        rest = &after[1 + digits..];
    }
    Some(text)
}

/// Writes a code point in UTF-8, also a surrogate.
fn push(text: &mut Vec<u8>, code: u32) -> Option<()> {
    match code {
        0xd800..=0xdfff => {
            text.extend([0xed, 0x80 | (code >> 6 & 0x3f) as u8, 0x80 | (code & 0x3f) as u8]);
        }
        _ => text.extend(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes()),
    }
    Some(())
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}

/// A quoted string of Python 2 with the escapes of a literal.
pub(super) fn quoted(line: &[u8]) -> Option<Vec<u8>> {
    let [quote @ (b'\'' | b'"'), inner @ .., end] = line else { return None };
    if quote != end {
        return None;
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (escape, after) = after.split_first()?;
        rest = after;
        match escape {
            b'\\' | b'\'' | b'"' => bytes.push(*escape),
            b'a' => bytes.push(0x07),
            b'b' => bytes.push(0x08),
            b't' => bytes.push(b'\t'),
            b'n' => bytes.push(b'\n'),
            b'v' => bytes.push(0x0b),
            b'f' => bytes.push(0x0c),
            b'r' => bytes.push(b'\r'),
            b'x' => {
                bytes.push(hex(after.get(..2)?)? as u8);
                rest = &after[2..];
            }
            b'0'..=b'7' => {
                let more = after.iter().take(2).take_while(|c| matches!(c, b'0'..=b'7')).count();
                let digits = std::iter::once(escape).chain(&after[..more]);
                bytes.push(digits.fold(0u32, |value, digit| value << 3 | u32::from(digit - b'0')) as u8);
                rest = &after[more..];
            }
            _ => bytes.extend([b'\\', *escape]),
        }
    }
    Some(bytes)
}

/// A decimal integer, as Python's `int`, underscores left out.
pub(super) fn int(line: &[u8]) -> Option<BigInt> {
    let text = std::str::from_utf8(line.trim_ascii()).ok()?;
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole =
        !digits.is_empty() && digits.len() <= MAX_DIGITS && digits.bytes().all(|c| c.is_ascii_digit());
    whole.then(|| text.strip_prefix('+').unwrap_or(text).parse().ok())?
}

/// A float, as Python's `float`; one that is too large for it is none.
pub(super) fn float(line: &[u8]) -> Option<f64> {
    let value: f64 = std::str::from_utf8(line).ok()?.parse().ok()?;
    let says_so = line.iter().any(|c| matches!(c, b'i' | b'I'));
    (says_so || !value.is_infinite()).then_some(value)
}

/// A number of the memo.
pub(super) fn index(line: &[u8]) -> Option<usize> {
    std::str::from_utf8(line).ok()?.trim_ascii().parse().ok()
}

/// Whether bytes are text as Python's `surrogatepass` writes it in UTF-8.
pub(super) fn is_surrogatepass(mut bytes: &[u8]) -> bool {
    loop {
        let Err(err) = std::str::from_utf8(bytes) else { return true };
        match &bytes[err.valid_up_to()..] {
            [0xed, 0xa0..=0xbf, 0x80..=0xbf, rest @ ..] => bytes = rest,
            _ => return false,
        }
    }
}

/// Text in `surrogatepass` UTF-8 as ASCII can hold it: lone surrogates `\udXXX`, backslashes doubled.
pub(super) fn escape_surrogates(mut bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    while !bytes.is_empty() {
        let valid = std::str::from_utf8(bytes).map_or_else(|err| err.valid_up_to(), str::len);
        let (whole, rest) = bytes.split_at(valid);
        text.push_str(&String::from_utf8_lossy(whole).replace('\\', "\\\\"));
        bytes = rest;
        if let [0xed, high, low, rest @ ..] = bytes {
            let code = 0xd000 | u32::from(high & 0x3f) << 6 | u32::from(low & 0x3f);
            text.push_str(&format!("\\u{code:04x}"));
            bytes = rest;
        } else if let Some((_, rest)) = bytes.split_first() {
            bytes = rest;
        }
    }
    text
}
