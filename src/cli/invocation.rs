//! A command of ours for the same server and namespace, as it is pasted into a shell. Whatever we tell somebody to run
//! is written here, so that it acts where the run acted that told it. Secrets are never part of it.

use crate::cli::args::headings::SELECTION;
use crate::cli::args::{self, Global, parse};
use cacheme::text;
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::borrow::Cow;

/// Flags that say which server and namespace, and take a value. A URL and a prefix are written below.
const VALUED: [&str; 10] = [
    "config",
    "profile",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "sentinel_user",
    "sentinel_password_file",
    "password_file",
    "layout",
    "utc_offset",
];
/// The same without a value.
const SWITCHES: [&str; 2] = ["tls_insecure", "ask_password"];
/// What is written although it came from the environment: without it a command reaches other keys, or
/// other marks.
const INHERITED: [&str; 3] = ["prefix", "utc_offset", "layout"];

/// How a command begins that acts where this one does.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// `cacheme` and its flags, each one word or two, quoted.
    words: Vec<String>,
    /// The dump that is read, as a flag. Only what reads can begin with it.
    rdb: Option<String>,
    is_escaped: bool,
}

impl Invocation {
    pub fn new(global: &Global, matches: &ArgMatches) -> Self {
        let is_flag = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        let is_given = |name: &str| {
            let inherited = INHERITED.contains(&name) && !is_flag("profile");
            is_flag(name) || (inherited && matches.value_source(name) == Some(ValueSource::EnvVariable))
        };
        let raw = |name: &str| Some(matches.get_raw(name)?.next()?.to_string_lossy().into_owned());
        let mut words = vec!["cacheme".to_owned()];
        let valued = VALUED.into_iter().filter(|name| is_given(name));
        words.extend(valued.filter_map(|name| Some(flag(name, &raw(name)?))));
        if is_flag("url") {
            words.extend(raw("url").map(|url| flag("url", &cacheme::client::Target::without_password(&url))));
        }
        if is_flag("cluster") {
            let seeds = raw("cluster").unwrap_or_default();
            words.push(if seeds == "on" {
                "--cluster".to_owned()
            } else {
                format!("--cluster={}", quoted(&seeds))
            });
        }
        words.extend(
            SWITCHES.into_iter().filter(|name| is_flag(name)).map(|name| format!("--{}", dashed(name))),
        );
        let prefix = global.prefix.as_deref().filter(|_| is_given("prefix"));
        let prefix = prefix.map(|prefix| parse::name(prefix, global.escaped));
        let is_escaped = prefix.as_deref().is_some_and(needs_escapes);
        if is_escaped {
            words.push("--escaped".to_owned());
        }
        words.extend(prefix.map(|prefix| name_flag("--prefix", &prefix)));
        let rdb = raw("rdb").map(|file| flag("rdb", &file));
        Self { words, rdb, is_escaped }
    }

    /// `cacheme` and the flags, each with its value, for a command that may write: the server is meant, not a dump of it.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// `cacheme --profile prod`, to go on from with a command that reads.
    pub fn start(&self) -> String {
        self.words.iter().chain(&self.rdb).map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// A whole command that writes, with names behind it: `("invalidate", &[("--key", key)])`.
    pub fn with(&self, command: &str, names: &[(&str, &[u8])]) -> String {
        let escaped = !self.is_escaped && names.iter().any(|(_, name)| needs_escapes(name));
        let names = names.iter().map(|(flag, name)| name_flag(flag, name));
        let escaped = escaped.then(|| "--escaped".to_owned());
        [self.words.join(" "), command.to_owned()]
            .into_iter()
            .chain(escaped)
            .chain(names)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The selection of a command as it was given, each selector and filter: `--tag t --state live,pending`.
pub fn selection(given: &ArgMatches) -> String {
    let (mut command, mut given) = (&args::command(), given);
    while let Some((name, below)) = given.subcommand()
        && let Some(found) = command.find_subcommand(name)
    {
        (command, given) = (found, below);
    }
    let mut words = Vec::new();
    for arg in command.get_arguments().filter(|arg| arg.get_help_heading() == Some(SELECTION)) {
        let id = arg.get_id().as_str();
        let Some(long) = arg.get_long().filter(|_| given.value_source(id) == Some(ValueSource::CommandLine))
        else {
            continue;
        };
        if !arg.get_action().takes_values() {
            words.push(format!("--{long}"));
        }
        for values in
            given.get_raw_occurrences(id).filter(|_| arg.get_action().takes_values()).into_iter().flatten()
        {
            let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
            words.push(flag(long, &values.join(",")));
        }
    }
    words.join(" ")
}

/// A flag with a name, as it can be added to a command: `--confirm 'CM:'`.
pub fn name_flag(flag: &str, name: &[u8]) -> String {
    let shown = text::escape(name);
    let between = if shown.starts_with('-') { '=' } else { ' ' };
    format!("{flag}{between}{}", in_quotes(&shown))
}

/// The same for a command that may have no `--escaped` yet.
pub fn whole_name_flag(flag: &str, name: &[u8]) -> String {
    let escaped = if needs_escapes(name) { "--escaped " } else { "" };
    format!("{escaped}{}", name_flag(flag, name))
}

fn needs_escapes(name: &[u8]) -> bool {
    text::escape(name).as_bytes() != name
}

fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

fn flag(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("--{}{between}{}", dashed(name), quoted(value))
}

fn in_quotes(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A word of a shell.
pub fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.into() } else { in_quotes(text).into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, command};
    use clap::FromArgMatches as _;

    fn of(line: &[&str]) -> Invocation {
        let words = [&["cacheme"], line, &["stats"]].concat();
        let matches = command().try_get_matches_from(words).unwrap();
        Invocation::new(&Cli::from_arg_matches(&matches).unwrap().global, &matches)
    }

    #[test]
    fn it_acts_where_the_first_one_did() {
        let key: (&str, &[u8]) = ("--key", b"a>b");
        for (flags, written) in [
            (&[][..], "cacheme invalidate --key 'a>b'"),
            (&["--profile", "prod"], "cacheme --profile prod invalidate --key 'a>b'"),
            (&["--profile=-x y"], "cacheme --profile='-x y' invalidate --key 'a>b'"),
            (
                &["--url", "redis://u:hunter2@h?db=5"],
                "cacheme --url redis://u@h:6379/5 invalidate --key 'a>b'",
            ),
            (&["--url", "unix:///s?db=5"], "cacheme --url 'unix:///s?db=5' invalidate --key 'a>b'"),
            (&["--cluster", "-v"], "cacheme --cluster invalidate --key 'a>b'"),
            (
                &["--cluster=a,b", "--layout", "meta"],
                "cacheme --layout meta --cluster=a,b invalidate --key 'a>b'",
            ),
            (&["--utc-offset", "-05:00"], "cacheme --utc-offset=-05:00 invalidate --key 'a>b'"),
            (&["--prefix", "it's"], r"cacheme --prefix 'it'\''s' invalidate --key 'a>b'"),
            (
                &["--escaped", "--prefix", r"\xff:"],
                r"cacheme --escaped --prefix '\xff:' invalidate --key 'a>b'",
            ),
        ] {
            assert_eq!(of(flags).with("invalidate", &[key]), written);
        }
        let of_dump = of(&["--rdb", "a b", "--prefix", "x"]);
        assert_eq!(of_dump.start(), "cacheme --prefix 'x' --rdb 'a b'");
        assert_eq!(of_dump.with("gc", &[]), "cacheme --prefix 'x' gc");
        let with = |key: &[u8]| of(&[]).with("invalidate", &[("--key", key)]);
        assert_eq!(with(b"-x"), "cacheme invalidate --key='-x'");
        assert_eq!(with(b"\xff"), r"cacheme invalidate --escaped --key '\xff'");
        assert_eq!(whole_name_flag("--confirm", b"\xff"), r"--escaped --confirm '\xff'");
    }
}
