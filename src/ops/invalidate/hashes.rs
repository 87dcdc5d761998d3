//! Values under a pattern: what the hashes of the namespace hold.

use super::super::fields::FieldsOf;
use super::super::truncated_members::each_cut_member;
use super::members::Meant;
use super::run::How;
use super::run::{Question, Run};
use super::{Action, CHUNK};
use crate::client::{Conn, Control, DedupWindow, Queue, Replies, Source, Sweep, Work};
use crate::error::Result;
use crate::namespace::glob::{FieldGlob, KeyGlob};
use crate::namespace::{Entry, LogicalKey, Namespace, RedisType};

impl Run<'_> {
    pub(super) fn delete_matching(
        &mut self,
        glob: &KeyGlob,
        conn: &mut Conn,
        control: &mut Control,
    ) -> Result<()> {
        let meant = meant_by(self.ns, glob);
        self.mark_all_in_progress(&meant, conn, control, &mut DedupWindow::default())?;
        self.on_hashes(glob, Action::Delete, conn, control, &mut DedupWindow::default())
    }

    pub(super) fn mark_matching(
        &mut self,
        glob: &KeyGlob,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut DedupWindow,
    ) -> Result<()> {
        let meant = meant_by(self.ns, glob);
        // A key that is computed for the first time is in no hash yet, and will be stored from old data.
        let cut = &mut DedupWindow::default();
        self.mark_in_progress(&meant, conn, control, cut)?;
        self.on_hashes(glob, Action::Mark, conn, control, recent)?;
        self.mark_cut(&meant, conn, control, cut)
    }

    /// A hash tells only `a>b` of a key `a>b>c`; its whole name, which its reader asks for, stands in its tag and under its
    /// invalid keys.
    pub(super) fn mark_cut(
        &mut self,
        meant: &Meant,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut DedupWindow,
    ) -> Result<()> {
        // What is marked uncounted is still to be counted where another selector means it.
        let how = How { cut: true, ..How::beside() };
        let end = each_cut_member(self.ns, conn, control, |found, large, conn, control| {
            self.these(found, how.clone(), Some(meant), conn, recent)?;
            for source in large {
                self.members(source, how.clone(), Some(meant), conn, control, recent)?;
            }
            Ok(())
        })?;
        self.ended(end);
        Ok(())
    }

    pub(super) fn on_hashes(
        &mut self,
        glob: &KeyGlob,
        action: Action,
        conn: &mut Conn,
        control: &mut Control,
        recent: &mut DedupWindow,
    ) -> Result<()> {
        if action == Action::Delete && glob.field.is_none() && !self.writer.is_dry_run() {
            self.scripts = conn.runs_scripts()?;
        }
        let pattern = self.ns.pattern(glob.base_source());
        let source = Source::Keyspace { pattern, kind: Some(RedisType::Hash.name()) };
        let end = Sweep::new(source).run(conn, &mut OnHashes { run: self, glob, action, recent }, control)?;
        self.ended(end);
        Ok(())
    }
}

/// Whether the value at a hash and field is under a pattern.
fn meant_by<'a>(ns: &'a Namespace, glob: &'a KeyGlob) -> impl Fn(&[u8], &[u8]) -> bool + 'a {
    |hash, field| {
        !ns.is_inner(hash) && hash.strip_prefix(ns.prefix()).is_some_and(|base| glob.matches(base, field))
    }
}

struct OnHashes<'a, 'r> {
    run: &'a mut Run<'r>,
    glob: &'a KeyGlob,
    action: Action,
    recent: &'a mut DedupWindow,
}

impl OnHashes<'_, '_> {
    fn on_fields(&mut self, hash: &[u8], fields: &[Vec<u8>], next: &mut Queue<Question>) {
        let Entry::Values { base } = self.run.ns.classify(hash, RedisType::Hash) else { return };
        let meant = fields.iter().filter(|field| self.glob.matches(base, field));
        let (members, fields): (Vec<_>, Vec<_>) = meant
            .map(|field| (self.run.ns.member(&LogicalKey::at(base, field)), field.as_slice()))
            .filter(|(member, field)| match self.action {
                Action::Mark => self.recent.is_new(member),
                Action::Delete => !self.run.writer.is_dry_run() || self.run.rehearsal.delete(hash, field),
            })
            .unzip();
        self.run.count_matched(&members);
        match self.action {
            Action::Delete => {
                for chunk in fields.chunks(CHUNK) {
                    next.ask(|pipe| Question::Delete(self.run.writer.delete_fields(hash, chunk, pipe)));
                }
            }
            Action::Mark => {
                let members: Vec<_> = members.iter().map(Vec::as_slice).collect();
                self.run.queue_mark(&members, None, next);
            }
        }
    }
}

impl Work for OnHashes<'_, '_> {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        let mut whole = Vec::new();
        for hash in items {
            let base = match self.run.ns.classify(&hash, RedisType::Hash) {
                Entry::Values { base } => base,
                Entry::Inner => &hash[self.run.ns.prefix().len()..],
                _ => continue,
            };
            if !self.glob.matches_base(base) || self.run.leaves_alone(&hash) {
                continue;
            }
            match (&self.glob.field, self.action) {
                // Which of the values were meant by another selector too, only their names tell.
                _ if self.run.several => queue.ask(|pipe| Question::Fields(FieldsOf::ask(hash, pipe))),
                (None, Action::Delete) if self.run.scripts => whole.push(hash),
                (Some(FieldGlob::Name(_)), Action::Delete)
                    if self.run.writer.is_dry_run() && !self.recent.is_new(&hash) => {}
                (Some(FieldGlob::Name(field)), Action::Delete) => {
                    if self.run.writer.is_dry_run() {
                        self.run.rehearsal.delete(&hash, field);
                    }
                    queue.ask(|pipe| {
                        Question::DeleteMatched(self.run.writer.delete_fields(&hash, &[field], pipe))
                    });
                }
                _ => queue.ask(|pipe| Question::Fields(FieldsOf::ask(hash, pipe))),
            }
        }
        if self.run.writer.is_dry_run() {
            whole.retain(|hash| self.recent.is_new(hash));
            whole.iter().for_each(|hash| self.run.rehearsal.empty(hash));
        }
        self.run.delete_hashes(whole, queue);
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        if let Some(found) = self.run.answer(question, replies, next)? {
            self.on_fields(&found.hash, &found.fields, next);
        }
        Ok(())
    }
}
