//! `log`: who changed what through this tool.

use crate::cli::args::{Format, LogArgs};
use crate::cli::commands::{is_same_server, read_code, tell_without};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::invocation::quoted;
use crate::cli::output::{Cell, Output, Row, Shape, columns};
use cacheme::cache::{LogEntry, LogPosition, Session, last_log, read_log};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// How often --follow asks for more.
const EVERY: Duration = Duration::from_millis(500);

/// What --follow shows of what was before.
const BEFORE: u64 = 10;

pub fn log(context: &Context, args: &LogArgs) -> Result<Code, Failure> {
    let format = context.format(args.follow.then_some(Format::Plain));
    if args.follow && matches!(format, Format::Table | Format::Json) {
        return Err(Failure::usage("--follow shows each entry as it comes, which table and json cannot")
            .with_hint("--format ndjson has an object a line, plain a row"));
    }
    let columns = columns(&row(&LogEntry::default(), format));
    let mut output = Output::new(format, &columns, &fields(context, format), Shape::Rows)?;
    let mut session = context.session()?;
    context.catch_signals()?;
    let since = LogPosition::since(args.since.unwrap_or(Timestamp::UNIX_EPOCH).as_millisecond());
    let is_wanted = |entry: &LogEntry| is_by(entry, args.by.as_deref());
    let next = match args.limit.or((args.follow && args.since.is_none()).then_some(BEFORE)) {
        Some(limit) => {
            let (last, next) = last_log(&mut session.conn, &session.ns, &since, limit, &is_wanted)?;
            last.iter().try_for_each(|entry| output.row(row(entry, format)))?;
            next
        }
        None => show(context, &mut session, since, &is_wanted, &mut output, format)?,
    };
    if args.follow {
        follow(context, &mut session, next, &is_wanted, &mut output, format)?;
        output.finish()?;
        return Ok(Code::Interrupted);
    }
    output.finish()?;
    tell_without(context, &session.conn);
    let is_same = is_same_server(context, &session.conn);
    Ok(read_code(context, is_same && !context.interrupted()))
}

/// Shows what there is from a position on, and tells where it ends.
fn show(
    context: &Context,
    session: &mut Session,
    mut from: LogPosition,
    is_wanted: &dyn Fn(&LogEntry) -> bool,
    output: &mut Output,
    format: Format,
) -> Result<LogPosition, Failure> {
    loop {
        let (entries, next) = read_log(&mut session.conn, &session.ns, &from)?;
        from = next;
        for entry in entries.iter().filter(|entry| is_wanted(entry)) {
            output.row(row(entry, format))?;
        }
        if entries.is_empty() || context.interrupted() {
            return Ok(from);
        }
    }
}

/// What to show: all that was asked for, otherwise everything; in a table what it has room for.
fn fields(context: &Context, format: Format) -> Vec<String> {
    let asked = &context.global.fields;
    if format != Format::Table || !asked.is_empty() {
        return asked.clone();
    }
    ["time", "user", "command", "matched", "marked", "deleted", "complete"].map(str::to_owned).to_vec()
}

/// Shows what comes, until a signal ends it.
fn follow(
    context: &Context,
    session: &mut Session,
    mut from: LogPosition,
    is_wanted: &dyn Fn(&LogEntry) -> bool,
    output: &mut Output,
    format: Format,
) -> Result<(), Failure> {
    while !context.interrupted() {
        let began = Instant::now();
        from = show(context, session, from, is_wanted, output, format)?;
        output.flush()?;
        while !context.interrupted() && began.elapsed() < EVERY {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

fn is_by(entry: &LogEntry, user: Option<&str>) -> bool {
    user.is_none_or(|user| entry.user == user || entry.acl_user.as_deref() == Some(user))
}

fn row(entry: &LogEntry, format: Format) -> Row {
    // All of one length, so that they can be sorted as text.
    let form = if format == Format::Table { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%.3fZ" };
    let time = Timestamp::from_millisecond(entry.at_ms).ok().map(|time| time.strftime(form).to_string());
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
