//! `config init`: asks, looks on the server, writes the file for its owner alone.

use crate::cli::config;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::server;
use cacheme::namespace::{Namespace, text};
use cacheme::ops::find_namespaces;
use cacheme::store::Target;
use dialoguer::theme::SimpleTheme;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// How many keys of each type are looked at to find namespaces.
const SAMPLE: u64 = 5_000;

/// What a new profile says.
struct Answers {
    name: String,
    url: String,
    prefix: String,
    protected: bool,
}

pub fn init(context: &Context, yes: bool) -> Result<Code, Failure> {
    let Some((path, named)) = config::path(&context.global) else {
        return Err(Failure::usage(
            "there is no place for a configuration file: neither HOME nor XDG_CONFIG_HOME is set",
        )
        .with_hint("--config or CACHEME_CONFIG names a file"));
    };
    if !yes && !context.is_interactive() {
        return Err(Failure::usage("`config init` asks, and nobody is there to answer")
            .with_hint("add --yes, with --profile, --url and --prefix where the defaults will not do"));
    }
    let (file, problems) = config::read(&path, false)?;
    if let Some(problem) = problems.first() {
        return Err(Failure::usage(format!("{}, {problem}", path.display()))
            .with_hint("mend the file first: `cacheme config check` tells all that is wrong with it"));
    }
    let answers = if yes { unasked(context) } else { ask(context)? };
    if file.profiles.iter().any(|profile| profile.name == answers.name) {
        return Err(Failure::usage(format!(
            "{} has a profile '{}' already; nothing was written",
            path.display(),
            answers.name
        ))
        .with_hint("give the new one another name with --profile"));
    }
    Namespace::new(answers.prefix.as_bytes(), cacheme::namespace::Layout::Both)
        .map_err(|reason| cacheme::Error::Prefix { prefix: answers.prefix.clone().into_bytes(), reason })?;
    let is_new = file.profiles.is_empty() && file.default_profile.is_none();
    write(&path, &profile(&answers, is_new))
        .map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))?;
    let config = if named { format!("--config {} ", path.display()) } else { String::new() };
    context.ui.say(&format!(
        "Profile '{}' stands in {}: try `cacheme {config}--profile {} stats`",
        answers.name,
        path.display(),
        answers.name
    ));
    Ok(Code::Done)
}

fn url(context: &Context) -> String {
    context.global.server.url.clone().unwrap_or_else(|| Target::DEFAULT_URL.to_owned())
}

fn unasked(context: &Context) -> Answers {
    let name = context.global.profile.clone().unwrap_or_else(|| "default".to_owned());
    Answers { name, url: url(context), prefix: context.shown_prefix(), protected: false }
}

fn ask(context: &Context) -> Result<Answers, Failure> {
    let theme = &SimpleTheme;
    let input = |prompt: &str, usual: String| {
        dialoguer::Input::<String>::with_theme(theme).with_prompt(prompt).default(usual).interact_text()
    };
    let failed = |error: dialoguer::Error| {
        let _ = dialoguer::console::Term::stderr().show_cursor();
        Failure::usage(format!("no answer came: {error}; nothing was written"))
    };
    let name = context.global.profile.clone().unwrap_or_else(|| "default".to_owned());
    let name = input("Name of the profile", name).map_err(failed)?;
    let url = match &context.global.server.url {
        Some(url) => url.clone(),
        None => input("URL of the server", url(context)).map_err(failed)?,
    };
    let target = server::target_at(&context.global.server, &url)?;
    let found = namespaces(context, &target);
    let usual = found.first().cloned().unwrap_or_else(|| context.shown_prefix());
    if found.len() > 1 {
        context.ui.say(&format!("Prefixes on the server: {}", found.join("  ")));
    }
    let prefix = input("Prefix of the namespace", usual).map_err(failed)?;
    let protected = dialoguer::Confirm::with_theme(theme)
        .with_prompt("Ask for the profile's name before every write?")
        .default(false)
        .interact()
        .map_err(failed)?;
    Ok(Answers { name, url, prefix, protected })
}

/// The prefixes on the server; where it cannot be asked the reason is told, and the file is written all the same.
fn namespaces(context: &Context, target: &Target) -> Vec<String> {
    let found = context
        .logged_in(target.clone())
        .and_then(|target| context.connect(&target))
        .and_then(|mut conn| Ok(find_namespaces(&mut conn, SAMPLE, &mut context.control(None, None))?));
    match found {
        Ok(found) => found.iter().map(|found| text::escape(&found.prefix).into_owned()).take(8).collect(),
        Err(failure) => {
            context.ui.warning(&format!("the server could not be asked for its namespaces: {failure}"));
            Vec::new()
        }
    }
}

/// The text of a profile.
fn profile(answers: &Answers, is_new: bool) -> String {
    let Answers { name, url, prefix, protected } = answers;
    let mut text = String::new();
    if is_new {
        text += &format!("default_profile = {}\n", quoted(name));
    }
    text += &format!("\n[profiles.{}]\nurl = {}\nprefix = {}\n", quoted(name), quoted(url), quoted(prefix));
    if *protected {
        text += "protected = true\n";
    }
    text += "# layout = \"classic\"          # auto, classic (0.0.9, 0.1.0) or meta (0.1.1 and later)\n\
             # utc_offset = \"+08:00\"       # of the application's hosts\n\
             # password_file = \"secret\"    # or password_command = \"pass show redis\"\n";
    text
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted += &format!("\\u{:04X}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// Adds to the file, which only its owner may read.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
