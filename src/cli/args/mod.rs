//! The flags, only checked for shape. What they mean together is settled in `context`.

mod events;
mod given;
mod keys;
pub mod parse;
mod server;
mod stats;
mod sweep;

pub use events::EventsArgs;
pub use given::with_other;
pub use keys::{
    DiffArgs, DumpArgs, Exceptions, InvalidateArgs, KeysCommand, Match, Narrowing, RestoreArgs, Selectors,
    ShowArgs, Sizes, TopArgs, TopBy,
};
pub use server::ServerArgs;
pub use stats::StatsArgs;
pub use sweep::{DoctorArgs, GcArgs, PurgeArgs, RepeatArgs};

use cacheme::client::Pace;
use clap::builder::Resettable;
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use parse::LayoutChoice;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What each exit code says, in the help and on every man page.
pub const EXIT_CODES: [(u8, &str); 7] = [
    (0, "done, nothing to do included"),
    (1, "the operation failed"),
    (2, "usage, or a refusal to act unasked"),
    (3, "stopped by a limit, or partly failed: `complete` is false"),
    (4, "a key or tag named for `show`, or with --strict, is not there"),
    (
        5,
        "`doctor` found a warning or an error; `diff` a difference; or `--dry-run --exit-code` would change something",
    ),
    (130, "interrupted: the batch in hand is finished, what was done is reported"),
];

fn after_help() -> String {
    let codes: Vec<_> = EXIT_CODES.iter().map(|(code, meaning)| format!("  {code:>3}  {meaning}")).collect();
    format!(
        "Names are given as the application writes them, without the prefix. Options marked [env: …] may also come \
         from the environment; REDISCLI_AUTH and NO_COLOR are honoured.\n\n\
         Exit codes:\n{}",
        codes.join("\n")
    )
}

/// Inspect and operate the Redis caches of the Python library cacheme.
#[derive(Parser)]
#[command(name = "cacheme", version, after_help = after_help(), max_term_width = 100, infer_subcommands = false)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// The command line with its variables, of which an empty one counts as unset. But not where it says who is meant: an
/// empty URL or prefix stays, to be refused.
pub fn command() -> clap::Command {
    Cli::command().mut_args(|arg| {
        let value = arg
            .get_env()
            .filter(|name| *name != "CACHEME_URL" && *name != "CACHEME_PREFIX")
            .and_then(std::env::var_os);
        let is_empty = value.is_some_and(|value| value.is_empty());
        if is_empty { arg.env(Resettable::Reset) } else { arg }
    })
}

#[derive(Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    #[command(flatten)]
    pub server: ServerArgs,
    /// The profile of the configuration file to use [default: its default_profile]
    #[arg(long, global = true, env = "CACHEME_PROFILE", hide_env_values = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The configuration file [default: ~/.config/cacheme/config.toml]
    #[arg(long, global = true, env = "CACHEME_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The prefix of the namespace (the library's REDIS_CACHE_PREFIX) [default: CM:]
    #[arg(long, global = true, env = "CACHEME_PREFIX", hide_env_values = true, value_name = "PREFIX")]
    pub prefix: Option<OsString>,
    /// The release of the library that uses it: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which
    /// serves both]
    #[arg(long, global = true, env = "CACHEME_LAYOUT", hide_env_values = true, value_name = "LAYOUT", value_parser = parse::layout())]
    pub layout: Option<LayoutChoice>,
    /// How rows are written [default: table on a terminal, plain in a pipe]
    #[arg(long, global = true, env = "CACHEME_FORMAT", hide_env_values = true, value_enum)]
    pub format: Option<Format>,
    /// Only these fields, in this order
    #[arg(
        long,
        global = true,
        env = "CACHEME_FIELDS",
        hide_env_values = true,
        value_name = "A,B",
        value_delimiter = ','
    )]
    pub fields: Vec<String>,
    /// No hints and no sentence about what was done: only warnings and errors, and what a run that was not finished did
    #[arg(short, long, global = true, env = "CACHEME_QUIET", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue)]
    pub quiet: bool,
    /// Say what is done and why
    #[arg(short, long, global = true, env = "CACHEME_VERBOSE", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue)]
    pub verbose: bool,
    /// The longest wait for any one answer [default: 10s]
    #[arg(long, global = true, env = "CACHEME_TIMEOUT", hide_env_values = true, value_name = "DUR", value_parser = parse::timeout)]
    pub timeout: Option<Duration>,
    /// The longest wait for a connection [default: 3s]
    #[arg(long, global = true, env = "CACHEME_CONNECT_TIMEOUT", hide_env_values = true, value_name = "DUR", value_parser = parse::timeout)]
    pub connect_timeout: Option<Duration>,
    /// How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits
    /// for none [default: 1]
    #[arg(long, global = true, env = "CACHEME_WAIT_REPLICAS", hide_env_values = true, value_name = "N")]
    pub wait_replicas: Option<u32>,
    /// UTC offset of the application's hosts: the library writes expiry times by their local clock [default: +00:00]
    #[arg(long, global = true, env = "CACHEME_UTC_OFFSET", hide_env_values = true, value_name = "±HH:MM", value_parser = parse::utc_offset, allow_hyphen_values = true)]
    pub utc_offset: Option<i64>,
    /// How hard to lean on the server: gentle, fast, or a share of the time such as 25% [default: gentle]
    #[arg(long, global = true, env = "CACHEME_PACE", hide_env_values = true, value_name = "PACE")]
    pub pace: Option<Pace>,
    /// Refuse every command that writes
    #[arg(long, global = true, env = "CACHEME_READ_ONLY", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue)]
    pub read_only: bool,
    /// No progress bars
    #[arg(long, global = true, env = "CACHEME_NO_PROGRESS", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue)]
    pub no_progress: bool,
    /// Colours in messages and tables
    #[arg(
        long,
        global = true,
        env = "CACHEME_COLOR",
        hide_env_values = true,
        value_enum,
        default_value = "auto"
    )]
    pub color: ColorChoice,
    /// Names on the command line hold \xNN escapes
    #[arg(long, global = true)]
    pub escaped: bool,
    /// Take what lies in namespaces inside this one (CM:X: in CM:) for this one's own; otherwise it is left alone
    #[arg(long, global = true)]
    pub with_inner: bool,
    /// Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it
    #[arg(long, global = true, value_name = "TEXT")]
    pub confirm: Vec<OsString>,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for a terminal (holds all rows first)
    Table,
    /// Tab-separated, no header, nothing cut (streams)
    Plain,
    /// One JSON document
    Json,
    /// One JSON object a line (streams)
    Ndjson,
    /// Comma-separated with a header (streams)
    Csv,
    /// Metrics for Prometheus (of `stats` alone)
    Prometheus,
}

impl Format {
    /// Whether rows leave as they come.
    pub fn streams(self) -> bool {
        matches!(self, Self::Plain | Self::Ndjson | Self::Csv)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The tags of the namespace
    #[command(subcommand)]
    Tags(TagsCommand),
    /// The invalid keys of the namespace
    #[command(subcommand)]
    InvalidKeys(InvalidKeysCommand),
    /// Logical keys and their values
    #[command(subcommand)]
    Keys(KeysCommand),
    /// A full screen: tags, their keys, values; read-only unless --write
    Browse(BrowseArgs),
    /// Invalidate keys: mark them for recomputation, or delete their values
    ///
    /// As in the library, --key, --invalid-key and --tag mark, and --pattern and --raw-pattern delete; --mark or --delete
    /// says it for all of them. Keys named by --key alone are acted on at once; everything else is counted and asked
    /// about first, or needs --yes. The whole namespace needs its prefix typed, or --confirm PREFIX,
    /// also where it is a raw pattern ('CM:*').
    ///
    /// A key that is being computed for the first time is in no tag and no invalid key yet: --tag and --invalid-key do not
    /// reach it, --key and --pattern do.
    ///
    /// A key of three segments (a>b>c) shares the value of a>b. The value of an excepted key is left alone with all its keys, as
    /// whoever deletes it by one of them takes it from the others.
    ///
    /// With --state all keys are looked at before the first is written, up to 100,000. Of more, where several selectors mean keys of
    /// three segments, what was written may change the state of a key that was not looked at yet: then the exit code is 3, and
    /// it is said.
    Invalidate(InvalidateArgs),
    /// Remove expired entries of the TTL sorted sets (for cron)
    ///
    /// Deletes the values that have expired, without asking: nothing that a reader would still be given goes. Hosts whose
    /// clock is not on UTC need --utc-offset.
    ///
    /// A key of three segments (a>b>c) shares the value of a>b. The value of an excepted key is left alone with all its keys, as
    /// whoever deletes it by one of them takes it from the others.
    Purge(PurgeArgs),
    /// Remove what the library leaks: index members without a value, stuck computations, forgotten marks
    Gc(GcArgs),
    /// What is wrong with this namespace, and the command that mends it (reads only)
    Doctor(DoctorArgs),
    /// Hits and misses, recorded or live; sizes of the namespace; the server
    ///
    /// As it is: namespace (keys are logical keys, hashes the Redis hashes that hold them, listeners the caches of Rust processes
    /// that hold values in memory, which JSON lists; null where CLIENT LIST is refused), counters (recorded; counters_since says
    /// since when, null where nobody noted it, as before this was noted; --reset begins anew), server (INFO) and bytes, which
    /// MEMORY USAGE estimates: values (their hashes), indexes (tags and invalid keys), buckets (TTL sorted sets), bookkeeping
    /// (marks, keys in progress, this tool's own keys) and reclaimable, what purge and gc would give back: reclaimable_by_purge, of
    /// each hash and its bucket the share of the entries that have expired, and reclaimable_by_gc, of each index the share of dead
    /// members among some that are picked at random. Where MEMORY USAGE is refused they are null.
    Stats(StatsArgs),
    /// What differs between two namespaces, dumps or RDB files
    ///
    /// A row for each difference: a key that is on one side alone (only_a, only_b), or whose value, timeout, tags, invalid keys or
    /// mark differ. Of values the first place that differs is shown, decoded. --prefix, --layout and the like count for both
    /// sides, unless a profile says otherwise for its own. A side that is no dump is dumped first: two sides that applications write to
    /// differ by what is written meanwhile.
    ///
    /// What has no value is not compared. A key that somebody computes counts as marked, as its mark may be taken for that time.
    ///
    /// Both sides are written, sorted by key, into a folder of this user in $TMPDIR (or /tmp), which takes as much room as the
    /// dumps do. The names of the keys of a side that is no dump are held in memory with their tags and invalid keys: 254 MB were
    /// measured for 1,000,000 keys with a tag each. Between two dumps memory stays small.
    ///
    /// A key is compared as a whole, on both sides, where it is meant as it is on one of them: with --tag where either side has the
    /// tag, with --larger-than where either value is larger. Times are judged by expires_at as of now, in a dump too: a key that has
    /// expired since it was dumped is expired, and the same timeout means the same on both sides. pending and computing are as they
    /// were when the side was read. With --state missing nothing is compared.
    ///
    /// Where --key and --pattern alone select, only these keys are read of a side that is no dump. Otherwise every value of both sides
    /// is read, and tags, invalid keys, files, states, sizes and times leave rows out.
    ///
    /// Where B is left out, --url or --rdb say what it is; they and the flags about a server are not for A then.
    ///
    /// Exit code 0 where they are the same, 5 where they differ (also where nobody reads on, as with `| head`), 3 where a side could not
    /// be read completely.
    Diff(DiffArgs),
    /// Who changed what through this tool, and when
    ///
    /// Each run of invalidate, purge, gc, keys restore and stats --reset that changed something leaves an entry, also one that was
    /// stopped or failed, and so does each stats --keep; with --every each round does, and in browse each invalidation. What applications invalidate themselves is
    /// not in it. 10,000 entries are kept, in the stream meta:log of the namespace.
    ///
    /// matched, marked and deleted count keys; of purge expired entries and the values that went with them, of gc what it removed
    /// (deleted) and put back, of keys restore what it restored (matched), of stats --reset tags (matched) and
    /// hashes of counters (deleted), of stats --keep the recorded hours, all (matched) and those it forgot (deleted).
    ///
    /// user and host are those of the machine where the command ran, as its environment says; acl_user is the user that Redis
    /// knew. profile is the one in use, or null where another server was meant than it names. Where that user has no right to XADD, the run says so (not with --quiet) and leaves no entry.
    Log(LogArgs),
    /// What happens now, one line an event: hit, miss, wait, refresh, stored, marked, deleted, expired
    ///
    /// Follows the live traffic of the namespace (MONITOR); no change in the application. A row has time (by the server's
    /// clock), kind, key, tag (null where it is not known by then, as when a key is marked that nobody has read since this
    /// began), client (its address) and elapsed_ms: of a stored value, how long its computation took. A hash that is deleted as a whole has its base for a key.
    ///
    /// Nobody sees the server's answers, so an event is told when it is certain: a hit when nothing was computed for a second,
    /// a wait when the computation is over. The events of a key come in order; those of several keys may not. A caller that
    /// needs more than a second from asking to computing is told as a hit, and then as a miss. Hits that a Rust process serves
    /// from its own memory (`Settings::local`) never come to Redis, and are not told.
    ///
    /// A key has a tag or an invalid key that names it when this begins or comes to name it, whatever becomes of the index later; these
    /// names are held in memory. A tag or an invalid key that is not there yet may come. Where one selects or takes away, the
    /// events of a computation wait for a second behind its end, since an index may name the key behind its value. When a whole
    /// hash is deleted, one row is printed if every selector means one of its keys and no exception its base. A key counts by the
    /// name that its row has.
    ///
    /// Where events come faster than they are read, some are left out; their number is told, and the exit code is 3.
    Events(EventsArgs),
    /// Profiles of servers and namespaces, in a configuration file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
        /// A script that also completes tags, invalid keys, keys and profiles, by asking (bash, zsh, fish)
        #[arg(long)]
        live: bool,
    },
    /// Write the man pages and completion scripts into a directory
    #[command(hide = true)]
    Generate {
        /// The directory that holds man/ and completions/
        directory: PathBuf,
    },
}

impl Command {
    /// Whether the configuration file has a say in it; those that mend the file work whatever is in it.
    pub fn needs_profile(&self) -> bool {
        use ConfigCommand::{Check, Init};
        !matches!(self, Self::Completions { .. } | Self::Generate { .. } | Self::Config(Check | Init { .. }))
    }
}

#[derive(Debug, Subcommand)]
pub enum TagsCommand {
    /// List the tags with their sizes
    List(ListArgs),
    /// One tag: its keys by state, memory, a sample
    Show {
        /// The tag
        #[arg(value_name = "TAG")]
        name: OsString,
    },
}

#[derive(Debug, Subcommand)]
pub enum InvalidKeysCommand {
    /// List the invalid keys with their sizes
    List(ListArgs),
    /// One invalid key: its keys by state, memory, a sample
    Show {
        /// The invalid key, without ':invalid'
        #[arg(value_name = "NAME")]
        name: OsString,
    },
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Look at every member: live, expired, pending, missing, bytes of values, ages
    ///
    /// ttl_min and ttl_max are the seconds left of the members with a timeout, negative once expired. For tags, oldest_at and
    /// newest_at say when values with a timeout were stored, where that is known of each of them (see `cacheme keys show
    /// --help`), by the timeouts of this tag alone: of a key that has other tags, too, `keys show` knows better. A table shows them only
    /// where there is room: the first two in 100 columns, the others in 140.
    #[arg(long)]
    pub deep: bool,
    /// Sort by number of keys, by name or by bytes (bytes implies --deep); without it rows stream as they are found
    #[arg(long, value_enum)]
    pub sort: Option<SortBy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    Keys,
    Name,
    Bytes,
}

#[derive(Debug, Args)]
pub struct DryRun {
    /// Do the same without writing, and say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: exit with 5 when something would change
    #[arg(long, requires = "dry_run")]
    pub exit_code: bool,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// The settings in force, secrets hidden, and where each came from
    Show,
    /// Read the whole configuration file and tell all that is wrong with it
    Check,
    /// Add a profile to the configuration file: asks, and looks for namespaces on the server
    Init {
        /// Do not ask: --profile, --url and --prefix say it all
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only entries since then: a length of time before now (90m, 2d), or a time (2026-11-29, 2026-11-29T08:30, in UTC)
    #[arg(long, value_name = "DUR|TIME", value_parser = parse::since)]
    pub since: Option<jiff::Timestamp>,
    /// The last so many entries
    #[arg(long, value_name = "N", value_parser = parse::count)]
    pub limit: Option<u64>,
    /// Go on and show what comes, until Ctrl-C; begins with the last 10 entries unless --since or --limit says otherwise
    #[arg(long)]
    pub follow: bool,
    /// Only entries of this user, of the machine or of Redis
    #[arg(long, value_name = "USER")]
    pub by: Option<String>,
}

#[derive(Debug, Args)]
pub struct BrowseArgs {
    /// Let keys be invalidated from it; each time it asks
    #[arg(long)]
    pub write: bool,
}
