//! `examples/bookstore.rs` does what the README shows.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;

/// The example's binary. `cargo test` builds it; after `cargo test --test it` alone it may have to be built here.
fn bookstore() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let binary = here.ancestors().nth(2).unwrap().join("examples/bookstore");
    if !binary.is_file() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo).args(["build", "--quiet", "--example", "bookstore"]).status();
        assert!(built.is_ok_and(|it| it.success()), "cannot build the example");
    }
    binary
}

fn run(server: &Server, args: &[&str]) -> Vec<String> {
    let output = Cli::of(bookstore()).args(["--url", &server.url()]).args(args).run();
    output.ok().lines().into_iter().map(str::to_owned).collect()
}

#[test]
fn it_misses_five_times_and_hits_five_times_and_python_hits_all() {
    for lib in [Lib::V009, Lib::V011] {
        let server = Server::start();
        let layout = if lib.is_meta() { "meta" } else { "classic" };
        let lines = run(&server, &["--layout", layout, "--json"]);
        assert_eq!(lines.len(), 11);
        assert_eq!(lines[10], r#"{"hits": 5, "misses": 5, "refreshes": 0}"#);
        let first: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(first, json!({"book": 100, "owner": {"id": 200, "name": "Owner 200"}}));
        let mut python = Worker::spawn(lib, &server);
        for book in 100..=104 {
            assert_eq!(python.call("get_owner", json!([book]))["runs"], 0);
        }
        python.invalidate(json!({"invalid_key": "User:200"}));
        python.invalidate_tag("get_owner");
        let lines = run(&server, &["--layout", layout, "--json"]);
        assert_eq!(lines[10], r#"{"hits": 5, "misses": 0, "refreshes": 5}"#);
        let text = run(&server, &["--layout", "auto", "--prefix=other:"]);
        assert_eq!(text[0], "book 100 belongs to Owner 200 (user 200)");
        assert_eq!(text[10], "5 hits, 5 misses, 0 refreshes");
    }
}

#[test]
fn it_says_what_it_cannot_do() {
    let output = Cli::of(bookstore()).args(["--layout", "new"]).run();
    output.code(1).says("'new' is not a layout");
}
