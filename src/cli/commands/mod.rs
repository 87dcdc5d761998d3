//! One file a command: its arguments become a call of the library, the result becomes rows.

mod absent;
mod absent_names;
mod completions;
pub mod config;
mod diff;
mod doctor;
pub mod dump;
mod dump_file;
mod events;
mod gc;
mod index;
mod invalidate;
mod key_file;
mod keys;
mod log;
mod man;
mod monitor;
mod other_library;
mod purge;
mod redirect;
mod repeat;
pub mod restore;
mod selection;
mod stats;
mod sweep;
mod top;

use crate::cli::args::{Command, InvalidKeysCommand, KeysCommand, TagsCommand};
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use cacheme::client::{Conn, ConnectionStats, Reply, Without};
use cacheme::ops::IndexKind;
use cacheme::text::{self, counted};

/// Runs a command.
pub fn run(command: Command, mut context: Context) -> Result<Code, Failure> {
    match command {
        Command::Tags(TagsCommand::List(args)) => index::list(&context, IndexKind::Tag, &args),
        Command::Tags(TagsCommand::Show { name }) => index::show(&context, IndexKind::Tag, &name),
        Command::InvalidKeys(InvalidKeysCommand::List(args)) => {
            index::list(&context, IndexKind::InvalidKey, &args)
        }
        Command::InvalidKeys(InvalidKeysCommand::Show { name }) => {
            index::show(&context, IndexKind::InvalidKey, &name)
        }
        Command::Keys(KeysCommand::List { selectors, narrowing, limit }) => {
            keys::list(&context, &selectors, &narrowing, limit)
        }
        Command::Keys(KeysCommand::Top(args)) => top::top(&context, &args),
        Command::Keys(KeysCommand::Show(args)) => keys::show(&context, &args),
        Command::Keys(KeysCommand::Dump(args)) => dump::dump(&context, &args),
        Command::Keys(KeysCommand::Restore(args)) => restore::restore(&mut context, &args),
        Command::Invalidate(args) => invalidate::invalidate(&context, &args),
        Command::Browse(args) => crate::cli::browse::browse(&context, &args),
        Command::Purge(args) => purge::purge(&context, &args),
        Command::Doctor(args) => doctor::doctor(&context, &args),
        Command::Gc(args) => gc::gc(&context, &args),
        Command::Stats(args) => stats::stats(&context, &args),
        Command::Diff(args) => diff::diff(&context, args),
        Command::Log(args) => log::log(&context, &args),
        Command::Events(args) => events::events(&context, &args),
        Command::Config(command) => config::run(&context, &command),
        Command::Completions { shell, live } => completions::print_for(shell, live),
        Command::Generate { directory } => completions::generate(&directory),
    }
}

/// The type of a Redis key, `none` without one; nothing where the server does not tell.
fn type_of(conn: &mut Conn, redis_key: &[u8]) -> Option<String> {
    let kind =
        conn.one(cacheme::client::Command::read("TYPE"), &[redis_key]).and_then(Reply::bytes).ok()??;
    Some(String::from_utf8_lossy(&kind).into_owned())
}

/// What stands at a Redis key instead of what was looked for, as a hint; none where nothing does.
fn other_type(conn: &mut Conn, redis_key: &[u8], expected: &str) -> Option<String> {
    let kind = type_of(conn, redis_key)?;
    let shown = text::escape(redis_key);
    (kind != "none" && kind != expected).then(|| match (expected, &*kind) {
        ("set", "hash") => format!("'{shown}' is a hash of values: `keys list --pattern` lists them"),
        ("hash", "set") => format!("'{shown}' is a set: `tags show` or `invalid-keys show` knows it"),
        (_, kind) => format!("'{shown}' is a {kind}, not a {expected}"),
    })
}

/// What the server refused and was done without, said once.
fn tell_without(context: &Context, conn: &Conn) {
    for Without { command, meaning, matters } in conn.without() {
        let said = format!("the server refuses {command}: {meaning}");
        if *matters { context.ui.warning(&said) } else { context.ui.verbose(&said) }
    }
}

/// What the connection went through and how many replicas confirmed, where it bears on the report of a command that
/// writes.
fn tell_connection_stats(context: &Context, conn: &Conn, replicated: Option<u64>) {
    tell_without(context, conn);
    let wanted = context.wait_replicas();
    if let Some(confirmed) = replicated
        && confirmed < u64::from(wanted)
    {
        let absent = match conn.absent_replicas() {
            0 => String::new(),
            known => format!(
                " {} {known} of this service, and none was connected to the primary when the run began: either \
                 the primary has just been promoted, or they are down.",
                if conn.is_cluster() { "The cluster knows" } else { "The sentinels know" }
            ),
        };
        context.ui.warning(&format!(
            "{confirmed} of {wanted} replicas confirmed the writes in time: a failover now may undo \
             them.{absent} Run this again when the replicas keep up; --timeout waits longer, --wait-replicas \
             {confirmed} asks for no more"
        ));
    }
    let connection_stats = conn.connection_stats();
    if connection_stats.reconnects > 0 {
        context.ui.verbose(&format!("reconnected {}", counted(connection_stats.reconnects, "time", "times")));
    }
    if connection_stats.recounted > 0 {
        context.ui.warning(&format!(
            "the connection broke while {} being sent: what was sent was sent again, and the counts leave out what it did \
             the first time",
            counted(connection_stats.recounted, "write was", "writes were")
        ));
    }
    is_same_server(context, conn);
    if connection_stats.moved > 0 {
        context.ui.verbose("slots moved during the scan and were scanned again on their new nodes");
    }
    if connection_stats.rescans > 0 {
        context.ui.warning("a scan had to start over: some keys may be counted twice");
    }
}

/// Whether one server process answered from the beginning to the end; says so where another took over, or may have.
fn is_same_server(context: &Context, conn: &Conn) -> bool {
    let ConnectionStats { replaced, unidentified, .. } = conn.connection_stats();
    if replaced > 0 {
        context.ui.warning(
            "another server process took over during the run (a restart or a failover); what the earlier one \
             confirmed last may be lost: run this again to be sure",
        );
    } else if unidentified > 0 {
        context.ui.warning(
            "the connection broke during the run, and the server refuses INFO, so it is not known whether it \
             restarted: what it confirmed last may be lost; run this again to be sure",
        );
    }
    replaced + unidentified == 0
}

/// The code of a command that only reads.
fn read_code(context: &Context, complete: bool) -> Code {
    match complete {
        _ if context.cut_short(complete) => {
            context.ui.warning("stopped before the end: only what was found until then is printed");
            Code::Interrupted
        }
        true => Code::Done,
        false => Code::Partly,
    }
}
