//! A row of a dump as it is compared, and how it is held until then: without the JSON, which takes longer to read a second
//! time than all the rest.

use cacheme::namespace::LogicalKey;
use cacheme::ops::{DumpedKey, KeyState, TruncatedKey};

/// A key with its value, and the state it had when it was read.
pub struct Row {
    pub key: DumpedKey,
    pub state: KeyState,
}

impl Row {
    /// A row by the name of its value: a dump of some keys has `a>b>c` where others have `a>b`, with the same keys that share it.
    pub fn of_value(mut key: DumpedKey, state: KeyState) -> Self {
        let value_name = LogicalKey::new(key.key.clone()).of_value();
        if value_name.as_bytes() != key.key {
            let whole = std::mem::replace(&mut key.key, value_name.as_bytes().to_vec());
            let own = key.cut_keys.iter().position(|cut| cut.key == key.key);
            let own = own.map(|at| key.cut_keys.swap_remove(at)).unwrap_or_default();
            key.cut_keys.push(TruncatedKey {
                key: whole,
                tags: std::mem::replace(&mut key.tags, own.tags),
                invalid_keys: std::mem::replace(&mut key.invalid_keys, own.invalid_keys),
            });
        }
        Self { key, state }
    }

    /// As bytes; [`Row::unpack`] reads them.
    pub fn pack(&self) -> Vec<u8> {
        let DumpedKey { key, value, expires_at, tags, invalid_keys, marked, cut_keys, .. } = &self.key;
        let mut bytes = Vec::with_capacity(key.len() + value.len() + 64);
        put(&mut bytes, key);
        put(&mut bytes, value);
        put(&mut bytes, &expires_at.map_or_else(Vec::new, |at| at.to_le_bytes().to_vec()));
        put(&mut bytes, self.state.as_str().as_bytes());
        bytes.push(u8::from(*marked));
        put_all(&mut bytes, tags);
        put_all(&mut bytes, invalid_keys);
        put_length(&mut bytes, cut_keys.len());
        for cut in cut_keys {
            put(&mut bytes, &cut.key);
            put_all(&mut bytes, &cut.tags);
            put_all(&mut bytes, &cut.invalid_keys);
        }
        bytes
    }

    /// The row of these bytes; none where they are cut.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut left = Unread(bytes);
        let mut key = DumpedKey {
            line: 0,
            key: left.bytes()?,
            value: left.bytes()?,
            expires_at: None,
            tags: Vec::new(),
            invalid_keys: Vec::new(),
            marked: false,
            cut_keys: Vec::new(),
            // Nobody compares how a value is wrapped: its bytes say it.
            compressed: false,
        };
        key.expires_at = left.bytes()?.try_into().ok().map(i64::from_le_bytes);
        let state = std::str::from_utf8(&left.bytes()?).ok()?.parse().ok()?;
        key.marked = left.take(1)? == [1];
        key.tags = left.all()?;
        key.invalid_keys = left.all()?;
        for _ in 0..left.length()? {
            let cut = TruncatedKey { key: left.bytes()?, tags: left.all()?, invalid_keys: left.all()? };
            key.cut_keys.push(cut);
        }
        Some(Self { key, state })
    }
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u64).to_le_bytes());
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    put_length(bytes, part.len());
    bytes.extend(part);
}

fn put_all(bytes: &mut Vec<u8>, parts: &[Vec<u8>]) {
    put_length(bytes, parts.len());
    parts.iter().for_each(|part| put(bytes, part));
}

/// What is left to be read.
struct Unread<'b>(&'b [u8]);

impl<'b> Unread<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        Some(taken)
    }

    fn length(&mut self) -> Option<usize> {
        let length = self.take(8)?.try_into().ok().map(u64::from_le_bytes)?;
        usize::try_from(length).ok()
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = self.length()?;
        self.take(length).map(<[u8]>::to_vec)
    }

    fn all(&mut self) -> Option<Vec<Vec<u8>>> {
        (0..self.length()?).map(|_| self.bytes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked_and_nothing_cut_is() {
        let names = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        let cut = TruncatedKey { key: b"a>b>c".to_vec(), tags: names(&["t"]), invalid_keys: names(&[]) };
        let key = DumpedKey {
            line: 0,
            key: b"a>b".to_vec(),
            value: b"\x00\xff".to_vec(),
            expires_at: Some(-5),
            tags: names(&["one", ""]),
            invalid_keys: names(&["User:1"]),
            marked: true,
            cut_keys: vec![cut],
            compressed: false,
        };
        for key in [DumpedKey { expires_at: None, ..key.clone() }, key] {
            let packed = Row { key: key.clone(), state: KeyState::Computing }.pack();
            let row = Row::unpack(&packed).unwrap();
            assert_eq!((row.key, row.state), (key, KeyState::Computing));
            assert!((0..packed.len()).all(|end| Row::unpack(&packed[..end]).is_none()));
        }
    }
}
