//! Commands for `redis-cli`, as they are told to somebody.

use super::{Kind, Target};
use crate::namespace::text::shell_word;
use redis::ConnectionAddr;

impl Target {
    /// A command for `redis-cli` that acts on this server and database, for a shell, without login and certificates; in
    /// words where it is not known which server that is.
    ///
    /// ```
    /// use cacheme::store::Target;
    /// let target = Target::parse("redis://ops:secret@h/2").unwrap();
    /// assert_eq!(target.redis_cli("DEL 'x'"), "redis-cli -u 'redis://h:6379/2' DEL 'x'");
    /// ```
    pub fn redis_cli(&self, command: &str) -> String {
        let word = |text: &str| shell_word(text.as_bytes());
        match (&self.kind, self.info.addr()) {
            (Kind::Sentinel(_), _) => format!("send {command} to the primary that {self} names"),
            (Kind::Cluster { .. }, _) => format!("send {command} to each primary it concerns in the {self}"),
            (Kind::Single, ConnectionAddr::Unix(path)) => {
                format!("redis-cli -s {} -n {} {command}", word(&path.to_string_lossy()), self.db())
            }
            // `-u` takes no IPv6 address.
            (Kind::Single, ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. })
                if host.contains(':') =>
            {
                let tls = if self.secure { " --tls" } else { "" };
                format!("redis-cli -h {} -p {port} -n {}{tls} {command}", word(host), self.db())
            }
            (Kind::Single, _) => format!("redis-cli -u {} {command}", word(&self.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_server_they_act_on() {
        for (url, said) in [
            ("redis://u:p@h:1/3", "redis-cli -u 'redis://h:1/3' DEL x"),
            ("rediss://u:p@h", "redis-cli -u 'rediss://h:6379/0' DEL x"),
            ("unix://u:p@/run/r%20s.sock?db=4", "redis-cli -s '/run/r s.sock' -n 4 DEL x"),
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
}
