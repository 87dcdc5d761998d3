//! Man pages, from the same definition as the flags.

use crate::cli::args::{CONVENTIONS, EXIT_CODES, Page, command, page};
use crate::cli::rdb;
use clap::{Arg, Command};
use clap_mangen::Man;
use std::fs;
use std::io;
use std::path::Path;

/// Writes a page for each command.
pub fn write(folder: &Path) -> io::Result<()> {
    let mut root = command().disable_help_subcommand(true);
    root.build();
    write_below(&root, &root, folder)
}

fn write_below(root: &Command, command: &Command, folder: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    fs::write(folder.join(format!("{name}.1")), text(root, command)?)?;
    let below = command.get_subcommands().filter(|command| !command.is_hide_set());
    below.into_iter().try_for_each(|command| write_below(root, command, folder))
}

fn text(root: &Command, command: &Command) -> io::Result<String> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let words = name.strip_prefix("cacheme").unwrap_or_default().trim_start();
    let is_root = words.is_empty();
    // The options for any command stand on the first page.
    let shown = command.clone().mut_args(|arg| {
        let is_elsewhere = !is_root && arg.is_global_set();
        arg.hide(is_elsewhere).hide_short_help(false)
    });
    let has_options = shown.get_arguments().any(|arg| !arg.is_hide_set());
    let man = Man::new(shown);
    let title = name.replace(' ', "-").to_uppercase();
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!(".TH {title} 1 \"\" \"cacheme {version}\" \"User Commands\"\n.ad l\n.nh\n");
    text.push_str(&rendered(|to| man.render_name_section(to))?);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).trim_end();
    let rest = usage.strip_prefix(name).unwrap_or(usage);
    text.push_str(&format!(".SH SYNOPSIS\n\\fB{}\\fR{}\n", roff(name), roff(rest)));
    text.push_str(rendered(|to| man.render_description_section(to))?.trim_end_matches(".PP\n"));
    if is_root {
        text.push_str(&format!(".PP\n{}\n", roff(CONVENTIONS)));
    }
    if command.has_subcommands() {
        text.push_str(&rendered(|to| man.render_subcommands_section(to))?);
    }
    if has_options {
        text.push_str(&under_one_heading(&rendered(|to| man.render_options_section(to))?));
    }
    if !is_root {
        text.push_str(if has_options { ".SS \"Options for any command\"\n" } else { ".SH OPTIONS\n" });
        text.push_str("Server, prefix, format, pace and the others: see\n.BR cacheme (1).\n");
    }
    let page = page(words);
    text.push_str(&page.map(examples).unwrap_or_default());
    text.push_str(&exit_status(command, is_root));
    text.push_str(&environment(root, is_root));
    text.push_str(FILES);
    if words == "diff" {
        text.push_str(&entry("$TMPDIR, /tmp", "Both sides are sorted here while they are compared."));
    }
    text.push_str(&see_also(name, command, page));
    Ok(text)
}

/// A section, without the definition of a quote that each begins with.
fn rendered(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<String> {
    let mut section = Vec::new();
    render(&mut section)?;
    let section = String::from_utf8_lossy(&section);
    let lines = section.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "));
    Ok(lines.map(|line| line.replace("\\*(Aq", "\\(aq") + "\n").collect())
}

/// The sections of options as parts of one, and blank lines as the space they stand for.
fn under_one_heading(options: &str) -> String {
    let mut text = String::from(".SH OPTIONS\n");
    for line in options.lines() {
        match line.strip_prefix(".SH ") {
            Some("OPTIONS") => {}
            Some(heading) => text.push_str(&format!(".SS {}\n", sentence_case(heading))),
            None if line.is_empty() => text.push_str(".sp\n"),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    // Above the values that an option can have.
    text.replace(".br\n.sp\n.br\n", ".sp\n")
}

/// `WHAT IT DOES`, quoted or not, as `What it does`.
fn sentence_case(heading: &str) -> String {
    let lower = heading.trim_matches('"').to_lowercase();
    let (first, rest) = lower.split_at(1);
    format!("\"{}{rest}\"", first.to_uppercase())
}

fn examples(page: &Page) -> String {
    let mut text = String::from(".SH EXAMPLES\n");
    for (at, (what, line)) in page.examples.iter().enumerate() {
        let paragraph = if at == 0 { "" } else { ".PP\n" };
        text.push_str(&format!("{paragraph}{}\n.RS 4\n.nf\n\\fB{}\\fR\n.fi\n.RE\n", roff(what), roff(line)));
    }
    text
}

/// The codes that a command can end with.
fn exit_status(command: &Command, is_root: bool) -> String {
    let has = |flag: &str| command.get_arguments().any(|arg| arg.get_long() == Some(flag));
    let name = command.get_name();
    let may_end_with = |code: u8| match code {
        4 => name == "show" || has("strict"),
        5 => name == "doctor" || name == "diff" || has("exit-code"),
        _ => true,
    };
    let codes = EXIT_CODES.into_iter().filter(|(code, _)| is_root || may_end_with(*code));
    let entries = codes.map(|(code, meaning)| entry(&code.to_string(), meaning));
    format!(".SH \"EXIT STATUS\"\n{}", entries.collect::<String>())
}

fn environment(root: &Command, is_root: bool) -> String {
    let mut text = String::from(".SH ENVIRONMENT\n");
    if !is_root {
        text.push_str(
            "CACHEME_URL, CACHEME_PREFIX and the other variables that stand for an option: see\n.BR cacheme (1).\n",
        );
        return text;
    }
    let of_flag = |arg: &Arg| Some((arg.get_env()?.to_str()?.to_owned(), arg.get_long()?.to_owned()));
    for (variable, flag) in root.get_arguments().filter_map(of_flag) {
        text.push_str(&entry(&variable, &format!("The same as --{flag}.")));
    }
    for (variable, meaning) in [
        ("REDISCLI_AUTH", "The password, if neither the URL nor a file names one."),
        (rdb::PROGRAM, "The server program that loads the file of --rdb, by its path or its name on PATH."),
        ("NO_COLOR", "If it is set to any value, no colours are used unless --color says so."),
        ("CLICOLOR_FORCE", "If it is set to anything but 0, colours are used in files and pipes, too."),
    ] {
        text.push_str(&entry(variable, meaning));
    }
    text
}

const FILES: &str = ".SH FILES
.TP
\\fB~/.config/cacheme/config.toml\\fR
Profiles of servers and namespaces; \\-\\-config names another file. `cacheme config init` adds a profile.
";

fn see_also(name: &str, command: &Command, page: Option<&Page>) -> String {
    let dashed = |words: &str| format!("cacheme-{}", words.replace(' ', "-"));
    let mut pages = Vec::new();
    if name != "cacheme" {
        pages.push("cacheme".to_owned());
    }
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    pages.extend(below.map(|below| format!("{}-{}", name.replace(' ', "-"), below.get_name())));
    pages.extend(page.into_iter().flat_map(|page| page.related).map(|words| dashed(words)));
    pages.push("redis-cli".to_owned());
    let pages: Vec<_> = pages.iter().map(|page| format!(".BR {} (1)", roff(page))).collect();
    format!(".SH \"SEE ALSO\"\n{}\n", pages.join(",\n"))
}

/// A term and what it means.
fn entry(term: &str, meaning: &str) -> String {
    format!(".TP\n\\fB{}\\fR\n{}\n", roff(term), roff(meaning))
}

/// Text that roff prints as it stands.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}
