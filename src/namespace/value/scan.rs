//! What running a pickle would cost, found before it is run.
//!
//! `deser-pickle` 0.10 runs a pickle to its end before it emits anything, and a hundred bytes can make that
//! take gigabytes: its memo grows to whatever index a pickle names, and calls copy their arguments, so one
//! large tuple called a thousand times is a thousand large tuples. This pass follows the opcodes with sizes
//! in place of values. It judges cost only: whatever else is wrong is left for the reader to report, and
//! where this pass cannot go on, neither can the reader.

use super::opcode::{argument, index};
use super::{DecodeError, Limits};

/// Opcodes that make a value, per value that comes out: an object is made of a class, arguments and itself.
const MADE_PER_VALUE: usize = 4;
/// All opcodes, per value that comes out.
const OPS_PER_VALUE: usize = 16;
/// Bytes calls may copy. Values worth that much exceed the other limits when they are emitted.
const COPIES: u64 = 256 << 20;
/// Steps integers in decimal may take to read, each the square of its length.
const DIGITS: u64 = 10_000_000_000;
/// The reader keeps an id of this many bytes for every item of a container.
const ID: u64 = 4;
/// Names of the globals the reader acts on, copying what is in their arguments. Others it only records.
const COPYING: [&[u8]; 6] = [b"set", b"frozenset", b"bytes", b"bytearray", b"encode", b"_reconstructor"];

/// A value, as far as its cost goes.
#[derive(Default)]
struct Sized {
    /// The bytes of text, or of the ids of items, that copying it takes.
    size: u64,
    /// The items of a tuple. Copying globals take at most three arguments.
    parts: [Option<usize>; 3],
    /// Whether this is a copying global, or text that could name one.
    copying: bool,
}

#[derive(Default)]
struct Scan {
    values: Vec<Sized>,
    stack: Vec<usize>,
    marks: Vec<usize>,
    memo: Vec<Option<usize>>,
    memoized: usize,
    ops: usize,
    copied: u64,
    digits: u64,
}

/// Fails if running the pickle could take much more memory or time than its values are worth.
pub(super) fn check(input: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    // Small values are the rule: room for them at once, not by doubling.
    let room = input.len().min(64);
    let mut scan = Scan {
        values: Vec::with_capacity(room),
        stack: Vec::with_capacity(room.min(16)),
        memo: Vec::with_capacity(room.min(32)),
        ..Scan::default()
    };
    let mut pos = 0;
    while let Some(argument) = argument(input, pos) {
        let (start, op) = (pos, input[pos]);
        pos = argument.end;
        let bomb = |message: &str| DecodeError::Bomb { message: message.to_owned(), offset: start };
        let text = &input[argument];
        if matches!(op, b'p' | b'q' | b'r') && index(op, text) > 1024 + 2 * scan.memoized {
            // Python numbers its memo without gaps.
            return Err(bomb("its memo has a gap"));
        }
        if op == b'.' || scan.step(op, text).is_none() {
            break;
        }
        if scan.values.len() > limits.nodes.saturating_mul(MADE_PER_VALUE)
            || scan.ops > limits.nodes.saturating_mul(OPS_PER_VALUE)
        {
            return Err(DecodeError::TooManyValues { limit: limits.nodes });
        }
        if scan.digits > DIGITS {
            return Err(bomb("it spells out long integers over and over"));
        }
        if scan.copied > COPIES {
            return Err(bomb("it copies the same values over and over"));
        }
    }
    Ok(())
}

impl Scan {
    /// Follows one opcode. `None` where the stack or memo lacks what it needs: the reader stops there too.
    fn step(&mut self, op: u8, text: &[u8]) -> Option<()> {
        self.ops += 1;
        match op {
            b'(' => self.marks.push(self.stack.len()),
            b'0' if self.marks.last() == Some(&self.stack.len()) => {
                self.marks.pop();
            }
            b'0' | b'b' => {
                self.stack.pop()?;
            }
            b'1' => {
                self.pop_mark()?;
            }
            b'2' => self.stack.push(*self.stack.last()?),
            0x80 | 0x95 => {}
            b'p' | b'q' | b'r' => self.put(index(op, text))?,
            0x94 => self.put(self.memoized)?,
            b'g' | b'h' | b'j' => {
                let value = *self.memo.get(index(op, text))?;
                self.stack.push(value?);
            }
            b']' | b'}' | 0x8f => self.push(Sized::default()),
            b')' => self.push(tuple(&[])),
            0x85..=0x87 => {
                let start = self.stack.len().checked_sub(usize::from(op - 0x84))?;
                self.push_tuple(start);
            }
            b't' => {
                let start = self.marks.pop()?;
                self.push_tuple(start);
            }
            b'l' | b'd' | 0x91 => {
                let size = ID * self.pop_mark()?.len() as u64;
                self.push(Sized { size, ..Sized::default() });
            }
            b'a' => self.fill(self.stack.len().checked_sub(1)?)?,
            b's' => self.fill(self.stack.len().checked_sub(2)?)?,
            b'e' | b'u' | 0x90 => {
                let start = self.marks.pop()?;
                self.fill(start)?;
            }
            b'R' | 0x81 | 0x92 => {
                if op == 0x92 {
                    let kwargs = self.stack.pop()?;
                    self.copied += self.values[kwargs].size;
                }
                let args = self.stack.pop()?;
                let callable = self.stack.pop()?;
                let parts = self.values[args].parts;
                self.copied += self.values[args].size;
                self.call(self.values[callable].copying, parts);
            }
            b'o' => {
                let items = self.pop_mark()?;
                let (callable, args) = items.split_first()?;
                self.call(self.values[*callable].copying, tuple(args).parts);
            }
            b'i' => {
                let args = self.pop_mark()?;
                self.call(names_copying(text), tuple(&args).parts);
            }
            0x93 => {
                let (name, module) = (self.stack.pop()?, self.stack.pop()?);
                self.copied += self.values[name].size + self.values[module].size;
                self.push(Sized { copying: self.values[name].copying, ..Sized::default() });
            }
            0x98 => {
                let size = self.values[self.stack.pop()?].size;
                self.copied += size;
                self.push(Sized { size, ..Sized::default() });
            }
            _ => {
                let size = text.len() as u64;
                if matches!(op, b'I' | b'L') {
                    self.digits = self.digits.saturating_add(size.saturating_mul(size));
                }
                self.push(Sized {
                    size,
                    // A text opcode can spell a name with escapes.
                    copying: names_copying(text) || text.contains(&b'\\'),
                    ..Sized::default()
                });
            }
        }
        Some(())
    }

    fn push(&mut self, value: Sized) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn push_tuple(&mut self, start: usize) {
        let value = tuple(self.stack.get(start..).unwrap_or_default());
        self.stack.truncate(start);
        self.push(value);
    }

    fn pop_mark(&mut self) -> Option<Vec<usize>> {
        let start = self.marks.pop()?;
        (start <= self.stack.len()).then(|| self.stack.split_off(start))
    }

    /// Moves what is on the stack from `start` on into the container below it.
    fn fill(&mut self, start: usize) -> Option<()> {
        let items = self.stack.len().checked_sub(start)?;
        self.stack.truncate(start);
        self.values[*self.stack.last()?].size += ID * items as u64;
        Some(())
    }

    fn put(&mut self, index: usize) -> Option<()> {
        let value = *self.stack.last()?;
        if index >= self.memo.len() {
            self.memo.resize(index + 1, None);
        }
        if self.memo[index].replace(value).is_none() {
            self.memoized += 1;
        }
        Some(())
    }

    fn call(&mut self, copying: bool, parts: [Option<usize>; 3]) {
        let mut size = 0;
        if copying {
            let parts = parts.iter().flatten();
            size = parts.map(|part| self.values[*part].size).sum();
        }
        self.copied += size;
        self.push(Sized { size, ..Sized::default() });
    }
}

fn tuple(items: &[usize]) -> Sized {
    let mut parts = [None; 3];
    for (part, item) in parts.iter_mut().zip(items) {
        *part = Some(*item);
    }
    Sized { size: ID * items.len() as u64, parts, copying: false }
}

/// Whether the text, or the last line of it, is the name of a global that copies.
fn names_copying(text: &[u8]) -> bool {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let name = text.rsplit(|c| *c == b'\n').next().unwrap_or(text);
    COPYING.contains(&name)
}
