//! Builds the tree from the events of the reader.
//!
//! It keeps its own stack, so that no nesting in the input becomes nesting of calls, and counts what it
//! builds.

use std::collections::HashMap;

use deser_core::{Error, ErrorKind, State};
use deser_pickle::Kind;

use super::{DecodeError, Form, Global, Limits, MAX_DEPTH, PyObject, PyValue};

/// What the reader says about a value beside its events.
#[derive(Default)]
pub(super) struct Data {
    class: Option<deser_pickle::Global>,
    form: Option<deser_pickle::Form>,
    pub(super) kind: Option<Kind>,
    id: Option<u64>,
}

impl Data {
    pub(super) fn take(state: &mut State) -> Self {
        Data {
            class: deser_pickle::take_class(state),
            form: deser_pickle::take_form(state),
            kind: deser_pickle::take_kind(state),
            id: deser_pickle::take_shared_id(state),
        }
    }

    /// An object whose only argument is a container arrives as one container, but encloses as two.
    fn levels(&self) -> u64 {
        1 + u64::from(self.form == Some(deser_pickle::Form::Argument))
    }
}

struct Open {
    data: Data,
    is_map: bool,
    /// Items, or keys and values in turn.
    items: Vec<PyValue>,
}

/// The tree as far as the events have come.
pub(super) struct Builder<'l> {
    limits: &'l Limits,
    open: Vec<Open>,
    /// The level of the values that can be referred to, by the id the reader gave them.
    levels: HashMap<u64, u64>,
    level: u64,
    nodes: usize,
    output: usize,
    exceeded: Option<DecodeError>,
    root: Option<PyValue>,
}

impl<'l> Builder<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        Builder {
            limits,
            open: Vec::new(),
            levels: HashMap::new(),
            level: 0,
            nodes: 0,
            output: 0,
            exceeded: None,
            root: None,
        }
    }

    /// The whole value, if its last event came.
    pub(super) fn finish(self) -> Result<Option<PyValue>, DecodeError> {
        match self.exceeded {
            Some(limit) => Err(limit),
            None => Ok(self.root),
        }
    }

    /// A place within an open value, by the id the reader gave that.
    pub(super) fn reference(&self, id: u64) -> PyValue {
        PyValue::Reference(self.levels.get(&id).copied().unwrap_or_default())
    }

    /// Remembers the limit for the caller; the error only makes the reader stop.
    fn exceed(&mut self, limit: DecodeError) -> Error {
        self.exceeded = Some(limit);
        Error::new(ErrorKind::LimitExceeded, "limit")
    }

    pub(super) fn count(&mut self, data: &Data, bytes: usize) -> Result<(), Error> {
        self.nodes += 1;
        let class = data.class.as_ref().map_or(0, |class| class.path().len());
        self.output = self.output.saturating_add(bytes).saturating_add(class);
        if self.nodes > self.limits.nodes {
            let limit = self.limits.nodes;
            return Err(self.exceed(DecodeError::TooManyValues { limit }));
        }
        if self.output > self.limits.output {
            let limit = self.limits.output;
            return Err(self.exceed(DecodeError::ExpandsTooLarge { limit }));
        }
        Ok(())
    }

    pub(super) fn open(&mut self, data: Data, is_map: bool) -> Result<(), Error> {
        let limit = self.limits.depth.min(MAX_DEPTH);
        if self.open.len() >= limit {
            return Err(self.exceed(DecodeError::TooDeep { limit }));
        }
        self.count(&data, 0)?;
        if let Some(id) = data.id {
            self.levels.insert(id, self.level);
        }
        self.level += data.levels();
        self.open.push(Open { data, is_map, items: Vec::new() });
        Ok(())
    }

    pub(super) fn close(&mut self) {
        let Some(open) = self.open.pop() else { return };
        self.level -= open.data.levels();
        let value = if open.is_map {
            let mut items = open.items.into_iter();
            let mut entries = Vec::with_capacity(items.len() / 2);
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                entries.push((key, value));
            }
            PyValue::Dict(entries)
        } else {
            match open.data.kind {
                Some(Kind::Tuple) => PyValue::Tuple(open.items),
                Some(Kind::Set) => PyValue::Set(open.items),
                Some(Kind::FrozenSet) => PyValue::FrozenSet(open.items),
                _ => PyValue::List(open.items),
            }
        };
        self.add(value, open.data);
    }

    pub(super) fn add(&mut self, value: PyValue, data: Data) {
        let value = match data.class {
            Some(class) => object(class, data.form, value),
            None => value,
        };
        match self.open.last_mut() {
            Some(open) => open.items.push(value),
            None => self.root = Some(value),
        }
    }
}

/// Puts an object in one shape, whichever way the reader spelled it.
fn object(class: deser_pickle::Global, form: Option<deser_pickle::Form>, value: PyValue) -> PyValue {
    use deser_pickle::Form as F;
    let (form, value) = match (form, value) {
        (Some(F::Arguments), PyValue::Dict(kwargs)) if kwargs.is_empty() => {
            (Form::Args, PyValue::Tuple(Vec::new()))
        }
        (Some(F::Arguments), kwargs @ PyValue::Dict(_)) => (Form::Kwargs, kwargs),
        (Some(F::Arguments), args) => (Form::Args, args),
        (Some(F::Argument), arg) => (Form::Args, PyValue::Tuple(vec![arg])),
        (Some(F::Items), items) => (Form::Items, items),
        (Some(F::Slots), slots) => (Form::Slots, slots),
        (Some(F::State) | None, state) => (Form::State, state),
    };
    PyValue::Object(Box::new(PyObject { class: Global::new(class.module(), class.name()), form, value }))
}
