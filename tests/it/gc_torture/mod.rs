//! Workers of all kinds read, write, invalidate and crash on one namespace at full speed, while gc and purge run in a
//! loop and are killed.

// The counts are what a person wants to see of it (--nocapture).
#![allow(clippy::print_stdout)]

mod actors;
mod model;
mod rust;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::gc_removes::gc;
use crate::support::cli::Cli;
use crate::support::content::{Content, Held};
use crate::support::python::Lib;
use crate::support::server::Server;
use crate::support::worker::Worker;
use actors::{REFRESHED, Reader, delete, invalidate, mark, refresh};
pub(crate) use model::Dice;
use model::{Generation, Key, Model};
use rust::{Application, killed_processes_lost_nothing, processes};

/// A run among all these may take long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// `CACHEME_TORTURE_SECONDS` makes it longer.
fn how_long() -> Duration {
    let seconds = std::env::var("CACHEME_TORTURE_SECONDS").ok().and_then(|it| it.parse().ok());
    Duration::from_secs(seconds.unwrap_or(20))
}

/// Runs gc in a loop; every other one is killed somewhere. Gives the sums of the reports that were written.
fn collect(model: &Model, server: &Server, seed: u64, sums: &[AtomicU64; 4]) {
    let mut dice = Dice::new(seed);
    while !model.stopped() {
        let pace = ["fast", "gentle", "50%"][dice.below(3)];
        let args = ["gc", "--yes", "--format", "json", "--stuck-after", "2s", "--no-lock", "--pace", pace];
        let running = Cli::new(server).args(args).timeout(PATIENCE).spawn();
        if dice.one_in(2) {
            std::thread::sleep(Duration::from_millis(2 + dice.below(120) as u64));
            running.signal("KILL");
            running.wait();
            sums[2].fetch_add(1, SeqCst);
            continue;
        }
        let report = running.wait().ok().json();
        for part in ["tags", "invalid_keys", "expiry", "pending", "progress"] {
            sums[0].fetch_add(report[part]["removed"].as_u64().unwrap(), SeqCst);
            sums[1].fetch_add(report[part]["restored"].as_u64().unwrap(), SeqCst);
        }
        sums[3].fetch_add(1, SeqCst);
    }
}

/// A process of the real library, which is killed now and then. Its keys are its own, in the same namespace.
fn library(model: &Model, server: &Server, lib: Lib, first: usize, calls: &AtomicU64) {
    let mut dice = Dice::new(first as u64 + 7);
    while !model.stopped() {
        let mut worker = Worker::spawn(lib, server);
        for _ in 0..600 {
            if model.stopped() {
                return;
            }
            let book = json!([first + dice.below(20)]);
            match dice.below(40) {
                0..=4 => worker
                    .invalidate(json!({"invalid_key": format!("User:{}", first + 100 + dice.below(20))})),
                5 => worker.invalidate(json!({"pattern": format!("CM:Book:{}", first + dice.below(20))})),
                6..=10 => drop(worker.call("fails", book)),
                11..=15 => drop(worker.value("later_field", book)),
                _ => drop(worker.value("get_owner", book)),
            }
            calls.fetch_add(1, SeqCst);
        }
        worker.hold(&first.to_string());
        worker.kill();
    }
}

#[test]
fn under_torture_nothing_is_lost_and_nothing_leaks() {
    let server = Server::start();
    let model = Arc::new(Model::new());
    let applications =
        [Generation::Classic, Generation::Meta].map(|it| (it, Application::new(&model, &server, it)));
    let (sums, purged, calls) = ([(); 4].map(|()| AtomicU64::new(0)), AtomicU64::new(0), AtomicU64::new(0));
    let (server_ref, model_ref) = (&server, &*model);
    std::thread::scope(|scope| {
        for (n, generation) in [Generation::Classic, Generation::Meta].into_iter().cycle().take(6).enumerate()
        {
            scope.spawn(move || {
                let (connection, dice) = (server_ref.connect(), Dice::new(n as u64 + 100));
                Reader { model: model_ref, connection, dice, careless: true }.run(generation);
            });
        }
        for (n, (generation, application)) in applications.iter().cycle().take(4).enumerate() {
            scope.spawn(move || {
                application.run(model_ref, generation.first(), &mut Dice::new(n as u64 + 200));
            });
        }
        scope.spawn(|| processes(&model, &server));
        scope.spawn(|| invalidate(&model, &mut server.connect(), &mut Dice::new(1), &mut mark));
        scope.spawn(|| {
            let mut marks = |_: &mut _, key: &Key, _: &[String]| {
                let (_, application) = applications.iter().find(|it| it.0 == key.generation).unwrap();
                application.invalidate(key.source);
            };
            invalidate(&model, &mut server.connect(), &mut Dice::new(6), &mut marks);
        });
        scope.spawn(|| delete(&model, &mut server.connect(), &mut Dice::new(2)));
        scope.spawn(|| refresh(&model, &mut server.connect(), &mut Dice::new(5)));
        for seed in [3, 4] {
            let sums = &sums;
            scope.spawn(move || collect(model_ref, server_ref, seed, sums));
        }
        for (lib, first) in [(Lib::V009, 1000), (Lib::V011, 2000)] {
            let calls = &calls;
            scope.spawn(move || library(model_ref, server_ref, lib, first, calls));
        }
        scope.spawn(|| {
            while !model.stopped() {
                let purge = Cli::new(&server).args(["purge", "--format", "json", "--no-lock"]);
                let report = purge.timeout(PATIENCE).run().ok().json();
                purged.fetch_add(report["deleted"].as_u64().unwrap(), SeqCst);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        // On a busy machine it takes longer until enough was at stake.
        let (start, enough) = (Instant::now(), || was_enough(&model, &sums, &calls));
        while start.elapsed() < how_long() || (!enough() && start.elapsed() < 4 * how_long()) {
            std::thread::sleep(Duration::from_millis(100));
        }
        model.stop.store(true, SeqCst);
    });
    // The last runs: whoever was killed is cleaned up after, and what is still unsettled settles.
    std::thread::sleep(Duration::from_millis(2100));
    gc(&server, &["--stuck-after", "0s"]).ok();
    let last = gc(&server, &["--stuck-after", "0s"]).ok().json();
    println!(
        "{} reads, {} calls of Rust workers, {} of the real library, {} writes; {} invalidations, {} of their keys being \
         computed at that moment; {} pattern deletions, {} crashes, {} Rust processes killed; {} gc runs removed {} and put \
         back {}, {} more were killed; purge deleted {}",
        model.reads.load(SeqCst),
        model.rust.load(SeqCst),
        calls.load(SeqCst),
        model.writes.load(SeqCst),
        model.invalidations.load(SeqCst),
        model.overtaken.load(SeqCst),
        model.deletions.load(SeqCst),
        model.crashes.load(SeqCst),
        model.killed.load(SeqCst),
        sums[3].load(SeqCst),
        sums[0].load(SeqCst),
        sums[1].load(SeqCst),
        sums[2].load(SeqCst),
        purged.load(SeqCst),
    );
    no_leak_is_left(&server, &last);
    every_live_value_is_in_its_indexes(&server, &model);
    killed_processes_lost_nothing(&server);
    every_invalidation_took_effect(&server, &model);
    assert!(was_enough(&model, &sums, &calls), "too little was at stake");
}

/// Thousands of removals and invalidations beside writers, some put back, some runs killed, everybody at work.
fn was_enough(model: &Model, sums: &[AtomicU64; 4], calls: &AtomicU64) -> bool {
    let [removed, restored, killed, _] = sums.each_ref().map(|sum| sum.load(SeqCst));
    let [rust, overtaken, processes] =
        [&model.rust, &model.overtaken, &model.killed].map(|it| it.load(SeqCst));
    removed > 3000
        && restored > 0
        && killed > 3
        && calls.load(SeqCst) > 100
        && rust > 3000
        && overtaken > 1000
        && processes > 5
}

fn no_leak_is_left(server: &Server, last: &Value) {
    let dry =
        Cli::new(server).args(["gc", "--dry-run", "--exit-code", "--stuck-after", "0s", "--format", "json"]);
    let dry = dry.run().ok().json();
    for part in ["tags", "invalid_keys", "expiry", "pending", "progress"] {
        assert_eq!(dry[part]["removed"], 0, "{part} of {dry} after {last}");
    }
    assert!(!server.dump().contains_key(&b"CM:meta:removed"[..]), "{last}");
}

fn holds(content: &Content, set: &str, member: &str) -> bool {
    let held = content.get(set.as_bytes()).map(|entry| &entry.held);
    matches!(held, Some(Held::Set(members)) if members.contains(member.as_bytes()))
}

fn every_live_value_is_in_its_indexes(server: &Server, model: &Model) {
    let content = server.dump();
    let (mut live, mut lost) = (0, Vec::new());
    for key in &model.keys {
        let Some(Held::Hash(fields)) = content.get(key.hash.as_bytes()).map(|entry| &entry.held) else {
            continue;
        };
        if !fields.contains_key(key.field.as_bytes()) {
            continue;
        }
        live += 1;
        let excused = key.unindexed.load(SeqCst);
        if !holds(&content, key.tag, &key.member) {
            lost.push((&key.member, key.tag));
        }
        if !excused && !holds(&content, &key.index, &key.member) {
            lost.push((&key.member, &key.index));
        }
    }
    for first in [1000, 2000] {
        for book in first..first + 20 {
            let hash = format!("CM:Book:{book}");
            if content.contains_key(hash.as_bytes()) {
                live += 1;
                let member = format!("{hash}>owner");
                let index = format!("CM:User:{}:invalid", book + 100);
                for set in ["CM:get_owner", &index] {
                    assert!(holds(&content, set, &member), "{member} is not in {set}");
                }
            }
        }
    }
    let refreshed = model.refreshed.load(SeqCst);
    let gone = |set: &&str| (0..refreshed).filter(|n| !holds(&content, set, &format!("CM:r:{n}"))).count();
    let gone = REFRESHED.iter().map(gone).sum::<usize>();
    println!("{live} live values, and {refreshed} that were written once, are in all their indexes");
    assert_eq!(gone, 0, "of {refreshed} keys that were written once");
    assert!(lost.is_empty(), "lost entries of live values: {lost:?}");
}

/// One more read of everything takes all marks; then every value has to be as new as its source, unless the library
/// itself lost the invalidation.
fn every_invalidation_took_effect(server: &Server, model: &Model) {
    let mut reader = Reader { model, connection: server.connect(), dice: Dice::new(9), careless: false };
    let (mut current, mut excused, mut stale) = (0, 0, Vec::new());
    for key in &model.keys {
        reader.read(key);
        let value: u64 =
            redis::cmd("HGET").arg(&key.hash).arg(key.field).query(&mut reader.connection).unwrap();
        let version = model.version(key.source);
        match () {
            () if value == version => current += 1,
            () if key.excused.load(SeqCst) >= version => excused += 1,
            () => stale.push((&key.member, value, version, key.excused.load(SeqCst))),
        }
    }
    println!("{current} values are current, {excused} invalidations were lost by the library itself");
    assert!(stale.is_empty(), "lost invalidations (key, value, current, excused up to): {stale:?}");
}
