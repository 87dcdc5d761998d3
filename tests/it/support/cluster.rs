//! A Redis Cluster of one test: three primaries, a replica each.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cacheme::client::Target;
use tempfile::TempDir;

use super::builder::{Builder, HARNESS};
use super::certs::Authority;
use super::content::Content;
use super::ports::free_port;
use super::process;
use super::running::Running;
use super::server::Server;
use super::wait_until;

/// Nodes on ports of their own; six, unless told.
pub(crate) struct Cluster {
    /// The first three begin as primaries.
    pub(crate) nodes: Vec<Server>,
    /// What redis-cli needs to reach them.
    reach: Vec<String>,
    _folder: TempDir,
}

impl Cluster {
    /// Starts the nodes, joins them by `redis-cli --cluster create`, and waits until all agree.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with lines of configuration for each node.
    #[track_caller]
    pub(crate) fn start_with(lines: &[&str]) -> Self {
        let node = || lines.iter().fold(node(), |node, line| node.config(line)).start();
        Self::join((0..6).map(|_| node()).collect(), Vec::new(), tempfile::tempdir().expect("a folder"))
    }

    /// Three primaries without replicas, of which each serves its slots whatever becomes of the others.
    #[track_caller]
    pub(crate) fn of_primaries() -> Self {
        let node = || node().config("cluster-require-full-coverage no").start();
        Self::join((0..3).map(|_| node()).collect(), Vec::new(), tempfile::tempdir().expect("a folder"))
    }

    /// Six nodes, all of it over TLS.
    #[track_caller]
    pub(crate) fn start_tls(authority: &Authority) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ca = super::certs::write(folder.path(), "ca.pem", &authority.pem()).display().to_string();
        let node = || node().tls(authority, &["127.0.0.1", "localhost"], false);
        let node = || node().config("tls-cluster yes").config("tls-replication yes").start();
        Self::join(
            (0..6).map(|_| node()).collect(),
            vec!["--tls".to_owned(), "--cacert".to_owned(), ca],
            folder,
        )
    }

    /// One node that owns every slot.
    #[track_caller]
    pub(crate) fn alone() -> Self {
        let (nodes, _folder) = (vec![node().start()], tempfile::tempdir().expect("a folder"));
        let cluster = Self { nodes, reach: Vec::new(), _folder };
        let mut connection = cluster.nodes[0].connect();
        redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16383).exec(&mut connection).expect("slots");
        wait_until("it is up", Duration::from_secs(40), || {
            let info: String = redis::cmd("CLUSTER").arg("INFO").query(&mut connection).unwrap_or_default();
            info.contains("cluster_state:ok")
        });
        cluster
    }

    #[track_caller]
    fn join(nodes: Vec<Server>, reach: Vec<String>, folder: TempDir) -> Self {
        let cluster = Self { nodes, reach, _folder: folder };
        let replicas = if cluster.nodes.len() > 3 { "1" } else { "0" };
        let mut args: Vec<String> = ["--cluster", "create"].map(str::to_owned).into();
        args.extend(cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port())));
        args.extend(["--cluster-replicas", replicas, "--cluster-yes"].map(str::to_owned));
        let output = cluster.cli(&args).output().expect("redis-cli");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        cluster.settle();
        cluster
    }

    /// Waits until all nodes agree, and the replica of each primary has everything.
    #[track_caller]
    pub(crate) fn settle(&self) {
        let known = format!("cluster_known_nodes:{}\r", self.nodes.len());
        let expected = if self.nodes.len() > 3 { self.nodes.len() / 2 } else { 0 };
        wait_until("all nodes agree", Duration::from_secs(60), || {
            let (mut replicas, mut online) = (0, 0);
            let agreed = self.nodes.iter().all(|node| {
                let mut connection = node.connect();
                let info: String =
                    redis::cmd("CLUSTER").arg("INFO").query(&mut connection).unwrap_or_default();
                let role: String =
                    redis::cmd("INFO").arg("replication").query(&mut connection).unwrap_or_default();
                replicas += usize::from(role.contains("role:slave"));
                online += role.matches("state=online").count();
                let synced = role.contains("role:master") || role.contains("master_link_status:up");
                info.contains("cluster_state:ok") && info.contains(&known) && synced
            });
            agreed && replicas == expected && online == replicas
        });
    }

    /// Adds a node, which has no slots, and gives its place.
    #[track_caller]
    pub(crate) fn add(&mut self) -> usize {
        self.nodes.push(node().start());
        let (at, node) = (self.nodes.len() - 1, &self.nodes[self.nodes.len() - 1]);
        let said = |node: &Server| -> String {
            redis::cmd("CLUSTER").arg("NODES").query(&mut node.connect()).unwrap_or_default()
        };
        let own = said(node);
        let bus = own.split_once('@').and_then(|(_, rest)| rest.split([' ', ',']).next()).expect("its bus");
        let mut meet = redis::cmd("CLUSTER");
        meet.arg("MEET").arg("127.0.0.1").arg(node.port()).arg(bus);
        meet.exec(&mut self.nodes[0].connect()).expect("a meeting");
        wait_until("they know each other", Duration::from_secs(40), || {
            self.nodes.iter().all(|node| {
                let info: String =
                    redis::cmd("CLUSTER").arg("INFO").query(&mut node.connect()).unwrap_or_default();
                said(node).lines().count() == self.nodes.len() && info.contains("cluster_state:ok")
            })
        });
        at
    }

    /// Makes a node without slots a replica of the first, and waits until it has everything.
    #[track_caller]
    pub(crate) fn replicate(&self, at: usize) {
        let (id, mut connection) = (self.id(0), self.nodes[at].connect());
        wait_until("it takes its primary", Duration::from_secs(40), || {
            redis::cmd("CLUSTER").arg("REPLICATE").arg(&id).exec(&mut connection).is_ok()
        });
        wait_until("it is in step, and known for a replica", Duration::from_secs(40), || {
            let mut connection = self.nodes[0].connect();
            let info: String =
                redis::cmd("INFO").arg("replication").query(&mut connection).unwrap_or_default();
            let nodes: String = redis::cmd("CLUSTER").arg("NODES").query(&mut connection).unwrap_or_default();
            info.contains("state=online") && nodes.contains(" slave ")
        });
    }

    /// Has its only node say that it is at this URL.
    #[track_caller]
    pub(crate) fn announce(&self, url: &str) {
        let port = url.rsplit(':').next().expect("a port");
        let mut connection = self.nodes[0].connect();
        let mut config = redis::cmd("CONFIG");
        config.arg("SET").arg("cluster-announce-port").arg(port).exec(&mut connection).expect("a port");
        wait_until("it says where it is", Duration::from_secs(40), || {
            let nodes: String = redis::cmd("CLUSTER").arg("NODES").query(&mut connection).unwrap_or_default();
            nodes.contains(&format!(":{port}@"))
        });
    }

    fn cli(&self, args: &[String]) -> Command {
        let mut command = Command::new(process::find("redis-cli").expect("redis-cli: run `make deps`"));
        command.args(["--user", HARNESS, "-a", HARNESS, "--no-auth-warning"]).args(&self.reach);
        command.args(args).stdin(Stdio::null());
        command
    }

    /// The address of the first node.
    pub(crate) fn url(&self) -> String {
        self.nodes[0].tcp_url()
    }

    pub(crate) fn target(&self) -> Target {
        Target::parse(&self.url()).unwrap().with_cluster("").unwrap()
    }

    /// Fills it, or changes it: each command goes where its key is.
    #[track_caller]
    pub(crate) fn query(&self, commands: &[Vec<String>]) {
        self.query_db(0, commands);
    }

    /// The same in another database, where a cluster has several.
    #[track_caller]
    pub(crate) fn query_db(&self, db: i64, commands: &[Vec<String>]) {
        let mut client = Vec::new();
        for command in commands {
            let words: Vec<String> = command.iter().map(|word| format!("\"{word}\"")).collect();
            client.push(words.join(" "));
        }
        let (port, db) = (self.nodes[0].port().to_string(), db.to_string());
        let mut running = self.cli(&["-c", "-p", &port, "-n", &db].map(str::to_owned));
        let mut child = running.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("redis-cli");
        child
            .stdin
            .take()
            .expect("its input")
            .write_all((client.join("\n") + "\n").as_bytes())
            .expect("commands");
        assert!(child.wait().expect("redis-cli").success());
    }

    /// The nodes that are primaries now.
    pub(crate) fn primaries(&self) -> Vec<&Server> {
        self.nodes.iter().filter(|node| node.pid().is_some() && role(node) == "master").collect()
    }

    pub(crate) fn is_primary(&self, at: usize) -> bool {
        role(&self.nodes[at]) == "master"
    }

    /// How many keys the primaries hold.
    pub(crate) fn dbsize(&self) -> u64 {
        self.primaries().iter().map(|node| node.dbsize()).sum()
    }

    /// Everything that the primaries hold, by Redis key.
    #[track_caller]
    pub(crate) fn content(&self) -> Content {
        self.primaries().iter().flat_map(|node| node.dump()).collect()
    }

    /// How often the nodes refused a command with this.
    pub(crate) fn errors(&self, code: &str) -> u64 {
        let line = format!("errorstat_{code}:count=");
        let of = |node: &&Server| {
            let info: String =
                redis::cmd("INFO").arg("errorstats").query(&mut node.connect()).unwrap_or_default();
            info.lines().find_map(|text| text.strip_prefix(&line)?.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        self.primaries().iter().map(of).sum()
    }

    /// Which primary owns a slot.
    pub(crate) fn owner(&self, slot: u16) -> usize {
        let owns = |node: &Server| {
            let nodes: String =
                redis::cmd("CLUSTER").arg("NODES").query(&mut node.connect()).unwrap_or_default();
            let own =
                nodes.lines().find(|line| line.contains("myself,master")).unwrap_or_default().to_owned();
            own.split(' ').skip(8).filter(|range| !range.starts_with('[')).any(|range| {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                (from.parse().unwrap()..=to.parse().unwrap()).contains(&slot)
            })
        };
        self.nodes.iter().position(owns).expect("an owner")
    }

    /// Opens a slot for its way to another node; its keys stay until [`Cluster::migrate`].
    pub(crate) fn open(&self, slot: u16, to: usize) {
        let from = self.owner(slot);
        for (node, state, other) in [(to, "IMPORTING", from), (from, "MIGRATING", to)] {
            let mut command = redis::cmd("CLUSTER");
            command.arg("SETSLOT").arg(slot).arg(state).arg(self.id(other));
            command.exec(&mut self.nodes[node].connect()).expect("an open slot");
        }
    }

    /// Moves keys of an open slot.
    pub(crate) fn migrate(&self, from: usize, to: usize, keys: &[&str]) {
        let mut command = redis::cmd("MIGRATE");
        command.arg("127.0.0.1").arg(self.nodes[to].port()).arg("").arg(0).arg(5000);
        command.arg("AUTH2").arg(HARNESS).arg(HARNESS).arg("KEYS").arg(keys);
        command.exec(&mut self.nodes[from].connect()).expect("keys that move");
    }

    /// Gives an open slot to where its keys went.
    pub(crate) fn close(&self, slot: u16, to: usize) {
        for node in std::iter::once(to).chain((0..self.nodes.len()).filter(|node| *node != to)) {
            let mut command = redis::cmd("CLUSTER");
            command.arg("SETSLOT").arg(slot).arg("NODE").arg(self.id(to));
            // Replicas hear of it by themselves.
            let _ = command.exec(&mut self.nodes[node].connect());
        }
    }

    /// Moves a slot with all that is in it, a few keys at a time.
    pub(crate) fn move_slot(&self, slot: u16, to: usize) {
        let from = self.owner(slot);
        self.open(slot, to);
        loop {
            let mut some = redis::cmd("CLUSTER");
            some.arg("GETKEYSINSLOT").arg(slot).arg(3);
            let keys: Vec<String> = some.query(&mut self.nodes[from].connect()).expect("keys of a slot");
            if keys.is_empty() {
                break;
            }
            self.migrate(from, to, &keys.iter().map(String::as_str).collect::<Vec<_>>());
        }
        self.close(slot, to);
    }

    /// Kills a primary once its replica has everything that it did, waits until that is the primary, and starts it anew.
    pub(crate) fn kill_confirmed(&mut self, primary: usize) {
        let replica = self.replica_of(primary);
        redis::cmd("CLIENT")
            .arg(&["PAUSE", "60000", "WRITE"])
            .exec(&mut self.nodes[primary].connect())
            .expect("a pause");
        wait_until("the replica has everything", Duration::from_secs(30), || {
            let [ours, its] = [primary, replica].map(|at| {
                let info: String =
                    redis::cmd("INFO").arg("replication").query(&mut self.nodes[at].connect()).unwrap();
                let offset = |name| info.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                offset("slave_repl_offset:").or_else(|| offset("master_repl_offset:"))
            });
            ours.is_some() && ours == its
        });
        self.nodes[primary].stop();
        wait_until("it takes over", Duration::from_secs(60), || role(&self.nodes[replica]) == "master");
        self.nodes[primary].restart();
        self.settle();
    }

    pub(crate) fn id(&self, at: usize) -> String {
        redis::cmd("CLUSTER").arg("MYID").query(&mut self.nodes[at].connect()).expect("an id")
    }

    /// Moves slots from one node to another, as an operator would; comes back at once.
    fn reshard(&self, from: usize, to: usize, slots: u32) -> Running {
        let mut command = process::guarded(process::find("redis-cli").expect("redis-cli: run `make deps`"));
        let at = format!("127.0.0.1:{}", self.nodes[0].port());
        command.args(["--user", HARNESS, "-a", HARNESS, "--no-auth-warning", "--cluster", "reshard", &at]);
        command.args(["--cluster-from", &self.id(from), "--cluster-to", &self.id(to), "--cluster-yes"]);
        command.args(["--cluster-slots", &slots.to_string(), "--cluster-pipeline", "5"]);
        Running::start(command, "redis-cli --cluster reshard".to_owned(), Duration::from_secs(120))
    }

    /// Stops a run once it has begun, until slots have moved away under it: it goes on while others move.
    pub(crate) fn reshard_under(&self, run: &Running, has_begun: impl Fn() -> bool) -> Running {
        wait_until("it has begun", Duration::from_secs(60), has_begun);
        run.signal("STOP");
        let reshard = self.reshard(0, 1, 2000);
        wait_until("slots move", Duration::from_secs(60), || self.owner(20) == 1);
        run.signal("CONT");
        reshard
    }

    /// Makes a replica the primary of its shard without losing a write, and waits until it is.
    #[track_caller]
    pub(crate) fn fail_over(&self, replica: usize) {
        let mut asked = None;
        wait_until("it is the primary", Duration::from_secs(60), || {
            // On a busy machine it may not come about in the five seconds that it is given.
            if asked.is_none_or(|at: Instant| at.elapsed() > Duration::from_secs(6)) {
                asked = Some(Instant::now());
                let _ = redis::cmd("CLUSTER").arg("FAILOVER").exec(&mut self.nodes[replica].connect());
            }
            role(&self.nodes[replica]) == "master"
        });
    }

    /// A node that is a replica of another.
    pub(crate) fn replica_of(&self, primary: usize) -> usize {
        let id = self.id(primary);
        let is_its = |node: &Server| {
            let nodes: String =
                redis::cmd("CLUSTER").arg("NODES").query(&mut node.connect()).unwrap_or_default();
            nodes.lines().any(|line| line.contains("myself,slave") && line.contains(&id))
        };
        self.nodes.iter().position(is_its).expect("a replica")
    }
}

fn role(node: &Server) -> String {
    let role: redis::RedisResult<Vec<redis::Value>> = redis::cmd("ROLE").query(&mut node.connect());
    role.ok().and_then(|role| redis::from_redis_value(role[0].clone()).ok()).unwrap_or_default()
}

fn node() -> Builder {
    Server::builder()
        .tcp()
        .config("cluster-enabled yes")
        .config("cluster-config-file nodes.conf")
        .config(&format!("cluster-port {}", free_port()))
        .config("cluster-node-timeout 2000")
        .config("repl-diskless-sync-delay 0")
        .config("cluster-allow-replica-migration no")
}
