//! The real Python library, all three releases: its environments and the scripts under `tests/python`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::cli::Cli;
use super::output::Output;
use super::server::Server;

/// A release of the library, in a virtual environment of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lib {
    V009,
    V010,
    V011,
}

impl Lib {
    pub(crate) const ALL: [Self; 3] = [Self::V009, Self::V010, Self::V011];

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::V009 => "0.0.9",
            Self::V010 => "0.1.0",
            Self::V011 => "0.1.1",
        }
    }

    /// Whether its bookkeeping sets are those of the `meta` layout.
    pub(crate) fn is_meta(self) -> bool {
        self == Self::V011
    }

    /// The Redis key of the deleted set under a prefix (`meta` does not follow the prefix).
    pub(crate) fn deleted_set(self, prefix: &str) -> String {
        if self.is_meta() { "CM:meta:deleted".to_owned() } else { format!("{prefix}delete") }
    }

    /// The Redis key of the progress set under a prefix.
    pub(crate) fn progress_set(self, prefix: &str) -> String {
        if self.is_meta() { "CM:meta:progress".to_owned() } else { format!("{prefix}progress") }
    }

    /// Its interpreter; panics when the environments have not been made.
    #[track_caller]
    pub(crate) fn interpreter(self) -> PathBuf {
        interpreter(self.version())
    }
}

/// The releases that are another library, which is only recognised.
pub(crate) const OTHER_LIBRARY: [&str; 3] = ["0.2.0", "0.2.3", "0.3.0"];

/// The interpreter of a release; panics when the environments have not been made.
#[track_caller]
pub(crate) fn interpreter(version: &str) -> PathBuf {
    let environment = root().join("target/venv").join(version);
    // The Makefile writes the stamp last: a half-made environment has none.
    assert!(
        environment.join("stamp").is_file(),
        "no Python environment for cacheme {version}: run `make venvs`, then this again"
    );
    environment.join("bin/python")
}

/// Has one of [`OTHER_LIBRARY`] cache values, and gives how many: see `tests/python/other_library.py`. The server needs a port.
#[track_caller]
pub(crate) fn fill_other_library(version: &str, url: &str, args: &[&str]) -> u64 {
    let cli = Cli::of(interpreter(version)).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1");
    let run =
        cli.args(["-W", "ignore"]).arg(script("other_library.py")).args(["--url", url]).args(args).run();
    run.ok().json()["keys"].as_u64().expect("a count")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of a script under `tests/python`.
pub(crate) fn script(name: &str) -> PathBuf {
    root().join("tests/python").join(name)
}

/// A script's run to be, with `--url` of the server in front of `args`; add variables (`TZ`), input or a time limit.
#[track_caller]
pub(crate) fn command<S: AsRef<OsStr>>(
    lib: Lib,
    server: &Server,
    name: &str,
    args: impl IntoIterator<Item = S>,
) -> Cli {
    Cli::of(lib.interpreter())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        // Warnings about `utcnow` are the library's own affair.
        .args(["-W", "ignore"])
        .arg(script(name))
        .args([OsString::from("--url"), server.url().into()])
        .args(args)
}

/// Runs a script to its end.
#[track_caller]
pub(crate) fn python<S: AsRef<OsStr>>(
    lib: Lib,
    server: &Server,
    name: &str,
    args: impl IntoIterator<Item = S>,
) -> Output {
    command(lib, server, name, args).run()
}

/// Fills the namespace with one of everything and gives the truth about it: see `tests/python/fill.py`.
#[track_caller]
pub(crate) fn fill(lib: Lib, server: &Server, prefix: &str) -> Value {
    python(lib, server, "fill.py", ["--prefix", prefix]).ok().json()
}
