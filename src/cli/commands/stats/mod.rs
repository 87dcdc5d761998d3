//! `stats`: what is there, what was recorded, what goes on.

mod counters;
mod grid;
mod histogram;
mod history;
mod keep;
mod live;
mod picture;
mod prometheus;
mod screen;
mod spark;
mod survey;
mod watch;

use crate::cli::args::Format;
use crate::cli::args::StatsArgs;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};

pub fn stats(context: &Context, args: &StatsArgs) -> Result<Code, Failure> {
    let prometheus = context.format(None) == Format::Prometheus;
    if args.output.is_some() && !prometheus {
        return Err(Failure::usage("--output is for --format prometheus")
            .with_hint("add --format prometheus, or send standard output into a file"));
    }
    if let Some(length) = args.history {
        return history::history(context, length.unwrap_or(history::DAY));
    }
    if let Some(keep) = args.keep {
        return keep::keep(context, keep, args.yes);
    }
    match (args.live, args.watch) {
        (Some(length), _) if prometheus => prometheus::live(context, args, length),
        (Some(length), _) => live::live(context, args, length),
        (None, Some(length)) => watch::watch(context, args, length),
        _ if args.histogram => histogram::histogram(context),
        _ if args.reset => counters::reset(context, args.yes),
        _ if prometheus => prometheus::survey(context, args),
        _ => survey::survey(context),
    }
}
