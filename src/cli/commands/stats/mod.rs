//! `stats`: what is there, what was recorded, what goes on.

mod counters;
mod grid;
mod live;
mod spark;
mod survey;

use crate::cli::args::StatsArgs;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::Format;

pub fn stats(context: &Context, args: &StatsArgs) -> Result<Code, Failure> {
    if args.output.is_some() && context.format(None) != Format::Prometheus {
        return Err(Failure::usage("--output is for --format prometheus")
            .with_hint("add --format prometheus, or send standard output into a file"));
    }
    if let Some(length) = args.live {
        live::live(context, args, length)
    } else if args.history {
        counters::history(context)
    } else if args.reset {
        counters::reset(context, args.yes)
    } else {
        survey::survey(context)
    }
}
