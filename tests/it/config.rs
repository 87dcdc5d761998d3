//! Profiles: what is in force, where it came from, and what a protected one asks.

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::python::{Lib, fill};
use crate::support::server::Server;
use crate::support::terminal::Terminal;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

const FILE: &str = ".config/cacheme/config.toml";

/// The binary with no server named but by a configuration file.
fn with_config(text: &str) -> Cli {
    Cli::bare().file(FILE, text)
}

fn settings(cli: Cli) -> std::collections::BTreeMap<String, (Value, String)> {
    let rows = cli.args(["config", "show", "--format", "ndjson"]).run().ok().ndjson();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(&row["setting"]), (row["value"].clone(), text(&row["source"])))).collect()
}

#[test]
fn a_profile_says_what_flags_and_environment_do_not() {
    let server = Server::start();
    fill(Lib::V009, &server, "app:");
    let text = format!(
        "default_profile = 'shop'\n[profiles.shop]\nurl = '{}'\nprefix = 'app:'\nlayout = 'classic'\nformat = 'json'\n\
         [profiles.other]\nurl = '{}'\nprefix = 'nobody:'\n",
        server.url(),
        server.url()
    );
    let tags = with_config(&text).args(["tags", "list"]).run();
    assert!(tags.ok().json().as_array().unwrap().len() > 3, "{}", tags.transcript());
    let none = with_config(&text).args(["--profile", "other", "tags", "list"]).run();
    assert_eq!(none.ok().text(), "");
    let none = with_config(&text).env("CACHEME_PROFILE", "other").args(["tags", "list"]).run();
    assert_eq!(none.ok().text(), "");
    let plain = with_config(&text).env("CACHEME_FORMAT", "plain").args(["tags", "list"]).run();
    assert!(plain.ok().text().contains('\t'));
    let csv =
        with_config(&text).env("CACHEME_FORMAT", "plain").args(["tags", "list", "--format", "csv"]).run();
    assert!(csv.ok().text().starts_with("tag,keys"));
    let elsewhere = Cli::bare().file("x.toml", &text).args(["--config", "x.toml", "tags", "list"]).run();
    elsewhere.ok();
}

#[test]
fn show_tells_where_each_setting_came_from_and_no_secret() {
    let text = "default_profile = 'p'\n[profiles.p]\nurl = 'redis://ops:hunter2@cache:7/3'\npace = '25%'\n\
        read_only = true\ntimeout = 5\n";
    let found = settings(with_config(text).args(["--timeout", "7s"]).env("CACHEME_PREFIX", "x:"));
    let is = |name: &str, value: Value, source: &str| {
        assert_eq!(found[name], (value, source.to_owned()), "{name}")
    };
    is("profile", json!("p"), "default_profile");
    is("url", json!("redis://cache:7/3"), "profile p");
    is("pace", json!("25%"), "profile p");
    is("timeout", json!("7s"), "flag --timeout");
    is("prefix", json!("x:"), "environment CACHEME_PREFIX");
    is("layout", json!("auto"), "default");
    is("read_only", json!("true"), "profile p");
    is("password", json!("(hidden)"), "the URL");
    let table = with_config(text).args(["config", "show", "--format", "table"]).run();
    table.ok().never_says("hunter2").never_says("ops");
    let url = with_config(text).args(["config", "show", "--url", "redis://u:hunter3@h"]).run();
    url.ok().never_says("hunter").never_says("u:");
    let found = settings(with_config(text).env("CACHEME_READ_ONLY", "0"));
    assert_eq!(found["read_only"], (json!("false"), "environment CACHEME_READ_ONLY".to_owned()));
    let found = settings(Cli::bare());
    assert_eq!(found["url"], (json!("redis://127.0.0.1:6379/0"), "default".to_owned()));
    assert_eq!(found["password"], (Value::Null, "default".to_owned()));
}

#[test]
fn mistakes_in_the_file_are_named_with_what_was_meant() {
    let text = "[profiles.prod]\nprefx = 'x:'\nlayout = 'clasic'\n";
    let used = with_config(text).args(["tags", "list"]).run();
    used.code(2).says("line 2: there is no key 'prefx'").says("did you mean 'prefix'?");
    let checked = with_config(text).args(["config", "check"]).run();
    checked.code(2).says("line 2").says("line 3").says("has 2 mistakes");
    // What mends or does not need the file works whatever is in it.
    with_config(text).args(["completions", "bash"]).run().ok();
    let fine = with_config("default_profile = 'a'\n[profiles.a]\nprotected = true\n[profiles.b]\n");
    let rows = fine.args(["config", "check", "--format", "ndjson"]).run().ok().ndjson();
    assert_eq!((&rows[0]["default"], &rows[0]["protected"]), (&json!(true), &json!(true)));
    assert_eq!(rows.len(), 2);
    let missing = with_config("[profiles.prod]\n").args(["--profile", "prd", "stats"]).run();
    missing.code(2).says("there is no profile 'prd'").says("did you mean 'prod'?");
    Cli::bare().args(["--config", "nowhere.toml", "stats"]).run().code(2).says("nowhere.toml");
    Cli::bare().args(["config", "check"]).run().code(2).says("config init");
    let open = with_config("[profiles.a]\nurl = 'redis://:pw@h'\n").args(["config", "check"]).run();
    open.ok().says("chmod 600");
}

#[test]
fn passwords_come_from_a_file_or_a_command_and_go_to_their_own_server_only() {
    let server = Server::builder().password("hunter2").start();
    let tags =
        |text: String| with_config(&text).file(".config/cacheme/secret", "hunter2\n").args(["tags", "list"]);
    let profile = |how: &str| format!("default_profile='p'\n[profiles.p]\nurl='{}'\n{how}\n", server.url());
    tags(profile("")).run().code(1).says("NOAUTH");
    for how in [
        "password_file = 'secret'",
        "password_command = 'echo hunter2; echo more'",
        "password_command = ['/bin/echo', 'hunter2']",
    ] {
        tags(profile(how)).run().ok().never_says("hunter2");
    }
    tags(profile("password_command = 'exit 3'")).run().code(2).says("profile 'p' failed");
    tags(profile("password_command = 'true'")).run().code(2).says("printed no password");
    tags(profile("password_file = 'elsewhere'")).run().code(2).says("elsewhere");
    // An URL from outside is another server: the profile's password is not for it.
    let elsewhere = tags(profile("password_command = 'touch ran; echo hunter2'"));
    let home = elsewhere.home();
    elsewhere.env("CACHEME_URL", server.url()).run().code(1).says("NOAUTH");
    assert!(!home.join("ran").exists());
    tags(profile("password_file = 'elsewhere'")).env("REDISCLI_AUTH", "hunter2").run().ok();
}

#[test]
fn a_protected_profile_asks_for_its_name_before_any_write() {
    let server = Server::start();
    fill(Lib::V009, &server, "CM:");
    let text = format!(
        "default_profile = 'prod'\n[profiles.prod]\nurl = '{}'\nlayout = 'classic'\nprotected = true\n",
        server.url()
    );
    let invalidate = || with_config(&text).args(["invalidate", "--key", "plain:1"]);
    let before = server.dump();
    invalidate().run().code(2).says("profile 'prod' is protected").says("--confirm 'prod'");
    invalidate().args(["--yes", "--confirm", "prd"]).run().code(2);
    with_config(&text).args(["purge"]).run().code(2).says("protected");
    assert_same(&before, &server.dump());
    invalidate().arg("--dry-run").run().ok();
    with_config(&text).args(["tags", "list"]).run().ok();

    let terminal = Terminal::run(invalidate());
    terminal.wait_for("Type the profile's name");
    terminal.line("yes");
    assert_eq!(terminal.wait_exit(), 2);
    assert_same(&before, &server.dump());
    let terminal = Terminal::run(invalidate());
    terminal.wait_for("Type the profile's name");
    terminal.line("prod");
    assert_eq!(terminal.wait_exit(), 0);
    assert!(!crate::support::content::diff(&before, &server.dump()).is_empty());
    // One --confirm for the profile, one for the whole namespace.
    let all = || with_config(&text).args(["invalidate", "--pattern", "*", "--confirm", "prod"]);
    all().run().code(2).says("--confirm 'CM:'");
    all().args(["--confirm", "CM:"]).run().ok();

    let text = format!("default_profile = 'p'\n[profiles.p]\nurl = '{}'\nread_only = true\n", server.url());
    with_config(&text).args(["purge"]).run().code(2).says("read-only");
}

#[test]
fn init_asks_finds_the_namespace_and_writes_for_the_owner_alone() {
    let server = Server::start();
    fill(Lib::V009, &server, "shop:v2:");
    fill(Lib::V011, &server, "CM:");
    let terminal = Terminal::run(Cli::bare().args(["config", "init"]));
    terminal.wait_for("Name of the profile");
    terminal.line("prod");
    terminal.wait_for("URL of the server");
    terminal.line(&server.url());
    let screen = terminal.wait_for("Prefix of the namespace");
    assert!(screen.contains("shop:v2:") && screen.contains("CM:"), "{screen}");
    terminal.line("shop:v2:");
    terminal.wait_for("[y/N]");
    terminal.line("y");
    terminal.wait_for("cacheme --profile prod stats");
    assert_eq!(terminal.wait_exit(), 0);
    let home = terminal.home();
    let path = home.join(FILE);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    let tags = with_config(&text).args(["tags", "list"]).run();
    assert!(tags.ok().lines().len() > 3, "{}", tags.transcript());
    assert!(text.contains("protected = true"), "{text}");

    // Off a terminal nobody is asked; a second profile joins the first, whose name is taken.
    Cli::bare().args(["config", "init"]).run().code(2).says("--yes");
    let added = with_config(&text);
    let home = added.home();
    let more = ["config", "init", "--yes", "--profile", "test \"1\"", "--url", &server.url()];
    let added = added.args(more);
    added.run().ok();
    let more = std::fs::read_to_string(home.join(FILE)).unwrap();
    assert!(more.starts_with(&text), "{more}");
    let both = with_config(&more).args(["config", "check"]).run();
    assert_eq!(both.ok().lines().len(), 2);
    let again = with_config(&more).args(["config", "init", "--yes", "--profile", "prod"]).run();
    again.code(2).says("already");
}

#[test]
fn init_adds_to_a_file_what_it_means_or_leaves_it_alone() {
    let init = |cli: Cli| {
        cli.args(["config", "init", "--yes", "--profile", "new", "--url", "redis://u:hunter2@h/3"])
    };
    let names = |cli: Cli| {
        let rows = cli.args(["config", "check", "--format", "ndjson"]).run().ok().ndjson();
        let rows =
            rows.iter().map(|row| (row["profile"].as_str().unwrap().to_owned(), row["default"] == true));
        rows.collect::<Vec<_>>()
    };
    for (old, profiles) in [
        ("[profiles.a]\nurl = 'redis://a' # no end", &[("a", false), ("new", false)][..]),
        ("# mine\n[profiles]\n", &[("new", true)]),
        ("\u{feff}default_profile = \"a\"\r\n[profiles.a]\r\n", &[("a", true), ("new", false)]),
    ] {
        let cli = init(with_config(old));
        let path = cli.home().join(FILE);
        std::fs::rename(&path, cli.home().join("dotfile")).unwrap();
        std::os::unix::fs::symlink("../../dotfile", &path).unwrap();
        cli.run().ok().says("(redis://h:6379/3, prefix CM:)").never_says("hunter2");
        assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        let found = names(with_config(&text));
        assert_eq!(found.iter().map(|(name, is)| (&**name, *is)).collect::<Vec<_>>(), profiles, "{text}");
        let url = with_config(&text).args(["config", "show", "--profile", "new", "--format", "plain"]).run();
        assert!(url.ok().never_says("hunter2").text().contains("redis://h:6379/3"), "{}", url.transcript());
        // Once more it is refused, and nothing is touched.
        let again = init(with_config(&text));
        again.run().code(2).says("has a profile 'new' already");
        assert_eq!(std::fs::read_to_string(again.home().join(FILE)).unwrap(), text);
    }
    for closed in ["profiles = {}\n", "profiles = { a = { prefix = 'x' } }"] {
        let cli = init(with_config(closed));
        cli.run().code(2).says("nothing was changed").says("[profiles.\"new\"]").never_says("hunter2");
        assert_eq!(std::fs::read_to_string(cli.home().join(FILE)).unwrap(), closed);
    }
}

#[test]
fn init_offers_the_server_of_the_environment_and_takes_no_url_for_a_prefix() {
    let (server, other) = (Server::builder().password("hunter2").start(), Server::start());
    let known = format!("{}?pass=hunter2", server.url());
    for (answer, url) in [("", server.url()), (&other.url()[..], other.url())] {
        let cli = Cli::bare().env("CACHEME_URL", &known).args(["config", "init"]);
        let terminal = Terminal::sized(cli, 200, 24);
        terminal.wait_for("Name of the profile");
        terminal.line("shop");
        let offered = format!("URL of the server (environment CACHEME_URL) [{}?db=0]", server.url());
        terminal.wait_for(&offered);
        terminal.line(answer);
        terminal.wait_for("Prefix of the namespace");
        terminal.line("redis://x");
        terminal.wait_for("and no URL");
        terminal.line("");
        terminal.wait_for("[y/N]");
        terminal.line("");
        terminal.wait_for(&format!("Added profile 'shop' ({url}?db=0, prefix CM:)"));
        terminal.wait_for("It is the default: commands without --profile go there.");
        assert_eq!(terminal.wait_exit(), 0);
        assert!(!terminal.history().contains("hunter2"), "{}", terminal.history());
        let text = std::fs::read_to_string(terminal.home().join(FILE)).unwrap();
        assert_eq!(text.contains(&known), answer.is_empty(), "{text}");
    }
    let yes = ["config", "init", "--yes", "--profile", "two", "--url", &other.url()];
    let cli = with_config("[profiles.one]\n").args(yes);
    cli.run().ok().never_says("It is the default");
    let url = Cli::bare().args(yes).args(["--prefix", "redis://h"]).run();
    url.code(2).says("and no URL; nothing was written");
}

#[test]
fn a_file_without_mistakes_is_called_that_on_a_table_only() {
    let check =
        |format: &str| with_config("[profiles.a]\n").args(["config", "check", "--format", format]).run();
    check("table").ok().says("No mistakes in ");
    assert_eq!(check("plain").ok().stderr, "");
}
