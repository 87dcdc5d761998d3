//! The flags, only checked for shape. What they mean together is settled in `context`.

mod events;
mod given;
pub mod headings;
mod keys;
mod pages;
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
pub use pages::{Page, page};
pub use server::ServerArgs;
pub use stats::StatsArgs;
pub use sweep::{DoctorArgs, GcArgs, PurgeArgs, RepeatArgs};

use cacheme::client::Pace;
use clap::builder::{NonEmptyStringValueParser, Resettable, StyledStr};
use clap::{Arg, ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use headings::{ACTION, CONNECTION, HELP, OUTPUT, SAFETY, SELECTION, SPEED};
use parse::LayoutChoice;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What each exit code says, in the help and on every man page.
pub const EXIT_CODES: [(u8, &str); 7] = [
    (0, "done, nothing to do included"),
    (1, "the operation failed"),
    (2, "wrong usage, or a refusal to act without a yes"),
    (3, "stopped by a limit, or partly failed: `complete` is false"),
    (4, "a key or tag named for `show`, or with --strict, is not there"),
    (5, "`doctor` found a problem, `diff` a difference, `--exit-code` a change"),
    (130, "interrupted: the batch in hand is finished, what was done is reported"),
];

/// What stands below the list of commands.
const MORE: &str = "Options for any command, examples and exit codes: cacheme --help
One command with its examples: cacheme COMMAND --help";

/// What words stand for, in the help and on the first man page.
pub const CONVENTIONS: &str = "Names of keys and tags are written as the application writes them, without the prefix. Quote \
                               names that contain '>', which a shell would take for a redirect. DUR is a length of time \
                               (90s, 5m, 2h, 7d), SIZE the size of a value in bytes (64KiB, 1MB), GLOB a Redis glob. Options \
                               marked [env: …] may come from the environment, and most of them from a profile of the \
                               configuration file. REDISCLI_AUTH, NO_COLOR and CLICOLOR_FORCE are honoured.";

/// What `--help` of one command says of the options that it shares with the others.
const COMMON: &str = "Options for any command (all of them: cacheme --help, or man cacheme):
  --url <URL>        The server, such as redis://HOST:6379/0
  --prefix <PREFIX>  The prefix of the namespace [default: CM:]
  --profile <NAME>   A profile of the configuration file, instead of these two
  --format <FORMAT>  table, plain, json, ndjson or csv";

/// What `--help` ends with.
fn closing() -> String {
    let codes: Vec<_> = EXIT_CODES.iter().map(|(code, meaning)| format!("  {code:>3}  {meaning}")).collect();
    format!("{CONVENTIONS}\n\nExit codes:\n{}", codes.join("\n"))
}

/// What this program was built from, below its name and version.
fn build() -> String {
    let features = [
        ("cli", cfg!(feature = "cli")),
        ("macros", cfg!(feature = "macros")),
        ("metrics", cfg!(feature = "metrics")),
        ("tokio", cfg!(feature = "tokio")),
    ];
    let features: Vec<_> = features.into_iter().filter_map(|(name, is_on)| is_on.then_some(name)).collect();
    let commit =
        option_env!("CACHEME_COMMIT").map(|commit| format!("commit: {commit}\n")).unwrap_or_default();
    format!(
        "{}\n{commit}features: {}\ntarget: {}",
        env!("CARGO_PKG_VERSION"),
        features.join(", "),
        env!("CACHEME_TARGET")
    )
}

/// Inspect and operate the Redis caches of the Python library cacheme.
#[derive(Parser)]
#[command(
    name = "cacheme",
    version,
    long_version = build(),
    max_term_width = 100,
    infer_subcommands = false,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// The command line, with examples in its help. An empty variable counts as unset. But not where it says who is meant: an
/// empty URL or prefix stays, to be refused.
pub fn command() -> clap::Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).global(true);
    let help = help.help("Print help; -h prints it in short").help_heading(HELP);
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let version = version.help("Print the version; -V prints it in short").help_heading(HELP);
    let command = Cli::command().args([help, version.hide_short_help(true)]).mut_args(|arg| {
        let value = arg
            .get_env()
            .filter(|name| *name != "CACHEME_URL" && *name != "CACHEME_PREFIX")
            .and_then(std::env::var_os);
        let is_empty = value.is_some_and(|value| value.is_empty());
        let arg = if is_empty { arg.env(Resettable::Reset) } else { arg };
        if arg.is_global_set() { arg.hide_short_help(true) } else { arg }
    });
    // The help of the program tells of them, and not that of each command.
    let common = command.get_arguments().filter(|arg| arg.is_global_set());
    let common: Vec<_> = common.map(|arg| arg.clone().hide_long_help(true)).collect();
    with_examples(command.mut_subcommands(|below| below.args(&common)), "")
}

/// The command of this process as far as it can be told, whatever is wrong with its flags: `cacheme keys list`.
pub fn meant() -> String {
    let mut words = vec!["cacheme".to_owned()];
    let matches = command().ignore_errors(true).try_get_matches();
    let mut at = matches.as_ref().ok().and_then(clap::ArgMatches::subcommand);
    while let Some((name, matches)) = at {
        words.push(name.to_owned());
        at = matches.subcommand();
    }
    words.join(" ")
}

/// How a command is written, by its words: `cacheme keys show [OPTIONS] <KEY>...`.
pub fn usage(words: &str) -> StyledStr {
    of(words, clap::Command::render_usage)
}

/// The help of a command that `-h` prints, by its words.
pub fn short_help(words: &str) -> StyledStr {
    of(words, clap::Command::render_help)
}

/// Whether keys are named to a command with `--key`.
pub fn takes_keys(words: &str) -> bool {
    of(words, |command| command.get_arguments().any(|arg| arg.get_long() == Some("key")))
}

/// Whether a command, by its words, has one of this name that nobody is told of.
pub fn is_hidden(words: &str, name: &str) -> bool {
    of(words, |command| command.find_subcommand(name).is_some_and(clap::Command::is_hide_set))
}

/// What a command, by its words, says of itself.
fn of<T: Default>(words: &str, ask: impl FnOnce(&mut clap::Command) -> T) -> T {
    let mut root = command();
    root.build();
    let mut names = words.split(' ').skip(1);
    let found = names.try_fold(&mut root, |found, name| found.find_subcommand_mut(name));
    found.map(ask).unwrap_or_default()
}

/// Each command with what stands at the end of its help.
fn with_examples(command: clap::Command, path: &str) -> clap::Command {
    let command = command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        with_examples(below, path.trim_start())
    });
    let examples = page(path).map(Page::examples_for_help).unwrap_or_default();
    if path.is_empty() {
        return command.after_help(MORE).after_long_help(format!("{}\n\n{examples}", closing()));
    }
    let more = if command.has_subcommands() { "COMMAND --help" } else { "--help" };
    let command = command.after_help(format!(
        "All options, with examples: cacheme {path} {more}\nOptions for any command: cacheme --help"
    ));
    let parts = [COMMON, &examples];
    command.after_long_help(parts.join("\n\n").trim_end().to_owned())
}

#[derive(Args)]
#[command(next_help_heading = CONNECTION)]
pub struct Global {
    /// How rows are written [default: table on a terminal, plain in a pipe]
    #[arg(long, global = true, env = "CACHEME_FORMAT", hide_env_values = true, value_enum, help_heading = OUTPUT)]
    pub format: Option<Format>,
    /// Write only these fields, in this order
    #[arg(
        long,
        global = true,
        env = "CACHEME_FIELDS",
        hide_env_values = true,
        value_name = "A,B",
        value_delimiter = ',',
        help_heading = OUTPUT
    )]
    pub fields: Vec<String>,
    /// Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these
    #[arg(long, global = true, env = "CACHEME_RAW_NUMBERS", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue, help_heading = OUTPUT)]
    pub raw_numbers: bool,
    /// Print only data, warnings, errors, and the reports of runs that did not finish
    #[arg(short, long, global = true, env = "CACHEME_QUIET", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue, help_heading = OUTPUT)]
    pub quiet: bool,
    /// Say what is done and why
    #[arg(short, long, global = true, env = "CACHEME_VERBOSE", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue, help_heading = OUTPUT)]
    pub verbose: bool,
    /// Show no progress bars
    #[arg(long, global = true, env = "CACHEME_NO_PROGRESS", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue, help_heading = OUTPUT)]
    pub no_progress: bool,
    /// When to use colours
    #[arg(
        long,
        global = true,
        env = "CACHEME_COLOR",
        hide_env_values = true,
        value_enum,
        default_value = "auto",
        help_heading = OUTPUT
    )]
    pub color: ColorChoice,
    #[command(flatten)]
    pub server: ServerArgs,
    /// Use this profile of the configuration file [default: its default_profile]
    #[arg(long, global = true, env = "CACHEME_PROFILE", hide_env_values = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Read this configuration file [default: ~/.config/cacheme/config.toml]
    #[arg(long, global = true, env = "CACHEME_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The prefix of the namespace (the library's REDIS_CACHE_PREFIX) [default: CM:]
    #[arg(long, global = true, env = "CACHEME_PREFIX", hide_env_values = true, value_name = "PREFIX")]
    pub prefix: Option<OsString>,
    /// The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto,
    /// which serves both]
    #[arg(long, global = true, env = "CACHEME_LAYOUT", hide_env_values = true, value_name = "LAYOUT", value_parser = parse::layout())]
    pub layout: Option<LayoutChoice>,
    /// The UTC offset of the application's hosts: the library writes expiry times by their local clock [default: +00:00]
    #[arg(long, global = true, env = "CACHEME_UTC_OFFSET", hide_env_values = true, value_name = "±HH:MM", value_parser = parse::utc_offset, allow_hyphen_values = true)]
    pub utc_offset: Option<i64>,
    /// Wait this long for a connection [default: 3s]
    #[arg(long, global = true, env = "CACHEME_CONNECT_TIMEOUT", hide_env_values = true, value_name = "DUR", value_parser = parse::timeout)]
    pub connect_timeout: Option<Duration>,
    /// Wait this long for each answer [default: 10s]
    #[arg(long, global = true, env = "CACHEME_TIMEOUT", hide_env_values = true, value_name = "DUR", value_parser = parse::timeout)]
    pub timeout: Option<Duration>,
    /// Names on the command line hold \xNN escapes
    #[arg(long, global = true, help_heading = SELECTION)]
    pub escaped: bool,
    /// Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise
    #[arg(long, global = true, help_heading = SELECTION)]
    pub with_inner: bool,
    /// Refuse every command that writes
    #[arg(long, global = true, env = "CACHEME_READ_ONLY", hide_env_values = true, value_parser = parse::truth, action = ArgAction::SetTrue, help_heading = SAFETY)]
    pub read_only: bool,
    /// Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it
    #[arg(long, global = true, value_name = "TEXT", help_heading = SAFETY)]
    pub confirm: Vec<OsString>,
    /// How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none
    /// [default: 1]
    #[arg(long, global = true, env = "CACHEME_WAIT_REPLICAS", hide_env_values = true, value_name = "N", help_heading = SAFETY)]
    pub wait_replicas: Option<u32>,
    /// How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]
    #[arg(long, global = true, env = "CACHEME_PACE", hide_env_values = true, value_name = "PACE", help_heading = SPEED)]
    pub pace: Option<Pace>,
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
    /// List the tags, or show one
    #[command(subcommand)]
    Tags(TagsCommand),
    /// List the invalid keys, or show one
    #[command(subcommand)]
    InvalidKeys(InvalidKeysCommand),
    /// List, show, dump or restore keys and their values
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Look at tags, keys and values on a full screen
    ///
    /// It changes nothing unless --write is given. ? lists the keys of the screen.
    Browse(BrowseArgs),
    /// Mark keys to be recomputed, or delete their values
    ///
    /// As in the library, --key, --invalid-key and --tag mark, and --pattern and --raw-pattern delete; --mark or --delete applies
    /// to all of them. Marking is what others call a soft purge: the value stays until the next reader has computed a new one.
    ///
    /// Keys named by --key alone are invalidated at once. For anything else the command counts and asks first, or needs --yes. For a
    /// whole namespace it asks for the prefix to be typed, or needs --confirm PREFIX, also where it is a raw pattern
    /// ('CM:*').
    ///
    /// A key that is being computed for the first time is in no tag and no invalid key yet: --tag and --invalid-key do not
    /// reach it, --key and --pattern do.
    ///
    /// A key of three segments (a>b>c) shares the value of a>b. If one of the keys that share a value is excepted, the value and
    /// all its keys are left alone, as deleting it by one of them would take it from the others.
    ///
    /// With --state, the command checks the states of up to 100,000 keys before it changes the first. If there are more, and several
    /// selectors reach keys of three segments, a change may alter the state of a key that is checked after it. The command then
    /// says so, and the exit code is 3.
    Invalidate(InvalidateArgs),
    /// Delete values that have expired (for cron)
    ///
    /// Removes expired entries of the TTL buckets and the values that belong to them, without asking, as no reader would get
    /// these values. If the application's hosts have a clock that is not on UTC, give --utc-offset.
    ///
    /// A key of three segments (a>b>c) shares the value of a>b. If one of the keys that share a value is excepted, the value and
    /// all its keys are left alone, as deleting it by one of them would take it from the others.
    Purge(PurgeArgs),
    /// Remove dead index members and stuck computations
    ///
    /// The library leaks these. gc removes members of tags and invalid keys that have no value, computations that nobody finishes, and
    /// marks of keys that are gone.
    Gc(GcArgs),
    /// Find what is wrong with the namespace, and how to mend it
    ///
    /// It changes nothing. Each finding names the command that mends it.
    ///
    /// With --quick it takes some seconds. Without, it reads the names of all keys, and then checks every key and index for a minute
    /// at most (--time-budget). The report ends with what was not checked in that time.
    Doctor(DoctorArgs),
    /// Show hits, misses and sizes; watch live traffic
    ///
    /// Without options it shows four things. namespace: what is stored (keys are logical keys, hashes the Redis hashes that hold
    /// them, listeners the caches of Rust processes that hold values in memory, which JSON lists; null where CLIENT LIST is
    /// refused). counters: what applications recorded (counters_since says since when, or null if that is not known; --reset
    /// starts over). server: from INFO. bytes: the memory that the namespace takes, estimated by MEMORY USAGE.
    ///
    /// Of bytes, values are the hashes of values, indexes the tags and invalid keys, buckets the TTL sorted sets, bookkeeping the
    /// marks, keys in progress and this tool's own keys. reclaimable is what purge and gc would free at least:
    /// reclaimable_by_purge is the share of expired entries of each hash and bucket, reclaimable_by_gc the share of dead members in a random sample
    /// of each index. Names of expired values in tags and invalid keys are left out: gc removes them once purge has deleted the
    /// values. Where MEMORY USAGE is refused, they are null.
    Stats(StatsArgs),
    /// Compare two namespaces, dumps or RDB files
    ///
    /// A row for each difference: a key that is on one side only (only_a, only_b), or whose value, timeout, tags, invalid keys or
    /// mark differ. Of values, the row shows the first place that differs, decoded. --prefix, --layout and the like count for
    /// both sides, unless a profile says otherwise for its own. A side that is not a dump is dumped first, so two servers also
    /// differ by what applications write meanwhile.
    ///
    /// Keys without a value are not compared. A key that is being computed counts as marked, as its mark may have been taken.
    ///
    /// Both sides are written, sorted by key, into a folder of this user in $TMPDIR (or /tmp), which takes as much room as the
    /// dumps. The names of the keys of a server are held in memory with their tags and invalid keys: 254 MB were measured for
    /// 1,000,000 keys with a tag each. Between two dumps memory stays small.
    ///
    /// If a selector matches a key on one side, the key is compared on both: with --tag if either side has the tag, with
    /// --larger-than if either value is larger. Times are compared by expires_at as of now, in a dump too: a key that has
    /// expired since it was dumped is expired. pending and computing are as they were when the side was read. With --state missing
    /// nothing is compared.
    ///
    /// With --key and --pattern alone, only these keys are read from a server. Otherwise every value of both sides is read, and
    /// tags, invalid keys, files, states, sizes and times leave rows out.
    ///
    /// Without B, --url or --rdb names it; these and the other options about a server then do not apply to A. Without these, B
    /// is the server in force, as of the default profile.
    ///
    /// The summary goes to stderr: with >/dev/null it is all that is printed. With --quiet there is no summary, only rows.
    ///
    /// The exit code is 0 if they are the same, 5 if they differ (also if nobody reads on, as with `| head`), 3 if a side could not
    /// be read completely, 2 if both sides are one namespace of one server: nothing is compared then.
    Diff(DiffArgs),
    /// Show who changed what through this tool, and when
    ///
    /// Each run of invalidate, purge, gc, keys restore, stats --reset and stats --keep that changed something leaves an entry,
    /// also if it was stopped or failed. With --every each round leaves one, and in browse each invalidation. What applications
    /// invalidate themselves is not in the log. 10,000 entries are kept, in the stream meta:log of the namespace.
    ///
    /// matched, marked and deleted count keys. For purge they count expired entries and the values that went with them; for gc
    /// what it removed (deleted) and put back; for keys restore what it restored (matched); for stats --reset tags (matched) and
    /// hashes of counters (deleted); for stats --keep all recorded hours (matched) and those it forgot (deleted).
    ///
    /// user and host are those of the machine where the command ran, as its environment says; acl_user is the user of Redis.
    /// profile is the one in use, or null if another server was meant than it names. If that user has no right to XADD, the run
    /// says so (not with --quiet) and leaves no entry.
    Log(LogArgs),
    /// Follow hits, misses and changes as they happen
    ///
    /// Prints a line for each event. It watches the live traffic by MONITOR, which costs the server time while it runs. The application
    /// needs no change. Hits that a Rust process serves from its own memory (`Settings::local`) never come to Redis, and are not
    /// seen.
    ///
    /// time is by the server's clock. tag is null if it is not known yet, as when somebody marks a key that nobody has read since
    /// this began. client is the address of the client. elapsed_ms is how long the computation of a stored value took. If a whole
    /// hash is deleted, key is the base of its keys.
    ///
    /// A line comes once its event is certain: a hit after a second in which nothing was computed, a wait when the computation is
    /// over. A caller that takes longer than a second to begin computing is shown as a hit, and then as a miss. Workers of 0.0.9 and
    /// 0.1.0 do not show that they recompute a marked key: in a cluster, and with more than 10,000 marks, first hits of a key that
    /// nobody was seen to store can take a minute. The lines of one key are in order; sort by time to order those of several.
    ///
    /// --tag and --invalid-key select the keys that have them when this begins, or get them later. If a key loses a tag, it stays
    /// selected. With these selectors and with exceptions, lines of a computation come a second after its end.
    ///
    /// If events come faster than they are read, some are left out. Then the command says how many, and the exit code is 3.
    /// docs/stats.md says more.
    Events(EventsArgs),
    /// Show, check or add profiles of servers
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
        /// Also complete tags, keys and profiles (bash, zsh, fish)
        ///
        /// The script asks the server for tags, invalid keys and keys, and the configuration file for profiles.
        #[arg(help_heading = ACTION, long)]
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
    /// Show one tag: its keys by state, value size, a sample
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
    /// Show one invalid key: its keys by state, value size, a sample
    Show {
        /// The invalid key, without ':invalid'
        #[arg(value_name = "NAME")]
        name: OsString,
    },
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Check every key: states, value sizes, ages
    ///
    /// Counts the live, expired, pending and missing keys and adds up the sizes of their values (bytes). ttl_min and ttl_max are the seconds left
    /// of the keys with a timeout, negative once expired. For tags, oldest_at and newest_at are the times when the oldest and
    /// the newest value were stored, null unless that is known for every value (see `cacheme keys show --help`). They use the
    /// timeouts of this tag alone; for a key with several tags `keys show` is more exact. A table shows the first two only in 100 columns, the others in 140.
    #[arg(help_heading = ACTION, long)]
    pub deep: bool,
    /// Sort the rows; bytes implies --deep
    ///
    /// bytes is the size of all values. Without --sort rows come in the order in which they are found.
    #[arg(help_heading = OUTPUT, long, value_enum)]
    pub sort: Option<SortBy>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    Keys,
    Name,
    Bytes,
}

#[derive(Debug, Args)]
#[command(next_help_heading = SAFETY)]
pub struct DryRun {
    /// Change nothing; say what would change
    #[arg(long)]
    pub dry_run: bool,
    /// With --dry-run: exit with 5 for changes
    #[arg(hide_short_help = true, long, requires = "dry_run")]
    pub exit_code: bool,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show the settings in force and where each came from
    ///
    /// Secrets are hidden.
    Show,
    /// Check the whole configuration file
    ///
    /// It lists every mistake in it.
    Check,
    /// Add a profile to the configuration file
    ///
    /// It asks for name, URL and prefix, and looks for namespaces on the server.
    Init {
        /// Do not ask; take --profile, --url and --prefix
        #[arg(help_heading = SAFETY, short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only entries since then: 90m, 2d, 2026-11-29
    ///
    /// A length of time before now, or a time in UTC, with or without the hour: 2026-11-29T08:30.
    #[arg(help_heading = SELECTION, long, value_name = "DUR|TIME", value_parser = parse::since)]
    pub since: Option<jiff::Timestamp>,
    /// Only the last N entries
    #[arg(help_heading = SELECTION, long, value_name = "N", value_parser = parse::count)]
    pub limit: Option<u64>,
    /// Only entries of this user
    ///
    /// The user of the machine or the user of Redis.
    #[arg(help_heading = SELECTION, long, value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub by: Option<String>,
    /// Show new entries as they come, until Ctrl-C
    ///
    /// It begins with the last 10 entries unless --since or --limit says otherwise.
    #[arg(help_heading = ACTION, long)]
    pub follow: bool,
}

#[derive(Debug, Args)]
pub struct BrowseArgs {
    /// Allow to invalidate keys; it asks each time
    #[arg(help_heading = SAFETY, long)]
    pub write: bool,
}
