//! Selectors from the command line.

use crate::cli::args::Selectors;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use cacheme::namespace::{LogicalKey, text};
use cacheme::ops::Selector;
use cacheme::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What was selected: it can be walked more than once, unless standard input is part of it.
pub struct Selection<'a> {
    named: Vec<Selector>,
    files: &'a [PathBuf],
    separator: u8,
    escaped: bool,
}

impl<'a> Selection<'a> {
    /// Checks the selectors, and that the files are there.
    pub fn new(context: &Context, args: &'a Selectors) -> std::result::Result<Self, Failure> {
        let names = |texts: &[_], make: fn(Vec<u8>) -> Selector| -> Vec<Selector> {
            texts.iter().map(|text: &std::ffi::OsString| make(context.name(text))).collect()
        };
        let mut named = names(&args.key, |name| Selector::Key(LogicalKey::new(name)));
        named.extend(names(&args.invalid_key, Selector::InvalidKey));
        named.extend(names(&args.tag, Selector::Tag));
        for glob in &args.pattern {
            named.push(Selector::pattern(&context.name(glob))?);
        }
        for path in args.from_file.iter().filter(|path| !is_stdin(path)) {
            File::open(path).map_err(|source| input_error(path, source))?;
        }
        if args.from_file.iter().filter(|path| is_stdin(path)).count() > 1 {
            return Err(Failure::usage("--from-file - stands there twice: standard input can be read once")
                .with_hint("put the keys into one stream, or give files by their names"));
        }
        let separator = if args.null { 0 } else { b'\n' };
        Ok(Self { named, files: &args.from_file, separator, escaped: context.global.escaped })
    }

    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.files.is_empty()
    }

    /// Whether keys come from standard input, where no answer can come from then.
    pub fn takes_stdin(&self) -> bool {
        self.files.iter().any(|path| is_stdin(path))
    }

    /// What was named, without what files hold.
    pub fn named(&self) -> &[Selector] {
        &self.named
    }

    /// Takes keys in the place of a name.
    pub fn replace(&mut self, named: &Selector, keys: &[LogicalKey]) {
        self.named.retain(|selector| selector != named);
        self.named.extend(keys.iter().cloned().map(Selector::Key));
    }

    /// Whether only keys were named, one by one.
    pub fn is_keys_only(&self) -> bool {
        self.files.is_empty() && self.named.iter().all(|selector| matches!(selector, Selector::Key(_)))
    }

    /// Whether one of the patterns is the whole namespace.
    pub fn is_everything(&self) -> bool {
        self.named.iter().any(|selector| matches!(selector, Selector::Pattern(glob) if glob.is_everything()))
    }

    /// Says which way each selector goes, and what it cannot see there.
    pub fn explain(&self, context: &Context) {
        for selector in &self.named {
            let index = |what: &str, name: &[u8]| {
                let name = text::escape(name);
                format!(
                    "{what} '{name}': walking its set, not the keyspace; keys that it does not name are not seen"
                )
            };
            context.ui.verbose(&match selector {
                Selector::Key(_) => continue,
                Selector::Tag(name) => index("tag", name),
                Selector::InvalidKey(name) => index("invalid key", name),
                Selector::Pattern(glob) => {
                    let glob = text::escape(glob.base_source());
                    format!("pattern '{glob}': scanning the keyspace, as no index lists what a glob means")
                }
            });
        }
    }

    /// The names that were given, for a hint where nothing was found.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.named.iter().map(|selector| match selector {
            Selector::Key(key) => key.as_bytes(),
            Selector::Tag(name) | Selector::InvalidKey(name) => name,
            Selector::Pattern(glob) => glob.base_source(),
        })
    }

    /// The selectors, files read as they are walked.
    pub fn iter(&self) -> impl Iterator<Item = Result<Selector>> {
        let files = self.files.iter().flat_map(|path| {
            let keys: Box<dyn Iterator<Item = Result<Selector>>> = match open(path) {
                Ok(reader) => Box::new(self.keys(path, reader)),
                Err(error) => Box::new(std::iter::once(Err(error))),
            };
            keys
        });
        self.named.iter().cloned().map(Ok).chain(files)
    }

    fn keys(&self, path: &Path, reader: Box<dyn BufRead>) -> impl Iterator<Item = Result<Selector>> {
        let (escaped, path) = (self.escaped, path.to_owned());
        reader
            .split(self.separator)
            .map(move |line| line.map_err(|source| input_error(&path, source)))
            .filter(|line| !matches!(line, Ok(line) if line.is_empty()))
            .map(move |line| {
                let line = line?;
                let key = match std::str::from_utf8(&line) {
                    Ok(line) if escaped => text::unescape(line),
                    _ => line,
                };
                Ok(Selector::Key(LogicalKey::new(key)))
            })
    }
}

/// Tells which keys were of another type than a set.
pub fn warn_of_not_sets(context: &Context, not_sets: &[Vec<u8>], wrong_type: u64) {
    for key in not_sets {
        context.ui.warning(&format!("'{}' is not a set; it was skipped", text::escape(key)));
    }
    let others = wrong_type.saturating_sub(not_sets.len() as u64);
    if others > 0 {
        context.ui.warning(&format!("{others} keys were not hashes and were skipped"));
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if is_stdin(path) {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let file = File::open(path).map_err(|source| input_error(path, source))?;
    Ok(Box::new(BufReader::new(file)))
}

fn input_error(path: &Path, source: std::io::Error) -> Error {
    let path = if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() };
    Error::Input { path, source }
}
