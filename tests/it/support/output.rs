//! What a process said, and what a test expects of it.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use serde_json::Value;

use super::schemas;

/// What a process said, and how it ended.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// The command as one would type it, with the environment it was given.
    pub(crate) command: String,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    /// The exit code; 128 + the number of the signal, as a shell says it, when a signal ended the process.
    pub(crate) code: i32,
    pub(crate) elapsed: Duration,
}

impl Output {
    /// The standard output as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        match std::str::from_utf8(&self.stdout) {
            Ok(text) => text,
            Err(error) => self.fail(&format!("standard output is not UTF-8: {error}")),
        }
    }

    /// The lines of the standard output.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.text().lines().collect()
    }

    /// The standard output as one JSON value, which is as the schema of the command says.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_slice(&self.stdout) {
            Ok(value) => self.checked(value, false),
            Err(error) => self.fail(&format!("standard output is not JSON: {error}")),
        }
    }

    /// The standard output as one JSON value a line, each as the schema of the command says.
    #[track_caller]
    pub(crate) fn ndjson(&self) -> Vec<Value> {
        let lines = self.lines().into_iter();
        lines
            .map(|line| match serde_json::from_str(line) {
                Ok(value) => self.checked(value, true),
                Err(error) => self.fail(&format!("not a line of JSON: {line:?}: {error}")),
            })
            .collect()
    }

    #[track_caller]
    fn checked(&self, value: Value, is_line: bool) -> Value {
        match schemas::check(&self.command, is_line, &value) {
            Ok(_) => value,
            Err(why) => self.fail(&why),
        }
    }

    /// Panics unless the process ended with 0.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Self {
        self.code(0)
    }

    /// Panics unless the process ended with this code.
    #[track_caller]
    pub(crate) fn code(&self, expected: i32) -> &Self {
        if self.code != expected {
            self.fail(&format!("expected exit code {expected}"));
        }
        self
    }

    /// Panics unless the standard error holds `text`.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        if !self.stderr.contains(text) {
            self.fail(&format!("standard error does not say {text:?}"));
        }
        self
    }

    /// Panics if `text` is anywhere in what was written: for secrets.
    #[track_caller]
    pub(crate) fn never_says(&self, text: &str) -> &Self {
        if self.stderr.contains(text) || String::from_utf8_lossy(&self.stdout).contains(text) {
            self.fail(&format!("{text:?} was written"));
        }
        self
    }

    /// Panics with `why` and the whole transcript.
    #[track_caller]
    pub(crate) fn fail(&self, why: &str) -> ! {
        panic!("{why}\n{}", self.transcript());
    }

    /// Everything about the run, for a person to read.
    pub(crate) fn transcript(&self) -> String {
        format!(
            "$ {}\nexit code: {} after {:?}\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.command,
            self.code,
            self.elapsed,
            String::from_utf8_lossy(&self.stdout),
            self.stderr
        )
    }
}

/// A command as one would type it: the environment in front, everything odd quoted.
pub(crate) fn shown<'a>(
    env: impl IntoIterator<Item = (&'a OsString, &'a OsString)>,
    program: &OsStr,
    args: &[OsString],
) -> String {
    let quote = |word: &OsStr| {
        let word = word.to_string_lossy();
        let plain = |c: char| c.is_alphanumeric() || "-_./:=,@%+".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let mut words: Vec<String> =
        env.into_iter().map(|(name, value)| format!("{}={}", name.to_string_lossy(), quote(value))).collect();
    words.push(quote(program));
    words.extend(args.iter().map(|arg| quote(arg)));
    words.join(" ")
}
