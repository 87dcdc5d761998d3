//! The two generations of the library, told apart by where they keep their bookkeeping.

use std::fmt;

/// SHA-1 of the scripts that readers of `meta` (0.1.1) send with EVAL: stale reads on, stale reads off.
///
/// A server that knows one of them has seen such a reader since it started.
pub const READER_SCRIPTS: [&str; 2] =
    ["de9e2d62a5bb751799ce029363619ae41713ab68", "107d25b611537c84fb15069f684e36f4abbe0ff4"];

/// Which generation of the library owns a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// 0.0.9 and 0.1.0: `P` + `delete` and `P` + `progress`.
    Classic,
    /// 0.1.1 and later 0.1: `CM:meta:deleted` and `CM:meta:progress`, whatever the prefix.
    Meta,
    /// Both, or nobody can tell: a mark goes to both deleted sets, since an unseen mark is a lost invalidation.
    Both,
}

impl Layout {
    /// Whether the names of 0.0.9 and 0.1.0 are in use.
    pub fn has_classic(self) -> bool {
        self != Self::Meta
    }

    /// Whether the names of 0.1.1 are in use.
    pub fn has_meta(self) -> bool {
        self != Self::Classic
    }

    /// The name in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Meta => "meta",
            Self::Both => "both",
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
