//! Who is meant: which server and namespace a command acts on, how whoever is asked learns of it, and what we tell
//! people to run acts on the same.

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::seed::{Seed, names};
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use serde_json::Value;

const FILE: &str = ".config/cacheme/config.toml";

/// A server with a tag of its own.
fn with_tag(tag: &str) -> Server {
    let server = Server::start();
    Seed::classic(&server).live(["a"]).tag(tag, ["a"]);
    server
}

fn profile(server: &Server, more: &str) -> String {
    format!("[profiles.prod]\nurl = '{}'\nlayout = 'classic'\n{more}\n", server.url())
}

#[test]
fn a_profile_that_is_asked_for_beats_the_environment_and_a_flag_beats_both() {
    let (prod, staging) = (with_tag("prod"), with_tag("staging"));
    let cli = || {
        Cli::bare()
            .file(FILE, profile(&prod, ""))
            .env("CACHEME_URL", staging.url())
            .args(["tags", "list", "--fields", "tag"])
    };
    assert_eq!(cli().arg("--profile=prod").run().ok().text(), "prod\n");
    assert_eq!(cli().run().ok().text(), "staging\n");
    assert_eq!(cli().env("CACHEME_PROFILE", "prod").run().ok().text(), "staging\n");
    let usual = format!("default_profile = 'prod'\n{}", profile(&prod, ""));
    assert_eq!(cli().file(FILE, usual).run().ok().text(), "staging\n");
    assert_eq!(cli().env_remove("CACHEME_URL").env("CACHEME_PROFILE", "prod").run().ok().text(), "prod\n");
    let flag = cli().args(["--profile", "prod", "--url", &staging.url()]).run();
    assert_eq!(flag.ok().text(), "staging\n");
    // With -v it is said which one, and which not.
    let said = cli().args(["--profile", "prod", "-v"]).run();
    said.ok().says(&format!("{}?db=0 is used (profile prod), not", prod.url()));
    said.says(&format!("{}?db=0 (environment CACHEME_URL)", staging.url()));
    cli().args(["-v"]).run().ok().never_says("is used (");
    let said = cli().args(["--profile", "prod", "--url", &staging.url(), "-v"]).run();
    said.ok().says("is used (flag --url), not").says("(profile prod)").never_says("environment CACHEME_URL");
}

#[test]
fn whoever_is_asked_sees_the_server_the_database_the_prefix_and_keys() {
    let (prod, staging) = (with_tag("t"), with_tag("t"));
    Seed::classic(&prod).live(["b", "c", "d"]).tag("t", ["b", "c", "d"]);
    let protected = profile(&prod, "protected = true");
    for (args, wanted, keys) in [
        (&["invalidate", "--tag", "t"][..], "[y/N]", "keys: 'a', 'b', 'c', …"),
        (&["invalidate", "--pattern", "[ab]"], "[y/N]", "keys: 'a', 'b'"),
        (&["invalidate", "--pattern", "*"], "type 'CM:'", "keys: 'a', 'b', 'c', …"),
        (&["invalidate", "--raw-pattern", "CM:d"], "[y/N]", "Redis keys: 'CM:d'"),
        (&["gc"], "[y/N]", ""),
    ] {
        let cli = Cli::bare().file(FILE, profile(&prod, "")).env("CACHEME_URL", staging.url());
        let terminal = Terminal::run(cli.args(["--profile", "prod"]).args(args));
        terminal.wait_until("the question", |_| terminal.history().contains(wanted));
        let seen = terminal.history();
        assert!(seen.contains(keys), "no {keys}:\n{seen}");
        for part in
            [&*prod.url(), "database 0", "prefix 'CM:'", "is used (profile prod), not", &staging.url()]
        {
            assert!(seen.contains(part), "no {part}:\n{seen}");
        }
        terminal.line("n");
        assert_eq!(terminal.wait_exit(), 2);
    }
    let terminal = Terminal::run(Cli::bare().file(FILE, &protected).args([
        "--profile",
        "prod",
        "invalidate",
        "--key",
        "secret-key",
    ]));
    terminal.wait_until("the question", |_| terminal.history().contains("Type the profile's name"));
    for part in [&*prod.url(), "database 0", "prefix 'CM:'", "'secret-key'"] {
        assert!(terminal.history().contains(part), "no {part}:\n{}", terminal.history());
    }
    terminal.line("");
    assert_eq!(terminal.wait_exit(), 2);
}

/// What has to be on the screen before the name of the profile is asked for.
#[test]
fn a_protected_profile_shows_the_whole_selection_and_the_deed() {
    let prod = with_tag("t");
    Seed::classic(&prod).live(["Product:1>price", "Product:1>stock"]);
    let before = prod.dump();
    let question = "Type the profile's name to go on:";
    let mark = "mark the keys: their next reader recomputes them";
    for (command, selection, deed) in [
        ("invalidate --pattern 'Product:*>price'", "--pattern 'Product:*>price'", "delete the values"),
        (
            "invalidate --tag t --key a --mark --state pending,live --except-key 'a>b' --except-pattern 'x*' \
             --larger-than 1KiB --expires-after 2h --yes",
            "--key a --tag t --except-key 'a>b' --except-pattern 'x*' --state pending,live --larger-than 1KiB \
             --expires-after 2h",
            mark,
        ),
        ("invalidate --tag t --tag u --no-timeout", "--tag t --tag u --no-timeout", mark),
        ("invalidate --tag t --delete", "--tag t", "delete the values"),
        ("invalidate --raw-pattern 'CM:Product*'", "--raw-pattern 'CM:Product*'", "delete these Redis keys"),
        (
            "invalidate --tag t --pattern 'P*'",
            "--tag t --pattern 'P*'",
            "delete what the patterns select, and mark the other keys",
        ),
        (
            "invalidate --match all --tag t --pattern 'P*'",
            "--tag t --pattern 'P*' --match all",
            "delete the values",
        ),
        ("purge --tag t --grace 5m --mark", "--tag t --grace 5m", "mark the keys that have expired"),
        ("purge --except-tag t", "--except-tag t", "delete the values that have expired"),
    ] {
        let script = format!("cacheme --profile prod {command}");
        let cli = Cli::shell(&prod, &script).file(FILE, profile(&prod, "protected = true"));
        let terminal = Terminal::sized(cli, 200, 30);
        terminal.wait_for(question);
        let seen = terminal.history();
        let shown = seen.split(question).next().unwrap();
        for part in [
            &*prod.url(),
            "database 0, prefix 'CM:'",
            &format!("selected: {selection}\n"),
            &format!("would be done: {deed}\n"),
        ] {
            assert!(shown.contains(part), "{command}: no {part:?} in\n{seen}");
        }
        terminal.line("");
        assert_eq!(terminal.wait_exit(), 2);
    }
    // What a shell has cut is told before.
    let cli = Cli::shell(&prod, "cacheme --profile prod invalidate --pattern Product:*>price");
    let terminal = Terminal::sized(cli.file(FILE, profile(&prod, "protected = true")), 200, 30);
    terminal.wait_for(question);
    let seen = terminal.history();
    let told = seen.find("the output goes into the file 'price'").expect(&seen);
    assert!(
        told < seen.find(question).unwrap() && seen.contains("selected: --pattern 'Product:*'\n"),
        "{seen}"
    );
    terminal.line("prod");
    terminal.wait_for("Delete 2 values? [y/N]");
    terminal.line("n");
    assert_eq!(terminal.wait_exit(), 2);
    assert_same(&before, &prod.dump());
}

/// Each setting once from a profile that was asked for, the environment against it.
#[test]
fn one_resolver_for_every_setting() {
    let text = "[profiles.p]\nurl='redis://p'\nprefix='p:'\nlayout='classic'\nutc_offset='+01:00'\npace='11%'\n\
                timeout='1s'\nconnect_timeout='1500ms'\nformat='ndjson'\nread_only=true\ncluster='p2:1'\n\
                password_file='/dev/null'\nsentinel_user='p'\n[profiles.server]\nurl='redis://p'\n[profiles.bare]\n";
    let environment = [
        ("CACHEME_URL", "redis://e"),
        ("CACHEME_PREFIX", "e:"),
        ("CACHEME_LAYOUT", "meta"),
        ("CACHEME_UTC_OFFSET", "-0500"),
        ("CACHEME_PACE", "22%"),
        ("CACHEME_TIMEOUT", "2s"),
        ("CACHEME_CONNECT_TIMEOUT", "2500ms"),
        ("CACHEME_READ_ONLY", "no"),
        ("CACHEME_CLUSTER", "e2:1"),
        ("CACHEME_SENTINEL_USER", "e"),
        ("CACHEME_PASSWORD_FILE", "/dev/zero"),
        ("REDISCLI_AUTH", "hunter2"),
    ];
    let show = |args: &[&str]| {
        let mut cli = Cli::bare().file(FILE, text).args(args).args(["config", "show", "--format", "ndjson"]);
        for (name, value) in environment {
            cli = cli.env(name, value);
        }
        let rows = cli.run().ok().ndjson();
        let source = |row: &Value| {
            (row["setting"].as_str().unwrap().to_owned(), row["source"].as_str().unwrap().to_owned())
        };
        rows.iter().map(source).collect::<std::collections::BTreeMap<_, _>>()
    };
    let named = "url prefix layout utc_offset pace timeout connect_timeout read_only cluster sentinel_user";
    let found = show(&["--profile", "p"]);
    for name in named.split(' ') {
        assert_eq!(found[name], "profile p", "{name}");
    }
    assert_eq!(found["password"], "profile p: password_file");
    // What a profile leaves out comes from the environment, but for what belongs to the environment's server.
    let found = show(&["--profile", "server"]);
    for (name, source) in [
        ("url", "profile server"),
        ("prefix", "environment CACHEME_PREFIX"),
        ("timeout", "environment CACHEME_TIMEOUT"),
        ("password", "default"),
    ] {
        assert_eq!(found[name], source, "{name}");
    }
    assert!(!found.contains_key("cluster") && !found.contains_key("sentinel_user"), "{found:?}");
    let found = show(&["--profile", "bare"]);
    assert_eq!(
        (&*found["url"], &*found["cluster"]),
        ("environment CACHEME_URL", "environment CACHEME_CLUSTER")
    );
    assert_eq!(found["password"], "environment CACHEME_PASSWORD_FILE");
    let found = show(&["--profile", "p", "--prefix", "f:", "--url", "redis://f", "--pace", "fast"]);
    for name in ["prefix", "url", "pace"] {
        assert_eq!(found[name], format!("flag --{name}"));
    }
    assert_eq!(found["timeout"], "profile p");
}

/// What is true of one server's data is not taken for true of another's, unless both were asked for.
#[test]
fn layout_and_clock_of_a_profile_stay_with_its_server_unless_it_was_asked_for() {
    let text = "default_profile='p'\n[profiles.p]\nurl='redis://p'\nlayout='classic'\nutc_offset='+01:00'\n";
    let other = Server::start();
    let url = other.url();
    let sources = |cli: Cli| {
        let rows = cli.file(FILE, text).args(["config", "show", "--format", "ndjson"]).run().ok().ndjson();
        ["layout", "utc_offset"].map(|name| {
            let row = rows.iter().find(|row| row["setting"] == name).unwrap();
            row["source"].as_str().unwrap().to_owned()
        })
    };
    let flag = || Cli::bare().args(["--url", &url]);
    let variable = || Cli::bare().env("CACHEME_URL", &url);
    for elsewhere in
        [flag(), variable(), flag().env("CACHEME_PROFILE", "p"), variable().env("CACHEME_PROFILE", "p")]
    {
        assert_eq!(sources(elsewhere), ["default", "default"]);
    }
    let both = ["profile p", "profile p"];
    for meant in [Cli::bare(), Cli::bare().args(["--profile", "p"]), flag().args(["--profile", "p"])] {
        assert_eq!(sources(meant), both);
    }
    // Nor are the environment's for the server of a profile that was asked for.
    let text = "[profiles.q]\nurl='redis://q'\n";
    let cli = |args: &[&str]| {
        variable()
            .file(FILE, text)
            .env("CACHEME_LAYOUT", "meta")
            .args(args)
            .args(["config", "show", "--format", "plain"])
            .run()
    };
    cli(&[]).ok();
    assert!(cli(&[]).text().contains("layout\tmeta\tenvironment CACHEME_LAYOUT"));
    assert!(cli(&["--profile", "q"]).text().contains("layout\tauto\tdefault"));
}

#[test]
fn a_mark_at_another_server_goes_where_that_ones_readers_look() {
    let (own, other) = (with_tag("t"), Server::start());
    Seed::classic(&other).live(["k"]);
    let text = format!("default_profile = 'prod'\n{}", profile(&own, ""));
    let args = ["-v", "invalidate", "--key", "k", "--format", "json"];
    let run = Cli::bare().file(FILE, text).args(["--url", &other.url()]).args(args).run();
    assert_eq!(run.ok().json()["layout"], "both", "{}", run.transcript());
    run.says("layout of profile prod is not used: it belongs to another server");
    for set in ["CM:delete", "CM:meta:deleted"] {
        assert!(names(&other, set).contains("CM:k"), "no mark in {set}");
    }
}

#[test]
fn the_environments_password_is_not_for_the_server_of_a_profile() {
    let prod = Server::start();
    let cli = || Cli::bare().file(FILE, profile(&prod, "")).args(["--profile", "prod", "tags", "list"]);
    let secrets = |cli: Cli| cli.env("REDISCLI_AUTH", "hunter2").env("CACHEME_SENTINEL_PASSWORD", "hunter2");
    // A server without a password refuses one: where there is no refusal, none was sent.
    secrets(cli()).env("CACHEME_URL", "redis://elsewhere").run().ok();
    // Where the environment names no server, its password is for whichever is named.
    secrets(cli()).run().code(1).says("AUTH");
    let own = Server::builder().password("own").start();
    let own =
        Cli::bare().file(FILE, profile(&own, "password_file = 'own'")).file(".config/cacheme/own", "own\n");
    secrets(own).args(["--profile", "prod", "tags", "list"]).run().ok();
}

#[test]
fn empty_variables_count_as_unset() {
    let server = with_tag("t");
    let mut cli = Cli::new(&server).args(["tags", "list", "--fields", "tag"]);
    for name in [
        "LAYOUT",
        "UTC_OFFSET",
        "PACE",
        "TIMEOUT",
        "FORMAT",
        "READ_ONLY",
        "CLUSTER",
        "TLS_CA",
        "PROFILE",
        "CONFIG",
        "REPLICA",
        "TLS_INSECURE",
        "PASSWORD_FILE",
        "COLOR",
        "FIELDS",
    ] {
        cli = cli.env(format!("CACHEME_{name}"), "");
    }
    assert_eq!(cli.run().ok().text(), "t\n");
    // But not where they say who is meant.
    Cli::bare().env("CACHEME_URL", "").arg("purge").run().code(2).says("'' is not a usable Redis URL");
    Cli::new(&server).env("CACHEME_PREFIX", "").arg("purge").run().code(2).says("an empty prefix");
    // And what is neither yes nor no is refused, not believed.
    Cli::new(&server)
        .env("CACHEME_TLS_INSECURE", "nope")
        .args(["tags", "list"])
        .run()
        .code(2)
        .says("neither true nor false");
}

#[test]
fn a_database_behind_the_question_mark_is_the_one() {
    let server = Server::builder().tcp().start();
    let mut five = server.connect_db(5);
    redis::cmd("SADD").arg("CM:five").arg("CM:a").exec(&mut five).unwrap();
    redis::cmd("HSET").arg("CM:a").arg("base").arg("x").exec(&mut five).unwrap();
    let (tcp, unix) = (server.tcp_url(), server.url());
    for url in
        [format!("{tcp}?db=5"), format!("{tcp}/?db=5&protocol=3"), format!("{tcp}/5"), format!("{unix}?db=5")]
    {
        let tags = Cli::bare().args(["tags", "list", "--fields", "tag", "--url", &url]).run();
        assert_eq!(tags.ok().text(), "five\n", "{url}");
    }
    let before = server.dump_db(5);
    for (url, why) in [
        (format!("{tcp}?database=5"), "only db, username"),
        (format!("{tcp}/0?db=5"), "names two databases"),
        (format!("{tcp}/5#x"), "'#'"),
        (format!("{tcp}?db=5&socket_timeout=3"), "use --timeout instead"),
        (format!("{unix}?db=%+1"), "the database is not a number"),
    ] {
        let args = ["invalidate", "--pattern", "*", "--confirm", "CM:", "--url", &url];
        Cli::bare().args(args).run().code(2).says(why);
    }
    assert_same(&before, &server.dump_db(5));
}

/// What `keys show` and `doctor` tell somebody to run, pasted into a shell.
#[test]
fn what_is_told_to_be_run_acts_where_it_was_told() {
    let server = Server::start();
    let keys: [&[u8]; 6] = [b"-x", b"--yes", b"it's $(touch evil)", b"plain>f", b"tab\tand\\", b"bin\xff"];
    for (flags, prefix) in [
        ("--profile prod", &b"app:"[..]),
        ("--url URL --prefix \"it's:\" --layout classic", b"it's:"),
        ("--escaped --url=URL --prefix '\\xfe:' --layout meta --utc-offset -01:00", b"\xfe:"),
        ("--profile=prod --prefix=-p: --layout=meta", b"-p:"),
    ] {
        let meta = flags.contains("meta");
        Seed::under(&server, prefix, meta).live(keys).tag("leak", ["gone"]).expires("plain>f", -100_000);
        let flags = flags.replace("URL", &format!("'{}'", server.url()));
        let shell = |line: &str| {
            // A server that is not meant, for whatever forgets a flag.
            let elsewhere = Server::start();
            let run = Cli::shell(&elsewhere, line)
                .file(FILE, profile(&server, "prefix = 'app:'"))
                .file("elsewhere", "")
                .run();
            assert_eq!(elsewhere.dbsize(), 0);
            run
        };
        for key in keys {
            let escaped: String = key.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            let shown = shell(&format!("cacheme {flags} keys show --escaped --format json -- '{escaped}'"));
            // Given twice, a flag is refused.
            let shown = if shown.stderr.contains("cannot be used multiple times") {
                shell(&format!("cacheme {flags} keys show --format json -- '{escaped}'"))
            } else {
                shown
            };
            let refresh = shown.ok().json()["refresh"].as_str().unwrap().to_owned();
            let marked = shell(&format!("{refresh} --format json"));
            assert_eq!(marked.ok().json()["marked"], 1, "{refresh}");
            let again = shell(&format!("{refresh} --format json"));
            assert_eq!(again.ok().json()["marked"], 0, "{refresh}");
        }
        let report = shell(&format!("cacheme {flags} doctor --no-monitor --apart 0s --format json"));
        let mut ran = 0;
        for finding in report.code(5).json()["findings"].as_array().unwrap() {
            let fix = finding["fix"].as_str().unwrap();
            // The others are about no namespace, or leave something to fill in.
            if ["leaked-members", "expired-unswept"].iter().any(|id| finding["id"] == *id) {
                let command = fix.split(',').next().unwrap();
                shell(&if command.ends_with(" gc") {
                    format!("{command} --yes")
                } else {
                    command.to_owned()
                })
                .ok();
                ran += 1;
            }
        }
        assert_eq!(ran, 2, "{}", report.transcript());
        let left = server.dump();
        assert!(!left.contains_key(&[prefix, b"leak"].concat()), "the leak is still there");
        assert!(!left.contains_key(&[prefix, b"plain"].concat()), "what expired is still there");
    }
}

#[test]
fn hints_name_the_same_target() {
    let server = with_tag("t");
    let line = format!("cacheme --url '{}' --prefix 'x:' tags show gone", server.url());
    let said = Cli::shell(&server, &line).run();
    said.code(4).says(&format!("`cacheme --url '{}?db=0' --prefix 'x:' tags list` shows", server.url()));
    let prefix = ["--escaped", "--prefix", r"\xff", "invalidate", "--pattern", "*", "--yes"];
    Cli::new(&server).args(prefix).run().code(2).says(r"add --escaped --confirm '\xff' to do it");
    let prefix = ["--prefix", "it's", "invalidate", "--pattern", "*", "--yes"];
    Cli::new(&server).args(prefix).run().code(2).says(r"add --confirm 'it'\''s' to do it");
    // A URL's secrets are no part of it.
    let url = format!("{}?user=ops&pass=hunter2", server.url());
    let said = Cli::bare().args(["tags", "show", "gone", "--url", &url]).run();
    said.code(1).never_says("hunter2").never_says("ops");
}

#[test]
fn who_is_named_in_the_url_is_who_acts_with_a_password_or_without() {
    let server = Server::builder().tcp().start();
    Seed::classic(&server).live(["a"]).tag("t", ["a"]);
    let mut connection = server.connect();
    redis::cmd("ACL")
        .arg(&["SETUSER", "guest", "on", "nopass", "~CM:*", "+ping"])
        .exec(&mut connection)
        .unwrap();
    let guest = format!("redis://guest@127.0.0.1:{}/0", server.port());
    for url in [guest.clone(), format!("{}?user=guest", server.url())] {
        let run = Cli::bare().args(["--url", &url, "--layout", "classic", "invalidate", "--key", "a"]).run();
        run.code(1).says("NOPERM");
    }
    let yes = ["--url", &guest, "--profile", "p", "config", "init", "--yes"];
    Cli::bare().args(yes).run().ok();
    let nobody = format!("redis://nobody@127.0.0.1:{}/0", server.port());
    Cli::bare().args(["--url", &nobody, "tags", "list"]).run().code(1).says("WRONGPASS");
}
