//! Which server or servers, and who we are to them.

mod redis_cli;
mod secret;
mod tls;
mod url;

pub use secret::Secret;
pub use tls::Tls;

use crate::error::{Error, Result};
use redis::{ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, RedisResult};
use rustls::ClientConfig;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to be made.
    pub connect: Duration,
    /// For each answer, what is tried again on the way to it included.
    pub io: Duration,
}

impl Timeouts {
    /// How long Redis may take to be reached and to answer: a time that a clock can be added to.
    pub(crate) fn longest_wait(self) -> Duration {
        self.connect.saturating_add(self.io).min(Duration::from_secs(365 * 24 * 60 * 60))
    }
}

impl Default for Timeouts {
    /// 3 s to connect, 10 s for an answer.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), io: Duration::from_secs(10) }
    }
}

/// Where the data are: one Redis server, what sentinels name as the primary of a service, or a Redis Cluster.
///
/// - `redis://[user[:password]@]host[:port][/db]`, with TLS `rediss://…`
/// - `unix://[user[:password]@]/path/to/socket`
/// - `redis+sentinel://[user[:password]@]host[:port],host[:port]/service[/db]`; `rediss+sentinel://` speaks TLS to all
///   of them.
///
/// Behind a `?` may stand `db=N`, `username=U` (or `user`), `password=P` (or `pass`), `protocol=2` or `3` (which says
/// nothing here), and what the sentinels themselves ask for, `sentinel_user=U&sentinel_password=P`. Everything else, a
/// `#` too, is refused: whoever wrote it meant something by it.
///
/// ```
/// use cacheme::client::Target;
/// let target = Target::parse("redis://ops:secret@127.0.0.1:6380/2").unwrap();
/// assert_eq!(target.to_string(), "redis://127.0.0.1:6380/2");
/// ```
#[derive(Clone)]
pub struct Target {
    /// Login and database of every server; the address of the first.
    info: ConnectionInfo,
    /// Where the password stands, if it is read anew for each connection.
    password: Option<PathBuf>,
    kind: Kind,
    secure: bool,
    tls: Tls,
    /// What came of `tls`, where that says something.
    certificates: Option<Certificates>,
    replica: bool,
    /// The dump that this server was started for.
    dump: Option<Arc<str>>,
}

#[derive(Clone)]
pub(super) enum Kind {
    Single,
    Sentinel(Sentinels),
    Cluster { seeds: Vec<(String, u16)> },
}

/// Certificates that were read, for our own connections and for the client's.
#[derive(Clone)]
struct Certificates {
    ours: Arc<ClientConfig>,
    /// An address that has them.
    clients: ConnectionAddr,
}

/// How to reach one server: its address, who we are to it, and how TLS is spoken, unless that is with the system's
/// authorities.
pub(crate) struct Address {
    pub(crate) info: ConnectionInfo,
    pub(super) tls: Option<Arc<ClientConfig>>,
}

/// Whom to ask for the primary of a service.
#[derive(Clone)]
pub(super) struct Sentinels {
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) service: String,
    user: Option<String>,
    password: Option<Secret>,
}

impl Target {
    /// Where the library looks unless it is told otherwise.
    pub const DEFAULT_URL: &'static str = "redis://127.0.0.1:6379/0";

    /// Reads a URL.
    ///
    /// # Errors
    /// [`Error::Url`], never with the password in it.
    pub fn parse(url: &str) -> Result<Self> {
        url::parse(url)
    }

    /// The same server with another password than the URL's.
    pub fn with_password(self, password: &Secret) -> Self {
        let settings = self.info.redis_settings().clone().set_password(password.reveal());
        Self { info: self.info.set_redis_settings(settings), ..self }
    }

    /// The same server with a password that stands in a file's first line. It is read anew for each connection, so
    /// that one which is rotated is known to the next.
    pub fn with_password_file(self, path: impl Into<PathBuf>) -> Self {
        Self { password: Some(path.into()), ..self }
    }

    /// The server behind a socket that was started for one dump, and is gone when the work is done: messages name the dump.
    ///
    /// ```
    /// use cacheme::client::Target;
    /// let target = Target::of_dump("cache.rdb", "/tmp/x/socket", 3).unwrap();
    /// assert_eq!((target.to_string(), target.db()), ("cache.rdb, database 3".to_owned(), 3));
    /// ```
    ///
    /// # Errors
    /// [`Error::Url`] for a socket that cannot be one.
    pub fn of_dump(name: &str, socket: impl Into<PathBuf>, db: i64) -> Result<Self> {
        Ok(Self { dump: Some(name.into()), ..url::of_socket(socket.into(), db)? })
    }

    /// What the sentinels ask for, where the URL does not say.
    pub fn with_sentinel_login(mut self, user: Option<String>, password: Option<Secret>) -> Self {
        if let Kind::Sentinel(sentinels) = &mut self.kind {
            sentinels.user = sentinels.user.take().or(user);
            sentinels.password = sentinels.password.take().or(password);
        }
        self
    }

    /// The same server with certificates of one's own, which are read now.
    ///
    /// # Errors
    /// [`Error::Certificates`] where the URL does not speak TLS, or the files cannot be read or are no PEM.
    pub fn with_tls(self, tls: Tls) -> Result<Self> {
        let fail = |reason: String| Error::Certificates { addr: self.to_string(), reason };
        if tls.is_default() {
            return Ok(Self { tls, certificates: None, ..self });
        }
        let files = tls.read().map_err(fail)?;
        if !self.secure {
            return Err(fail("they are for rediss:// and rediss+sentinel:// only".to_owned()));
        }
        let ours = tls.config(&files).map_err(fail)?;
        let (host, insecure) = ("localhost".to_owned(), tls.insecure);
        let clients = ConnectionAddr::TcpTls { host, port: url::REDIS_PORT, insecure, tls_params: None };
        let clients = redis::Client::build_with_tls(self.info.clone().set_addr(clients), files)
            .map_err(|error| fail(error.to_string()))?;
        let clients = clients.get_connection_info().addr().clone();
        Ok(Self { tls: tls.absolute(), certificates: Some(Certificates { ours, clients }), ..self })
    }

    /// The cluster this server is part of; more seeds (`host[:port]`, comma-separated) may be given.
    ///
    /// # Errors
    /// [`Error::Url`] for seeds that do not parse, and servers that are not reached by TCP.
    pub fn with_cluster(self, seeds: &str) -> Result<Self> {
        let fail = |reason: &str| Error::Url { url: self.to_string(), reason: reason.to_owned() };
        let first = match (self.info.addr(), &self.kind) {
            (ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }, Kind::Single) => {
                (host.clone(), *port)
            }
            _ => return Err(fail("a cluster is reached by redis:// or rediss://")),
        };
        let given = if seeds.is_empty() { Ok(Vec::new()) } else { url::hosts(seeds, url::REDIS_PORT) };
        let mut seeds = given.map_err(|reason| fail(&reason))?;
        seeds.push(first);
        Ok(Self { kind: Kind::Cluster { seeds }, ..self })
    }

    /// The same data, read from a replica where there is one.
    pub fn with_replica(self) -> Self {
        Self { replica: true, ..self }
    }

    /// A URL as far as it may be shown: the server that it names, or where it does not parse, its scheme.
    pub fn redacted(url: &str) -> String {
        Self::parse(url).map_or_else(|_| url::redact(url).to_owned(), |target| target.to_string())
    }

    /// The same with its user, for a command line: a password comes from elsewhere then. One that a URL cannot say as it is, is
    /// left out.
    pub fn without_password(url: &str) -> String {
        let Ok(target) = Self::parse(url) else { return url::redact(url).to_owned() };
        let is_plain =
            |user: &&str| user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let shown = target.to_string();
        match target.info.redis_settings().username().filter(is_plain) {
            Some(user) if shown.starts_with("unix://") => format!("{shown}&user={user}"),
            Some(user) => shown.replacen("://", &format!("://{user}@"), 1),
            None => shown,
        }
    }

    /// Whether a password is known.
    pub fn has_password(&self) -> bool {
        self.password.is_some() || self.info.redis_settings().password().is_some()
    }

    /// Whether sentinels are asked.
    pub fn has_sentinels(&self) -> bool {
        matches!(self.kind, Kind::Sentinel(_))
    }

    /// Whether it was started for one dump: what it says of itself is about no server that somebody runs.
    pub fn is_of_dump(&self) -> bool {
        self.dump.is_some()
    }

    /// Whether it is one server, at an address that anybody can reach it by.
    pub(crate) fn is_single_server(&self) -> bool {
        matches!(self.kind, Kind::Single) && !self.is_of_dump()
    }

    /// Whether it is a cluster.
    pub fn is_cluster(&self) -> bool {
        matches!(self.kind, Kind::Cluster { .. })
    }

    /// Whether somebody has to be asked where the data are.
    #[cfg(feature = "tokio")]
    pub(crate) fn needs_asking(&self) -> bool {
        !matches!(self.kind, Kind::Single)
    }

    /// Whether something is read from a file for each connection.
    #[cfg(feature = "tokio")]
    pub(crate) fn reads_files(&self) -> bool {
        self.password.is_some()
    }

    pub(super) fn prefers_replica(&self) -> bool {
        self.replica
    }

    /// The database number.
    pub fn db(&self) -> i64 {
        self.info.redis_settings().db()
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The server the URL itself names.
    pub(crate) fn first(&self) -> RedisResult<Address> {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                self.node(host, *port)
            }
            _ => Ok(Address { info: self.login()?, tls: None }),
        }
    }

    /// Login and database, the password as it is now.
    fn login(&self) -> RedisResult<ConnectionInfo> {
        let Some(path) = &self.password else { return Ok(self.info.clone()) };
        let secret = Secret::in_file(path).map_err(|error| {
            let what = format!("cannot read the password file {}: {error}", path.display());
            RedisError::from((ErrorKind::InvalidClientConfig, "no password", what))
        })?;
        let settings = self.info.redis_settings().clone().set_password(secret.reveal());
        Ok(self.info.clone().set_redis_settings(settings))
    }

    /// A server at an address, with this target's login, database and certificates.
    pub(super) fn node(&self, host: &str, port: u16) -> RedisResult<Address> {
        let host = host.to_owned();
        if !self.secure {
            let info = self.login()?.set_addr(ConnectionAddr::Tcp(host, port));
            return Ok(Address { info, tls: None });
        }
        let (tls, tls_params) = match self.certificates.clone() {
            Some(Certificates { ours, clients: ConnectionAddr::TcpTls { tls_params, .. } }) => {
                (Some(ours), tls_params)
            }
            _ => (None, None),
        };
        Tls::provide();
        let addr = ConnectionAddr::TcpTls { host, port, insecure: self.tls.insecure, tls_params };
        Ok(Address { info: self.login()?.set_addr(addr), tls })
    }

    /// A sentinel at an address, with the sentinels' own login.
    pub(super) fn sentinel(&self, sentinels: &Sentinels, host: &str, port: u16) -> RedisResult<Address> {
        let mut settings = redis::RedisConnectionInfo::default().set_skip_set_lib_name();
        if let Some(user) = &sentinels.user {
            settings = settings.set_username(user);
        }
        if let Some(password) = &sentinels.password {
            settings = settings.set_password(password.reveal());
        }
        let Address { info, tls } = self.node(host, port)?;
        Ok(Address { info: info.set_redis_settings(settings), tls })
    }

    /// How a server at an address is shown.
    pub(super) fn shown(&self, host: &str, port: u16) -> String {
        let scheme = if self.secure { "rediss" } else { "redis" };
        if self.is_cluster() {
            return format!("{scheme}://{}", authority(host, port));
        }
        format!("{scheme}://{}/{}", authority(host, port), self.db())
    }
}

fn authority(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn authorities(hosts: &[(String, u16)]) -> String {
    hosts.iter().map(|(host, port)| authority(host, *port)).collect::<Vec<_>>().join(",")
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(dump) = &self.dump {
            return write!(f, "{dump}, database {}", self.db());
        }
        let scheme = if self.secure { "rediss" } else { "redis" };
        match (&self.kind, self.info.addr()) {
            (Kind::Sentinel(sentinels), _) => {
                let hosts = authorities(&sentinels.hosts);
                write!(f, "{scheme}+sentinel://{hosts}/{}/{}", sentinels.service, self.db())
            }
            (Kind::Cluster { seeds }, _) => write!(f, "cluster {scheme}://{}", authorities(seeds)),
            (_, ConnectionAddr::Unix(path)) => {
                let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
                write!(f, "unix://{path}?db={}", self.db())
            }
            (_, ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) => {
                f.write_str(&self.shown(host, *port))
            }
            (_, addr) => write!(f, "{scheme}://{addr}/{}", self.db()),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("server", &format_args!("{self}"))
            .field("user", &self.info.redis_settings().username())
            .field("has_password", &self.has_password())
            .field("password_file", &self.password)
            .field("tls", &self.tls)
            .field("replica", &self.replica)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_their_secrets() {
        for (url, shown) in [
            ("redis://h:1/3", "redis://h:1/3"),
            ("redis://u:p@h", "redis://h:6379/0"),
            ("rediss://u:p@h", "rediss://h:6379/0"),
            ("redis://[::1]:7/0", "redis://[::1]:7/0"),
            ("unix:///run/r.sock?db=4&pass=p", "unix:///run/r.sock?db=4"),
            ("redis+sentinel://u:p@a,b:7/s/2?sentinel_password=p", "redis+sentinel://a:26379,b:7/s/2"),
            ("redis://h?db=5", "redis://h:6379/5"),
            ("redis://h/?db=5&protocol=3", "redis://h:6379/5"),
            ("redis://u:p@h:1/5/?db=5", "redis://h:1/5"),
            ("rediss://[::1]?db=5&ssl_cert_reqs=required", "rediss://[::1]:6379/5"),
            ("redis+sentinel://a/s?db=2", "redis+sentinel://a:26379/s/2"),
            ("unix://u:p@/run/r%20s.sock?db=4", "unix:///run/r s.sock?db=4"),
            ("unix:///a%2520b%3F%23.sock", "unix:///a%2520b%3F%23.sock?db=0"),
            ("redis+unix:///r.sock", "unix:///r.sock?db=0"),
        ] {
            assert_eq!(Target::parse(url).unwrap().to_string(), shown);
            assert_eq!(Target::redacted(url), shown);
        }
        let cluster = Target::parse("redis://:p@a:1").unwrap().with_cluster("b:2").unwrap();
        assert_eq!(cluster.to_string(), "cluster redis://b:2,a:1");
    }

    #[test]
    fn a_url_for_a_command_line_keeps_its_user() {
        for (url, shown) in [
            ("redis://h:1/3", "redis://h:1/3"),
            ("redis://u:p@h", "redis://u@h:6379/0"),
            ("rediss://ops@h", "rediss://ops@h:6379/0"),
            ("redis://:p@h", "redis://h:6379/0"),
            ("redis://a%40b:p@h", "redis://h:6379/0"),
            ("unix:///run/r.sock?user=ops&pass=p", "unix:///run/r.sock?db=0&user=ops"),
            ("redis+sentinel://u:p@a,b:7/s/2", "redis+sentinel://u@a:26379,b:7/s/2"),
            ("redis://user:s3cr3t", "redis://…"),
        ] {
            assert_eq!(Target::without_password(url), shown);
        }
    }

    #[test]
    fn of_what_is_mistyped_nothing_is_shown_but_the_scheme() {
        for (url, shown) in [
            ("redis://user:s3cr3t127.0.0.1:6379/0", "redis://…"),
            ("redis://user:s3cr3t", "redis://…"),
            ("redis://:9876543210", "redis://…"),
            ("redis://u:ab/s3cr3t", "redis://…"),
            ("redis://u:a/s3cr3t@h:1/0", "redis://…"),
            ("redis://u:a#s3cr3t@h", "redis://…"),
            ("redis://h:1/0,password=s3cr3t", "redis://…"),
            ("redis://h/0?s3cr3t", "redis://…"),
            ("rediss://u:s3cr3t;h", "rediss://…"),
            ("redis+sentinel://u:1,s3cr3t:b/m/0", "redis+sentinel://…"),
            ("redis+sentinel://h/m&sentinel_password=s3cr3t", "redis+sentinel://…"),
            ("unix://u:s3cr3t/r.sock", "unix://…"),
            ("unix:///r.sock&password=s3cr3t", "unix://…"),
            ("s3cr3t://h", "…"),
            ("redis:u:s3cr3t@h", "…"),
            ("h:1,password=s3cr3t", "…"),
            ("", ""),
        ] {
            assert_eq!(Target::redacted(url), shown);
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(!error.contains("s3cr3t") && !error.contains("98765"), "{error}");
        }
        for seeds in ["u:s3cr3t@h:1", "s3cr3t@h", "a,s3cr3t:x", "redis://u:s3cr3t@h"] {
            let error = Target::parse("redis://h").unwrap().with_cluster(seeds).unwrap_err().to_string();
            assert!(!error.contains("s3cr3t"), "{error}");
        }
    }

    fn login(url: &str) -> (Option<String>, Option<String>) {
        let target = Target::parse(url).unwrap();
        let settings = target.info.redis_settings();
        (settings.username().map(str::to_owned), settings.password().map(str::to_owned))
    }

    #[test]
    fn a_login_is_read_as_other_clients_read_it() {
        let is = |user: &str, password: &str| (Some(user.to_owned()), Some(password.to_owned()));
        for (url, expected) in [
            ("redis://u:p@h", is("u", "p")),
            ("redis://u%40x:p%2Fw%25@h", is("u@x", "p/w%")),
            ("redis://h?username=u&password=p+w", is("u", "p w")),
            ("redis://u@h?password=p", is("u", "p")),
            ("unix:///s?user=u&pass=%70", is("u", "p")),
            ("unix://u:p@/s", is("u", "p")),
            // A '%' that no two hexadecimal digits follow is one.
            ("unix:///s?user=u&pass=%%2B1%zz%2", is("u", "%+1%zz%2")),
            ("redis://u:%zz@h", is("u", "%zz")),
        ] {
            assert_eq!(login(url), expected, "{url}");
        }
        let Kind::Sentinel(sentinels) =
            Target::parse("redis+sentinel://h/a%+1?sentinel_password=a+b%2B").unwrap().kind
        else {
            panic!("no sentinels");
        };
        assert_eq!(sentinels.service, "a%+1");
        assert_eq!(sentinels.password.unwrap().reveal(), "a+b+");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (url, why) in [
            ("redis://h?dbb=5", "only db, username"),
            ("redis://h/0?db=5", "two databases, 0 in its path and 5"),
            ("redis://h?db=1&db=1", "twice"),
            ("redis://h?db=", "not a number"),
            ("redis://h?db=+5", "not a number"),
            ("redis://h/-1", "not a number"),
            ("redis://h?db", "not a number"),
            ("redis://h?socket_timeout=3", "'socket_timeout' is not read from a URL: use --timeout instead"),
            ("redis://h?decode_responses=true", "leave it out"),
            ("redis://h?protocol=4", "only db, username"),
            ("rediss://h?ssl_cert_reqs=none", "--tls-insecure"),
            ("rediss://h#insecure", "'#'"),
            ("redis://h/0#x", "'#'"),
            ("unix:///s#x", "'#'"),
            ("redis+sentinel://h/s?db=1&dbx=1", "sentinel_password"),
            ("redis://u:p@h?password=x", "the password twice"),
            ("redis://h?user=a&username=b", "only db, username"),
            ("unix://host/s", "no path"),
            ("unix://s", "no path"),
            ("redis://h/0/1", "not a number"),
        ] {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains(why), "{url}: {error}");
        }
    }

    #[test]
    fn errors_do_not_tell_the_password() {
        for url in [
            "http://u:hunter2@h",
            "redis://u:hunter2@h/notadb",
            "rediss://:hunter2@h#insecure",
            "u:hunter2@h",
            "unix://x?pass=hunter2&db=q",
            "redis://:hunter2",
            "redis://u:hunter2/0",
            "redis+sentinel://u:hunter2@h",
            "redis+sentinel://u:hunter2@h:x/s",
            "redis+sentinel://h/s?hunter2=x",
            "redis+sentinel://a,u:hunter2/s",
            "redis+sentinel://h/s/q?sentinel_password=hunter2",
            "redis://u:pw?hunter2@h",
            "redis://:pw#hunter2@h/0",
            "redis://u:1/hunter2@h",
            "unix://x?pass=a@hunter2&db=q",
            "redis://h?password=a@hunter2&x=1",
            "redis://h?password=hunter2&x=hunter2",
            "unix:///s?hunter2=1",
        ] {
            let error = Target::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
        assert!(!format!("{:?}", Target::parse("redis://:hunter2@h").unwrap()).contains("hunter2"));
    }
}
