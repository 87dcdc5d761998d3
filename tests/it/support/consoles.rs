//! The commands that documents show, and what they show below them.

/// Each command of a document's consoles, with the lines that stand below it.
pub(crate) fn commands(document: &str) -> Vec<(&str, Vec<&str>)> {
    let mut inside = false;
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in document.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, Vec::new())),
                (None, Some((_, expected))) => expected.push(line),
                (None, None) => panic!("output before any command: {line}"),
            }
        }
    }
    commands
}

/// Whether a text holds the parts of a line in their order; `…` stands for anything.
pub(crate) fn holds(text: &str, line: &str) -> bool {
    let mut rest = text;
    line.split('…').map(str::trim).all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

/// Commands of the program outside of consoles: in the text, and in blocks that only show them.
pub(crate) fn mentioned(document: &str) -> Vec<String> {
    let mut block: Option<&str> = None;
    let mut text = String::new();
    let mut found = Vec::new();
    for line in document.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(language), None) => block = Some(language),
            (Some(_), Some(_)) => block = None,
            (None, None) => text += &format!("{line} "),
            (None, Some("" | "text" | "sh")) => {
                // Words that explain stand behind two blanks.
                let command = line.split("   ").next().unwrap_or_default();
                found.extend(command.find("cacheme ").map(|at| command[at..].to_owned()));
            }
            (None, Some(_)) => {}
        }
    }
    let spans = text.split('`').skip(1).step_by(2).filter(|span| span.starts_with("cacheme "));
    found.extend(spans.map(str::to_owned));
    found
}
