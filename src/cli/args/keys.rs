//! The flags of `keys` and `invalidate`, and how keys are selected.

use crate::cli::args::DryRun;
use crate::cli::args::parse::{self, LayoutChoice};
use cacheme::ops::Filter;
use cacheme::ops::KeyState;
use clap::{Args, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

const SELECTORS: &str = "Selectors (repeatable; together they mean the union unless --match says all)";
const MEANT: &str = "Exactly what is meant";

#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// List logical keys, streamed
    ///
    /// A key that SCAN names twice is listed once when the two are at most 25,000 rows apart; no more can be
    /// promised without holding all keys in memory. Without selectors, and with --pattern, keys are read from the
    /// hashes, where a key of three segments (a>b>c) stands as its first two; --state pending, computing or missing
    /// alone look among the marks, the keys in progress and the indexes instead.
    ///
    /// A row has key, state, ttl_seconds, size_bytes (of the stored value), expires_at and tags. tags is null unless
    /// --fields names it: then all tags are read into memory first. What --fields leaves out is not asked for. A table
    /// shows tags only with --fields, and expires_at only where there are 100 columns.
    List {
        #[command(flatten)]
        selectors: Selectors,
        #[command(flatten)]
        narrowing: Narrowing,
        /// Stop after this many
        #[arg(long, value_name = "N", value_parser = parse::count)]
        limit: Option<u64>,
    },
    /// The largest values, or the keys that expire soonest
    ///
    /// The first column is the rank, the others are those of `keys list`. --by ttl ranks only keys with a timeout. Keys that have
    /// expired come first, the longest expired at the top: purge gives their memory back. --state live leaves them out. Ties are
    /// ordered by key. The command looks at every selected key that has a value, and holds no more than N of them in memory.
    Top(TopArgs),
    /// One key in full: state, time left, age, tags, invalid keys, how to refresh it, value
    ///
    /// stored_at says when the value was stored, where that can be known: Rust workers record the timeouts of their functions
    /// (unless `record` is off), and what expires was stored that long before. It is null for values without a timeout or of a
    /// tag for which nothing was recorded, as by Python workers, while values of two timeouts may be there, and for keys that are
    /// marked or computed from an hour before the timeout on, and for `a>b>c`, which shares the timeout of `a>b`. This assumes that all
    /// workers of a function have the recorded timeout, and that none has lost it; it appears a few seconds after the first value. A value
    /// that Python workers stored with a timeout is as old as its function's timeout less ttl_seconds. `cacheme events --key KEY --kind
    /// stored` tells when the value is stored the next time.
    ///
    /// idle_seconds says for how long nobody has read or written the Redis hash of the value, which all fields of a base
    /// share: the value is no newer than that. A restart of the server begins it anew, reads while the server saves to disk do
    /// not count, and on servers before 7.2 this command and listings count as reads themselves. It is null where the server
    /// does not tell: it evicts by LFU, or refuses OBJECT.
    Show(ShowArgs),
    /// Every key with its value, streamed (ndjson unless told otherwise)
    Dump(DumpArgs),
    /// Put back what `keys dump --raw --indexes` wrote: values, timeouts, tags, invalid keys, marks
    ///
    /// Byte for byte, each key in one step, into the server, prefix and layout in force. A live value of another content
    /// is left alone unless --replace says otherwise; what is there already, the same, stays as it is, so a run that
    /// stopped can be run again.
    Restore(RestoreArgs),
}

#[derive(Debug, Clone, Args, Default)]
pub struct Selectors {
    /// A logical key
    #[arg(long, help_heading = SELECTORS, value_name = "KEY")]
    pub key: Vec<OsString>,
    /// The keys that depend on an invalid key
    #[arg(long, help_heading = SELECTORS, value_name = "NAME")]
    pub invalid_key: Vec<OsString>,
    /// The keys with a tag
    #[arg(long, help_heading = SELECTORS, value_name = "TAG")]
    pub tag: Vec<OsString>,
    /// The values whose base matches a glob; a '>' in it separates base from field
    #[arg(long, help_heading = SELECTORS, value_name = "GLOB")]
    pub pattern: Vec<OsString>,
    /// Logical keys from a file, one a line, or rows of `keys list` and `keys dump` ('-' is standard input)
    ///
    /// Rows may be of the formats plain and ndjson; other output of this tool is refused before anything is done. So is a
    /// line that is a JSON object without a key, or belongs to one over several lines ({CM}:x is a name); [] is a list of
    /// none. Line ends of Windows and a byte order mark are taken off. With -0 every key stands as it is.
    #[arg(long, help_heading = SELECTORS, value_name = "FILE|-")]
    pub from_file: Vec<PathBuf>,
    /// Keys in files are separated by NUL, not by newlines
    #[arg(short = '0', long, help_heading = SELECTORS)]
    pub null: bool,
    #[command(flatten)]
    pub exceptions: Exceptions,
}

/// How selectors go together, and what is taken away.
#[derive(Debug, Clone, Args, Default)]
pub struct Exceptions {
    /// Whether a key has to match any of the selectors, or all of them
    ///
    /// With all, one selector finds the keys, and the others are checked for each of them. The first of these that is given finds
    /// them: files, keys, invalid keys, tags, patterns; purge has tags and invalid keys alone. Several files count as one selector.
    #[arg(help_heading = MEANT, long = "match", value_enum, value_name = "HOW", default_value = "any")]
    pub match_mode: Match,
    /// Not this key
    #[arg(help_heading = MEANT, long, value_name = "KEY")]
    pub except_key: Vec<OsString>,
    /// Not the keys that depend on this invalid key
    #[arg(help_heading = MEANT, long, value_name = "NAME")]
    pub except_invalid_key: Vec<OsString>,
    /// Not the keys with this tag
    ///
    /// A listing without --tag cannot tell a>b>c from a>b, and leaves out both. The names of these keys are held in memory.
    #[arg(help_heading = MEANT, long, value_name = "TAG")]
    pub except_tag: Vec<OsString>,
    /// Not the values that match this glob
    #[arg(help_heading = MEANT, long, value_name = "GLOB")]
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
pub struct Sizes {
    /// Only values of more bytes than this: 500, 64KiB, 1MB (1,000,000), 1.5GB
    ///
    /// These are the bytes that are stored. A key without a value has no size and is left out; for purge, its entry has 0 bytes.
    #[arg(help_heading = MEANT, long, value_name = "SIZE", value_parser = parse::size)]
    pub larger_than: Option<u64>,
    /// Only values of fewer bytes than this
    #[arg(help_heading = MEANT, long, value_name = "SIZE", value_parser = parse::size)]
    pub smaller_than: Option<u64>,
}

/// What a key has to be like.
#[derive(Debug, Args, Default)]
pub struct Narrowing {
    /// Only keys in these states: live, expired, pending, computing, missing
    #[arg(help_heading = MEANT, long, value_name = "S,..", value_delimiter = ',')]
    pub state: Vec<KeyState>,
    #[command(flatten)]
    pub sizes: Sizes,
    /// Only keys that expire within this time, and have not expired yet (--state expired finds those)
    #[arg(help_heading = MEANT, long, value_name = "DUR", value_parser = parse::duration)]
    pub expires_within: Option<Duration>,
    /// Only keys that expire later than that
    #[arg(help_heading = MEANT, long, value_name = "DUR", value_parser = parse::duration)]
    pub expires_after: Option<Duration>,
    /// Only keys without a timeout
    #[arg(help_heading = MEANT, long, conflicts_with_all = ["expires_within", "expires_after"])]
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
    /// What they are ranked by: the bytes of the stored value, or the time left
    #[arg(long, value_enum, value_name = "WHAT", default_value = "bytes")]
    pub by: TopBy,
    /// So many of them
    #[arg(short = 'n', long = "number", value_name = "N", default_value = "10", value_parser = clap::value_parser!(u64).range(1..))]
    pub number: u64,
}

/// What keys are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TopBy {
    /// The largest values first
    Bytes,
    /// The keys that expire soonest first
    Ttl,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Logical keys
    #[arg(value_name = "KEY", required = true)]
    pub keys: Vec<OsString>,
    /// Show long values whole
    ///
    /// On a terminal a table ends a value after 20 lines or 2,000 characters. Other formats, and tables that go elsewhere, always
    /// have all of it.
    #[arg(long)]
    pub full: bool,
}

#[derive(Debug, Args)]
pub struct DumpArgs {
    #[command(flatten)]
    pub selectors: Selectors,
    #[command(flatten)]
    pub narrowing: Narrowing,
    /// The stored bytes in base64 (value_base64) instead of the decoded value
    ///
    /// What `keys restore` takes. What was invalidated before the dump began comes back marked, and so does what somebody
    /// computes, as its mark may be taken. What is invalidated while the dump runs may come back as valid: dump while nobody
    /// invalidates, or invalidate it once more after the restore. Python workers do not always tell that they recompute (0.0.9
    /// and 0.1.0 never, 0.1.1 not for a moment), and a replica may not have all that was invalidated: for a dump that misses
    /// nothing let workers be idle, and read from the primary.
    #[arg(long)]
    pub raw: bool,
    /// With the tags and invalid keys of each key; holds all indexes in memory
    ///
    /// 254 MB were measured for 1,000,000 keys with a tag each.
    ///
    /// A value has one row, which names all keys that share it. Indexes are read before the values, and once more behind them for
    /// keys that were stored meanwhile, which come last.
    /// Where a key that was dumped already got another tag or invalid key, the dump is not complete, and says so.
    #[arg(long)]
    pub indexes: bool,
    /// Into a file instead of standard output, as ndjson; gzip'd or zstd'd when its name ends in .gz or .zst
    ///
    /// The file appears when it is whole, for its owner alone; a run that fails leaves none, and the old one as it was.
    /// A link is followed to its file. What is no regular file (a device, a FIFO, /dev/stdout) is written as it stands.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// One side: a profile, a URL, or a file (of `keys dump --raw --indexes`, or an RDB file)
    #[arg(value_name = "A")]
    pub a: OsString,
    /// The other side, likewise [default: the server and namespace in force, or what --url or --rdb names]
    #[arg(value_name = "B")]
    pub b: Option<OsString>,
    /// Exit with 4, comparing nothing, when a name given by --key, --tag, --invalid-key or an exception is on neither side
    ///
    /// Without it such a name is a warning: by a mistyped tag nothing is compared, and both sides count as the same.
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub selectors: Selectors,
    #[command(flatten)]
    pub narrowing: Narrowing,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A file that `keys dump --raw --indexes` wrote, gzip'd or zstd'd or not ('-' is standard input)
    ///
    /// Values may have 64 MiB, lines 128, and a value about 350,000 keys of three parts; what has more is refused.
    ///
    /// A value with more than 256 tags, invalid keys and marks goes back in steps, the value last. What is invalidated with
    /// --delete in between finds no value yet: it is valid afterwards, as if it had been restored later.
    #[arg(value_name = "FILE|-", default_value = "-")]
    pub file: PathBuf,
    /// Also over live values of another content
    ///
    /// Without it only what nobody would read is written over: what has expired, or is marked by each of its keys. Of a value
    /// with more than 256 keys that is not asked: it counts as live unless it has expired.
    #[arg(long)]
    pub replace: bool,
    /// The layout to restore into, where it is another than --layout says
    #[arg(long, value_name = "LAYOUT", value_parser = parse::layout())]
    pub to_layout: Option<LayoutChoice>,
    /// Begin with this line of the dump: where an earlier run stopped
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse::count)]
    pub from_line: u64,
    /// Do not ask
    #[arg(short, long)]
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
    /// A glob over raw Redis key names, with any prefix: the library's own meaning of a pattern
    #[arg(long, value_name = "GLOB")]
    pub raw_pattern: Option<OsString>,
    /// Mark whatever was selected: the next reader recomputes, stale values keep serving until then
    #[arg(long, conflicts_with = "delete")]
    pub mark: bool,
    /// Delete the values of whatever was selected
    ///
    /// What is being computed is marked as well, so that its result does not settle. 0.0.9 and 0.1.0 do not tell what they
    /// refresh: where they run, use --mark.
    #[arg(long)]
    pub delete: bool,
    /// Exit with 4, changing nothing, when a name given by --key, --tag, --invalid-key, --from-file or an exception matches nothing
    ///
    /// Without it a mistyped exception is a warning, and what it was to keep is invalidated.
    #[arg(long)]
    pub strict: bool,
    /// Stop in time (exit code 3); the rest is not invalidated: run it again without a budget, or with a longer one
    ///
    /// No position is kept, as a further run may be a new invalidation: each begins at the front. So a further run with the
    /// same budget gets further only where what was done leaves what is walked: values that a pattern deletes, members of
    /// a tag that is marked under `classic`. The time begins behind the question and, for a pattern or with --with-inner, behind
    /// the look for namespaces inside this one, which walks the names of all keys (-v tells how long that took).
    #[arg(long, value_name = "DUR", value_parser = parse::timeout)]
    pub time_budget: Option<Duration>,
    /// Do not ask (not enough for a whole namespace or a raw pattern outside the prefix: see --confirm)
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub dry_run: DryRun,
}
