//! `log`: who changed what through this tool.

use crate::cli::args::{Format, LogArgs};
use crate::cli::commands::monitor::STEP;
use crate::cli::commands::{is_same_server, read_code, tell_without};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::invocation::quoted;
use crate::cli::output::{Complete, Milliseconds, Output, Record as _, Row, Shape, Time, Words};
use crate::cli::rows::reports::Logged;
use cacheme::cache::{LogEntry, LogPosition, Session, last_log, read_log};
use cacheme::text;
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// How often --follow asks for more.
const EVERY: Duration = Duration::from_millis(500);

/// A table with all counts beside the commands needs so many columns.
const WIDE: u16 = 100;

/// What --follow shows of what was before.
const BEFORE: u64 = 10;

pub fn log(context: &Context, args: &LogArgs) -> Result<Code, Failure> {
    let format = context.format(args.follow.then_some(Format::Plain));
    if args.follow && matches!(format, Format::Table | Format::Json) {
        return Err(Failure::usage(
            "--follow shows each entry as it comes, and the formats table and json cannot",
        )
        .with_hint("--format ndjson has an object a line, plain a row"));
    }
    let fields = fields(context, format);
    let mut output = context.output_with(format, &Logged::columns(), &fields, Shape::Rows)?;
    let mut session = context.session()?;
    context.catch_signals()?;
    let since = LogPosition::since(args.since.unwrap_or(Timestamp::UNIX_EPOCH).as_millisecond());
    let is_wanted = |entry: &LogEntry| is_by(entry, args.by.as_deref());
    let is_table = format == Format::Table;
    let mut shown = Shown {
        context,
        session: &mut session,
        output: &mut output,
        is_wanted: &is_wanted,
        is_table,
        count: 0,
    };
    let next = match args.limit.or((args.follow && args.since.is_none()).then_some(BEFORE)) {
        Some(limit) => shown.last(&since, limit)?,
        None => shown.all(since)?,
    };
    if args.follow {
        shown.follow(next)?;
        output.finish()?;
        return Ok(Code::Interrupted);
    }
    let is_empty = shown.count == 0;
    output.finish()?;
    if is_empty {
        tell_empty(context, args);
    }
    tell_without(context, &session.conn);
    let is_same = is_same_server(context, &session.conn);
    Ok(read_code(context, is_same && !context.interrupted()))
}

/// Entries on their way from the stream to the output.
struct Shown<'a> {
    context: &'a Context,
    session: &'a mut Session,
    output: &'a mut Output,
    is_wanted: &'a dyn Fn(&LogEntry) -> bool,
    is_table: bool,
    /// Entries that were shown.
    count: u64,
}

impl Shown<'_> {
    /// Shows the last so many since a position, and tells where the stream ends.
    fn last(&mut self, since: &LogPosition, most: u64) -> Result<LogPosition, Failure> {
        let Session { conn, ns, .. } = &mut *self.session;
        let (entries, next) = last_log(conn, ns, since, most, self.is_wanted)?;
        entries.iter().try_for_each(|entry| self.show(entry))?;
        Ok(next)
    }

    /// Shows what there is from a position on, and tells where it ends.
    fn all(&mut self, mut from: LogPosition) -> Result<LogPosition, Failure> {
        loop {
            let (entries, next) = read_log(&mut self.session.conn, &self.session.ns, &from)?;
            from = next;
            for entry in entries.iter().filter(|entry| (self.is_wanted)(entry)) {
                self.show(entry)?;
            }
            if entries.is_empty() || self.context.interrupted() {
                return Ok(from);
            }
        }
    }

    fn show(&mut self, entry: &LogEntry) -> Result<(), Failure> {
        self.count += 1;
        Ok(self.output.row(row(entry, self.is_table))?)
    }

    /// Shows what comes, until a signal ends it.
    fn follow(&mut self, mut from: LogPosition) -> Result<(), Failure> {
        while !self.context.interrupted() {
            let began = Instant::now();
            from = self.all(from)?;
            self.output.flush()?;
            while !self.context.interrupted() && began.elapsed() < EVERY {
                std::thread::sleep(STEP);
            }
        }
        Ok(())
    }
}

/// Says that there is no entry, and of what.
fn tell_empty(context: &Context, args: &LogArgs) {
    let by =
        args.by.as_ref().map(|user| format!(" by '{}'", text::escape(user.as_bytes()))).unwrap_or_default();
    let since = if args.since.is_some() { " since then" } else { "" };
    context
        .ui
        .warning(&format!("the log of the prefix '{}' has no entry{by}{since}", context.shown_prefix()));
}

/// What to show: all that was asked for, otherwise everything; in a table what it has room for.
fn fields(context: &Context, format: Format) -> Vec<String> {
    let columns = ["time", "user", "command", "matched", "marked", "deleted", "complete"];
    // A narrow one says of a command that it is not complete.
    context.fields(format, &columns, |column, room| room >= WIDE || !matches!(column, "matched" | "complete"))
}

fn is_by(entry: &LogEntry, user: Option<&str>) -> bool {
    user.is_none_or(|user| entry.user == user || entry.acl_user.as_deref() == Some(user))
}

fn row(entry: &LogEntry, is_table: bool) -> Row {
    // All of one length, so that they can be sorted as text.
    let time = Timestamp::from_millisecond(entry.at_ms).ok();
    let LogEntry { user, host, acl_user, profile, command: words, version, .. } = entry.clone();
    let line: Vec<_> = words.iter().skip(usize::from(is_table)).map(|word| quoted(word)).collect();
    let unfinished = if is_table && !entry.complete { " (not complete)" } else { "" };
    let line = line.join(" ") + unfinished;
    let logged = Logged {
        time: time.map(|time| Time(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())),
        user,
        host,
        acl_user,
        profile,
        command: Words { words, line },
        matched: entry.matched,
        marked: entry.marked,
        deleted: entry.deleted,
        complete: Complete(entry.complete),
        elapsed_ms: Milliseconds(entry.elapsed_ms),
        version,
    };
    logged.row()
}
