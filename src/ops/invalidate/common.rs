//! Field names that the hashes under a pattern have in common.
//!
//! A namespace has few functions, so its bases share a few field names. Removing fields by name costs the server
//! half as much as a script that counts and removes whole hashes, and leaves alone what is no hash just as well.

/// What the field names of most hashes are.
#[derive(Debug, Default)]
pub(super) struct CommonFields(Vec<Vec<u8>>);

impl CommonFields {
    /// Names that miss cost little, but not nothing.
    const MOST: usize = 4;

    pub(super) fn names(&self) -> &[Vec<u8>] {
        &self.0
    }

    pub(super) fn has_room(&self) -> bool {
        self.0.len() < Self::MOST
    }

    /// Takes over the names of a hash.
    pub(super) fn learn(&mut self, names: impl Iterator<Item = Vec<u8>>) {
        for name in names {
            if self.has_room() && !self.0.contains(&name) {
                self.0.push(name);
            }
        }
    }

    /// Forgets names that emptied less than half of the hashes they were tried on.
    pub(super) fn forget_unless_they_help(&mut self, hashes: usize, values: u64) {
        if values * 2 < hashes as u64 {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_while_they_help() {
        let mut common = CommonFields::default();
        common.learn([b"owner".to_vec(), b"owner".to_vec(), b"base".to_vec()].into_iter());
        assert_eq!(common.names(), [b"owner".to_vec(), b"base".to_vec()]);
        common.forget_unless_they_help(100, 50);
        assert_eq!(common.names().len(), 2);
        common.forget_unless_they_help(100, 49);
        assert!(common.names().is_empty() && common.has_room());
    }
}
