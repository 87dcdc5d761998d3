use super::panic_of;
use crate::support::cli::Cli;
use crate::support::terminal::Terminal;

fn sh(script: &str) -> Cli {
    Cli::of("/bin/sh").args(["-c", script])
}

#[test]
fn a_person_types_and_reads() {
    let ask = "test -t 0 && test -t 1 && stty size; printf 'Sure? [y/N] '; read answer; echo \"got $answer\"; exit 3";
    let terminal = Terminal::run(sh(ask));
    terminal.wait_for("[y/N]");
    terminal.line("žes; #{x} 'q';");
    terminal.wait_for("got žes; #{x} 'q';");
    assert_eq!(terminal.wait_exit(), 3);
    assert_eq!(terminal.screen(), "24 80\nSure? [y/N] žes; #{x} 'q';\ngot žes; #{x} 'q';");
}

#[test]
fn keys_sizes_colours_and_the_cursor() {
    let script = "trap 'stty size' WINCH; trap 'printf \"\\033[?25hbye\\n\"; exit 130' INT
        printf '\\033[?25l\\033[31mred\\033[0m\\n'; while :; do sleep 0.02; done";
    let terminal = Terminal::sized(sh(script), 60, 10);
    terminal.wait_for("red");
    assert!(terminal.coloured_screen().contains("\u{1b}[31mred"), "{:?}", terminal.coloured_screen());
    assert!(!terminal.cursor_visible());
    terminal.resize(100, 12);
    terminal.wait_for("12 100");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 130);
    assert!(terminal.wait_for("bye").contains("red"));
    assert!(terminal.cursor_visible());
}

#[test]
fn what_scrolled_away_is_kept() {
    let terminal = Terminal::sized(sh("seq 1 100; printf '%0150d\\n' 7"), 40, 5);
    assert_eq!(terminal.wait_exit(), 0);
    let history = terminal.history();
    assert_eq!(history.lines().count(), 101);
    assert!(history.ends_with(&format!("{:0150}", 7)));
}

#[test]
fn a_screen_that_never_comes_is_shown() {
    let said =
        panic_of(|| drop(Terminal::run(sh("echo something else; exit 5")).wait_for("what is awaited")));
    assert!(said.contains("ended with 5") && said.contains("something else"), "{said}");
}

#[test]
fn the_program_dies_with_the_terminal() {
    let terminal = Terminal::run(sh("trap '' HUP TERM; echo up; while :; do sleep 0.05; done"));
    terminal.wait_for("up");
    let process = format!("/proc/{}", terminal.pid());
    assert!(std::path::Path::new(&process).exists());
    drop(terminal);
    crate::support::wait_until("it is gone", std::time::Duration::from_secs(10), || {
        std::fs::read(format!("{process}/cmdline")).is_ok_and(|it| it.is_empty())
            || !std::path::Path::new(&process).exists()
    });
}
