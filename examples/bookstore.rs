//! The classic case: a book has an owner, and whoever shows a book wants the owner's name.
//!
//! `get_owner` is cached under the key `Book:<id>>owner` and listed under the invalid key `User:<owner id>`: when a
//! user changes, every book of that user is asked for anew, whoever cached it, a Rust or a Python worker.
//!
//! ```text
//! cargo run --example bookstore -- --url redis://127.0.0.1:6379/0 --prefix CM: --layout meta --json
//! ```

// An example is there to be watched.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use cacheme::memoize;
use cacheme::memoize::{Counts, Settings, sync::Cache};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::process::ExitCode;
use std::sync::OnceLock;

static CACHE: OnceLock<Cache> = OnceLock::new();

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Owner {
    id: u64,
    name: String,
}

#[memoize(cache = CACHE.get().expect("run opens it"), key = "Book:{book}>owner", invalid_keys = ["User:{result.id}"])]
fn get_owner(book: u64) -> Owner {
    // The slow part: a query, say.
    let id = book + 100;
    Owner { id, name: format!("Owner {id}") }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (settings, json) = flags()?;
    let cache = Cache::open(settings)?;
    CACHE.get_or_init(|| cache);

    for _ in 0..2 {
        for book in 100..=104 {
            let owner = get_owner(book);
            if json {
                let line = serde_json::json!({"book": book, "owner": owner});
                println!("{line}");
            } else {
                println!("book {book} belongs to {} (user {})", owner.name, owner.id);
            }
        }
    }

    let Counts { hits, misses, refreshes, .. } = get_owner_cached().counts();
    if json {
        println!("{{\"hits\": {hits}, \"misses\": {misses}, \"refreshes\": {refreshes}}}");
    } else {
        println!("{hits} hits, {misses} misses, {refreshes} refreshes");
    }
    Ok(())
}

/// The settings of the environment (`CACHEME_URL` and so on), changed by the flags.
fn flags() -> Result<(Settings, bool), Box<dyn Error>> {
    let mut settings = Settings::from_env()?;
    let mut json = false;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let (name, joined) = match arg.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (arg, None),
        };
        let mut value =
            || joined.clone().or_else(|| args.next()).ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--url" => settings = settings.url(value()?),
            "--prefix" => settings = settings.prefix(value()?),
            "--layout" => settings = settings.layout(cacheme::setting::layout(&value()?)?),
            "--json" => json = true,
            other => {
                return Err(format!(
                    "unknown flag {other}; there are --url, --prefix, --layout (auto, classic, meta, both), --json"
                )
                .into());
            }
        }
    }
    Ok((settings, json))
}
