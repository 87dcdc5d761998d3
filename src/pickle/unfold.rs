//! From the graph a pickle built to the tree that is shown: what is shared is repeated, what is within itself is cut.
//!
//! Whatever is repeated counts again, before it is made: the tree is no larger than [`Limits`] say, however often a
//! graph leads to the same values.

use super::machine::{Graph, Items, Node, Object, Slot};
use super::{DecodeError, Form, Global, Limits, MAX_DEPTH, PyObject, PyValue, text};

/// The tree from the root on.
pub(super) fn unfold(graph: &Graph<'_>, limits: &Limits) -> Unfolded {
    let mut unfolding = Unfolding {
        graph,
        depth: limits.depth.min(MAX_DEPTH),
        nodes: limits.nodes,
        output: limits.output,
        limits,
        open: vec![0; if graph.shared { graph.nodes.len() } else { 0 }],
    };
    unfolding.count(1)?;
    unfolding.value(graph.root, 0)
}

struct Unfolding<'g, 'i> {
    graph: &'g Graph<'i>,
    limits: &'g Limits,
    depth: usize,
    /// Values that may still come.
    nodes: usize,
    /// Bytes that may still come.
    output: usize,
    /// For each node that is being unfolded, one more than its level, if any is in more places than one.
    open: Vec<u32>,
}

type Unfolded<T = PyValue> = Result<T, Box<DecodeError>>;

impl Unfolding<'_, '_> {
    fn count(&mut self, values: usize) -> Unfolded<()> {
        let Some(left) = self.nodes.checked_sub(values) else {
            return Err(Box::new(DecodeError::TooManyValues { limit: self.limits.nodes }));
        };
        self.nodes = left;
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Unfolded<()> {
        let Some(left) = self.output.checked_sub(bytes) else {
            return Err(Box::new(DecodeError::ExpandsTooLarge { limit: self.limits.output }));
        };
        self.output = left;
        Ok(())
    }

    /// A value with `level` containers around it. Most have no parts, and are made where they are put.
    #[inline(always)]
    fn value(&mut self, slot: Slot<'_>, level: usize) -> Unfolded {
        Ok(match slot {
            Slot::None => PyValue::None,
            Slot::Bool(value) => PyValue::Bool(value),
            Slot::Int(value) => PyValue::Int(value),
            Slot::Float(value) => PyValue::Float(value),
            Slot::Text(text) => {
                self.spend(text.len())?;
                PyValue::Str(text.to_owned())
            }
            Slot::OddText(span) => return self.text(span.of(self.graph.input), span.start as usize),
            Slot::Bytes(bytes) => PyValue::Bytes(self.bytes(bytes)?),
            Slot::Node(id) => return self.node(id, level),
        })
    }

    fn text(&mut self, bytes: &[u8], offset: usize) -> Unfolded {
        self.spend(bytes.len())?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(PyValue::Str(text.to_owned())),
            Err(_) if text::is_surrogatepass(bytes) => Ok(PyValue::SurrogateStr(bytes.to_vec())),
            Err(_) => {
                Err(Box::new(DecodeError::Broken { message: "invalid UTF-8 in string".into(), offset }))
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> Unfolded<Vec<u8>> {
        self.spend(bytes.len())?;
        Ok(bytes.to_vec())
    }

    #[inline(never)]
    fn node(&mut self, id: u32, level: usize) -> Unfolded {
        let graph = self.graph;
        let at = id as usize;
        let node = &graph.nodes[at];
        if let Some(open @ 1..) = self.open.get(at) {
            return Ok(PyValue::Reference(u64::from(open - 1)));
        }
        match node {
            Node::Text(bytes) => return self.text(bytes, graph.end),
            Node::Str2(bytes) if std::str::from_utf8(bytes).is_ok() => return self.text(bytes, graph.end),
            Node::Str2(bytes) | Node::Bytes(bytes) => return Ok(PyValue::Bytes(self.bytes(bytes)?)),
            Node::ByteArray(bytes) => return Ok(PyValue::ByteArray(self.bytes(bytes)?)),
            Node::BigInt(value) => {
                self.spend(value.significant_magnitude().len())?;
                return Ok(PyValue::BigInt(value.clone()));
            }
            Node::Global(_) => return Ok(PyValue::Global(self.global(id)?)),
            _ if level >= self.depth => return Err(Box::new(DecodeError::TooDeep { limit: self.depth })),
            _ => self.enter(at, level as u32 + 1),
        }
        let value = match node {
            Node::Object(object) => self.object(object, level + 1),
            _ => self.container(node, level + 1),
        };
        self.enter(at, 0);
        value
    }

    fn enter(&mut self, at: usize, open: u32) {
        if let Some(was) = self.open.get_mut(at) {
            *was = open;
        }
    }

    /// What is in a container, which is one of the `level`.
    fn container(&mut self, node: &Node<'_>, level: usize) -> Unfolded {
        Ok(match node {
            Node::List(items) => PyValue::List(self.items(*items, level)?),
            Node::Tuple(items) => PyValue::Tuple(self.items(*items, level)?),
            Node::Set(items) => PyValue::Set(self.items(*items, level)?),
            Node::FrozenSet(items) => PyValue::FrozenSet(self.items(*items, level)?),
            Node::Dict(items) => PyValue::Dict(self.entries(*items, Vec::new(), level)?),
            _ => PyValue::None,
        })
    }

    fn items(&mut self, items: Items, level: usize) -> Unfolded<Vec<PyValue>> {
        self.slots(self.graph.arena.of(items), level)
    }

    fn slots(&mut self, items: &[Slot<'_>], level: usize) -> Unfolded<Vec<PyValue>> {
        self.count(items.len())?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.value(*item, level)?);
        }
        Ok(values)
    }

    /// Adds keys and values that come in turn.
    fn entries(
        &mut self,
        items: Items,
        mut entries: Vec<(PyValue, PyValue)>,
        level: usize,
    ) -> Unfolded<Vec<(PyValue, PyValue)>> {
        let items = self.graph.arena.of(items);
        self.count(items.len())?;
        entries.reserve_exact(items.len() / 2);
        for pair in items.chunks_exact(2) {
            let key = self.value(pair[0], level)?;
            entries.push((key, self.value(pair[1], level)?));
        }
        Ok(entries)
    }

    fn global(&mut self, id: u32) -> Unfolded<Global> {
        let Node::Global(name) = &self.graph.nodes[id as usize] else { return Ok(Global::new("", "")) };
        self.spend(name.module.len() + name.name.len())?;
        Ok(Global::new(&*name.module, &*name.name))
    }

    /// An instance: its items if it was given some, else its state, else what it was made with.
    fn object(&mut self, object: &Object<'_>, level: usize) -> Unfolded {
        let class = self.global(object.class)?;
        let (form, value) = if !object.dict_items.is_empty() {
            (Form::Items, PyValue::Dict(self.entries(object.dict_items, Vec::new(), level)?))
        } else if !object.list_items.is_empty() {
            (Form::Items, PyValue::List(self.items(object.list_items, level)?))
        } else if let Some(state) = object.state.filter(|state| !matches!(state, Slot::None)) {
            self.state(state, level)?
        } else if object.args.is_empty() && !object.kwargs.is_empty() {
            (Form::Kwargs, PyValue::Dict(self.entries(object.kwargs, Vec::new(), level)?))
        } else {
            (Form::Args, PyValue::Tuple(self.items(object.args, level)?))
        };
        Ok(PyValue::Object(Box::new(PyObject { class, form, value })))
    }

    /// A state is no value of its own: a container in its place has the level of the instance.
    fn state(&mut self, state: Slot<'_>, level: usize) -> Unfolded<(Form, PyValue)> {
        let graph = self.graph;
        let node = |slot: Slot<'_>| match slot {
            Slot::Node(id) => graph.nodes.get(id as usize),
            _ => None,
        };
        let attributes = |slot: Slot<'_>| match (slot, node(slot)) {
            (Slot::None, _) => Some(Items::default()),
            (_, Some(Node::Dict(items))) => Some(*items),
            _ => None,
        };
        let value = match node(state) {
            Some(Node::Tuple(items)) => {
                if let [dict, slots] = *graph.arena.of(*items)
                    && let (Some(dict), Some(slots)) = (attributes(dict), attributes(slots))
                {
                    let entries = self.entries(dict, Vec::new(), level)?;
                    return Ok((Form::Slots, PyValue::Dict(self.entries(slots, entries, level)?)));
                }
                PyValue::Tuple(self.items(*items, level)?)
            }
            Some(Node::Object(_)) => PyValue::Tuple(self.slots(&[state], level)?),
            Some(container @ (Node::List(_) | Node::Dict(_) | Node::Set(_) | Node::FrozenSet(_))) => {
                self.container(container, level)?
            }
            _ => self.value(state, level)?,
        };
        Ok((Form::State, value))
    }
}
