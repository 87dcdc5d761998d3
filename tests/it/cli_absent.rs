//! Names that match nothing are said, with the names that were probably meant; a listing of nothing says where something is.

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::output::Output;
use crate::support::seed::{Seed, names, set};
use crate::support::server::Server;
use crate::support::terminal::Terminal;

fn filled() -> Server {
    let server = Server::builder().tcp().start();
    let mut seed = Seed::classic(&server);
    seed.live(["Product:42>price", "Product:43>price", "Product:44>price", "Product:44>stock", "home"]);
    seed.tag("product_detail", ["Product:43>price"]).tag("product_details", ["Product:44>price"]);
    seed.tag("start", ["home"]).invalid("Shop:7", ["Product:43>price"]);
    server
}

fn run(server: &Server, args: &str) -> Output {
    Cli::new(server).args(args.split(' ')).args(["--layout", "classic"]).run()
}

const ABSENT: [(&str, &str); 7] = [
    ("invalidate --yes --tag product_detial", "no tag 'product_detial'; did you mean 'product_detail'?"),
    ("invalidate --yes --invalid-key Shop:8", "no invalid key 'Shop:8'; did you mean 'Shop:7'?"),
    ("invalidate --key Prodct:42>price", "no key 'Prodct:42>price'; did you mean 'Product:42>price'?"),
    ("invalidate --key Product:44>stok", "no key 'Product:44>stok'; did you mean 'Product:44>stock'?"),
    (
        "invalidate --key Product:43",
        "no key 'Product:43'; did you mean 'Product:43>price'? quote names that hold '>' in a shell",
    ),
    ("purge --tag strat", "no tag 'strat'; did you mean 'start'?"),
    ("purge --invalid-key Shop:77", "no invalid key 'Shop:77'; did you mean 'Shop:7'?"),
];

#[test]
fn a_name_that_is_not_there_is_said_with_what_was_meant() {
    let server = filled();
    for (args, warning) in ABSENT {
        let output = run(&server, args);
        output.ok().says(&format!("warning: {warning}"));
        run(&server, &format!("{args} --quiet")).ok().says(&format!("warning: {warning}"));
        run(&server, &format!("{args} --dry-run")).ok().says(warning);
    }
    // What is there is no news, whatever becomes of it; nor is anything like a name that nothing is like.
    let output = run(&server, "invalidate --yes --tag start --key home --invalid-key Shop:7");
    output.ok().never_says("warning");
    run(&server, "invalidate --key something:else>entirely").ok().says("no key 'something:else>entirely' (");
    run(&server, "keys list --tag product_detial").ok().says("did you mean 'product_detail'");
    run(&server, "tags show product_detial").code(4).says("did you mean 'product_detail'");
    run(&server, "keys show Product:42").code(4).says("did you mean 'Product:42>price'?");
    // A shell takes what stands behind `>` for a file: whoever names a base by it is told, whatever is done.
    for args in [
        "keys list --key Product:43",
        "keys dump --key Product:43",
        "keys top --key Product:43",
        "keys list --tag start --except-key Product:43",
        "invalidate --yes --tag start --except-key Product:43",
        "purge --except-key Product:43",
        "events --for 10ms --key Product:43",
        "events --for 10ms --tag start --except-key Product:43",
    ] {
        run(&server, args).ok().says("did you mean 'Product:43>price'? quote names that hold '>' in a shell");
    }
    // A key that nobody has asked for yet is nothing to speak of.
    run(&server, "events --for 10ms --key Product:99").ok().never_says("Product:99");
}

#[test]
fn strict_changes_nothing_where_a_name_is_not_there() {
    let server = filled();
    let before = server.dump();
    for (args, warning) in ABSENT {
        let (what, hint) = warning.split_once("; ").unwrap();
        let args = args
            .replace("invalidate", "invalidate --key home --tag start --yes")
            .replace("--yes --yes", "--yes");
        let output = run(&server, &format!("{args} --strict"));
        output.code(4).says(&format!("error: {what}; nothing was changed\nhint: {hint}"));
        assert_same(&before, &server.dump());
    }
    run(&server, "invalidate --key home --key CM:home --strict").code(4).says("did you mean 'home'?");
    let output = run(&server, "invalidate --yes --tag startt --tag strat --strict");
    output.code(4).says("no tag 'startt'").says("no tag 'strat'");
    assert_same(&before, &server.dump());
    run(&server, "invalidate --yes --strict --tag start").ok();
    assert_eq!(names(&server, "CM:delete"), set(&["CM:home"]));
}

#[test]
fn who_forgot_the_quotes_is_asked_whether_the_field_was_meant() {
    let ask = |server: &Server, key: &str| {
        let cli = Cli::new(server).args(["invalidate", "--layout", "classic", "--key", key]);
        let terminal = Terminal::run(cli);
        terminal.wait_for("instead? [y/N]");
        terminal
    };
    let server = filled();
    let terminal = ask(&server, "Product:44");
    assert!(terminal.screen().contains("'Product:44>price' or 'Product:44>stock'"), "{}", terminal.screen());
    terminal.line("y");
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(names(&server, "CM:delete"), set(&["CM:Product:44>price", "CM:Product:44>stock"]));
}

#[test]
fn a_key_that_a_shell_took_for_a_redirect_is_noticed_without_a_terminal() {
    let server = filled();
    for (key, file, says) in [
        ("Product:44", "price", "did you mean 'Product:44>price'? the output goes into the file 'price'"),
        // Nothing is stored of it yet.
        ("Product:9", "price", "did you mean 'Product:9>price'? the output goes into the file 'price'"),
        // That is a file, and no field.
        ("Product:9", "out.txt", "no key 'Product:9' (marked"),
    ] {
        let script = format!("cacheme invalidate --layout classic --key {key}>{file} </dev/null");
        Cli::shell(&server, &script).run().ok().says(says);
    }
    let script = "cacheme invalidate --layout classic --key Product:9 </dev/null | cat";
    Cli::shell(&server, script).run().ok().never_says("did you mean");
    // No key has such a field.
    let show = Cli::shell(&server, "cacheme keys show --layout classic nope >stdout").run();
    show.code(4).says("there is no key 'nope'").never_says("nope>stdout");
}

#[test]
fn who_forgot_the_quotes_and_sees_no_output_is_asked_for_the_one_key() {
    for (flag, question, marked) in [
        (
            "",
            "Refresh 'Product:44>price' at its next read? [y/N]",
            "Marked 1 and deleted 0 of 1 matching key",
        ),
        (
            "--delete",
            "Delete the value of 'Product:44>price'? [y/N]",
            "Marked 0 and deleted 1 of 1 matching key",
        ),
    ] {
        let server = filled();
        let script = format!("cacheme invalidate --layout classic {flag} --key Product:44>price");
        let terminal = Terminal::sized(Cli::shell(&server, &script), 200, 24);
        terminal.wait_for(question);
        terminal.line("y");
        assert_eq!(terminal.wait_exit(), 0);
        assert!(terminal.history().contains(marked), "{}", terminal.history());
        let stock = run(&server, "keys list --key Product:44>stock --fields state");
        assert_eq!(stock.ok().text(), "live\n");
    }
}

/// A line of a shell whose pattern lost what stands behind its `>`.
fn cut(server: &Server, command: &str) -> Cli {
    Cli::shell(server, &format!("cacheme --layout classic {command}"))
}

const CUT: &str = "the output goes into the file 'price', and 'Product:4*' matches keys with that field";

#[test]
fn a_pattern_that_a_shell_has_cut_changes_nothing_unasked() {
    let server = filled();
    let before = server.dump();
    let hint = "hint: did you mean --pattern 'Product:4*>price'? Quote names that hold '>' in a shell; if you meant \
                it, send the output to a file of another name";
    for how in ["--yes", "--yes --mark", "--yes --strict", "--yes --format json --tag start"] {
        let output = cut(&server, &format!("invalidate {how} --pattern Product:4*>price </dev/null")).run();
        output.code(2).says(&format!("error: {CUT}; nothing was changed\n{hint}"));
    }
    for (command, meant) in [
        ("invalidate --yes --pattern nothing* --pattern Product:43>>price", "'Product:43>price'"),
        ("invalidate --confirm CM: --pattern '*'>price", "'*>price'"),
    ] {
        cut(&server, command).run().code(2).says(&format!("did you mean --pattern {meant}?"));
    }
    assert_same(&before, &server.dump());
    // No key that matches has such a field, or the pattern names one, or nothing goes into a file.
    for command in [
        "invalidate --yes --pattern 'hom*' >price",
        "invalidate --yes --pattern 'Product:43*' >stock",
        "invalidate --yes --pattern 'Product:42>price' >price",
        "invalidate --yes --pattern 'Product:44*' | cat",
    ] {
        cut(&server, command).run().ok().never_says("did you mean");
    }
    assert_eq!(run(&server, "keys list").ok().text(), "");
}

#[test]
fn a_pattern_that_a_shell_has_cut_is_spoken_of_where_nothing_is_changed() {
    let server = filled();
    let before = server.dump();
    for command in [
        "keys list",
        "keys top",
        "keys dump",
        "events --for 1ms",
        "diff $CACHEME_URL $OTHER_URL",
        "invalidate --dry-run --yes",
    ] {
        let cut = |command: &str| cut(&server, command).env("OTHER_URL", server.tcp_url()).run();
        let output = cut(&format!("{command} --pattern Product:4*>price"));
        let meant = "did you mean --pattern 'Product:4*>price'? quote names that hold '>' in a shell";
        output.ok().says(&format!("warning: {CUT}; {meant}"));
        cut(&format!("{command} --pattern 'Product:4*' >rows")).ok().never_says("did you mean");
    }
    assert_same(&before, &server.dump());
}

#[test]
fn the_file_of_a_cut_pattern_counts_by_globs_slips_and_without_case() {
    let server = filled();
    let before = server.dump();
    for (file, says) in [
        ("pri*", "the file 'pri*', and 'Product:4*' matches keys whose fields match 'pri*' (price)"),
        ("PRIC?", "matches keys whose fields match 'PRIC?' (price)"),
        ("[op]rice", "matches keys whose fields match '[op]rice' (price)"),
        // Nobody calls a file so, whatever is stored.
        ("nothing*", "that name looks like the end of the pattern 'Product:4*>nothing*'"),
        ("[", "that name looks like the end of the pattern"),
        ("Price", "the file 'Price', and 'Product:4*' matches keys with the field 'price'"),
        ("prices", "the file 'prices', and 'Product:4*' matches keys with the field 'price'"),
    ] {
        let command = format!("--pattern Product:4*>'{file}'");
        let refused = cut(&server, &format!("invalidate --yes {command} </dev/null")).run();
        refused.code(2).says(says).says("; nothing was changed").says("Quote names that hold '>' in a shell");
        for command in ["keys list", "invalidate --dry-run"].map(|it| format!("{it} {command}")) {
            cut(&server, &command).run().ok().says("warning: the output goes into").says(says);
        }
    }
    let command = "invalidate --yes --raw-pattern 'CM:Product:4*' >";
    for (file, meant) in [("price", "'Product:4*>price'"), ("'pri*'", "'Product:4*>pri*'")] {
        let refused = cut(&server, &format!("{command}{file}")).run();
        refused.code(2).says(&format!("did you mean --pattern {meant}?"));
    }
    assert_same(&before, &server.dump());
    // A word that is no slip of a field is a file; so is one like the field of names without a `>`.
    for file in ["list", "pairs.txt", "case"] {
        let command = format!("invalidate --dry-run --pattern '*' >{file}");
        cut(&server, &command).run().ok().never_says("did you mean");
    }
}

#[test]
fn a_glob_behind_a_redirect_is_refused_before_anybody_is_asked() {
    let server = filled();
    let terminal = Terminal::sized(cut(&server, "invalidate --pattern Product:4*>'pri*'"), 200, 24);
    assert_eq!(terminal.wait_exit(), 2);
    assert!(!terminal.history().contains("[y/N]"), "{}", terminal.history());
}

#[test]
fn an_exception_that_a_shell_has_cut_changes_nothing() {
    let server = filled();
    let before = server.dump();
    let key = "'Product:44' excludes nothing: the shell took '>price' for a file";
    let of_key = format!("error: {key}; nothing was changed\nhint: Write --except-key 'Product:44>price'\n");
    for command in [
        "invalidate --tag product_details --delete --yes",
        "invalidate --tag product_details --strict --yes",
        "invalidate --key Product:43>>price",
        "purge",
        "purge --mark",
    ] {
        let refused = cut(&server, &format!("{command} --except-key Product:44>price </dev/null")).run();
        refused.code(2).says(&of_key);
    }
    for (except, says) in [
        (
            "--except-key Product:44>'pri*'",
            "took '>pri*' for a file; nothing was changed\nhint: Write --except-pattern 'Product:44>pri*'",
        ),
        ("--except-key Product:44>Prices", "hint: Write --except-key 'Product:44>price'"),
        (
            "--except-pattern 'Product:4*'>price",
            "error: the output goes into the file 'price', and 'Product:4*' matches keys with that field; \
             nothing was changed\nhint: did you mean --except-pattern 'Product:4*>price'?",
        ),
    ] {
        for command in ["invalidate --tag product_detail --yes", "purge"] {
            cut(&server, &format!("{command} {except} </dev/null")).run().code(2).says(says);
        }
    }
    let asked = cut(&server, "invalidate --tag product_details --except-key Product:44>price");
    let terminal = Terminal::sized(asked, 200, 24);
    assert_eq!(terminal.wait_exit(), 2);
    assert!(!terminal.history().contains("[y/N]"), "{}", terminal.history());
    assert_same(&before, &server.dump());
    // What changes nothing warns.
    for command in ["keys list --tag start", "invalidate --tag start --dry-run", "purge --dry-run"] {
        let output = cut(&server, &format!("{command} --except-key Product:44>price")).run();
        output.ok().says(&format!("warning: {key}. Write --except-key 'Product:44>price'"));
    }
    // A slip without a redirect stays a warning.
    let slip = "invalidate --tag start --yes --except-key Product:44 </dev/null | cat";
    cut(&server, slip).run().ok().says("warning: no key 'Product:44'").says("(it excludes nothing)");
}

#[test]
fn a_pattern_that_a_shell_has_cut_stands_above_the_question() {
    for (answer, code, left) in [("n", 2, 4), ("y", 0, 0)] {
        let server = filled();
        let cli = cut(&server, "invalidate --pattern Product:4*>price");
        let terminal = Terminal::sized(cli, 200, 24);
        terminal.wait_for("Delete 4 values? [y/N]");
        assert!(terminal.history().contains(CUT), "{}", terminal.history());
        terminal.line(answer);
        assert_eq!(terminal.wait_exit(), code);
        let told = terminal.history().contains("Marked 0 and deleted 4 of 4 matching keys");
        assert_eq!(told, code == 0, "{}", terminal.history());
        let listed = run(&server, "keys list --pattern Product:*");
        assert_eq!(listed.ok().text().lines().count(), left, "{}", listed.transcript());
    }
}

#[test]
fn who_meant_no_other_key_changes_nothing() {
    let server = filled();
    let before = server.dump();
    for answer in ["", "n", "no"] {
        let cli = Cli::new(&server).args(["invalidate", "--key", "home", "--key", "Product:43"]);
        let terminal = Terminal::run(cli.args(["--layout", "classic"]));
        terminal.wait_for("instead? [y/N]");
        terminal.line(answer);
        assert_eq!(terminal.wait_exit(), 2);
        assert!(terminal.history().contains("nothing was changed"), "{}", terminal.history());
        assert_same(&before, &server.dump());
    }
}

#[test]
fn a_key_that_is_marked_without_a_value_is_told_as_that() {
    let server = filled();
    let marked = "(marked anyway: it may be in progress)";
    run(&server, "invalidate --key Product:43").ok().says(marked);
    assert_eq!(names(&server, "CM:delete"), set(&["CM:Product:43"]));
    let would = "(would be marked anyway: it may be in progress)";
    run(&server, "invalidate --key gone --dry-run").ok().says(would);
    let twice = run(&server, "invalidate --key gone --key gone");
    assert_eq!(twice.ok().stderr.matches("no key 'gone'").count(), 1, "{}", twice.transcript());
    run(&server, "invalidate --key gone --delete").ok().says("no key 'gone'\n");
    run(&server, "invalidate --tag gone --yes").ok().says("no tag 'gone'\n");
    let file =
        Cli::new(&server).stdin("gone\nhome\n").args(["invalidate", "--from-file", "-", "--yes"]).run();
    file.ok().says("'gone' (marked anyway: they may be in progress)");
}

#[test]
fn what_a_question_is_still_to_decide_is_not_told_as_done() {
    let server = filled();
    let before = server.dump();
    let cli =
        Cli::new(&server).args(["invalidate", "--layout", "classic", "--key", "gone", "--tag", "start"]);
    let terminal = Terminal::sized(cli, 200, 24);
    terminal.wait_for("[y/N]");
    let would = "no key 'gone' (would be marked anyway: it may be in progress)";
    assert!(terminal.history().contains(would), "{}", terminal.history());
    terminal.line("n");
    assert_eq!(terminal.wait_exit(), 2);
    assert_same(&before, &server.dump());
}

#[test]
fn keys_that_are_marked_without_a_value_are_no_part_of_those_that_match() {
    let server = filled();
    for (args, says) in [
        (
            "--key gone --dry-run",
            "Would mark 'gone', which has no value (a worker may be computing it), layout",
        ),
        ("--key gone", "Marked 'gone', which has no value (a worker may be computing it), layout"),
        (
            "--key a>b --key c",
            "Marked 2 keys, none of which has a value (workers may be computing them), layout",
        ),
        ("--key gone", "Marked 0 and deleted 0 of 0 matching keys, layout"),
        ("--key gone --key d", "Marked 1 key, which has no value (a worker may be computing it), layout"),
        ("--key e --key home", "Marked 2 and deleted 0; 1 key matched, layout"),
    ] {
        let output = run(&server, &format!("invalidate {args} --format table"));
        assert!(output.ok().text().starts_with(says), "{}", output.transcript());
    }
}

#[test]
fn a_listing_of_nothing_says_where_something_is() {
    let server = filled();
    for list in ["tags list", "invalid-keys list", "keys list", "keys dump", "keys list --pattern Pro*"] {
        let output = run(&server, &format!("{list} --prefix shop: --format json"));
        output.ok().says("nothing is stored under the prefix 'shop:'; this database has the prefix 'CM:'");
        assert_eq!(output.text().trim(), "[]");
    }
    run(&server, "keys list --state computing").ok().says("no keys in these states under the prefix 'CM:'");
    run(&server, "keys list --pattern x*").ok().says("no keys that match under the prefix 'CM:'");
    // A warning is no hint: --quiet leaves it.
    for list in ["keys list --state computing", "keys list --tag nosuch", "keys dump --tag CM:start"] {
        run(&server, &format!("{list} -q")).ok().says("warning: no ").never_says("hint: ");
    }
    let output = run(&server, "tags list --prefix shop: -q");
    output.ok().says("nothing is stored under the prefix 'shop:'");
    run(&server, "keys list --limit 0").ok().never_says("warning");
    run(&server, "tags list").ok().never_says("warning");
    let empty = Server::start();
    run(&empty, "tags list").ok().says("no other namespace was found in database 0");
    Seed::classic(&empty).live(["a>b"]);
    run(&empty, "tags list").ok().says("no tags under the prefix 'CM:'");
}

/// The commands with selections, each with what else it needs. `URL` and `OTHER` are the server's.
const SELECTING: [(&str, &str); 7] = [
    ("keys-list", "keys list"),
    ("keys-top", "keys top"),
    ("keys-dump", "keys dump"),
    ("invalidate", "invalidate --yes --dry-run"),
    ("purge", "purge --dry-run"),
    ("diff", "diff URL OTHER"),
    ("events", "events --for 1ms"),
];

#[test]
fn every_command_with_a_selection_says_which_names_are_not_there() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/man");
    let mut pages = Vec::new();
    for page in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let name = page.file_name().into_string().unwrap();
        if std::fs::read_to_string(page.path()).unwrap().contains(r"\-\-except\-tag") {
            pages.push(name.strip_prefix("cacheme-").unwrap().strip_suffix(".1").unwrap().to_owned());
        }
    }
    assert_eq!(set(&SELECTING.map(|(page, _)| page)), pages.into_iter().collect(), "of these commands");
    let server = filled();
    for (_, command) in SELECTING {
        let command = command.replace("URL", &server.url()).replace("OTHER", &server.tcp_url());
        // Beside names that are there.
        let output = run(&server, &format!("{command} --tag start --tag strat --invalid-key Shop:8"));
        output.ok().says("warning: no tag 'strat'; did you mean 'start'?");
        output.says("warning: no invalid key 'Shop:8'; did you mean 'Shop:7'?").never_says("no tag 'start'");
        let output = run(&server, &format!("{command} --tag start --match all --tag product_detial"));
        output.ok().says("warning: no tag 'product_detial'; did you mean 'product_detail'?");
        let output =
            run(&server, &format!("{command} --tag start --except-tag strat --except-invalid-key Shop:7"));
        output.ok().says("warning: no tag 'strat'; did you mean 'start'?").never_says("no invalid key");
        // Who waits for a key to be computed has no use for it; the others have.
        if !command.starts_with("purge") && !command.starts_with("events") {
            let output = run(&server, &format!("{command} --key home --key homr"));
            output.ok().says("warning: no key 'homr'; did you mean 'home'?").never_says("no key 'home'");
        }
    }
}
