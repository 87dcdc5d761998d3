//! Messages for the person: everything that is not data, on stderr.

pub mod confirm;
pub mod last_act;
pub mod logins;
pub mod near;
pub mod password;
pub mod progress;
pub mod screen;
mod sighup;

use crate::cli::args::{ColorChoice, Global};
use crate::cli::invocation::Invocation;
use crate::cli::output::beginning_in;
use crate::cli::output::wrapped;
use std::io::{IsTerminal as _, Write as _};

/// How to speak to the person.
#[derive(Debug, Clone)]
pub struct Ui {
    quiet: bool,
    verbose: bool,
    color: bool,
    /// The same of what goes to stdout.
    color_of_output: bool,
    /// How a command begins that acts where this one does.
    command: String,
}

impl Ui {
    pub fn new(global: &Global, invocation: &Invocation) -> Self {
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            color: has_color(global.color, std::io::stderr().is_terminal()),
            color_of_output: has_color(global.color, std::io::stdout().is_terminal()),
            command: invocation.start(),
        }
    }

    /// Whether what goes to stdout has colours.
    pub fn colors_output(&self) -> bool {
        self.color_of_output
    }

    /// What a question is about.
    pub fn say(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{}", in_words(&harmless(text)));
    }

    /// What went wrong.
    pub fn error(&self, text: &str) {
        self.line("error", "31", text);
    }

    /// What the person should know about the result.
    pub fn warning(&self, text: &str) {
        self.line("warning", "33", &self.runnable(text));
    }

    /// What to try.
    pub fn hint(&self, text: &str) {
        if !self.quiet {
            self.line("hint", "36", &self.runnable(text));
        }
    }

    /// What is done and why, for those who asked.
    pub fn verbose(&self, text: &str) {
        if self.verbose {
            self.line("note", "34", text);
        }
    }

    /// Commands in messages act on the server and the namespace that the message is about.
    fn runnable(&self, text: &str) -> String {
        text.replace("`cacheme ", &format!("`{} ", self.command))
    }

    fn line(&self, label: &str, color: &str, text: &str) {
        let text = in_words(&format!("{label}: {}", harmless(text)));
        let text = if self.color { beginning_in(color, label, &text) } else { text };
        // Nobody is left to be told that stderr is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}

/// Whether what is written has colours: to a terminal or not.
pub fn has_color(choice: ColorChoice, is_terminal: bool) -> bool {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if variable("NO_COLOR").is_some() => false,
        ColorChoice::Auto if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto => is_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// A message that ends its lines between words where stderr is a terminal.
pub fn in_words(text: &str) -> String {
    let terminal = console::Term::stderr();
    match terminal.size_checked().filter(|_| terminal.is_term()) {
        Some((_, columns)) => wrapped(text, 0, columns.into()),
        None => text.to_owned(),
    }
}

/// A message as it may be printed: servers, pickles and arguments have their say in it, and a terminal must not obey it.
pub fn harmless(text: &str) -> String {
    logins::hide(&logins::printable(text))
}
