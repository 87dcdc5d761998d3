//! Calls of `memoize`, so many of a kind, for `benches/nodes.py`, which looks at the servers before and after:
//! nodes URL server|cluster PREFIX fill|hit|miss|refresh|many COUNT

#![allow(clippy::print_stdout)]

use cacheme::client::Target;
use cacheme::memoize::{Settings, sync::Cache};
use cacheme::namespace::Layout;
use std::error::Error;

/// Keys that are hit, and keys of a call of many.
const KEYS: u64 = 1000;
const AT_ONCE: u64 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, url, place, prefix, what, count] = &args[..] else {
        // `cargo bench` calls every benchmark without these words: nothing to do then.
        println!(
            "usage: nodes URL server|cluster PREFIX fill|hit|miss|refresh|many COUNT (make bench-nodes calls it)"
        );
        return Ok(());
    };
    let (target, count) = (Target::parse(url)?, count.parse::<u64>()?);
    let target = if place == "cluster" { target.with_cluster("")? } else { target };
    let settings = Settings::new().target(target).prefix(prefix).layout(Layout::Classic).record(false);
    let cache = Cache::open(settings)?;
    let get = cache
        .memoize("nodes", |n: &u64| format!("nodes:{n}>it"), |n: &u64| "v".repeat(200) + &n.to_string())
        .invalid_keys(|n, _| format!("Nodes:{}", n % 100))
        .build();
    for n in 0..count {
        match &**what {
            // Each for the first time.
            "fill" | "miss" => drop(get.call(&(if what == "fill" { n } else { KEYS + n }))?),
            "hit" => drop(get.call(&(n % KEYS))?),
            "refresh" => drop(get.refresh(&(n % KEYS))?),
            "many" => {
                let keys: Vec<u64> = (0..AT_ONCE).map(|at| (n * AT_ONCE + at) % KEYS).collect();
                get.call_many(&keys).into_iter().try_for_each(|value| value.map(drop))?;
            }
            other => return Err(format!("nothing is known about {other}").into()),
        }
    }
    Ok(())
}
