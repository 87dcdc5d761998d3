//! Lines of MONITOR, read without copying what is not asked for.

use std::borrow::Cow;

/// One command that the server carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) struct Line<'a> {
    /// When, in microseconds since the epoch.
    pub(in crate::ops) at: u64,
    pub(in crate::ops) db: i64,
    /// The client's address: `127.0.0.1:5000`, `[::1]:5000`, `unix:/path` (the same for every client).
    pub(in crate::ops) client: &'a [u8],
    /// Called by a script, not sent by a client.
    pub(in crate::ops) lua: bool,
    /// The command and its arguments, quoted.
    words: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads `1795336911.123456 [0 127.0.0.1:5000] "SREM" "CM:delete" "CM:Book:100>owner"`.
    pub(in crate::ops) fn parse(line: &'a [u8]) -> Option<Self> {
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
    pub(in crate::ops) fn command(&self) -> Option<(&'a [u8], Args<'a>)> {
        let mut args = Args(self.words);
        match args.next()? {
            Cow::Borrowed(name) => Some((name, args)),
            Cow::Owned(_) => None,
        }
    }
}

/// Arguments, unquoted one by one. Ends early at what no server writes.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Args<'a>(&'a [u8]);

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let (name, args) = Line::parse(line)?.command()?;
        Some(std::iter::once(name.to_vec()).chain(args.map(Cow::into_owned)).collect())
    }

    #[test]
    fn a_line_has_a_time_a_database_a_client_and_words() {
        let line = br#"1339518083.107412 [3 [::1]:60866] "keys" "\x00\xfF\n\a\b\\\"" "" "] \"x""#;
        let parsed = Line::parse(line).unwrap();
        assert_eq!((parsed.at, parsed.db, parsed.lua), (1_339_518_083_107_412, 3, false));
        assert_eq!(parsed.client, b"[::1]:60866");
        assert_eq!(words(line).unwrap(), [b"keys", &b"\x00\xff\n\x07\x08\\\""[..], b"", b"] \"x"]);
        let lua = Line::parse(br#"1.000002 [0 lua] "srem" "a""#).unwrap();
        assert!(lua.lua && lua.at == 1_000_002);
        let unix = Line::parse(br#"1.0 [0 unix:/tmp/a [b] c.sock] "PING""#).unwrap();
        assert_eq!(unix.client, b"unix:/tmp/a [b] c.sock");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for bad in
            ["OK", "", "1.0 [0 lua] keys", "1.0 [x lua] \"a\"", "1 [0 lua] \"a\"", "-1.0 [0 lua] \"a\""]
        {
            assert_eq!(words(bad.as_bytes()), None, "{bad}");
        }
        // Cut in the middle: what was whole is kept.
        assert_eq!(words(br#"1.0 [0 lua] "keys" "a" "b\"#).unwrap(), [b"keys".to_vec(), b"a".to_vec()]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>) {
            let _ = words(&bytes);
            let _ = words(&[b"1.0 [0 c] \"", &bytes[..]].concat());
        }

        #[test]
        fn what_the_server_quotes_comes_back(args in proptest::collection::vec(any::<Vec<u8>>(), 0..4)) {
            let mut line = b"12.000034 [0 127.0.0.1:1] \"x\"".to_vec();
            for arg in &args {
                line.extend_from_slice(b" \"");
                for byte in arg {
                    match byte {
                        b'\\' | b'"' => line.extend([b'\\', *byte]),
                        b'\n' => line.extend(b"\\n"),
                        0x07 => line.extend(b"\\a"),
                        b' '..=b'~' => line.push(*byte),
                        _ => line.extend(format!("\\x{byte:02x}").bytes()),
                    }
                }
                line.push(b'"');
            }
            prop_assert_eq!(&words(&line).unwrap()[1..], &args[..]);
        }
    }
}
