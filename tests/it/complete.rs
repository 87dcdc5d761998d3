//! Live completion, by pressing Tab in each shell: found, quoted so that nothing but the name arrives, silent on failure.

use crate::support::cli::{Cli, binary};
use crate::support::python::{Lib, fill};
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::wait_until;
use std::time::{Duration, Instant};

/// A name that does all it can to be something else than a name.
const EVIL: &str = "evil'\"$(touch pwned)`touch pwned`;touch pwned|a&b *? [x] {1,2} ~ #!x\\ z";

/// An answer may be empty where the 300 ms it has are not enough: then it is asked for again, for so long.
const LONG: Duration = Duration::from_secs(60);

/// How long to wait before another Tab.
const AGAIN: Duration = Duration::from_secs(2);

fn filled() -> Server {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    for name in [EVIL, "two\nlines"] {
        redis::cmd("HSET")
            .arg(format!("CM:{name}"))
            .arg("base")
            .arg("x")
            .exec(&mut server.connect())
            .unwrap();
    }
    redis::cmd("SADD").arg(format!("CM:tag {EVIL}")).arg("CM:x").exec(&mut server.connect()).unwrap();
    server
}

/// A shell with live completion.
fn shell(server: &Server, program: &str, args: &[&str], setup: &str) -> Terminal {
    let folder = binary().parent().unwrap().display().to_string();
    let cli = Cli::of(program)
        .args(args)
        .env("PATH", format!("{folder}:/usr/local/bin:/usr/bin:/bin"))
        .env("CACHEME_URL", server.url())
        .env("INPUTRC", "/dev/null")
        .file(".config/cacheme/config.toml", "[profiles.staging]\n[profiles.production]\n");
    let terminal = Terminal::sized(cli, 140, 40);
    terminal.line(setup);
    terminal.wait_for("ready-to-go");
    terminal.press(&["C-l"]);
    terminal
}

/// Types a line, presses Tab, and gives the words that would have been run.
fn completed(terminal: &Terminal, typed: &str, awaited: &str) -> String {
    terminal.write(typed);
    // On a machine under load an answer may take longer than the 300 ms it has; whoever waits presses Tab again.
    let mut pressed = Instant::now() - AGAIN;
    terminal.wait_until(&format!("{awaited:?}"), |screen| {
        if !screen.contains(awaited) && pressed.elapsed() >= AGAIN {
            pressed = Instant::now();
            terminal.press(&["Tab"]);
        }
        screen.contains(awaited)
    });
    terminal.press(&["C-a"]);
    terminal.write("printf '<%s>' : ");
    terminal.press(&["C-e"]);
    terminal.write(" end-of-line");
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("<end-of-line>");
    terminal.line("clear");
    terminal.wait_until("a clear screen", |screen| !screen.contains("end-of-line"));
    screen.replace('\n', "")
}

fn in_shell(terminal: &Terminal) {
    for (typed, awaited, arrives) in [
        ("cacheme tags show get_o", "get_owner", "<show><get_owner>"),
        ("cacheme keys list --tag get_o", "get_owner", "<--tag><get_owner>"),
        ("cacheme invalidate --invalid-key Three", "Three:1", "<--invalid-key><Three:1>"),
        ("cacheme purge --except-tag get_o", "get_owner", "<--except-tag><get_owner>"),
        ("cacheme --profile sta", "staging", "<--profile><staging>"),
        ("cacheme keys show plain:1", "plain:1", "<show><plain:1>"),
        ("cacheme keys show 'Book:100>ow", "owner", "<show><Book:100>owner>"),
        ("cacheme keys show Book:100\\>ow", "owner", "<show><Book:100>owner>"),
        ("cacheme keys show evil", "touch", &format!("<show><{EVIL}>")),
        ("cacheme keys show 'evil", "touch", &format!("<show><{EVIL}>")),
        ("cacheme tags show tag", "touch", &format!("<show><tag {EVIL}>")),
        ("cacheme keys list --tag 'tag", "touch", &format!("<--tag><tag {EVIL}>")),
        ("cacheme keys list --tag \"tag", "touch", &format!("<--tag><tag {EVIL}>")),
        // A line break has no safe form in every shell, but an escaped one that --escaped takes back.
        ("cacheme --escaped keys show two", "lines", "<show><two\\x0alines>"),
        ("cacheme invalidat", "invalidate", "<cacheme><invalidate>"),
    ] {
        let screen = completed(terminal, typed, awaited);
        assert!(screen.contains(arrives), "{typed}: no {arrives} in\n{screen}");
    }
    assert!(!terminal.home().join("pwned").exists(), "a name was run");
    terminal.write("cacheme tags show get_");
    terminal.press(&["Tab", "Tab"]);
    let screen = terminal.wait_for("get_title");
    assert!(screen.contains("get_owner"), "{screen}");
}

#[test]
fn in_bash() {
    let server = filled();
    let setup = "source <(cacheme completions bash --live); set +H; echo ready-'to'-go";
    in_shell(&shell(&server, "/bin/bash", &["--norc", "--noprofile", "-i"], setup));
}

#[test]
fn in_zsh() {
    let server = filled();
    let setup = "autoload -Uz compinit; compinit -u; source <(cacheme completions zsh --live); bindkey -e; \
                 PS1='%% '; unsetopt banghist; echo ready-'to'-go";
    in_shell(&shell(&server, "/usr/bin/zsh", &["-f", "-i"], setup));
}

#[test]
fn in_fish() {
    let server = filled();
    let setup =
        "function fish_prompt; echo '> '; end; cacheme completions fish --live | source; echo ready-'to'-go";
    in_shell(&shell(&server, "/usr/bin/fish", &["--no-config", "-i"], setup));
}

#[test]
fn it_is_silent_and_quick_when_nothing_can_be_asked() {
    let server = filled();
    let ask = |url: String| {
        let args = ["--", "cacheme", "tags", "show", ""];
        Cli::bare().env("CACHEME_COMPLETE", "fish").env("CACHEME_URL", url).args(args)
    };
    wait_until("the server is asked", LONG, || ask(server.url()).run().ok().lines().contains(&"get_owner"));
    let broken = ["--", "cacheme", "keys", "show", "two"];
    let broken =
        Cli::bare().env("CACHEME_COMPLETE", "fish").env("CACHEME_URL", server.url()).args(broken).run();
    assert_eq!(broken.ok().text(), "", "a line break was offered");
    for url in ["unix:///nowhere".to_owned(), "nonsense".to_owned()] {
        let out = ask(url).run();
        assert_eq!((out.ok().text(), out.stderr.as_str()), ("", ""));
    }
    server.signal("STOP");
    // It has a limit of its own.
    let out = ask(server.url()).env("CACHEME_TIMEOUT", "1h").timeout(LONG).run();
    server.signal("CONT");
    assert_eq!((out.ok().text(), out.stderr.as_str()), ("", ""));
    // No command is run, and nothing is said, for a password or a broken file.
    let config = "default_profile = 'p'\n[profiles.p]\npassword_command = 'touch ran; echo x'\n";
    let cli = ask(server.url()).file(".config/cacheme/config.toml", config);
    cli.run().ok();
    assert!(!cli.home().join("ran").exists());
    let out = ask(server.url()).file(".config/cacheme/config.toml", "what = ever").run();
    assert_eq!((out.ok().text(), out.stderr.as_str()), ("", ""));
    for shell in ["bash", "zsh", "tcsh", ""] {
        Cli::bare().env("CACHEME_COMPLETE", shell).run().ok();
    }
    Cli::bare().args(["completions", "elvish", "--live"]).run().code(2).says("no live completion for elvish");
}

#[test]
fn flags_before_the_word_say_where_to_look() {
    let server = Server::start();
    fill(Lib::V009, &server, "app:");
    let args = ["--", "cacheme", "--url", &server.url(), "--prefix", "app:", "keys", "list", "--tag", "get_"];
    wait_until("both tags", LONG, || {
        let out = Cli::bare().env("CACHEME_COMPLETE", "fish").args(args).run();
        out.ok().lines() == ["get_owner", "get_title"]
    });
}
