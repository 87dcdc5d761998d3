//! Flags, environment and the profiles of the configuration file, settled once: a single flag beats a profile that
//! `--profile` names, which beats the environment, which beats a profile that `CACHEME_PROFILE` or the file names, which
//! beats the default. What says how to reach a server, and what its layout and its clock are, goes with the server it was
//! meant for.

mod file;
mod password;
mod server;

use crate::cli::args::Global;
use crate::cli::error::Failure;
use crate::cli::ui::near::nearest;
use cacheme::client::Target;
use clap::ArgMatches;
use clap::parser::ValueSource;
use std::path::{Path, PathBuf};

pub use file::{File, Problem, Profile, parse};
pub use password::{password_in, password_of};
pub use server::KEYS as SERVER_KEYS;

/// Where a setting's value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub value: Option<String>,
    pub source: String,
}

/// What is in force, and where it came from.
#[derive(Clone)]
pub struct Settings {
    /// The profile in use.
    pub profile: Option<Profile>,
    /// Each setting with its source, for `config show`.
    pub rows: Vec<Setting>,
    /// Where the password is.
    pub password: Password,
    /// Others that name a server too, and which: whoever is asked is told that they are not meant.
    pub not_meant: Vec<(String, String)>,
    /// What is not used because it belongs to one of those: `layout of profile production`.
    pub not_used: Vec<String>,
}

/// Where the password is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Password {
    /// Nowhere, or in the URL.
    #[default]
    OfUrl,
    /// With the person.
    Asked,
    /// In a file's first line.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(&'static str),
    /// With a command of the profile of that name.
    Command(String, Vec<String>),
}

/// Who settles a setting, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    Flag,
    /// A profile that was asked for by `--profile`.
    Chosen,
    Environment,
    /// A profile that `CACHEME_PROFILE` or the file's `default_profile` names.
    Usual,
    Default,
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
    profile_or(global, |name, path| format!("there is no profile '{name}' in {path}"))
}

/// The same, with other words for a name that is none: what was looked for, and in which file.
pub fn profile_or(
    global: &Global,
    is_unknown: impl Fn(&str, &str) -> String,
) -> Result<Option<Profile>, Failure> {
    let Some((path, named)) = path(global) else {
        return match &global.profile {
            Some(name) => Err(Failure::usage(is_unknown(name, "any configuration file"))
                .with_hint("HOME is not set: give the file with --config")),
            None => Ok(None),
        };
    };
    let (file, problems) = read(&path, named)?;
    let path = path.display().to_string();
    if let Some(problem) = problems.first() {
        let failure = Failure::usage(format!("{path}, {problem}"));
        return Err(match &problem.hint {
            Some(hint) => failure.with_hint(hint),
            None => failure.with_hint("`cacheme config check` lists every mistake in it"),
        });
    }
    let Some(name) = global.profile.clone().or(file.default_profile) else { return Ok(None) };
    let names: Vec<_> = file.profiles.iter().map(|profile| profile.name.clone()).collect();
    let found = file.profiles.into_iter().find(|profile| profile.name == name);
    found.map(Some).ok_or_else(|| {
        let failure = Failure::usage(is_unknown(&name, &path));
        match nearest(&name, names.iter().map(String::as_str)) {
            Some(near) => failure.with_hint(format!("did you mean '{near}'?")),
            None if names.is_empty() => failure.with_hint("`cacheme config init` adds one"),
            None => failure.with_hint(format!("the profiles are {}", names.join(", "))),
        }
    })
}

/// Settles everything: single flags, then a profile that `--profile` names, then the environment, then another profile.
pub fn resolve(global: &mut Global, matches: &ArgMatches, profile: Option<Profile>) -> Settings {
    let mut resolver = Resolver::new(matches, profile.as_ref());
    let named = |source, url: Option<&str>| url.map(|url| (source, Target::redacted(url)));
    let by_variable = named("environment CACHEME_URL".to_owned(), Resolver::variable("url").as_deref());
    let by_profile = profile.as_ref().and_then(|it| named(of_profile(&it.name), it.url.as_deref()));
    let url = resolver.layer("url");
    resolver.environment_is_elsewhere = url == Layer::Chosen && by_variable.is_some();
    resolver.profile_is_elsewhere = matches!(url, Layer::Flag | Layer::Environment) && by_profile.is_some();
    let is_meant = |layer: Layer| match layer {
        Layer::Environment => url == Layer::Environment,
        _ => matches!(url, Layer::Chosen | Layer::Usual),
    };
    let not_meant = [(Layer::Environment, by_variable), (Layer::Chosen, by_profile)];
    let not_meant = not_meant.into_iter().filter(|(layer, _)| !is_meant(*layer)).filter_map(|(_, it)| it);
    let not_meant: Vec<_> = not_meant.collect();
    let not_used = resolver.not_used();
    resolver.fill(global, profile.clone().unwrap_or_default());
    let password = resolver.password(global);
    let mut rows = resolver.rows(global);
    rows.push(resolver.password_row(&password, global));
    Settings { profile, rows, password, not_meant, not_used }
}

/// Knows for each setting who settles it.
struct Resolver<'a> {
    matches: &'a ArgMatches,
    profile: Option<&'a Profile>,
    /// The profile was asked for on the command line.
    is_chosen: bool,
    /// The environment names a server that is not the one in force: what it says of servers is about that one.
    environment_is_elsewhere: bool,
    /// The same of the profile.
    profile_is_elsewhere: bool,
}

impl<'a> Resolver<'a> {
    fn new(matches: &'a ArgMatches, profile: Option<&'a Profile>) -> Self {
        let is_chosen = matches.value_source("profile") == Some(ValueSource::CommandLine);
        let (environment_is_elsewhere, profile_is_elsewhere) = (false, false);
        Self { matches, profile, is_chosen, environment_is_elsewhere, profile_is_elsewhere }
    }

    /// Who settles this setting.
    fn layer(&self, name: &str) -> Layer {
        let written = self.written(name).is_some() && !self.is_profile_elsewhere(name);
        match given(self.matches, name) {
            Some(ValueSource::CommandLine) => Layer::Flag,
            _ if written && self.is_chosen => Layer::Chosen,
            Some(_) if !self.is_environment_elsewhere(name) => Layer::Environment,
            _ if written => Layer::Usual,
            _ => Layer::Default,
        }
    }

    /// The profile says it of a server that is not the one in force. Layout and clock go along with a profile that was asked
    /// for: whoever names it and a server means both.
    fn is_profile_elsewhere(&self, name: &str) -> bool {
        let is_held = is_of_server(name) || (is_of_data(name) && !self.is_chosen);
        is_held && self.profile_is_elsewhere
    }

    /// The same of the environment.
    fn is_environment_elsewhere(&self, name: &str) -> bool {
        (is_of_server(name) || is_of_data(name)) && self.environment_is_elsewhere
    }

    /// What profile and environment say of a server that is not the one in force.
    fn not_used(&self) -> Vec<String> {
        let names = || OF_DATA.iter().chain(&OF_SERVER).chain(&server::KEYS).copied();
        let of_profile = names()
            .filter(|name| self.written(name).is_some() && self.is_profile_elsewhere(name))
            .map(|name| format!("{name} of {}", self.by_profile()));
        let variables = names()
            .filter(|name| Self::variable(name).is_some() && self.is_environment_elsewhere(name))
            .map(env_name);
        of_profile.chain(variables).collect()
    }

    fn written(&self, name: &str) -> Option<&'a str> {
        self.profile.and_then(|profile| profile.written(name))
    }

    /// What stands in the variable of a setting.
    fn variable(name: &str) -> Option<String> {
        std::env::var(env_name(name)).ok().filter(|value| !value.is_empty())
    }

    /// What is in force of a value that flags or environment gave, and the profile's.
    fn settle<T>(&self, name: &str, given: &mut Option<T>, profiles: Option<T>) {
        match self.layer(name) {
            Layer::Flag | Layer::Environment => {}
            Layer::Chosen | Layer::Usual => *given = profiles,
            Layer::Default => *given = None,
        }
    }

    fn settle_switch(&self, name: &str, given: &mut bool, profiles: Option<bool>) {
        let mut value = Some(*given);
        self.settle(name, &mut value, profiles);
        *given = value.unwrap_or(false);
    }

    fn fill(&self, global: &mut Global, profile: Profile) {
        self.settle("url", &mut global.server.url, profile.url);
        self.settle("prefix", &mut global.prefix, profile.prefix.map(Into::into));
        self.settle("layout", &mut global.layout, profile.layout);
        self.settle("utc_offset", &mut global.utc_offset, profile.utc_offset);
        self.settle("pace", &mut global.pace, profile.pace);
        self.settle("timeout", &mut global.timeout, profile.timeout);
        self.settle("connect_timeout", &mut global.connect_timeout, profile.connect_timeout);
        self.settle("wait_replicas", &mut global.wait_replicas, profile.wait_replicas);
        self.settle("format", &mut global.format, profile.format);
        self.settle_switch("read_only", &mut global.read_only, profile.read_only);
        self.settle("password_file", &mut global.server.password_file, profile.password_file);
        profile.server.fill(self, &mut global.server);
        global.server.environment_is_elsewhere = self.environment_is_elsewhere;
    }

    /// Where the password is: with whoever names the server, and never one that was meant for another server.
    fn password(&self, global: &Global) -> Password {
        let in_url = global.server.url.as_ref().is_some_and(|url| has_password(url));
        let file = global.server.password_file.clone().map(|path| (self.layer("password_file"), path));
        let of_profile = || {
            let profile = self.profile.filter(|_| !self.profile_is_elsewhere)?;
            let command = profile.password_command.clone();
            command.map(|words| Password::Command(profile.name.clone(), words))
        };
        let auth = "REDISCLI_AUTH";
        let has_auth =
            !self.environment_is_elsewhere && std::env::var_os(auth).is_some_and(|it| !it.is_empty());
        match (self.layer("url"), file) {
            _ if global.server.ask_password => Password::Asked,
            (_, Some((Layer::Flag, path))) => Password::File(path),
            (Layer::Flag | Layer::Chosen, _) if in_url => Password::OfUrl,
            (_, Some((Layer::Chosen, path))) => Password::File(path),
            _ if self.is_chosen && of_profile().is_some() => of_profile().unwrap_or_default(),
            (_, Some((Layer::Environment, path))) => Password::File(path),
            _ if in_url => Password::OfUrl,
            _ if has_auth => Password::Variable(auth),
            (_, Some((_, path))) => Password::File(path),
            (_, None) => of_profile().unwrap_or_default(),
        }
    }

    fn rows(&self, global: &Global) -> Vec<Setting> {
        let config = path(global).map(|(path, _)| path.display().to_string());
        let defaults: [(&'static str, Option<&str>); 12] = [
            ("config", config.as_deref()),
            ("profile", None),
            ("url", Some(Target::DEFAULT_URL)),
            ("prefix", Some(cacheme::namespace::Namespace::DEFAULT_PREFIX)),
            ("layout", Some("auto")),
            ("utc_offset", Some("+00:00")),
            ("pace", Some("gentle")),
            ("timeout", Some("10s")),
            ("connect_timeout", Some("3s")),
            ("wait_replicas", Some("1")),
            ("format", None),
            ("read_only", Some("false")),
        ];
        let mut rows: Vec<_> = defaults.into_iter().map(|(name, usual)| self.row(name, usual)).collect();
        if let (Some(profile), Some(row)) = (self.profile, rows.iter_mut().find(|row| row.name == "profile"))
            && row.value.is_none()
        {
            (row.value, row.source) = (Some(profile.name.clone()), "default_profile".to_owned());
        }
        let protected = self.written("protected");
        rows.push(Setting {
            name: "protected",
            value: Some(protected.unwrap_or("false").to_owned()),
            source: protected.map_or_else(|| "default".to_owned(), |_| self.by_profile()),
        });
        for name in server::KEYS {
            let row = self.row(name, None);
            rows.extend((row.source != "default").then_some(row));
        }
        rows
    }

    fn by_profile(&self) -> String {
        of_profile(self.profile.map_or("", |profile| &profile.name))
    }

    fn row(&self, name: &'static str, usual: Option<&str>) -> Setting {
        let raw = || {
            if is_switch(name) {
                return Some(self.matches.get_flag(name).to_string());
            }
            let value = self.matches.get_raw(name)?.next()?.to_string_lossy().into_owned();
            Some(if name == "url" { Target::redacted(&value) } else { value })
        };
        let (value, source) = match self.layer(name) {
            Layer::Flag => (raw(), format!("flag --{}", name.replace('_', "-"))),
            Layer::Environment => (raw(), format!("environment {}", env_name(name))),
            Layer::Chosen | Layer::Usual => (self.written(name).map(str::to_owned), self.by_profile()),
            Layer::Default => (usual.map(str::to_owned), "default".to_owned()),
        };
        Setting { name, value, source }
    }

    /// Where the password comes from; never the password.
    fn password_row(&self, password: &Password, global: &Global) -> Setting {
        let in_url = global.server.url.as_ref().is_some_and(|url| has_password(url));
        let source = match password {
            Password::OfUrl => in_url.then(|| "the URL".to_owned()),
            Password::Asked => Some("flag --ask-password".to_owned()),
            Password::File(_) => Some(match self.layer("password_file") {
                Layer::Flag => "flag --password-file".to_owned(),
                Layer::Environment => "environment CACHEME_PASSWORD_FILE".to_owned(),
                _ => format!("{}: password_file", self.by_profile()),
            }),
            Password::Variable(name) => Some(format!("environment {name}")),
            Password::Command(..) => Some(format!("{}: password_command", self.by_profile())),
        };
        let value = source.as_ref().map(|_| "(hidden)".to_owned());
        Setting { name: "password", value, source: source.unwrap_or_else(|| "default".to_owned()) }
    }
}

/// What belongs to a server, beside [`server::KEYS`], not to a namespace or to the way of working.
const OF_SERVER: [&str; 2] = ["password_file", "wait_replicas"];
/// What is true of the data of one server and may not be of another's.
const OF_DATA: [&str; 2] = ["layout", "utc_offset"];

fn is_of_server(name: &str) -> bool {
    server::KEYS.contains(&name) || OF_SERVER.contains(&name)
}

fn is_of_data(name: &str) -> bool {
    OF_DATA.contains(&name)
}

fn has_password(url: &str) -> bool {
    Target::parse(url).is_ok_and(|target| target.has_password())
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

    /// The name of the profile in use, unless it names another server than this, which is shown without secrets.
    pub fn profile_of(&self, shown: &str) -> Option<&str> {
        let name = self.profile.as_ref()?.name.as_str();
        let by = of_profile(name);
        let is_elsewhere = self.not_meant.iter().any(|(other, url)| *other == by && url != shown);
        (!is_elsewhere).then_some(name)
    }

    /// Which server is meant, where several are named: `redis://a:6379/0 is used (profile p), not redis://b:6379/0 (flag --url)`.
    pub fn meant(&self, shown: &str) -> Option<String> {
        let others = self.not_meant.iter().filter(|(_, url)| url != shown);
        let others: Vec<_> = others.map(|(by, url)| format!("{url} ({by})")).collect();
        let by = self.source("url");
        (!others.is_empty()).then(|| format!("{shown} is used ({by}), not {}", others.join(" or ")))
    }
}

/// Whether a flag was given, on the command line or by the environment.
fn given(matches: &ArgMatches, id: &str) -> Option<ValueSource> {
    matches.value_source(id).filter(|source| *source != ValueSource::DefaultValue)
}

fn env_name(id: &str) -> String {
    format!("CACHEME_{}", id.to_uppercase())
}

fn of_profile(name: &str) -> String {
    format!("profile {name}")
}

fn is_switch(name: &str) -> bool {
    matches!(name, "read_only" | "replica" | "tls_insecure")
}

/// A path whose `~/` is the home folder.
fn expanded(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}
