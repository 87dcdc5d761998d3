//! The counters of hits and misses: the writes that add to them and the one that forgets them.

use crate::cache::pending_reply::PendingReply;
use crate::cache::write::Writer;
use crate::client::Pipe;
use crate::client::command;

/// How long the counters of an hour stay behind the last write to them: a whole day of history and the hour it began
/// in. So there are never more than 27 of them.
const KEPT: &[u8] = b"93600";

impl Writer {
    /// Adds to fields of the totals and of the hour (epoch seconds / 3600). Nothing under dry run.
    ///
    /// Each field has two answers, that of the totals and that of the hour; one for the expiry comes last.
    pub(crate) fn add_counts<'a>(
        &self,
        hour: u64,
        fields: impl Iterator<Item = (&'a [u8], u64)>,
        pipe: &mut Pipe,
    ) {
        if self.is_dry_run() {
            return;
        }
        let (totals, hour) = (self.ns().stats(), self.ns().stats_hour(hour));
        for (field, by) in fields {
            let by = by.to_string();
            pipe.push(command::HINCRBY, &[&totals, field, by.as_bytes()]);
            pipe.push(command::HINCRBY, &[&hour, field, by.as_bytes()]);
        }
        pipe.push(command::EXPIRE, &[&hour, KEPT]);
    }

    /// Forgets the totals and the hours named; the reply counts the hashes that were there.
    pub(crate) fn forget_counts(&self, hours: impl Iterator<Item = u64>, pipe: &mut Pipe) -> PendingReply {
        let mut keys = vec![self.ns().stats()];
        keys.extend(hours.map(|hour| self.ns().stats_hour(hour)));
        self.unlink(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>(), pipe)
    }
}
