//! Names that match nothing: said, with the names that were probably meant.

use crate::cli::args::parse::quoted;
use crate::cli::commands::key_file::KeyFile;
use crate::cli::commands::other_library;
use crate::cli::commands::redirect::OutputFile;
use crate::cli::context::Context;
use crate::cli::error::Failure;
use crate::cli::invocation::whole_name_flag;
use crate::cli::ui::confirm::has_to_agree;
use crate::cli::ui::logins;
use crate::cli::ui::near::Nearest;
use cacheme::Result as CoreResult;
use cacheme::cache::Mode;
use cacheme::cache::Session;
use cacheme::client::Control;
use cacheme::namespace::LogicalKey;
use cacheme::namespace::glob::{KeyGlob, escape};
use cacheme::ops::{Selector, find_absent, find_namespaces, holds_anything, names_like, stored_under};
use cacheme::text::{self, counted, grouped};
use std::fmt;
use std::slice::from_ref;
use std::time::Duration;

/// Looking for names that are like another takes no longer.
const PATIENCE: Duration = Duration::from_millis(500);
/// Keys of a base that has no more than this are offered in the place of the base.
const FIELDS: usize = 20;
/// Prefixes that are named, and keys of the database that are looked at to find them.
const PREFIXES: usize = 5;
/// Keys of a file that are looked up in one go, and that are named.
const AT_ONCE: usize = 1_000;
const NAMED: usize = 3;
const SAMPLE: u64 = 1_000;

/// A name that matches nothing.
pub struct Absent {
    pub selector: Selector,
    /// The keys whose base it is.
    fields: Vec<LogicalKey>,
    near: Vec<String>,
    /// How a shell has probably cut it at its `>`.
    cut: Option<Cut>,
    /// It is there, and belongs to this namespace inside.
    inner: Option<Vec<u8>>,
}

impl Absent {
    /// Finds them among the names that were given. What they were meant to be is only a help: that it cannot be found
    /// out stops nothing.
    pub fn find(context: &Context, session: &mut Session, selectors: &[Selector]) -> CoreResult<Vec<Self>> {
        // A name may be given twice.
        let mut absent: Vec<Selector> = Vec::new();
        for selector in find_absent(session, selectors)? {
            if !absent.contains(&selector) {
                absent.push(selector);
            }
        }
        let (mut file, mut control) = (Redirect::find(), context.control(Some(PATIENCE), None));
        Ok(absent
            .into_iter()
            .map(|selector| {
                if let Some(inner) = inner_of(session, &selector) {
                    return Self { inner: Some(inner), ..Self::unlike_any(selector) };
                }
                Self::meant(context, session, selector, file.as_mut(), &mut control)
            })
            .collect())
    }

    /// Of the keys that are named, those that are not there and are the base of stored fields: a shell has probably taken the
    /// rest of the name for a redirect.
    pub fn bases(context: &Context, session: &mut Session, selectors: &[Selector]) -> CoreResult<Vec<Self>> {
        let is_base = |it: &&Selector| matches!(it, Selector::Key(key) if !key.as_bytes().contains(&b'>'));
        let keys: Vec<_> = selectors.iter().filter(is_base).cloned().collect();
        let (mut bases, mut file) = (Vec::new(), Redirect::find());
        for selector in find_absent(session, &keys)? {
            let Selector::Key(key) = &selector else { continue };
            let fields = stored_under(session, key, FIELDS)?;
            if !fields.is_empty() {
                let cut = file.as_mut().and_then(|file| file.cut(context, session, &selector));
                bases.push(Self { fields, cut, ..Self::unlike_any(selector) });
            }
        }
        Ok(bases)
    }

    /// A name that is not there, with what may have been meant by it.
    fn meant(
        context: &Context,
        session: &mut Session,
        selector: Selector,
        file: Option<&mut Redirect>,
        control: &mut Control,
    ) -> Self {
        let cut = file.and_then(|file| file.cut(context, session, &selector));
        let (fields, near) = alike(context, session, &selector, control);
        Self { fields, near, cut, ..Self::unlike_any(selector) }
    }

    /// A name that is not there, whatever may have been meant by it.
    pub fn unlike_any(selector: Selector) -> Self {
        Self { selector, fields: Vec::new(), near: Vec::new(), cut: None, inner: None }
    }

    fn name(&self) -> &[u8] {
        match &self.selector {
            Selector::Key(key) => key.as_bytes(),
            Selector::Tag(name) | Selector::InvalidKey(name) => name,
            Selector::Pattern(glob) => glob.base_source(),
        }
    }

    /// What is not there.
    fn text(&self) -> String {
        let what = match &self.selector {
            Selector::Key(_) => "key",
            Selector::Tag(_) => "tag",
            Selector::InvalidKey(_) => "invalid key",
            Selector::Pattern(_) => "pattern",
        };
        let name = self.name();
        let name = text::escape(name);
        match &self.inner {
            Some(prefix) => {
                format!(
                    "{what} '{name}' belongs to the namespace '{}' and is left alone",
                    text::escape(prefix)
                )
            }
            None => format!("no {what} '{name}'"),
        }
    }

    /// What is not there, and what may have been meant.
    pub fn said(&self) -> String {
        match self.hint() {
            Some(hint) => format!("{}; {hint}", self.text()),
            None => self.text(),
        }
    }

    /// What may have been meant.
    pub fn hint(&self) -> Option<String> {
        if let Some(Cut { key, file }) = &self.cut {
            let file = file.shown();
            return Some(format!(
                "did you mean '{key}'? the output goes into the file '{file}': quote names that hold '>' in a shell"
            ));
        }
        if !self.fields.is_empty() {
            let names = self.fields.iter().map(|key| text::escape(key.as_bytes()).into_owned());
            return Some(format!("{} quote names that hold '>' in a shell", did_you_mean(names.collect())));
        }
        (!self.near.is_empty()).then(|| did_you_mean(self.near.clone()))
    }

    /// Whether keys are there whose base it is.
    pub fn is_base(&self) -> bool {
        !self.fields.is_empty()
    }

    /// Whether a shell has probably cut it at its `>`.
    pub fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// What a cut name that was given as an exception does, and what to write instead.
    fn cut_exception(&self) -> Option<(String, String)> {
        let Cut { key, file } = self.cut.as_ref()?;
        let instead = if file.is_glob() {
            let base = [&escape(key.base())[..], b">", file.name().as_bytes()].concat();
            whole_name_flag("--except-pattern", &base)
        } else {
            whole_name_flag("--except-key", key.as_bytes())
        };
        let name = text::escape(self.name());
        Some((
            format!("'{name}' excludes nothing: the shell took '>{}' for a file", file.shown()),
            format!("Write {instead}"),
        ))
    }

    /// What is not there, where it was to be excluded.
    pub fn said_of_exception(&self) -> String {
        match self.cut_exception() {
            Some((text, hint)) => format!("{text}. {hint}"),
            None => self.said_with("it excludes nothing"),
        }
    }

    /// The refusal to change what a cut exception was to keep.
    pub fn refusal_of_exception(&self) -> Option<Failure> {
        let (text, hint) = self.cut_exception()?;
        Some(Failure::usage(format!("{text}; nothing was changed")).with_hint(hint))
    }

    /// What is not there, for whoever marks it: a key that may be in computation is marked without a value.
    pub fn said_of_mark(&self, marks: Option<Mode>) -> String {
        match (&self.selector, &self.inner, marks) {
            (Selector::Key(_), None, Some(mode)) => self.said_with(&marked_all_the_same("it", mode)),
            _ => self.said(),
        }
    }

    /// What is not there, and what becomes of that.
    pub fn said_with(&self, outcome: &str) -> String {
        format!("{} ({outcome})", self.said())
    }

    /// Asks whether the keys were meant whose base was named, or the one that a shell has cut. Where they were not, the work
    /// ends. `deletes` is whether the value goes.
    pub fn ask(&self, context: &Context, deletes: bool) -> Result<&[LogicalKey], Failure> {
        let (keys, order) = match (&self.cut, &self.fields[..]) {
            (Some(Cut { key, .. }), _) if deletes => (from_ref(key), format!("Delete the value of '{key}'")),
            (Some(Cut { key, .. }), _) => (from_ref(key), format!("Refresh '{key}' at its next read")),
            (None, [one]) => (from_ref(one), format!("Invalidate '{one}' instead")),
            (None, many) => (many, format!("Invalidate these {} keys instead", many.len())),
        };
        context.ui.say(&context.place());
        has_to_agree(&format!("{}\n{order}? [y/N] ", self.said()))?;
        Ok(keys)
    }

    /// Refuses to go on where a name matches nothing; `undone` says what was not done.
    pub fn refuse(context: &Context, absent: &[Self], undone: &str) -> Result<(), Failure> {
        let Some((last, others)) = absent.split_last() else { return Ok(()) };
        others.iter().for_each(|absent| context.ui.error(&absent.said()));
        let failure = Failure::not_found(format!("{}; {undone}", last.text()));
        Err(match last.hint().or_else(|| context.prefix_hint(last.name())) {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        })
    }
}

fn marked_all_the_same(whom: &str, mode: Mode) -> String {
    let marked = if mode == Mode::DryRun { "would be marked" } else { "marked" };
    format!("{marked} anyway: {whom} may be in progress")
}

/// The namespace inside that a name belongs to.
fn inner_of(session: &Session, selector: &Selector) -> Option<Vec<u8>> {
    let name = selector.name_in(&session.ns)?;
    session.ns.inner_prefix_of(&name).map(<[u8]>::to_vec)
}

/// What may have been meant by a name that is not there.
pub fn hint(context: &Context, session: &mut Session, selector: Selector) -> Option<String> {
    let mut control = context.control(Some(PATIENCE), None);
    Absent::meant(context, session, selector, Redirect::find().as_mut(), &mut control).hint()
}

/// How a shell has cut a name at its `>`.
struct Cut {
    /// The whole name.
    key: LogicalKey,
    /// What the rest of it was taken for.
    file: OutputFile,
}

/// The file that the output goes into, where a shell may have made it of the field of a key.
struct Redirect {
    file: OutputFile,
    /// The field of any key that was probably meant by it, once that was asked.
    field: Option<Option<Vec<u8>>>,
}

impl Redirect {
    fn find() -> Option<Self> {
        OutputFile::find().map(|file| Self { file, field: None })
    }

    /// The key that a shell has cut at its `>`: where a key with such a field is stored, this one or another.
    fn cut(&mut self, context: &Context, session: &mut Session, selector: &Selector) -> Option<Cut> {
        let Selector::Key(base) = selector else { return None };
        if base.as_bytes().contains(&b'>') {
            return None;
        }
        let key = LogicalKey::at(base.as_bytes(), self.file.name().as_bytes());
        let file = self.file.clone();
        let absent = find_absent(session, &[Selector::Key(key.clone())]).ok()?;
        if absent.is_empty() || file.is_glob() {
            return Some(Cut { key, file });
        }
        let field = self.field(context, session)?;
        Some(Cut { key: LogicalKey::at(base.as_bytes(), field), file })
    }

    fn field(&mut self, context: &Context, session: &mut Session) -> Option<&[u8]> {
        let find = || {
            let mut control = context.control(Some(PATIENCE), None);
            self.file.field_of(context, session, &KeyGlob::everything().base?, &mut control)
        };
        self.field.get_or_insert_with(find).as_deref()
    }
}

fn did_you_mean(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    let mut names: Vec<_> = names.into_iter().map(|name| format!("'{name}'")).collect();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let last = names.pop().unwrap_or_default();
    let names = if names.is_empty() { last } else { format!("{} or {last}", names.join(", ")) };
    format!("did you mean {names}?")
}

/// The keys whose base was named, or the names that are like the one that was given.
fn alike(
    context: &Context,
    session: &mut Session,
    selector: &Selector,
    control: &mut Control,
) -> (Vec<LogicalKey>, Vec<String>) {
    let name = match selector {
        Selector::Key(key) => key.as_bytes(),
        Selector::Tag(name) | Selector::InvalidKey(name) => name,
        Selector::Pattern(_) => return Default::default(),
    };
    if context.prefix_hint(name).is_some() {
        return Default::default();
    }
    let name = text::escape(name).into_owned();
    let mut near = Nearest::to(&name);
    if let Selector::Key(key) = selector {
        let stored = stored_under(session, key, FIELDS).unwrap_or_default();
        if !key.as_bytes().contains(&b'>') && !stored.is_empty() {
            return (stored, Vec::new());
        }
        stored.iter().for_each(|key| near.consider(&text::escape(key.as_bytes())));
    }
    let mut consider = |name: &[u8]| near.consider(&text::escape(name));
    if let Err(error) = names_like(session, selector, control, &mut consider) {
        context.ui.verbose(&format!("could not look for names like '{name}': {error}"));
    }
    (Vec::new(), near.names())
}

/// Says how many keys of a file are not there, or belong to a namespace inside, and names the first; with `strict` that ends
/// the work. `marks` is for whoever marks them.
pub fn look_in_file(
    context: &Context,
    session: &mut Session,
    file: &KeyFile,
    strict: bool,
    marks: Option<Mode>,
) -> Result<(), Failure> {
    let (mut all, mut missing, mut inner, mut hint) = (0, Few::default(), Few::default(), None);
    let mut keys = file.keys()?.map(|key| key.map(Selector::Key)).peekable();
    while keys.peek().is_some() {
        let some: Vec<_> = keys.by_ref().take(AT_ONCE).collect::<CoreResult<_>>()?;
        all += some.len();
        context.exclude_named_inner(session, &some)?;
        for selector in find_absent(session, &some)? {
            let Selector::Key(key) = selector else { continue };
            if session.ns.is_inner(&session.ns.member(&key)) {
                inner.add(&key);
            } else {
                missing.add(&key);
                hint = hint.or_else(|| context.prefix_hint(key.as_bytes()));
            }
        }
    }
    let said = |few: &Few, (one, many): (&str, &str)| {
        let what = if few.count == 1 { one } else { many };
        let all = counted(all as u64, "key", "keys");
        (few.count > 0)
            .then(|| format!("{} of {all} in {} {what}: {few}", grouped(few.count as u64), file.shown()))
    };
    let not_there = said(&missing, ("is not there", "are not there"));
    let left_alone = said(
        &inner,
        (
            "belongs to a namespace inside this one and is left alone",
            "belong to namespaces inside this one and are left alone",
        ),
    );
    if strict && let Some(text) = not_there.as_ref().or(left_alone.as_ref()) {
        let failure = Failure::not_found(format!("{text}; nothing was changed"));
        return Err(match hint {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        });
    }
    if let Some(text) = left_alone {
        context.ui.warning(&text);
    }
    let Some(text) = not_there else { return Ok(()) };
    context.ui.warning(&match marks {
        Some(mode) => format!("{text} ({})", marked_all_the_same("they", mode)),
        None => text,
    });
    if let Some(hint) = hint {
        context.ui.hint(&hint);
    }
    Ok(())
}

/// The first few of many keys.
#[derive(Default)]
struct Few {
    count: usize,
    names: Vec<String>,
}

impl Few {
    fn add(&mut self, key: &LogicalKey) {
        self.count += 1;
        if self.names.len() < NAMED {
            logins::note(&String::from_utf8_lossy(key.as_bytes()));
            self.names.push(format!("'{key}'"));
        }
    }
}

impl fmt::Display for Few {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(", "))?;
        match self.count - self.names.len() {
            0 => Ok(()),
            more => write!(f, " and {} more", grouped(more as u64)),
        }
    }
}

/// Says that a listing has no rows because nothing is there, and where something is; and whose it is, where cacheme 0.2
/// or later, which is another library, wrote strings.
pub fn tell_empty(context: &Context, session: &mut Session, what: &str) {
    if context.interrupted() {
        return;
    }
    let prefix = context.shown_prefix();
    let control = || context.control(Some(PATIENCE), None);
    match holds_anything(session, &mut control()) {
        Ok(Some(false)) => {}
        Ok(_) => {
            context.ui.warning(&format!("no {what} under the prefix '{prefix}'"));
            let within = session.ns.prefix().to_vec();
            if let Some(told) = other_library::told(context, &mut session.conn, &within) {
                context.ui.warning(&told);
            }
            return;
        }
        Err(error) => {
            return context.ui.verbose(&format!("could not check whether anything is stored: {error}"));
        }
    }
    let conn = &mut session.conn;
    let found = find_namespaces(conn, SAMPLE, &mut control()).unwrap_or_default();
    let mut names: Vec<_> = found.iter().map(|found| quoted(&found.prefix)).collect();
    let more = names.len().saturating_sub(PREFIXES);
    names.truncate(PREFIXES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let db = conn.db();
    let mut other = other_library::told(context, conn, b"");
    let elsewhere = match &names[..] {
        [] => other.take().unwrap_or_else(|| format!("no other namespace was found in database {db}")),
        [one] => format!("this database has the prefix {one}"),
        _ => format!("this database has the prefixes {}{more}", names.join(", ")),
    };
    context.ui.warning(&format!("nothing is stored under the prefix '{prefix}'; {elsewhere}"));
    if let Some(told) = other {
        context.ui.hint(&told);
    }
}
