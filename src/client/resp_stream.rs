//! A connection, and answers read from it: a quarter of a sweep's time went into the client's reader, which makes a state
//! machine of every value. Strings, integers, lists and status lines are read here, errors and the rest of the protocol there.

use super::target::{Address, Tls};
use redis::{ConnectionAddr, ErrorKind, PushKind, RedisError, RedisResult, Value};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// What is read at a time.
const ROOM: usize = 32 << 10;
/// Lists within lists.
const DEPTH: usize = 100;
/// No line is longer: a length, a number, or what a server says of an error. Only MONITOR's hold whole values.
const LINE: usize = 1 << 20;
/// No string is longer, as Redis has it unless `proto-max-bulk-len` says otherwise.
const BULK: usize = 512 << 20;
/// Room that is made for what a length claims, before any of it came.
const CLAIMED: usize = 64 << 10;

/// A socket, and what was read from it and not yet taken.
pub(super) struct RespStream {
    socket: Box<dyn Socket>,
    /// Room to read into. It is never made smaller: to fill it with zeros before each read took longer than to read.
    buffer: Vec<u8>,
    /// So much of it was read.
    held: usize,
    /// So much of that was taken.
    taken: usize,
    /// Of longer lines the beginning is kept.
    cuts_lines: bool,
}

trait Socket: Read + Write + Send {
    fn set_timeouts(&self, read: Option<Duration>, write: Duration) -> io::Result<()>;
    /// Ends the connection, whoever else has its descriptor.
    fn shut_down(&self) -> io::Result<()>;
}

impl Socket for TcpStream {
    fn set_timeouts(&self, read: Option<Duration>, write: Duration) -> io::Result<()> {
        self.set_read_timeout(read).and_then(|()| self.set_write_timeout(Some(write)))
    }

    fn shut_down(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Both)
    }
}

impl Socket for UnixStream {
    fn set_timeouts(&self, read: Option<Duration>, write: Duration) -> io::Result<()> {
        self.set_read_timeout(read).and_then(|()| self.set_write_timeout(Some(write)))
    }

    fn shut_down(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Both)
    }
}

/// TLS. Its handshake comes with the first words.
struct TlsStream<S: Read + Write>(StreamOwned<ClientConnection, S>);

impl<S: Socket> Socket for TlsStream<S> {
    fn set_timeouts(&self, read: Option<Duration>, write: Duration) -> io::Result<()> {
        self.0.sock.set_timeouts(read, write)
    }

    fn shut_down(&self) -> io::Result<()> {
        self.0.sock.shut_down()
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            // Servers hang up without a word. An answer that is cut short is found out by its length.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        }
    }
}

impl<S: Read + Write> Write for TlsStream<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let StreamOwned { conn, sock } = &mut self.0;
        if conn.is_handshaking() {
            conn.complete_io(sock)?;
        }
        // `StreamOwned` keeps an error of the socket for the next write, which then waits once more.
        let taken = conn.writer().write(bytes)?;
        while conn.wants_write() {
            match conn.write_tls(sock) {
                // What was taken is not to be given once more, as whoever is interrupted does.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                written => drop(written?),
            }
        }
        Ok(taken)
    }

    /// Nothing is held back.
    fn flush(&mut self) -> io::Result<()> {
        self.0.sock.flush()
    }
}

impl RespStream {
    pub(super) fn connect(address: &Address, timeout: Duration) -> RedisResult<Self> {
        let socket: Box<dyn Socket> = match (address.info.addr(), &address.tls) {
            (ConnectionAddr::Unix(path), _) => Box::new(UnixStream::connect(path)?),
            (ConnectionAddr::Tcp(host, port), _) => Box::new(dial(host, *port, timeout)?),
            (ConnectionAddr::TcpTls { host, port, .. }, config) => {
                let config = config.clone().map_or_else(Tls::of_system, Ok).map_err(io::Error::other)?;
                let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                let tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
                Box::new(TlsStream(StreamOwned::new(tls, dial(host, *port, timeout)?)))
            }
            (_, _) => return Err((ErrorKind::InvalidClientConfig, "an address of an unknown kind").into()),
        };
        Ok(Self { socket, buffer: vec![0; ROOM], held: 0, taken: 0, cuts_lines: false })
    }

    /// How long to wait to read, for ever without one, and to write.
    pub(super) fn set_timeouts(&self, read: Option<Duration>, write: Duration) -> RedisResult<()> {
        Ok(self.socket.set_timeouts(read, write)?)
    }

    pub(super) fn shut_down(&self) {
        // It may have ended by itself.
        let _ = self.socket.shut_down();
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> RedisResult<()> {
        self.socket.write_all(bytes)?;
        Ok(self.socket.flush()?)
    }

    /// The next answer.
    pub(super) fn read(&mut self) -> RedisResult<Value> {
        self.value(DEPTH)
    }

    /// Whether there is something to read, now or within the timeout.
    pub(super) fn hears(&mut self) -> RedisResult<bool> {
        if self.taken < self.held {
            return Ok(true);
        }
        match self.fill() {
            Ok(()) => Ok(true),
            Err(error) if error.is_timeout() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// From now on a line that is too long is no error: its beginning is kept.
    pub(super) fn cut_lines(&mut self) {
        self.cuts_lines = true;
    }

    fn value(&mut self, depth: usize) -> RedisResult<Value> {
        let line = self.line()?;
        let text = &self.buffer[line.clone()];
        match text.first() {
            Some(b'$') => match length(text)? {
                Some(length) => self.bulk(length).map(Value::BulkString),
                None => Ok(Value::Nil),
            },
            Some(b'*') => match length(text)? {
                Some(length) => self.values(length, depth).map(Value::Array),
                None => Ok(Value::Nil),
            },
            Some(b'>') => {
                let length = length(text)?.ok_or_else(broken)?;
                let mut values = self.values(length, depth)?.into_iter();
                let kind = match values.next() {
                    Some(Value::BulkString(kind)) if kind == b"invalidate" => PushKind::Invalidate,
                    _ => PushKind::Other(String::new()),
                };
                Ok(Value::Push { kind, data: values.collect() })
            }
            Some(b'%') => {
                let length = length(text)?.and_then(|pairs| pairs.checked_mul(2)).ok_or_else(broken)?;
                let mut values = self.values(length, depth)?.into_iter();
                let pairs = std::iter::from_fn(|| values.next().zip(values.next()));
                Ok(Value::Map(pairs.collect()))
            }
            Some(b':') => number(text).map(Value::Int),
            Some(b'+') => match std::str::from_utf8(&text[1..]).map_err(|_| broken())? {
                "OK" => Ok(Value::Okay),
                text => Ok(Value::SimpleString(text.to_owned())),
            },
            _ => redis::parse_redis_value(&self.buffer[line.start..line.end + 2]),
        }
    }

    fn values(&mut self, length: usize, depth: usize) -> RedisResult<Vec<Value>> {
        let depth = depth.checked_sub(1).ok_or_else(broken)?;
        let mut values = Vec::with_capacity(length.min(CLAIMED / size_of::<Value>()));
        for _ in 0..length {
            values.push(self.value(depth)?);
        }
        Ok(values)
    }

    /// Takes a line. It stays in the buffer, without its end, until more is read.
    fn line(&mut self) -> RedisResult<Range<usize>> {
        let mut searched = 0;
        loop {
            let rest = &self.buffer[self.taken + searched..self.held];
            if let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.taken..self.taken + searched + end;
                self.taken = line.end + 2;
                return Ok(line);
            }
            searched += rest.len().saturating_sub(1);
            if searched > LINE {
                if !self.cuts_lines {
                    return Err(broken());
                }
                // What was searched and is beyond the limit goes; its last byte may begin the line's end.
                self.buffer.copy_within(self.taken + searched..self.held, self.taken + LINE);
                self.held -= searched - LINE;
                searched = LINE;
            }
            self.fill()?;
        }
    }

    #[inline]
    fn bulk(&mut self, length: usize) -> RedisResult<Vec<u8>> {
        if length > BULK {
            return Err(broken());
        }
        let end = length + 2;
        match self.buffer[self.taken..self.held].get(..end) {
            Some(whole) => {
                let bytes = whole.strip_suffix(b"\r\n").ok_or_else(broken)?.to_vec();
                self.taken += end;
                Ok(bytes)
            }
            None => self.rest_of_bulk(end),
        }
    }

    /// A string of which not everything is here yet: so many bytes with its end.
    fn rest_of_bulk(&mut self, end: usize) -> RedisResult<Vec<u8>> {
        let here = &self.buffer[self.taken..self.held];
        let mut bytes = Vec::with_capacity(end.min(CLAIMED.max(here.len())));
        bytes.extend_from_slice(here);
        self.taken = self.held;
        // Straight to where it belongs, and no further than it says.
        let missing = end - bytes.len();
        let mut rest = (&mut self.socket).take(missing as u64);
        if rest.read_to_end(&mut bytes)? < missing {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if !bytes.ends_with(b"\r\n") {
            return Err(broken());
        }
        bytes.truncate(end - 2);
        Ok(bytes)
    }

    /// Reads what is there, at least a byte.
    fn fill(&mut self) -> RedisResult<()> {
        self.buffer.copy_within(self.taken..self.held, 0);
        self.held -= std::mem::take(&mut self.taken);
        let room = self.held.max(ROOM / 2) + ROOM / 2;
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
        let read = loop {
            match self.socket.read(&mut self.buffer[self.held..room]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.held += read;
        if read == 0 { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) } else { Ok(()) }
    }
}

fn dial(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for addr in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&addr, timeout) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// The number behind the first byte of a line: each length is one, and many answers are. Nearly all are a few digits, which
/// are read here: the way through text took as long as the rest of reading an answer.
fn number(line: &[u8]) -> RedisResult<i64> {
    let text = &line[1..];
    let (sign, digits) = text.strip_prefix(b"-").map_or((1, text), |digits| (-1, digits));
    let add = |number, digit: &u8| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'));
    // So few never overflow.
    if (1..=18).contains(&digits.len())
        && let Some(number) = digits.iter().try_fold(0, add)
    {
        return Ok(sign * number);
    }
    std::str::from_utf8(text).ok().and_then(|digits| digits.parse().ok()).ok_or_else(broken)
}

/// The length in front of a string or list, `None` of nil.
fn length(line: &[u8]) -> RedisResult<Option<usize>> {
    match number(line)? {
        -1 => Ok(None),
        length => usize::try_from(length).map(Some).map_err(|_| broken()),
    }
}

fn broken() -> RedisError {
    (ErrorKind::Parse, "not the protocol of Redis").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use redis::parse_redis_value;
    use std::sync::Arc;

    fn bare(socket: UnixStream) -> RespStream {
        RespStream { socket: Box::new(socket), buffer: Vec::new(), held: 0, taken: 0, cuts_lines: false }
    }

    #[test]
    fn a_line_without_an_end_is_refused_and_only_monitor_cuts_it() {
        for start in ["+", "-ERR ", "$1", ":", "*3\r\n:1\r\n+", "", "*1\r\n$9"] {
            let (mut far, near) = UnixStream::pair().unwrap();
            let writer = std::thread::spawn(move || {
                let _ = far.write_all(start.as_bytes());
                while far.write_all(&[b'1'; 4096]).is_ok() {}
            });
            let mut bare = bare(near);
            assert!(bare.read().is_err(), "{start}");
            assert!(bare.buffer.len() < 2 * LINE, "{start}");
            drop(bare);
            writer.join().unwrap();
        }
        let long = |byte: u8| [&b"+1.2 [0 lua] \""[..], &vec![byte; 3 * LINE], b"\"\r\n"].concat();
        let (mut far, near) = UnixStream::pair().unwrap();
        let said = [long(b'a'), b"+short\r\n".to_vec(), long(b'\r'), b":1\r\n".to_vec()].concat();
        let writer = std::thread::spawn(move || far.write_all(&said).unwrap());
        let mut bare = bare(near);
        bare.cut_lines();
        for wanted in [LINE - 1..LINE + ROOM, 5..6, LINE - 1..LINE + ROOM] {
            let Value::SimpleString(line) = bare.read().unwrap() else { panic!("no line") };
            assert!(wanted.contains(&line.len()), "{}", line.len());
        }
        assert_eq!(bare.read().unwrap(), Value::Int(1));
        writer.join().unwrap();
    }

    /// A socket whose every other write and read is interrupted by a signal.
    struct Interrupted(UnixStream, bool);

    impl Interrupted {
        fn come_between(&mut self) -> io::Result<()> {
            self.1 = !self.1;
            if self.1 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        }
    }

    impl Read for Interrupted {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.come_between()?;
            self.0.read(buffer)
        }
    }

    impl Write for Interrupted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.come_between()?;
            self.0.write(&bytes[..bytes.len().min(5000)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Socket for Interrupted {
        fn set_timeouts(&self, _: Option<Duration>, _: Duration) -> io::Result<()> {
            Ok(())
        }

        fn shut_down(&self) -> io::Result<()> {
            self.0.shutdown(Shutdown::Both)
        }
    }

    #[test]
    fn a_signal_in_the_middle_of_tls_sends_nothing_twice() {
        use rustls::pki_types::PrivateKeyDer;
        Tls::provide();
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = Arc::new(config.with_single_cert(vec![cert.der().clone()], key).unwrap());
        let (far, near) = UnixStream::pair().unwrap();
        let patience = Duration::from_secs(20);
        for socket in [&far, &near] {
            Socket::set_timeouts(socket, Some(patience), patience).unwrap();
        }
        let sent: Vec<u8> = (0..300_000_u32).flat_map(u32::to_be_bytes).collect();
        let length = sent.len();
        let server = std::thread::spawn(move || {
            let mut stream = StreamOwned::new(rustls::ServerConnection::new(config).unwrap(), far);
            let mut came = vec![0; length];
            stream.read_exact(&mut came).unwrap();
            stream.write_all(b"+OK\r\n").unwrap();
            (came, stream)
        });
        let mut roots = rustls::RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let tls = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
        let socket = Box::new(TlsStream(StreamOwned::new(tls, Interrupted(near, false))));
        let mut stream = RespStream { socket, buffer: Vec::new(), held: 0, taken: 0, cuts_lines: false };
        stream.write(&sent).unwrap();
        assert_eq!(stream.read().unwrap(), Value::Okay);
        assert!(server.join().unwrap().0 == sent);
    }

    /// The same bytes in pieces of a size, read here and by the client.
    fn compare(bytes: &[u8], piece: usize) {
        let (mut far, near) = UnixStream::pair().unwrap();
        let pieces: Vec<_> = bytes.chunks(piece).map(<[u8]>::to_vec).collect();
        let writer = std::thread::spawn(move || {
            for piece in pieces {
                far.write_all(&piece).unwrap();
                std::thread::yield_now();
            }
        });
        let mut bare = bare(near);
        match parse_redis_value(bytes) {
            Ok(value) => assert_eq!(bare.read().unwrap(), value, "{}", bytes.escape_ascii()),
            Err(_) => assert!(bare.read().is_err(), "{}", bytes.escape_ascii()),
        }
        drop(bare);
        let _ = writer.join();
    }

    #[test]
    fn answers_are_read_as_the_client_reads_them() {
        let long = format!("${}\r\n{}\r\n", 100_000, "x".repeat(100_000));
        let answers: [&[u8]; 15] = [
            b"+OK\r\n",
            b"+PONG\r\n",
            b"-WRONGTYPE no\r\n",
            b"-ERR \r\n",
            b":-12\r\n",
            b"$-1\r\n",
            b"*-1\r\n",
            b"$0\r\n\r\n",
            b"$4\r\n\r\n\r\n\r\n",
            b"*2\r\n$1\r\n0\r\n*3\r\n$1\r\na\r\n:1\r\n$-1\r\n",
            b"*0\r\n",
            b"$3\r\nabcde",
            b"$x\r\n",
            b"HTTP/1.1 400\r\n",
            long.as_bytes(),
        ];
        for answer in answers {
            [1, 7, answer.len()].into_iter().for_each(|piece| compare(answer, piece));
        }
    }

    #[test]
    fn what_is_cut_short_is_an_error_and_claims_cost_nothing() {
        for cut in ["$9000000000000000000\r\nabc", "*1000000000\r\n:1\r\n", ":1", ""] {
            compare(cut.as_bytes(), 64);
        }
    }
}
