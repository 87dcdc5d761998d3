//! Completion scripts and man pages, from the same definition as the flags.

use crate::cli::args::Cli;
use crate::cli::error::{Code, Failure};
use crate::cli::output::print;
use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;
use std::fs;
use std::path::Path;

/// The script of one shell.
fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cacheme", &mut script);
    script
}

pub fn print_for(shell: Shell) -> Result<Code, Failure> {
    print(&String::from_utf8_lossy(&script(shell)))?;
    Ok(Code::Done)
}

/// Writes the committed scripts and pages.
pub fn generate(directory: &Path) -> Result<Code, Failure> {
    let (scripts, pages) = (directory.join("completions"), directory.join("man"));
    fs::create_dir_all(&scripts)?;
    fs::create_dir_all(&pages)?;
    for shell in Shell::value_variants() {
        fs::write(scripts.join(format!("cacheme.{shell}")), script(*shell))?;
    }
    clap_mangen::generate_to(Cli::command().disable_help_subcommand(true), &pages)?;
    Ok(Code::Done)
}
