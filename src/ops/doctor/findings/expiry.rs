//! Timeouts that do not work.

use super::super::Observed;
use super::super::survey::LONG_AGO;
use super::clock::by_purge;
use super::{Finding, Severity, time};
use crate::text::counted;

pub(super) fn unswept(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    (survey.long_expired > 0).then(|| Finding {
        id: "expired-unswept",
        severity: Severity::Warning,
        title: format!("{} never swept", counted(survey.long_expired, "expired value was", "expired values were")),
        detail: format!(
            "expired more than {} ago in {} ({}). The library sweeps a base only when one of its keys is read again; \
             a purge every few minutes does it too (--every 5m where there is no cron)",
            time(LONG_AGO),
            counted(survey.unswept.count, "bucket", "buckets"),
            survey.unswept.shown()
        ),
        count: survey.long_expired,
        fix: by_purge(observed, str::to_owned),
    })
}

pub(super) fn cut_keys(observed: &Observed) -> Option<Finding> {
    let cut = &observed.survey.cut_with_timeout;
    (cut.count > 0).then(|| Finding {
        id: "cut-keys-with-timeout",
        severity: Severity::Error,
        title: format!("{} that can never expire", counted(cut.count, "key has a timeout", "keys have a timeout")),
        detail: format!(
            "{}: the library cuts a key at its second '>' when it stores the expiry time, and then marks a key \
             that nobody reads",
            cut.shown()
        ),
        count: cut.count,
        fix: format!(
            "use at most one '>' in those keys; {}",
            by_purge(observed, |purge| format!("until then `{purge}` removes what expired"))
        ),
    })
}
