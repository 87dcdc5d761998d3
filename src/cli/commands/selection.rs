//! Selectors from the command line.

use crate::cli::args::Selectors;
use crate::cli::commands::key_file::{KeyFile, Rules};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use cacheme::Result;
use cacheme::namespace::LogicalKey;
use cacheme::ops::Selector;
use cacheme::text;

/// What was selected.
pub struct Selection {
    named: Vec<Selector>,
    files: Vec<KeyFile>,
}

impl Selection {
    /// Checks the selectors, and the files but for standard input: see [`Selection::check`].
    pub fn new(context: &Context, args: &Selectors) -> std::result::Result<Self, Failure> {
        let names = |texts: &[_], make: fn(Vec<u8>) -> Selector| -> Vec<Selector> {
            texts.iter().map(|text: &std::ffi::OsString| make(context.name(text))).collect()
        };
        let mut named = names(&args.key, |name| Selector::Key(LogicalKey::new(name)));
        named.extend(names(&args.invalid_key, Selector::InvalidKey));
        named.extend(names(&args.tag, Selector::Tag));
        for glob in &args.pattern {
            named.push(Selector::pattern(&context.name(glob))?);
        }
        let rules = Rules { null: args.null, escaped: context.global.escaped };
        let files: Vec<_> = args
            .from_file
            .iter()
            .map(|path| KeyFile::open(path, rules))
            .collect::<std::result::Result<_, _>>()?;
        if files.iter().filter(|file| file.is_stdin()).count() > 1 {
            return Err(Failure::usage("--from-file - stands there twice: standard input can be read once")
                .with_hint("put the keys into one stream, or give files by their names"));
        }
        Ok(Self { named, files })
    }

    /// Reads standard input, where keys come from it: a line that is none ends the work before it begins.
    pub fn check(&self) -> std::result::Result<(), Failure> {
        self.files.iter().filter(|file| file.is_stdin()).try_for_each(KeyFile::check)
    }

    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.files.is_empty()
    }

    /// Whether keys come from standard input, where no answer can come from then.
    pub fn takes_stdin(&self) -> bool {
        self.files.iter().any(KeyFile::is_stdin)
    }

    /// Files of keys.
    pub fn files(&self) -> &[KeyFile] {
        &self.files
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

    /// Whether the keyspace is walked: for a pattern, or since nothing was selected.
    pub fn walks(&self) -> bool {
        self.is_empty() || self.named.iter().any(|selector| matches!(selector, Selector::Pattern(_)))
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
        let files = self.files.iter().flat_map(|file| {
            let keys: Box<dyn Iterator<Item = Result<LogicalKey>>> = match file.keys() {
                Ok(keys) => Box::new(keys),
                Err(error) => Box::new(std::iter::once(Err(error))),
            };
            keys.map(|key| key.map(Selector::Key))
        });
        self.named.iter().cloned().map(Ok).chain(files)
    }
}

/// Tells which keys were of another type than a set or a hash.
pub fn warn_of_not_sets(context: &Context, not_sets: &[Vec<u8>], not_hashes: &[Vec<u8>], wrong_type: u64) {
    for (keys, kind) in [(not_sets, "set"), (not_hashes, "hash")] {
        for key in keys {
            context.ui.warning(&format!("'{}' is not a {kind}; it was skipped", text::escape(key)));
        }
    }
    let others = wrong_type.saturating_sub((not_sets.len() + not_hashes.len()) as u64);
    if others > 0 {
        context.ui.warning(&format!("{others} more keys had no hash for their value and were skipped"));
    }
}
