//! A Redis Cluster: each command goes to the node that owns its slot, a pipeline to all of them side by side.
//!
//! Answers come in the order of the commands, but nodes do not wait for each other: a [barrier](Pipe::barrier) in a
//! pipeline is where the one must have been answered before the other is sent. Slots move and nodes fail while this
//! runs, so MOVED, ASK, TRYAGAIN and CLUSTERDOWN are followed or waited for, within the time of one answer.
//!
//! What a namespace without a hash tag loses here, as its keys lie in several slots:
//! - 0.0.9's tag invalidation drops the members in one step with the marks. Here the marks are set and the members stay:
//!   an index that names too much costs memory, one that names too little loses invalidations.
//! - Marking what is in progress and deleting a value are two steps, the mark first and answered.
//! - Expiring deletes the value first and removes the entry last, while it is still due; marks stay (the next reader
//!   takes one and recomputes, as it would have to). A value refreshed in between is computed once more.
//!
//! With a hash tag in the prefix (`{CM}:`, under `classic`) all of it happens in one step, as on a single server.

mod map;
mod route;
mod scan;

use super::node::{Handshake, Node};
use super::pipe::Pipe;
use super::retry::{Backoff, ConnectionStats, may_mend};
use super::target::{Kind, Target, Timeouts};
use crate::client::command;
use crate::client::slot::slot;
use crate::error::{Error, Result};
use map::{Addr, Map};
use redis::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub(super) struct Cluster {
    target: Target,
    timeouts: Timeouts,
    handshake: Handshake,
    shown: String,
    map: Map,
    nodes: HashMap<Addr, Member>,
    /// The process last seen at each address.
    processes: HashMap<Addr, (Option<String>, u32)>,
    identities: u32,
    scans: scan::Scans,
    version: Option<(u16, u16)>,
    pub(super) connection_stats: ConnectionStats,
}

/// A node that is connected, and which of its processes that is: cursors mean nothing to another.
struct Member {
    node: Node,
    identity: u32,
}

impl Cluster {
    pub(super) fn open(target: &Target, timeouts: Timeouts, handshake: Handshake) -> Result<Self> {
        let mut cluster = Self {
            target: target.clone(),
            timeouts,
            handshake,
            shown: target.to_string(),
            map: Map::default(),
            nodes: HashMap::new(),
            processes: HashMap::new(),
            identities: 0,
            scans: scan::Scans::default(),
            version: None,
            connection_stats: ConnectionStats::default(),
        };
        cluster.refresh()?;
        cluster.version = cluster.nodes.values().filter_map(|member| member.node.version).min();
        Ok(cluster)
    }

    pub(super) fn addr(&self) -> &str {
        &self.shown
    }

    /// What its nodes are, for people; in the middle of an upgrade that may be several.
    pub(super) fn product(&self) -> Option<String> {
        let all: BTreeSet<_> =
            self.nodes.values().filter_map(|member| member.node.product.as_deref()).collect();
        (!all.is_empty()).then(|| all.into_iter().collect::<Vec<_>>().join(" and "))
    }

    pub(super) fn version(&self) -> Option<(u16, u16)> {
        self.version
    }

    /// The connection to a node that is to be asked something. One that broke, or on which answers of an earlier question
    /// were left, is made anew.
    fn member(&mut self, addr: &Addr) -> Result<&mut Member> {
        if !self.nodes.get(addr).is_some_and(|member| member.node.is_idle()) {
            let shown = self.target.shown(&addr.0, addr.1);
            let info = self.target.node(&addr.0, addr.1);
            let node = Node::connect(info, &shown, self.timeouts, self.handshake)?;
            let (stats, now) = (&mut self.connection_stats, node.run_id.as_deref());
            let known =
                self.processes.get(addr).filter(|(run_id, _)| stats.note_process(run_id.as_deref(), now));
            let identity = known.map(|(_, identity)| *identity).unwrap_or_else(|| {
                self.identities += 1;
                self.identities
            });
            self.processes.insert(addr.clone(), (node.run_id.clone(), identity));
            self.nodes.insert(addr.clone(), Member { node, identity });
        }
        self.nodes
            .get_mut(addr)
            .ok_or_else(|| Error::Connect { addr: self.shown.clone(), reason: "the node is gone".to_owned() })
    }

    /// Asks each primary something, one after the other.
    pub(super) fn each_primary<R>(
        &mut self,
        ask: impl FnMut(&mut Node) -> Result<R>,
    ) -> Vec<(Arc<str>, Result<R>)> {
        self.each(|_, primary| primary.clone(), ask)
    }

    /// Asks something for each primary where `place` says, one after the other. Where one fails over or loads, it or whoever
    /// takes over is asked again, within the time of one answer.
    fn each<R>(
        &mut self,
        place: impl Fn(&Self, &Addr) -> Addr,
        mut ask: impl FnMut(&mut Node) -> Result<R>,
    ) -> Vec<(Arc<str>, Result<R>)> {
        let mut backoff = Backoff::new(self.timeouts.io);
        let mut answers: HashMap<Addr, Result<R>> = HashMap::new();
        loop {
            // Where nobody tells who the primaries are by now, those that were are asked.
            let _ = self.refresh();
            let mut primaries = self.map.primaries.clone();
            answers.retain(|addr, answer| primaries.contains(addr) && !may_mend(answer));
            primaries.retain(|addr| !answers.contains_key(addr));
            for addr in primaries {
                let place = place(self, &addr);
                let answer = self.member(&place).and_then(|member| ask(&mut member.node));
                answers.insert(addr, answer);
            }
            if !answers.values().any(may_mend) || !backoff.pause() {
                break;
            }
        }
        let shown = |addr: Addr| Arc::from(self.target.shown(&addr.0, addr.1));
        answers.into_iter().map(|(addr, answer)| (shown(addr), answer)).collect()
    }

    /// The connection to the node that is shown so.
    pub(super) fn node_at(&mut self, addr: &str) -> Option<&mut Node> {
        self.nodes.values_mut().map(|member| &mut member.node).find(|node| *node.addr == *addr)
    }

    /// Gives up all connections: each is made anew when it is needed.
    pub(super) fn close(&mut self) {
        self.nodes.clear();
    }

    /// How many replicas of a primary the cluster knows that have not failed.
    pub(super) fn replicas_of(&self, primary: &str) -> u64 {
        let mut primaries = self.map.primaries.iter();
        let is_it = |addr: &&Addr| self.target.shown(&addr.0, addr.1) == primary;
        primaries.find(is_it).map_or(0, |addr| self.map.replicas(addr).len() as u64)
    }

    /// Another connection to the primary that holds the slot of `key`; without one, there is no such primary.
    pub(super) fn home(&mut self, key: Option<&[u8]>, what: &str) -> Result<Node> {
        let Some(slot) = key.map(slot) else { return Err(Error::CrossSlot { what: what.to_owned() }) };
        self.refresh()?;
        let addr = self.map.owner(slot).cloned().ok_or_else(|| self.unowned())?;
        self.open_another(&addr)
    }

    /// Another connection to each primary, or why there is none.
    pub(super) fn open_primaries(&mut self) -> Result<Vec<Result<Node>>> {
        self.refresh()?;
        Ok(self.map.primaries.iter().map(|addr| self.open_another(addr)).collect())
    }

    fn open_another(&self, (host, port): &Addr) -> Result<Node> {
        let shown = self.target.shown(host, *port);
        Node::connect(self.target.node(host, *port), &shown, self.timeouts, self.handshake)
    }

    fn unowned(&self) -> Error {
        Error::Connect { addr: self.shown.clone(), reason: "a slot has no owner".to_owned() }
    }

    /// The node that answers for a primary: itself, or where replicas are wanted one of its.
    fn reader(&self, primary: &Addr) -> Addr {
        let replica = if self.target.prefers_replica() { self.map.replica(primary) } else { None };
        replica.unwrap_or(primary).clone()
    }

    /// Reads the slots anew, from whoever answers first.
    fn refresh(&mut self) -> Result<()> {
        let mut asked: Vec<Addr> = self.nodes.keys().cloned().collect();
        asked.extend(self.map.primaries.iter().cloned());
        if let Kind::Cluster { seeds } = self.target.kind() {
            asked.extend(seeds.iter().cloned());
        }
        let (mut why, mut refusal) = (Vec::new(), None);
        let mut seen = std::collections::HashSet::new();
        for addr in asked.into_iter().filter(|addr| seen.insert(addr.clone())) {
            match self.view_of(&addr) {
                Ok(map) if map.is_whole() || self.map.primaries.is_empty() && !map.primaries.is_empty() => {
                    self.take(map);
                    return Ok(());
                }
                Ok(_) => why.push(format!("{}:{} does not know all slots", addr.0, addr.1)),
                Err(error @ Error::Server { .. }) => refusal = refusal.or(Some(error)),
                Err(error) => why.push(error.to_string()),
            }
        }
        Err(refusal.unwrap_or_else(|| Error::Connect { addr: self.shown.clone(), reason: why.join("; ") }))
    }

    fn view_of(&mut self, addr: &Addr) -> Result<Map> {
        let mut pipe = Pipe::new();
        pipe.push(command::CLUSTER_NODES, &[]);
        let share = self.timeouts.io / 3;
        let io = self.timeouts.io;
        let member = self.member(addr)?;
        member.node.set_io_timeout(share)?;
        let answer = member.node.ask(&pipe);
        let reset = member.node.set_io_timeout(io);
        let value = answer.inspect_err(|_| drop(self.nodes.remove(addr)))?.pop();
        reset?;
        match value {
            Some(Value::BulkString(text)) => Ok(Map::parse(&String::from_utf8_lossy(&text), addr)),
            Some(Value::VerbatimString { text, .. }) => Ok(Map::parse(&text, addr)),
            Some(Value::ServerError(refusal)) => Err(Error::Server {
                addr: self.target.shown(&addr.0, addr.1),
                command: "CLUSTER NODES".to_owned(),
                code: refusal.code().to_owned(),
                message: refusal.details().unwrap_or_default().to_owned(),
            }),
            _ => Ok(Map::default()),
        }
    }

    /// The slots as their owners themselves say, and which of them are on their way.
    fn view(&mut self) -> Result<Map> {
        let mut backoff = Backoff::new(self.timeouts.io);
        loop {
            match self.gather() {
                Err(error) if !super::retry::mends(&error) || !backoff.pause() => return Err(error),
                Err(_) => {}
                Ok(map) => return Ok(map),
            }
        }
    }

    /// Finds out at the end of the work whether a primary was replaced on the way: MOVED leads on without saying why.
    pub(super) fn confirm_at_end(&mut self) {
        // Who cannot be asked now was there for the work.
        let _ = self.refresh();
    }

    fn gather(&mut self) -> Result<Map> {
        self.refresh()?;
        let mut view = self.map.clone();
        view.leaving.clear();
        view.forget_epochs();
        for addr in self.map.primaries.clone() {
            match self.view_of(&addr) {
                Ok(own) => view.believe(&own),
                // It is about to be replaced; who replaces it shows in the next view.
                Err(error) if super::retry::mends(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.take(view.clone());
        Ok(view)
    }

    /// Goes by another map from here on. A primary that is none any more may have forgotten what it acknowledged last.
    fn take(&mut self, map: Map) {
        let lost = self.map.primaries.iter().filter(|addr| map.has_lost(addr)).count();
        self.connection_stats.replaced += lost as u64;
        self.map = map;
    }
}
