//! The fields of hashes, without holding the server for a large one.

use crate::error::Result;
use crate::store::{Limit, Pipe, Reply};

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
    /// Whether there are more, and work had to end.
    pub(super) cut_short: bool,
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
    pub(super) fn read(self, reply: Reply, limit: &Limit, next: &mut Pipe) -> Result<FieldsFound> {
        let none = |hash, then| {
            let (fields, values) = (Vec::new(), Vec::new());
            FieldsFound { hash, fields, values, then, cut_short: false }
        };
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
                let (pairs, on) = scanned(&hash, reply, limit, next)?;
                let fields = pairs.into_iter().step_by(2).collect();
                let then = (on == On::More).then(|| Self::Some(hash.clone()));
                Ok(FieldsFound { fields, cut_short: on == On::CutShort, ..none(hash, then) })
            }
            Self::Pairs(hash) => {
                let (pairs, on) = scanned(&hash, reply, limit, next)?;
                let then = (on == On::More).then(|| Self::Pairs(hash.clone()));
                let mut found = FieldsFound { cut_short: on == On::CutShort, ..none(hash, then) };
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

/// What comes behind a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    More,
    End,
    CutShort,
}

/// Fields and values of a batch, and whether the next was asked for.
fn scanned(hash: &[u8], reply: Reply, limit: &Limit, next: &mut Pipe) -> Result<(Vec<Vec<u8>>, On)> {
    let (cursor, pairs) = reply.scan()?;
    let on = match () {
        () if cursor == b"0" => On::End,
        () if limit.stopped() => On::CutShort,
        () => On::More,
    };
    if on == On::More {
        next.push("HSCAN", &[hash, &cursor, b"COUNT", BATCH]);
    }
    Ok((pairs.strings()?, on))
}
