//! The lines of a dump, each checked.

use crate::cli::commands::dump_file::{check, unpacked};
use crate::cli::error::Failure;
use crate::cli::ui::confirm::Sample;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cacheme::namespace::LogicalKey;
use cacheme::ops::{DumpedKey, KeyState, TruncatedKey};
use cacheme::{Error, Result};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead, Read as _};
use std::path::Path;

/// No longer value is taken. Redis would hold eight times as much, but a small packed file may claim any size.
const LARGEST: usize = 64 << 20;
/// No line is longer: a value, which base64 makes a third larger, and the names it has.
const LONGEST: u64 = 128 << 20;
/// A line with more commas would be many times as large in memory; base64 has none. That is about 350,000 keys of three
/// parts.
const COMMAS: usize = 1 << 20;
/// What some editors begin a file with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What to do about a dump that is none.
pub const MAKE_IT: &str = "dump the source with `keys dump --raw --indexes`";
/// So many bad lines are named.
const NAMED: usize = 10;
/// A file that begins with so many bad lines and has no other before them is no dump; nor is a shorter one with no other at all.
const ALL_BAD: u64 = 10;

/// The keys of a dump. A line that is none is counted, named and passed over.
pub struct Lines {
    input: Box<dyn BufRead>,
    shown: String,
    from: u64,
    /// The number of the line that was read last.
    pub read: u64,
    /// Lines that were read as keys or found bad.
    pub lines: u64,
    /// Bad lines.
    pub bad_lines: u64,
    /// The first of them, with what is wrong.
    pub bad: Vec<(u64, String)>,
    /// Whether a key came without its indexes.
    pub without_indexes: bool,
    /// Keys that were marked.
    pub marked: u64,
    /// The first keys, for the question.
    pub sample: Sample,
    /// Why nothing in the file can be restored.
    refusal: Option<String>,
}

impl Lines {
    /// Opens a dump, packed or not. A packed file is read through first: its checksums stand behind the lines they are of.
    pub fn open(path: &Path, from: u64) -> std::result::Result<Self, Failure> {
        let shown =
            if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        let input = match path == Path::new("-") {
            true => unpacked(std::io::stdin()),
            false => File::open(path).and_then(unpacked),
        };
        let input = input.map_err(|source| cannot_read(&shown, &source))?;
        if !is_read_once(path) {
            check(path).map_err(|source| Error::Input { path: shown.clone(), source: source.into() })?;
        }
        Ok(Self {
            input,
            shown,
            from,
            read: 0,
            lines: 0,
            bad_lines: 0,
            bad: Vec::new(),
            without_indexes: false,
            marked: 0,
            sample: Sample::new("keys", [[]; 0]),
            refusal: None,
        })
    }

    /// The failure of a dump that was made without `--raw`, or of a file that is no dump.
    pub fn take_refusal(&mut self) -> Option<Failure> {
        self.refusal.take().map(|why| Failure::usage(why).with_hint(MAKE_IT))
    }

    /// Says so once, instead of each line.
    fn no_dump(&mut self) -> String {
        let lines = std::mem::take(&mut self.bad_lines);
        let first = std::mem::take(&mut self.bad).into_iter().next();
        let why = first.map(|(line, why)| format!(" (line {line}: {why})")).unwrap_or_default();
        format!("{} is not a dump: its first {lines} lines are not dumped keys{why}", self.shown)
    }

    /// The same of a file that was read to its end from its beginning.
    fn nothing_good(&self) -> Option<String> {
        let Self { shown, lines, .. } = self;
        match lines {
            _ if *lines != self.bad_lines || self.from > 1 => None,
            0 => None,
            1 => Some(format!("the only line of {shown} is not a dumped key")),
            _ => Some(format!("none of the {lines} lines of {shown} is a dumped key")),
        }
    }

    /// Why a dump that was read to its end held nothing, where it did.
    pub fn why_nothing(&self) -> Option<String> {
        let Self { shown, from, read, .. } = self;
        match (self.lines, *read) {
            (0, 0) => Some(format!("{shown} is empty: there is nothing to restore")),
            (0, read) if read < *from => {
                Some(format!("{shown} ends at line {read}, before line {from}: there is nothing to restore"))
            }
            (0, _) => Some(format!("{shown} holds only blank lines: there is nothing to restore")),
            _ => None,
        }
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = (&mut self.input).take(LONGEST).read_until(b'\n', &mut line);
        let fail = |source: std::io::Error| Error::Input { path: self.shown.clone(), source: source.into() };
        if read.map_err(fail)? == 0 {
            return Ok(None);
        }
        if line.last() != Some(&b'\n') && line.len() as u64 == LONGEST {
            self.input.skip_until(b'\n').map_err(fail)?;
        }
        self.read += 1;
        Ok(Some(line))
    }
}

/// Why a line of so many bytes and commas, with so large a value, is not taken, where it is not.
pub fn refusal(bytes: usize, commas: usize, value: usize) -> Option<String> {
    if value > LARGEST {
        return Some(format!("its value is larger than {} MiB", LARGEST >> 20));
    }
    if bytes as u64 >= LONGEST {
        return Some(format!("it is longer than {} MiB", LONGEST >> 20));
    }
    (commas > COMMAS).then(|| format!("it has more names than a line may hold: over {COMMAS} commas"))
}

impl Iterator for Lines {
    type Item = Result<DumpedKey>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_with_state().map(|row| row.map(|(key, _)| key))
    }
}

impl Lines {
    /// The next key, and the state that it had when it was dumped.
    pub fn next_with_state(&mut self) -> Option<Result<(DumpedKey, Option<KeyState>)>> {
        loop {
            let line = match self.line() {
                Ok(Some(line)) => line,
                Ok(None) => {
                    self.refusal = self.refusal.take().or_else(|| self.nothing_good());
                    return None;
                }
                Err(error) => return Some(Err(error)),
            };
            let line = &line[..];
            if self.read < self.from || line.trim_ascii().is_empty() {
                continue;
            }
            self.lines += 1;
            let line = match self.read {
                1 => line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line),
                _ => line,
            };
            match parse(line) {
                Ok(Row { key, state, has_indexes }) => {
                    self.without_indexes |= !has_indexes;
                    self.marked += u64::from(key.marked);
                    self.sample.add(&key.key);
                    return Some(Ok((DumpedKey { line: self.read, ..key }, state)));
                }
                Err(Bad::Decoded) if self.lines == 1 => {
                    self.refusal = Some(format!(
                        "line {} of {} holds a decoded value, which cannot be restored byte for byte",
                        self.read, self.shown
                    ));
                    return None;
                }
                Err(bad) => {
                    self.bad_lines += 1;
                    if self.bad.len() < NAMED {
                        self.bad.push((self.read, bad.text()));
                    }
                    if self.lines == self.bad_lines && self.lines == ALL_BAD {
                        self.refusal = Some(self.no_dump());
                        return None;
                    }
                }
            }
        }
    }
}

/// Fails where there is no such file, or one that may not be read.
pub fn check_there(path: &Path) -> std::result::Result<(), Failure> {
    if path == Path::new("-") {
        return Ok(());
    }
    // A pipe is opened once, when it is read.
    let found = if is_read_once(path) { path.metadata().map(drop) } else { File::open(path).map(drop) };
    found.map_err(|source| cannot_read(&path.display().to_string(), &source))
}

fn cannot_read(shown: &str, source: &std::io::Error) -> Failure {
    Failure::usage(format!("cannot read {shown}: {source}"))
}

/// Whether it cannot be read a second time: standard input, a pipe.
pub fn is_read_once(path: &Path) -> bool {
    path == Path::new("-") || path.metadata().is_ok_and(|it| !it.is_file())
}

/// Why a line is none.
enum Bad {
    Decoded,
    Other(String),
}

impl Bad {
    fn text(self) -> String {
        match self {
            Self::Decoded => "it holds a decoded value (the dump needs --raw)".to_owned(),
            Self::Other(text) => text,
        }
    }
}

impl From<String> for Bad {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

/// What a line says.
struct Row {
    key: DumpedKey,
    state: Option<KeyState>,
    has_indexes: bool,
}

fn parse(line: &[u8]) -> std::result::Result<Row, Bad> {
    let commas = line.iter().filter(|byte| **byte == b',').count();
    if let Some(why) = refusal(line.len(), commas, 0) {
        return Err(why.into());
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(line) else {
        return Err("it is not a JSON object".to_owned().into());
    };
    let key = name(&object, "key")?;
    let Some(value) = object.get("value_base64") else {
        let decoded = object.contains_key("value");
        return Err(if decoded { Bad::Decoded } else { "it has no value_base64".to_owned().into() });
    };
    let value = bytes(value, "value_base64")?;
    if let Some(why) = refusal(line.len(), commas, value.len()) {
        return Err(why.into());
    }
    let logical = LogicalKey::new(key.clone());
    if object.contains_key("field") && name(&object, "field")? != logical.field() {
        return Err("its field is not that of its key".to_owned().into());
    }
    if object.get("size_bytes").is_some_and(|size| size.as_u64() != Some(value.len() as u64)) {
        return Err("its value is not as long as size_bytes says".to_owned().into());
    }
    let expires_at = expiry(&object)?;
    let text = |field| object.get(field).and_then(Value::as_str);
    let is_true = |field| object.get(field).and_then(Value::as_bool).unwrap_or(false);
    let state = text("state").and_then(|state| state.parse().ok());
    let mut dumped = DumpedKey {
        line: 0,
        expires_at,
        // Who computes a key may have taken its mark.
        marked: matches!(state, Some(KeyState::Pending | KeyState::Computing)) || is_true("marked"),
        compressed: text("encoding") == Some("pickle+zlib"),
        tags: names(&object, "tags")?,
        invalid_keys: names(&object, "invalid_keys")?,
        key,
        value,
        cut_keys: Vec::new(),
    };
    let not_objects = || Bad::from("its cut_keys are not a list of objects".to_owned());
    let cut_keys = match object.get("cut_keys") {
        None => &[][..],
        Some(cut_keys) => cut_keys.as_array().ok_or_else(not_objects)?,
    };
    for cut in cut_keys {
        let cut = cut.as_object().ok_or_else(not_objects)?;
        dumped.cut_keys.push(TruncatedKey {
            key: name(cut, "key")?,
            tags: names(cut, "tags")?,
            invalid_keys: names(cut, "invalid_keys")?,
        });
    }
    Ok(Row { key: dumped, state, has_indexes: object.contains_key("tags") })
}

/// True epoch seconds. A time that no calendar has was dumped as the seconds that were left: the first or last time that
/// one has stands for it.
fn expiry(object: &Map<String, Value>) -> std::result::Result<Option<i64>, String> {
    match (object.get("expires_at"), object.get("ttl_seconds")) {
        (Some(Value::String(time)), _) => {
            let time: std::result::Result<Timestamp, _> = time.parse();
            Ok(Some(
                time.map_err(|_| format!("its expires_at is not a time before {}", Timestamp::MAX))?
                    .as_second(),
            ))
        }
        (None | Some(Value::Null), None | Some(Value::Null)) => Ok(None),
        (None | Some(Value::Null), Some(left)) => {
            let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
            let seconds = left.as_i64().unwrap_or(0);
            let far = Timestamp::now().as_second().saturating_add(seconds);
            match (far < first, far > last) {
                (true, _) => Ok(Some(first)),
                (_, true) => Ok(Some(last)),
                _ => Err("it has ttl_seconds and no expires_at".to_owned()),
            }
        }
        _ => Err("its expires_at is not a time".to_owned()),
    }
}

fn bytes(value: &Value, field: &str) -> std::result::Result<Vec<u8>, String> {
    let text = value.as_str().ok_or_else(|| format!("its {field} is not text"))?;
    STANDARD.decode(text).map_err(|error| format!("its {field} is not base64: {error}"))
}

/// A name: its exact bytes where they are there.
fn name(object: &Map<String, Value>, field: &str) -> std::result::Result<Vec<u8>, String> {
    let exact = format!("{field}_base64");
    match (object.get(&exact), object.get(field)) {
        (Some(value), _) => bytes(value, &exact),
        (None, Some(Value::String(text))) => Ok(text.clone().into_bytes()),
        _ => Err(format!("it has no {field}")),
    }
}

fn names(object: &Map<String, Value>, field: &str) -> std::result::Result<Vec<Vec<u8>>, String> {
    let exact = format!("{field}_base64");
    let wrong = || format!("its {field} are not a list of names");
    match (object.get(&exact), object.get(field)) {
        (Some(Value::Array(list)), _) => list.iter().map(|value| bytes(value, &exact)).collect(),
        (None, None) => Ok(Vec::new()),
        (None, Some(Value::Array(list))) => list
            .iter()
            .map(|value| value.as_str().map(|it| it.as_bytes().to_vec()).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}
