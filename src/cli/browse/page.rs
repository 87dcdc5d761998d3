//! One level of the screen, and the window of rows it holds.

use crate::cli::browse::feed::{Answer, Feed, Question};
use crate::cli::browse::opened::Opened;
use crate::cli::browse::sort::Sort;
use cacheme::namespace::LogicalKey;
use cacheme::ops::{IndexKind, IndexRow, KeyRow};
use cacheme::text;
use std::collections::VecDeque;
use std::time::Instant;

/// No more rows are held than this; those that were scrolled past go first.
pub const WINDOW: usize = 1_000;

/// The first of a ranking, beside the row of all keys.
pub const MOST: u64 = WINDOW as u64 - 1;

pub struct Goal {
    name: Option<Vec<u8>>,
    at: usize,
}

pub enum Row {
    AllKeys,
    Index(IndexRow),
    /// And the moment as of which its time left is.
    Key(KeyRow, Instant),
}

/// One level: the tags, the keys of one, a value.
pub struct Page {
    pub question: Question,
    pub filter: String,
    /// Whether letters are typed into the filter.
    pub is_typing: bool,
    pub sort: Sort,
    /// How many rows there are, where that is known before all have come, or more than come.
    pub total: Option<u64>,
    pub rows: VecDeque<Row>,
    /// Rows that were scrolled past and dropped.
    pub dropped: u64,
    pub selected: usize,
    /// Where to go once the rows are there: to the row with this name, or as far down.
    pub goal: Option<Goal>,
    pub opened: Option<Box<Opened>>,
    pub feed: Feed,
    /// Whether everything was seen, once the end has come.
    pub complete: Option<bool>,
}

impl Page {
    /// Whether it is a list, with a filter and an order.
    pub fn is_list(&self) -> bool {
        !matches!(self.question, Question::Value(_))
    }

    /// Whether all rows are looked at before the first is shown.
    pub fn is_ranked(&self) -> bool {
        match self.question {
            Question::Keys(_) => self.sort != Sort::Found,
            _ => self.sort == Sort::Keys,
        }
    }

    /// In which order the rows stand. Tags have no order before all of them are held.
    pub fn order(&self) -> Sort {
        let is_whole = self.complete.is_some() && self.dropped == 0;
        if self.is_ranked() || is_whole { self.sort } else { Sort::Found }
    }

    /// Whether more rows wait until somebody scrolls to them.
    pub fn is_paused(&self, height: usize) -> bool {
        self.complete.is_none() && self.rows.len() >= self.wanted(height)
    }

    /// So many rows are held: a part of the window beyond the selection, or two screens.
    fn wanted(&self, height: usize) -> usize {
        let at = self.goal.as_ref().map_or(self.selected, |goal| goal.at);
        (at + WINDOW / 2).max(2 * height)
    }

    /// Where one is, to come back to.
    pub fn place(&self) -> Option<Goal> {
        let row = self.rows.get(self.selected).filter(|_| self.dropped == 0)?;
        Some(Goal { name: row.name().map(<[u8]>::to_vec), at: self.selected })
    }

    fn seek(&mut self, height: usize) {
        let is_there = self.complete.is_some() || self.is_paused(height);
        let Some(goal) = &self.goal else { return };
        let found = self.rows.iter().position(|row| row.name() == goal.name.as_deref());
        if is_there || found.is_some() {
            self.selected = found.unwrap_or(goal.at.min(self.rows.len().saturating_sub(1)));
        }
        if is_there {
            self.goal = None;
        }
    }

    /// Rows that are none of those that are listed.
    fn beside(&self) -> u64 {
        u64::from(matches!(self.question, Question::Indexes(IndexKind::Tag)) && self.filter.is_empty())
    }

    /// How many have come.
    pub fn loaded(&self) -> u64 {
        (self.dropped + self.rows.len() as u64).saturating_sub(self.beside())
    }

    /// Which of them is selected, from one on; none is where that row stands beside them.
    pub fn at(&self) -> u64 {
        if self.rows.is_empty() { 0 } else { self.dropped + self.selected as u64 + 1 - self.beside() }
    }

    /// What stands above the rows.
    pub fn title(&self) -> String {
        match &self.question {
            Question::Indexes(IndexKind::Tag) => "Tags".to_owned(),
            Question::Indexes(IndexKind::InvalidKey) => "Invalid keys".to_owned(),
            Question::Keys(None) => "All keys".to_owned(),
            Question::Keys(Some(_)) => "Keys".to_owned(),
            Question::Value(key) => key.to_string(),
            Question::Invalidate(..) => String::new(),
        }
    }

    /// What the keys have in common, and its name.
    pub fn index(&self) -> Option<(&'static str, String)> {
        match &self.question {
            Question::Keys(Some((IndexKind::Tag, name))) => Some(("with the tag", text::escape(name).into())),
            Question::Keys(Some((_, name))) => Some(("that depend on", text::escape(name).into())),
            _ => None,
        }
    }

    /// Takes answers as far as a screen beyond the selection; gives what went wrong.
    pub fn receive(&mut self, height: usize) -> Option<String> {
        let wrong = self.take(height);
        self.seek(height);
        wrong
    }

    fn take(&mut self, height: usize) -> Option<String> {
        let wanted = self.wanted(height);
        while self.complete.is_none() && self.rows.len() < wanted {
            match self.feed.next()? {
                Answer::Index(row) => self.rows.push_back(Row::Index(row)),
                Answer::Key(row, when) => self.rows.push_back(Row::Key(row, when)),
                Answer::Value(opened) => self.opened = Some(opened),
                Answer::Total(total) => self.total = Some(total),
                Answer::End(complete) => self.end(complete),
                Answer::Failed(why) => {
                    self.complete = Some(false);
                    return Some(why);
                }
                Answer::Invalidated(..) => {}
            }
            while self.rows.len() > WINDOW && self.selected > 0 {
                self.rows.pop_front();
                self.selected -= 1;
                self.dropped += 1;
            }
        }
        None
    }

    /// A list of names that is whole is put in order.
    fn end(&mut self, complete: bool) {
        self.complete = Some(complete);
        if self.dropped == 0 && self.sort == Sort::Name && matches!(self.question, Question::Indexes(_)) {
            self.rows.make_contiguous().sort_by(|a, b| a.name().cmp(&b.name()));
        }
    }

    pub fn key(&self) -> Option<&LogicalKey> {
        if let Question::Value(key) = &self.question { Some(key) } else { None }
    }
}

impl Row {
    fn name(&self) -> Option<&[u8]> {
        match self {
            Self::AllKeys => None,
            Self::Index(row) => Some(&row.name),
            Self::Key(row, _) => Some(row.key.as_bytes()),
        }
    }
}
