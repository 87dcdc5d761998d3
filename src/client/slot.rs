//! The slots of Redis Cluster: which keys lie together.

/// How many slots a cluster has.
pub const SLOTS: u16 = 16_384;

/// The slot of a key: of what stands between its first `{` and the next `}`, where something does, or of all of it.
///
/// ```
/// use cacheme::client::slot::slot;
/// assert_eq!(slot(b"123456789"), 12_739);
/// assert_eq!(slot(b"{CM}:Book:1"), slot(b"{CM}:delete"));
/// ```
pub fn slot(key: &[u8]) -> u16 {
    crc16(hash_tag(key).unwrap_or(key)) % SLOTS
}

/// What stands between the first `{` of a key and the next `}`, where something does.
pub(crate) fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|byte| *byte == b'{')?;
    let rest = &key[open + 1..];
    let close = rest.iter().position(|byte| *byte == b'}').filter(|close| *close > 0)?;
    Some(&rest[..close])
}

/// CRC16 as XMODEM has it: polynomial 0x1021, starting at 0.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| (crc << 8) ^ OF_BYTE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The CRC16 of each byte.
const OF_BYTE: [u16; 256] = {
    let (mut table, mut byte) = ([0; 256], 0);
    while byte < 256 {
        let (mut crc, mut bit) = ((byte as u16) << 8, 0);
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // As CLUSTER KEYSLOT of 7.0.15 tells them.
        for (key, expected) in
            [("foo", 12_182), ("{user1000}.following", 3443), ("foo{}{bar}", 8363), ("", 0)]
        {
            assert_eq!(slot(key.as_bytes()), expected, "{key}");
        }
    }
}
