//! What a sweep finds, kept: for structures that are known to be small, or that are asked for as a whole.

use crate::error::Result;
use crate::store::{Conn, Control, End, Flow, Source, Sweep};

/// Keeps what a sweep finds, repeats included, and says how it ended.
///
/// # Errors
/// As [`Sweep::run`].
pub(crate) fn collect(conn: &mut Conn, source: Source, control: &mut Control) -> Result<(Vec<Vec<u8>>, End)> {
    let mut found = Vec::new();
    let end = Sweep::new(source).each(conn, control, |items| {
        found.extend(items);
        Ok(Flow::More)
    })?;
    Ok((found, end))
}
