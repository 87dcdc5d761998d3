use serde_json::json;

use super::super::*;
use super::{read, reason};

fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// As small a stack as a spawned thread has by default.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run);
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn zlib_is_inflated_within_its_limit() {
    let decoded = decode(&zlib(b"\x80\x04K\x01."), &Limits::default());
    assert_eq!(decoded.encoding, Encoding::PickleZlib);
    assert_eq!(decoded.value, json!(1));
    let limits = Limits { inflated: 1 << 20, ..Limits::default() };
    let decoded = decode(&zlib(&vec![0; (1 << 20) + 1]), &limits);
    assert_eq!(decoded.reason.as_deref(), Some("inflates to more than 1 MiB"));
    let whole = zlib(b"\x80\x04K\x01.");
    let cut = &whole[..whole.len() - 1];
    assert_eq!(reason(cut), "corrupt zlib data: it ends early");
    assert_eq!(reason(&zlib(b"text")), "inflated zlib data: not a pickle: MARK not found at byte 0");
}

#[test]
fn raw_values_are_complete_and_say_why() {
    let decoded = decode(b"plain text", &Limits::default());
    assert_eq!(decoded.value, json!("plain text"));
    assert_eq!(decode(b"\xff", &Limits::default()).value, json!({"$bytes": "/w=="}));
    assert_eq!(reason(b""), "empty value");
    assert!(reason(b"N.B. this is text").starts_with("not a pickle"));
    assert!(reason(b"\x80\x04\x8c\x01\xff.").contains("invalid UTF-8"));
    assert!(reason(b"\x80\x09N.").starts_with("unsupported pickle"));
    assert_eq!(read(b"\x80\x04N.trailing"), json!(null));
    let limits = Limits { input: 3, ..Limits::default() };
    let decoded = decode(b"\x80\x04N.", &limits);
    assert_eq!(decoded.reason.as_deref(), Some("larger than 3 bytes to read"));
}

#[test]
fn every_truncation_is_raw() {
    let whole = b"\x80\x04\x95\x17\0\0\0\0\0\0\0}\x94\x8c\x01a\x94](K\x01G?\xf8\0\0\0\0\0\0es.";
    for end in 0..whole.len() {
        assert_eq!(decode(&whole[..end], &Limits::default()).encoding, Encoding::Raw);
    }
}

#[test]
fn deep_nesting_is_refused_on_a_small_stack() {
    on_a_small_stack(|| {
        let mut bytes = b"\x80\x04".to_vec();
        bytes.extend([b']'; 20_000]);
        bytes.extend([b'a'; 19_999]);
        bytes.push(b'.');
        assert_eq!(reason(&bytes), "nested deeper than 200 levels");
    });
}

#[test]
fn the_deepest_nesting_fits_a_small_stack() {
    on_a_small_stack(|| {
        // {1: {1: …}}, which takes three levels of JSON each
        let mut bytes = b"\x80\x04".to_vec();
        bytes.extend(b"}K\x01".repeat(MAX_DEPTH - 1));
        bytes.push(b'}');
        bytes.extend(vec![b's'; MAX_DEPTH - 1]);
        bytes.push(b'.');
        let limits = Limits { depth: usize::MAX, ..Limits::default() };
        let decoded = decode(&bytes, &limits);
        assert_eq!(decoded.reason, None);
        assert!(decoded.value.to_string().len() > MAX_DEPTH);
        let value = decode_py(&bytes, &limits).expect("it was just read");
        assert_eq!(
            value,
            decode_py(&value.to_pickle().expect("it can be written"), &limits).expect("it can be read")
        );
    });
}

#[test]
fn bombs_are_refused() {
    let mut laughs = b"\x80\x04]\x94".to_vec();
    for level in 0..60 {
        laughs.extend([b']', b'(', b'h', level, b'h', level, b'e', 0x94]);
    }
    laughs.push(b'.');
    assert_eq!(reason(&laughs), "holds more than 1000000 values");

    let mut memo = b"\x80\x04N".to_vec();
    for shift in 0..22 {
        memo.push(b'r');
        memo.extend((1000u32 << shift).to_le_bytes());
    }
    memo.push(b'.');
    assert!(reason(&memo).contains("its memo has a gap"));

    let many = 60_000;
    let mut calls = b"\x80\x04cm\nC\n\x94(".to_vec();
    calls.extend(vec![b'N'; many]);
    calls.extend(b"t\x94");
    calls.extend(b"h\0h\x01R0".repeat(many));
    calls.extend(b"N.");
    assert!(reason(&calls).starts_with("would take too much memory or time"));

    let mut text = b"\x80\x04X\xa0\x86\x01\0".to_vec();
    text.extend(vec![b'a'; 100_000]);
    text.extend(b"\x94(");
    text.extend(b"h\0".repeat(many));
    text.extend(b"t.");
    assert_eq!(reason(&text), "expands to more than 64 MiB");
}
