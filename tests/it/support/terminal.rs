//! A program in a real pseudo terminal: the test types, and reads the screen as a person would see it.

use std::ffi::OsString;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::cli::Cli;
use super::process;

/// How long a screen may take to show what a test waits for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the program, notes its process id, and stays: a pane whose own process ends has its screen and cursor touched by
/// tmux, which also misses the end now and then. The exit code comes as the terminal's title, so behind all output.
const KEEPER: &str = r#"
trap : INT QUIT
/bin/sh -c 'echo $$ >"$0"/pid; exec "$@"' "$0" "$@"
printf '\033]2;ended with %s\033\\' $?
trap '' INT QUIT
exec sleep 100000
"#;

/// A terminal with one program in it, killed with its tmux server when dropped.
pub(crate) struct Terminal {
    folder: TempDir,
    server: Child,
    // Keeps the program's home folder.
    cli: Cli,
}

impl Terminal {
    /// Runs `cli` in a terminal of 80 columns and 24 rows.
    #[track_caller]
    pub(crate) fn run(cli: Cli) -> Self {
        Self::sized(cli, 80, 24)
    }

    /// Runs `cli` in a terminal of this size, which the program learns from the terminal alone.
    #[track_caller]
    pub(crate) fn sized(cli: Cli, columns: u16, rows: u16) -> Self {
        let Some(tmux) = process::find("tmux") else {
            panic!("tmux is not installed: run `make deps`, then this again");
        };
        let folder = tempfile::Builder::new()
            .prefix("cacheme-tty-")
            .tempdir()
            .expect("a temporary folder for the terminal");
        let config = "set -g status off\nset -g history-limit 50000\nset -g escape-time 0\n\
                      set -g default-terminal screen-256color\n";
        std::fs::write(folder.path().join("tmux.conf"), config).expect("the terminal's settings");
        let cli = cli.env_remove("COLUMNS").env("TERM", "screen-256color");

        // In the foreground (`-D`), so that the server dies with the test process and the program with it. Its clients
        // start none of their own (`-N`).
        let mut command = process::guarded(&tmux);
        command
            .args(["-u", "-D", "-f"])
            .arg(folder.path().join("tmux.conf"))
            .arg("-S")
            .arg(folder.path().join("tmux.sock"));
        environment(&mut command);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let server = process::spawn(command)
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", tmux.display()));
        let terminal = Self { folder, server, cli };
        super::wait_until("tmux has a socket", PATIENCE, || terminal.tmux(["list-commands"]).is_ok());

        let (env, program) = terminal.cli.words();
        let mut words: Vec<OsString> = ["new-session", "-d", "-x"].map(OsString::from).to_vec();
        words.extend([columns.to_string(), "-y".to_owned(), rows.to_string()].map(OsString::from));
        words.push("-c".into());
        words.push(terminal.cli.home().into());
        words.extend(["--", "/bin/sh", "-c", KEEPER].map(OsString::from));
        words.push(terminal.folder.path().into());
        words.extend(["env", "-i"].map(OsString::from));
        words.extend(env);
        words.extend(program);
        terminal.must(words);
        terminal
    }

    /// The program's home folder.
    pub(crate) fn home(&self) -> std::path::PathBuf {
        self.cli.home()
    }

    /// Types text, as it is.
    #[track_caller]
    pub(crate) fn write(&self, text: &str) {
        self.must(["send-keys", "-l", "--", text]);
    }

    /// Presses keys by tmux's names: `Enter`, `C-c`, `Up`, `Tab`, `Escape`.
    #[track_caller]
    pub(crate) fn press(&self, keys: &[&str]) {
        self.must([&["send-keys", "--"], keys].concat());
    }

    /// Types text and Enter.
    #[track_caller]
    pub(crate) fn line(&self, text: &str) {
        self.write(text);
        self.press(&["Enter"]);
    }

    /// The screen as it is now, without trailing blanks.
    #[track_caller]
    pub(crate) fn screen(&self) -> String {
        trimmed(&self.must(["capture-pane", "-p"]))
    }

    /// The screen with the escape sequences for its colours and faces.
    #[track_caller]
    pub(crate) fn coloured_screen(&self) -> String {
        trimmed(&self.must(["capture-pane", "-p", "-e"]))
    }

    /// The screen and all that scrolled off it, with wrapped lines joined.
    #[track_caller]
    pub(crate) fn history(&self) -> String {
        trimmed(&self.must(["capture-pane", "-p", "-J", "-S", "-"]))
    }

    /// Whether the cursor is shown: a prompt that was interrupted must not leave it hidden.
    #[track_caller]
    pub(crate) fn cursor_visible(&self) -> bool {
        self.fact("#{cursor_flag}") == "1"
    }

    /// Changes the size; the program gets SIGWINCH.
    #[track_caller]
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        self.must(["resize-window", "-x", &columns, "-y", &rows]);
    }

    /// Waits until the screen holds `text`, and gives that screen; panics with the last screen after 30 s.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits until a screen satisfies `done`, and gives it. `what` names it in the failure.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut done: impl FnMut(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let ended = self.exit_code();
            let screen = self.screen();
            if done(&screen) {
                return screen;
            }
            if let Some(code) = ended {
                panic!("the program ended with {code} and never showed {what}:\n{}", framed(&screen));
            }
            if Instant::now() >= end {
                panic!("not shown within {PATIENCE:?}: {what}:\n{}", framed(&screen));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the program's end and gives its exit code (128 + the signal's number if one ended it). The screen stays.
    #[track_caller]
    pub(crate) fn wait_exit(&self) -> i32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(code) = self.exit_code() {
                return code;
            }
            if Instant::now() >= end {
                panic!("the program had not ended after {PATIENCE:?}:\n{}", framed(&self.screen()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The terminal goes away under the program, as when a window is closed or a connection breaks.
    pub(crate) fn vanish(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    /// The program's exit code, once it has ended.
    #[track_caller]
    pub(crate) fn exit_code(&self) -> Option<i32> {
        ended_with(&self.fact(TITLE))
    }

    /// The id of the program's process.
    #[track_caller]
    pub(crate) fn pid(&self) -> i64 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(pid) = self.noted_pid() {
                return pid;
            }
            assert!(Instant::now() < end, "the program never began");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn noted_pid(&self) -> Option<i64> {
        let note = std::fs::read_to_string(self.folder.path().join("pid")).ok()?;
        note.trim_end().parse().ok()
    }

    #[track_caller]
    fn fact(&self, format: &str) -> String {
        self.must(["display-message", "-p", format]).trim_end().to_owned()
    }

    #[track_caller]
    fn must<S: Into<OsString>>(&self, words: impl IntoIterator<Item = S>) -> String {
        self.tmux(words).unwrap_or_else(|error| panic!("{error}"))
    }

    fn tmux<S: Into<OsString>>(&self, words: impl IntoIterator<Item = S>) -> Result<String, String> {
        let words: Vec<OsString> = words.into_iter().map(|it| literal(it.into())).collect();
        let mut command = Command::new("tmux");
        command.args(["-N", "-u", "-S"]).arg(self.folder.path().join("tmux.sock")).args(&words);
        environment(&mut command);
        let output = command.output().map_err(|error| format!("tmux: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let error = String::from_utf8_lossy(&output.stderr);
            Err(format!("tmux {words:?}: {}", error.trim_end()))
        }
    }
}

impl Terminal {
    /// Takes the terminal away from the program, as a lost connection does; nobody ends the program.
    pub(crate) fn hang_up(mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The program first: one that ignores the hang-up would stay.
        let ended = self.tmux(["display-message", "-p", TITLE]);
        if let (Ok(None), Some(pid)) = (ended.map(|it| ended_with(&it)), self.noted_pid()) {
            process::signal(pid, "KILL");
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

const TITLE: &str = "#{pane_title}";

fn ended_with(title: &str) -> Option<i32> {
    title.trim_end().strip_prefix("ended with ")?.parse().ok()
}

fn environment(command: &mut Command) {
    command.env_remove("TMUX").env("LC_ALL", "C.UTF-8").env("TERM", "screen-256color").stdin(Stdio::null());
}

/// A word that ends with `;` would end the tmux command.
fn literal(word: OsString) -> OsString {
    match word.to_str().and_then(|it| it.strip_suffix(';')) {
        Some(start) => format!("{start}\\;").into(),
        None => word,
    }
}

fn trimmed(screen: &str) -> String {
    let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

fn framed(screen: &str) -> String {
    format!("--- screen\n{screen}\n---")
}
