//! What the README, and the pages that say the same in full, promise of the program as a whole. Their consoles are run by `docs`.

use crate::support::cli::{Cli, binary};
use std::time::Duration;

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
const COMMANDS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md"));
const RUST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rust.md"));
const RESULTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/RESULTS.md"));
const SERVERS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers.txt"));

/// Install is left out here; `make test-readme` has it.
#[test]
fn its_sixty_seconds_can_be_followed_in_a_clean_copy_and_an_empty_home() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readme.sh");
    let cli = Cli::of("/bin/bash").arg(script).arg(binary()).env("PATH", std::env::var("PATH").unwrap());
    let out = cli.timeout(Duration::from_secs(120)).run();
    let text = out.ok().text();
    assert!(
        text.contains("get_owner\t5\n") && text.contains("Removed 5 of 11 tag members"),
        "{}",
        out.transcript()
    );
}

#[test]
fn it_is_short() {
    assert!(README.len() <= 10_000, "README.md has {} bytes: move something to docs/", README.len());
}

#[test]
fn the_packages_it_names_are_of_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    for file in [format!("/cacheme_{version}_amd64.deb"), format!("/cacheme-{version}-x86_64-")] {
        assert!(README.contains(&file), "the README has no {file}");
    }
}

/// What `make bench` measures anew has to be copied by hand.
#[test]
fn its_times_are_those_that_were_measured() {
    let times = times(README);
    assert!(times.len() >= 14, "only {} times", times.len());
    for seconds in times {
        assert!(RESULTS.contains(&format!("| {seconds} |")), "{seconds} s is not in benches/RESULTS.md");
    }
    let p99 = |sweep: &str| beside(sweep)[4];
    let said = [p99("purge, gentle"), p99("idle"), p99("gc, gentle")];
    assert_eq!(said, ["481", "278", "1,115"]);
    assert!(README.contains("at most 481 µs (278 µs idle; beside `gc` 1,115 µs)"));
    let said = ["idle", "pattern, gentle", "pattern, fast"].map(|sweep| format!("{} µs", p99(sweep)));
    assert!(README.contains(&format!("take at most | {} |", said.join(" | "))));
    let under_load = RESULTS.split("## Under `redis-benchmark`").nth(1).unwrap();
    let rate = |way: &str| row(under_load, way)[2];
    let rates = [rate("redis-benchmark alone"), rate("cacheme, gentle"), rate("cacheme, fast")];
    assert!(README.contains(&format!("in a second | {} |", rates.join(" | "))));
    assert!(rates.iter().all(|rate| COMMANDS.contains(rate)), "docs/commands.md, Pace: {rates:?}");
    let of =
        |name: &str| RESULTS.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}"));
    assert!(README.contains("34,692") && of("cacheme, layout both").contains("34692"));
    assert!(README.contains("7,568") && of("the Python library 0.1.1").contains("7568"));
}

#[test]
fn what_each_pace_costs_is_what_was_measured() {
    let pace = COMMANDS.split("\n## ").find(|section| section.starts_with("Pace")).unwrap();
    assert!(pace.contains(&format!("({} µs while nothing ran", beside("idle")[4])));
    for (job, sweep, title) in [
        ("`invalidate --pattern`", "pattern", "Delete every value by pattern"),
        ("`invalidate --tag`", "tag", "Invalidate a tag of every key"),
        ("`purge`", "purge", "Purge the expired half"),
        ("`keys dump`", "dump", "Dump every value"),
        ("`gc`", "gc", "Collect the nine in ten"),
    ] {
        let table = RESULTS.split("\n## ").find(|section| section.starts_with(title)).unwrap();
        let seconds = |way| format!("{} s", row(table, way)[1]);
        let measured = [
            beside(&format!("{sweep}, gentle"))[4].to_owned(),
            beside(&format!("{sweep}, fast"))[4].to_owned(),
            seconds("cacheme, gentle"),
            seconds("cacheme, fast"),
        ];
        assert_eq!(row(pace, job)[1..], measured, "{job}");
    }
}

/// The numbers of seconds that a text names.
fn times(text: &str) -> Vec<&str> {
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(['(', ')', ';', ','])).collect();
    let times = words.windows(2).filter(|pair| pair[1] == "s" && pair[0].parse::<f64>().is_ok());
    times.map(|pair| pair[0]).collect()
}

/// The cells of a row of the first table that has it.
fn row<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let mut rows = rows.map(|row| row.split(" | ").map(str::trim).collect::<Vec<_>>());
    rows.find(|row| row[0] == name).unwrap_or_else(|| panic!("there is no row of {name}"))
}

/// What other clients saw beside a sweep, with 200 connections.
fn beside(sweep: &str) -> Vec<&'static str> {
    row(RESULTS.split("## Other clients meanwhile").nth(1).unwrap(), sweep)
}

#[test]
fn it_names_the_servers_that_the_tests_run_on() {
    let said = README.split("## What it was run on").nth(1).unwrap();
    let servers = SERVERS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    for server in servers.map(|line| line.split_whitespace().next().unwrap()) {
        let version = server.split_once('-').unwrap().1;
        assert!(said.contains(version), "the README lacks {server}");
    }
}

#[test]
fn every_command_of_the_program_stands_in_docs_commands() {
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
            COMMANDS.contains(&format!("`{name} ")) || COMMANDS.contains(&format!("`{name}`")),
            "docs/commands.md lacks {name}"
        );
    }
}

#[test]
fn the_oldest_rust_it_names_is_the_one_in_cargo_toml() {
    let msrv = env!("CARGO_PKG_RUST_VERSION");
    assert!(README.contains(&format!("Rust {msrv} or later")));
    assert!(RUST.contains(&format!("It needs Rust {msrv} or later")));
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

/// The Rust of the README and of docs/rust.md is compiled where it stands; what runs is the same code in the documentation of the crate, where the
/// lines that start a Redis are hidden.
#[test]
fn the_rust_in_the_documents_is_code_that_runs() {
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
    let opening = "```rust,no_run";
    let shown = [blocks(README, opening), blocks(RUST, opening)].concat();
    assert_eq!(shown.len(), 6, "there is another example: let it run, too");
    for shown in shown {
        // Each line of the block in its order, each visible line of the example among them; hidden ones may be.
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
