//! The log of who changed what through this tool: each command that changes something writes to it, `log` reads it.

use crate::cli::args::{Format, LogArgs};
use crate::cli::commands::{is_same_server, read_code, tell_without};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::invocation::quoted;
use crate::cli::output::{Cell, Output, Row, Shape, columns};
use crate::cli::ui::harmless;
use cacheme::Error;
use cacheme::cache::{LogEntry, LogPosition, Session, append_log, read_log};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many entries are read at once.
const PAGE: usize = 500;

/// How often --follow asks for more.
const EVERY: Duration = Duration::from_millis(500);

/// What --follow shows of what was before.
const BEFORE: u64 = 10;

/// What a run did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    pub matched: u64,
    pub marked: u64,
    pub deleted: u64,
    pub complete: bool,
    pub elapsed: Duration,
}

/// Writes down that this run changed something. The work is done: whatever goes wrong here is told, and no failure.
pub fn note(context: &Context, session: &mut Session, done: Done) {
    if let Err(error) = append_log(&mut session.conn, &session.ns, &entry(profile(context), &[], done)) {
        context.ui.hint(&unwritten(&error));
    }
}

/// What is told where a run could not be written down.
pub fn unwritten(error: &Error) -> String {
    format!("this is not in the log that `cacheme log` shows: {error}")
}

/// The profile in use, for the log.
pub fn profile(context: &Context) -> Option<String> {
    context.settings.profile.as_ref().map(|profile| profile.name.clone())
}

/// What is written down of a run; `behind` is what was asked for beside the words of the command line.
pub fn entry(profile: Option<String>, behind: &[String], done: Done) -> LogEntry {
    let mut entry = LogEntry::default();
    entry.user = user();
    entry.host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    entry.profile = profile;
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let words = words.chain(behind.iter().cloned()).map(|word| harmless(&word));
    entry.command = std::iter::once("cacheme".to_owned()).chain(words).collect();
    (entry.matched, entry.marked, entry.deleted) = (done.matched, done.marked, done.deleted);
    entry.complete = done.complete;
    entry.elapsed_ms = u64::try_from(done.elapsed.as_millis()).unwrap_or(u64::MAX);
    env!("CARGO_PKG_VERSION").clone_into(&mut entry.version);
    entry
}

/// Who runs this on this machine: by name, or by number where the environment has no name.
fn user() -> String {
    let named = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let named = named.filter(|name| !name.is_empty()).map(|name| harmless(&name));
    named.unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

pub fn log(context: &Context, args: &LogArgs) -> Result<Code, Failure> {
    let since = args.since.unwrap_or(Timestamp::UNIX_EPOCH);
    let format = context.format(None);
    let columns = columns(&row(&LogEntry::default(), format));
    let mut output = Output::new(format, &columns, &fields(context, format), Shape::Rows)?;
    let mut session = context.session()?;
    context.catch_signals()?;
    let limit = args.limit.or((args.follow && args.since.is_none()).then_some(BEFORE));
    let mut next = LogPosition::since(since.as_millisecond());
    // Without a limit rows leave as they come.
    let mut last = VecDeque::new();
    let mut complete = true;
    loop {
        if context.interrupted() {
            complete = false;
            break;
        }
        let (entries, behind) = read(&mut session, &next)?;
        let is_end = entries.len() < PAGE;
        next = behind;
        for entry in entries.into_iter().filter(|entry| is_by(entry, args.by.as_deref())) {
            match limit {
                None => output.row(row(&entry, format))?,
                Some(limit) => {
                    last.push_back(entry);
                    if last.len() as u64 > limit {
                        last.pop_front();
                    }
                }
            }
        }
        if is_end {
            break;
        }
    }
    for entry in last {
        output.row(row(&entry, format))?;
    }
    if args.follow {
        follow(context, args, &mut session, next, &mut output, format)?;
        output.finish()?;
        return Ok(Code::Interrupted);
    }
    output.finish()?;
    tell_without(context, &session.conn);
    let is_same = is_same_server(context, &session.conn);
    Ok(read_code(context, complete && is_same))
}

/// What to show: all that was asked for, otherwise everything; in a table what it has room for.
fn fields(context: &Context, format: Format) -> Vec<String> {
    let asked = &context.global.fields;
    if format != Format::Table || !asked.is_empty() {
        return asked.clone();
    }
    ["time", "user", "command", "marked", "deleted", "complete"].map(str::to_owned).to_vec()
}

/// Shows what comes, until a signal ends it.
fn follow(
    context: &Context,
    args: &LogArgs,
    session: &mut Session,
    mut next: LogPosition,
    output: &mut Output,
    format: Format,
) -> Result<(), Failure> {
    while !context.interrupted() {
        let began = Instant::now();
        let (entries, behind) = read(session, &next)?;
        next = behind;
        for entry in entries.iter().filter(|entry| is_by(entry, args.by.as_deref())) {
            output.row(row(entry, format))?;
        }
        output.flush()?;
        while !context.interrupted() && began.elapsed() < EVERY {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

fn read(session: &mut Session, from: &LogPosition) -> Result<(Vec<LogEntry>, LogPosition), Failure> {
    read_log(&mut session.conn, &session.ns, from, PAGE).map_err(|error| match error {
        Error::WrongType { .. } => Failure::from(error).with_hint(
            "no release of this tool wrote that: where nobody needs it, remove it, and a log begins",
        ),
        error => error.into(),
    })
}

fn is_by(entry: &LogEntry, user: Option<&str>) -> bool {
    user.is_none_or(|user| entry.user == user || entry.acl_user.as_deref() == Some(user))
}

fn row(entry: &LogEntry, format: Format) -> Row {
    let shown = |time: Timestamp| match format {
        Format::Table => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        _ => time.to_string(),
    };
    let time = Timestamp::from_millisecond(entry.at_ms).ok().map(shown);
    let command = match format {
        Format::Json | Format::Ndjson => entry.command.clone().into(),
        _ => Cell::from(entry.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")),
    };
    vec![
        ("time", time.into()),
        ("user", entry.user.clone().into()),
        ("host", entry.host.clone().into()),
        ("acl_user", entry.acl_user.clone().into()),
        ("profile", entry.profile.clone().into()),
        ("command", command),
        ("matched", entry.matched.into()),
        ("marked", entry.marked.into()),
        ("deleted", entry.deleted.into()),
        ("complete", entry.complete.into()),
        ("elapsed_ms", entry.elapsed_ms.into()),
        ("version", entry.version.clone().into()),
    ]
}
