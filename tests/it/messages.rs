//! What is said when something cannot be done, read through as a whole: what happened, to what, what to do next.

use crate::support::cli::Cli;
use crate::support::ports::free_port;
use crate::support::relay::{Fault, Relay};
use crate::support::seed::Seed;
use crate::support::server::Server;

/// A home with files to stumble over, and a server with a tag, a key and a string under the prefix.
fn prepared(server: &Server, line: &str) -> Cli {
    let url = server.url();
    let config = format!(
        "default_profile = 'open'\n[profiles.open]\n[profiles.shop]\nurl = '{url}'\nprotected = true\n\
         [profiles.calm]\nread_only = true\n[profiles.mute]\nurl = 'redis://h'\npassword_command = 'exit 3'\n"
    );
    let script = format!("COLUMNS=80 exec cacheme {line} </dev/null");
    Cli::shell(server, line.strip_prefix('!').unwrap_or(&script))
        .file(".config/cacheme/config.toml", config)
        .file("wrong.toml", "[profiles.a]\nurll = 'x'\n")
        .file("decoded", "{\"key\":\"x\",\"value\":1}\n")
        .file("nonsense", "nonsense\n")
        .file("notes", "notes\n".repeat(12))
        .file("empty", "")
        .file("blank", "\n\n")
}

/// A line as a shell would have it, its exit code, and all that stderr says.
const SAID: &[(&str, i32, &str)] = &[
    // Servers and names.
    (
        "tags list --url http://h",
        2,
        "error: what was given is not a usable Redis URL: it must start with redis://, rediss://, redis+sentinel:// or unix://\n\
         hint: a URL is redis://HOST:PORT/DATABASE or unix:///PATH/TO/SOCKET?db=DATABASE\n",
    ),
    (
        "tags list --url localhost:6397",
        2,
        "error: what was given is not a usable Redis URL: it must start with redis://, rediss://, redis+sentinel:// or unix://\n\
         hint: did you mean redis://localhost:6397/0?\n",
    ),
    (
        "tags list --url cache.internal:6379",
        2,
        "error: what was given is not a usable Redis URL: it must start with redis://, rediss://, redis+sentinel:// or unix://\n\
         hint: put redis:// in front of it: redis://HOST:6379/0\n",
    ),
    (
        "tags list --url secret:hunter2",
        2,
        "error: what was given is not a usable Redis URL: it must start with redis://, rediss://, redis+sentinel:// or unix://\n\
         hint: a URL is redis://HOST:PORT/DATABASE or unix:///PATH/TO/SOCKET?db=DATABASE\n",
    ),
    (
        "tags list --prefix 'a>b'",
        2,
        "error: the prefix 'a>b' cannot be used: it holds '>', at which the library splits every key\n\
         hint: give --prefix the application's REDIS_CACHE_PREFIX\n",
    ),
    (
        "tags list --prefix ''",
        2,
        "error: an empty prefix makes every key of the database part of the namespace\n\
         hint: repeat it with --confirm '' if that is what you mean\n",
    ),
    (
        "keys list --pattern 'Book:['",
        2,
        "error: the pattern 'Book:[' cannot be used: a '[' is never closed (write '\\[' for the character \
         itself)\n\
         hint: put a backslash before a special character to match it as it is\n",
    ),
    (
        "keys list --pattern ''",
        2,
        "error: the pattern '' cannot be used: it is empty\n\
         hint: '*' matches everything\n",
    ),
    (
        "tags show gone",
        4,
        "error: there is no tag 'gone' under the prefix 'CM:'\n\
         hint: `cacheme tags list` shows what is there\n",
    ),
    (
        "invalid-keys show gone",
        4,
        "error: there is no invalid key 'gone' under the prefix 'CM:'\n\
         hint: `cacheme invalid-keys list` shows what is there\n",
    ),
    (
        "tags show CM:t",
        4,
        "error: there is no tag 'CM:t' under the prefix 'CM:'\n\
         hint: leave out the prefix: did you mean 't'?\n",
    ),
    (
        "tags show text",
        4,
        "error: there is no tag 'text' under the prefix 'CM:'\nhint: 'CM:text' is a string, not a set\n",
    ),
    (
        "keys show 'none['",
        4,
        "error: there is no key 'none[' under the prefix 'CM:'\n\
         hint: `cacheme keys list --pattern 'none\\[*'` lists the keys that begin so\n",
    ),
    (
        "keys show 'none*>a'",
        4,
        "error: there is no key 'none*>a' under the prefix 'CM:'\n\
         hint: `cacheme keys list --pattern 'none*>a'` lists the keys that match\n",
    ),
    (
        "tags list --url redis://h:port",
        2,
        "error: 'redis://…' is not a usable Redis URL: its port is not a number up to 65535 (a user and a password \
         end with '@')\n\
         hint: a URL is redis://HOST:PORT/DATABASE or unix:///PATH/TO/SOCKET?db=DATABASE\n",
    ),
    (
        "tags list --url redis:///0",
        2,
        "error: 'redis://…' is not a usable Redis URL: it names no host\n\
         hint: a URL is redis://HOST:PORT/DATABASE or unix:///PATH/TO/SOCKET?db=DATABASE\n",
    ),
    (
        "keys show gone",
        4,
        "error: there is no key 'gone' under the prefix 'CM:'\n\
         hint: `cacheme keys list --pattern 'gone*'` lists the keys that begin so\n",
    ),
    (
        "keys show t",
        4,
        "warning: 'CM:t' is not a hash; it was skipped\nerror: there is no key 't' under the prefix 'CM:'\n\
         hint: 'CM:t' is a set: `tags show` or `invalid-keys show` knows it\n",
    ),
    // Output.
    (
        "keys list --fields key,size",
        2,
        "error: there is no field 'size' here\nhint: the fields are key, state, ttl_seconds, size_bytes, expires_at, tags\n",
    ),
    (
        "keys list --format prometheus",
        2,
        "error: --format prometheus works only with `cacheme stats`, alone or with --live\n\
         hint: table, plain, json, ndjson and csv work here\n",
    ),
    (
        "purge --every 5m --format json",
        2,
        "error: --format json is one document, and --every has no end to it\n\
         hint: --format ndjson has an object a line, plain a row\n",
    ),
    (
        "stats --watch --format json",
        2,
        "error: --format json is one document, and --watch has no end to it\n\
         hint: --format ndjson has an object a line, plain a row\n",
    ),
    (
        "stats --output x.prom",
        2,
        "error: --output is for --format prometheus\n\
         hint: add --format prometheus, or send standard output into a file\n",
    ),
    (
        "keys dump --output no/where",
        2,
        "error: cannot write no/where: No such file or directory (os error 2)\n",
    ),
    (
        "keys dump --output d --format csv",
        2,
        "error: --output writes ndjson, which `keys restore` reads\n\
         hint: for another format, redirect standard output to a file\n",
    ),
    // Asking before writing.
    (
        "invalidate",
        2,
        "error: nothing was selected\n\
         hint: name keys with --key, --tag, --invalid-key, --pattern, --from-file or --raw-pattern\n",
    ),
    (
        "invalidate --tag t",
        2,
        "error: cannot ask for confirmation without a terminal; nothing was changed\n\
         hint: add --yes to do it, or --dry-run to see what it would do\n",
    ),
    (
        "invalidate --pattern '*' --yes",
        2,
        "error: this reaches the whole namespace; nothing was changed\n\
         hint: add --confirm 'CM:' to do it, or --dry-run to see what it would do\n",
    ),
    (
        "invalidate --raw-pattern '*' --yes",
        2,
        "error: this reaches keys outside the prefix; nothing was changed\n\
         hint: add --confirm '*' to do it, or --dry-run to see what it would do\n",
    ),
    (
        "invalidate --raw-pattern 'CM:*' --yes",
        2,
        "error: this reaches the whole namespace; nothing was changed\n\
         hint: add --confirm 'CM:' to do it, or --dry-run to see what it would do\n",
    ),
    (
        "invalidate --raw-pattern 'CM:*' --mark --yes",
        2,
        "error: --raw-pattern deletes Redis keys; it cannot mark them\n\
         hint: --pattern 'GLOB' --mark marks the values under a pattern\n",
    ),
    (
        "invalidate --key a --read-only",
        2,
        "error: `cacheme invalidate` would write, and read-only is set by flag --read-only; nothing was changed\n\
         hint: add --dry-run to see what it would do\n",
    ),
    (
        "purge --profile calm",
        2,
        "error: `cacheme purge` would write, and read-only is set by profile calm; nothing was changed\n\
         hint: add --dry-run to see what it would do\n",
    ),
    (
        "gc --yes --profile shop",
        2,
        "error: profile 'shop' is protected: `cacheme gc` would write; nothing was changed\n\
         hint: add --confirm 'shop' to do it, or --dry-run to see what it would do\n",
    ),
    // What has no dry run is not said to have one.
    (
        "stats --reset --read-only",
        2,
        "error: `cacheme stats --reset` would write, and read-only is set by flag --read-only; nothing was changed\n",
    ),
    (
        "stats --reset --yes --profile shop",
        2,
        "error: profile 'shop' is protected: `cacheme stats --reset` would write; nothing was changed\n\
         hint: add --confirm 'shop' to do it\n",
    ),
    (
        "keys restore empty --yes --read-only",
        2,
        "error: `cacheme keys restore` would write, and read-only is set by flag --read-only; nothing was changed\n\
         hint: add --dry-run to see what it would do\n",
    ),
    (
        "stats --reset",
        2,
        "error: cannot ask for confirmation without a terminal; nothing was changed\n\
         hint: add --yes to forget the recorded counters\n",
    ),
    (
        "stats --live 2m",
        2,
        "error: 120 s is a long time for MONITOR, which slows the whole server down\n\
         hint: add --yes to do it, or watch for 60s at most\n",
    ),
    (
        "events",
        2,
        "error: without --for this has no end, and MONITOR slows the whole server down\n\
         hint: add --yes to do it, or --for 60s at most\n",
    ),
    // Files.
    (
        "invalidate --from-file gone --yes",
        1,
        "error: cannot read the keys in gone: No such file or directory (os error 2)\n",
    ),
    (
        "invalidate --from-file - --from-file - --yes",
        2,
        "error: --from-file - is given twice, and standard input can be read only once\n\
         hint: put the keys into one stream, or give files by their names\n",
    ),
    ("keys restore gone --yes", 2, "error: cannot read gone: No such file or directory (os error 2)\n"),
    // Before anybody would be asked.
    ("keys restore gone", 2, "error: cannot read gone: No such file or directory (os error 2)\n"),
    (
        "keys restore decoded --yes",
        2,
        "error: line 1 of decoded holds a decoded value, which cannot be restored byte for byte\n\
         hint: dump the source with `keys dump --raw --indexes`\n",
    ),
    (
        "keys restore nonsense --yes",
        2,
        "warning: line 1 is not a dumped key: it is not a JSON object\n\
         error: the only line of nonsense is not a dumped key\n\
         hint: dump the source with `keys dump --raw --indexes`\n",
    ),
    // That a file is no dump is said once.
    (
        "keys restore notes --yes",
        2,
        "error: notes is not a dump: its first 10 lines are not dumped keys (line 1: it is not a JSON object)\n\
         hint: dump the source with `keys dump --raw --indexes`\n",
    ),
    // What to do about the source names no target.
    (
        "keys restore nonsense --yes --prefix y:",
        2,
        "warning: line 1 is not a dumped key: it is not a JSON object\n\
         error: the only line of nonsense is not a dumped key\n\
         hint: dump the source with `keys dump --raw --indexes`\n",
    ),
    ("keys restore empty --yes", 0, "warning: empty is empty: there is nothing to restore\n"),
    ("keys restore blank --yes", 0, "warning: blank holds only blank lines: there is nothing to restore\n"),
    (
        "keys restore nonsense --yes --from-line 3",
        0,
        "warning: nonsense ends at line 1, before line 3: there is nothing to restore\n",
    ),
    // Profiles and passwords.
    (
        "tags list --profile shp",
        2,
        "error: there is no profile 'shp' in HOME/.config/cacheme/config.toml\nhint: did you mean 'shop'?\n",
    ),
    (
        "tags list --profile x",
        2,
        "error: there is no profile 'x' in HOME/.config/cacheme/config.toml\n\
         hint: the profiles are open, shop, calm, mute\n",
    ),
    (
        "tags list --config gone.toml",
        2,
        "error: cannot read gone.toml: No such file or directory (os error 2)\n\
         hint: `cacheme --config gone.toml config init` makes a configuration file\n",
    ),
    (
        "tags list --config wrong.toml --profile a",
        2,
        "error: wrong.toml, line 2: there is no key 'urll' in profile 'a'\nhint: did you mean 'url'?\n",
    ),
    (
        "config check --config wrong.toml",
        2,
        "error: wrong.toml, line 2: there is no key 'urll' in profile 'a'\nhint: did you mean 'url'?\n\
         error: wrong.toml has 1 mistake\n",
    ),
    (
        "config init",
        2,
        "error: `config init` asks questions and needs a terminal\n\
         hint: add --yes, and --profile, --url and --prefix unless the defaults are right\n",
    ),
    (
        "config init --yes --profile shop",
        2,
        "error: HOME/.config/cacheme/config.toml has a profile 'shop' already; nothing was written\n\
         hint: give the new one another name with --profile\n",
    ),
    (
        "!env -u CACHEME_URL cacheme tags list --profile mute",
        2,
        "error: the password command of profile 'mute' failed: exit status: 3\n\
         hint: `cacheme --profile mute config show` shows where the password comes from\n",
    ),
    (
        "tags list --password-file gone",
        2,
        "error: cannot read the password file gone: No such file or directory (os error 2)\n\
         hint: `cacheme --password-file gone config show` shows where the password comes from\n",
    ),
    (
        "tags list --ask-password",
        2,
        "error: --ask-password needs a terminal\nhint: REDISCLI_AUTH or --password-file work without one\n",
    ),
    // What has no place here.
    (
        "browse",
        2,
        "error: `browse` needs a terminal\n\
         hint: `cacheme tags list` and `cacheme keys list` work without one\n",
    ),
    (
        "completions elvish --live",
        2,
        "error: there is no live completion for elvish\n\
         hint: `cacheme completions elvish` prints the script that completes commands and flags\n",
    ),
    (
        "keys list --limit few",
        2,
        "error: invalid value 'few' for '--limit <N>': 'few' is not a whole number\n\n\
         For more information, try 'cacheme keys list --help'.\n",
    ),
];

#[test]
fn each_says_what_happened_to_what_and_what_to_do() {
    let server = Server::start();
    Seed::meta(&server).live(["a"]).tag("t", ["a"]).run("SET", &["CM:text", "1"]);
    let before = server.dump();
    for (line, code, said) in SAID {
        let cli = prepared(&server, line);
        let output = cli.run();
        let shown = output.code(*code).stderr.replace(&cli.home().display().to_string(), "HOME");
        assert_eq!(shown, *said, "{}", output.transcript());
        voice(&shown);
    }
    crate::support::content::assert_same(&before, &server.dump());
    let nobody = format!("tags list --url redis://127.0.0.1:{}", free_port());
    voice(&prepared(&server, &nobody).run().code(1).says("hint: is the server running there?").stderr);
    let unnamed = prepared(&server, "invalidate 'Book:100>owner'").run();
    unnamed.code(2).says("tip: to name a key, write --key 'Book:100>owner'");
}

/// Errors begin small, end without a stop, and the hint comes behind.
#[track_caller]
fn voice(stderr: &str) {
    for line in stderr.lines().filter(|line| !line.is_empty() && !line.starts_with("For more")) {
        let (label, text) = line.split_once(": ").unwrap_or_default();
        assert!(["error", "warning", "hint", "note"].contains(&label), "{line}");
        let first = text.chars().next().unwrap_or('A');
        let is_name = ["REDISCLI_AUTH", "HOME/"].iter().any(|name| text.starts_with(name));
        assert!(!first.is_uppercase() || is_name, "a sentence begins: {line}");
        assert!(!text.ends_with('.'), "a full stop: {line}");
    }
    let hint = stderr.find("hint: ");
    assert!(hint.is_none_or(|at| at > 0), "a hint about nothing: {stderr}");
}

#[test]
fn no_login_that_was_given_somewhere_is_repeated() {
    let server = Server::start();
    let pairs = [
        ("--format", "\u{22}redis://u:s3cr3t@h\u{22}"),
        ("--format", "redis://u:s3c\u{1b}[0mr3t@h"),
        ("--format", "valkey://:s3cr3t@h"),
        ("--profile", " redis://u:s3cr3t@h,a@b"),
        ("--pace", "redis://h?password=s3cr3t"),
    ];
    let config = "[profiles.a]\nformat = 'redis://u:s3cr3t@h'\n";
    let mut all = vec![
        vec!["keys", "dump", "-oredis://u:s3cr3t@h/x"],
        vec!["tags", "list", "--url", "redis://", "--profile", "redis://u:s3cr3t@h"],
        vec!["keys", "list", "--fields", "key,redis://u:s3cr3t@h"],
        vec!["keys", "show", "redis://u:\ts3cr3t@h"],
        vec!["config", "check"],
    ];
    all.extend(pairs.map(|(flag, value)| vec!["tags", "list", flag, value]));
    for words in all {
        let run = Cli::new(&server).file(".config/cacheme/config.toml", config).args(&words).run();
        let said = format!("{}{}", run.text(), run.stderr);
        assert!(!said.contains("s3c") && !said.contains("r3t"), "{words:?}: {said}");
        assert!(said.contains('…'), "{words:?}: {said}");
    }
}

#[test]
fn what_a_server_repeats_of_a_login_is_not_told() {
    let server = Server::start();
    for refusal in [
        "ERR unknown command 'AUTH', with args beginning with: 'u' 's3cr3t' ",
        "ERR unknown command `AUTH`, with args beginning with: `u`, `s3cr3t`, ",
        "ERR no s3cr3t here",
    ] {
        let relay = Relay::before(&server, move |asked| asked.is("AUTH").then_some(Fault::Refuse(refusal)));
        let url = relay.url().replace("://", "://u:s3cr3t@");
        let run = Cli::bare().args(["--url", &url, "tags", "list"]).run();
        run.code(1).says("refused AUTH: ERR");
        assert!(!run.stderr.contains("s3cr3t"), "{}", run.stderr);
    }
}
