//! Leases that ran out: the mark that their worker took goes back.

use super::Run;
use crate::error::Result;
use crate::store::{Conn, count_expired, restore_expired};

/// No script gives back more at once.
const CHUNK: usize = 100;

impl Run<'_> {
    pub(super) fn leases(&mut self, conn: &mut Conn) -> Result<()> {
        let now = u64::try_from(self.clock.now_ms()).unwrap_or(0);
        let ns = &self.ns.with_layout(self.how.in_use);
        if self.writer.is_dry_run() {
            self.report.pending.restored += count_expired(conn, ns, now)?;
            return Ok(());
        }
        loop {
            let restored = restore_expired(conn, ns, now, CHUNK)?;
            self.report.pending.restored += restored;
            if restored < CHUNK as u64 {
                return Ok(());
            }
        }
    }
}
