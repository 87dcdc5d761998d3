//! The rule about asking before writing.

use crate::cli::args;
use crate::cli::context::{Context, confirms};
use crate::cli::error::Failure;
use crate::cli::invocation::whole_name_flag;
use crate::cli::ui::harmless;
use cacheme::cache::Session;
use cacheme::text;
use std::borrow::Cow;
use std::io::{self, BufRead as _, Write as _};

/// How much a write reaches, and so how it has to be agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk<'a> {
    /// Named one by one: acts at once.
    Named,
    /// A set or a pattern: `--yes`, or a yes on the terminal.
    Many,
    /// This text has to be repeated, by `--confirm` or on the terminal; `--yes` is not enough.
    Whole { what: &'a str, text: &'a [u8] },
}

impl Risk<'_> {
    /// Whether the flags already agree.
    pub fn is_agreed(self, context: &Context, yes: bool) -> bool {
        match self {
            Self::Named => true,
            Self::Many => yes,
            Self::Whole { text, .. } => confirms(&context.global, text),
        }
    }

    /// Refuses where the flags do not agree and nobody can be asked.
    pub fn check(self, context: &Context, yes: bool, stdin_is_taken: bool) -> Result<(), Failure> {
        if self.is_agreed(context, yes) || (context.is_interactive() && !stdin_is_taken) {
            return Ok(());
        }
        let refusal = match self {
            Self::Whole { what, text } => {
                let confirm = whole_name_flag("--confirm", text);
                Failure::usage(format!("this reaches {what}; nothing was changed"))
                    .with_hint(format!("add {confirm} to do it, or --dry-run to see what it would do"))
            }
            _ => Failure::usage("nobody is there to be asked; nothing was changed")
                .with_hint("add --yes to do it, or --dry-run to see what it would do"),
        };
        Err(refusal)
    }

    /// The answer that agrees.
    fn wanted(&self) -> Cow<'_, str> {
        match self {
            Self::Named | Self::Many => "y".into(),
            Self::Whole { text, .. } => text::escape(text),
        }
    }

    /// Asks on the terminal. `plan` says what would be done, `sample` to what.
    pub fn ask(
        self,
        context: &Context,
        session: &Session,
        plan: &str,
        sample: &Sample,
    ) -> Result<(), Failure> {
        context.ui.say(&context.place());
        if session.conn.addr() != context.addr() {
            context.ui.say(&format!("the server is {} now", session.conn.addr()));
        }
        sample.say(context);
        let agreed = match self {
            Self::Named => true,
            Self::Many => agrees(&format!("{plan}. Do it? [y/N] "))?,
            Self::Whole { what, text } => {
                let text = text::escape(text);
                answer(&format!("{plan}. This reaches {what}: type '{text}' to do it: "))? == text
            }
        };
        if agreed { Ok(()) } else { Err(refused(&self.wanted())) }
    }
}

/// Whether the person answers with a yes.
pub fn agrees(question: &str) -> Result<bool, Failure> {
    let answer = answer(question)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Ends the work unless the person answers with a yes.
pub fn has_to_agree(question: &str) -> Result<(), Failure> {
    if agrees(question)? { Ok(()) } else { Err(refused("y")) }
}

/// The first few of what a question is about.
#[derive(Debug, Default)]
pub struct Sample {
    what: &'static str,
    shown: Vec<String>,
    more: bool,
}

impl Sample {
    /// So many are shown.
    const SHOWN: usize = 3;

    /// `what` they are: `keys`.
    pub fn new(what: &'static str, names: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let mut sample = Self { what, ..Self::default() };
        names.into_iter().take(Self::SHOWN + 1).for_each(|name| sample.add(name.as_ref()));
        sample
    }

    /// Adds one, unless there are enough.
    pub fn add(&mut self, name: &[u8]) {
        self.more = self.shown.len() == Self::SHOWN;
        if !self.more {
            self.shown.push(format!("'{}'", text::escape(name)));
        }
    }

    fn say(&self, context: &Context) {
        if !self.shown.is_empty() {
            let more = if self.more { ", …" } else { "" };
            context.ui.say(&format!("{}: {}{more}", self.what, self.shown.join(", ")));
        }
    }
}

/// Somebody was asked, and did not answer with what was wanted.
fn refused(wanted: &str) -> Failure {
    Failure::usage(format!("the answer was not '{wanted}'; nothing was changed"))
}

/// A line from the person. Read in the terminal's own line mode, so that Ctrl-C leaves nothing to put right.
fn answer(question: &str) -> Result<String, Failure> {
    let refused = |error: io::Error| Failure::usage(format!("no answer came: {error}; nothing was changed"));
    let mut stderr = io::stderr().lock();
    write!(stderr, "{}", harmless(question)).and_then(|()| stderr.flush()).map_err(refused)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(refused)?;
    Ok(line.strip_suffix('\n').unwrap_or(&line).to_owned())
}

/// Refuses a command that writes under `--read-only`, before it connects; asks for the name of a protected profile.
pub fn check_read_only(context: &Context, command: &str) -> Result<(), Failure> {
    check_write(context, command, &Sample::default())
}

/// The same of a command that was told names.
pub fn check_write(context: &Context, command: &str, sample: &Sample) -> Result<(), Failure> {
    if context.global.read_only {
        let source = context.settings.source("read_only");
        let text =
            format!("`cacheme {command}` would write, and read-only is set by {source}; nothing was changed");
        let failure = Failure::usage(text);
        return Err(match has_dry_run(command) {
            true => failure.with_hint("add --dry-run to see what it would do"),
            false => failure,
        });
    }
    context.will_write();
    match context.settings.protected() {
        Some(name) if !confirms(&context.global, name.as_bytes()) => {
            check_protected(context, command, name, sample)
        }
        _ => Ok(()),
    }
}

/// Whether a command can be asked what it would do. Flags among its words are no part of its name.
fn has_dry_run(command: &str) -> bool {
    let root = args::command();
    let mut names = command.split(' ').filter(|word| !word.starts_with('-'));
    let found = names.try_fold(&root, |found, name| found.find_subcommand(name));
    found.is_some_and(|found| found.get_arguments().any(|arg| arg.get_long() == Some("dry-run")))
}

fn check_protected(context: &Context, command: &str, profile: &str, sample: &Sample) -> Result<(), Failure> {
    if !context.is_interactive() {
        let confirm = whole_name_flag("--confirm", profile.as_bytes());
        let or_look = if has_dry_run(command) { ", or --dry-run to see what it would do" } else { "" };
        return Err(Failure::usage(format!(
            "profile '{profile}' is protected: `cacheme {command}` would write; nothing was changed"
        ))
        .with_hint(format!("add {confirm} to do it{or_look}")));
    }
    context.ui.say(&context.place());
    sample.say(context);
    context.ui.say(&format!("Profile '{profile}' is protected, and `cacheme {command}` writes."));
    match answer("Type the profile's name to go on: ")? {
        typed if typed == profile => Ok(()),
        _ => Err(refused(profile)),
    }
}
