//! Another library of the same name.

use super::super::Observed;
use super::{Finding, Severity};

pub(super) fn other_library(observed: &Observed) -> Option<Finding> {
    let releases = &observed.later.releases;
    let advice = releases.advice(&observed.target)?;
    Some(Finding {
        id: "other-library",
        severity: Severity::Info,
        title: format!("strings under {} are of cacheme 0.2 or later, another library", releases.shown()),
        detail: format!(
            "{} of the {} strings that were looked at, a sample; this tool neither reads nor changes them",
            releases.keys(),
            releases.looked
        ),
        count: releases.keys(),
        fix: format!("nothing by this tool: {advice}"),
    })
}
