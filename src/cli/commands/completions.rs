//! Completion scripts and man pages, from the same definition as the flags.

use crate::cli::args::{Cli, EXIT_CODES};
use crate::cli::complete;
use crate::cli::error::{Code, Failure};
use crate::cli::output::print;
use crate::cli::rdb;
use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;
use std::fs;
use std::io;
use std::path::Path;

/// The script of one shell.
fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cacheme", &mut script);
    script
}

pub fn print_for(shell: Shell, live: bool) -> Result<Code, Failure> {
    if !live {
        print(&String::from_utf8_lossy(&script(shell)))?;
        return Ok(Code::Done);
    }
    let Some(script) = complete::script(shell) else {
        return Err(Failure::usage(format!("there is no live completion for {shell}")).with_hint(format!(
            "`cacheme completions {shell}` prints the script that completes commands and flags"
        )));
    };
    print(script)?;
    Ok(Code::Done)
}

/// Writes the committed scripts and pages.
pub fn generate(directory: &Path) -> Result<Code, Failure> {
    let (scripts, pages) = (directory.join("completions"), directory.join("man"));
    fs::create_dir_all(&scripts)?;
    fs::create_dir_all(&pages)?;
    for shell in Shell::value_variants() {
        fs::write(scripts.join(format!("cacheme.{shell}")), script(*shell))?;
        if let Some(live) = complete::script(*shell) {
            fs::write(scripts.join(format!("cacheme-live.{shell}")), live)?;
        }
    }
    let mut command = Cli::command().disable_help_subcommand(true).after_help("");
    command.build();
    man_pages(&command, &pages)?;
    Ok(Code::Done)
}

/// A page for a command and each below it.
fn man_pages(command: &clap::Command, pages: &Path) -> io::Result<()> {
    let man = clap_mangen::Man::new(command.clone().after_help("").after_long_help(""));
    let mut page = Vec::new();
    man.render(&mut page)?;
    page.extend_from_slice(tail().as_bytes());
    fs::write(pages.join(man.get_filename()), page)?;
    let below = command.get_subcommands().filter(|command| !command.is_hide_set());
    below.into_iter().try_for_each(|command| man_pages(command, pages))
}

/// Exit codes and environment, which stand on every page.
fn tail() -> String {
    let mut tail = String::from(".SH \"EXIT STATUS\"\n");
    for (code, meaning) in EXIT_CODES {
        tail.push_str(&format!(".TP\n\\fB{code}\\fR\n{meaning}\n"));
    }
    tail.push_str(".SH ENVIRONMENT\n");
    for (name, meaning) in environment() {
        tail.push_str(&format!(".TP\n\\fB{name}\\fR\n{meaning}\n"));
    }
    tail
}

fn environment() -> Vec<(String, String)> {
    let command = Cli::command();
    let of_flag = |arg: &clap::Arg| {
        let name = arg.get_env()?.to_str()?.to_owned();
        Some((name, format!("The same as \\-\\-{}.", arg.get_long()?.replace('-', "\\-"))))
    };
    let mut all: Vec<_> = command.get_arguments().filter_map(of_flag).collect();
    all.push((
        "REDISCLI_AUTH".to_owned(),
        "The password, where neither the URL nor a file names one.".to_owned(),
    ));
    all.push((
        rdb::PROGRAM.to_owned(),
        "The server program that loads the file of \\-\\-rdb, by its path or its name on PATH.".to_owned(),
    ));
    all.push(("NO_COLOR".to_owned(), "No colours, whatever it is set to.".to_owned()));
    all
}
