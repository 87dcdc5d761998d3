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
}

/// What an answer brought.
pub(super) struct FieldsFound {
    pub(super) hash: Vec<u8>,
    pub(super) fields: Vec<Vec<u8>>,
    /// The question that was queued next, if there is one.
    pub(super) then: Option<FieldsOf>,
}

impl FieldsOf {
    /// Starts with the size.
    pub(super) fn ask(hash: Vec<u8>, pipe: &mut Pipe) -> Self {
        pipe.push("HLEN", &[&hash]);
        Self::Size(hash)
    }

    /// Takes the answer; a key that is no hash any more has no fields.
    pub(super) fn read(self, reply: Reply, next: &mut Pipe) -> Result<FieldsFound> {
        if reply.is_wrong_type() {
            let (Self::Size(hash) | Self::All(hash) | Self::Some(hash)) = self;
            return Ok(FieldsFound { hash, fields: Vec::new(), then: None });
        }
        match self {
            Self::Size(hash) => {
                let then = if reply.count()? <= SMALL {
                    next.push("HKEYS", &[&hash]);
                    Self::All(hash.clone())
                } else {
                    next.push("HSCAN", &[&hash, b"0", b"COUNT", BATCH]);
                    Self::Some(hash.clone())
                };
                Ok(FieldsFound { hash, fields: Vec::new(), then: Some(then) })
            }
            Self::All(hash) => Ok(FieldsFound { hash, fields: reply.strings()?, then: None }),
            Self::Some(hash) => {
                let (cursor, pairs) = reply.scan()?;
                let fields = pairs.strings()?.into_iter().step_by(2).collect();
                let then = (cursor != b"0").then(|| {
                    next.push("HSCAN", &[&hash, &cursor, b"COUNT", BATCH]);
                    Self::Some(hash.clone())
                });
                Ok(FieldsFound { hash, fields, then })
            }
        }
    }
}
