//! Values against the real pickle module: a corpus of every protocol, hostile and broken ones included.

use crate::support::cli::Cli;
use crate::support::output::Output;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cacheme::pickle::{Encoding, Limits, decode, decode_py};
use serde_json::Value;

fn python(args: &[&str], stdin: String) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/values.py");
    let interpreter = crate::support::python::Lib::V009.interpreter();
    let mut command = Cli::of(&interpreter).arg(script);
    for arg in args {
        command = command.arg(arg);
    }
    command.stdin(stdin.into_bytes()).run()
}

#[test]
fn values_read_as_python_reads_them_and_back() {
    let corpus = python(&[], String::new());
    corpus.ok();
    let (mut notations, mut rewritten, mut lines) = (String::new(), String::new(), 0);
    for line in corpus.text().lines() {
        let [encoding, encoded, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("the corpus has a line of another form: {line}");
        };
        let bytes = STANDARD.decode(encoded).unwrap();
        let decoded = decode(&bytes, &Limits::default());
        lines += 1;
        if encoding != "any" {
            assert_eq!(decoded.encoding.as_str(), encoding, "{encoded}: {:?}", decoded.reason);
            let expected: Value = serde_json::from_str(expected).unwrap();
            // As text: JSON values compare equal whatever the order of their keys.
            assert_eq!(decoded.value.to_string(), expected.to_string(), "{encoded}");
        }
        if decoded.encoding == Encoding::Raw {
            assert!(decoded.reason.is_some(), "{encoded} is raw without a reason");
            continue;
        }
        notations += &format!("{encoded}\t{}\n", decoded.value);
        if let Ok(pickle) = decode_py(&bytes, &Limits::default()).unwrap().to_pickle() {
            rewritten += &format!("{encoded}\t{}\n", STANDARD.encode(pickle));
        }
    }
    assert!(lines > 1000, "the corpus shrank to {lines} lines");
    python(&["--reverse"], notations).ok();
    python(&["--same"], rewritten).ok();
}
