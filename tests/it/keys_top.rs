//! `keys top`: the largest values and the soonest to expire, against everything there is.

use serde_json::Value;

use crate::support::cli::Cli;
use crate::support::output::Output;
use crate::support::seed::{Seed, now};
use crate::support::server::Server;

fn top(server: &Server, args: &[&str]) -> Output {
    Cli::new(server).args(["keys", "top"]).args(args).run()
}

/// Keys with their sizes: few are large.
fn skewed(server: &Server, keys: usize) -> Vec<(String, usize)> {
    let mut pipe = redis::pipe();
    let mut all = Vec::new();
    for n in 0..keys {
        let size = 200_000 / (1 + (n * 7_919) % keys).min(20_000) + n % 3;
        pipe.cmd("HSET").arg(format!("CM:k{}", n / 3)).arg(format!("f{n}")).arg("x".repeat(size));
        all.push((format!("k{}>f{n}", n / 3), size));
    }
    pipe.exec(&mut server.connect()).unwrap();
    all
}

fn keys_and_sizes(output: &Output) -> Vec<(String, usize)> {
    let rows = output.ok().lines().into_iter().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let size = row["size_bytes"].as_u64().unwrap();
        (row["key"].as_str().unwrap().to_owned(), usize::try_from(size).unwrap())
    });
    rows.collect()
}

#[test]
fn the_largest_of_ten_thousand_are_those_that_hstrlen_tells() {
    let server = Server::start();
    let mut all = skewed(&server, 10_000);
    for (key, size) in all.iter().step_by(997) {
        let (base, field) = key.split_once('>').unwrap();
        let length: usize =
            redis::cmd("HSTRLEN").arg(format!("CM:{base}")).arg(field).query(&mut server.connect()).unwrap();
        assert_eq!(length, *size);
    }
    all.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then(a.cmp(b)));
    for n in [1, 10, 500, 10_000, 20_000] {
        let number = n.to_string();
        for pace in ["gentle", "fast"] {
            let found = keys_and_sizes(&top(&server, &["-n", &number, "--format", "ndjson", "--pace", pace]));
            assert_eq!(found[..], all[..n.min(all.len())], "{n} {pace}");
        }
    }
    let found = keys_and_sizes(&top(&server, &["--format", "ndjson"]));
    assert_eq!(found[..], all[..10], "ten unless told");
    let few =
        keys_and_sizes(&top(&server, &["--format", "ndjson", "--smaller-than", "1k", "--pattern", "k1*"]));
    let narrowed = all.iter().filter(|(key, size)| *size < 1_000 && key.starts_with("k1"));
    assert_eq!(few, narrowed.take(10).cloned().collect::<Vec<_>>());
    top(&server, &["-n", "0"]).code(2).says("0 is not in 1..");
}

#[test]
fn by_time_left_only_keys_with_a_timeout_count_and_the_expired_come_first() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["late>x", "soon>x", "never>x", "gone>x", "tie>b", "tie>a"]).marked(["tie>a"]);
    seed.expires("late>x", 9_000).expires("soon>x", 60).expires("gone>x", -500);
    let at = (now() + 500).to_string();
    for key in ["CM:tie>b", "CM:tie>a"] {
        seed.run("ZADD", &["CM:Meta:Expire-Buckets::CM:tie", &at, key]);
    }
    let keys = |args: &[&str]| {
        let output = top(&server, &[&["--by", "ttl", "--fields", "rank,key"], args].concat());
        output.ok().text().replace('\n', " ").replace('\t', "=")
    };
    assert_eq!(keys(&[]), "1=gone>x 2=soon>x 3=tie>a 4=tie>b 5=late>x ");
    assert_eq!(keys(&["-n", "2", "--state", "live"]), "1=soon>x 2=tie>b ");
    assert_eq!(keys(&["--expires-after", "5m"]), "1=tie>a 2=tie>b 3=late>x ");
    assert_eq!(keys(&["--no-timeout"]), "");
}

#[test]
fn rows_are_those_of_the_listing_with_a_rank() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.value("big>x", &[b'x'; 70_000]).value("small>x", b"x").tag("t", ["big>x", "small>x", "none>x"]);
    seed.expires("small>x", 1_000);
    let plain = top(&server, &["--by", "bytes"]);
    let rows: Vec<Vec<_>> = plain.ok().lines().iter().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["1", "big>x", "live", "", "70000", "", ""]);
    assert_eq!((rows.len(), rows[1][0], rows[1][1], rows[1][4]), (2, "2", "small>x", "1"));
    let json = top(&server, &["--format", "json", "--fields", "rank,key,tags", "--tag", "t"]);
    let json: Value = serde_json::from_str(json.ok().text()).unwrap();
    assert_eq!(
        json,
        serde_json::json!([
            {"rank": 1, "key": "big>x", "tags": ["t"]},
            {"rank": 2, "key": "small>x", "tags": ["t"]},
        ])
    );
    let csv = top(&server, &["--format", "csv", "-n", "1"]);
    assert_eq!(
        csv.ok().lines(),
        ["rank,key,state,ttl_seconds,size_bytes,expires_at,tags", "1,big>x,live,,70000,,"]
    );
    let table = top(&server, &["--format", "table"]);
    let header: Vec<_> = table.ok().lines()[0].split_whitespace().collect();
    assert_eq!(header, ["rank", "key", "state", "ttl_seconds", "value", "size", "expires_at"]);
    assert!(table.text().contains("68.36 KiB"), "{}", table.transcript());
}

#[test]
fn what_is_wrong_is_said_and_the_code_is_that_of_a_listing() {
    let server = Server::start();
    let mut seed = Seed::classic(&server);
    seed.live(["a>b"]).tag("t", ["a>b", "odd>x"]).run("SET", &["CM:odd", "x"]);
    top(&server, &["--tag", "t"]).code(3).says("is not a hash");
    top(&server, &["--tag", "nothing"]).ok().says("no tag 'nothing'");
    top(&server, &["--fields", "value"]).code(2).says("the fields are rank, key");
    top(&server, &["--by", "age"]).code(2).says("bytes");
    top(&server, &["-n", "-1"]).code(2);
    top(&server, &["-n", "0"]).code(2).says("0 is not in 1..");
}

/// What is not ranked is not held: a hundred thousand names of a kilobyte pass by.
#[test]
fn memory_is_that_of_the_ranking() {
    let server = Server::start();
    let name = "n".repeat(1_000);
    for chunk in 0..20 {
        let mut pipe = redis::pipe();
        for n in 0..5_000 {
            let n = chunk * 5_000 + n;
            pipe.cmd("HSET").arg(format!("CM:{name}{n}")).arg("base").arg("x".repeat(n % 50));
        }
        pipe.exec(&mut server.connect()).unwrap();
    }
    let program = crate::support::cli::binary().display().to_string();
    let script = format!("ulimit -v 400000; {program} keys top --fields rank,size_bytes -n 3");
    let output = Cli::shell(&server, &script).run();
    assert_eq!(output.ok().text(), "1\t49\n2\t49\n3\t49\n", "{}", output.transcript());
}
