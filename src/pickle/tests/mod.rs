//! Byte literals only; real pickles of every protocol are compared in the integration tests.

mod limits;
mod notation;
mod write;

use super::*;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Value {
    let decoded = decode(bytes, &Limits::default());
    assert_eq!(decoded.reason, None);
    assert_eq!(decoded.encoding, Encoding::Pickle);
    decoded.value
}

fn reason(bytes: &[u8]) -> String {
    let decoded = decode(bytes, &Limits::default());
    assert_eq!(decoded.encoding, Encoding::Raw);
    decoded.reason.unwrap_or_default()
}

/// Pickles put together from the opcodes that plain data needs, well-formed or not.
fn opcodes() -> impl Strategy<Value = Vec<u8>> {
    let op = prop_oneof![
        4 => prop::sample::select(vec![
            &b"N"[..], b"\x88", b"\x89", b"]", b"}", b")", b"(", b"t", b"\x85", b"\x86", b"\x87", b"a", b"e", b"s",
            b"u", b"0", b"1", b"2", b"\x94", b"\x8f", b"\x90", b"l", b"d",
        ]).prop_map(<[u8]>::to_vec),
        2 => prop::sample::select(vec![
            &b"\x8c\x01a"[..], b"\x8c\x01a\x94", b"\x8c\x02\xc3\xa9q\0", b"X\x01\0\0\0bq\x01", b"\x8c\x01\xff",
            b"]\x94", b"}\x94", b"(lq\0", b"C\x02\xff\0", b"B\x01\0\0\0x", b"K\x07", b"M\x01\x02", b"J\xff\xff\xff\xff",
            b"\x8a\x00", b"\x8a\x01\xff", b"\x8a\x08\0\0\0\0\0\0\0\x80", b"\x8a\x09\0\0\0\0\0\0\0\x80\0",
            b"}(\x8c\x01aK\x07Nh\0u", b"}K\x01\x8c\x01a\x94s", b"](NK\x07e", b"(]Nt", b"}(K\x01u", b"(\x8c\x01a)d",
            b"G?\xf8\0\0\0\0\0\0", b"\x95\x01\0\0\0\0\0\0\0", b"\x95\xff\xff\0\0\0\0\0\0", b"cos\nsystem\n", b"R",
        ]).prop_map(<[u8]>::to_vec),
        1 => (0u8..4).prop_map(|index| vec![b'h', index]),
        1 => (0u8..4).prop_map(|index| vec![b'q', index]),
        1 => (0u8..4).prop_map(|index| vec![b'r', index, 0, 0, 0]),
        1 => (0u8..4).prop_map(|index| vec![b'j', index, 0, 0, 0]),
    ];
    let balanced = prop::collection::vec(op, 0..24);
    (0u8..7, balanced, any::<bool>()).prop_map(|(protocol, ops, whole)| {
        let mut bytes = vec![0x80, protocol];
        // What is left is gathered, so that many of these come to a value.
        bytes.extend(whole.then_some(b'('));
        bytes.extend(ops.concat());
        bytes.extend(whole.then_some(b't'));
        bytes.push(b'.');
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_is_read_stays_within_its_limits_and_can_be_written(
        bytes in opcodes(), depth in 0usize..4, few in any::<bool>(),
    ) {
        let mut limits = Limits { depth, ..Limits::default() };
        if few {
            (limits.nodes, limits.output) = (4, 4);
        }
        if let Ok(value) = decode_py(&bytes, &limits) {
            let unhindered = decode_py(&bytes, &Limits::default());
            prop_assert_eq!(unhindered.as_ref(), Ok(&value));
            if let Ok(pickle) = value.to_pickle() {
                prop_assert_eq!(decode_py(&pickle, &limits), Ok(value));
            }
        }
    }
}

#[test]
fn what_python_writes_of_plain_data_is_read() {
    // pickle.dumps([{'id': 1, 'x': 1.5}, {'id': None, 'x': True}], protocol)
    for pickle in [
        &b"\x80\x02]q\0(}q\x01(X\x02\0\0\0idq\x02K\x01X\x01\0\0\0xq\x03G?\xf8\0\0\0\0\0\0u}q\x04(h\x02Nh\x03\x88ue."[..],
        b"\x80\x04\x95\x27\0\0\0\0\0\0\0]\x94(}\x94(\x8c\x02id\x94K\x01\x8c\x01x\x94G?\xf8\0\0\0\0\0\0u}\x94(h\x02Nh\x03\x88ue.",
    ] {
        assert_eq!(read(pickle).to_string(), r#"[{"id":1,"x":1.5},{"id":null,"x":true}]"#);
    }
}
