//! Profiles of the configuration file, settled with flags and environment: flag beats environment beats file beats
//! default.

mod file;
mod server;

use super::args::Global;
use super::error::Failure;
use crate::cli::near::nearest;
use cacheme::store::Secret;
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use file::{File, Problem, Profile, parse, shown_url};

/// Where a setting's value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub value: Option<String>,
    pub source: String,
}

/// What the file says, as far as it is in force.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The profile in use.
    pub profile: Option<Profile>,
    /// Each setting with its source, for `config show`.
    pub rows: Vec<Setting>,
    /// Whether the URL in force is the profile's: its password goes nowhere else.
    url_is_of_profile: bool,
}

/// Where the file is, and whether it was named: one that was has to be there.
pub fn path(global: &Global) -> Option<(PathBuf, bool)> {
    if let Some(path) = &global.config {
        return Some((path.clone(), true));
    }
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some((folder.join("cacheme").join("config.toml"), false))
}

/// Reads the file, where there is one, with all that is wrong with it.
pub fn read(path: &Path, named: bool) -> Result<(File, Vec<Problem>), Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(file::parse(&text, path.parent().unwrap_or(Path::new("")))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => {
            Ok((File::default(), Vec::new()))
        }
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))
            .with_hint("`cacheme config init` makes a configuration file")),
    }
}

/// The profile that is asked for, or the default one.
pub fn profile(global: &Global) -> Result<Option<Profile>, Failure> {
    let Some((path, named)) = path(global) else { return Ok(None) };
    let (file, problems) = read(&path, named)?;
    if let Some(problem) = problems.first() {
        let failure = Failure::usage(format!("{}, {problem}", path.display()));
        return Err(match &problem.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure.with_hint("`cacheme config check` tells all that is wrong with it"),
        });
    }
    let Some(name) = global.profile.clone().or(file.default_profile) else { return Ok(None) };
    let names: Vec<_> = file.profiles.iter().map(|profile| profile.name.clone()).collect();
    let found = file.profiles.into_iter().find(|profile| profile.name == name);
    found.map(Some).ok_or_else(|| {
        let failure = Failure::usage(format!("there is no profile '{name}' in {}", path.display()));
        match nearest(&name, names.iter().map(String::as_str)) {
            Some(near) => failure.with_hint(format!("did you mean '{near}'?")),
            None if names.is_empty() => failure.with_hint("`cacheme config init` adds one"),
            None => failure.with_hint(format!("the profiles are {}", names.join(", "))),
        }
    })
}

/// Fills in from the profile what neither flags nor environment say.
pub fn resolve(global: &mut Global, matches: &ArgMatches) -> Result<Settings, Failure> {
    let profile = profile(global)?;
    let url_is_of_profile =
        global.server.url.is_none() && profile.as_ref().is_some_and(|profile| profile.url.is_some());
    let rows = rows(global, matches, profile.as_ref());
    if let Some(profile) = profile.clone() {
        // Certificates and seeds are those of the profile's own server.
        if url_is_of_profile || profile.url.is_none() {
            profile.server.clone().fill(&mut global.server);
        }
        global.server.url = global.server.url.take().or(profile.url);
        global.prefix = global.prefix.take().or(profile.prefix.map(Into::into));
        global.layout = global.layout.or(profile.layout);
        global.utc_offset = global.utc_offset.or(profile.utc_offset);
        global.pace = global.pace.take().or(profile.pace);
        global.timeout = global.timeout.or(profile.timeout);
        global.connect_timeout = global.connect_timeout.or(profile.connect_timeout);
        global.format = global.format.or(profile.format);
        if given(matches, "read_only").is_none() {
            global.read_only = profile.read_only.unwrap_or(false);
        }
    }
    Ok(Settings { profile, rows, url_is_of_profile })
}

impl Settings {
    /// The name of the profile in use, where it asks for it before any write.
    pub fn protected(&self) -> Option<&str> {
        let profile = self.profile.as_ref().filter(|profile| profile.protected == Some(true));
        profile.map(|profile| profile.name.as_str())
    }

    /// Where a setting comes from: `flag --url`, `environment CACHEME_URL`, `profile staging`, `default`.
    pub fn source(&self, name: &str) -> &str {
        self.rows.iter().find(|row| row.name == name).map_or("default", |row| &row.source)
    }

    /// Whether a flag said it, not environment, file or default.
    pub fn is_flag(&self, name: &str) -> bool {
        self.source(name).starts_with("flag ")
    }

    /// The password where no command has to be run for it.
    pub fn password_at_hand(&self) -> Option<Secret> {
        let profile = self.profile.as_ref().filter(|profile| profile.password_command.is_none());
        profile.and_then(|_| self.password().ok().flatten())
    }

    /// The password that the profile knows: for its own server only, where it names one.
    pub fn password(&self) -> Result<Option<Secret>, Failure> {
        let Some(profile) = &self.profile else { return Ok(None) };
        if profile.url.is_some() && !self.url_is_of_profile {
            return Ok(None);
        }
        if let Some(path) = &profile.password_file {
            return password_in(path).map(Some);
        }
        profile.password_command.as_deref().map(|words| password_of(&profile.name, words)).transpose()
    }
}

const PASSWORD_HINT: &str = "`cacheme config show` tells where the password comes from";

/// The first line of a file.
pub fn password_in(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("cannot read the password file {}: {error}", path.display()))
            .with_hint(PASSWORD_HINT)
    })?;
    Ok(Secret::new(text.lines().next().unwrap_or_default()))
}

/// The first line that a command prints.
fn password_of(profile: &str, words: &[String]) -> Result<Secret, Failure> {
    let failed = |why: String| {
        Failure::usage(format!("the password command of profile '{profile}' {why}")).with_hint(PASSWORD_HINT)
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

/// Whether a flag was given, on the command line or by the environment.
fn given(matches: &ArgMatches, id: &str) -> Option<ValueSource> {
    let source = matches.value_source(id)?;
    let empty = |source| {
        source == ValueSource::EnvVariable
            && std::env::var_os(env_name(id)).is_some_and(|value| value.is_empty())
    };
    (source != ValueSource::DefaultValue && !empty(source)).then_some(source)
}

fn env_name(id: &str) -> String {
    format!("CACHEME_{}", id.to_uppercase())
}

fn rows(global: &Global, matches: &ArgMatches, profile: Option<&Profile>) -> Vec<Setting> {
    let config = path(global).map(|(path, _)| path.display().to_string());
    let defaults: [(&'static str, Option<&str>); 11] = [
        ("config", config.as_deref()),
        ("profile", None),
        ("url", Some(cacheme::store::Target::DEFAULT_URL)),
        ("prefix", Some(cacheme::namespace::Namespace::DEFAULT_PREFIX)),
        ("layout", Some("auto")),
        ("utc_offset", Some("+00:00")),
        ("pace", Some("gentle")),
        ("timeout", Some("10s")),
        ("connect_timeout", Some("3s")),
        ("format", None),
        ("read_only", Some("false")),
    ];
    let mut rows: Vec<_> =
        defaults.into_iter().map(|(name, usual)| row(name, usual, matches, profile)).collect();
    if let (Some(profile), Some(row)) = (profile, rows.iter_mut().find(|row| row.name == "profile"))
        && row.value.is_none()
    {
        (row.value, row.source) = (Some(profile.name.clone()), "default_profile".to_owned());
    }
    let protected = profile.and_then(|profile| profile.written("protected"));
    rows.push(Setting {
        name: "protected",
        value: Some(protected.unwrap_or("false").to_owned()),
        source: source_of_file(protected.is_some(), profile),
    });
    for name in server::KEYS {
        let row = row(name, None, matches, profile);
        rows.extend((row.source != "default").then_some(row));
    }
    rows.push(password_row(global, profile));
    rows
}

fn source_of_file(written: bool, profile: Option<&Profile>) -> String {
    match profile.filter(|_| written) {
        Some(profile) => format!("profile {}", profile.name),
        None => "default".to_owned(),
    }
}

fn row(name: &'static str, usual: Option<&str>, matches: &ArgMatches, profile: Option<&Profile>) -> Setting {
    let raw = || {
        let value = matches.get_raw(name)?.next()?.to_string_lossy().into_owned();
        Some(if name == "url" { shown_url(&value) } else { value })
    };
    match given(matches, name) {
        Some(ValueSource::CommandLine) => {
            let value = if is_switch(name) { Some("true".to_owned()) } else { raw() };
            Setting { name, value, source: format!("flag --{}", name.replace('_', "-")) }
        }
        Some(_) => {
            let value = if is_switch(name) { Some(matches.get_flag(name).to_string()) } else { raw() };
            Setting { name, value, source: format!("environment {}", env_name(name)) }
        }
        None => {
            let written = profile.and_then(|profile| profile.written(name));
            Setting {
                name,
                value: written.or(usual).map(str::to_owned),
                source: source_of_file(written.is_some(), profile),
            }
        }
    }
}

fn is_switch(name: &str) -> bool {
    matches!(name, "read_only" | "replica" | "tls_insecure")
}

/// Where the password comes from; never the password.
fn password_row(global: &Global, profile: Option<&Profile>) -> Setting {
    let of = |url: Option<&String>| {
        url.is_some_and(|url| cacheme::store::Target::parse(url).is_ok_and(|target| target.has_password()))
    };
    let in_profile = profile.filter(|profile| global.server.url.is_none() || profile.url.is_none());
    let url = global.server.url.as_ref().or(in_profile.and_then(|profile| profile.url.as_ref()));
    let auth = std::env::var_os("REDISCLI_AUTH").is_some_and(|value| !value.is_empty());
    let source = match in_profile {
        _ if global.server.ask_password => Some("flag --ask-password".to_owned()),
        _ if global.server.password_file.is_some() => Some("flag or environment: password file".to_owned()),
        _ if of(url) => Some("the URL".to_owned()),
        _ if auth => Some("environment REDISCLI_AUTH".to_owned()),
        Some(profile) if profile.password_file.is_some() => {
            Some(format!("profile {}: password_file", profile.name))
        }
        Some(profile) if profile.password_command.is_some() => {
            Some(format!("profile {}: password_command", profile.name))
        }
        _ => None,
    };
    let value = source.as_ref().map(|_| "(hidden)".to_owned());
    Setting { name: "password", value, source: source.unwrap_or_else(|| "default".to_owned()) }
}

/// A path whose `~/` is the home folder.
fn expanded(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}
