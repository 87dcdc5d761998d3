//! From the graph a pickle built to the tree that is shown: what is shared is repeated, what is within itself is cut.
//!
//! Whatever is repeated counts again, before it is made: the tree is no larger than [`Limits`] say, however often a
//! graph leads to the same values.

use super::machine::{Graph, Node, Object, Slot};
use super::{DecodeError, Form, Global, Limits, MAX_DEPTH, PyObject, PyValue, text};

/// The tree from the root on.
pub(super) fn unfold(graph: &Graph<'_>, limits: &Limits) -> Result<PyValue, DecodeError> {
    let mut unfolding = Unfolding {
        graph,
        depth: limits.depth.min(MAX_DEPTH),
        nodes: limits.nodes,
        output: limits.output,
        limits,
        open: vec![0; graph.nodes.len()],
    };
    unfolding.count(1)?;
    unfolding.value(graph.root, 0, 0)
}

struct Unfolding<'g, 'i> {
    graph: &'g Graph<'i>,
    limits: &'g Limits,
    depth: usize,
    /// Values that may still come.
    nodes: usize,
    /// Bytes that may still come.
    output: usize,
    /// For each node that is being unfolded, one more than its level.
    open: Vec<u32>,
}

type Unfolded = Result<PyValue, DecodeError>;

impl Unfolding<'_, '_> {
    fn count(&mut self, values: usize) -> Result<(), DecodeError> {
        let too_many = DecodeError::TooManyValues { limit: self.limits.nodes };
        self.nodes = self.nodes.checked_sub(values).ok_or(too_many)?;
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), DecodeError> {
        let too_large = DecodeError::ExpandsTooLarge { limit: self.limits.output };
        self.output = self.output.checked_sub(bytes).ok_or(too_large)?;
        Ok(())
    }

    /// A value with `level` Python values and `depth` containers around it.
    fn value(&mut self, slot: Slot, level: u32, depth: usize) -> Unfolded {
        Ok(match slot {
            Slot::None => PyValue::None,
            Slot::Bool(value) => PyValue::Bool(value),
            Slot::Int(value) => PyValue::Int(value),
            Slot::Float(value) => PyValue::Float(value),
            Slot::Text(span) => return self.text(span.of(self.graph.input), span.start()),
            Slot::Bytes(span) => PyValue::Bytes(self.bytes(span.of(self.graph.input))?),
            Slot::Node(id) => return self.node(id, level, depth),
        })
    }

    fn text(&mut self, bytes: &[u8], offset: usize) -> Unfolded {
        self.spend(bytes.len())?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(PyValue::Str(text.to_owned())),
            Err(_) if text::is_surrogatepass(bytes) => Ok(PyValue::SurrogateStr(bytes.to_vec())),
            Err(_) => Err(DecodeError::Broken { message: "invalid UTF-8 in string".into(), offset }),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
        self.spend(bytes.len())?;
        Ok(bytes.to_vec())
    }

    fn node(&mut self, id: u32, level: u32, depth: usize) -> Unfolded {
        let graph = self.graph;
        let at = id as usize;
        let (node, open) = (&graph.nodes[at], self.open[at]);
        if open > 0 {
            return Ok(PyValue::Reference(u64::from(open - 1)));
        }
        let value = match node {
            Node::Text(bytes) => return self.text(bytes, graph.end),
            Node::Str2(bytes) if std::str::from_utf8(bytes).is_ok() => return self.text(bytes, graph.end),
            Node::Str2(bytes) | Node::Bytes(bytes) => return Ok(PyValue::Bytes(self.bytes(bytes)?)),
            Node::ByteArray(bytes) => return Ok(PyValue::ByteArray(self.bytes(bytes)?)),
            Node::BigInt(value) => {
                self.spend(value.significant_magnitude().len())?;
                return Ok(PyValue::BigInt(value.clone()));
            }
            Node::Global(_) => return Ok(PyValue::Global(self.global(id)?)),
            _ if depth >= self.depth => return Err(DecodeError::TooDeep { limit: self.depth }),
            Node::Object(object) => {
                self.open[at] = level + 1;
                self.object(object, level + 1, depth + 1)
            }
            _ => {
                self.open[at] = level + 1;
                self.container(node, level + 1, depth + 1)
            }
        };
        self.open[at] = 0;
        value
    }

    /// What is in a container, with `level` and `depth` of it.
    fn container(&mut self, node: &Node<'_>, level: u32, depth: usize) -> Unfolded {
        Ok(match node {
            Node::List(items) => PyValue::List(self.items(items, level, depth)?),
            Node::Tuple(items) => PyValue::Tuple(self.items(items, level, depth)?),
            Node::Set(items) => PyValue::Set(self.items(items, level, depth)?),
            Node::FrozenSet(items) => PyValue::FrozenSet(self.items(items, level, depth)?),
            Node::Dict(items) => PyValue::Dict(self.entries(items, Vec::new(), level, depth)?),
            _ => PyValue::None,
        })
    }

    fn items(&mut self, items: &[Slot], level: u32, depth: usize) -> Result<Vec<PyValue>, DecodeError> {
        self.count(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.value(*item, level, depth)?);
        }
        Ok(values)
    }

    /// Adds keys and values that come in turn.
    fn entries(
        &mut self,
        items: &[Slot],
        mut entries: Vec<(PyValue, PyValue)>,
        level: u32,
        depth: usize,
    ) -> Result<Vec<(PyValue, PyValue)>, DecodeError> {
        self.count(items.len())?;
        entries.reserve_exact(items.len() / 2);
        for pair in items.chunks_exact(2) {
            let key = self.value(pair[0], level, depth)?;
            entries.push((key, self.value(pair[1], level, depth)?));
        }
        Ok(entries)
    }

    fn global(&mut self, id: u32) -> Result<Global, DecodeError> {
        let Node::Global(name) = &self.graph.nodes[id as usize] else { return Ok(Global::new("", "")) };
        self.spend(name.module.len() + name.name.len())?;
        Ok(Global::new(&*name.module, &*name.name))
    }

    /// An instance: its items if it was given some, else its state, else what it was made with.
    fn object(&mut self, object: &Object, level: u32, depth: usize) -> Unfolded {
        let class = self.global(object.class)?;
        let (form, value) = if !object.dict_items.is_empty() {
            (Form::Items, PyValue::Dict(self.entries(&object.dict_items, Vec::new(), level, depth)?))
        } else if !object.list_items.is_empty() {
            (Form::Items, PyValue::List(self.items(&object.list_items, level, depth)?))
        } else if let Some(state) = object.state.filter(|state| !matches!(state, Slot::None)) {
            self.state(state, level, depth)?
        } else if object.args.is_empty() && !object.kwargs.is_empty() {
            (Form::Kwargs, PyValue::Dict(self.entries(&object.kwargs, Vec::new(), level, depth)?))
        } else {
            (Form::Args, PyValue::Tuple(self.items(&object.args, level, depth)?))
        };
        Ok(PyValue::Object(Box::new(PyObject { class, form, value })))
    }

    /// A state is no value of its own: a container in its place has the level of the instance.
    fn state(&mut self, state: Slot, level: u32, depth: usize) -> Result<(Form, PyValue), DecodeError> {
        let graph = self.graph;
        let node = |slot: Slot| match slot {
            Slot::Node(id) => graph.nodes.get(id as usize),
            _ => None,
        };
        let attributes = |slot: Slot| match (slot, node(slot)) {
            (Slot::None, _) => Some(&[][..]),
            (_, Some(Node::Dict(items))) => Some(&items[..]),
            _ => None,
        };
        let value = match node(state) {
            Some(Node::Tuple(items)) if items.len() == 2 => {
                if let (Some(dict), Some(slots)) = (attributes(items[0]), attributes(items[1])) {
                    let entries = self.entries(dict, Vec::new(), level, depth)?;
                    return Ok((Form::Slots, PyValue::Dict(self.entries(slots, entries, level, depth)?)));
                }
                PyValue::Tuple(self.items(items, level, depth)?)
            }
            Some(Node::Object(_)) => PyValue::Tuple(self.items(&[state], level, depth)?),
            Some(
                container @ (Node::List(_)
                | Node::Tuple(_)
                | Node::Dict(_)
                | Node::Set(_)
                | Node::FrozenSet(_)),
            ) => self.container(container, level, depth)?,
            _ => self.value(state, level, depth)?,
        };
        Ok((Form::State, value))
    }
}
