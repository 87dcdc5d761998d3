//! What `--quiet` leaves of reports.

use crate::support::cli::Cli;
use crate::support::seed::Seed;
use crate::support::server::Server;

#[test]
fn a_run_that_finished_prints_nothing_but_the_data_that_was_asked_for() {
    let server = Server::start();
    Seed::classic(&server).live(["a"]);
    let dump = Cli::new(&server).args(["keys", "dump", "--raw", "--indexes"]).run();
    let dump = dump.ok().text();
    for args in [
        &["invalidate", "--key", "a"][..],
        &["invalidate", "--pattern", "x*", "--yes", "--dry-run"],
        &["keys", "restore", "--yes"],
        &["purge"],
        &["gc", "--yes"],
    ] {
        let cli = |more: &[&str]| Cli::new(&server).stdin(dump).args(args).arg("-q").args(more).run();
        for silent in [&[][..], &["--format", "table"]] {
            let silent = cli(silent);
            assert_eq!((silent.ok().text(), &*silent.stderr), ("", ""), "{args:?}");
        }
        assert_eq!(cli(&["--format", "json"]).ok().json()["complete"], true);
        assert_eq!(cli(&["--fields", "complete"]).ok().text(), "true\n");
    }
}
