//! What `--output` names: a file appears whole or not at all, everything else is written as it stands.

use crate::support::cli::Cli;
use crate::support::gate::Gate;
use crate::support::proxy::{Proxy, Weather};
use crate::support::seed::Seed;
use crate::support::server::Server;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

fn filled(keys: usize) -> Server {
    let server = Server::builder().tcp().start();
    Seed::classic(&server).live((0..keys).map(|n| format!("Book:{n}>owner")));
    server
}

/// A line of bash in its home folder, where files may have any mode.
fn shell(server: &Server, script: &str) -> Cli {
    Cli::shell(server, &format!("umask 0; {script}"))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Every file there is but those of before.
fn left(home: &Path) -> Vec<String> {
    let names = std::fs::read_dir(home).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> =
        names.filter(|name| !matches!(&**name, ".config" | ".cache" | ".local")).collect();
    names.sort();
    names
}

fn rows(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap().lines().filter(|line| line.starts_with("{\"key\":")).count()
}

#[test]
fn what_is_no_regular_file_is_written_as_it_stands() {
    let server = filled(300);
    for (script, said) in [
        ("cacheme keys dump -o /dev/null && test -c /dev/null && echo still", "still\n"),
        ("cacheme keys dump -o /dev/stdout | wc -l", "300\n"),
        (
            "ln -s /dev/stdout link && cacheme keys dump -o link | wc -l && test -L link && echo still",
            "300\nstill\n",
        ),
        ("cacheme keys dump -o /dev/fd/3 3>three && wc -l <three", "300\n"),
        ("echo old >four; cacheme keys dump -o /dev/fd/3 3>>four && wc -l <four", "301\n"),
        ("echo old >five; cacheme keys dump -o /dev/stdout >>five; echo new >>five; wc -l <five", "302\n"),
        ("{ echo old; cacheme keys dump -o /dev/stdout; echo new; } >six; wc -l <six", "302\n"),
        ("cacheme keys dump -o >(wc -l >seven) && until test -s seven; do :; done; cat seven", "300\n"),
        (
            "mkfifo fifo; wc -l <fifo & cacheme keys dump -o fifo && wait && test -p fifo && echo still",
            "300\nstill\n",
        ),
        ("mkfifo f.gz; gzip -dc <f.gz | wc -l & cacheme keys dump -o f.gz && wait", "300\n"),
        ("cacheme keys dump -o /dev/stdout | head -n 1 | wc -l; echo ${PIPESTATUS[0]}", "1\n0\n"),
        ("cacheme stats --format prometheus --output /dev/stdout | grep -c ^cacheme_namespace_fields", "1\n"),
        (
            "mkfifo m; grep -c ^cacheme_namespace_fields m & cacheme stats --format prometheus --output m; wait",
            "1\n",
        ),
    ] {
        let out = shell(&server, script).run();
        assert_eq!(out.ok().text(), said, "{}", out.transcript());
    }
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let full = Cli::new(&server).args(["keys", "dump", "-o", "/dev/full"]).run();
    full.code(1).says("/dev/full: No space left on device").says("what was written before the error stays");
    // Whoever reads a FIFO and goes away has a part: that is no dump.
    let many = filled(1_000);
    let gone = shell(&many, "mkfifo f; head -c 1 <f >one & exec cacheme keys dump -o f");
    gone.run().code(1).says("f: Broken pipe").says("what was written before the error stays");
}

#[test]
fn a_link_leads_to_its_file_and_stays() {
    let server = filled(20);
    let script = "mkdir d; echo old >d/real; ln -s d/real link; ln -s ../link d/again; ln -s d/new dangling
        cacheme keys dump -o link && cacheme keys dump -o d/again && cacheme keys dump -o dangling &&
        test -L link -a -L d/again -a -L dangling && wc -l <d/real && wc -l <d/new && stat -c %a d/real d/new && ls -A d";
    let out = shell(&server, script).run();
    assert_eq!(out.ok().text(), "20\n20\n600\n600\nagain\nnew\nreal\n", "{}", out.transcript());
    for (script, said) in [
        ("mkdir there; cacheme keys dump -o there", "there: is a directory"),
        ("mkdir there; ln -s there link; cacheme keys dump -o link", "link: is a directory"),
        ("cacheme keys dump -o there/", "there/: is a directory"),
        ("ln -s loop loop; cacheme keys dump -o loop", "loop: Too many levels"),
        ("ln -s no/where link; cacheme keys dump -o link", "link: No such file"),
        ("cacheme keys dump -o no/where", "no/where: No such file"),
        ("touch file; cacheme keys dump -o file/x", "file/x: Not a directory"),
        ("cacheme keys dump -o ''", "--output"),
    ] {
        // Nobody is asked for a thing before: there is no server.
        let out = shell(&server, script).env("CACHEME_URL", "unix:///nowhere").run();
        out.code(2).says(said);
    }
}

#[test]
fn a_dump_is_for_its_owner_and_metrics_are_for_all() {
    let server = filled(5);
    let script = "touch loose loose.partial; chmod 666 loose*; cacheme keys dump -o loose && stat -c %a loose loose.partial
        umask 077; cacheme stats --format prometheus --output m.prom && stat -c %a m.prom";
    let out = shell(&server, script).run();
    assert_eq!(out.ok().text(), "600\n666\n644\n", "{}", out.transcript());
}

#[test]
fn a_name_that_somebody_left_there_is_not_followed() {
    let server = filled(5);
    Seed::classic(&server).run("RPUSH", &["CM:list", "x"]);
    let script = "echo mine >victim; ln -s victim d.partial
        cacheme keys dump --key 'Book:1>owner' --tag list -o d; echo $?
        cat victim; test -L d.partial || wc -l <d.partial; stat -c %a d.partial; ls d";
    let out = shell(&server, script).run();
    out.says("the dump is not complete; it was written to d.partial").says("'CM:list' is not a set");
    assert_eq!(out.text(), "3\nmine\n1\n600\n", "{}", out.transcript());
}

#[test]
fn two_dumps_at_once_do_not_meet() {
    let server = filled(500);
    let gate = Gate::<()>::new(&server);
    gate.close();
    let held = shell(&server, "exec cacheme keys dump -o d.gz").env("CACHEME_URL", gate.url());
    let home = held.home();
    let running = held.spawn();
    gate.hold_at(|words| words[0] == "SCAN" && words.last().is_some_and(|it| it == "hash"));
    let path = home.join("d.gz");
    let other = Cli::new(&server).args(["keys", "dump", "--key", "Book:1>owner", "-o"]).arg(&path).run();
    other.ok();
    let rows =
        || Cli::shell(&server, &format!("gzip -dc {} | wc -l", path.display())).run().ok().text().to_owned();
    assert_eq!(rows(), "1\n");
    gate.open();
    running.wait().ok();
    assert_eq!((rows(), left(&home)), ("500\n".to_owned(), vec!["d.gz".to_owned()]));
}

#[test]
fn a_run_that_fails_leaves_the_old_file_and_nothing_else() {
    let server = filled(2_000);
    let old = |cli: Cli| cli.file("d", "old\n");
    let check = |home: &Path| {
        assert_eq!(left(home), ["d"]);
        assert_eq!(std::fs::read_to_string(home.join("d")).unwrap(), "old\n");
    };
    // A full disk: here the limit on a file's size.
    for name in ["d", "d.gz", "d.zst"] {
        let limited = format!("trap '' XFSZ; ulimit -f 8; exec cacheme keys dump -o {name}");
        let full = old(shell(&server, &limited));
        full.run().code(1).says(&format!("{name}: File too large")).says("the unfinished file was removed");
        check(&full.home());
    }
    // The server goes silent.
    let proxy = Proxy::start(server.port(), Weather { silent_after: Some(60_000), ..Weather::default() });
    let lost = old(Cli::new(&server)).env("CACHEME_URL", proxy.url());
    let lost = lost.args(["keys", "dump", "-o", "d", "--timeout", "500ms"]);
    lost.run().code(1).says("did not answer").says("the unfinished file was removed");
    check(&lost.home());
    // Somebody ends it.
    for signal in ["TERM", "INT"] {
        let gate = Gate::<()>::new(&server);
        gate.close();
        let ended = old(Cli::new(&server)).env("CACHEME_URL", gate.url()).args(["keys", "dump", "-o", "d"]);
        let running = ended.spawn();
        gate.hold_at(|words| words[0].starts_with('H'));
        running.signal(signal);
        gate.open();
        running.wait().code(130).says("the dump was interrupted; the unfinished file was removed");
        check(&ended.home());
    }
    // Nor does a place where nothing can be written.
    let closed = shell(&server, "mkdir -m 555 c; cacheme keys dump -o c/d; echo $?; ls -A c").run();
    if !closed.text().starts_with('0') {
        closed.says("cannot write c/d: Permission denied");
        assert_eq!(closed.text(), "2\n");
    }
    let whole = old(Cli::new(&server)).args(["keys", "dump", "-o", "d"]);
    whole.run().ok();
    assert_eq!((rows(&whole.home().join("d")), mode(&whole.home().join("d"))), (2_000, 0o600));
}

#[test]
fn counters_of_a_sidecar_are_written_the_same_way() {
    let server = filled(5);
    let script = "echo old >real; ln -s real m.prom; umask 077
        cacheme purge --every 1h --output m.prom --format plain & pid=$!
        until grep -q cacheme_purge_runs m.prom; do sleep .01; done; kill $pid; wait $pid
        test -L m.prom && stat -c %a real && ls -A | grep -c partial";
    let out = shell(&server, script).run();
    assert!(out.text().ends_with("644\n0\n"), "{}", out.transcript());
}
