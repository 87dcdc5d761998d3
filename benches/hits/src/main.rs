//! Hits a second, one thread on one connection: this crate, the `cached` crate's Redis store, and the bare client.
//! `benches/hits.sh` starts Redis, runs this with the Python library beside it, and is what `make bench` calls.
//!
//! Each contender answers the same question, the owner of one of 100 books, from the same Redis, in turns of a second,
//! so that what else the machine does falls on all alike. The Python releases do theirs by a process each, which is told
//! when its turn is.

use cached::ConcurrentCached;
use cacheme::memoize::{Settings, sync::Cache};
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

/// Somebody who answers for a turn, and tells how many hits a second it made.
type Contender = (String, Box<dyn FnMut() -> Result<f64, Box<dyn Error>>>);

fn turn(mut hit: impl FnMut(u64) -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let (start, mut hits) = (Instant::now(), 0_u64);
    while start.elapsed() < TURN {
        // Looking at the clock is no part of a hit.
        for _ in 0..50 {
            hit(hits % BOOKS)?;
            hits += 1;
        }
    }
    Ok(hits as f64 / start.elapsed().as_secs_f64())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, url, rounds, pythons @ ..] = &args[..] else {
        return Err("usage: hits URL ROUNDS [INTERPRETER=LABEL …]".into());
    };
    let rounds: usize = rounds.parse()?;
    let mut all = vec![bare_two(url)?, bare_hget(url)?, ours(url, Layout::Meta)?, ours(url, Layout::Both)?, crate_cached(url)?];
    for python in pythons {
        let (interpreter, label) = python.split_once('=').ok_or("INTERPRETER=LABEL")?;
        all.push(self::python(interpreter, label, url)?);
    }

    let mut rates = vec![Vec::new(); all.len()];
    for _ in 0..rounds {
        for ((_, run), rates) in all.iter_mut().zip(&mut rates) {
            rates.push(run()?);
        }
    }
    let medians: Vec<f64> = rates.into_iter().map(median).collect();
    println!("{:<44} {:>12} {:>12} {:>12}", "", "hits/s", "of bare two", "× slowest");
    let slowest = medians.iter().copied().fold(f64::INFINITY, f64::min);
    for ((name, _), rate) in all.iter().zip(&medians) {
        println!("{name:<44} {rate:>12.0} {:>12.2} {:>12.1}", rate / medians[0], rate / slowest);
    }
    println!("medians of {rounds} turns of {TURN:?} each");
    Ok(())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
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
        let value = [&b"\x80\x04}(\x8c\x02idK\x64\x8c\x04name\x8c\x09Owner 100u."[..], &[book as u8]].concat();
        let _: () = connection.hset(format!("CM:bare:{book}"), "owner", value)?;
    }
    Ok(())
}

fn ours(url: &str, layout: Layout) -> Result<Contender, Box<dyn Error>> {
    let cache = Cache::open(Settings::new().url(url).layout(layout))?;
    let base = format!("{layout}:");
    let get_owner = cache
        .memoize(&format!("get_owner_{layout}"), move |book: &u64| format!("{base}{book}>owner"), |book: &u64| owner(*book))
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
        line.trim().parse().map_err(|_| format!("Python said {line:?}").into())
    };
    Ok((label.to_owned(), Box::new(run)))
}
