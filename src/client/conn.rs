//! The connection that everything runs on, whatever lies behind it: one server, a service of sentinels, a cluster.

use super::cluster::Cluster;
use super::command;
use super::flight::{Answer, Flight};
use super::node::{Handshake, Node};
use super::pipe::Sent;
use super::reconnecting::{ReconnectingConnection, is_replaced, open_node};
use super::reply::{Answerer, Replies};
use super::retry::ConnectionStats;
use super::sentinel;
use super::target::{Kind, Target, Timeouts};
use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A connection to the data.
///
/// Answers come in the order of the commands; a refusal of one command is an answer like another
/// ([`Reply::ok`](crate::client::Reply::ok) makes it an error), so that a batch never hides which part was done. A connection that breaks is
/// made anew, and what may be repeated is: see [`ConnectionStats`].
pub struct Conn {
    pub(super) link: Backend,
    target: Target,
    timeouts: Timeouts,
    process: u32,
    type_filter: bool,
    pub(super) scripts: Option<bool>,
    without: Vec<Without>,
    pub(super) absent_replicas: u64,
}

/// What a server refused and was done without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Without {
    /// The command that was refused.
    pub command: &'static str,
    /// What that means.
    pub meaning: &'static str,
    /// Whether it bears on what a command tells.
    pub matters: bool,
}

pub(super) enum Backend {
    /// One server, of which nothing is tried again.
    Plain(Box<Node>),
    Reconnecting(Box<ReconnectingConnection>),
    Cluster(Box<Cluster>),
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
            let handshake = Handshake::Tool { replica: target.prefers_replica() };
            Backend::Cluster(Box::new(Cluster::open(target, timeouts, handshake)?))
        } else {
            Backend::Reconnecting(Box::new(ReconnectingConnection::open(target, timeouts)?))
        };
        Ok(Self::over(link, target, timeouts))
    }

    /// Connects, logs in and selects the database, and asks nothing else: for the connections of a service, whose
    /// reads the server's eviction policy should see, and which knows better itself when to try again.
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub(crate) fn open_without_handshake(target: &Target, timeouts: Timeouts) -> Result<Self> {
        let link = if target.is_cluster() {
            Backend::Cluster(Box::new(Cluster::open(target, timeouts, Handshake::Service)?))
        } else {
            Backend::Plain(Box::new(open_node(target, timeouts, Handshake::None)?))
        };
        Ok(Self::over(link, target, timeouts))
    }

    fn over(link: Backend, target: &Target, timeouts: Timeouts) -> Self {
        let mut conn = Self {
            link,
            target: target.clone(),
            timeouts,
            process: std::process::id(),
            type_filter: true,
            scripts: None,
            without: Vec::new(),
            absent_replicas: 0,
        };
        conn.type_filter = conn.at_least(6, 0);
        conn
    }

    /// A second connection to the same server.
    ///
    /// # Errors
    /// As [`Conn::open`].
    pub fn open_another(&self) -> Result<Self> {
        Self::open(&self.target, self.timeouts)
    }

    /// The server's address, without secrets.
    pub fn addr(&self) -> &str {
        match &self.link {
            Backend::Plain(node) => &node.addr,
            Backend::Reconnecting(direct) => &direct.node.addr,
            Backend::Cluster(cluster) => cluster.addr(),
        }
    }

    /// Where it was told to connect to.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The database number.
    pub fn db(&self) -> i64 {
        self.target.db()
    }

    /// What the server is, for people: `Redis 7.0.15`, `Valkey 9.1.2`. Nothing where it keeps INFO to itself.
    pub fn product(&self) -> Option<String> {
        match &self.link {
            Backend::Plain(node) => node.product.clone(),
            Backend::Reconnecting(direct) => direct.node.product.clone(),
            Backend::Cluster(cluster) => cluster.product(),
        }
    }

    /// Whether the server is at least this version of Redis, or stands in for it. One that hides its version is taken for 7.0.
    pub fn at_least(&self, major: u16, minor: u16) -> bool {
        let version = match &self.link {
            Backend::Plain(node) => node.version,
            Backend::Reconnecting(direct) => direct.node.version,
            Backend::Cluster(cluster) => cluster.version(),
        };
        version.unwrap_or((7, 0)) >= (major, minor)
    }

    /// What happened to the connection so far.
    pub fn connection_stats(&self) -> ConnectionStats {
        match &self.link {
            Backend::Plain(_) => ConnectionStats::default(),
            Backend::Reconnecting(direct) => direct.connection_stats,
            Backend::Cluster(cluster) => cluster.connection_stats,
        }
    }

    /// Whether since an earlier state of the statistics nothing was missed, no count lost, and nothing written to a server
    /// that was no longer the primary, as the sentinels or the cluster know.
    pub(crate) fn is_exact_since(&mut self, earlier: ConnectionStats) -> bool {
        match &mut self.link {
            Backend::Plain(node) => {
                if is_replaced(&self.target, self.timeouts, &node.addr) {
                    node.close();
                    return false;
                }
            }
            Backend::Reconnecting(direct) => direct.confirm_at_end(),
            Backend::Cluster(cluster) => cluster.confirm_at_end(),
        }
        self.connection_stats().is_exact_since(earlier)
    }

    /// How many replicas the sentinels or the cluster knew of primaries that had none connected, when the last run that
    /// wrote began: these were promoted a moment before, or the replicas are down.
    pub fn absent_replicas(&self) -> u64 {
        self.absent_replicas
    }

    /// Asks the sentinels or the cluster for the replicas of a primary to which none is connected.
    pub(super) fn look_for_absent_replicas(&mut self, primary: &str) -> u64 {
        let known = match (&self.link, self.target.kind()) {
            (Backend::Cluster(cluster), _) => cluster.replicas_of(primary),
            (_, Kind::Sentinel(sentinels)) => {
                sentinel::replicas(&self.target, sentinels, self.timeouts).unwrap_or(0)
            }
            _ => 0,
        };
        self.absent_replicas += known;
        known
    }

    /// How long an answer may take.
    pub(super) fn io(&self) -> Duration {
        self.timeouts.io
    }

    /// Asks the server, or each primary of a cluster, something on the connection that writes go over.
    pub(super) fn each_primary<R>(
        &mut self,
        mut ask: impl FnMut(&mut Node) -> Result<R>,
    ) -> Vec<(Arc<str>, Result<R>)> {
        match &mut self.link {
            Backend::Plain(node) => vec![(node.addr.clone(), ask(node))],
            Backend::Reconnecting(direct) => {
                let answer = direct.ask(ask);
                vec![(direct.node.addr.clone(), answer)]
            }
            Backend::Cluster(cluster) => cluster.each_primary(ask),
        }
    }

    /// Has answers say which process of the server gave them, where it tells.
    pub(crate) fn note_run_id(&mut self, replies: &mut Replies) {
        let Some(addr) = replies.addr() else { return };
        let node = match &mut self.link {
            Backend::Plain(node) => Some(&mut **node),
            Backend::Reconnecting(direct) => Some(&mut direct.node),
            Backend::Cluster(cluster) => cluster.node_at(&addr),
        };
        let Some(node) = node else { return };
        let since = node.since;
        let run_id = match node.run_id() {
            Ok(run_id) => run_id.into(),
            // Who hides it is none that was heard.
            Err(Error::Reply { .. } | Error::Server { .. }) => Arc::default(),
            Err(_) => return,
        };
        replies.note_answerer(Answerer { addr, run_id, since });
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
        let (Backend::Reconnecting(direct), None) = (&self.link, self.cluster_replica()) else {
            return self.cluster_replica().map_or(Ok(()), Err);
        };
        direct.node.replica_of().map_or(Ok(()), |primary| {
            Err(Error::Replica { addr: self.addr().to_owned(), primary: primary.to_owned() })
        })
    }

    /// The primary that this server is a replica of and has no connection to: what it holds may be old.
    pub fn lost_primary(&self) -> Option<&str> {
        let Backend::Reconnecting(direct) = &self.link else { return None };
        direct.node.replica_of().filter(|_| direct.node.primary_is_lost)
    }

    fn cluster_replica(&self) -> Option<Error> {
        (self.is_cluster() && self.target.prefers_replica())
            .then(|| Error::ReplicasOnly { addr: self.addr().to_owned() })
    }

    /// Whether SCAN tells types apart.
    pub(super) fn has_type_filter(&self) -> bool {
        self.type_filter
    }

    /// Notes that the server refuses something that is only nice to have.
    pub(crate) fn do_without(&mut self, command: &'static str, meaning: &'static str) {
        self.add_without(Without { command, meaning, matters: true });
    }

    /// The same of something without which all that is told stays true.
    pub(crate) fn do_without_unsaid(&mut self, command: &'static str, meaning: &'static str) {
        self.add_without(Without { command, meaning, matters: false });
    }

    fn add_without(&mut self, without: Without) {
        if !self.without.iter().any(|known| known.command == without.command) {
            self.without.push(without);
        }
    }

    /// What the server refused and was done without so far.
    pub fn without(&self) -> &[Without] {
        &self.without
    }

    /// SCAN turned out to know no TYPE.
    pub(super) fn drop_type_filter(&mut self) {
        self.do_without("SCAN with TYPE", "the type of each key is asked for");
        self.type_filter = false;
    }

    /// Whether it can be used by somebody else: it is open, and every answer was read.
    pub(crate) fn is_idle(&self) -> bool {
        match &self.link {
            Backend::Plain(node) => node.is_idle(),
            Backend::Reconnecting(direct) => direct.node.is_idle(),
            // It looks at each node's connection before it uses it.
            Backend::Cluster(_) => true,
        }
    }

    /// Whether this process made it. A fork has its parent's connections, too: who used one would take the answers that are
    /// meant for the other. What is dropped here stays open there.
    pub(crate) fn is_ours(&self) -> bool {
        self.process == std::process::id()
    }

    /// Gives up what is under way. The next command goes over another connection, where this one makes another.
    pub(crate) fn close(&mut self) {
        match &mut self.link {
            Backend::Plain(node) => node.close(),
            Backend::Reconnecting(direct) => direct.node.close(),
            Backend::Cluster(cluster) => cluster.close(),
        }
    }

    /// Sends the pipeline at the back.
    pub(super) fn send(&mut self, flights: &mut VecDeque<Flight>) -> Result<()> {
        match &mut self.link {
            Backend::Plain(node) => {
                let Some(pipe) = flights.back().map(|flight| &flight.pipe) else { return Ok(()) };
                let first = pipe.commands().first().map_or("a command", |sent| sent.name());
                node.write(pipe.bytes(), pipe.len(), first)
            }
            Backend::Reconnecting(direct) => {
                direct.send(flights);
                Ok(())
            }
            Backend::Cluster(_) => Ok(()),
        }
    }

    /// Waits for the answers of the pipeline at the front.
    pub(super) fn receive(&mut self, flights: &mut VecDeque<Flight>) -> Result<Vec<Answer>> {
        let Some(flight) = flights.front() else { return Ok(Vec::new()) };
        match &mut self.link {
            Backend::Plain(node) => {
                let read = |sent: &Sent| Ok((Ok(node.read(sent.name())?), node.addr.clone()));
                flight.pipe.commands().iter().map(read).collect()
            }
            Backend::Reconnecting(direct) => {
                direct.receive(flights)?;
                let answers = flights.front_mut().map(|flight| std::mem::take(&mut flight.answers));
                Ok(answers.unwrap_or_default())
            }
            Backend::Cluster(cluster) => cluster.run(&flight.pipe),
        }
    }

    /// How to connect to the server that holds the slot of `key` now, as sentinels or a cluster know, and how it is shown.
    ///
    /// # Errors
    /// As [`Conn::open`], and [`Error::CrossSlot`] in a cluster without a key.
    #[cfg(feature = "tokio")]
    pub(crate) fn home_of(
        target: &Target,
        key: Option<&[u8]>,
        timeouts: Timeouts,
    ) -> Result<(redis::ConnectionInfo, Arc<str>)> {
        Self::open_without_handshake(target, timeouts)?.home(key)
    }

    /// How to connect to the server that holds a slot, that of `key`. Only in a cluster it matters.
    #[cfg(feature = "tokio")]
    fn home(mut self, key: Option<&[u8]>) -> Result<(redis::ConnectionInfo, Arc<str>)> {
        let of = |node: &Node| (node.info.clone(), Arc::clone(&node.addr));
        Ok(match &mut self.link {
            Backend::Plain(node) => of(node),
            Backend::Reconnecting(direct) => of(&direct.node),
            Backend::Cluster(cluster) => of(&cluster.home(key, "memoize")?),
        })
    }

    /// A connection of its own in MONITOR, to the server that holds the slot of `key`; in a cluster without a key one to each primary,
    /// or why there is none.
    pub(super) fn listen(&mut self, key: Option<&[u8]>) -> Result<Vec<Result<Node>>> {
        let nodes = match (&mut self.link, key) {
            (Backend::Cluster(cluster), Some(key)) => vec![cluster.home(Some(key), "MONITOR")],
            (Backend::Cluster(cluster), None) => cluster.open_primaries()?,
            _ => vec![open_node(&self.target, self.timeouts, Handshake::Tool { replica: false })],
        };
        let listening = |mut node: Node| {
            node.one(command::MONITOR, &[])?.ok()?;
            node.wait_for_ever()?;
            Ok(node)
        };
        Ok(nodes.into_iter().map(|node| node.and_then(listening)).collect())
    }
}
