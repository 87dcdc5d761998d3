//! MONITOR: every command that the server carries out, as it comes; in a cluster those of all primaries, in order of time.

use super::command;
use super::conn::Conn;
use super::node::Node;
use super::reply::Reply;
use crate::error::{Error, Result};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// A line waits so long for earlier ones of primaries that have nothing to say.
const PATIENCE: Duration = Duration::from_millis(100);
/// So many lines of a cluster are read ahead.
const AHEAD: usize = 10_000;

/// Connections on which MONITOR is on.
///
/// They have no read timeout: one would lose whatever part of a line was read before it struck. Whoever reads from it
/// does so in a thread of its own and ends by a [word](Monitor::say) that another connection says.
pub struct Monitor {
    servers: BTreeSet<Arc<str>>,
    last_words: String,
    source: Source,
}

enum Source {
    One(Box<Node>, Words),
    Several(Merge),
}

/// What comes next.
pub(crate) enum Seen {
    /// Time, database and client, command: the line without its `+`.
    Line(Vec<u8>),
    /// Nothing more of one of several servers.
    Lost(Error),
    /// Every server has said the last words; the line of the last that did.
    End(Vec<u8>),
}

/// The last words, as a line of MONITOR ends with them.
type Words = Vec<u8>;

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Monitor({:?})", self.servers)
    }
}

impl Monitor {
    /// A second connection to the server of `conn`, listening until it hears the [last words](Self::last_words). In a cluster to the
    /// server that holds the slot of `key`, or without a key to each primary.
    ///
    /// # Errors
    /// Connection errors, and [`crate::Error::Server`] where MONITOR is not allowed; of a cluster where no primary lets us.
    pub(crate) fn start(conn: &mut Conn, key: Option<&[u8]>) -> Result<Self> {
        let last_words = Self::unheard_words();
        let words = format!("{last_words}\"").into_bytes();
        let mut nodes = conn.listen(key)?;
        let alone = if nodes.len() == 1 { nodes.pop() } else { None };
        if let Some(node) = alone {
            let node = node?;
            let servers = BTreeSet::from([Arc::clone(&node.addr)]);
            return Ok(Self { servers, last_words, source: Source::One(Box::new(node), words) });
        }
        let servers = nodes.iter().flatten().map(|node| Arc::clone(&node.addr)).collect();
        Ok(Self { servers, last_words, source: Source::Several(Merge::start(nodes, &words)?) })
    }

    /// The next line. Blocks.
    ///
    /// # Errors
    /// [`crate::Error::Lost`] when the connection to the last server ends.
    pub(crate) fn line(&mut self) -> Result<Seen> {
        match &mut self.source {
            Source::One(node, words) => next(node, words),
            Source::Several(merge) => merge.line(),
        }
    }

    /// Whose commands are seen.
    pub(crate) fn servers(&self) -> &BTreeSet<Arc<str>> {
        &self.servers
    }

    /// Said to the servers, they end it.
    pub(crate) fn last_words(&self) -> String {
        self.last_words.clone()
    }

    /// Words that nobody else says.
    pub(crate) fn unheard_words() -> String {
        use std::hash::{BuildHasher as _, RandomState};
        let (one, two) = (RandomState::new().hash_one(1), RandomState::new().hash_one(2));
        format!("cacheme {one:016x}{two:016x}")
    }

    /// Has each server that is monitored hear a word. Gives those of the cluster that were asked.
    ///
    /// # Errors
    /// Where no server heard it.
    pub(crate) fn say(conn: &mut Conn, word: &str) -> Result<Vec<Arc<str>>> {
        let answers = conn.each_primary(|node| node.one(command::ECHO, &[word.as_bytes()])?.ok().map(drop));
        let (mut asked, mut failed, mut heard) = (Vec::new(), None, false);
        for (addr, answer) in answers {
            asked.push(addr);
            heard |= answer.is_ok();
            failed = failed.or(answer.err());
        }
        failed.filter(|_| !heard).map_or(Ok(asked), Err)
    }
}

fn next(node: &mut Node, words: &[u8]) -> Result<Seen> {
    let value = node.read_unasked("MONITOR")?;
    let reply = Reply::new(value, "MONITOR", node.addr.clone());
    let line = reply.bytes()?.unwrap_or_default();
    Ok(if line.ends_with(words) { Seen::End(line) } else { Seen::Line(line) })
}

/// The lines of several servers as those of one: by their clocks, as none of them knows of the others.
struct Merge {
    from: Receiver<(usize, Result<Seen>)>,
    servers: Vec<Server>,
    /// Nobody lets us listen, or the connection broke: not told yet.
    lost: Vec<Error>,
    last: Vec<u8>,
}

/// What came of one of them.
#[derive(Default)]
struct Server {
    lines: VecDeque<(Instant, Vec<u8>)>,
    has_ended: bool,
}

impl Merge {
    fn start(nodes: Vec<Result<Node>>, words: &Words) -> Result<Self> {
        let (to, from) = sync_channel(AHEAD);
        let mut merge = Self { from, servers: Vec::new(), lost: Vec::new(), last: Vec::new() };
        for node in nodes {
            match node {
                Ok(node) => {
                    let (at, to, words) = (merge.servers.len(), to.clone(), words.clone());
                    let thread = thread::Builder::new().name("cacheme-monitor".to_owned());
                    thread.spawn(move || listen(node, &words, at, &to))?;
                    merge.servers.push(Server::default());
                }
                Err(error) => merge.lost.push(error),
            }
        }
        match merge.lost.pop_if(|_| merge.servers.is_empty()) {
            Some(error) => Err(error),
            None => Ok(merge),
        }
    }

    fn line(&mut self) -> Result<Seen> {
        loop {
            if let Some(error) = self.lost.pop() {
                return Ok(Seen::Lost(error));
            }
            let all_say = self.servers.iter().all(|server| server.has_ended || !server.lines.is_empty());
            let firsts = self.servers.iter_mut().filter(|server| !server.lines.is_empty());
            let first = firsts.min_by(|one, other| time(&one.lines[0].1).cmp(time(&other.lines[0].1)));
            let came = match first {
                Some(server) => {
                    let waited = server.lines[0].0.elapsed();
                    if let Some((_, line)) =
                        if all_say || waited >= PATIENCE { server.lines.pop_front() } else { None }
                    {
                        return Ok(Seen::Line(line));
                    }
                    self.from.recv_timeout(PATIENCE - waited)
                }
                None if all_say => return Ok(Seen::End(std::mem::take(&mut self.last))),
                None => self.from.recv().map_err(RecvTimeoutError::from),
            };
            let Ok((at, seen)) = came else { continue };
            match seen {
                Ok(Seen::Line(line)) => self.servers[at].lines.push_back((Instant::now(), line)),
                Ok(Seen::End(line)) => {
                    self.servers[at].has_ended = true;
                    self.last = line;
                }
                Ok(Seen::Lost(error)) | Err(error) => {
                    self.servers[at].has_ended = true;
                    if self.servers.iter().all(|server| server.has_ended) && self.last.is_empty() {
                        return Err(error);
                    }
                    self.lost.push(error);
                }
            }
        }
    }
}

/// Reads one of several to its end, or as long as anybody wants its lines.
fn listen(mut node: Node, words: &Words, at: usize, to: &SyncSender<(usize, Result<Seen>)>) {
    loop {
        let seen = next(&mut node, words);
        let is_last = !matches!(seen, Ok(Seen::Line(_)));
        if to.send((at, seen)).is_err() || is_last {
            return;
        }
    }
}

/// When it was carried out: seconds, a point and six digits, which compare as they are until the year 2286.
fn time(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == b' ').next().unwrap_or_default()
}
