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
    /// How large the values are and how much time they have left, of all keys and by tag
    ///
    /// A row, or in JSON an object, for each tag (null: all keys) and by bytes or ttl_seconds; its buckets reach from one edge to
    /// the next, the second not included. By ttl_seconds, from null to 0 is what has expired, and from null to null what has no
    /// timeout. A key counts for each of its tags. Reads all tags into memory.
    #[arg(long, group = "what")]
    pub histogram: bool,
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
