//! What a server was asked, by MONITOR.
//!
//! MONITOR shows commands as they are carried out: those refused (by an ACL, for their arguments) and those of
//! administrators (CONFIG, ACL, MONITOR itself) do not appear, and what a script calls follows its EVAL.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::server::Server;

/// One command that a server carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Called by a script, not sent by a client.
    pub(crate) lua: bool,
    pub(crate) db: i64,
    /// The command's name and arguments, as they were sent.
    pub(crate) args: Vec<Vec<u8>>,
}

impl Seen {
    /// The command's name in capitals.
    pub(crate) fn name(&self) -> String {
        let name = self.args.first().map_or(&[][..], Vec::as_slice);
        String::from_utf8_lossy(name).to_ascii_uppercase()
    }

    /// The arguments behind the name, as text.
    pub(crate) fn rest(&self) -> Vec<String> {
        let rest = self.args.iter().skip(1);
        rest.map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()
    }

    /// Reads one line of MONITOR: `+1795336911.123456 [0 127.0.0.1:6379] "SREM" "CM:delete" "CM:Book:100>owner"`.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        let bad = |why: &str| format!("{why} in the MONITOR line {}", line.escape_ascii());
        let open = line.iter().position(|byte| *byte == b'[');
        let open = open.ok_or_else(|| bad("no `[`"))? + 1;
        // The address is a socket's path or an IPv6 address in brackets: the arguments begin at the first `] "`.
        let close = line[open..].windows(3).position(|it| it == b"] \"");
        let close = open + close.ok_or_else(|| bad("no `] \"`"))?;
        let source = std::str::from_utf8(&line[open..close]).map_err(|_| bad("odd source"))?;
        let (db, address) = source.split_once(' ').ok_or_else(|| bad("no address"))?;
        Ok(Self {
            lua: address == "lua",
            db: db.parse().map_err(|_| bad("odd database"))?,
            args: arguments(&line[close + 2..]).ok_or_else(|| bad("odd quoting"))?,
        })
    }
}

/// The line without time and address: `"SREM" "CM:delete" …`, with `lua ` in front of what a script called.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lua {
            f.write_str("lua ")?;
        }
        for (place, arg) in self.args.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str("\"")?;
            for byte in arg {
                match byte {
                    b'\\' => f.write_str(r"\\")?,
                    b'"' => f.write_str("\\\"")?,
                    b'\n' => f.write_str(r"\n")?,
                    b'\r' => f.write_str(r"\r")?,
                    b'\t' => f.write_str(r"\t")?,
                    0x07 => f.write_str(r"\a")?,
                    0x08 => f.write_str(r"\b")?,
                    b' '..=b'~' => write!(f, "{}", char::from(*byte))?,
                    _ => write!(f, "\\x{byte:02x}")?,
                }
            }
            f.write_str("\"")?;
        }
        Ok(())
    }
}

/// The quoted words, undone: the inverse of what Redis's `sdscatrepr` does.
fn arguments(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    let mut bytes = text.iter().copied();
    loop {
        if bytes.next()? != b'"' {
            return None;
        }
        let mut argument = Vec::new();
        loop {
            match bytes.next()? {
                b'"' => break,
                b'\\' => argument.push(match bytes.next()? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 0x07,
                    b'b' => 0x08,
                    b'x' => {
                        let digit = |byte: u8| char::from(byte).to_digit(16);
                        let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                        u8::try_from(high * 16 + low).ok()?
                    }
                    other => other,
                }),
                byte => argument.push(byte),
            }
        }
        all.push(argument);
        match bytes.next() {
            None => return Some(all),
            Some(b' ') => {}
            Some(_) => return None,
        }
    }
}

/// Everything that the server is asked while `run` runs, by whomever, in the order it was carried out.
#[track_caller]
pub(super) fn record<R>(server: &Server, run: impl FnOnce() -> R) -> (R, Vec<Seen>) {
    // Its own connection is made before the recording begins, so the harness is not seen in it.
    let mut last_word = server.connect();
    let sentinel = format!("end of the recording {:?}", std::time::Instant::now());
    let lines = listen(server, sentinel.clone());
    match lines.recv_timeout(Duration::from_secs(30)) {
        Ok(Ok(None)) => {}
        other => panic!("cannot monitor {}: {other:?}", server.url()),
    }
    let result = run();
    let echoed: redis::RedisResult<String> = redis::cmd("ECHO").arg(&sentinel).query(&mut last_word);
    if let Err(error) = echoed {
        panic!("the server went away while it was monitored: {error}");
    }
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(Duration::from_secs(30)) {
            Ok(Ok(Some(command))) => seen.push(command),
            Ok(Ok(None)) => return (result, seen),
            Ok(Err(error)) => panic!("{error}"),
            Err(error) => panic!("MONITOR never showed the end of the recording: {error}"),
        }
    }
}

/// A thread that reads without a timeout (one loses lines) and ends with the sentinel or with the server. It sends
/// `None` once MONITOR is on and again at the sentinel.
fn listen(server: &Server, sentinel: String) -> Receiver<Result<Option<Seen>, String>> {
    let socket = server.socket();
    let login = match server.login()[..] {
        [] => "PING".to_owned(),
        ref words => format!("AUTH {}", words.join(" ")),
    };
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let end = |error: &dyn fmt::Display| format!("MONITOR of {}: {error}", socket.display());
        let monitor = || -> Result<(), String> {
            let mut stream = UnixStream::connect(&socket).map_err(|error| end(&error))?;
            write!(stream, "{login}\r\nMONITOR\r\n").map_err(|error| end(&error))?;
            let mut reader = BufReader::new(stream);
            let mut oks = 0;
            loop {
                let mut line = Vec::new();
                let read = reader.read_until(b'\n', &mut line);
                if read.map_err(|error| end(&error))? == 0 {
                    return Err(end(&"the server closed the connection"));
                }
                let line = line.trim_ascii_end();
                if oks < 2 {
                    if line != b"+OK" && line != b"+PONG" {
                        return Err(end(&line.escape_ascii()));
                    }
                    oks += 1;
                    if oks == 2 {
                        let _ = sender.send(Ok(None));
                    }
                    continue;
                }
                let seen = Seen::parse(line)?;
                if seen.args.len() == 2 && seen.args[1] == sentinel.as_bytes() {
                    let _ = sender.send(Ok(None));
                    return Ok(());
                }
                if sender.send(Ok(Some(seen))).is_err() {
                    return Ok(());
                }
            }
        };
        if let Err(error) = monitor() {
            let _ = sender.send(Err(error));
        }
    });
    lines
}

/// The commands one a line, for a message or a comparison with a trace.
pub(crate) fn transcript(seen: &[Seen]) -> String {
    let lines: Vec<String> = seen.iter().map(Seen::to_string).collect();
    lines.join("\n")
}
