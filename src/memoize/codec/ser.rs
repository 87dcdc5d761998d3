//! From serde's data model to Python's values.

use super::{CodecError, to_py};
use crate::pickle::{BigInt, PyValue};
use serde::ser::{self, Serialize};

type Done = Result<PyValue, CodecError>;

/// A serializer whose output is the value itself.
pub(super) struct ToPy;

macro_rules! ints {
    ($($name:ident: $type:ty),*) => {$(
        fn $name(self, value: $type) -> Done {
            Ok(PyValue::Int(i64::from(value)))
        }
    )*};
}

macro_rules! big_ints {
    ($($name:ident: $type:ty),*) => {$(
        fn $name(self, value: $type) -> Done {
            Ok(PyValue::int(BigInt::from(value)))
        }
    )*};
}

impl ser::Serializer for ToPy {
    type Ok = PyValue;
    type Error = CodecError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    ints!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32
    );
    big_ints!(serialize_u64: u64, serialize_i128: i128, serialize_u128: u128);

    fn serialize_bool(self, value: bool) -> Done {
        Ok(PyValue::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Done {
        Ok(PyValue::Float(f64::from(value)))
    }

    fn serialize_f64(self, value: f64) -> Done {
        Ok(PyValue::Float(value))
    }

    fn serialize_char(self, value: char) -> Done {
        Ok(PyValue::Str(value.to_string()))
    }

    fn serialize_str(self, text: &str) -> Done {
        Ok(PyValue::Str(text.to_owned()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Done {
        Ok(PyValue::Bytes(bytes.to_vec()))
    }

    fn serialize_none(self) -> Done {
        Ok(PyValue::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        to_py(value)
    }

    fn serialize_unit(self) -> Done {
        Ok(PyValue::None)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Done {
        Ok(PyValue::None)
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Done {
        Ok(PyValue::Str(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Done {
        to_py(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        Ok(tagged(Some(variant), to_py(value)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items, CodecError> {
        Ok(Items::new(PyValue::List, None, len.unwrap_or(0)))
    }

    fn serialize_tuple(self, len: usize) -> Result<Items, CodecError> {
        Ok(Items::new(PyValue::Tuple, None, len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Items, CodecError> {
        Ok(Items::new(PyValue::Tuple, None, len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Items, CodecError> {
        Ok(Items::new(PyValue::Tuple, Some(variant), len))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Entries, CodecError> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Entries, CodecError> {
        Ok(Entries::default())
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Entries, CodecError> {
        Ok(Entries { variant: Some(variant), ..Entries::default() })
    }
}

fn tagged(variant: Option<&str>, content: PyValue) -> PyValue {
    match variant {
        Some(variant) => PyValue::Dict(vec![(PyValue::Str(variant.to_owned()), content)]),
        None => content,
    }
}

/// A `list` or `tuple` being filled.
pub(super) struct Items {
    make: fn(Vec<PyValue>) -> PyValue,
    variant: Option<&'static str>,
    items: Vec<PyValue>,
}

impl Items {
    fn new(make: fn(Vec<PyValue>) -> PyValue, variant: Option<&'static str>, len: usize) -> Self {
        // The length is a type's own claim: no more memory is set aside for it than it could cost to be wrong.
        Self { make, variant, items: Vec::with_capacity(len.min(1024)) }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        self.items.push(to_py(value)?);
        Ok(())
    }

    fn done(self) -> Done {
        Ok(tagged(self.variant, (self.make)(self.items)))
    }
}

macro_rules! items {
    ($($trait:ident: $push:ident),*) => {$(
        impl ser::$trait for Items {
            type Ok = PyValue;
            type Error = CodecError;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                self.push(value)
            }

            fn end(self) -> Done {
                self.done()
            }
        }
    )*};
}

items!(
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
);

/// A `dict` being filled.
#[derive(Default)]
pub(super) struct Entries {
    variant: Option<&'static str>,
    entries: Vec<(PyValue, PyValue)>,
    key: Option<PyValue>,
}

impl Entries {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), CodecError> {
        self.entries.push((PyValue::Str(name.to_owned()), to_py(value)?));
        Ok(())
    }

    fn done(self) -> Done {
        Ok(tagged(self.variant, PyValue::Dict(self.entries)))
    }
}

impl ser::SerializeMap for Entries {
    type Ok = PyValue;
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.key = Some(to_py(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let key = self.key.take().ok_or_else(|| CodecError::new("a map gave a value without its key"))?;
        self.entries.push((key, to_py(value)?));
        Ok(())
    }

    fn end(self) -> Done {
        self.done()
    }
}

macro_rules! fields {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Entries {
            type Ok = PyValue;
            type Error = CodecError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), CodecError> {
                self.field(name, value)
            }

            fn end(self) -> Done {
                self.done()
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);
