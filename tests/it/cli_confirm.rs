//! How it asks: on a real terminal, with the answer No unless told otherwise.

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::seed::{Seed, names, set};
use crate::support::server::Server;
use crate::support::terminal::Terminal;

fn filled() -> Server {
    let server = Server::start();
    let mut seed = Seed::meta(&server);
    seed.live(["a>1", "a>2", "b"]).tag("t", ["a>1", "a>2"]).marked(["other"]);
    seed.run("SET", &["foreign", "x"]);
    server
}

fn asked(server: &Server, args: &[&str]) -> Terminal {
    Terminal::run(Cli::new(server).arg("invalidate").args(args))
}

#[test]
fn it_shows_where_and_how_much_before_it_asks() {
    let server = filled();
    let terminal = asked(&server, &["--tag", "t"]);
    let screen = terminal.wait_for("[y/N]");
    let joined = terminal.history();
    for part in [&server.url(), "database 0", "prefix 'CM:'", "Refresh 2 keys at their next read? [y/N]"] {
        assert!(joined.contains(part), "no {part} on\n{screen}");
    }
    assert_eq!(names(&server, "CM:meta:deleted"), set(&["CM:other"]), "nothing is done while it asks");
    terminal.line("y");
    assert_eq!(terminal.wait_exit(), 0);
    assert!(terminal.screen().contains("Marked 2"), "{}", terminal.screen());
    assert_eq!(names(&server, "CM:meta:deleted"), set(&["CM:other", "CM:a>1", "CM:a>2"]));
}

#[test]
fn one_key_is_called_by_its_name() {
    let server = filled();
    for (args, question) in [
        (&["--pattern", "b", "--mark"][..], "Refresh b at its next read? [y/N]"),
        (&["--pattern", "b"], "Delete the value of b? [y/N]"),
        (&["--pattern", "a"], "Delete 2 values? [y/N]"),
        (&["--raw-pattern", "CM:[ab]"], "Delete 2 Redis keys? [y/N]"),
    ] {
        let terminal = asked(&server, args);
        terminal.wait_for(question);
        terminal.press(&["Enter"]);
        assert_eq!(terminal.wait_exit(), 2);
    }
}

#[test]
fn no_is_the_answer_unless_told() {
    let server = filled();
    let before = server.dump();
    for keys in [&["Enter"][..], &["n", "Enter"], &["Escape", "n", "Enter"]] {
        let terminal = asked(&server, &["--pattern", "a"]);
        terminal.wait_for("[y/N]");
        terminal.press(keys);
        assert_eq!(terminal.wait_exit(), 2, "{}", terminal.screen());
        assert!(terminal.screen().contains("nothing was changed"), "{}", terminal.screen());
        assert!(!terminal.history().contains("error"), "{}", terminal.history());
        assert!(terminal.cursor_visible());
    }
    assert_same(&before, &server.dump());
}

#[test]
fn gc_with_nothing_to_remove_asks_whether_to_run_all_the_same() {
    let server = Server::start();
    Seed::meta(&server).live(["a"]).tag("t", ["a"]);
    for (answer, code) in [("n", 2), ("y", 0)] {
        let terminal = Terminal::sized(Cli::new(&server).arg("gc"), 200, 24);
        terminal.wait_for("There is nothing to remove now. Run gc all the same? [y/N]");
        terminal.line(answer);
        assert_eq!(terminal.wait_exit(), code);
        assert!(!terminal.history().contains("error"), "{}", terminal.history());
    }
}

#[test]
fn an_interrupted_question_changes_nothing_and_gives_the_cursor_back() {
    let server = filled();
    let before = server.dump();
    for (args, prompt) in [(&["--tag", "t"][..], "[y/N]"), (&["--pattern", "*"], "type 'CM:'")] {
        let terminal = asked(&server, args);
        terminal.wait_until("the question", |_| terminal.history().contains(prompt));
        terminal.press(&["C-c"]);
        assert_eq!(terminal.wait_exit(), 130, "{}", terminal.screen());
        assert!(terminal.cursor_visible(), "{}", terminal.screen());
    }
    assert_same(&before, &server.dump());
}

#[test]
fn the_whole_namespace_wants_the_prefix_typed() {
    for (typed, code) in [("CM:", 0), ("y", 2), ("yes", 2), ("*", 2), ("", 2)] {
        let server = filled();
        let terminal = asked(&server, &["--pattern", "*", "--yes"]);
        terminal.wait_until("the question", |_| terminal.history().contains("type 'CM:' to do it"));
        terminal.line(typed);
        assert_eq!(terminal.wait_exit(), code, "{typed}: {}", terminal.screen());
        let left = if code == 0 { set(&[]) } else { set(&["1", "2"]) };
        assert_eq!(names(&server, "CM:a"), left, "{typed}");
        assert!(terminal.cursor_visible());
    }
}

#[test]
fn a_raw_pattern_outside_the_prefix_asks_even_with_yes() {
    let server = filled();
    let terminal = asked(&server, &["--raw-pattern", "f*", "--yes"]);
    terminal.wait_until("the question", |_| terminal.history().contains("type 'f*' to do it"));
    assert!(terminal.history().contains("1 key outside the namespace"), "{}", terminal.screen());
    terminal.line("f*");
    assert_eq!(terminal.wait_exit(), 0);
    assert!(!server.dump().contains_key(&b"foreign"[..]));
}

#[test]
fn what_is_not_asked() {
    let server = filled();
    for args in [
        &["--key", "b"][..],
        &["--tag", "t", "--yes"],
        &["--tag", "t", "--dry-run"],
        &["--pattern", "*", "--confirm", "CM:"],
    ] {
        let terminal = asked(&server, args);
        assert_eq!(terminal.wait_exit(), 0, "{args:?}: {}", terminal.screen());
    }
}

#[test]
fn with_no_terminal_it_says_what_to_add() {
    let server = filled();
    let before = server.dump();
    for args in
        [&["--tag", "t"][..], &["--pattern", "a*"], &["--invalid-key", "i"], &["--raw-pattern", "CM:a"]]
    {
        let output = Cli::new(&server).arg("invalidate").args(args).stdin("y\ny\n").run();
        output.code(2).says("nothing was changed").says("--yes").says("--dry-run");
        assert_eq!(output.text(), "");
    }
    // Keys on standard input leave nobody to answer, on a terminal too.
    let script = "echo b | cacheme invalidate --from-file -";
    let terminal = Terminal::run(Cli::shell(&server, script));
    assert_eq!(terminal.wait_exit(), 2, "{}", terminal.screen());
    assert_same(&before, &server.dump());
}

#[test]
fn passwords_are_asked_for_without_an_echo() {
    let server = Server::builder().password("open sesame").start();
    let terminal = Terminal::run(Cli::new(&server).args(["tags", "list", "--ask-password"]));
    terminal.wait_for("Password");
    terminal.line("open sesame");
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.screen());
    assert!(!terminal.history().contains("sesame"), "{}", terminal.history());
    let piped = Cli::new(&server).args(["tags", "list", "--ask-password"]).run();
    piped.code(2).says("REDISCLI_AUTH");
    let script =
        "trap : INT; cacheme tags list --ask-password; echo code $?; stty -a | grep -o ' -echo '; exit 9";
    let terminal = Terminal::run(Cli::shell(&server, script));
    terminal.wait_for("Password");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 9, "{}", terminal.screen());
    assert!(terminal.screen().ends_with("code 130"), "the echo is back: {}", terminal.screen());
    assert!(terminal.cursor_visible());
    // A shell with jobs goes on where one of them is suspended, and gives it the terminal with an echo.
    let script =
        "set -m; cacheme tags list --ask-password; echo code $?; fg; stty -a | grep -o ' -echo '; exit 9";
    let terminal = Terminal::run(Cli::shell(&server, script));
    terminal.wait_for("Password");
    terminal.press(&["o", "C-z"]);
    terminal.line("pen sesame");
    assert_eq!(terminal.wait_exit(), 9, "{}", terminal.screen());
    assert!(!terminal.history().contains("sesame"), "{}", terminal.history());
    assert!(terminal.screen().contains("code 0"), "{}", terminal.screen());
}
