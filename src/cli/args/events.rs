//! The flags of `events`.

use crate::cli::args::Selectors;
use crate::cli::args::headings::{OUTPUT, SAFETY, SELECTION};
use crate::cli::args::parse;
use cacheme::ops::EventKind;
use clap::Args;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct EventsArgs {
    #[command(flatten)]
    pub selectors: Selectors,
    /// Only these kinds of event: miss,stored
    ///
    /// hit: a call found a value. miss: a call found none and computed one. wait: another call's computation served it. refresh: a
    /// call took a mark, or found the timeout passed, and recomputed. stored: a value was stored. marked: somebody marked the
    /// key. deleted: somebody deleted the value. expired: a reader or a purge found that the timeout had passed.
    #[arg(hide_possible_values = true, help_heading = SELECTION, long, value_name = "KIND,..", value_delimiter = ',', value_parser = parse::event_kind())]
    pub kind: Vec<EventKind>,
    /// Stop after this time
    ///
    /// Without it there is no end; with --limit and without --yes the command stops after 60 s.
    #[arg(help_heading = OUTPUT, long = "for", value_name = "DUR", value_parser = parse::timeout)]
    pub length: Option<Duration>,
    /// Stop after this many events
    #[arg(help_heading = OUTPUT, long, value_name = "N", value_parser = parse::count)]
    pub limit: Option<u64>,
    /// Do not ask; follow for longer than 60 s
    #[arg(help_heading = SAFETY, short, long)]
    pub yes: bool,
}
