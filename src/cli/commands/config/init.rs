//! `config init`: asks, looks on the server, writes the file for its owner alone.

use crate::cli::commands::other_library;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::invocation::quoted as quoted_word;
use crate::cli::output::{PRIVATE, write_file};
use crate::cli::server;
use crate::cli::settings::{self, Profile};
use cacheme::client::Target;
use cacheme::namespace::Namespace;
use cacheme::ops::find_namespaces;
use cacheme::text;
use dialoguer::theme::SimpleTheme;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// How many keys of each type are looked at to find namespaces.
const SAMPLE: u64 = 5_000;

/// What a new profile says.
#[derive(Clone)]
struct Answers {
    name: String,
    url: String,
    prefix: String,
    protected: bool,
}

pub fn init(context: &Context, yes: bool) -> Result<Code, Failure> {
    let Some((path, named)) = settings::path(&context.global) else {
        return Err(Failure::usage(
            "there is no place for a configuration file: neither HOME nor XDG_CONFIG_HOME is set",
        )
        .with_hint("--config or CACHEME_CONFIG names a file"));
    };
    if !yes && !context.is_interactive() {
        return Err(Failure::usage("`config init` asks questions and needs a terminal")
            .with_hint("add --yes, and --profile, --url and --prefix unless the defaults are right"));
    }
    let (file, problems) = settings::read(&path, false)?;
    if let Some(problem) = problems.first() {
        return Err(Failure::usage(format!("{}, {problem}", path.display()))
            .with_hint("correct the file first: `cacheme config check` lists every mistake in it"));
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
    if text::unescape(&answers.prefix) != answers.prefix.as_bytes() {
        return Err(Failure::usage(format!(
            "the prefix '{}' is not UTF-8 text, and the file can hold nothing else; nothing was written",
            answers.prefix
        ))
        .with_hint("give it with --escaped --prefix, or in CACHEME_PREFIX"));
    }
    check_prefix(&answers.prefix)
        .map_err(|reason| Failure::usage(format!("'{}': {reason}; nothing was written", answers.prefix)))?;
    Namespace::new(answers.prefix.as_bytes(), cacheme::namespace::Layout::Both)
        .map_err(|reason| cacheme::Error::Prefix { prefix: answers.prefix.clone().into_bytes(), reason })?;
    add(&path, &answers)?;
    let config = path.display().to_string();
    let config = if named { format!("--config {} ", quoted_word(&config)) } else { String::new() };
    let is_default =
        file.default_profile.as_ref().map_or(file.profiles.is_empty(), |name| *name == answers.name);
    let default = if is_default { "\nIt is the default: commands without --profile go there." } else { "" };
    context.ui.say(&format!(
        "Added profile '{}' ({}, prefix {}) to {}: try `cacheme {config}--profile {} stats`{default}",
        answers.name,
        Target::redacted(&answers.url),
        answers.prefix,
        path.display(),
        quoted_word(&answers.name)
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
        Failure::usage(format!("could not read the answer: {error}; nothing was written"))
    };
    let name = context.global.profile.clone().unwrap_or_else(|| "default".to_owned());
    let name = input("Name of the profile", name).map_err(failed)?;
    let url = ask_for_url(context, input).map_err(failed)?;
    let target = server::target_at(&context.global.server, &url)?;
    let found = namespaces(context, &target);
    let usual = found.first().cloned().unwrap_or_else(|| context.shown_prefix());
    if found.len() > 1 {
        context.ui.say(&format!("Prefixes on the server: {}", found.join("  ")));
    }
    let prefix = dialoguer::Input::<String>::with_theme(theme)
        .with_prompt("Prefix of the namespace")
        .default(usual)
        .validate_with(|prefix: &String| check_prefix(prefix))
        .interact_text()
        .map_err(failed)?;
    let protected = dialoguer::Confirm::with_theme(theme)
        .with_prompt("Ask for the profile's name before every write?")
        .default(false)
        .interact()
        .map_err(failed)?;
    Ok(Answers { name, url, prefix, protected })
}

/// The server, unless a flag names it. One that is known is offered, without its secrets.
fn ask_for_url(
    context: &Context,
    input: impl Fn(&str, String) -> dialoguer::Result<String>,
) -> dialoguer::Result<String> {
    let known = url(context);
    let shown = Target::redacted(&known);
    let source = context.settings.source("url");
    if context.settings.is_flag("url") {
        context.ui.say(&format!("Server: {shown} ({source})"));
        return Ok(known);
    }
    let prompt = match context.global.server.url {
        Some(_) => format!("URL of the server ({source})"),
        None => "URL of the server".to_owned(),
    };
    let answer = input(&prompt, shown.clone())?;
    Ok(if answer == shown { known } else { answer })
}

/// Whether a prefix can be one: a URL that was pasted there is none.
fn check_prefix(prefix: &str) -> Result<(), &'static str> {
    if prefix.contains("://") {
        return Err("a prefix is what the names of keys begin with, such as CM:, and no URL");
    }
    Ok(())
}

/// The prefixes on the server; where it cannot be asked the reason is told, and the file is written all the same.
fn namespaces(context: &Context, target: &Target) -> Vec<String> {
    let found =
        context.logged_in(target.clone()).and_then(|target| context.connect(&target)).and_then(|mut conn| {
            let found = find_namespaces(&mut conn, SAMPLE, &mut context.control(None, None))?;
            if let Some(told) = other_library::told(context, &mut conn, b"") {
                context.ui.hint(&told);
            }
            Ok(found)
        });
    match found {
        Ok(found) => found.iter().map(|found| text::escape(&found.prefix).into_owned()).take(8).collect(),
        Err(failure) => {
            context.ui.warning(&format!("could not list the namespaces of the server: {failure}"));
            Vec::new()
        }
    }
}

/// Adds a profile to the file, which only its owner may read from then on. What is written has been read back: it holds
/// what the file held, and the profile that was meant.
fn add(path: &Path, answers: &Answers) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        Failure::usage(format!("cannot write {}: {error}; nothing was changed", path.display()))
    };
    let old = match std::fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let text = with_profile(&old, answers).map_err(|reason| {
        let by_hand =
            profile(&Answers { url: cacheme::client::Target::redacted(&answers.url), ..answers.clone() });
        Failure::usage(format!(
            "could not add a profile to {}: {reason}; nothing was changed",
            path.display()
        ))
        .with_hint(format!("add it by hand:{by_hand}"))
    })?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    write_file(path, &text, PRIVATE).map_err(failed)
}

/// The file's text with a profile added: keys of the whole file before everything, the profile behind everything.
fn with_profile(old: &str, answers: &Answers) -> Result<String, String> {
    let parse = |text: &str| {
        let (file, problems) = settings::parse(text, Path::new(""));
        problems.first().map_or(Ok(file), |problem| Err(problem.to_string()))
    };
    let old = old.strip_prefix('\u{feff}').unwrap_or(old);
    let before = parse(old)?;
    let default =
        before.default_profile.clone().or_else(|| before.profiles.is_empty().then(|| answers.name.clone()));
    let mut text = String::new();
    if before.default_profile != default {
        text += &format!("default_profile = {}\n", quoted(&answers.name));
    }
    text += old;
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text += &profile(answers);
    let after = parse(&text)?;
    let is_meant = |profile: &Profile| {
        profile.url.as_ref() == Some(&answers.url)
            && profile.prefix.as_ref() == Some(&answers.prefix)
            && profile.protected.unwrap_or(false) == answers.protected
    };
    let (added, kept): (Vec<_>, Vec<_>) = after.profiles.iter().partition(|it| it.name == answers.name);
    let is_kept = kept.iter().map(|it| &it.name).eq(before.profiles.iter().map(|it| &it.name));
    if !is_kept || after.default_profile != default || added.len() != 1 || !is_meant(added[0]) {
        return Err("the file would then mean something else".to_owned());
    }
    Ok(text)
}

/// The text of a profile.
fn profile(answers: &Answers) -> String {
    let Answers { name, url, prefix, protected } = answers;
    let mut text =
        format!("\n[profiles.{}]\nurl = {}\nprefix = {}\n", quoted(name), quoted(url), quoted(prefix));
    if *protected {
        text += "protected = true\n";
    }
    text += "# layout = \"classic\"          # auto, classic (0.0.9, 0.1.0), meta (0.1.1 and later) or both\n\
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(name: &str) -> Answers {
        Answers {
            name: name.to_owned(),
            url: "redis://h".to_owned(),
            prefix: "CM:".to_owned(),
            protected: true,
        }
    }

    #[test]
    fn what_is_added_is_read_as_it_was_meant() {
        for (old, default) in [
            ("", "new"),
            ("\u{feff}# mine", "new"),
            ("# mine\r\n\r\n", "new"),
            ("[profiles]", "new"),
            ("[profiles]\n[profiles.a]\nurl = 'redis://a'", ""),
            ("default_profile = 'a'\n[profiles.a]\nprefix = 'x'  # no end", "a"),
            ("profiles.a.url = 'redis://a'", ""),
            ("[profiles.a]\nprefix = \"\"\"x\"\"\"", ""),
        ] {
            let text = with_profile(old, &answers("new")).unwrap_or_else(|error| panic!("{old:?}: {error}"));
            let (file, problems) = settings::parse(&text, Path::new(""));
            assert_eq!(problems, [], "{text}");
            assert_eq!(file.default_profile.unwrap_or_default(), default, "{text}");
            assert!(text.contains(old.trim_start_matches('\u{feff}')), "{text}");
            assert_eq!(file.profiles.last().map(|it| it.name.as_str()), Some("new"), "{text}");
        }
        for odd in ["a.b", "a\"b", "é 漢", "x\n[y]", "", "]", "\\"] {
            let text = with_profile("", &answers(odd)).unwrap();
            assert_eq!(settings::parse(&text, Path::new("")).0.default_profile.as_deref(), Some(odd));
        }
        for closed in [
            "profiles = {}",
            "profiles = { a = {} }",
            "[profiles.new]",
            "x = ",
            "[profiles.a]\nurl = 'u'",
            "profiles = 1",
        ] {
            assert!(with_profile(closed, &answers("new")).is_err(), "{closed}");
        }
    }
}
