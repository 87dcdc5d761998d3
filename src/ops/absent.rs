//! Names that were given and are not there, and the names that are there instead.

use super::select::NAMED_AT_ONCE;
use super::selector::IndexKind;
use super::selector::Selector;
use super::{Query, list_indexes, list_keys};
use crate::cache::Session;
use crate::client::command;
use crate::client::{Control, End, Pipe, Replies, Source, Sweep};
use crate::error::Result;
use crate::namespace::LogicalKey;
use crate::namespace::glob::escape;
use std::ops::ControlFlow;

/// No more keys than this are looked through for one that is like another, of each half of a name.
const KEYS: u64 = 1_000;

/// Which of the keys, tags and invalid keys are not there: no value and no computation, or no set, or it belongs to a
/// namespace inside this one. Patterns are never among them.
///
/// # Errors
/// Connection errors and refusals.
pub fn find_absent(session: &mut Session, selectors: &[Selector]) -> Result<Vec<Selector>> {
    let (conn, ns, _) = session.parts();
    let progress = ns.progress_sets();
    let mut absent = Vec::new();
    for selectors in selectors.chunks(NAMED_AT_ONCE) {
        let mut pipe = Pipe::new();
        let is_inner = |it: &Selector| it.name_in(ns).is_some_and(|name| ns.is_inner(&name));
        let (inner, own): (Vec<_>, Vec<_>) = selectors.iter().partition(|it| is_inner(it));
        absent.extend(inner.into_iter().cloned());
        for selector in &own {
            match selector {
                Selector::Key(key) => {
                    pipe.push(command::HEXISTS, &[&ns.values(key.base()), key.field()]);
                    let member = ns.member(key);
                    progress.iter().for_each(|set| pipe.push(command::SISMEMBER, &[set, &member]));
                }
                Selector::Tag(name) => {
                    pipe.push(command::SSCAN, &[&IndexKind::Tag.set(ns, name)?, b"0", b"COUNT", b"1"]);
                }
                Selector::InvalidKey(name) => {
                    pipe.push(command::SSCAN, &[&IndexKind::InvalidKey.set(ns, name)?, b"0", b"COUNT", b"1"]);
                }
                Selector::Pattern(_) => {}
            }
        }
        let mut replies = conn.run(&pipe)?;
        for selector in own {
            if !is_there(selector, progress.len(), &mut replies)? {
                absent.push(selector.clone());
            }
        }
    }
    Ok(absent)
}

/// The sets of those tags and invalid keys that are of another type. Who may not ask for a set is told nothing of it.
///
/// # Errors
/// Connection errors.
pub fn find_not_sets(session: &mut Session, selectors: &[Selector]) -> Result<Vec<Vec<u8>>> {
    let (conn, ns, _) = session.parts();
    let mut not_sets = Vec::new();
    for selectors in selectors.chunks(NAMED_AT_ONCE) {
        let sets = selectors.iter().filter_map(|selector| match selector {
            Selector::Tag(name) => Some(IndexKind::Tag.set(ns, name)),
            Selector::InvalidKey(name) => Some(IndexKind::InvalidKey.set(ns, name)),
            Selector::Key(_) | Selector::Pattern(_) => None,
        });
        let sets = sets.collect::<Result<Vec<_>>>()?;
        let mut pipe = Pipe::new();
        sets.iter().for_each(|set| pipe.push(command::SSCAN, &[set, b"0", b"COUNT", b"1"]));
        let mut replies = conn.run(&pipe)?;
        for set in sets {
            if replies.one()?.is_wrong_type() && !not_sets.contains(&set) {
                not_sets.push(set);
            }
        }
    }
    Ok(not_sets)
}

/// What is of another type is there: whoever acts on it says so.
fn is_there(selector: &Selector, sets: usize, replies: &mut Replies) -> Result<bool> {
    match selector {
        Selector::Key(_) => {
            let mut there = false;
            for _ in 0..=sets {
                let reply = replies.one()?;
                there |= reply.is_wrong_type() || reply.int()? > 0;
            }
            Ok(there)
        }
        Selector::Tag(_) | Selector::InvalidKey(_) => {
            let reply = replies.one()?;
            if reply.is_wrong_type() {
                return Ok(true);
            }
            let (cursor, members) = reply.scan()?;
            Ok(cursor != b"0" || !members.list()?.is_empty())
        }
        Selector::Pattern(_) => Ok(true),
    }
}

/// The keys that are stored under a key's base, where they are no more than `most`; none where nothing is.
///
/// # Errors
/// Connection errors and refusals.
pub fn stored_under(session: &mut Session, key: &LogicalKey, most: usize) -> Result<Vec<LogicalKey>> {
    let (conn, ns, _) = session.parts();
    let hash = ns.values(key.base());
    let length = conn.one(command::HLEN, &[&hash])?;
    if length.is_wrong_type() || length.count()? > most as u64 {
        return Ok(Vec::new());
    }
    let fields = conn.one(command::HKEYS, &[&hash])?;
    if fields.is_wrong_type() {
        return Ok(Vec::new());
    }
    Ok(fields.strings()?.iter().map(|field| LogicalKey::at(key.base(), field)).collect())
}

/// Names of the kind of `absent` that may be like it, each handed to `found`: all there are, of keys those that begin or
/// end like it. The deadline in `control` ends it.
///
/// # Errors
/// Connection errors and refusals.
pub fn names_like(
    session: &mut Session,
    absent: &Selector,
    control: &mut Control,
    found: &mut dyn FnMut(&[u8]),
) -> Result<()> {
    let kind = match absent {
        Selector::Key(key) => return keys_like(session, key, control, found),
        Selector::Tag(_) => IndexKind::Tag,
        Selector::InvalidKey(_) => IndexKind::InvalidKey,
        Selector::Pattern(_) => return Ok(()),
    };
    list_indexes(session, kind, false, control, &mut |row| {
        found(&row.name);
        Ok(())
    })?;
    Ok(())
}

/// One mistake leaves one half of a name as it was, so that the server itself can find it.
fn keys_like(
    session: &mut Session,
    key: &LogicalKey,
    control: &mut Control,
    found: &mut dyn FnMut(&[u8]),
) -> Result<()> {
    let (first, last) = key.base().split_at(key.base().len() / 2);
    for glob in [[&escape(first)[..], b"*"].concat(), [&b"*"[..], &escape(last)].concat()] {
        let mut selectors = std::iter::once(Selector::pattern(&glob));
        let query = Query { limit: Some(KEYS), ..Query::default() };
        list_keys(session, Some(&mut selectors), &query, control, &mut |row| {
            found(row.key.as_bytes());
            Ok(())
        })?;
    }
    Ok(())
}

/// Whether any key stands under the prefix; `None` where that was not found out before the deadline in `control`.
///
/// # Errors
/// Connection errors and refusals.
pub fn holds_anything(session: &mut Session, control: &mut Control) -> Result<Option<bool>> {
    let (conn, ns, _) = session.parts();
    let source = Source::Keyspace { pattern: ns.all_pattern(), kind: None };
    let mut any = false;
    let end = Sweep::new(source).each(conn, control, |items| {
        any |= !items.is_empty();
        Ok(if any { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok((any || end == End::Done).then_some(any))
}
