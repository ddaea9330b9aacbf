//! Reads what a version says beside its needs.

use std::sync::{Arc, OnceLock};

use super::read::{Reader, TRAITS, scalar, text_of};
use super::scalar::Scalar;
use super::shape::{elements, entries, fields, is_object};
use super::{Command, Engine, Engines, Json, Traits};

/// What is run when a package is installed.
const INSTALL_SCRIPTS: [&str; 3] = ["preinstall", "install", "postinstall"];

/// Reads the traits of a version from the texts of their fields.
pub(super) fn traits(reader: &mut Reader<'_>, package: &str, raw: [&str; TRAITS]) -> Traits {
    let [
        name,
        engines,
        os,
        cpu,
        libc,
        bin,
        deprecated,
        license,
        funding,
        has_install_script,
        scripts,
        has_shrinkwrap,
    ] = raw;
    let name = text_of(name);
    let is_true = |raw: &str| scalar(raw).is_some_and(|value| value.is_true());
    let scripts = fields(scripts, &INSTALL_SCRIPTS).unwrap_or_default();
    let deprecated = match scalar(deprecated) {
        Some(Scalar::Text(text)) if !text.is_empty() => Some(reader.shared(&text)),
        Some(value) if value.is_true() => Some(reader.shared("")),
        _ => None,
    };
    Traits {
        engines: read_engines(reader, engines),
        os: platforms(reader, os),
        cpu: platforms(reader, cpu),
        libc: platforms(reader, libc),
        commands: commands(reader, name.as_deref().unwrap_or(package), bin),
        deprecated,
        license: license_of(reader, license),
        funding: funding_of(reader, funding),
        has_install_script: is_true(has_install_script) || scripts.into_iter().any(is_true),
        has_shrinkwrap: is_true(has_shrinkwrap),
    }
}

fn read_engines(reader: &mut Reader<'_>, raw: &str) -> Option<Engines> {
    if !scalar(raw)?.is_true() {
        return None;
    }
    let [node, npm] = fields(raw, &["node", "npm"]).unwrap_or_default();
    Some(Engines { json: reader.json(raw), node: engine(node), npm: engine(npm) })
}

fn engine(raw: &str) -> Option<Engine> {
    let value = scalar(raw).filter(Scalar::is_true)?;
    let text = match value {
        Scalar::Text(text) => Some(text.into()),
        _ => None,
    };
    Some(Engine { text, range: OnceLock::new() })
}

/// Reads names of platforms: a list, or one.
fn platforms(reader: &mut Reader<'_>, raw: &str) -> Option<Arc<[Arc<str>]>> {
    let names: Vec<_> = match elements(raw) {
        Some(names) => names.into_iter().filter_map(text_of).collect(),
        None => text_of(raw).filter(|name| !name.is_empty()).into_iter().collect(),
    };
    let names: Arc<[Arc<str>]> = names.iter().map(|name| reader.shared(name)).collect();
    (!names.is_empty()).then_some(names)
}

/// Reads commands: names with files, or one file whose command is called as the package, or files
/// whose commands are called as they are (npm-normalize-package-bin).
fn commands(reader: &mut Reader<'_>, package: &str, raw: &str) -> Option<Arc<[Command]>> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut add = |command: &str, file: &str| {
        let (command, file) = (plain_path(command), plain_path(file));
        let command = command.trim_end_matches('/');
        let command = command.rsplit('/').next().unwrap_or_default();
        if command.is_empty() || file.is_empty() {
            return;
        }
        match commands.iter_mut().find(|(known, _)| known == command) {
            Some((_, known)) => *known = file,
            None => commands.push((command.to_owned(), file)),
        }
    };
    if let Some(file) = text_of(raw) {
        add(package, &file);
    } else if let Some(files) = elements(raw) {
        files.into_iter().filter_map(text_of).for_each(|file| add(&file, &file));
    } else {
        for (command, file) in entries(raw).unwrap_or_default() {
            if let Some(file) = text_of(file) {
                add(&command, &file);
            }
        }
    }
    let mut shared = |(name, file): &(String, String)| Command {
        name: reader.shared(name),
        file: reader.shared(file),
    };
    let commands: Arc<[_]> = commands.iter().map(&mut shared).collect();
    (!commands.is_empty()).then_some(commands)
}

/// A path below the package: with slashes, and without `.`, `..` and doubled slashes.
fn plain_path(path: &str) -> String {
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
    let end = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    parts.join("/") + end
}

/// The licence as a lock file has it: an object says it in its `type`.
fn license_of(reader: &mut Reader<'_>, raw: &str) -> Option<Json> {
    if !scalar(raw)?.is_true() {
        return None;
    }
    let [stated] = fields(raw, &["type"]).unwrap_or_default();
    let is_stated = scalar(stated).is_some_and(|value| value.is_true());
    Some(reader.json(if is_stated { stated } else { raw }))
}

/// What npm makes of `funding`: texts are URLs of objects.
fn funding_of(reader: &mut Reader<'_>, raw: &str) -> Option<Json> {
    let object = |raw: &str| {
        if raw.starts_with('"') { format!("{{\"url\":{raw}}}") } else { raw.to_owned() }
    };
    if let Some(list) = elements(raw) {
        let list: Vec<String> = list.into_iter().map(object).collect();
        return Some(reader.json(&format!("[{}]", list.join(","))));
    }
    let is_said = is_object(raw) || text_of(raw).is_some_and(|text| !text.is_empty());
    is_said.then(|| reader.json(&object(raw)))
}
