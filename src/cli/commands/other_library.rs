//! Strings of cacheme 0.2 and later, which is another library: said where they explain that nothing is found.

use crate::cli::context::Context;
use cacheme::client::Conn;
use cacheme::ops::{OtherLibrary, find_other_library};
use std::time::Duration;

/// Looking for them under a prefix takes no longer: that is of a listing that was quick.
const PATIENCE_WITHIN: Duration = Duration::from_millis(100);

/// A sentence about those that begin with `prefix`, or of the whole database where it is empty; nothing where none was
/// found, or they may not be looked at.
pub fn told(context: &Context, conn: &mut Conn, prefix: &[u8]) -> Option<String> {
    let patience = if prefix.is_empty() { OtherLibrary::PATIENCE } else { PATIENCE_WITHIN };
    match find_other_library(conn, prefix, OtherLibrary::SAMPLE, &mut context.control(Some(patience), None)) {
        Ok(found) => found.told(conn.target()),
        Err(error) => {
            context.ui.verbose(&format!("could not check for keys of cacheme 0.2 or later: {error}"));
            None
        }
    }
}
