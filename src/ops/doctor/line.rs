//! Lines of MONITOR, read without copying what is not asked for.

use std::borrow::Cow;

/// One command that the server carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// When, in microseconds since the epoch.
    pub(super) at: u64,
    pub(super) db: i64,
    /// The client's address: `127.0.0.1:5000`, `[::1]:5000`, `unix:/path` (the same for every client).
    pub(super) client: &'a [u8],
    /// Called by a script, not sent by a client.
    pub(super) lua: bool,
    /// The command and its arguments, quoted.
    words: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads `1795336911.123456 [0 127.0.0.1:5000] "SREM" "CM:delete" "CM:Book:100>owner"`.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let (time, rest) = split_once(line, b" [")?;
        let (seconds, micros) = split_once(time, b".")?;
        let at = number(seconds)?.checked_mul(1_000_000)?.checked_add(number(micros)?)?;
        let (db, rest) = split_once(rest, b" ")?;
        // The address is a socket's path or an IPv6 address in brackets: the words begin at the first `] "`.
        let close = rest.windows(3).position(|it| it == b"] \"")?;
        let (client, words) = (&rest[..close], &rest[close + 2..]);
        Some(Self { at, db: i64::try_from(number(db)?).ok()?, client, lua: client == b"lua", words })
    }

    /// The command's name as it was sent, and its arguments. The name of a command needs no escapes.
    pub(super) fn command(&self) -> Option<(&'a [u8], Args<'a>)> {
        let mut args = Args(self.words);
        match args.next()? {
            Cow::Borrowed(name) => Some((name, args)),
            Cow::Owned(_) => None,
        }
    }
}

/// Arguments, unquoted one by one. Ends early at what no server writes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Args<'a>(&'a [u8]);

impl<'a> Iterator for Args<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.0.strip_prefix(b" ").unwrap_or(self.0).strip_prefix(b"\"")?;
        let mut plain = true;
        let mut at = 0;
        let end = loop {
            match text.get(at)? {
                b'"' => break at,
                b'\\' => {
                    plain = false;
                    at += 2;
                }
                _ => at += 1,
            }
        };
        self.0 = &text[end + 1..];
        let quoted = &text[..end];
        Some(if plain { Cow::Borrowed(quoted) } else { Cow::Owned(unquoted(quoted)) })
    }
}

/// The inverse of what the server does to an argument (`sdscatrepr`).
fn unquoted(quoted: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let [first, tail @ ..] = rest {
        let (byte, used) = match (first, tail) {
            (b'\\', [b'x', high, low, ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                (hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0), 4)
            }
            (b'\\', [b'n', ..]) => (b'\n', 2),
            (b'\\', [b'r', ..]) => (b'\r', 2),
            (b'\\', [b't', ..]) => (b'\t', 2),
            (b'\\', [b'a', ..]) => (0x07, 2),
            (b'\\', [b'b', ..]) => (0x08, 2),
            (b'\\', [other, ..]) => (*other, 2),
            (byte, _) => (*byte, 1),
        };
        bytes.push(byte);
        rest = &rest[used.min(rest.len())..];
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn split_once<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = text.windows(at.len()).position(|window| window == at)?;
    Some((&text[..place], &text[place + at.len()..]))
}
