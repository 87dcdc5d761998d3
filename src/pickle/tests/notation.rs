use serde_json::json;

use super::super::*;
use super::read;

#[test]
fn scalars() {
    assert_eq!(read(b"\x80\x04N."), json!(null));
    assert_eq!(read(b"I01\n."), json!(true));
    assert_eq!(read(b"\x80\x02K\x07."), json!(7));
    assert_eq!(read(b"I-7\n."), json!(-7));
    assert_eq!(
        read(b"\x80\x02\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\0.").to_string(),
        "18446744073709551615"
    );
    assert_eq!(read(b"\x80\x02\x8a\x09\0\0\0\0\0\0\0\0\x01."), json!({"$int": "18446744073709551616"}));
    assert_eq!(
        read(b"\x80\x02\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\xfe."),
        json!({"$int": "-18446744073709551617"})
    );
    assert_eq!(read(b"\x80\x04\x8c\x04\xf0\x9f\x98\x80."), json!("😀"));
    assert_eq!(read(b"\x80\x04C\x02\0\xff."), json!({"$bytes": "AP8="}));
    assert_eq!(read(b"\x80\x05\x96\x01\0\0\0\0\0\0\0a."), json!({"$bytearray": "YQ=="}));
}

#[test]
fn large_integers_are_hexadecimal() {
    let mut bytes = b"\x80\x02\x8a\x82".to_vec();
    bytes.extend([0; 128]);
    bytes.extend(b"\x01\0.");
    let text = format!("0x01{}", "0".repeat(256));
    assert_eq!(read(&bytes), json!({"$int": text}));
}

#[test]
fn floats_look_like_floats() {
    let text = |value: f64| PyValue::Float(value).into_json().to_string();
    assert_eq!(text(1.0), "1.0");
    assert_eq!(text(-0.0), "-0.0");
    assert_eq!(text(1e22), "1e+22");
    assert_eq!(text(f64::MAX), "1.7976931348623157e+308");
    assert_eq!(text(f64::NAN), r#"{"$float":"nan"}"#);
    assert_eq!(text(f64::INFINITY), r#"{"$float":"inf"}"#);
    assert_eq!(text(f64::NEG_INFINITY), r#"{"$float":"-inf"}"#);
}

#[test]
fn containers() {
    assert_eq!(read(b"(lp0\nI1\na(I2\nI3\ntp1\na."), json!([1, {"$tuple": [2, 3]}]));
    assert_eq!(read(b"\x80\x04](\x8f(K\x01\x90(K\x02\x91e."), json!([{"$set": [1]}, {"$frozenset": [2]}]));
    let text = read(b"\x80\x04}(\x8c\x01bK\x01\x8c\x01aK\x02u.").to_string();
    assert_eq!(text, r#"{"b":1,"a":2}"#);
    assert_eq!(read(b"\x80\x04}K\x01\x8c\x01as."), json!({"$dict": [[1, "a"]]}));
    assert_eq!(read(b"\x80\x04}\x8c\x04$refK\0s."), json!({"$dict": [["$ref", 0]]}));
    let repeated = b"\x80\x04}(\x8c\x01aK\x01\x8c\x01aK\x02u.";
    assert_eq!(read(repeated), json!({"$dict": [["a", 1], ["a", 2]]}));
}

#[test]
fn shared_values_are_repeated_and_cycles_cut() {
    assert_eq!(read(b"\x80\x04](}\x94h\0e."), json!([{}, {}]));
    assert_eq!(read(b"\x80\x04]\x94h\0a."), json!([{"$ref": 0}]));
    assert_eq!(read(b"\x80\x04]]\x94(h\0ea."), json!([[{"$ref": 1}]]));
}

#[test]
fn instances() {
    let book = b"\x80\x04\x8c\x03app\x8c\x04Book\x93)\x81}\x8c\x05title\x8c\x04Dunesb.";
    assert_eq!(read(book), json!({"$object": "app.Book", "state": {"title": "Dune"}}));
    assert_eq!(
        read(b"cposix\nsystem\n(S'echo hi'\ntR."),
        json!({"$object": "posix.system", "args": ["echo hi"]})
    );
    assert_eq!(read(b"\x80\x04\x8c\x03app\x8c\x0bOuter.Inner\x93."), json!({"$global": "app:Outer.Inner"}));
    assert_eq!(read(b"\x80\x04ca\nB\n)}\x8c\x01kK\x01s\x92."), json!({"$object": "a.B", "kwargs": {"k": 1}}));
    assert_eq!(
        read(b"\x80\x04ca\nB\n)\x81N}\x8c\x01kK\x01s\x86b."),
        json!({"$object": "a.B", "slots": {"k": 1}})
    );
    assert_eq!(read(b"\x80\x04ca\nB\n)R\x8c\x01kK\x01s."), json!({"$object": "a.B", "items": {"k": 1}}));
}

#[test]
fn globals_never_read_the_same() {
    let names = [("a", "b"), ("a", "b.c"), ("a.b", "c"), ("a:b", "c"), ("a", "b:c")];
    let mut texts: Vec<_> = names.map(|(m, n)| Global::new(m, n).to_string()).into();
    texts.push(Global::new("a\\", "b:c").to_string());
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 6);
}

#[test]
fn times() {
    assert_eq!(
        read(b"\x80\x04cdatetime\ndatetime\nC\x0a\x07\xea\x0b\x16\x0a\0\0\0\0\x01\x85R."),
        json!({"$datetime": "2026-11-22T10:00:00.000001"})
    );
    let folded = b"\x80\x04cdatetime\ndatetime\nC\x0a\x07\xea\x8a\x19\x02\x1e\0\0\0\0cdatetime\ntimezone\n\
        cdatetime\ntimedelta\nJ\xff\xff\xff\xffM\x90~K\0\x87R\x85R\x86R.";
    assert_eq!(read(folded), json!({"$datetime": "2026-10-25T02:30:00-15:00", "fold": 1}));
    assert_eq!(
        read(b"\x80\x04cdatetime\ntimedelta\nJ\xff\xff\xff\xffJ\x7fQ\x01\0K\x01\x87R."),
        json!({"$timedelta": "-1 day, 23:59:59.000001"})
    );
    // 30 February: Python does not look at the day.
    assert_eq!(
        read(b"\x80\x04cdatetime\ndate\nC\x04\x07\xea\x02\x1e\x85R."),
        json!({"$object": "datetime.date", "args": [{"$bytes": "B+oCHg=="}]})
    );
}

#[test]
fn decimals_and_uuids() {
    assert_eq!(read(b"\x80\x04cdecimal\nDecimal\n\x8c\x041.10\x85R."), json!({"$decimal": "1.10"}));
    assert_eq!(
        read(b"\x80\x04cuuid\nUUID\n)\x81}\x8c\x03intK\x05sb."),
        json!({"$uuid": "00000000-0000-0000-0000-000000000005"})
    );
}

#[test]
fn lone_surrogates_are_escaped_and_written_back() {
    let surrogate = json!({"$str": "\\ud800\\\\é"});
    for pickle in [
        &b"\x80\x04\x8c\x06\xed\xa0\x80\\\xc3\xa9."[..],
        b"\x80\x02X\x06\0\0\0\xed\xa0\x80\\\xc3\xa9.",
        b"\x80\x04\x8d\x06\0\0\0\0\0\0\0\xed\xa0\x80\\\xc3\xa9.",
        b"V\\ud800\\u005c\xe9\n.",
    ] {
        assert_eq!(read(pickle), surrogate);
        let value = decode_py(pickle, &Limits::default()).expect("it was just read");
        assert_eq!(decode_py(&value.to_pickle().expect("it can be written"), &Limits::default()), Ok(value));
    }
    assert_eq!(read(b"\x80\x04}\x8c\x03\xed\xb3\xa9K\x01s."), json!({"$dict": [[{"$str": "\\udce9"}, 1]]}));
    // Two halves of a pair are two characters to Python, not one.
    assert_eq!(read(b"V\\ud83d\\ude00\n."), json!({"$str": "\\ud83d\\ude00"}));
}

#[test]
fn nested_classes_of_every_protocol() {
    let class = json!({"$global": "app:Outer.Inner"});
    assert_eq!(read(b"c__builtin__\ngetattr\n(capp\nOuter\nVInner\ntR."), class);
    assert_eq!(read(b"\x80\x03cbuiltins\ngetattr\ncapp\nOuter\nX\x05\0\0\0Inner\x86R."), class);
    let made = b"\x80\x02c__builtin__\ngetattr\ncapp\nOuter\nX\x05\0\0\0Inner\x86R)\x81.";
    assert_eq!(read(made), json!({"$object": "app:Outer.Inner", "args": []}));
    // Of what is no class, and with a name that reads like two, it stays a call.
    let other = read(b"\x80\x03cbuiltins\ngetattr\nK\x01X\x01\0\0\0x\x86R.");
    assert_eq!(other, json!({"$object": "builtins.getattr", "args": [1, "x"]}));
    let dotted = read(b"\x80\x03cbuiltins\ngetattr\nca\nB\nX\x03\0\0\0x.y\x86R.");
    assert_eq!(dotted["$object"], "builtins.getattr");
}
