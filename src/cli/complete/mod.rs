//! Live completion: the shell asks with each Tab, the answer comes from the server, the configuration file and the
//! flags. Where that fails, or takes too long, nothing is said.

mod line;
mod lookup;

use crate::cli::args;
use clap_complete::Shell;
use std::ffi::OsString;
use std::io::Write as _;

use lookup::{invalid_keys, keys, profiles, tags};

/// Set by the scripts below to the name of the shell.
const ASKED: &str = "CACHEME_COMPLETE";

/// The script of a shell that completes live; none where only the static one is there.
pub fn script(shell: Shell) -> Option<&'static str> {
    match shell {
        Shell::Bash => Some(include_str!("cacheme.bash")),
        Shell::Zsh => Some(include_str!("cacheme.zsh")),
        Shell::Fish => Some(include_str!("cacheme.fish")),
        _ => None,
    }
}

/// Answers a shell that asks for completions; tells whether one did.
pub fn answer() -> bool {
    let Some(shell) = std::env::var_os(ASKED) else { return false };
    let args: Vec<OsString> = std::env::args_os().skip(2).collect();
    let lines = match shell.to_str() {
        Some("bash") => bash(&args),
        Some("zsh") => zsh(args),
        Some("fish") => fish(args),
        _ => None,
    };
    let text: String = lines.unwrap_or_default().into_iter().map(|line| line + "\n").collect();
    // Whoever asked may be gone; there is nobody to tell.
    let _ = std::io::stdout().write_all(text.as_bytes());
    true
}

/// What may stand for the last of these words, each with its help.
fn candidates(words: Vec<OsString>) -> Vec<(String, Option<String>)> {
    let last = words.len().saturating_sub(1);
    lookup::asked_by(words[..last].to_vec());
    let folder = std::env::current_dir().ok();
    let is_flag = words[last..].iter().any(|word| word.as_encoded_bytes().starts_with(b"-"));
    let found =
        clap_complete::engine::complete(&mut completed(args::command(), ""), words, last, folder.as_deref());
    let shown = found.unwrap_or_default().into_iter().filter(|candidate| !candidate.is_hide_set());
    shown
        .filter_map(|candidate| {
            let help = candidate.get_help().map(|help| help.to_string());
            let help = help.and_then(|help| help.lines().next().map(str::to_owned));
            // Flags are many; they are offered to whoever begins with one.
            let value = candidate.get_value().to_str().filter(|value| is_flag || !value.starts_with('-'))?;
            Some((value.to_owned(), help))
        })
        .collect()
}

/// A command with what its values may be.
fn completed(command: clap::Command, parent: &str) -> clap::Command {
    let name = command.get_name().to_owned();
    let command = command.mut_args(|arg| match (arg.get_id().as_str(), parent) {
        ("profile", _) => arg.add(profiles()),
        ("tag" | "except_tag", _) | ("name", "tags") => arg.add(tags()),
        ("invalid_key" | "except_invalid_key", _) | ("name", "invalid-keys") => arg.add(invalid_keys()),
        ("key" | "keys" | "except_key", _) => arg.add(keys()),
        _ => arg,
    });
    command.mut_subcommands(|sub| completed(sub, &name))
}

/// The line up to the cursor, the command's name, and the part of the last word that bash will replace.
fn bash(args: &[OsString]) -> Option<Vec<String>> {
    let [line, command, replaced] = args else { return None };
    let line = line::Line::read(line.to_str()?, command.to_str()?);
    let found = candidates(line.words.iter().map(OsString::from).collect());
    let replaced = replaced.to_str()?;
    Some(found.iter().filter_map(|(value, _)| line.replacement(value, replaced)).collect())
}

/// The words as they are meant; zsh quotes by itself. Value and what is shown stand in turn.
fn zsh(words: Vec<OsString>) -> Option<Vec<String>> {
    let shown = |(value, help): (String, Option<String>)| {
        let display = help.map_or_else(|| value.clone(), |help| format!("{value}  -- {help}"));
        [value, display]
    };
    Some(candidates(words).into_iter().flat_map(shown).collect())
}

/// The words as they are meant, but for the last, which is as it was typed; fish quotes by itself.
fn fish(mut words: Vec<OsString>) -> Option<Vec<String>> {
    let typed = words.pop()?;
    words.push(line::Line::read(typed.to_str()?, "").words.pop().unwrap_or_default().into());
    let line = |(value, help): (String, Option<String>)| match help {
        Some(help) => format!("{value}\t{help}"),
        None => value,
    };
    Some(candidates(words).into_iter().map(line).collect())
}
