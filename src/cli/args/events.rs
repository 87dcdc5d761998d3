//! The flags of `events`.

use crate::cli::args::Selectors;
use crate::cli::args::parse;
use cacheme::ops::EventKind;
use clap::Args;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct EventsArgs {
    #[command(flatten)]
    pub selectors: Selectors,
    /// Only events of these kinds
    #[arg(long, value_name = "KIND,..", value_delimiter = ',', value_parser = parse::event_kind())]
    pub kind: Vec<EventKind>,
    /// Stop after so long [default: no end; with --limit, 60s without --yes]
    #[arg(long = "for", value_name = "DUR", value_parser = parse::timeout)]
    pub length: Option<Duration>,
    /// Stop after this many events
    #[arg(long, value_name = "N", value_parser = parse::count)]
    pub limit: Option<u64>,
    /// Do not ask: follow for longer than 60 s, or without an end
    #[arg(short, long)]
    pub yes: bool,
}
