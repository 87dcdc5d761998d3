//! `--rdb`: a dump read as its server would be, by a server of this machine of which nothing stays.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::process;
use crate::support::program;
use crate::support::seed::Seed;
use crate::support::server::Server;
use crate::support::terminal::Terminal;

/// A dump, and the folder that stands in for /tmp.
struct Dump {
    folder: TempDir,
}

impl Dump {
    /// What a server writes to its disk.
    fn of(server: &Server) -> Self {
        redis::cmd("SAVE").exec(&mut server.connect()).unwrap();
        Self::holding(&fs::read(server.socket().with_file_name("dump.rdb")).unwrap())
    }

    fn holding(bytes: &[u8]) -> Self {
        let dump = Self { folder: tempfile::Builder::new().prefix("cm-rdb-").tempdir().unwrap() };
        fs::write(dump.path(), bytes).unwrap();
        fs::create_dir(dump.tmp()).unwrap();
        dump
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cache.rdb")
    }

    fn tmp(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn cli(&self, args: &[&str]) -> Cli {
        let cli = Cli::bare().env("TMPDIR", self.tmp()).env("CACHEME_REDIS_SERVER", program::path());
        cli.arg("--rdb").arg(self.path()).args(args)
    }

    /// Runs to the end, after which nothing is left.
    fn run(&self, args: &[&str]) -> Output {
        let output = self.cli(args).run();
        self.nothing_is_left();
        output
    }

    fn error(&self, code: i32, says: &[&str]) {
        let output = self.run(&["tags", "list"]);
        output.code(code);
        for text in says {
            output.says(text);
        }
        assert_eq!(output.text(), "");
    }

    /// Processes that stand in our folder: the server, and the shell beside it.
    fn processes(&self) -> Vec<String> {
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let here =
            processes.filter(|it| fs::read_link(it.join("cwd")).is_ok_and(|cwd| cwd.starts_with(self.tmp())));
        here.filter_map(|it| fs::read_to_string(it.join("cmdline")).ok()).collect()
    }

    fn wait_until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let begin = Instant::now();
        while !done() {
            assert!(begin.elapsed() < Duration::from_secs(60), "{what}: {:?}", self.processes());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn nothing_is_left(&self) {
        self.wait_until("no process is left", || self.processes().is_empty());
        let is_empty = || fs::read_dir(self.tmp()).unwrap().next().is_none();
        self.wait_until("no file is left", is_empty);
    }
}

fn filled(meta: bool) -> Server {
    let server = Server::start();
    let mut seed = Seed::under(&server, b"CM:", meta);
    seed.live(["a>1", "a>2", "a>3", "a>4", "wide"]).expires("a>2", -60).expires("a>1", 600);
    seed.marked(["a>3", "gone2"]);
    seed.tag("mixed", ["a>1", "a>2", "a>3", "a>4", "gone1", "gone2"]).tag("small", ["wide"]);
    seed.invalid("User:1", ["a>1", "gone1"]);
    server
}

/// Rows in an order of their own, without what depends on the moment or on how a server keeps small sets.
fn rows(output: &Output) -> Vec<String> {
    let mut rows = output.ndjson();
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        let moments = ["ttl_seconds", "ttl_min", "ttl_max", "idle_seconds"];
        let of_server = ["index_bytes", "server", "servers", "bytes", "listeners"];
        moments.iter().chain(&of_server).for_each(|name| drop(row.remove(*name)));
        if let Some(namespace) = row.get_mut("namespace").and_then(Value::as_object_mut) {
            namespace.remove("listeners");
        }
        if let Some(sample) = row.get_mut("sample").and_then(Value::as_array_mut) {
            sample.iter_mut().filter_map(Value::as_object_mut).for_each(|it| drop(it.remove("ttl_seconds")));
            sample.sort_by_key(Value::to_string);
        }
    }
    let mut rows: Vec<_> = rows.iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

const READING: [&[&str]; 10] = [
    &["tags", "list"],
    &["tags", "list", "--deep"],
    &["tags", "show", "mixed"],
    &["invalid-keys", "list"],
    &["invalid-keys", "show", "User:1"],
    &["keys", "list"],
    &["keys", "list", "--tag", "mixed"],
    &["keys", "show", "a>1"],
    &["keys", "dump", "--indexes"],
    &["stats"],
];

#[test]
fn a_dump_reads_as_its_server() {
    for meta in [false, true] {
        let server = filled(meta);
        let dump = Dump::of(&server);
        let before = dump.bytes();
        for args in READING {
            let args = [args, &["--format", "ndjson"]].concat();
            let live = Cli::new(&server).args(&args).run();
            let read = dump.run(&args);
            assert_eq!(rows(read.ok()), rows(live.ok()), "{}", read.transcript());
        }
        let live = Cli::new(&server).args(["doctor", "--quick", "--no-monitor", "--format", "ndjson"]).run();
        let read = dump.run(&["doctor", "--format", "ndjson"]);
        read.code(live.code);
        let ids = |output: &Output| -> Vec<String> {
            output.ndjson().iter().map(|it| it["id"].to_string()).collect()
        };
        assert!(!ids(&read).is_empty());
        assert!(ids(&read).iter().all(|id| ids(&live).contains(id)), "{}", read.transcript());
        read.never_says("no-maxmemory");
        // What mends it is no command on a dump.
        assert!(!read.text().contains("--rdb"), "{}", read.transcript());
        read.says("on the server that it comes from");
        assert!(before == dump.bytes(), "the dump has changed");
    }
}

#[test]
fn keys_in_progress_are_not_called_stuck() {
    let server = Server::start();
    Seed::classic(&server).live(["a"]).busy(["a"]);
    let dump = Dump::of(&server);
    let found = dump.run(&["doctor", "--format", "ndjson"]).ok().ndjson();
    let found = found.iter().find(|it| it["id"] == "stuck-computations").unwrap();
    assert_eq!(found["title"], "1 key was in progress when the dump was written");
}

#[test]
fn the_database_is_that_of_the_url() {
    let server = Server::start();
    let mut connection = server.connect_db(3);
    redis::cmd("SADD").arg("CM:t").arg("CM:k").exec(&mut connection).unwrap();
    redis::cmd("HSET").arg("CM:k").arg("base").arg("x").exec(&mut connection).unwrap();
    let dump = Dump::of(&server);
    let cli = dump.cli(&["tags", "list"]).env("CACHEME_URL", "redis://user:secret@nowhere.invalid/3");
    assert_eq!(cli.env("REDISCLI_AUTH", "secret").run().ok().lines(), ["t\t1"]);
    let output = dump.run(&["tags", "list"]);
    output.ok().says("cache.rdb, database 0 is empty; these hold keys: 3").says("?db=3");
    let cli = dump.cli(&["tags", "list"]).env("CACHEME_URL", "redis://h/5000");
    cli.run().code(1).says("the server has fewer databases");
    dump.nothing_is_left();
}

#[test]
fn what_cannot_be_loaded_is_told() {
    let server = filled(false);
    let whole = Dump::of(&server).bytes();
    Dump::holding(&[b"no dump, but a text\n".repeat(20)].concat())
        .error(1, &["cache.rdb is not an RDB file"]);
    Dump::holding(&whole[..whole.len() / 2]).error(1, &["is cut short or damaged", "redis-check-rdb"]);
    Dump::holding(b"").error(1, &["is cut short or damaged"]);
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    Dump::holding(&damaged).error(1, &["is cut short or damaged"]);
    let mut future = whole.clone();
    let digits = if future.starts_with(b"VALKEY") { 6..9 } else { 5..9 };
    future[digits].fill(b'9');
    Dump::holding(&future)
        .error(1, &["a newer server wrote ", "does not know version 999", "install a server"]);

    let dump = Dump::holding(&whole);
    fs::File::options().write(true).open(dump.path()).unwrap().set_len(1 << 42).unwrap();
    dump.error(1, &["cache.rdb has 4.00 TiB, and only", "it cannot be loaded here", "free memory"]);
    fs::remove_file(dump.path()).unwrap();
    dump.error(2, &["cannot read the dump", "No such file"]);
    fs::create_dir(dump.path()).unwrap();
    dump.error(2, &["it is not a regular file"]);
}

#[test]
fn the_server_is_found_or_missed() {
    let dump = Dump::of(&filled(false));
    let cli = |path: &str| dump.cli(&["tags", "list"]).env_remove("CACHEME_REDIS_SERVER").env("PATH", path);
    cli("")
        .run()
        .code(1)
        .says("none of redis-server, valkey-server, keydb-server is on PATH")
        .says("install");
    let other = dump.cli(&["tags", "list"]).env("CACHEME_REDIS_SERVER", "/nowhere/server");
    other.run().code(2).says("CACHEME_REDIS_SERVER names /nowhere/server");
    let folder = dump.folder.path().join("bin");
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(program::path(), folder.join("valkey-server")).unwrap();
    let path = format!("/nowhere:{}", folder.display());
    assert_eq!(cli(&path).args(["--sort", "name"]).run().ok().lines(), ["mixed\t6", "small\t1"]);
    cli(&path).args(["-v"]).run().ok().says("valkey-server loads ");
    // A path that leaves no room for a socket.
    let long = dump.folder.path().join("l".repeat(100));
    fs::create_dir(&long).unwrap();
    dump.cli(&["tags", "list"]).env("TMPDIR", &long).run().ok();
    assert!(fs::read_dir(long).unwrap().next().is_none());
    dump.nothing_is_left();
}

#[test]
fn what_writes_or_watches_is_refused() {
    let dump = Dump::of(&filled(false));
    let before = dump.bytes();
    for (args, says) in [
        (&["purge"][..], "`cacheme purge`, which writes"),
        (&["purge", "--dry-run"], "`cacheme purge`, which writes"),
        (&["gc", "--yes"], "`cacheme gc`, which writes"),
        (&["invalidate", "--key", "a>1"], "`cacheme invalidate`, which writes"),
        (&["keys", "restore"], "`cacheme keys restore`, which writes"),
        (&["stats", "--reset", "--yes"], "`cacheme stats --reset`, which writes"),
        (&["stats", "--live", "1s"], "`cacheme stats --live`, which needs a running server"),
        (&["stats", "--watch"], "`cacheme stats --watch`, which needs a running server"),
        (&["browse"], "`cacheme browse`, which needs a running server"),
        (&["config", "show"], "`cacheme config`, which reads no data"),
        (&["tags", "list", "--url", "redis://h"], "--url, which is about a server"),
        (&["tags", "list", "--cluster"], "--cluster, which is about a server"),
        (&["tags", "list", "--password-file", "f"], "--password-file, which is about a server"),
    ] {
        dump.run(args).code(2).says("--rdb").says(says).says("hint: ");
    }
    assert!(before == dump.bytes());
}

/// A server that takes its time to load a dump. Redis 5 cannot be slowed down: in its place is one that never answers.
fn slow(dump: &Dump, microseconds: u32) -> PathBuf {
    let path = dump.folder.path().join("slow");
    let program = program::path().display();
    let command = match program::has_users() {
        true => format!("'{program}' \"$@\" --key-load-delay {microseconds}"),
        false => "sleep 1000".to_owned(),
    };
    fs::write(&path, format!("#!/bin/sh\nexec {command}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// So large that a server looks up from loading it several times.
fn large() -> Dump {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    // Nothing that a dump would hold in less.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    })
    .take(300_000)
    .collect();
    for n in 0..40 {
        seed.value(format!("Book:{n}>owner"), &noise);
    }
    Dump::of(&server)
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let dump = large();
    let server = slow(&dump, 1_000_000);
    for (signal, code) in [("INT", 130), ("TERM", 130), ("HUP", 130), ("KILL", 137)] {
        let running = dump.cli(&["tags", "list"]).env("CACHEME_REDIS_SERVER", &server).spawn();
        // The server and the shell beside it.
        dump.wait_until("the server runs", || dump.processes().len() >= 2);
        running.signal(signal);
        let output = running.wait();
        output.code(code);
        if signal != "KILL" {
            output.says("cache.rdb was being loaded");
        }
        dump.nothing_is_left();
    }
}

#[test]
fn a_signal_in_mid_listing_ends_it_and_the_server() {
    let server = Server::start();
    Seed::classic(&server).live((0..3_000).map(|n| format!("Book:{n}>owner")));
    let dump = Dump::of(&server);
    for (signal, code) in [("INT", 130), ("KILL", 137)] {
        let mut running = dump.cli(&["keys", "list", "--pace", "1%"]).spawn();
        running.wait_for_stdout("Book:");
        running.signal(signal);
        let output = running.wait();
        output.code(code);
        if signal == "INT" {
            output.says("stopped before the end");
        }
        dump.nothing_is_left();
    }
}

#[test]
fn a_server_that_is_killed_is_told() {
    let server = Server::start();
    Seed::classic(&server).live((0..3_000).map(|n| format!("Book:{n}>owner")));
    let dump = Dump::of(&server);
    let mut running = dump.cli(&["keys", "list", "--pace", "1%", "--timeout", "1s"]).spawn();
    running.wait_for_stdout("Book:");
    let stands_here =
        |it: &PathBuf| fs::read_link(it.join("cwd")).is_ok_and(|cwd| cwd.starts_with(dump.tmp()));
    let is_server =
        |it: &PathBuf| fs::read_link(it.join("exe")).ok() == fs::canonicalize(program::path()).ok();
    let mut processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let found = processes.find(|it| stands_here(it) && is_server(it)).unwrap();
    let pid = found.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap();
    assert!(process::signal(pid, "KILL"));
    running
        .wait()
        .code(1)
        .says("cache.rdb, database 0")
        .says("the server that had loaded the dump has ended");
    dump.nothing_is_left();
}

#[test]
fn a_bar_tells_how_much_is_loaded() {
    if !program::has_users() {
        // Nothing slows Redis 5 down.
        return;
    }
    let dump = large();
    let cli = dump.cli(&["tags", "list"]).env("CACHEME_REDIS_SERVER", slow(&dump, 100_000));
    let terminal = Terminal::run(cli);
    let mut seen = Vec::new();
    terminal.wait_until("a bar that moves", |screen| {
        let line = screen.lines().find(|line| line.starts_with("loading ") && line.contains(" MiB of 11."));
        if let Some(percent) =
            line.and_then(|line| line.split('%').next()?.rsplit(' ').next()?.parse::<u32>().ok())
        {
            seen.push(percent);
        }
        seen.first() < seen.last()
    });
    assert_eq!(terminal.wait_exit(), 0);
    assert!(!terminal.screen().contains("loading"));
    dump.nothing_is_left();
}

/// The version of a server, as (major, minor).
fn version(program: &Path) -> (u16, u16) {
    let said = Command::new(program).arg("--version").output().unwrap().stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let mut numbers = said.split_once(" v=").unwrap().1.split('.').map(|it| it.parse::<u16>().unwrap_or(0));
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// With `make test-servers` those of other versions.
#[test]
fn dumps_of_other_servers_are_read_or_said_to_be_newer() {
    let server = filled(false);
    let installed = process::find("redis-server").unwrap();
    let dump = Dump::of(&server);
    let cli = dump.cli(&["keys", "list", "--format", "ndjson"]).env("CACHEME_REDIS_SERVER", &installed);
    let read = cli.run();
    if dump.bytes().starts_with(b"VALKEY") {
        read.code(1).says("or none that Redis ").says("needs valkey-server");
    } else if !program::is_valkey() && program::version() > version(&installed) {
        read.code(1).says("a newer server wrote ").says("install a server of the kind");
    } else {
        let live = Cli::new(&server).args(["keys", "list", "--format", "ndjson"]).run();
        assert_eq!(rows(read.ok()), rows(live.ok()));
    }
    dump.nothing_is_left();
}

#[test]
fn no_other_servers_names_are_offered_for_it() {
    let server = filled(false);
    let dump = Dump::of(&server);
    let offered = |words: &[&str]| {
        let cli = Cli::new(&server).env("CACHEME_COMPLETE", "fish").args(["--", "cacheme"]).args(words);
        cli.file("cache.rdb", dump.bytes()).run().ok().text().to_owned()
    };
    // An answer that takes too long is none.
    dump.wait_until("the server's names", || offered(&["tags", "show", "mi"]) == "mixed\n");
    assert_eq!(offered(&["--rdb", "cache.rdb", "tags", "show", "mi"]), "");
    assert_eq!(offered(&["--rdb", "cac"]), "cache.rdb\n");
}
