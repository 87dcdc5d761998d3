//! Bookkeeping of another type.

use super::super::Observed;
use super::super::types::Odd;
use super::{Finding, Severity};
use crate::text::counted;
use crate::text::{escape, shell_word};

/// `'CM:delete' is a string, not a set`.
fn said(odd: &[Odd]) -> String {
    let each = odd.iter().map(|it| format!("'{}' is a {}, not a {}", escape(&it.key), it.kind, it.wanted));
    each.collect::<Vec<_>>().join(", ")
}

/// The command that gives a Redis key another name, in the same slot of a cluster.
pub(super) fn moves_aside(observed: &Observed, key: &[u8]) -> String {
    let aside = match key.contains(&b'{') {
        true => [b"moved:", key].concat(),
        false => [b"moved:{", key, b"}"].concat(),
    };
    observed.target.redis_cli(&format!("RENAMENX {} {}", shell_word(key), shell_word(&aside)))
}

/// Nothing is deleted: what lies there is somebody's, perhaps Python's, which may have a key or a tag of that name.
fn moves(observed: &Observed, odd: &[Odd]) -> String {
    let commands: Vec<_> = odd.iter().map(|it| moves_aside(observed, &it.key)).collect();
    let application = match odd.iter().any(may_be_of_python) {
        true => "if the application has a key or a tag of that name, rename it there; otherwise: ",
        false => "",
    };
    format!("{application}{}", commands.join("; "))
}

/// A hash is what values are kept in, a set what a tag or an invalid key is.
fn may_be_of_python(odd: &Odd) -> bool {
    odd.kind == "hash" || odd.kind == "set"
}

pub(super) fn library(observed: &Observed) -> Option<Finding> {
    let odd = &observed.types.library;
    let certain = odd.iter().any(|it| !may_be_of_python(it));
    (!odd.is_empty()).then(|| Finding {
        id: "bookkeeping-wrong-type",
        severity: if certain { Severity::Error } else { Severity::Warning },
        title: format!(
            "{} something else than a set",
            counted(odd.len() as u64, "bookkeeping set is", "bookkeeping sets are")
        ),
        detail: format!(
            "{}: each read and each invalidation of the releases of the library that keep their marks or keys in \
             progress there fails, and so do commands of this tool. Marks that were in it are lost: invalidate again \
             what was invalidated since",
            said(odd)
        ),
        count: odd.len() as u64,
        fix: moves(observed, odd),
    })
}

pub(super) fn ours(observed: &Observed) -> Option<Finding> {
    let odd = &observed.types.ours;
    (!odd.is_empty()).then(|| Finding {
        id: "own-key-wrong-type",
        severity: Severity::Warning,
        title: format!(
            "{} of another type",
            counted(odd.len() as u64, "key of this tool's own is", "keys of this tool's own are")
        ),
        detail: format!(
            "{}: counts are not recorded (meta:stats), or not kept as long as they should be (meta:stats:keep), nor when values were \
             stored (meta:timeouts), workers of this crate cannot compute (meta:leases), runs are not logged \
             (meta:log), purge and gc fail (the others)",
            said(odd)
        ),
        count: odd.len() as u64,
        fix: moves(observed, odd),
    })
}

pub(super) fn lock(observed: &Observed) -> Option<Finding> {
    let lock = observed.types.lock.as_ref()?;
    let key = escape(&lock.key);
    let (what, fix) = match &lock.kind[..] {
        "string" => {
            let delete = observed.target.redis_cli(&format!("DEL {}", shell_word(&lock.key)));
            ("a string that never expires".to_owned(), delete)
        }
        kind => (format!("a {kind}"), moves(observed, std::slice::from_ref(lock))),
    };
    Some(Finding {
        id: "stuck-lock",
        severity: Severity::Warning,
        title: "purge and gc do nothing".to_owned(),
        detail: format!(
            "'{key}' is {what}. A lock is a string, which expires half a minute after its holder is gone"
        ),
        count: 1,
        fix,
    })
}
