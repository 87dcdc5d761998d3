//! Commands on their way to the server, encoded once, each argument copied once.

/// A pipeline: commands in the order they are sent.
#[derive(Debug, Default)]
pub struct Pipe {
    bytes: Vec<u8>,
    commands: Vec<&'static str>,
}

impl Pipe {
    /// An empty pipeline.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty pipeline with memory for so many bytes and commands.
    pub fn with_capacity(bytes: usize, commands: usize) -> Self {
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
        head: &[&[u8]],
        tail: impl IntoIterator<Item = &'a [u8], IntoIter: ExactSizeIterator>,
    ) {
        let tail = tail.into_iter();
        let words = name.split(' ').count();
        self.length(b'*', words + head.len() + tail.len());
        name.split(' ').for_each(|word| self.bulk(word.as_bytes()));
        head.iter().for_each(|arg| self.bulk(arg));
        tail.for_each(|arg| self.bulk(arg));
        self.commands.push(name);
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

    pub(super) fn commands(&self) -> &[&'static str] {
        &self.commands
    }

    /// Digits by hand: this is on the way of every hit, and formatting costs more than all else here.
    fn length(&mut self, sign: u8, mut number: usize) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.bytes.push(sign);
        self.bytes.extend_from_slice(&digits[at..]);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn bulk(&mut self, arg: &[u8]) {
        self.length(b'$', arg.len());
        self.bytes.extend_from_slice(arg);
        self.bytes.extend_from_slice(b"\r\n");
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
        pipe.clear();
        pipe.push("GET", &[&[b'x'; 10_203]]);
        assert!(pipe.bytes().starts_with(b"*2\r\n$3\r\nGET\r\n$10203\r\nx"));
        pipe.clear();
        pipe.push("GET", &[b""]);
        assert_eq!(pipe.bytes(), b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
    }
}
