//! Settings from the environment.

use super::{OnError, Settings};
use crate::error::{Error, Result};
use crate::setting::{cluster, duration, duration_in, layout, truth, utc_offset};
use std::cell::RefCell;
use std::ffi::OsString;
use std::str::FromStr;
use std::time::Duration;

impl Settings {
    /// The defaults, changed by what the environment says.
    ///
    /// `CACHEME_URL`, `CACHEME_PREFIX`, `CACHEME_LAYOUT` (see [`setting::layout`](crate::setting::layout)), `CACHEME_ENABLED`,
    /// `CACHEME_STALE`, `CACHEME_CLUSTER` (`true`, `false`, or more nodes: `host:port,host:port`), `CACHEME_SCAN_COUNT`,
    /// `CACHEME_RETRY_COUNT`, `CACHEME_RETRY_INTERVAL` (`250ms`; a bare number is milliseconds), `CACHEME_UTC_OFFSET`
    /// (`+08:00`, `-0500`, `-5`, `Z`), `CACHEME_ON_ERROR` (`compute`, `fail`), `CACHEME_LEASE` (`5m`; a bare number is
    /// seconds), `CACHEME_RECORD`, `CACHEME_RECORD_INTERVAL` (as the other interval). Empty variables count as unset;
    /// an empty URL or prefix is refused. Each is written as the command line takes it: see [`setting`](crate::setting).
    ///
    /// # Errors
    /// [`Error::Setting`] for a variable that cannot be read.
    pub fn from_env() -> Result<Self> {
        Self::from_os(|name| std::env::var_os(name))
    }

    fn from_os(value: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        let unreadable = RefCell::new(None);
        let settings = Self::from_vars(|name| {
            value(name)?.into_string().map_err(|_| unreadable.replace(Some(name.to_owned()))).ok()
        });
        match unreadable.into_inner() {
            Some(name) => Err(bad(&name, "it is not UTF-8".to_owned())),
            None => settings,
        }
    }

    /// As [`Settings::from_env`], from anything that knows the value of a variable.
    ///
    /// ```
    /// use cacheme::memoize::Settings;
    /// let settings = Settings::from_vars(|name| (name == "CACHEME_PREFIX").then(|| "shop:".to_owned()));
    /// assert_eq!(settings.unwrap(), Settings::new().prefix("shop:"));
    /// assert!(Settings::from_vars(|name| (name == "CACHEME_STALE").then(|| "maybe".to_owned())).is_err());
    /// ```
    ///
    /// # Errors
    /// As [`Settings::from_env`].
    pub fn from_vars(value: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut it = Self::default();
        let meant = |name: &str| match value(name) {
            Some(text) if text.is_empty() => Err(bad(name, "it is empty".to_owned())),
            text => Ok(text),
        };
        if let Some(url) = meant("CACHEME_URL")? {
            it.url = url;
        }
        if let Some(prefix) = meant("CACHEME_PREFIX")? {
            it.prefix = prefix;
        }
        let value = |name: &str| value(name).filter(|text| !text.is_empty());
        read(&value, "CACHEME_LAYOUT", layout, &mut it.layout)?;
        read(&value, "CACHEME_ENABLED", truth, &mut it.enabled)?;
        read(&value, "CACHEME_STALE", truth, &mut it.stale)?;
        if let Some(text) = value("CACHEME_CLUSTER") {
            let seeds = cluster(&text);
            (it.cluster, it.cluster_seeds) = (seeds.is_some(), seeds.unwrap_or_default());
        }
        read(&value, "CACHEME_SCAN_COUNT", number, &mut it.scan_count)?;
        read(&value, "CACHEME_RETRY_COUNT", number, &mut it.retry_count)?;
        let millis = |text: &str| duration_in(text, Duration::from_millis(1));
        read(&value, "CACHEME_RETRY_INTERVAL", millis, &mut it.retry_interval)?;
        read(&value, "CACHEME_RECORD", truth, &mut it.record)?;
        read(&value, "CACHEME_RECORD_INTERVAL", millis, &mut it.record_interval)?;
        read(&value, "CACHEME_UTC_OFFSET", utc_offset, &mut it.utc_offset)?;
        read(&value, "CACHEME_ON_ERROR", on_error, &mut it.on_error)?;
        read(&value, "CACHEME_LEASE", duration, &mut it.lease)?;
        Ok(it)
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

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number that can be used here"))
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
    use crate::namespace::Layout;

    fn from(vars: &[(&str, &str)]) -> Result<Settings> {
        Settings::from_vars(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn a_variable_that_is_no_text_is_not_taken_for_unset() {
        use std::os::unix::ffi::OsStringExt as _;
        for name in ["CACHEME_URL", "CACHEME_LEASE"] {
            let found = Settings::from_os(|it| (it == name).then(|| OsString::from_vec(b"\xff:".to_vec())));
            assert!(matches!(found, Err(Error::Setting { name: it, .. }) if it == name));
        }
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
            ("CACHEME_RECORD", "no"),
            ("CACHEME_RECORD_INTERVAL", "250"),
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
            .lease(Duration::from_secs(60))
            .record(false)
            .record_interval(Duration::from_millis(250));
        assert_eq!(all.unwrap(), expected);
        let cluster = from(&[
            ("CACHEME_CLUSTER", "b:7001,c"),
            ("CACHEME_UTC_OFFSET", "-0500"),
            ("CACHEME_LEASE", "2m"),
        ]);
        let cluster = cluster.unwrap();
        assert_eq!((cluster.cluster, cluster.cluster_seeds.as_str()), (true, "b:7001,c"));
        assert_eq!((cluster.utc_offset, cluster.lease), (-18_000, Duration::from_secs(120)));
        assert!(!from(&[("CACHEME_CLUSTER", "off")]).unwrap().cluster);
        assert_eq!(from(&[("CACHEME_LAYOUT", "auto"), ("CACHEME_STALE", "")]).unwrap(), Settings::default());
        for bad in [
            ("CACHEME_LAYOUT", "new"),
            ("CACHEME_URL", ""),
            ("CACHEME_PREFIX", ""),
            ("CACHEME_RETRY_COUNT", "-1"),
            ("CACHEME_UTC_OFFSET", "8"),
            ("CACHEME_UTC_OFFSET", "+23:00"),
            ("CACHEME_LEASE", "18446744073709551615"),
            ("CACHEME_ON_ERROR", "panic"),
        ] {
            let error = from(&[bad]).unwrap_err().to_string();
            assert!(error.contains(bad.0) && error.contains(bad.1), "{error}");
        }
    }
}
