//! URLs: read by shape, shown without their secrets.

use super::{Kind, Sentinels, Target, Tls};
use crate::error::{Error, Result};
use redis::{ConnectionInfo, IntoConnectionInfo, io::tcp::TcpSettings};

const SENTINEL_PORT: u16 = 26_379;
pub(super) const REDIS_PORT: u16 = 6379;

pub(super) fn parse(url: &str) -> Result<Target> {
    let fail = |reason: &str| Error::Url { url: redact(url), reason: reason.to_owned() };
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match scheme {
        "redis" | "unix" | "redis+unix" => Ok(single(plain(url).map_err(|why| fail(&why))?, false)),
        "rediss" => {
            if url.contains('#') {
                return Err(fail("it ends in a '#'; --tls-insecure is how certificates are not verified"));
            }
            Ok(single(plain(url).map_err(|why| fail(&why))?, true))
        }
        "redis+sentinel" | "rediss+sentinel" => {
            sentinel(rest, scheme == "rediss+sentinel").map_err(|why| fail(&why))
        }
        _ => Err(fail("it must start with redis://, rediss://, redis+sentinel:// or unix://")),
    }
}

fn single(info: ConnectionInfo, secure: bool) -> Target {
    Target { info, kind: Kind::Single, secure, tls: Tls::default(), replica: false }
}

fn plain(url: &str) -> Result<ConnectionInfo, String> {
    let info = url.into_connection_info().map_err(|error| cause(&error))?;
    let tcp = TcpSettings::default().set_nodelay(true);
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    Ok(info.set_tcp_settings(tcp).set_redis_settings(settings))
}

/// `[user[:password]@]host[:port][,host[:port]]…/service[/db][?sentinel_user=U&sentinel_password=P]`.
fn sentinel(rest: &str, secure: bool) -> Result<Target, String> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (login, rest) = match rest.rsplit_once('@') {
        Some((login, rest)) => (format!("{login}@"), rest),
        None => (String::new(), rest),
    };
    let mut path = rest.split('/');
    let sentinels = hosts(path.next().unwrap_or_default(), SENTINEL_PORT)?;
    let service = path.next().and_then(decode).filter(|service| !service.is_empty());
    let service = service.ok_or("it names no service: redis+sentinel://host1,host2/SERVICE/0")?;
    let db = path.next().unwrap_or_default();
    if path.next().is_some() {
        return Err("there is more behind the database's number".to_owned());
    }
    let (host, port) = &sentinels[0];
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let info = plain(&format!("redis://{login}{host}:{port}/{db}"))?;
    let (mut user, mut password) = (None, None);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = decode(value).ok_or("its query is not UTF-8")?;
        match name {
            "sentinel_user" => user = Some(value),
            "sentinel_password" => password = Some(super::Secret::new(value)),
            _ => {
                return Err(
                    "behind the '?' stand sentinel_user and sentinel_password, nothing else".to_owned()
                );
            }
        }
    }
    let kind = Kind::Sentinel(Sentinels { hosts: sentinels, service, user, password });
    Ok(Target { info, kind, secure, tls: Tls::default(), replica: false })
}

/// Hosts and ports, comma-separated.
pub(super) fn hosts(list: &str, port: u16) -> Result<Vec<(String, u16)>, String> {
    list.split(',')
        .map(|host| {
            let (name, given) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
                Some((name, rest)) => (name, rest.strip_prefix(':')),
                None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
            };
            let port = given.map_or(Ok(port), str::parse);
            let port = port.map_err(|_| format!("'{name}' is followed by what is no port"))?;
            if name.is_empty() { Err("a host is empty".to_owned()) } else { Ok((name.to_owned(), port)) }
        })
        .collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = after.get(2..)?;
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// A URL as far as it may be shown: user and password, and what follows a `?`, left out.
pub(super) fn redact(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    // `redis://user:password` with its `@host` forgotten: what stands for the port is none.
    let authority = rest.split('/').next().unwrap_or(rest);
    let hosts: Vec<_> = authority.split(',').map(without_a_false_port).collect();
    let rest = format!("{}{}", hosts.join(","), &rest[authority.len()..]);
    if scheme.is_empty() { rest } else { format!("{scheme}://{rest}") }
}

fn without_a_false_port(host: &str) -> String {
    match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') && !port.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{name}:…")
        }
        _ => host.to_owned(),
    }
}

fn cause(error: &redis::RedisError) -> String {
    error.detail().map_or_else(|| "it does not parse".to_owned(), str::to_owned)
}
