//! Values as they are shown: pickles of every protocol, read and never run; what cannot be read, raw and with the reason.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cli::Cli;
use crate::support::seed::Seed;
use crate::support::server::Server;

/// `{'a': [1, 2.5, None, True], 'é': 'x'}` as Python writes it in protocols 0 to 5.
const PROTOCOLS: [&[u8]; 6] = [
    b"(dp0\nVa\np1\n(lp2\nI1\naF2.5\naNaI01\nasV\xe9\np3\nVx\np4\ns.",
    b"}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01G@\x04\x00\x00\x00\x00\x00\x00NI01\neX\x02\x00\x00\x00\xc3\xa9q\x03X\x01\x00\x00\x00xq\x04u.",
    b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88eX\x02\x00\x00\x00\xc3\xa9q\x03X\x01\x00\x00\x00xq\x04u.",
    b"\x80\x03}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88eX\x02\x00\x00\x00\xc3\xa9q\x03X\x01\x00\x00\x00xq\x04u.",
    b"\x80\x04\x95#\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88e\x8c\x02\xc3\xa9\x94\x8c\x01x\x94u.",
    b"\x80\x05\x95#\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88e\x8c\x02\xc3\xa9\x94\x8c\x01x\x94u.",
];

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What dump says of a value, and show, which must be the same.
#[track_caller]
fn shown(bytes: &[u8]) -> Value {
    let server = Server::start();
    Seed::meta(&server).value("k", bytes).live(["other"]);
    let run = |args: &[&str]| {
        let output = Cli::new(&server).args(args).timeout(Duration::from_secs(20)).run();
        output.ok();
        output
    };
    let dumped = run(&["keys", "dump", "--key", "k"]).ndjson().remove(0);
    let shown = run(&["keys", "show", "k", "--format", "json"]).json();
    for field in ["value", "encoding", "undecoded", "size_bytes"] {
        assert_eq!(dumped[field], shown[field], "{field}");
    }
    assert_eq!(dumped["size_bytes"], bytes.len());
    for format in ["plain", "csv", "table"] {
        run(&["keys", "dump", "--format", format]);
        run(&["keys", "show", "k", "--format", format]);
    }
    // The stored bytes are always to be had.
    use base64::Engine as _;
    let raw = run(&["keys", "dump", "--raw", "--key", "k"]).ndjson().remove(0);
    assert_eq!(raw["value_base64"], base64::engine::general_purpose::STANDARD.encode(bytes));
    assert_eq!((raw.get("value"), raw.get("undecoded")), (None, None));
    dumped
}

#[track_caller]
fn raw(bytes: &[u8], reason: &str) {
    let row = shown(bytes);
    assert_eq!(row["encoding"], "raw");
    assert!(row["undecoded"].as_str().unwrap().contains(reason), "{}", row["undecoded"]);
}

#[test]
fn every_protocol_and_zlib_around_it() {
    for pickle in PROTOCOLS {
        let row = shown(pickle);
        assert_eq!(row["value"], json!({"a": [1, 2.5, null, true], "é": "x"}), "{}", pickle.escape_ascii());
        assert_eq!((&row["encoding"], &row["undecoded"]), (&json!("pickle"), &json!(null)));
    }
    let row = shown(&zlib(PROTOCOLS[4]));
    assert_eq!((&row["encoding"], &row["value"]["é"]), (&json!("pickle+zlib"), &json!("x")));
}

#[test]
fn what_json_has_no_word_for() {
    for (pickle, value) in [
        (&b"\x80\x04C\x02\x00\xff."[..], json!({"$bytes": "AP8="})),
        (b"\x80\x04K\x01K\x02\x86.", json!({"$tuple": [1, 2]})),
        (b"\x80\x04}K\x01K\x02s.", json!({"$dict": [[1, 2]]})),
        (b"\x80\x04\x8f(K\x01\x90.", json!({"$set": [1]})),
        (b"\x80\x04G\x7f\xf8\x00\x00\x00\x00\x00\x00.", json!({"$float": "nan"})),
        (b"\x80\x04\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", json!({"$int": "18446744073709551616"})),
        (
            b"\x80\x04\x8c\x03app\x8c\x04Book\x93)\x81}\x8c\x05title\x8c\x04Dunesb.",
            json!({"$object": "app.Book", "state": {"title": "Dune"}}),
        ),
    ] {
        let row = shown(pickle);
        assert_eq!((&row["value"], &row["encoding"]), (&value, &json!("pickle")));
    }
}

#[test]
fn nothing_is_ever_run() {
    let server = Server::start();
    let cli = Cli::new(&server);
    let witness = cli.home().join("ran");
    let command = format!("touch {}", witness.display());
    let hostile = [
        format!("cos\nsystem\n(S'{command}'\ntR.").into_bytes(),
        [b"\x80\x04", format!("cposix\nsystem\n(V{command}\ntR.").as_bytes()].concat(),
        format!("c__builtin__\neval\n(V__import__('os').system('{command}')\ntR.").into_bytes(),
    ];
    let mut seed = Seed::meta(&server);
    for (place, pickle) in hostile.iter().enumerate() {
        seed.value(format!("k{place}"), pickle);
    }
    let rows = cli.args(["keys", "dump"]).run();
    let rows = rows.ok().ndjson();
    assert_eq!(rows.len(), 3);
    assert!(!witness.exists());
    let first = rows.iter().find(|row| row["key"] == "k0").unwrap();
    assert_eq!(first["value"], json!({"$object": "os.system", "args": [command]}));
}

#[test]
fn what_cannot_be_read_is_raw_with_the_reason() {
    raw(b"plain text", "not a pickle");
    raw(b"", "empty value");
    raw(b"\xff\x00\x1b[2J", "not a pickle");
    for end in [3, 10, 30] {
        raw(&PROTOCOLS[4][..end], "truncated");
    }
    raw(&zlib(b"text"), "inflated zlib data: not a pickle");
    let whole = zlib(PROTOCOLS[4]);
    raw(&whole[..whole.len() - 3], "corrupt zlib data");
}

#[test]
fn deep_and_swelling_values_are_given_up() {
    let mut deep = b"\x80\x04".to_vec();
    deep.extend([b']'; 20_000]);
    deep.extend([b'a'; 19_999]);
    deep.push(b'.');
    raw(&deep, "nested deeper than 200 levels");
    // A memo index far beyond the data: 64 bytes that would claim gigabytes.
    raw(b"\x80\x04Nr\xff\xff\xff\x7f.", "memo");
    raw(b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "");
    raw(b"\x80\x04\x96\xff\xff\xff\xff\x00\x00\x00\x00a.", "");
    raw(&zlib(&vec![b'N'; 100 << 20]), "inflates to more than 64 MiB");
}

#[test]
fn one_bad_value_does_not_stop_the_others() {
    let server = Server::start();
    let mut seed = Seed::meta(&server);
    seed.live((0..50).map(|n| format!("good{n}"))).value("bad", b"cos\n").value("worse", &zlib(b"x")[..4]);
    for format in ["plain", "csv", "json", "ndjson", "table"] {
        let output = Cli::new(&server).args(["keys", "dump", "--format", format]).run();
        assert_eq!(output.ok().text().matches("good").count() / 2, 50, "{}", output.transcript());
    }
    // A large value comes whole.
    let long = "x".repeat(3_000_000);
    let mut pickle = b"\x80\x04X".to_vec();
    pickle.extend(u32::try_from(long.len()).unwrap().to_le_bytes());
    pickle.extend(long.bytes());
    pickle.push(b'.');
    seed.value("long", &pickle);
    let row = Cli::new(&server).args(["keys", "dump", "--key", "long"]).run().ok().ndjson().remove(0);
    assert_eq!(row["value"], long);
}
