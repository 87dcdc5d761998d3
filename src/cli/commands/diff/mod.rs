//! `diff`: two namespaces, dumps or RDB files side by side, key by key.

mod chosen;
mod compare;
mod row;
mod side;
mod sorted;

use crate::cli::args::DiffArgs;
use crate::cli::commands::absent_names::AbsentNames;
use crate::cli::commands::dump::dump_whole;
use crate::cli::commands::restore::line::{Lines, MAKE_IT};
use crate::cli::commands::selection::Selection;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use crate::cli::output::{Any, Name, Output, Record as _, Shape};
use crate::cli::rows::keys::{Difference, DifferenceKind};
use cacheme::text;
use chosen::{Chosen, Unseen};
use compare::{differences, whole};
use row::Row;
use serde_json::Value;
use side::Side;
use sorted::Sorted;
use std::cmp::Ordering;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The rows of a side, and what is known of them.
struct Rows {
    rows: Sorted,
    with_indexes: bool,
    complete: bool,
    /// Names that were given and are not on this side.
    absent: AbsentNames,
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
    let by_flag = by_flag.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag));
    if let Some(flag) = by_flag
        && args.b.is_some()
    {
        return Err(Failure::usage(format!(
            "`cacheme diff` compares two sides, and beside A and B {flag} would be a third"
        ))
        .with_hint("leave out the flag, or leave out B: then the flag takes its place"));
    }
    let output = context.output(&Difference::columns(), Shape::Rows)?;
    let chosen = Chosen::new(context, &args.selectors, &args.narrowing)?;
    let names = [0, 1].map(|side: usize| sides[side].shown(context));
    context.catch_signals()?;
    let folder = tempfile::Builder::new()
        .prefix("cacheme-diff-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir()?;
    let [a, b] = &sides;
    let is_other_by_flag = by_flag.is_some();
    let elsewhere = [a.surroundings(context, is_other_by_flag)?, b.surroundings(context, is_other_by_flag)?];
    let [of_a, of_b] = elsewhere.each_ref().map(|it| it.as_ref().unwrap_or(context));
    if !a.is_dump() && !b.is_dump() {
        check_apart(of_a, of_b, args.b.is_none() && by_flag.is_none())?;
    }
    let reader = Reader { context, chosen: &chosen, folder: folder.path(), strict: args.strict };
    let mut a = reader.read(a, of_a, &names[0], "reading A")?;
    let mut b = reader.read(b, of_b, &names[1], "reading B")?;
    let with_indexes = a.with_indexes && b.with_indexes;
    if !with_indexes {
        let without = if a.with_indexes { &names[1] } else { &names[0] };
        if chosen.asks_indexes() {
            return Err(Failure::usage(format!(
                "{without} holds no tags and no invalid keys, so keys cannot be selected by them: nothing was \
                 compared"
            ))
            .with_hint("make the dump with --indexes, or select by key or pattern"));
        }
        context.ui.warning(&format!("{without} holds no tags and no invalid keys: they are not compared"));
    }
    a.absent.and(&b.absent).tell(context, args.strict.then_some("nothing was compared"))?;
    let mut counts = Counts::default();
    let told = tell(context, output, &chosen, [&mut a.rows, &mut b.rows], with_indexes, &mut counts);
    let is_unread = told.as_ref().is_err_and(Failure::is_closed_pipe);
    if !is_unread && !told? {
        return Ok(Code::Interrupted);
    }
    let Counts { only_a, only_b, differ, same } = counts;
    if !context.global.quiet && !is_unread {
        context.ui.say(&format!(
            "keys: {} only in {}, {} only in {}, {} different, {} the same",
            text::grouped(only_a),
            names[0],
            text::grouped(only_b),
            names[1],
            text::grouped(differ),
            text::grouped(same)
        ));
    }
    Ok(match (a.complete && b.complete, only_a + only_b + differ) {
        (false, _) => Code::Partly,
        (true, 0) => Code::Done,
        (true, _) => Code::Found,
    })
}

/// Refuses to compare a namespace with itself: it would be told to be the same as another one that was meant.
fn check_apart(a: &Context, b: &Context, is_b_in_force: bool) -> Result<(), Failure> {
    if !a.is_same_namespace(b)? {
        return Ok(());
    }
    let place = format!("{}, prefix '{}'", a.addr(), a.shown_prefix());
    let failure =
        Failure::usage(format!("both sides are the same namespace ({place}); nothing was compared"));
    if !is_b_in_force {
        return Err(failure);
    }
    let hint = "without B the other side is the server in force: `cacheme config show` says which one";
    Err(failure.with_hint(hint))
}

/// Writes a row for each difference and counts the keys. False where a signal has stopped it.
fn tell(
    context: &Context,
    mut output: Output,
    chosen: &Chosen,
    [a, b]: [&mut Sorted; 2],
    with_indexes: bool,
    counts: &mut Counts,
) -> Result<bool, Failure> {
    let (mut left, mut right) = (a.next().transpose()?, b.next().transpose()?);
    while let Some(order) = order(left.as_ref(), right.as_ref()) {
        if context.interrupted() {
            output.finish()?;
            return Ok(false);
        }
        let (row_a, row_b) = (
            if order.is_le() { std::mem::replace(&mut left, a.next().transpose()?) } else { None },
            if order.is_ge() { std::mem::replace(&mut right, b.next().transpose()?) } else { None },
        );
        if ![&row_a, &row_b].into_iter().flatten().any(|row| chosen.takes(row)) {
            continue;
        }
        let key = row_a.as_ref().or(row_b.as_ref()).map(|row| row.key.key.clone()).unwrap_or_default();
        let none = || Any(Value::Null);
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
            output.row(Difference { key: Name(key.clone()), kind: DifferenceKind(kind), a, b }.row())?;
        }
    }
    output.finish()?;
    Ok(true)
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

/// Reads the sides.
struct Reader<'a> {
    context: &'a Context,
    chosen: &'a Chosen,
    folder: &'a Path,
    /// Whether it has to be known which names are there.
    strict: bool,
}

impl Reader<'_> {
    /// Reads a side in its surroundings; dumps it first where it is none, under a bar that says which one it is.
    fn read(&self, side: &Side, context: &Context, name: &str, bar: &'static str) -> Result<Rows, Failure> {
        if let Side::Dump(path) = side {
            let mut unseen = Unseen::new(self.chosen);
            let rows = self.rows(path, name, |row| unseen.see(&row.key))?;
            return Ok(Rows { absent: unseen.absent(), ..rows });
        }
        let path = self.folder.join("dump");
        context.ui.verbose(&format!("dumping {name} into {}", self.folder.display()));
        let mut session = context.session()?;
        let has_not_sets = self.chosen.warn_of_not_sets(context, &mut session)?;
        let code = dump_whole(context, &mut session, &Selection::derived(self.chosen.to_read()), &path, bar)?;
        if self.context.interrupted() {
            return Err(Failure::interrupted(format!("stopped while {name} was being read")));
        }
        let absent = self.chosen.absent_names(context, &mut session, self.strict)?;
        let complete = code == Code::Done;
        let path = if complete { path } else { self.folder.join("dump.partial") };
        let rows = self.rows(&path, name, |_| {})?;
        std::fs::remove_file(&path)?;
        Ok(Rows { absent, complete: rows.complete && complete && !has_not_sets, ..rows })
    }

    /// Reads a dump, whose rows are shown to `see`.
    fn rows(&self, path: &Path, name: &str, see: impl FnMut(&Row)) -> Result<Rows, Failure> {
        let ui = &self.context.ui;
        let mut lines = Lines::open(path, 0)?;
        let rows = Sorted::read(&mut lines, self.folder, see)?;
        if let Some(failure) = lines.take_refusal() {
            return Err(failure);
        }
        for (line, why) in &lines.bad {
            ui.warning(&format!("{name}: line {line} is not a dumped key: {why}"));
        }
        if lines.bad_lines > 0 {
            ui.hint(MAKE_IT);
        }
        let (with_indexes, complete) = (!lines.without_indexes, lines.bad_lines == 0);
        Ok(Rows { rows, with_indexes, complete, absent: AbsentNames::default() })
    }
}
