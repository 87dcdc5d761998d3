//! Scripts that run inside the server, in one step.

use std::sync::OnceLock;

/// A script in parts, the last of which says what it does.
pub(crate) struct Script {
    parts: &'static [&'static str],
    text: OnceLock<String>,
}

const BEGIN: &str = include_str!("lua/begin.lua");
const END: &str = include_str!("lua/end.lua");

impl Script {
    pub(crate) const fn new(parts: &'static [&'static str]) -> Self {
        Self { parts, text: OnceLock::new() }
    }

    /// What is sent: without the comments.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        let text = self.text.get_or_init(|| {
            let parts = [BEGIN].iter().chain(self.parts).chain([&END]);
            let lines = parts.flat_map(|part| part.lines());
            lines.filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
        });
        text.as_bytes()
    }
}
