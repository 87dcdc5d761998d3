//! What the scripts behind `make` say on a machine that lacks something: a line for what failed, a line for what to do.

use crate::support::cli::Cli;
use crate::support::output::Output;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// A machine with a few programs of this one, and others that are made up.
struct Machine {
    cli: Cli,
}

impl Machine {
    fn new() -> Self {
        let cli = Cli::of("/bin/bash").arg("-c").env("PROJECT", env!("CARGO_MANIFEST_DIR"));
        let bin = cli.home().join("bin");
        fs::create_dir(&bin).unwrap();
        for program in [
            "awk", "bash", "cut", "df", "dirname", "grep", "head", "mktemp", "rm", "sed", "sort", "tee",
            "touch",
        ] {
            let real = ["/usr/bin", "/bin"].map(|it| Path::new(it).join(program));
            symlink(real.iter().find(|it| it.exists()).unwrap(), bin.join(program)).unwrap();
        }
        Self { cli: cli.env("PATH", bin) }
    }

    /// A program that is this line of a shell.
    fn with(self, program: &str, line: &str) -> Self {
        let file = format!("bin/{program}");
        // Not through the link to the real one.
        let _ = fs::remove_file(self.cli.home().join(&file));
        let cli = self.cli.file(&file, format!("#!/bin/bash\n{line}\n"));
        fs::set_permissions(cli.home().join(file), fs::Permissions::from_mode(0o755)).unwrap();
        Self { cli }
    }

    #[track_caller]
    fn fails(self, script: &str) -> Output {
        let out = self.cli.arg(script).run();
        assert_ne!(out.code, 0, "{}", out.transcript());
        out
    }
}

/// The last two lines say what failed and what to do.
#[track_caller]
fn says(out: &Output, failed: &str, hint: &str) {
    let lines: Vec<&str> = out.stderr.lines().collect();
    let [.., first, last] = lines[..] else { panic!("{}", out.transcript()) };
    assert!(first.starts_with("error: ") && first.contains(failed), "{}", out.transcript());
    assert!(last.starts_with("hint: ") && last.contains(hint), "{}", out.transcript());
}

const DEPS: &str = "bash \"$PROJECT/tests/deps.sh\" redis-server redis-cli";

#[test]
fn where_nothing_can_be_installed_what_is_missing_is_named() {
    let python = "exit 0";
    let out = Machine::new().with("python3", python).fails(DEPS);
    says(&out, "there is no apt-get here", "run this again: redis-server redis-tools");
    let user = || Machine::new().with("python3", python).with("id", "echo 1000").with("apt-get", "exit 0");
    says(
        &user().fails(DEPS),
        "only root can install them",
        "as root, run: apt-get install redis-server redis-tools",
    );
    let out = user().with("sudo", "echo 'sudo: a password is required' >&2; exit 1").fails(DEPS);
    says(
        &out,
        "apt-get has not installed",
        "by hand, as root, run: apt-get update && apt-get install redis-server redis-tools",
    );
}

#[test]
fn where_debian_cannot_be_reached_the_network_is_named() {
    let apt = "[ $1 = update ] || { echo 'E: Unable to fetch some archives' >&2; exit 100; }";
    let root = Machine::new().with("id", "echo 0").with("apt-get", apt);
    let out = root.with("env", "shift; exec \"$@\"").fails(DEPS);
    assert!(out.text().contains("== Installing with apt-get: redis-server redis-tools python3 python3-venv"));
    says(&out, "apt-get has not installed", "is there a network?");
}

#[test]
fn another_python_that_is_missing_or_too_old_is_named() {
    let out = Machine::new().fails(&format!("PYTHON=python3.99 {DEPS}"));
    says(&out, "there is no python3.99 here", "leave PYTHON unset");
    let venv = "bash \"$PROJECT/tests/venv.sh\" venv 'cacheme 0.0.9' cacheme==0.0.9";
    says(&Machine::new().fails(venv), "there is no python3 here", "make deps");
    let real = crate::support::python::Lib::V009.interpreter();
    let old = format!("exec {} \"$1\" \"import sys; sys.version_info = (3, 7, 9); $2\"", real.display());
    says(&Machine::new().with("python3", &old).fails(venv), "python3 is Python 3.7", "PYTHON=python3.12");
}

#[test]
fn an_environment_that_pip_cannot_fill_is_gone_again() {
    let real = crate::support::python::Lib::V009.interpreter();
    let python = format!("exec {} \"$@\"", real.display());
    let script = "bash \"$PROJECT/tests/venv.sh\" venv 'a package' --no-index cacheme-that-is-not-there";
    let machine = Machine::new().with("python3", &python);
    let home = machine.cli.home();
    let out = machine.fails(&format!("{script}; code=$?; [ ! -e venv ] || echo 'it is there'; exit $code"));
    assert!(out.text().starts_with("== Installing a package into venv\n"), "{}", out.transcript());
    says(&out, "pip has not installed a package for Python 3.", "PYTHON=python3.12");
    assert!(!home.join("venv").exists());
}

const STEP: &str = "bash \"$PROJECT/tests/step.sh\" 'Building it' cargo build";

#[test]
fn a_build_says_what_it_lacks() {
    let out = Machine::new().fails(STEP);
    assert_eq!(out.text(), "== Building it\n");
    says(&out, "there is no cargo here", "rustup");
    let old = Machine::new().with("cargo", "echo 'cargo 1.63.0 (2022-07-05)'");
    says(&old.fails(STEP), "cargo is of Rust 1.63.0, and 1.88 or later is needed", "rustup update");
    let none = Machine::new().with("cargo", "echo 'error: rustup could not choose a version' >&2; exit 1");
    says(&none.fails(STEP), "cargo does not run: error: rustup could not choose a version", "rustup default");
    let cargo =
        || Machine::new().with("cargo", "[ $1 = build ] && exit 101; echo 'cargo 1.100.0 (2027-01-01)'");
    says(&cargo().fails(STEP), "there is no C compiler", "apt-get install build-essential");
    let cc = || cargo().with("cc", "");
    let full = "echo Filesystem; echo '/dev/sda 1000000 999000 1000 100% /'";
    says(&cc().with("df", full).fails(STEP), "the disk of target is full", "make room");
    let empty = "echo Filesystem; echo '/dev/sda 1000000 1000 999000 1% /'";
    let out = cc().with("df", empty).fails(&format!("HINT='is there a network?' {STEP}"));
    says(&out, "Building it: 'cargo' has failed", "is there a network?");
    assert_eq!(out.code, 101);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let out = Machine::new().fails(&format!("bash \"$PROJECT/examples/bookstore.sh\" {port} python3"));
    says(&out, &format!("listens on port {port} already"), "BOOKSTORE_PORT=");
    says(&out, "already", &format!("redis-cli -p {port} config get dir"));
}

#[test]
fn a_release_for_a_target_that_cannot_be_had_says_so() {
    let rustc = "echo /there/is/nothing";
    let out = Machine::new().with("rustc", rustc).fails("bash \"$PROJECT/packaging/release.sh\"");
    says(&out, "no standard library for x86_64-unknown-linux-musl", "RELEASE_TARGETS=");
}

#[test]
fn whatever_is_made_says_what_it_is_doing() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(project.join(path)).unwrap();
    let says = |line: &str| {
        let mut words = line.split(|c: char| c.is_whitespace() || c == '\'');
        line.contains("bash tests/step.sh '")
            || line.starts_with("echo ")
            || words.any(|word| word.ends_with(".sh") && read(word).contains("echo \"== "))
    };
    let makefile = read("Makefile");
    let targets = makefile.lines().filter_map(|line| line.strip_prefix("# make "));
    let targets: Vec<&str> = targets.map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(targets.contains(&"release") && targets.len() > 15);
    let cli = Cli::of("/usr/bin/make").env("PATH", std::env::var_os("PATH").unwrap()).args(["-n", "-C"]);
    let out = cli.arg(project).args(targets).run();
    for line in out.ok().text().replace("\\\n", " ").lines().filter(|line| !line.starts_with("make: ")) {
        assert!(says(line), "nothing is said before this is done: {line}");
    }
}
