//! The flags of `keys` and `invalidate`, and how keys are selected.

use crate::cli::args::DryRun;
use crate::cli::args::headings::{ACTION, OUTPUT, SAFETY, SELECTION, SPEED};
use crate::cli::args::parse::{self, LayoutChoice};
use cacheme::ops::Filter;
use cacheme::ops::KeyState;
use clap::{Args, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List keys with their state, time left and size
    ///
    /// A row has key, state, ttl_seconds, size_bytes (of the stored value), expires_at and tags. tags is null unless
    /// --fields names it; then the command reads all tags into memory first. It does not ask the server for what --fields
    /// leaves out. A table shows tags only with --fields, and expires_at only where it has 100 columns.
    ///
    /// Rows are printed as they are found, those of a table once all are found. A key that SCAN returns twice is listed once if the two are at most 25,000 rows
    /// apart; to promise more, all keys would have to be held in memory.
    ///
    /// Without selectors, and with --pattern, keys are read from the Redis hashes. There a key of three segments (a>b>c)
    /// stands as its first two. With --state pending, computing or missing alone, they are read from the marks, the keys in
    /// progress and the indexes instead.
    List {
        #[command(flatten)]
        selectors: Selectors,
        #[command(flatten)]
        narrowing: Narrowing,
        /// Stop after this many keys
        #[arg(help_heading = OUTPUT, long, value_name = "N", value_parser = parse::count)]
        limit: Option<u64>,
    },
    /// List the largest values, or the keys that expire soonest
    ///
    /// The first column is the rank; the others are those of `keys list`. --by ttl ranks only keys with a timeout. Keys that have
    /// expired come first, the longest expired at the top: `cacheme purge` frees their memory. --state live leaves them out. Keys
    /// that rank the same are ordered by name. The command reads every selected key that has a value, and holds no more than N of
    /// them in memory.
    Top(TopArgs),
    /// Show keys in full: state, time left, age, tags, value
    ///
    /// stored_at says when the value was stored: the time when it expires, less the timeout of its function. Rust workers record
    /// that timeout, some seconds after the first value (unless `record` is off). stored_at is right if all workers of the
    /// function use it.
    ///
    /// stored_at is null if the timeout is not known: Python workers record none, the value has none, or values with two different
    /// timeouts may be there. It is also null for a key of three segments (a>b>c), and for a key that is marked or being computed
    /// and has an hour or less left. For a value of Python workers, take the function's timeout less ttl_seconds: that is its age.
    /// `cacheme events --key KEY --kind stored` shows when the value is stored the next time.
    ///
    /// idle_seconds says how long nobody has read or written the Redis hash that holds the value. All fields of a base share
    /// that hash. The count begins again when the server restarts. Reads while the server saves to disk do not count, and on
    /// servers before 7.2 this command and listings count as reads. It is null where the server does not tell: where it evicts
    /// by LFU, or refuses OBJECT.
    Show(ShowArgs),
    /// Write every key with its value (ndjson)
    ///
    /// Rows are printed as they are found; --format has other formats. Add --raw and --indexes to be able to restore what is written.
    Dump(DumpArgs),
    /// Put back what `keys dump --raw --indexes` wrote
    ///
    /// Restores values, timeouts, tags, invalid keys and marks, byte for byte and each key in one step, into the server, prefix
    /// and layout in force. A live value that differs is left alone unless --replace is given. A value that is there already,
    /// the same, stays as it is, so a run that stopped can be run again.
    Restore(RestoreArgs),
}

#[derive(Debug, Clone, Args, Default)]
#[command(next_help_heading = SELECTION)]
pub struct Selectors {
    /// This key, such as 'Book:100>owner'
    ///
    /// Selectors may be repeated. A key that any of them matches is selected; with --match all, one that all of them match. Quote
    /// names that contain '>', which a shell would take for a redirect.
    #[arg(long, value_name = "KEY")]
    pub key: Vec<OsString>,
    /// The keys that depend on this invalid key
    #[arg(long, value_name = "NAME")]
    pub invalid_key: Vec<OsString>,
    /// The keys with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<OsString>,
    /// The keys that match this glob
    ///
    /// A glob of Redis (* ? [a-z] and \ before a character that stands for itself). It is compared with the base of each key;
    /// with a '>' in it, with base and field: 'Book:*>owner'. It never leaves the namespace.
    #[arg(long, value_name = "GLOB")]
    pub pattern: Vec<OsString>,
    /// The keys that this file lists
    ///
    /// One key a line, or rows of `keys list` and `keys dump` in the formats plain and ndjson; '-' is standard input. Other
    /// output of this tool is refused before anything is done. So is a line that is a JSON object without a key, or a part of an
    /// object that spans several lines ({CM}:x is a name); [] is an empty list. Line ends of Windows and a byte order mark are
    /// removed. With -0 every key is taken as it is.
    #[arg(long, value_name = "FILE|-")]
    pub from_file: Vec<PathBuf>,
    /// NUL separates the keys of files
    #[arg(hide_short_help = true, short = '0', long)]
    pub null: bool,
    #[command(flatten)]
    pub exceptions: Exceptions,
}

/// How selectors go together, and what is taken away.
#[derive(Debug, Clone, Args, Default)]
#[command(next_help_heading = SELECTION)]
pub struct Exceptions {
    /// Keys that match any (default) or all
    ///
    /// With `all`, one selector finds the keys, and each of them is checked against the others. The first kind in this order
    /// finds them: files, keys, invalid keys, tags, patterns. (purge has only tags and invalid keys.) Several files count as one
    /// selector.
    #[arg(
        long = "match",
        value_enum,
        value_name = "HOW",
        default_value = "any",
        hide_default_value = true,
        hide_possible_values = true,
        hide_short_help = true
    )]
    pub match_mode: Match,
    /// Leave out this key
    #[arg(hide_short_help = true, long, value_name = "KEY")]
    pub except_key: Vec<OsString>,
    /// Leave out the keys of this invalid key
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub except_invalid_key: Vec<OsString>,
    /// Leave out the keys with this tag
    ///
    /// The names of these keys are held in memory. A listing without --tag cannot tell a>b>c from a>b, and leaves out both.
    #[arg(hide_short_help = true, long, value_name = "TAG")]
    pub except_tag: Vec<OsString>,
    /// Leave out the keys that match this glob
    #[arg(hide_short_help = true, long, value_name = "GLOB")]
    pub except_pattern: Vec<OsString>,
}

/// How selectors go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Match {
    /// A key that one of them means
    #[default]
    Any,
    /// A key that each of them means
    All,
}

/// How large a value is.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = SELECTION)]
pub struct Sizes {
    /// Only values of more bytes: 500, 64KiB, 1MB
    ///
    /// 1MB is 1,000,000 bytes, 1MiB is 1,048,576. The size is that of the stored value. A key without a value has no size and is
    /// left out; for purge, its entry has 0 bytes.
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = parse::size)]
    pub larger_than: Option<u64>,
    /// Only values of fewer bytes
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = parse::size)]
    pub smaller_than: Option<u64>,
}

/// What a key has to be like.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = SELECTION)]
pub struct Narrowing {
    /// live, expired, pending, computing or missing
    ///
    /// Only keys in these states. live: readers get its value. expired: its timeout has passed. pending: it is marked, so the next
    /// reader recomputes it. computing: a worker computes it now. missing: a tag or an invalid key names it, and it has no
    /// value.
    #[arg(long, value_name = "S,..", value_delimiter = ',')]
    pub state: Vec<KeyState>,
    #[command(flatten)]
    pub sizes: Sizes,
    /// Only keys that expire within this time
    ///
    /// Keys that have expired already are not among them: --state expired finds those.
    #[arg(hide_short_help = true, long, value_name = "DUR", value_parser = parse::duration)]
    pub expires_within: Option<Duration>,
    /// Only keys that expire later than this
    #[arg(hide_short_help = true, long, value_name = "DUR", value_parser = parse::duration)]
    pub expires_after: Option<Duration>,
    /// Only keys without a timeout
    #[arg(hide_short_help = true, long, conflicts_with_all = ["expires_within", "expires_after"])]
    pub no_timeout: bool,
}

impl Sizes {
    /// These bounds alone.
    pub fn filter(&self) -> Filter {
        let Self { larger_than, smaller_than } = *self;
        Filter { larger_than, smaller_than, ..Filter::default() }
    }
}

impl Narrowing {
    /// What a key has to be like, whatever it is called.
    pub fn filter(&self) -> Filter {
        Filter {
            states: self.state.clone(),
            expires_within: self.expires_within,
            expires_after: self.expires_after,
            no_timeout: self.no_timeout,
            ..self.sizes.filter()
        }
    }
}

#[derive(Debug, Args)]
pub struct TopArgs {
    #[command(flatten)]
    pub selectors: Selectors,
    #[command(flatten)]
    pub narrowing: Narrowing,
    /// By bytes, the value size (default), or ttl, the time left
    #[arg(hide_default_value = true, hide_possible_values = true, help_heading = ACTION, long, value_enum, value_name = "WHAT", default_value = "bytes")]
    pub by: TopBy,
    /// How many to list
    #[arg(help_heading = OUTPUT, short = 'n', long = "number", value_name = "N", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    pub number: u64,
}

/// What keys are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TopBy {
    Bytes,
    Ttl,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The keys to show, such as 'Book:100>owner'
    ///
    /// Quote names that contain '>', which a shell would take for a redirect.
    #[arg(value_name = "KEY", required = true)]
    pub keys: Vec<OsString>,
    /// Show long values whole
    ///
    /// On a terminal a table cuts a value after 20 lines or 2,000 characters. Other formats, and tables in a file or pipe,
    /// always hold all of it.
    #[arg(help_heading = OUTPUT, long)]
    pub full: bool,
}

#[derive(Debug, Args)]
pub struct DumpArgs {
    #[command(flatten)]
    pub selectors: Selectors,
    #[command(flatten)]
    pub narrowing: Narrowing,
    /// Write the stored bytes, not decoded values
    ///
    /// The bytes are written in base64, as value_base64: this is what `keys restore` reads. A key that was invalidated before the
    /// dump began comes back marked. So does one that is being computed, as its mark may have been taken. A key that is
    /// invalidated while the dump runs may come back as valid: dump while nobody invalidates, or invalidate it again after the
    /// restore. Python workers do not always tell that they recompute (0.0.9 and 0.1.0 never, 0.1.1 not for a moment), and a
    /// replica may lag behind. For a dump that misses nothing, let workers be idle and read from the primary.
    #[arg(help_heading = ACTION, long)]
    pub raw: bool,
    /// Add the tags and invalid keys of each key
    ///
    /// All indexes are held in memory: 254 MB were measured for 1,000,000 keys with a tag each.
    ///
    /// A value has one row, which names all keys that share it. The indexes are read before the values, and again after them for
    /// keys that were stored meanwhile; these come last. If a key gets another tag or invalid key after it was dumped, the dump
    /// is not complete, and the command says so.
    #[arg(help_heading = ACTION, long)]
    pub indexes: bool,
    /// Write ndjson into this file (.gz and .zst compress)
    ///
    /// The file appears once it is whole, and only its owner can read it. A run that fails leaves no file, and an old one as it
    /// was. A link is followed to its file. What is no regular file (a device, a FIFO, /dev/stdout) is written to directly.
    #[arg(help_heading = OUTPUT, long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// One side: a profile, a URL, a dump or an RDB file
    ///
    /// A dump is what `keys dump --raw --indexes` wrote.
    #[arg(value_name = "A")]
    pub a: OsString,
    /// The other side [default: the server in force]
    ///
    /// The same as A. Without it, the server and namespace in force are meant, or the file of --rdb.
    #[arg(value_name = "B")]
    pub b: Option<OsString>,
    #[command(flatten)]
    pub selectors: Selectors,
    #[command(flatten)]
    pub narrowing: Narrowing,
    /// Exit with 4 if a given name is on neither side
    ///
    /// Nothing is compared then. It applies to names given by --key, --tag, --invalid-key and the exceptions. Without it, such a
    /// name gets a warning, and the run goes on: with a mistyped --tag nothing is compared, and both sides count as the same.
    #[arg(help_heading = SAFETY, long)]
    pub strict: bool,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The dump to restore; '-' is standard input
    ///
    /// What `keys dump --raw --indexes` wrote, compressed or not. A value may have 64 MiB, a line 128 MiB, and a value about
    /// 350,000 keys of three segments; a dump with more is refused.
    ///
    /// A value with more than 256 tags, invalid keys and marks goes back in steps, the value last. If it is invalidated with
    /// --delete in between, there is no value yet to delete: it is valid afterwards, as if it had been restored later.
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub file: PathBuf,
    /// Overwrite live values that differ
    ///
    /// Without it, a value is overwritten only if no reader would get it: if it has expired, or each of its keys is marked. For a
    /// value with more than 256 keys the marks are not checked: it counts as live unless it has expired.
    #[arg(help_heading = ACTION, long)]
    pub replace: bool,
    /// Restore into this layout instead of --layout
    #[arg(help_heading = ACTION, long, value_name = "LAYOUT", value_parser = parse::layout())]
    pub to_layout: Option<LayoutChoice>,
    /// Begin at this line of the dump, where a run stopped
    #[arg(help_heading = ACTION, long, value_name = "N", default_value = "1", value_parser = parse::count)]
    pub from_line: u64,
    /// Do not ask
    #[arg(help_heading = SAFETY, short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub dry_run: DryRun,
}

#[derive(Debug, Args)]
pub struct InvalidateArgs {
    #[command(flatten)]
    pub selectors: Selectors,
    #[command(flatten)]
    pub narrowing: Narrowing,
    /// Redis keys that match, prefix included
    ///
    /// The library's own meaning of a pattern: a glob over raw Redis key names, with any prefix.
    #[arg(hide_short_help = true, help_heading = SELECTION, long, value_name = "GLOB")]
    pub raw_pattern: Option<OsString>,
    /// Mark all: readers get old values until one computes
    ///
    /// The next reader recomputes a marked key. Until that is done, other readers may still get the old value.
    #[arg(help_heading = ACTION, long, conflicts_with = "delete")]
    pub mark: bool,
    /// Delete all: the values are gone at once
    ///
    /// A key that is being computed is marked as well, so that its result, which may come from old data, does not count. 0.0.9
    /// and 0.1.0 of the library do not tell what they refresh: where they run, use --mark.
    #[arg(help_heading = ACTION, long)]
    pub delete: bool,
    /// Exit with 4 if a given name matches nothing
    ///
    /// Nothing is changed then. It applies to names given by --key, --tag, --invalid-key, --from-file and the exceptions. Without
    /// it, a name that matches nothing gets a warning, and the run goes on: if an exception is mistyped, the keys that it should
    /// keep are invalidated.
    #[arg(hide_short_help = true, help_heading = SAFETY, long)]
    pub strict: bool,
    /// Do not ask
    ///
    /// This is not enough for a whole namespace, or for a raw pattern outside the prefix: see --confirm.
    #[arg(help_heading = SAFETY, short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub dry_run: DryRun,
    /// Stop after this time (exit code 3)
    ///
    /// Keys that were not reached by then are not invalidated. Run the command again without a budget, or with a longer one: each
    /// run starts from the beginning.
    ///
    /// The time starts after the question. With a pattern or --with-inner it starts after the search for namespaces inside this
    /// one, which reads the names of all keys (-v shows how long it took).
    #[arg(hide_short_help = true, help_heading = SPEED, long, value_name = "DUR", value_parser = parse::timeout)]
    pub time_budget: Option<Duration>,
}
