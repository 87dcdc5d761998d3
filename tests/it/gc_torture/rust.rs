//! Rust workers: threads of this process on the keys of all others, and processes of their own that are killed.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use cacheme::memoize::sync::{Cache, Memoized};
use cacheme::memoize::{CallError, Codec, CodecError, Invalidate, OnError};
use cacheme::namespace::Layout;
use serde_json::json;

use super::model::{Dice, Generation, HOT, KEYS, Key, Model};
use crate::memoize_load::{Helper, KEYS as OWN};
use crate::support::content::Held;
use crate::support::server::Server;

/// Leases are this long: what a killed process held comes back soon.
const LEASE: Duration = Duration::from_millis(500);

/// Values as the other workers of the torture write them.
struct Plain;

impl Codec<u64> for Plain {
    fn encode(&self, value: &u64) -> Result<Vec<u8>, CodecError> {
        Ok(value.to_string().into_bytes())
    }

    fn decode(&self, bytes: &[u8]) -> Result<u64, CodecError> {
        let text = std::str::from_utf8(bytes).map_err(CodecError::new)?;
        text.parse().map_err(CodecError::new)
    }
}

type Function = Memoized<usize, u64, &'static str>;

/// An application on the keys of one generation.
pub(super) struct Application {
    cache: Cache,
    lasting: Function,
    timed: Function,
}

impl Application {
    pub(super) fn new(model: &Arc<Model>, server: &Server, generation: Generation) -> Self {
        let layout = match generation {
            Generation::Classic => Layout::Classic,
            Generation::Meta => Layout::Meta,
        };
        let settings = server
            .settings()
            .layout(layout)
            .retries(3, Duration::from_millis(1))
            .lease(LEASE)
            .on_error(OnError::Fail);
        let cache = Cache::open(settings).unwrap();
        let function = |timeout: Option<Duration>| {
            let [named, computed, listed] = [(); 3].map(|()| Arc::clone(model));
            let tag = model.keys[generation.first()].tag.strip_prefix("CM:").unwrap();
            let function = cache
                .try_memoize(
                    tag,
                    move |n: &usize| named.keys[*n].member.strip_prefix("CM:").unwrap().to_owned(),
                    move |n: &usize| compute(&computed, &computed.keys[*n]),
                )
                .codec(Plain)
                .invalid_keys(move |n: &usize, _: &u64| format!("I{}", listed.keys[*n].source));
            match timeout {
                Some(timeout) => function.timeout(timeout).build(),
                None => function.build(),
            }
        };
        let (lasting, timed) = (function(None), function(Some(Duration::from_secs(2))));
        Self { cache, lasting, timed }
    }

    /// Reads keys of its generation.
    pub(super) fn run(&self, model: &Model, first: usize, dice: &mut Dice) {
        while !model.stopped() {
            let among = if dice.one_in(2) { HOT } else { KEYS };
            let n = first + dice.below(among);
            let key = &model.keys[n];
            key.writing.fetch_add(1, SeqCst);
            let function = if key.bucket.is_some() { &self.timed } else { &self.lasting };
            match function.call(&n) {
                Ok(version) => assert!(version <= model.version(key.source), "a value from nowhere"),
                Err(CallError::Function(_)) => drop(model.crashes.fetch_add(1, SeqCst)),
                Err(error) => panic!("{}: {error}", key.member),
            }
            key.written.fetch_add(1, SeqCst);
            key.writing.fetch_sub(1, SeqCst);
            model.rust.fetch_add(1, SeqCst);
        }
    }

    /// Invalidates the keys that are computed from a source.
    pub(super) fn invalidate(&self, source: usize) {
        self.cache.invalidate(&Invalidate::invalid_key(format!("I{source}"))).unwrap();
    }
}

/// Now and then it fails, with whatever it took.
fn compute(model: &Model, key: &Key) -> Result<u64, &'static str> {
    let version = model.version(key.source);
    key.newest.fetch_max(version, SeqCst);
    let turn = model.rust.load(SeqCst);
    std::thread::sleep(Duration::from_micros(turn % 2500));
    if turn.is_multiple_of(97) { Err("told to fail") } else { Ok(version) }
}

/// Processes on keys of their own, killed one after the other in the midst of their computations. What their functions
/// read is a number in Redis, which only grows.
pub(super) fn processes(model: &Model, server: &Server) {
    let mut it = server.connect();
    for k in 0..OWN {
        redis::cmd("SET").arg(format!("truth:{k}")).arg(0).query::<()>(&mut it).unwrap();
    }
    let orders = |seed: u64| json!({"do": "work", "seed": seed, "retries": 5, "lease": LEASE.as_millis()});
    let mut seed = 0;
    let mut spawn = || {
        seed += 1;
        Helper::spawn(server, orders(seed))
    };
    let mut helpers = vec![spawn(), spawn()];
    let cache = Cache::open(server.settings().layout(Layout::Meta)).unwrap();
    let (mut turn, mut next) = (0, Instant::now());
    while !model.stopped() {
        turn += 1;
        let k = turn * 5 % OWN;
        redis::cmd("INCR").arg(format!("truth:{k}")).query::<()>(&mut it).unwrap();
        cache.invalidate(&Invalidate::key(format!("work:{k}>it"))).unwrap();
        model.invalidations.fetch_add(1, SeqCst);
        if turn % 40 == 0 {
            redis::cmd("UNLINK").arg(format!("CM:work:{k}")).query::<()>(&mut it).unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
        if Instant::now() >= next {
            helpers.remove(0).kill();
            helpers.push(spawn());
            model.killed.fetch_add(1, SeqCst);
            next = Instant::now() + Duration::from_millis(700);
        }
    }
    helpers.into_iter().for_each(|it| drop(it.kill()));
}

/// What the killed processes left: every live value is in its indexes, and a last read finds what is true.
pub(super) fn killed_processes_lost_nothing(server: &Server) {
    let content = server.dump();
    let mut live = 0;
    for k in (0..OWN).filter(|k| content.contains_key(format!("CM:work:{k}").as_bytes())) {
        live += 1;
        let member = format!("CM:work:{k}>it");
        for set in ["CM:work".to_owned(), format!("CM:work{k}:invalid")] {
            let held = content.get(set.as_bytes()).map(|entry| &entry.held);
            let there = matches!(held, Some(Held::Set(members)) if members.contains(member.as_bytes()));
            assert!(there, "{member} is not in {set}");
        }
    }
    assert!(live > 0, "nothing was computed");
    assert!(!content.contains_key(&b"CM:meta:leases"[..]), "leases are left");
    let cache = Cache::open(server.settings().layout(Layout::Meta)).unwrap();
    let source = redis::Client::open(server.url()).unwrap();
    let truth = move |k: &u64| -> u64 {
        redis::cmd("GET").arg(format!("truth:{k}")).query(&mut source.get_connection().unwrap()).unwrap()
    };
    let read = cache.memoize("work", |k: &u64| format!("work:{k}>it"), truth.clone()).build();
    let stale: Vec<_> = (0..OWN).filter(|k| read.call(k).unwrap() != truth(k)).collect();
    assert!(stale.is_empty(), "lost invalidations of killed Rust processes: {stale:?}");
}
