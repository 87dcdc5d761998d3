//! `config show|check|init`.

mod init;

use crate::cli::args::ConfigCommand;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Record as _, Shape};
use crate::cli::rows::reports::{InForce, Profiled};
use crate::cli::settings::{self, File, Profile};

pub fn run(context: &Context, command: &ConfigCommand) -> Result<Code, Failure> {
    match command {
        ConfigCommand::Show => show(context),
        ConfigCommand::Check => check(context),
        ConfigCommand::Init { yes } => init::init(context, *yes),
    }
}

fn show(context: &Context) -> Result<Code, Failure> {
    let mut output = context.output(&InForce::columns(), Shape::Rows)?;
    for row in &context.settings.rows {
        let (value, source) = (row.value.clone(), row.source.clone());
        output.row(InForce { setting: row.name.to_owned(), value, source }.row())?;
    }
    output.finish()?;
    Ok(Code::Done)
}

fn check(context: &Context) -> Result<Code, Failure> {
    let Some((path, _)) = settings::path(&context.global) else {
        return Err(Failure::usage(
            "there is no place for a configuration file: neither HOME nor XDG_CONFIG_HOME is set",
        )
        .with_hint("--config or CACHEME_CONFIG names a file"));
    };
    let (file, problems) = settings::read(&path, true)?;
    let mut output = context.output(&Profiled::columns(), Shape::Rows)?;
    let shown = path.display();
    warn_of_readers(context, &path, &file);
    if !problems.is_empty() {
        for problem in &problems {
            context.ui.error(&format!("{shown}, {problem}"));
            if let Some(hint) = &problem.hint {
                context.ui.hint(hint);
            }
        }
        let mistakes = if problems.len() == 1 { "mistake" } else { "mistakes" };
        return Err(Failure::usage(format!("{shown} has {} {mistakes}", problems.len())));
    }
    for profile in &file.profiles {
        output.row(profiled(&file, profile).row())?;
    }
    output.finish()?;
    if context.is_drawn() && !context.global.quiet {
        context.ui.say(&format!("No mistakes in {shown}"));
    }
    Ok(Code::Done)
}

fn profiled(file: &File, profile: &Profile) -> Profiled {
    let written = |key| profile.written(key).map(str::to_owned);
    Profiled {
        profile: profile.name.clone(),
        default: file.default_profile.as_ref() == Some(&profile.name),
        url: written("url"),
        prefix: written("prefix"),
        layout: written("layout"),
        read_only: profile.read_only.unwrap_or(false),
        protected: profile.protected.unwrap_or(false),
    }
}

/// A file with a password in it is nobody else's to read; nor is a password file.
fn warn_of_readers(context: &Context, path: &std::path::Path, file: &File) {
    use std::os::unix::fs::PermissionsExt as _;
    let is_open = |path: &std::path::Path| {
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
    };
    let has_password =
        |url: &String| cacheme::client::Target::parse(url).is_ok_and(|target| target.has_password());
    let secrets = file.profiles.iter().any(|profile| profile.url.as_ref().is_some_and(has_password));
    let files = file.profiles.iter().filter_map(|profile| profile.password_file.as_deref());
    for path in secrets.then_some(path).into_iter().chain(files).filter(|path| is_open(path)) {
        context
            .ui
            .warning(&format!("{} holds a password and others may read it: chmod 600 it", path.display()));
    }
}
