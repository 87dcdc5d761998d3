//! What a run that changed something leaves in the log of its namespace. `cacheme log` shows it.

use crate::cli::context::Context;
use crate::cli::ui::harmless;
use cacheme::Error;
use cacheme::cache::{LogEntry, Session, append_log};
use cacheme::ops::InvalidationReport;
use cacheme::text;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Instant;

/// What a run did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    pub matched: u64,
    pub marked: u64,
    pub deleted: u64,
    pub complete: bool,
}

impl From<&InvalidationReport> for Done {
    fn from(report: &InvalidationReport) -> Self {
        let InvalidationReport { matched, marked, deleted, complete, .. } = *report;
        Self { matched, marked, deleted, complete }
    }
}

/// Writes down what this run changed, before it is told: nobody may be there to be told. Whatever goes wrong here is told, and
/// no failure: the work is done.
pub fn note(context: &Context, session: &mut Session, done: Done, start: Instant) {
    let entry = entry(profile(context), &[], done, start);
    if let Err(error) = append_log(&mut session.conn, &session.ns, &entry) {
        context.ui.hint(&unwritten(&error));
    }
}

/// What is told where a run could not be written down.
pub fn unwritten(error: &Error) -> String {
    let shows = match error {
        Error::Server { .. } => "will not show",
        // The answer is missing, so it may have been written.
        _ => "may not show",
    };
    format!("`cacheme log` {shows} this run: {error}")
}

/// The profile in use, unless another server is meant than it names.
pub fn profile(context: &Context) -> Option<String> {
    context.settings.profile_of(&context.addr()).map(str::to_owned)
}

/// What is written down of a run, with the words of its command line and what was asked for beside them.
pub fn entry(profile: Option<String>, more_words: &[String], done: Done, start: Instant) -> LogEntry {
    let mut entry = LogEntry::default();
    entry.user = user();
    entry.host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    entry.profile = profile;
    let words = std::env::args_os().skip(1).map(|word| shown(&word));
    let words = words.chain(more_words.iter().cloned()).map(|word| harmless(&word));
    entry.command = std::iter::once("cacheme".to_owned()).chain(words).collect();
    (entry.matched, entry.marked, entry.deleted) = (done.matched, done.marked, done.deleted);
    entry.complete = done.complete;
    entry.elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    env!("CARGO_PKG_VERSION").clone_into(&mut entry.version);
    entry
}

/// A word as it was typed; with escapes where it holds what nobody types.
fn shown(word: &OsStr) -> String {
    match word.to_str() {
        Some(text) if !text.contains(text::is_unprintable) => text.to_owned(),
        _ => text::escape(word.as_bytes()).into_owned(),
    }
}

/// Who runs this on this machine: as the environment says, as /etc/passwd says (cron sets no USER), or by number.
fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let named = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let named = named.filter(|name| !name.is_empty());
    let named = named.or_else(|| user_in(&std::fs::read_to_string("/etc/passwd").ok()?, uid));
    named.map_or_else(|| format!("uid {uid}"), |name| harmless(&name))
}

/// The name of a user in the text of /etc/passwd.
fn user_in(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n# odd\n+\nann:x:1000:100::/home/ann:/bin/sh\n";
        assert_eq!(user_in(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(user_in(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_in(passwd, 100), None);
    }
}
