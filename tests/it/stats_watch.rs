//! `stats --watch`: a screen in a real terminal, lines off it.

use std::time::Duration;

use serde_json::json;

use crate::stats_live::wait_for_monitor;
use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::worker::Worker;
use crate::support::{process, wait_until};

fn watch(server: &Server) -> Cli {
    // Behind a shell that tells what the terminal is like when it is given back.
    Cli::shell(
        server,
        "echo before; cacheme stats --watch; code=$?; stty -a | grep -o -- '-\\?echo\\b'; exit $code",
    )
}

fn busy(worker: &mut Worker) {
    for id in 0..3 {
        (0..5).for_each(|_| drop(worker.value("get_owner", json!([id]))));
    }
    worker.invalidate(json!({"key": "Book:1>owner"}));
    worker.value("get_owner", json!([1]));
    worker.value("tagged", json!([1]));
}

fn widest(screen: &str) -> usize {
    screen.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn a_screen_of_every_size_until_q() {
    for (columns, rows) in [(80, 24), (200, 50), (40, 10)] {
        let server = Server::start();
        let mut worker = Worker::spawn(Lib::V009, &server);
        let terminal = Terminal::sized(watch(&server), columns, rows);
        // What it costs stands on the screen, not behind it, and before it is paid.
        let screen = terminal.wait_for("It starts in 2 s");
        assert!(screen.contains("MONITOR is on while this runs"), "{screen}");
        let screen = terminal.wait_for("no calls yet");
        assert!(screen.contains("MONITOR is on while this runs"), "{screen}");
        busy(&mut worker);
        let screen =
            terminal.wait_until("the calls", |screen| screen.contains("get_own") && screen.contains("75%"));
        assert!(screen.contains("MONITOR is on"), "it stays while there are calls:\n{screen}");
        assert!(!terminal.cursor_visible(), "{screen}");
        assert!(widest(&screen) <= columns.into() && screen.lines().count() <= rows.into(), "{screen}");
        if columns >= 80 {
            for text in ["books_by_hand", "Book:1>owner", "hit ratio", "in progress", "left", "invals"] {
                assert!(screen.contains(text), "no {text}:\n{screen}");
            }
        }
        let moving = terminal.wait_until("a sparkline that moves", |next| next != screen);
        assert!(moving.contains('▆') || moving.contains('▇') || columns < 80, "{moving}");

        terminal.press(&["q"]);
        assert_eq!(terminal.wait_exit(), 0);
        let after = terminal.screen();
        assert!(terminal.cursor_visible(), "{after}");
        assert!(!after.contains("MONITOR"), "{after}");
        for text in ["before", "get_owner", "\necho"] {
            // What was on the smallest has scrolled off.
            assert!(after.contains(text) || columns < 80, "no {text}:\n{after}");
        }
    }
}

#[test]
fn a_question_mark_lists_the_keys_and_explains_the_columns() {
    let server = Server::start();
    let terminal = Terminal::run(watch(&server));
    assert!(terminal.wait_for("no calls yet").contains("? help   q quit"));
    for close in ["x", "Escape"] {
        terminal.press(&["?"]);
        let help = terminal.wait_for("Ctrl-L");
        for text in ["quit", "refr", "waits", "invals", "q quit"] {
            assert!(help.contains(text), "no {text}:\n{help}");
        }
        assert!(widest(&help) <= 80 && !help.contains("no calls yet"), "{help}");
        terminal.press(&[close]);
        terminal.wait_for("no calls yet");
    }
    terminal.press(&["?"]);
    terminal.wait_for("Ctrl-L");
    terminal.press(&["q"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn who_leaves_at_the_warning_has_not_slowed_the_server() {
    let server = Server::start();
    let terminal = Terminal::run(watch(&server));
    terminal.wait_for("It starts in 2 s");
    terminal.press(&["q"]);
    assert_eq!(terminal.wait_exit(), 0);
    let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut server.connect()).unwrap();
    assert!(!stats.contains("cmdstat_monitor"), "{stats}");
}

#[test]
fn another_size_is_drawn_anew() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    let terminal = Terminal::sized(watch(&server), 200, 50);
    terminal.wait_for("no calls yet");
    busy(&mut worker);
    terminal.wait_for("books_by_hand");
    terminal.resize(80, 24);
    let narrow =
        |screen: &str| screen.contains("books_by_hand") && widest(screen) <= 80 && screen.contains("calls/s");
    let screen = terminal.wait_until("a narrow screen", narrow);
    assert_eq!(screen.matches("hit ratio").count(), 1, "{screen}");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 130);
    assert!(terminal.cursor_visible() && terminal.screen().contains("\necho"));
}

#[test]
fn a_screen_is_drawn_anew_on_request_and_without_keys() {
    let server = Server::start();
    let terminal = Terminal::run(watch(&server));
    terminal.wait_for("no calls yet");
    terminal.press(&["C-l"]);
    let seconds = |screen: &str| screen.split(" s").next().and_then(|it| it.trim().parse::<u64>().ok());
    let before = seconds(&terminal.screen());
    terminal.wait_until("it goes on", |screen| screen.contains("no calls yet") && seconds(screen) > before);
    terminal.press(&["q"]);
    assert_eq!(terminal.wait_exit(), 0);

    let without = Cli::shell(&server, "cacheme stats --watch 2s < /dev/null; echo ended $?");
    let terminal = Terminal::run(without);
    terminal.wait_for("no calls yet");
    terminal.wait_for("ended 0");
}

#[test]
fn signals_give_the_terminal_back() {
    let server = Server::start();
    for (signal, columns, rows) in [("TERM", 80, 24), ("HUP", 80, 24), ("TERM", 200, 50), ("HUP", 200, 50)] {
        let terminal = Terminal::sized(watch(&server), columns, rows);
        terminal.wait_for("no calls yet");
        // The shell waits for it: the only child there is.
        let children = std::process::Command::new("pgrep").args(["-P", &terminal.pid().to_string()]).output();
        let child = String::from_utf8(children.unwrap().stdout).unwrap().trim().parse().unwrap();
        assert!(process::signal(child, signal));
        assert_eq!(terminal.wait_exit(), 130, "{signal}");
        let after = terminal.screen();
        assert!(terminal.cursor_visible() && after.contains("\necho"), "{signal}: {after}");
        assert!(after.contains("before") && !after.contains("q quit"), "{signal}: {after}");
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let server = Server::start();
    let terminal = Terminal::run(watch(&server));
    terminal.wait_for("no calls yet");
    terminal.hang_up();
    let mut connection = server.connect();
    wait_until("nobody monitors the server any more", Duration::from_secs(20), || {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query(&mut connection).unwrap();
        !clients.contains("cmd=monitor")
    });
}

#[test]
fn off_a_terminal_it_is_lines() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V011, &server);
    let mut running = Cli::new(&server).args(["stats", "--watch"]).spawn();
    wait_for_monitor(&server);
    busy(&mut worker);
    running.wait_for_stdout("get_owner");
    running.signal("INT");
    let output = running.wait();
    let text = output.code(130).text();
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let calls: u64 = output
        .lines()
        .into_iter()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|cells| cells[1] == "get_owner")
        .map(|cells| cells[2].parse::<u64>().unwrap())
        .sum();
    assert!((1..=16).contains(&calls), "{text}");

    // It ends by itself, and a reader that has enough ends it.
    let brief = Cli::new(&server).args(["stats", "--watch", "1s", "--format", "ndjson"]).run();
    assert_eq!(brief.ok().text(), "");
    Cli::new(&server).args(["stats", "--watch", "--format", "json"]).run().code(2).says("ndjson");
    Cli::new(&server).args(["stats", "--watch", "5m"]).run().code(2).says("--yes");
}

#[test]
fn a_reader_that_has_enough_ends_it() {
    let server = Server::start();
    let mut worker = Worker::spawn(Lib::V009, &server);
    let cli = Cli::shell(&server, "cacheme stats --watch 20s | head -n 1; echo ${PIPESTATUS[0]}");
    let mut running = cli.spawn();
    wait_for_monitor(&server);
    busy(&mut worker);
    // The first row may come before the worker has named the key in its tag.
    running.wait_for_stdout("owner");
    wait_until("it ends", Duration::from_secs(15), || {
        busy(&mut worker);
        running.stdout().lines().count() >= 2
    });
    assert_eq!(running.wait().ok().lines()[1], "0");
}
