//! Exactly what is meant: selectors, exceptions and bounds together, against sets that the test computes itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use serde_json::Value;

use crate::support::cli::Cli;
use crate::support::content::assert_same;
use crate::support::output::Output;
use crate::support::relay::{Fault, Relay};
use crate::support::seed::{Seed, names, now, set};
use crate::support::server::Server;
use crate::support::wait_until;

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

const TAGS: [&str; 4] = ["red", "blue", "pinned", "many"];
const INVALID_KEYS: [&str; 3] = ["User:1", "User:2", "Shop:1"];
const GLOBS: [&str; 7] = ["*", "Book:*", "Book:*>owner", "*>price", "Shop:?", "Book:[1-4]>*", "Sh*>x"];
const STATES: [&str; 5] = ["live", "expired", "pending", "computing", "missing"];

#[derive(Debug, Clone, Default)]
struct Key {
    size: Option<u64>,
    /// Seconds left.
    ttl: Option<i64>,
    marked: bool,
    busy: bool,
    tags: BTreeSet<&'static str>,
    invalid_keys: BTreeSet<&'static str>,
}

impl Key {
    fn state(&self) -> &'static str {
        match self {
            Self { busy: true, .. } => "computing",
            Self { size: None, .. } => "missing",
            Self { marked: true, .. } => "pending",
            Self { ttl: Some(..=0), .. } => "expired",
            _ => "live",
        }
    }
}

type Names = BTreeSet<String>;

/// The base and the field of a key: what stands behind them, the library cuts.
fn parts(name: &str) -> (&str, &str) {
    let mut parts = name.split('>');
    (parts.next().unwrap(), parts.next().unwrap_or("base"))
}

/// The name that the value of a key is known by.
fn of_value(name: &str) -> String {
    match parts(name) {
        (base, "base") => base.to_owned(),
        (base, field) => format!("{base}>{field}"),
    }
}

#[derive(Clone)]
struct Model(BTreeMap<String, Key>);

impl Model {
    fn random(random: &mut Random) -> Self {
        let mut keys = BTreeMap::new();
        for _ in 0..200 {
            let base = format!("{}:{}", random.pick(&["Book", "Shop", "Author"]), random.below(30));
            let field = random.pick(&["", ">owner", ">price", ">x", ">owner>1", ">owner>2", ">x>y", ">base"]);
            let mut key = Key::default();
            if !random.one_in(8) {
                key.size = Some(random.pick(&[5, 5, 40, 1_000, 1_001, 3_000, 70_000]));
            }
            if random.one_in(2) {
                key.ttl = Some(random.pick(&[-90_000, -500, 900, 7_200, 400_000]));
            }
            (key.marked, key.busy) = (random.one_in(6), random.one_in(9));
            key.tags = TAGS.into_iter().filter(|_| random.one_in(3)).collect();
            key.invalid_keys = INVALID_KEYS.into_iter().filter(|_| random.one_in(4)).collect();
            let name = base + field;
            let value = of_value(&name);
            // Names of one value have its size and its timeout.
            if let Some((_, other)) =
                keys.iter().find(|(other, _): &(&String, &Key)| of_value(other) == value)
            {
                (key.size, key.ttl) = (other.size, other.ttl);
            }
            keys.insert(name, key);
        }
        Self(keys)
    }

    fn fill(&self, server: &Server, is_meta: bool) {
        redis::cmd("FLUSHALL").exec(&mut server.connect()).unwrap();
        let (deleted, progress) = match is_meta {
            true => ("CM:meta:deleted", "CM:meta:progress"),
            false => ("CM:delete", "CM:progress"),
        };
        let (mut pipe, now) = (redis::pipe(), now());
        for (name, key) in &self.0 {
            let member = format!("CM:{name}");
            let (base, field) = parts(name);
            if let Some(size) = key.size {
                let value = "x".repeat(usize::try_from(size).unwrap());
                pipe.cmd("HSET").arg(format!("CM:{base}")).arg(field).arg(value);
            }
            if let Some(ttl) = key.ttl {
                let bucket = format!("CM:Meta:Expire-Buckets::CM:{base}");
                pipe.cmd("ZADD").arg(bucket).arg(now + ttl).arg(format!("CM:{}", of_value(name)));
            }
            let tags = key.tags.iter().map(|tag| format!("CM:{tag}"));
            let invalid = key.invalid_keys.iter().map(|name| format!("CM:{name}:invalid"));
            let own = [(key.marked, deleted), (key.busy, progress)];
            let own = own.into_iter().filter(|(held, _)| *held).map(|(_, set)| set.to_owned());
            for set in tags.chain(invalid).chain(own) {
                pipe.cmd("SADD").arg(set).arg(&member);
            }
        }
        pipe.exec(&mut server.connect()).unwrap();
    }

    fn get(&self, name: &str) -> Key {
        let value = of_value(name);
        let of_others = || {
            let (_, other) = self.names_of(&value).next()?;
            Some(Key { size: other.size, ttl: other.ttl, ..Key::default() })
        };
        self.0.get(name).cloned().or_else(of_others).unwrap_or_default()
    }

    fn names_of<'a>(&'a self, value: &'a str) -> impl Iterator<Item = (&'a String, &'a Key)> {
        self.0.iter().filter(move |(name, _)| of_value(name) == value)
    }

    /// The values, each with the marks and computations of all its keys.
    fn rows(&self) -> BTreeMap<String, Key> {
        let values: Names =
            self.0.iter().filter(|(_, key)| key.size.is_some()).map(|(name, _)| of_value(name)).collect();
        let row = |value: String| {
            let mut row = self.get(&value);
            row.marked = self.names_of(&value).any(|(_, key)| key.marked);
            row.busy = self.names_of(&value).any(|(_, key)| key.busy);
            (value, row)
        };
        values.into_iter().map(row).collect()
    }

    fn those(&self, meant: impl Fn(&str, &Key) -> bool) -> Names {
        self.0.iter().filter(|(name, key)| meant(name, key)).map(|(name, _)| name.clone()).collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Selector {
    Key(String),
    Tag(&'static str),
    InvalidKey(&'static str),
    Pattern(&'static str),
}

impl Selector {
    fn random(random: &mut Random, model: &Model) -> Self {
        match random.below(9) {
            0 if random.one_in(3) => Self::Key("nobody".to_owned()),
            0 | 1 => Self::Key(random.pick(&model.0.keys().collect::<Vec<_>>()).clone()),
            2..=4 => Self::Tag(random.pick(&TAGS)),
            5 | 6 => Self::InvalidKey(random.pick(&INVALID_KEYS)),
            _ => Self::Pattern(random.pick(&GLOBS)),
        }
    }

    /// Its flag behind these dashes.
    fn flags(&self, dashes: &str) -> [String; 2] {
        let (flag, value) = match self {
            Self::Key(key) => ("key", key.as_str()),
            Self::Tag(tag) => ("tag", *tag),
            Self::InvalidKey(name) => ("invalid-key", *name),
            Self::Pattern(glob) => ("pattern", *glob),
        };
        [format!("{dashes}{flag}"), value.to_owned()]
    }

    /// Whether it means a key that somebody names.
    fn matches(&self, name: &str, key: &Key) -> bool {
        match self {
            Self::Key(key) => key == name,
            Self::Tag(tag) => key.tags.contains(tag),
            Self::InvalidKey(invalid) => key.invalid_keys.contains(invalid),
            Self::Pattern(glob) => matches(glob, name),
        }
    }

    /// Whether it takes away a value with all its keys.
    fn spares(&self, model: &Model, value: &str) -> bool {
        match self {
            Self::Key(key) => of_value(key) == value,
            Self::Pattern(glob) => matches(glob, value),
            _ => model.names_of(value).any(|(name, key)| self.matches(name, key)),
        }
    }
}

/// What the globs of this test mean.
fn matches(glob: &str, name: &str) -> bool {
    let (base, field) = parts(name);
    match glob {
        "*" => true,
        "Book:*" => base.starts_with("Book:"),
        "Book:*>owner" => base.starts_with("Book:") && field == "owner",
        "*>price" => field == "price",
        "Shop:?" => base.starts_with("Shop:") && base.len() == 6,
        "Book:[1-4]>*" => ["Book:1", "Book:2", "Book:3", "Book:4"].contains(&base),
        "Sh*>x" => base.starts_with("Sh") && field == "x",
        other => panic!("what is {other}?"),
    }
}

/// A selection, as it is asked for and as it is meant.
#[derive(Debug, Clone, Default)]
struct Case {
    selectors: Vec<Selector>,
    file: Option<Vec<String>>,
    all: bool,
    except: Vec<Selector>,
    states: Vec<&'static str>,
    larger: Option<u64>,
    smaller: Option<u64>,
    within: Option<i64>,
    after: Option<i64>,
    no_timeout: bool,
}

impl Case {
    fn random(random: &mut Random, model: &Model) -> Self {
        let mut case = Self { all: random.one_in(3), ..Self::default() };
        let selectors = random.below(4);
        case.selectors = (0..selectors).map(|_| Selector::random(random, model)).collect();
        if random.one_in(6) {
            let all: Vec<_> = model.0.keys().collect();
            let mut file: Vec<_> = (0..30).map(|_| random.pick(&all).clone()).collect();
            file.push("in-no-namespace".to_owned());
            case.file = Some(file);
        }
        let except = if random.one_in(2) { random.below(3) } else { 0 };
        case.except = (0..except).map(|_| Selector::random(random, model)).collect();
        // What is nothing less everything is no case.
        case.except.retain(|it| *it != Selector::Pattern("*"));
        if random.one_in(3) {
            case.states = STATES.into_iter().filter(|_| random.one_in(2)).collect();
        }
        if random.one_in(4) {
            case.larger = Some(random.pick(&[0, 5, 40, 1_000, 69_999]));
        }
        if random.one_in(5) {
            case.smaller = Some(random.pick(&[5, 41, 1_000, 1_001, 70_000, 100_000]));
        }
        // Bounds that nothing lies between are refused.
        case.smaller = case.smaller.filter(|most| case.larger.is_none_or(|least| *most > least + 1));
        match random.below(6) {
            0 => case.within = Some(random.pick(&[3_600, 86_400])),
            1 => case.after = Some(random.pick(&[1_800, 100_000])),
            2 => case.no_timeout = true,
            _ => {}
        }
        case
    }

    fn args(&self) -> Vec<String> {
        let mut args: Vec<String> = self.selectors.iter().flat_map(|it| it.flags("--")).collect();
        args.extend(self.except.iter().flat_map(|it| it.flags("--except-")));
        let mut flag = |name: &str, value: String| args.extend([name.to_owned(), value]);
        if self.file.is_some() {
            flag("--from-file", "keys".to_owned());
        }
        if self.all {
            flag("--match", "all".to_owned());
        }
        if !self.states.is_empty() {
            flag("--state", self.states.join(","));
        }
        for (name, bytes) in [("--larger-than", self.larger), ("--smaller-than", self.smaller)] {
            bytes.into_iter().for_each(|bytes| flag(name, bytes.to_string()));
        }
        for (name, seconds) in [("--expires-within", self.within), ("--expires-after", self.after)] {
            seconds.into_iter().for_each(|seconds| flag(name, format!("{seconds}s")));
        }
        if self.no_timeout {
            args.push("--no-timeout".to_owned());
        }
        args
    }

    /// Whether anything is to be taken away from what the selectors find.
    fn is_filtered(&self) -> bool {
        let distinct = self.selectors.iter().any(|it| *it != self.selectors[0]);
        let tests = self.all && (distinct || (self.file.is_some() && !self.selectors.is_empty()));
        tests
            || !self.except.is_empty()
            || !self.states.is_empty()
            || self.larger.or(self.smaller).is_some()
            || self.within.or(self.after).is_some()
            || self.no_timeout
    }

    fn is_whole(&self) -> bool {
        self.selectors.is_empty() && self.file.is_none()
    }

    /// Whether a key is meant as it is, whatever it is called.
    fn accepts(&self, key: &Key) -> bool {
        let left = key.ttl.filter(|ttl| *ttl > 0);
        (self.states.is_empty() || self.states.contains(&key.state()))
            && self.larger.is_none_or(|least| key.size.is_some_and(|size| size > least))
            && self.smaller.is_none_or(|most| key.size.is_some_and(|size| size < most))
            && self.within.is_none_or(|within| left.is_some_and(|left| left <= within))
            && self.after.is_none_or(|after| left.is_some_and(|left| left > after))
            && (!self.no_timeout || key.ttl.is_none())
    }

    fn spares(&self, model: &Model, name: &str) -> bool {
        self.except.iter().any(|it| it.spares(model, &of_value(name)))
    }

    fn only_patterns(&self) -> bool {
        self.file.is_none() && self.selectors.iter().all(|it| matches!(it, Selector::Pattern(_)))
    }

    /// The keys that are found and pass, those that a selector finds as values and those that one finds by their names. With
    /// `whole` an exception spares a value by whatever name.
    fn found(&self, model: &Model, whole: bool) -> [BTreeMap<String, Key>; 2] {
        let rows = model.rows();
        let of_values = self.states.iter().any(|it| ["live", "expired"].contains(it));
        let walks = self.is_whole() && (self.states.is_empty() || of_values);
        let is_cut_away = |name: &String, key: &Key| match whole {
            true => self.spares(model, name),
            false => self.except.iter().any(|it| it.matches(name, key)),
        };
        let row = |meant: &dyn Fn(&str) -> bool| -> BTreeMap<String, Key> {
            let meant = rows
                .iter()
                .filter(|(name, key)| meant(name) && self.accepts(key) && !self.spares(model, name));
            meant.map(|(name, key)| (name.clone(), key.clone())).collect()
        };
        let own = |meant: &dyn Fn(&str, &Key) -> bool| -> BTreeMap<String, Key> {
            let mut all: Names = model.0.keys().cloned().collect();
            all.extend(self.file.iter().flatten().cloned());
            all.extend(
                self.selectors
                    .iter()
                    .filter_map(|it| if let Selector::Key(key) = it { Some(key.clone()) } else { None }),
            );
            // What is found beside the values of the whole namespace is judged as these are, where it is one.
            let is_row = |name: &String| walks && rows.contains_key(name);
            let key = |name: &String| if is_row(name) { rows[name].clone() } else { model.get(name) };
            let all = all.into_iter().map(|name| (key(&name), name));
            let meant =
                all.filter(|(key, name)| meant(name, key) && self.accepts(key) && !is_cut_away(name, key));
            meant.map(|(key, name)| (name, key)).collect()
        };
        let in_file = |name: &str| self.file.iter().flatten().any(|it| it == name);
        let by = |it: &Selector, name: &str| it.matches(name, &model.get(name));
        if self.is_whole() {
            let asked = |name: &str| walks && rows.contains_key(name) && !self.spares(model, name);
            let wants = |state: &str| self.states.contains(&state);
            let found = [
                if walks { row(&|_| true) } else { BTreeMap::new() },
                own(&|name, _| {
                    let key = model.get(name);
                    // What nothing but a TTL bucket names is in no state.
                    let indexed = !key.tags.is_empty() || !key.invalid_keys.is_empty();
                    let marked = key.marked && (wants("missing") || (wants("pending") && !walks));
                    !asked(name)
                        && (marked || (key.busy && wants("computing")) || (indexed && wants("missing")))
                }),
            ];
            return found;
        }
        if self.all {
            let all = |name: &str| self.selectors.iter().all(|it| by(it, name));
            return match self.only_patterns() {
                true => [row(&all), BTreeMap::new()],
                false => {
                    [BTreeMap::new(), own(&|name, _| all(name) && (self.file.is_none() || in_file(name)))]
                }
            };
        }
        let (patterns, others): (Vec<_>, Vec<_>) =
            self.selectors.iter().partition(|it| matches!(it, Selector::Pattern(_)));
        let rows = row(&|name| patterns.iter().any(|it| by(it, name)));
        [rows, own(&|name, _| in_file(name) || others.iter().any(|it| by(it, name)))]
    }

    /// The keys that are meant.
    fn meant(&self, model: &Model, whole: bool) -> Names {
        let [rows, own] = self.found(model, whole);
        rows.into_keys().chain(own.into_keys()).collect()
    }

    /// Whether a set or a pattern finds a key that is meant: one that was only named counts where it is cached or computed.
    fn is_listed(&self, name: &str, key: &Key) -> bool {
        let by_name = |it: &Selector| matches!(it, Selector::Key(_));
        let is_set = |it: &&Selector| matches!(it, Selector::Tag(_) | Selector::InvalidKey(_));
        match self.all {
            true => self.file.is_none() && !self.selectors.iter().any(by_name),
            false => self.selectors.iter().filter(is_set).any(|it| it.matches(name, key)),
        }
    }

    /// What deletes: patterns that are walked.
    fn deletes(&self, name: &str) -> bool {
        let mut patterns = self.selectors.iter().filter(|it| matches!(it, Selector::Pattern(_)));
        let walked = !self.all || (self.file.is_none() && patterns.clone().count() == self.selectors.len());
        walked && patterns.any(|it| it.matches(name, &Key::default()))
    }
}

fn run(server: &Server, case: &Case, layout: &str, command: &[&str], more: &[&str]) -> Output {
    let file = case.file.iter().flatten().map(|key| format!("{key}\n")).collect::<String>();
    let cli = Cli::new(server).args(command).args(case.args()).args(["--layout", layout]).args(more);
    cli.file("keys", file).run()
}

fn found(output: &Output) -> Names {
    let rows = output.ok().lines().into_iter().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["key"].as_str().unwrap().to_owned()
    });
    let all: Vec<_> = rows.collect();
    let distinct: Names = all.iter().cloned().collect();
    assert_eq!(distinct.len(), all.len(), "a key twice: {}", output.transcript());
    distinct
}

fn report(output: &Output) -> [u64; 3] {
    let report: Value = serde_json::from_str(output.ok().text()).unwrap();
    assert_eq!(report["complete"], true, "{}", output.transcript());
    ["matched", "marked", "deleted"].map(|field| report[field].as_u64().unwrap())
}

fn marks(server: &Server, layout: &str) -> Names {
    let set = if layout == "meta" { "CM:meta:deleted" } else { "CM:delete" };
    names(server, set).iter().map(|member| member.strip_prefix("CM:").unwrap().to_owned()).collect()
}

fn valued(server: &Server, model: &Model) -> Names {
    let mut connection = server.connect();
    let mut held = |name: &str| {
        let (base, field) = parts(name);
        let held: bool =
            redis::cmd("HEXISTS").arg(format!("CM:{base}")).arg(field).query(&mut connection).unwrap();
        held
    };
    let all: Names = model.0.keys().map(|name| of_value(name)).collect();
    all.into_iter().filter(|name| held(name)).collect()
}

#[track_caller]
fn assert_same_names(said: &Names, meant: &Names, what: &str) {
    let differ: Vec<_> = said.symmetric_difference(meant).collect();
    assert!(differ.is_empty(), "{differ:?} is said or meant alone: {what}");
}

/// Whatever is marked so that what is being computed of these values does not settle.
fn marks_of_computed(model: &Model, values: &Names) -> Names {
    let mut marks = values.clone();
    marks.extend(model.those(|name, key| {
        let is_indexed = !key.tags.is_empty() || !key.invalid_keys.is_empty();
        values.contains(&of_value(name)) && (key.busy || (is_indexed && of_value(name) != name))
    }));
    marks
}

/// As many random selections, listed, dumped, invalidated in a rehearsal and in earnest.
fn algebra(layout: &str, seed: u64, cases: u64) {
    let (server, mut random) = (Server::start(), Random(seed));
    let (mut filtered, mut changed) = (0, 0);
    // More of them, for whoever looks for what these do not find.
    let cases = std::env::var("CACHEME_SELECTIONS").map_or(cases, |more| more.parse().unwrap());
    for _ in 0..cases {
        let model = Model::random(&mut random);
        let case = Case::random(&mut random, &model);
        model.fill(&server, layout == "meta");
        let meant = case.meant(&model, false);
        let what = format!("{layout} {case:?}");

        let list = run(&server, &case, layout, &["keys", "list"], &["--format", "ndjson"]);
        assert_same_names(&found(&list), &meant, &format!("{what}\n{}", list.transcript()));
        let with_value = meant.iter().filter(|name| model.get(name).size.is_some()).cloned().collect();
        let all = ["--format", "ndjson", "--fields", "key"];
        let dump = run(&server, &case, layout, &["keys", "dump"], &all);
        assert_same_names(&found(&dump), &with_value, &format!("dump {what}\n{}", dump.transcript()));
        let top = run(&server, &case, layout, &["keys", "top", "-n", "1000"], &all);
        assert_same_names(&found(&top), &with_value, &format!("top {what}\n{}", top.transcript()));

        let force: &[&str] = random.pick(&[&[][..], &["--mark"], &["--delete"]]);
        let command = [&["invalidate", "--confirm", "CM:", "--format", "json", "--yes"], force].concat();
        let before = server.dump();
        let rehearsed = run(&server, &case, layout, &command, &["--dry-run"]);
        if case.is_whole() {
            rehearsed.code(2).says("nothing was selected");
            continue;
        }
        let rehearsed = report(&rehearsed);
        assert_same(&before, &server.dump());
        let output = run(&server, &case, layout, &command, &[]);
        let done = report(&output);
        let what = format!("{force:?} {what}\n{}", output.transcript());
        assert_eq!(rehearsed, done, "{what}");
        let [rows, own] = case.found(&model, true);
        let meant: BTreeMap<_, _> = own.iter().chain(&rows).map(|(name, key)| (name.clone(), key)).collect();
        let (deleted, kept): (Names, Names) = meant.keys().cloned().partition(|name| match force {
            ["--mark"] => false,
            ["--delete"] => true,
            _ => case.deletes(name),
        });
        let values = |names: &Names| names.iter().map(|name| of_value(name)).collect::<Names>();
        let values_of_computed = values(&model.those(|_, key| key.busy));
        let mut computed: Names = values(&deleted).intersection(&values_of_computed).cloned().collect();
        let mut marked = model.those(|_, key| key.marked);
        marked.extend(kept);
        marked.extend(deleted.iter().filter(|name| computed.contains(&of_value(name))).cloned());
        // What a pattern means and is computed for the first time is marked, though no listing has it; so are keys of which a
        // hash does not tell the names.
        let is_pattern = |it: &&Selector| matches!(it, Selector::Pattern(_));
        let is_under = |name: &str, key: &Key| {
            let mut patterns = case.selectors.iter().filter(is_pattern);
            let by = |it: &Selector| it.matches(name, key);
            let walked = !case.all || case.only_patterns();
            let is_meant = case.accepts(key) && !case.spares(&model, name);
            walked
                && is_meant
                && if case.all {
                    patterns.next().is_some_and(by) && patterns.all(by)
                } else {
                    patterns.any(by)
                }
        };
        computed.extend(values(&model.those(|name, key| key.busy && is_under(name, key))));
        marked.extend(marks_of_computed(&model, &computed));
        if force == ["--mark"] {
            let is_indexed = |key: &Key| !key.tags.is_empty() || !key.invalid_keys.is_empty();
            marked.extend(
                model.those(|name, key| is_indexed(key) && of_value(name) != name && is_under(name, key)),
            );
        }
        if case.is_filtered() {
            let counts = |(name, key): &(&String, &&Key)| {
                key.size.is_some() || key.busy || rows.contains_key(*name) || case.is_listed(name, key)
            };
            assert_eq!(done[0], meant.iter().filter(counts).count() as u64, "{what}");
            filtered += 1;
        } else if force.is_empty() {
            // One selector after the other: what one has marked, another deletes.
            marked.extend(own.into_keys());
        }
        assert_same_names(&marks(&server, layout), &marked, &format!("marks: {what}"));
        let mut left: Names = model.rows().into_keys().collect();
        left.retain(|value| !values(&deleted).contains(value));
        assert_same_names(&valued(&server, &model), &left, &format!("values: {what}"));
        changed += u64::from(done[1] + done[2] > 0);
    }
    assert!(filtered * 3 > cases && changed * 4 > cases, "{filtered} filtered, {changed} changed something");
}

#[test]
fn any_selection_under_classic() {
    algebra("classic", 0x5eed, 110);
}

#[test]
fn any_selection_under_meta() {
    algebra("meta", 0xfeed, 110);
}

#[test]
fn any_selection_under_both_layouts() {
    algebra("both", 0xbeef, 40);
}

#[test]
fn any_purge() {
    let (server, mut random) = (Server::start(), Random(0xcafe));
    let mut purged = 0;
    for n in 0..100 {
        let (layout, model) = (if n % 2 == 0 { "classic" } else { "meta" }, Model::random(&mut random));
        let mut case = Case::random(&mut random, &model);
        case.selectors.retain(|it| matches!(it, Selector::Tag(_) | Selector::InvalidKey(_)));
        let (mut plain, file) = (case.clone(), case.file.take());
        drop(file);
        (case.states, case.within, case.after, case.no_timeout) = (Vec::new(), None, None, false);
        plain.selectors.clear();
        let is_due = |name: &str, key: &Key| {
            // An entry without a value has no bytes.
            let sized = Key { size: Some(key.size.unwrap_or(0)), ..key.clone() };
            let by = |it: &Selector| it.matches(name, key);
            let selected = match case.all {
                _ if case.selectors.is_empty() => true,
                true => case.selectors.iter().all(by),
                false => case.selectors.iter().any(by),
            };
            key.ttl.is_some_and(|ttl| ttl <= 0)
                && selected
                && case.accepts(&sized)
                && !case.spares(&model, name)
        };
        // Without an index, entries stand for their values.
        let mut due: Names = model.those(is_due).iter().map(|name| of_value(name)).collect();
        if case.selectors.is_empty() {
            due.extend(
                model.0.keys().map(|name| of_value(name)).filter(|value| is_due(value, &model.get(value))),
            );
        }
        model.fill(&server, layout == "meta");
        let before = server.dump();
        let command = ["purge", "--format", "json"];
        let rehearsed = run(&server, &case, layout, &command, &["--dry-run"]);
        assert_same(&before, &server.dump());
        let done = run(&server, &case, layout, &command, &[]);
        let what = format!("{layout} {case:?}\n{}", done.transcript());
        let [rehearsed, done] = [rehearsed, done].map(|output| {
            let report: Value = serde_json::from_str(output.ok().text()).unwrap();
            assert_eq!(report["complete"], true, "{what}");
            ["expired", "deleted", "marked"].map(|field| report[field].as_u64().unwrap())
        });
        assert_eq!(rehearsed, done, "{what}");
        assert_eq!(done[0], due.len() as u64, "{what}");
        purged += done[0];
        let mut left: Names = model.rows().into_keys().collect();
        left.retain(|name| !due.contains(name));
        assert_same_names(&valued(&server, &model), &left, &what);
        let rest = server.dump();
        let entries: Names =
            model.those(|_, key| key.ttl.is_some()).iter().map(|name| of_value(name)).collect();
        let entries = entries.difference(&due).count();
        let kept: usize = rest
            .keys()
            .filter(|name| name.starts_with(b"CM:Meta:Expire-Buckets"))
            .map(|name| names(&server, std::str::from_utf8(name).unwrap()).len())
            .sum();
        assert_eq!(kept, entries, "{what}");
    }
    assert!(purged > 500, "only {purged}");
}

#[test]
fn one_bucket_with_more_due_entries_than_a_page_is_gone_through_whole() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    let keys: Vec<String> = (0..1_000).map(|n| format!("big>f{n:04}")).collect();
    seed.live(&keys).tag("pinned", keys.iter().step_by(3));
    keys.iter().for_each(|key| {
        seed.expires(key, -1_000);
    });
    let purge = |args: &[&str]| {
        let output =
            Cli::new(&server).args(["purge", "--except-tag", "pinned", "--format", "json"]).args(args).run();
        serde_json::from_str::<Value>(output.ok().text()).unwrap()
    };
    let (rehearsed, done) = (purge(&["--dry-run"]), purge(&[]));
    assert_eq!((&rehearsed["expired"], &done["expired"]), (&666.into(), &666.into()));
    assert_eq!(names(&server, "CM:big").len(), 334);
    assert_eq!(purge(&[])["expired"], 0);
    let left = Cli::new(&server).args(["purge", "--format", "json"]).run();
    assert!(left.ok().text().contains("334"), "{}", left.transcript());
}

/// Keys of three segments share a value, and hashes do not tell their names.
#[test]
fn a_pinned_key_of_three_segments_keeps_its_value() {
    for layout in ["classic", "meta"] {
        let server = Server::start();
        let mut seed = if layout == "meta" { Seed::meta(&server) } else { Seed::classic(&server) };
        seed.live(["a>b>c", "a>d>e", "f", "g>x"])
            .tag("pinned", ["a>b>c", "f>base"])
            .tag("all", ["a>b>c", "a>d>e"]);
        seed.expires("a>b", -100).expires("a>d", -100);
        let cli = |args: &[&str]| Cli::new(&server).args(args).args(["--layout", layout]).run();
        let list = |args: &[&str]| {
            let output = cli(&[&["keys", "list", "--fields", "key"], args].concat());
            output.ok().lines().into_iter().map(str::to_owned).collect::<Names>()
        };
        assert_eq!(list(&["--except-tag", "pinned"]), set(&["a>d", "g>x"]));
        assert_eq!(list(&["--pattern", "*", "--except-key", "a>b>c"]), set(&["a>d", "f", "g>x"]));
        assert_eq!(list(&["--tag", "all", "--except-tag", "pinned"]), set(&["a>d>e"]));
        assert_eq!(list(&["--tag", "all", "--pattern", "a>b", "--match", "all"]), set(&["a>b>c"]));
        let purge = ["purge", "--except-tag", "pinned", "--mark", "--format", "json"];
        let [rehearsed, done] = [&["--dry-run"][..], &[]].map(|more| {
            let output = cli(&[&purge[..], more].concat());
            let report: Value = serde_json::from_str(output.ok().text()).unwrap();
            (report["expired"].clone(), report["marked"].clone())
        });
        assert_eq!(rehearsed, done);
        assert_eq!(marks(&server, layout), set(&["a>d", "a>d>e"]), "marked by every name");
        // A mark has to be found under the name that a reader asks for.
        let mark = ["invalidate", "--pattern", "*", "--mark", "--except-tag", "pinned", "--confirm", "CM:"];
        redis::cmd("DEL").arg("CM:delete").arg("CM:meta:deleted").exec(&mut server.connect()).unwrap();
        cli(&mark).ok();
        assert_eq!(marks(&server, layout), set(&["a>d", "a>d>e", "g>x"]));
        cli(&["invalidate", "--pattern", "*", "--except-tag", "pinned", "--confirm", "CM:"]).ok();
        assert_eq!(list(&[]), set(&["a>b", "f"]));
    }
}

#[test]
fn a_pattern_with_exceptions_marks_what_is_computed_for_the_first_time() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["Book:1>x", "Book:2>x"]).busy(["Book:1>x", "Book:7>x", "Book:8>x", "Shop:1>x"]);
    seed.tag("pinned", ["Book:2>x", "Book:8>x"]);
    let args =
        ["invalidate", "--pattern", "Book:*", "--except-tag", "pinned", "--yes", "--layout", "classic"];
    let rehearsed = Cli::new(&server).args(args).args(["--dry-run", "--format", "json"]).run();
    let done = Cli::new(&server).args(args).args(["--format", "json"]).run();
    assert_eq!(report(&rehearsed), report(&done));
    assert_eq!(report(&done), [1, 2, 1]);
    assert_eq!(marks(&server, "classic"), set(&["Book:1>x", "Book:7>x"]));
}

#[test]
fn the_example_of_the_contract_is_one_command() {
    let server = Server::start();
    let mut seed = Seed::meta(&server);
    for n in 0..20 {
        seed.value(format!("Book:{n}>reviews"), &vec![b'x'; if n % 2 == 0 { 1_000_001 } else { 1_000_000 }]);
    }
    let all: Vec<_> = (0..20).map(|n| format!("Book:{n}>reviews")).collect();
    seed.tag("reviews", &all).tag("pinned", &all[..5]);
    let args = ["--tag", "reviews", "--larger-than", "1MB", "--except-tag", "pinned"];
    let list = Cli::new(&server).args(["keys", "list"]).args(args).run();
    assert_eq!(list.ok().lines().len(), 7);
    let invalidate = |more: &[&str]| Cli::new(&server).args(["invalidate"]).args(args).args(more).run();
    invalidate(&[]).code(2).says("cannot ask for confirmation");
    for (more, said) in
        [("--dry-run", "Would mark 7 and delete 0 of 7"), ("--yes", "Marked 7 and deleted 0 of 7")]
    {
        let output = invalidate(&[more, "--format", "table"]);
        assert!(output.ok().text().contains(said), "{}", output.transcript());
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_to_do() {
    let server = Server::start();
    Seed::classic(&server)
        .live(["a>b", "c>d"])
        .tag("t", ["a>b"])
        .tag("pinned", ["c>d"])
        .run("RPUSH", &["CM:list", "x"]);
    let before = server.dump();
    for (args, code, said) in [
        (&["invalidate", "--except-tag", "t", "--yes"][..], 2, "--pattern '*' to select the whole namespace"),
        (&["invalidate", "--match", "all", "--yes"], 2, "nothing was selected"),
        (&["invalidate", "--raw-pattern", "CM:*", "--except-tag", "t"], 2, "--raw-pattern"),
        (&["invalidate", "--raw-pattern", "CM:*", "--larger-than", "1"], 2, "--pattern 'GLOB'"),
        (&["invalidate", "--raw-pattern", "CM:*", "--tag", "t", "--match", "all"], 2, "--raw-pattern"),
        (&["invalidate", "--pattern", "*", "--except-tag", "t", "--yes"], 2, "--confirm 'CM:'"),
        (&["keys", "list", "--no-timeout", "--expires-within", "1h"], 2, "cannot be used with"),
        (&["keys", "list", "--no-timeout", "--expires-after", "1h"], 2, "cannot be used with"),
        (&["keys", "list", "--expires-within", "1h", "--expires-after", "1h"], 2, "no key expires"),
        (&["keys", "list", "--larger-than", "1k", "--smaller-than", "1001"], 2, "leave nothing"),
        (&["keys", "list", "--larger-than", "1 apple"], 2, "64KiB"),
        (&["keys", "list", "--except-pattern", "["], 2, "'['"),
        (&["purge", "--state", "live"], 2, "unexpected argument"),
        (&["purge", "--smaller-than", "5", "--larger-than", "5"], 2, "leave nothing"),
        (&["invalidate", "--pattern", "a*", "--except-tag", "list", "--yes"], 1, "CM:list"),
        (&["keys", "list", "--except-tag", "list"], 1, "CM:list"),
        (
            &["keys", "list", "--tag", "t", "--except-tag", "delete", "--layout", "classic"],
            2,
            "reserved name",
        ),
        (&["purge", "--except-tag", "list"], 1, "CM:list"),
        (&["invalidate", "--tag", "t", "--except-tag", "pined", "--strict", "--yes"], 4, "no tag 'pined'"),
        (&["purge", "--except-tag", "pined", "--strict"], 4, "did you mean 'pinned'?"),
    ] {
        let output = Cli::new(&server).args(args).run();
        output.code(code).says(said);
    }
    assert_same(&before, &server.dump());
}

#[test]
fn an_exception_that_is_not_there_is_said() {
    let server = Server::start();
    Seed::classic(&server).live(["a>b"]).tag("pinned", ["c>d"]).expires("a>b", -60);
    for command in [&["keys", "list"][..], &["keys", "top"], &["keys", "dump"], &["purge", "--dry-run"]] {
        let output = Cli::new(&server).args(command).args(["--except-tag", "pined"]).run();
        output.ok().says("no tag 'pined'; did you mean 'pinned'? (it excludes nothing)");
    }
    let args = ["invalidate", "--pattern", "a*", "--except-key", "a>x", "--yes"];
    Cli::new(&server).args(args).run().ok().says("no key 'a>x'").says("it excludes nothing");
}

/// A time budget that is over has room for one batch, and what it did is told.
#[test]
fn many_batches_and_a_budget() {
    let server = Server::start();
    let mut pipe = redis::pipe();
    for n in 0..30_000 {
        pipe.cmd("HSET").arg(format!("CM:k{n}")).arg("base").arg("x".repeat(1 + n % 7));
        if n % 10 == 0 {
            pipe.cmd("SADD").arg("CM:pinned").arg(format!("CM:k{n}"));
        }
    }
    pipe.exec(&mut server.connect()).unwrap();
    let args = ["invalidate", "--pattern", "k*", "--larger-than", "2", "--except-tag", "pinned", "--yes"];
    let json = ["--format", "json", "--layout", "classic"];
    let meant = (0..30_000).filter(|n| n % 7 >= 2 && n % 10 > 0).count() as u64;
    let rehearsed = Cli::new(&server).args(args).args(json).arg("--dry-run").run();
    assert_eq!(report(&rehearsed), [meant, 0, meant]);
    let stopped = Cli::new(&server).args(args).args(json).args(["--time-budget", "1ms"]).run();
    let part: Value = serde_json::from_str(stopped.code(3).text()).unwrap();
    let part = part["deleted"].as_u64().unwrap();
    assert!(part < meant, "{}", stopped.transcript());
    let done = Cli::new(&server).args(args).args(json).run();
    assert_eq!(report(&done), [meant - part, 0, meant - part]);
    assert_eq!(server.dbsize(), 30_000 - meant + 1);
}

/// What was computed from old data is stored while the run looks for values: where it stands nothing looks any more.
#[test]
fn what_was_in_progress_as_a_run_began_does_not_settle_behind_it() {
    for (more, layout) in
        [("--delete", "classic"), ("--mark", "classic"), ("--mark", "meta"), ("--delete", "meta")]
    {
        let server = Server::start();
        let mut seed = if layout == "classic" { Seed::classic(&server) } else { Seed::meta(&server) };
        let names = ["k:new>x", "k:new2>x>cut", "k:new2>x"];
        seed.live(["k1>x", "k2>x"]).busy(&names[..2]).tag("T", &names[2..]);
        let relay =
            Relay::before(&server, |asked| (asked.is("SCAN") && asked.says("CM:k*")).then_some(Fault::Held));
        let args = ["invalidate", "--pattern", "k*", "--except-key", "zz", "--yes", "--layout", layout, more];
        let running = Cli::new(&server).env("CACHEME_URL", relay.url()).args(args).spawn();
        wait_until("values are looked for", Duration::from_secs(20), || relay.faults() > 0);
        let mut store = redis::pipe();
        let progress = if layout == "classic" { "CM:progress" } else { "CM:meta:progress" };
        for name in &names[..2] {
            let (base, field) = name.split_once('>').unwrap();
            let field = field.split('>').next().unwrap();
            store.cmd("SREM").arg(progress).arg(format!("CM:{name}"));
            store.cmd("HSET").arg(format!("CM:{base}")).arg(field).arg("old");
        }
        store.exec(&mut server.connect()).unwrap();
        relay.release();
        running.wait().ok();
        let marked = self::names(&server, if layout == "classic" { "CM:delete" } else { "CM:meta:deleted" });
        for name in names {
            assert!(marked.contains(&format!("CM:{name}")), "{more} {layout} {name}: {marked:?}");
        }
    }
}

/// What was found in time goes, also beside a worker who computes another key.
#[test]
fn a_budget_that_ends_while_keys_are_looked_for_leaves_none_of_those_that_were_found() {
    let server = Server::start();
    let mut pipe = redis::pipe();
    (0..5_000).for_each(|n| _ = pipe.cmd("HSET").arg(format!("CM:k{n}")).arg("f").arg("x"));
    pipe.exec(&mut server.connect()).unwrap();
    Seed::classic(&server).busy(["other>x"]);
    // The time passes at the tenth look.
    let looks = AtomicUsize::new(0);
    let relay = Relay::before(&server, move |asked| {
        let is_tenth = asked.is("SCAN") && asked.says("CM:k*") && looks.fetch_add(1, Relaxed) == 10;
        is_tenth.then_some(Fault::Late(Duration::from_secs(4)))
    });
    let args = ["invalidate", "--pattern", "k*", "--larger-than", "0", "--yes", "--time-budget", "4s"];
    let cli = Cli::new(&server).env("CACHEME_URL", relay.url()).args(args);
    let output = cli.args(["--format", "json", "--layout", "classic"]).run();
    let deleted = output.code(3).json()["deleted"].as_u64().unwrap();
    assert!((1..5_000).contains(&deleted), "{}", output.transcript());
}

/// Whoever deletes a value by one of its keys takes it from the others.
#[test]
fn an_exception_spares_the_value_whatever_name_leads_to_it() {
    let excepted: [&[&str]; 4] = [
        &["--except-key", "a>b"],
        &["--except-tag", "KEEP"],
        &["--except-invalid-key", "U"],
        &["--except-pattern", "a>b"],
    ];
    let ways: [&[&str]; 7] = [
        &["invalidate", "--tag", "T", "--delete", "--yes"],
        &["invalidate", "--key", "a>b>c", "--delete", "--yes"],
        &["invalidate", "--pattern", "a>*", "--yes"],
        &["invalidate", "--pattern", "a>*", "--mark", "--yes"],
        &["invalidate", "--tag", "T", "--yes"],
        &["purge", "--tag", "T"],
        &["purge", "--mark"],
    ];
    for (way, except) in ways.into_iter().flat_map(|way| excepted.map(|except| (way, except))) {
        // `purge` takes no keys and patterns with a tag.
        if way[0] == "purge"
            && !["--except-key", "--except-tag", "--except-invalid-key", "--except-pattern"]
                .contains(&except[0])
        {
            continue;
        }
        for whole in ["a>b", "a>b>w"] {
            let server = Server::start();
            let mut seed = Seed::classic(&server);
            seed.live(["a>b"])
                .tag("T", ["a>b>c"])
                .tag("KEEP", [whole])
                .invalid("U", [whole])
                .expires("a>b", -100);
            seed.busy(["a>b>z"]);
            let before = server.dump();
            let output = Cli::new(&server).env("CACHEME_LAYOUT", "classic").args(way).args(except).run();
            output.ok();
            crate::support::content::assert_same(&before, &server.dump());
        }
    }
}

/// What one selector has taken, a dry run does not count again for the next.
#[test]
fn a_value_that_two_selectors_lead_to_counts_alike_in_the_dry_run() {
    for more in [&["--delete"][..], &[]] {
        let numbers = ["--dry-run", "--yes"].map(|how| {
            let server = Server::start();
            Seed::classic(&server).live(["a>x"]).tag("T", ["a>x>q"]);
            let args =
                ["invalidate", "--tag", "T", "--pattern", "*>x", "--except-key", "nope", "--format", "json"];
            let output =
                Cli::new(&server).env("CACHEME_LAYOUT", "classic").args(args).args(more).arg(how).run();
            report(&output)
        });
        assert_eq!(numbers[0], numbers[1], "{more:?}");
    }
    let counts = ["--dry-run", "--quiet"].map(|how| {
        let server = Server::start();
        Seed::classic(&server).live(["a>b"]).tag("T", ["a>b>c", "a>b>d"]).expires("a>b", -100);
        let args = ["purge", "--tag", "T", "--except-key", "zz", "--format", "json"];
        let output = Cli::new(&server).env("CACHEME_LAYOUT", "classic").args(args).arg(how).run();
        let row: Value = serde_json::from_str(output.ok().text()).unwrap();
        (row["scanned"].clone(), row["expired"].clone(), row["deleted"].clone())
    });
    assert_eq!(counts[0], counts[1]);
}

/// Keys of one value may be in different states: what a selector left is not taken by it.
#[test]
fn a_key_that_one_selector_left_is_taken_by_another_that_means_it() {
    let server = Server::start();
    Seed::classic(&server).live(["a>b"]).tag("T", ["a>b>c"]).marked(["a>b>c"]).invalid("I", ["a>b"]);
    let args = ["invalidate", "--delete", "--tag", "T", "--invalid-key", "I", "--state", "live", "--yes"];
    Cli::new(&server).env("CACHEME_LAYOUT", "classic").args(args).run().ok();
    assert!(names(&server, "CM:a").is_empty(), "a>b is live, and the invalid key names it");
    // Nor does the one change what the other asks.
    let counts = |fill: &dyn Fn(&mut Seed), args: &[&str]| {
        let [rehearsed, done] = ["--dry-run", "--yes"].map(|how| {
            let server = Server::start();
            fill(Seed::classic(&server).live(["a>b"]));
            let cli = Cli::new(&server).env("CACHEME_LAYOUT", "classic").file("keys", "a>b>c\n");
            report(&cli.args(["invalidate", "--format", "json", how]).args(args).run())
        });
        assert_eq!(rehearsed, done, "{args:?}");
        done
    };
    let tagged = |seed: &mut Seed| _ = seed.tag("T", ["a>b>c"]);
    let marked = |seed: &mut Seed| _ = seed.marked(["a>b>c"]);
    let live = ["--mark", "--pattern", "a*", "--state", "live"];
    assert_eq!(counts(&tagged, &[&live[..], &["--tag", "T"]].concat()), [2, 2, 0]);
    assert_eq!(counts(&|_| {}, &[&live[..], &["--from-file", "keys"]].concat()), [2, 2, 0]);
    let pending = ["--delete", "--key", "a>b", "--pattern", "a*", "--state", "pending"];
    assert_eq!(counts(&marked, &pending), [1, 0, 1]);
}

/// What a key is by its own name, a listing tells whatever else finds its value, and the other way round.
#[test]
fn a_union_lists_what_each_selector_lists_alone() {
    let server = Server::start();
    Seed::classic(&server).live(["a>b", "c>d"]).tag("T", ["a>b"]).marked(["a>b>c", "c>d"]);
    let list = |args: &[&str]| {
        let cli = Cli::new(&server).env("CACHEME_LAYOUT", "classic").file("keys", "a>b\nc>d\n");
        let output = cli.args(["keys", "list", "--fields", "key"]).args(args).run();
        output.ok().lines().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for selector in [["--key", "a>b"], ["--tag", "T"], ["--from-file", "keys"]] {
        let both = [&selector[..], &["--pattern", "a*"]].concat();
        assert_eq!(
            list(&[&both[..], &["--state", "pending", "--except-key", "c>d"]].concat()),
            ["a>b"],
            "{both:?}"
        );
        assert_eq!(list(&[&both[..], &["--state", "live"]].concat()), ["a>b"], "{both:?}");
    }
    assert_eq!(
        list(&["--pattern", "*", "--key", "a>b", "--key", "a>b", "--except-key", "a>b>c", "--state", "live"]),
        ["a>b"]
    );
}

/// A server with values of three names each, which tags and an invalid key hold.
fn with_many_names(values: usize, layout: &str) -> Server {
    let server = Server::start();
    let mut pipe = redis::pipe();
    for n in 0..values {
        pipe.cmd("HSET").arg(format!("CM:a{n}")).arg("b").arg("x".repeat(1 + n % 3)).ignore();
        let names = ["", ">c", ">d"].map(|end| format!("CM:a{n}>b{end}"));
        pipe.cmd("SADD").arg("CM:T").arg(&names).ignore();
        pipe.cmd("SADD").arg("CM:U").arg(&names[n % 3]).ignore();
        if n % 2 == 0 {
            pipe.cmd("SADD").arg("CM:I:invalid").arg(&names[2]).ignore();
        }
        let set = |set: &str| if layout == "meta" { format!("CM:meta:{set}") } else { format!("CM:{set}") };
        if n % 50 == 0 {
            let deleted = if layout == "meta" { set("deleted") } else { set("delete") };
            pipe.cmd("SADD").arg(deleted).arg(&names[1 + n / 50 % 2]).ignore();
        }
        if n % 70 == 0 {
            pipe.cmd("SADD").arg(set("progress")).arg(&names[1]).ignore();
        }
    }
    pipe.exec(&mut server.connect()).unwrap();
    server
}

/// More keys than are written at once: what is written first hides nothing of what comes behind it.
#[test]
fn many_keys_of_the_same_values_count_alike_in_the_dry_run() {
    let selectors: [&[&str]; 4] = [
        &["--delete", "--tag", "T"],
        &["--delete", "--tag", "T", "--tag", "U", "--invalid-key", "I"],
        &["--from-file", "keys", "--pattern", "a*>b"],
        &["--mark", "--tag", "U", "--invalid-key", "I", "--pattern", "a1*", "--from-file", "keys"],
    ];
    let filters: [&[&str]; 2] =
        [&[], &["--larger-than", "1", "--except-key", "a5>b>d", "--state", "live,computing"]];
    let run = |layout: &str, values: usize, args: &[&str]| {
        let file: String = (0..values).flat_map(|n| [format!("a{n}>b>c\n"), format!("a{n}>b\n")]).collect();
        let reports = ["--dry-run", "--yes"].map(|how| {
            let server = with_many_names(values, layout);
            let cli = Cli::new(&server).env("CACHEME_LAYOUT", layout).file("keys", &file);
            report(&cli.args(["invalidate", "--format", "json", how]).args(args).run())
        });
        assert_eq!(reports[0], reports[1], "{layout} {args:?}");
        reports[0]
    };
    std::thread::scope(|scope| {
        for layout in ["classic", "meta"] {
            let run = &run;
            scope.spawn(move || {
                for (selectors, filter) in selectors.iter().flat_map(|it| filters.map(|filter| (it, filter)))
                {
                    let [matched, ..] = run(layout, 4_000, &[*selectors, filter].concat());
                    assert!(matched > 1_000, "{layout} {selectors:?} {filter:?}");
                }
            });
        }
        // More than are gathered before the first is written.
        let args = ["--delete", "--tag", "T", "--pattern", "a1*", "--invalid-key", "I", "--larger-than", "1"];
        assert_eq!(run("classic", 35_000, &args), [69_999, 933, 23_333]);
    });
}

/// The keys of a value have one entry between them: when it goes by one of them, nothing but a mark tells the others.
#[test]
fn purging_an_index_marks_whatever_shares_what_it_purges() {
    for layout in ["classic", "meta"] {
        let server = Server::start();
        let mut seed = if layout == "meta" { Seed::meta(&server) } else { Seed::classic(&server) };
        seed.live(["a>b"]).tag("T", ["a>b>c", "x>y>z"]).tag("U", ["a>b>g"]).invalid("I", ["a>b>i"]);
        seed.expires("a>b", -100).expires("x>y", 100);
        let purge = |args: &[&str]| {
            let args =
                [&["purge", "--mark", "--tag", "T", "--layout", layout, "--format", "json"], args].concat();
            let output = Cli::new(&server).args(args).run();
            serde_json::from_str::<Value>(output.ok().text()).unwrap()["marked"].clone()
        };
        assert_eq!((purge(&["--dry-run"]), purge(&[])), (4.into(), 4.into()));
        assert_eq!(marks(&server, layout), set(&["a>b", "a>b>c", "a>b>g", "a>b>i"]));
    }
}

#[test]
fn what_has_to_match_as_well_is_checked_whichever_command_asks() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["a>1", "a>2"]).tag("t", ["a>1", "a>2"]).invalid("User:1", ["a>2"]);
    for command in ["keys list", "keys top", "invalidate --dry-run", "purge --dry-run"] {
        let (output, seen) = server.monitor(|| {
            let cli =
                Cli::new(&server).args(command.split(' ')).args(["--tag", "t", "--invalid-key", "User:1"]);
            cli.args(["--match", "all", "--layout", "classic"]).run()
        });
        output.ok();
        // Whether it is there asks for one member; a walk asks for more.
        let is_walk =
            |words: &[String]| words.first().is_some_and(|_| words.last().is_some_and(|last| last != "1"));
        let walked = seen.iter().filter(|it| it.name() == "SSCAN" && is_walk(&it.rest()));
        let walked: BTreeSet<_> = walked.map(|it| it.rest()[0].clone()).collect();
        assert_eq!(walked, set(&["CM:User:1:invalid"]), "{command}");
    }
}

#[test]
fn what_an_exception_takes_away_is_read_once_a_run() {
    let server = Server::start();
    Seed::classic(&server).live(["a>1", "b>1", "c>1", "d>1"]).tag("t", ["c>1"]).tag("kept", ["a>1", "b>1>x"]);
    let args = "--pattern a* --pattern b* --tag t --key d>1 --except-tag kept --yes --layout classic";
    let (output, seen) = server.monitor(|| Cli::new(&server).arg("invalidate").args(args.split(' ')).run());
    assert!(output.ok().text().starts_with("2\t"), "{}", output.transcript());
    let reads = seen.iter().filter(|it| {
        let words = it.rest();
        it.name() == "SSCAN" && words[0] == "CM:kept" && words.iter().any(|word| word == "MATCH")
    });
    let reads: Vec<_> = reads.map(|it| it.rest().join(" ")).collect();
    assert_eq!(reads.len(), 1, "{reads:?}");
}

#[test]
fn help_speaks_of_writing_only_where_something_is_written() {
    for command in ["keys list", "keys top", "diff", "events"] {
        let help = Cli::bare().args(command.split(' ')).arg("--help").run();
        let text = help.ok().text();
        let options = text.split_once("Options:").map_or(text, |(_, options)| options);
        let options = options.split_once("Global options").map_or(options, |(own, _)| own);
        for word in ["invalidate", "before it writes", "deletes"] {
            assert!(!options.contains(word), "{command} --help has {word:?}");
        }
    }
}
