//! What a cache is told once: where Redis is, and how calls behave unless a function says otherwise.

mod env;

use crate::client::{Target, Timeouts};
use crate::error::Result;
use crate::namespace::{Layout, Namespace};
use std::time::Duration;

/// What a call does when Redis is away, too slow, or refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnError {
    /// Compute without the cache. The failure goes to the `log` crate and to the cache's error callback.
    #[default]
    Compute,
    /// Return the error, unless the function has run by then: what it gave is handed out and the failure reported.
    Fail,
}

/// The settings of a cache. The defaults are the library's own, where it has them.
///
/// ```
/// use cacheme::memoize::{OnError, Settings};
/// use cacheme::namespace::Layout;
/// use std::time::Duration;
///
/// let settings = Settings::new()
///     .url("redis://127.0.0.1:6379/0")
///     .prefix("shop:")
///     .layout(Layout::Meta)
///     .retries(10, Duration::from_millis(50))
///     .on_error(OnError::Fail);
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) enabled: bool,
    pub(crate) in_memory: bool,
    pub(crate) target: Result<Target>,
    pub(crate) prefix: String,
    pub(crate) layout: Option<Layout>,
    pub(crate) scan_count: usize,
    pub(crate) retry_count: u32,
    pub(crate) retry_interval: Duration,
    pub(crate) stale: bool,
    pub(crate) utc_offset: i64,
    pub(crate) on_error: OnError,
    pub(crate) lease: Duration,
    pub(crate) timeouts: Timeouts,
    pub(crate) idle_connections: usize,
    pub(crate) local: Option<u64>,
    pub(crate) record: bool,
    pub(crate) record_interval: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            enabled: true,
            in_memory: false,
            target: Target::parse(Target::DEFAULT_URL),
            prefix: Namespace::DEFAULT_PREFIX.to_owned(),
            layout: None,
            scan_count: 10,
            retry_count: 5,
            retry_interval: Duration::from_millis(20),
            stale: true,
            utc_offset: 0,
            on_error: OnError::default(),
            lease: Duration::from_secs(300),
            timeouts: Timeouts { connect: second, io: second },
            idle_connections: 16,
            local: None,
            record: true,
            record_interval: Duration::from_secs(5),
        }
    }
}

impl Settings {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is a cache at all; without, every call computes (`ENABLE_CACHE`). Default: true.
    pub fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// Keeps the cache in this process: Redis is not asked, whatever the URL says. For tests: see
    /// [the module](super#testing-without-redis).
    pub fn in_memory(self) -> Self {
        Self { in_memory: true, ..self }
    }

    /// Where Redis is (`REDIS_URL`), as [`Target::parse`] reads it: one that it does not is refused where the cache is opened.
    /// Default: `redis://127.0.0.1:6379/0`.
    pub fn url(self, url: impl AsRef<str>) -> Self {
        Self { target: Target::parse(url.as_ref()), ..self }
    }

    /// Where Redis is, with what a URL does not say: certificates, a password that stands in a file, a cluster. In place of
    /// [`url`](Self::url).
    ///
    /// In a cluster the layout is `classic`. With a hash tag in the prefix (`{CM}:`) a call is what it is on one server; without, its
    /// keys lie in [several slots](super#in-a-cluster).
    ///
    /// ```
    /// use cacheme::client::Target;
    /// use cacheme::memoize::Settings;
    /// # fn main() -> cacheme::Result<()> {
    /// let target = Target::parse("redis://10.0.0.1:7000")?.with_cluster("10.0.0.2:7000,10.0.0.3:7000")?;
    /// let settings = Settings::new().target(target).prefix("{CM}:");
    /// # Ok(())
    /// # }
    /// ```
    pub fn target(self, target: Target) -> Self {
        Self { target: Ok(target), ..self }
    }

    /// In front of every Redis key (`REDIS_CACHE_PREFIX`). Default: `CM:`.
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Which generation of the library the Python workers beside this one are. `None`, the default, looks at the
    /// first call ([`detect`](crate::cache::detect)) and stays with what it finds; where that is not certain, marks
    /// are written and read in both layouts. Name the layout where Python workers come and go.
    pub fn layout(self, layout: impl Into<Option<Layout>>) -> Self {
        Self { layout: layout.into(), ..self }
    }

    /// How many members a sweep over a tag or an invalid key asks for at once (`REDIS_CACHE_SCAN_COUNT`). Default: 10.
    pub fn scan_count(self, scan_count: usize) -> Self {
        Self { scan_count, ..self }
    }

    /// How often to look again for a value that another worker is computing, and how long to wait before each of these looks
    /// (`THUNDERING_HERD_RETRY_COUNT`, `THUNDERING_HERD_RETRY_TIME`). Default: 5 times, 20 ms.
    pub fn retries(self, retry_count: u32, retry_interval: Duration) -> Self {
        Self { retry_count, retry_interval, ..self }
    }

    /// Whether readers get the old value while one recomputes it (`STALE`). Default: true.
    ///
    /// With `false` readers wait for the new value. One case is left in which a call returns an old value: where another
    /// process (or another function, by its builder) has this on for the same keys, whoever of them recomputes has taken the
    /// mark and keeps the old value: until it is done, the old value is a hit for everybody. So set it alike wherever keys are
    /// shared. Over the [slots of a cluster](super#in-a-cluster) a `put` of a marked key is another, for the moment that it takes.
    pub fn stale(self, stale: bool) -> Self {
        Self { stale, ..self }
    }

    /// The UTC offset of the Python hosts, in seconds. The library takes its local time for UTC, so timeouts it
    /// writes and reads are off by this much. Default: 0.
    pub fn utc_offset(self, utc_offset: i64) -> Self {
        Self { utc_offset, ..self }
    }

    /// What to do without Redis. Default: compute.
    pub fn on_error(self, on_error: OnError) -> Self {
        Self { on_error, ..self }
    }

    /// How long one computation may take before its mark is given back to the next reader. A longer one returns its
    /// result but does not store it. Default: 5 minutes.
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// How long to wait for Redis: to connect, and for each answer. Default: 1 s each.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// How many idle connections the sync API keeps. Default: 16.
    pub fn idle_connections(self, idle_connections: usize) -> Self {
        Self { idle_connections, ..self }
    }

    /// Holds values in this process, too, as many as have so many bytes, and serves them without asking Redis: see
    /// [the module](super#values-in-this-process). Its functions share the room; one that has
    /// [its own](super::Builder::local) does not take part. Default: none is held.
    pub fn local(self, max_bytes: u64) -> Self {
        Self { local: (max_bytes > 0).then_some(max_bytes), ..self }
    }

    /// Whether hits, misses and the rest are recorded under `meta:stats`, where `cacheme stats` reads them: see
    /// [the module](super#what-is-recorded). Default: true.
    pub fn record(self, record: bool) -> Self {
        Self { record, ..self }
    }

    /// How often what was counted is sent to Redis. Default: 5 s.
    pub fn record_interval(self, record_interval: Duration) -> Self {
        Self { record_interval, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Recorder;
    use crate::client::Secret;

    #[test]
    fn nothing_that_holds_a_password_prints_it() {
        for url in [
            "redis://app:hunter2@h:1/0",
            "rediss://h?username=app&password=x@hunter2",
            "redis+sentinel://app:hunter2@a,b/s?sentinel_password=hunter2",
            "unix://app:hunter2@/run/r.sock",
            "redis://app:hunter2@h:99999999/0",
            "redis://app:hunter2",
            "app:hunter2@redis://h:1/0",
            "app:hunter2@h:1,redis://app:hunter2@b:2",
        ] {
            let settings = Settings::new().url(url);
            let cluster = Target::parse("redis://h").unwrap().with_cluster("app:hunter2@b:1,redis://c:2");
            let parsed = Target::parse(url).map(|target| target.with_password(&Secret::new("hunter2")));
            let recorder = parsed.as_ref().ok().map(|target| {
                let ns = Namespace::new("CM:", Layout::Meta).unwrap();
                Recorder::start(target.clone(), Timeouts::default(), ns, Duration::from_secs(3600))
            });
            let variables = Settings::from_vars(|name| (name == "CACHEME_URL").then(|| url.to_owned()));
            let opened = super::super::sync::Cache::open(settings.clone()).map(drop);
            let all = (settings, cluster, parsed, recorder, variables, opened, Secret::new("hunter2"));
            for said in [format!("{all:?}"), format!("{all:#?}")] {
                assert!(said.contains("Secret(…)") && !said.contains("hunter2"), "{said}");
            }
        }
        let said = format!("{:?}", Settings::new().url("redis://app:hunter2@h:1/0"));
        assert!(said.contains("redis://h:1/0") && said.contains("record_interval: 5s"), "{said}");
    }
}
