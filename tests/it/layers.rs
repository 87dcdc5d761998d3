//! The picture of the layers in `docs/architecture.md`, held against what each file imports: no arrow up, no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Paths in a tree: `ops::gc::walk`, and what they import, re-exports followed.
type Imports = BTreeMap<String, BTreeSet<String>>;

fn sources(folder: &Path, module: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        let inside =
            |name: &str| if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") };
        if path.is_dir() {
            sources(&path, &inside(&name), found);
        } else if let Some(name) = name.strip_suffix(".rs") {
            let module = if name == "mod" { module.to_owned() } else { inside(name) };
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            let code = code.collect::<Vec<_>>().join("\n");
            // What a file's own tests import is no arrow of its layer.
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            found.insert(module, code);
        }
    }
}

/// Each path of a `use`: `a::{b, c::{d, e}}` are `a::b`, `a::c::d` and `a::c::e`.
fn expand(before: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, rest)) = tree.split_once('{') else {
        return paths.push(format!("{before}{}", tree.split(" as ").next().unwrap_or_default().trim()));
    };
    let before = format!("{before}{}", head.trim());
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[from..at].trim().is_empty() {
                    expand(&before, &inner[from..at], paths);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// The paths that a file names, from the root of the crate; whether each is handed on by it.
fn named(module: &str, code: &str) -> Vec<(bool, String)> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("use ") {
        if at > 0 && !code[..at].ends_with(['\n', ' ']) {
            continue;
        }
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim_start();
        let tree = code[at + 4..].split(';').next().unwrap_or_default();
        let mut all = Vec::new();
        expand("", tree, &mut all);
        paths.extend(all.into_iter().map(|path| (line.starts_with("pub"), path)));
    }
    for start in ["crate::", "cacheme::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let path: String = code[at..].chars().take_while(|c| is_path(*c)).collect();
            paths.push((false, path));
        }
    }
    let absolute = |path: &str| -> Option<String> {
        let parts: Vec<_> = path.split("::").map(str::trim).collect();
        let mut at: Vec<_> = module.split("::").filter(|part| !part.is_empty()).collect();
        let rest = match parts[0] {
            "crate" | "cacheme" => {
                at.clear();
                &parts[1..]
            }
            "super" => {
                let up = parts.iter().take_while(|part| **part == "super").count();
                at.truncate(at.len().checked_sub(up)?);
                &parts[up..]
            }
            // A name of this module's own, if there is such a module.
            _ => &parts[..],
        };
        Some([&at[..], rest].concat().join("::"))
    };
    paths.into_iter().filter_map(|(public, path)| Some((public, absolute(&path)?))).collect()
}

fn imports() -> Imports {
    let mut sources_of = BTreeMap::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources_of);
    let file_of = |path: &str| -> Option<(String, String)> {
        let mut module = path;
        loop {
            if !module.is_empty() && sources_of.contains_key(module) {
                let rest = path[module.len()..].trim_start_matches("::");
                return Some((module.to_owned(), rest.split("::").next().unwrap_or_default().to_owned()));
            }
            module = module.rsplit_once("::")?.0;
        }
    };
    let mut handed_on = BTreeMap::new();
    for (module, code) in &sources_of {
        for (_, path) in named(module, code).into_iter().filter(|(public, _)| *public) {
            if let Some((file, name)) = file_of(&path) {
                handed_on.insert((module.clone(), name), file);
            }
        }
    }
    let mut imports = Imports::new();
    for (module, code) in &sources_of {
        let edges = imports.entry(module.clone()).or_default();
        for (_, path) in named(module, code) {
            let Some((mut file, name)) = file_of(&path) else { continue };
            while let Some(from) = handed_on.get(&(file.clone(), name.clone())).filter(|from| **from != file)
            {
                file = from.clone();
            }
            // A folder's own file names its parts to hand them on.
            if file != *module && !file.starts_with(&format!("{module}::")) {
                edges.insert(file);
            }
        }
    }
    imports
}

/// The layers of the picture, the highest first.
fn picture() -> Vec<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let text = fs::read_to_string(page).unwrap();
    let line = text.lines().find(|line| line.starts_with("main → ")).expect("the picture");
    line.split(" → ").map(|layer| layer.split(", ").map(str::to_owned).collect()).collect()
}

#[test]
fn no_layer_imports_one_above_it() {
    let picture = picture();
    let place = |module: &str| {
        let top = module.split("::").next().unwrap_or_default();
        picture.iter().position(|layer| layer.iter().any(|it| it == top))
    };
    let mut seen = 0;
    for (module, imported) in imports() {
        if module == "lib" {
            continue;
        }
        let from = place(&module).unwrap_or_else(|| panic!("{module} is in no layer of the picture"));
        for file in imported {
            let top = |module: &str| module.split("::").next().map(str::to_owned);
            let to = place(&file).unwrap_or_else(|| panic!("{file} is in no layer of the picture"));
            assert!(to > from || top(&file) == top(&module), "{module} imports {file}");
            seen += 1;
        }
    }
    assert!(seen > 500, "only {seen} imports were found");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    // Takes away what imports nothing that is left, until only circles are.
    let mut left = imports();
    loop {
        let free: Vec<_> = left
            .iter()
            .filter(|(_, imported)| imported.iter().all(|file| !left.contains_key(file)))
            .map(|(module, _)| module.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|module| drop(left.remove(module)));
    }
    // Those above a circle import it, and are in none.
    loop {
        let imported: BTreeSet<_> = left.values().flatten().cloned().collect();
        let above: Vec<_> = left.keys().filter(|module| !imported.contains(*module)).cloned().collect();
        if above.is_empty() {
            break;
        }
        above.iter().for_each(|module| drop(left.remove(module)));
    }
    assert!(left.is_empty(), "circles among {:?}", left.keys());
}
