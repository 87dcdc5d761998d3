//! `diff`: two namespaces, dumps or RDB files side by side, key by key.

mod chosen;
mod compare;
mod row;
mod sorted;

use crate::cli::args::DiffArgs;
use crate::cli::commands::dump::dump_whole;
use crate::cli::commands::restore::line::{Lines, MAKE_IT};
use crate::cli::commands::selection::Selection;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Cell, Shape};
use cacheme::client::Target;
use chosen::Chosen;
use compare::{differences, whole};
use row::Row;
use sorted::Sorted;
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// How an RDB file begins.
const RDB: [&[u8]; 2] = [b"REDIS", b"VALKEY"];

/// What is compared.
enum Side {
    /// The server and namespace in force.
    Here,
    Dump(PathBuf),
    /// By the flag that names it.
    Elsewhere(&'static str, OsString),
}

impl Side {
    /// A file where one is there, then a URL, then a profile.
    fn of(name: &OsStr) -> Self {
        let path = Path::new(name);
        if !path.exists() {
            let is_url = name.to_string_lossy().contains("://");
            return Self::Elsewhere(if is_url { "--url" } else { "--profile" }, name.to_owned());
        }
        let mut start = Vec::new();
        if path.is_file() {
            // What cannot be read is told where it is read as a dump.
            let _ = File::open(path).and_then(|file| file.take(6).read_to_end(&mut start));
        }
        match RDB.iter().any(|rdb| start.starts_with(rdb)) {
            true => Self::Elsewhere("--rdb", name.to_owned()),
            false => Self::Dump(path.to_owned()),
        }
    }

    /// For messages, without secrets.
    fn shown(&self, context: &Context) -> String {
        match self {
            Self::Here => context.addr(),
            Self::Dump(path) => path.display().to_string(),
            Self::Elsewhere("--url", url) => Target::redacted(&url.to_string_lossy()),
            Self::Elsewhere("--profile", name) => format!("profile {}", name.display()),
            Self::Elsewhere(_, path) => path.to_string_lossy().into_owned(),
        }
    }
}

/// The rows of a side, and what is known of them.
struct Rows {
    rows: Sorted,
    with_indexes: bool,
    complete: bool,
}

/// Counts of keys.
#[derive(Default)]
struct Counts {
    only_a: u64,
    only_b: u64,
    differ: u64,
    same: u64,
}

pub fn diff(context: &Context, args: DiffArgs) -> Result<Code, Failure> {
    let sides = [Some(Side::of(&args.a)), args.b.as_deref().map(Side::of)].map(|it| it.unwrap_or(Side::Here));
    let by_flag =
        [("--url", context.settings.is_flag("url")), ("--rdb", context.global.server.rdb.is_some())];
    if let Some((flag, _)) = by_flag.into_iter().find(|(_, is_given)| *is_given)
        && (args.b.is_some() || matches!(sides[0], Side::Elsewhere(..)))
    {
        return Err(Failure::usage(format!(
            "{flag} is one side more than `cacheme diff` compares with these"
        ))
        .with_hint("give what it names as A or B, and leave the flag out"));
    }
    let mut output = context.output(&["key", "kind", "a", "b"], Shape::Rows)?;
    let chosen = Chosen::new(context, &args.selectors, &args.narrowing)?;
    let names = [0, 1].map(|side: usize| sides[side].shown(context));
    context.catch_signals()?;
    let folder = tempfile::Builder::new()
        .prefix("cacheme-diff-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()?;
    let [a, b] = &sides;
    let mut a = read(context, a, &chosen, folder.path(), &names[0])?;
    let mut b = read(context, b, &chosen, folder.path(), &names[1])?;
    let with_indexes = a.with_indexes && b.with_indexes;
    if !with_indexes {
        let without = if a.with_indexes { &names[1] } else { &names[0] };
        context.ui.warning(&format!("{without} holds no tags and no invalid keys: they are not compared"));
    }
    let mut counts = Counts::default();
    let (mut left, mut right) = (a.rows.next().transpose()?, b.rows.next().transpose()?);
    while let Some(order) = order(left.as_ref(), right.as_ref()) {
        if context.interrupted() {
            output.finish()?;
            return Ok(Code::Interrupted);
        }
        let (row_a, row_b) = (
            if order.is_le() { std::mem::replace(&mut left, a.rows.next().transpose()?) } else { None },
            if order.is_ge() { std::mem::replace(&mut right, b.rows.next().transpose()?) } else { None },
        );
        if ![&row_a, &row_b].into_iter().flatten().any(|row| chosen.takes(row)) {
            continue;
        }
        let key = row_a.as_ref().or(row_b.as_ref()).map(|row| row.key.key.clone()).unwrap_or_default();
        let none = || Cell::Json(serde_json::Value::Null);
        let found = match (&row_a, &row_b) {
            (Some(a), Some(b)) => differences(&a.key, &b.key, with_indexes),
            (Some(a), None) => vec![("only_a", whole(&a.key), none())],
            (None, Some(b)) => vec![("only_b", none(), whole(&b.key))],
            (None, None) => Vec::new(),
        };
        match found.first().map(|(kind, ..)| *kind) {
            Some("only_a") => counts.only_a += 1,
            Some("only_b") => counts.only_b += 1,
            Some(_) => counts.differ += 1,
            None => counts.same += 1,
        }
        for (kind, a, b) in found {
            output.row(vec![("key", Cell::Name(key.clone())), ("kind", kind.into()), ("a", a), ("b", b)])?;
        }
    }
    output.finish()?;
    let Counts { only_a, only_b, differ, same } = counts;
    if !context.global.quiet {
        context.ui.say(&format!(
            "{only_a} keys only in {}, {only_b} only in {}, {differ} that differ, {same} the same",
            names[0], names[1]
        ));
    }
    Ok(match (a.complete && b.complete, only_a + only_b + differ) {
        (false, _) => Code::Partly,
        (true, 0) => Code::Done,
        (true, _) => Code::Found,
    })
}

/// Which side comes next, or both.
fn order(a: Option<&Row>, b: Option<&Row>) -> Option<Ordering> {
    match (a, b) {
        (None, None) => None,
        (Some(_), None) => Some(Ordering::Less),
        (None, Some(_)) => Some(Ordering::Greater),
        (Some(a), Some(b)) => Some(a.key.key.cmp(&b.key.key)),
    }
}

/// Reads a side; dumps it first where it is none.
fn read(context: &Context, side: &Side, chosen: &Chosen, folder: &Path, name: &str) -> Result<Rows, Failure> {
    let mut complete = true;
    let path = match side {
        Side::Dump(path) => path.clone(),
        Side::Here | Side::Elsewhere(..) => {
            let path = folder.join("dump");
            context.ui.verbose(&format!("dumping {name} into {}", folder.display()));
            let elsewhere = match side {
                Side::Elsewhere(flag, value) => {
                    let more = [OsString::from(*flag), value.clone()];
                    Some(Context::of_line(std::env::args_os().chain(more), &context.ui)?)
                }
                _ => None,
            };
            let selection = Selection::of(chosen.to_read());
            let code = dump_whole(elsewhere.as_ref().unwrap_or(context), &selection, &path)?;
            if context.interrupted() {
                return Err(Failure::interrupted(format!("stopped while {name} was being read")));
            }
            complete = code == Code::Done;
            if complete { path } else { folder.join("dump.partial") }
        }
    };
    let mut lines = Lines::open(&path, 0)?;
    let rows = Sorted::read(&mut lines, folder)?;
    if let Some(failure) = lines.take_decoded() {
        return Err(failure);
    }
    for (line, why) in &lines.bad {
        context.ui.warning(&format!("{name}: line {line} is not a dumped key: {why}"));
    }
    if lines.bad_lines > 0 {
        context.ui.hint(MAKE_IT);
    }
    if !matches!(side, Side::Dump(_)) {
        std::fs::remove_file(&path)?;
    }
    let complete = complete && lines.bad_lines == 0;
    Ok(Rows { rows, with_indexes: !lines.without_indexes, complete })
}
