//! One live namespace: the connection to it, its names, its clock.

use super::clock::Clock;
use super::detect::{Detected, detect};
use crate::client::Conn;
use crate::error::Result;
use crate::namespace::{Layout, Namespace};

/// What every operation works on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Session {
    /// The connection.
    pub conn: Conn,
    /// The names, with the layout that is minded.
    pub ns: Namespace,
    /// The layout that readers use, as far as that is known: where marks go that are put back.
    pub in_use: Layout,
    /// The clock that expiry is told by.
    pub clock: Clock,
    /// What the layout was told by; `None` where it was named.
    pub detected: Option<Detected>,
}

impl Session {
    /// A session on a namespace whose layout is known.
    pub fn new(conn: Conn, ns: Namespace, clock: Clock) -> Self {
        let ns = conn.placed(&ns);
        Self { in_use: ns.layout(), conn, ns, clock, detected: None }
    }

    /// A session on a prefix: its layout is looked for unless it is named, and the clock is read. `utc_offset` is that of the
    /// application's hosts from UTC, in seconds.
    ///
    /// # Errors
    /// Connection errors, and refusals of what nothing can be told without.
    pub fn open(mut conn: Conn, prefix: &Namespace, layout: Option<Layout>, utc_offset: i64) -> Result<Self> {
        let detected = if layout.is_none() { Some(detect(&mut conn, prefix)?) } else { None };
        let layout = layout.or(detected.as_ref().map(|it| it.layout)).unwrap_or(prefix.layout());
        let clock = Clock::read(&mut conn, utc_offset)?;
        Ok(Self { ns: conn.placed(&prefix.with_layout(layout)), conn, in_use: layout, clock, detected })
    }

    /// From here on the layouts of both generations are minded, unless the layout was named: empty bookkeeping sets do not exist
    /// to be found, and a worker may come at any time. In a cluster no worker of 0.1.1 can come: its script names keys of two
    /// slots.
    pub fn mind_both_layouts(&mut self) {
        let is_settled = self.conn.is_cluster() && self.in_use == Layout::Classic;
        if self.detected.is_some() && !is_settled {
            self.ns = self.ns.with_layout(Layout::Both);
        }
    }

    /// Whether the layout is settled, by the evidence or by whoever named it.
    pub fn is_certain(&self) -> bool {
        self.detected.as_ref().is_none_or(|it| it.certain)
    }

    /// All that an operation needs.
    pub(crate) fn parts(&mut self) -> (&mut Conn, &Namespace, Clock) {
        (&mut self.conn, &self.ns, self.clock)
    }
}
