//! The flags of `stats`.

use crate::cli::args::headings::{ACTION, OUTPUT, SAFETY};
use crate::cli::args::parse;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Count hits and misses by tag in live traffic
    ///
    /// Watches the traffic for this long with MONITOR, which costs the server time while it runs. The application needs no
    /// change. A hit that a Rust process serves from its own memory (`Settings::local`) never comes to Redis, and is not
    /// seen.
    #[arg(help_heading = ACTION, long, value_name = "DUR", value_parser = parse::timeout, group = "what")]
    pub live: Option<Duration>,
    /// The same on a screen that redraws itself, until q
    ///
    /// Watches until q is pressed, or for this long. Without --yes it ends after 60 s. Hits from a process's own memory are not
    /// seen, as with --live.
    #[arg(help_heading = ACTION, long, value_name = "DUR", value_parser = parse::timeout, num_args = 0..=1, group = "what")]
    pub watch: Option<Option<Duration>>,
    /// Recorded counters by the hour [default: 24h]
    ///
    /// What applications recorded in the hours that are still kept: 24, unless --keep says otherwise. JSON has an entry for each
    /// hour; other formats have a row for each hour in which something was recorded.
    #[arg(help_heading = ACTION, long, value_name = "DUR", value_parser = parse::history, num_args = 0..=1, group = "what")]
    pub history: Option<Option<Duration>>,
    /// Sizes of values and time left, in total and by tag
    ///
    /// A row, or in JSON an object, for each tag (null: all keys) and by bytes or ttl_seconds. A bucket reaches from one edge to
    /// the next, which is not part of it. By ttl_seconds, the bucket from null to 0 is what has expired, and the one from null
    /// to null what has no timeout. A key counts for each of its tags. The command reads all tags into memory.
    #[arg(help_heading = ACTION, long, group = "what")]
    pub histogram: bool,
    /// Keep recorded hours for this long (24h to 366d)
    ///
    /// Asks if that is shorter than before, as older hours are forgotten. The time is noted in the namespace
    /// (`meta:stats:keep`), and applications that record learn it when they next send. Each hour is one hash with at most
    /// eight numbers a tag: 30 days are 720 hashes. --reset leaves it as it is.
    #[arg(help_heading = ACTION, long, value_name = "DUR", value_parser = parse::keep, group = "what")]
    pub keep: Option<Duration>,
    /// Forget the recorded counters and their history
    ///
    /// The totals count from then on. Where nobody noted when they began, as before this was noted, `counters_since` is null.
    #[arg(help_heading = ACTION, long, group = "what")]
    pub reset: bool,
    /// Write --format prometheus into this file
    ///
    /// The file appears complete or not at all.
    #[arg(help_heading = OUTPUT, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Do not ask; watch for longer than 60 s
    #[arg(help_heading = SAFETY, short, long)]
    pub yes: bool,
}
