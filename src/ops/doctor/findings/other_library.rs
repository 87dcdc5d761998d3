//! Another library of the same name.

use super::super::Observed;
use super::{Finding, Severity};
use crate::ops::other_library::OUT_OF_REACH;

pub(super) fn other_library(observed: &Observed) -> Option<Finding> {
    let found = &observed.other_library.found;
    let advice = found.advice(&observed.target)?;
    Some(Finding {
        id: "other-library",
        severity: Severity::Info,
        title: format!("strings under {} are of cacheme 0.2 or later, another library", found.shown()),
        detail: format!(
            "{} of the {} strings that were checked, a sample; {OUT_OF_REACH}",
            found.keys(),
            found.looked
        ),
        count: found.keys(),
        fix: format!("nothing by this tool: {advice}"),
    })
}
