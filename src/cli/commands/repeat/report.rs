//! What one run of a sweep did.

use crate::cli::error::{Code, Failure};
use crate::cli::output::Row;

/// Entries by kind and deed; always all there are, in one order.
pub type Counts = Vec<(&'static str, &'static str, u64)>;

/// What one run did.
pub struct Report {
    pub row: Row,
    /// The same for a person.
    pub sentence: String,
    /// What was done, by kind and deed, for Prometheus.
    pub counts: Counts,
    /// The bytes of the values that it deleted, of a sweep that knows them.
    pub bytes: Option<u64>,
    pub complete: bool,
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Something was changed or would be, or the work was not done: worth a line where nobody looks.
    pub is_news: bool,
    /// The code of a run that did not fail.
    pub code: Code,
    pub failure: Option<Failure>,
}
