//! Invalidation by key, invalid key, tag or pattern: mark or delete, by the rules of the library.
//!
//! A mark makes the next reader recompute while the others keep getting the stale value. Deleting a value is not
//! enough while its key is being computed: the worker would store what it computed from old data. So whatever is
//! deleted is first looked up among the keys in progress, and marked when it is there. In that order: a worker that
//! left progress before the look had stored its value before the deletion; one that came later computed from new data.

mod common;
mod filtered;
mod hashes;
mod members;
mod raw;
mod run;

pub use filtered::invalidate_filtered;
pub use raw::{Reach, invalidate_raw, survey_raw};

use super::inner::exclude_inner;
use super::select::NAMED_AT_ONCE;
use super::selector::IndexKind;
use super::selector::Selector;
use crate::cache::{Mode, Rehearsal, Session};
use crate::client::{Conn, Control, DedupWindow, End, Source};
use crate::error::Result;
use crate::namespace::Namespace;
use run::{How, Run};
use std::cell::OnceCell;

/// No command names more keys than this.
const CHUNK: usize = 100;

/// So many selectors are gathered where values are deleted: all indexes are walked for those that are being computed.
const DELETED_AT_ONCE: usize = 10_000;

/// What to do with what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Mark as pending invalidation.
    Mark,
    /// Delete the value.
    Delete,
}

/// How to invalidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invalidation {
    /// For all selectors; otherwise keys, tags and invalid keys are marked and patterns delete, as in the library.
    pub action: Option<Action>,
    /// Whether to write.
    pub mode: Mode,
    /// Whether keys, tags and invalid keys are this namespace's whatever their names look like: whoever writes the keys
    /// knows. Otherwise those are left alone that belong to a namespace inside this one.
    pub trusts_names: bool,
}

/// What an invalidation did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InvalidationReport {
    /// Keys that were meant: members of sets, values under patterns, named keys that are cached or being computed. Each counts
    /// once, however many selectors mean it, as long as there are no more than 500,000 others in between.
    pub matched: u64,
    /// Keys that were not marked before and are now.
    pub marked: u64,
    /// Values that were deleted. For a raw pattern: Redis keys.
    pub deleted: u64,
    /// Redis keys of another type than was expected, which were left alone.
    pub wrong_type: u64,
    /// The names of those of them that should have been sets.
    pub not_sets: Vec<Vec<u8>>,
    /// The names of the first few that should have been hashes.
    pub not_hashes: Vec<Vec<u8>>,
    /// Prefixes of namespaces inside this one that something belongs to which was left alone: under a pattern; or named, or
    /// held by a tag or an invalid key that was named, and then not everything was reached.
    pub inner: Vec<Vec<u8>>,
    /// Whether a signal or the time budget ended it before everything was reached.
    pub stopped: bool,
    /// Whether several selectors asked for states, and what was written for some of more than 100,000 keys may have changed what
    /// was asked for others: run once for each selector, they are sure to reach everything.
    pub changed_states: bool,
    /// Whether everything that was asked for was reached, is counted here, and is where a failover does not undo it as
    /// far as replicas were waited for.
    pub complete: bool,
    /// How many replicas confirmed that they have it, in a cluster of the primary with the fewest that has any; none where
    /// there are none, or none was waited for.
    pub replicated: Option<u64>,
    /// What a dry run would have done so far: what is done next finds the rest.
    pub(crate) rehearsal: Box<Rehearsal>,
}

impl InvalidationReport {
    /// Whether anything was changed, or would be.
    pub fn changes(&self) -> bool {
        self.marked + self.deleted > 0
    }
}

/// Invalidates what the selectors mean. The report is kept up to date, so that after an error it tells what was done.
///
/// Namespaces inside this one (`CM:X:` in `CM:`) are left alone. For a pattern they are looked for in a walk; keys, tags,
/// invalid keys and their members are looked up by their names, unless these are trusted. [`Namespace::with_inner`] saves
/// both: it tells which there are, or that all is meant.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
/// use cacheme::namespace::{Layout, Namespace};
/// use cacheme::ops::{Invalidation, InvalidationReport, Selector, invalidate};
/// use cacheme::cache::{Mode, Session};
/// use cacheme::client::{Conn, Control, Target, Timeouts};
///
/// # fn main() -> cacheme::Result<()> {
/// # let redis = Redis::start();
/// let target = Target::parse("redis://127.0.0.1:6379/0")?;
/// # let target = Target::parse(&redis.url())?;
/// let conn = Conn::open(&target, Timeouts::default())?;
/// # let mut other = conn.open_another()?;
/// # other.one(cacheme::client::Command::write("SADD"), &[b"CM:get_owner", b"CM:Book:100>owner"])?.ok()?;
/// # other.one(cacheme::client::Command::write("HSET"), &[b"CM:Book:100", b"owner", b"value"])?.ok()?;
/// let prefix = Namespace::new("CM:", Layout::Both).expect("no '>' in it");
/// let mut session = Session::open(conn, &prefix, None, 0)?;
/// let mut selectors = [Ok(Selector::Tag(b"get_owner".to_vec()))].into_iter();
/// let how = Invalidation { action: None, mode: Mode::Apply, trusts_names: false };
/// let mut report = InvalidationReport::default();
/// invalidate(&mut session, &mut selectors, how, &mut Control::default(), &mut report)?;
/// println!("marked {}", report.marked);
/// # assert_eq!(report.marked, 1);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Connection errors, refusals, bad selectors.
pub fn invalidate(
    session: &mut Session,
    selectors: &mut dyn Iterator<Item = Result<Selector>>,
    how: Invalidation,
    control: &mut Control,
    report: &mut InvalidationReport,
) -> Result<()> {
    invalidate_over(&mut session.conn, &session.ns, selectors, how, control, report)
}

/// The same over a connection of a pool.
pub(crate) fn invalidate_over(
    conn: &mut Conn,
    ns: &Namespace,
    selectors: &mut dyn Iterator<Item = Result<Selector>>,
    how: Invalidation,
    control: &mut Control,
    report: &mut InvalidationReport,
) -> Result<()> {
    let began = conn.begin(how.mode.replicas(control))?;
    let apart = OnceCell::new();
    let mut run = Run::new(ns, how.mode, report, conn, control);
    if how.trusts_names {
        run.apart.trust();
    }
    let mut recent = DedupWindow::default();
    let (mut named, mut sets) = (Vec::new(), Vec::new());
    let mut selectors = selectors.peekable();
    let mut first = true;
    while let Some(selector) = selectors.next() {
        let selector = selector?;
        let is_first = std::mem::take(&mut first);
        if selectors.peek().is_some() {
            run.expect_several();
        }
        // A budget that is over has room for one batch: the walk itself knows.
        if !is_first && control.stopped() {
            run.ended(End::Stopped);
            break;
        }
        let action = how.action.unwrap_or(match selector {
            Selector::Pattern(_) => Action::Delete,
            _ => Action::Mark,
        });
        let index = match selector {
            Selector::Key(key) => {
                named.push(ns.member(&key));
                None
            }
            Selector::Tag(name) => Some((IndexKind::Tag.set(ns, &name)?, Some(name))),
            Selector::InvalidKey(name) => Some((IndexKind::InvalidKey.set(ns, &name)?, None)),
            Selector::Pattern(glob) => {
                if !run.ns.knows_inner() {
                    let found = exclude_inner(conn, ns, control)?;
                    run.ns = apart.get_or_init(|| found);
                }
                match action {
                    Action::Delete => run.delete_matching(&glob, conn, control)?,
                    Action::Mark => run.mark_matching(&glob, conn, control, &mut recent)?,
                }
                None
            }
        };
        if let Some((set, tag)) = index
            && !run.is_apart(&set, conn)?
        {
            match action {
                Action::Delete => sets.push(set),
                Action::Mark => {
                    let how = How { tag, ..How::new(action) };
                    run.members(Source::set(set), how, None, conn, control, &mut recent)?;
                }
            }
        }
        let enough = if how.action == Some(Action::Delete) { DELETED_AT_ONCE } else { NAMED_AT_ONCE };
        if named.len() + sets.len() >= enough {
            let (sets, named) = (std::mem::take(&mut sets), std::mem::take(&mut named));
            run.take(sets, named, how.action, conn, control, &mut recent)?;
        }
    }
    run.take(sets, named, how.action, conn, control, &mut recent)?;
    run.report.rehearsal = Box::new(run.rehearsal);
    let ended = conn.end(&began);
    report.complete &= ended.is_sure();
    report.replicated = ended.replicated;
    Ok(())
}
