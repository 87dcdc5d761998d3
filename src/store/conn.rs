//! The connection that everything runs on, whatever lies behind it: one server, a service of sentinels, a cluster.

use super::cluster::Cluster;
use super::direct::{Direct, open_node};
use super::node::Node;
use super::pipe::{Pipe, Sent};
use super::reply::{Replies, Reply};
use super::retry::Journal;
use super::target::{Target, Timeouts};
use crate::error::{Error, Result};
use crate::namespace::Namespace;
use redis::Value;
use std::collections::VecDeque;
use std::sync::Arc;

/// A connection to the data.
///
/// Answers come in the order of the commands; a refusal of one command is an answer like another
/// ([`Reply::ok`] makes it an error), so that a batch never hides which part was done. A connection that breaks is
/// made anew, and what may be repeated is: see [`Journal`].
pub struct Conn {
    link: Link,
    target: Target,
    timeouts: Timeouts,
    type_filter: bool,
    scripts: Option<bool>,
    /// What was done without, and what that means.
    without: Vec<(&'static str, &'static str)>,
}

enum Link {
    /// One server, of which nothing is tried again.
    Plain(Box<Node>),
    Direct(Box<Direct>),
    Cluster(Box<Cluster>, VecDeque<Pipe>),
}

impl std::fmt::Debug for Conn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Conn({})", self.addr())
    }
}

impl Conn {
    /// Connects, logs in, selects the database, and introduces itself as `cacheme-cli`.
    ///
    /// On servers that have it (7.2 and later), CLIENT NO-TOUCH keeps our reads out of the eviction policy's sight.
    ///
    /// # Errors
    /// [`Error::Connect`], [`Error::Timeout`], [`Error::NoPrimary`], or [`Error::Server`] where the server turns us
    /// away (NOAUTH, LOADING).
    pub fn open(target: &Target, timeouts: Timeouts) -> Result<Self> {
        let link = if target.is_cluster() {
            Link::Cluster(Box::new(Cluster::open(target, timeouts)?), VecDeque::new())
        } else {
            Link::Direct(Box::new(Direct::open(target, timeouts)?))
        };
        let mut conn = Self {
            link,
            target: target.clone(),
            timeouts,
            type_filter: true,
            scripts: None,
            without: Vec::new(),
        };
        conn.type_filter = conn.at_least(6, 0);
        Ok(conn)
    }

    /// Connects, logs in and selects the database, and asks nothing else: for the connections of a service, whose
    /// reads the server's eviction policy should see, and which knows better itself when to try again.
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub(crate) fn open_quietly(target: &Target, timeouts: Timeouts) -> Result<Self> {
        if target.is_cluster() {
            return Self::open(target, timeouts);
        }
        let link = Link::Plain(Box::new(open_node(target, timeouts, false)?));
        Ok(Self {
            link,
            target: target.clone(),
            timeouts,
            type_filter: true,
            scripts: None,
            without: Vec::new(),
        })
    }

    /// A second connection to the same server.
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub fn again(&self) -> Result<Self> {
        Self::open(&self.target, self.timeouts)
    }

    /// The server's address, without secrets.
    pub fn addr(&self) -> &str {
        match &self.link {
            Link::Plain(node) => &node.addr,
            Link::Direct(direct) => &direct.node.addr,
            Link::Cluster(cluster, _) => cluster.addr(),
        }
    }

    /// The database number.
    pub fn db(&self) -> i64 {
        self.target.db()
    }

    /// Whether the server is at least this version. One that hides its version is taken for 7.0.
    pub fn at_least(&self, major: u16, minor: u16) -> bool {
        let version = match &self.link {
            Link::Plain(node) => node.version,
            Link::Direct(direct) => direct.node.version,
            Link::Cluster(cluster, _) => cluster.version(),
        };
        version.unwrap_or((7, 0)) >= (major, minor)
    }

    /// What happened to the connection so far.
    pub fn journal(&self) -> Journal {
        match &self.link {
            Link::Plain(_) => Journal::default(),
            Link::Direct(direct) => direct.journal,
            Link::Cluster(cluster, _) => cluster.journal,
        }
    }

    /// Whether since an earlier state of the journal nothing was missed, no count lost, and nothing written to a server
    /// that was no longer the primary, as the sentinels or the cluster know.
    pub(crate) fn is_exact_since(&mut self, earlier: Journal) -> bool {
        match &mut self.link {
            Link::Plain(_) => {}
            Link::Direct(direct) => direct.confirm_at_end(),
            Link::Cluster(cluster, _) => cluster.confirm_at_end(),
        }
        self.journal().is_exact_since(earlier)
    }

    /// Whether the keys of a namespace may lie in several slots, on several servers: nothing that touches two of
    /// them happens in one step then. A hash tag in the prefix (`{CM}:`) keeps them together.
    pub fn is_spread(&self, ns: &Namespace) -> bool {
        self.target.is_cluster() && !ns.is_in_one_slot()
    }

    /// Whether it is a cluster, in which no command names keys of two slots.
    pub fn is_cluster(&self) -> bool {
        self.target.is_cluster()
    }

    /// Refuses to go on where writes would come to a replica.
    ///
    /// # Errors
    /// [`Error::Replica`], with the primary's address.
    pub fn check_writable(&self) -> Result<()> {
        let (Link::Direct(direct), None) = (&self.link, self.cluster_replica()) else {
            return self.cluster_replica().map_or(Ok(()), Err);
        };
        direct.node.replica_of().map_or(Ok(()), |primary| {
            Err(Error::Replica { addr: self.addr().to_owned(), primary: primary.to_owned() })
        })
    }

    fn cluster_replica(&self) -> Option<Error> {
        (self.is_cluster() && self.target.prefers_replica()).then(|| Error::Replica {
            addr: self.addr().to_owned(),
            primary: "the cluster's primaries (leave out --replica)".to_owned(),
        })
    }

    /// Whether the server runs scripts for us; asked once.
    ///
    /// # Errors
    /// Connection errors.
    pub fn runs_scripts(&mut self) -> Result<bool> {
        if let Some(known) = self.scripts {
            return Ok(known);
        }
        let reply = self.one("EVAL", &[b"return 1", b"0"])?;
        let known = match reply.ok() {
            Ok(_) => true,
            Err(error) => {
                let missing = error.to_string().contains("unknown command");
                !missing && error.code() != Some("NOPERM")
            }
        };
        if !known {
            self.do_without("EVAL", "values are deleted field by field");
        }
        Ok(*self.scripts.insert(known))
    }

    /// Whether SCAN tells types apart.
    pub(super) fn has_type_filter(&self) -> bool {
        self.type_filter
    }

    /// Notes that the server refuses something that is only nice to have.
    pub(crate) fn do_without(&mut self, command: &'static str, meaning: &'static str) {
        if !self.without.iter().any(|(known, _)| *known == command) {
            self.without.push((command, meaning));
        }
    }

    /// What the server refused and was done without so far, each with what that means.
    pub fn without(&self) -> &[(&'static str, &'static str)] {
        &self.without
    }

    /// SCAN turned out to know no TYPE.
    pub(super) fn drop_type_filter(&mut self) {
        self.do_without("SCAN with TYPE", "the type of each key is asked for");
        self.type_filter = false;
    }

    /// Sends a pipeline and waits for all its answers.
    ///
    /// # Errors
    /// [`Error::Timeout`] or [`Error::Lost`]; refusals are answers.
    pub fn run(&mut self, pipe: &Pipe) -> Result<Replies> {
        self.send(pipe)?;
        self.receive(pipe)
    }

    /// Whether a child of the server is at work, so that every page a write touches is copied. One that does not tell
    /// is taken to have none.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub(super) fn is_forking(&mut self) -> Result<bool> {
        let reply = self.one("INFO", &[b"persistence"])?;
        let info = if reply.is_refused() { None } else { reply.bytes()? }.unwrap_or_default();
        let info = String::from_utf8_lossy(&info);
        Ok(info.contains("rdb_bgsave_in_progress:1") || info.contains("aof_rewrite_in_progress:1"))
    }

    /// Sends one command and waits for its answer.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub fn one(&mut self, name: &'static str, args: &[&[u8]]) -> Result<Reply> {
        let mut pipe = Pipe::new();
        pipe.push(name, args);
        self.run(&pipe)?.one()
    }

    /// Sends a pipeline without waiting. A cluster is sent it when its answers are waited for.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub fn send(&mut self, pipe: &Pipe) -> Result<()> {
        match &mut self.link {
            _ if pipe.is_empty() => Ok(()),
            Link::Plain(node) => {
                let first = pipe.commands().first().map_or("a command", |sent| sent.name);
                node.write(pipe.bytes(), first)
            }
            Link::Direct(direct) => direct.send(pipe),
            Link::Cluster(_, waiting) => {
                waiting.push_back(pipe.clone());
                Ok(())
            }
        }
    }

    /// Waits for the answers of a pipeline that was sent.
    ///
    /// # Errors
    /// As [`Conn::run`].
    pub fn receive(&mut self, sent: &Pipe) -> Result<Replies> {
        if sent.is_empty() {
            return Ok(Replies::new(Vec::new()));
        }
        let commands = sent.commands();
        let reply = |command: &Sent, value, addr: &Arc<str>| {
            let key = match value {
                Value::ServerError(_) => sent.key_of(command).map(<[u8]>::to_vec),
                _ => None,
            };
            Reply { value, command: command.name, key, addr: addr.clone() }
        };
        let replies = match &mut self.link {
            Link::Plain(node) => commands
                .iter()
                .map(|command| Ok(reply(command, node.read(command.name)?, &node.addr)))
                .collect::<Result<_>>()?,
            Link::Direct(direct) => {
                let values = direct.receive()?;
                let addr = &direct.node.addr;
                commands.iter().zip(values).map(|(command, value)| reply(command, value, addr)).collect()
            }
            Link::Cluster(cluster, waiting) => {
                let pipe = waiting.pop_front().unwrap_or_default();
                let values = cluster.run(&pipe).inspect_err(|_| waiting.clear())?;
                let answered = commands.iter().zip(values);
                answered.map(|(command, (value, addr))| reply(command, value, &addr)).collect()
            }
        };
        Ok(Replies::new(replies))
    }

    /// How to connect to the server that holds a namespace.
    #[cfg(feature = "tokio")]
    pub(super) fn home(mut self, ns: &Namespace) -> Result<redis::ConnectionInfo> {
        Ok(match &mut self.link {
            Link::Plain(node) => node.info.clone(),
            Link::Direct(direct) => direct.node.info.clone(),
            Link::Cluster(cluster, _) => cluster.home(ns, "memoize")?.info,
        })
    }

    /// A connection of its own to the server that holds the namespace, in MONITOR.
    pub(super) fn listen(&mut self, ns: &Namespace) -> Result<Node> {
        let mut node = match &mut self.link {
            Link::Cluster(cluster, _) => cluster.home(ns, "MONITOR")?,
            _ => open_node(&self.target, self.timeouts, true)?,
        };
        let mut pipe = Pipe::new();
        pipe.push("MONITOR", &[]);
        let value = node.ask(&pipe)?.pop().unwrap_or_default();
        Reply { value, command: "MONITOR", key: None, addr: node.addr.clone() }.ok()?;
        node.wait_for_ever()?;
        Ok(node)
    }
}
