//! Every row and object that commands write, field by field: the contract with scripts, from which columns, cells and the
//! JSON Schemas under `schemas/` come. New fields stand behind the others.

pub mod indexes;
pub mod keys;
pub mod reports;
pub mod stats;

use crate::cli::output::{Record, pretty};
use serde_json::{Value, json};
use std::path::Path;
use std::{fs, io};

/// The schemas, each with the command whose output it describes.
fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        rows::<indexes::Tag>("tags list"),
        object::<indexes::TagShown>("tags show"),
        rows::<indexes::InvalidKey>("invalid-keys list"),
        object::<indexes::InvalidKeyShown>("invalid-keys show"),
        rows::<keys::Listed>("keys list"),
        rows::<keys::Ranked>("keys top"),
        rows::<keys::Whole>("keys show"),
        rows::<keys::Dumped>("keys dump"),
        object::<reports::Restored>("keys restore"),
        object::<reports::Invalidated>("invalidate"),
        object::<reports::Purged>("purge"),
        object::<reports::Collected>("gc"),
        object::<reports::Diagnosis>("doctor"),
        rows::<reports::Found>("doctor --format ndjson"),
        object::<stats::Stats>("stats"),
        object::<stats::Live>("stats --live"),
        rows::<stats::Tick>("stats --watch"),
        object::<stats::History>("stats --history"),
        object::<stats::Histograms>("stats --histogram"),
        object::<stats::Kept>("stats --keep"),
        object::<stats::Reset>("stats --reset"),
        rows::<keys::Difference>("diff"),
        rows::<reports::Logged>("log"),
        rows::<keys::Happened>("events"),
        rows::<reports::InForce>("config show"),
        rows::<reports::Profiled>("config check"),
    ]
}

/// Of a command that writes one object.
fn object<R: Record>(command: &'static str) -> (&'static str, Value) {
    let mut schema = begun(command, R::ABOUT);
    if let (Value::Object(schema), Value::Object(of_object)) = (&mut schema, R::schema()) {
        schema.extend(of_object);
    }
    (command, schema)
}

/// Of a command that writes rows: the array of `json`, and a line of `ndjson`.
fn rows<R: Record>(command: &'static str) -> (&'static str, Value) {
    let about =
        format!("{} This describes the array of --format json, and each line of --format ndjson.", R::ABOUT);
    let mut schema = begun(command, &about);
    schema["if"] = json!({"type": "array"});
    schema["then"] = json!({"items": {"$ref": "#/$defs/row"}});
    schema["else"] = json!({"$ref": "#/$defs/row"});
    schema["$defs"] = json!({"row": R::schema()});
    (command, schema)
}

fn begun(command: &str, about: &str) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("cacheme {command}"),
        "description": about,
    })
}

/// Writes a file for each schema: `keys-list.json`, `stats-live.json`.
pub fn write(folder: &Path) -> io::Result<()> {
    schemas().into_iter().try_for_each(|(command, schema)| {
        let name = command.replace(" --", "-").replace(' ', "-");
        fs::write(folder.join(format!("{name}.json")), pretty(&schema) + "\n")
    })
}
