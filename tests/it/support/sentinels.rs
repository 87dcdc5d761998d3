//! Three sentinels, a primary and a replica of one test.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use redis::{Client, Connection};
use tempfile::TempDir;

use super::builder::Builder;
use super::certs::Authority;
use super::ports::{free_port, listen};
use super::process;
use super::program;
use super::resp;
use super::server::Server;
use super::wait_until;

/// The service's name.
pub(crate) const SERVICE: &str = "books";

/// A primary with a replica, watched by three sentinels that agree by two.
pub(crate) struct Sentinels {
    pub(crate) servers: [Server; 2],
    watchers: Vec<Watcher>,
    _folder: TempDir,
}

struct Watcher {
    port: u16,
    child: Child,
}

impl Sentinels {
    /// Starts everything and waits until the sentinels know each other and the replica. With `password`, the sentinels
    /// ask for it.
    #[track_caller]
    pub(crate) fn start(password: Option<&str>) -> Self {
        Self::watch(&|| Server::builder().tcp(), password, Vec::new())
    }

    /// The same, where only TLS reaches the servers and the sentinels.
    #[track_caller]
    pub(crate) fn start_tls(authority: &Authority) -> Self {
        let names = ["127.0.0.1", "localhost"];
        let server = || Server::builder().tls(authority, &names, false).config("tls-replication yes");
        let identity = authority.issue(&names);
        let files = [
            ("tls-ca-cert-file", authority.pem()),
            ("tls-cert-file", identity.certificate),
            ("tls-key-file", identity.key),
        ];
        Self::watch(&server, None, files.into())
    }

    #[track_caller]
    fn watch(
        server: &dyn Fn() -> Builder,
        password: Option<&str>,
        certificates: Vec<(&str, String)>,
    ) -> Self {
        let primary = server().config("repl-diskless-sync-delay 0").start();
        let replica = server().config(&format!("replicaof 127.0.0.1 {}", primary.port())).start();
        let folder = tempfile::tempdir().expect("a folder for the sentinels");
        let start = |n| Watcher::start(folder.path(), n, primary.port(), password, &certificates);
        let watchers: Vec<Watcher> = (0..3).map(start).collect();
        if !certificates.is_empty() {
            // Who speaks no TLS here sees what the servers see of each other.
            wait_until("the replica is in step", Duration::from_secs(40), || {
                let info: String =
                    redis::cmd("INFO").arg("replication").query(&mut primary.connect()).unwrap_or_default();
                info.contains("state=online")
            });
            return Self { servers: [primary, replica], watchers, _folder: folder };
        }
        let set = Self { servers: [primary, replica], watchers, _folder: folder };
        wait_until("the sentinels know each other and the replica", Duration::from_secs(40), || {
            set.watchers.iter().all(|watcher| {
                let Some(mut connection) = watcher.connect(password) else { return false };
                let mut known = |command: &str| {
                    let answer: Result<Vec<redis::Value>, _> =
                        redis::cmd("SENTINEL").arg(command).arg(SERVICE).query(&mut connection);
                    answer.map_or(0, |list| list.len())
                };
                known("SENTINELS") == 2 && known("REPLICAS") == 1
            })
        });
        set
    }

    /// The ports of the sentinels.
    pub(crate) fn ports(&self) -> Vec<u16> {
        self.watchers.iter().map(|watcher| watcher.port).collect()
    }

    /// `redis+sentinel://…/books/0`, perhaps with other sentinels in front.
    pub(crate) fn url(&self, before: &[u16]) -> String {
        let ports = before.iter().copied().chain(self.ports());
        let hosts: Vec<_> = ports.map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/{SERVICE}/0", hosts.join(","))
    }

    /// The port of the primary, as the first sentinel has it.
    pub(crate) fn named(&self) -> Option<u16> {
        let mut connection = self.watchers[0].connect(None)?;
        let named: (String, u16) =
            redis::cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(SERVICE).query(&mut connection).ok()?;
        Some(named.1)
    }

    /// Makes the replica the primary, by a failover that the sentinels carry out.
    #[track_caller]
    pub(crate) fn fail_over(&self) {
        let mut connection = self.watchers[0].connect(None).expect("a sentinel");
        redis::cmd("SENTINEL").arg("FAILOVER").arg(SERVICE).exec(&mut connection).expect("a failover");
    }

    /// Sends a signal to one of the sentinels.
    pub(crate) fn signal(&self, at: usize, name: &str) {
        assert!(process::signal(i64::from(self.watchers[at].child.id()), name));
    }
}

/// A sentinel that names whatever port it is told to, and knows no replicas: `redis+sentinel://…/books/0`.
pub(crate) fn naming(port: impl Fn() -> u16 + Send + 'static) -> String {
    knowing(0, port)
}

/// The same, one that knows so many replicas.
pub(crate) fn knowing(replicas: usize, port: impl Fn() -> u16 + Send + 'static) -> String {
    let listener = listen();
    let own = listener.local_addr().expect("its port").port();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let (mut from, mut to) = (BufReader::new(&client), &client);
            while let Ok(words) = resp::value(&mut from, &mut Vec::new()) {
                let answer = if words.iter().any(|word| word == b"REPLICAS") {
                    format!(
                        "*{replicas}\r\n{}",
                        "*2\r\n$5\r\nflags\r\n$12\r\ns_down,slave\r\n".repeat(replicas)
                    )
                } else {
                    let port = port().to_string();
                    format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len())
                };
                if to.write_all(answer.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    format!("redis+sentinel://127.0.0.1:{own}/{SERVICE}/0")
}

impl Watcher {
    #[track_caller]
    fn start(
        folder: &Path,
        n: usize,
        primary: u16,
        password: Option<&str>,
        certificates: &[(&str, String)],
    ) -> Self {
        let port = free_port();
        let mut lines = vec![
            if certificates.is_empty() { format!("port {port}") } else { format!("port 0\ntls-port {port}") },
            "bind 127.0.0.1".to_owned(),
            format!("dir \"{}\"", folder.display()),
            format!("logfile sentinel-{n}.log"),
            format!("sentinel monitor {SERVICE} 127.0.0.1 {primary} 2"),
            format!("sentinel down-after-milliseconds {SERVICE} 1000"),
            format!("sentinel failover-timeout {SERVICE} 10000"),
        ];
        for (setting, text) in certificates {
            let file = super::certs::write(folder, &format!("{setting}-{n}.pem"), text);
            lines.push(format!("{setting} \"{}\"", file.display()));
        }
        if !certificates.is_empty() {
            lines.extend(["tls-replication yes", "tls-auth-clients no"].map(str::to_owned));
        }
        if let Some(password) = password {
            lines.push(format!("requirepass {password}"));
            lines.push(format!("sentinel sentinel-pass {password}"));
        }
        let conf = super::certs::write(folder, &format!("sentinel-{n}.conf"), &(lines.join("\n") + "\n"));
        let mut command = process::guarded(program::path());
        command.arg(conf).arg("--sentinel").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = process::spawn(command).expect("a sentinel");
        Self { port, child }
    }

    fn connect(&self, password: Option<&str>) -> Option<Connection> {
        let login = password.map(|password| format!(":{password}@")).unwrap_or_default();
        let client = Client::open(format!("redis://{login}127.0.0.1:{}", self.port)).ok()?;
        let connection = client.get_connection_with_timeout(Duration::from_secs(5)).ok()?;
        connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        Some(connection)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
