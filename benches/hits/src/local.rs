//! Values held in the process: hits beside a bare `moka` and other clients' caches, what a listener costs the server, and what
//! marks cost the hits.

use crate::{BOOKS, Contender, TURN, Turn, on_cpu, turn};
use cacheme::memoize::{
    Settings,
    sync::{Cache, Memoized},
};
use cacheme::namespace::Layout;
use redis::Commands;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// Values of 200 bytes.
fn text(book: u64) -> String {
    format!("{book:0200}")
}

fn function(url: &str, name: &'static str, local: u64) -> Result<Memoized<u64, String>, Box<dyn Error>> {
    let cache = Cache::open(Settings::new().url(url).layout(Layout::Meta).local(local))?;
    let get = cache
        .memoize(name, move |book: &u64| format!("{name}:{book}>text"), |book: &u64| text(*book))
        .build();
    let held = || get.counts().local;
    for book in 0..BOOKS {
        let start = Instant::now();
        let before = held();
        while get.call(&book)?.len() == 200 && local > 0 && held() == before {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("nothing is held".into());
            }
        }
    }
    Ok(get)
}

pub fn contenders(url: &str) -> Result<Vec<Contender>, Box<dyn Error>> {
    let remote = function(url, "remote", 0)?;
    let (held, arc, threads) = (
        function(url, "held", 64 << 20)?,
        function(url, "arc", 64 << 20)?,
        function(url, "threads", 64 << 20)?,
    );
    let moka = moka::sync::Cache::builder()
        .max_capacity(64 << 20)
        .weigher(|key: &String, value: &String| (key.len() + value.len()) as u32)
        .build();
    (0..BOOKS).for_each(|book| moka.insert(format!("moka:{book}>text"), text(book)));
    Ok(vec![
        (
            "200 bytes over loopback".to_owned(),
            Box::new(move || {
                turn(|book| {
                    assert_eq!(remote.call(&book)?.len(), 200);
                    Ok(())
                })
            }),
        ),
        (
            "200 bytes held in the process".to_owned(),
            Box::new(move || {
                turn(|book| {
                    assert_eq!(held.call(&book)?.len(), 200);
                    Ok(())
                })
            }),
        ),
        (
            "200 bytes held in the process, call_arc".to_owned(),
            Box::new(move || {
                turn(|book| {
                    assert_eq!(arc.call_arc(&book)?.len(), 200);
                    Ok(())
                })
            }),
        ),
        ("200 bytes held in the process, two threads".to_owned(), Box::new(move || two_threads(&threads))),
        (
            "200 bytes, bare moka get".to_owned(),
            Box::new(move || {
                turn(|book| {
                    assert_eq!(moka.get(&format!("moka:{book}>text")).map(|it| it.len()), Some(200));
                    Ok(())
                })
            }),
        ),
        cache_aio(url)?,
    ])
}

fn two_threads(get: &Memoized<u64, String>) -> Result<Turn, Box<dyn Error>> {
    let turns: Vec<Turn> = thread::scope(|scope| {
        let work = || {
            turn(|book| {
                assert_eq!(get.call(&book)?.len(), 200);
                Ok(())
            })
            .map_err(|error| error.to_string())
        };
        let all = [scope.spawn(work), scope.spawn(work)];
        all.into_iter().map(|it| it.join().expect("a turn")).collect::<Result<_, String>>()
    })?;
    let rate = turns.iter().map(|turn| turn.rate).sum();
    Ok(Turn { rate, cpu: turns.iter().map(|turn| turn.cpu).sum::<f64>() / 2.0 })
}

/// The redis crate's own cache, of its async connection: by key, not by prefix, and it knows no marks.
fn cache_aio(url: &str) -> Result<Contender, Box<dyn Error>> {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    for book in 0..BOOKS {
        let _: () = connection.set(format!("aio:{book}"), text(book))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let separator = if url.contains('?') { '&' } else { '?' };
    let client = redis::Client::open(format!("{url}/{separator}protocol=resp3"))?;
    let config = redis::AsyncConnectionConfig::new().set_cache_config(redis::caching::CacheConfig::new());
    let mut connection = runtime.block_on(client.get_multiplexed_async_connection_with_config(&config))?;
    let run = move || {
        turn(|book| {
            let got: redis::RedisResult<String> =
                runtime.block_on(redis::AsyncCommands::get(&mut connection, format!("aio:{book}")));
            assert_eq!(got?.len(), 200);
            Ok(())
        })
    };
    Ok(("200 bytes, the redis crate's cache-aio".to_owned(), Box::new(run)))
}

/// Writes a second, and what each costs the server, with so many listeners.
pub fn listeners(url: &str, rounds: usize) -> Result<(), Box<dyn Error>> {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    let mut caches = Vec::new();
    println!("{:<48} {:>9} {:>16}", "", "writes/s", "server µs/write");
    for count in [0, 1, 10] {
        while caches.len() < count {
            caches.push(function(url, "listens", 1 << 20)?);
        }
        let mut turns = Vec::new();
        for _ in 0..rounds {
            let (start, cpu, mut writes) = (Instant::now(), server_cpu(&mut connection)?, 0_u64);
            while start.elapsed() < TURN {
                for _ in 0..50 {
                    let _: () = connection.hset(format!("CM:w:{}", writes % BOOKS), "text", text(writes))?;
                    writes += 1;
                }
            }
            let rate = writes as f64 / start.elapsed().as_secs_f64();
            turns.push((rate, (server_cpu(&mut connection)? - cpu) * 1e6 / writes as f64));
        }
        let median = |of: fn(&(f64, f64)) -> f64| {
            let mut all: Vec<f64> = turns.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let name = format!("{count} listeners");
        println!("{name:<48} {:>9.0} {:>16.1}", median(|it| it.0), median(|it| it.1));
    }
    Ok(())
}

fn server_cpu(connection: &mut redis::Connection) -> Result<f64, Box<dyn Error>> {
    let info: String = redis::cmd("INFO").arg("cpu").query(connection)?;
    let of = |name: &str| -> Result<f64, Box<dyn Error>> {
        let line = info.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
        Ok(line.trim().parse()?)
    };
    Ok(of("used_cpu_user:")? + of("used_cpu_sys:")?)
}

/// Hits a second and the share that is served from memory, while others are marked so many times a second, beside so many marks
/// that nobody takes; and how late a change is seen.
pub fn marks(url: &str) -> Result<(), Box<dyn Error>> {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    let get = function(url, "marked", 64 << 20)?;
    println!(
        "{:<24} {:>12} {:>9} {:>9} {:>12} {:>16}",
        "marks pending", "marks/s", "hits/s", "held", "hit CPU µs", "server CPU share"
    );
    for pending in [0_u64, 1000, 100_000] {
        for part in (0..pending).collect::<Vec<_>>().chunks(1000) {
            let members: Vec<String> = part.iter().map(|n| format!("CM:pending:{n}>x")).collect();
            let _: () = connection.sadd("CM:meta:deleted", members)?;
        }
        for rate in [0_u64, 10, 1000, 100_000] {
            let (stop, marked) = (AtomicBool::new(false), AtomicU64::new(0));
            let (before, server) = (get.counts(), server_cpu(&mut connection)?);
            let turn = thread::scope(|scope| {
                let marker =
                    scope.spawn(|| mark(url, rate, &stop, &marked).map_err(|error| error.to_string()));
                let (start, cpu, mut hits) = (Instant::now(), on_cpu(), 0_u64);
                while start.elapsed() < TURN {
                    for book in 0..BOOKS {
                        assert_eq!(get.call(&book)?.len(), 200);
                    }
                    hits += BOOKS;
                }
                let took = start.elapsed().as_secs_f64();
                let turn = Turn { rate: hits as f64 / took, cpu: (on_cpu() - cpu) / hits as f64 / 1000.0 };
                stop.store(true, Relaxed);
                marker.join().expect("a thread")?;
                Ok::<_, Box<dyn Error>>(turn)
            })?;
            let after = get.counts();
            let held = (after.local - before.local) as f64 / (after.hits - before.hits) as f64;
            let share = (server_cpu(&mut connection)? - server) / TURN.as_secs_f64();
            let (cpu, marks) = (turn.cpu, marked.load(Relaxed));
            println!("{pending:<24} {marks:>12} {:>9.0} {held:>9.3} {cpu:>12.2} {share:>16.2}", turn.rate);
        }
        let _: () = connection.del("CM:meta:deleted")?;
    }
    Ok(())
}

/// Marks keys that nobody reads, and takes the marks again, so that as many are pending.
fn mark(url: &str, rate: u64, stop: &AtomicBool, marked: &AtomicU64) -> Result<(), Box<dyn Error>> {
    if rate == 0 {
        return Ok(());
    }
    let mut connection = redis::Client::open(url)?.get_connection()?;
    let several = (rate / 1000).max(1);
    let pause = Duration::from_secs_f64(several as f64 / rate as f64);
    let mut next = Instant::now();
    while !stop.load(Relaxed) {
        let members: Vec<String> = (0..several).map(|n| format!("CM:other:{n}>x")).collect();
        let mut pipe = redis::pipe();
        for member in &members {
            pipe.sadd("CM:meta:deleted", member).srem("CM:meta:deleted", member);
        }
        pipe.exec(&mut connection)?;
        marked.fetch_add(several, Relaxed);
        next += pause;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// How long after its acknowledgement a write is seen, in microseconds, while the server is busy with others.
pub fn delay(url: &str) -> Result<(), Box<dyn Error>> {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    let get = function(url, "delayed", 64 << 20)?;
    let stop = AtomicBool::new(false);
    let mut late: Vec<f64> = thread::scope(|scope| {
        scope.spawn(|| {
            let Ok(mut other) = redis::Client::open(url).and_then(|client| client.get_connection()) else {
                return;
            };
            while !stop.load(Relaxed) {
                let _: redis::RedisResult<()> = other.hset("CM:busy:1", "x", text(1));
            }
        });
        let measured = (0..2000).map(|_| {
            let held = || get.local(&1).is_some();
            let start = Instant::now();
            while !held() {
                get.call(&1)?;
                if start.elapsed() > Duration::from_secs(10) {
                    return Err("nothing is held".into());
                }
            }
            let _: () = connection.hdel("CM:delayed:1", "text")?;
            let acknowledged = Instant::now();
            while held() {}
            Ok(acknowledged.elapsed().as_secs_f64() * 1e6)
        });
        let measured = measured.collect::<Result<Vec<f64>, Box<dyn Error>>>();
        stop.store(true, Relaxed);
        measured
    })?;
    late.sort_by(f64::total_cmp);
    let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize];
    println!(
        "a write is heard of after its acknowledgement: p50 {:.0} µs, p99 {:.0} µs, longest {:.0} µs",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(f64::NAN) / 1000.0
}

/// What this process takes as it holds as much as it may, and what a bare `moka` takes that weighs the same.
pub fn memory(url: &str) -> Result<(), Box<dyn Error>> {
    const LIMIT: u64 = 64_000_000;
    let moka = moka::sync::Cache::builder()
        .max_capacity(LIMIT)
        .weigher(|key: &String, value: &String| (key.len() + value.len() + 200) as u32)
        .build();
    let before = resident();
    (0..400_000).for_each(|book| moka.insert(format!("weighed:{book}>text"), text(book)));
    moka.run_pending_tasks();
    let of_moka = resident() - before;
    println!("a bare moka of 64 MB, values of 200 bytes: {} held, {of_moka:.0} MB", moka.entry_count());

    let get = function(url, "weighed", LIMIT)?;
    let all: Vec<u64> = (0..200_000).collect();
    // They are written first, so that nothing is dropped while they are read.
    for books in all.chunks(1000) {
        get.call_many(books);
    }
    let before = resident();
    for books in all.chunks(1000) {
        get.call_many(books);
    }
    let held = all.iter().filter(|book| get.local(book).is_some()).count();
    println!("a limit of 64 MB, values of 200 bytes: {held} held, {:.0} MB", resident() - before);
    Ok(())
}
