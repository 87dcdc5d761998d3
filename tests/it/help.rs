//! Help, examples and man pages: short where it has to be, true where it says what to type.

use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn help(command: &str, flag: &str) -> String {
    Cli::bare().args(command.split_whitespace()).arg(flag).run().ok().text().to_owned()
}

/// The commands below one, by its help.
fn below(command: &str) -> Vec<String> {
    let text = help(command, "-h");
    let names =
        text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(|name| format!("{command} {name}").trim().to_owned()).collect()
}

/// Every command with its groups, in the order of the help.
fn every_command() -> Vec<String> {
    let mut all = vec![String::new()];
    for command in below("") {
        all.push(command.clone());
        all.extend(below(&command));
    }
    assert!(all.len() > 25, "{all:?}");
    all
}

/// The options that count for every command.
fn global_options() -> Vec<String> {
    let text = help("", "--help");
    let words = text.lines().filter_map(|line| line.strip_prefix("      --"));
    let names = words.filter_map(|line| line.split(|c: char| !c.is_ascii_lowercase() && c != '-').next());
    let names: Vec<_> = names.map(str::to_owned).collect();
    assert!(names.contains(&"url".to_owned()) && names.contains(&"pace".to_owned()), "{names:?}");
    names
}

#[test]
fn short_help_fits_on_a_screen_and_leaves_out_what_is_common() {
    let common = global_options();
    for command in every_command() {
        let text = help(&command, "-h");
        assert!(text.lines().count() < 24, "{command} -h has {} lines:\n{text}", text.lines().count());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{command} -h: {line}");
            let shown = line.trim_start().strip_prefix("--").unwrap_or_default();
            let shown = shown.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap_or_default();
            assert!(shown.is_empty() || !common.contains(&shown.to_owned()), "{command} -h: {line}");
        }
        let told = text.lines().any(|line| line.ends_with(": cacheme --help"));
        assert!(told, "{command} -h does not say where the other options are");
    }
}

#[test]
fn long_help_has_the_commands_own_options_and_points_to_the_common_ones() {
    let common = global_options();
    for command in every_command().iter().filter(|command| !command.is_empty()) {
        let text = help(command, "--help");
        let (own, shared) = text.split_once("\nOptions for any command (").expect("the common options");
        for name in own.lines().filter_map(|line| line.strip_prefix("      --")) {
            let name = name.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().unwrap();
            assert!(!common.contains(&name.to_owned()), "{command} --help tells of --{name}");
        }
        let shared = shared.split("\n\n").next().unwrap();
        for part in ["cacheme --help", "man cacheme", "--url", "--prefix", "--profile", "--format"] {
            assert!(shared.contains(part), "{command} --help has no {part}: {shared}");
        }
        assert!(shared.lines().all(|line| line.chars().count() <= 80), "{shared}");
    }
    let headings =
        ["Selection:", "What it does:", "Safety:", "Speed:", "Options for any command (", "Examples:"];
    let text = help("invalidate", "--help");
    let mut rest = text.as_str();
    for heading in headings {
        rest = rest
            .split_once(&format!("\n{heading}"))
            .unwrap_or_else(|| panic!("no {heading} there:\n{rest}"))
            .1;
    }
    for option in ["--match", "--except-tag", "--expires-within", "--raw-pattern", "--strict"] {
        assert!(text.contains(&format!("      {option}")), "{option} is in neither help");
    }
}

#[test]
fn without_a_command_the_help_is_printed() {
    for command in ["", "keys", "tags"] {
        // What the environment gives is no command either.
        for cli in [Cli::bare(), Cli::bare().env("CACHEME_URL", "redis://h")] {
            let out = cli.args(command.split_whitespace()).run();
            assert_eq!((out.code, out.stderr.as_str()), (2, &*help(command, "-h")));
        }
    }
}

#[test]
fn the_usage_names_what_has_to_be_given_and_not_what_the_environment_gives() {
    let out =
        Cli::bare().args(["keys", "show"]).env("CACHEME_URL", "redis://h").env("CACHEME_PACE", "fast").run();
    out.code(2).says("Usage: cacheme keys show [OPTIONS] <KEY>...\n");
}

/// What an example is for, and its command.
fn examples(command: &str) -> Vec<(String, String)> {
    let text = help(command, "--help");
    let Some((_, text)) = text.split_once("\nExamples:\n") else { return Vec::new() };
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines
        .chunks(2)
        .map(|lines| {
            let said = lines[0].strip_prefix("# ").expect("what it is for");
            (said.to_owned(), lines[1].strip_prefix("$ ").expect("a command").to_owned())
        })
        .collect()
}

#[test]
fn every_example_of_the_help_does_what_it_is_for() {
    let server = Server::start();
    let bookstore = project().join("examples/bookstore.py");
    Cli::of(Lib::V009.interpreter()).arg(bookstore).arg(server.url()).run().ok();
    let folder = tempfile::tempdir().unwrap();
    let profile = |name: &str, url: &str| format!("[profiles.{name}]\nurl = \"{url}\"\n");
    let profiles = profile("prod", &server.url()) + &profile("staging", &server.url_of_db(1));
    let config = folder.path().join("config.toml");
    fs::write(&config, profiles).unwrap();
    let groups = ["", "tags", "invalid-keys", "keys", "config"];
    for command in every_command() {
        let examples = examples(&command);
        let is_group = groups[1..].contains(&&*command);
        assert!(
            (is_group && examples.is_empty()) || (1..=4).contains(&examples.len()),
            "{command}: {examples:?}"
        );
        for (said, line) in examples {
            assert!(line.len() <= 76, "{command}: {line} is wrapped at 80 columns");
            let script = format!("cd {} && {line}", folder.path().display());
            let cli = Cli::shell(&server, &script).env("CACHEME_CONFIG", &config);
            if command == "browse" {
                let terminal = Terminal::run(cli);
                terminal.wait_for("get_owner");
                terminal.write("q");
                assert_eq!(terminal.wait_exit(), 0, "{line}");
                continue;
            }
            let out = cli.run();
            let documented = said.split_once("exit code ").map(|(_, rest)| rest[..1].parse().unwrap());
            assert!(out.code == 0 || Some(out.code) == documented, "{command}: {}", out.transcript());
        }
    }
    assert!(folder.path().read_dir().unwrap().all(|file| {
        let name = file.unwrap().file_name();
        name != "owner" && name != "reviews"
    }));
}

#[test]
fn names_that_hold_the_sign_of_a_redirect_are_quoted() {
    for command in every_command() {
        for (_, line) in examples(&command) {
            let mut quoted = false;
            for (at, c) in line.char_indices() {
                match c {
                    '\'' => quoted = !quoted,
                    '>' if !quoted => assert!(line[..at].ends_with(' '), "{command}: {line}"),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_usage_error_points_to_the_help_of_its_command() {
    for (args, command) in [
        ("--bogus", "cacheme"),
        ("kyes", "cacheme"),
        ("keys lst", "cacheme keys"),
        ("keys list --state x", "cacheme keys list"),
        ("--profile purge gc --bogus", "cacheme gc"),
        ("diff", "cacheme diff"),
        ("--format yaml tags show", "cacheme tags show"),
        ("purge --exit-code", "cacheme purge"),
    ] {
        let out = Cli::bare().args(args.split(' ')).run();
        out.code(2).says(&format!("For more information, try '{command} --help'."));
    }
}

#[test]
fn the_version_is_short_with_a_capital_and_tells_of_the_build_in_full() {
    let short = format!("cacheme {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(Cli::bare().arg("-V").run().ok().text(), short);
    let long = Cli::bare().arg("--version").run();
    let text = long.ok().text();
    assert!(text.starts_with(&short), "{text}");
    for part in ["\nfeatures: cli", "macros", "\ntarget: ", std::env::consts::ARCH] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

fn pages() -> BTreeMap<String, String> {
    let pages = fs::read_dir(project().join("man")).unwrap().map(|page| {
        let path = page.unwrap().path();
        (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
    });
    pages.collect()
}

#[test]
fn man_pages_have_their_sections_and_common_options_stand_on_one() {
    let pages = pages();
    for command in every_command() {
        let name = format!("cacheme {command}");
        let page = &pages[&format!("{}.1", name.trim_end().replace(' ', "-"))];
        let mut sections = vec!["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"];
        let examples = examples(&command);
        if !examples.is_empty() {
            sections.push("EXAMPLES");
        }
        sections.extend(["\"EXIT STATUS\"", "ENVIRONMENT", "FILES", "\"SEE ALSO\""]);
        let mut rest = page.as_str();
        for section in sections {
            let found = rest.split_once(&format!(".SH {section}\n"));
            rest = found.unwrap_or_else(|| panic!("{name} has no {section} there:\n{page}")).1;
        }
        let plain = page.replace("\\-", "-").replace("\\(aq", "'");
        for (_, line) in examples {
            assert!(plain.contains(&format!("\n\\fB{line}\\fR\n")), "{name}: no {line}");
        }
        let synopsis = plain.lines().skip_while(|line| *line != ".SH SYNOPSIS").nth(1).unwrap();
        assert!(synopsis.len() < 80 && synopsis.contains(name.trim_end()), "{synopsis}");
    }
    for option in global_options() {
        let entry = format!("\\fB--{option}\\fR");
        let has = pages.iter().filter(|(_, page)| {
            let mut lines = page.lines().map(|line| line.replace("\\-", "-"));
            // The line behind `.TP` is the option itself.
            std::iter::from_fn(|| lines.find(|line| line == ".TP").and_then(|_| lines.next()))
                .any(|line| line.contains(&entry))
        });
        let has: Vec<_> = has.map(|(name, _)| name.as_str()).collect();
        assert_eq!(has, ["cacheme.1"], "{option}");
    }
}

#[test]
fn related_pages_are_there() {
    let pages = pages();
    for (name, page) in &pages {
        let related = page.split(".SH \"SEE ALSO\"\n").nth(1).unwrap();
        for other in related.lines().filter_map(|line| line.strip_prefix(".BR ")?.split(' ').next()) {
            let other = other.replace("\\-", "-");
            assert!(other == "redis-cli" || pages.contains_key(&format!("{other}.1")), "{name}: {other}");
        }
    }
}
