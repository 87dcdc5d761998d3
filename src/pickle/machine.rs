//! The pickle machine: runs the opcodes of protocols 0 to 5 over a stack and a memo, as CPython's `_pickle.c`.
//!
//! It is our own because no crate reads what Python writes: lone surrogates, nested classes before protocol 4,
//! shared and cyclic values, all within limits that hold while it runs. Nothing is imported or called: a class is a
//! name, a call an [`Object`] with its arguments. Only what Python spells builtin values with is understood (see
//! [`Known`]).
//!
//! What it leaves is a graph: containers are filled after they were made and can be reached from anywhere. Values
//! without parts live in their [`Slot`], text and bytes as they are in the input, and the items of all containers in one
//! [`Arena`]; so most opcodes allocate nothing. Every opcode takes a bounded number of steps and makes at most two nodes,
//! but for calls that copy, which have a budget.

use std::borrow::Cow;

use super::imports::python3;
use super::{BigInt, DecodeError, Limits, PyValue, text};

/// The newest protocol.
const HIGHEST: u8 = 5;
/// Opcodes, per value that may come out. Python needs no more than seven for an empty instance in protocol 0.
const OPS_PER_VALUE: usize = 16;
/// Nodes, and values on the stack, per value that may come out.
const MADE_PER_VALUE: usize = 4;
/// Places for items, per value that may come out. A container that grows moves to another place, with room for twice its items:
/// with the places that it has left it takes up to four for each item. What is made of its items may be a copy.
const ITEMS_PER_VALUE: usize = 8;
/// How far beyond its entries the memo may be numbered. Python numbers it without gaps.
const MEMO_GAP: usize = 1024;
/// Bytes that calls may take, copied or not.
const COPIES: usize = 256 << 20;
/// What each item that a call takes counts for among them.
const ITEM: usize = 16;
/// Steps that integers in decimal may take, each the square of its digits.
const DIGITS: usize = 10_000_000_000;

/// A value: whole, or the number of its [`Node`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot<'i> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'i str),
    /// Text that is no UTF-8: it has surrogates, or is broken.
    OddText(Span),
    Bytes(&'i [u8]),
    Node(u32),
}

/// A place in the input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    len: u32,
}

impl Span {
    pub(super) fn of(self, input: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &input[start..start + self.len as usize]
    }
}

/// The items of all containers, side by side: most are so small that allocating each would take longer than filling it.
pub(super) struct Arena<'i>(Vec<Slot<'i>>);

/// A place in the [`Arena`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Items {
    start: usize,
    len: usize,
    /// How many fit before the place of another begins.
    room: usize,
}

impl Items {
    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Those after the first `count`.
    fn skip(self, count: usize) -> Items {
        Items { start: self.start + count, len: self.len - count, room: self.room - count }
    }
}

impl<'i> Arena<'i> {
    pub(super) fn of(&self, items: Items) -> &[Slot<'i>] {
        &self.0[items.start..items.start + items.len]
    }

    fn of_mut(&mut self, items: Items) -> &mut [Slot<'i>] {
        &mut self.0[items.start..items.start + items.len]
    }

    fn copy(&mut self, Items { start, len, .. }: Items) -> Items {
        let copy = Items { start: self.0.len(), len, room: len };
        self.0.extend_from_within(start..start + len);
        copy
    }

    /// Adds to the items of a container, which move where they have no room.
    fn extend(&mut self, items: &mut Items, more: &[Slot<'i>]) {
        let (end, len) = (items.start + items.len, items.len + more.len());
        if len <= items.room {
            self.0[end..end + more.len()].copy_from_slice(more);
            items.len = len;
            return;
        }
        begin(&mut self.0, 16);
        let mut start = items.start;
        if end != self.0.len() {
            start = self.0.len();
            self.0.extend_from_within(items.start..end);
        }
        self.0.extend_from_slice(more);
        // Most are filled once. What is filled again moves as seldom as a vector that doubles.
        let room = if start == items.start || items.len == 0 { len } else { 2 * len };
        self.0.resize(start + room, Slot::None);
        *items = Items { start, len, room };
    }
}

/// A value with parts, or one that is not in the input as it is.
pub(super) enum Node<'i> {
    List(Items),
    Tuple(Items),
    /// Keys and values in turn, repeated keys as they come.
    Dict(Items),
    Set(Items),
    FrozenSet(Items),
    /// Text in UTF-8, surrogates let through.
    Text(Vec<u8>),
    /// A string of Python 2: text where it is UTF-8, else bytes.
    Str2(Cow<'i, [u8]>),
    Bytes(Cow<'i, [u8]>),
    ByteArray(Cow<'i, [u8]>),
    BigInt(BigInt),
    Global(Name<'i>),
    Object(Box<Object<'i>>),
}

pub(super) struct Name<'i> {
    pub(super) module: Cow<'i, str>,
    pub(super) name: Cow<'i, str>,
}

/// What a class or function was called with, and what was then done with the result.
pub(super) struct Object<'i> {
    /// The number of a [`Node::Global`].
    pub(super) class: u32,
    pub(super) args: Items,
    /// Names and values in turn.
    pub(super) kwargs: Items,
    pub(super) state: Option<Slot<'i>>,
    pub(super) list_items: Items,
    /// Keys and values in turn.
    pub(super) dict_items: Items,
}

/// The builtin types and functions that Python spells values with.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Set,
    FrozenSet,
    Bytes,
    ByteArray,
    /// `_codecs.encode`: bytes before protocol 3.
    Encode,
    /// `copyreg._reconstructor`: instances before protocol 2.
    Reconstructor,
    /// `getattr`: nested classes before protocol 4.
    GetAttr,
}

impl Name<'_> {
    fn known(&self) -> Option<Known> {
        Some(match (&*self.module, &*self.name) {
            ("builtins" | "__builtin__", "set") => Known::Set,
            ("builtins" | "__builtin__", "frozenset") => Known::FrozenSet,
            ("builtins" | "__builtin__", "bytes") => Known::Bytes,
            ("builtins" | "__builtin__", "bytearray") => Known::ByteArray,
            ("builtins" | "__builtin__", "getattr") => Known::GetAttr,
            ("_codecs", "encode") => Known::Encode,
            ("copyreg" | "copy_reg", "_reconstructor") => Known::Reconstructor,
            _ => return None,
        })
    }
}

/// What a pickle built.
pub(super) struct Graph<'i> {
    pub(super) input: &'i [u8],
    pub(super) nodes: Vec<Node<'i>>,
    pub(super) arena: Arena<'i>,
    pub(super) root: Slot<'i>,
    /// Whether a node is in more places than one, so that it may be within itself.
    pub(super) shared: bool,
    /// Where the pickle ends in the input.
    pub(super) end: usize,
}

/// Runs the pickle at the start of the input.
pub(super) fn run<'i>(input: &'i [u8], limits: &Limits) -> Run<Graph<'i>> {
    if u32::try_from(input.len()).is_err() {
        return Err(Box::new(DecodeError::TooLarge { limit: u32::MAX as usize }));
    }
    let made = limits.nodes.saturating_mul(MADE_PER_VALUE);
    let ops = limits.nodes.saturating_mul(OPS_PER_VALUE);
    let items = limits.nodes.saturating_mul(ITEMS_PER_VALUE);
    let mut machine = Machine {
        input,
        pos: 0,
        op_start: 0,
        protocol: 0,
        nodes: Vec::new(),
        arena: Arena(Vec::new()),
        stack: Vec::with_capacity(16),
        marks: Vec::new(),
        memo: Vec::new(),
        memoized: 0,
        shared: false,
        copied: 0,
        digits: 0,
    };
    for done in 0..ops {
        machine.op_start = machine.pos;
        let op = machine.byte()?;
        if op == b'.' {
            let root = machine.pop()?;
            let Machine { nodes, arena, pos, shared, .. } = machine;
            return Ok(Graph { input, nodes, arena, root, shared, end: pos });
        }
        machine.step(op)?;
        // An opcode makes two nodes at most.
        let too_many = done >= made / 2 && (machine.nodes.len() > made || machine.stack.len() > made);
        if too_many || machine.arena.0.len() > items {
            break;
        }
    }
    Err(Box::new(DecodeError::TooManyValues { limit: limits.nodes }))
}

struct Machine<'i> {
    input: &'i [u8],
    pos: usize,
    op_start: usize,
    protocol: u8,
    nodes: Vec<Node<'i>>,
    arena: Arena<'i>,
    stack: Vec<Slot<'i>>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: Vec<Option<Slot<'i>>>,
    memoized: usize,
    /// Whether a node was named again.
    shared: bool,
    copied: usize,
    digits: usize,
}

/// Makes room for the first of a vector, which a small value may do without.
#[inline]
fn begin<T>(vec: &mut Vec<T>, room: usize) {
    if vec.capacity() == 0 {
        *vec = Vec::with_capacity(room);
    }
}

/// What nearly never goes wrong carries no more than a pointer to the error.
type Run<T = ()> = Result<T, Box<DecodeError>>;

impl<'i> Machine<'i> {
    #[inline]
    fn step(&mut self, op: u8) -> Run {
        match op {
            b'N' => self.stack.push(Slot::None),
            0x88 => self.stack.push(Slot::Bool(true)),
            0x89 => self.stack.push(Slot::Bool(false)),
            b'K' => {
                let value = self.byte()?;
                self.stack.push(Slot::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.array()?);
                self.stack.push(Slot::Int(value.into()));
            }
            b'J' => {
                let value = i32::from_le_bytes(self.array()?);
                self.stack.push(Slot::Int(value.into()));
            }
            0x8a => {
                let len = self.length::<1>()?;
                self.long(len)?;
            }
            0x8b => {
                let len = self.signed_length()?;
                self.long(len)?;
            }
            b'I' | b'L' | b'F' => self.number(op)?,
            b'G' => {
                let value = f64::from_be_bytes(self.array()?);
                self.stack.push(Slot::Float(value));
            }

            0x8c => self.text_of::<1>()?,
            b'X' => self.text_of::<4>()?,
            0x8d => self.text_of::<8>()?,
            b'V' => {
                let line = self.line()?;
                let text =
                    text::raw_unicode_escape(line).ok_or_else(|| self.broken("invalid UNICODE argument"))?;
                self.push_node(Node::Text(text));
            }
            b'S' => {
                let line = self.line()?;
                let text = text::quoted(line).ok_or_else(|| self.broken("invalid STRING argument"))?;
                self.push_node(Node::Str2(Cow::Owned(text)));
            }
            b'U' | b'T' => {
                let len = if op == b'U' { self.length::<1>()? } else { self.signed_length()? };
                let bytes = self.take(len)?;
                self.push_node(Node::Str2(Cow::Borrowed(bytes)));
            }
            b'C' => {
                let bytes = self.counted::<1>()?;
                self.stack.push(Slot::Bytes(bytes));
            }
            b'B' => {
                let bytes = self.counted::<4>()?;
                self.stack.push(Slot::Bytes(bytes));
            }
            0x8e => {
                let bytes = self.counted::<8>()?;
                self.stack.push(Slot::Bytes(bytes));
            }
            0x96 => {
                let len = self.length::<8>()?;
                let bytes = self.take(len)?;
                self.push_node(Node::ByteArray(Cow::Borrowed(bytes)));
            }
            0x97 => return Err(self.unsupported("out-of-band buffers")),
            0x98 => self.readonly()?,

            b']' => self.push_node(Node::List(Items::default())),
            b'}' => self.push_node(Node::Dict(Items::default())),
            b')' => self.push_node(Node::Tuple(Items::default())),
            0x8f => self.push_node(Node::Set(Items::default())),
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(op - 0x84))?;
                self.push_node(Node::Tuple(items));
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push_node(Node::Tuple(items));
            }
            b'l' => {
                let items = self.pop_to_mark()?;
                self.push_node(Node::List(items));
            }
            0x91 => {
                let items = self.pop_to_mark()?;
                self.push_node(Node::FrozenSet(items));
            }
            b'd' => {
                let items = self.pop_to_mark()?;
                if items.len % 2 != 0 {
                    return Err(self.broken("odd number of items for DICT"));
                }
                self.push_node(Node::Dict(items));
            }
            b'a' => {
                let start = self.stack.len().checked_sub(1).ok_or_else(|| self.underflow())?;
                self.append(start)?;
            }
            b'e' => {
                let start = self.mark()?;
                self.append(start)?;
            }
            b's' => {
                let start = self.stack.len().checked_sub(2).ok_or_else(|| self.underflow())?;
                self.set_items(start)?;
            }
            b'u' => {
                let start = self.mark()?;
                self.set_items(start)?;
            }
            0x90 => {
                let start = self.mark()?;
                self.add_items(start)?;
            }

            b'(' => {
                begin(&mut self.marks, 8);
                self.marks.push(self.stack.len());
            }
            b'0' => {
                // In CPython a POP right behind a MARK takes the mark.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            b'1' => {
                let start = self.mark()?;
                self.check_above_mark(start)?;
                self.stack.truncate(start);
            }
            b'2' => {
                let top = self.top()?;
                self.push_again(top);
            }
            0x94 => self.put(self.memoized)?,
            b'q' => {
                let index = self.length::<1>()?;
                self.put(index)?;
            }
            b'r' => {
                let index = self.length::<4>()?;
                self.put(index)?;
            }
            b'p' => {
                let index = self.index()?;
                self.put(index)?;
            }
            b'h' => {
                let index = self.length::<1>()?;
                self.get(index)?;
            }
            b'j' => {
                let index = self.length::<4>()?;
                self.get(index)?;
            }
            b'g' => {
                let index = self.index()?;
                self.get(index)?;
            }

            b'c' => {
                let (module, name) = (self.name()?, self.name()?);
                self.push_global(module, name);
            }
            0x93 => self.stack_global()?,
            b'R' => {
                let args = self.pop_tuple("REDUCE arguments must be a tuple")?;
                let callable = self.pop()?;
                let made = self.call(callable, args, Items::default())?;
                self.stack.push(made);
            }
            0x81 => {
                let args = self.pop_tuple("NEWOBJ arguments must be a tuple")?;
                let class = self.pop()?;
                let made = self.call(class, args, Items::default())?;
                self.stack.push(made);
            }
            0x92 => {
                let kwargs = self.pop_kwargs()?;
                let args = self.pop_tuple("NEWOBJ_EX arguments must be a tuple")?;
                let class = self.pop()?;
                let made = self.call(class, args, kwargs)?;
                self.stack.push(made);
            }
            b'o' => {
                let items = self.pop_to_mark()?;
                let class = *self.arena.of(items).first().ok_or_else(|| self.underflow())?;
                let made = self.call(class, items.skip(1), Items::default())?;
                self.stack.push(made);
            }
            b'i' => {
                let (module, name) = (self.name()?, self.name()?);
                let args = self.pop_to_mark()?;
                self.push_global(module, name);
                let class = self.pop()?;
                let made = self.call(class, args, Items::default())?;
                self.stack.push(made);
            }
            b'b' => self.build()?,

            0x80 => {
                self.protocol = self.byte()?;
                if self.protocol > HIGHEST {
                    return Err(self.unsupported("a protocol newer than 5"));
                }
            }
            // Frames say where a reader of files may read ahead.
            0x95 => {
                if self.length::<8>()? > self.input.len() - self.pos {
                    return Err(self.truncated());
                }
            }
            b'P' | b'Q' => return Err(self.unsupported("persistent ids")),
            0x82..=0x84 => return Err(self.unsupported("extension codes")),
            _ => return Err(self.broken("invalid opcode")),
        }
        Ok(())
    }

    // The input.

    #[inline]
    fn byte(&mut self) -> Run<u8> {
        let byte = *self.input.get(self.pos).ok_or_else(|| self.truncated())?;
        self.pos += 1;
        Ok(byte)
    }

    #[inline]
    fn take(&mut self, len: usize) -> Run<&'i [u8]> {
        let rest = &self.input[self.pos..];
        let bytes = rest.get(..len).ok_or_else(|| self.truncated())?;
        self.pos += len;
        Ok(bytes)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Run<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// A length or index of `N` bytes. One beyond all memory is beyond the input too.
    #[inline]
    fn length<const N: usize>(&mut self) -> Run<usize> {
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(self.take(N)?);
        Ok(usize::try_from(u64::from_le_bytes(bytes)).unwrap_or(usize::MAX))
    }

    fn signed_length(&mut self) -> Run<usize> {
        let len = i32::from_le_bytes(self.array()?);
        usize::try_from(len).map_err(|_| self.broken("negative length"))
    }

    /// Bytes behind their length of `N` bytes.
    #[inline]
    fn counted<const N: usize>(&mut self) -> Run<&'i [u8]> {
        let len = self.length::<N>()?;
        self.take(len)
    }

    #[inline]
    fn text_of<const N: usize>(&mut self) -> Run {
        let bytes = self.counted::<N>()?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.stack.push(Slot::Text(text)),
            // The input is no longer than a `u32`.
            Err(_) => {
                let start = (self.pos - bytes.len()) as u32;
                self.stack.push(Slot::OddText(Span { start, len: bytes.len() as u32 }));
            }
        }
        Ok(())
    }

    /// A line without its end.
    fn line(&mut self) -> Run<&'i [u8]> {
        let rest = &self.input[self.pos..];
        let len = rest.iter().position(|c| *c == b'\n').ok_or_else(|| self.truncated())?;
        self.pos += len + 1;
        Ok(&rest[..len])
    }

    fn index(&mut self) -> Run<usize> {
        let line = self.line()?;
        text::index(line).ok_or_else(|| self.broken("invalid memo index"))
    }

    /// A line that is a module or a name in one.
    fn name(&mut self) -> Run<Cow<'i, str>> {
        match std::str::from_utf8(self.line()?) {
            Ok("") => Err(self.broken("empty name")),
            Ok(name) => Ok(Cow::Borrowed(name)),
            Err(_) => Err(self.broken("invalid UTF-8 in name")),
        }
    }

    // The stack and the memo.

    /// Below this height the stack belongs to an outer mark.
    #[inline]
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    #[inline]
    fn top(&self) -> Run<Slot<'i>> {
        match self.stack.last() {
            Some(top) if self.stack.len() > self.floor() => Ok(*top),
            _ => Err(self.underflow()),
        }
    }

    #[inline]
    fn pop(&mut self) -> Run<Slot<'i>> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn mark(&mut self) -> Run<usize> {
        self.marks.pop().ok_or_else(|| self.broken("MARK not found"))
    }

    fn check_above_mark(&self, start: usize) -> Run {
        if start < self.floor() || start > self.stack.len() { Err(self.underflow()) } else { Ok(()) }
    }

    fn pop_to_mark(&mut self) -> Run<Items> {
        let start = self.mark()?;
        self.pop_from(start)
    }

    fn pop_many(&mut self, count: usize) -> Run<Items> {
        let start = self.stack.len().checked_sub(count).ok_or_else(|| self.underflow())?;
        self.pop_from(start)
    }

    fn pop_from(&mut self, start: usize) -> Run<Items> {
        self.check_above_mark(start)?;
        let mut items = Items::default();
        self.arena.extend(&mut items, &self.stack[start..]);
        self.stack.truncate(start);
        Ok(items)
    }

    fn push_node(&mut self, node: Node<'i>) {
        let slot = self.node(node);
        self.stack.push(slot);
    }

    /// There are fewer nodes than opcodes, and these fit a `u32`.
    fn node(&mut self, node: Node<'i>) -> Slot<'i> {
        begin(&mut self.nodes, 8);
        self.nodes.push(node);
        Slot::Node((self.nodes.len() - 1) as u32)
    }

    fn get_node(&self, slot: Slot<'i>) -> Option<&Node<'i>> {
        match slot {
            Slot::Node(id) => self.nodes.get(id as usize),
            _ => None,
        }
    }

    fn put(&mut self, index: usize) -> Run {
        let value = self.top()?;
        if index == self.memo.len() {
            let expected = ((self.input.len() - self.pos) / 8).clamp(4, 2048);
            begin(&mut self.memo, expected);
            self.memo.push(Some(value));
            self.memoized += 1;
            return Ok(());
        }
        if index > self.memo.len() {
            if index > MEMO_GAP + 2 * self.memoized {
                return Err(self.bomb("its memo has a gap"));
            }
            self.memo.resize(index + 1, None);
        }
        if self.memo[index].replace(value).is_none() {
            self.memoized += 1;
        }
        Ok(())
    }

    fn get(&mut self, index: usize) -> Run {
        let Some(Some(value)) = self.memo.get(index) else { return Err(self.broken("memo value not found")) };
        let value = *value;
        self.push_again(value);
        Ok(())
    }

    /// Pushes a value that is somewhere already.
    #[inline]
    fn push_again(&mut self, value: Slot<'i>) {
        self.shared |= matches!(value, Slot::Node(_));
        self.stack.push(value);
    }

    // Filling containers.

    /// The node that the items from `start` on go to, if there are any.
    fn target(&self, start: usize) -> Run<Option<u32>> {
        if start <= self.floor() || start > self.stack.len() {
            return Err(self.underflow());
        }
        match self.stack[start - 1] {
            _ if start == self.stack.len() => Ok(None),
            Slot::Node(id) => Ok(Some(id)),
            _ => Err(self.broken("cannot add to this value")),
        }
    }

    fn append(&mut self, start: usize) -> Run {
        let Some(target) = self.target(start)? else { return Ok(()) };
        let items = match &mut self.nodes[target as usize] {
            Node::List(items) => items,
            Node::Object(object) => &mut object.list_items,
            _ => return Err(self.broken("cannot append to this value")),
        };
        self.arena.extend(items, &self.stack[start..]);
        self.stack.truncate(start);
        Ok(())
    }

    fn add_items(&mut self, start: usize) -> Run {
        let Some(target) = self.target(start)? else { return Ok(()) };
        let items = match &mut self.nodes[target as usize] {
            Node::Set(items) => items,
            Node::Object(object) => &mut object.list_items,
            _ => return Err(self.broken("cannot add items to this value")),
        };
        self.arena.extend(items, &self.stack[start..]);
        self.stack.truncate(start);
        Ok(())
    }

    fn set_items(&mut self, start: usize) -> Run {
        let Some(target) = self.target(start)? else { return Ok(()) };
        if !(self.stack.len() - start).is_multiple_of(2) {
            return Err(self.broken("odd number of items for SETITEMS"));
        }
        match &mut self.nodes[target as usize] {
            Node::Dict(items) => self.arena.extend(items, &self.stack[start..]),
            Node::Object(object) => self.arena.extend(&mut object.dict_items, &self.stack[start..]),
            // `list[index] = value`
            Node::List(items) => {
                let list = self.arena.of_mut(*items);
                let set = self.stack[start..].chunks_exact(2).try_for_each(|pair| {
                    let index = match pair[0] {
                        Slot::Int(index) => index,
                        Slot::Bool(index) => index.into(),
                        _ => return None,
                    };
                    let from_end = if index < 0 { list.len() as i64 } else { 0 };
                    *list.get_mut(usize::try_from(index + from_end).ok()?)? = pair[1];
                    Some(())
                });
                set.ok_or_else(|| self.broken("list index out of range"))?;
            }
            _ => return Err(self.broken("cannot set items of this value")),
        }
        self.stack.truncate(start);
        Ok(())
    }

    // Numbers.

    /// An integer in two's complement, little end first.
    #[inline]
    fn long(&mut self, len: usize) -> Run {
        let bytes = self.take(len)?;
        if bytes.len() > 8 {
            let value = BigInt::from_signed_bytes_le(bytes);
            self.push_int(value);
            return Ok(());
        }
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut whole = [if negative { 0xff } else { 0 }; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        self.stack.push(Slot::Int(i64::from_le_bytes(whole)));
        Ok(())
    }

    fn number(&mut self, op: u8) -> Run {
        let line = self.line()?;
        if op == b'F' {
            let value = text::float(line).ok_or_else(|| self.broken("invalid float"))?;
            self.stack.push(Slot::Float(value));
            return Ok(());
        }
        match line {
            b"00" if op == b'I' => self.stack.push(Slot::Bool(false)),
            b"01" if op == b'I' => self.stack.push(Slot::Bool(true)),
            _ => {
                self.digits = self.digits.saturating_add(line.len().saturating_mul(line.len()));
                if self.digits > DIGITS {
                    return Err(self.bomb("it spells out long integers over and over"));
                }
                let digits = if op == b'L' { line.strip_suffix(b"L").unwrap_or(line) } else { line };
                let value = text::int(digits).ok_or_else(|| self.broken("invalid integer"))?;
                self.push_int(value);
            }
        }
        Ok(())
    }

    fn push_int(&mut self, value: BigInt) {
        match PyValue::int(value) {
            PyValue::BigInt(value) => self.push_node(Node::BigInt(value)),
            PyValue::Int(value) => self.stack.push(Slot::Int(value)),
            _ => {}
        }
    }

    // Names and calls.

    fn push_global(&mut self, module: Cow<'i, str>, name: Cow<'i, str>) {
        let mut global = Name { module, name };
        if self.protocol < 3 {
            let (module, name) = python3(&global.module, &global.name);
            if (module, name) != (&*global.module, &*global.name) {
                global = Name { module: Cow::Owned(module.to_owned()), name: Cow::Owned(name.to_owned()) };
            }
        }
        self.push_node(Node::Global(global));
    }

    fn stack_global(&mut self) -> Run {
        let (name, module) = (self.pop()?, self.pop()?);
        let (module, name) = (self.identifier(module)?, self.identifier(name)?);
        self.push_global(module, name);
        Ok(())
    }

    fn identifier(&mut self, slot: Slot<'i>) -> Run<Cow<'i, str>> {
        let name = match (slot, self.get_node(slot)) {
            (Slot::Text(name), _) => Some(Cow::Borrowed(name)),
            (_, Some(Node::Text(name))) => {
                std::str::from_utf8(name).ok().map(|name| Cow::Owned(name.to_owned()))
            }
            _ => None,
        };
        let name = name.ok_or_else(|| self.broken("STACK_GLOBAL requires str"))?;
        if let Cow::Owned(name) = &name {
            self.copy(name.len())?;
        }
        Ok(name)
    }

    /// The bytes of a text.
    fn text(&self, slot: Slot<'i>) -> Option<&[u8]> {
        match slot {
            Slot::Text(text) => Some(text.as_bytes()),
            Slot::OddText(span) => Some(span.of(self.input)),
            _ => match self.get_node(slot)? {
                Node::Text(text) => Some(text),
                _ => None,
            },
        }
    }

    /// The items of a tuple. It may be named again, but they stay as they are.
    fn pop_tuple(&mut self, wanted: &str) -> Run<Items> {
        let tuple = self.pop()?;
        let items = match self.get_node(tuple) {
            Some(Node::Tuple(items)) => *items,
            _ => return Err(self.broken(wanted)),
        };
        self.copy(items.len * ITEM)?;
        Ok(items)
    }

    /// The items of a dict. It may get more, but those it has stay as they are.
    fn pop_kwargs(&mut self) -> Run<Items> {
        let dict = self.pop()?;
        let items = match self.get_node(dict) {
            Some(Node::Dict(items)) => *items,
            _ => return Err(self.broken("NEWOBJ_EX keywords must be a dict")),
        };
        if self.arena.of(items).iter().step_by(2).any(|name| self.text(*name).is_none()) {
            return Err(self.broken("keywords must be strings"));
        }
        self.copy(items.len * ITEM)?;
        Ok(items)
    }

    fn copy(&mut self, bytes: usize) -> Run {
        self.copied = self.copied.saturating_add(bytes);
        if self.copied > COPIES {
            return Err(self.bomb("it copies the same values over and over"));
        }
        Ok(())
    }

    /// The same items in another place: those of a list or dict may change.
    fn copied(&mut self, items: Items) -> Run<Items> {
        self.copy(items.len * ITEM)?;
        Ok(self.arena.copy(items))
    }

    /// What comes of calling a class or function.
    fn call(&mut self, callable: Slot<'i>, args: Items, kwargs: Items) -> Run<Slot<'i>> {
        let known = match self.get_node(callable) {
            Some(Node::Global(global)) => global.known(),
            _ => return Err(self.unsupported("called value is not a class or function")),
        };
        let made = match known {
            Some(_) if !kwargs.is_empty() => None,
            Some(Known::Set) => self.items(args)?.map(Node::Set),
            Some(Known::FrozenSet) => self.items(args)?.map(Node::FrozenSet),
            Some(Known::Bytes) => self.bytes(args)?.map(Node::Bytes),
            Some(Known::ByteArray) if args.len == 2 => self.encoded(args)?.map(Node::ByteArray),
            Some(Known::ByteArray) => self.bytes(args)?.map(Node::ByteArray),
            Some(Known::Encode) => self.encoded(args)?.map(Node::Bytes),
            Some(Known::Reconstructor) => return self.reconstruct(args),
            Some(Known::GetAttr) => match self.attribute(args)? {
                Some(global) => Some(Node::Global(global)),
                None => Some(self.object(callable, args, kwargs)?),
            },
            None => Some(self.object(callable, args, kwargs)?),
        };
        let node = made.ok_or_else(|| self.unsupported("arguments of a builtin type"))?;
        Ok(self.node(node))
    }

    fn object(&self, class: Slot<'i>, args: Items, kwargs: Items) -> Run<Node<'i>> {
        let Slot::Node(class) = class else { return Err(self.broken("called value is not a class")) };
        let (list_items, dict_items) = (Items::default(), Items::default());
        Ok(Node::Object(Box::new(Object { class, args, kwargs, state: None, list_items, dict_items })))
    }

    /// `set(args)`
    fn items(&mut self, args: Items) -> Run<Option<Items>> {
        let items = match *self.arena.of(args) {
            [] => return Ok(Some(Items::default())),
            [container] => match self.get_node(container) {
                Some(Node::List(items) | Node::Tuple(items) | Node::Set(items) | Node::FrozenSet(items)) => {
                    *items
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.copied(items).map(Some)
    }

    /// `bytes(args)`
    fn bytes(&mut self, args: Items) -> Run<Option<Cow<'i, [u8]>>> {
        let bytes = match *self.arena.of(args) {
            [] => Cow::Borrowed(&b""[..]),
            [Slot::Bytes(bytes)] => Cow::Borrowed(bytes),
            [other] => match self.get_node(other) {
                Some(Node::Bytes(bytes) | Node::ByteArray(bytes) | Node::Str2(bytes)) => bytes.clone(),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        if let Cow::Owned(bytes) = &bytes {
            self.copy(bytes.len())?;
        }
        Ok(Some(bytes))
    }

    /// `codecs.encode(text, 'latin1')`
    fn encoded(&mut self, args: Items) -> Run<Option<Cow<'i, [u8]>>> {
        let [text, encoding] = *self.arena.of(args) else { return Ok(None) };
        let (Some(text), Some(b"latin1" | b"latin-1")) = (self.text(text), self.text(encoding)) else {
            return Ok(None);
        };
        let bytes: Option<Vec<u8>> = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect());
        let bytes = bytes.ok_or_else(|| self.broken("character out of range for latin-1"))?;
        self.copy(bytes.len())?;
        Ok(Some(Cow::Owned(bytes)))
    }

    /// `getattr(class, name)`, which is `class.name`. `None` for what is no class.
    fn attribute(&mut self, args: Items) -> Run<Option<Name<'i>>> {
        let [outer, name] = *self.arena.of(args) else { return Ok(None) };
        let Some(Node::Global(outer)) = self.get_node(outer) else { return Ok(None) };
        let name = match self.get_node(name) {
            Some(Node::Str2(name)) => Some(&**name),
            _ => self.text(name),
        };
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        let Some(name) = name.filter(|name| !name.is_empty() && !name.contains('.')) else { return Ok(None) };
        let global =
            Name { module: outer.module.clone(), name: Cow::Owned(format!("{}.{name}", outer.name)) };
        self.copy(global.module.len() + global.name.len())?;
        Ok(Some(global))
    }

    /// `copyreg._reconstructor(class, base, state)`: `base.__new__(class, state)`, which `list` and `dict` fill.
    fn reconstruct(&mut self, args: Items) -> Run<Slot<'i>> {
        let [class, base, state] = *self.arena.of(args) else {
            return Err(self.unsupported("arguments of a builtin type"));
        };
        let base = match (self.get_node(class), self.get_node(base)) {
            (Some(Node::Global(class)), Some(Node::Global(base))) if class.known().is_none() => {
                matches!(&*base.module, "builtins" | "__builtin__").then_some(&*base.name)
            }
            _ => return Err(self.unsupported("arguments of a builtin type")),
        };
        let (list_items, dict_items) = match (base, self.get_node(state)) {
            (Some("object"), _) => (Items::default(), Items::default()),
            (Some("list"), Some(Node::List(items))) => (*items, Items::default()),
            (Some("dict"), Some(Node::Dict(items))) => (Items::default(), *items),
            _ => return self.call(class, args.skip(2), Items::default()),
        };
        let (list_items, dict_items) = (self.copied(list_items)?, self.copied(dict_items)?);
        let mut node = self.object(class, Items::default(), Items::default())?;
        if let Node::Object(object) = &mut node {
            (object.list_items, object.dict_items) = (list_items, dict_items);
        }
        Ok(self.node(node))
    }

    /// Gives an instance its state. Other values only take an empty one.
    fn build(&mut self) -> Run {
        let state = self.pop()?;
        let target = self.top()?;
        if let Slot::Node(id) = target {
            match &mut self.nodes[id as usize] {
                Node::Object(object) => {
                    object.state = Some(state);
                    return Ok(());
                }
                Node::Global(_) => return Err(self.broken("cannot set the state of a class")),
                _ => {}
            }
        }
        let empty = |slot: &Slot| match self.get_node(*slot) {
            Some(Node::Dict(items)) => items.len == 0,
            _ => matches!(slot, Slot::None),
        };
        match self.get_node(state) {
            Some(Node::Tuple(items)) if items.len == 2 && self.arena.of(*items).iter().all(empty) => Ok(()),
            _ if matches!(state, Slot::None) => Ok(()),
            _ => Err(self.broken("cannot set the state of this value")),
        }
    }

    /// A `bytearray` that became `bytes`; the memo keeps the former.
    fn readonly(&mut self) -> Run {
        let top = self.top()?;
        let bytes = match self.get_node(top) {
            Some(Node::ByteArray(bytes)) => bytes.clone(),
            Some(Node::Bytes(_) | Node::Str2(_)) => return Ok(()),
            _ if matches!(top, Slot::Bytes(_)) => return Ok(()),
            _ => return Err(self.broken("READONLY_BUFFER needs bytes")),
        };
        self.copy(bytes.len())?;
        self.stack.pop();
        self.push_node(Node::Bytes(bytes));
        Ok(())
    }

    // Errors.

    #[cold]
    fn truncated(&self) -> Box<DecodeError> {
        Box::new(DecodeError::Truncated { offset: self.input.len() })
    }

    #[cold]
    fn broken(&self, message: &str) -> Box<DecodeError> {
        Box::new(DecodeError::Broken { message: message.to_owned(), offset: self.op_start })
    }

    #[cold]
    fn underflow(&self) -> Box<DecodeError> {
        self.broken("stack underflow")
    }

    #[cold]
    fn unsupported(&self, message: &str) -> Box<DecodeError> {
        Box::new(DecodeError::Unsupported { message: message.to_owned(), offset: self.op_start })
    }

    #[cold]
    fn bomb(&self, message: &str) -> Box<DecodeError> {
        Box::new(DecodeError::Bomb { message: message.to_owned(), offset: self.op_start })
    }
}
