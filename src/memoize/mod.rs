//! A cache in front of a function, shared with other processes and with Python workers on the same Redis.
//!
//! The attribute [`#[memoize]`](../attr.memoize.html) puts it in front of a function where the function stands, which keeps its name
//! and its signature (feature `macros`, on by default):
//!
//! ~~~ignore
//! #[memoize(cache = CACHE, key = "Book:{book}>owner", invalid_keys = ["User:{result.id}"], timeout = "10m")]
//! fn get_owner(book: u64) -> Result<Owner, DbError> { db::owner_of(book) }
//! ~~~
//!
//! What it stands on is a value, too. [`sync`] is the API for threads; `future`, under the feature `tokio`, is the same for tasks.
//! Both have a `Cache`, whose `memoize` makes a `Memoized` function: cheap to clone, `Send + Sync`, to be built once and kept in a static or
//! in a service's state: each `build` leaves counters with the cache, and has callers of its own to share a computation.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
//! use cacheme::memoize::{Invalidate, Settings, sync::Cache};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Serialize, Deserialize)]
//! struct Owner { id: u64, name: String }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let redis = Redis::start();
//! let settings = Settings::from_env()?;
//! # let settings = settings.url(redis.url());
//! let cache = Cache::open(settings)?;
//! let get_owner = cache
//!     .memoize("get_owner", |book: &u64| format!("Book:{book}>owner"), |book: &u64| {
//!         let id = book + 100; // the slow part: a query
//!         Owner { id, name: format!("Owner {id}") }
//!     })
//!     .invalid_keys(|_book, owner| format!("User:{}", owner.id))
//!     .build();
//!
//! let owner = get_owner.call(&100)?; // computed, and stored for everybody
//! let again = get_owner.call(&100)?; // one round trip to Redis
//! cache.invalidate(&Invalidate::invalid_key("User:200"))?; // the next call of anybody computes
//! # assert_eq!((owner.name, again.id), ("Owner 200".to_owned(), 200));
//! # assert_eq!((get_owner.counts().hits, get_owner.counts().misses), (1, 1));
//! # get_owner.call(&100)?;
//! # assert_eq!(get_owner.counts().refreshes, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What a call does
//!
//! | what was read | what happens |
//! |---|---|
//! | a value that is neither marked nor expired | it is returned: one round trip, nothing is written ([or none](#values-in-this-process)) |
//! | a value that is marked or expired, stale reads on | one caller takes the mark and recomputes; everybody else, here and in other processes, gets the old value meanwhile |
//! | the same, [stale reads off](Settings::stale) | the one who takes the mark deletes the value; the others wait as for a miss |
//! | no value | one caller computes; callers in this process wait for it and share what it returns; other processes look again as often and as far apart as [`retries`](Settings::retries) says, then compute too |
//! | a value that does not decode | as no value |
//! | a key, tag or invalid key that is called as bookkeeping is (`delete`, `progress`, `meta:…`) | nothing is stored; [`Error::Reserved`](crate::Error::Reserved), as [`on_error`](Settings::on_error) says |
//! | a key whose Redis key is that of its own tag or invalid key, or a name of more than 64 KiB | the same, with [`Error::TooLong`](crate::Error::TooLong) for the latter |
//! | Redis is away, slow, or refuses | as [`on_error`](Settings::on_error) says; bounded by the [`timeouts`](Settings::timeouts) |
//!
//! `None`, zero, `false` and empty values are values like others: they are cached and found. A key may hold any byte, NUL
//! too.
//!
//! # By arguments
//!
//! What a function's cache does beside calling it, in both APIs (with `.await` in `future`):
//!
//! | | what it does | what it returns |
//! |---|---|---|
//! | [`call(&args)`](sync::Memoized::call) | reads, or computes and stores | the value |
//! | [`call_with(&args, \|\| …)`](sync::Memoized::call_with), [`try_call_with`](sync::Memoized::try_call_with) | the same, with a function that may borrow; [`keyed`](sync::Cache::keyed) makes a cache that has no other | the value |
//! | [`get(&args)`](sync::Memoized::get), [`get_with(&args, \|\| …)`](sync::Memoized::get_with) | the same for what cannot fail; without Redis it computes | the value, and no `Result` |
//! | [`call_many(&[args, …])`](sync::Memoized::call_many), [`call_many_with`](sync::Memoized::call_many_with), [`get_many`](sync::Memoized::get_many) | the same for many at once, in a few round trips; [`compute_many`](sync::Builder::compute_many) computes what is missing by one query | a result, or a value, for each |
//! | [`call_arc(&args)`](sync::Memoized::call_arc) | as `call`, without a clone of a value that [this process holds](#values-in-this-process) | the value in an `Arc` |
//! | [`local(&args)`](sync::Memoized::local) | serves what this process holds, without a request | the value in an `Arc`, if it does |
//! | [`peek(&args)`](sync::Memoized::peek) | reads what is stored, be it marked or expired; never computes | the value, if there is one |
//! | [`put(&args, value)`](sync::Memoized::put) | stores a value over whatever is there | whether it did |
//! | [`refresh(&args)`](sync::Memoized::refresh) | computes and stores over whatever is there | the value |
//! | [`invalidate(&args)`](sync::Memoized::invalidate) | marks: the next call computes | a report |
//! | [`remove(&args)`](sync::Memoized::remove) | deletes, and marks what is being computed | a report |
//! | [`key(&args)`](sync::Memoized::key) | nothing | the logical key |
//!
//! `refresh` and `put` claim the key as a call does, so no invalidation that comes meanwhile is lost to them; the value that is
//! there stays valid until theirs is, and where they come to nothing. Where Redis fails, `peek`, `put`, `invalidate` and
//! `remove` tell, whatever [`on_error`](Settings::on_error) says: they have nothing else to return.
//!
//! # When the function is slow or fails
//!
//! Each is off until the [builder](Builder) or the attribute says so; a plain hit costs the same with them.
//!
//! | | what it does |
//! |---|---|
//! | [`stale_if_error`](Builder::stale_if_error) | an old value (marked or expired), however old, rather than the function's error; the function is left alone for a while |
//! | [`stale_while_revalidate`](Builder::stale_while_revalidate) | no caller waits if there is an old value: it is recomputed in the background |
//! | [`soft_timeout`](Builder::soft_timeout) | the longest a call waits when there is an old value |
//! | [`hard_timeout`](Builder::hard_timeout) | the longest it waits, with an old value or without one |
//! | [`jitter`](Builder::jitter) | what was stored together does not expire together |
//! | [`early_refresh`](Builder::early_refresh) | a value in use is recomputed shortly before it expires |
//! | [`on_failure`](Builder::on_failure) | is told of the function's errors |
//!
//! None of them loses an invalidation: whatever is served, the mark stays in Redis until a value is stored that was computed behind
//! it. What goes on behind a call is a task of the runtime, or runs on a thread of its own;
//! [`close`](sync::Cache::close) waits for it when a service ends. [`Counts`] says how often each of them was needed.
//!
//! # Values in this process
//!
//! A hit is one round trip to Redis. With [`Settings::local`] or a function's own [`local`](Builder::local) (an attribute's `local =
//! "64MB"`) the process holds values itself, up to this many bytes, and a hit on one of them needs no request. It is off by default.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
//! use cacheme::memoize::{Settings, sync::Cache};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let redis = Redis::start();
//! let settings = Settings::new().local(64_000_000);
//! # let settings = settings.url(redis.url());
//! let cache = Cache::open(settings)?;
//! let square = cache.memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n).build();
//! # let start = std::time::Instant::now();
//! while square.counts().local == 0 {
//!     square.call(&12)?; // computed, read from Redis and, once somebody listens, from memory
//!     # assert!(start.elapsed() < std::time::Duration::from_secs(60));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Each cache with it has one connection on which Redis reports what is written under the prefix, by any client: Python workers,
//! the command line, other processes (CLIENT TRACKING, from Redis 6 on and on Valkey). It connects at the first call, so that
//! the first values from memory come a few calls later.
//!
//! **What is promised:** a call that starts later than the bound after a write or mark was acknowledged anywhere never returns the
//! old value. The bound is the time that Redis's message takes: less than some milliseconds on one machine. It is never more than
//! 300 ms, whatever happens to the connection: ten times a second the server is asked whether it is there and still the primary,
//! and without an answer for 300 ms nothing is served from memory. A value is held only where the server process that was read from is
//! the one that tells of writes. Once a second a short connection looks whether the address still leads to that one: where it has moved to
//! another (a DNS name, a virtual address) and the former lives on as a primary, the bound is five seconds. Where no such connection
//! is to be had for as long, nothing is served from memory. Where two servers both take writes as the primary (a
//! partition), nobody can promise that. With [stale reads](Settings::stale) Redis itself serves the old value from when a mark is
//! taken until the new value is stored, and so does this.
//!
//! | | what happens |
//! |---|---|
//! | a value is written or deleted, is evicted; `FLUSHALL`, `FLUSHDB` | it is dropped |
//! | this cache itself stores a value | the same, before the call returns |
//! | it invalidates or removes something | all that it holds is dropped, before the call returns. Another cache of the process hears of either as other processes do |
//! | Redis evicts what was used least (`allkeys-lru`) | it does not see hits from memory, and may evict a value that they are for; then it is computed again |
//! | somebody gives a hash a timeout of Redis (`EXPIRE`; no library does) | it is dropped when Redis deletes it, which may be a good while later |
//! | a value has a timeout | it expires in memory as it does in Redis |
//! | a mark is set or taken | the message names the set of all marks: until that was read again (up to some 2,000 marks), and not more often than a fifth of the time, calls ask Redis. Beyond that many marks, all that is held is dropped with each of them |
//! | the connection breaks, is silent, is refused; the server is no primary any more; Redis is older than 6 | calls ask Redis, as without; [`Error::Untold`](crate::Error::Untold) goes to the error callback, once until messages come again; nothing is served from memory before the callback returns. Then nothing is held at first |
//! | a function calls another one within a computation | it asks Redis: what it computes with may be stored for good. **Not so on other threads and tasks** that the function starts (`thread::spawn`, rayon, `tokio::spawn`): a function called there needs `local(0)`, or the result of the first may be stored with a value that is old by the bound |
//! | `SWAPDB` | nothing reports it |
//!
//! A hit from memory is a hit: counted, and as `local`, too; `on_hit` is called. `cacheme stats --live` and `events`, which watch
//! the server, cannot see it. The limit counts the stored bytes, the key and 280 more for each value, not 4 MB for each cache
//! and what the map needs for itself; a value larger than the limit is not held. [`call_arc`](sync::Memoized::call_arc) hands the value out without a clone. Of a
//! [cache in memory](sync::Cache::in_memory) it does nothing.
//!
//! What the user of Redis needs for it beside the rest: `HELLO`, `INFO`, `CLIENT|TRACKING`, `SSCAN`. Where `CLIENT|SETNAME` is refused the
//! connection has no name.
//!
//! # Keys
//!
//! A key is a base, `>` and a field: `Book:100>owner`. Where its value stands is told by these two parts, as in the library:
//! `p>1`, `p>1>2` and `p>1>3` share one value, and so do `a` and `a>base`. Whoever comes first computes it, and the callers
//! of the others get it. So whatever the result depends on belongs into the first two parts. Marks and indexes hold the whole
//! key: the mark of `p>1>2` is not seen by the callers of `p>1>3`.
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
//! # use cacheme::memoize::{Settings, sync::Cache};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let redis = Redis::start();
//! # let cache = Cache::open(Settings::new().url(redis.url()))?;
//! let length = cache.memoize("length", |key: &str| key.to_owned(), |key: &str| key.len()).build();
//! assert_eq!(length.call("p>1>2")?, 5);
//! assert_eq!(length.call("p>1")?, 5); // the value of `p>1>2`
//! # Ok(())
//! # }
//! ```
//!
//! # When something fails
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/redis.rs"));
//! use cacheme::memoize::{CallError, OnError, Settings, sync::Cache};
//! use cacheme::client::Timeouts;
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let redis = Redis::start();
//! let patience = Duration::from_millis(200); // 1 s each unless you say so
//! let settings = Settings::from_env()?
//!     .timeouts(Timeouts { connect: patience, io: patience })
//!     .on_error(OnError::Fail); // OnError::Compute, the default, computes without Redis and logs why
//! # let settings = settings.url(redis.url());
//! let cache = Cache::open(settings)?;
//! let size = cache
//!     .try_memoize("size", |path: &str| format!("file:{path}>size"), |path: &str| {
//!         std::fs::metadata(path).map(|data| data.len())
//!     })
//!     .build();
//! match size.call("/no/such/file") {
//!     Ok(size) => println!("{size} bytes"),
//!     Err(CallError::Function(error)) => println!("no size: {error}"), // nothing was stored
//!     Err(CallError::Cache(error)) => println!("no Redis: {error}"), // only with OnError::Fail
//!     Err(error @ CallError::Timeout { .. }) => println!("{error}"), // only with a hard_timeout
//! }
//! # drop(redis);
//! # assert!(matches!(size.call("Cargo.toml"), Err(CallError::Cache(_))));
//!
//! // Every call runs the function, nothing connects, and invalidations do nothing.
//! let cache = Cache::open(Settings::new().enabled(false))?;
//! # let twice = cache.memoize("twice", |n: &u32| format!("twice:{n}"), |n: &u32| n * 2).build();
//! # assert_eq!(twice.call(&4)?, 8);
//! # assert!(cache.invalidate(&cacheme::memoize::Invalidate::tag("twice"))?.complete);
//! # Ok(())
//! # }
//! ```
//!
//! Callers who waited for a computation share its error. An error, like a panic, gives back what was taken on the server, so
//! the next call computes.
//!
//! # No invalidation is lost
//!
//! A mark must be gone while the value is computed, or an invalidation that comes meanwhile could not be told from
//! the one being served. So the mark is taken in one step out of the deleted set into `meta:leases` under the prefix,
//! with a deadline. The result and the end of the lease are written in one step, too, and only if
//!
//! - the lease still stands (it was not given back because it ran out), and
//! - the stored value is the one that was there at the claim, and no Python worker has computed the key too. If one did,
//!   or somebody deleted, nobody can tell whose data are newer: what is there stays and is marked.
//!
//! While a lease stands no other worker of this crate takes a renewed mark, neither of this key nor of another that shares
//! its value, so of two computations of a value the older one never overwrites the younger. An error or a panic gives the
//! mark back at once, and an expired entry is one again. Keys that share a value do not take turns: one whose function fails
//! slowly and is called without rest can keep the others from a new value, as long as that goes on. A process that is
//! killed leaves a lease that runs out ([`Settings::lease`], by the server's clock): the next miss or refresh of *any* key
//! in the namespace, or `cacheme gc`, puts the mark back and takes the key out of progress.
//!
//! What cannot be given back, as Redis is away for a moment, is owed: the next call of the same cache, of whichever key, gives
//! it back before it reads (while the server refuses that, ten times a second at most; where it does not answer, more seldom;
//! not where a right is missing); so do an invalidation, a `flush`, and
//! the drop of the last handle. Only where none of these comes before the lease has run out is the old value served for so
//! long. The last 65,536 are kept; where there were more, `flush` says so until their leases have run out.
//!
//! A claim whose answer is lost is given back as the call ends, or found again where it is sent again. One that reaches the
//! server only after that, as its connection hung, is as if its process had been killed: the mark comes back when its lease
//! has run out. Where each call is a hit nothing looks at leases; `cacheme gc` from cron does.
//!
//! What remains is the library's: a Python worker neither sees leases nor checks what it overwrites. A mark that comes while
//! we compute may be taken by one: where 0.1.1 then serves the old value, as the key is in progress, or 0.0.9 (0.1.1 too, by
//! another key of the value) stores the very bytes that were there, nothing tells us of it. And whoever stores, or fails, takes
//! the key out of progress although another, who met it there and gave up waiting or was given up, still computes: two workers
//! of the library do that to each other as they store, and a deletion by pattern does not reach the one that is left.
//!
//! Callers of one process share a computation. A call that finds one under way which began before the call did, and a mark
//! beside it, does not take what that returns: it waits, reads again, and recomputes where the mark still stands. The same
//! where it is not known that the computation had a claim on the server that stood until its result was stored, or its error
//! given back, nor where the call read after that. A call that cannot read, as Redis is away, takes what such a computation returns.
//!
//! And a key is listed under its tag and its invalid keys when its value is stored. An invalidation of one of these does not
//! reach a key that is being computed for the first time, nor one whose refresh is about to list it under a new invalid
//! key: it is in no such list yet, and the value that was read before the change stays. An invalidation of the key itself, or
//! by a pattern, reaches it; but of the keys that share the value, a pattern reaches only those that are listed, marked or
//! being computed. While `a>b` is computed for the first time, it does not reach `a>b>c`, which nobody has called yet:
//! the first caller of that one gets the value that was read before the change. Invalidate such keys by their names.
//!
//! # In a cluster
//!
//! With a hash tag in the prefix (`{CM}:`) the whole namespace lies in one slot, and a call is what it is on one server. Without, its
//! keys lie in several slots, on several primaries, and what is one step above takes several. The layout is `classic`, and the prefix
//! has no `{`. What is promised is the same:
//!
//! - The leases (`meta:leases:{…}`) lie in the slot of the marks, so that a mark is taken in one step with a look at its lease, and comes
//!   back when that runs out.
//! - The slot of the value has a fence beside it (`meta:fence:{…}:` and the key; it expires with the lease): it names the last claim,
//!   and a result is written in one step with a look at it and at the value of the claim.
//! - The key is in progress before the function runs, and in its indexes before the value is written. If a worker of Python took it out
//!   of progress meanwhile, it is marked. The lease ends last, so whoever is killed in between has the key computed once more.
//!
//! A hit asks at once for the value, and whether that is marked (and with a timeout whether it has expired): one round trip to each
//! slot, side by side. Two servers may answer in the wrong order; so where the answers took 5 ms or longer, the value is read
//! again. And where no old value is served (`stale(false)`), a refresh waits for 10 ms between the end of the old value and that of
//! its mark or timeout.
//! A miss takes some ten round trips, one after the other; several keys of a [`call_many`](sync::Memoized::call_many) take them together.
//! Scripts are sent in full. In the async API a blocking thread of the runtime does all this over the connections of the sync one.
//! Every call asks for marks where the deleted set lies: that primary bears more than the others.
//! [Values in this process](#values-in-this-process) are not held: the error callback is told so once, and calls ask Redis.
//!
//! # Testing without Redis
//!
//! A cache in memory ([`Cache::in_memory`](sync::Cache::in_memory), or [`Settings::in_memory`] where settings are read anyway)
//! needs no Redis: nothing connects. It does with keys, marks, expiry, leases and invalidations what a
//! cache on Redis does, so a test of what is cached, and of what an invalidation reaches, tells what will happen there. Each is
//! empty and of its own; its clones are one cache. Nothing is evicted, and nothing is recorded.
//!
//! Its clock stands still until [`advance`](sync::Cache::advance) moves it, so no test depends on how long it takes, and none
//! sleeps. (Waiting for another worker, [`retries`](Settings::retries), takes real time, or that of tokio.)
//!
//! ```
//! use cacheme::memoize::{Invalidate, sync::{Cache, Memoized}};
//! use std::time::Duration;
//!
//! fn get_title(cache: &Cache) -> Memoized<u64, String> {
//!     cache
//!         .memoize("get_title", |book: &u64| format!("Book:{book}>title"), |book: &u64| format!("Book {book}"))
//!         .invalid_keys(|book, _title| format!("Shelf:{}", book / 10))
//!         .timeout(Duration::from_secs(600))
//!         .build()
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // #[test]
//! let cache = Cache::in_memory();
//! let get_title = get_title(&cache);
//! get_title.call(&12)?;
//! cache.invalidate(&Invalidate::invalid_key("Shelf:1"))?;
//! get_title.call(&12)?;
//! assert_eq!((get_title.counts().misses, get_title.counts().refreshes), (1, 1));
//!
//! cache.advance(Duration::from_secs(599));
//! get_title.call(&12)?;
//! assert_eq!(get_title.counts().hits, 1);
//! cache.advance(Duration::from_secs(1));
//! get_title.call(&12)?;
//! assert_eq!(get_title.counts().refreshes, 2);
//! # Ok(())
//! # }
//! ```
//!
//! Behind `#[memoize]` stands one cache a process, which all its tests share: let each use keys of its own, or call
//! `get_owner_uncached` where the cache does not matter.
//!
//! ```
//! # #[cfg(feature = "macros")]
//! # mod shown {
//! use cacheme::memoize;
//! use cacheme::memoize::{Settings, sync::Cache};
//! use std::sync::LazyLock;
//!
//! # macro_rules! cfg { (test) => { true } }
//! static CACHE: LazyLock<Cache> = LazyLock::new(|| {
//!     let settings = Settings::from_env().expect("CACHEME_URL and the like");
//!     Cache::open(if cfg!(test) { settings.in_memory() } else { settings }).expect("a prefix")
//! });
//!
//! #[memoize(cache = CACHE, key = "Book:{book}>owner", timeout = "10m")]
//! fn get_owner(book: u64) -> String {
//!     format!("Owner {}", book + 100)
//! }
//!
//! # pub
//! fn the_owner_is_read_once() { // #[test]
//!     assert_eq!(get_owner(1), get_owner(1));
//!     assert_eq!(get_owner_cached().counts().hits, 1);
//!     CACHE.advance(std::time::Duration::from_secs(600));
//!     get_owner(1);
//!     assert_eq!(get_owner_cached().counts().refreshes, 1);
//! }
//! # }
//! # #[cfg(feature = "macros")]
//! # shown::the_owner_is_read_once();
//! ```
//!
//! [`Settings::enabled(false)`](Settings::enabled) is for tests that want no cache at all: every call runs the function.
//!
//! # After a fork
//!
//! A process that is forked off may use the cache of its parent: it makes connections of its own. Threads stay behind: what the
//! child counts is sent when it calls `flush` or drops the cache, and with it what the parent had not sent at the fork, so
//! flush before you fork; and what [connects](InvalidationSource) there brings nothing here. What goes on behind calls goes on in the
//! parent alone. Fork while no call is under way and nothing begins or ends behind one: as in every program with threads, a lock
//! that is held at that moment is held in the child for good, and a call there may hang. A process that forks to go into the background does so before its first call: of
//! [values it holds](#values-in-this-process) the server would tell a connection that nobody reads any more.
//!
//! # What is recorded
//!
//! Calls are counted by tag: hits (old values served among them), misses, refreshes, waits, errors, time spent computing.
//! The counts are kept in the process, eight numbers a tag, however long Redis is away, and are added to `meta:stats` under
//! the prefix every [`record_interval`](Settings::record_interval) by a thread of its own, and when the last handle of the
//! cache is dropped: no call makes a round trip more. Those of each hour stay for a day, or as long as `cacheme stats --keep`
//! says, which is learned with the same batches. `cacheme stats` shows them, beside those of Python workers. That
//! they cannot be sent is reported once each time it begins; that counts are lost for good, as a process ends without
//! Redis, is reported with their number. A process that is killed loses those of the last interval.
//! [`Settings::record`] and the builders' `record` turn it off.
//!
//! With the counts of functions that have a timeout it goes, too: one command for all that have computed since the last time adds
//! it to `meta:timeouts`. By it `cacheme keys show` tells when a value was stored. Where that command is refused, nothing else is
//! missed.
//!
//! # Metrics
//!
//! With the feature `metrics` (off by default) each function counts and times for the crate `metrics`, whose recorder the program
//! chooses: Prometheus, StatsD, another. It must be one for `metrics` 0.24 (`metrics-exporter-prometheus` 0.18): another sees
//! nothing. All have the label `tag`:
//!
//! | name | kind | further labels | what it is |
//! |---|---|---|---|
//! | `cacheme_calls_total` | counter | `result`: `hit`, `wait`, `miss`, `refresh` | calls, as [`Counts`] has them |
//! | `cacheme_calls_local_total` | counter | | those of the hits that [`Counts::local`] counts |
//! | `cacheme_calls_stale_total` | counter | | those of the hits that [`Counts::stale`] counts |
//! | `cacheme_call_errors_total` | counter | `kind`: `redis`, `function` | [`Counts::errors`] and [`Counts::failed`] |
//! | `cacheme_calls_early_total`, `cacheme_calls_stale_on_error_total`, `cacheme_calls_timed_out_total`, `cacheme_calls_jittered_total` | counters | | [`Counts::early`], [`Counts::stale_on_error`], [`Counts::timed_out`], [`Counts::jittered`] |
//! | `cacheme_call_retries_total` | counter | | intervals spent waiting for another worker |
//! | `cacheme_call_seconds` | histogram | `result` | whole calls that returned a value |
//! | `cacheme_call_compute_seconds` | histogram | | runs of the function that came back well |
//!
//! They are of this process. `cacheme stats --format prometheus` has other names (`cacheme_hits_total`, …) for what all
//! processes recorded in Redis, so a sum over either counts nothing twice. Whether a function [records](Settings::record) there makes
//! no difference here.
//!
//! Install the recorder before the functions are built: a function takes its handles from it then, and looks nothing up in a call.
//! A call reads the clock twice more. Without the feature none of this is compiled.
//!
//! ```
//! # #[cfg(feature = "metrics")]
//! # {
//! use cacheme::memoize::sync::Cache;
//!
//! // First the recorder: metrics_exporter_prometheus::PrometheusBuilder::new().install()?;
//! # let recorder = metrics_util::debugging::DebuggingRecorder::new();
//! # let (seen, installed) = (recorder.snapshotter(), recorder.install());
//! # installed.unwrap();
//! let cache = Cache::in_memory();
//! let square = cache.memoize("square", |n: &u64| format!("square:{n}"), |n: &u64| n * n).build();
//! square.call(&12).unwrap(); // cacheme_calls_total{tag="square",result="miss"} 1
//! # let all = seen.snapshot().into_vec();
//! # let counted = all.iter().filter(|it| matches!(it.3, metrics_util::debugging::DebugValue::Counter(1)));
//! # let names: Vec<_> = counted.map(|it| it.0.key().name()).collect();
//! # assert_eq!(names, ["cacheme_calls_total"]);
//! # }
//! ```
//!
//! # Different from the library, on purpose
//!
//! | | the library | here |
//! |---|---|---|
//! | hit | 0.0.9: SREM, HGET; 0.1.1: a script that does both; with a timeout the bucket is swept at each read | SISMEMBER, HGET, with a timeout ZSCORE: one pipeline that writes nothing |
//! | expiry | the read that finds an expired key of the base marks all of them | each key looks at its own entry, which is put off until the lease ends and gets its new score with the value; a failure makes it an expired one again; `a>b>c` expires, too, unless a Python worker reads a key of its base first, which takes the entry away |
//! | order of a write | value first, invalid keys after it, SREM progress between | indexes, value, progress in one step: no value without its invalid keys |
//! | refresh | 0.0.9 does not enter progress | enters progress, as 0.1.1 |
//! | a falsy value found while waiting | taken for none | is a value |
//! | callbacks | a refresh is a miss (0.1.1) or nothing (0.0.9); a value found while waiting is nothing | `on_refresh`; `on_wait` |
//! | `pattern` | a glob over Redis keys, without the prefix | a glob over logical keys |

#[cfg(feature = "macros")]
pub(crate) mod attribute;
mod behind;
mod builder;
mod cached;
mod call_state;
#[cfg(test)]
mod call_state_check;
mod caller;
mod codec;
mod computation;
mod core;
mod counts;
mod error;
#[cfg(feature = "tokio")]
pub mod future;
mod handover;
mod invalid_keys;
mod invalidate;
mod local;
mod many;
mod memory;
#[cfg(feature = "metrics")]
mod metrics;
mod options;
mod owed;
mod pool;
mod protocol;
mod resilience;
#[cfg(feature = "macros")]
#[doc(hidden)]
pub mod returned;
mod session;
mod settings;
#[cfg(feature = "tokio")]
mod shared_connection;
mod single_flight;
#[cfg(test)]
mod single_flight_check;
mod source;
mod steps;
pub mod sync;

#[cfg(feature = "macros")]
pub use attribute::Arguments;
pub use builder::{Builder, CanFail, OutlastsCalls};
pub use codec::{Codec, CodecError, Pickle};
pub use counts::Counts;
pub use error::CallError;
pub use invalid_keys::InvalidKeys;
pub use invalidate::Invalidate;
pub use settings::{OnError, Settings};
pub use source::{InvalidationSource, Invalidator};
