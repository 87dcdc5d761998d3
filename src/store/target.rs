//! Which server, and who we are to it.

use crate::error::{Error, Result};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, io::tcp::TcpSettings};
use std::fmt;
use std::time::Duration;

/// A password. It has no `Display`, and its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How long to wait for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to be made.
    pub connect: Duration,
    /// For each write and each read.
    pub io: Duration,
}

impl Default for Timeouts {
    /// 3 s to connect, 10 s for an answer.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), io: Duration::from_secs(10) }
    }
}

/// A single Redis server, by URL.
///
/// `redis://[user[:password]@]host[:port][/db]` or `unix:///path/to/socket[?db=N&user=U&pass=P]`.
///
/// ```
/// use cacheme::store::Target;
/// let target = Target::parse("redis://ops:secret@127.0.0.1:6380/2").unwrap();
/// assert_eq!(target.to_string(), "redis://127.0.0.1:6380/2");
/// ```
#[derive(Clone)]
pub struct Target {
    info: ConnectionInfo,
}

impl Target {
    /// Where the library looks unless it is told otherwise.
    pub const DEFAULT_URL: &'static str = "redis://127.0.0.1:6379/0";

    /// Reads a URL.
    ///
    /// # Errors
    /// [`Error::Url`], never with the password in it.
    pub fn parse(url: &str) -> Result<Self> {
        let fail = |reason: &str| Error::Url { url: redact(url), reason: reason.to_owned() };
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        match scheme {
            Some("redis" | "unix" | "redis+unix") => {}
            Some("rediss") => {
                return Err(fail("TLS is not built into this version; use redis:// or unix://"));
            }
            Some("redis+sentinel") => {
                return Err(fail(
                    "sentinels are not supported by this version; give the primary's own address",
                ));
            }
            _ => return Err(fail("it must start with redis:// or unix://")),
        }
        let info = url.into_connection_info().map_err(|error| fail(&cause(&error)))?;
        let tcp = TcpSettings::default().set_nodelay(true);
        let settings = info.redis_settings().clone().set_skip_set_lib_name();
        Ok(Self { info: info.set_tcp_settings(tcp).set_redis_settings(settings) })
    }

    /// The same server with another password than the URL's.
    pub fn with_password(self, password: &Secret) -> Self {
        let settings = self.info.redis_settings().clone().set_password(password.reveal());
        Self { info: self.info.set_redis_settings(settings) }
    }

    /// A URL as far as it may be shown: user, password and what follows a `?` left out.
    pub fn redacted(url: &str) -> String {
        redact(url)
    }

    /// Whether a password is known.
    pub fn has_password(&self) -> bool {
        self.info.redis_settings().password().is_some()
    }

    /// The database number.
    pub fn db(&self) -> i64 {
        self.info.redis_settings().db()
    }

    /// The same server, to connect to without saying who we are.
    pub(super) fn without_login(&self) -> ConnectionInfo {
        let settings = RedisConnectionInfo::default().set_skip_set_lib_name();
        self.info.clone().set_redis_settings(settings)
    }

    /// The words of AUTH: the password, behind the user where there is one.
    pub(super) fn login(&self) -> Option<Vec<String>> {
        let settings = self.info.redis_settings();
        let password = settings.password()?.to_owned();
        Some(settings.username().map(str::to_owned).into_iter().chain([password]).collect())
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn info(&self) -> &ConnectionInfo {
        &self.info
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info.addr() {
            ConnectionAddr::Unix(path) => write!(f, "unix://{}?db={}", path.display(), self.db()),
            ConnectionAddr::Tcp(host, port) if host.contains(':') => {
                write!(f, "redis://[{host}]:{port}/{}", self.db())
            }
            addr => write!(f, "redis://{addr}/{}", self.db()),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// A URL as far as it may be shown: user and password, and what follows a `?`, left out.
fn redact(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    // `redis://user:password` with its `@host` forgotten: what stands for the port is none.
    let authority = rest.split('/').next().unwrap_or(rest);
    let rest = match authority.rsplit_once(':') {
        Some((host, port))
            if !authority.ends_with(']') && !port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            format!("{host}:…")
        }
        _ => rest.to_owned(),
    };
    if scheme.is_empty() { rest } else { format!("{scheme}://{rest}") }
}

fn cause(error: &redis::RedisError) -> String {
    error.detail().map_or_else(|| "it does not parse".to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_their_secrets() {
        for (url, shown) in [
            ("redis://h:1/3", "redis://h:1/3"),
            ("redis://u:p@h", "redis://h:6379/0"),
            ("redis://[::1]:7/0", "redis://[::1]:7/0"),
            ("unix:///run/r.sock?db=4&pass=p", "unix:///run/r.sock?db=4"),
        ] {
            assert_eq!(Target::parse(url).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn errors_do_not_tell_the_password() {
        for url in [
            "http://u:hunter2@h",
            "redis://u:hunter2@h/notadb",
            "rediss://:hunter2@h",
            "u:hunter2@h",
            "unix://x?pass=hunter2&db=q",
            "redis://:hunter2",
            "redis://u:hunter2/0",
        ] {
            let error = Target::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
        assert!(!format!("{:?}", Target::parse("redis://:hunter2@h").unwrap()).contains("hunter2"));
    }
}
