//! URLs: read by shape, shown without their secrets.

use super::{Kind, Sentinels, Target, Tls};
use crate::error::{Error, Result};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, io::tcp::TcpSettings};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

const SENTINEL_PORT: u16 = 26_379;
pub(super) const REDIS_PORT: u16 = 6379;

pub(super) fn parse(url: &str) -> Result<Target> {
    read(url).map_err(|reason| Error::Url { url: redact(url).to_owned(), reason })
}

fn read(url: &str) -> Result<Target, String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let kind = match scheme {
        "redis" | "rediss" => tcp,
        "unix" | "redis+unix" => unix,
        "redis+sentinel" | "rediss+sentinel" => sentinel,
        _ => return Err("it must start with redis://, rediss://, redis+sentinel:// or unix://".to_owned()),
    };
    if rest.contains('#') {
        return Err("it holds a '#', and what follows a '#' is not read: write %23 in a name or a password \
             (--tls-insecure turns off the check of certificates)"
            .to_owned());
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    if rest.rsplit('@').next().is_some_and(|server| server.contains('&')) {
        return Err("it holds a '&' before the '?' that parameters follow".to_owned());
    }
    let secure = scheme.starts_with("rediss");
    kind(rest, Parameters::read(query, scheme.ends_with("sentinel"))?, secure)
}

fn target(info: ConnectionInfo, kind: Kind, secure: bool) -> Target {
    let (password, certificates, replica, dump) = (None, None, false, None);
    Target { info, password, kind, secure, tls: Tls::default(), certificates, replica, dump }
}

/// `[user[:password]@]host[:port][/db]`.
fn tcp(rest: &str, parameters: Parameters, secure: bool) -> Result<Target, String> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    check_server(authority)?;
    let scheme = if secure { "rediss" } else { "redis" };
    let info = plain(&format!("{scheme}://{authority}"))?;
    Ok(target(parameters.apply(info, number_in(path)?)?, Kind::Single, secure))
}

/// `[user[:password]@]/path/to/socket`.
fn unix(rest: &str, parameters: Parameters, _secure: bool) -> Result<Target, String> {
    let no_path = "it names no path: unix:///PATH/TO/SOCKET?db=0";
    let (authority, path) = rest.find('/').map(|at| rest.split_at(at)).ok_or(no_path)?;
    let (login, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if !matches!(host, "" | "localhost") || path == "/" {
        return Err(no_path.to_owned());
    }
    let info = ConnectionAddr::Unix(OsString::from_vec(decode(path)).into());
    let info = info.into_connection_info().map_err(|error| cause(&error))?;
    let (user, password) = login.split_once(':').map_or((login, None), |(user, it)| (user, Some(it)));
    let mut settings = info.redis_settings().clone().set_skip_set_lib_name();
    if !user.is_empty() {
        settings = settings.set_username(decoded(user)?);
    }
    if let Some(password) = password {
        settings = settings.set_password(decoded(password)?);
    }
    Ok(target(parameters.apply(info.set_redis_settings(settings), None)?, Kind::Single, false))
}

/// A socket, with no login.
pub(super) fn of_socket(path: PathBuf, db: i64) -> Result<Target> {
    let url = format!("unix://{}", path.display());
    let info = ConnectionAddr::Unix(path).into_connection_info();
    let info = info.map_err(|error| Error::Url { url, reason: cause(&error) })?;
    let settings = info.redis_settings().clone().set_skip_set_lib_name().set_db(db);
    Ok(target(info.set_redis_settings(settings), Kind::Single, false))
}

/// Says of what stands between a login and the path what would only be said not to parse.
fn check_server(authority: &str) -> Result<(), String> {
    let server = authority.rsplit('@').next().unwrap_or_default();
    if server.is_empty() || server.starts_with(':') {
        return Err("it names no host".to_owned());
    }
    // Within the brackets of an IPv6 address no ':' is before a port.
    let port = server.rsplit(']').next().and_then(|behind| behind.rsplit_once(':')).map(|(_, port)| port);
    match port.filter(|port| !port.is_empty()) {
        Some(port) if port.parse::<u16>().is_err() => {
            Err("its port is not a number up to 65535 (a user and a password end with '@')".to_owned())
        }
        _ => Ok(()),
    }
}

fn plain(url: &str) -> Result<ConnectionInfo, String> {
    let info = url.into_connection_info().map_err(|error| cause(&error))?;
    let tcp = TcpSettings::default().set_nodelay(true);
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    Ok(info.set_tcp_settings(tcp).set_redis_settings(settings))
}

/// `[user[:password]@]host[:port][,host[:port]]…/service[/db]`.
fn sentinel(rest: &str, mut parameters: Parameters, secure: bool) -> Result<Target, String> {
    let (login, rest) = match rest.rsplit_once('@') {
        Some((login, rest)) => (format!("{login}@"), rest),
        None => (String::new(), rest),
    };
    let mut path = rest.split('/');
    let sentinels = hosts(path.next().unwrap_or_default(), SENTINEL_PORT)?;
    let service = path.next().map(decoded).transpose()?.filter(|service| !service.is_empty());
    let service = service.ok_or("it names no service: redis+sentinel://host1,host2/SERVICE/0")?;
    let db = number_in(path.next().unwrap_or_default())?;
    if path.next().is_some() {
        return Err("something follows the database's number".to_owned());
    }
    let (host, port) = &sentinels[0];
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let info = plain(&format!("redis://{login}{host}:{port}"))?;
    let (user, password) = (parameters.sentinel_user.take(), parameters.sentinel_password.take());
    let password = password.map(super::Secret::new);
    let kind = Kind::Sentinel(Sentinels { hosts: sentinels, service, user, password });
    Ok(target(parameters.apply(info, db)?, kind, secure))
}

/// The database a path names.
fn number_in(path: &str) -> Result<Option<i64>, String> {
    match path.trim_matches('/') {
        "" => Ok(None),
        text => number(text).map(Some),
    }
}

fn number(text: &str) -> Result<i64, String> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { text.parse().ok() } else { None };
    number.ok_or_else(|| "the database is not a number".to_owned())
}

/// What may stand behind the `?`. Other clients read more there; what is not understood is refused, since whoever wrote
/// it meant something by it.
#[derive(Default)]
struct Parameters {
    db: Option<i64>,
    user: Option<String>,
    password: Option<String>,
    sentinel_user: Option<String>,
    sentinel_password: Option<String>,
}

/// Parameters of redis-py, ioredis and others, and what says the same here.
const ELSEWHERE: [(&str, &str); 16] = [
    ("timeout", "--timeout"),
    ("socket_timeout", "--timeout"),
    ("commandTimeout", "--timeout"),
    ("socket_connect_timeout", "--connect-timeout"),
    ("connect_timeout", "--connect-timeout"),
    ("connectTimeout", "--connect-timeout"),
    ("ssl_ca_certs", "--tls-ca"),
    ("ssl_ca_path", "--tls-ca"),
    ("ssl_ca_data", "--tls-ca"),
    ("ssl_certfile", "--tls-cert"),
    ("ssl_keyfile", "--tls-key"),
    ("ssl_cert_reqs", "--tls-insecure"),
    ("ssl_check_hostname", "--tls-insecure"),
    ("ssl", "a URL that begins with rediss://"),
    ("tls", "a URL that begins with rediss://"),
    ("service_name", "a URL that begins with redis+sentinel://"),
];
/// The same of what only concerns the program that connects.
const NOTHING: [&str; 12] = [
    "client_name",
    "connectionName",
    "decode_responses",
    "encoding",
    "encoding_errors",
    "family",
    "health_check_interval",
    "keyPrefix",
    "max_connections",
    "retry_on_error",
    "retry_on_timeout",
    "socket_keepalive",
];

impl Parameters {
    fn read(query: &str, sentinel: bool) -> Result<Self, String> {
        let mut it = Self::default();
        let mut seen = Vec::new();
        for (name, value) in query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        {
            if seen.contains(&name) {
                return Err("a parameter is given twice".to_owned());
            }
            seen.push(name);
            // In the query of a URL a '+' is a space, to redis-py too.
            let text = |value: &str| decoded(&value.replace('+', " ")).map(Some);
            match name {
                "db" => it.db = Some(number(value)?),
                "user" | "username" if it.user.is_none() => it.user = text(value)?,
                "pass" | "password" if it.password.is_none() => it.password = text(value)?,
                "sentinel_user" if sentinel => it.sentinel_user = decoded(value).map(Some)?,
                "sentinel_password" if sentinel => it.sentinel_password = decoded(value).map(Some)?,
                // How answers are written, not what they say: ours are RESP2 whatever stands here.
                "protocol" if matches!(value, "2" | "3" | "resp2" | "resp3") => {}
                // What is so without being said.
                "ssl_cert_reqs" if value == "required" => {}
                "ssl_check_hostname" if matches!(value, "true" | "True" | "1") => {}
                _ => return Err(unknown(name, sentinel)),
            }
        }
        Ok(it)
    }

    fn apply(self, info: ConnectionInfo, db: Option<i64>) -> Result<ConnectionInfo, String> {
        let mut settings = info.redis_settings().clone();
        let db = match (db, self.db) {
            (Some(one), Some(other)) if one != other => {
                return Err(format!("it names two databases, {one} in its path and {other} after the '?'"));
            }
            (one, other) => one.or(other).unwrap_or(0),
        };
        let twice = |what: &str| Err(format!("it names the {what} twice, before the '@' and after the '?'"));
        if let Some(user) = self.user {
            if settings.username().is_some() {
                return twice("user");
            }
            settings = settings.set_username(user);
        }
        if let Some(password) = self.password {
            if settings.password().is_some() {
                return twice("password");
            }
            settings = settings.set_password(password);
        }
        Ok(info.set_redis_settings(settings.set_db(db)))
    }
}

/// A name that is not known may be part of a password with a '?' in it: only those of other clients are told.
fn unknown(name: &str, sentinel: bool) -> String {
    let own = if sentinel { ", sentinel_user and sentinel_password" } else { "" };
    if let Some((_, here)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
        return format!("'{name}' is not read from a URL: use {here} instead");
    }
    if NOTHING.contains(&name) {
        return format!("'{name}' is not read from a URL: leave it out");
    }
    format!("only db, username, password and protocol{own} may follow the '?'")
}

/// Hosts and ports, comma-separated. What is wrong is not named: it may be part of a password.
pub(super) fn hosts(list: &str, port: u16) -> Result<Vec<(String, u16)>, String> {
    list.split(',')
        .map(|host| {
            let (name, given) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
                Some((name, rest)) => (name, rest.strip_prefix(':')),
                None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
            };
            if name.contains(['@', '/']) {
                return Err("a list of servers holds hosts and ports only, no login and no URL".to_owned());
            }
            let port = given.map_or(Ok(port), str::parse);
            let port = port.map_err(|_| "what follows a host is not a port".to_owned())?;
            if name.is_empty() { Err("a host is empty".to_owned()) } else { Ok((name.to_owned(), port)) }
        })
        .collect()
}

/// What `%XX` stands for; a '%' that no two hexadecimal digits follow stands for itself, as in every client.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = match (byte, digit(after.first()), digit(after.get(1))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    bytes
}

fn decoded(text: &str) -> Result<String, String> {
    String::from_utf8(decode(text)).map_err(|_| "it is not UTF-8 once its %XX are read".to_owned())
}

/// What may be shown of a URL that does not parse: its scheme. Where its password stands nobody can tell: before an `@` that
/// is missing, behind a `?`, a `/` or a `,` that was not meant as one.
pub(super) fn redact(url: &str) -> &'static str {
    let schemes = [
        "redis://…",
        "rediss://…",
        "redis+sentinel://…",
        "rediss+sentinel://…",
        "unix://…",
        "redis+unix://…",
    ];
    let is_of = |shown: &&str| url.starts_with(shown.trim_end_matches('…'));
    schemes.into_iter().find(is_of).unwrap_or(if url.is_empty() { "" } else { "…" })
}

fn cause(error: &redis::RedisError) -> String {
    error.detail().map_or_else(|| "it does not parse".to_owned(), str::to_owned)
}
