//! Cargo's configuration files, as far as they change an answer.
//!
//! Which registries there are, and how they are reached, is the service's to know. What counts here is
//! by which names a lock's addresses go, and the word on versions that the compiler does not support,
//! which is the difference between cargo's resolvers 2 and 3. Two ways to put other packages in the
//! stead of a registry's have no place in the contract, and are refused.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::input::{
    InputError, Problem, Setting, Stated,
    node::{self, Node},
    paths::shown,
    source::{Anchor, Place, Source},
};

/// What cargo does with versions that the compiler does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Incompatible {
    /// They are as good as others.
    Allow,
    /// Others are preferred.
    Fallback,
}

/// What the configuration says.
#[derive(Clone, Debug, Default)]
pub(super) struct Configuration {
    /// What cargo does with versions that the compiler does not support, where it is said.
    pub(super) incompatible: Option<Setting<Incompatible>>,
    /// The addresses of registries' indexes, by the names that manifests call the registries.
    pub(super) indexes: BTreeMap<String, String>,
}

/// The variable that counts before all files.
const VARIABLE: &str = "CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS";

/// Where configuration comes from.
pub(super) struct Places {
    /// The files, the nearest first.
    files: Vec<PathBuf>,
    /// The value of [`VARIABLE`].
    variable: Option<String>,
}

impl Places {
    /// Those that cargo looks at in the working directory.
    pub(super) fn of_process() -> Self {
        let current = std::env::current_dir().unwrap_or_default();
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let variable = std::env::var(VARIABLE).ok().filter(|value| !value.is_empty());
        Self { files: files(&current, home.as_deref()), variable }
    }

    /// Reads them all, nearest first: the first word counts.
    pub(super) fn read(&self) -> Result<Configuration, InputError> {
        let mut found = Configuration::default();
        if let Some(text) = &self.variable {
            let source = Source::new(VARIABLE.to_owned(), text.clone());
            let anchor = Anchor::verbatim(&source, 0, text);
            let stated = Stated { text: text.clone(), anchor };
            found.incompatible = Some(incompatible(stated, VARIABLE)?);
        }
        for file in &self.files {
            let Configuration { incompatible, indexes } = read(file)?;
            found.incompatible = found.incompatible.or(incompatible);
            for (name, index) in indexes {
                found.indexes.entry(name).or_insert(index);
            }
        }
        Ok(found)
    }
}

/// The files from a folder upwards, and the one of the user.
fn files(current: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let folders = current.ancestors().map(|folder| folder.join(".cargo"));
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders.chain(home.map(Path::to_owned)) {
        // The name without an ending is the older one, and counts where there are both.
        let names = ["config", "config.toml"].map(|name: &str| folder.join(OsStr::new(name)));
        let file = names.into_iter().find(|file| file.is_file());
        files.extend(file.filter(|file| !files.contains(file)));
    }
    files
}

fn read(file: &Path) -> Result<Configuration, InputError> {
    let source = Source::read(&shown(file))?;
    let value = node::parse(&source)
        .map_err(|(start, problem)| InputError::at(Place::new(&source, start), problem))?;
    let document = Node::document(&source, &value);
    let refused = [
        ("patch", "state it in the `Cargo.toml` at the root of the workspace"),
        ("paths", "state a `[patch]` in the `Cargo.toml` at the root of the workspace"),
    ];
    for (key, advice) in refused {
        if let Some(node) = document.find(&[key])? {
            return Err(node.key_fault(Problem::KeyRefused { key: key.to_owned(), advice }));
        }
    }
    let key = ["resolver", "incompatible-rust-versions"];
    let incompatible = document.find(&key)?.map(|node| incompatible(node.text()?, &key.join(".")));
    let mut indexes = BTreeMap::new();
    if let Some(registries) = document.find(&["registries"])? {
        for (name, registry) in registries.children() {
            if let Some(index) = registry.find(&["index"])? {
                indexes.insert(name, index.text()?.text);
            }
        }
    }
    Ok(Configuration { incompatible: incompatible.transpose()?, indexes })
}

fn incompatible(stated: Stated, key: &str) -> Result<Setting<Incompatible>, InputError> {
    let value = match stated.text.as_str() {
        "allow" => Incompatible::Allow,
        "fallback" => Incompatible::Fallback,
        _ => {
            let advice = "write `allow` or `fallback`";
            let problem = Problem::WrongValue { key: key.to_owned(), value: stated.text, advice };
            return Err(InputError::at(stated.anchor.place(), problem));
        }
    };
    Ok(Setting { value, anchor: stated.anchor })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::input::tests::{told_error, without_folder};

    /// Reads configuration files in `a/b`, `a` and a home, and tells what came of them.
    fn told(inner: &str, outer: &str, home: &str, variable: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("a/b/.cargo/config.toml", inner),
            ("a/.cargo/config", outer),
            ("a/.cargo/config.toml", "not read"),
            ("home/config.toml", home),
        ] {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            fs::write(folder.path().join(name), text).unwrap();
        }
        let current = folder.path().join("a/b");
        let mut files = files(&current, Some(&folder.path().join("home")));
        files.retain(|file| file.starts_with(folder.path()));
        let places = Places { files, variable: variable.map(str::to_owned) };
        let told = match places.read() {
            Ok(Configuration { incompatible, indexes }) => {
                let words =
                    incompatible.map(|one| format!("{:?} ({})\n", one.value, one.anchor.place()));
                let indexes = indexes.iter().map(|(name, index)| format!("{name} is {index}\n"));
                words.into_iter().chain(indexes).collect()
            }
            Err(error) => told_error(error),
        };
        without_folder(&told, folder.path())
    }

    #[test]
    fn the_nearest_word_counts_and_what_is_not_passed_on_is_refused() {
        let fallback = "[resolver]\nincompatible-rust-versions = \"fallback\"\n";
        let allow = "resolver.incompatible-rust-versions = \"allow\"\n";
        let registries = "[registries.corp]\nindex = \"sparse+https://corp.example/\"\n";
        let report = [
            told("", "", "", None),
            told(registries, "", &registries.replace("corp", "far"), None),
            told(registries, &registries.replace("corp.example", "other.example"), "", None),
            told("[registries.corp]\nindex = 3\n", "", "", None),
            told("", "", fallback, None),
            told("", allow, fallback, None),
            told(fallback, allow, "", None),
            told(fallback, allow, "", Some("allow")),
            told("", "", "", Some("sometimes")),
            told("[resolver]\nincompatible-rust-versions = 3\n", "", "", None),
            told("", "paths = [\"../x\"]\n", "", None),
            told(fallback, "", "[patch.crates-io]\nx = { path = \"x\" }\n", None),
            told("[patch\n", "", "", None),
        ];
        insta::assert_snapshot!(report.join("----\n"));
    }
}
