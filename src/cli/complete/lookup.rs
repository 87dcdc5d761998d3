//! What may stand for a tag, an invalid key, a key or a profile, asked within 300 ms.

use crate::cli::args::parse;
use crate::cli::args::{Global, command};
use crate::cli::server;
use crate::cli::settings;
use cacheme::Result;
use cacheme::cache::Session;
use cacheme::client::{Conn, Control, Timeouts};
use cacheme::namespace::glob::escape;
use cacheme::namespace::{Layout, Namespace};
use cacheme::ops::{IndexKind, Query, Selector, list_indexes, list_keys};
use cacheme::text;
use clap::FromArgMatches as _;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// No answer takes longer, whatever the server does.
const PATIENCE: Duration = Duration::from_millis(280);
/// So many candidates are enough for a person.
const ENOUGH: usize = 200;

/// The words before the one that is completed.
static WORDS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Says which words stand before the one to complete.
pub fn asked_by(words: Vec<OsString>) {
    let _ = WORDS.set(words);
}

#[derive(Debug, Clone, Copy)]
enum What {
    Index(IndexKind),
    Keys,
}

/// Tags of the namespace.
pub fn tags() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| live(What::Index(IndexKind::Tag), current))
}

/// Invalid keys of the namespace.
pub fn invalid_keys() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| live(What::Index(IndexKind::InvalidKey), current))
}

/// Logical keys of the namespace.
pub fn keys() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| live(What::Keys, current))
}

/// Profiles of the configuration file.
pub fn profiles() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let file = global().and_then(|(global, _)| {
            let (path, named) = settings::path(&global)?;
            settings::read(&path, named).ok()
        });
        let names = file.into_iter().flat_map(|(file, _)| file.profiles).map(|profile| profile.name);
        let begun = |name: &String| name.as_bytes().starts_with(current.as_bytes());
        names.filter(begun).map(CompletionCandidate::new).collect()
    })
}

/// The global flags among the words, whatever else is wrong with them.
fn global() -> Option<(Global, clap::ArgMatches)> {
    let words = WORDS.get()?;
    let matches = command().ignore_errors(true).try_get_matches_from(words).ok()?;
    let global = Global::from_arg_matches(&matches).ok()?;
    Some((global, matches))
}

/// What the server knows, as far as it was told in time.
fn live(what: What, current: &OsStr) -> Vec<CompletionCandidate> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let (done, wait) = mpsc::channel();
    let (into, begun, deadline) = (found.clone(), current.as_bytes().to_vec(), Instant::now() + PATIENCE);
    std::thread::spawn(move || {
        let _ = ask(what, &begun, deadline, &into);
        let _ = done.send(());
    });
    let _ = wait.recv_timeout(PATIENCE);
    let mut found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    found.sort();
    found.dedup();
    found.into_iter().map(CompletionCandidate::new).collect()
}

fn ask(what: What, current: &[u8], deadline: Instant, found: &Mutex<Vec<String>>) -> Option<()> {
    let (mut global, matches) = global()?;
    if global.server.rdb.is_some() {
        // Another server's names are no help, and a dump is not loaded for a Tab.
        return None;
    }
    let profile = settings::profile(&global).ok()?;
    let settings = settings::resolve(&mut global, &matches, profile);
    // A password that is at hand: nothing is asked, and no command is run.
    let target =
        server::target(&global.server).and_then(|it| server::logged_in(it, &settings.password)).ok()?;
    let prefix = match &global.prefix {
        Some(prefix) => parse::name(prefix, global.escaped),
        None => Namespace::DEFAULT_PREFIX.as_bytes().to_vec(),
    };
    let layout = global.layout.and_then(|choice| choice.0).unwrap_or(Layout::Both);
    let ns = Namespace::new(prefix, layout).ok()?;
    let conn = Conn::open(&target, Timeouts { connect: PATIENCE, io: PATIENCE }).ok()?;
    let mut session = Session::open(conn, &ns, Some(layout), 0).ok()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut control = Control { deadline: Some(deadline), stop: stop.clone(), ..Control::default() };
    let begun =
        if global.escaped { text::unescape(std::str::from_utf8(current).ok()?) } else { current.to_vec() };
    let mut keep = |name: &[u8]| {
        let shown = text::escape(name);
        let plain = shown.as_bytes() == name;
        if name.starts_with(&begun) && (plain || global.escaped) {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(shown.into_owned());
            if found.len() >= ENOUGH {
                stop.store(true, Ordering::Relaxed);
            }
        }
    };
    look(what, &begun, &mut session, &mut control, &mut keep).ok()
}

fn look(
    what: What,
    begun: &[u8],
    session: &mut Session,
    control: &mut Control,
    keep: &mut dyn FnMut(&[u8]),
) -> Result<()> {
    match what {
        What::Index(kind) => {
            list_indexes(session, kind, false, control, &mut |row| {
                keep(&row.name);
                Ok(())
            })?;
        }
        What::Keys => {
            let glob = [escape(begun), b"*".to_vec()].concat();
            let mut selectors = std::iter::once(Selector::pattern(&glob));
            let query = Query { limit: Some(ENOUGH as u64), ..Query::default() };
            list_keys(session, Some(&mut selectors), &query, control, &mut |row| {
                keep(row.key.as_bytes());
                Ok(())
            })?;
        }
    }
    Ok(())
}
