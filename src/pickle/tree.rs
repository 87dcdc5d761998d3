//! The tree a pickle is read into, and written from.

use std::fmt;

use super::BigInt;

/// A Python value as a pickle states it: data only, nothing was imported or called to get it.
///
/// Values a pickle reaches twice (`[p, p]`) appear twice. A value that contains itself is cut by a
/// [`PyValue::Reference`] where it would start over.
///
/// What is read is nested at most [`MAX_DEPTH`](super::MAX_DEPTH) deep. Keep to that in values built by hand:
/// they are compared, turned into JSON and dropped by recursion.
///
/// ```
/// use cacheme::pickle::{decode_py, Limits, PyValue};
///
/// // pickle.dumps((1, 'a'), 4)
/// let bytes = b"\x80\x04\x95\x09\0\0\0\0\0\0\0K\x01\x8c\x01a\x94\x86\x94.";
/// let value = decode_py(bytes, &Limits::default())?;
/// assert_eq!(value, PyValue::Tuple(vec![PyValue::Int(1), PyValue::Str("a".into())]));
/// # Ok::<(), cacheme::pickle::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum PyValue {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// An `int` of at most 64 bits with its sign.
    Int(i64),
    /// An `int` that [`PyValue::Int`] cannot hold.
    BigInt(BigInt),
    /// `float`
    Float(f64),
    /// `str`
    Str(String),
    /// A `str` with lone surrogates, in UTF-8 as Python's `surrogatepass` writes it.
    SurrogateStr(Vec<u8>),
    /// `bytes`
    Bytes(Vec<u8>),
    /// `bytearray`
    ByteArray(Vec<u8>),
    /// `list`
    List(Vec<PyValue>),
    /// `tuple`
    Tuple(Vec<PyValue>),
    /// `set`, in the order the pickle adds the members
    Set(Vec<PyValue>),
    /// `frozenset`, in the order the pickle adds the members
    FrozenSet(Vec<PyValue>),
    /// `dict`, in order. A hand-made pickle can repeat a key: Python would keep the last value.
    Dict(Vec<(PyValue, PyValue)>),
    /// A class or function itself, referred to by name.
    Global(Global),
    /// An instance of a class, or the result of calling a function.
    Object(Box<PyObject>),
    /// A value that contains the place it is found at: the number of Python values enclosing *that*
    /// value (0 is the outermost value of the pickle).
    Reference(u64),
}

/// A class or function, by module and qualified name.
///
/// `Display` writes `module.Name`, or `module:Outer.Inner` when a dot alone could not tell where the
/// module ends: two different globals never read the same.
///
/// ```
/// use cacheme::pickle::Global;
///
/// assert_eq!(Global::new("app.models", "Book").to_string(), "app.models.Book");
/// assert_eq!(Global::new("app.models", "Book.Meta").to_string(), "app.models:Book.Meta");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Global {
    /// The module, `collections` for instance.
    pub module: String,
    /// The qualified name in it; nested classes have dots (`Outer.Inner`).
    pub name: String,
}

impl Global {
    /// Names a class or function.
    pub fn new(module: impl Into<String>, name: impl Into<String>) -> Self {
        Global { module: module.into(), name: name.into() }
    }

    pub(super) fn is(&self, module: &str, name: &str) -> bool {
        self.module == module && self.name == name
    }
}

impl fmt::Display for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let odd = self.name.contains(['.', ':']) || self.module.contains(':');
        if !odd {
            return write!(f, "{}.{}", self.module, self.name);
        }
        // Only hostile modules hold a colon or backslash; escaping keeps the first bare colon the separator.
        let module = self.module.replace('\\', "\\\\").replace(':', "\\:");
        write!(f, "{module}:{}", self.name)
    }
}

/// An instance: its class, and the one thing the pickle says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct PyObject {
    /// The class, or the function a pickle asks to be called (it never is).
    pub class: Global,
    /// What [`value`](Self::value) is to the class.
    pub form: Form,
    /// The arguments, state or items.
    pub value: PyValue,
}

/// How an instance is made from its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Called with positional arguments, a [`PyValue::Tuple`].
    Args,
    /// Created with keyword arguments, a [`PyValue::Dict`].
    Kwargs,
    /// Given a state (`__setstate__`, or attributes when it is a [`PyValue::Dict`]).
    State,
    /// Given attributes through the state of a class with `__slots__`, a [`PyValue::Dict`].
    Slots,
    /// Filled like a container: a [`PyValue::Dict`], or a [`PyValue::List`] to append.
    Items,
}

impl Form {
    /// The name of the form in the [notation](super).
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Args => "args",
            Form::Kwargs => "kwargs",
            Form::State => "state",
            Form::Slots => "slots",
            Form::Items => "items",
        }
    }
}

impl PyValue {
    /// An `int` of any size, in the smallest variant that holds it.
    ///
    /// ```
    /// use cacheme::pickle::{BigInt, PyValue};
    ///
    /// assert_eq!(PyValue::int(BigInt::from(7u64)), PyValue::Int(7));
    /// assert!(matches!(PyValue::int(BigInt::from(u64::MAX)), PyValue::BigInt(_)));
    /// ```
    pub fn int(value: BigInt) -> PyValue {
        match value.to_i128().map(i64::try_from) {
            Some(Ok(small)) => PyValue::Int(small),
            _ => PyValue::BigInt(value),
        }
    }

    /// The text of a `str`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            PyValue::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an `int` that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            PyValue::Int(value) => Some(*value),
            _ => None,
        }
    }
}
