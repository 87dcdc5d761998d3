//! The JSON Schemas that the program comes with. Whatever JSON a test reads of it is held against the one of its command.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use super::cli::binary;

/// The schema of a command's output.
pub(crate) struct Schema {
    /// As the files are named: `keys-list.json`.
    pub(crate) file: String,
    /// The words of the command, and the flags that it is for.
    words: Vec<String>,
    flags: Vec<String>,
    whole: Validator,
    /// With --fields any may be missing.
    partly: Validator,
}

/// All schemas.
pub(crate) fn all() -> &'static [Schema] {
    static ALL: OnceLock<Vec<Schema>> = OnceLock::new();
    ALL.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let files = fs::read_dir(folder).expect("the folder of schemas");
        files.map(|file| Schema::read(&file.expect("a file of the folder").path())).collect()
    })
}

impl Schema {
    fn read(path: &Path) -> Self {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).expect("a schema");
        let mut schema: Value = serde_json::from_str(&text).expect("JSON");
        let title = schema["title"].as_str().and_then(|title| title.strip_prefix("cacheme "));
        let title = title.unwrap_or_else(|| panic!("{file} names no command in its title"));
        let words: Vec<&str> = title.split(' ').collect();
        let (words, flags) =
            words.split_at(words.iter().position(|word| word.starts_with("--")).unwrap_or(words.len()));
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (words, flags) = (owned(words), owned(flags));
        let built = |schema: &Value| {
            jsonschema::draft202012::options()
                .should_validate_formats(true)
                .build(schema)
                .unwrap_or_else(|error| panic!("{file} is no JSON Schema: {error}"))
        };
        let whole = built(&schema);
        let row = if schema["$defs"].is_object() { &mut schema["$defs"]["row"] } else { &mut schema };
        row["required"] = Value::Array(Vec::new());
        let partly = built(&schema);
        Self { words, flags, whole, partly, file }
    }

    /// How well it fits a command line, where it does.
    fn fits(&self, args: &[&str]) -> Option<usize> {
        let is_command = begins(args).any(|at| {
            let words = args[at..].iter().take(self.words.len());
            words.eq(self.words.iter())
        });
        let has_flags =
            self.flags.is_empty() || args.windows(self.flags.len()).any(|args| args == self.flags);
        (is_command && has_flags).then_some(self.words.len() + self.flags.len())
    }
}

/// Where a command may begin: behind options and what may be their values.
fn begins<'a>(args: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    let is_option = |at: usize| args[at].starts_with('-');
    (0..args.len()).take_while(move |at| (0..*at).all(|at| is_option(at) || at > 0 && is_option(at - 1)))
}

/// Holds a document, or a line of ndjson, against the schema of the command that wrote it, and names its file; none where
/// another program did.
pub(crate) fn check(command: &str, is_line: bool, value: &Value) -> Result<Option<&'static str>, String> {
    let (env, args) = command.split_once(&format!("{} ", binary().display())).unwrap_or_default();
    let mut args: Vec<&str> = args.split(' ').collect();
    let has_fields = env.contains("CACHEME_FIELDS=") || args.iter().any(|arg| arg.starts_with("--fields"));
    if is_line {
        args.extend(["--format", "ndjson"]);
    }
    let fitting = all().iter().filter_map(|schema| Some((schema.fits(&args)?, schema)));
    let Some((_, schema)) = fitting.max_by_key(|(fit, _)| *fit) else { return Ok(None) };
    let validator = if has_fields { &schema.partly } else { &schema.whole };
    match validator.iter_errors(value).next() {
        None => Ok(Some(&schema.file)),
        Some(error) => {
            Err(format!("not as schemas/{} says, at '{}': {error}", schema.file, error.instance_path()))
        }
    }
}
