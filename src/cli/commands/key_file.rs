//! Files of keys: a key a line, or the rows that this tool prints. Whatever else it prints is refused before anything
//! is done with the first of them.

use crate::cli::error::Failure;
use crate::cli::output::{Column, Record as _};
use crate::cli::rows::keys::{Dumped, Listed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cacheme::Error;
use cacheme::namespace::LogicalKey;
use cacheme::ops::KeyState;
use cacheme::text;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::LazyLock;
use tempfile::SpooledTempFile;

/// No line is longer.
const LONGEST: u64 = 16 << 20;
/// What is read once is kept in memory up to this size, then in a file of nobody's.
const IN_MEMORY: usize = 8 << 20;
/// Columns of this tool's output, of which two stand in any header of a table or of csv: those of keys, and some of the others'.
static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let others = [
        "tag",
        "invalid_key",
        "keys",
        "live",
        "expired",
        "pending",
        "missing",
        "bytes",
        "refresh",
        "matched",
        "deleted",
        "buckets",
        "scanned",
        "lines",
        "restored",
        "source",
        "name",
        "setting",
        "calls",
        "hits",
        "misses",
        "seconds",
        "id",
        "severity",
    ];
    [Listed::columns(), Dumped::columns(), others.to_vec()].concat()
});
/// How to give what is refused.
const INSTEAD: &str = "a file holds one key a line (`--fields key`), or rows of `keys list` or `keys dump` in \
                       the format plain or ndjson; -0 takes each line as a key whatever it looks like, and \
                       --escaped reads \\x09 as a tab";

/// How lines are to be read.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Keys end with NUL, and stand as they are.
    pub null: bool,
    /// `\xNN` stands for a byte.
    pub escaped: bool,
}

/// A file of keys.
pub struct KeyFile {
    path: PathBuf,
    rules: Rules,
    /// What cannot be read a second time, once it was read.
    held: RefCell<Option<Rc<RefCell<SpooledTempFile>>>>,
}

impl KeyFile {
    /// Looks whether it can be read. Standard input is read when it is needed: somebody may have to be told before.
    pub fn open(path: &Path, rules: Rules) -> Result<Self, Failure> {
        let file = Self { path: path.to_owned(), rules, held: RefCell::default() };
        if !file.is_stdin() {
            file.check()?;
        }
        Ok(file)
    }

    pub fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    pub fn shown(&self) -> String {
        if self.is_stdin() { "standard input".to_owned() } else { self.path.display().to_string() }
    }

    /// Reads it through, so that no line is refused after others were acted on.
    pub fn check(&self) -> Result<(), Failure> {
        for (at, line) in (1_u64..).zip(self.lines()?) {
            self.key(&line?, at).map_err(|bad| {
                Failure::usage(format!("line {at} of {} {bad}; nothing was done", self.shown()))
                    .with_hint(INSTEAD)
            })?;
        }
        Ok(())
    }

    /// The keys in it.
    pub fn keys(&self) -> cacheme::Result<impl Iterator<Item = cacheme::Result<LogicalKey>> + '_> {
        let keys = (1_u64..).zip(self.lines()?).map(|(at, line)| {
            self.key(&line?, at).map_err(|bad| self.error(io::Error::other(format!("line {at} {bad}"))))
        });
        Ok(keys.filter_map(Result::transpose))
    }

    fn lines(&self) -> cacheme::Result<impl Iterator<Item = cacheme::Result<Vec<u8>>> + '_> {
        Ok(self.lines_of(self.reader()?))
    }

    fn lines_of<'a>(
        &'a self,
        mut reader: impl BufRead + 'a,
    ) -> impl Iterator<Item = cacheme::Result<Vec<u8>>> + 'a {
        (1_u64..).map_while(move |at| {
            let mut line = Vec::new();
            match (&mut reader).take(LONGEST).read_until(self.end(), &mut line) {
                Ok(0) => return None,
                Ok(_) if line.last() == Some(&self.end()) => drop(line.pop()),
                Ok(_) if line.len() as u64 == LONGEST => {
                    let long =
                        format!("line {at} is longer than any key can be: more than {} MiB", LONGEST >> 20);
                    return Some(Err(self.error(io::Error::other(long))));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(self.error(error))),
            }
            Some(Ok(line))
        })
    }

    /// What a line ends with.
    fn end(&self) -> u8 {
        if self.rules.null { 0 } else { b'\n' }
    }

    fn reader(&self) -> cacheme::Result<Box<dyn BufRead>> {
        let open = || File::open(&self.path).map(BufReader::new).map_err(|error| self.error(error));
        let is_file =
            || std::fs::metadata(&self.path).map(|it| it.is_file()).map_err(|error| self.error(error));
        if !self.is_stdin() && is_file()? {
            return Ok(Box::new(open()?));
        }
        let held = match &mut *self.held.borrow_mut() {
            Some(held) => held.clone(),
            none => {
                let held = match self.is_stdin() {
                    true => self.hold(io::stdin().lock())?,
                    false => self.hold(open()?)?,
                };
                none.insert(Rc::new(RefCell::new(held))).clone()
            }
        };
        held.borrow_mut().rewind().map_err(|error| self.error(error))?;
        Ok(Box::new(BufReader::new(Held(held))))
    }

    /// Keeps what can be read once, a line at a time: what has no line ends may have no end either.
    fn hold(&self, reader: impl BufRead) -> cacheme::Result<SpooledTempFile> {
        let mut held = SpooledTempFile::new(IN_MEMORY);
        for line in self.lines_of(reader) {
            let mut line = line?;
            line.push(self.end());
            held.write_all(&line).map_err(|error| self.error(error))?;
        }
        Ok(held)
    }

    fn error(&self, source: io::Error) -> Error {
        Error::Input { path: self.shown(), source: source.into() }
    }

    /// The key of a line; none where it is empty.
    fn key(&self, line: &[u8], at: u64) -> Result<Option<LogicalKey>, String> {
        let key = match self.rules {
            Rules { null: true, escaped } => written(line, escaped),
            Rules { escaped, .. } => key_of_line(line, at, escaped)?,
        };
        Ok((!key.is_empty()).then(|| LogicalKey::new(key)))
    }
}

struct Held(Rc<RefCell<SpooledTempFile>>);

impl Read for Held {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

fn written(line: &[u8], escaped: bool) -> Vec<u8> {
    match std::str::from_utf8(line) {
        Ok(line) if escaped => text::unescape(line),
        _ => line.to_vec(),
    }
}

/// The key that a line names, by itself or as a row of a listing. A line end of Windows and a byte order mark are no
/// part of it.
fn key_of_line(line: &[u8], at: u64, escaped: bool) -> Result<Vec<u8>, String> {
    let line = match at {
        1 if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") => {
            return Err("is UTF-16, and keys are read as UTF-8".to_owned());
        }
        1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line),
        _ => line,
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if let Some(key) = key_of_json(line, at)? {
        return Ok(key);
    }
    let Ok(text) = std::str::from_utf8(line) else { return Ok(line.to_vec()) };
    if at == 1 && (is_header(text, ',') || is_header(text, ' ')) {
        return Err("is the header of a table or of csv".to_owned());
    }
    if !text.is_empty() && text.chars().all(|c| "─ ".contains(c)) {
        return Err("is a line of a table".to_owned());
    }
    let columns: Vec<&str> = text.split('\t').collect();
    let is_state = |column: Option<&&str>| column.is_some_and(|it| it.parse::<KeyState>().is_ok());
    match &columns[..] {
        [_] if at == 1 && is_field(text) => Err("is a line of a table".to_owned()),
        [_] if is_report(text) => Err("is a report or a message".to_owned()),
        [_] => Ok(written(line, escaped)),
        // `keys list`, then `keys show` and `keys dump`.
        [key, _, ttl, ..] if is_state(columns.get(1)) && is_number(ttl) => Ok(text::unescape(key)),
        [key, _, _, _, ttl, ..] if is_state(columns.get(3)) && is_number(ttl) => Ok(text::unescape(key)),
        _ => Err("holds a tab, as rows of other listings do".to_owned()),
    }
}

/// The key of a row of JSON, empty for a list of none; nothing where the line is no JSON. Names may begin like it
/// (`{CM}:x`): only a whole object, or the start of one over several lines, is no name.
fn key_of_json(line: &[u8], at: u64) -> Result<Option<Vec<u8>>, String> {
    let json = line.trim_ascii();
    if !matches!(json.first(), Some(b'{' | b'[')) {
        return Ok(None);
    }
    let document = || Err("belongs to a JSON document: rows are read one a line, as ndjson".to_owned());
    match serde_json::from_slice(json.strip_suffix(b",").unwrap_or(json)) {
        Ok(Value::Object(row)) => key_of_object(&row).map(Some),
        Ok(Value::Array(rows)) if rows.iter().any(Value::is_object) => document(),
        Ok(Value::Array(rows)) if rows.is_empty() && at == 1 => Ok(Some(Vec::new())),
        Err(error) if error.is_eof() => document(),
        _ => Ok(None),
    }
}

fn is_column(name: &str) -> bool {
    // Of what has parts (`tags.scanned`) the first is one.
    let name = name.split('.').next().unwrap_or(name);
    COLUMNS.contains(&name)
}

/// Whether these are names of columns. Not all are known, but always two; no other word stands among them.
fn is_header(line: &str, separator: char) -> bool {
    let words = || line.split(separator).filter(|word| !word.is_empty());
    let is_name = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
    words().all(is_name) && words().filter(|word| is_column(word)).nth(1).is_some()
}

/// Whether it is a field of an object, as a table shows it: a blank, the name, the value at some distance.
fn is_field(line: &str) -> bool {
    let field = line.strip_prefix(' ').and_then(|line| line.split_once("  "));
    field.is_some_and(|(name, _)| is_column(&name.replace(' ', "_")))
}

/// Whether it is what a command says of its work, which ends with the time it took, or a message.
fn is_report(line: &str) -> bool {
    let took = line.strip_suffix("; not complete").unwrap_or(line).strip_suffix(" ms");
    let took = took.and_then(|line| line.rsplit_once(", ")).map(|(_, took)| took);
    took.is_some_and(|took| took.parse::<u64>().is_ok())
        || ["error: ", "warning: ", "info: ", "hint: "].iter().any(|level| line.starts_with(level))
}

fn is_number(column: &str) -> bool {
    column.is_empty() || column.parse::<i64>().is_ok()
}

/// The exact bytes where they are there.
fn key_of_object(row: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let text = |field: &str| row.get(field).and_then(Value::as_str);
    match (text("key_base64"), text("key")) {
        (Some(exact), _) => {
            STANDARD.decode(exact).map_err(|_| "has a key_base64 that is not base64".to_owned())
        }
        (None, Some(key)) => Ok(key.as_bytes().to_vec()),
        (None, None) => Err("is a JSON object without a key".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(line: &str) -> Result<String, String> {
        key_of_line(line.as_bytes(), 1, false).map(|key| String::from_utf8_lossy(&key).into_owned())
    }

    #[test]
    fn a_line_is_a_key_or_a_row() {
        for (line, meant) in [
            ("Book:1>owner", "Book:1>owner"),
            ("\u{feff}Book:1>owner\r", "Book:1>owner"),
            ("Book:1>owner\tlive\t", "Book:1>owner"),
            ("Book:1>owner\tlive\t5\t42\t2026-01-01T00:00:00Z\tget_owner,reviews", "Book:1>owner"),
            ("Book:1>owner\texpired\t-5\t120\t2026-01-01T00:00:00Z\t", "Book:1>owner"),
            (r"a\x09b	pending	7", "a\tb"),
            ("warning: x\tlive\t", "warning: x"),
            ("k\tCM:k\tbase\tlive\t\t\t5\tpickle\t1", "k"),
            (r#"{"key":"a\tb","state":"live","ttl_seconds":null}"#, "a\tb"),
            (r#"{"key":"\\xff","key_base64":"aGk="}"#, "hi"),
            ("-x", "-x"),
            ("--yes", "--yes"),
            (" a ", " a "),
            ("{CM}:x", "{CM}:x"),
            ("[1]", "[1]"),
            ("{a", "{a"),
            (r#"{"id": 1}>f"#, r#"{"id": 1}>f"#),
            ("{}x", "{}x"),
            ("[x", "[x"),
            ("[]", ""),
            ("a,b", "a,b"),
            ("en,key", "en,key"),
            ("took, 5 ms>x", "took, 5 ms>x"),
            ("key x", "key x"),
            ("error:x", "error:x"),
            (r"\x41", r"\x41"),
            ("", ""),
            ("key", "key"),
            ("live", "live"),
        ] {
            assert_eq!(key(line).as_deref(), Ok(meant), "{line}");
        }
        for line in [
            "get_owner\t12",
            "get_owner\t12\t1\t2\t3\t4\t5",
            "Book:1>owner\t2026-01-01T00:00:00Z",
            "Book:1>owner\tget_owner,reviews",
            "a b\tc",
            "key,size_bytes",
            "key,redis_key,field,state",
            "tag,keys",
            " key   expires_at",
            "1\tBook:1\tlive\t5",
            r#"{"tag":"get_owner","keys":3}"#,
            r#"{"key":null}"#,
            "key,state,ttl_seconds",
            "key     state   ttl_seconds",
            "────  ───",
            "[",
            "{",
            " {",
            r#"{"key": "x","#,
            r#"[{"key":"x"}]"#,
            "{}",
            "key,redis_key,a_column_of_later",
            "tags.scanned,tags.removed",
            " invalid key   Book:1",
            "1 of 1 entries in 1 buckets expired: deleted 1 values, marked 0 keys, 12 ms",
            "Would mark 3 and delete 0 of 3 matched, layout both, 0 ms; not complete",
            "warning: no key 'x'",
        ] {
            assert!(key(line).is_err(), "{line}");
        }
        assert!(key_of_line(b"\xff\xfek\0", 1, false).is_err());
        assert_eq!(key_of_line(b"\xff\xfek\0", 2, false).unwrap(), b"\xff\xfek\0");
    }

    proptest! {
        #[test]
        fn any_name_comes_back_from_a_row(name in proptest::collection::vec(1_u8.., 1..20), ttl: Option<i64>) {
            let ttl = ttl.map(|ttl| ttl.to_string()).unwrap_or_default();
            let row = format!("{}\tlive\t{ttl}", text::escape(&name));
            prop_assert_eq!(key_of_line(row.as_bytes(), 1, false), Ok(name));
        }
    }
}
