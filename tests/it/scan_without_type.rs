//! A server whose SCAN knows no TYPE (Redis 5), whatever its version says: every command works as elsewhere.

use std::collections::BTreeSet;

use crate::support::cli::Cli;
use crate::support::program;
use crate::support::relay::{Fault, Relay};
use crate::support::seed::{self, Seed};
use crate::support::server::Server;

const KEYS: u32 = 60;

fn filled() -> Server {
    let server = Server::start();
    let keys = || (0..KEYS).map(|n| format!("Book:{n}>owner"));
    let mut seed = Seed::classic(&server);
    seed.live(keys()).tag("books", keys()).invalid("User:1", keys().take(20)).live(["Other:1>it"]);
    keys().take(30).for_each(|key| {
        seed.expires(&key, 1000);
    });
    server
}

/// As Redis 5 does.
fn before(server: &Server) -> Relay {
    Relay::before(server, |asked| {
        (asked.is("SCAN") && asked.says("TYPE")).then_some(Fault::Refuse("ERR syntax error"))
    })
}

fn cli(url: &str, pace: &str, args: &[&str]) -> Cli {
    let cli = Cli::bare().env("CACHEME_URL", url).env("CACHEME_LAYOUT", "classic");
    cli.args(["--pace", pace, "--format", "json"]).args(args)
}

/// Redis 5 is not asked with a TYPE at all.
#[track_caller]
fn was_refused(relay: &Relay) {
    assert_eq!(relay.faults() > 0, program::version() >= (6, 0));
}

/// Lines in any order: a scan has none.
fn rows(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

#[test]
fn every_listing_says_the_same() {
    let server = filled();
    let relay = before(&server);
    for pace in ["fast", "gentle", "50%"] {
        for args in [
            &["tags", "list"][..],
            &["tags", "list", "--deep", "--fields", "tag,keys,live,expired,pending,missing,bytes"],
            &["tags", "show", "books", "--format", "plain", "--fields", "tag,keys,live"],
            &["invalid-keys", "list", "--deep", "--fields", "invalid_key,keys,live,expired,bytes"],
            &["keys", "list", "--format", "plain", "--fields", "key,state"],
            &["keys", "list", "--pattern", "Book:1*", "--format", "plain", "--fields", "key,state"],
            &["keys", "dump", "--raw", "--format", "plain", "--fields", "key,value_base64"],
            &["keys", "dump", "--raw", "--indexes", "--format", "plain", "--fields", "key,tags"],
        ] {
            let (said, wanted) = (cli(&relay.url(), pace, args).run(), cli(&server.url(), pace, args).run());
            assert_eq!(rows(said.ok().text()), rows(wanted.ok().text()), "{}", said.transcript());
        }
    }
    was_refused(&relay);
}

#[test]
fn what_changes_data_reports_what_it_did() {
    for pace in ["fast", "gentle", "50%"] {
        let server = filled();
        let relay = before(&server);
        let run = |args: &[&str]| cli(&relay.url(), pace, args).run().ok().json();
        let report = run(&["invalidate", "--pattern", "Book:*", "--mark", "--yes"]);
        assert_eq!((&report["matched"], &report["marked"]), (&KEYS.into(), &KEYS.into()), "{pace}");
        assert_eq!(seed::names(&server, "CM:delete").len(), KEYS as usize);
        let report = run(&["invalidate", "--pattern", "Book:*", "--yes"]);
        assert_eq!((&report["matched"], &report["deleted"]), (&KEYS.into(), &KEYS.into()), "{pace}");
        assert_eq!(run(&["stats"])["namespace"]["fields"], 1, "{pace}");
        Seed::classic(&server).live(["Book:1>owner"]).expires("Book:1>owner", -100);
        assert_eq!(run(&["purge"])["deleted"], 1, "{pace}");
        let gone = run(&["gc", "--yes"])["tags"]["removed"].as_u64().unwrap();
        assert_eq!(gone, u64::from(KEYS), "{pace}");
        was_refused(&relay);
    }
}
