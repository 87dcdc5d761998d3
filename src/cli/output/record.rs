//! Rows with types. What a field is called, what type it has and what it means is said once, in the struct of a row that
//! [`record!`] declares: the cells, the columns and the JSON Schema come from it.

use crate::cli::output::{Cell, Column, Row, base64, exact, object, shown, time};
use cacheme::ops::{EventKind, KeyState, Severity};
use serde_json::{Map, Value, json};
use std::marker::PhantomData;

/// What a number or a time counts. A table shows it in the form that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Count,
    /// Bytes of a value as it is stored, without what Redis takes to keep it.
    ValueSize,
    /// Bytes of the server's memory.
    Memory,
    Seconds,
    Milliseconds,
    /// Of something, between 0 and 1.
    Share,
    /// Moments as text by RFC 3339.
    Time,
    /// The same of what happens now: the day goes without saying.
    Now,
}

/// How a word is to be taken. A table shows it in a colour, and the word says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Notable,
    Doubtful,
    Bad,
    /// What is over.
    Past,
}

/// A row with types.
pub trait Record: Sized {
    /// What a row is, in a sentence.
    const ABOUT: &'static str;

    fn row(self) -> Row;

    fn describe(properties: &mut Properties);

    /// The columns of a row that has all of them.
    fn columns() -> Vec<Column> {
        Properties::of::<Self>().columns
    }

    /// Those that each row has.
    fn constant_columns() -> Vec<Column> {
        let Properties { columns, required, .. } = Properties::of::<Self>();
        columns.into_iter().filter(|column| required.contains(column)).collect()
    }

    /// The schema of a row as a JSON object.
    fn schema() -> Value {
        let Properties { schemas, required, .. } = Properties::of::<Self>();
        json!({
            "description": Self::ABOUT,
            "type": "object",
            "properties": schemas,
            "required": required,
            "additionalProperties": false,
        })
    }
}

/// What the schema of an object says of its properties.
#[derive(Default)]
pub struct Properties {
    schemas: Map<String, Value>,
    columns: Vec<Column>,
    required: Vec<Column>,
}

impl Properties {
    fn of<R: Record>() -> Self {
        let mut properties = Self::default();
        R::describe(&mut properties);
        properties
    }

    fn add(&mut self, name: &str, about: &str, schema: Value) {
        let mut described = Map::from_iter([("description".to_owned(), about.into())]);
        if let Value::Object(schema) = schema {
            // Of an object or its array, the field says more than the type.
            described.extend(schema.into_iter().filter(|(key, _)| key != "description"));
        }
        self.schemas.insert(name.to_owned(), described.into());
    }
}

/// The value of a field.
pub trait Field: Sized {
    /// What it counts, if it is a number or a time.
    const UNIT: Option<Unit> = None;

    fn cell(self) -> Cell;

    /// Its schema in JSON.
    fn schema() -> Value;

    /// The schema of `NAME_base64`, which stands beside it where JSON cannot say it.
    fn exact_schema() -> Option<Value> {
        None
    }
}

/// What stands in the place of a field: one, none or several.
pub trait Part {
    fn add(self, name: Column, row: &mut Row);

    fn describe(name: Column, about: &str, properties: &mut Properties);
}

impl<F: Field> Part for F {
    fn add(self, name: Column, row: &mut Row) {
        row.push((name, self.cell()));
    }

    fn describe(name: Column, about: &str, properties: &mut Properties) {
        properties.columns.push(name);
        properties.required.push(name);
        properties.add(name, about, Self::schema());
        if let Some(exact) = Self::exact_schema() {
            let about = format!("The bytes of `{name}` in base64, if they are not UTF-8 as JSON is.");
            properties.add(&format!("{name}_base64"), &about, exact);
        }
    }
}

/// A field that is not in each row. (One that is null without a value is an `Option`.)
pub struct Maybe<P>(pub Option<P>);

impl<P: Part> Part for Maybe<P> {
    fn add(self, name: Column, row: &mut Row) {
        if let Some(part) = self.0 {
            part.add(name, row);
        }
    }

    fn describe(name: Column, about: &str, properties: &mut Properties) {
        let required = properties.required.len();
        P::describe(name, about, properties);
        properties.required.truncate(required);
    }
}

/// The fields of another row in this place.
pub struct Flat<R>(pub R);

impl<R: Record> Part for Flat<R> {
    fn add(self, _: Column, row: &mut Row) {
        row.extend(self.0.row());
    }

    fn describe(_: Column, _: &str, properties: &mut Properties) {
        R::describe(properties);
    }
}

/// Declares a row: its fields in the order of the contract, each with what it means, for people who read its schema.
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        $name:ident { $( $(#[doc = $doc:literal])* $field:ident: $kind:ty, )+ }
    ) => {
        $(#[doc = $about])+
        pub struct $name { $( $(#[doc = $doc])* pub $field: $kind, )+ }

        impl $crate::cli::output::Record for $name {
            const ABOUT: &'static str = concat!($($about),+).trim_ascii();

            fn row(self) -> $crate::cli::output::Row {
                let mut row = $crate::cli::output::Row::with_capacity([$(stringify!($field)),+].len());
                $( $crate::cli::output::Part::add(self.$field, stringify!($field), &mut row); )+
                row
            }

            fn describe(properties: &mut $crate::cli::output::Properties) {
                $( <$kind as $crate::cli::output::Part>::describe(
                    stringify!($field),
                    concat!($($doc),*).trim_ascii(),
                    properties,
                ); )+
            }
        }

        impl $crate::cli::output::Field for $name {
            fn cell(self) -> $crate::cli::output::Cell {
                let row = $crate::cli::output::Record::row(self);
                $crate::cli::output::Cell::Json($crate::cli::output::object(&row))
            }

            fn schema() -> serde_json::Value {
                <Self as $crate::cli::output::Record>::schema()
            }
        }
    };
}
pub(crate) use record;

/// Declares a type for one of several words.
macro_rules! words {
    ($(#[doc = $about:literal])* $name:ident: $($word:literal)+) => {
        $(#[doc = $about])*
        pub struct $name(pub &'static str);

        impl $crate::cli::output::Field for $name {
            fn cell(self) -> $crate::cli::output::Cell {
                self.0.into()
            }

            fn schema() -> serde_json::Value {
                serde_json::json!({"type": "string", "enum": [$($word),+]})
            }
        }
    };
}
pub(crate) use words;

impl<F: Field> Field for Option<F> {
    const UNIT: Option<Unit> = F::UNIT;

    fn cell(self) -> Cell {
        match (self, F::UNIT) {
            (Some(field), _) => field.cell(),
            (None, Some(unit)) => Cell::Measured(Value::Null, unit),
            (None, None) => Cell::Json(Value::Null),
        }
    }

    fn schema() -> Value {
        let mut schema = F::schema();
        if let Some(kind) = schema.get_mut("type") {
            *kind = json!([kind.take(), "null"]);
        }
        if let Some(Value::Array(words)) = schema.get_mut("enum") {
            words.push(Value::Null);
        }
        schema
    }

    fn exact_schema() -> Option<Value> {
        F::exact_schema()
    }
}

/// Objects of one kind.
impl<R: Record> Field for Vec<R> {
    fn cell(self) -> Cell {
        Cell::Json(self.into_iter().map(|record| object(&record.row())).collect())
    }

    fn schema() -> Value {
        json!({"type": "array", "items": R::schema()})
    }
}

/// A row that was made before.
pub struct Made<R> {
    row: Row,
    record: PhantomData<R>,
}

impl<R> Made<R> {
    pub fn of(row: Row) -> Self {
        Self { row, record: PhantomData }
    }
}

impl<R: Record> Record for Made<R> {
    const ABOUT: &'static str = R::ABOUT;

    fn row(self) -> Row {
        self.row
    }

    fn describe(properties: &mut Properties) {
        R::describe(properties);
    }
}

impl<R: Record> Field for Made<R> {
    fn cell(self) -> Cell {
        Cell::Json(object(&self.row))
    }

    fn schema() -> Value {
        R::schema()
    }
}

/// A name from Redis: bytes, shown as text.
pub struct Name(pub Vec<u8>);

impl Field for Name {
    fn cell(self) -> Cell {
        Cell::Name(self.0)
    }

    fn schema() -> Value {
        json!({"type": "string"})
    }

    fn exact_schema() -> Option<Value> {
        Some(json!({"type": "string", "contentEncoding": "base64"}))
    }
}

/// Several names.
pub struct Names(pub Vec<Vec<u8>>);

impl Names {
    pub fn of(names: Vec<&[u8]>) -> Self {
        Self(names.into_iter().map(<[u8]>::to_vec).collect())
    }
}

impl Field for Names {
    fn cell(self) -> Cell {
        Cell::Names(self.0)
    }

    fn schema() -> Value {
        json!({"type": "array", "items": Name::schema()})
    }

    fn exact_schema() -> Option<Value> {
        Some(json!({"type": "array", "items": Name::exact_schema()}))
    }
}

/// A name whose exact bytes do not stand beside it.
pub struct Shown(pub Vec<u8>);

impl Field for Shown {
    fn cell(self) -> Cell {
        Cell::Json(shown(&self.0))
    }

    fn schema() -> Value {
        Name::schema()
    }
}

/// The exact bytes of a name in base64, if JSON cannot say them.
pub fn base64_of(name: &[u8]) -> Maybe<Base64> {
    Maybe(exact(name).map(Base64))
}

/// Bytes in base64.
pub struct Base64(String);

impl Base64 {
    pub fn of(bytes: &[u8]) -> Self {
        Self(base64(bytes))
    }
}

impl Field for Base64 {
    fn cell(self) -> Cell {
        self.0.into()
    }

    fn schema() -> Value {
        json!({"type": "string", "contentEncoding": "base64"})
    }
}

impl Field for String {
    fn cell(self) -> Cell {
        self.into()
    }

    fn schema() -> Value {
        json!({"type": "string"})
    }
}

/// Text of ours that is meant to be copied.
pub struct Harmless(pub String);

impl Field for Harmless {
    fn cell(self) -> Cell {
        Cell::Harmless(self.0)
    }

    fn schema() -> Value {
        String::schema()
    }
}

/// The words of a command; outside of JSON the line that they are.
pub struct Words {
    pub words: Vec<String>,
    pub line: String,
}

impl Field for Words {
    fn cell(self) -> Cell {
        Cell::Said { json: self.words.into(), text: self.line }
    }

    fn schema() -> Value {
        json!({"type": "array", "items": String::schema()})
    }
}

/// Whatever an application stores.
pub struct Any(pub Value);

impl Field for Any {
    fn cell(self) -> Cell {
        Cell::Json(self.0)
    }

    fn schema() -> Value {
        json!({})
    }
}

impl Field for bool {
    fn cell(self) -> Cell {
        self.into()
    }

    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

/// A number whose unit another field tells.
impl Field for i64 {
    fn cell(self) -> Cell {
        self.into()
    }

    fn schema() -> Value {
        json!({"type": "integer"})
    }
}

/// A count.
impl Field for u64 {
    const UNIT: Option<Unit> = Some(Unit::Count);

    fn cell(self) -> Cell {
        Cell::Measured(self.into(), Unit::Count)
    }

    fn schema() -> Value {
        json!({"type": "integer", "minimum": 0})
    }
}

/// A number as JSON has it.
pub trait Number: Into<Value> {
    fn schema() -> Value;
}

impl Number for u64 {
    fn schema() -> Value {
        <Self as Field>::schema()
    }
}

impl Number for i64 {
    fn schema() -> Value {
        <Self as Field>::schema()
    }
}

impl Number for f64 {
    fn schema() -> Value {
        json!({"type": "number", "minimum": 0})
    }
}

/// Types for numbers of a unit.
macro_rules! units {
    ($($name:ident: $unit:ident,)+) => {$(
        pub struct $name<N>(pub N);

        impl<N: Number> Field for $name<N> {
            const UNIT: Option<Unit> = Some(Unit::$unit);

            fn cell(self) -> Cell {
                Cell::Measured(self.0.into(), Unit::$unit)
            }

            fn schema() -> Value {
                N::schema()
            }
        }
    )+};
}

units! {
    ValueSize: ValueSize,
    Memory: Memory,
    Seconds: Seconds,
    Milliseconds: Milliseconds,
}

/// A share of something, between 0 and 1.
pub struct Share(pub f64);

impl Field for Share {
    const UNIT: Option<Unit> = Some(Unit::Share);

    fn cell(self) -> Cell {
        Cell::Measured(self.0.into(), Unit::Share)
    }

    fn schema() -> Value {
        json!({"type": "number", "minimum": 0, "maximum": 1})
    }
}

/// A moment as text by RFC 3339.
pub struct Time(pub String);

impl Time {
    /// Of epoch seconds; none where no calendar reaches.
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        time(seconds).map(Self)
    }
}

impl Field for Time {
    const UNIT: Option<Unit> = Some(Unit::Time);

    fn cell(self) -> Cell {
        Cell::Measured(self.0.into(), Unit::Time)
    }

    fn schema() -> Value {
        json!({"type": "string", "format": "date-time"})
    }
}

/// The same of what happens now: a table has no day.
pub struct Now(pub String);

impl Field for Now {
    const UNIT: Option<Unit> = Some(Unit::Now);

    fn cell(self) -> Cell {
        Cell::Measured(self.0.into(), Unit::Now)
    }

    fn schema() -> Value {
        Time::schema()
    }
}

impl Field for EventKind {
    fn cell(self) -> Cell {
        self.as_str().into()
    }

    fn schema() -> Value {
        json!({"type": "string", "enum": Self::ALL.map(Self::as_str)})
    }
}

impl Field for KeyState {
    fn cell(self) -> Cell {
        let tone = match self {
            Self::Live => Tone::Good,
            Self::Pending => Tone::Doubtful,
            Self::Computing => Tone::Notable,
            Self::Missing => Tone::Bad,
            Self::Expired => Tone::Past,
        };
        Cell::Toned(self.as_str().into(), tone)
    }

    fn schema() -> Value {
        json!({"type": "string", "enum": Self::ALL.map(Self::as_str)})
    }
}

impl Field for Severity {
    fn cell(self) -> Cell {
        let tone = match self {
            Self::Error => Tone::Bad,
            Self::Warning => Tone::Doubtful,
            Self::Info => Tone::Notable,
        };
        Cell::Toned(self.as_str().into(), tone)
    }

    fn schema() -> Value {
        let words = [Self::Info, Self::Warning, Self::Error].map(Self::as_str);
        json!({"type": "string", "enum": words})
    }
}

/// Whether everything was looked at, or done.
pub struct Complete(pub bool);

impl Field for Complete {
    fn cell(self) -> Cell {
        if self.0 { self.0.into() } else { Cell::Toned(self.0.into(), Tone::Doubtful) }
    }

    fn schema() -> Value {
        bool::schema()
    }
}
