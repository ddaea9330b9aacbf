//! `package.json`: a package with its workspaces, and its `package-lock.json`.
//!
//! Whichever `package.json` is named, the project that it belongs to is read, as npm does: workspaces, and
//! the folders that `file:` leads to, are members. Ranges, tags and aliases travel as they were written.
//! Repositories, addresses and archives are refused by name, for packages come from registries.

pub(crate) mod collation;
pub mod config;
mod entry;
mod error;
pub mod lock;
mod manifest;
mod members;
mod overrides;
mod paths;
mod spec;
mod workspaces;

use std::path::Path;

use serde_json::{Map, Value};

pub use self::error::Fault;
use self::{
    config::{Config, Places},
    lock::Lock,
    manifest::Manifest,
};
use crate::input::{
    Existing, InputError, Stated,
    paths::{normal, shown},
    source::Anchor,
};

/// All that the files of a project say.
#[derive(Clone, Debug)]
pub struct Project {
    /// The root, the workspaces in npm's order, and the folders that `file:` leads to.
    pub members: Vec<Member>,
    /// Their dependencies, member by member, in the order of the files.
    pub dependencies: Vec<Dependency>,
    /// The root's overrides.
    pub overrides: Vec<Override>,
    /// The settings.
    pub config: Config,
    /// The lock beside the root.
    pub lock: Option<Lock>,
    /// What a lock calls a root without a name: its folder.
    pub folder_name: String,
    /// How a lock is to be written.
    pub style: Style,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// A package of the project's own.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name, or that of its folder. Only the root may have none.
    pub name: String,
    /// Where the name stands, or the manifest.
    pub anchor: Anchor,
    /// Its version. Absent where it states none.
    pub version: Option<Stated>,
    /// The folder, from the root, with slashes. Empty for the root.
    pub path: String,
    /// Whether it is met by `file:` alone, and is no workspace.
    pub outside: bool,
    /// What a lock repeats of its manifest.
    pub entry: Map<String, Value>,
}

impl Member {
    /// The names of what it brings along in its own archive.
    pub fn bundled(&self) -> impl Iterator<Item = &str> {
        let list = self.entry.get("bundleDependencies").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str)
    }
}

/// A dependency of a member.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The name under which it is installed.
    pub name: String,
    /// The range, tag or alias, unread; `file:` and the way to a member.
    pub spec: Stated,
    /// The dependency set, as the contract names it.
    pub dependency_set: &'static str,
    /// Whether a peer may be absent.
    pub optional: bool,
    /// The member that has it.
    pub member: String,
    /// Where it is stated.
    pub anchor: Anchor,
}

/// What takes the place of requirements.
#[derive(Clone, Debug)]
pub struct Override {
    /// The package, perhaps with a range; `.` for the innermost of those around it.
    pub name: String,
    /// What takes its place.
    pub spec: Stated,
    /// The packages that it holds beneath, outermost first.
    pub beneath: Vec<String>,
    /// Where it is stated.
    pub anchor: Anchor,
}

/// How a lock is written: as the root's `package.json` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// What one level is indented by.
    pub indent: String,
    /// What ends a line.
    pub newline: String,
}

/// Reads the project that the `package.json` at `path` belongs to.
pub fn read(path: &Path, existing: Existing) -> Result<Project, InputError> {
    read_with(path, existing, &Places::of_process())
}

/// Reads a project with settings from these places.
pub(crate) fn read_with(
    path: &Path,
    existing: Existing,
    places: &Places,
) -> Result<Project, InputError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = normal(absolute.parent().unwrap_or(&absolute));
    // The named file is read first, so that what is wrong with it is told of it.
    Manifest::read(&folder)?;
    let root = Manifest::read(&workspaces::root_of(&folder)?)?;
    let (config, mut notes) = places.read(&root.folder)?;
    if folder != root.folder && folder.join(".npmrc").is_file() {
        let npmrc = shown(&folder.join(".npmrc"));
        notes.push(format!("`{}` has no effect: npm reads the root's", npmrc.display()));
    }
    let existing = if config.reads_no_lock() { Existing::Ignored } else { existing };
    let lock = lock::read(&root.folder, existing)?;
    if lock.is_none() && existing == Existing::Kept && root.folder.join("node_modules").is_dir() {
        notes.push(
            "without a lock npm keeps what is in `node_modules`, which `qm` does not look at"
                .to_owned(),
        );
    }
    let mut project = Project {
        members: Vec::new(),
        dependencies: Vec::new(),
        overrides: overrides::read(&root)?,
        config,
        lock,
        folder_name: paths::name_of(&root.folder),
        style: Style::of(root.source.text()),
        notes,
    };
    members::read(root, &mut project)?;
    let members = &project.members;
    if let Some(lock) = &mut project.lock {
        lock.keep_links(|path| members.iter().any(|member| member.path == path));
    }
    Ok(project)
}

impl Style {
    /// The style of a document: what its first line break and the blanks behind it are. A document in one
    /// line tells none.
    fn of(text: &str) -> Self {
        let mut style = Self { indent: "  ".to_owned(), newline: "\n".to_owned() };
        let Some(rest) = text.trim_start().strip_prefix('{') else { return style };
        let rest = rest.strip_prefix('}').unwrap_or(rest);
        let end = rest.find(|character| !matches!(character, '\r' | '\n')).unwrap_or(rest.len());
        let (newline, rest) = rest.split_at(end);
        if newline.is_empty() || newline.replace("\r\n", "\n").contains('\r') {
            return style;
        }
        style.newline = newline.to_owned();
        let indent: String =
            rest.chars().take_while(|character| character.is_whitespace()).collect();
        if !indent.is_empty() {
            // JavaScript indents by ten characters at the most.
            style.indent = indent.chars().take(10).collect();
        }
        style
    }
}

#[cfg(test)]
mod tests;
