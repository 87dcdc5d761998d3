//! The server's limits, and who listens on it.

use super::super::server::Server;
use super::super::{Observed, Sample};
use super::clock::by_purge;
use super::{Finding, Severity, bytes};
use crate::text;
use crate::text::counted;

/// Below this much memory fragmentation means nothing.
const WORTH_IT: u64 = 100_000_000;

/// What is found on the server; in a cluster on some of its primaries, told as one.
pub(super) fn found(observed: &Observed, of: fn(&Observed, &Server) -> Option<Finding>) -> Option<Finding> {
    let found = |server| of(observed, server).map(|finding| (server, finding));
    let mut found: Vec<(&Server, Finding)> = observed.servers.iter().filter_map(found).collect();
    if observed.servers.len() < 2 {
        return found.pop().map(|(_, finding)| finding);
    }
    let (_, first) = found.first()?;
    let each = |(server, finding): &(&Server, Finding)| {
        format!("{}: {} ({})", server.addr, finding.title, finding.detail)
    };
    let all_alike =
        found.iter().all(|(_, finding)| (&finding.title, &finding.detail) == (&first.title, &first.detail));
    let addrs: Vec<&str> = found.iter().map(|(server, _)| &*server.addr).collect();
    let detail = match all_alike {
        true => format!("{} (on {})", first.detail, addrs.join(", ")),
        false => found.iter().map(each).collect::<Vec<_>>().join("; "),
    };
    let which = format!("{} of {} primaries", found.len(), observed.servers.len());
    let fix = if first.fix.is_empty() { String::new() } else { format!("{} (on each of these)", first.fix) };
    let count = found.iter().map(|(_, finding)| finding.count).sum();
    Some(Finding { title: format!("{which}: {}", first.title), detail, count, fix, ..first.clone() })
}

fn maxmemory(server: &Server) -> Option<u64> {
    server.info.number("maxmemory")
}

fn policy(server: &Server) -> &str {
    server.info.get("maxmemory_policy").unwrap_or_default()
}

fn without_eviction(observed: &Observed) -> String {
    observed.target.redis_cli("CONFIG SET maxmemory-policy noeviction")
}

pub(super) fn old(_: &Observed, server: &Server) -> Option<Finding> {
    let info = &server.info;
    let unknown = &server.unknown;
    (info.get("redis_version").is_some_and(is_old) || !unknown.is_empty()).then(|| Finding {
        id: "old-server",
        severity: Severity::Error,
        title: match unknown[..] {
            [] => format!("{} is too old", info.product()),
            _ => format!("{} does not know {}", info.product(), unknown.join(" and ")),
        },
        detail: "the library invalidates with UNLINK, which came with 4.0; 0.1.1 reads with EVAL, and so does every sweep; \
                 with servers before 5.0 nothing was tried"
            .to_owned(),
        count: (unknown.len() as u64).max(1),
        fix: "upgrade the server to 6.2 or later; take rename-command out of its configuration".to_owned(),
    })
}

pub(super) fn refuses_wait(observed: &Observed) -> Option<Finding> {
    observed.refuses_wait.then(|| Finding {
        id: "replicas-not-confirmed",
        severity: Severity::Info,
        title: "the server refuses WAIT".to_owned(),
        detail:
            "it has replicas, and this tool cannot check whether they have received a write: a failover may \
             undo what was reported as complete"
                .to_owned(),
        count: 1,
        fix: "allow WAIT to the users that run invalidate, purge, gc and keys restore".to_owned(),
    })
}

pub(super) fn unseen(_: &Observed, server: &Server) -> Option<Finding> {
    let refused = &server.refused;
    (!refused.is_empty()).then(|| Finding {
        id: "server-not-looked-at",
        severity: Severity::Info,
        title: format!("the server refuses {}", refused.join(" and ")),
        detail: "INFO shows its version, its memory limit and what it evicts, COMMAND INFO whether it knows \
                 what the library needs, SLOWLOG GET what was slow: what is refused was not checked"
            .to_owned(),
        count: refused.len() as u64,
        fix: format!("allow {}, or run doctor as a user who may", refused.join(" and ")),
    })
}

pub(super) fn no_limit(observed: &Observed, server: &Server) -> Option<Finding> {
    (maxmemory(server)? == 0).then(|| Finding {
        id: "no-maxmemory",
        severity: Severity::Info,
        title: "the server has no memory limit".to_owned(),
        detail: "cacheme 0.0.9 to 0.1.1 set no expiry of Redis's own, so only sweeps free what they store"
            .to_owned(),
        count: 1,
        fix: format!(
            "set maxmemory in the server's configuration, and sweep on a timer: `{}` every few hours; {}",
            observed.command("gc --yes"),
            by_purge(observed, |purge| format!("`{purge}` every few minutes"))
        ),
    })
}

pub(super) fn volatile_policy(observed: &Observed, server: &Server) -> Option<Finding> {
    let policy = policy(server);
    (maxmemory(server)? > 0 && policy.starts_with("volatile-")).then(|| Finding {
        id: "volatile-policy",
        severity: Severity::Warning,
        title: format!("{policy} cannot evict this cache"),
        detail:
            "it evicts only keys with an expiry of Redis's own, which the library never sets: at maxmemory \
             writes fail"
                .to_owned(),
        count: 1,
        fix: format!(
            "sweep, and have the server refuse writes rather than evict keys (for allkeys-* see \
             evictable-marks): {}",
            without_eviction(observed)
        ),
    })
}

pub(super) fn evicts_marks(observed: &Observed, server: &Server) -> Option<Finding> {
    let policy = policy(server);
    (maxmemory(server)? > 0 && policy.starts_with("allkeys-")).then(|| Finding {
        id: "evictable-marks",
        severity: Severity::Warning,
        title: format!("{policy} may evict tags and pending invalidations"),
        detail: "all marks are one Redis key, and so is each tag: when one is evicted its invalidations are lost, and \
                 stale values are valid again"
            .to_owned(),
        count: 1,
        fix: format!("sweep, and have the server refuse writes rather than evict keys: {}", without_eviction(observed)),
    })
}

pub(super) fn evicted(observed: &Observed, server: &Server) -> Option<Finding> {
    let evicted = server.info.number("evicted_keys")?;
    (evicted > 0).then(|| Finding {
        id: "evicted-keys",
        severity: Severity::Warning,
        title: format!("the server evicted {}", counted(evicted, "key", "keys")),
        detail: "of any application, since it started; an evicted tag loses its invalidations".to_owned(),
        count: evicted,
        fix: format!("give it more memory, or free some: `{}`", observed.command("gc")),
    })
}

pub(super) fn full(observed: &Observed, server: &Server) -> Option<Finding> {
    let (limit, used) = (maxmemory(server)?, server.info.number("used_memory")?);
    (limit > 0 && used >= limit / 10 * 9).then(|| Finding {
        id: "near-maxmemory",
        severity: Severity::Warning,
        title: "the server is near its memory limit".to_owned(),
        detail: format!("{} of {}", bytes(used), bytes(limit)),
        count: used,
        fix: format!("`{}`; {}", observed.command("gc"), by_purge(observed, |purge| format!("`{purge}`"))),
    })
}

pub(super) fn fragmented(observed: &Observed, server: &Server) -> Option<Finding> {
    let info = &server.info;
    let ratio: f64 = info.get("mem_fragmentation_ratio")?.parse().ok()?;
    let used = info.number("used_memory")?;
    is_fragmented(ratio, used).then(|| Finding {
        id: "fragmentation",
        severity: Severity::Info,
        title: format!("memory is fragmented: {ratio:.2} times what is used"),
        detail: format!(
            "{} are used; a sweep gives memory back to the server, not always to the system",
            bytes(used)
        ),
        count: 1,
        fix: observed.target.redis_cli("CONFIG SET activedefrag yes"),
    })
}

pub(super) fn slow(_: &Observed, server: &Server) -> Option<Finding> {
    let slow = &server.slow;
    let longest = slow.iter().max_by_key(|entry| entry.micros)?;
    let mut sample = Sample::default();
    slow.iter().for_each(|entry| sample.add(&entry.key));
    Some(Finding {
        id: "slow-commands",
        severity: Severity::Warning,
        title: format!(
            "{} on keys with this prefix, in any database",
            counted(sample.count, "slow command", "slow commands")
        ),
        detail: format!(
            "of {} in the slow log; the longest took {} ms: {} {}",
            server.slow_entries.unwrap_or(0),
            longest.micros / 1000,
            text::escape(&longest.command),
            sample.shown()
        ),
        count: sample.count,
        fix: "nothing, if it happened once; otherwise see docs/doctor.md, large-bases and large-indexes"
            .to_owned(),
    })
}

pub(super) fn values_in_memory(observed: &Observed) -> Option<Finding> {
    let mut sample = Sample::default();
    observed.listeners.iter().for_each(|it| sample.add(it.addr.as_bytes()));
    (sample.count > 0).then(|| Finding {
        id: "values-in-memory",
        severity: Severity::Info,
        title: format!(
            "{} values of this namespace in memory",
            counted(sample.count, "cache of a Rust process holds", "caches of Rust processes hold")
        ),
        detail: format!(
            "from {}; what they serve from memory is not seen by `stats --live`, `stats --watch` and `events`, and a change \
             reaches them within 300 ms",
            sample.shown()
        ),
        count: sample.count,
        fix: format!("nothing; `{}` lists them all", observed.command("stats --format json")),
    })
}

/// Whether it is older than what `make test-servers` runs on.
fn is_old(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.parse::<u64>().ok()).is_some_and(|major| major < 5)
}

fn is_fragmented(ratio: f64, used: u64) -> bool {
    ratio > 1.5 && used > WORTH_IT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_nothing_was_tried_on_are_old() {
        assert!(is_old("3.2.12") && is_old("4.0.14"));
        assert!(!is_old("5.0.0") && !is_old("7.0.15") && !is_old("10.1") && !is_old("valkey"));
    }

    #[test]
    fn a_small_server_is_never_fragmented() {
        assert!(is_fragmented(1.6, 200_000_000));
        assert!(!is_fragmented(8.0, 1_000_000) && !is_fragmented(1.2, 200_000_000));
    }
}
