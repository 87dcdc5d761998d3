//! Completion scripts, from the same definition as the flags.

use crate::cli::args::command;
use crate::cli::commands::man;
use crate::cli::complete;
use crate::cli::error::{Code, Failure};
use crate::cli::output::print;
use crate::cli::rows;
use clap::ValueEnum as _;
use clap_complete::Shell;
use std::fs;
use std::path::Path;

/// The script of one shell.
fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "cacheme", &mut script);
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

/// Writes the committed scripts, pages and schemas.
pub fn generate(directory: &Path) -> Result<Code, Failure> {
    let [scripts, pages, schemas] = ["completions", "man", "schemas"].map(|name| directory.join(name));
    for folder in [&scripts, &pages, &schemas] {
        fs::create_dir_all(folder)?;
    }
    for shell in Shell::value_variants() {
        fs::write(scripts.join(format!("cacheme.{shell}")), script(*shell))?;
        if let Some(live) = complete::script(*shell) {
            fs::write(scripts.join(format!("cacheme-live.{shell}")), live)?;
        }
    }
    man::write(&pages)?;
    rows::write(&schemas)?;
    Ok(Code::Done)
}
