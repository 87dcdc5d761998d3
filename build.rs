//! What `cacheme --version` tells of the build: the target and, in release builds, the commit.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=CACHEME_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    // Each commit would compile everything anew while one works on it.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release")
        && let Some(commit) = packaged_commit().or_else(checked_out_commit)
    {
        println!("cargo::rustc-env=CACHEME_COMMIT={commit}");
    }
}

/// The commit that `cargo package` notes in the crate.
fn packaged_commit() -> Option<String> {
    let note = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = note.split_once("\"sha1\": \"")?;
    Some(rest.get(..12)?.to_owned())
}

/// The commit of the working copy. Another repository around this folder does not count.
fn checked_out_commit() -> Option<String> {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    if !Path::new(".git").exists() {
        return None;
    }
    // Every commit and checkout adds a line to it.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists()) {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}
