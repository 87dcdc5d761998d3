//! The flags of `purge`, `gc` and `doctor`.

use crate::cli::args::DryRun;
use crate::cli::args::headings::{ACTION, OUTPUT, SAFETY, SELECTION, SPEED};
use crate::cli::args::parse;
use crate::cli::args::{Exceptions, Sizes};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Only the keys with this tag
    ///
    /// The command then reads the tag instead of walking over all keys of the namespace.
    #[arg(help_heading = SELECTION, long, value_name = "TAG")]
    pub tag: Vec<OsString>,
    /// Only the keys of this invalid key
    #[arg(help_heading = SELECTION, long, value_name = "NAME")]
    pub invalid_key: Vec<OsString>,
    #[command(flatten)]
    pub exceptions: Exceptions,
    #[command(flatten)]
    pub sizes: Sizes,
    /// Leave alone what expired less than this ago
    #[arg(help_heading = SELECTION, long, value_name = "DUR", value_parser = parse::duration, default_value = "0s", hide_default_value = true)]
    pub grace: Duration,
    /// Mark expired keys; delete no values
    ///
    /// The library does the same when it next reads such a key. A mark holds the whole name of a key. That of a key of three
    /// segments (a>b>c) stands only in its tags and invalid keys, so each run first reads all of these; no time budget ends that.
    /// With --tag or --invalid-key the run reads the named ones twice, and the others only if something has expired; it marks all
    /// keys that share an expired value.
    #[arg(help_heading = ACTION, long)]
    pub mark: bool,
    #[command(flatten)]
    pub every: RepeatArgs,
    /// Exit with 4 if a given name is not there
    ///
    /// Nothing is changed then. It applies to names given by --tag, --invalid-key and the exceptions. Without it, a name that is
    /// not there gets a warning, and the run goes on: if an exception is mistyped, the keys that it should keep are purged.
    #[arg(hide_short_help = true, help_heading = SAFETY, long)]
    pub strict: bool,
    #[command(flatten)]
    pub dry_run: DryRun,
    /// Stop after this time (exit code 3)
    ///
    /// The run notes where it stopped. The next run with a budget continues at that place if it has the same --grace, --utc-offset,
    /// --mark, --tag, --invalid-key, exceptions and sizes; otherwise, and in a cluster if a slot has moved, it starts from the
    /// beginning.
    #[arg(help_heading = SPEED, long, value_name = "DUR", value_parser = parse::timeout)]
    pub time_budget: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct GcArgs {
    /// How long a mark or computation must be stuck
    ///
    /// Remove a stale mark or a stuck computation only if it is still there after this time. Give more than the slowest cached
    /// function takes.
    #[arg(help_heading = SELECTION, long, value_name = "DUR", value_parser = parse::duration, default_value = "30s")]
    pub stuck_after: Duration,
    /// Wait for that time and check again in this run
    ///
    /// Without it the next run checks again what this one found.
    #[arg(help_heading = ACTION, long)]
    pub wait: bool,
    #[command(flatten)]
    pub every: RepeatArgs,
    /// Do not ask
    #[arg(help_heading = SAFETY, short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub dry_run: DryRun,
    /// Stop after this time (exit code 3)
    ///
    /// The run notes where it stopped. The next run with a budget continues at that place if it has the same --stuck-after,
    /// --layout and --with-inner; otherwise it starts from the beginning.
    ///
    /// The time starts after the search for namespaces inside this one, which reads the names of all keys (-v shows how long it
    /// took, --with-inner skips it).
    #[arg(help_heading = SPEED, long, value_name = "DUR", value_parser = parse::timeout)]
    pub time_budget: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Check only a sample of the keys and members
    #[arg(help_heading = SPEED, long)]
    pub quick: bool,
    /// Do not watch the traffic
    ///
    /// doctor reads the clocks of the application's hosts from two seconds of live traffic, by MONITOR, which costs the server
    /// time while it runs.
    #[arg(help_heading = SPEED, long)]
    pub no_monitor: bool,
    /// How long to watch the traffic (MONITOR)
    #[arg(help_heading = SPEED, long, value_name = "DUR", value_parser = parse::timeout, default_value = "2s", conflicts_with = "no_monitor")]
    pub monitor: Duration,
    /// Check keys in progress again after this time [default: 5s]
    ///
    /// With --quick the default is 1s.
    #[arg(help_heading = SPEED, long, value_name = "DUR", value_parser = parse::duration)]
    pub apart: Option<Duration>,
    /// Stop checking after this time
    ///
    /// The exit code is 3 if nothing was found by then. Without --quick the time starts after the search for namespaces inside this
    /// one, which reads the names of all keys and takes the longer the more there are (-v shows how long it took, --with-inner
    /// skips it).
    #[arg(help_heading = SPEED, long, value_name = "DUR", value_parser = parse::timeout, default_value = "1m")]
    pub time_budget: Duration,
}

/// How often to sweep.
#[derive(Debug, Args)]
pub struct RepeatArgs {
    /// Run again and again, this far apart
    ///
    /// The time between runs varies by a tenth. For a sidecar, where there is no cron.
    #[arg(help_heading = ACTION, long, value_name = "DUR", value_parser = parse::timeout, conflicts_with = "dry_run")]
    pub every: Option<Duration>,
    /// Run without the lock of sweeps
    ///
    /// The lock lets one sweep of a namespace work at a time. With this flag the run neither takes it nor waits for it.
    #[arg(hide_short_help = true, help_heading = ACTION, long)]
    pub no_lock: bool,
    /// Write counters for Prometheus into this file
    ///
    /// The file is written after each run; the counters go on from what it holds.
    #[arg(hide_short_help = true, help_heading = OUTPUT, long, value_name = "FILE", conflicts_with = "dry_run")]
    pub output: Option<PathBuf>,
}
