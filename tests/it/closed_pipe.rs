//! A reader that goes away: a listing ends at once and quietly; work that changes data is done to its end, and its exit
//! code tells what became of it though nobody read the report.

use crate::support::cli::Cli;
use crate::support::seed::Seed;
use crate::support::server::Server;

const KEYS: u64 = 20_000;

fn filled() -> Server {
    let server = Server::start();
    let script = "for i = 1, ARGV[1] do redis.call('HSET', 'CM:k' .. i, 'base', 'N.') \
                  redis.call('ZADD', 'CM:Meta:Expire-Buckets::CM:k' .. i, 5, 'CM:k' .. i) end";
    Seed::meta(&server).run("EVAL", &[script, "0", &KEYS.to_string()]);
    server
}

/// Runs a line of bash; the exit code is that of its first program.
fn first_of(server: &Server, line: &str) -> crate::support::output::Output {
    Cli::shell(server, &format!("{line}; exit ${{PIPESTATUS[0]}}")).run()
}

#[test]
fn listings_end_quietly_when_half_was_read() {
    let server = filled();
    for command in ["keys list", "keys dump", "keys list --format csv", "keys dump --pace fast"] {
        let output = first_of(&server, &format!("cacheme {command} | head -n 10000"));
        assert_eq!(output.ok().lines().len(), 10_000, "{command}");
        assert!(output.stderr.is_empty(), "{}", output.transcript());
    }
    assert_eq!(server.dbsize(), 2 * KEYS, "nothing was changed");
}

#[test]
fn what_was_begun_is_done_when_nobody_reads_the_report() {
    for command in ["invalidate --pattern 'k*' --yes --layout meta", "purge"] {
        let server = filled();
        first_of(&server, &format!("cacheme {command} --format json | true")).ok();
        let values: u64 = server.dump().keys().filter(|key| key.starts_with(b"CM:k")).count() as u64;
        assert_eq!(values, 0, "{command}");
    }
}

#[test]
fn what_is_not_done_is_told_by_the_exit_code_all_the_same() {
    let server = filled();
    first_of(&server, "cacheme purge --time-budget 10ms --format json | true").code(3);
    let left = server.dump().keys().filter(|key| key.starts_with(b"CM:Meta:")).count() as u64;
    assert!(0 < left && left < KEYS, "{left} left: the budget was no use");
    // The server refuses the values in mid-work, once some of it is done.
    let server = filled();
    Seed::meta(&server)
        .run("ACL", &["SETUSER", "few", "on", ">s", "~*", "+@all", "-srem", "-sadd", "-multi"]);
    let url = format!("{}?user=few&pass=s", server.url());
    let line = format!("cacheme --url '{url}' invalidate --pattern 'k*' --mark --yes --layout meta | true");
    let output = first_of(&server, &line);
    output.code(1).says("NOPERM");
}
