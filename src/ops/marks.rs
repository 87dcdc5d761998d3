//! Marks: the next reader of such a key recomputes it.

use crate::client::command;
use crate::client::{Conn, Control, DedupWindow, End, Pipe, Queue, Replies, Reply, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::{Layout, Mark, Namespace};

/// Asks whether members are marked.
#[derive(Debug, Clone)]
pub(super) struct MarkFinder {
    deleted: Vec<Vec<u8>>,
    record: Option<Vec<u8>>,
    many: bool,
}

impl MarkFinder {
    /// Asks for many at once where the server can, as listings do.
    pub(super) fn new(ns: &Namespace, conn: &Conn) -> Self {
        Self { many: conn.at_least(6, 2), ..Self::one_by_one(ns) }
    }

    /// Asks with SISMEMBER alone: who runs gc or doctor may have no right to the other.
    pub(super) fn one_by_one(ns: &Namespace) -> Self {
        let record = (ns.layout() == Layout::Both).then(|| ns.both_marked());
        Self { deleted: ns.deleted_sets(), record, many: false }
    }

    pub(super) fn queue(&self, members: &[&[u8]], pipe: &mut Pipe) {
        let sets = self.deleted.iter().chain(&self.record);
        sets.for_each(|set| ask_members(self.many, set, members, pipe));
    }

    /// Reads as many marks as were asked about. `not_sets` gets the names of sets that are of another type.
    pub(super) fn read(
        &self,
        members: usize,
        replies: &mut Replies,
        not_sets: &mut Vec<Vec<u8>>,
    ) -> Result<Vec<Mark>> {
        let mut marks = vec![Mark::default(); members];
        for n in 0..self.deleted.len() {
            let held = read_members(self.many, members, replies, not_sets)?;
            marks.iter_mut().zip(held).for_each(|(mark, held)| mark.is_in[n] = held);
        }
        if self.record.is_some() {
            let held = read_members(self.many, members, replies, not_sets)?;
            marks.iter_mut().zip(held).for_each(|(mark, held)| mark.recorded = held);
        }
        Ok(marks)
    }
}

/// Asks which members a set holds, in one command where the server knows it.
pub(super) fn ask_members(many: bool, set: &[u8], members: &[&[u8]], pipe: &mut Pipe) {
    if many {
        pipe.push_all(command::SMISMEMBER, &[set], members.iter().copied());
    } else {
        members.iter().for_each(|member| pipe.push(command::SISMEMBER, &[set, member]));
    }
}

/// Another type under the name of a set holds none; `not_sets` gets its name.
pub(super) fn read_members(
    many: bool,
    members: usize,
    replies: &mut Replies,
    not_sets: &mut Vec<Vec<u8>>,
) -> Result<Vec<bool>> {
    let mut set = |reply: Reply| {
        let is_wrong = reply.is_wrong_type();
        let key = reply.key().filter(|key| is_wrong && !not_sets.iter().any(|it| it == key));
        not_sets.extend(key.map(<[u8]>::to_vec));
        (!is_wrong).then_some(reply)
    };
    if !many {
        return (0..members).map(|_| Ok(set(replies.one()?).map_or(Ok(0), Reply::int)? > 0)).collect();
    }
    match set(replies.one()?) {
        Some(reply) => Ok(reply.ints()?.into_iter().map(|answer| answer > 0).collect()),
        None => Ok(vec![false; members]),
    }
}

/// A member of a deleted set.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) member: &'a [u8],
    pub(super) mark: Mark,
    /// Which of the deleted sets it was found in.
    pub(super) nth: usize,
}

impl Found<'_> {
    /// Whether it is a mark that was not found in an earlier set: one that stands in both is one mark.
    pub(super) fn is_new_mark(&self) -> bool {
        self.mark.is_pending() && !self.mark.is_in[..self.nth].contains(&true)
    }
}

/// Goes through those members of the deleted sets that match a pattern, and tells how each set ended.
pub(super) fn each_mark(
    ns: &Namespace,
    marks: &MarkFinder,
    pattern: &[u8],
    conn: &mut Conn,
    control: &mut Control,
    found: &mut dyn FnMut(Found<'_>),
) -> Result<Vec<(Vec<u8>, End)>> {
    let mut ends = Vec::new();
    for (nth, key) in ns.deleted_sets().into_iter().enumerate() {
        let source = Source::Set { key: key.clone(), pattern: Some(pattern.to_vec()) };
        let mut walk = Walk { ns, marks, nth, found, recent: DedupWindow::default() };
        ends.push((key, Sweep::new(source).run(conn, &mut walk, control)?));
    }
    Ok(ends)
}

struct Walk<'a> {
    ns: &'a Namespace,
    marks: &'a MarkFinder,
    nth: usize,
    found: &'a mut dyn FnMut(Found<'_>),
    recent: DedupWindow,
}

impl Work for Walk<'_> {
    /// Members that are asked about.
    type Question = Vec<Vec<u8>>;

    fn batch(&mut self, mut items: Vec<Vec<u8>>, queue: &mut Queue<Self::Question>) -> Result<()> {
        items.retain(|item| !self.ns.is_inner(item) && self.recent.is_new(item));
        if self.marks.record.is_none() {
            let mark = Mark { is_in: [true, false], recorded: false };
            items.iter().for_each(|member| (self.found)(Found { member, mark, nth: 0 }));
        } else if !items.is_empty() {
            queue.ask(|pipe| {
                self.marks.queue(&items.iter().map(Vec::as_slice).collect::<Vec<_>>(), pipe);
                items
            });
        }
        Ok(())
    }

    fn answer(
        &mut self,
        members: Vec<Vec<u8>>,
        replies: &mut Replies,
        _: &mut Queue<Self::Question>,
    ) -> Result<()> {
        // How the walk of the set ends tells whether it is one.
        let marks = self.marks.read(members.len(), replies, &mut Vec::new())?;
        for (member, mark) in members.iter().zip(marks) {
            (self.found)(Found { member, mark, nth: self.nth });
        }
        Ok(())
    }
}
