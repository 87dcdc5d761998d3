//! The configuration file: profiles, each key checked, whatever is wrong with it named by line.

use crate::cli::args::Format;
use crate::cli::args::parse::{self, LayoutChoice};
use crate::cli::settings::server::{self, ServerKeys};
use crate::cli::ui::logins;
use crate::cli::ui::near::nearest;
use cacheme::client::{Pace, Target};
use cacheme::setting;
use clap::ValueEnum as _;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys of a profile, beside those of [`super::server`].
const KEYS: [&str; 13] = [
    "url",
    "prefix",
    "layout",
    "utc_offset",
    "pace",
    "timeout",
    "connect_timeout",
    "wait_replicas",
    "format",
    "read_only",
    "protected",
    "password_file",
    "password_command",
];
/// The keys outside of profiles.
const TOP: [&str; 2] = ["default_profile", "profiles"];

/// One server and namespace by name. The URL may hold a password, so it cannot be printed.
#[derive(Clone, Default)]
pub struct Profile {
    pub name: String,
    pub url: Option<String>,
    pub prefix: Option<String>,
    pub layout: Option<LayoutChoice>,
    pub utc_offset: Option<i64>,
    pub pace: Option<Pace>,
    pub timeout: Option<Duration>,
    pub connect_timeout: Option<Duration>,
    pub wait_replicas: Option<u32>,
    pub format: Option<Format>,
    pub read_only: Option<bool>,
    pub protected: Option<bool>,
    pub password_file: Option<PathBuf>,
    pub password_command: Option<Vec<String>>,
    pub server: ServerKeys,
    /// Keys and values as they were written.
    written: Vec<(String, String)>,
}

impl Profile {
    pub fn written(&self, key: &str) -> Option<&str> {
        self.written.iter().find(|(name, _)| name == key).map(|(_, text)| text.as_str())
    }
}

/// A whole file.
#[derive(Clone, Default)]
pub struct File {
    pub default_profile: Option<String>,
    pub profiles: Vec<Profile>,
}

/// Something wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    pub text: String,
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// Reads a file's text. Relative paths in it start at `folder`.
pub fn parse(text: &str, folder: &Path) -> (File, Vec<Problem>) {
    let mut reader = Reader { text, folder, problems: Vec::new() };
    let file = match DeTable::parse(text) {
        Ok(table) => {
            note_texts(table.get_ref());
            reader.file(table.get_ref())
        }
        Err(error) => {
            text.lines().for_each(logins::note);
            let at = error.span().map_or(0, |span| span.start);
            reader.problem(at, error.message().to_owned(), None);
            File::default()
        }
    };
    (file, reader.problems)
}

/// Messages quote them.
fn note_texts(table: &DeTable<'_>) {
    for (key, value) in table {
        logins::note(key.get_ref());
        note_text(value.get_ref());
    }
}

fn note_text(value: &DeValue<'_>) {
    match value {
        DeValue::String(text) => logins::note(text),
        DeValue::Array(values) => values.iter().for_each(|value| note_text(value.get_ref())),
        DeValue::Table(table) => note_texts(table),
        _ => {}
    }
}

struct Reader<'a> {
    text: &'a str,
    folder: &'a Path,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, at: usize, text: String, hint: Option<String>) {
        let line = self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        self.problems.push(Problem { line, text, hint });
    }

    fn unknown(&mut self, at: usize, key: &str, place: &str, known: &[&str]) {
        let hint = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("the keys here are {}", known.join(", ")),
        };
        self.problem(at, format!("there is no key '{key}' in {place}"), Some(hint));
    }

    fn file(&mut self, table: &DeTable<'_>) -> File {
        let mut file = File::default();
        let mut default_at = 0;
        for (key, value) in table {
            let at = key.span().start;
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("default_profile", DeValue::String(name)) => {
                    default_at = value.span().start;
                    file.default_profile = Some(name.to_string());
                }
                ("profiles", DeValue::Table(profiles)) => {
                    for (name, value) in profiles {
                        file.profiles.extend(self.profile(name, value));
                    }
                }
                ("default_profile", other) => self.of_type(at, "default_profile", "text", other),
                ("profiles", other) => self.of_type(at, "profiles", "a table", other),
                (other, _) => self.unknown(at, other, "the file", &TOP),
            }
        }
        if let Some(name) = &file.default_profile
            && !file.profiles.iter().any(|profile| profile.name == *name)
        {
            let hint = nearest(name, file.profiles.iter().map(|profile| profile.name.as_str()));
            let shown = if name.contains("://") { Target::redacted(name) } else { name.clone() };
            let text = format!("default_profile names '{shown}', which is not a profile here");
            self.problem(default_at, text, hint.map(|near| format!("did you mean '{near}'?")));
        }
        file
    }

    fn of_type(&mut self, at: usize, key: &str, expected: &str, found: &DeValue<'_>) {
        self.problem(at, format!("{key} must be {expected}, not {}", found.type_str()), None);
    }

    fn profile(
        &mut self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Profile> {
        let DeValue::Table(table) = value.get_ref() else {
            self.of_type(name.span().start, name.get_ref(), "a table", value.get_ref());
            return None;
        };
        let mut profile = Profile { name: name.get_ref().to_string(), ..Profile::default() };
        for (key, value) in table {
            let key_text = key.get_ref().as_ref();
            let known = [&KEYS[..], &server::KEYS].concat();
            if !known.contains(&key_text) {
                let place = format!("profile '{}'", profile.name);
                self.unknown(key.span().start, key_text, &place, &known);
                continue;
            }
            match self.set(&mut profile, key_text, value.get_ref()) {
                Ok(written) => profile.written.push((key_text.to_owned(), written)),
                Err(reason) => {
                    let text = format!("{key_text} of profile '{}': {reason}", profile.name);
                    self.problem(key.span().start, text, None);
                }
            }
        }
        if profile.password_file.is_some() && profile.password_command.is_some() {
            let text = format!("profile '{}' has both password_file and password_command", profile.name);
            self.problem(name.span().start, text, None);
        }
        Some(profile)
    }

    /// Sets one key and gives its value as it may be shown.
    fn set(&self, profile: &mut Profile, key: &str, value: &DeValue<'_>) -> Result<String, String> {
        if server::KEYS.contains(&key) {
            return profile.server.set(key, value, self.folder);
        }
        if matches!(key, "read_only" | "protected") {
            let wrong = || format!("it must be true or false, not {}", value.type_str());
            let truth = value.as_bool().ok_or_else(wrong)?;
            let place = if key == "read_only" { &mut profile.read_only } else { &mut profile.protected };
            *place = Some(truth);
            return Ok(truth.to_string());
        }
        if key == "password_command" {
            let words = command(value)?;
            let shown = words.join(" ");
            profile.password_command = Some(words);
            return Ok(shown);
        }
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if key.ends_with("timeout") || key == "wait_replicas" => {
                number.to_string()
            }
            other => return Err(format!("it must be text, not {}", other.type_str())),
        };
        match key {
            "url" => {
                Target::parse(&text).map_err(|error| error.to_string())?;
                profile.url = Some(text.clone());
                return Ok(Target::redacted(&text));
            }
            "prefix" => profile.prefix = Some(text.clone()),
            "layout" => profile.layout = Some(LayoutChoice(setting::layout(&text)?)),
            "utc_offset" => profile.utc_offset = Some(parse::utc_offset(&text)?),
            "pace" => profile.pace = Some(text.parse()?),
            "timeout" => profile.timeout = Some(parse::timeout(&text)?),
            "connect_timeout" => profile.connect_timeout = Some(parse::timeout(&text)?),
            "wait_replicas" => {
                let number = text.parse().map_err(|_| format!("'{text}' is not a number of replicas"))?;
                profile.wait_replicas = Some(number);
            }
            "format" => {
                profile.format =
                    Some(Format::from_str(&text, false).map_err(|_| {
                        format!("'{text}' is not a format: table, plain, json, ndjson or csv")
                    })?)
            }
            _ => {
                let path = super::expanded(Path::new(&text));
                profile.password_file = Some(self.folder.join(path));
            }
        }
        Ok(text)
    }
}

/// A line for the shell, or words.
fn command(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let words: Option<Vec<String>> = match value {
        DeValue::String(line) => Some(["/bin/sh", "-c", line].map(str::to_owned).to_vec()),
        DeValue::Array(words) => {
            words.iter().map(|word| word.get_ref().as_str().map(str::to_owned)).collect()
        }
        _ => None,
    };
    words
        .filter(|words| !words.is_empty())
        .ok_or_else(|| "it must be a shell command or a list of words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let (_, problems) = parse(text, Path::new("/etc"));
        problems
            .into_iter()
            .map(|problem| format!("{problem} ({})", problem.hint.as_deref().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn a_whole_profile() {
        let text = "default_profile = 'prod'\n[profiles.prod]\nurl = 'redis://u:pw@h:1/2'\nprefix = 'app:'\n\
            layout = 'meta'\nutc_offset = '+08:00'\npace = '25%'\ntimeout = 5\nconnect_timeout = '500ms'\n\
            wait_replicas = 2\nformat = 'json'\nread_only = true\nprotected = true\npassword_file = 'secret'\n";
        let (file, problems) = parse(text, Path::new("/etc/cacheme"));
        assert_eq!(problems, []);
        let profile = &file.profiles[0];
        assert_eq!(profile.utc_offset, Some(28_800));
        assert_eq!(profile.timeout, Some(Duration::from_secs(5)));
        assert_eq!(profile.wait_replicas, Some(2));
        assert_eq!(profile.password_file.as_deref(), Some(Path::new("/etc/cacheme/secret")));
        assert_eq!(profile.written("url"), Some("redis://h:1/2"));
        assert_eq!((profile.read_only, profile.protected), (Some(true), Some(true)));
    }

    #[test]
    fn whatever_is_wrong_is_named_by_line() {
        assert_eq!(
            problems("[profiles.a]\nprefx = 'x'\n\n[profiles.b]\ntimeout = 'soon'\nprotected = 1\n"),
            [
                "line 2: there is no key 'prefx' in profile 'a' (did you mean 'prefix'?)",
                "line 5: timeout of profile 'b': 'soon' is not a length of time; write 500ms, 10s, 5m, 1h30m, \
                 7d, 2w or whole seconds ()",
                "line 6: protected of profile 'b': it must be true or false, not integer ()",
            ]
        );
        assert_eq!(
            problems("default_profile = 'prd'\n[profiles.prod]\n"),
            ["line 1: default_profile names 'prd', which is not a profile here (did you mean 'prod'?)"]
        );
        assert_eq!(
            problems("[profile.x]\n"),
            ["line 1: there is no key 'profile' in the file (did you mean 'profiles'?)"]
        );
        assert!(problems("x = \n")[0].starts_with("line 1: "));
        let said = problems("[profiles.a]\nurl = 'redis://u:hunter2@h/x'\n");
        assert!(said.len() == 1 && !said[0].contains("hunter2"), "{said:?}");
    }
}
