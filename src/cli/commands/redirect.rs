//! Names that were not quoted: a shell takes what stands behind their `>` for the file that the output goes into.

use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::invocation::whole_name_flag;
use cacheme::cache::Session;
use cacheme::client::Control;
use cacheme::namespace::glob::{Glob, KeyGlob, escape};
use cacheme::ops::{Selector, holds_field};
use cacheme::text;
use std::time::Duration;

/// Looking for a key with the field takes no longer: the walk that was asked for may take far longer than that.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// The name of the file that the output goes into, where it does, the system tells, and a field may have that name.
pub fn file_of_output() -> Option<String> {
    let output = std::fs::read_link("/proc/self/fd/1").ok()?;
    let name = output.file_name()?.to_str()?.to_owned();
    (!name.contains('>') && output.metadata().is_ok_and(|it| it.is_file())).then_some(name)
}

/// A pattern without a `>` that matches keys with a field of the name of the file that the output goes into.
pub struct Redirected {
    pattern: Vec<u8>,
    file: String,
}

impl Redirected {
    /// Looks for one among the patterns. Where the output goes into no file, that costs nothing.
    pub fn find(context: &Context, session: &mut Session, selectors: &[Selector]) -> Option<Self> {
        let file = file_of_output()?;
        let mut control = context.control(Some(LONGEST_LOOK), None);
        selectors.iter().find_map(|selector| {
            let Selector::Pattern(KeyGlob { base: Some(bases), field: None }) = selector else { return None };
            is_field(context, session, bases, &file, &mut control)
                .then(|| Self { pattern: bases.source().to_vec(), file: file.clone() })
        })
    }

    /// The pattern as it stood in front of the shell.
    fn meant(&self) -> Vec<u8> {
        [&self.pattern[..], b">", &escape(self.file.as_bytes())].concat()
    }

    fn text(&self) -> String {
        format!(
            "the output goes into the file '{}', and '{}' matches keys with that field",
            text::escape(self.file.as_bytes()),
            text::escape(&self.pattern)
        )
    }

    fn did_you_mean(&self) -> String {
        format!("did you mean {}?", whole_name_flag("--pattern", &self.meant()))
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

/// Whether a base that the glob matches has a field of this name. That it cannot be found out stops nothing.
pub fn is_field(
    context: &Context,
    session: &mut Session,
    bases: &Glob,
    name: &str,
    control: &mut Control,
) -> bool {
    holds_field(session, bases, name.as_bytes(), control).unwrap_or_else(|error| {
        context.ui.verbose(&format!("could not check whether '{name}' is the name of a field: {error}"));
        false
    })
}
