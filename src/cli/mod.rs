//! The command line: flags in, rows and messages out. Everything it knows of Redis it asks the library.

mod args;
mod commands;
mod confirm;
mod context;
mod error;
mod output;
mod parse;
mod progress;
mod server;
mod ui;

use clap::Parser as _;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return error::usage(&error),
    };
    let ui = ui::Ui::new(&cli.global);
    let done =
        context::Context::new(cli.global, ui.clone()).and_then(|context| commands::run(cli.command, context));
    match done {
        Ok(code) => code.into(),
        Err(failure) => failure.report(&ui),
    }
}
