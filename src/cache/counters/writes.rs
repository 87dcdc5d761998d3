//! The counters of hits and misses: the writes that add to them and those that say how long they are kept and since
//! when they count.

use super::{LEAST_KEPT, SECONDS, SINCE, kept};
use crate::cache::write::Writer;
use crate::client::Pipe;
use crate::client::command;

impl Writer {
    /// Adds to fields of the totals and of the hour (epoch seconds / 3600), which stays for so many seconds. Nothing under dry run.
    ///
    /// The first two answers are whether there were totals before, and for how long hours are kept. Each field has two answers,
    /// that of the totals and that of the hour; those for the expiry come last.
    pub(crate) fn add_counts<'a>(
        &self,
        hour: u64,
        expiry: u64,
        fields: impl Iterator<Item = (&'a [u8], u64)>,
        pipe: &mut Pipe,
    ) {
        if self.is_dry_run() {
            return;
        }
        let (totals, of_the_hour) = (self.ns().stats(), self.ns().stats_hour(hour));
        pipe.push(command::EXISTS, &[&totals]);
        self.ask_kept(pipe);
        for (field, by) in fields {
            let by = by.to_string();
            pipe.push(command::HINCRBY, &[&totals, field, by.as_bytes()]);
            pipe.push(command::HINCRBY, &[&of_the_hour, field, by.as_bytes()]);
        }
        if expiry > kept::expiry(LEAST_KEPT.as_secs()) {
            // Who does not know how long hours are kept, such as an older release, may have written last to the one before.
            self.expire_two_hours(hour, expiry, pipe);
        } else {
            self.expire_hour(hour, i64::try_from(expiry).unwrap_or(i64::MAX), pipe);
        }
    }

    /// Asks for how many seconds hours are kept.
    pub(super) fn ask_kept(&self, pipe: &mut Pipe) {
        pipe.push(command::HGET, &[&self.ns().stats_kept(), SECONDS]);
    }

    /// Sets the time that this hour and the one before stay, in seconds.
    pub(crate) fn expire_two_hours(&self, hour: u64, expiry: u64, pipe: &mut Pipe) {
        let expiry = i64::try_from(expiry).unwrap_or(i64::MAX);
        self.expire_hour(hour, expiry, pipe);
        self.expire_hour(hour.saturating_sub(1), expiry, pipe);
    }

    /// Takes from fields of an hour what was added to them.
    pub(super) fn take_from_hour<'a>(
        &self,
        hour: u64,
        fields: impl Iterator<Item = (&'a [u8], u64)>,
        pipe: &mut Pipe,
    ) {
        let of_the_hour = self.ns().stats_hour(hour);
        for (field, by) in fields {
            pipe.push(command::HINCRBY, &[&of_the_hour, field, format!("-{by}").as_bytes()]);
        }
    }

    /// Sets the time that an hour stays, in seconds; with none left it goes. The answer is 1 where the hour is there.
    pub(crate) fn expire_hour(&self, hour: u64, seconds: i64, pipe: &mut Pipe) {
        pipe.push(command::EXPIRE, &[&self.ns().stats_hour(hour), seconds.to_string().as_bytes()]);
        pipe.may_repeat();
    }

    /// Notes for how many seconds hours are kept.
    pub(crate) fn note_kept(&self, seconds: u64, pipe: &mut Pipe) {
        pipe.push(command::HSET, &[&self.ns().stats_kept(), SECONDS, seconds.to_string().as_bytes()]);
        pipe.may_repeat();
    }

    /// Notes when the totals began (epoch seconds), unless that stands there. Nothing under dry run.
    pub(crate) fn begin_counts(&self, now: u64, pipe: &mut Pipe) {
        if !self.is_dry_run() {
            pipe.push(command::HSETNX, &[&self.ns().stats(), SINCE, now.to_string().as_bytes()]);
            pipe.may_repeat();
        }
    }
}
