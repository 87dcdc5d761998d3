//! The flags of `stats`.

use crate::cli::args::parse;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Watch the traffic for so long (MONITOR) and tell calls, hits and misses by tag; no change in the application
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, group = "what")]
    pub live: Option<Duration>,
    /// Watch the traffic on a screen that redraws itself, until q or for so long [default: 60s without --yes]
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, num_args = 0..=1, group = "what")]
    pub watch: Option<Option<Duration>>,
    /// The recorded counters of the last 24 hours, by the hour
    #[arg(long, group = "what")]
    pub history: bool,
    /// Forget the recorded counters, history included
    #[arg(long, group = "what")]
    pub reset: bool,
    /// Do not ask (--reset); watch for longer than 60 s (--live, --watch)
    #[arg(short, long)]
    pub yes: bool,
    /// Write --format prometheus into a file, which appears complete or not at all
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
