//! Keys of cacheme 0.2 and later, which is another library: under the prefix where it holds foreign keys, or anywhere.

use super::survey::Survey;
use crate::client::command;
use crate::client::{Conn, Control};
use crate::error::Result;
use crate::namespace::Namespace;
use crate::ops::{OtherLibrary, find_other_library};
use std::time::Instant;

#[derive(Debug, Default)]
pub(super) struct OtherLibraryKeys {
    pub(super) found: OtherLibrary,
    /// Whatever is foreign under the prefix is theirs, by the sample.
    pub(super) is_all_foreign: bool,
}

pub(super) fn look(
    conn: &mut Conn,
    ns: &Namespace,
    survey: &Survey,
    control: &Control,
) -> Result<OtherLibraryKeys> {
    let mut find = |prefix: &[u8]| {
        let until = Instant::now() + OtherLibrary::PATIENCE;
        let deadline = Some(control.deadline.map_or(until, |deadline| deadline.min(until)));
        let mut control = Control { deadline, ..control.untimed() };
        match find_other_library(conn, prefix, OtherLibrary::SAMPLE, &mut control) {
            Err(error) if error.code().is_some() => {
                let meaning = "keys of cacheme 0.2 or later were not looked for";
                conn.do_without_unsaid(command::GETRANGE.name(), meaning);
                Ok(OtherLibrary::default())
            }
            found => found,
        }
    };
    if survey.foreign_strings > 0 {
        let found = find(ns.prefix())?;
        if found.keys() > 0 {
            let only_strings = survey.foreign_strings == survey.foreign.count;
            let is_all_foreign = only_strings && found.keys() == found.looked;
            return Ok(OtherLibraryKeys { found, is_all_foreign });
        }
    }
    Ok(OtherLibraryKeys { found: find(b"")?, is_all_foreign: false })
}
