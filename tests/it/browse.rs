//! The full screen: what it shows, what keys do, and that the terminal comes back.

use crate::gc_removes::all;
use crate::support::cli::Cli;
use crate::support::content::{assert_same, diff};
use crate::support::process;
use crate::support::python::{Lib, python};
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use crate::support::wait_until;
use std::time::Duration;

fn filled() -> Server {
    let server = Server::start();
    python(Lib::V009, &server, "fill.py", ["--prefix", "CM:", "--states"]).ok();
    server
}

fn browse(server: &Server, args: &[&str]) -> Terminal {
    let terminal = Terminal::run(Cli::new(server).args(["browse", "--layout", "classic"]).args(args));
    terminal.wait_for("Tags");
    terminal
}

/// Whether the list has come to its end with one row.
fn is_one(screen: &str) -> bool {
    screen.lines().nth(1).is_some_and(|title| format!("{title}  ").contains("  1 of 1  "))
}

#[test]
fn tags_then_keys_then_a_value() {
    let server = filled();
    let before = server.dump();
    let terminal = browse(&server, &[]);
    let screen = terminal.wait_for("get_owner");
    assert!(screen.contains("read-only") && screen.contains("prefix 'CM:'"), "{screen}");
    assert_eq!(screen.lines().count(), 24);
    // Filter as you type, in whatever case.
    terminal.write("/GET_O");
    let screen = terminal.wait_until("only one tag", |screen| {
        screen.contains("get_owner") && !screen.contains("get_title") && is_one(screen)
    });
    assert!(screen.contains("filter: GET_O"), "{screen}");
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("Book:101>owner");
    assert!(screen.contains("with the tag get_owner") && screen.contains("live"), "{screen}");
    terminal.write("/100");
    terminal.wait_until("one key", is_one);
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("\"Owner 200\"");
    for part in ["time left", "get_owner", "User:200", "Book:100  field owner", "pickle, 42 bytes"] {
        assert!(screen.contains(part), "no {part} in\n{screen}");
    }
    // Read-only: nothing is even asked.
    terminal.press(&["DC"]);
    terminal.wait_for("browse --write");
    // Back: key, its filter, tags, their filter, out.
    terminal.press(&["Escape"]);
    terminal.wait_for("with the tag");
    terminal.press(&["Escape"]);
    terminal.wait_for("Book:101>owner");
    terminal.press(&["Escape"]);
    terminal.wait_for("filter: GET_O");
    terminal.press(&["Escape"]);
    terminal.wait_for("get_title");
    terminal.press(&["Tab"]);
    terminal.wait_for("Invalid keys");
    let screen = terminal.wait_for("Three:1");
    assert!(!screen.contains("get_owner"), "{screen}");
    terminal.press(&["Escape"]);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(terminal.cursor_visible());
    assert!(!terminal.screen().contains("Tags"), "{}", terminal.screen());
    assert_same(&before, &server.dump());
}

#[test]
fn a_long_value_is_decoded_once_and_read_to_its_end() {
    let server = Server::start();
    // A list of numbers that fills 200,000 lines, as a pickle of protocol 2.
    let lines = 200_000_u32;
    let mut pickle = b"\x80\x02](".to_vec();
    (0..lines).for_each(|n| pickle.extend([&b"J"[..], &n.to_le_bytes()].concat()));
    pickle.extend(b"e.");
    redis::cmd("HSET").arg("CM:Long:1").arg("base").arg(pickle).exec(&mut server.connect()).unwrap();
    let terminal = browse(&server, &[]);
    terminal.wait_for("(all keys)");
    terminal.press(&["Enter"]);
    terminal.wait_for("Long:1");
    terminal.press(&["Enter"]);
    terminal.wait_for("encoding");
    let opened = process::cpu_ticks(terminal.pid());
    for n in 0..30 {
        terminal.press(&["Down"]);
        terminal.wait_for(&format!(" {},", n + 5));
    }
    terminal.press(&["End"]);
    terminal.wait_until("the end of the list", |screen| screen.contains("]"));
    terminal.press(&["PPage"]);
    terminal.wait_for(&format!(" {}", lines - 1));
    let scrolled = process::cpu_ticks(terminal.pid()) - opened;
    // Decoding it for each frame would take thirty times as long.
    assert!(scrolled < 10 * opened, "{opened} ticks to open it, {scrolled} to scroll");
    terminal.press(&["q"]);
    assert_eq!(terminal.wait_exit(), 0);
}

/// Where each name stands on a screen, from above.
fn rows_of(screen: &str, names: &[&str]) -> Vec<Option<usize>> {
    names.iter().map(|name| screen.lines().position(|line| line.ends_with(name))).collect()
}

#[test]
fn keys_are_sorted_and_the_heading_says_how() {
    let server = Server::start();
    Seed::classic(&server)
        .value("middle", &[b'x'; 2_000])
        .value("a-small", b"x" as &[u8])
        .value("large", &[b'x'; 5_000])
        .expires("large", 7_000)
        .expires("middle", 60)
        .tag("few", ["large"])
        .tag("many", ["large", "middle"]);
    let terminal = browse(&server, &[]);
    terminal.wait_for("by name  2 in all");
    terminal.write("s");
    let screen = terminal.wait_for("most keys first  2 in all");
    assert!(rows_of(&screen, &["(all keys)", "many", "few"]).is_sorted(), "{screen}");
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("unsorted  1 of 3");
    for name in ["state", "time left", "value size", "key"] {
        assert!(screen.lines().nth(2).unwrap().contains(name), "no column {name}:\n{screen}");
    }
    assert!(screen.contains("4.88 KiB  large"), "{screen}");
    for (order, names) in [
        ("by name", ["a-small", "large", "middle"]),
        ("largest first", ["large", "middle", "a-small"]),
        ("soonest to expire first", ["middle", "large", "a-small"]),
        ("unsorted", ["large", "middle", "a-small"]),
    ] {
        terminal.write("s");
        let screen = terminal.wait_for(&format!("{order}  1 of 3"));
        let rows = rows_of(&screen, &names);
        assert!(rows.iter().all(Option::is_some), "{screen}");
        assert!(order == "unsorted" || rows.is_sorted(), "{order}:\n{screen}");
    }
    // The filter that holds stands above the rows, and no letter is typed any more.
    terminal.write("/mid");
    terminal.wait_for("with 'mid'  unsorted  1 of 1");
    terminal.press(&["Enter"]);
    terminal.wait_for("time left");
    terminal.press(&["Escape"]);
    terminal.wait_for("with 'mid'");
    terminal.write("q");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn help_lists_the_keys_and_goes_away() {
    let server = filled();
    let terminal = browse(&server, &[]);
    terminal.wait_for("get_owner");
    terminal.write("?");
    let screen = terminal.wait_for("this help");
    for part in ["Esc ←", "sort", "read again", "invalidate the selection", "q quit"] {
        assert!(screen.contains(part), "no {part}:\n{screen}");
    }
    terminal.press(&["Escape"]);
    terminal.wait_until("the tags", |screen| screen.contains("get_owner") && !screen.contains("this help"));
    // Where letters are typed it is one of them.
    terminal.write("/?q");
    terminal.wait_for("filter: ?q");
    terminal.wait_for("no name contains '?q'");
    terminal.press(&["Enter"]);
    terminal.wait_for("nothing to open");
    terminal.press(&["F1"]);
    terminal.wait_for("this help");
    terminal.write("q");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn the_selected_row_is_seen_without_colours() {
    let server = Server::start();
    Seed::classic(&server).live(["one", "two"]);
    let cli = || Cli::new(&server).args(["browse", "--layout", "classic"]);
    for cli in [cli().env("NO_COLOR", "1"), cli().args(["--color", "never"])] {
        let terminal = Terminal::run(cli);
        terminal.wait_for("> (all keys)");
        terminal.press(&["Enter"]);
        terminal.wait_until("both keys", |screen| screen.contains("one") && screen.contains("two"));
        terminal.press(&["Down"]);
        terminal.wait_for("2 of 2");
        let screen = terminal.coloured_screen();
        let row = screen.lines().find(|line| line.contains("> live")).unwrap();
        // Reverse from the mark to the name, with nothing in between that ends it.
        let shown = row.trim_start_matches("\u{1b}[0m").strip_prefix("\u{1b}[7m").expect(row);
        let name = shown.find("one").or(shown.find("two")).unwrap();
        assert!(!shown[..name].contains('\u{1b}'), "{row:?}");
        terminal.write("q");
        assert_eq!(terminal.wait_exit(), 0);
    }
}

#[test]
fn reading_again_keeps_the_selected_row() {
    let server = Server::start();
    Seed::classic(&server).tag("b", ["1"]).tag("d", ["1"]);
    let terminal = browse(&server, &[]);
    terminal.wait_for("2 in all");
    terminal.press(&["Down", "Down"]);
    terminal.wait_for("2 of 2");
    // Two tags come before it.
    all(&mut server.connect(), &["SADD CM:a CM:1", "SADD CM:c CM:1"]);
    terminal.write("r");
    let screen = terminal.wait_for("4 of 4");
    assert!(screen.lines().any(|line| line.starts_with('>') && line.ends_with(" d")), "{screen}");
    // It goes: the cursor stays where it can.
    all(&mut server.connect(), &["DEL CM:d"]);
    terminal.write("r");
    terminal.wait_for("3 of 3");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn long_names_lose_their_middle_alone() {
    let server = Server::start();
    let keys =
        ["1", "2"].map(|id| format!("Recommendation:customer:{}:region>personalised-{id}", "7".repeat(60)));
    let tag = format!("recommendations-of-{}-in-the-north", "customers-".repeat(8));
    Seed::classic(&server).live(&keys).tag(&tag, &keys);
    let terminal = browse(&server, &["--write"]);
    let screen = terminal.wait_for("in-the-north");
    assert!(screen.contains("2  recommendations-of-cu") && screen.contains('…'), "{screen}");
    terminal.press(&["Down", "Enter"]);
    terminal.write("/REGION");
    let screen = terminal.wait_until("both keys", |screen| {
        screen.contains("with 'REGION'  unsorted  1 of 2  with the tag recomm")
            && screen.contains("personalised-1")
            && screen.contains("personalised-2")
    });
    let title = screen.lines().nth(1).unwrap();
    assert!(title.contains('…') && title.ends_with("-north"), "{screen}");
    assert!(screen.contains("Recommendation:cu"), "{screen}");
    // The question is whole.
    terminal.press(&["DC"]);
    let screen = terminal.wait_for("[y/N]").replace('\n', "");
    let key = keys.iter().find(|key| screen.contains(*key));
    assert!(key.is_some() && screen.contains("at its next read? [y/N]"), "{screen}");
    terminal.press(&["n", "C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn it_says_how_many_more_there_are() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live((0..3_000).map(|n| format!("key:{n:04}")))
        .tag("all", (0..3_000).map(|n| format!("key:{n:04}")));
    let terminal = browse(&server, &[]);
    terminal.wait_for("1 in all");
    terminal.wait_for("3,000  all");
    terminal.press(&["Down"]);
    terminal.wait_for("1 of 1");
    terminal.press(&["Up", "Enter"]);
    terminal.wait_until("that more wait", |screen| {
        screen.lines().nth(1).is_some_and(|title| {
            title.starts_with("All keys  unsorted  1 of ") && title.ends_with(" and more")
        })
    });
    terminal.write("s");
    let screen = terminal.wait_for("by name  1 of the first 999 of 3,000");
    assert!(screen.contains("key:0000"), "{screen}");
    terminal.press(&["Escape"]);
    terminal.wait_for("Tags");
    terminal.press(&["Down", "Enter"]);
    // The tag knows its size.
    terminal.wait_for("1 of 3,000");
    terminal.write("q");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn states_and_time_left_are_those_of_now() {
    let server = filled();
    let terminal = browse(&server, &[]);
    terminal.wait_for("(all keys)");
    terminal.press(&["Enter"]);
    terminal.wait_for("All keys");
    terminal.write("/plain:pend");
    terminal.wait_until("the marked key", |screen| screen.contains("pending") && is_one(screen));
    terminal.press(&["C-u"]);
    terminal.write("later:4>f");
    let screen = terminal.wait_for("later:4>field");
    assert!(screen.contains("m") && screen.contains("live"), "{screen}");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn what_is_read_again_is_as_of_then() {
    let server = Server::start();
    Seed::classic(&server).value("short", b"x" as &[u8]).expires("short", 5);
    let terminal = browse(&server, &[]);
    terminal.wait_for("(all keys)");
    terminal.press(&["Enter"]);
    terminal.wait_for("short");
    terminal.wait_for("expired");
    // The other key tells that it was read again.
    all(&mut server.connect(), &["HSET CM:added base x"]);
    terminal.write("r");
    let screen = terminal.wait_for("added");
    let row = screen.lines().find(|line| line.ends_with("short")).unwrap();
    assert!(row.contains("expired"), "{screen}");
    terminal.write("/short");
    terminal.wait_until("one key", is_one);
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("encoding");
    assert!(screen.contains("expired"), "{screen}");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn a_time_before_all_others_is_shown() {
    let server = Server::start();
    let key = ["HSET CM:old f v", "ZADD CM:Meta:Expire-Buckets::CM:old -inf CM:old>f"];
    all(&mut server.connect(), &key);
    let terminal = browse(&server, &[]);
    terminal.wait_for("(all keys)");
    terminal.press(&["Enter"]);
    let screen = terminal.wait_for("old>f");
    assert!(
        screen.contains("expired") && screen.contains(&format!("-{}d", i64::MIN.unsigned_abs() / 86_400)),
        "{screen}"
    );
    terminal.press(&["Escape"]);
    terminal.wait_for("(all keys)");
    terminal.press(&["Escape"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn it_invalidates_after_a_yes_and_only_then() {
    let server = filled();
    let before = server.dump();
    let terminal = browse(&server, &["--write"]);
    terminal.wait_for("WRITE");
    terminal.write("/get_owner");
    terminal.wait_until("one tag", is_one);
    terminal.press(&["DC"]);
    terminal.wait_for("Refresh 2 keys of the tag 'get_owner' at their next read? [y/N]");
    terminal.press(&["Enter"]);
    terminal.wait_for("nothing was changed");
    assert_same(&before, &server.dump());
    terminal.press(&["DC"]);
    terminal.wait_for("[y/N]");
    terminal.write("y");
    terminal.wait_for("Marked 2 and deleted 0 of 2 matching keys");
    let changes = diff(&before, &server.dump());
    assert!(changes.contains("+ CM:delete member CM:Book:100>owner"), "{changes}");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
    let refused = Cli::new(&server).args(["browse", "--write", "--read-only"]).run();
    refused.code(2).says("needs a terminal");
    let terminal = Terminal::run(Cli::new(&server).args(["browse", "--write", "--read-only"]));
    assert_eq!(terminal.wait_exit(), 2);
}

#[test]
fn a_million_keys_are_paged_through_and_never_held() {
    let server = Server::start();
    let script = "for i = ARGV[1], ARGV[1] + 9999 do redis.call('HSET', 'CM:key:' .. i, 'base', 'x') end";
    for from in (0..1_000_000).step_by(10_000) {
        redis::cmd("EVAL").arg(script).arg(0).arg(from).exec(&mut server.connect()).unwrap();
    }
    let terminal = browse(&server, &[]);
    terminal.wait_for("(all keys)");
    terminal.press(&["Enter"]);
    terminal.wait_for("key:");
    let screen = terminal.wait_until("rows that were left behind", |screen| {
        terminal.press(&["NPage"; 10]);
        screen.contains("above, Home starts over")
    });
    assert!(screen.contains("key:"), "{screen}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", terminal.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 40_000, "{kilobytes} kB");
    terminal.press(&["Home"]);
    terminal.wait_until("the beginning", |screen| !screen.contains("above"));
    // A filter walks on by itself until it finds.
    terminal.write("/999999");
    wait_until("the one key", Duration::from_secs(180), || terminal.screen().contains("key:999999"));
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn the_terminal_comes_back_whatever_ends_it() {
    let server = filled();
    for (signal, code) in [("TERM", 130), ("HUP", 130)] {
        let terminal = browse(&server, &[]);
        wait_until("the cursor is hidden", Duration::from_secs(10), || !terminal.cursor_visible());
        process::signal(terminal.pid(), signal);
        assert_eq!(terminal.wait_exit(), code);
        assert!(terminal.cursor_visible() && !terminal.screen().contains("Tags"), "{}", terminal.screen());
    }
    // The terminal goes away.
    let terminal = browse(&server, &[]);
    wait_until("the cursor is hidden", Duration::from_secs(10), || !terminal.cursor_visible());
    let pid = terminal.pid();
    terminal.hang_up();
    wait_until("it ends", Duration::from_secs(20), || !process::signal(pid, "0"));
    // The server goes away in the middle: that is told, and the screen can be left.
    let mut server = server;
    let terminal = browse(&server, &[]);
    terminal.wait_for("get_owner");
    server.stop();
    terminal.press(&["C-r"]);
    terminal.wait_for("error: cannot connect");
    terminal.press(&["Escape"]);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(terminal.cursor_visible());
    Cli::new(&server).args(["browse"]).run().code(2).says("needs a terminal");
}

#[test]
fn names_cannot_move_the_cursor_and_small_screens_hold() {
    let server = Server::start();
    let mut redis = server.connect();
    redis::cmd("SADD").arg("CM:evil\u{1b}[2Jtag").arg("CM:a\u{9b}31m\u{202e}b").exec(&mut redis).unwrap();
    redis::cmd("HSET").arg("CM:a\u{9b}31m\u{202e}b").arg("base").arg("x").exec(&mut redis).unwrap();
    let terminal = Terminal::sized(Cli::new(&server).args(["browse"]), 30, 6);
    terminal.wait_for(r"evil\x1b[2Jtag");
    terminal.press(&["Down", "Enter"]);
    terminal.wait_for(r"a\x…aeb");
    terminal.resize(80, 24);
    terminal.wait_for(r"a\xc2\x9b31m\xe2\x80\xaeb");
    terminal.wait_for("Esc back");
    terminal.press(&["Enter"]);
    terminal.wait_for("time left");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
}

/// Whether a process is there and no zombie.
fn is_alive(pid: i64) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

#[test]
fn it_ends_when_its_terminal_is_gone() {
    let server = filled();
    let mut terminal = browse(&server, &[]);
    terminal.wait_for("get_owner");
    let pid = terminal.pid();
    terminal.vanish();
    wait_until("it ended", Duration::from_secs(10), || !is_alive(pid));

    // Without a hang-up to tell it: in a session of its own, on a terminal that is nobody's any more.
    let script =
        "exec 3<&0; setsid timeout --foreground 60 \"$0\" browse <&3 & echo $! >pid; wait; exec sleep 100";
    let cli = Cli::of("/bin/sh").args(["-c", script]).arg(crate::support::cli::binary());
    let mut terminal = Terminal::run(cli.env("CACHEME_URL", server.url()).env("CACHEME_LAYOUT", "classic"));
    terminal.wait_for("get_owner");
    let pid = std::fs::read_to_string(terminal.home().join("pid")).unwrap().trim().parse().unwrap();
    terminal.vanish();
    wait_until("it ended", Duration::from_secs(10), || !is_alive(pid));
}

#[test]
fn a_protected_profile_is_asked_for_before_it_may_write() {
    let server = filled();
    let make = |write: bool| {
        let profile = format!("[profiles.production]\nurl = '{}'\nprotected = true\n", server.url());
        let cli = Cli::bare().file(".config/cacheme/config.toml", profile).args([
            "--profile",
            "production",
            "browse",
        ]);
        Terminal::run(if write { cli.arg("--write") } else { cli })
    };
    let terminal = make(true);
    terminal.wait_for("Type the profile's name to go on:");
    terminal.line("yes");
    assert_eq!(terminal.wait_exit(), 2);
    assert!(terminal.screen().contains("nothing was changed"), "{}", terminal.screen());
    let terminal = make(true);
    terminal.wait_for("Type the profile's name to go on:");
    terminal.line("production");
    terminal.wait_for("WRITE");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
    // Looking needs no name.
    let terminal = make(false);
    terminal.wait_for("read-only");
    terminal.press(&["C-c"]);
    assert_eq!(terminal.wait_exit(), 0);
}
