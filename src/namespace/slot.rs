//! The slots of Redis Cluster: which keys lie together.

use super::Namespace;

/// How many slots a cluster has.
pub const SLOTS: u16 = 16_384;

/// The slot of a key: of what stands between its first `{` and the next `}`, where something does, or of all of it.
///
/// ```
/// use cacheme::namespace::slot::slot;
/// assert_eq!(slot(b"123456789"), 12_739);
/// assert_eq!(slot(b"{CM}:Book:1"), slot(b"{CM}:delete"));
/// ```
pub fn slot(key: &[u8]) -> u16 {
    crc16(tag(key).unwrap_or(key)) % SLOTS
}

fn tag(key: &[u8]) -> Option<&[u8]> {
    let open = key.iter().position(|byte| *byte == b'{')?;
    let rest = &key[open + 1..];
    let close = rest.iter().position(|byte| *byte == b'}').filter(|close| *close > 0)?;
    Some(&rest[..close])
}

/// CRC16 as XMODEM has it: polynomial 0x1021, starting at 0.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc: u16, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

impl Namespace {
    /// Whether every key of the namespace lies in one slot of a cluster, by a hash tag in its prefix. The sets of
    /// `meta` have names of their own, which lie elsewhere.
    pub fn is_in_one_slot(&self) -> bool {
        let Some(_) = tag(self.prefix()) else { return false };
        let home = slot(self.prefix());
        let sets = [self.deleted_sets(), self.progress_sets()].concat();
        sets.iter().all(|set| slot(set) == home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::namespace::Layout;

    #[test]
    fn slots_are_those_of_redis() {
        // As CLUSTER KEYSLOT of 7.0.15 tells them.
        for (key, expected) in
            [("foo", 12_182), ("{user1000}.following", 3443), ("foo{}{bar}", 8363), ("", 0)]
        {
            assert_eq!(slot(key.as_bytes()), expected, "{key}");
        }
    }

    #[test]
    fn a_hash_tag_in_the_prefix_keeps_a_namespace_together() {
        for (prefix, layout, together) in [
            ("{CM}:", Layout::Classic, true),
            ("CM:", Layout::Classic, false),
            ("{}CM:", Layout::Classic, false),
            ("a{b}", Layout::Classic, true),
            ("{CM}:", Layout::Meta, false),
            ("{CM}:", Layout::Both, false),
        ] {
            let ns = Namespace::new(prefix, layout).unwrap();
            assert_eq!(ns.is_in_one_slot(), together, "{prefix} {layout}");
        }
    }
}
