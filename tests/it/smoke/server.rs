use std::path::Path;
use std::time::Duration;

use redis::Connection;
use serde_json::json;

use super::panic_of;
use crate::support::content::{assert_same, diff};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;
use crate::support::{cli::Cli, wait_until};

fn set(connection: &mut Connection, key: &str, value: &str) {
    redis::cmd("SET").arg(key).arg(value).exec(connection).unwrap();
}

fn get(connection: &mut Connection, key: &str) -> Option<String> {
    redis::cmd("GET").arg(key).query(connection).unwrap()
}

fn alive(pid: u32) -> bool {
    // A zombie still has a folder; its command line is empty.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

#[test]
fn lives_as_long_as_its_handle() {
    let server = Server::start();
    let (pid, socket) = (server.pid().unwrap(), server.socket());
    assert!(alive(pid) && socket.exists());
    assert_eq!(server.dbsize(), 0);
    set(&mut server.connect(), "a", "1");
    set(&mut server.connect_db(3), "b", "2");
    assert_eq!(server.dbsize(), 1);
    assert_eq!(server.dump_db(3).len(), 1);
    assert_eq!(server.url_of_db(3), format!("unix://{}?db=3", socket.display()));
    drop(server);
    assert!(!alive(pid) && !socket.exists());
}

/// This test runs itself in a process of its own, which is then killed with everything undone.
#[test]
fn dies_with_the_test_process() {
    const ROLE: &str = "CACHEME_IT_HOLD_A_SERVER";
    const NAME: &str = "smoke::server::dies_with_the_test_process";
    if let Some(note) = std::env::var_os(ROLE) {
        let server = Server::start();
        let worker = Worker::spawn(Lib::V011, &server);
        let pids = format!("{} {}", server.pid().unwrap(), worker.pid());
        let note = Path::new(&note);
        std::fs::write(note.with_extension("part"), pids).unwrap();
        std::fs::rename(note.with_extension("part"), note).unwrap();
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("pids");
    let cli = Cli::of(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env(ROLE, &note)
        .env("TMPDIR", folder.path())
        .env("PATH", std::env::var_os("PATH").unwrap());
    let running = cli.spawn();
    wait_until("the other process has a server", Duration::from_secs(40), || note.exists());
    let pids = std::fs::read_to_string(&note).unwrap();
    let pids: Vec<u32> = pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.iter().all(|pid| alive(*pid)), "{pids:?}");
    running.signal("KILL");
    assert_eq!(running.wait().code, 128 + 9);
    wait_until("its children are gone too", Duration::from_secs(10), || !pids.iter().any(|pid| alive(*pid)));
}

#[test]
fn is_what_the_builder_says() {
    let server = Server::builder()
        .tcp()
        .password("open sesame")
        .config("maxmemory 50mb")
        .config("user reader on >pw ~CM:* +@read")
        .config("rename-command UNLINK \"\"")
        .start();
    assert_eq!(server.tcp_url(), format!("redis://127.0.0.1:{}", server.port()));
    let open = |url: String| redis::Client::open(url).unwrap().get_connection();
    let refused = open(server.tcp_url()).and_then(|mut it| redis::cmd("DBSIZE").exec(&mut it)).unwrap_err();
    assert!(refused.to_string().contains("Authentication required"), "{refused}");
    let mut reader = open(format!("redis://reader:pw@127.0.0.1:{}", server.port())).unwrap();
    assert_eq!(get(&mut reader, "CM:a"), None);
    let denied = redis::cmd("SET").arg("CM:a").arg(1).exec(&mut reader).unwrap_err();
    assert!(denied.to_string().to_lowercase().contains("no permissions"), "{denied}");
    let unknown = redis::cmd("UNLINK").arg("a").exec(&mut server.connect()).unwrap_err();
    assert!(unknown.to_string().contains("unknown command"), "{unknown}");
}

#[test]
fn has_an_acl_file_when_asked() {
    let server = Server::builder().acl_file_user("app on >pw ~CM:* +get").start();
    let url = format!("{}?user=app&pass=pw", server.url());
    let mut app = redis::Client::open(url).unwrap().get_connection().unwrap();
    assert_eq!(get(&mut app, "CM:a"), None);
    redis::cmd("DBSIZE").exec(&mut app).unwrap_err();
}

#[test]
fn that_cannot_start_shows_its_log() {
    let said = panic_of(|| drop(Server::builder().config("no-such-directive 1").start()));
    assert!(said.contains("redis-server ended at once"), "{said}");
    let said = panic_of(|| drop(Server::builder().config("loadmodule /nowhere.so").start()));
    assert!(said.contains("/nowhere.so"), "the log is shown: {said}");
}

#[test]
fn restarts_with_its_data_and_comes_back_empty_after_a_stop() {
    let mut server = Server::builder().tcp().start();
    let urls = (server.url(), server.tcp_url());
    set(&mut server.connect(), "a", "1");
    let pid = server.pid();
    server.restart();
    assert_ne!(server.pid(), pid);
    assert_eq!(get(&mut server.connect(), "a").as_deref(), Some("1"));
    server.stop();
    assert_eq!(server.pid(), None);
    let client = redis::Client::open(server.url()).unwrap();
    assert!(client.get_connection().is_err());
    server.restart();
    assert_eq!(server.dbsize(), 0);
    assert_eq!((server.url(), server.tcp_url()), urls);
}

#[test]
fn freezes_and_wakes() {
    let server = Server::start();
    let mut connection = server.connect();
    connection.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    server.signal("STOP");
    let silence = redis::cmd("PING").exec(&mut connection).unwrap_err();
    assert!(silence.is_timeout(), "{silence}");
    server.signal("CONT");
    assert_eq!(server.dbsize(), 0);
}

#[test]
fn content_is_compared_whole() {
    let server = Server::start();
    let mut connection = server.connect();
    redis::pipe()
        .cmd("HSET")
        .arg(&b"h\xff\x00"[..])
        .arg("f")
        .arg("v")
        .cmd("SADD")
        .arg("s")
        .arg("m")
        .arg("n")
        .cmd("ZADD")
        .arg("z")
        .arg("1.5")
        .arg("m")
        .cmd("RPUSH")
        .arg("l")
        .arg("1")
        .arg("2")
        .cmd("XADD")
        .arg("x")
        .arg("*")
        .arg("f")
        .arg("v")
        .cmd("SET")
        .arg("t")
        .arg("1")
        .arg("PXAT")
        .arg(4_102_444_800_000_u64)
        .exec(&mut connection)
        .unwrap();
    let before = server.dump();
    assert_eq!(before.len(), 6);
    assert_same(&before, &server.dump());
    redis::pipe()
        .cmd("SREM")
        .arg("s")
        .arg("m")
        .cmd("ZADD")
        .arg("z")
        .arg(2)
        .arg("m")
        .cmd("PERSIST")
        .arg("t")
        .exec(&mut connection)
        .unwrap();
    let after = server.dump();
    assert_eq!(
        diff(&before, &after),
        "- s member m\n- t expires at 4102444800000\n- z member m score 1.5\n+ z member m score 2\n"
    );
    assert!(panic_of(|| assert_same(&before, &after)).contains("- s member m"));
}

#[test]
fn each_test_has_a_server_of_its_own() {
    let servers: Vec<Server> = (0..4).map(|_| Server::builder().tcp().start()).collect();
    for (place, server) in servers.iter().enumerate() {
        set(&mut server.connect(), "who", &place.to_string());
    }
    for (place, server) in servers.iter().enumerate() {
        assert_eq!(json!(get(&mut server.connect(), "who")), json!(place.to_string()));
    }
}
