//! Bookkeeping that is of another type than who works with it expects: each of their commands on it fails.

use crate::cache::last_hours;
use crate::client::command;
use crate::client::{Conn, Pipe};
use crate::error::Result;
use crate::namespace::{Layout, Namespace};

/// A key of another type.
#[derive(Debug)]
pub(super) struct Odd {
    pub(super) key: Vec<u8>,
    pub(super) kind: String,
    pub(super) wanted: &'static str,
}

/// Keys of another type than they should be.
#[derive(Debug, Default)]
pub(super) struct Types {
    /// The sets of either generation of the library.
    pub(super) library: Vec<Odd>,
    /// Keys of this crate's own.
    pub(super) ours: Vec<Odd>,
    /// What stands where the lock does and goes by itself never.
    pub(super) lock: Option<Odd>,
}

pub(super) fn read(conn: &mut Conn, ns: &Namespace) -> Result<Types> {
    let both = ns.with_layout(Layout::Both);
    let library: Vec<_> =
        [both.deleted_sets(), both.progress_sets()].concat().into_iter().map(|key| (key, "set")).collect();
    let hours = last_hours(24).map(|hour| (ns.stats_hour(hour), "hash"));
    let ours: Vec<_> = ns.own_keys().chain(hours).collect();
    let lock = ns.lock();
    let mut pipe = Pipe::new();
    library.iter().chain(&ours).for_each(|(key, _)| pipe.push(command::TYPE, &[key]));
    pipe.push(command::TYPE, &[&lock]);
    pipe.push(command::PTTL, &[&lock]);
    let mut replies = conn.run(&pipe)?;
    let mut odd = |keys: Vec<(Vec<u8>, &'static str)>| -> Result<Vec<Odd>> {
        let mut found = Vec::new();
        for (key, wanted) in keys {
            let kind = String::from_utf8_lossy(&replies.one()?.bytes()?.unwrap_or_default()).into_owned();
            if kind != wanted && kind != "none" {
                found.push(Odd { key, kind, wanted });
            }
        }
        Ok(found)
    };
    let (library, ours) = (odd(library)?, odd(ours)?);
    let lock = odd(vec![(lock.clone(), "string")])?.pop();
    let stays = replies.one()?.int().is_ok_and(|left| left == crate::cache::NEVER);
    let lock = lock.or_else(|| {
        stays.then(|| Odd { key: ns.lock(), kind: "string".to_owned(), wanted: "string that expires" })
    });
    Ok(Types { library, ours, lock })
}
