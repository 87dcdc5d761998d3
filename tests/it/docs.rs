//! README and documents: every command runs, in its order, and says what the page says it says.

use crate::support::cli::Cli;
use crate::support::consoles::{commands, holds, mentioned};
use crate::support::python::Lib;
use crate::support::server::Server;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every document that users and developers read.
fn documents() -> Vec<PathBuf> {
    let mut found = ["README.md", "CONTRIBUTING.md", "tests/README.md"].map(PathBuf::from).to_vec();
    for entry in fs::read_dir(project().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "md") {
            found.push(path.strip_prefix(project()).unwrap().to_owned());
        }
    }
    found
}

fn read(document: &Path) -> String {
    fs::read_to_string(project().join(document)).unwrap()
}

#[test]
fn the_consoles_do_what_they_say() {
    let mut run = 0;
    for document in documents() {
        let text = read(&document);
        let commands = commands(&text);
        if commands.is_empty() {
            continue;
        }
        run += commands.len();
        // Each page begins with the bookstore as it is filled.
        let server = Server::start();
        let bookstore = project().join("examples/bookstore.py");
        Cli::of(Lib::V009.interpreter()).arg(bookstore).arg(server.url()).run().ok();
        let folder = tempfile::tempdir().unwrap();
        for (command, expected) in commands {
            let script = format!("cd {} && {command}", folder.path().display());
            let out = Cli::shell(&server, &script).env("CACHEME_FORMAT", "table").run();
            out.ok();
            for line in expected {
                let line = line.replace(" 0 ms", " … ms").replace(" 1 ms", " … ms");
                assert!(
                    out.text().lines().any(|said| holds(said, &line)),
                    "{}: no line like {line:?}\n{}",
                    document.display(),
                    out.transcript()
                );
            }
        }
    }
    assert!(run > 35, "only {run} commands: the pages have lost their consoles");
    assert_eq!(read(Path::new("docs/cookbook.md")).matches("\n## ").count(), 6);
}

#[test]
fn commands_that_are_only_mentioned_are_there() {
    let server = Server::start();
    let mut seen = 0;
    for document in documents() {
        for command in mentioned(&read(&document)) {
            // Up to a pipe or a comment; `--help` is obeyed once everything before it was understood.
            let command = command.split([';', '|', '#', ')']).next().unwrap_or_default();
            let words = command.replace(['[', ']'], "");
            let out = Cli::shell(&server, &format!("{words} --help")).run();
            // A flag may be named without its value.
            let is_known = out.code == 0 || out.stderr.contains("a value is required for");
            assert!(is_known, "{}: {command}\n{}", document.display(), out.transcript());
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} commands are mentioned");
}

#[test]
fn what_make_is_said_to_make_it_can() {
    let makefile = read(Path::new("Makefile"));
    for document in documents() {
        for line in read(&document).lines().filter(|line| line.starts_with("make ")) {
            let target = line.split_whitespace().nth(1).unwrap();
            assert!(makefile.contains(&format!("\n{target}:")), "{}: {line}", document.display());
        }
    }
}

/// What a picture shows, whatever the order that the server named things in, and how long ago something expired or was
/// used.
fn shown(folder: &Path, name: &str) -> Vec<String> {
    let picture = fs::read_to_string(folder.join(name)).unwrap();
    let texts = picture.split("<text ").skip(1).filter_map(|text| text.split_once('>'));
    let mut texts: Vec<String> = texts
        .map(|(_, text)| text.split("</text>").next().unwrap_or_default().trim().to_owned())
        .map(|text| if text.contains("charts:week") { "charts:week".to_owned() } else { text })
        .map(|text| if text.starts_with("idle seconds") { "idle seconds".to_owned() } else { text })
        .collect();
    texts.sort();
    texts
}

#[test]
fn the_pictures_show_what_the_program_shows() {
    let folder = tempfile::tempdir().unwrap();
    let make = project().join("docs/screens/make.py");
    let python = Lib::V009.interpreter();
    let path = std::env::var_os("PATH").unwrap();
    let cli = Cli::of("python3").env("PATH", path).arg(make).arg(crate::support::cli::binary()).arg(python);
    let made = cli.arg(folder.path()).timeout(Duration::from_secs(120)).run();
    assert_eq!(made.ok().lines().len(), 5);
    for name in made.text().lines().map(|name| format!("{name}.svg")) {
        assert_eq!(
            shown(&project().join("docs/screens"), &name),
            shown(folder.path(), &name),
            "docs/screens/{name} is out of date: run `make screens`"
        );
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in documents() {
        let text = read(&document);
        let folder = project().join(&document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let is_there = link.contains("://") || folder.join(file).exists();
            assert!(is_there, "{}: {link} is not there", document.display());
            if !heading.is_empty() && !link.contains("://") {
                let text = fs::read_to_string(folder.join(file)).unwrap();
                let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
                let mut anchors = headings.map(|title| title.to_lowercase().replace(' ', "-"));
                assert!(
                    anchors.any(|anchor| anchor == heading),
                    "{}: {link} leads nowhere",
                    document.display()
                );
            }
        }
    }
}
