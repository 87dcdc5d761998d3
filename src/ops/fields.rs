//! The fields of hashes, without holding the server for a large one.

use crate::error::Result;
use crate::store::{Pipe, Reply};

/// Hashes with more fields than this are walked with HSCAN.
const SMALL: u64 = 512;
const BATCH: &[u8] = b"100";

/// A question about the fields of one hash, and the answer it waits for.
#[derive(Debug)]
pub(super) enum FieldsOf {
    Size(Vec<u8>),
    All(Vec<u8>),
    Some(Vec<u8>),
    /// With their values.
    Pairs(Vec<u8>),
}

/// What an answer brought.
pub(super) struct FieldsFound {
    pub(super) hash: Vec<u8>,
    pub(super) fields: Vec<Vec<u8>>,
    /// Their values, where they were asked for.
    pub(super) values: Vec<Vec<u8>>,
    /// The question that was queued next, if there is one.
    pub(super) then: Option<FieldsOf>,
}

impl FieldsOf {
    /// Starts with the size.
    pub(super) fn ask(hash: Vec<u8>, pipe: &mut Pipe) -> Self {
        pipe.push("HLEN", &[&hash]);
        Self::Size(hash)
    }

    /// Starts with the first of the values: most hashes are small, and one question is enough for those.
    pub(super) fn ask_with_values(hash: Vec<u8>, pipe: &mut Pipe) -> Self {
        pipe.push("HSCAN", &[&hash, b"0", b"COUNT", BATCH]);
        Self::Pairs(hash)
    }

    /// Takes the answer; a key that is no hash any more has no fields.
    pub(super) fn read(self, reply: Reply, next: &mut Pipe) -> Result<FieldsFound> {
        let none = |hash, then| FieldsFound { hash, fields: Vec::new(), values: Vec::new(), then };
        match self {
            Self::Size(hash) | Self::All(hash) | Self::Some(hash) | Self::Pairs(hash)
                if reply.is_wrong_type() =>
            {
                Ok(none(hash, None))
            }
            Self::Size(hash) => {
                let then = if reply.count()? <= SMALL {
                    next.push("HKEYS", &[&hash]);
                    Self::All(hash.clone())
                } else {
                    next.push("HSCAN", &[&hash, b"0", b"COUNT", BATCH]);
                    Self::Some(hash.clone())
                };
                Ok(none(hash, Some(then)))
            }
            Self::All(hash) => Ok(FieldsFound { fields: reply.strings()?, ..none(hash, None) }),
            Self::Some(hash) => {
                let (pairs, goes_on) = scanned(&hash, reply, next)?;
                let fields = pairs.into_iter().step_by(2).collect();
                let then = goes_on.then(|| Self::Some(hash.clone()));
                Ok(FieldsFound { fields, ..none(hash, then) })
            }
            Self::Pairs(hash) => {
                let (pairs, goes_on) = scanned(&hash, reply, next)?;
                let then = goes_on.then(|| Self::Pairs(hash.clone()));
                let mut found = none(hash, then);
                let mut pairs = pairs.into_iter();
                while let (Some(field), Some(value)) = (pairs.next(), pairs.next()) {
                    found.fields.push(field);
                    found.values.push(value);
                }
                Ok(found)
            }
        }
    }
}

/// Fields and values of a batch, and whether the next was asked for.
fn scanned(hash: &[u8], reply: Reply, next: &mut Pipe) -> Result<(Vec<Vec<u8>>, bool)> {
    let (cursor, pairs) = reply.scan()?;
    let goes_on = cursor != b"0";
    if goes_on {
        next.push("HSCAN", &[hash, &cursor, b"COUNT", BATCH]);
    }
    Ok((pairs.strings()?, goes_on))
}
