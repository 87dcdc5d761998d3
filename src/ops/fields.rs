//! The fields of hashes, without holding the server for a large one.

use crate::client::command;
use crate::client::{CancelToken, Pipe, Queue, Reply};
use crate::error::Result;

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
    /// Whether there are more, and work had to end.
    pub(super) cut_short: bool,
}

impl FieldsOf {
    /// Starts with the size.
    pub(super) fn ask(hash: Vec<u8>, pipe: &mut Pipe) -> Self {
        pipe.push(command::HLEN, &[&hash]);
        Self::Size(hash)
    }

    /// Starts with the first of the values: most hashes are small, and one question is enough for those.
    pub(super) fn ask_with_values(hash: Vec<u8>, pipe: &mut Pipe) -> Self {
        pipe.push(command::HSCAN, &[&hash, b"0", b"COUNT", BATCH]);
        Self::Pairs(hash)
    }

    /// Takes the answer, and asks on where there is more; a key that is no hash any more has no fields.
    pub(super) fn read<Q>(
        self,
        reply: Reply,
        limit: &CancelToken,
        next: &mut Queue<Q>,
        question: impl FnOnce(Self) -> Q,
    ) -> Result<FieldsFound> {
        let none = |hash| {
            let (fields, values) = (Vec::new(), Vec::new());
            FieldsFound { hash, fields, values, cut_short: false }
        };
        match self {
            Self::Size(hash) | Self::All(hash) | Self::Some(hash) | Self::Pairs(hash)
                if reply.is_wrong_type() =>
            {
                Ok(none(hash))
            }
            Self::Size(hash) => {
                let is_small = reply.count()? <= SMALL;
                next.ask(|pipe| {
                    question(if is_small {
                        pipe.push(command::HKEYS, &[&hash]);
                        Self::All(hash)
                    } else {
                        pipe.push(command::HSCAN, &[&hash, b"0", b"COUNT", BATCH]);
                        Self::Some(hash)
                    })
                });
                // No fields yet: whose they would be, the next answer tells.
                Ok(none(Vec::new()))
            }
            Self::All(hash) => Ok(FieldsFound { fields: reply.strings()?, ..none(hash) }),
            Self::Some(hash) => {
                let (pairs, cut_short) =
                    scanned(&hash, reply, limit, next, || question(Self::Some(hash.clone())))?;
                let fields = pairs.into_iter().step_by(2).collect();
                Ok(FieldsFound { fields, cut_short, ..none(hash) })
            }
            Self::Pairs(hash) => {
                let (pairs, cut_short) =
                    scanned(&hash, reply, limit, next, || question(Self::Pairs(hash.clone())))?;
                let mut found = FieldsFound { cut_short, ..none(hash) };
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

/// Fields and values of a batch, and whether more are left because work had to end; otherwise those are asked for.
fn scanned<Q>(
    hash: &[u8],
    reply: Reply,
    limit: &CancelToken,
    next: &mut Queue<Q>,
    question: impl FnOnce() -> Q,
) -> Result<(Vec<Vec<u8>>, bool)> {
    let (cursor, pairs) = reply.scan()?;
    let is_more = cursor != b"0";
    let cut_short = is_more && limit.stopped();
    if is_more && !cut_short {
        next.ask(|pipe| {
            pipe.push(command::HSCAN, &[hash, &cursor, b"COUNT", BATCH]);
            question()
        });
    }
    Ok((pairs.strings()?, cut_short))
}
