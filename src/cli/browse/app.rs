//! What is on the screen, and what keys do to it.

use crate::cli::browse::feed::{Answer, Feed, Place, Question, Wanted};
use crate::cli::browse::page::{MOST, Page, Row};
use crate::cli::browse::sort::Sort;
use crate::cli::context::Context;
use crate::cli::run_log;
use crate::cli::ui::confirm::{Subject, order};
use cacheme::cache::Mode;
use cacheme::cache::Session;
use cacheme::client::Conn;
use cacheme::ops::{IndexKind, Selector};
use cacheme::text::{self, counted, grouped};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use std::collections::VecDeque;

#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Stay,
    Quit,
}

/// What waits for a yes.
pub struct Plan {
    pub text: String,
    selector: Selector,
}

pub struct App<'a> {
    pub context: &'a Context,
    pub layout: String,
    pub write: bool,
    pub message: String,
    pub plan: Option<Plan>,
    /// Whether the keys are listed in the place of the rows.
    pub shows_help: bool,
    conn: Conn,
    place: Place,
    pages: Vec<Page>,
    action: Option<(Feed, Selector)>,
    /// Rows that fit.
    pub height: usize,
}

impl<'a> App<'a> {
    pub fn new(context: &'a Context, session: Session, write: bool) -> Self {
        let Session { conn, ns, clock, .. } = session;
        let layout = ns.layout().to_string();
        let pace = context.global.pace.clone().unwrap_or_default();
        let (wait_replicas, profile) = (context.wait_replicas(), run_log::profile(context));
        let place = Place { ns, offset: clock.offset(), pace, wait_replicas, profile };
        let mut app = Self {
            context,
            layout,
            write,
            message: String::new(),
            plan: None,
            shows_help: false,
            conn,
            place,
            pages: Vec::new(),
            action: None,
            height: 20,
        };
        app.open(Question::Indexes(IndexKind::Tag));
        app
    }

    pub fn server(&self) -> String {
        format!("prefix '{}'  layout {}  {}", self.context.shown_prefix(), self.layout, self.conn.addr())
    }

    pub fn colors(&self) -> bool {
        self.context.ui.colors_output()
    }

    pub fn page(&self) -> Option<&Page> {
        self.pages.last()
    }

    pub fn is_busy(&self) -> bool {
        self.action.is_some() || self.page().is_some_and(|page| page.complete.is_none())
    }

    /// What the rows or the value have room in.
    pub fn fit(&mut self, body: Rect) {
        self.height = usize::from(body.height).max(1);
        let Some(page) = self.pages.last_mut() else { return };
        if let Some(opened) = &mut page.opened {
            opened.wrap(usize::from(body.width));
            page.selected = page.selected.min(opened.length().saturating_sub(1));
        }
    }

    fn feed(&self, question: Question, filter: &str, sort: Sort) -> Feed {
        let wanted = Wanted { filter: filter.to_owned(), sort, most: MOST };
        Feed::ask(self.conn.open_another(), self.place.clone(), question, &wanted)
    }

    fn new_page(&self, question: Question, filter: String, sort: Sort) -> Page {
        let feed = self.feed(question.clone(), &filter, sort);
        let mut rows = VecDeque::new();
        if matches!(question, Question::Indexes(IndexKind::Tag)) && filter.is_empty() {
            rows.push_back(Row::AllKeys);
        }
        Page {
            question,
            filter,
            is_typing: false,
            sort,
            total: None,
            rows,
            dropped: 0,
            selected: 0,
            goal: None,
            opened: None,
            feed,
            complete: None,
        }
    }

    fn open(&mut self, question: Question) {
        let sort = question.orders()[0];
        self.pages.push(self.new_page(question, String::new(), sort));
    }

    /// The same page from its beginning.
    fn reload(&mut self, filter: Option<String>) {
        if let Some(page) = self.pages.pop() {
            let filter = filter.unwrap_or_else(|| page.filter.clone());
            let new = self.new_page(page.question.clone(), filter, page.sort);
            self.pages.push(Page { is_typing: page.is_typing, ..new });
        }
    }

    /// The same page as of now, with the same row selected.
    fn read_again(&mut self) {
        let Some((is_list, selected, place)) = self.page().map(|it| (it.is_list(), it.selected, it.place()))
        else {
            return;
        };
        self.reload(None);
        if let Some(page) = self.pages.last_mut() {
            page.goal = place;
            page.selected = if is_list { 0 } else { selected };
        }
    }

    fn sort_otherwise(&mut self) {
        if let Some(page) = self.pages.last_mut().filter(|page| page.is_list()) {
            page.sort = page.sort.next(page.question.orders());
            self.reload(None);
        }
    }

    fn type_filter(&mut self) {
        if let Some(page) = self.pages.last_mut() {
            page.is_typing = page.is_list();
        }
    }

    /// Takes what came, as far as the window reaches.
    pub fn receive(&mut self) {
        if let Some((feed, selector)) = &mut self.action {
            match feed.next() {
                None if !feed.ended => {}
                Some(Answer::Invalidated(report, Mode::DryRun, _)) if report.matched == 0 => {
                    self.message = "there is nothing to invalidate".to_owned();
                    self.action = None;
                }
                Some(Answer::Invalidated(report, Mode::DryRun, _)) => {
                    let of = |what: &str, name: &[u8]| format!(" of the {what} '{}'", text::escape(name));
                    let order = match &*selector {
                        Selector::Key(key) => order(&report, Subject::Keys(Some(key.as_bytes()))),
                        Selector::Tag(name) => order(&report, Subject::KeysOf(&of("tag", name))),
                        Selector::InvalidKey(name) => {
                            order(&report, Subject::KeysOf(&of("invalid key", name)))
                        }
                        Selector::Pattern(_) => order(&report, Subject::Keys(None)),
                    };
                    let text = format!("{order}? [y/N]");
                    self.plan = Some(Plan { text, selector: selector.clone() });
                    self.action = None;
                }
                Some(Answer::Invalidated(report, Mode::Apply, unlogged)) => {
                    self.message = format!(
                        "Marked {} and deleted {} of {}",
                        grouped(report.marked),
                        grouped(report.deleted),
                        counted(report.matched, "matching key", "matching keys")
                    );
                    if let Some(unlogged) = unlogged {
                        self.message += &format!("; {unlogged}");
                    }
                    self.action = None;
                    self.read_again();
                }
                Some(Answer::Failed(why)) => {
                    self.message = format!("error: {why}");
                    self.action = None;
                }
                _ => self.action = None,
            }
        }
        let height = self.height;
        let Some(page) = self.pages.last_mut() else { return };
        if let Some(why) = page.receive(height) {
            self.message = format!("error: {why}");
        }
    }

    pub fn press(&mut self, key: KeyEvent) -> Next {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c' | 'q')) {
            return Next::Quit;
        }
        if let Some(plan) = self.plan.take() {
            match key.code {
                KeyCode::Char('y' | 'Y') => {
                    let question = Question::Invalidate(plan.selector.clone(), Mode::Apply);
                    self.action = Some((self.feed(question, "", Sort::Found), plan.selector));
                }
                _ => self.message = "nothing was changed".to_owned(),
            }
            return Next::Stay;
        }
        self.message.clear();
        if std::mem::take(&mut self.shows_help) {
            return if key.code == KeyCode::Char('q') { Next::Quit } else { Next::Stay };
        }
        let is_typing = self.page().is_some_and(|page| page.is_typing);
        match key.code {
            KeyCode::Esc | KeyCode::Left => return self.back(),
            KeyCode::Enter | KeyCode::Right => self.enter(),
            KeyCode::Tab => self.turn(),
            KeyCode::Delete => self.ask_to_invalidate(),
            KeyCode::Char('x') if control => self.ask_to_invalidate(),
            KeyCode::Char('r') if control => self.read_again(),
            KeyCode::Home => match self.page() {
                Some(page) if page.dropped > 0 => self.reload(None),
                _ => self.select(|_, _| 0),
            },
            KeyCode::End => self.select(|_, last| last),
            KeyCode::Up => self.select(|at, _| at.saturating_sub(1)),
            KeyCode::Down => self.select(|at, _| at + 1),
            KeyCode::PageUp => self.select_by_page(|at, page| at.saturating_sub(page)),
            KeyCode::PageDown => self.select_by_page(|at, page| at + page),
            KeyCode::Backspace if is_typing => self.change_filter(|filter| {
                filter.truncate(filter.char_indices().next_back().map_or(0, |(at, _)| at))
            }),
            KeyCode::F(1) => self.shows_help = true,
            KeyCode::Char('u') if control => self.change_filter(String::clear),
            KeyCode::Char(c) if is_typing && !control => self.change_filter(|filter| filter.push(c)),
            KeyCode::Char('q') => return Next::Quit,
            KeyCode::Char('?') => self.shows_help = true,
            KeyCode::Char('/') => self.type_filter(),
            KeyCode::Char('s') => self.sort_otherwise(),
            KeyCode::Char('r') => self.read_again(),
            _ => {}
        }
        Next::Stay
    }

    fn select(&mut self, to: impl Fn(usize, usize) -> usize) {
        if let Some(page) = self.pages.last_mut() {
            let length = page.opened.as_ref().map_or(page.rows.len(), |opened| opened.length());
            let last = length.saturating_sub(1);
            page.selected = to(page.selected, last).min(last);
            page.goal = None;
        }
    }

    fn select_by_page(&mut self, to: impl Fn(usize, usize) -> usize) {
        let height = self.height;
        self.select(|at, _| to(at, height));
    }

    fn change_filter(&mut self, change: impl Fn(&mut String)) {
        let Some(page) = self.page().filter(|page| page.is_list()) else { return };
        let mut filter = page.filter.clone();
        change(&mut filter);
        if filter != page.filter {
            self.reload(Some(filter));
        }
    }

    fn back(&mut self) -> Next {
        if let Some(page) = self.pages.last_mut().filter(|page| page.is_typing || !page.filter.is_empty()) {
            page.is_typing = false;
            if !page.filter.is_empty() {
                self.reload(Some(String::new()));
            }
        } else if self.pages.len() > 1 {
            self.pages.pop();
        } else {
            return Next::Quit;
        }
        Next::Stay
    }

    fn enter(&mut self) {
        let Some(page) = self.page() else { return };
        if page.rows.is_empty() && page.is_list() {
            self.message = match page.complete {
                None => "nothing was found yet".to_owned(),
                Some(_) => "nothing to open: no name contains the filter".to_owned(),
            };
            return;
        }
        let question = match (page.rows.get(page.selected), &page.question) {
            (Some(Row::AllKeys), _) => Question::Keys(None),
            (Some(Row::Index(row)), Question::Indexes(kind)) => {
                Question::Keys(Some((*kind, row.name.clone())))
            }
            (Some(Row::Key(row, _)), _) => Question::Value(row.key.clone()),
            _ => return,
        };
        // As many keys as it had when it was counted.
        let total = match page.rows.get(page.selected) {
            Some(Row::Index(row)) => Some(row.keys),
            _ => None,
        };
        if let Some(page) = self.pages.last_mut() {
            page.is_typing = false;
        }
        self.open(question);
        if let Some(page) = self.pages.last_mut() {
            page.total = total;
        }
    }

    /// From tags to invalid keys and back.
    fn turn(&mut self) {
        let kind = match self.page().map(|page| &page.question) {
            Some(Question::Indexes(IndexKind::Tag)) => IndexKind::InvalidKey,
            Some(Question::Indexes(IndexKind::InvalidKey)) => IndexKind::Tag,
            _ => return,
        };
        self.pages.pop();
        self.open(Question::Indexes(kind));
    }

    fn ask_to_invalidate(&mut self) {
        if !self.write {
            self.message = "read-only: start `cacheme browse --write` to invalidate keys".to_owned();
            return;
        }
        let Some(page) = self.page() else { return };
        let selector = match (page.rows.get(page.selected), &page.question) {
            (_, Question::Value(key)) => Selector::Key(key.clone()),
            (Some(Row::Key(row, _)), _) => Selector::Key(row.key.clone()),
            (Some(Row::Index(row)), Question::Indexes(IndexKind::Tag)) => Selector::Tag(row.name.clone()),
            (Some(Row::Index(row)), _) => Selector::InvalidKey(row.name.clone()),
            _ => return,
        };
        if self.action.is_none() {
            let question = Question::Invalidate(selector.clone(), Mode::DryRun);
            self.action = Some((self.feed(question, "", Sort::Found), selector));
        }
    }
}
