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
            // The pages name a time that is safe to copy; nobody computes here.
            let quick = command.replace("--stuck-after 5m", "--stuck-after 2s");
            let script = format!("cd {} && {quick}", folder.path().display());
            // As on a terminal, or in a pipe.
            let mut cli = Cli::shell(&server, &script);
            let last = command.rsplit(" | ").next().unwrap();
            if last.starts_with("cacheme ") || !command.contains(" | ") {
                cli = cli.env("CACHEME_FORMAT", "table");
            }
            let out = cli.run();
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
        .map(|text| if text.starts_with("idle ") { "idle".to_owned() } else { text })
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

/// A document without its blocks of code.
fn prose(text: &str) -> String {
    let parts = format!("\n{text}");
    parts.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
}

/// What a heading is called in a link, on GitHub and in the book.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

/// The links and pictures of a document, without what stands in blocks of code.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let links = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.map(str::to_owned).collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut seen = 0;
    let others = ["CHANGELOG.md", "benches/README.md"].map(PathBuf::from);
    for document in documents().into_iter().chain(others) {
        let folder = project().join(&document).parent().unwrap().to_owned();
        for link in links(&read(&document)) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() { project().join(&document) } else { folder.join(file) };
            assert!(target.exists(), "{}: {link} is not there", document.display());
            if !heading.is_empty() {
                let text = prose(&fs::read_to_string(&target).unwrap());
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#').trim()));
                assert!(anchors.any(|it| it == heading), "{}: {link} leads nowhere", document.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 80, "only {seen} links");
}

fn pages() -> Vec<PathBuf> {
    documents().into_iter().filter(|it| it.starts_with("docs") && !it.ends_with("SUMMARY.md")).collect()
}

#[test]
fn the_book_has_every_page_and_no_link_out_of_itself() {
    let listed = links(&read(Path::new("docs/SUMMARY.md")));
    for page in pages() {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert_eq!(listed.iter().filter(|it| *it == name).count(), 1, "docs/SUMMARY.md: {name}");
        for link in links(&read(&page)) {
            assert!(!link.starts_with(".."), "{}: the book has no {link}", page.display());
        }
    }
    assert_eq!(listed.len(), pages().len());
}

#[test]
fn the_words_are_defined_once_and_linked_from_every_page() {
    let concepts = read(Path::new("docs/concepts.md"));
    assert_eq!(concepts.lines().filter(|line| line.starts_with("| **")).count(), 12);
    for page in pages().into_iter().filter(|page| !page.ends_with("concepts.md")) {
        let text = read(&page);
        assert!(
            text.contains("](concepts.md)"),
            "{} does not say where its words are explained",
            page.display()
        );
        assert!(!text.contains("soft purge"), "{}", page.display());
    }
}

/// Whether a `>` stands between two letters outside of quotes, where a shell would write into a file.
fn has_unquoted_key(command: &str) -> bool {
    let mut quote = None;
    let mut before = ' ';
    let mut chars = command.chars().peekable();
    while let Some(it) = chars.next() {
        match quote {
            Some(open) if open == it => quote = None,
            None if matches!(it, '\'' | '"') => quote = Some(it),
            None if it == '>' => {
                let is_key = before.is_alphanumeric() && chars.peek().is_some_and(|it| it.is_alphanumeric());
                if is_key && before != '2' {
                    return true;
                }
            }
            _ => {}
        }
        before = it;
    }
    false
}

#[test]
fn keys_are_quoted_wherever_a_command_is_shown() {
    assert!(
        has_unquoted_key("cacheme keys show Book:1>owner") && !has_unquoted_key("cacheme keys show 'a>b'")
    );
    for document in documents() {
        let text = read(&document);
        let shown = commands(&text).into_iter().map(|(command, _)| command.to_owned());
        for command in shown.chain(mentioned(&text)) {
            assert!(!has_unquoted_key(&command), "{}: {command}", document.display());
        }
    }
}

#[test]
fn the_demo_prints_commands_as_one_would_type_them() {
    let path = format!(
        "{}:{}",
        crate::support::cli::binary().parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let demo = project().join("examples/demo.sh");
    let cli = Cli::of("/bin/bash").arg(demo).env("PATH", path).timeout(Duration::from_secs(120));
    let out = cli.run();
    let shown: Vec<&str> = out.ok().lines().into_iter().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(shown.contains(&"cacheme keys show 'Book:100>owner'"), "{shown:#?}");
    assert!(shown.contains(&"cacheme invalidate --pattern 'Book:*>reviews' --yes"), "{shown:#?}");
    assert!(shown.iter().all(|command| !has_unquoted_key(command)), "{shown:#?}");
}
