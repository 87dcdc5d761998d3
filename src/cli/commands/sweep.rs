//! What `gc` and `purge` share.

use crate::cli::context::Context;
use crate::cli::error::Failure;
use cacheme::namespace::Namespace;
use cacheme::ops::{Lock, Locked};
use cacheme::store::{Conn, Control};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The lock of a run, as far as it needs one.
pub struct Locking {
    locked: Option<Locked>,
    revoked: Arc<AtomicBool>,
}

impl Locking {
    /// Takes the lock, unless it is not wanted.
    pub fn take(
        context: &Context,
        conn: &mut Conn,
        ns: &Namespace,
        control: &mut Control,
        unwanted: bool,
    ) -> Result<Self, Failure> {
        let revoked = control.revoked.clone();
        let locked = if unwanted { None } else { Some(Lock::take(conn, ns, &revoked)?) };
        match locked {
            Some(Locked::Taken) => context.ui.warning(&format!(
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
        Ok(Self { locked, revoked })
    }

    /// Whether another sweep holds it.
    pub fn is_taken(&self) -> bool {
        matches!(self.locked, Some(Locked::Taken))
    }

    /// Tells when it was lost on the way.
    pub fn tell_loss(&self, context: &Context) {
        if self.revoked.load(Ordering::Relaxed) {
            context.ui.warning("the lock was lost to another sweep or could not be renewed: stopped early");
        }
    }
}
