//! One `Cargo.toml`: its shape, as cargo's own schema has it, and where each part of it stands.
//!
//! The schema knows no places, so that the text is read twice: once for its shape, once for the
//! places of its keys and values.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use cargo_util_schemas::manifest::{TomlManifest, TomlPackage, TomlWorkspace};

use crate::input::{
    InputError, Problem, Stated,
    node::{self, Node},
    paths::shown,
    source::{Anchor, Place, Source},
};

/// A manifest that was read.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The file, absolute and without `.` and `..`.
    pub(super) path: PathBuf,
    /// What it says.
    pub(super) toml: TomlManifest,
    source: Arc<Source>,
    places: HashMap<Vec<String>, Spot>,
}

/// Where an entry stands.
#[derive(Debug)]
struct Spot {
    key: Anchor,
    value: Anchor,
}

impl Manifest {
    /// Reads the file at an absolute path.
    pub(super) fn read(path: &Path) -> Result<Self, InputError> {
        let source = Source::read(&shown(path))?;
        let value = node::parse(&source)
            .map_err(|(start, problem)| InputError::at(Place::new(&source, start), problem))?;
        let mut places = HashMap::new();
        note(&Node::document(&source, &value), &mut Vec::new(), &mut places);
        let toml = toml::from_str(source.text()).map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let problem = Problem::Toml { message: error.message().to_owned() };
            InputError::at(Place::new(&source, start), problem)
        })?;
        Ok(Self { path: path.to_owned(), toml, places, source: Arc::clone(&source) })
    }

    /// The folder that it is in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// The file as messages name it.
    pub(super) fn name(&self) -> &str {
        self.source.name()
    }

    /// `[package]`, or `[project]` as it was called once.
    pub(super) fn package(&self) -> Option<&TomlPackage> {
        self.toml.package().map(AsRef::as_ref)
    }

    /// `[workspace]`.
    pub(super) fn workspace(&self) -> Option<&TomlWorkspace> {
        self.toml.workspace.as_ref()
    }

    /// The way to a key of `[package]`.
    pub(super) fn package_way(&self, key: &str) -> Vec<String> {
        let table = if self.toml.package.is_some() { "package" } else { "project" };
        way(&[table, key])
    }

    /// A text of this manifest with its place, or with that of the nearest table around it.
    pub(super) fn stated(&self, way: &[String], text: &str) -> Stated {
        let anchor = self.spot(way).map(|spot| spot.value.clone());
        let anchor = anchor.unwrap_or_else(|| Anchor::start(&self.source, 0));
        Stated { text: text.to_owned(), anchor }
    }

    /// The place of a key, or of the nearest one around it.
    pub(super) fn key(&self, way: &[String]) -> Anchor {
        let anchor = self.spot(way).map(|spot| spot.key.clone());
        anchor.unwrap_or_else(|| Anchor::start(&self.source, 0))
    }

    /// A problem with the entry of a key.
    pub(super) fn fault(&self, way: &[String], problem: impl Into<Problem>) -> InputError {
        InputError::at(self.key(way).place(), problem.into())
    }

    fn spot(&self, way: &[String]) -> Option<&Spot> {
        (1..=way.len()).rev().find_map(|length| self.places.get(&way[..length]))
    }
}

/// Notes the places of all that is within a node.
fn note(node: &Node<'_>, way: &mut Vec<String>, places: &mut HashMap<Vec<String>, Spot>) {
    for (key, child) in node.children() {
        way.push(key);
        let spot = Spot { key: child.key_anchor(), value: child.value_anchor() };
        places.insert(way.clone(), spot);
        note(&child, way, places);
        way.pop();
    }
}

/// Keys, one within the other.
pub(super) fn way(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

/// A way and one more key.
pub(super) fn within(way: &[String], key: impl Into<String>) -> Vec<String> {
    [way, &[key.into()]].concat()
}
