//! What a cache is told once: where Redis is, and how calls behave unless a function says otherwise.

use crate::error::{Error, Result};
use crate::namespace::{Layout, Namespace};
use crate::store::{Target, Timeouts};
use std::str::FromStr;
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
/// let settings = Settings::new().prefix("shop:").layout(Layout::Meta).retries(10, Duration::from_millis(50));
/// assert_eq!(settings, Settings {
///     prefix: "shop:".into(),
///     layout: Some(Layout::Meta),
///     retry_count: 10,
///     retry_interval: Duration::from_millis(50),
///     ..Settings::default()
/// });
/// assert_eq!(settings.on_error, OnError::Compute);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether there is a cache at all; without, every call computes (`ENABLE_CACHE`). Default: true.
    pub enabled: bool,
    /// Where Redis is (`REDIS_URL`), as [`Target::parse`] reads it. Default: `redis://127.0.0.1:6379/0`.
    pub url: String,
    /// In front of every Redis key (`REDIS_CACHE_PREFIX`). Default: `CM:`.
    pub prefix: String,
    /// Which generation of the library the Python workers beside this one are. `None`, the default, looks at the
    /// first call ([`detect`](crate::store::detect)) and stays with what it finds; where that is not certain, marks
    /// are written and read in both layouts. Name the layout where Python workers come and go.
    pub layout: Option<Layout>,
    /// How many members a sweep over a tag or an invalid key asks for at once (`REDIS_CACHE_SCAN_COUNT`). Default: 10.
    pub scan_count: usize,
    /// How often to look again for a value another worker is computing (`THUNDERING_HERD_RETRY_COUNT`). Default: 5.
    pub retry_count: u32,
    /// How long to wait before each of these looks (`THUNDERING_HERD_RETRY_TIME`). Default: 20 ms.
    pub retry_interval: Duration,
    /// Whether readers get the old value while one recomputes it (`STALE`). Default: true.
    pub stale: bool,
    /// The UTC offset of the Python hosts, in seconds. The library takes its local time for UTC, so timeouts it
    /// writes and reads are off by this much. Default: 0.
    pub utc_offset: i64,
    /// What to do without Redis. Default: compute.
    pub on_error: OnError,
    /// How long one computation may take before its mark is given back to the next reader. A longer one returns its
    /// result but does not store it. Default: 5 minutes.
    pub lease: Duration,
    /// How long to wait for Redis: to connect, and for each answer. Default: 1 s each.
    pub timeouts: Timeouts,
    /// Whether the server is part of a Redis Cluster. The prefix needs a hash tag then (`{CM}:`), and the layout is
    /// `classic`. Default: no.
    pub cluster: bool,
    /// How many idle connections the sync face keeps. Default: 16.
    pub idle_connections: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            enabled: true,
            url: Target::DEFAULT_URL.to_owned(),
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
            cluster: false,
            idle_connections: 16,
        }
    }
}

/// Setters, to be chained.
impl Settings {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The defaults, changed by what the environment says.
    ///
    /// `CACHEME_URL`, `CACHEME_PREFIX`, `CACHEME_LAYOUT` (`classic`, `meta`, `both`, `auto`), `CACHEME_ENABLED`,
    /// `CACHEME_STALE`, `CACHEME_CLUSTER` (`true`, `false`, `1`, `0`), `CACHEME_SCAN_COUNT`, `CACHEME_RETRY_COUNT`,
    /// `CACHEME_RETRY_INTERVAL` (milliseconds), `CACHEME_UTC_OFFSET` (`+08:00`, `-5`, `Z`), `CACHEME_ON_ERROR`
    /// (`compute`, `fail`), `CACHEME_LEASE` (seconds). Empty variables count as unset.
    ///
    /// # Errors
    /// [`Error::Setting`] for a variable that cannot be read.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// As [`Settings::from_env`], from anything that knows the value of a variable.
    ///
    /// ```
    /// use cacheme::memoize::Settings;
    /// let settings = Settings::from_vars(|name| (name == "CACHEME_PREFIX").then(|| "shop:".to_owned()));
    /// assert_eq!(settings.unwrap().prefix, "shop:");
    /// assert!(Settings::from_vars(|name| (name == "CACHEME_STALE").then(|| "maybe".to_owned())).is_err());
    /// ```
    ///
    /// # Errors
    /// As [`Settings::from_env`].
    pub fn from_vars(value: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let value = |name: &str| value(name).filter(|text| !text.is_empty());
        let mut it = Self::default();
        if let Some(url) = value("CACHEME_URL") {
            it.url = url;
        }
        if let Some(prefix) = value("CACHEME_PREFIX") {
            it.prefix = prefix;
        }
        it.layout = match value("CACHEME_LAYOUT").as_deref() {
            None | Some("auto") => None,
            Some(text) => Some(text.parse().map_err(|reason| bad("CACHEME_LAYOUT", reason))?),
        };
        read(&value, "CACHEME_ENABLED", truth, &mut it.enabled)?;
        read(&value, "CACHEME_STALE", truth, &mut it.stale)?;
        read(&value, "CACHEME_CLUSTER", truth, &mut it.cluster)?;
        read(&value, "CACHEME_SCAN_COUNT", number, &mut it.scan_count)?;
        read(&value, "CACHEME_RETRY_COUNT", number, &mut it.retry_count)?;
        let millis = |text: &str| number(text).map(Duration::from_millis);
        read(&value, "CACHEME_RETRY_INTERVAL", millis, &mut it.retry_interval)?;
        read(&value, "CACHEME_UTC_OFFSET", offset, &mut it.utc_offset)?;
        read(&value, "CACHEME_ON_ERROR", on_error, &mut it.on_error)?;
        read(&value, "CACHEME_LEASE", |text| number(text).map(Duration::from_secs), &mut it.lease)?;
        Ok(it)
    }

    /// Sets [`Settings::enabled`].
    pub fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// Sets [`Settings::url`].
    pub fn url(self, url: impl Into<String>) -> Self {
        Self { url: url.into(), ..self }
    }

    /// Sets [`Settings::prefix`].
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Sets [`Settings::layout`].
    pub fn layout(self, layout: impl Into<Option<Layout>>) -> Self {
        Self { layout: layout.into(), ..self }
    }

    /// Sets [`Settings::scan_count`].
    pub fn scan_count(self, scan_count: usize) -> Self {
        Self { scan_count, ..self }
    }

    /// Sets [`Settings::retry_count`] and [`Settings::retry_interval`].
    pub fn retries(self, retry_count: u32, retry_interval: Duration) -> Self {
        Self { retry_count, retry_interval, ..self }
    }

    /// Sets [`Settings::stale`].
    pub fn stale(self, stale: bool) -> Self {
        Self { stale, ..self }
    }

    /// Sets [`Settings::utc_offset`], in seconds.
    pub fn utc_offset(self, utc_offset: i64) -> Self {
        Self { utc_offset, ..self }
    }

    /// Sets [`Settings::on_error`].
    pub fn on_error(self, on_error: OnError) -> Self {
        Self { on_error, ..self }
    }

    /// Sets [`Settings::lease`].
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Sets [`Settings::timeouts`].
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// Sets [`Settings::idle_connections`].
    pub fn idle_connections(self, idle_connections: usize) -> Self {
        Self { idle_connections, ..self }
    }
}

fn read<T>(
    value: &impl Fn(&str) -> Option<String>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, String>,
    into: &mut T,
) -> Result<()> {
    if let Some(text) = value(name) {
        *into = parse(&text).map_err(|reason| bad(name, reason))?;
    }
    Ok(())
}

fn bad(name: &str, reason: String) -> Error {
    Error::Setting { name: name.to_owned(), reason }
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(format!("'{text}' is neither true nor false")),
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number that can be used here"))
}

fn offset(text: &str) -> Result<i64, String> {
    let fail = || format!("'{text}' is not an offset from UTC; write +08:00 or -05:00");
    if text == "Z" {
        return Ok(0);
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => return Err(fail()),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let part = |text: &str, below: i64| text.parse().ok().filter(|n| (0..below).contains(n)).ok_or_else(fail);
    Ok(sign * (part(hours, 24)? * 3600 + part(minutes, 60)? * 60))
}

fn on_error(text: &str) -> Result<OnError, String> {
    match text {
        "compute" => Ok(OnError::Compute),
        "fail" => Ok(OnError::Fail),
        _ => Err(format!("'{text}' is neither 'compute' nor 'fail'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(vars: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_vars(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_environment_is_read_and_what_it_cannot_mean_is_refused() {
        assert_eq!(from(&[]).unwrap(), Settings::default());
        let all = from(&[
            ("CACHEME_URL", "redis://h:1/2"),
            ("CACHEME_PREFIX", "p:"),
            ("CACHEME_LAYOUT", "both"),
            ("CACHEME_ENABLED", "0"),
            ("CACHEME_STALE", "off"),
            ("CACHEME_SCAN_COUNT", "7"),
            ("CACHEME_RETRY_COUNT", "3"),
            ("CACHEME_RETRY_INTERVAL", "5"),
            ("CACHEME_UTC_OFFSET", "-05:30"),
            ("CACHEME_ON_ERROR", "fail"),
            ("CACHEME_LEASE", "60"),
        ]);
        let expected = Settings::new()
            .url("redis://h:1/2")
            .prefix("p:")
            .layout(Layout::Both)
            .enabled(false)
            .stale(false)
            .scan_count(7)
            .retries(3, Duration::from_millis(5))
            .utc_offset(-19_800)
            .on_error(OnError::Fail)
            .lease(Duration::from_secs(60));
        assert_eq!(all.unwrap(), expected);
        assert_eq!(from(&[("CACHEME_LAYOUT", "auto"), ("CACHEME_STALE", "")]).unwrap(), Settings::default());
        for bad in [
            ("CACHEME_LAYOUT", "new"),
            ("CACHEME_RETRY_COUNT", "-1"),
            ("CACHEME_UTC_OFFSET", "8"),
            ("CACHEME_ON_ERROR", "panic"),
        ] {
            let error = from(&[bad]).unwrap_err().to_string();
            assert!(error.contains(bad.0) && error.contains(bad.1), "{error}");
        }
    }
}
