//! What is generated and committed is what the flags say now.

use crate::support::cli::Cli;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn files(directory: &Path) -> BTreeMap<String, String> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn man_pages_completions_and_schemas_are_up_to_date() {
    let fresh = tempfile::tempdir().unwrap();
    Cli::bare().args(["generate", fresh.path().to_str().unwrap()]).run().ok();
    for directory in ["man", "completions", "schemas"] {
        let committed = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(directory));
        let now = files(&fresh.path().join(directory));
        assert_eq!(
            committed.keys().collect::<Vec<_>>(),
            now.keys().collect::<Vec<_>>(),
            "{directory}/ has other files than the flags ask for: run `make generate`"
        );
        for (name, text) in &now {
            assert!(committed[name] == *text, "{directory}/{name} is out of date: run `make generate`");
        }
    }
}

#[test]
fn each_shell_gets_its_completion_script() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = Cli::bare().args(["completions", shell]).run();
        script.ok();
        assert!(script.text().contains("invalidate"), "the script for {shell} does not know the commands");
    }
    Cli::bare().args(["completions", "tcsh"]).run().code(2).says("tcsh");
}

#[test]
fn every_page_tells_exit_codes_and_environment() {
    for (name, page) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("man")) {
        for needed in ["EXIT STATUS", ".SH ENVIRONMENT", "CACHEME_URL", "130"] {
            assert!(page.contains(needed), "man/{name} does not tell {needed}");
        }
    }
}
