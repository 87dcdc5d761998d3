//! Keys of cacheme 0.2 and later, which is another library: they are recognised, and nothing else is done with them.
//!
//! A key is `prefix:key:version`, with `cacheme` for the prefix unless the application sets another, and a string. The name
//! alone proves nothing: the value has to show both ends of what that library writes around every value, as `value` says.

mod value;

use super::FoundNamespace;
use crate::client::command;
use crate::client::{Conn, Control, Queue, Replies, Source, Sweep, Target, Work};
use crate::error::Result;
use crate::namespace::glob::escape;
use crate::text;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;
use value::Form;

/// What can be done with them here.
pub(super) const OUT_OF_REACH: &str =
    "this tool does not read them, and only `invalidate --raw-pattern` would reach them";
/// Values that are looked at to their end, at most: a value of the other library is, and hardly any other.
const CLOSELY: u64 = 100;
/// Prefixes that are named.
const NAMED: usize = 3;

/// What a sample of the strings says of cacheme 0.2 and later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherLibrary {
    /// Its prefixes with the colon behind them, such as `cacheme:`, and how many keys of the sample speak for each; the
    /// likeliest first. One that holds a colon itself is named up to that.
    pub prefixes: Vec<FoundNamespace>,
    /// The strings of which it could be told.
    pub looked: u64,
}

impl OtherLibrary {
    /// A look at a database takes no longer that is no more than a help.
    pub const PATIENCE: Duration = Duration::from_millis(500);
    /// So many strings tell enough.
    pub const SAMPLE: u64 = 1_000;

    /// How many keys of the sample are its.
    pub fn keys(&self) -> u64 {
        self.prefixes.iter().map(|found| found.keys).sum()
    }

    /// Whose they are and what to do, in a sentence; nothing where none was found.
    pub fn told(&self, target: &Target) -> Option<String> {
        let advice = self.advice(target)?;
        Some(format!(
            "strings under {} are of cacheme 0.2 or later, another library; {OUT_OF_REACH}: {advice}",
            self.shown()
        ))
    }

    /// What to do with them; nothing where none was found.
    pub(super) fn advice(&self, target: &Target) -> Option<String> {
        let prefix = &self.prefixes.first()?.prefix;
        let scan = format!("--scan --pattern {}", text::shell_word(&[&escape(prefix)[..], b"*"].concat()));
        let lists = match () {
            () if target.is_cluster() => format!("`redis-cli {scan}` on each primary"),
            () if target.is_single_server() => format!("`{}`", target.redis_cli(&scan)),
            () => format!("`redis-cli {scan}`"),
        };
        Some(format!(
            "{lists} lists them, that library's own `invalidate` drops one, and those with a TTL expire by themselves"
        ))
    }

    /// `'a:', 'b:' and others`
    pub(super) fn shown(&self) -> String {
        let named = self.prefixes.iter().take(NAMED);
        let named: Vec<_> = named.map(|found| format!("'{}'", text::escape(&found.prefix))).collect();
        let more = if self.prefixes.len() > NAMED { " and others" } else { "" };
        named.join(", ") + more
    }
}

/// Looks at up to `sample` strings that begin with `prefix`, or of the whole database where it is empty, for those that
/// cacheme 0.2 or a later release wrote with one of its own serializers. No more than a hundred values are read, each up
/// to 16 KiB.
///
/// # Errors
/// Connection errors and refusals.
pub fn find_other_library(
    conn: &mut Conn,
    prefix: &[u8],
    sample: u64,
    control: &mut Control,
) -> Result<OtherLibrary> {
    // What is named otherwise tells nothing, but where it stands under the prefix.
    let pattern = if prefix.is_empty() { b"*:*:*".to_vec() } else { [&escape(prefix)[..], b"*"].concat() };
    let source = Source::Keyspace { pattern, kind: Some("string") };
    let mut look = Look { sample, ..Look::default() };
    Sweep::new(source).run(conn, &mut look, control)?;
    let found = look.found.into_iter();
    let mut prefixes: Vec<_> = found.map(|(prefix, keys)| FoundNamespace { prefix, keys }).collect();
    prefixes.sort_by(|a, b| b.keys.cmp(&a.keys).then_with(|| a.prefix.cmp(&b.prefix)));
    Ok(OtherLibrary { prefixes, looked: look.looked })
}

/// The prefix and its colon, where the name is `prefix:key:version`.
fn prefix_of(key: &[u8]) -> Option<&[u8]> {
    let first = key.iter().position(|byte| *byte == b':')?;
    key[first + 1..].contains(&b':').then(|| &key[..=first])
}

#[derive(Default)]
struct Look {
    sample: u64,
    /// Keys that were asked for, but for those that turned out to be no strings.
    asked: u64,
    looked: u64,
    closely: u64,
    found: HashMap<Vec<u8>, u64>,
    /// A first key was answered. Until then the others wait: whoever may not read them is refused once, not for each.
    may_read: bool,
    waiting: Vec<Vec<u8>>,
}

/// What an answer is of.
enum Question {
    Head(Vec<u8>),
    Rest(Vec<u8>, Form),
}

impl Look {
    fn ask_heads(&mut self, queue: &mut Queue<Question>) {
        let left = self.sample.saturating_sub(self.asked);
        let most = if self.may_read { left } else { left.min(u64::from(self.asked == 0)) };
        let most = self.waiting.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        self.asked += most as u64;
        for key in self.waiting.drain(..most) {
            queue.ask(|pipe| {
                pipe.push(command::GETRANGE, &[&key, b"0", Form::HEAD_END]);
                Question::Head(key)
            });
        }
    }

    fn take_head(&mut self, key: Vec<u8>, head: &[u8], next: &mut Queue<Question>) {
        let Some(form) = prefix_of(&key).and_then(|_| Form::of(head)) else {
            self.looked += 1;
            return;
        };
        if self.closely < CLOSELY {
            self.closely += 1;
            let (from, to) = form.rest();
            next.ask(|pipe| {
                pipe.push(command::GETRANGE, &[&key, from, to]);
                Question::Rest(key, form)
            });
        }
    }
}

impl Work for Look {
    type Question = Question;

    fn batch(&mut self, items: Vec<Vec<u8>>, queue: &mut Queue<Question>) -> Result<()> {
        self.waiting.extend(items);
        if !self.waiting.is_empty() {
            self.ask_heads(queue);
        }
        Ok(())
    }

    fn answer(
        &mut self,
        question: Question,
        replies: &mut Replies,
        next: &mut Queue<Question>,
    ) -> Result<()> {
        let reply = replies.one()?;
        // Of another type by now, or the server does not tell types when it scans.
        let value = if reply.is_wrong_type() { None } else { Some(reply.bytes()?.unwrap_or_default()) };
        self.may_read = true;
        self.asked -= u64::from(value.is_none());
        self.ask_heads(next);
        match (question, value) {
            (_, None) => {}
            (Question::Head(key), Some(head)) => self.take_head(key, &head, next),
            (Question::Rest(key, form), Some(rest)) => {
                let Some(is_its) = form.is_ended_by(&rest) else { return Ok(()) };
                self.looked += 1;
                if is_its && let Some(prefix) = prefix_of(&key) {
                    *self.found.entry(prefix.to_vec()).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    fn settle(&mut self, _next: &mut Queue<Question>) -> Result<ControlFlow<()>> {
        let has_enough = self.asked >= self.sample || self.closely >= CLOSELY;
        Ok(if has_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
