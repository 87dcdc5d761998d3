//! Scripts that run inside the server, in one step.

use std::sync::OnceLock;

/// A script in parts, the last of which says what it does.
pub(crate) struct Script {
    parts: &'static [&'static str],
    text: OnceLock<(String, String)>,
}

const BEGIN: &str = include_str!("lua/begin.lua");
const END: &str = include_str!("lua/end.lua");

impl Script {
    pub(crate) const fn new(parts: &'static [&'static str]) -> Self {
        Self { parts, text: OnceLock::new() }
    }

    /// What is sent: without the comments.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text().0.as_bytes()
    }

    /// What a server that has run it knows it by.
    pub(crate) fn hash(&self) -> &str {
        &self.text().1
    }

    fn text(&self) -> &(String, String) {
        self.text.get_or_init(|| {
            let parts = [BEGIN].iter().chain(self.parts).chain([&END]);
            let lines = parts.flat_map(|part| part.lines());
            let code =
                lines.filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
            let hash = redis::Script::new(&code).get_hash().to_owned();
            (code, hash)
        })
    }
}
