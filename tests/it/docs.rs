//! The pages: every command runs, in its order, and says what the page says it says.

use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use std::path::Path;

const COOKBOOK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cookbook.md"));
const DOCTOR: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/doctor.md"));

/// Each command of a page's consoles with the lines that stand below it.
fn commands(page: &'static str) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut inside = false;
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, Vec::new())),
                (None, Some((_, expected))) => expected.push(line),
                (None, None) => panic!("output before any command: {line}"),
            }
        }
    }
    commands
}

/// Whether a text holds the parts of a line in their order; `…` stands for anything.
fn holds(text: &str, line: &str) -> bool {
    let mut rest = text;
    line.split('…').map(str::trim).all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn the_cookbook_does_what_it_says() {
    assert!(commands(COOKBOOK).len() > 20, "the cookbook has lost its consoles");
    assert_eq!(COOKBOOK.matches("\n## ").count(), 5);
    does_what_it_says(COOKBOOK);
}

#[test]
fn the_page_of_doctor_does_what_it_says() {
    assert!(commands(DOCTOR).len() > 5, "the page has lost its consoles");
    does_what_it_says(DOCTOR);
}

fn does_what_it_says(page: &'static str) {
    let server = Server::start();
    let bookstore = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bookstore.py");
    Cli::of(Lib::V009.interpreter()).args([bookstore, &server.url()]).run().ok();
    let folder = tempfile::tempdir().unwrap();
    for (command, expected) in commands(page) {
        let script = format!("cd {} && {command}", folder.path().display());
        let out = Cli::shell(&server, &script)
            .env("CACHEME_LAYOUT", "classic")
            .env("CACHEME_FORMAT", "table")
            .run();
        out.ok();
        for line in expected {
            assert!(
                out.text().lines().any(|said| holds(said, line)),
                "no line like {line:?}\n{}",
                out.transcript()
            );
        }
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in
        ["README.md", "CONTRIBUTING.md", "docs/cookbook.md", "docs/architecture.md", "docs/doctor.md"]
    {
        let text = std::fs::read_to_string(project.join(document)).unwrap();
        let folder = project.join(document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(link.contains("://") || folder.join(link).exists(), "{document}: {link} is not there");
        }
    }
}
