//! How long opcodes are: enough to walk a pickle without running it.

use std::ops::Range;

/// Whether opcodes of their full lengths lead to a STOP. Where not, no unpickler reads the bytes.
pub(super) fn reaches_stop(input: &[u8]) -> bool {
    let mut pos = 0;
    while let Some(argument) = argument(input, pos) {
        if input[pos] == b'.' {
            return true;
        }
        pos = argument.end;
    }
    false
}

/// What follows an opcode.
enum Arg {
    Bytes(usize),
    Lines(usize),
    /// As many bytes as a length of this many bytes says.
    Counted(usize),
}

/// Where the argument of the opcode at `pos` is, without its length. The next opcode is at its end.
///
/// `None` for an opcode that does not exist or is cut short.
pub(super) fn argument(input: &[u8], pos: usize) -> Option<Range<usize>> {
    let start = pos + 1;
    let (start, len) = match kind(*input.get(pos)?)? {
        Arg::Bytes(len) => (start, len),
        Arg::Lines(count) => {
            let mut len = 0;
            for _ in 0..count {
                let rest = input.get(start + len..)?;
                len += rest.iter().position(|c| *c == b'\n')? + 1;
            }
            (start, len)
        }
        Arg::Counted(size) => {
            let claimed = input.get(start..start + size)?;
            let len = claimed
                .iter()
                .rev()
                .try_fold(0usize, |len, c| len.checked_mul(256)?.checked_add(usize::from(*c)))?;
            (start + size, len)
        }
    };
    let end = start.checked_add(len)?;
    (end <= input.len()).then_some(start..end)
}

fn kind(op: u8) -> Option<Arg> {
    Some(match op {
        b'.'
        | b'('
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | 0x88
        | 0x89
        | b'Q'
        | b'R'
        | b'a'
        | b'b'
        | b'd'
        | b'}'
        | b'e'
        | b'l'
        | b']'
        | b'o'
        | b's'
        | b't'
        | b')'
        | b'u'
        | 0x81
        | 0x85
        | 0x86
        | 0x87
        | 0x8f..=0x94
        | 0x97
        | 0x98 => Arg::Bytes(0),
        b'K' | b'q' | b'h' | 0x80 | 0x82 => Arg::Bytes(1),
        b'M' | 0x83 => Arg::Bytes(2),
        b'J' | b'r' | b'j' | 0x84 => Arg::Bytes(4),
        b'G' | 0x95 => Arg::Bytes(8),
        b'I' | b'L' | b'F' | b'S' | b'V' | b'P' | b'p' | b'g' => Arg::Lines(1),
        b'c' | b'i' => Arg::Lines(2),
        b'U' | b'C' | 0x8a | 0x8c => Arg::Counted(1),
        b'T' | b'X' | b'B' | 0x8b => Arg::Counted(4),
        0x8d | 0x8e | 0x96 => Arg::Counted(8),
        _ => return None,
    })
}
