//! From Python's values to serde's data model.

use super::CodecError;
use crate::pickle::{Form, PyObject, PyValue};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, EnumAccess, Error as _, IntoDeserializer, Unexpected, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

/// A deserializer that gives away the value it holds.
pub(super) struct FromPy(pub(super) PyValue);

impl IntoDeserializer<'_, CodecError> for FromPy {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn seq<'de, V: Visitor<'de>>(items: Vec<PyValue>, visitor: V) -> Result<V::Value, CodecError> {
    let mut items = SeqDeserializer::new(items.into_iter().map(FromPy));
    let value = visitor.visit_seq(&mut items)?;
    items.end()?;
    Ok(value)
}

fn map<'de, V: Visitor<'de>>(entries: Vec<(PyValue, PyValue)>, visitor: V) -> Result<V::Value, CodecError> {
    let mut entries =
        MapDeserializer::new(entries.into_iter().map(|(key, value)| (FromPy(key), FromPy(value))));
    let value = visitor.visit_map(&mut entries)?;
    entries.end()?;
    Ok(value)
}

fn object<'de, V: Visitor<'de>>(object: PyObject, visitor: V) -> Result<V::Value, CodecError> {
    // Dates, decimals and UUIDs read as text: `{"$datetime": "2026-11-22T10:00:00"}`, and nothing else in it.
    if let Some(serde_json::Value::Object(shown)) = object.standard()
        && let Some(serde_json::Value::String(text)) = shown.into_iter().next().map(|(_, text)| text)
    {
        return visitor.visit_string(text);
    }
    match (object.form, object.value) {
        (Form::State | Form::Slots | Form::Items, PyValue::Dict(entries)) => map(entries, visitor),
        (Form::Items, PyValue::List(items)) => seq(items, visitor),
        _ => {
            let class = object.class;
            Err(CodecError::custom(format_args!("an instance of {class} has no counterpart here")))
        }
    }
}

fn numbers(bytes: Vec<u8>) -> Vec<PyValue> {
    bytes.into_iter().map(|byte| PyValue::Int(i64::from(byte))).collect()
}

impl<'de> Deserializer<'de> for FromPy {
    type Error = CodecError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            PyValue::None => visitor.visit_unit(),
            PyValue::Bool(truth) => visitor.visit_bool(truth),
            PyValue::Int(number) => visitor.visit_i64(number),
            PyValue::BigInt(number) => {
                match (number.to_u128().map(u64::try_from), number.to_u128(), number.to_i128()) {
                    (Some(Ok(number)), ..) => visitor.visit_u64(number),
                    (_, Some(number), _) => visitor.visit_u128(number),
                    (_, _, Some(number)) => visitor.visit_i128(number),
                    _ => Err(CodecError::custom("an int of more than 128 bits")),
                }
            }
            PyValue::Float(number) => visitor.visit_f64(number),
            PyValue::Str(text) => visitor.visit_string(text),
            PyValue::Bytes(bytes) | PyValue::ByteArray(bytes) => visitor.visit_byte_buf(bytes),
            PyValue::List(items)
            | PyValue::Tuple(items)
            | PyValue::Set(items)
            | PyValue::FrozenSet(items) => seq(items, visitor),
            PyValue::Dict(entries) => map(entries, visitor),
            PyValue::Object(it) => object(*it, visitor),
            PyValue::Global(global) => {
                Err(CodecError::custom(format_args!("the class or function {global} is no value")))
            }
            PyValue::SurrogateStr(_) => Err(CodecError::custom("a str with lone surrogates")),
            PyValue::Reference(_) => Err(CodecError::custom("a value that contains itself")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            PyValue::None => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            PyValue::Bytes(bytes) | PyValue::ByteArray(bytes) => seq(numbers(bytes), visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, CodecError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        let (variant, content) = match self.0 {
            PyValue::Str(variant) => (variant, None),
            PyValue::Dict(entries) => match <[_; 1]>::try_from(entries) {
                Ok([(PyValue::Str(variant), content)]) => (variant, Some(content)),
                _ => return Err(CodecError::custom("a dict that names no single variant")),
            },
            _ => {
                return Err(CodecError::invalid_type(Unexpected::Other("a value that is no enum"), &visitor));
            }
        };
        visitor.visit_enum(Variant { variant, content })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct map struct identifier ignored_any
    }
}

/// A variant by name, and what it holds.
struct Variant {
    variant: String,
    content: Option<PyValue>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = CodecError;
    type Variant = Content;

    fn variant_seed<V: serde::de::DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content), CodecError> {
        Ok((seed.deserialize(FromPy(PyValue::Str(self.variant)))?, Content(self.content)))
    }
}

struct Content(Option<PyValue>);

impl Content {
    fn value(self) -> Result<FromPy, CodecError> {
        self.0.map(FromPy).ok_or_else(|| CodecError::custom("a variant without its content"))
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = CodecError;

    fn unit_variant(self) -> Result<(), CodecError> {
        match self.0 {
            None | Some(PyValue::None) => Ok(()),
            Some(_) => Err(CodecError::custom("a variant with content it does not have")),
        }
    }

    fn newtype_variant_seed<T: serde::de::DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, CodecError> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, CodecError> {
        self.value()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        self.value()?.deserialize_any(visitor)
    }
}
