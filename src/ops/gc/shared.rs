//! Values that are computed by names which the names of members do not tell.

use super::Run;
use crate::client::{Conn, Control};
use crate::error::Result;
use crate::ops::in_progress::Computing;
use std::time::{Duration, Instant};

/// It is read anew that often at most, and so seldom that it takes half of the time.
const EVERY: Duration = Duration::from_secs(1);

/// How much later than it was noted something may have been removed.
const LATE_MS: i64 = 1000;

/// The values that are computed by names which the library cuts (`a>b>c`): what shares one of them (`a>b`) is left alone. Who
/// begins later is seen at the second look, for which this is read after the removal.
#[derive(Debug, Default)]
pub(super) struct Shared {
    values: Computing,
    /// When it was read, unless it has to be; by the server's clock, too, and how long it took.
    read: Option<(Instant, i64, Duration)>,
}

impl Shared {
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What was noted up to then was removed before this was read.
    pub(super) fn covers_until(&self) -> i64 {
        self.read.map_or(0, |(_, read_ms, _)| read_ms - LATE_MS)
    }

    /// Keys were taken out of progress: it is to be read anew.
    pub(super) fn outdate(&mut self) {
        self.read = None;
    }

    /// When it is to be read anew.
    pub(super) fn due(&self) -> Instant {
        self.read.map_or_else(Instant::now, |(read, _, took)| read + EVERY.max(2 * took))
    }
}

impl Run<'_> {
    /// Whether the value of a member is computed by a name that the library cuts.
    pub(super) fn is_shared(&self, member: &[u8]) -> bool {
        self.shared.values.holds(self.ns, member)
    }

    /// Reads who computes values by such names, where that is due.
    pub(super) fn keep_shared_fresh(&mut self, conn: &mut Conn, control: &mut Control) -> Result<()> {
        if !self.shared_is_old() {
            return Ok(());
        }
        let (began, began_ms) = (Instant::now(), self.clock.now_ms());
        let is_cut = |member: &[u8]| self.ns.value_name(member).is_some();
        let pattern = self.ns.cut_pattern();
        let mut values = Computing::read(self.ns, &pattern, is_cut, conn, &mut control.untimed())?;
        self.rehearsal.freed().filter(|it| is_cut(it)).for_each(|member| values.forget(self.ns, member));
        self.shared = Shared { values, read: Some((began, began_ms, began.elapsed())) };
        Ok(())
    }

    pub(super) fn shared_is_old(&self) -> bool {
        self.shared.due() <= Instant::now()
    }
}
