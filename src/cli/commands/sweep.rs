//! What `gc` and `purge` share, and how they and `invalidate` end.

use crate::cli::args::DryRun;
use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use cacheme::cache::{LockOutcome, Session};
use cacheme::namespace::Namespace;
use cacheme::text;

/// Says what became of the lock. Gives the code of a run that did nothing, as the lock was not to be had: 0 where another
/// sweep is at work, as that one does it.
pub fn tell_of_lock(context: &Context, session: &Session, lock: &LockOutcome) -> Option<Code> {
    let ui = &context.ui;
    match lock {
        LockOutcome::Taken => {
            // Nothing is wrong.
            ui.hint(&format!(
                "another purge or gc of '{}' is running, so this one did nothing (--no-lock runs beside it)",
                context.shown_prefix()
            ));
            return Some(Code::Done);
        }
        LockOutcome::Stuck { kind } => {
            let lock = session.ns.lock();
            let what = if kind == "string" { "string that never expires" } else { kind };
            ui.error(&format!(
                "'{}' is a {what} and no lock of this tool, and purge and gc do not run while it is there; \
                 nothing was done",
                text::escape(&lock)
            ));
            ui.hint(&format!(
                "--no-lock runs anyway; if nothing else needs the key, remove it: {}",
                session.conn.target().redis_cli(&format!("DEL {}", text::shell_word(&lock)))
            ));
            return Some(Code::Partly);
        }
        LockOutcome::NoRoom => {
            ui.warning("the server is at maxmemory and had no room for the lock: this run worked without it");
        }
        LockOutcome::Lost => ui.error(
            "the lock was lost during the run: another purge or gc may have run at the same time, and this one \
             may have stopped early; run it again",
        ),
        _ => {}
    }
    None
}

/// The code of a run that did not fail, and its failure, where it did: partly, where it had changed something. `refusal` is what
/// [`tell_of_lock`] gave; `changed` is whether it changed something, or would have.
pub fn ended(
    context: &Context,
    dry_run: &DryRun,
    refusal: Option<Code>,
    changed: bool,
    complete: bool,
    done: cacheme::Result<()>,
) -> (Code, Option<Failure>) {
    let failure = done.err().map(|error| {
        let failure = Failure::from(error);
        if changed && !dry_run.dry_run { failure.partly() } else { failure }
    });
    let code = match refusal {
        _ if context.cut_short(complete) => Code::Interrupted,
        Some(code) => code,
        None if !complete => Code::Partly,
        None if dry_run.exit_code && changed => Code::Found,
        None => Code::Done,
    };
    (code, failure)
}

/// Says that a run began at the front, as what was noted of the end of the last one was no position, or that it goes on from
/// one that left something alone.
pub fn tell_of_position(context: &Context, ns: &Namespace, dropped: bool, skipped_before: bool) {
    if dropped {
        context.ui.warning(&format!(
            "'{}' did not hold a usable position: this run started from the beginning",
            text::escape(&ns.cursor())
        ));
    }
    if skipped_before {
        context.ui.warning("the earlier run that this one continues left something alone: see its report");
    }
}
