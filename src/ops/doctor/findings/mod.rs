//! From what was observed to findings: one function each.

mod bookkeeping;
mod clock;
mod expiry;
mod generations;
mod leaks;
mod other_library;
mod server;
mod types;
mod values;

use super::Observed;
use super::server::Server;
pub(super) use clock::offset;
use std::fmt;

/// The doubt about the clocks, and the findings that are as doubtful then.
const ALL_PAST: &str = "expiry-all-past";
const DOUBTED: [&str; 2] = ["expired-unswept", "cut-keys-with-timeout"];

/// How bad it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing has to be done.
    #[default]
    Info,
    /// Costs memory or time, or will.
    Warning,
    /// Values are wrong, lost or never cached.
    Error,
}

impl Severity {
    /// The name in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// What it is, for scripts: never renamed.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for people.
    pub title: String,
    /// The evidence.
    pub detail: String,
    /// How much of it there is.
    pub count: u64,
    /// The command or the setting that mends it; empty where nothing does.
    pub fix: String,
}

/// What a finding is looked for in.
enum Check {
    Whole(fn(&Observed) -> Option<Finding>),
    /// Of a cluster each primary.
    EachServer(fn(&Observed, &Server) -> Option<Finding>),
}

/// All findings, the worst first.
pub(super) fn all(observed: &Observed) -> Vec<Finding> {
    use Check::{EachServer, Whole};
    let checks = [
        Whole(types::library),
        Whole(types::ours),
        Whole(types::lock),
        Whole(clock::readers),
        Whole(clock::written_in_past),
        Whole(clock::all_in_past),
        Whole(clock::unwatched),
        Whole(clock::unmeasured),
        Whole(leaks::members),
        Whole(leaks::interrupted_gc),
        Whole(bookkeeping::stuck),
        Whole(bookkeeping::dead_marks),
        Whole(bookkeeping::unread_marks),
        Whole(expiry::unswept),
        Whole(expiry::cut_keys),
        Whole(generations::two),
        Whole(generations::other),
        Whole(generations::both_deleted_sets),
        Whole(generations::custom_prefix),
        Whole(values::large),
        Whole(values::undecodable),
        Whole(values::undecoded),
        Whole(values::wrong_type),
        Whole(values::wrong_buckets),
        Whole(values::large_bases),
        Whole(values::large_tags),
        Whole(values::foreign),
        Whole(values::inner),
        Whole(other_library::other_library),
        EachServer(server::old),
        Whole(server::refuses_wait),
        EachServer(server::unseen),
        EachServer(server::no_limit),
        EachServer(server::volatile_policy),
        EachServer(server::evicts_marks),
        EachServer(server::evicted),
        EachServer(server::full),
        EachServer(server::fragmented),
        EachServer(server::slow),
        Whole(server::values_in_memory),
    ];
    let found = |check| match check {
        Whole(check) => check(observed),
        EachServer(check) => server::found(observed, check),
    };
    let mut findings: Vec<_> = checks.into_iter().filter_map(found).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    // Whoever reads from the top learns that the clocks are in doubt before what a wrong clock makes of them.
    let place = |wanted: &[&str]| findings.iter().position(|finding| wanted.contains(&finding.id));
    if let (Some(from), Some(to)) = (place(&[ALL_PAST]), place(&DOUBTED))
        && to < from
    {
        let doubt = findings.remove(from);
        findings.insert(to, doubt);
    }
    findings
}

/// Bytes for people.
fn bytes(count: u64) -> String {
    match count {
        0..=9_999 => format!("{count} bytes"),
        10_000..=9_999_999 => format!("{} KB", count / 1000),
        10_000_000..=9_999_999_999 => format!("{} MB", count / 1_000_000),
        _ => format!("{} GB", count / 1_000_000_000),
    }
}

/// Seconds for people.
fn time(seconds: i64) -> String {
    match seconds.unsigned_abs() {
        count @ 0..=119 => format!("{count} s"),
        count @ 120..=7_199 => format!("{} min", count / 60),
        count @ 7_200..=172_799 => format!("{} h", count / 3600),
        count => format!("{} days", count / 86_400),
    }
}
