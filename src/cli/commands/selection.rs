//! Selectors from the command line.

use crate::cli::args::{Exceptions, Match, Narrowing, Selectors};
use crate::cli::commands::absent_names::AbsentNames;
use crate::cli::commands::key_file::{KeyFile, Rules};
use crate::cli::context::Context;
use crate::cli::error::Failure;
use cacheme::Result;
use cacheme::cache::Session;
use cacheme::namespace::LogicalKey;
use cacheme::ops::{Filter, Selector};
use cacheme::text::{self, counted};
use std::ffi::OsString;

/// What was selected.
pub struct Selection {
    /// Selectors that are walked.
    walked: Vec<Selector>,
    files: Vec<KeyFile>,
    /// Which of the keys that are found are meant.
    filter: Filter,
    /// Nobody gave these selectors: whoever made them of others tells what is not there.
    is_derived: bool,
}

impl Selection {
    /// Checks the selectors, and the files but for standard input: see [`Selection::check`].
    pub fn new(
        context: &Context,
        args: &Selectors,
        narrowing: &Narrowing,
    ) -> std::result::Result<Self, Failure> {
        let mut named = names(context, &args.key, |name| Selector::Key(LogicalKey::new(name)));
        named.extend(names(context, &args.invalid_key, Selector::InvalidKey));
        named.extend(names(context, &args.tag, Selector::Tag));
        named.extend(globs(context, &args.pattern)?);
        let mut filter = exceptions(context, &args.exceptions, narrowing.filter())?;
        let rules = Rules { null: args.null, escaped: context.global.escaped };
        let files: Vec<_> = args
            .from_file
            .iter()
            .map(|path| KeyFile::open(path, rules))
            .collect::<std::result::Result<_, _>>()?;
        if files.iter().filter(|file| file.is_stdin()).count() > 1 {
            return Err(Failure::usage(
                "--from-file - is given twice, and standard input can be read only once",
            )
            .with_hint("put the keys into one stream, or give files by their names"));
        }
        if args.exceptions.match_mode == Match::All {
            filter.all = split_for_all(&mut named, !files.is_empty());
        }
        Ok(Self { walked: named, files, filter, is_derived: false })
    }

    /// What these selectors mean, which were made of others; everything, where there is none.
    pub fn derived(walked: Vec<Selector>) -> Self {
        Self { walked, files: Vec::new(), filter: Filter::default(), is_derived: true }
    }

    /// Reads standard input, where keys come from it: a line that is none ends the work before it begins.
    pub fn check(&self) -> std::result::Result<(), Failure> {
        self.files.iter().filter(|file| file.is_stdin()).try_for_each(KeyFile::check)
    }

    /// Whether nothing was selected, whatever was taken away.
    pub fn is_empty(&self) -> bool {
        self.walked.is_empty() && self.files.is_empty()
    }

    /// Which of the keys that are found are meant.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Whether keys come from standard input, where no answer can come from then.
    pub fn takes_stdin(&self) -> bool {
        self.files.iter().any(KeyFile::is_stdin)
    }

    /// Files of keys.
    pub fn files(&self) -> &[KeyFile] {
        &self.files
    }

    /// Selectors that are walked, without what files hold.
    pub fn walked(&self) -> &[Selector] {
        &self.walked
    }

    /// All that was named to be meant.
    pub fn named(&self) -> Vec<Selector> {
        self.walked.iter().chain(&self.filter.all).cloned().collect()
    }

    /// Whether nobody gave these selectors: they were made of others.
    pub fn is_derived(&self) -> bool {
        self.is_derived
    }

    /// Whether a selector is walked.
    pub fn walks_by(&self, selector: &Selector) -> bool {
        self.walked.contains(selector)
    }

    /// Takes keys in the place of a name.
    pub fn replace(&mut self, named: &Selector, keys: &[LogicalKey]) {
        self.walked.retain(|selector| selector != named);
        self.walked.extend(keys.iter().cloned().map(Selector::Key));
    }

    /// Whether only keys were named, one by one.
    pub fn is_keys_only(&self) -> bool {
        self.files.is_empty() && self.walked.iter().all(|selector| matches!(selector, Selector::Key(_)))
    }

    /// Whether one of the patterns is the whole namespace.
    pub fn is_everything(&self) -> bool {
        self.walked.iter().any(|selector| matches!(selector, Selector::Pattern(glob) if glob.is_everything()))
    }

    /// Whether the keyspace is walked: for a pattern, or since nothing was selected.
    pub fn walks(&self) -> bool {
        self.is_empty() || self.walked.iter().any(|selector| matches!(selector, Selector::Pattern(_)))
    }

    /// Says which way each selector goes, and what it cannot see there.
    pub fn explain(&self, context: &Context) {
        for selector in &self.walked {
            let index = |what: &str, name: &[u8]| {
                let name = text::escape(name);
                format!("{what} '{name}': reading only its members, not the whole keyspace")
            };
            context.ui.verbose(&match selector {
                Selector::Key(_) => continue,
                Selector::Tag(name) => index("tag", name),
                Selector::InvalidKey(name) => index("invalid key", name),
                Selector::Pattern(glob) => {
                    let glob = text::escape(glob.base_source());
                    format!(
                        "pattern '{glob}': scanning the whole keyspace, as no index lists keys by pattern"
                    )
                }
            });
        }
    }

    /// The names that were given, for a hint where nothing was found.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.walked.iter().chain(&self.filter.all).map(|selector| match selector {
            Selector::Key(key) => key.as_bytes(),
            Selector::Tag(name) | Selector::InvalidKey(name) => name,
            Selector::Pattern(glob) => glob.base_source(),
        })
    }

    /// The selectors, files read as they are walked.
    pub fn iter(&self) -> impl Iterator<Item = Result<Selector>> {
        self.walked.iter().cloned().map(Ok).chain(self.keys_of_files().map(|key| key.map(Selector::Key)))
    }

    /// The keys of the files, read as they are walked.
    pub fn keys_of_files(&self) -> impl Iterator<Item = Result<LogicalKey>> {
        self.files.iter().flat_map(|file| -> Box<dyn Iterator<Item = Result<LogicalKey>>> {
            match file.keys() {
                Ok(keys) => Box::new(keys),
                Err(error) => Box::new(std::iter::once(Err(error))),
            }
        })
    }

    /// Which of the names that were given match nothing.
    pub fn absent_names(
        &self,
        context: &Context,
        session: &mut Session,
        strict: bool,
    ) -> std::result::Result<AbsentNames, Failure> {
        match self.is_derived {
            true => Ok(AbsentNames::default()),
            false => AbsentNames::find(context, session, &self.named(), &self.filter.except, strict),
        }
    }
}

/// Selectors by the names that were given.
pub fn names(context: &Context, texts: &[OsString], make: fn(Vec<u8>) -> Selector) -> Vec<Selector> {
    texts.iter().map(|text| make(context.name(text))).collect()
}

fn globs(context: &Context, texts: &[OsString]) -> Result<Vec<Selector>> {
    texts.iter().map(|glob| Selector::pattern(&context.name(glob))).collect()
}

/// Adds what is taken away to what narrows, and refuses bounds that nothing lies between.
pub fn exceptions(
    context: &Context,
    args: &Exceptions,
    filter: Filter,
) -> std::result::Result<Filter, Failure> {
    let mut except = names(context, &args.except_key, |name| Selector::Key(LogicalKey::new(name)));
    except.extend(names(context, &args.except_invalid_key, Selector::InvalidKey));
    except.extend(names(context, &args.except_tag, Selector::Tag));
    except.extend(globs(context, &args.except_pattern)?);
    let Filter { larger_than, smaller_than, expires_within, expires_after, .. } = filter;
    if let (Some(least), Some(most)) = (larger_than, smaller_than)
        && most.saturating_sub(least) < 2
    {
        return Err(Failure::usage(format!(
            "no value has more than {least} and fewer than {most} bytes: --larger-than and --smaller-than leave nothing"
        ))
        .with_hint("give --larger-than the smaller of the two sizes"));
    }
    if let (Some(within), Some(after)) = (expires_within, expires_after)
        && within <= after
    {
        return Err(Failure::usage(
            "no key expires both within the time of --expires-within and after that of --expires-after",
        )
        .with_hint("give --expires-after the shorter of the two times"));
    }
    Ok(Filter { except, ..filter })
}

/// Of selectors that all have to match, leaves the one that costs least to walk, or none where `files` are walked. Gives the
/// others, which are checked.
pub fn split_for_all(named: &mut Vec<Selector>, files: bool) -> Vec<Selector> {
    let cost = |selector: &Selector| match selector {
        Selector::Key(_) => 0,
        Selector::InvalidKey(_) => 1,
        Selector::Tag(_) => 2,
        Selector::Pattern(glob) if !glob.is_everything() => 3,
        Selector::Pattern(_) => 4,
    };
    named.sort_by_key(cost);
    let mut tests = named.split_off(usize::from(!files).min(named.len()));
    tests.retain(|selector| !named.contains(selector));
    tests
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
        let others = counted(others, "other key was", "other keys were");
        context.ui.warning(&format!("{others} skipped, as their values are not stored in a hash"));
    }
}
