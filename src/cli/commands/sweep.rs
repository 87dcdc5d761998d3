//! What `gc` and `purge` share.

use crate::cli::context::Context;
use crate::cli::error::Failure;
use cacheme::namespace::Namespace;
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
        let locked = if unwanted { None } else { Some(Lock::take(conn, ns, &control.revoked)?) };
        match locked {
            // Nothing is wrong: the other one does the work.
            Some(Locked::Taken) => context.ui.hint(&format!(
                "another sweep of '{}' is at work: nothing was done (--no-lock works beside it)",
                context.shown_prefix()
            )),
            Some(Locked::NoRoom) => {
                context
                    .ui
                    .warning("the server is at maxmemory and has no room for the lock: working without it");
            }
            Some(Locked::Ours(_)) | None => {}
        }
        Ok(Self { locked })
    }

    /// Whether another sweep holds it.
    pub fn is_taken(&self) -> bool {
        matches!(self.locked, Some(Locked::Taken))
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
