//! Hermetic runs of the binary: nothing of the caller's environment, home, or terminal reaches it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::output::{self, Output};
use super::process;
use super::running::Running;
use super::server::Server;

/// The binary under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cacheme"))
}

/// A run to be: of the binary, with a home of its own, no terminal, 80 columns, UTC and UTF-8.
pub(crate) struct Cli {
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    stdin: Vec<u8>,
    limit: Duration,
    home: TempDir,
}

impl Cli {
    /// The binary on a server's database 0, by `CACHEME_URL`.
    #[track_caller]
    pub(crate) fn new(server: &Server) -> Self {
        Self::bare().env("CACHEME_URL", server.url())
    }

    /// The binary with no server named.
    #[track_caller]
    pub(crate) fn bare() -> Self {
        Self::of(binary())
    }

    /// Another program, run just as hermetically.
    #[track_caller]
    pub(crate) fn of(program: impl AsRef<OsStr>) -> Self {
        let home = tempfile::Builder::new().prefix("cacheme-home-").tempdir().expect("a temporary home");
        let mut cli = Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            stdin: Vec::new(),
            // What hangs is caught, and no machine is too slow.
            limit: Duration::from_secs(300),
            home,
        };
        for (name, below) in [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_STATE_HOME", ".local/state"),
        ] {
            let folder = cli.home().join(below);
            std::fs::create_dir_all(&folder).expect("a folder of the temporary home");
            cli = cli.env(name, folder);
        }
        cli.env("LC_ALL", "C.UTF-8").env("COLUMNS", "80").env("TZ", "UTC")
    }

    /// A line of bash in which `cacheme` is the binary: for pipes, quoting, and the README's own commands.
    #[track_caller]
    pub(crate) fn shell(server: &Server, script: &str) -> Self {
        let folder = binary().parent().unwrap_or(Path::new("/"));
        let mut path = OsString::from(folder);
        path.push(":/usr/local/bin:/usr/bin:/bin");
        Self::of("/bin/bash").args(["-c", script]).env("PATH", path).env("CACHEME_URL", server.url())
    }

    /// Adds arguments.
    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Adds one argument.
    pub(crate) fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.args([arg])
    }

    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    /// Takes a variable away.
    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.env.remove(OsStr::new(name));
        self
    }

    /// What it reads from its standard input; nothing unless told.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// How long it may take before it is killed and the test fails; 60 s unless told.
    pub(crate) fn timeout(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Its home folder, which is also where it runs.
    pub(crate) fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// Writes a file below its home, with the folders above it.
    #[track_caller]
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let file = self.home().join(path);
        let folder = file.parent().unwrap_or(&file);
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&file, content))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", file.display()));
        self
    }

    /// Runs it to its end. The same `Cli` may run again: its home stays as the run left it.
    #[track_caller]
    pub(crate) fn run(&self) -> Output {
        self.spawn().finish(self.stdin.clone())
    }

    /// Starts it and comes back at once: to send it signals, or to look while it works.
    #[track_caller]
    pub(crate) fn spawn(&self) -> Running {
        Running::start(self.command(), self.shown(), self.limit)
    }

    pub(super) fn command(&self) -> Command {
        let mut command = process::guarded(&self.program);
        command.args(&self.args).env_clear().envs(&self.env).current_dir(self.home());
        command
    }

    /// The command and its environment as words for `env`, to be run elsewhere (see `terminal`).
    pub(super) fn words(&self) -> (Vec<OsString>, Vec<OsString>) {
        let env = self.env.iter().map(|(name, value)| {
            let mut word = name.clone();
            word.push("=");
            word.push(value);
            word
        });
        let command = std::iter::once(&self.program).chain(&self.args).cloned();
        (env.collect(), command.collect())
    }

    fn shown(&self) -> String {
        output::shown(&self.env, &self.program, &self.args)
    }
}
