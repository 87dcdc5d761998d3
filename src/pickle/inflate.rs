//! zlib, with an end to what it may become.

use flate2::{Decompress, FlushDecompress, Status};

use super::DecodeError;

/// The output grows by this much at a time, never by what a header claims.
const CHUNK: usize = 64 * 1024;

/// Whether the bytes begin like zlib data written with a 32 KiB window: 0x78 and one of its four levels.
///
/// No pickle does: 0x78 is not an opcode.
pub(super) fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])
}

/// Inflates zlib data to at most `limit` bytes. Bytes after its end are ignored, as by Python's
/// `zlib.decompress`.
pub(crate) fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    let corrupt = |message: &str| DecodeError::Zlib { message: message.to_owned() };
    let mut stream = Decompress::new(true);
    let mut out = Vec::new();
    let mut chunk = vec![0; CHUNK];
    let mut rest = bytes;
    loop {
        let (read, written) = (stream.total_in(), stream.total_out());
        let status = stream
            .decompress(rest, &mut chunk, FlushDecompress::None)
            .map_err(|_| corrupt("it does not follow its format"))?;
        let read = (stream.total_in() - read) as usize;
        let written = (stream.total_out() - written) as usize;
        rest = &rest[read..];
        if out.len() + written > limit {
            return Err(DecodeError::InflatesTooLarge { limit });
        }
        out.extend_from_slice(&chunk[..written]);
        match status {
            Status::StreamEnd => return Ok(out),
            Status::Ok | Status::BufError if read == 0 && written == 0 => {
                return Err(corrupt("it ends early"));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}
