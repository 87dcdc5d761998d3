//! Cursors of scans: they mean nothing to another server process than the one that gave them.
//!
//! So each says whose it is (`12@3`, plain for the first process), and begins again where another one answers.

use super::pipe::{Pipe, Sent};
use redis::Value;
use std::borrow::Cow;

/// The bytes of commands with the cursors of another server process set back to the beginning, and how many were.
pub(super) fn encoded<'a>(pipe: &'a Pipe, commands: &[Sent], identity: u32) -> (Cow<'a, [u8]>, u64) {
    let (Some(first), Some(last)) = (commands.first(), commands.last()) else {
        return (Cow::Borrowed(&[]), 0);
    };
    let as_it_is = |sent: &Sent| match pipe.cursor_of(sent) {
        Some(cursor) => cursor == b"0" || (identity == 0 && !cursor.contains(&b'@')),
        None => true,
    };
    if commands.iter().all(as_it_is) {
        return (Cow::Borrowed(&pipe.bytes()[first.bytes.start..last.bytes.end]), 0);
    }
    let (mut bytes, mut restarted) = (Vec::new(), 0);
    for sent in commands {
        match pipe.cursor_of(sent) {
            Some(cursor) => {
                let cursor = untagged(cursor, identity);
                restarted += u64::from(cursor.is_none());
                pipe.with_cursor(sent, cursor.unwrap_or(b"0"), &mut bytes);
            }
            None => bytes.extend_from_slice(&pipe.bytes()[sent.bytes.clone()]),
        }
    }
    (Cow::Owned(bytes), restarted)
}

/// The cursor as the server gave it, if it was this one.
pub(super) fn untagged(cursor: &[u8], identity: u32) -> Option<&[u8]> {
    let mut parts = cursor.splitn(2, |byte| *byte == b'@');
    let (cursor, tag) = (parts.next()?, parts.next());
    let tag: u32 = tag.map_or(Some(0), |tag| std::str::from_utf8(tag).ok()?.parse().ok())?;
    (cursor == b"0" || tag == identity).then_some(cursor)
}

/// A scan's answer with the server process named in its cursor: cursors mean nothing to another.
pub(super) fn tagged(value: Value, identity: u32) -> Value {
    match value {
        Value::Array(mut parts) => {
            if let Some(Value::BulkString(cursor)) = parts.first_mut() {
                *cursor = with_tag(std::mem::take(cursor), identity);
            }
            Value::Array(parts)
        }
        other => other,
    }
}

/// A cursor that this process gave.
pub(super) fn with_tag(mut cursor: Vec<u8>, identity: u32) -> Vec<u8> {
    if identity != 0 && cursor != b"0" {
        cursor.extend_from_slice(format!("@{identity}").as_bytes());
    }
    cursor
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::command;

    #[test]
    fn cursors_of_another_process_begin_again() {
        assert_eq!(untagged(b"12", 0), Some(&b"12"[..]));
        assert_eq!(untagged(b"12", 1), None);
        assert_eq!(untagged(b"12@1", 1), Some(&b"12"[..]));
        assert_eq!(untagged(b"12@1", 2), None);
        let mut pipe = Pipe::new();
        pipe.push(command::SCAN, &[b"12@1"]);
        pipe.push(command::HLEN, &[b"k"]);
        let (bytes, restarted) = encoded(&pipe, pipe.commands(), 2);
        assert_eq!(
            (&bytes[..], restarted),
            (&b"*2\r\n$4\r\nSCAN\r\n$1\r\n0\r\n*2\r\n$4\r\nHLEN\r\n$1\r\nk\r\n"[..], 1)
        );
    }
}
