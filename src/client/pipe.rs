//! Commands on their way to the server, encoded once, each argument copied once.

use super::command::{self, Command, Repeat};
use super::reply::is_wrong_type;
use super::script::Script;
use crate::client::slot::slot;
use crate::error::Result;
use redis::Value;
use std::ops::Range;

/// A pipeline: commands in the order they are sent.
#[derive(Debug, Clone, Default)]
pub struct Pipe {
    bytes: Vec<u8>,
    commands: Vec<Sent>,
    /// Places before which everything queued earlier has to be answered, and not refused.
    barriers: Vec<usize>,
    /// Whether a command that is not answered is no other's trouble.
    pub(super) is_separate: bool,
}

/// A command in a pipeline.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) command: Command,
    /// Where it stands in the pipeline's bytes.
    pub(super) bytes: Range<usize>,
    /// Where the key it is about stands in the pipeline's bytes.
    key: Range<usize>,
    /// Where the cursor of a scan stands.
    cursor: Range<usize>,
    /// Whether it may be sent again when its answer was lost.
    pub(super) repeat: Repeat,
    /// Whether whoever queued it takes a key of another type for an answer like another.
    any_type: bool,
    /// The slot of a cluster it belongs to, where its key does not tell.
    slot: Option<u16>,
}

impl Sent {
    pub(super) fn name(&self) -> &'static str {
        self.command.name()
    }

    /// Whether this answer to it keeps what stands behind a barrier from being sent.
    pub(super) fn holds_back(&self, answer: &Result<Value>) -> bool {
        let Ok(answer) = answer else { return true };
        let refused = self.repeat != Repeat::Freely && matches!(answer, Value::ServerError(_));
        refused && !(self.any_type && is_wrong_type(answer))
    }
}

impl Pipe {
    /// An empty pipeline.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty pipeline with room for so many bytes and commands.
    pub(crate) fn with_capacity(bytes: usize, commands: usize) -> Self {
        let (bytes, commands) = (Vec::with_capacity(bytes), Vec::with_capacity(commands));
        Self { bytes, commands, ..Self::default() }
    }

    /// Adds one command.
    pub fn push(&mut self, command: Command, args: &[&[u8]]) {
        self.push_all(command, &[], args.iter().copied());
    }

    /// Adds one command whose arguments end in a list.
    pub fn push_all<'a>(
        &mut self,
        command: Command,
        head: &[&'a [u8]],
        tail: impl IntoIterator<Item = &'a [u8], IntoIter: ExactSizeIterator>,
    ) {
        let tail = tail.into_iter();
        let words = || command.name.split(' ');
        let start = self.bytes.len();
        self.header(b'*', words().count() + head.len() + tail.len());
        for word in words() {
            self.bulk(word.as_bytes());
        }
        let (mut key, mut cursor) = (0..0, 0..0);
        for (at, arg) in head.iter().copied().chain(tail).enumerate() {
            let from = self.bulk(arg);
            if command.key == Some(at) {
                key = from..from + arg.len();
            }
            if command.cursor == Some(at) {
                cursor = from..from + arg.len();
            }
        }
        let bytes = start..self.bytes.len();
        self.commands.push(Sent {
            command,
            bytes,
            key,
            cursor,
            repeat: command.repeat,
            any_type: false,
            slot: None,
        });
    }

    /// Adds a script. Running one twice does no more than running it once, so it may be sent again.
    pub(crate) fn script<'a>(
        &mut self,
        script: &Script,
        keys: impl IntoIterator<Item = &'a [u8]>,
        args: impl IntoIterator<Item = &'a [u8]>,
    ) {
        let mut tail: Vec<_> = keys.into_iter().collect();
        let keys = tail.len().to_string();
        tail.extend(args);
        self.push_all(command::EVAL, &[script.as_bytes(), keys.as_bytes()], tail);
        self.may_repeat();
    }

    /// Adds a command without arguments that belongs where a key is (the ends of a transaction).
    pub(crate) fn push_keyed(&mut self, command: Command, key: &[u8]) {
        self.push(command, &[]);
        if let Some(last) = self.commands.last_mut() {
            last.slot = Some(slot(key));
        }
    }

    /// Says that the write queued last does no more when it is sent twice: it may be, when its answer was lost.
    pub(crate) fn may_repeat(&mut self) {
        // What a dry run sends in its place only reads.
        if let Some(last) = self.commands.last_mut().filter(|last| last.repeat != Repeat::Freely) {
            last.repeat = Repeat::Recount;
        }
    }

    /// Says that the command queued last may find a key of another type: what stands behind a barrier is sent all the
    /// same. Whoever reads its answer lets that pass as well.
    pub(crate) fn may_find_any_type(&mut self) {
        if let Some(last) = self.commands.last_mut() {
            last.any_type = true;
        }
    }

    /// In a cluster, what is queued from here on waits until everything before was answered, and is not sent where some
    /// of that was refused (a key of another type is no refusal to [who may find one](Self::may_find_any_type)). One
    /// server carries commands out in their order, also behind a refusal: what must not be done then is a pipeline of its
    /// own.
    pub(crate) fn barrier(&mut self) {
        if !self.commands.is_empty() {
            self.barriers.push(self.commands.len());
        }
    }

    /// In a cluster, a command whose server gives no answer has that for an answer, and the others have theirs. Otherwise none
    /// has one then. What stands behind a barrier is not sent.
    pub(crate) fn separately(&mut self) {
        self.is_separate = true;
    }

    /// Adds the commands of another pipeline.
    pub(crate) fn append(&mut self, other: &Self) {
        let (bytes, commands) = (self.bytes.len(), self.commands.len());
        let moved = |range: &Range<usize>| range.start + bytes..range.end + bytes;
        self.bytes.extend_from_slice(&other.bytes);
        self.commands.extend(other.commands.iter().map(|sent| Sent {
            bytes: moved(&sent.bytes),
            key: moved(&sent.key),
            cursor: moved(&sent.cursor),
            ..sent.clone()
        }));
        self.barriers.extend(other.barriers.iter().map(|at| at + commands));
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
        self.barriers.clear();
        self.is_separate = false;
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

    /// The slot of a cluster that a command belongs to, where it is about one.
    pub(super) fn slot_of(&self, sent: &Sent) -> Option<u16> {
        sent.slot.or_else(|| self.key_of(sent).map(slot))
    }

    /// The cursor of a command that scans.
    pub(super) fn cursor_of(&self, sent: &Sent) -> Option<&[u8]> {
        Some(&self.bytes[sent.cursor.clone()]).filter(|cursor| !cursor.is_empty())
    }

    /// The bytes of one command, with another cursor.
    pub(super) fn with_cursor(&self, sent: &Sent, cursor: &[u8], into: &mut Vec<u8>) {
        // The cursor's own length stands in front of it, between two line ends.
        let length = format!("${}\r\n", sent.cursor.len()).len();
        into.extend_from_slice(&self.bytes[sent.bytes.start..sent.cursor.start - length]);
        into.extend_from_slice(format!("${}\r\n", cursor.len()).as_bytes());
        into.extend_from_slice(cursor);
        into.extend_from_slice(&self.bytes[sent.cursor.end..sent.bytes.end]);
    }

    pub(super) fn barriers(&self) -> &[usize] {
        &self.barriers
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_encoded_as_redis_reads_them() {
        let mut pipe = Pipe::new();
        pipe.push(command::CLIENT_SETNAME, &[b"x"]);
        pipe.push_all(command::SADD, &[b"k"], [&b"a"[..], b"\r\n"]);
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

    #[test]
    fn a_cursor_is_replaced_and_nothing_else() {
        let mut pipe = Pipe::new();
        pipe.push(command::PING, &[]);
        pipe.push(command::SSCAN, &[b"k", b"12@1", b"COUNT", b"9"]);
        let mut bytes = Vec::new();
        let sent = &pipe.commands()[1];
        assert_eq!(pipe.cursor_of(sent), Some(&b"12@1"[..]));
        pipe.with_cursor(sent, b"0", &mut bytes);
        let mut expected = Pipe::new();
        expected.push(command::SSCAN, &[b"k", b"0", b"COUNT", b"9"]);
        assert_eq!(bytes, expected.bytes());
    }
}
