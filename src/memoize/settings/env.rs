//! Settings from the environment.

use super::{OnError, Settings};
use crate::client::{Secret, Target, Tls};
use crate::error::{Error, Result};
use crate::setting::{cluster, duration, duration_in, layout, truth, utc_offset};
use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

impl Settings {
    /// The defaults, changed by what the environment says.
    ///
    /// `CACHEME_URL`, `CACHEME_PREFIX`, `CACHEME_LAYOUT` (see [`setting::layout`](crate::setting::layout)), `CACHEME_ENABLED`,
    /// `CACHEME_STALE`, `CACHEME_SCAN_COUNT`,
    /// `CACHEME_RETRY_COUNT`, `CACHEME_RETRY_INTERVAL` (`250ms`; a bare number is milliseconds), `CACHEME_UTC_OFFSET`
    /// (`+08:00`, `-0500`, `-5`, `Z`), `CACHEME_ON_ERROR` (`compute`, `fail`), `CACHEME_LEASE` (`5m`; a bare number is
    /// seconds), `CACHEME_RECORD`, `CACHEME_RECORD_INTERVAL` (as the other interval). Empty variables count as unset;
    /// an empty URL or prefix is refused. Each is written as the command line takes it: see [`setting`](crate::setting).
    ///
    /// Of the server that `CACHEME_URL` names say more: `CACHEME_CLUSTER` (`true`, `false`, or more nodes:
    /// `host:port,host:port`), `CACHEME_TLS_CA`, `CACHEME_TLS_CERT`, `CACHEME_TLS_KEY`, `CACHEME_TLS_INSECURE`,
    /// `CACHEME_PASSWORD_FILE`, which is read for each connection, or without it and without a password in the URL
    /// `REDISCLI_AUTH`; for sentinels `CACHEME_SENTINEL_USER`, and `CACHEME_SENTINEL_PASSWORD_FILE` or
    /// `CACHEME_SENTINEL_PASSWORD`. [`Settings::url`] and [`Settings::target`] name another server, and take nothing of these.
    ///
    /// # Errors
    /// [`Error::Setting`] for a variable that cannot be read; [`Error::Url`] and [`Error::Certificates`].
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
    /// assert!(settings.is_ok());
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
        let url = meant("CACHEME_URL")?;
        if let Some(prefix) = meant("CACHEME_PREFIX")? {
            it.prefix = prefix;
        }
        let value = |name: &str| value(name).filter(|text| !text.is_empty());
        it.target = Ok(target(url.as_deref().unwrap_or(Target::DEFAULT_URL), &value)?);
        read(&value, "CACHEME_LAYOUT", layout, &mut it.layout)?;
        read(&value, "CACHEME_ENABLED", truth, &mut it.enabled)?;
        read(&value, "CACHEME_STALE", truth, &mut it.stale)?;
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

/// The server, and who we are to it.
fn target(url: &str, value: &impl Fn(&str) -> Option<String>) -> Result<Target> {
    let path = |name: &str| value(name).map(PathBuf::from);
    let mut target = Target::parse(url)?;
    if let Some(seeds) = value("CACHEME_CLUSTER").as_deref().and_then(cluster) {
        target = target.with_cluster(&seeds)?;
    }
    let mut tls = Tls {
        ca: path("CACHEME_TLS_CA"),
        certificate: path("CACHEME_TLS_CERT"),
        key: path("CACHEME_TLS_KEY"),
        insecure: false,
    };
    read(value, "CACHEME_TLS_INSECURE", truth, &mut tls.insecure)?;
    target = target.with_tls(tls)?;
    if target.has_sentinels() {
        let name = "CACHEME_SENTINEL_PASSWORD_FILE";
        let password = match path(name) {
            Some(file) => Some(
                Secret::in_file(&file)
                    .map_err(|error| bad(name, format!("cannot read {}: {error}", file.display())))?,
            ),
            None => value("CACHEME_SENTINEL_PASSWORD").map(Secret::new),
        };
        target = target.with_sentinel_login(value("CACHEME_SENTINEL_USER"), password);
    }
    if let Some(file) = path("CACHEME_PASSWORD_FILE") {
        return Ok(target.with_password_file(file));
    }
    if target.has_password() {
        return Ok(target);
    }
    Ok(match value("REDISCLI_AUTH") {
        Some(password) => target.with_password(&Secret::new(password)),
        None => target,
    })
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

    fn shown(settings: &Settings) -> String {
        settings.target.as_ref().unwrap().to_string()
    }

    #[track_caller]
    fn assert_same(one: &Settings, other: &Settings) {
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }

    #[test]
    fn the_environment_says_who_we_are_to_its_server() {
        let has_password = |vars: &[(&str, &str)]| from(vars).unwrap().target.unwrap().has_password();
        assert!(!has_password(&[("REDISCLI_AUTH", "")]));
        assert!(has_password(&[("REDISCLI_AUTH", "hunter2")]));
        assert!(has_password(&[("CACHEME_PASSWORD_FILE", "/nowhere")]), "it is read for each connection");
        let url = ("CACHEME_URL", "redis://u:of-url@h");
        let both = from(&[url, ("CACHEME_PASSWORD_FILE", "/nowhere"), ("REDISCLI_AUTH", "x")]).unwrap();
        assert!(format!("{both:?}").contains(r#"Some("/nowhere")"#), "{both:?}");
        let refused = from(&[("CACHEME_URL", "rediss://h"), ("CACHEME_TLS_CA", "/nowhere.pem")]).unwrap_err();
        assert!(refused.to_string().contains("/nowhere.pem"), "{refused}");
        let file = ("CACHEME_SENTINEL_PASSWORD_FILE", "/nowhere");
        let refused = from(&[("CACHEME_URL", "redis+sentinel://a/s"), file]).unwrap_err();
        assert!(refused.to_string().contains("CACHEME_SENTINEL_PASSWORD_FILE"), "{refused}");
        assert!(from(&[file]).is_ok(), "nobody asks a sentinel");
        let refused = from(&[("CACHEME_TLS_INSECURE", "on")]).unwrap_err();
        assert!(refused.to_string().contains("rediss://"), "{refused}");
    }

    #[test]
    fn the_environment_is_read_and_what_it_cannot_mean_is_refused() {
        assert_same(&from(&[]).unwrap(), &Settings::default());
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
        assert_same(&all.unwrap(), &expected);
        let cluster = from(&[
            ("CACHEME_CLUSTER", "b:7001,c"),
            ("CACHEME_UTC_OFFSET", "-0500"),
            ("CACHEME_LEASE", "2m"),
        ]);
        let cluster = cluster.unwrap();
        assert_eq!(shown(&cluster), "cluster redis://b:7001,c:6379,127.0.0.1:6379");
        assert_eq!((cluster.utc_offset, cluster.lease), (-18_000, Duration::from_secs(120)));
        assert_same(&from(&[("CACHEME_CLUSTER", "off")]).unwrap(), &Settings::default());
        assert_same(
            &from(&[("CACHEME_LAYOUT", "auto"), ("CACHEME_STALE", "")]).unwrap(),
            &Settings::default(),
        );
        for bad in [
            ("CACHEME_LAYOUT", "new"),
            ("CACHEME_URL", ""),
            ("CACHEME_TLS_INSECURE", "perhaps"),
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
