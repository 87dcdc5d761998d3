//! Three sentinels, a primary and a replica of one test.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use redis::{Client, Connection};
use tempfile::TempDir;

use super::process;
use super::server::{Server, free_port};
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
        let primary = Server::builder().tcp().config("repl-diskless-sync-delay 0").start();
        let replica =
            Server::builder().tcp().config(&format!("replicaof 127.0.0.1 {}", primary.port())).start();
        let folder = tempfile::tempdir().expect("a folder for the sentinels");
        let watchers = (0..3).map(|n| Watcher::start(folder.path(), n, primary.port(), password)).collect();
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

impl Watcher {
    #[track_caller]
    fn start(folder: &Path, n: usize, primary: u16, password: Option<&str>) -> Self {
        let port = free_port();
        let mut lines = vec![
            format!("port {port}"),
            "bind 127.0.0.1".to_owned(),
            format!("dir \"{}\"", folder.display()),
            format!("logfile sentinel-{n}.log"),
            format!("sentinel monitor {SERVICE} 127.0.0.1 {primary} 2"),
            format!("sentinel down-after-milliseconds {SERVICE} 1000"),
            format!("sentinel failover-timeout {SERVICE} 10000"),
        ];
        if let Some(password) = password {
            lines.push(format!("requirepass {password}"));
            lines.push(format!("sentinel sentinel-pass {password}"));
        }
        let conf = super::certs::write(folder, &format!("sentinel-{n}.conf"), &(lines.join("\n") + "\n"));
        let program = process::find("redis-sentinel").unwrap_or_else(|| {
            panic!("redis-sentinel is not installed: run `make deps`, then this again");
        });
        let mut command = process::guarded(program);
        command.arg(conf).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
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
