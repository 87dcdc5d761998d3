//! Names that were not quoted: a shell takes what stands behind their `>` for the file that the output goes into.

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::invocation::whole_name_flag;
use crate::cli::ui::near;
use cacheme::cache::Session;
use cacheme::client::Control;
use cacheme::namespace::BASE_FIELD;
use cacheme::namespace::glob::{Glob, KeyGlob, escape};
use cacheme::ops::{Selector, nearest_field};
use cacheme::text;
use std::time::Duration;

/// Looking for a key with the field takes no longer: the walk that was asked for may take far longer than that.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// The file that the output goes into, which may be made of what stood behind a `>`: a field, or a glob of fields.
#[derive(Clone)]
pub struct OutputFile {
    name: String,
}

impl OutputFile {
    /// Where the output goes into a file, and the system tells its name.
    pub fn find() -> Option<Self> {
        let output = std::fs::read_link("/proc/self/fd/1").ok()?;
        let name = output.file_name()?.to_str()?.to_owned();
        (!name.contains('>') && output.metadata().is_ok_and(|it| it.is_file())).then_some(Self { name })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether nobody calls a file so, and many a pattern ends so.
    pub fn is_glob(&self) -> bool {
        self.name.contains(['*', '?', '['])
    }

    /// The field, of a base that the glob matches, that was probably meant. That it cannot be found out stops nothing.
    pub fn field_of(
        &self,
        context: &Context,
        session: &mut Session,
        bases: &Glob,
        control: &mut Control,
    ) -> Option<Vec<u8>> {
        let name = self.name.to_lowercase();
        let glob = if self.is_glob() { Glob::parse(name.as_bytes()).ok() } else { None };
        let distance = |field: &[u8]| {
            let field = String::from_utf8_lossy(field).to_lowercase();
            match &glob {
                Some(glob) => glob.matches(field.as_bytes()).then_some(0),
                None if field == name => Some(0),
                // Nobody writes the field of a name without a '>'.
                None if field.as_bytes() == BASE_FIELD => None,
                None => near::distance(&name, &field),
            }
        };
        nearest_field(session, bases, &distance, control).unwrap_or_else(|error| {
            context.ui.verbose(&format!(
                "could not check whether '{}' is the name of a field: {error}",
                self.shown()
            ));
            None
        })
    }

    /// What stood behind the `>`, as a glob: what was written, or the field that was found for it.
    pub fn as_glob(&self, field: Option<&[u8]>) -> Vec<u8> {
        if self.is_glob() {
            self.name.as_bytes().to_vec()
        } else {
            escape(field.unwrap_or(self.name.as_bytes()))
        }
    }

    pub fn shown(&self) -> String {
        text::escape(self.name.as_bytes()).into_owned()
    }
}

/// A pattern without a `>` that a shell has probably cut, as the file that the output goes into is named like a field of keys that
/// the pattern matches, or like a glob.
pub struct Redirected {
    flag: &'static str,
    pattern: Vec<u8>,
    file: OutputFile,
    field: Option<Vec<u8>>,
}

impl Redirected {
    /// Looks for one among the patterns, which `flag` gave. Where the output goes into no file, that costs nothing.
    pub fn find(
        context: &Context,
        session: &mut Session,
        flag: &'static str,
        selectors: &[Selector],
    ) -> Option<Self> {
        let file = OutputFile::find()?;
        let mut control = context.control(Some(LONGEST_LOOK), None);
        selectors.iter().find_map(|selector| {
            let Selector::Pattern(KeyGlob { base: Some(bases), field: None }) = selector else { return None };
            let field = file.field_of(context, session, bases, &mut control);
            (field.is_some() || file.is_glob()).then(|| Self {
                flag,
                pattern: bases.source().to_vec(),
                file: file.clone(),
                field,
            })
        })
    }

    /// Whether nothing else can have been meant, so that there is nothing to ask.
    pub fn is_certain(&self) -> bool {
        self.file.is_glob()
    }

    /// The pattern as it stood in front of the shell.
    fn meant(&self) -> Vec<u8> {
        [&self.pattern[..], b">", &self.file.as_glob(self.field.as_deref())].concat()
    }

    fn text(&self) -> String {
        let (file, pattern) = (self.file.shown(), text::escape(&self.pattern));
        let matches = match self.field.as_deref() {
            Some(field) if field == self.file.name().as_bytes() => {
                format!("'{pattern}' matches keys with that field")
            }
            Some(field) if self.file.is_glob() => {
                format!("'{pattern}' matches keys whose fields match '{file}' ({})", text::escape(field))
            }
            Some(field) => format!("'{pattern}' matches keys with the field '{}'", text::escape(field)),
            None => format!("that name looks like the end of the pattern '{pattern}>{file}'"),
        };
        format!("the output goes into the file '{file}', and {matches}")
    }

    fn did_you_mean(&self) -> String {
        format!("did you mean {}?", whole_name_flag(self.flag, &self.meant()))
    }

    /// What is there to be known, for whoever can still say no, or for a command that changes nothing.
    pub fn said(&self) -> String {
        format!("{}; {} quote names that hold '>' in a shell", self.text(), self.did_you_mean())
    }

    /// The refusal to change what may not be meant.
    pub fn refusal(&self) -> Failure {
        Failure::usage(format!("{}; nothing was changed", self.text())).with_hint(format!(
            "{} Quote names that hold '>' in a shell; if you meant it, send the output to a file of another name",
            self.did_you_mean()
        ))
    }
}
