//! Values and structures out of the ordinary.

use super::super::survey::{LARGE_VALUE, MANY_FIELDS, MANY_MEMBERS, Survey, Undecoded};
use super::super::{Observed, Sample};
use super::types::moves_aside;
use super::{Finding, Severity, bytes};
use crate::text::counted;

pub(super) fn large(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    let large = &survey.large_values;
    (large.count > 0).then(|| Finding {
        id: "large-values",
        severity: Severity::Warning,
        title: format!(
            "{} larger than {}",
            counted(large.count, "value is", "values are"),
            bytes(LARGE_VALUE)
        ),
        detail: format!("{}; the largest has {}", large.shown(), bytes(survey.largest_value)),
        count: large.count,
        fix: "cache less of it, or in parts".to_owned(),
    })
}

/// Which values were not decoded, and why the first was not.
fn among_decoded(survey: &Survey, found: &Undecoded, otherwise: &str) -> String {
    let reason = found.reason.as_deref().unwrap_or(otherwise);
    format!("of {} that were decoded: {}; the first: {reason}", survey.decoded, found.keys.shown())
}

pub(super) fn undecodable(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    let odd = &survey.undecodable;
    (odd.keys.count > 0).then(|| Finding {
        id: "undecodable-values",
        severity: Severity::Warning,
        title: format!("{} cannot be read", counted(odd.keys.count, "value", "values")),
        detail: format!(
            "{}. The library raises when it reads what is no pickle",
            among_decoded(survey, odd, "no pickle")
        ),
        count: odd.keys.count,
        fix: odd.keys.fix(observed.command_on_keys("invalidate --delete", &odd.keys.names)),
    })
}

pub(super) fn undecoded(observed: &Observed) -> Option<Finding> {
    let survey = &observed.survey;
    let raw = &survey.undecoded;
    (raw.keys.count > 0).then(|| Finding {
        id: "undecoded-values",
        severity: Severity::Info,
        title: format!("{} shown raw by this tool", counted(raw.keys.count, "value is", "values are")),
        detail: format!(
            "{}. Python may well read what this tool does not",
            among_decoded(survey, raw, "not known")
        ),
        count: raw.keys.count,
        fix: "nothing, if the application can read them".to_owned(),
    })
}

pub(super) fn wrong_type(observed: &Observed) -> Option<Finding> {
    let odd = &observed.survey.wrong_type;
    (odd.count > 0).then(|| Finding {
        id: "wrong-type",
        severity: Severity::Error,
        title: format!("{} stored as something else than a hash", counted(odd.count, "key is", "keys are")),
        detail: format!(
            "{}: a tag and a base of one name, or a foreign key; every read of it fails",
            odd.shown()
        ),
        count: odd.count,
        fix: "rename the tag or the key".to_owned(),
    })
}

pub(super) fn wrong_buckets(observed: &Observed) -> Option<Finding> {
    let odd = &observed.survey.wrong_buckets;
    let moves = odd.names.iter().map(|key| moves_aside(observed, key)).collect::<Vec<_>>().join("; ");
    (odd.count > 0).then(|| Finding {
        id: "bucket-wrong-type",
        severity: Severity::Error,
        title: format!("{} no sorted set", counted(odd.count, "TTL bucket is", "TTL buckets are")),
        detail: format!("{}: reads and writes of its keys that have a timeout fail", odd.shown()),
        count: odd.count,
        fix: odd.fix(moves),
    })
}

pub(super) fn large_bases(observed: &Observed) -> Option<Finding> {
    let large = &observed.survey.large_bases;
    (large.count > 0).then(|| Finding {
        id: "large-bases",
        severity: Severity::Warning,
        title: format!("{} more than {MANY_FIELDS} fields", counted(large.count, "base has", "bases have")),
        detail: format!("{}: one hash each, which expires and is swept as one", large.shown()),
        count: large.count,
        fix: "put more of the key in front of the '>'".to_owned(),
    })
}

pub(super) fn large_tags(observed: &Observed) -> Option<Finding> {
    let large = &observed.survey.large_tags;
    (large.count > 0).then(|| Finding {
        id: "large-indexes",
        severity: Severity::Warning,
        title: format!(
            "{} more than {MANY_MEMBERS} members",
            counted(large.count, "index has", "indexes have")
        ),
        detail: format!(
            "{}: 0.0.9 invalidates one with a single SMEMBERS and SADD of all members",
            large.shown()
        ),
        count: large.count,
        fix: format!("`{}`, and finer tags", observed.command("gc")),
    })
}

pub(super) fn foreign(observed: &Observed) -> Option<Finding> {
    let foreign = &observed.survey.foreign;
    (foreign.count > 0 && !observed.other_library.is_all_foreign).then(|| Finding {
        id: "foreign-keys",
        severity: Severity::Info,
        title: format!(
            "{} under the prefix and not the library's",
            counted(foreign.count, "key is", "keys are")
        ),
        detail: format!("{}: the library's own patterns would delete them", foreign.shown()),
        count: foreign.count,
        fix: "give the cache a prefix that nothing else begins with".to_owned(),
    })
}

pub(super) fn inner(observed: &Observed) -> Option<Finding> {
    let mut sample = Sample::default();
    observed.ns.inner().iter().for_each(|prefix| sample.add(prefix));
    (sample.count > 0).then(|| Finding {
        id: "inner-namespaces",
        severity: Severity::Info,
        title: format!("{} inside this one", counted(sample.count, "namespace", "namespaces")),
        detail: format!(
            "{}: every key of it begins with this prefix too. It is left alone. A namespace is recognised by \
             its TTL buckets, marks, keys in progress or records of this tool; prefixes of which none begins \
             with another are safe",
            sample.shown()
        ),
        count: sample.count,
        fix: "give the applications prefixes of which none begins with another (REDIS_CACHE_PREFIX)"
            .to_owned(),
    })
}
