//! What `gc` and `purge` share.

use crate::cli::context::Context;
use crate::cli::error::{Code, Failure};
use cacheme::namespace::{Namespace, text};
use cacheme::ops::{Lock, Locked};
use cacheme::store::{Conn, Control};

/// The lock of a run, as far as it needs one.
pub struct Locking {
    locked: Option<Locked>,
}

impl Locking {
    /// Takes the lock, unless it is not wanted.
    pub fn take(
        context: &Context,
        conn: &mut Conn,
        ns: &Namespace,
        control: &Control,
        unwanted: bool,
    ) -> Result<Self, Failure> {
        let locked = if unwanted { None } else { Some(Lock::take(conn, ns, &control.right)?) };
        match &locked {
            // Nothing is wrong: the other one does the work.
            Some(Locked::Taken) => context.ui.hint(&format!(
                "another sweep of '{}' is at work: nothing was done (--no-lock works beside it)",
                context.shown_prefix()
            )),
            Some(Locked::Stuck { kind }) => {
                let (lock, what) =
                    (ns.lock(), if kind == "string" { "string that never expires" } else { kind });
                context.ui.error(&format!(
                    "'{}' is a {what}: no sweep takes that for its lock, or works while it is there; nothing was done",
                    text::escape(&lock)
                ));
                context.ui.hint(&format!(
                    "--no-lock works beside it; where nobody else needs it, remove it: {}",
                    conn.target().redis_cli(&format!("DEL {}", text::shell_word(&lock)))
                ));
            }
            Some(Locked::NoRoom) => {
                context
                    .ui
                    .warning("the server is at maxmemory and has no room for the lock: working without it");
            }
            Some(Locked::Ours(_)) | None => {}
        }
        Ok(Self { locked })
    }

    /// The code of a run that does nothing, where the lock is not to be had: 0 where another sweep is at work, as that one
    /// does it.
    pub fn refusal(&self) -> Option<Code> {
        match self.locked {
            Some(Locked::Taken) => Some(Code::Done),
            Some(Locked::Stuck { .. }) => Some(Code::Partly),
            Some(Locked::Ours(_) | Locked::NoRoom) | None => None,
        }
    }

    /// Gives it back. False, and told, where it was lost on the way: such a run is not complete.
    pub fn give_back(self, context: &Context) -> bool {
        let Some(Locked::Ours(lock)) = self.locked else { return true };
        let kept = lock.give_back();
        if !kept {
            context.ui.error(
                "the lock was lost on the way: another sweep may have worked beside this one, which may have stopped \
                 early; run it again",
            );
        }
        kept
    }
}

/// Says that a run began at the front, as what was noted of the end of the last one was no position, or that it goes on from
/// one that left something alone.
pub fn tell_of_position(context: &Context, ns: &Namespace, dropped: bool, skipped_before: bool) {
    if dropped {
        context.ui.warning(&format!(
            "'{}' held no position that a run can go on from: this one began at the front",
            text::escape(&ns.cursor())
        ));
    }
    if skipped_before {
        context
            .ui
            .warning("the run that this one goes on from left something alone: its own report says what");
    }
}
