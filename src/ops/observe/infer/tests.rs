use super::*;
use crate::namespace::Layout;
use crate::ops::observe::event::{Event, EventKind};
use crate::ops::observe::filter::{Decision, EventQuery, Filter};
use crate::ops::observe::totals::Totals;
use crate::ops::selector::Selector;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, sync_channel};

/// Feeds commands as MONITOR would show them. Whatever is counted is told, too, as events: at the end of each transcript
/// they have to sum to the totals.
struct Traffic {
    infer: Infer,
    /// The same with somebody who is told.
    telling: Infer,
    from: Receiver<Event>,
    events: Vec<Event>,
    at: u64,
}

impl Drop for Traffic {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.events_sum_to_the_totals();
        }
    }
}

/// An inference whose events come out here.
fn telling(ns: &Namespace, query: &EventQuery) -> (Infer, Receiver<Event>) {
    let (to, from) = sync_channel(1_000_000);
    let mut filter = Filter::new(ns, query);
    filter.is_loading = false;
    let mut infer = Infer::new(ns, 0, false, 1000);
    infer.tell(Sink::new(to, filter));
    (infer, from)
}

/// The events of keys that one of these means.
fn only(any: &[Selector]) -> EventQuery {
    EventQuery { any: Some(any.to_vec()), ..EventQuery::default() }
}

impl Traffic {
    fn new(prefix: &str, layout: Layout) -> Self {
        Self::selecting(prefix, layout, &EventQuery::default())
    }

    fn selecting(prefix: &str, layout: Layout, query: &EventQuery) -> Self {
        let ns = Namespace::new(prefix, layout).unwrap();
        let (telling, from) = telling(&ns, query);
        let infer = Infer::new(&ns, 0, false, 1000);
        Self { infer, telling, from, events: Vec::new(), at: 1_000_000_000 }
    }

    fn line(&mut self, line: &[u8]) {
        self.infer.line(line);
        self.telling.line(line);
    }

    fn in_progress(&mut self, member: &[u8]) {
        self.infer.in_progress(member);
        self.telling.in_progress(member);
    }

    /// The members of the deleted set.
    fn marked_are(&mut self, members: &[&str]) {
        let members = members.iter().map(|member| member.as_bytes().to_vec()).collect::<Vec<_>>();
        self.infer.marked_are(std::slice::from_ref(&members));
        self.telling.marked_are(&[members]);
    }

    /// What was told so far: kind, time in milliseconds since the beginning, client, how long it took.
    fn told(&mut self) -> Vec<String> {
        self.events.extend(self.from.try_iter());
        let ms = |event: &Event| (event.at - 1_000_000_000) / 1000;
        let shown = |event: &Event| {
            let mut shown = format!(
                "{} {} {} {}",
                ms(event),
                event.kind.as_str(),
                String::from_utf8_lossy(&event.key),
                String::from_utf8_lossy(&event.client)
            );
            for more in [
                event.tag.as_ref().map(|tag| String::from_utf8_lossy(tag).into_owned()),
                event.elapsed.map(|micros| format!("{}ms", micros / 1000)),
            ]
            .into_iter()
            .flatten()
            {
                shown += " ";
                shown += &more;
            }
            shown
        };
        self.events.iter().map(shown).collect()
    }

    fn events_sum_to_the_totals(&mut self) {
        self.infer.finish();
        self.telling.finish();
        let told = self.told();
        let Some(sink) = self.telling.sink() else { panic!("nobody is told") };
        if sink.filter.decide(b"any", None, false) != Decision::Told
            || EventKind::ALL.iter().any(|kind| !sink.filter.wants_kind(*kind))
        {
            return;
        }
        assert_eq!(sink.dropped, 0);
        let mut by_key: BTreeMap<&[u8], Totals> = BTreeMap::new();
        for event in &self.events {
            let totals = by_key.entry(&event.key).or_default();
            // A call is one, whatever became of it.
            if event.kind.is_call() && event.kind != EventKind::Hit {
                totals.count(EventKind::Hit);
            }
            totals.count(event.kind);
        }
        let of = |infer: &Infer| {
            infer.numbers().values().fold(Totals::default(), |mut all, numbers| {
                all.add(&numbers.totals);
                all
            })
        };
        let mut all = Totals::default();
        by_key.values().for_each(|totals| all.add(totals));
        let told = told.join("\n");
        assert_eq!(of(&self.infer), of(&self.telling), "{told}");
        assert_eq!(of(&self.infer), all, "{told}");
        for (key, state) in &self.infer.keys {
            let events = by_key.get(&key[..]).copied().unwrap_or_default();
            if !self.infer.is_capped() {
                assert_eq!(events, state.totals, "{}\n{told}", String::from_utf8_lossy(key));
            }
        }
        let taken = self.events.iter().filter(|event| event.elapsed.is_some()).count() as u64;
        assert!(taken <= all.writes);
        // Each key's events come in the order of their times.
        let mut last = BTreeMap::new();
        for event in &self.events {
            let before = last.insert(&event.key, event.at).unwrap_or_default();
            assert!(before <= event.at, "{told}");
        }
    }

    /// A millisecond later, `words` from a client.
    fn from(&mut self, client: &str, words: &str) {
        self.at += 1000;
        let (seconds, micros) = (self.at / 1_000_000, self.at % 1_000_000);
        let quoted = words.split(' ').map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
        self.line(format!("{seconds}.{micros:06} [0 {client}] {quoted}").as_bytes());
    }

    fn later(&mut self, ms: u64) {
        self.at += ms * 1000;
    }

    fn all(&mut self, client: &str, lines: &[&str]) {
        for line in lines {
            match line.strip_prefix("lua ") {
                Some(line) => self.from("lua", line),
                None => self.from(client, line),
            }
        }
    }

    /// Calls, hits, misses, refreshes, waits, invalidations, expiries, writes of a group.
    fn of(&mut self, name: &str) -> [u64; 8] {
        self.infer.finish();
        let numbers = self.infer.numbers();
        let group = [Group::Tag(name.into()), Group::Shape(name.into())];
        let numbers = group.iter().find_map(|group| numbers.get(group)).map(|numbers| numbers.totals);
        let totals = numbers.unwrap_or_default();
        let Totals { calls, misses, refreshes, waits, invalidations, expiries, writes } = totals;
        [calls, totals.hits(), misses, refreshes, waits, invalidations, expiries, writes]
    }

    fn p50(&mut self, tag: &str) -> Option<f64> {
        self.infer.finish();
        self.infer.numbers()[&Group::Tag(tag.into())].times.quantile(0.5)
    }
}

/// The recorded traces of `/tests/traces`: time and client are not in them.
fn trace(text: &str, layout: Layout) -> Traffic {
    let mut traffic = Traffic::new("CM:", layout);
    for line in text.lines() {
        traffic.at += 1000;
        let (client, words) = line.strip_prefix("lua ").map_or(("unix:/s", line), |words| ("lua", words));
        let (seconds, micros) = (traffic.at / 1_000_000, traffic.at % 1_000_000);
        traffic.line(format!("{seconds}.{micros:06} [0 {client}] {words}").as_bytes());
    }
    traffic
}

#[test]
fn the_trace_of_0_0_9() {
    for layout in [Layout::Classic, Layout::Both] {
        let mut traffic = trace(include_str!("../../../../tests/traces/cacheme-0.0.9.monitor"), layout);
        assert_eq!(traffic.of("get_owner"), [4, 1, 1, 2, 0, 2, 0, 3]);
        assert_eq!(traffic.of("ttl_tag"), [4, 1, 2, 1, 0, 3, 1, 3]);
    }
}

#[test]
fn the_trace_of_0_1_1() {
    for layout in [Layout::Meta, Layout::Both] {
        let mut traffic = trace(include_str!("../../../../tests/traces/cacheme-0.1.1.monitor"), layout);
        assert_eq!(traffic.of("get_owner"), [4, 1, 1, 2, 0, 2, 0, 3]);
        assert_eq!(traffic.of("ttl_tag"), [4, 1, 2, 1, 0, 3, 1, 3]);
    }
}

const CALL: [&str; 2] = ["SREM CM:delete CM:a:1>f", "HGET CM:a:1 f"];
const ENTER: &str = "SADD CM:progress CM:a:1>f";
const LOOK: &str = "HGET CM:a:1 f";
const STORE: [&str; 3] = ["SADD CM:tag CM:a:1>f", "HSET CM:a:1 f v", "SREM CM:progress CM:a:1>f"];

#[test]
fn whoever_is_served_while_waiting_waits() {
    // One address or three: a Unix socket gives all clients the same.
    for clients in [["1", "2", "3"], ["u", "u", "u"]] {
        let mut traffic = Traffic::new("CM:", Layout::Classic);
        traffic.all(clients[0], &CALL);
        traffic.from(clients[0], ENTER);
        for client in &clients[1..] {
            traffic.all(client, &CALL);
            traffic.from(client, ENTER);
            traffic.from(client, LOOK);
        }
        traffic.later(40);
        traffic.all(clients[0], &STORE);
        traffic.all(clients[1], &[LOOK]);
        traffic.all(clients[2], &[LOOK]);
        traffic.all(clients[2], &CALL);
        traffic.later(1000);
        traffic.from("x", "PING");
        assert_eq!(traffic.of("tag"), [4, 1, 1, 0, 2, 0, 0, 1]);
        let time = traffic.p50("tag").unwrap();
        assert!((45.0..60.0).contains(&time), "{time}");
    }
}

#[test]
fn whoever_gives_up_waiting_missed() {
    for (first, second) in [("1", "2"), ("u", "u")] {
        // The first raises and leaves the key in progress; the second waits in vain and computes.
        let mut traffic = Traffic::new("CM:", Layout::Classic);
        traffic.all(first, &CALL);
        traffic.from(first, ENTER);
        traffic.all(second, &CALL);
        traffic.from(second, ENTER);
        (0..5).for_each(|_| traffic.from(second, LOOK));
        traffic.later(10);
        traffic.all(second, &STORE);
        traffic.later(1000);
        traffic.all(first, &CALL);
        assert_eq!(traffic.of("tag"), [3, 1, 2, 0, 0, 0, 0, 1]);
        let time = traffic.p50("tag").unwrap();
        assert!((10.0..16.0).contains(&time), "{time}");

        // The first is merely slow: both compute.
        let mut traffic = Traffic::new("CM:", Layout::Classic);
        for client in [first, second] {
            traffic.all(client, &CALL);
            traffic.from(client, ENTER);
        }
        (0..5).for_each(|_| traffic.from(second, LOOK));
        traffic.all(second, &STORE);
        traffic.all(first, &STORE);
        assert_eq!(traffic.of("tag"), [2, 0, 2, 0, 0, 0, 0, 2]);
    }
}

#[test]
fn what_began_before_is_not_counted() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.in_progress(b"CM:a:1>f");
    traffic.all("2", &CALL);
    traffic.from("2", ENTER);
    traffic.from("2", LOOK);
    traffic.all("1", &STORE);
    traffic.from("2", LOOK);
    assert_eq!(traffic.of("tag"), [1, 0, 0, 0, 1, 0, 0, 1]);

    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.from("1", ENTER);
    traffic.all("1", &STORE);
    traffic.all("1", &CALL);
    assert_eq!(traffic.of("tag"), [1, 1, 0, 0, 0, 0, 0, 1]);
}

#[test]
fn a_mark_from_before_shows_by_the_write() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.all("1", &["SREM CM:delete CM:a:1>f", "SADD CM:tag CM:a:1>f", "HSET CM:a:1 f v"]);
    traffic.all("1", &CALL);
    // A write from outside is no refresh.
    traffic.all("9", &["HSET CM:a:1 f v"]);
    assert_eq!(traffic.of("tag"), [2, 1, 0, 1, 0, 0, 0, 2]);
}

#[test]
fn connections_of_a_pool_are_mixed_up() {
    // Two threads of one process share two connections, a command each.
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.from("1", "SREM CM:delete CM:a:1>f");
    traffic.from("2", "SREM CM:delete CM:b:1>f");
    traffic.from("2", "HGET CM:a:1 f");
    traffic.from("1", "HGET CM:b:1 f");
    traffic.from("1", ENTER);
    traffic.from("2", "SADD CM:progress CM:b:1>f");
    traffic.all("2", &STORE);
    traffic.all("1", &["SADD CM:other CM:b:1>f", "HSET CM:b:1 f v", "SREM CM:progress CM:b:1>f"]);
    assert_eq!(traffic.of("tag"), [1, 0, 1, 0, 0, 0, 0, 1]);
    assert_eq!(traffic.of("other"), [1, 0, 1, 0, 0, 0, 0, 1]);
}

#[test]
fn others_databases_and_prefixes_are_left_alone() {
    let mut traffic = Traffic::new("CM:", Layout::Meta);
    traffic.line(br#"1.0 [1 c] "EVAL" "s" "2" "CM:meta:deleted" "CM:a" "CM:a>f" "f""#);
    traffic.all("c", &["EVAL s 2 CM:meta:deleted P:a P:a>f f", "lua srem CM:meta:deleted P:a>f"]);
    traffic.all("c", &["SADD CM:meta:progress P:a>f", "SADD CM:meta:deleted P:a>f", "SADD P:tag P:a>f"]);
    assert!(traffic.infer.numbers().is_empty());
}

#[test]
fn deletions_are_invalidations_and_dropped_tags_are_not() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.all(
        "c",
        &["SMEMBERS CM:tag", "UNLINK CM:tag CM:a:1 CM:x>y CM:Meta:Expire-Buckets::CM:a CM:u:invalid"],
    );
    traffic.all("c", &["HDEL CM:b:1 f base", "UNLINK other:1"]);
    assert_eq!(traffic.of("a:*")[5], 1);
    assert_eq!((traffic.of("b:*>f")[5], traffic.of("b:*")[5]), (1, 1));
    assert_eq!(traffic.infer.numbers().len(), 3);
}

#[test]
fn one_invalidation_in_both_generations_counts_once() {
    let mut traffic = Traffic::new("CM:", Layout::Both);
    traffic.all("c", &["SADD CM:delete CM:a:1>f", "SADD CM:meta:deleted CM:a:1>f"]);
    traffic.later(1000);
    traffic.all("c", &["SADD CM:delete CM:a:1>f"]);
    assert_eq!(traffic.of("a:*>f")[5], 2);
}

#[test]
fn workers_of_this_crate() {
    let keys = "CM:meta:leases CM:a:1 CM:Meta:Expire-Buckets::CM:a:1 CM:tag CM:meta:deleted CM:meta:progress";
    let eval = format!("EVAL script 6 {keys} 1 1 CM:a:1>f f CM:a:1>f 300000 1 0 . 20 0 .");
    let read = ["SISMEMBER CM:meta:deleted CM:a:1>f", "HGET CM:a:1 f"];
    let again = ["SISMEMBER CM:meta:deleted CM:a:1>f", "HMGET CM:a:1 f"];
    let looks = ["lua SISMEMBER CM:meta:deleted CM:a:1>f", "lua HGET CM:a:1 f"];
    let asks = ["lua ZSCORE CM:meta:leases CM:a:1>f"];
    let enters = ["lua SREM CM:meta:deleted CM:a:1>f", "lua SADD CM:meta:progress CM:a:1>f"];
    let stores = ["lua SADD CM:tag CM:a:1>f", "lua HSET CM:a:1 f v", "lua SREM CM:meta:progress CM:a:1>f"];
    let mut traffic = Traffic::new("CM:", Layout::Meta);
    let script = |traffic: &mut Traffic, client: &str, calls: &[&[&str]]| {
        traffic.from(client, &eval);
        calls.iter().for_each(|calls| traffic.all(client, calls));
    };
    traffic.all("1", &read);
    // On its way it gives back the lease of another.
    let restores = ["lua SADD CM:meta:deleted CM:b>f", "lua SREM CM:meta:progress CM:b>f"];
    script(&mut traffic, "1", &[&restores, &looks, &enters]);
    // Another process waits, looks again in vain, and is served; a second thread of the first waits in its process.
    traffic.all("2", &read);
    traffic.all("1", &read);
    script(&mut traffic, "2", &[&looks, &asks]);
    traffic.all("2", &again);
    script(&mut traffic, "1", &[&stores]);
    traffic.all("2", &again);
    traffic.all("2", &read);
    assert_eq!(traffic.of("tag"), [4, 1, 1, 0, 2, 0, 0, 1]);
    traffic.all("3", &["SADD CM:meta:deleted CM:a:1>f"]);
    traffic.all("1", &read);
    script(&mut traffic, "1", &[&looks, &enters]);
    // Meanwhile the old value is served, to whoever asks and however often.
    traffic.all("2", &read);
    script(&mut traffic, "2", &[&looks, &asks]);
    traffic.all("2", &read);
    script(&mut traffic, "1", &[&stores]);
    assert_eq!(traffic.of("tag"), [7, 3, 1, 1, 2, 1, 0, 2]);
}

#[test]
fn a_worker_of_this_crate_that_waits_in_vain_computes() {
    let keys = "CM:meta:leases CM:a:1 CM:Meta:Expire-Buckets::CM:a:1 CM:tag CM:meta:deleted CM:meta:progress";
    let claim = |join: u8| format!("EVAL script 6 {keys} 1 1 CM:a:1>f f CM:a:1>f 300000 1 {join} . 20 0 .");
    let store = format!("EVAL script 6 {keys} 1 1 CM:a:1>f f CM:a:1>f 17 digest . v");
    let read = ["SISMEMBER CM:meta:deleted CM:a:1>f", "HGET CM:a:1 f"];
    let again = ["SISMEMBER CM:meta:deleted CM:a:1>f", "HMGET CM:a:1 f"];
    let looks = ["lua HGET CM:a:1 f", "lua ZSCORE CM:meta:leases CM:a:1>f"];
    let enters = ["lua SREM CM:meta:deleted CM:a:1>f", "lua SADD CM:meta:progress CM:a:1>f"];
    let stores = ["lua SADD CM:tag CM:a:1>f", "lua HSET CM:a:1 f v", "lua SREM CM:meta:progress CM:a:1>f"];
    let mut traffic = Traffic::new("CM:", Layout::Meta);
    let all = |traffic: &mut Traffic, client: &str, script: &str, calls: &[&[&str]]| {
        traffic.from(client, script);
        calls.iter().for_each(|calls| traffic.all(client, calls));
    };
    traffic.all("1", &read);
    all(&mut traffic, "1", &claim(0), &[&looks, &enters]);
    traffic.all("2", &read);
    all(&mut traffic, "2", &claim(0), &[&looks]);
    traffic.all("2", &again);
    all(&mut traffic, "2", &claim(1), &[&looks]);
    all(&mut traffic, "2", &store, &[&["lua ZSCORE CM:meta:leases CM:a:1>f", "lua HGET CM:a:1 f"], &stores]);
    // The first comes too late.
    all(&mut traffic, "1", &store, &[&["lua ZSCORE CM:meta:leases CM:a:1>f"]]);
    traffic.all("2", &read);
    assert_eq!(traffic.of("tag"), [3, 1, 2, 0, 0, 0, 0, 1]);

    // Without stale reads the old value goes, and whoever comes waits.
    traffic.all("9", &["SADD CM:meta:deleted CM:a:1>f"]);
    traffic.all("1", &read);
    all(&mut traffic, "1", &claim(0), &[&looks, &["lua HDEL CM:a:1 f"], &enters]);
    traffic.all("2", &read);
    all(&mut traffic, "2", &claim(0), &[&looks]);
    all(&mut traffic, "1", &store, &[&stores]);
    traffic.all("2", &again);
    assert_eq!(traffic.of("tag"), [5, 1, 2, 1, 1, 1, 0, 2]);
}

#[test]
fn a_worker_of_this_crate_that_replaces_a_value() {
    let keys = "CM:meta:leases CM:a:1 CM:Meta:Expire-Buckets::CM:a:1 CM:tag CM:meta:deleted CM:meta:progress";
    let claim = |what: &str| format!("EVAL script 6 {keys} 1 1 CM:a:1>f f CM:a:1>f 300000 1 {what} . 20 0 .");
    let store = format!("EVAL script 6 {keys} 1 1 CM:a:1>f f CM:a:1>f 17 digest . v");
    let looks = ["lua HGET CM:a:1 f", "lua ZSCORE CM:meta:leases CM:a:1>f"];
    let enters = ["lua SREM CM:meta:deleted CM:a:1>f", "lua SADD CM:meta:progress CM:a:1>f"];
    let stores = ["lua SADD CM:tag CM:a:1>f", "lua HSET CM:a:1 f v", "lua SREM CM:meta:progress CM:a:1>f"];
    let mut traffic = Traffic::new("CM:", Layout::Meta);
    let all = |traffic: &mut Traffic, client: &str, script: &str, calls: &[&[&str]]| {
        traffic.from(client, script);
        calls.iter().for_each(|calls| traffic.all(client, calls));
    };
    // A put is no call; nor is a peek.
    all(&mut traffic, "1", &claim("put"), &[&looks, &enters]);
    all(&mut traffic, "1", &store, &[&stores]);
    traffic.all("1", &["HMGET CM:a:1 f"]);
    assert_eq!(traffic.of("tag"), [0, 0, 0, 0, 0, 0, 0, 1]);
    // A refresh is one, though nobody has read; beside it the value is served.
    all(&mut traffic, "1", &claim("refresh"), &[&looks, &enters]);
    traffic.all("3", &["SISMEMBER CM:meta:deleted CM:a:1>f", "HGET CM:a:1 f"]);
    // Another waits for it in vain, and computes beside it.
    all(&mut traffic, "2", &claim("refresh"), &[&looks]);
    all(&mut traffic, "2", &claim("refresh1"), &[&looks]);
    all(&mut traffic, "2", &store, &[&stores]);
    all(&mut traffic, "1", &store, &[&["lua ZSCORE CM:meta:leases CM:a:1>f"]]);
    assert_eq!(traffic.of("tag"), [3, 1, 0, 2, 0, 0, 0, 2]);
}

#[test]
fn memory_is_bounded_and_numbers_stay() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    for id in 0..5000 {
        traffic.all("c", &[&format!("SREM CM:delete CM:k:{id}"), &format!("HGET CM:k:{id} base")]);
        if id % 2 == 0 {
            traffic.all("c", &[&format!("SADD CM:progress CM:k:{id}"), &format!("SADD CM:tag CM:k:{id}")]);
            traffic.all("c", &[&format!("HSET CM:k:{id} base v"), &format!("SREM CM:progress CM:k:{id}")]);
        }
        assert!(traffic.infer.keys.len() <= 1000);
    }
    assert_eq!(traffic.of("tag"), [2500, 0, 2500, 0, 0, 0, 0, 2500]);
    assert_eq!(traffic.of("k:*"), [2500, 2500, 0, 0, 0, 0, 0, 0]);
    assert!(traffic.infer.is_capped());
}

#[test]
fn our_workers_read_a_key_by_its_whole_name() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    for key in ["a:1>f>x", "a:1>f"] {
        for _ in 0..2 {
            traffic.from("a", &format!("SISMEMBER CM:delete CM:{key}"));
            traffic.from("a", "HGET CM:a:1 f");
        }
    }
    assert_eq!(traffic.of("a:*>f>x"), [2, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(traffic.of("a:*>f"), [2, 2, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn an_event_is_told_when_it_is_certain() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.all("1", &CALL);
    assert_eq!(traffic.told(), [""; 0]);
    traffic.from("1", ENTER);
    assert_eq!(traffic.told(), ["1 miss a:1>f 1"]);
    traffic.later(40);
    traffic.all("1", &STORE);
    assert_eq!(traffic.told()[1..], ["45 stored a:1>f 1 tag 43ms"]);
    traffic.all("2", &CALL);
    // Another's deletion does not come before the hit; nor does a hit of another key wait for it.
    traffic.all("3", &["HDEL CM:a:1 f", "SADD CM:delete CM:b:1>f"]);
    assert_eq!(traffic.told()[2..], ["50 marked b:1>f 3"]);
    traffic.later(500);
    traffic.from("x", "PING");
    assert_eq!(traffic.told().len(), 3);
    traffic.later(600);
    traffic.from("x", "ECHO cacheme");
    assert_eq!(traffic.told()[3..], ["47 hit a:1>f 2 tag", "49 deleted a:1>f 3 tag"]);
}

#[test]
fn who_misses_is_told_by_the_client_and_else_by_the_order() {
    // The second asks after the first, and computes; with one address for all it is the first that nothing was changed since.
    for (first, second, missed) in [("1", "2", "3"), ("unix:/s", "unix:/s", "1")] {
        let mut traffic = Traffic::new("CM:", Layout::Classic);
        traffic.all(first, &CALL);
        traffic.all(second, &CALL);
        traffic.from(second, ENTER);
        traffic.all(second, &STORE);
        assert_eq!(
            traffic.told().iter().filter(|told| told.contains("miss")).collect::<Vec<_>>().len(),
            usize::from(missed == "1")
        );
        traffic.later(2000);
        traffic.from("x", "PING");
        let told = traffic.told();
        assert!(
            told.iter().any(|told| *told == format!("{missed} miss a:1>f {second}")
                || told.starts_with(&format!("{missed} miss a:1>f {second} "))),
            "{told:?}"
        );
    }
    // A value that went away in between: who found it before was served.
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.all("unix:/s", &CALL);
    traffic.from("unix:/s", "HDEL CM:a:1 f");
    traffic.all("unix:/s", &CALL);
    traffic.from("unix:/s", ENTER);
    traffic.all("unix:/s", &STORE);
    traffic.later(2000);
    traffic.from("x", "PING");
    let kinds: Vec<_> =
        traffic.told().iter().map(|told| told.split(' ').nth(1).unwrap().to_owned()).collect();
    assert_eq!(kinds, ["hit", "deleted", "miss", "stored"]);
}

#[test]
fn a_caller_that_computes_late_is_told_as_a_hit_and_then_as_a_miss() {
    let query = EventQuery { kinds: vec![EventKind::Hit, EventKind::Miss], ..EventQuery::default() };
    let mut traffic = Traffic::selecting("CM:", Layout::Classic, &query);
    traffic.all("1", &CALL);
    traffic.later(1500);
    traffic.from("x", "PING");
    traffic.from("1", ENTER);
    assert_eq!(traffic.told(), ["1 hit a:1>f 1", "1504 miss a:1>f 1"]);
    // The totals know better.
    assert_eq!(traffic.of("a:*>f"), [1, 0, 1, 0, 0, 0, 0, 0]);
}

#[test]
fn a_refresh_that_nobody_saw_the_mark_of_may_take_long() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.from("1", "SREM CM:delete CM:a:1>f");
    traffic.later(20_000);
    traffic.all("1", &["SADD CM:tag CM:a:1>f", "HSET CM:a:1 f v"]);
    assert_eq!(traffic.told(), ["1 refresh a:1>f 1 tag", "20003 stored a:1>f 1 tag 20002ms"]);
}

/// A caller of 0.0.9 of a key with a timeout reads before it asks for the mark: nothing shows afterwards whether it took one.
const TIMED: [&str; 3] = ["ZRANGEBYSCORE CM:Meta:Expire-Buckets::CM:a:1 0 9", LOOK, CALL[0]];

#[test]
fn what_is_marked_when_it_begins_settles_the_first_call_of_a_key() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.marked_are(&["CM:b:1>f", "other:1"]);
    traffic.all("1", &TIMED);
    traffic.from("2", "SREM CM:delete CM:b:1>f");
    traffic.later(1500);
    traffic.from("x", "PING");
    assert_eq!(traffic.told(), ["4 refresh b:1>f 2", "3 hit a:1>f 1"]);
    // A mark that comes later is seen as ever; one of a key that was let go is not known any more.
    traffic.from("1", "SADD CM:delete CM:a:1>f");
    for id in 0..3000 {
        traffic.all("c", &[&format!("SREM CM:delete CM:k:{id}"), &format!("HGET CM:k:{id} base")]);
        traffic.later(2000);
    }
    traffic.from("x", "PING");
    let told = traffic.told().len();
    traffic.all("1", &TIMED);
    traffic.later(1500);
    traffic.from("x", "PING");
    assert_eq!(traffic.told().len(), told);
}

#[test]
fn by_a_tag_the_first_miss_of_a_key_is_not_missed() {
    for selector in [Selector::Tag(b"tag".to_vec()), Selector::InvalidKey(b"User:1".to_vec())] {
        let mut traffic = Traffic::selecting("CM:", Layout::Classic, &only(&[selector]));
        for key in ["a:1>f", "b:1>f"] {
            traffic.all("1", &[&format!("SREM CM:delete CM:{key}"), &format!("HGET CM:{} f", &key[..3])]);
            traffic.from("1", &format!("SADD CM:progress CM:{key}"));
        }
        traffic.later(5000);
        traffic.from("1", "SADD CM:other CM:b:1>f");
        traffic.all("1", &["HSET CM:b:1 f v", "SREM CM:progress CM:b:1>f", "SADD CM:x:invalid CM:b:1>f"]);
        assert_eq!(traffic.told(), [""; 0]);
        traffic.all("1", &STORE);
        traffic.from("1", "SADD CM:User:1:invalid CM:a:1>f");
        traffic.later(2000);
        traffic.from("x", "PING");
        let told = traffic.told();
        assert_eq!(told, ["1 miss a:1>f 1 tag", "5012 stored a:1>f 1 tag 5010ms"]);
    }
}

#[test]
fn what_an_index_takes_away_is_not_told_though_it_names_the_key_last() {
    let invalid_key = Selector::InvalidKey(b"User:1".to_vec());
    for (all, except, told) in [
        (vec![], vec![invalid_key.clone()], "b:1>f"),
        (vec![Selector::Tag(b"tag".to_vec())], vec![invalid_key.clone()], ""),
        (vec![Selector::Tag(b"tag".to_vec()), invalid_key], vec![], "a:1>f"),
    ] {
        let query = EventQuery { all, except, ..EventQuery::default() };
        let mut traffic = Traffic::selecting("CM:", Layout::Classic, &query);
        for (key, tag) in [("a:1>f", "tag"), ("b:1>f", "other")] {
            let hash = &key[..3];
            traffic.all("1", &[&format!("SREM CM:delete CM:{key}"), &format!("HGET CM:{hash} f")]);
            traffic.from("1", &format!("SADD CM:progress CM:{key}"));
            traffic.later(5000);
            traffic.all("1", &[&format!("SADD CM:{tag} CM:{key}"), &format!("HSET CM:{hash} f v")]);
            traffic.from("1", &format!("SREM CM:progress CM:{key}"));
            if tag == "tag" {
                traffic.from("1", &format!("SADD CM:User:1:invalid CM:{key}"));
            }
        }
        traffic.later(2000);
        traffic.from("x", "PING");
        let told_of = |event: &String| event.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" ");
        let of: Vec<_> = traffic.told().iter().map(told_of).collect();
        let expected = ["miss", "stored"].map(|kind| format!("{kind} {told}"));
        assert_eq!(of, if told.is_empty() { &[][..] } else { &expected }, "{told}");
    }
}

#[test]
fn a_whole_hash_that_is_deleted_is_of_each_of_its_keys() {
    for (selector, is_told) in [
        (Selector::Key(LogicalKey::new("a:1>f")), true),
        (Selector::Key(LogicalKey::new("a:2>f")), false),
        (Selector::pattern(b"a:*>f").unwrap(), true),
        (Selector::pattern(b"b:*").unwrap(), false),
    ] {
        let mut traffic = Traffic::selecting("CM:", Layout::Classic, &only(&[selector]));
        traffic.from("1", "UNLINK CM:a:1");
        let expected: &[&str] = if is_told { &["1 deleted a:1 1"] } else { &[] };
        assert_eq!(traffic.told(), expected);
    }
}

#[test]
fn who_finds_its_hash_deleted_asked_after_that() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.all("unix:/s", &["SADD CM:tag CM:a:1>f", "HSET CM:a:1 f v"]);
    traffic.all("unix:/s", &CALL);
    traffic.from("unix:/s", "UNLINK CM:a:1");
    traffic.all("unix:/s", &CALL);
    traffic.from("unix:/s", ENTER);
    traffic.all("unix:/s", &STORE);
    traffic.later(2000);
    traffic.from("x", "PING");
    let told = traffic.told();
    let of_key = told.iter().filter(|told| told.contains("a:1>f"));
    let kinds: Vec<_> = of_key.map(|told| told.split(' ').nth(1).unwrap()).collect();
    assert_eq!(kinds, ["stored", "hit", "miss", "stored"], "{told:?}");
}

#[test]
fn what_a_purge_deletes_has_expired() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    let bucket = "CM:Meta:Expire-Buckets::CM:a:1";
    traffic
        .from("1", &format!("EVAL script 4 {bucket} CM:a:1 CM:delete CM:progress 1 1 9 9 delete 1 CM:a:1>f"));
    let calls = [
        format!("lua ZSCORE {bucket} CM:a:1>f"),
        "lua HDEL CM:a:1 f".to_owned(),
        format!("lua ZREM {bucket} CM:a:1>f"),
    ];
    traffic.all("1", &calls.each_ref().map(String::as_str));
    assert_eq!(traffic.told(), ["4 expired a:1>f 1"]);
    assert_eq!(traffic.of("a:*>f"), [0, 0, 0, 0, 0, 0, 1, 0]);
    // Where the cursor of a sweep is put away, nothing of the application's is deleted.
    traffic.from("1", "HDEL CM:meta:cursor purge:cursor");
    assert_eq!(traffic.told().len(), 1);
}

#[test]
fn who_begins_to_wait_when_the_value_is_there_already_is_served() {
    let mut traffic = Traffic::new("CM:", Layout::Classic);
    traffic.all("unix:/s", &CALL);
    traffic.from("unix:/s", ENTER);
    traffic.all("unix:/s", &CALL);
    traffic.all("unix:/s", &STORE[..2]);
    traffic.from("unix:/s", ENTER);
    traffic.from("unix:/s", STORE[2]);
    traffic.later(20);
    traffic.from("unix:/s", LOOK);
    traffic.later(2000);
    // Much later, a refresh: its write is not that of one who gave up.
    traffic.from("unix:/s", "SADD CM:delete CM:a:1>f");
    traffic.from("unix:/s", CALL[0]);
    traffic.all("unix:/s", &STORE[..2]);
    traffic.later(2000);
    traffic.from("x", "PING");
    assert_eq!(traffic.of("tag"), [3, 0, 1, 1, 1, 1, 0, 2]);
    let told = traffic.told();
    let kinds: Vec<_> = told.iter().map(|told| told.split(' ').nth(1).unwrap()).collect();
    assert_eq!(kinds, ["miss", "wait", "stored", "marked", "refresh", "stored"], "{told:?}");
    assert!(told[5].ends_with("2ms"), "{told:?}");
}
