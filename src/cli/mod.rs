//! The command line: flags in, rows and messages out. Everything it knows of Redis it asks the library.

mod args;
mod browse;
mod commands;
mod complete;
mod context;
mod error;
mod invocation;
mod output;
mod ranking;
mod rdb;
mod rows;
mod run_log;
mod server;
mod settings;
mod ui;

use clap::FromArgMatches as _;
use std::process::ExitCode;

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    if complete::answer() {
        return ExitCode::SUCCESS;
    }
    let parsed = args::command().try_get_matches().and_then(|matches| {
        let cli = args::Cli::from_arg_matches(&matches)?;
        Ok((cli, matches))
    });
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return error::usage(error.format(&mut args::command()), &args::meant()),
    };
    let invocation = invocation::Invocation::new(&cli.global, &matches);
    let ui = ui::Ui::new(&cli.global, &invocation);
    if let Err(failure) = rdb::check(&cli.command, &matches) {
        return failure.report(&ui);
    }
    // Of two sides the other may be the one that is not there.
    let reads_dump = cli.global.server.rdb.is_some() && !matches!(cli.command, args::Command::Diff(_));
    let profile = if cli.command.needs_profile() { settings::profile(&cli.global) } else { Ok(None) };
    let done = profile
        .and_then(|profile| context::Context::new(cli.global, matches, profile, ui.clone()))
        .and_then(|context| commands::run(cli.command, context));
    match done {
        Ok(code) => code.into(),
        Err(failure) if reads_dump && failure.is_without_server() => failure.with_hint(rdb::GONE).report(&ui),
        Err(failure) => failure.report(&ui),
    }
}
