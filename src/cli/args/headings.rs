//! The headings under which `--help` and the man pages put options.

pub const SELECTION: &str = "Selection";
pub const ACTION: &str = "What it does";
pub const OUTPUT: &str = "Output";
pub const CONNECTION: &str = "Connection";
pub const SAFETY: &str = "Safety";
pub const SPEED: &str = "Speed";
pub const HELP: &str = "Help";
