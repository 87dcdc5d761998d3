//! Bars: on a terminal beside what is slow, true, and nowhere else.

use std::time::Duration;

use crate::support::cli::Cli;
use crate::support::proxy::{Proxy, Weather};
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::terminal::Terminal;

const KEYS: usize = 2_000;

fn filled() -> Server {
    let server = Server::builder().tcp().start();
    Seed::classic(&server).live((0..KEYS).map(|n| format!("Book:{n}>owner")));
    server
}

/// Percent and matched keys of the bar on a screen.
fn shown(screen: &str) -> Option<(usize, usize)> {
    let line = screen.lines().find(|line| line.contains(" matched, ") && line.ends_with(" left"))?;
    assert!(line.chars().count() <= 80, "{line}");
    let word = |before: &str| line.split(before).next()?.rsplit(' ').next()?.replace(',', "").parse().ok();
    Some((word("%")?, word(" matched")?))
}

#[test]
fn a_bar_tells_how_much_is_behind_and_goes_away() {
    let server = filled();
    let proxy =
        Proxy::start(server.port(), Weather { latency: Duration::from_millis(150), ..Weather::default() });
    for script in [
        "cacheme keys dump >rows",
        "cacheme keys list >rows",
        "cacheme keys dump --output rows",
        "cacheme invalidate --pattern 'Book:*' --dry-run",
    ] {
        let cli = Cli::shell(&server, &format!("cd && {script}; echo end $?"));
        let terminal = Terminal::run(cli.env("CACHEME_URL", proxy.url()));
        let mut first = None;
        terminal.wait_until("a bar that moves", |screen| {
            assert!(!screen.contains("  0s left"), "{script}: it cannot know:\n{screen}");
            let Some(now) = shown(screen).filter(|(percent, _)| *percent > 0) else { return false };
            let from = *first.get_or_insert(now);
            now.0 > from.0 && now.1 >= from.1
        });
        let screen = terminal.wait_for("end 0");
        assert_eq!(shown(&screen), None, "{script}: {screen}");
    }
}

#[test]
fn no_bar_gets_between_rows_or_where_nobody_asked() {
    let server = filled();
    for script in [
        "cacheme keys list --pace 20% --format plain | tail -n 1",
        "cacheme keys list --pace 20% --no-progress >rows",
        "cacheme keys list --pace 20% --quiet >rows",
        "cacheme keys list --pace 20% --format plain",
    ] {
        let terminal = Terminal::run(Cli::shell(&server, &format!("cd && {script}; echo end $?")));
        terminal.wait_until("the end, and no bar before", |screen| {
            assert!(!screen.contains("matched, "), "{script}: {screen}");
            screen.contains("end 0")
        });
    }
    let piped = Cli::shell(&server, "cd && cacheme keys list --pace 20% 2>&1 >rows");
    assert_eq!(piped.run().ok().text(), "");
}

#[test]
fn the_bars_of_a_comparison_say_which_side_is_read() {
    let server = filled();
    let proxy =
        Proxy::start(server.port(), Weather { latency: Duration::from_millis(150), ..Weather::default() });
    let (one, other) = (proxy.url(), proxy.url().replace("127.0.0.1", "localhost"));
    let cli = Cli::shell(&server, &format!("cd && cacheme diff {one} {other}; echo end $?"));
    let terminal = Terminal::run(cli);
    for bar in ["reading A ", "reading B "] {
        terminal.wait_for(bar);
    }
    assert!(!terminal.wait_for("end 0").contains("reading"));
}
