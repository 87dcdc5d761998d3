//! What is wrong with a namespace, and the command that mends it. Reads only.
//!
//! First everything is observed, then each finding is a function from what was observed to perhaps a finding.

mod bookkeeping;
mod findings;
mod other_library;
mod server;
mod survey;
mod traffic;
mod types;

use crate::cache::Session;
use crate::cache::{Clock, ServerClock};
use crate::cache::{Detected, detect};
use crate::client::{ConnectedClient, Control, Target};
use crate::error::Result;
use crate::namespace::{Layout, Namespace};
use crate::ops::find_listeners;
use crate::text;
pub use findings::{Finding, Severity};
use std::time::{Duration, Instant};

/// How to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// Look at a sample of the keys, and of the members of each index.
    pub quick: bool,
    /// Watch the traffic (MONITOR) for so long, for the clocks of the application's hosts.
    pub monitor: Option<Duration>,
    /// How far apart the two looks at keys in progress are, at least.
    pub apart: Duration,
    /// How a command of ours begins for this server and namespace, as words of a shell, each quoted where it has to be:
    /// the fixes go on from it.
    pub command: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnosis {
    /// The findings, the worst first.
    pub findings: Vec<Finding>,
    /// Whether everything was looked at that should be, as far as `partly` does not say otherwise.
    pub complete: bool,
    /// Of what there is so much that only a part is ever looked at, a sentence each.
    pub partly: Vec<String>,
}

/// Everything that was observed.
struct Observed {
    ns: Namespace,
    /// The clock we were told of, and the one that was heard: by this all is counted, and all that we print sweeps.
    told: Clock,
    clock: Clock,
    detected: Detected,
    survey: survey::Survey,
    bookkeeping: bookkeeping::Bookkeeping,
    types: types::Types,
    other_library: other_library::OtherLibraryKeys,
    traffic: traffic::Traffic,
    /// In a cluster each primary.
    servers: Vec<server::Server>,
    listeners: Vec<ConnectedClient>,
    /// There are replicas, and they do not tell whether they have what was written.
    refuses_wait: bool,
    target: Target,
    /// How a command of ours begins.
    command: Vec<String>,
}

/// Looks for everything that is known to go wrong. Abandoned computations and marks are looked for in the sets of the
/// namespace's layout.
///
/// # Errors
/// Connection errors, and refusals of what nothing can be told without. What else the server refuses (MONITOR,
/// SLOWLOG, INFO) is left out, and said to be.
pub fn doctor(session: &mut Session, how: Doctor, control: &mut Control) -> Result<Diagnosis> {
    let (conn, ns, told) = session.parts();
    let began = Instant::now();
    let server_clock = ServerClock::read(conn)?;
    let detected = detect(conn, ns)?;
    let mut books = bookkeeping::look(conn, ns, control)?;
    let traffic = traffic::watch(conn, ns, how.monitor, control)?;
    let clock = traffic.clock(told);
    let survey = survey::survey(conn, ns, clock, &books.computing, how.quick, control)?;
    let (mut servers, mut listeners, mut refuses_wait) = (vec![server::Server::default()], Vec::new(), false);
    if !conn.target().is_of_dump() {
        servers = server::read(conn, ns);
        listeners = find_listeners(conn, ns)?.unwrap_or_default();
        refuses_wait = !conn.waits_for_replicas()?;
    }
    let types = types::read(conn, ns)?;
    let other_library = other_library::look(conn, ns, &survey, control)?;
    control.sleep_until(began + how.apart);
    bookkeeping::recheck(conn, ns, &mut books, began.elapsed(), server_clock.now_ms())?;
    let command = match traffic.offset().filter(|offset| *offset != told.offset()) {
        Some(offset) => with_flag(&how.command, "--utc-offset", &findings::offset(offset)),
        None => how.command,
    };
    let observed = Observed {
        ns: ns.clone(),
        told,
        clock,
        detected,
        survey,
        bookkeeping: books,
        types,
        other_library,
        traffic,
        servers,
        listeners,
        refuses_wait,
        target: conn.target().clone(),
        command,
    };
    let complete = observed.survey.complete && observed.bookkeeping.complete;
    let books = &observed.bookkeeping;
    let partly = [observed.survey.decoded_partly(), books.remembered_partly(), books.watched_partly()];
    let partly = partly.into_iter().flatten().collect();
    Ok(Diagnosis { findings: findings::all(&observed), complete, partly })
}

impl Observed {
    /// A command of ours that mends something, as it is typed for this namespace.
    fn command(&self, rest: &str) -> String {
        format!("{} {rest}", self.command.join(" "))
    }

    /// The same with another value of a flag than the one in force.
    fn command_with(&self, flag: &str, value: &str, rest: &str) -> String {
        format!("{} {rest}", with_flag(&self.command, flag, value).join(" "))
    }

    /// A command on what was found in bookkeeping, in whichever sets it was looked for.
    fn command_on_bookkeeping(&self, rest: &str) -> String {
        match self.ns.layout() {
            Layout::Both => self.command_with("--layout", "both", rest),
            Layout::Classic | Layout::Meta => self.command(rest),
        }
    }

    /// The same about keys.
    fn command_on_keys(&self, rest: &str, keys: &[Vec<u8>]) -> String {
        let is_escaped = self.command.iter().any(|word| word == "--escaped");
        let key = |key: &Vec<u8>| {
            let escaped = text::escape(key);
            let name = if is_escaped { escaped.as_bytes() } else { key };
            format!(" --key={}", text::shell_word(name))
        };
        self.command(rest) + &keys.iter().map(key).collect::<String>()
    }
}

/// The beginning of a command with another value of a flag.
fn with_flag(command: &[String], flag: &str, value: &str) -> Vec<String> {
    let others = command.iter().filter(|word| !word.starts_with(flag)).cloned();
    others.chain([format!("{flag} {value}")]).collect()
}

/// The first few of many names.
#[derive(Debug, Clone, Default)]
struct Sample {
    count: u64,
    names: Vec<Vec<u8>>,
}

impl Sample {
    const SHOWN: usize = 3;

    fn add(&mut self, name: &[u8]) {
        self.count += 1;
        if self.names.len() < Self::SHOWN {
            self.names.push(name.to_vec());
        }
    }

    /// A fix by a command on the names, which says so where there are more.
    fn fix(&self, command: String) -> String {
        let named = self.names.len();
        if self.count <= named as u64 {
            return command;
        }
        format!("`{command}` for the first {named} of {}; run `doctor` again for the others", self.count)
    }

    /// `'a', 'b', 'c', …`
    fn shown(&self) -> String {
        let mut shown: Vec<_> = self.names.iter().map(|name| format!("'{}'", text::escape(name))).collect();
        if self.count > self.names.len() as u64 {
            shown.push("…".to_owned());
        }
        shown.join(", ")
    }
}
