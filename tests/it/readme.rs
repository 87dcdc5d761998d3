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

/// The code blocks of a text, in one of the marked languages, without indentation and blank lines.
fn blocks(text: &str, opening: &str) -> Vec<Vec<String>> {
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        match line {
            _ if !inside && line == opening => {
                blocks.push(Vec::new());
                inside = true;
            }
            "```" => inside = false,
            _ if inside && !line.is_empty() => blocks.last_mut().unwrap().push(line.to_owned()),
            _ => {}
        }
    }
    blocks
}

/// The README's Rust is compiled where it stands; what runs is the same code in the documentation of the crate, where the
/// lines that start a Redis are hidden.
#[test]
fn the_rust_in_the_readme_is_code_that_runs() {
    let sources = [
        (include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/memoize/attribute.md")), ""),
        (include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/memoize/mod.rs")), "//!"),
        (include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/memoize/future/mod.rs")), "///"),
        (include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ops/invalidate/mod.rs")), "///"),
    ];
    let examples: Vec<_> = sources
        .into_iter()
        .flat_map(|(source, comment)| {
            let lines = source.lines().filter_map(|line| line.trim_start().strip_prefix(comment));
            blocks(&lines.collect::<Vec<_>>().join("\n"), "```")
        })
        .collect();
    let shown = blocks(README, "```rust,no_run");
    assert_eq!(shown.len(), 5, "the README has another example: let it run, too");
    for shown in shown {
        // Each line of the README in its order, each visible line of the example among them; hidden ones may be.
        let is_shown = |example: &Vec<String>| {
            let mut rest = shown.iter().map(String::as_str).peekable();
            let all = example.iter().all(|line| match line.strip_prefix("# ") {
                Some(hidden) => {
                    rest.next_if_eq(&hidden.trim());
                    true
                }
                None => rest.next_if_eq(&line.as_str()).is_some(),
            });
            all && rest.peek().is_none()
        };
        assert!(examples.iter().any(is_shown), "no example of the documentation is\n{}", shown.join("\n"));
    }
}
