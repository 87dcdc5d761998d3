//! Hits a second, one thread on one connection: this crate, both faces, the `cached` crate's Redis store, and the bare
//! client.
//! `benches/hits.sh` starts Redis, runs this with the Python library beside it, and is what `make bench` calls.
//!
//! Each contender answers the same question, the owner of one of 100 books (or of all of them at once), from the same Redis, in turns of a second,
//! so that what else the machine does falls on all alike. The Python releases do theirs by a process each, which is told
//! when its turn is. `HITS_ONLY=text` leaves out whoever's name does not hold the text.
//!
//! On a busy machine the rates say more about its other work than about anybody here; the CPU time a hit costs the
//! client (Linux tells it) does not.

mod local;

use cached::ConcurrentCached;
use cacheme::memoize::{Settings, future, sync::Cache};
use cacheme::namespace::Layout;
use redis::Commands;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const BOOKS: u64 = 100;
const TURN: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Owner {
    id: u64,
    name: String,
}

fn owner(book: u64) -> Owner {
    Owner { id: book + 100, name: format!("Owner {}", book + 100) }
}

/// What a turn came to: hits a second, and microseconds of the client's CPU time a hit.
#[derive(Clone, Copy)]
struct Turn {
    rate: f64,
    cpu: f64,
}

/// Somebody who answers for a turn.
type Contender = (String, Box<dyn FnMut() -> Result<Turn, Box<dyn Error>>>);

/// Nanoseconds this thread spent on a CPU.
fn on_cpu() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

fn turn(mut hit: impl FnMut(u64) -> Result<(), Box<dyn Error>>) -> Result<Turn, Box<dyn Error>> {
    // Looking at the clock is no part of a hit.
    turn_of(50, |first| (first..first + 50).try_for_each(|book| hit(book % BOOKS)))
}

/// The same of so many at once.
fn turn_of(
    several: u64,
    mut hit: impl FnMut(u64) -> Result<(), Box<dyn Error>>,
) -> Result<Turn, Box<dyn Error>> {
    let (start, cpu, mut hits) = (Instant::now(), on_cpu(), 0_u64);
    while start.elapsed() < TURN {
        hit(hits)?;
        hits += several;
    }
    let hits = hits as f64;
    Ok(Turn { rate: hits / start.elapsed().as_secs_f64(), cpu: (on_cpu() - cpu) / hits / 1000.0 })
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, url, rounds, pythons @ ..] = &args[..] else {
        return Err("usage: hits URL ROUNDS [INTERPRETER=LABEL …]".into());
    };
    let rounds: usize = rounds.parse()?;
    if let Ok(only) = std::env::var("HITS_ABOUT") {
        return match &*only {
            "listeners" => local::listeners(url, rounds),
            "marks" => local::marks(url),
            "delay" => local::delay(url),
            "memory" => local::memory(url),
            other => Err(format!("nothing is known about {other}").into()),
        };
    }
    let mut all = vec![
        bare_two(url)?,
        bare_hget(url)?,
        ours(url, Layout::Meta)?,
        ours(url, Layout::Both)?,
        ours_many(url)?,
        ours_async(url, 1)?,
        ours_async(url, 32)?,
        ours_async_many(url)?,
        crate_cached(url)?,
    ];
    all.extend(local::contenders(url)?);
    for python in pythons {
        let (interpreter, label) = python.split_once('=').ok_or("INTERPRETER=LABEL")?;
        all.push(self::python(interpreter, label, url)?);
    }

    let only = std::env::var("HITS_ONLY").unwrap_or_default();
    all.retain(|(name, _)| name.contains(&only));

    let mut turns = vec![Vec::new(); all.len()];
    for _ in 0..rounds {
        for ((_, run), turns) in all.iter_mut().zip(&mut turns) {
            turns.push(run()?);
        }
    }
    let rates: Vec<f64> = turns.iter().map(|turns| median(turns, |turn| turn.rate)).collect();
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    println!("{:<48} {:>9} {:>12} {:>10} {:>11}", "", "hits/s", "of the first", "× slowest", "CPU µs/hit");
    for (((name, _), turns), rate) in all.iter().zip(&turns).zip(&rates) {
        let (part, times, cpu) = (rate / rates[0], rate / slowest, median(turns, |turn| turn.cpu));
        println!("{name:<48} {rate:>9.0} {part:>12.2} {times:>10.1} {cpu:>11.1}");
    }
    println!("medians of {rounds} turns of {TURN:?} each");
    Ok(())
}

fn median(turns: &[Turn], of: impl Fn(&Turn) -> f64) -> f64 {
    let mut all: Vec<f64> = turns.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The limit for a hit that honours marks: SISMEMBER and HGET in one pipeline, the bytes thrown away.
fn bare_two(url: &str) -> Result<Contender, Box<dyn Error>> {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    fill(&mut connection)?;
    let run = move || {
        turn(|book| {
            let (marked, value): (bool, Option<Vec<u8>>) = redis::pipe()
                .sismember("CM:meta:deleted", format!("CM:bare:{book}>owner"))
                .hget(format!("CM:bare:{book}"), "owner")
                .query(&mut connection)?;
            assert!(!marked && value.is_some());
            Ok(())
        })
    };
    Ok(("bare pipeline of SISMEMBER and HGET".to_owned(), Box::new(run)))
}

fn bare_hget(url: &str) -> Result<Contender, Box<dyn Error>> {
    let mut connection = redis::Client::open(url)?.get_connection()?;
    let run = move || {
        turn(|book| {
            let value: Option<Vec<u8>> = connection.hget(format!("CM:bare:{book}"), "owner")?;
            assert!(value.is_some());
            Ok(())
        })
    };
    Ok(("bare HGET".to_owned(), Box::new(run)))
}

fn fill(connection: &mut redis::Connection) -> redis::RedisResult<()> {
    // {"id": …, "name": "Owner …"}, as Python pickles it.
    for book in 0..BOOKS {
        let value =
            [&b"\x80\x04}(\x8c\x02idK\x64\x8c\x04name\x8c\x09Owner 100u."[..], &[book as u8]].concat();
        let _: () = connection.hset(format!("CM:bare:{book}"), "owner", value)?;
    }
    Ok(())
}

fn ours(url: &str, layout: Layout) -> Result<Contender, Box<dyn Error>> {
    let cache = Cache::open(Settings::new().url(url).layout(layout))?;
    let base = format!("{layout}:");
    let get_owner = cache
        .memoize(
            &format!("get_owner_{layout}"),
            move |book: &u64| format!("{base}{book}>owner"),
            |book: &u64| owner(*book),
        )
        .invalid_keys(|_, owner| format!("User:{}", owner.id))
        .build();
    for book in 0..BOOKS {
        get_owner.call(&book)?;
    }
    let run = move || {
        turn(|book| {
            assert_eq!(get_owner.call(&book)?.id, book + 100);
            Ok(())
        })
    };
    Ok((format!("cacheme, layout {layout}"), Box::new(run)))
}

/// All books at once.
fn ours_many(url: &str) -> Result<Contender, Box<dyn Error>> {
    let cache = Cache::open(Settings::new().url(url).layout(Layout::Meta))?;
    let get_owner = cache
        .memoize("get_owner_many", |book: &u64| format!("many:{book}>owner"), |book: &u64| owner(*book))
        .invalid_keys(|_, owner| format!("User:{}", owner.id))
        .build();
    let books: Vec<u64> = (0..BOOKS).collect();
    get_owner.call_many(&books);
    let run = move || {
        turn_of(BOOKS, |_| {
            for (book, found) in books.iter().zip(get_owner.call_many(&books)) {
                assert_eq!(found?.id, book + 100);
            }
            Ok(())
        })
    };
    Ok((format!("cacheme, layout meta, call_many of {BOOKS}"), Box::new(run)))
}

fn ours_async_many(url: &str) -> Result<Contender, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cache = future::Cache::open(Settings::new().url(url).layout(Layout::Meta))?;
    let get_owner = cache
        .memoize(
            "get_owner_async_many",
            |book: &u64| format!("async_many:{book}>owner"),
            |book: u64| async move { owner(book) },
        )
        .invalid_keys(|_, owner| format!("User:{}", owner.id))
        .build();
    let books: Vec<u64> = (0..BOOKS).collect();
    runtime.block_on(get_owner.call_many(&books));
    let run = move || {
        turn_of(BOOKS, |_| {
            for (book, found) in books.iter().zip(runtime.block_on(get_owner.call_many(&books))) {
                assert_eq!(found?.id, book + 100);
            }
            Ok(())
        })
    };
    Ok((format!("cacheme, async, layout meta, call_many of {BOOKS}"), Box::new(run)))
}

/// The async face on a runtime of this one thread, which carries the connection, too.
fn ours_async(url: &str, tasks: u64) -> Result<Contender, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cache = future::Cache::open(Settings::new().url(url).layout(Layout::Meta))?;
    let get_owner = cache
        .memoize(
            "get_owner_async",
            |book: &u64| format!("async:{book}>owner"),
            |book: u64| async move { owner(book) },
        )
        .invalid_keys(|_, owner| format!("User:{}", owner.id))
        .build();
    runtime.block_on(async {
        for book in 0..BOOKS {
            get_owner.call(&book).await?;
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    let run = move || {
        let (start, cpu) = (Instant::now(), on_cpu());
        let all: Vec<_> = (0..tasks)
            .map(|task| {
                let get_owner = get_owner.clone();
                runtime.spawn(async move {
                    let mut hits = 0;
                    while start.elapsed() < TURN {
                        for _ in 0..50 {
                            let book = (hits + task) % BOOKS;
                            let found = get_owner.call(&book).await.map_err(|error| error.to_string())?;
                            assert_eq!(found.id, book + 100);
                            hits += 1;
                        }
                    }
                    Ok::<u64, String>(hits)
                })
            })
            .collect();
        let mut hits = 0;
        for task in all {
            hits += runtime.block_on(task)??;
        }
        let hits = hits as f64;
        Ok(Turn { rate: hits / start.elapsed().as_secs_f64(), cpu: (on_cpu() - cpu) / hits / 1000.0 })
    };
    let name = if tasks == 1 { "one task".to_owned() } else { format!("{tasks} tasks") };
    Ok((format!("cacheme, async, layout meta, {name}"), Box::new(run)))
}

fn crate_cached(url: &str) -> Result<Contender, Box<dyn Error>> {
    let cache = cached::RedisCache::<u64, Owner>::builder("bench")
        .ttl(Duration::from_secs(3600))
        .connection_string(url)
        .build()
        .map_err(|error| error.to_string())?;
    for book in 0..BOOKS {
        cache.cache_set(book, owner(book)).map_err(|error| error.to_string())?;
    }
    let run = move || {
        turn(|book| {
            let found = cache.cache_get(&book).map_err(|error| error.to_string())?;
            assert_eq!(found.map(|owner| owner.id), Some(book + 100));
            Ok(())
        })
    };
    Ok(("the cached crate's RedisCache (JSON, no marks)".to_owned(), Box::new(run)))
}

/// A Python process: a line in, a number out.
struct Python {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn python(interpreter: &str, label: &str, url: &str) -> Result<Contender, Box<dyn Error>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../hits.py");
    let mut child = Command::new(interpreter)
        .args(["-W", "ignore", script, url, &BOOKS.to_string(), &TURN.as_secs_f64().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (stdin, stdout) = child.stdin.take().zip(child.stdout.take()).ok_or("no pipes")?;
    let mut python = Python { child, stdin, stdout: BufReader::new(stdout) };
    let run = move || {
        writeln!(python.stdin, "go")?;
        let mut line = String::new();
        python.stdout.read_line(&mut line)?;
        let (rate, cpu) = line.trim().split_once(' ').ok_or_else(|| format!("Python said {line:?}"))?;
        Ok(Turn { rate: rate.parse()?, cpu: cpu.parse()? })
    };
    Ok((label.to_owned(), Box::new(run)))
}
