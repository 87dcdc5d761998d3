//! Passwords that stand in a file or come from a command.

use crate::cli::error::Failure;
use cacheme::store::Secret;
use std::path::Path;
use std::process::{Command, Stdio};

const PASSWORD_HINT: &str = "`cacheme config show` tells where the password comes from";

/// The first line of a file.
pub fn password_in(path: &Path) -> Result<Secret, Failure> {
    Secret::in_file(path).map_err(|error| {
        Failure::usage(format!("cannot read the password file {}: {error}", path.display()))
            .with_hint(PASSWORD_HINT)
            .that_may_pass()
    })
}

/// The first line that a command prints.
pub fn password_of(profile: &str, words: &[String]) -> Result<Secret, Failure> {
    let failed = |why: String| {
        Failure::usage(format!("the password command of profile '{profile}' {why}"))
            .with_hint(PASSWORD_HINT)
            .that_may_pass()
    };
    let Some((program, args)) = words.split_first() else { return Err(failed("is empty".to_owned())) };
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::inherit()).stderr(Stdio::inherit());
    let output = command.output().map_err(|error| failed(format!("cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("failed: {}", output.status)));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| failed("printed no text".to_owned()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(failed("printed no password".to_owned())),
    }
}
