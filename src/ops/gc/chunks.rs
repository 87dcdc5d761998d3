//! Entries gathered until a script is worth sending.

use crate::cache::Group;

/// No script judges more entries than this: some 150 µs on the server, with what else travels in the same round trip
/// less than what `gentle` allows itself.
pub(super) const CHUNK: usize = 30;

/// Entries of whatever keys that wait to be judged together.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    groups: Vec<Group>,
    members: usize,
}

impl Chunk {
    /// Adds members of one key, and hands on every chunk that is full.
    pub(super) fn add(&mut self, key: &[u8], members: Vec<Vec<u8>>, full: &mut dyn FnMut(Vec<Group>)) {
        let mut members = members.into_iter().peekable();
        while members.peek().is_some() {
            let taken: Vec<_> = members.by_ref().take(CHUNK - self.members).collect();
            self.members += taken.len();
            match self.groups.last_mut().filter(|group| group.key == key) {
                Some(group) => group.members.extend(taken),
                None => self.groups.push(Group { key: key.to_vec(), members: taken }),
            }
            if self.members == CHUNK {
                full(self.take());
            }
        }
    }

    /// What is gathered so far.
    pub(super) fn take(&mut self) -> Vec<Group> {
        self.members = 0;
        std::mem::take(&mut self.groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_member_leaves_once_under_its_key(sizes in proptest::collection::vec((0..3_u8, 0..250_usize), 0..12)) {
            let (mut chunk, mut sent, mut expected) = (Chunk::default(), Vec::new(), Vec::new());
            for (n, (key, size)) in sizes.into_iter().enumerate() {
                let members: Vec<_> = (0..size).map(|m| format!("{n} {m}").into_bytes()).collect();
                expected.extend(members.iter().map(|member| (vec![key], member.clone())));
                chunk.add(&[key], members, &mut |groups| sent.push(groups));
            }
            prop_assert!(sent.iter().all(|groups| groups.iter().map(|it| it.members.len()).sum::<usize>() == CHUNK));
            sent.push(chunk.take());
            let left = sent.into_iter().flatten();
            let left = left.flat_map(|group| group.members.into_iter().map(move |m| (group.key.clone(), m)));
            prop_assert_eq!(left.collect::<Vec<_>>(), expected);
        }
    }
}
