use super::super::*;

fn round_trip(value: &PyValue) -> PyValue {
    let pickle = value.to_pickle().expect("it can be written");
    decode_py(&pickle, &Limits::default()).expect("it can be read")
}

#[test]
fn what_is_written_is_read() {
    let big = |text: &str| PyValue::int(text.parse().expect("digits"));
    let values = vec![
        PyValue::None,
        PyValue::Bool(true),
        PyValue::Int(i64::MIN),
        big("9223372036854775808"),
        big("-9223372036854775809"),
        big("-170141183460469231731687303715884105729"),
        big(&"9".repeat(700)),
        PyValue::Float(-0.5),
        PyValue::Str("é😀".into()),
        PyValue::Bytes(vec![0; 300]),
        PyValue::ByteArray(vec![255]),
        PyValue::Set(vec![PyValue::Int(1)]),
        PyValue::FrozenSet(Vec::new()),
        PyValue::List(Vec::new()),
        PyValue::Dict(vec![(
            PyValue::Tuple(vec![PyValue::Int(1), PyValue::FrozenSet(vec![PyValue::None])]),
            PyValue::Dict(Vec::new()),
        )]),
        PyValue::Global(Global::new("app", "Outer.Inner")),
        PyValue::Object(Box::new(PyObject {
            class: Global::new("decimal", "Decimal"),
            form: Form::Args,
            value: PyValue::Tuple(vec![PyValue::Str("1.10".into())]),
        })),
    ];
    let value = PyValue::Tuple(values);
    assert_eq!(round_trip(&value), value);
}

#[test]
fn what_python_could_not_load_is_not_written() {
    let key = PyValue::Tuple(vec![PyValue::List(Vec::new())]);
    let dict = PyValue::Dict(vec![(key, PyValue::None)]);
    assert_eq!(dict.to_pickle(), Err(EncodeError::Unhashable { kind: "list" }));
    let cycle = PyValue::List(vec![PyValue::Reference(0)]);
    assert_eq!(cycle.to_pickle(), Err(EncodeError::Cycle));
    for (innermost, levels) in [(PyValue::None, MAX_DEPTH), (PyValue::Dict(Vec::new()), MAX_DEPTH - 1)] {
        let deepest = (0..levels).fold(innermost, |deep, _| PyValue::List(vec![deep]));
        let limits = Limits { depth: MAX_DEPTH, ..Limits::default() };
        assert_eq!(decode_py(&deepest.to_pickle().unwrap(), &limits).as_ref(), Ok(&deepest));
        let deeper = PyValue::List(vec![deepest]);
        assert_eq!(deeper.to_pickle(), Err(EncodeError::TooDeep { limit: MAX_DEPTH }));
    }
}
