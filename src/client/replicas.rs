//! Whether what a run wrote has come to the replicas: done means replicated.
//!
//! A replica that is promoted stops copying before any sentinel names it, so that nothing but the replicas' own word
//! tells whether a write outlives its primary. WAIT minds what its connection wrote last; a mark that an earlier run set,
//! or a connection that broke, is not written again. So what has to have come there is all that the primary had when
//! the run ended, and WAIT has it asked for.

use super::command;
use super::conn::Conn;
use super::node::{Node, field};
use super::pipe::Pipe;
use super::reply::{Replies, Reply};
use super::retry::{ConnectionStats, mends};
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many replicas no primary has.
const MORE_THAN_THERE_ARE: u64 = 1 << 20;

/// How often it is looked what the replicas have, where the answer to WAIT says less.
const RECHECK: Duration = Duration::from_millis(20);

/// A run that began: what its end is held against.
pub(crate) struct Began {
    connection_stats: ConnectionStats,
    /// How many replicas have to confirm; none where nothing is written.
    wanted: u32,
    /// For each primary whether it has replicas: connected to it, or known to its sentinels.
    has_replicas: HashMap<Arc<str>, bool>,
}

/// How a run ended that was carried out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    /// Nothing was missed, no count lost, and nothing written to a server that was no longer the primary.
    pub(crate) is_exact: bool,
    /// How many replicas confirmed, of the primary with the fewest that has any; none where there are none, or nobody
    /// asked.
    pub(crate) replicated: Option<u64>,
    /// As many confirmed as had to.
    pub(crate) is_replicated: bool,
}

impl Ended {
    /// Whether what was done is known, and stays.
    pub(crate) fn is_sure(&self) -> bool {
        self.is_exact && self.is_replicated
    }
}

/// What a primary says of its replicas.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Replicas {
    /// It is a replica itself by now.
    is_replica: bool,
    connected: u64,
    /// How much the primary has written.
    offset: Option<u64>,
    /// How much of it each has, where that is told.
    offsets: Vec<u64>,
}

/// What came of waiting at one primary.
enum Waited {
    Confirmed(u64),
    /// It has no replicas.
    Alone,
    Refused,
}

impl Conn {
    /// Notes what the end of a run is held against; where replicas have to confirm, which primaries have some.
    ///
    /// # Errors
    /// Connection errors.
    pub(crate) fn begin(&mut self, wanted: u32) -> Result<Began> {
        let connection_stats = self.connection_stats();
        let mut has_replicas = HashMap::new();
        self.absent_replicas = 0;
        if wanted > 0 {
            let answers = match self.is_cluster() {
                true => self.each_primary(Replicas::ask),
                // Over whichever connection comes, should this one have broken meanwhile.
                false => {
                    let replicas = Replicas::read(&mut self.run(&Replicas::question())?);
                    vec![(self.addr().into(), replicas)]
                }
            };
            for (addr, replicas) in answers {
                match replicas {
                    Ok(replicas) => {
                        // One that was promoted a moment ago has none yet: what the deployment has, the sentinels or
                        // the cluster know.
                        let has = replicas.connected > 0 || self.look_for_absent_replicas(&addr) > 0;
                        has_replicas.insert(addr, has);
                    }
                    // One that is down is replaced, or comes back: its replicas show at the end.
                    Err(error) if mends(&error) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(Began { connection_stats, wanted, has_replicas })
    }

    /// Ends a run: waits, for no longer than for any answer, until the replicas have what was written, and then looks
    /// whether this still is the primary.
    pub(crate) fn end(&mut self, began: &Began) -> Ended {
        let replicated = if began.has_replicas.values().any(|has| *has) { self.wait(began) } else { None };
        let is_replicated = replicated.is_none_or(|confirmed| confirmed >= u64::from(began.wanted));
        Ended { is_exact: self.is_exact_since(began.connection_stats), replicated, is_replicated }
    }

    fn wait(&mut self, began: &Began) -> Option<u64> {
        let io = self.io();
        // An answer that is waited for to the last moment comes too late.
        let end = Instant::now() + io.mul_f64(0.9);
        let waited = self.each_primary(|node| match began.has_replicas.get(&node.addr) {
            Some(false) => Ok(Waited::Alone),
            known => {
                node.set_io_timeout(io)?;
                wait_at(node, u64::from(began.wanted), known.is_some(), end)
            }
        });
        let mut least: Option<u64> = None;
        for (_, waited) in waited {
            match waited {
                Ok(Waited::Confirmed(count)) => least = Some(least.map_or(count, |it| it.min(count))),
                Ok(Waited::Alone) => {}
                Ok(Waited::Refused) => {
                    self.do_without_unsaid(
                        "WAIT",
                        "it is not known whether the replicas have what was written",
                    );
                }
                // Whoever cannot be asked has confirmed nothing.
                Err(_) => least = Some(0),
            }
        }
        least
    }

    /// Whether the server takes WAIT, where it has replicas to wait for.
    ///
    /// # Errors
    /// Connection errors.
    pub(crate) fn waits_for_replicas(&mut self) -> Result<bool> {
        let replicas = Replicas::read(&mut self.run(&Replicas::question())?)?;
        Ok(replicas.connected == 0 || !self.one(command::WAIT, &[b"0", b"1"])?.is_refused())
    }
}

/// Waits until enough replicas of a primary have all that it has written up to now.
fn wait_at(node: &mut Node, wanted: u64, had_replicas: bool, end: Instant) -> Result<Waited> {
    let there = Replicas::ask(node)?;
    if there.connected == 0 && !had_replicas {
        return Ok(Waited::Alone);
    }
    let (mut replicas, mut longest) = (wanted, Duration::MAX);
    loop {
        let left = end.saturating_duration_since(Instant::now()).min(longest);
        // Zero would be for ever.
        let millis = left.as_millis().max(1).to_string();
        let answered =
            match node.one(command::WAIT, &[replicas.to_string().as_bytes(), millis.as_bytes()])?.count() {
                // A replica refuses it, too.
                Err(error @ Error::Server { .. }) if !mends(&error) => {
                    return Replicas::ask(node).map(|_| Waited::Refused);
                }
                answered => answered?,
            };
        let confirmed = match (there.offset, Replicas::ask(node)?.offsets) {
            (Some(offset), offsets) if !offsets.is_empty() || answered == 0 => {
                offsets.iter().filter(|has| **has >= offset).count() as u64
            }
            _ => answered,
        };
        if confirmed >= wanted || Instant::now() >= end {
            return Ok(Waited::Confirmed(confirmed));
        }
        // A connection that wrote nothing itself is answered at once. Asked for more than can be, the server asks its
        // replicas.
        (replicas, longest) = (MORE_THAN_THERE_ARE, RECHECK);
    }
}

impl Replicas {
    fn question() -> Pipe {
        let mut pipe = Pipe::new();
        pipe.push(command::INFO, &[b"replication"]);
        pipe.push(command::ROLE, &[]);
        pipe
    }

    /// Asks a primary. One that is none any more is no answer: who took its place is to be asked.
    fn ask(node: &mut Node) -> Result<Self> {
        let values = node.ask(&Self::question())?;
        let replicas =
            Self::read(&mut Replies::of(values, &[command::INFO, command::ROLE], &node.addr, |_| None))?;
        match replicas.is_replica {
            true => Err(Error::NoPrimary {
                addr: node.addr.to_string(),
                reason: "it has become a replica".to_owned(),
            }),
            false => Ok(replicas),
        }
    }

    /// By INFO, or by ROLE where INFO is refused; who refuses both has none that are known.
    fn read(replies: &mut Replies) -> Result<Self> {
        let (info, role) = (replies.one()?, replies.one()?);
        let info = info.bytes().ok().flatten().unwrap_or_default();
        Ok(Self::of_info(&String::from_utf8_lossy(&info)).or_else(|| Self::of_role(role)).unwrap_or_default())
    }

    fn of_info(info: &str) -> Option<Self> {
        let connected = field(info, "connected_slaves")?.parse().ok()?;
        let offset = field(info, "master_repl_offset").and_then(|offset| offset.parse().ok());
        let replicas = (0..connected).filter_map(|n| field(info, &format!("slave{n}")));
        let offset_of = |replica: &str| {
            let offset = replica.split(',').find_map(|part| part.strip_prefix("offset="));
            offset.and_then(|offset| offset.parse().ok())
        };
        let is_replica = field(info, "role") == Some("slave");
        Some(Self { is_replica, connected, offset, offsets: replicas.filter_map(offset_of).collect() })
    }

    fn of_role(reply: Reply) -> Option<Self> {
        let mut parts = reply.list().ok()?.into_iter();
        let role = parts.next()?.bytes().ok()??;
        if role == b"slave" {
            return Some(Self { is_replica: true, ..Self::default() });
        }
        let offset = parts.next()?.count().ok();
        let replicas = parts.next()?.list().ok()?;
        let connected = replicas.len() as u64;
        let offset_of = |replica: Reply| {
            let offset = replica.strings().ok()?.pop()?;
            std::str::from_utf8(&offset).ok()?.parse().ok()
        };
        let offsets = replicas.into_iter().filter_map(offset_of).collect();
        Some(Self { is_replica: false, connected, offset, offsets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::parse_redis_value;

    #[test]
    fn replicas_are_read_from_info_and_from_role() {
        let info = "# Replication\r\nrole:master\r\nconnected_slaves:2\r\n\
            slave0:ip=10.0.0.1,port=6379,state=online,offset=90,lag=0\r\n\
            slave1:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=0\r\nmaster_repl_offset:100\r\n";
        let expected = Replicas { is_replica: false, connected: 2, offset: Some(100), offsets: vec![90, 0] };
        assert_eq!(Replicas::of_info(info), Some(expected));
        assert_eq!(Replicas::of_info(""), None);
        let role = |text: &[u8]| {
            let value = parse_redis_value(text).unwrap();
            Replicas::of_role(Reply::new(value, "ROLE", "h".into()))
        };
        let primary = b"*3\r\n$6\r\nmaster\r\n:100\r\n*1\r\n*3\r\n$1\r\nh\r\n$4\r\n6379\r\n$2\r\n90\r\n";
        let expected = Replicas { connected: 1, offset: Some(100), offsets: vec![90], ..Replicas::default() };
        assert_eq!(role(primary), Some(expected));
        let replica = b"*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:6379\r\n$9\r\nconnected\r\n:100\r\n";
        assert!(role(replica).unwrap().is_replica);
        assert_eq!(role(b"-NOPERM no\r\n"), None);
    }
}
