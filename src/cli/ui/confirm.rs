//! The rule about asking before writing.

use crate::cli::args;
use crate::cli::context::{Context, confirms};
use crate::cli::error::Failure;
use crate::cli::invocation::whole_name_flag;
use crate::cli::ui::{harmless, in_words};
use cacheme::cache::Session;
use cacheme::ops::InvalidationReport;
use cacheme::text::{self, counted, grouped};
use rustix::termios::{QueueSelector, tcflush};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

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
            _ => Failure::usage("cannot ask for confirmation without a terminal; nothing was changed")
                .with_hint("add --yes to do it, or --dry-run to see what it would do"),
        };
        Err(refusal)
    }

    /// Asks on the terminal. `plan` is what is asked about, as an order: `Delete 5 values`; `sample` is what of.
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
            Self::Many => agrees(&format!("{plan}? [y/N] "))?,
            Self::Whole { what, text } => {
                let text = text::escape(text);
                answer(&format!("{plan}? This reaches {what}: type '{text}' to do it: "))? == text
            }
        };
        match self {
            _ if agreed => Ok(()),
            Self::Whole { text, .. } => Err(not_repeated(text)),
            _ => Err(Failure::declined()),
        }
    }
}

/// What an invalidation is about, as far as its question can name it.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// Keys, the first of which may be known.
    Keys(Option<&'a [u8]>),
    /// The keys of a tag or the like: ` of the tag 'recs'`.
    KeysOf(&'a str),
    /// Redis keys, whatever they hold.
    RedisKeys,
    /// Keys, and Redis keys beside them.
    Both,
}

/// An invalidation as an order. One key is called by its name.
pub fn order(plan: &InvalidationReport, subject: Subject) -> String {
    let one = match subject {
        Subject::Keys(name) => name.filter(|_| plan.matched == 1).map(text::escape),
        _ => None,
    };
    let of = if let Subject::KeysOf(of) = subject { of } else { "" };
    let refresh = match &one {
        Some(name) => format!("Refresh {name} at its next read"),
        None if plan.marked == 1 => format!("Refresh 1 key{of} at its next read"),
        None => format!("Refresh {}{of} at their next read", counted(plan.marked, "key", "keys")),
    };
    let (a_value, values) = match subject {
        Subject::Keys(_) | Subject::KeysOf(_) => ("value", "values"),
        Subject::RedisKeys => ("Redis key", "Redis keys"),
        Subject::Both => ("value or Redis key", "values and Redis keys"),
    };
    let deleted = match &one {
        Some(name) => format!("elete the value of {name}"),
        None => format!("elete {}{of}", counted(plan.deleted, a_value, values)),
    };
    let order = match (plan.marked, plan.deleted) {
        (0, 1..) => format!("D{deleted}"),
        (_, 0) => refresh,
        (1.., 1..) if one.is_some() => format!("D{deleted} and have it recomputed"),
        _ => format!("{refresh} and d{deleted}"),
    };
    match plan.matched.saturating_sub(plan.marked.max(plan.deleted)) {
        0 => order,
        _ => format!("{order} ({} matched)", grouped(plan.matched)),
    }
}

/// Whether the person answers with a yes.
pub fn agrees(question: &str) -> Result<bool, Failure> {
    let answer = answer(question)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Ends the work unless the person answers with a yes.
pub fn has_to_agree(question: &str) -> Result<(), Failure> {
    if agrees(question)? { Ok(()) } else { Err(Failure::declined()) }
}

/// The first few of what a question is about.
#[derive(Debug, Default)]
pub struct Sample {
    what: &'static str,
    first: Option<Vec<u8>>,
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
        self.first.get_or_insert_with(|| name.to_vec());
        self.more = self.shown.len() == Self::SHOWN;
        if !self.more {
            self.shown.push(format!("'{}'", text::escape(name)));
        }
    }

    /// The name of the first, where it is a key.
    pub fn first(&self) -> Option<&[u8]> {
        self.first.as_deref().filter(|_| self.what == "keys")
    }

    fn say(&self, context: &Context) {
        if !self.shown.is_empty() {
            let more = if self.more { ", …" } else { "" };
            context.ui.say(&format!("{}: {}{more}", self.what, self.shown.join(", ")));
        }
    }
}

/// Somebody was asked to repeat a text, and did not.
fn not_repeated(text: &[u8]) -> Failure {
    Failure::usage(format!("the answer was not '{}'; nothing was changed", text::escape(text)))
        .with_hint(format!("type it as shown, or add {}", whole_name_flag("--confirm", text)))
}

/// A line from the person. Read in the terminal's own line mode, so that Ctrl-C leaves nothing to put right.
fn answer(question: &str) -> Result<String, Failure> {
    let refused =
        |error: io::Error| Failure::usage(format!("could not read the answer: {error}; nothing was changed"));
    if io::stdin().is_terminal() {
        // What was typed before answers no question. Where it cannot be thrown away, the person sees it.
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{}", in_words(&harmless(question))).and_then(|()| stderr.flush()).map_err(refused)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(refused)?;
    Ok(line.strip_suffix('\n').unwrap_or(&line).to_owned())
}

/// Refuses a command that writes under `--read-only`, before it connects; asks for the name of a protected profile. `deed` is what
/// would be done: `delete the values that have expired`.
pub fn check_read_only(context: &Context, command: &str, deed: &str) -> Result<(), Failure> {
    check_write(context, command)?.map_or(Ok(()), |profile| profile.ask(context, deed))
}

/// The same, where more is to be told before the name is asked for: whoever calls this asks.
pub fn check_write<'a>(
    context: &'a Context,
    command: &'a str,
) -> Result<Option<ProtectedProfile<'a>>, Failure> {
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
            let profile = ProtectedProfile { name, command };
            profile.check(context)?;
            Ok(Some(profile))
        }
        _ => Ok(None),
    }
}

/// Whether a command can be asked what it would do. Flags among its words are no part of its name.
fn has_dry_run(command: &str) -> bool {
    let root = args::command();
    let mut names = command.split(' ').filter(|word| !word.starts_with('-'));
    let found = names.try_fold(&root, |found, name| found.find_subcommand(name));
    found.is_some_and(|found| found.get_arguments().any(|arg| arg.get_long() == Some("dry-run")))
}

/// A protected profile whose name has to be typed before a command may write.
#[must_use]
pub struct ProtectedProfile<'a> {
    name: &'a str,
    command: &'a str,
}

impl ProtectedProfile<'_> {
    /// Refuses where nobody can be asked.
    fn check(&self, context: &Context) -> Result<(), Failure> {
        let Self { name, command } = self;
        if context.is_interactive() {
            return Ok(());
        }
        let confirm = whole_name_flag("--confirm", name.as_bytes());
        let or_look = if has_dry_run(command) { ", or --dry-run to see what it would do" } else { "" };
        Err(Failure::usage(format!(
            "profile '{name}' is protected: `cacheme {command}` would write; nothing was changed"
        ))
        .with_hint(format!("add {confirm} to do it{or_look}")))
    }

    /// Shows where the command acts, on what, and what it would do, and asks for the name.
    pub fn ask(&self, context: &Context, deed: &str) -> Result<(), Failure> {
        let Self { name, command } = self;
        context.ui.say(&context.place());
        let selection = context.selection();
        if !selection.is_empty() {
            context.ui.say(&format!("selected: {selection}"));
        }
        context.ui.say(&format!("would be done: {deed}"));
        context.ui.say(&format!("Profile '{name}' is protected, and `cacheme {command}` writes."));
        match answer("Type the profile's name to go on: ")? {
            typed if typed == *name => Ok(()),
            _ => Err(not_repeated(name.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_names_one_key_and_counts_many() {
        let plan = |matched, marked, deleted| {
            let mut plan = InvalidationReport::default();
            (plan.matched, plan.marked, plan.deleted) = (matched, marked, deleted);
            plan
        };
        let order = |matched, marked, deleted| {
            let plan = plan(matched, marked, deleted);
            super::order(&plan, Subject::Keys(Some(b"Book:1>owner")))
        };
        assert_eq!(order(1, 1, 0), "Refresh Book:1>owner at its next read");
        assert_eq!(order(1, 0, 1), "Delete the value of Book:1>owner");
        assert_eq!(order(1, 1, 1), "Delete the value of Book:1>owner and have it recomputed");
        assert_eq!(order(5, 5, 0), "Refresh 5 keys at their next read");
        assert_eq!(order(5000, 0, 5000), "Delete 5,000 values");
        assert_eq!(order(5, 2, 3), "Refresh 2 keys at their next read and delete 3 values (5 matched)");
        assert_eq!(order(5, 1, 0), "Refresh 1 key at its next read (5 matched)");
        let of_tag = Subject::KeysOf(" of the tag 't'");
        let refresh = |marked| super::order(&plan(marked, marked, 0), of_tag);
        assert_eq!(refresh(1), "Refresh 1 key of the tag 't' at its next read");
        assert_eq!(refresh(1000), "Refresh 1,000 keys of the tag 't' at their next read");
        assert_eq!(super::order(&plan(7, 0, 7), Subject::RedisKeys), "Delete 7 Redis keys");
        assert_eq!(super::order(&plan(7, 0, 7), Subject::Both), "Delete 7 values and Redis keys");
    }
}
