//! The rows of a dump in the order of their keys, whatever its size: parts that fit into memory are sorted and written one
//! behind the other into a file without a name, and merged as they are read again.

use super::row::Row;
use crate::cli::commands::restore::line::Lines;
use cacheme::ops::KeyState;
use cacheme::{Error, Result};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::rc::Rc;

/// Bytes of rows that are held in memory.
const HELD: usize = 2 << 20;

/// What a row takes beside its bytes, about.
const ROW: usize = 64;

/// Of each part so much is read at once.
const READ: usize = 4 << 10;

/// A key, the number of its line, and its row.
type SortedRow = (Vec<u8>, u64, Vec<u8>);

/// The rows of a dump, by their keys. Of a key that stands there twice the later row counts.
pub struct Sorted {
    parts: Vec<Part>,
    /// The next row of each part, the least first.
    next: BinaryHeap<Reverse<(SortedRow, usize)>>,
    folder: std::path::PathBuf,
}

enum Part {
    Held(std::vec::IntoIter<SortedRow>),
    Written(BufReader<Range>),
}

impl Sorted {
    /// Reads a dump, whose rows are shown to `see`. What does not fit into memory is written into `folder`.
    pub fn read(lines: &mut Lines, folder: &Path, mut see: impl FnMut(&Row)) -> Result<Self> {
        let failed = |source| failed(folder, source);
        let (mut parts, mut held, mut bytes, mut at) = (Vec::new(), Vec::new(), 0, 0);
        let mut file: Option<Rc<File>> = None;
        loop {
            let read = lines.next_with_state().transpose()?;
            let is_end = read.is_none();
            if let Some((key, state)) = read {
                let state = state.unwrap_or(if key.marked { KeyState::Pending } else { KeyState::Live });
                let row = Row::of_value(key, state);
                see(&row);
                let packed = row.pack();
                bytes += row.key.key.len() + packed.len() + ROW;
                held.push((row.key.key, row.key.line, packed));
            }
            // The rest goes the way of the others: its room is for the other side.
            if bytes >= HELD || (is_end && file.is_some()) {
                let file = match &file {
                    Some(file) => file,
                    None => file.insert(Rc::new(tempfile::tempfile_in(folder).map_err(failed)?)),
                };
                let written = write(file, &mut held).map_err(failed)?;
                let range = Range { file: Rc::clone(file), at, end: at + written };
                parts.push(Part::Written(BufReader::with_capacity(READ, range)));
                at += written;
                bytes = 0;
            }
            if is_end {
                break;
            }
        }
        held.sort_unstable();
        parts.push(Part::Held(held.into_iter()));
        let mut sorted = Self { parts, next: BinaryHeap::new(), folder: folder.to_owned() };
        (0..sorted.parts.len()).try_for_each(|part| sorted.refill(part))?;
        Ok(sorted)
    }

    fn refill(&mut self, part: usize) -> Result<()> {
        let row = match &mut self.parts[part] {
            Part::Held(rows) => rows.next(),
            Part::Written(reader) => read(reader).map_err(|source| failed(&self.folder, source))?,
        };
        self.next.extend(row.map(|row| Reverse((row, part))));
        Ok(())
    }

    fn pop(&mut self) -> Result<Option<SortedRow>> {
        let Some(Reverse((row, part))) = self.next.pop() else { return Ok(None) };
        self.refill(part)?;
        Ok(Some(row))
    }
}

impl Iterator for Sorted {
    type Item = Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = match self.pop().transpose()? {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        while self.next.peek().is_some_and(|Reverse(((key, ..), _))| *key == row.0) {
            match self.pop().transpose()? {
                Ok(next) => row = next,
                Err(error) => return Some(Err(error)),
            }
        }
        let (_, _, packed) = row;
        // The disk has lost a part of it.
        Some(Row::unpack(&packed).ok_or_else(|| failed(&self.folder, io::ErrorKind::InvalidData.into())))
    }
}

fn failed(folder: &Path, source: io::Error) -> Error {
    Error::Input { path: folder.display().to_string(), source: source.into() }
}

fn write(file: &File, rows: &mut Vec<SortedRow>) -> io::Result<u64> {
    rows.sort_unstable();
    let (mut writer, mut written) = (BufWriter::with_capacity(64 << 10, file), 0);
    for (key, number, line) in rows.drain(..) {
        for bytes in [&key, &line] {
            writer.write_all(&(bytes.len() as u64).to_le_bytes())?;
            writer.write_all(bytes)?;
        }
        writer.write_all(&number.to_le_bytes())?;
        written += (3 * 8 + key.len() + line.len()) as u64;
    }
    writer.flush()?;
    Ok(written)
}

fn read(reader: &mut impl BufRead) -> io::Result<Option<SortedRow>> {
    if reader.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let key = bytes(reader)?;
    let line = bytes(reader)?;
    Ok(Some((key, number(reader)?, line)))
}

fn bytes(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(number(reader)?).unwrap_or(usize::MAX)];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn number(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

/// A part of a file that several read from.
struct Range {
    file: Rc<File>,
    at: u64,
    end: u64,
}

impl Read for Range {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(&mut buffer[..left], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
