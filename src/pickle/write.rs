//! From a [`PyValue`] to a pickle of protocol 4, without frames and memo: Python needs neither.

use super::{BigInt, EncodeError, Form, Global, MAX_DEPTH, PyObject, PyValue};

impl PyValue {
    /// Writes the value as a pickle of protocol 4, which Python reads since 3.4.
    ///
    /// Python's `pickle.loads` gives the same value back.
    ///
    /// # Errors
    ///
    /// Fails for a key or set member Python cannot hash, for a [`PyValue::Reference`], and for containers
    /// nested deeper than [`MAX_DEPTH`].
    ///
    /// ```
    /// use cacheme::pickle::{decode_py, Limits, PyValue};
    ///
    /// let value = PyValue::Dict(vec![(PyValue::Int(1), PyValue::Str("one".into()))]);
    /// let pickle = value.to_pickle()?;
    /// assert_eq!(pickle, b"\x80\x04}(K\x01\x8c\x03oneu.");
    /// assert_eq!(decode_py(&pickle, &Limits::default()).as_ref(), Ok(&value));
    /// # Ok::<(), cacheme::pickle::EncodeError>(())
    /// ```
    pub fn to_pickle(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(64);
        out.extend([0x80, 4]);
        write(&mut out, self, 0)?;
        out.push(b'.');
        Ok(out)
    }
}

fn write(out: &mut Vec<u8>, value: &PyValue, depth: usize) -> Result<(), EncodeError> {
    let is_container = matches!(
        value,
        PyValue::List(_)
            | PyValue::Tuple(_)
            | PyValue::Set(_)
            | PyValue::FrozenSet(_)
            | PyValue::Dict(_)
            | PyValue::Object(_)
    );
    if is_container && depth >= MAX_DEPTH {
        return Err(EncodeError::TooDeep { limit: MAX_DEPTH });
    }
    match value {
        PyValue::None => out.push(b'N'),
        PyValue::Bool(true) => out.push(0x88),
        PyValue::Bool(false) => out.push(0x89),
        PyValue::Int(value) => int(out, *value),
        PyValue::BigInt(value) => long(out, value),
        PyValue::Float(value) => {
            out.push(b'G');
            out.extend(value.to_be_bytes());
        }
        PyValue::Str(text) => counted(out, [0x8c, b'X', 0x8d], text.as_bytes()),
        PyValue::SurrogateStr(text) => counted(out, [0x8c, b'X', 0x8d], text),
        PyValue::Bytes(bytes) => counted(out, [b'C', b'B', 0x8e], bytes),
        PyValue::ByteArray(bytes) => {
            global(out, &Global::new("builtins", "bytearray"));
            counted(out, [b'C', b'B', 0x8e], bytes);
            out.extend(b"\x85R");
        }
        PyValue::List(items) => {
            out.push(b']');
            fill(out, items, b'e', depth)?;
        }
        PyValue::Tuple(items) => tuple(out, items, depth)?,
        PyValue::Set(items) => {
            items.iter().try_for_each(hashable)?;
            out.push(0x8f);
            fill(out, items, 0x90, depth)?;
        }
        PyValue::FrozenSet(items) => {
            items.iter().try_for_each(hashable)?;
            out.push(b'(');
            all(out, items, depth)?;
            out.push(0x91);
        }
        PyValue::Dict(entries) => {
            out.push(b'}');
            set_items(out, entries, depth)?;
        }
        PyValue::Global(name) => global(out, name),
        PyValue::Object(it) => object(out, it, depth)?,
        PyValue::Reference(_) => return Err(EncodeError::Cycle),
    }
    Ok(())
}

fn all(out: &mut Vec<u8>, items: &[PyValue], depth: usize) -> Result<(), EncodeError> {
    items.iter().try_for_each(|item| write(out, item, depth + 1))
}

/// Fills the container on top of the stack.
fn fill(out: &mut Vec<u8>, items: &[PyValue], op: u8, depth: usize) -> Result<(), EncodeError> {
    if !items.is_empty() {
        out.push(b'(');
        all(out, items, depth)?;
        out.push(op);
    }
    Ok(())
}

fn set_items(out: &mut Vec<u8>, entries: &[(PyValue, PyValue)], depth: usize) -> Result<(), EncodeError> {
    if entries.is_empty() {
        return Ok(());
    }
    out.push(b'(');
    for (key, value) in entries {
        hashable(key)?;
        write(out, key, depth + 1)?;
        write(out, value, depth + 1)?;
    }
    out.push(b'u');
    Ok(())
}

fn tuple(out: &mut Vec<u8>, items: &[PyValue], depth: usize) -> Result<(), EncodeError> {
    let op = match items.len() {
        0 => b')',
        1 => 0x85,
        2 => 0x86,
        3 => 0x87,
        _ => b't',
    };
    if op == b't' {
        out.push(b'(');
    }
    all(out, items, depth)?;
    out.push(op);
    Ok(())
}

fn object(out: &mut Vec<u8>, object: &PyObject, depth: usize) -> Result<(), EncodeError> {
    global(out, &object.class);
    match (object.form, &object.value) {
        (Form::Args, PyValue::Tuple(args)) => {
            tuple(out, args, depth)?;
            out.push(b'R');
        }
        (Form::Args, arg) => {
            write(out, arg, depth + 1)?;
            out.extend(b"\x85R");
        }
        (Form::Kwargs, kwargs) => {
            out.push(b')');
            write(out, kwargs, depth)?;
            out.push(0x92);
        }
        (Form::State, state) => {
            out.extend(b")\x81");
            write(out, state, depth)?;
            out.push(b'b');
        }
        (Form::Slots, slots) => {
            out.extend(b")\x81N");
            write(out, slots, depth)?;
            out.extend(b"\x86b");
        }
        (Form::Items, PyValue::Dict(entries)) => {
            out.extend(b")\x81");
            set_items(out, entries, depth)?;
        }
        (Form::Items, PyValue::List(items)) => {
            out.extend(b")\x81");
            fill(out, items, b'e', depth)?;
        }
        (Form::Items, other) => {
            out.extend(b")\x81(");
            write(out, other, depth + 1)?;
            out.push(b'e');
        }
    }
    Ok(())
}

fn global(out: &mut Vec<u8>, name: &Global) {
    counted(out, [0x8c, b'X', 0x8d], name.module.as_bytes());
    counted(out, [0x8c, b'X', 0x8d], name.name.as_bytes());
    out.push(0x93);
}

fn int(out: &mut Vec<u8>, value: i64) {
    if let Ok(value) = u8::try_from(value) {
        out.extend([b'K', value]);
    } else if let Ok(value) = u16::try_from(value) {
        out.push(b'M');
        out.extend(value.to_le_bytes());
    } else if let Ok(value) = i32::try_from(value) {
        out.push(b'J');
        out.extend(value.to_le_bytes());
    } else {
        long(out, &BigInt::from(i128::from(value)));
    }
}

/// As a `LONG4`, an integer would be cut at 2 GiB; there is none that large.
fn long(out: &mut Vec<u8>, value: &BigInt) {
    let bytes = value.to_signed_bytes_le();
    match u8::try_from(bytes.len()) {
        Ok(len) => out.extend([0x8a, len]),
        Err(_) => {
            out.push(0x8b);
            out.extend((bytes.len() as u32).to_le_bytes());
        }
    }
    out.extend(bytes);
}

/// Bytes behind the opcode for a length of one, four or eight bytes.
fn counted(out: &mut Vec<u8>, [short, middle, long]: [u8; 3], bytes: &[u8]) {
    if let Ok(len) = u8::try_from(bytes.len()) {
        out.extend([short, len]);
    } else if let Ok(len) = u32::try_from(bytes.len()) {
        out.push(middle);
        out.extend(len.to_le_bytes());
    } else {
        out.push(long);
        out.extend((bytes.len() as u64).to_le_bytes());
    }
    out.extend(bytes);
}

fn hashable(value: &PyValue) -> Result<(), EncodeError> {
    let kind = match value {
        PyValue::List(_) => "list",
        PyValue::Dict(_) => "dict",
        PyValue::Set(_) => "set",
        PyValue::ByteArray(_) => "bytearray",
        PyValue::Tuple(items) => return items.iter().try_for_each(hashable),
        _ => return Ok(()),
    };
    Err(EncodeError::Unhashable { kind })
}
