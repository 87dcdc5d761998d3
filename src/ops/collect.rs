//! What a sweep finds, kept: for structures that are known to be small, or that are asked for as a whole.

use crate::client::{Conn, Control, End, Source, Sweep};
use crate::error::Result;
use std::ops::ControlFlow;

/// Keeps what a sweep finds, repeats included, and says how it ended.
///
/// # Errors
/// As [`Sweep::run`].
pub(crate) fn collect(conn: &mut Conn, source: Source, control: &mut Control) -> Result<(Vec<Vec<u8>>, End)> {
    let mut found = Vec::new();
    let end = Sweep::new(source).each(conn, control, |items| {
        found.extend(items);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((found, end))
}
