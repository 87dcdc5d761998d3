//! From a [`PyValue`] to a pickle, through `deser-pickle`.

use deser_core::ext::ExtValue;
use deser_core::ser::{Emit, MapEmitter, SeqEmitter, Serialize, SerializeHandle};
use deser_core::{Atom, Error, State};
use deser_pickle::{Kind, set_class, set_form, set_kind};

use super::{EncodeError, Form, Global, MAX_DEPTH, PyObject, PyValue};

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
    /// use cacheme::namespace::value::{decode_py, Limits, PyValue};
    ///
    /// let value = PyValue::Dict(vec![(PyValue::Int(1), PyValue::Str("one".into()))]);
    /// let pickle = value.to_pickle()?;
    /// assert_eq!(pickle, b"\x80\x04}(K\x01\x8c\x03oneu.");
    /// assert_eq!(decode_py(&pickle, &Limits::default()).as_ref(), Ok(&value));
    /// # Ok::<(), cacheme::namespace::value::EncodeError>(())
    /// ```
    pub fn to_pickle(&self) -> Result<Vec<u8>, EncodeError> {
        check(self, 0)?;
        deser_pickle::to_vec(&Writing(self))
            .map_err(|err| EncodeError::Refused { message: err.message().to_owned() })
    }
}

/// Finds what Python would refuse to load, or the writer would quietly turn into something else.
fn check(value: &PyValue, depth: usize) -> Result<(), EncodeError> {
    if depth > MAX_DEPTH {
        return Err(EncodeError::TooDeep { limit: MAX_DEPTH });
    }
    match value {
        PyValue::List(items) | PyValue::Tuple(items) => {
            items.iter().try_for_each(|item| check(item, depth + 1))
        }
        PyValue::Set(items) | PyValue::FrozenSet(items) => items.iter().try_for_each(|item| {
            check(item, depth + 1)?;
            hashable(item)
        }),
        PyValue::Dict(entries) => entries.iter().try_for_each(|(key, value)| {
            check(key, depth + 1)?;
            hashable(key)?;
            check(value, depth + 1)
        }),
        PyValue::Object(object) => check(&object.value, depth + 1),
        PyValue::Reference(_) => Err(EncodeError::Cycle),
        _ => Ok(()),
    }
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

/// Keeps the traits of the pickle library out of the public type.
struct Writing<'v>(&'v PyValue);

impl Serialize for Writing<'_> {
    fn serialize<'a>(this: &'a Self, state: &mut State) -> Result<Emit<'a>, Error> {
        emit(this.0, state)
    }
}

fn emit<'a>(value: &'a PyValue, state: &mut State) -> Result<Emit<'a>, Error> {
    let (items, kind) = match value {
        PyValue::List(items) => (items, None),
        PyValue::Tuple(items) => (items, Some(Kind::Tuple)),
        PyValue::Set(items) => (items, Some(Kind::Set)),
        PyValue::FrozenSet(items) => (items, Some(Kind::FrozenSet)),
        PyValue::Dict(entries) => return Ok(Emit::map(Entries(entries.iter(), None), state)),
        PyValue::Object(object) => return emit_object(object, state),
        _ => return Ok(Emit::Atom(atom(value, state))),
    };
    let emit = Emit::seq(Items(items.iter()), state);
    if let Some(kind) = kind {
        set_kind(state, kind);
    }
    Ok(emit)
}

fn atom<'a>(value: &'a PyValue, state: &mut State) -> Atom<'a> {
    match value {
        PyValue::Bool(value) => Atom::Bool(*value),
        PyValue::Int(value) => Atom::I64(*value),
        PyValue::BigInt(value) => value.clone().into_atom(),
        PyValue::Float(value) => Atom::F64(*value),
        PyValue::Str(text) => Atom::Str(text.as_str().into()),
        PyValue::Bytes(bytes) => Atom::Bytes(bytes.as_slice().into()),
        PyValue::ByteArray(bytes) => {
            set_kind(state, Kind::ByteArray);
            Atom::Bytes(bytes.as_slice().into())
        }
        PyValue::Global(global) => Atom::Ext(ExtValue::owned(named(global))),
        _ => Atom::Null,
    }
}

fn emit_object<'a>(object: &'a PyObject, state: &mut State) -> Result<Emit<'a>, Error> {
    use deser_pickle::Form as F;
    let emit = emit(&object.value, state)?;
    set_class(state, named(&object.class));
    set_form(
        state,
        match object.form {
            Form::Args | Form::Kwargs => F::Arguments,
            Form::State => F::State,
            Form::Slots => F::Slots,
            Form::Items => F::Items,
        },
    );
    Ok(emit)
}

fn named(global: &Global) -> deser_pickle::Global {
    deser_pickle::Global::new(&global.module, &global.name)
}

struct Items<'a>(std::slice::Iter<'a, PyValue>);

impl SeqEmitter for Items<'_> {
    fn next(&mut self, state: &mut State) -> Result<Option<SerializeHandle<'_>>, Error> {
        let next = self.0.next();
        Ok(next.map(|item| SerializeHandle::arena(Writing(item), state)))
    }
}

struct Entries<'a>(std::slice::Iter<'a, (PyValue, PyValue)>, Option<&'a PyValue>);

impl MapEmitter for Entries<'_> {
    fn next_key(&mut self, state: &mut State) -> Result<Option<SerializeHandle<'_>>, Error> {
        let Some((key, value)) = self.0.next() else {
            return Ok(None);
        };
        self.1 = Some(value);
        Ok(Some(SerializeHandle::arena(Writing(key), state)))
    }

    fn next_value(&mut self, state: &mut State) -> Result<SerializeHandle<'_>, Error> {
        let value = self.1.take().unwrap_or(&PyValue::None);
        Ok(SerializeHandle::arena(Writing(value), state))
    }
}
