//! What a server of a test is to be like.

use std::path::Path;

use super::certs::{Authority, Identity};
use super::program;
use super::server::Server;

/// The name and password of the user the harness itself comes as, whatever the test does to the others.
pub(super) const HARNESS: &str = "harness";

/// What a server is to be like. Made by [`Server::builder`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Builder {
    pub(super) tcp: bool,
    pub(super) password: Option<String>,
    acl_file: Option<Vec<String>>,
    config: Vec<String>,
    tls: Option<(String, Identity, bool)>,
}

impl Builder {
    /// Also listens on a free port of 127.0.0.1.
    pub(crate) fn tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// The default user's password (`requirepass`).
    pub(crate) fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// One line of `redis.conf`: `maxmemory 2mb`, `user app on >pw ~CM:* +@read`, `rename-command UNLINK ""`.
    pub(crate) fn config(mut self, line: &str) -> Self {
        self.config.push(line.to_owned());
        self
    }

    /// Speaks TLS instead on its port, with a certificate of this authority for these names; perhaps asks clients for
    /// theirs.
    pub(crate) fn tls(mut self, authority: &Authority, names: &[&str], asks_clients: bool) -> Self {
        self.tcp = true;
        self.tls = Some((authority.pem(), authority.issue(names), asks_clients));
        self
    }

    /// A user of the server's own ACL file: `app on >pw ~CM:* +@read`. Not together with `config("user …")`.
    pub(crate) fn acl_file_user(mut self, user: &str) -> Self {
        self.acl_file.get_or_insert_default().push(format!("user {user}"));
        self
    }

    /// Starts it and waits until it answers.
    #[track_caller]
    pub(crate) fn start(self) -> Server {
        Server::launched(self)
    }

    /// Writes `redis.conf`, and `users.acl` if there is one, into the server's folder.
    #[track_caller]
    pub(super) fn write(&self, folder: &Path, port: Option<u16>) {
        let write = |name: &str, lines: &[String]| {
            std::fs::write(folder.join(name), lines.join("\n") + "\n")
                .unwrap_or_else(|error| panic!("cannot write the server's {name}: {error}"));
        };
        // Channels came to the rights with 6.2, users with 6.0.
        let channels = if program::version() < (6, 2) { "" } else { " &*" };
        let harness = format!("user {HARNESS} on >{HARNESS} ~*{channels} +@all");
        let mut lines = vec![
            "daemonize no".to_owned(),
            "bind 127.0.0.1".to_owned(),
            format!("{}port {}", if self.tls.is_some() { "port 0\ntls-" } else { "" }, port.unwrap_or(0)),
            format!("unixsocket \"{}\"", folder.join("redis.sock").display()),
            format!("dir \"{}\"", folder.display()),
            "logfile redis.log".to_owned(),
            "save \"\"".to_owned(),
            // What a busy machine makes slow is nobody's finding.
            "slowlog-log-slower-than -1".to_owned(),
            "appendonly no".to_owned(),
        ];
        if let Some(password) = &self.password {
            lines.push(format!("requirepass \"{password}\""));
        }
        if let Some((authority, identity, asks_clients)) = &self.tls {
            let texts = [("ca", authority), ("cert", &identity.certificate), ("key", &identity.key)];
            for (name, text) in texts {
                super::certs::write(folder, &format!("{name}.pem"), text);
            }
            let file = |name: &str| folder.join(name).display().to_string();
            lines.push(format!("tls-ca-cert-file \"{}\"", file("ca.pem")));
            lines.push(format!("tls-cert-file \"{}\"", file("cert.pem")));
            lines.push(format!("tls-key-file \"{}\"", file("key.pem")));
            lines.push(format!("tls-auth-clients {}", if *asks_clients { "yes" } else { "no" }));
        }
        match &self.acl_file {
            Some(users) => {
                let mut users = users.clone();
                users.push(harness);
                write("users.acl", &users);
                lines.push(format!("aclfile \"{}\"", folder.join("users.acl").display()));
            }
            None if program::has_users() => lines.push(harness),
            None => {}
        }
        lines.extend(self.config.iter().cloned());
        write("redis.conf", &lines);
    }
}
