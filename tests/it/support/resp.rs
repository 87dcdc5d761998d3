//! The protocol, one value at a time, for what stands between the code under test and a server.

use std::io::{BufRead, ErrorKind, Read, Result};

/// Reads one value, keeping its bytes, and gives the strings in it. Errors, numbers and nils are no strings.
pub(crate) fn value(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> Result<Vec<Vec<u8>>> {
    let start = bytes.len();
    if from.read_until(b'\n', bytes)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let kind = bytes[start];
    let line = String::from_utf8_lossy(&bytes[start + 1..]).trim_end().to_owned();
    let length: i64 = line.parse().unwrap_or(0);
    let mut words = Vec::new();
    match kind {
        b'$' | b'=' | b'!' if length >= 0 => {
            let length = usize::try_from(length).unwrap_or(0);
            let start = bytes.len();
            if from.take(length as u64 + 2).read_to_end(bytes)? < length + 2 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            words.push(bytes[start..start + length].to_vec());
        }
        b'*' | b'~' | b'>' | b'%' => {
            let values = if kind == b'%' { 2 * length } else { length };
            for _ in 0..values {
                words.extend(value(from, bytes)?);
            }
        }
        _ => {}
    }
    Ok(words)
}
