//! `examples/service.rs` does what its page says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::support::process;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;
use serde_json::json;

/// The example's binary. `cargo test` builds it; after `cargo test --test it` alone it may have to be built here.
fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let binary = here.ancestors().nth(2).unwrap().join("examples/service");
    if !binary.is_file() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built =
            Command::new(cargo).args(["build", "--quiet", "--all-features", "--example", "service"]).status();
        assert!(built.is_ok_and(|it| it.success()), "cannot build the example");
    }
    binary
}

struct Service {
    child: Child,
    address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start(server: &Server) -> Self {
        let mut command = process::guarded(binary());
        command.env("CACHEME_URL", server.url()).env("CACHEME_LAYOUT", "meta").env("LISTEN", "127.0.0.1:0");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = process::spawn(command).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
        Self { child, address }
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let request = format!("{method} {path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    #[track_caller]
    fn get(&self, path: &str) -> String {
        let (status, body) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{body}");
        body
    }
}

#[test]
fn a_service_serves_what_is_cached_and_old_values_while_its_database_is_down() {
    let server = Server::start();
    let service = Service::start(&server);
    let queries = |to: &str| service.ask("PUT", &format!("/database/{to}"), "").1;
    let book = r#"{"id":1,"title":"Book 1"}"#;
    assert_eq!((service.get("/books/1"), service.get("/books/1")), (book.to_owned(), book.to_owned()));
    assert_eq!(service.get("/titles?ids=1,2,3,1"), r#"["Book 1","Book 2","Book 3","Book 1"]"#);
    assert_eq!(service.get("/titles?ids=3,4"), r#"["Book 3","Book 4"]"#);
    assert_eq!(queries("up"), "3 queries so far\n");

    // Another worker of the service has the same values.
    assert_eq!(Service::start(&server).get("/titles?ids=4,3,2"), r#"["Book 4","Book 3","Book 2"]"#);

    assert_eq!(service.ask("PUT", "/books/1/title", "Dune"), (200, "2 to be recomputed\n".to_owned()));
    queries("down");
    assert_eq!(service.get("/books/1"), book, "the old one");
    assert_eq!(service.get("/titles?ids=1"), r#"["Book 1"]"#);
    assert_eq!(service.ask("GET", "/books/9", ""), (503, "the database is down\n".to_owned()));
    queries("up");
    let mut python = Worker::spawn(Lib::V011, &server);
    python.invalidate(json!({"key": "Book:2>title"}));
    assert_eq!(service.get("/titles?ids=2"), r#"["Book 2"]"#);

    let metrics = service.get("/metrics");
    for line in [
        r#"cacheme_calls_total{tag="get_book",result="hit"} 2"#,
        r#"cacheme_calls_total{tag="titles",result="miss"} 4"#,
        r#"cacheme_calls_stale_on_error_total{tag="titles"} 1"#,
        r#"cacheme_call_errors_total{tag="get_book",kind="function"} 2"#,
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
}
