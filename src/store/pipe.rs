//! Commands on their way to the server, encoded once, each argument copied once.

use std::ops::Range;

/// A pipeline: commands in the order they are sent.
#[derive(Debug, Default)]
pub struct Pipe {
    bytes: Vec<u8>,
    commands: Vec<Sent>,
}

/// What is needed to name a command in an error.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) name: &'static str,
    /// Where the key it is about stands in the pipeline's bytes.
    key: Range<usize>,
}

impl Pipe {
    /// An empty pipeline.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty pipeline with room for so many bytes and commands.
    pub(crate) fn with_capacity(bytes: usize, commands: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), commands: Vec::with_capacity(commands) }
    }

    /// Adds one command. `name` may hold a subcommand behind a space (`CLIENT SETNAME`).
    pub fn push(&mut self, name: &'static str, args: &[&[u8]]) {
        self.push_all(name, &[], args.iter().copied());
    }

    /// Adds one command whose arguments end in a list.
    pub fn push_all<'a>(
        &mut self,
        name: &'static str,
        head: &[&'a [u8]],
        tail: impl IntoIterator<Item = &'a [u8], IntoIter: ExactSizeIterator>,
    ) {
        let tail = tail.into_iter();
        let words = name.split(' ').count();
        self.header(b'*', words + head.len() + tail.len());
        for word in name.split(' ') {
            self.bulk(word.as_bytes());
        }
        let mut key = 0..0;
        let place = key_place(name);
        for (at, arg) in head.iter().copied().chain(tail).enumerate() {
            let from = self.bulk(arg);
            if place == Some(at) {
                key = from..from + arg.len();
            }
        }
        self.commands.push(Sent { name, key });
    }

    /// How many commands it holds.
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.commands.clear();
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn commands(&self) -> &[Sent] {
        &self.commands
    }

    /// The key a command is about, where it is about one.
    pub(super) fn key_of(&self, sent: &Sent) -> Option<&[u8]> {
        Some(&self.bytes[sent.key.clone()]).filter(|key| !key.is_empty())
    }

    /// Adds an argument and tells where its bytes begin.
    fn bulk(&mut self, arg: &[u8]) -> usize {
        self.header(b'$', arg.len());
        let from = self.bytes.len();
        self.bytes.extend_from_slice(arg);
        self.bytes.extend_from_slice(b"\r\n");
        from
    }

    /// A length, in digits put together by hand: going through `fmt` took a third of the time of a pipeline.
    fn header(&mut self, kind: u8, length: usize) {
        let mut line = [0; 23];
        let (mut at, mut rest) = (line.len() - 2, length);
        line[at..].copy_from_slice(b"\r\n");
        loop {
            at -= 1;
            line[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        at -= 1;
        line[at] = kind;
        self.bytes.extend_from_slice(&line[at..]);
    }
}

/// Which argument is the key. AUTH has none: its arguments are secrets and never become part of an error.
fn key_place(name: &str) -> Option<usize> {
    match name {
        "EVAL" => Some(2),
        "AUTH" | "SELECT" | "SCAN" | "INFO" | "CLIENT SETNAME" | "CLIENT NO-TOUCH" | "SCRIPT EXISTS" => None,
        _ => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_encoded_as_redis_reads_them() {
        let mut pipe = Pipe::new();
        pipe.push("CLIENT SETNAME", &[b"x"]);
        pipe.push_all("SADD", &[b"k"], [&b"a"[..], b"\r\n"]);
        assert_eq!(
            pipe.bytes(),
            b"*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$1\r\nx\r\n*4\r\n$4\r\nSADD\r\n$1\r\nk\r\n$1\r\na\r\n$2\r\n\r\n\r\n"
        );
        assert_eq!(pipe.len(), 2);
    }

    #[test]
    fn lengths_of_any_size_are_written_in_full() {
        for length in [0, 9, 10, 12_345, usize::MAX] {
            let mut pipe = Pipe::new();
            pipe.header(b'$', length);
            assert_eq!(pipe.bytes(), format!("${length}\r\n").as_bytes());
        }
    }
}
