//! The flags of `purge`, `gc` and `doctor`.

use crate::cli::args::DryRun;
use crate::cli::args::parse;
use crate::cli::args::{Exceptions, Sizes};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Only what the members of a tag have in their buckets: no walk over the keyspace
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<OsString>,
    /// Only what the members of an invalid key have in their buckets
    #[arg(long, value_name = "NAME")]
    pub invalid_key: Vec<OsString>,
    #[command(flatten)]
    pub exceptions: Exceptions,
    #[command(flatten)]
    pub sizes: Sizes,
    /// Mark expired keys, as the library does at the next read, instead of deleting their values
    ///
    /// A key of three segments (a>b>c) is marked by its whole name, which only its indexes have: each run walks all tags and
    /// invalid keys first, whatever the time budget is. With --tag and --invalid-key it marks every key of the values
    /// whose entries it takes, and walks these indexes twice, the others only where something is due.
    #[arg(long)]
    pub mark: bool,
    /// Leave alone what expired less than this long ago
    #[arg(long, value_name = "DUR", value_parser = parse::duration, default_value = "0s")]
    pub grace: Duration,
    /// Exit with 4, changing nothing, when a tag or invalid key that was named, or an exception, is not there
    ///
    /// Without it a mistyped exception is a warning, and what it was to keep is purged.
    #[arg(long)]
    pub strict: bool,
    /// Stop in time (exit code 3); the next run with a budget goes on from there
    ///
    /// That is the next with the same --grace, --utc-offset, --mark, --tag, --invalid-key, exceptions and bounds; one with others
    /// begins at the front. In a cluster each run does: give it time for all of it.
    #[arg(long, value_name = "DUR", value_parser = parse::timeout)]
    pub time_budget: Option<Duration>,
    #[command(flatten)]
    pub every: RepeatArgs,
    #[command(flatten)]
    pub dry_run: DryRun,
}

#[derive(Debug, Args)]
pub struct GcArgs {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Remove a stale mark or a stuck computation only if it is still there after this time; give more than the slowest
    /// cached function takes
    #[arg(long, value_name = "DUR", value_parser = parse::duration, default_value = "30s")]
    pub stuck_after: Duration,
    /// Wait for that time and check again, instead of leaving that to the next run
    #[arg(long)]
    pub wait: bool,
    /// Stop in time (exit code 3); the next run with a budget goes on from there
    ///
    /// That is the next with the same --stuck-after, --layout and --with-inner; one with others begins at the front.
    ///
    /// The time begins behind the look for namespaces inside this one, which walks the names of all keys (-v tells how long
    /// that took). --with-inner does without it.
    #[arg(long, value_name = "DUR", value_parser = parse::timeout)]
    pub time_budget: Option<Duration>,
    #[command(flatten)]
    pub every: RepeatArgs,
    #[command(flatten)]
    pub dry_run: DryRun,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Look at a sample of the keys and members only
    #[arg(long)]
    pub quick: bool,
    /// Do not watch the traffic for the clocks of the application's hosts (MONITOR, two seconds)
    #[arg(long)]
    pub no_monitor: bool,
    /// How long to watch the traffic
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, default_value = "2s", conflicts_with = "no_monitor")]
    pub monitor: Duration,
    /// Check keys in progress a second time after this long [default: 5s, with --quick 1s]
    #[arg(long, value_name = "DUR", value_parser = parse::duration)]
    pub apart: Option<Duration>,
    /// Stop looking after this long (exit code 3 if nothing was found by then)
    ///
    /// The time begins behind the look for namespaces inside this one, which without --quick walks the names of all keys (-v
    /// tells how long that took). --with-inner does without it.
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, default_value = "1m")]
    pub time_budget: Duration,
}

/// How often to sweep.
#[derive(Debug, Args)]
pub struct RepeatArgs {
    /// Do it again and again, this long apart give or take a tenth: a sidecar where there is no cron
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, conflicts_with = "dry_run")]
    pub every: Option<Duration>,
    /// Write counters of the runs into a file for Prometheus, after each run; they go on from what it holds
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub output: Option<PathBuf>,
    /// Neither take nor mind the lock that lets one sweep of this namespace work at a time
    #[arg(long)]
    pub no_lock: bool,
}
