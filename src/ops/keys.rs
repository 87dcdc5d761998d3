//! Listing and dumping logical keys, streamed.

use super::filter::{Filter, Tests};
use super::select::{Found, Place, Read, SharedMarks, Walk};
use super::selector::Selector;
use super::state::{FactFinder, KeyState, Ttl};
use crate::cache::Session;
use crate::client::Control;
use crate::error::Result;
use crate::namespace::LogicalKey;
use std::ops::ControlFlow;

/// Which keys to list, and how much about each.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Which of the keys that are found are meant.
    pub filter: Filter,
    /// No more than this many.
    pub limit: Option<u64>,
    /// How much of each value is read.
    pub read: Read,
    /// What the marks of other keys mean that share a value.
    pub shared: SharedMarks,
    /// With [`SharedMarks::Together`]: keys of three parts that are known to share values. Each is asked for before the first
    /// value, since a mark that is taken and given back meanwhile may be missed by a walk over all.
    pub whole_names: Vec<LogicalKey>,
}

/// One logical key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The key, without the prefix.
    pub key: LogicalKey,
    /// Its state.
    pub state: KeyState,
    /// Whether it is marked, whatever its state.
    pub marked: bool,
    /// Whether its value may be one that was invalidated: a deleted set holds the key (a mark, or what is left of one that
    /// its reader took from the other set, which a later mark of the library's own cannot be told from), or somebody
    /// computes it, who may have taken the mark. The leases of this crate's workers are asked for as well
    /// where [`Query::shared`] asks for other keys.
    pub may_be_stale: bool,
    /// The other keys that share its value (`a>b>c` that of `a>b`) and are marked, or may be: with [`SharedMarks::Together`].
    pub others: Vec<LogicalKey>,
    /// Its timeout, where it has one.
    pub ttl: Option<Ttl>,
    /// Bytes of the stored value, where sizes or values were asked for and one is there.
    pub size: Option<u64>,
    /// The stored bytes, where values were asked for and one is there.
    pub value: Option<Vec<u8>>,
}

/// How a listing went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// Rows handed on.
    pub rows: u64,
    /// Whether everything that was asked for was seen.
    pub complete: bool,
    /// Whether keys of more than two parts may be marked and do not show it: too many are.
    pub missed_marks: bool,
    /// Whether the value of a row has a key of three parts (`a>b>c` shares that of `a>b`) that is marked, or may be, as far as
    /// [`SharedMarks::Told`] asked for it.
    pub cut_marked: bool,
    /// Redis keys of another type than was expected, which were left out.
    pub wrong_type: u64,
    /// The names of those of them that should have been sets.
    pub not_sets: Vec<Vec<u8>>,
    /// The names of the first few that should have been hashes.
    pub not_hashes: Vec<Vec<u8>>,
    /// Whether there were more rows than the window in which repeats are noticed
    /// ([`DedupWindow::WINDOW`](crate::client::DedupWindow::WINDOW)).
    pub may_repeat: bool,
}

/// Lists the keys that selectors mean, each handed to `row` as it is found.
///
/// Without selectors, the states that are asked for say where to look: among the values for live and expired keys;
/// for the others, which are not worth a walk over all values, among the marks, the keys in progress and the indexes.
/// A pattern is answered from the hashes, so a key that the library cuts (`a>b>c`) appears as `a>b`; tags and invalid
/// keys are answered from their sets, with whole names.
///
/// # Errors
/// Connection errors, refusals, bad selectors, and whatever `row` returns.
pub fn list_keys(
    session: &mut Session,
    selectors: Option<&mut dyn Iterator<Item = Result<Selector>>>,
    query: &Query,
    control: &mut Control,
    row: &mut dyn FnMut(KeyRow) -> Result<()>,
) -> Result<Listing> {
    let (conn, ns, clock) = session.parts();
    let mut rows = 0;
    if query.limit == Some(0) {
        return Ok(Listing { complete: true, ..Listing::default() });
    }
    let mut sink = |found: Found| {
        row(KeyRow {
            key: found.key,
            state: found.facts.state(found.has_value),
            marked: found.facts.marked,
            may_be_stale: found.facts.may_be_stale(),
            others: found.others,
            ttl: found.facts.ttl,
            size: found.size,
            value: found.value,
        })?;
        rows += 1;
        Ok(if query.limit.is_some_and(|limit| rows >= limit) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    };
    let tests = Tests::new(&query.filter, ns, conn)?;
    let finder = FactFinder::new(ns, clock, conn);
    let mut walk = Walk::new(ns, finder, query.read, &mut sink);
    walk.shared = query.shared;
    walk.whole_names = &query.whole_names;
    walk.narrow(tests);
    let walked = match selectors {
        Some(selectors) => {
            walk.run(&mut selectors.map(|selector| selector.map(Place::Selected)), conn, control)?
        }
        None => walk.run(&mut places(&query.filter.states).into_iter().map(Ok), conn, control)?,
    };
    let may_repeat = walk.recent.overflowed();
    Ok(Listing {
        rows,
        complete: walked.complete,
        missed_marks: walked.missed_marks,
        cut_marked: walked.cut_marked,
        wrong_type: walked.wrong_type,
        not_sets: walked.not_sets,
        not_hashes: walked.not_hashes,
        may_repeat,
    })
}

/// Where keys of these states are found.
fn places(states: &[KeyState]) -> Vec<Place> {
    let wants = |any: &[KeyState]| any.iter().any(|state| states.contains(state));
    let values = states.is_empty() || wants(&[KeyState::Live, KeyState::Expired]);
    let places = [
        (values, Place::Values),
        (wants(&[KeyState::Missing]) || (wants(&[KeyState::Pending]) && !values), Place::Marked),
        (wants(&[KeyState::Computing]), Place::InProgress),
        (wants(&[KeyState::Missing]), Place::Indexes),
    ];
    places.into_iter().filter_map(|(wanted, place)| wanted.then_some(place)).collect()
}
