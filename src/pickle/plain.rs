//! A pickle of plain data in one pass: most of what is cached is no more than that.
//!
//! Reads `None`, `bool`, small `int`, `float`, `str`, `bytes`, and `list`, `tuple` and `dict` of these, as Python
//! writes them since protocol 2. Whatever else a pickle holds, names twice or breaks, and whatever exceeds a limit,
//! is left to the full [reader](super::read), which also has the reasons. What both read, they read alike.

use super::{Limits, MAX_DEPTH, PyValue};
use std::ops::Range;

/// The value, where it is plain.
pub(super) fn read(input: &[u8], limits: &Limits) -> Option<PyValue> {
    let mut rest = input.strip_prefix(&[0x80])?;
    if take(&mut rest, 1)?[0] > 5 {
        return None;
    }
    let depth = limits.depth.min(MAX_DEPTH);
    let mut stack = Stack { values: Vec::with_capacity(16), marks: Vec::new(), memo: Vec::new(), depth };
    // The bytes of text count against the limit of output. Each stands in the input once, or is counted when it is named.
    let mut output = input.len();
    let mut nodes = 0;
    loop {
        let op = take(&mut rest, 1)?[0];
        nodes += 1;
        if nodes > limits.nodes || output > limits.output {
            return None;
        }
        match op {
            b'N' => stack.push(PyValue::None),
            0x88 => stack.push(PyValue::Bool(true)),
            0x89 => stack.push(PyValue::Bool(false)),
            b'K' => stack.push(PyValue::Int(take(&mut rest, 1)?[0].into())),
            b'M' => stack.push(PyValue::Int(u16::from_le_bytes(array(&mut rest)?).into())),
            b'J' => stack.push(PyValue::Int(i32::from_le_bytes(array(&mut rest)?).into())),
            0x8a => {
                let len = length::<1>(&mut rest)?;
                stack.push(PyValue::Int(int(take(&mut rest, len)?)?));
            }
            b'G' => stack.push(PyValue::Float(f64::from_be_bytes(array(&mut rest)?))),
            b'X' | 0x8c => {
                let len = if op == b'X' { length::<4>(&mut rest)? } else { length::<1>(&mut rest)? };
                let start = input.len() - rest.len();
                let text = std::str::from_utf8(take(&mut rest, len)?).ok()?;
                stack.push(PyValue::Str(text.to_owned()));
                stack.memoize(&mut rest, Some(start..start + len))?;
            }
            b'B' | b'C' => {
                let len = if op == b'B' { length::<4>(&mut rest)? } else { length::<1>(&mut rest)? };
                stack.push(PyValue::Bytes(take(&mut rest, len)?.to_vec()));
            }
            b']' => stack.push_at(1, PyValue::List(Vec::new()))?,
            b'}' => stack.push_at(1, PyValue::Dict(Vec::new()))?,
            b')' => stack.push_at(1, PyValue::Tuple(Vec::new()))?,
            0x85..=0x87 => {
                let start = stack.values.len().checked_sub(usize::from(op - 0x84))?;
                stack.tuple(start)?;
            }
            b'(' => stack.marks.push(stack.values.len()),
            b't' => {
                let start = stack.marks.pop()?;
                stack.tuple(start)?;
            }
            b'a' => stack.fill_list(stack.values.len().checked_sub(1)?)?,
            b'e' => {
                let start = stack.marks.pop()?;
                stack.fill_list(start)?;
            }
            b's' => stack.fill_dict(stack.values.len().checked_sub(2)?)?,
            b'u' => {
                let start = stack.marks.pop()?;
                stack.fill_dict(start)?;
            }
            b'q' | b'r' | 0x94 => {
                rest = &input[input.len() - rest.len() - 1..];
                stack.memoize(&mut rest, None)?;
            }
            b'h' | b'j' => {
                let index = if op == b'h' { length::<1>(&mut rest)? } else { length::<4>(&mut rest)? };
                let text = &input[stack.memo.get(index)?.clone()?];
                output = output.checked_add(text.len())?;
                stack.push(PyValue::Str(std::str::from_utf8(text).ok()?.to_owned()));
            }
            0x95 => {
                if length::<8>(&mut rest)? > rest.len() {
                    return None;
                }
            }
            b'.' => return stack.only(),
            _ => return None,
        }
    }
}

struct Stack {
    /// Values, each with the levels of containers in it.
    values: Vec<(usize, PyValue)>,
    marks: Vec<usize>,
    /// Where the texts stand that may be named again; `None` for what is no text.
    memo: Vec<Option<Range<usize>>>,
    /// The deepest nesting allowed.
    depth: usize,
}

impl Stack {
    fn push(&mut self, value: PyValue) {
        self.values.push((0, value));
    }

    fn push_at(&mut self, depth: usize, value: PyValue) -> Option<()> {
        self.values.push((depth, value));
        (depth <= self.depth).then_some(())
    }

    /// Follows an opcode that puts the newest value in the memo, if one is next. Python numbers without gaps.
    fn memoize(&mut self, rest: &mut &[u8], text: Option<Range<usize>>) -> Option<()> {
        let mut after = *rest;
        let index = match take(&mut after, 1)?[0] {
            0x94 => self.memo.len(),
            b'q' => length::<1>(&mut after)?,
            b'r' => length::<4>(&mut after)?,
            _ => return Some(()),
        };
        *rest = after;
        let top = self.values.len() > self.marks.last().copied().unwrap_or_default();
        (index == self.memo.len() && top).then(|| self.memo.push(text))
    }

    /// What is on the stack from `start` on, above the newest mark that is left, and the levels it has.
    fn split(&mut self, start: usize) -> Option<(usize, std::vec::Drain<'_, (usize, PyValue)>)> {
        if start < self.marks.last().copied().unwrap_or_default() || start > self.values.len() {
            return None;
        }
        let deepest = self.values[start..].iter().map(|(depth, _)| *depth).max().unwrap_or_default();
        Some((deepest + 1, self.values.drain(start..)))
    }

    fn tuple(&mut self, start: usize) -> Option<()> {
        let (depth, items) = self.split(start)?;
        let items = items.map(|(_, item)| item).collect();
        self.push_at(depth, PyValue::Tuple(items))
    }

    fn fill_list(&mut self, start: usize) -> Option<()> {
        let mut target = self.take_below(start)?;
        let PyValue::List(list) = &mut target.1 else { return None };
        let (depth, items) = self.split(start)?;
        list.extend(items.map(|(_, item)| item));
        self.put_back(target, depth)
    }

    fn fill_dict(&mut self, start: usize) -> Option<()> {
        let mut target = self.take_below(start)?;
        let PyValue::Dict(entries) = &mut target.1 else { return None };
        let (depth, mut items) = self.split(start)?;
        if items.len() % 2 != 0 {
            return None;
        }
        entries.reserve(items.len() / 2);
        while let (Some((_, key)), Some((_, value))) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        drop(items);
        self.put_back(target, depth)
    }

    /// The container below `start`; its place stays.
    fn take_below(&mut self, start: usize) -> Option<(usize, PyValue)> {
        let at = start.checked_sub(1).filter(|at| *at >= self.marks.last().copied().unwrap_or_default())?;
        Some(std::mem::replace(self.values.get_mut(at)?, (0, PyValue::None)))
    }

    fn put_back(&mut self, (own, value): (usize, PyValue), depth: usize) -> Option<()> {
        let depth = own.max(depth);
        *self.values.last_mut()? = (depth, value);
        (depth <= self.depth).then_some(())
    }

    fn only(mut self) -> Option<PyValue> {
        let value = self.values.pop()?.1;
        (self.values.is_empty() && self.marks.is_empty()).then_some(value)
    }
}

fn take<'i>(rest: &mut &'i [u8], len: usize) -> Option<&'i [u8]> {
    let (bytes, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(bytes)
}

fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    take(rest, N)?.try_into().ok()
}

/// A length of `N` bytes.
fn length<const N: usize>(rest: &mut &[u8]) -> Option<usize> {
    let mut bytes = [0; 8];
    bytes[..N].copy_from_slice(take(rest, N)?);
    usize::try_from(u64::from_le_bytes(bytes)).ok()
}

/// An integer in two's complement of at most eight bytes.
fn int(bytes: &[u8]) -> Option<i64> {
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut whole = [if negative { 0xff } else { 0 }; 8];
    whole.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i64::from_le_bytes(whole))
}
