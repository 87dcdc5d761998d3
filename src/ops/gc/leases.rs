//! Leases that ran out: the mark that their worker took goes back.

use super::Run;
use crate::cache::{expired_leases, restore_expired};
use crate::client::command;
use crate::client::{Conn, Control};
use crate::error::Result;
use std::time::Instant;

/// No script gives back more at once.
const CHUNK: usize = 100;

impl Run<'_> {
    /// Gives back what they hold; whether it came to the end.
    pub(super) fn leases(&mut self, conn: &mut Conn, control: &Control) -> Result<bool> {
        let now = u64::try_from(self.clock.now_ms()).unwrap_or(0);
        let ns = &self.ns.with_layout(self.in_use);
        if self.writer.is_dry_run() {
            let mut looked_at = 0;
            loop {
                let began = Instant::now();
                let members = expired_leases(conn, ns, now, looked_at, CHUNK)?;
                if !members.is_empty() {
                    // What refuses the run refuses the dry run: a set of another type.
                    for set in ns.mark_sets().into_iter().chain(ns.progress_sets()) {
                        conn.one(command::SCARD, &[&set])?.count()?;
                    }
                }
                let done = members.len() < CHUNK;
                self.report.pending.restored += members.len() as u64;
                looked_at += members.len();
                for member in members {
                    self.rehearsal.free(&member);
                    self.rehearsal.mark(&member);
                }
                if done || !control.rest(began) {
                    return Ok(done);
                }
            }
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
