use super::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Nothing,
    Circle(f64),
    Line(i32, i32),
    Square { side: u8 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Owner {
    id: u64,
    name: String,
    #[serde(default)]
    nick: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Id(u64);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unit;

struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[track_caller]
fn round<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let bytes = Pickle::default().encode(&value).unwrap();
    let back: T = Pickle::default().decode(&bytes).unwrap();
    assert_eq!(back, value);
}

fn s(text: &str) -> PyValue {
    PyValue::Str(text.into())
}

#[test]
fn what_serde_describes_comes_back() {
    round(());
    round(Unit);
    round(None::<u8>);
    round(Some(0_u8));
    round(false);
    round(0_i64);
    round(String::new());
    round(Vec::<u8>::new());
    round((i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN));
    round((u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX));
    round((f32::MAX, f64::MIN_POSITIVE, f64::INFINITY, -0.0_f64));
    round('é');
    round(vec![Shape::Nothing, Shape::Circle(1.5), Shape::Line(-1, 2), Shape::Square { side: 3 }]);
    round(Owner { id: 200, name: "Owner 200".into(), nick: None });
    round(Id(1 << 63));
    round(BTreeMap::from([(1_i128 << 90, Some(vec![1_u8])), (-1, None)]));
    round(BTreeMap::from([((1, "a".to_owned()), true)]));
    round(BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    round([1_u8, 2, 3]);
    round(std::net::IpAddr::from([127, 0, 0, 1]));
    round(std::time::Duration::from_millis(1500));
    round(serde_json::json!({"a": [1, null, 2.5, "é", {"b": false}]}));
}

#[test]
fn python_gets_what_a_python_worker_would_have_written() {
    let owner = Owner { id: 200, name: "x".into(), nick: None };
    let expected =
        PyValue::Dict(vec![(s("id"), PyValue::Int(200)), (s("name"), s("x")), (s("nick"), PyValue::None)]);
    assert_eq!(to_py(&owner), Ok(expected));
    assert_eq!(
        to_py(&(1, [2_u8])),
        Ok(PyValue::Tuple(vec![PyValue::Int(1), PyValue::Tuple(vec![PyValue::Int(2)])]))
    );
    assert_eq!(to_py(&Bytes(vec![0, 255])), Ok(PyValue::Bytes(vec![0, 255])));
    assert_eq!(to_py(&Shape::Nothing), Ok(s("Nothing")));
    assert_eq!(to_py(&Shape::Circle(1.0)), Ok(PyValue::Dict(vec![(s("Circle"), PyValue::Float(1.0))])));
    assert_eq!(to_py(&u64::MAX).map(|it| matches!(it, PyValue::BigInt(_))), Ok(true));
}

#[test]
fn what_only_python_writes_is_read_too() {
    let list = |items: &[i64]| items.iter().map(|n| PyValue::Int(*n)).collect::<Vec<_>>();
    assert_eq!(from_py::<BTreeSet<u8>>(PyValue::Set(list(&[1, 2]))), Ok(BTreeSet::from([1, 2])));
    assert_eq!(from_py::<Vec<u8>>(PyValue::FrozenSet(list(&[1]))), Ok(vec![1]));
    assert_eq!(from_py::<(u8, u8)>(PyValue::List(list(&[1, 2]))), Ok((1, 2)));
    assert_eq!(from_py::<Vec<u8>>(PyValue::ByteArray(vec![7, 8])), Ok(vec![7, 8]));
    assert_eq!(from_py::<f64>(PyValue::Int(3)), Ok(3.0));
    assert_eq!(
        from_py::<HashMap<u32, String>>(PyValue::Dict(vec![(PyValue::Int(1), s("one"))])).unwrap()[&1],
        "one"
    );
    // pickle.dumps(collections.OrderedDict(id=1, name='a'), 4), datetime.date(2026, 11, 22), and a dataclass
    let ordered =
        b"\x80\x04\x8c\x0bcollections\x8c\x0bOrderedDict\x93)R(\x8c\x02idK\x01\x8c\x04name\x8c\x01au.";
    let owner: Owner = Pickle::default().decode(ordered).unwrap();
    assert_eq!(owner, Owner { id: 1, name: "a".into(), nick: None });
    let date = b"\x80\x04\x8c\x08datetime\x8c\x04date\x93C\x04\x07\xea\x0b\x16\x85R.";
    assert_eq!(Codec::<String>::decode(&Pickle::default(), date).unwrap(), "2026-11-22");
    let instance = b"\x80\x04\x8c\x03app\x8c\x05Owner\x93)\x81}(\x8c\x02idK\x02\x8c\x04name\x8c\x01bub.";
    let owner: Owner = Pickle::default().decode(instance).unwrap();
    assert_eq!(owner.id, 2);
}

#[test]
fn what_does_not_fit_is_an_error_and_never_a_panic() {
    let pickle = Pickle::default();
    for bytes in [&b""[..], b"\x80\x04", b"no pickle", b"\x80\x04N.", b"\x80\x04]K\x01a.", b"\x78\x9c\x00"] {
        assert!(Codec::<Owner>::decode(&pickle, bytes).is_err(), "{}", bytes.escape_ascii());
    }
    assert!(from_py::<u8>(PyValue::Int(256)).is_err());
    assert!(from_py::<Shape>(s("Cube")).is_err());
    assert!(from_py::<Shape>(s("Circle")).is_err());
    assert!(from_py::<(u8,)>(PyValue::Tuple(vec![PyValue::Int(1), PyValue::Int(2)])).is_err());
    // A list cannot be the key of a dict.
    assert!(pickle.encode(&BTreeMap::from([(vec![1], 1)])).is_err());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nested(Vec<Nested>);

fn nested(levels: usize) -> Nested {
    (1..levels).fold(Nested(Vec::new()), |inner, _| Nested(vec![inner]))
}

#[test]
fn what_is_written_is_read_however_large_or_deep_it_is() {
    round(vec![7_u8; 1_000_001]);
    round("x".repeat((64 << 20) + 1));
    round(nested(MAX_DEPTH));
    assert!(Pickle::default().encode(&nested(MAX_DEPTH + 1)).is_err());
}

#[test]
fn what_exceeds_limits_that_were_set_is_not_written() {
    let pickle = Pickle::with_limits(Limits { nodes: 100, depth: 10, ..Limits::default() });
    assert!(pickle.encode(&vec![7_u8; 50]).is_ok());
    assert!(pickle.encode(&nested(10)).is_ok());
    assert!(pickle.encode(&vec![7_u8; 101]).is_err());
    assert!(pickle.encode(&nested(11)).is_err());
}
