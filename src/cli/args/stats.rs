//! The flags of `stats`.

use crate::cli::args::parse;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct StatsArgs {
    /// Watch the traffic for so long (MONITOR) and tell calls, hits and misses by tag; no change in the application
    ///
    /// Hits that a Rust process serves from its own memory (`Settings::local`) never come to Redis, and are not seen.
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, group = "what")]
    pub live: Option<Duration>,
    /// Watch the traffic on a screen that redraws itself, until q or for so long [default: 60s without --yes]
    ///
    /// Hits that a Rust process serves from its own memory (`Settings::local`) never come to Redis, and are not seen.
    #[arg(long, value_name = "DUR", value_parser = parse::timeout, num_args = 0..=1, group = "what")]
    pub watch: Option<Option<Duration>>,
    /// The recorded counters by the hour, of the last 24 hours or of the last so long [default: 24h]
    ///
    /// What applications recorded in hours that are still kept: for 24 hours, unless --keep says otherwise. JSON has an entry for
    /// each hour, the other formats for those with something recorded.
    #[arg(long, value_name = "DUR", value_parser = parse::history, num_args = 0..=1, group = "what")]
    pub history: Option<Option<Duration>>,
    /// Keep the recorded hours for so long, 24h to 366d; asks where that is shorter than before, as older hours are forgotten
    ///
    /// It is noted in the namespace (`meta:stats:keep`), and applications that record learn it with what they send next. Each hour is
    /// one hash with eight numbers a tag at most: 30 days are 720 hashes. --reset leaves it as it is.
    #[arg(long, value_name = "DUR", value_parser = parse::keep, group = "what")]
    pub keep: Option<Duration>,
    /// How large the values are and how much time they have left, of all keys and by tag
    ///
    /// A row, or in JSON an object, for each tag (null: all keys) and by bytes or ttl_seconds; its buckets reach from one edge to
    /// the next, the second not included. By ttl_seconds, from null to 0 is what has expired, and from null to null what has no
    /// timeout. A key counts for each of its tags. Reads all tags into memory.
    #[arg(long, group = "what")]
    pub histogram: bool,
    /// Forget the recorded counters, history included, and begin anew
    ///
    /// The totals count since then. Where nobody noted when they began, as before this was noted, `counters_since` is null.
    #[arg(long, group = "what")]
    pub reset: bool,
    /// Do not ask (--reset, --keep); watch for longer than 60 s (--live, --watch)
    #[arg(short, long)]
    pub yes: bool,
    /// Write --format prometheus into a file, which appears complete or not at all
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
