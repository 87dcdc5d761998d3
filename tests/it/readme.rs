//! What the README says can be done, can be done.

use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

/// The commands in its consoles.
fn commands() -> Vec<&'static str> {
    let mut inside = false;
    let mut commands = Vec::new();
    for line in README.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && let Some(command) = line.strip_prefix("$ ") {
            commands.push(command);
        }
    }
    commands
}

#[test]
fn every_command_in_the_readme_runs() {
    let server = Server::start();
    let bookstore = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bookstore.py");
    let python = Lib::V009.interpreter();
    Cli::of(&python).args([bookstore, &server.url()]).run().ok();
    assert!(commands().len() > 8, "the README has lost its consoles");
    for command in commands() {
        Cli::shell(&server, command).env("CACHEME_LAYOUT", "classic").run().ok();
    }
}

#[test]
fn every_command_of_the_program_stands_in_the_readme() {
    let help = Cli::bare().args(["--help"]).run();
    let names = help
        .text()
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let names = names.filter(|line| !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        assert!(
            README.contains(&format!("`{name} ")) || README.contains(&format!("`{name}`")),
            "README lacks {name}"
        );
    }
}
