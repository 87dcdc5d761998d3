//! From errors to a message, a hint and an exit code, in one place.

use crate::cli::args::{self, ColorChoice};
use crate::cli::invocation::name_flag;
use crate::cli::ui::{Ui, harmless, has_color, in_words};
use cacheme::Error;
use cacheme::namespace::glob::GlobError;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Partly = 3,
    NotFound = 4,
    /// Something would change, or `doctor` found something.
    Found = 5,
    Interrupted = 130,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a command failed, and what to try.
#[derive(Debug)]
pub struct Failure {
    code: Code,
    error: anyhow::Error,
    hint: Option<String>,
    /// The same may work later, though nothing is changed on the command line.
    may_pass: bool,
    /// Somebody was asked and said no: nothing went wrong.
    is_a_no: bool,
}

impl Failure {
    /// A flag that cannot be, or something that is not done unasked.
    pub fn usage(message: impl Display) -> Self {
        Self::new(Code::Usage, anyhow::anyhow!("{message}"))
    }

    /// Somebody was asked, and did not say yes.
    pub fn declined() -> Self {
        Self { is_a_no: true, ..Self::usage("nothing was changed") }
    }

    /// Something that did not work.
    pub fn failed(message: impl Display) -> Self {
        Self::new(Code::Failed, anyhow::anyhow!("{message}"))
    }

    /// A key or tag that is not there.
    pub fn not_found(message: impl Display) -> Self {
        Self::new(Code::NotFound, anyhow::anyhow!("{message}"))
    }

    /// A signal came before there was anything to report.
    pub fn interrupted(message: impl Display) -> Self {
        Self::new(Code::Interrupted, anyhow::anyhow!("{message}"))
    }

    fn new(code: Code, error: anyhow::Error) -> Self {
        Self { code, error, hint: None, may_pass: code != Code::Usage, is_a_no: false }
    }

    /// The same failure with something to try.
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same failure, after part of the work was done.
    pub fn partly(self) -> Self {
        if self.is_closed_pipe() { self } else { Self { code: Code::Partly, ..self } }
    }

    /// Prints it; a reader that closed the pipe is no failure.
    pub fn report(&self, ui: &Ui) -> ExitCode {
        if self.is_closed_pipe() {
            return Code::Done.into();
        }
        // Each message holds its cause.
        let text = self.error.to_string();
        if self.is_a_no {
            ui.say(&text)
        } else {
            ui.error(&text)
        }
        if let Some(hint) = &self.hint {
            ui.hint(hint);
        }
        self.code.into()
    }

    /// What came of telling what was done: that nobody reads it undoes none of that, so the exit code still tells it.
    pub fn unless_unread(told: Result<(), Self>) -> Result<(), Self> {
        told.or_else(|failure| if failure.is_closed_pipe() { Ok(()) } else { Err(failure) })
    }

    /// The same failure, which is not one of the command line: a file or a command that may be mended meanwhile.
    pub fn that_may_pass(self) -> Self {
        Self { may_pass: true, ..self }
    }

    /// Whether trying again later may help.
    pub fn may_pass(&self) -> bool {
        self.may_pass
    }

    /// Whether the output could not be written; the message says where.
    pub fn is_output(&self) -> bool {
        matches!(self.error.downcast_ref(), Some(Error::Output(_)))
    }

    /// Whether the server was not there, or went away.
    pub fn is_without_server(&self) -> bool {
        matches!(self.error.downcast_ref(), Some(Error::Connect { .. } | Error::Lost { .. }))
    }

    /// Whether nobody reads the output any more.
    pub fn is_closed_pipe(&self) -> bool {
        let io = match self.error.downcast_ref::<Error>() {
            Some(Error::Output(error)) => Some(&**error),
            _ => self.error.downcast_ref::<io::Error>(),
        };
        io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Url { .. }
            | Error::Certificates { .. }
            | Error::Prefix { .. }
            | Error::Glob { .. }
            | Error::Reserved { .. } => Code::Usage,
            _ => Code::Failed,
        };
        let hint = hint(&error);
        Self { hint, ..Self::new(code, error.into()) }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::from(Error::from(error))
    }
}

impl From<clap::Error> for Failure {
    /// The message alone: how it begins and ends is told of every failure alike.
    fn from(error: clap::Error) -> Self {
        let text = error.render().to_string();
        let message = text.split("\n\n").next().unwrap_or_default();
        Self::usage(message.strip_prefix("error: ").unwrap_or(message))
    }
}

/// A usage error of clap: help and versions go to stdout with code 0, the rest to stderr with code 2. `command` is the one whose
/// help tells more.
pub fn usage(mut error: clap::Error, command: &str) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        let help = args::short_help(command);
        let color = has_color(ColorChoice::Auto, io::stderr().is_terminal());
        let text = if color { help.ansi().to_string() } else { help.to_string() };
        drop(write!(io::stderr(), "{text}"));
        return Code::Usage.into();
    }
    add_tip(&mut error, command);
    // That of clap names what the environment gives as if it had to be given.
    if error.get(ContextKind::Usage).is_some() {
        error.insert(ContextKind::Usage, ContextValue::StyledStr(args::usage(command)));
    }
    if !error.use_stderr() {
        drop(error.print());
        return Code::Done.into();
    }
    let rendered = error.render();
    let mut text = rendered.to_string();
    let shown = harmless(&text);
    if shown != text {
        text = shown;
    } else if has_color(ColorChoice::Auto, io::stderr().is_terminal()) {
        text = rendered.ansi().to_string();
    }
    drop(write!(io::stderr(), "{}", in_words(&with_help_of(command, &text))));
    Code::Usage.into()
}

/// Puts a tip of ours in the place of that of clap, which goes by how words are written, where what was meant is known.
fn add_tip(error: &mut clap::Error, command: &str) {
    let name = |kind| match error.get(kind) {
        Some(ContextValue::String(name)) => Some(name.as_str()),
        _ => None,
    };
    let tip = match error.kind() {
        ErrorKind::UnknownArgument => {
            name(ContextKind::InvalidArg).and_then(|name| instead_of_argument(name, command))
        }
        _ => name(ContextKind::InvalidSubcommand)
            .filter(|_| command == "cacheme")
            .and_then(|name| instead_of_command(name).map(str::to_owned)),
    };
    let is_hidden = |it: &ContextValue| match it {
        ContextValue::String(name) => args::is_hidden(command, name),
        ContextValue::Strings(names) => names.iter().any(|name| args::is_hidden(command, name)),
        _ => false,
    };
    if tip.is_some() || error.get(ContextKind::SuggestedSubcommand).is_some_and(is_hidden) {
        error.remove(ContextKind::SuggestedSubcommand);
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Suggested);
    }
    if let Some(tip) = tip {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}

/// What there is in the place of an argument that a command does not know.
fn instead_of_argument(name: &str, command: &str) -> Option<String> {
    match name {
        "--sort" if command == "cacheme keys list" => Some(
            "to list the largest values, or what expires soonest: `cacheme keys top --by bytes|ttl`"
                .to_owned(),
        ),
        "--older" | "--older-than" | "--age" if command == "cacheme purge" => {
            Some("to leave alone what expired only a short time ago: `cacheme purge --grace DUR`".to_owned())
        }
        name if !name.starts_with('-') && args::takes_keys(command) => {
            Some(format!("to name a key, write {}", name_flag("--key", name.as_bytes())))
        }
        _ => None,
    }
}

/// What there is in the place of commands that other programs have.
fn instead_of_command(name: &str) -> Option<&'static str> {
    match name {
        "delete" | "del" | "rm" => Some("to delete values: `cacheme invalidate --tag NAME --delete`"),
        "get" | "show" => Some("to show a value: `cacheme keys show KEY`"),
        "list" | "ls" => Some("to list keys: `cacheme keys list`; to list tags: `cacheme tags list`"),
        _ => None,
    }
}

/// The same with the whole command in the line that points to its help.
fn with_help_of(command: &str, text: &str) -> String {
    match text.rsplit_once("--help") {
        Some((before, after))
            if before.lines().last().is_some_and(|line| line.contains("more information")) =>
        {
            format!("{before}{command} --help{after}")
        }
        _ => text.to_owned(),
    }
}

fn hint(error: &Error) -> Option<String> {
    let text = match error {
        Error::Connect { reason, .. } if reason.to_lowercase().contains("certificate") => {
            "give the authority to trust with --tls-ca, and your own certificate with --tls-cert and --tls-key; \
             the server's certificate must hold the host name of the URL"
        }
        Error::Unsettled { .. } => "the cluster is being resharded: run this again when that is done",
        Error::CrossSlot { .. } => "a hash tag in the prefix, such as {CM}:, keeps a namespace in one slot",
        Error::NoPrimary { .. } => "SENTINEL MASTERS on a sentinel lists the services that it knows",
        Error::Replica { .. } => "give --url the primary's address; --replica is for commands that only read",
        Error::ReplicasOnly { .. } => "leave out --replica, which is for commands that only read",
        Error::Server { addr, code, .. }
            if addr.starts_with("sentinel ") && matches!(&**code, "NOAUTH" | "WRONGPASS") =>
        {
            "sentinels have their own login: give it with --sentinel-user, and CACHEME_SENTINEL_PASSWORD or \
             --sentinel-password-file"
        }
        Error::Connect { .. } => "is the server running there? give another with --url or CACHEME_URL",
        Error::Timeout { .. } => {
            "the server is busy, frozen or not a Redis server; --timeout and --connect-timeout wait longer"
        }
        Error::Lost { .. } => "the server may have restarted; running the command again is safe",
        Error::Certificates { .. } => {
            "--tls-ca, --tls-cert and --tls-key take PEM files; a URL with TLS begins with rediss://"
        }
        Error::Url { .. } => "a URL is redis://HOST:PORT/DATABASE or unix:///PATH/TO/SOCKET?db=DATABASE",
        Error::Prefix { .. } => "give --prefix the application's REDIS_CACHE_PREFIX",
        Error::Glob { reason: GlobError::Empty, .. } => "'*' matches everything",
        Error::Glob { .. } => "put a backslash before a special character to match it as it is",
        Error::Reserved { .. } => {
            "if a function has this name, --key and --pattern reach its keys; give it another tag (tag=)"
        }
        Error::Server { code, message, .. } => return server_hint(code, message).map(str::to_owned),
        _ => return None,
    };
    Some(text.to_owned())
}

fn server_hint(code: &str, message: &str) -> Option<&'static str> {
    Some(match code {
        "NOAUTH" => "give the password in REDISCLI_AUTH, --password-file or --ask-password",
        "WRONGPASS" => {
            "check the user in --url and the password (REDISCLI_AUTH, --password-file, --ask-password)"
        }
        "ERR" if message.contains("executing the script can't run") => {
            "docs/permissions.md lists the least ACL rights of each command"
        }
        "NOPERM" => "docs/permissions.md lists the least ACL rights of each command",
        "LOADING" => "the server is reading its data from disk; try again when it is done",
        "READONLY" => "this is a replica; give --url the primary's address",
        "MISCONF" => "the server cannot save to disk and refuses writes; see its log",
        "OOM" => "the server is at maxmemory and refuses writes; `cacheme purge` gives memory back",
        "WRONGTYPE" => {
            "a key has another type than the library gives it; `cacheme doctor` says what to do about it"
        }
        "BUSY" => "a script blocks the server; SCRIPT KILL ends it",
        "MOVED" | "CROSSSLOT" => "this is a node of a Redis Cluster: add --cluster",
        "ASK" => {
            "a slot of the cluster is being moved: try again when it is done (without --cluster, add that)"
        }
        "CLUSTERDOWN" => "a part of the cluster has no primary; try again when it is up",
        "ERR" if message.contains("DB index") || message.contains("invalid DB") => {
            "the server has fewer databases (in a cluster of Valkey 9, cluster-databases sets how many): give \
             another in the URL, redis://HOST/N or unix:///PATH?db=N"
        }
        "ERR" if message.contains("SELECT is not allowed") => {
            "this cluster has only database 0: leave the number out of --url; Valkey 9 has more with \
             cluster-databases"
        }
        "ERR" if message.contains("wrong number of arguments for 'auth'") => {
            "servers before Redis 6.0 have no users, only a password: leave the user out of --url"
        }
        "ERR" if message.contains("unknown command") && message.contains("AUTH") => {
            "the server does not know AUTH: it was renamed, or a proxy is in between; leave out the password, \
             or ask the server's operator"
        }
        "ERR" if message.contains("AUTH") => "the server has no password set; leave it out",
        _ => return None,
    })
}
