//! The flags for any command, taken once more with another value for one of them.

use super::{Global, command};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, FromArgMatches as _};
use std::ffi::{OsStr, OsString};

/// What the flags for any command say where one of them, by its name, has this value, and of the others those count that
/// `is_kept` names. The environment says again what no flag does.
pub fn with_other(
    given: &ArgMatches,
    (name, value): (&str, &OsStr),
    is_kept: impl Fn(&str) -> bool,
) -> Result<(Global, ArgMatches), clap::Error> {
    let command = command().subcommand_required(false).arg_required_else_help(false);
    let is_taken = |arg: &&Arg| {
        let id = arg.get_id().as_str();
        id != name && is_kept(id) && given.value_source(id) == Some(ValueSource::CommandLine)
    };
    let mut words = vec![OsString::from("cacheme"), word(name, value)];
    for arg in command.get_arguments().filter(is_taken) {
        let flag = arg.get_long().unwrap_or_default();
        if arg.get_action().takes_values() {
            let values = given.get_raw(arg.get_id().as_str()).into_iter().flatten();
            words.extend(values.map(|value| word(flag, value)));
        } else {
            words.push(format!("--{flag}").into());
        }
    }
    let matches = command.try_get_matches_from(words)?;
    Ok((Global::from_arg_matches(&matches)?, matches))
}

fn word(flag: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(format!("--{flag}="));
    word.push(value);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_come_back_as_they_were_given_but_for_one() {
        let given = command().try_get_matches_from([
            "cacheme",
            "--profile",
            "old",
            "-v",
            "--fields",
            "key,kind",
            "--confirm=-x",
            "--confirm=--",
            "--cluster",
            "diff",
            "--pace",
            "25%",
            "--utc-offset",
            "-05:00",
            "--",
            "--profile",
            "b",
        ]);
        let given = given.unwrap();
        let with =
            |kept: fn(&str) -> bool| with_other(&given, ("profile", OsStr::new("--new")), kept).unwrap().0;
        let global = with(|_| true);
        assert_eq!(global.profile.as_deref(), Some("--new"));
        assert!(global.verbose && !global.quiet && global.pace.is_some());
        assert_eq!(global.fields, ["key", "kind"]);
        assert_eq!(global.confirm, ["-x", "--"]);
        assert_eq!((global.server.cluster.as_deref(), global.utc_offset), (Some("on"), Some(-5 * 3600)));
        let global = with(|name| name != "cluster");
        assert_eq!((global.server.cluster, global.utc_offset), (None, Some(-5 * 3600)));
    }
}
