//! Commands for `redis-cli`, as they are told to somebody.

use super::{Kind, Target};
use crate::text::shell_word;
use redis::ConnectionAddr;
use std::path::Path;

/// Where `redis-cli` finds a password by itself.
const VARIABLE: &str = "REDISCLI_AUTH";

impl Target {
    /// A command for `redis-cli` that acts on this server and database as this user, for a shell; in words where it is
    /// not known which server that is. A password is no part of it: `redis-cli` takes the one in `REDISCLI_AUTH`, or
    /// asks where another one is needed.
    ///
    /// ```
    /// use cacheme::client::Target;
    /// let target = Target::parse("redis://ops:secret@h/2").unwrap();
    /// assert_eq!(
    ///     target.redis_cli("DEL 'x'"),
    ///     "redis-cli -u 'redis://h:6379/2' --user 'ops' --askpass DEL 'x'"
    /// );
    /// ```
    pub fn redis_cli(&self, command: &str) -> String {
        if let Some(dump) = &self.dump {
            return format!("send {command} to the server that {dump} is of");
        }
        let server = match (&self.kind, self.info.addr()) {
            (Kind::Sentinel(_), _) => return format!("send {command} to the primary that {self} names"),
            (Kind::Cluster { .. }, _) => {
                return format!("send {command} to each primary it concerns in the {self}");
            }
            (Kind::Single, ConnectionAddr::Unix(path)) => format!("-s {} -n {}", file(path), self.db()),
            // `-u` takes no IPv6 address.
            (Kind::Single, ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. })
                if host.contains(':') =>
            {
                let tls = if self.secure { " --tls" } else { "" };
                format!("-h {} -p {port} -n {}{tls}", word(host), self.db())
            }
            (Kind::Single, _) => format!("-u {}", word(&self.to_string())),
        };
        format!("redis-cli {server}{}{} {command}", self.login_flags(), self.tls_flags())
    }

    fn login_flags(&self) -> String {
        let settings = self.info.redis_settings();
        let user = settings.username();
        let asks = match (user, settings.password()) {
            _ if self.password.is_some() => " --askpass",
            (_, Some(password)) if std::env::var(VARIABLE).is_ok_and(|it| it == password) => "",
            (_, Some(_)) => " --askpass",
            // A user that needs none: without any `redis-cli` does not log in.
            (Some(_), None) => " --pass '' --no-auth-warning",
            (None, None) => "",
        };
        user.map(|user| format!(" --user {}", word(user))).unwrap_or_default() + asks
    }

    fn tls_flags(&self) -> String {
        let tls = &self.tls;
        let flags = [("--cacert", &tls.ca), ("--cert", &tls.certificate), ("--key", &tls.key)];
        let flags = flags.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?)));
        let insecure = if tls.insecure { " --insecure" } else { "" };
        flags.map(|(flag, path)| format!(" {flag} {}", file(path))).collect::<String>() + insecure
    }
}

fn word(text: &str) -> String {
    shell_word(text.as_bytes())
}

fn file(path: &Path) -> String {
    shell_word(path.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::{Secret, Tls};
    use super::*;

    #[test]
    fn commands_name_the_server_they_act_on() {
        for (url, said) in [
            ("redis://h:1/3", "redis-cli -u 'redis://h:1/3' DEL x"),
            ("redis://u:p@h:1/3", "redis-cli -u 'redis://h:1/3' --user 'u' --askpass DEL x"),
            ("rediss://:p@h", "redis-cli -u 'rediss://h:6379/0' --askpass DEL x"),
            (
                "redis://it's@h",
                r"redis-cli -u 'redis://h:6379/0' --user 'it'\''s' --pass '' --no-auth-warning DEL x",
            ),
            (
                "unix://u:p@/run/r%20s.sock?db=4",
                "redis-cli -s '/run/r s.sock' -n 4 --user 'u' --askpass DEL x",
            ),
            ("rediss://[::1]:7/5", "redis-cli -h '::1' -p 7 -n 5 --tls DEL x"),
            ("redis+sentinel://a/s/2", "send DEL x to the primary that redis+sentinel://a:26379/s/2 names"),
        ] {
            assert_eq!(Target::parse(url).unwrap().redis_cli("DEL x"), said);
        }
        let cluster = Target::parse("redis://a:1").unwrap().with_cluster("").unwrap();
        assert_eq!(
            cluster.redis_cli("DEL x"),
            "send DEL x to each primary it concerns in the cluster redis://a:1"
        );
    }

    #[test]
    fn commands_name_the_certificates_and_never_a_password() {
        let path = |name: &str| Some(format!("/c/{name}").into());
        let tls = Tls { ca: path("ca 1"), certificate: path("cert"), key: path("key"), insecure: true };
        let target = Target::parse("rediss://u@h").unwrap().with_password(&Secret::new("hunter2"));
        let target = Target { tls, ..target };
        assert_eq!(
            target.redis_cli("DEL x"),
            "redis-cli -u 'rediss://h:6379/0' --user 'u' --askpass --cacert '/c/ca 1' --cert '/c/cert' --key '/c/key' \
             --insecure DEL x"
        );
        let gone = Target::parse("redis://u@h").unwrap().with_password_file("/nowhere");
        assert_eq!(gone.redis_cli("PING"), "redis-cli -u 'redis://h:6379/0' --user 'u' --askpass PING");
    }
}
