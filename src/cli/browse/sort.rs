//! In which order the rows of a page stand.

use crate::cli::ranking::RankBy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// As they are found, which shows the first at once.
    Found,
    Name,
    /// The tags with the most keys first.
    Keys,
    /// The largest values first.
    Size,
    /// The keys that expire soonest first.
    Time,
}

impl Sort {
    /// Those of tags and invalid keys; a page begins with the first.
    pub const OF_INDEXES: &[Self] = &[Self::Name, Self::Keys];
    /// Those of keys.
    pub const OF_KEYS: &[Self] = &[Self::Found, Self::Name, Self::Size, Self::Time];

    /// The one behind it, among those that a page can have.
    pub fn next(self, all: &[Self]) -> Self {
        let at = all.iter().position(|it| *it == self).map_or(0, |at| at + 1);
        all[at % all.len()]
    }

    /// What keys are ranked by.
    pub fn rank(self) -> Option<RankBy> {
        match self {
            Self::Found | Self::Keys => None,
            Self::Name => Some(RankBy::Name),
            Self::Size => Some(RankBy::Bytes),
            Self::Time => Some(RankBy::Ttl),
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Found => "unsorted",
            Self::Name => "by name",
            Self::Keys => "most keys first",
            Self::Size => "largest first",
            Self::Time => "soonest to expire first",
        }
    }
}
