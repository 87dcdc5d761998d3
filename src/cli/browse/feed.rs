//! What the server says, read by a thread of its own and no faster than the screen takes it.

use crate::cli::browse::opened::Opened;
use crate::cli::browse::sort::Sort;
use crate::cli::ranking::Ranking;
use crate::cli::run_log::{Done, entry, unwritten};
use cacheme::Result;
use cacheme::cache::Mode;
use cacheme::cache::{Clock, Session, append_log};
use cacheme::client::{Conn, Control, Pace};
use cacheme::namespace::glob::escape;
use cacheme::namespace::{LogicalKey, Namespace};
use cacheme::ops::{
    IndexKind, IndexRow, Invalidation, InvalidationReport, KeyRow, Query, Read, Selector, invalidate,
    list_indexes, list_keys, show_key,
};
use cacheme::text;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Instant;

/// Rows on their way; with more the thread waits.
const ON_THE_WAY: usize = 256;

/// What is asked.
#[derive(Debug, Clone)]
pub enum Question {
    Indexes(IndexKind),
    Keys(Option<(IndexKind, Vec<u8>)>),
    Value(LogicalKey),
    Invalidate(Selector, Mode),
}

impl Question {
    /// The orders that its answers can have.
    pub fn orders(&self) -> &'static [Sort] {
        if matches!(self, Self::Indexes(_)) { Sort::OF_INDEXES } else { Sort::OF_KEYS }
    }
}

/// What comes back.
#[derive(Debug)]
pub enum Answer {
    Index(IndexRow),
    /// And the moment as of which its time left is.
    Key(KeyRow, Instant),
    Value(Box<Opened>),
    /// How many there are of which the first have come.
    Total(u64),
    /// And why it is not in the log, where it should be.
    Invalidated(InvalidationReport, Mode, Option<String>),
    /// Everything was said; false where something is missing.
    End(bool),
    Failed(String),
}

/// What is asked for: the names that hold the filter, whatever their case, in an order.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub filter: String,
    pub sort: Sort,
    /// Of a ranking no more rows than this.
    pub most: u64,
}

/// Where to ask.
#[derive(Clone)]
pub struct Place {
    pub ns: Namespace,
    /// Of the application's hosts from UTC, in seconds.
    pub offset: i64,
    pub pace: Pace,
    pub wait_replicas: u32,
    /// For the log.
    pub profile: Option<String>,
}

/// Answers under way. Dropping it ends the thread.
pub struct Feed {
    answers: Receiver<Answer>,
    stop: Arc<AtomicBool>,
    looked: Arc<AtomicU64>,
    pub ended: bool,
}

impl Feed {
    /// Asks over a connection of its own.
    pub fn ask(conn: Result<Conn>, place: Place, question: Question, wanted: &Wanted) -> Self {
        let (sender, answers) = sync_channel(ON_THE_WAY);
        let (stop, looked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let stopped = stop.clone();
        let (filter, sort, most) = (wanted.filter.to_lowercase(), wanted.sort, wanted.most);
        let teller = Teller { sender, looked: looked.clone(), filter, sort, most };
        std::thread::spawn(move || {
            let (pace, wait_replicas) = (place.pace.clone(), place.wait_replicas);
            let control = Control { pace, wait_replicas, stop: stopped, ..Control::default() };
            let done = conn.and_then(|conn| teller.answer(conn, &place, question, control));
            let _ = teller.sender.send(match done {
                Ok(complete) => Answer::End(complete),
                Err(error) => Answer::Failed(error.to_string()),
            });
        });
        Self { answers, stop, looked, ended: false }
    }

    /// The next answer, where one is there.
    pub fn next(&mut self) -> Option<Answer> {
        match self.answers.try_recv() {
            Ok(answer) => {
                self.ended |= matches!(answer, Answer::End(_) | Answer::Failed(_));
                Some(answer)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.ended = true;
                None
            }
        }
    }

    /// How many names were looked at.
    pub fn looked(&self) -> u64 {
        self.looked.load(Ordering::Relaxed)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

struct Teller {
    sender: SyncSender<Answer>,
    looked: Arc<AtomicU64>,
    filter: String,
    sort: Sort,
    most: u64,
}

impl Teller {
    fn answer(
        &self,
        mut conn: Conn,
        place: &Place,
        question: Question,
        mut control: Control,
    ) -> Result<bool> {
        let (clock, now) = (Clock::read(&mut conn, place.offset)?, Instant::now());
        let mut session = Session::new(conn, place.ns.clone(), clock);
        match question {
            Question::Indexes(kind) if self.sort == Sort::Keys => {
                let most = usize::try_from(self.most).unwrap_or(usize::MAX);
                let (mut first, mut total) = (Vec::new(), 0);
                let complete = list_indexes(&mut session, kind, false, &mut control, &mut |row| {
                    if self.wants(&row.name) {
                        total += 1;
                        first.push(row);
                        if first.len() > 2 * most {
                            put_first(&mut first, most);
                        }
                    }
                    Ok(())
                })?;
                put_first(&mut first, most);
                self.tell(Answer::Total(total))?;
                first.into_iter().try_for_each(|row| self.tell(Answer::Index(row)))?;
                Ok(complete)
            }
            Question::Indexes(kind) => list_indexes(&mut session, kind, false, &mut control, &mut |row| {
                if self.wants(&row.name) { self.tell(Answer::Index(row)) } else { Ok(()) }
            }),
            Question::Keys(index) => {
                let mut selected = match index {
                    Some((IndexKind::Tag, name)) => vec![Ok(Selector::Tag(name))],
                    Some((IndexKind::InvalidKey, name)) => vec![Ok(Selector::InvalidKey(name))],
                    None => self.patterns(),
                }
                .into_iter();
                let query = Query { read: Read::Size, ..Query::default() };
                let mut ranking = self.sort.rank().map(|by| Ranking::new(by, self.most));
                let mut total = 0;
                let mut row = |row: KeyRow| match &mut ranking {
                    _ if !self.wants(row.key.as_bytes()) => Ok(()),
                    Some(ranking) => {
                        total += 1;
                        ranking.add(row);
                        Ok(())
                    }
                    None => self.tell(Answer::Key(row, now)),
                };
                let listing = list_keys(&mut session, Some(&mut selected), &query, &mut control, &mut row)?;
                if let Some(ranking) = ranking {
                    self.tell(Answer::Total(total))?;
                    ranking.into_rows().try_for_each(|row| self.tell(Answer::Key(row, now)))?;
                }
                Ok(listing.complete)
            }
            Question::Value(key) => {
                let detail = show_key(&mut session, &key, &mut control)?;
                self.tell(Answer::Value(Box::new(Opened::new(detail, now))))?;
                Ok(true)
            }
            Question::Invalidate(selector, mode) => {
                let mut report = InvalidationReport::default();
                let how = Invalidation { action: None, mode, trusts_names: false };
                let start = Instant::now();
                let mut selectors = std::iter::once(Ok(selector.clone()));
                let done = invalidate(&mut session, &mut selectors, how, &mut control, &mut report);
                report.complete &= done.is_ok();
                let changed = mode == Mode::Apply && report.marked + report.deleted > 0;
                let unlogged = changed.then(|| {
                    let entry = entry(place.profile.clone(), &words(&selector), Done::from(&report), start);
                    append_log(&mut session.conn, &session.ns, &entry).err().map(|error| unwritten(&error))
                });
                let complete = report.complete;
                done?;
                self.tell(Answer::Invalidated(report, mode, unlogged.flatten()))?;
                Ok(complete)
            }
        }
    }

    /// First what the server itself can find, then all the others: the filter may stand in a field.
    fn patterns(&self) -> Vec<Result<Selector>> {
        let mut glob = b"*".to_vec();
        for c in self.filter.chars() {
            match c {
                'a'..='z' => glob.extend(format!("[{c}{}]", c.to_ascii_uppercase()).into_bytes()),
                c => glob.extend(escape(c.to_string().as_bytes())),
            }
        }
        glob.push(b'*');
        let found = Selector::pattern(&glob);
        if self.filter.is_empty() || self.filter.contains('>') {
            return vec![found];
        }
        vec![found, Selector::pattern(b"*")]
    }

    fn wants(&self, name: &[u8]) -> bool {
        self.looked.fetch_add(1, Ordering::Relaxed);
        self.filter.is_empty() || text::escape(name).to_lowercase().contains(&self.filter)
    }

    /// Hands on an answer; an error where nobody waits for it any more, which ends the walk.
    fn tell(&self, answer: Answer) -> Result<()> {
        self.sender.send(answer).map_err(|_| std::io::Error::from(std::io::ErrorKind::BrokenPipe).into())
    }
}

/// Leaves the indexes with the most keys, in their order.
fn put_first(rows: &mut Vec<IndexRow>, most: usize) {
    rows.sort_by(|a, b| b.keys.cmp(&a.keys).then_with(|| a.name.cmp(&b.name)));
    rows.dedup_by(|a, b| a.name == b.name);
    rows.truncate(most);
}

/// What is invalidated, in the words of the command line.
fn words(selector: &Selector) -> [String; 3] {
    let (flag, name) = match selector {
        Selector::Key(key) => ("--key", key.as_bytes()),
        Selector::Tag(name) => ("--tag", &name[..]),
        Selector::InvalidKey(name) => ("--invalid-key", &name[..]),
        Selector::Pattern(glob) => ("--pattern", glob.base_source()),
    };
    ["invalidate".to_owned(), flag.to_owned(), text::escape(name).into_owned()]
}
