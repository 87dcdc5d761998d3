//! What every format looks like: field names and their order, odd names, pipes, colours.

use serde_json::{Value, json};
use std::os::unix::ffi::OsStrExt as _;

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::seed::{ONE, Seed};
use crate::support::server::Server;
use crate::support::terminal::Terminal;

const LIST: &str = "key,state,ttl_seconds,size_bytes,expires_at,tags";
const FULL: &str = "key,redis_key,field,state,ttl_seconds,expires_at,size_bytes,encoding,value";
const INVALIDATED: &str = "matched,marked,deleted,dry_run,complete,layout,elapsed_ms";
const PURGED: &str = "buckets,scanned,expired,deleted,marked,dry_run,complete,elapsed_ms";

fn run(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).args(args).run()
}

fn small() -> Server {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["Book:100>owner", "plain"]).expires("plain", -60).tag("get_owner", ["Book:100>owner"]);
    seed.invalid("User:200", ["Book:100>owner", "gone"]);
    server
}

fn fields_of(value: &Value) -> String {
    let names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.join(",")
}

/// The fields of the contract come first and in order; more may follow.
#[track_caller]
fn starts_with(fields: &str, expected: &str, output: &Output) {
    if fields != expected && !fields.starts_with(&format!("{expected},")) {
        output.fail(&format!("the fields are {fields}, not {expected}"));
    }
}

#[test]
fn fields_and_their_order_are_the_contracts() {
    let server = small();
    let deep = "tag,keys,live,expired,pending,missing,bytes";
    let dump_indexes = format!("{FULL},tags,invalid_keys");
    let cases: &[(&[&str], &str)] = &[
        (&["tags", "list"], "tag,keys"),
        (&["tags", "list", "--deep"], deep),
        (&["tags", "show", "get_owner"], deep),
        (&["invalid-keys", "list"], "invalid_key,keys"),
        (&["invalid-keys", "list", "--deep"], "invalid_key,keys,live,expired,pending,missing,bytes"),
        (&["invalid-keys", "show", "User:200"], "invalid_key,keys,live,expired,pending,missing,bytes"),
        (&["keys", "list", "--key", "plain"], LIST),
        (&["keys", "show", "plain"], &dump_indexes),
        (&["keys", "dump", "--key", "plain"], FULL),
        (&["keys", "dump", "--key", "plain", "--indexes"], &dump_indexes),
        (&["keys", "dump", "--key", "plain", "--raw"], &FULL.replace("value", "value_base64")),
        (&["invalidate", "--key", "plain", "--dry-run"], INVALIDATED),
        (&["purge", "--dry-run"], PURGED),
    ];
    for (args, expected) in cases {
        let output = run(&server, &[*args, &["--format", "ndjson"]].concat());
        let rows = output.ok().ndjson();
        assert_eq!(rows.len(), 1, "{}", output.transcript());
        let fields = fields_of(&rows[0]);
        starts_with(&fields, expected, &output);

        let output = run(&server, &[*args, &["--format", "csv"]].concat());
        let lines = output.ok().lines();
        assert_eq!(lines.len(), 2, "{}", output.transcript());
        assert_eq!(lines[0], fields, "csv and JSON agree: {}", output.transcript());

        let output = run(&server, &[*args, &["--format", "plain"]].concat());
        let lines = output.ok().lines();
        assert_eq!(lines.len(), 1, "no header: {}", output.transcript());
        assert_eq!(lines[0].split('\t').count(), fields.split(',').count(), "{}", output.transcript());
    }
}

#[test]
fn rows_hold_what_the_server_holds() {
    let server = small();
    for (args, plain) in [
        (&["tags", "list"][..], "get_owner\t1"),
        (&["invalid-keys", "list"], "User:200\t2"),
        (&["tags", "list", "--deep"], "get_owner\t1\t1\t0\t0\t0\t5\t\t\t\t"),
        (&["invalid-keys", "list", "--deep"], "User:200\t2\t1\t0\t0\t1\t5\t\t"),
        (&["keys", "list", "--key", "Book:100>owner"], "Book:100>owner\tlive\t\t5\t\t"),
        (&["keys", "list", "--invalid-key", "User:200", "--state", "missing"], "gone\tmissing\t\t\t\t"),
    ] {
        assert_eq!(run(&server, args).ok().lines(), [plain]);
    }
    let shown = run(&server, &["keys", "show", "plain", "--format", "json"]).ok().json();
    let seconds = shown["ttl_seconds"].as_i64().unwrap();
    assert!((-70..=-60).contains(&seconds), "{shown}");
    assert!(shown["expires_at"].as_str().unwrap().ends_with('Z'), "{shown}");
    assert_eq!((&shown["state"], &shown["field"]), (&json!("expired"), &json!("base")));
    let row = run(&server, &["keys", "dump", "--key", "Book:100>owner", "--raw"]).ok().ndjson().remove(0);
    assert_eq!(row["value_base64"], "gARLAS4=");
    assert_eq!((&row["size_bytes"], &row["encoding"]), (&json!(5), &json!("pickle")));
    assert_eq!((&row["ttl_seconds"], &row["expires_at"]), (&Value::Null, &Value::Null));
    assert_eq!(row["redis_key"], "CM:Book:100");
}

#[test]
fn json_is_one_document_and_an_empty_list_is_one_too() {
    let server = small();
    let rows = run(&server, &["keys", "list", "--format", "json"]).ok().json();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    for command in [["tags", "list"], ["keys", "list"], ["keys", "dump"], ["invalid-keys", "list"]] {
        let none =
            |format| run(&server, &[&command[..], &["--prefix", "none:", "--format", format]].concat());
        assert_eq!(none("json").ok().json(), json!([]));
        assert_eq!(none("ndjson").ok().text(), "");
        assert_eq!(none("plain").ok().text(), "");
        assert_eq!(none("csv").ok().lines().len(), 1, "the header alone");
    }
    let several = run(&server, &["keys", "show", "plain", "Book:100>owner", "--format", "json"]).ok().json();
    assert_eq!(several.as_array().unwrap().len(), 2);
}

#[test]
fn some_fields_in_another_order() {
    let server = small();
    for (format, expected) in [
        ("plain", "live\tBook:100>owner\n"),
        ("csv", "state,key\nlive,Book:100>owner\n"),
        ("ndjson", "{\"state\":\"live\",\"key\":\"Book:100>owner\"}\n"),
    ] {
        let args = ["keys", "list", "--key", "Book:100>owner", "--fields", "state,key", "--format", format];
        assert_eq!(run(&server, &args).ok().text(), expected);
    }
    let output = run(&server, &["keys", "list", "--fields", "key,colour"]);
    output.code(2).says("no field 'colour'").says("key, state, ttl_seconds, size_bytes, expires_at, tags");
    let unchanged = server.dump();
    run(&server, &["invalidate", "--key", "plain", "--fields", "colour"]).code(2);
    crate::support::content::assert_same(&unchanged, &server.dump());
    let output = run(&server, &["purge", "--dry-run", "--format", "table", "--fields", "expired"]);
    assert!(output.ok().text().contains("expired"), "{}", output.transcript());
}

#[test]
fn lists_are_sorted_when_asked() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.value("big", &[b'x'; 900]).live(["a", "b"]);
    seed.tag("one_big", ["big"]).tag("three", ["a", "b", "gone"]).tag("two", ["a", "b"]);
    let names = |sort: &str| -> Vec<String> {
        let output = run(&server, &["tags", "list", "--sort", sort]);
        output.ok().lines().iter().map(|it| it.split('\t').next().unwrap().to_owned()).collect()
    };
    assert_eq!(names("keys"), ["three", "two", "one_big"]);
    assert_eq!(names("name"), ["one_big", "three", "two"]);
    assert_eq!(names("bytes"), ["one_big", "three", "two"]);
    let output = run(&server, &["tags", "list", "--sort", "bytes", "--format", "ndjson"]);
    assert_eq!(output.ok().ndjson()[0]["bytes"], 900);
    run(&server, &["tags", "list", "--sort", "colour"]).code(2);
}

/// Names nobody hopes for: each as bytes, as text, and whether JSON needs its base64.
const ODD: [(&[u8], &str, bool); 8] = [
    (b"line\nbreak", r"line\x0abreak", false),
    (b"nul\0it", r"nul\x00it", false),
    (b"esc\x1b[2J\x1b]0;owned\x07", r"esc\x1b[2J\x1b]0;owned\x07", false),
    (b"bad\xff\xfeutf8", r"bad\xff\xfeutf8", true),
    (b"like\\x41this", r"like\x5cx41this", false),
    ("pay\u{202e}lairepmi".as_bytes(), r"pay\xe2\x80\xaelairepmi", false),
    ("mark\u{61c}ed\u{2067}".as_bytes(), r"mark\xd8\x9ced\xe2\x81\xa7", false),
    (
        "tag\u{e0001}\u{e0068}\u{e0069}".as_bytes(),
        r"tag\xf3\xa0\x80\x81\xf3\xa0\x81\xa8\xf3\xa0\x81\xa9",
        false,
    ),
];

fn odd() -> Server {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    for (name, _, _) in ODD {
        seed.live([name]);
        seed.run("SADD", &[[b"CM:tag-", name].concat(), [b"CM:", name].concat()]);
        seed.run("SADD", &[[b"CM:", name, b":invalid"].concat(), [b"CM:", name].concat()]);
    }
    server
}

#[track_caller]
fn harmless(output: &Output) {
    for stream in [&output.stdout[..], output.stderr.as_bytes()] {
        let text = std::str::from_utf8(stream).unwrap_or_else(|_| output.fail("not UTF-8"));
        let unseen = "\u{202e}\u{61c}\u{2067}\u{e0001}\u{e0068}\u{e0069}";
        if text.chars().any(|c| (c.is_control() && !"\n\t".contains(c)) || unseen.contains(c)) {
            output.fail("a control character came through");
        }
    }
}

#[test]
fn odd_names_are_harmless_in_every_format() {
    let server = odd();
    for format in ["table", "plain", "csv", "json", "ndjson"] {
        for command in [
            &["keys", "list"][..],
            &["keys", "dump", "--indexes"],
            &["tags", "list"],
            &["invalid-keys", "list", "--deep"],
            &["tags", "show", "--escaped", r"tag-esc\x1b[2J\x1b]0;owned\x07"],
            &["keys", "show", "--escaped", r"esc\x1b[2J\x1b]0;owned\x07", r"bad\xff\xfeutf8"],
            &["tags", "show", "--escaped", r"not\x1bthere"],
            &["invalidate", "--tag", "--escaped", r"tag-nul\x00it", "--dry-run"],
        ] {
            let output = run(&server, &[command, &["--format", format]].concat());
            harmless(&output);
        }
    }
    for (name, _, _) in ODD.iter().filter(|(name, _, _)| !name.contains(&0)) {
        let name = std::ffi::OsStr::from_bytes(name);
        for before in
            [&["keys", "show"][..], &["tags", "show"], &["keys", "list", "--tag"], &["nonsense"], &["--url"]]
        {
            harmless(&Cli::new(&server).args(before).arg(name).run());
        }
    }
    let rows = run(&server, &["keys", "list", "--format", "ndjson"]).ok().ndjson();
    for (name, text, binary) in ODD {
        use base64::Engine as _;
        let row = rows.iter().find(|row| match binary {
            true => row["key"] == text,
            false => row["key"].as_str().map(str::as_bytes) == Some(name),
        });
        let row = row.unwrap_or_else(|| panic!("no row for {text}: {rows:?}"));
        let exact = binary.then(|| base64::engine::general_purpose::STANDARD.encode(name));
        assert_eq!(row.get("key_base64").and_then(Value::as_str), exact.as_deref());
    }
}

#[test]
fn what_is_printed_can_be_given_back() {
    let server = odd();
    let mut printed: Vec<String> = run(&server, &["keys", "list", "--fields", "key"])
        .ok()
        .lines()
        .iter()
        .map(|it| (*it).to_owned())
        .collect();
    printed.sort();
    let mut expected: Vec<&str> = ODD.iter().map(|(_, text, _)| *text).collect();
    expected.sort_unstable();
    assert_eq!(printed, expected);
    for text in &printed {
        let again = run(&server, &["keys", "list", "--escaped", "--key", text]);
        assert_eq!(again.ok().text(), format!("{text}\tlive\t\t5\t\t\n"));
        let tag = format!("tag-{text}");
        assert_eq!(run(&server, &["keys", "list", "--escaped", "--tag", &tag]).ok().lines().len(), 1);
        assert_eq!(run(&server, &["keys", "list", "--escaped", "--invalid-key", text]).ok().lines().len(), 1);
    }
    let file = printed.join("\n");
    let all = Cli::new(&server).args(["keys", "list", "--escaped", "--from-file", "-"]).stdin(file).run();
    assert_eq!(all.ok().lines().len(), ODD.len());
    assert!(all.lines().iter().all(|line| line.contains("\tlive")), "{}", all.transcript());
    // Without --escaped an escape is four characters like others.
    let literal = run(&server, &["keys", "list", "--key", r"line\x0abreak"]);
    assert!(literal.ok().text().contains("missing"), "{}", literal.transcript());
    // The command that show recommends works as it stands.
    let refresh =
        run(&server, &["keys", "show", "--escaped", r"bad\xff\xfeutf8", "--format", "json"]).ok().json();
    let refresh = refresh["refresh"].as_str().unwrap();
    Cli::shell(&server, refresh).run().ok();
    let row = run(&server, &["keys", "list", "--escaped", "--key", r"bad\xff\xfeutf8"]);
    assert!(row.ok().text().contains("\tpending\t"), "{}", row.transcript());
}

#[test]
fn csv_is_quoted() {
    let server = Server::start();
    Seed::classic(&server).live([r#"a,"b""#]);
    let output = run(&server, &["keys", "list", "--format", "csv"]);
    assert_eq!(output.ok().lines()[1], r#""a,""b""",live,,5,,"#);
}

#[test]
fn an_undecodable_value_keeps_the_columns() {
    let server = Server::start();
    Seed::classic(&server).value("a", ONE).value("b", b"text").value("c", b"\xff\x00");
    let output = run(&server, &["keys", "dump", "--format", "csv"]);
    let lines = output.ok().lines();
    assert_eq!(lines.len(), 4);
    let columns = lines[0].split(',').count();
    let rows = run(&server, &["keys", "dump", "--format", "plain"]);
    assert!(
        rows.ok().lines().iter().all(|line| line.split('\t').count() == columns),
        "{}",
        rows.transcript()
    );
    let shown = run(&server, &["keys", "show", "b", "--format", "json"]).ok().json();
    assert_eq!((&shown["encoding"], &shown["value"]), (&json!("raw"), &json!("text")));
    assert!(shown["undecoded"].as_str().unwrap().starts_with("not a pickle"), "{shown}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.run("EVAL", &["for i = 1, 30000 do redis.call('HSET', 'CM:k' .. i, 'base', ARGV[1]) redis.call('SADD', 'CM:t' .. i % 9000, 'CM:k' .. i) end", "0", "N."]);
    for command in [
        "keys list",
        "keys list --format csv",
        "keys list --format json",
        "keys list --format table",
        "keys dump",
        "keys dump --indexes",
        "tags list",
        "tags list --sort name",
        "tags list --deep",
        "completions bash",
        "--help",
        "stats --format plain",
    ] {
        let script = format!("cacheme {command} | head -1; echo ${{PIPESTATUS[0]}}");
        let output = Cli::shell(&server, &script).run();
        assert_eq!(output.ok().lines().last(), Some(&"0"), "{}", output.transcript());
        assert_eq!(output.stderr, "", "{}", output.transcript());
    }
    let full = Cli::shell(&server, "cacheme keys list > /dev/full; echo $?").run();
    assert_eq!(full.ok().lines(), ["1"], "{}", full.transcript());
    full.says("cannot write the output");
}

#[test]
fn tables_fit_the_terminal_and_hold_nothing_raw() {
    let server = odd();
    let long = "long:".repeat(40);
    Seed::classic(&server).live([&long]);
    let terminal = Terminal::run(Cli::new(&server).args(["keys", "list"]));
    assert_eq!(terminal.wait_exit(), 0);
    let screen = terminal.history();
    for text in ["key", "state", "ttl_seconds", "value size", r"esc\x1b[2J\x1b]0;owned\x07", r"line\x0abreak"]
    {
        assert!(screen.contains(text), "no {text} on\n{screen}");
    }
    assert!(terminal.screen().lines().all(|line| line.chars().count() <= 80), "{}", terminal.screen());

    let shown = Terminal::run(Cli::new(&server).args(["keys", "show", "--escaped", r"bad\xff\xfeutf8"]));
    assert_eq!(shown.wait_exit(), 0);
    let screen = shown.screen();
    for text in [
        "state",
        "live",
        "tags",
        r"tag-bad\xff\xfeutf8",
        "refresh",
        r"cacheme invalidate --escaped --key 'bad\xff\xfeutf8'",
    ] {
        assert!(screen.contains(text), "no {text} on\n{screen}");
    }
}

#[test]
fn a_long_name_breaks_between_its_parts_under_a_rule_as_long_as_the_table() {
    let server = Server::start();
    let parts =
        ["Shop:", "catalogue:", "warehouse:", "shelf:", "Product:1234567:", "en-GB", ">detail_of_the_page"];
    Seed::classic(&server).live([parts.concat()]);
    let terminal = Terminal::run(Cli::new(&server).args(["keys", "list"]));
    assert_eq!(terminal.wait_exit(), 0);
    let screen = terminal.screen();
    for part in parts {
        assert!(screen.contains(part), "{part} is broken on\n{screen}");
    }
    let (rules, lines): (Vec<_>, Vec<_>) =
        screen.lines().filter(|line| !line.trim().is_empty()).partition(|line| line.contains('─'));
    let longest = lines.iter().map(|line| line.trim_end().chars().count()).max();
    assert_eq!(rules.iter().map(|rule| rule.trim_end().chars().count()).max(), longest, "{screen}");
    // What is shown is copied: nothing unseen is in it.
    let piped = run(&server, &["keys", "list", "--format", "table"]);
    assert!(piped.ok().text().contains(&parts.concat()), "{}", piped.transcript());
}

#[test]
fn a_narrow_table_of_keys_leaves_its_room_to_the_keys() {
    let server = Server::start();
    let key = "Product:1234567:en-GB>detail";
    Seed::classic(&server).live([key]).tag("t", [key]).expires(key, 500);
    let screen = |columns: u16, more: &[&str]| {
        let cli = Cli::new(&server).args(["keys", "list"]).args(more);
        let terminal = Terminal::sized(cli, columns, 24);
        assert_eq!(terminal.wait_exit(), 0);
        terminal.screen()
    };
    let narrow = screen(80, &[]);
    assert!(narrow.contains(key) && narrow.contains("value size"), "{narrow}");
    assert!(!narrow.contains("expires_at") && !narrow.contains("tags"), "{narrow}");
    let wide = screen(120, &[]);
    assert!(wide.contains(key) && wide.contains("expires_at") && !wide.contains("tags"), "{wide}");
    let asked = screen(80, &["--fields", "key,expires_at,tags"]);
    assert!(asked.contains(key) && asked.contains("expires_at") && asked.contains("tags"), "{asked}");
    let piped = run(&server, &["keys", "list", "--format", "table"]);
    assert!(piped.ok().lines()[0].ends_with("expires_at"), "{}", piped.transcript());
}

#[test]
fn tables_show_numbers_and_times_as_people_read_them_unless_told() {
    let server = Server::start();
    let hour = 1_900_000_000_i64 / 3600 * 3600;
    let large = vec![b'x'; 1_468_006];
    Seed::classic(&server)
        .value("a>b", &large)
        .run("ZADD", &["CM:Meta:Expire-Buckets::CM:a", &hour.to_string(), "CM:a>b"])
        .tag("t", ["a>b"])
        .run("HSET", &["CM:meta:stats", "t:hits", "3000", "t:misses", "1000", "t:compute_us", "200400000"]);
    let cli = || Cli::new(&server).args(["--layout", "classic"]).env("TZ", "<+02>-2");
    let table = |args: &[&str]| {
        let output = cli().args(args).args(["--format", "table"]).run();
        output.ok().text().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let list = ["keys", "list", "--fields", "size_bytes,expires_at"];
    assert_eq!(table(&list).split(" ─").next(), Some("value size expires_at"));
    assert!(table(&list).ends_with("1.40 MiB 2030-03-17 19:00:00"), "{}", table(&list));
    let left = table(&["keys", "list", "--fields", "ttl_seconds"]);
    // Days, and hours where it is not a full day.
    assert!(left.split(' ').any(|word| word.len() > 1 && word.ends_with('d')), "{left}");
    let stats = table(&["stats"]);
    for row in ["t:hits 3,000", "t:hit_ratio 75%", "t:compute_seconds 3m 20s", "reclaimable_by_purge 0 B"] {
        assert!(stats.contains(row), "no {row} in {stats}");
    }
    // The exact ones, for who wants them and for every program.
    let exact = table(&[&list[..], &["--raw-numbers"]].concat());
    assert!(exact.ends_with("1468006 2030-03-17T17:00:00Z"), "{exact}");
    for format in ["plain", "csv", "json", "ndjson"] {
        let text = cli().args(list).args(["--format", format]).run();
        assert!(
            text.ok().text().contains("1468006") && text.text().contains("2030-03-17T17:00:00Z"),
            "{format}"
        );
    }
    let exact = cli().args(["stats", "--format", "table"]).env("CACHEME_RAW_NUMBERS", "1").run();
    assert!(exact.ok().text().contains("200.4") && !exact.text().contains("75%"), "{}", exact.transcript());
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let server = Server::start();
    let escape = "\u{1b}[";
    let coloured = |cli: Cli| {
        let terminal = Terminal::run(cli.args(["tags", "show", "nowhere"]));
        assert_eq!(terminal.wait_exit(), 4);
        terminal.coloured_screen().contains(escape)
    };
    assert!(coloured(Cli::new(&server)));
    assert!(!coloured(Cli::new(&server).env("NO_COLOR", "1")));
    assert!(!coloured(Cli::new(&server).args(["--color", "never"])));
    assert!(coloured(Cli::new(&server).env("NO_COLOR", "1").args(["--color", "always"])));
    let piped = run(&server, &["tags", "show", "nowhere"]);
    assert!(!piped.stderr.contains(escape), "{}", piped.transcript());
    let forced = Cli::new(&server).args(["tags", "show", "nowhere"]).env("CLICOLOR_FORCE", "1");
    assert!(forced.run().stderr.contains("\u{1b}[1;31merror\u{1b}[0m: there is no tag"));
    let both =
        Cli::new(&server).args(["tags", "show", "nowhere"]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    assert!(!both.run().stderr.contains(escape));
}

#[test]
fn states_and_severities_have_colours_beside_their_words() {
    let server = Server::start();
    Seed::classic(&server).live(["a", "b"]).expires("b", -5).marked(["a"]);
    let run = |words: &[&str]| Cli::new(&server).args(words).run().text().to_owned();
    let without = |text: &str| {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |shown, part| shown + part.split_once('m').map_or("", |(_, rest)| rest))
    };
    for words in [
        &["keys", "list", "--format", "table"][..],
        &["keys", "show", "a", "--format", "table"],
        &["doctor", "--quick", "--no-monitor", "--format", "table"],
        &["purge", "--dry-run", "--format", "table"],
    ] {
        let [plain, coloured] = ["never", "always"].map(|color| run(&[words, &["--color", color]].concat()));
        assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}["), "{words:?}: {coloured}");
        let same = |text: &str| -> Vec<String> {
            let numberless =
                text.lines().map(|line| line.trim_end().replace(|c: char| c.is_ascii_digit(), ""));
            numberless.collect()
        };
        assert_eq!(same(&without(&coloured)), same(&plain), "the colour says something that no word does");
    }
    for format in ["plain", "csv", "json", "ndjson"] {
        let data = run(&["keys", "list", "--format", format, "--color", "always"]);
        assert!(!data.contains('\u{1b}'), "{data}");
    }
}

#[test]
fn quiet_and_verbose() {
    let server = Server::start();
    Seed::classic(&server).live(["a"]).run("SET", &["CM:str", "x"]);
    let args = ["keys", "list", "--tag", "str"];
    let said = "warning: 'CM:str' is not a set; it was skipped\nwarning: no keys that match under the prefix 'CM:'\n";
    assert_eq!(run(&server, &[&args[..], &["-q"]].concat()).code(3).stderr, said);
    run(&server, &["tags", "show", "CM:a"]).code(4).says("hint: ");
    run(&server, &["tags", "show", "CM:a", "-q"]).code(4).never_says("hint: ");
    for args in [&["invalidate", "--tag", "typo", "--yes", "-q"][..], &["purge", "--tag", "typo", "-q"]] {
        run(&server, args).ok().says("warning: no tag 'typo'").never_says("hint: ");
    }
    let verbose = run(&server, &["keys", "list", "-v"]);
    verbose.ok().says("layout").says(&server.url());
    // A time as people read it.
    let year = jiff::Timestamp::now().to_string()[..5].to_owned();
    verbose.says(&format!("by the application's clock (--utc-offset) it is {year}"));
    // Errors are never silenced.
    run(&server, &["tags", "show", "nope", "-q"]).code(4).says("there is no tag 'nope'");
}

#[test]
fn a_terminal_has_lines_that_end_between_words() {
    let server = Server::start();
    Seed::classic(&server).live(["Book:100>owner", "Book:100>reviews"]).invalid("Gone:1", ["nothing>there"]);
    for (columns, command) in [
        (60, "cacheme doctor --quick --no-monitor"),
        (50, "cacheme keys list --tag nobody_has_heard_of_it"),
        (50, "cacheme keys list --key Book:100"),
        (60, "cacheme gc --dry-run"),
        (40, "cacheme keys list --limit few"),
    ] {
        let terminal = Terminal::sized(Cli::shell(&server, command), columns, 24);
        terminal.wait_exit();
        // The history joins what the terminal itself has broken.
        assert_eq!(terminal.screen(), terminal.history(), "{command}");
        assert!(terminal.screen().lines().count() > 1, "{}", terminal.screen());
    }
}

#[test]
fn a_table_of_values_has_a_paragraph_for_each_key() {
    let server = Server::start();
    Seed::classic(&server).live(["Book:100>owner", "Book:101>owner"]);
    let terminal = Terminal::run(Cli::shell(&server, "cacheme keys dump --format table"));
    assert_eq!(terminal.wait_exit(), 0);
    let screen = terminal.screen();
    for line in [
        " key         Book:100>owner",
        " key         Book:101>owner",
        " redis key   CM:Book:101",
        " state       live",
    ] {
        assert!(screen.lines().any(|shown| shown == line), "no {line:?}:\n{screen}");
    }
    assert!(screen.lines().any(str::is_empty), "{screen}");
}

#[test]
fn every_screen_says_which_bytes_it_shows() {
    let server = small();
    let table = |args: &[&str]| {
        let output = Cli::new(&server).args(args).args(["--format", "table"]).run();
        // As one line, however long the columns are.
        output.ok().text().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (args, says) in [
        (&["keys", "list"][..], "ttl_seconds value size"),
        // Nor does it say otherwise where nothing has a size.
        (&["keys", "list", "--state", "missing"], "ttl_seconds value size"),
        (&["keys", "top"], "ttl_seconds value size"),
        (&["keys", "show", "plain"], "value size 5 B"),
        (&["tags", "list", "--deep"], "missing value size"),
        (&["tags", "show", "get_owner"], "value size 5 B index memory"),
        (&["tags", "list", "--deep", "--raw-numbers"], "missing value bytes"),
        (&["tags", "show", "get_owner", "--raw-numbers"], "value bytes 5 index memory bytes"),
        (&["stats"], "memory values"),
        (&["stats", "--histogram"], "all keys, 10 B of values, by size"),
        (&["purge", "--dry-run"], "Would delete 1 value (5 B of values)"),
        (&["gc", "--dry-run"], "B of memory, "),
    ] {
        let text = table(args);
        assert!(text.contains(says), "{args:?}: {says}\n{text}");
    }
    // Whoever reads by program finds the names of old.
    let plain = run(&server, &["stats", "--format", "plain"]);
    assert!(plain.ok().text().contains("\nbytes\tvalues\t"), "{}", plain.transcript());
}

#[test]
fn a_record_does_not_name_a_unit_twice() {
    let server = Server::start();
    Seed::classic(&server).live(["plain"]).expires("plain", 300);
    let table = |flag: &[&str]| {
        let output = Cli::new(&server).args(["keys", "show", "plain", "--format", "table"]).args(flag).run();
        output.ok().lines().iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let (human, exact) = (table(&[]), table(&["--raw-numbers"]));
    assert!(
        human.iter().any(|line| line.starts_with("ttl  ") && (line.ends_with("5m") || line.ends_with("s"))),
        "{human:?}"
    );
    assert!(human.iter().any(|line| line.starts_with("idle  ")), "{human:?}");
    assert!(exact.iter().any(|line| line.starts_with("ttl seconds  ")), "{exact:?}");
}
