//! Asking sentinels where the data are.
//!
//! Over plain timed connections, one after another: a dead or silent sentinel costs its share of the connect timeout
//! and no more. What a sentinel says is believed only when the server it names says the same of itself.

use super::command;
use super::node::{Handshake, Node};
use super::target::{Sentinels, Target, Timeouts};
use crate::error::{Error, Result};

/// Connects to the primary of the service, or to one of its replicas.
pub(super) fn open(
    target: &Target,
    sentinels: &Sentinels,
    timeouts: Timeouts,
    handshake: Handshake,
) -> Result<Node> {
    let mut why = Vec::new();
    let (mut refusal, mut believed) = (None, false);
    // A part of the time for those who do not answer: the one that does is still to be reached.
    let share = timeouts.connect / 3;
    for (host, port) in &sentinels.hosts {
        let patience = Timeouts { connect: share, io: share.min(timeouts.io) };
        let addr = format!("sentinel {host}:{port}");
        let asked = Node::connect(target.sentinel(sentinels, host, *port), &addr, patience, Handshake::None)
            .and_then(|mut sentinel| servers(&mut sentinel, sentinels, target.prefers_replica()));
        match asked {
            Ok(servers) if servers.is_empty() => why.push(format!("{addr} knows no {}", wanted(target))),
            Ok(servers) => {
                believed = true;
                for (host, port) in servers {
                    match server(target, (&host, port), timeouts, handshake) {
                        Ok(node) => return Ok(node),
                        Err(error @ Error::Server { .. }) => return Err(error),
                        Err(error) => why.push(error.to_string()),
                    }
                }
            }
            Err(error @ Error::Server { .. }) => {
                why.push(error.to_string());
                refusal = refusal.or(Some(error));
            }
            Err(error) => why.push(error.to_string()),
        }
    }
    match refusal {
        // All who answered refused: their refusal says what is to be done.
        Some(refusal) if !believed => Err(refusal),
        _ => Err(Error::NoPrimary { addr: target.to_string(), reason: why.join("; ") }),
    }
}

/// Where the first sentinel that answers says the primary is, as it is shown; none where none answers.
pub(super) fn named(target: &Target, sentinels: &Sentinels, timeouts: Timeouts) -> Option<String> {
    first(target, sentinels, timeouts, |sentinel| {
        let (host, port) = servers(sentinel, sentinels, false).ok()?.pop()?;
        Some(target.shown(&host, port))
    })
}

/// How many replicas the first sentinel that answers knows the service to have, those that are down included; none where
/// none answers.
pub(super) fn replicas(target: &Target, sentinels: &Sentinels, timeouts: Timeouts) -> Option<u64> {
    first(target, sentinels, timeouts, |sentinel| {
        let known =
            sentinel.one(command::SENTINEL_REPLICAS, &[sentinels.service.as_bytes()]).ok()?.list().ok()?;
        Some(known.into_iter().filter_map(|replica| replica.strings().ok()).count() as u64)
    })
}

/// What the first sentinel that answers says.
fn first<R>(
    target: &Target,
    sentinels: &Sentinels,
    timeouts: Timeouts,
    ask: impl Fn(&mut Node) -> Option<R>,
) -> Option<R> {
    let share = timeouts.connect / 3;
    let patience = Timeouts { connect: share, io: share.min(timeouts.io) };
    sentinels.hosts.iter().find_map(|(host, port)| {
        let info = target.sentinel(sentinels, host, *port);
        let addr = format!("sentinel {host}:{port}");
        ask(&mut Node::connect(info, &addr, patience, Handshake::None).ok()?)
    })
}

fn wanted(target: &Target) -> &'static str {
    if target.prefers_replica() { "replica of the service" } else { "such service" }
}

fn server(
    target: &Target,
    (host, port): (&str, u16),
    timeouts: Timeouts,
    handshake: Handshake,
) -> Result<Node> {
    let addr = target.shown(host, port);
    let mut node = Node::connect(target.node(host, port), &addr, timeouts, handshake)?;
    if node.is_replica()? == target.prefers_replica() {
        return Ok(node);
    }
    let reason = match target.prefers_replica() {
        false => format!("{addr} is named as the primary but is a replica (a failover is under way)"),
        true => format!("{addr} is named as a replica but is a primary"),
    };
    Err(Error::NoPrimary { addr: target.to_string(), reason })
}

/// The addresses that a sentinel names.
fn servers(sentinel: &mut Node, sentinels: &Sentinels, replicas: bool) -> Result<Vec<(String, u16)>> {
    let command =
        if replicas { command::SENTINEL_REPLICAS } else { command::SENTINEL_GET_MASTER_ADDR_BY_NAME };
    let reply = sentinel.one(command, &[sentinels.service.as_bytes()])?;
    if !replicas {
        let texts: Vec<_> = reply.strings()?.into_iter().map(|text| lossy(&text)).collect();
        let [host, port] = &texts[..] else { return Ok(Vec::new()) };
        return Ok(port.parse().map(|port| vec![(host.clone(), port)]).unwrap_or_default());
    }
    let mut servers = Vec::new();
    for replica in reply.list()? {
        let fields: Vec<_> = replica.strings()?.into_iter().map(|text| lossy(&text)).collect();
        let field = |name: &str| {
            let pairs = fields.chunks_exact(2);
            pairs.into_iter().find(|pair| pair[0] == name).map_or("", |pair| pair[1].as_str())
        };
        let down = ["down", "disconnected"].iter().any(|flag| field("flags").contains(flag));
        if let (false, Ok(port)) = (down, field("port").parse()) {
            servers.push((field("ip").to_owned(), port));
        }
    }
    Ok(servers)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
