//! What a lock repeats of a member's own `package.json`.
//!
//! Npm brings manifests to one form first, such as an object for a `bin` that is a path alone. A list of
//! programs that `directories.bin` leads to is not made.

use serde_json::{Map, Value, json};

use crate::input::npm::{manifest::Manifest, paths::name_of};

/// The keys that are repeated as they are.
const REPEATED: [&str; 14] = [
    "version",
    "peerDependencies",
    "peerDependenciesMeta",
    "optionalDependencies",
    "acceptDependencies",
    "engines",
    "os",
    "cpu",
    "libc",
    "deprecated",
    "workspaces",
    "dependencies",
    "funding",
    "license",
];

/// The lock's entry of a member.
pub(super) fn of(manifest: &Manifest, is_root: bool) -> Map<String, Value> {
    let Value::Object(stated) = manifest.json.plain() else { return Map::new() };
    let mut entry = Map::new();
    for key in REPEATED {
        let value = match (key, stated.get(key).cloned().unwrap_or_default()) {
            ("dependencies", value) => without_optional(value, stated.get("optionalDependencies")),
            ("funding", Value::String(url)) if !url.is_empty() => json!({ "url": url }),
            ("license", Value::Object(license)) => match license.get("type") {
                Some(kind) if is_truthy(kind) => kind.clone(),
                _ => Value::Object(license),
            },
            (_, value) => value,
        };
        entry.insert(key.to_owned(), value);
    }
    entry.insert("bundleDependencies".to_owned(), bundled(&stated));
    entry.insert("bin".to_owned(), programs(&stated));
    entry.insert("hasInstallScript".to_owned(), has_install_script(&stated).into());
    entry.retain(|_, value| is_truthy(value) && !is_empty(value));
    // Of all lists this one alone is repeated without entries, too.
    if let Some(development) = stated.get("devDependencies").filter(|list| is_truthy(list)) {
        entry.insert("devDependencies".to_owned(), development.clone());
    }
    // A name that the folder tells is left out, so that a folder's name does not change the lock.
    let own = stated.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    if let Some(name) = own.filter(|name| is_root || *name != name_of(&manifest.folder)) {
        entry.insert("name".to_owned(), name.into());
    }
    entry
}

/// What stands among the optional dependencies is no plain one.
fn without_optional(mut dependencies: Value, optional: Option<&Value>) -> Value {
    if let (Some(dependencies), Some(Value::Object(optional))) =
        (dependencies.as_object_mut(), optional)
    {
        dependencies.retain(|name, _| !optional.contains_key(name));
    }
    dependencies
}

/// The names of `bundleDependencies`, of which there is an older spelling.
fn bundled(stated: &Map<String, Value>) -> Value {
    let list = stated.get("bundleDependencies").or_else(|| stated.get("bundledDependencies"));
    let names = |list: &Value| match list {
        Value::Object(list) => list.keys().map(String::as_str).collect(),
        _ => Value::Null,
    };
    match list {
        Some(Value::Bool(true)) => stated.get("dependencies").map(names).unwrap_or_default(),
        Some(list @ Value::Array(_)) => list.clone(),
        Some(list) => names(list),
        None => Value::Null,
    }
}

/// The programs of a package, by name, with their files.
fn programs(stated: &Map<String, Value>) -> Value {
    let named = match stated.get("bin") {
        Some(Value::String(path)) => match stated.get("name").and_then(Value::as_str) {
            Some(name) => vec![(name.to_owned(), path.clone())],
            None => Vec::new(),
        },
        Some(Value::Array(paths)) => {
            let paths = paths.iter().filter_map(Value::as_str);
            paths.map(|path| (path.to_owned(), path.to_owned())).collect()
        }
        Some(Value::Object(programs)) => {
            let programs = programs.iter();
            programs
                .filter_map(|(name, path)| Some((name.clone(), path.as_str()?.to_owned())))
                .collect()
        }
        _ => Vec::new(),
    };
    let programs = named.into_iter().filter_map(|(name, path)| {
        let name = within(&name).rsplit('/').next().unwrap_or_default().to_owned();
        let path = within(&path);
        (!name.is_empty() && !path.is_empty()).then(|| (name, path.into()))
    });
    Value::Object(programs.collect())
}

/// A path that does not lead out of its folder.
fn within(path: &str) -> String {
    let path = path.replace(['\\', ':'], "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn has_install_script(stated: &Map<String, Value>) -> bool {
    let scripts = stated.get("scripts");
    let has = |name: &str| {
        let script = scripts.and_then(|scripts| scripts.get(name)).and_then(Value::as_str);
        script.is_some_and(|script| !script.is_empty())
    };
    ["install", "preinstall", "postinstall"].into_iter().any(has)
        || stated.get("hasInstallScript").is_some_and(is_truthy)
}

/// Whether JavaScript takes a value for true.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}
