//! One file a command: its arguments become a call of the library, the result becomes rows.

mod completions;
mod doctor;
mod dump;
mod gc;
mod index;
mod invalidate;
mod keys;
mod purge;
mod selection;
mod stats;
mod sweep;

use super::args::{Command, InvalidKeysCommand, KeysCommand, TagsCommand};
use super::context::Context;
use super::error::{Code, Failure};
use cacheme::ops::IndexKind;

pub use doctor::DoctorArgs;
pub use gc::GcArgs;
pub use purge::PurgeArgs;

/// Runs a command.
pub fn run(command: Command, context: Context) -> Result<Code, Failure> {
    match command {
        Command::Tags(TagsCommand::List(args)) => index::list(&context, IndexKind::Tag, &args),
        Command::Tags(TagsCommand::Show { name }) => index::show(&context, IndexKind::Tag, &name),
        Command::InvalidKeys(InvalidKeysCommand::List(args)) => {
            index::list(&context, IndexKind::InvalidKey, &args)
        }
        Command::InvalidKeys(InvalidKeysCommand::Show { name }) => {
            index::show(&context, IndexKind::InvalidKey, &name)
        }
        Command::Keys(KeysCommand::List { selectors, state, limit }) => {
            keys::list(&context, &selectors, state, limit)
        }
        Command::Keys(KeysCommand::Show { keys }) => keys::show(&context, &keys),
        Command::Keys(KeysCommand::Dump { selectors, raw, indexes }) => {
            dump::dump(&context, &selectors, raw, indexes)
        }
        Command::Invalidate(args) => invalidate::invalidate(&context, &args),
        Command::Purge(args) => purge::purge(&context, &args),
        Command::Doctor(args) => doctor::doctor(&context, &args),
        Command::Gc(args) => gc::gc(&context, &args),
        Command::Stats => stats::stats(&context),
        Command::Completions { shell } => completions::print_for(shell),
        Command::Generate { directory } => completions::generate(&directory),
    }
}

/// The code of a command that only reads.
fn read_code(context: &Context, complete: bool) -> Code {
    match complete {
        _ if context.interrupted() => Code::Interrupted,
        true => Code::Done,
        false => Code::Partly,
    }
}
