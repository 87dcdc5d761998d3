//! Leases that ran out: the mark that their worker took goes back.

use super::Run;
use crate::error::Result;
use crate::store::{Conn, Control, count_expired, restore_expired};
use std::time::Instant;

/// No script gives back more at once.
const CHUNK: usize = 100;

impl Run<'_> {
    /// Gives back what they hold; whether it came to the end.
    pub(super) fn leases(&mut self, conn: &mut Conn, control: &Control) -> Result<bool> {
        let now = u64::try_from(self.clock.now_ms()).unwrap_or(0);
        let ns = &self.ns.with_layout(self.how.in_use);
        if self.writer.is_dry_run() {
            self.report.pending.restored += count_expired(conn, ns, now)?;
            return Ok(true);
        }
        loop {
            let began = Instant::now();
            let restored = restore_expired(conn, ns, now, CHUNK)?;
            self.report.pending.restored += restored;
            if restored < CHUNK as u64 {
                return Ok(true);
            }
            if !control.rest(began) {
                return Ok(false);
            }
        }
    }
}
