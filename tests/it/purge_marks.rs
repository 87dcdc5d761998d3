//! `purge --mark`: which keys it marks, against a model, for any selection.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::gate::held;
use crate::support::seed::{Seed, names, now, set};
use crate::support::server::Server;

type Names = BTreeSet<String>;

const TAGS: [&str; 3] = ["A", "B", "C"];
const INVALID_KEYS: [&str; 2] = ["I", "J"];

/// Numbers that are the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// The base and the field that a key's value has.
fn parts(name: &str) -> (&str, &str) {
    let mut parts = name.split('>');
    (parts.next().unwrap(), parts.next().unwrap_or("base"))
}

/// The name of a key's entry, and of its value.
fn of_value(name: &str) -> String {
    match parts(name) {
        (base, "base") => base.to_owned(),
        (base, field) => format!("{base}>{field}"),
    }
}

#[derive(Debug, Default)]
struct Key {
    marked: bool,
    /// By flag and name.
    indexes: BTreeSet<(&'static str, &'static str)>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    left: i64,
    size: Option<usize>,
}

#[derive(Debug, Default)]
struct Model {
    keys: BTreeMap<String, Key>,
    entries: BTreeMap<String, Entry>,
}

/// What is asked for.
#[derive(Debug, Default)]
struct Case {
    selected: Vec<(&'static str, &'static str)>,
    except: Vec<(&'static str, String)>,
    all: bool,
    larger: Option<usize>,
    grace: bool,
}

fn any_index(random: &mut Random) -> (&'static str, &'static str) {
    match random.one_in(3) {
        true => ("invalid-key", random.pick(&INVALID_KEYS)),
        false => ("tag", random.pick(&TAGS)),
    }
}

impl Model {
    fn random(random: &mut Random) -> Self {
        let mut model = Self::default();
        for _ in 0..random.pick(&[5, 60, 150]) {
            let field = random.pick(&["", ">x", ">x>1", ">x>2", ">x>1>z", ">y>1", ">base", ">base>1"]);
            let name = format!("b:{}{field}", random.below(25));
            let entry = Entry {
                left: random.pick(&[-90_000, -500, -500, 7_200]),
                size: (!random.one_in(5)).then(|| random.pick(&[0, 5, 1_000])),
            };
            model.entries.entry(of_value(&name)).or_insert(entry);
            let key = model.keys.entry(name).or_default();
            key.marked = random.one_in(6);
            key.indexes.extend((0..random.below(3)).map(|_| any_index(random)));
        }
        model
    }

    fn fill(&self, server: &Server, deleted: &[&str]) {
        redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
        let (mut pipe, now) = (redis::pipe(), now());
        for (value, entry) in &self.entries {
            let (base, field) = parts(value);
            let bucket = format!("CM:Meta:Expire-Buckets::CM:{base}");
            pipe.cmd("ZADD").arg(bucket).arg(now + entry.left).arg(format!("CM:{value}"));
            if let Some(size) = entry.size {
                pipe.cmd("HSET").arg(format!("CM:{base}")).arg(field).arg("v".repeat(size));
            }
        }
        for (name, key) in &self.keys {
            let own = deleted.iter().filter(|_| key.marked).map(|set| (*set).to_owned());
            let sets = key.indexes.iter().map(|(kind, name)| match *kind {
                "tag" => format!("CM:{name}"),
                _ => format!("CM:{name}:invalid"),
            });
            for set in sets.chain(own) {
                pipe.cmd("SADD").arg(set).arg(format!("CM:{name}"));
            }
        }
        pipe.exec(&mut server.connect()).unwrap();
    }

    fn names_of<'a>(&'a self, value: &'a str) -> impl Iterator<Item = (&'a String, &'a Key)> {
        self.keys.iter().filter(move |(name, _)| of_value(name) == value)
    }

    /// The entries that go.
    fn taken(&self, case: &Case) -> Names {
        let is_selected = |key: &Key| match case.all {
            true => case.selected.iter().all(|it| key.indexes.contains(it)),
            false => case.selected.iter().any(|it| key.indexes.contains(it)),
        };
        let spares = |value: &str| {
            case.except.iter().any(|(kind, name)| match *kind {
                "key" => of_value(name) == value,
                _ => self
                    .names_of(value)
                    .any(|(_, key)| key.indexes.iter().any(|it| (it.0, it.1) == (*kind, name.as_str()))),
            })
        };
        let is_taken = |(value, entry): &(&String, &Entry)| {
            entry.left <= if case.grace { -1_000 } else { 0 }
                && case.larger.is_none_or(|least| entry.size.unwrap_or(0) > least)
                && (case.selected.is_empty() || self.names_of(value).any(|(_, key)| is_selected(key)))
                && !spares(value)
        };
        self.entries.iter().filter(is_taken).map(|(value, _)| value.clone()).collect()
    }
}

impl Case {
    fn random(random: &mut Random, model: &Model) -> Self {
        let mut case = Self { all: random.one_in(3), grace: random.one_in(4), ..Self::default() };
        case.selected = (0..random.pick(&[0, 1, 1, 2])).map(|_| any_index(random)).collect();
        for _ in 0..random.pick(&[0, 0, 1, 2]) {
            let names: Vec<_> = model.keys.keys().collect();
            case.except.push(match random.one_in(3) {
                true => ("key", random.pick(&names).clone()),
                false => {
                    let (kind, name) = any_index(random);
                    (kind, name.to_owned())
                }
            });
        }
        case.larger = random.one_in(4).then(|| random.pick(&[0, 5]));
        case
    }

    fn args(&self) -> Vec<String> {
        let mut args: Vec<_> = self.selected.iter().map(|(kind, name)| format!("--{kind}={name}")).collect();
        args.extend(self.except.iter().map(|(kind, name)| format!("--except-{kind}={name}")));
        args.extend(self.larger.map(|size| format!("--larger-than={size}")));
        args.extend(self.all.then(|| "--match=all".to_owned()));
        args.extend(self.grace.then(|| "--grace=1000s".to_owned()));
        args
    }
}

fn deleted_sets(layout: &str) -> &'static [&'static str] {
    match layout {
        "classic" => &["CM:delete"],
        "meta" => &["CM:meta:deleted"],
        _ => &["CM:delete", "CM:meta:deleted"],
    }
}

/// Whether the log of the namespace holds nothing.
fn has_no_log(server: &Server) -> bool {
    !redis::Commands::exists::<_, bool>(&mut server.connect(), "CM:meta:log").unwrap()
}

fn any(layout: &str, seeds: std::ops::Range<u64>) {
    let (server, deleted) = (Server::start(), deleted_sets(layout));
    let mut marks = 0;
    for seed in seeds {
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed);
        let model = Model::random(&mut random);
        let case = Case::random(&mut random, &model);
        model.fill(&server, deleted);
        let before = server.dump();
        let purge = |how: &str| {
            let args = ["purge", "--mark", "--layout", layout, "--format", "json", how];
            Cli::new(&server).args(args).args(case.args()).run()
        };
        let rehearsed = purge("--dry-run");
        assert_same(&before, &server.dump());
        let done = purge("--quiet");
        let what = format!("seed {seed} {layout} {case:?}\n{}", done.transcript());
        let [rehearsed, done] = [rehearsed, done].map(|output| {
            let report: Value = serde_json::from_str(output.ok().text()).unwrap();
            assert_eq!((&report["complete"], &report["deleted"]), (&true.into(), &0.into()), "{what}");
            ["expired", "marked"].map(|field| report[field].as_u64().unwrap())
        });
        assert_eq!(rehearsed, done, "{what}");
        let taken = model.taken(&case);
        assert_eq!(done[0], taken.len() as u64, "{what}");
        let of_taken =
            |(name, key): &(&String, &Key)| taken.contains(&of_value(name)) && !key.indexes.is_empty();
        let known = model.keys.iter().filter(of_taken).map(|(name, _)| name.clone());
        let old: Names =
            model.keys.iter().filter(|(_, key)| key.marked).map(|(name, _)| name.clone()).collect();
        let all: Names = known.chain(taken.iter().cloned()).chain(old.iter().cloned()).collect();
        for set in deleted {
            assert_eq!(names(&server, set), all.iter().map(|name| format!("CM:{name}")).collect(), "{what}");
        }
        assert_eq!(done[1], all.difference(&old).count() as u64, "{what}");
        assert_eq!(has_no_log(&server), done == [0, 0], "{what}");
        marks += done[1];
        let mut left = Names::new();
        for base in model.entries.keys().map(|value| parts(value).0).collect::<BTreeSet<_>>() {
            left.extend(names(&server, &format!("CM:Meta:Expire-Buckets::CM:{base}")));
        }
        let kept = model.entries.keys().filter(|value| !taken.contains(*value));
        assert_eq!(left, kept.map(|value| format!("CM:{value}")).collect(), "{what}");
        let rest = |mut content: crate::support::content::Content| {
            content.retain(|name, _| {
                let name = String::from_utf8_lossy(name);
                !name.contains("Expire-Buckets")
                    && !deleted.contains(&&*name)
                    && !name.starts_with("CM:meta:")
            });
            content
        };
        assert_same(&rest(before), &rest(server.dump()));
    }
    assert!(marks > 100, "only {marks}");
}

#[test]
fn any_selection_marks_every_key_of_what_it_takes_and_no_other() {
    any("classic", 0..40);
}

#[test]
fn any_selection_marks_so_under_meta() {
    any("meta", 100..140);
}

#[test]
fn any_selection_marks_so_under_both_layouts() {
    any("both", 200..225);
}

#[test]
fn a_selection_that_means_nothing_marks_nothing() {
    for (layout, args) in [
        ("classic", &["--tag", "A"][..]),
        ("meta", &["--tag", "A"]),
        ("classic", &["--tag", "nope"]),
        ("classic", &["--invalid-key", "nope"]),
        ("classic", &["--match", "all", "--tag", "A", "--tag", "B"]),
        ("meta", &["--tag", "A", "--tag", "B", "--except-tag", "B"]),
        ("classic", &["--tag", "B", "--except-tag", "B"]),
    ] {
        let server = Server::start();
        let mut seed = if layout == "meta" { Seed::meta(&server) } else { Seed::classic(&server) };
        seed.live(["a>x", "b>x"]).expires("a>x", 7_200).expires("b>x", -100);
        seed.tag("A", ["a>x"]).tag("B", ["b>x>1"]).invalid("I", ["b>x>2"]);
        let before = server.dump();
        for how in [&["--dry-run", "--exit-code"][..], &[]] {
            let cli = Cli::new(&server).args(["purge", "--mark", "--layout", layout]).args(args).args(how);
            cli.run().ok();
            assert_same(&before, &server.dump());
        }
        assert!(has_no_log(&server), "{args:?}");
    }
}

#[test]
fn a_server_that_refuses_in_the_middle_leaves_a_count_and_an_entry_in_the_log() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["a>x", "b>x"]).expires("a>x", -100).expires("b>x", -100).tag("T", ["a>x>1"]);
    seed.run("ACL", &["SETUSER", "ops", "on", "nopass", "~*", "&*", "+@all", "-zrem"]);
    let purge = |args: &[&str]| {
        let url = format!("{}?user=ops", server.url());
        let cli = Cli::bare().args(["purge", "--layout", "classic", "--format", "json", "--url", &url]);
        let output = cli.args(args).run();
        let report = output.code(3).says("ZREM").json();
        ["expired", "deleted", "marked"].map(|field| report[field].clone())
    };
    assert_eq!(purge(&["--mark", "--tag", "T"]), [0, 0, 2].map(Value::from));
    assert_eq!(names(&server, "CM:delete"), set(&["CM:a>x", "CM:a>x>1"]));
    assert_eq!(purge(&[]), [0, 1, 0].map(Value::from));
    let log = Cli::new(&server).args(["log", "--format", "ndjson"]).run();
    assert_eq!(log.ok().lines().len(), 2, "{}", log.transcript());
}

/// Whatever is no exception any more once the marks are set is left to the next run: its other keys have no marks.
#[test]
fn an_entry_that_was_spared_while_keys_were_marked_is_not_taken_without_them() {
    for (layout, args, command) in [
        ("classic", &["--tag", "T", "--except-tag", "X"][..], "UNLINK CM:X"),
        ("both", &["--tag", "T", "--except-tag", "X"], "UNLINK CM:X"),
        ("classic", &["--except-tag", "X"], "UNLINK CM:X"),
        ("meta", &["--except-invalid-key", "I"], "UNLINK CM:I:invalid"),
        ("classic", &["--match", "all", "--tag", "T", "--tag", "W"], "SADD CM:W CM:a>x"),
        ("classic", &["--except-tag", "X", "--tag", "T", "--dry-run"], "UNLINK CM:X"),
        ("classic", &["--except-tag", "X", "--dry-run"], "UNLINK CM:X"),
    ] {
        let server = Server::start();
        let mut seed = if layout == "meta" { Seed::meta(&server) } else { Seed::classic(&server) };
        seed.live(["a>x", "b>x"]).expires("a>x", -100).expires("b>x", -100);
        seed.tag("T", ["a>x", "b>x"]).tag("U", ["a>x>1", "b>x>1"]);
        seed.tag("X", ["a>x"]).invalid("I", ["a>x"]).tag("W", ["b>x"]);
        let words: Vec<_> = command.split(' ').collect();
        let purge = || Cli::new(&server).args(["purge", "--mark", "--format", "json", "--layout", layout]);
        // First it is asked which keys are marked (of an index one by one), then which entries go.
        let first = if args.contains(&"--tag") { 2 } else { 1 };
        let (gate, running) = held(&server, purge().args(args), first, &["SMISMEMBER"]);
        redis::cmd(words[0]).arg(&words[1..]).exec(&mut server.connect()).unwrap();
        gate.open();
        let output = running.wait();
        let what = format!("{layout} {args:?}\n{}", output.transcript());
        let report = output.ok().json();
        let counted = ["expired", "marked", "complete"].map(|field| report[field].clone());
        assert_eq!(counted, [Value::from(1), 2.into(), true.into()], "{what}");
        if args.contains(&"--dry-run") {
            continue;
        }
        assert_eq!(names(&server, "CM:Meta:Expire-Buckets::CM:a"), set(&["CM:a>x"]), "{what}");
        let all = set(&["CM:a>x", "CM:a>x>1", "CM:b>x", "CM:b>x>1"]);
        purge().args(["--tag", "T"]).run().ok();
        for deleted in deleted_sets(layout) {
            assert_eq!(names(&server, deleted), all, "{what}");
        }
    }
}
