//! Where a namespace can lie.

use serde_json::{Value, json};

use super::Told;
use super::namespace::{self, Words};
use crate::support::cli::Cli;
use crate::support::cluster::Cluster;
use crate::support::content::{Content, Entry, Held, facts};
use crate::support::output::Output;
use crate::support::server::Server;

/// One server and three primaries.
pub(super) struct Places {
    server: Server,
    cluster: Cluster,
}

/// A namespace of one of them.
pub(super) struct Place<'a> {
    pub(super) name: String,
    places: &'a Places,
    is_cluster: bool,
    prefix: String,
}

impl Places {
    /// With the same namespace at each place.
    pub(super) fn filled() -> Self {
        let places = Self { server: Server::start(), cluster: Cluster::of_primaries() };
        for node in places.cluster.nodes.iter().chain([&places.server]) {
            // Whoever has no limit is told so: that is a server's own.
            let mut set = redis::cmd("CONFIG");
            set.arg(&["SET", "maxmemory", "1gb"]).exec(&mut node.connect()).unwrap();
        }
        for place in places.each() {
            place.send(&namespace::filled(&place.prefix));
        }
        places
    }

    /// The prefixes are equally long: so are the names, whose bytes are counted.
    pub(super) fn each(&self) -> [Place<'_>; 3] {
        [("one server", false, "CM-1:"), ("over slots", true, "CM-2:"), ("in one slot", true, "{CM}:")].map(
            |(name, is_cluster, prefix)| Place {
                name: name.to_owned(),
                places: self,
                is_cluster,
                prefix: prefix.to_owned(),
            },
        )
    }
}

impl Place<'_> {
    /// Another namespace there, of this name.
    pub(super) fn renamed(&self, name: &str) -> Self {
        let name = name.replace(' ', "_");
        let prefix = self.prefix.replace("CM", &name);
        Self { name: format!("{name} {}", self.name), prefix, ..*self }
    }

    /// Whether what lies in two Redis keys is not changed in one step.
    pub(super) fn is_cross_slot(&self) -> bool {
        self.is_cluster && !self.prefix.contains('{')
    }

    /// A name with its prefix.
    pub(super) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn send(&self, commands: &[Words]) {
        if self.is_cluster {
            let word = |word: &Vec<u8>| word.escape_ascii().to_string();
            let all: Vec<Vec<String>> =
                commands.iter().map(|words| words.iter().map(word).collect()).collect();
            return self.places.cluster.query(&all);
        }
        let mut pipe = redis::pipe();
        for words in commands {
            pipe.add_command(redis::cmd(std::str::from_utf8(&words[0]).unwrap()).arg(&words[1..]).clone());
        }
        pipe.exec(&mut self.places.server.connect()).unwrap();
    }

    pub(super) fn cli(&self, args: &[&str]) -> Cli {
        let (url, cluster) = match self.is_cluster {
            true => (self.places.cluster.url(), "yes"),
            false => (self.places.server.url(), "no"),
        };
        Cli::bare()
            .env("CACHEME_URL", url)
            .env("CACHEME_CLUSTER", cluster)
            .env("CACHEME_PREFIX", &self.prefix)
            .env("CACHEME_LAYOUT", "classic")
            .env("CACHEME_FORMAT", "json")
            .args(args)
    }

    pub(super) fn run(&self, args: &[&str]) -> Output {
        self.cli(args).run()
    }

    /// A dump with indexes, in a file with this ending.
    pub(super) fn dump(&self, ending: &str) -> Vec<u8> {
        let name = format!("d.{ending}");
        let cli = self.cli(&["keys", "dump", "--raw", "--indexes", "--format", "ndjson", "--output", &name]);
        cli.run().ok();
        std::fs::read(cli.home().join(name)).unwrap()
    }

    /// Everything in the namespace, as if its prefix was `CM:`.
    pub(super) fn content(&self) -> Content {
        let all = match self.is_cluster {
            true => self.places.cluster.content(),
            false => self.places.server.dump(),
        };
        let own = all.into_iter().filter(|(name, _)| name.starts_with(self.prefix.as_bytes()));
        own.map(|(name, entry)| (self.plain(&name), self.plain_entry(entry))).collect()
    }

    fn plain_entry(&self, entry: Entry) -> Entry {
        let held = match entry.held {
            Held::Set(members) => Held::Set(members.iter().map(|it| self.plain(it)).collect()),
            Held::Zset(members) => {
                Held::Zset(members.into_iter().map(|(it, score)| (self.plain(&it), score)).collect())
            }
            other => other,
        };
        Entry { held, ..entry }
    }

    fn plain(&self, bytes: &[u8]) -> Vec<u8> {
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        text.replace(&self.prefix, "CM:").chars().map(|c| c as u8).collect()
    }

    /// Runs it, and notes how it ended and what it told, in any order, less what is of the moment or of a server.
    pub(super) fn tells(&self, told: &mut Told, args: &[&str]) -> Value {
        self.tells_but(told, args, &[])
    }

    /// The same, less these fields.
    pub(super) fn tells_but(&self, told: &mut Told, args: &[&str], left_out: &[&str]) -> Value {
        // Nodes answer in no order.
        self.notes(told, args, |out| sorted(self.same(out, left_out)))
    }

    /// The same, where the order is promised.
    pub(super) fn tells_in_order(&self, told: &mut Told, args: &[&str], left_out: &[&str]) -> Value {
        self.notes(told, args, |out| self.same(out, left_out))
    }

    fn notes(&self, told: &mut Told, args: &[&str], plain: impl Fn(Value) -> Value) -> Value {
        let output = self.run(args);
        let out = match output.stdout.is_empty() {
            true => Value::Null,
            false => plain(output.json()),
        };
        told.push((args.join(" "), json!({ "code": output.code, "out": out.clone() })));
        out
    }

    /// What does not depend on the place, less these fields.
    pub(super) fn same(&self, value: Value, left_out: &[&str]) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace(&self.prefix, "CM:")),
            Value::Array(all) => all.into_iter().map(|value| self.same(value, left_out)).collect(),
            Value::Object(fields) => {
                let own = [
                    "elapsed_ms",
                    "ttl_seconds",
                    "ttl_min",
                    "ttl_max",
                    "idle_seconds",
                    "counters_since",
                    "server",
                    "servers",
                    "index_bytes",
                    "seconds",
                    "commands",
                ];
                let fields = fields.into_iter().filter(|(name, value)| {
                    // In a cluster each name takes more memory.
                    let is_memory = name == "bytes" && value.is_object();
                    !is_memory && !own.iter().chain(left_out).any(|it| it == name)
                });
                fields.map(|(name, value)| (name, self.same(value, left_out))).collect()
            }
            other => other,
        }
    }

    /// Notes what is there, less these keys and what is of this tool.
    pub(super) fn shows(&self, told: &mut Told, leave_out: &[&str]) {
        let mut content = self.content();
        content.retain(|name, _| {
            let is_left_out = leave_out.iter().any(|it| it.as_bytes() == name);
            !is_left_out && !name.starts_with(b"CM:meta:")
        });
        told.push(("content".to_owned(), json!(facts(&content))));
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(all) => {
            let mut all: Vec<Value> = all.into_iter().map(sorted).collect();
            all.sort_by_cached_key(Value::to_string);
            all.into()
        }
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, sorted(value))).collect(),
        other => other,
    }
}
