//! What the README promises of the program as a whole. Its commands are run by `docs`.

use crate::support::cli::Cli;

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

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

#[test]
fn the_oldest_rust_it_names_is_the_one_in_cargo_toml() {
    let msrv = env!("CARGO_PKG_RUST_VERSION");
    assert!(README.contains(&format!("Rust {msrv} or later (`rust-version` in `Cargo.toml`)")));
    let contributing = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/CONTRIBUTING.md"));
    assert!(contributing.contains(&format!("Rust {msrv} is the oldest that has to work")));
}
