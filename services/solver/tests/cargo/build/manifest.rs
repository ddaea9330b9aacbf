//! Manifests, as far as they say what is compiled.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::cargo::{
    Declaration, Dependency, FeatureValue, Features, Kind, Name, Requirement, RustVersion, Version,
};
use serde::Deserialize;
use serde_json::json;
use solver::cargo::{Member, Policy, Problem};

use super::{REGISTRY, World};

/// A made workspace, and what is published beside it.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(default)]
    pub(crate) runs: Vec<String>,
    members: BTreeMap<String, Manifest>,
    #[serde(default)]
    packages: BTreeMap<String, Manifest>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Manifest {
    package: Option<Package>,
    #[serde(default)]
    proc_macro: bool,
    #[serde(default)]
    features: BTreeMap<Box<str>, Vec<String>>,
    #[serde(default)]
    target: BTreeMap<String, Tables>,
    #[serde(default)]
    dependencies: Table,
    #[serde(default)]
    build_dependencies: Table,
    #[serde(default)]
    dev_dependencies: Table,
}

#[derive(Clone, Debug, Deserialize)]
struct Package {
    name: String,
}

type Table = BTreeMap<String, Entry>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Tables {
    dependencies: Table,
    build_dependencies: Table,
    dev_dependencies: Table,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    #[serde(rename_all = "kebab-case")]
    Table {
        #[serde(default = "any_version")]
        version: String,
        #[serde(default)]
        path: String,
        #[serde(default)]
        features: Vec<Box<str>>,
        #[serde(default)]
        optional: bool,
        default_features: Option<bool>,
        package: Option<String>,
    },
}

fn any_version() -> String {
    "*".to_owned()
}

impl Manifest {
    /// The name of the package, where it states one.
    pub(crate) fn name(&self) -> &str {
        &self.package.as_ref().expect("a package").name
    }

    fn all_dependencies(&self) -> Vec<Dependency> {
        let entries = self.entries().into_iter();
        entries.map(|(target, kind, alias, entry)| entry.dependency(alias, kind, target)).collect()
    }

    /// What stands in all tables of dependencies.
    fn entries(&self) -> Vec<(Option<&String>, Kind, &String, &Entry)> {
        let own = [
            (None, Kind::Normal, &self.dependencies),
            (None, Kind::Build, &self.build_dependencies),
            (None, Kind::Dev, &self.dev_dependencies),
        ];
        let targets = self.target.iter().flat_map(|(target, tables)| {
            [
                (Some(target), Kind::Normal, &tables.dependencies),
                (Some(target), Kind::Build, &tables.build_dependencies),
                (Some(target), Kind::Dev, &tables.dev_dependencies),
            ]
        });
        let tables = own.into_iter().chain(targets);
        let entries = tables.flat_map(|(target, kind, table)| {
            table.iter().map(move |(alias, entry)| (target, kind, alias, entry))
        });
        entries.collect()
    }

    /// Which dependencies are by path, by their places, and which of `members` they are.
    fn paths(&self, members: &BTreeMap<String, Self>) -> BTreeMap<usize, usize> {
        let entries = self.entries().into_iter().enumerate();
        let paths = entries.filter_map(|(place, (.., entry))| match entry {
            Entry::Table { path, .. } if !path.is_empty() => {
                let mut names = members.keys();
                let member = names.position(|name| path.ends_with(&format!("/{name}")));
                Some((place, member.expect("a member")))
            }
            _ => None,
        });
        paths.collect()
    }

    fn member(&self, name: &str, members: &BTreeMap<String, Self>) -> Member {
        let dependencies = self.all_dependencies();
        let features = self.features.iter().map(|(name, values)| {
            (name.clone(), values.iter().map(|text| FeatureValue::parse(text)).collect())
        });
        let features = Features::new(features.collect(), &dependencies).expect("features");
        Member {
            name: Name::parse(name).expect("a name"),
            version: Version::new(0, 1, 0),
            in_workspace: true,
            dependencies,
            paths: self.paths(members),
            features,
            links: None,
            locked: None,
        }
    }

    /// The line of an index about it.
    fn line(&self, name: &str) -> String {
        let dependencies = self.all_dependencies();
        let dependencies = dependencies.iter().map(|dependency| {
            json!({
                "name": dependency.alias,
                "package": dependency.package.as_str(),
                "req": "1",
                "features": dependency.features,
                "optional": dependency.is_optional,
                "default_features": dependency.uses_default_features,
                "target": dependency.target,
                "kind": match dependency.kind {
                    Kind::Normal => "normal",
                    Kind::Build => "build",
                    Kind::Dev => "dev",
                },
            })
        });
        let dependencies: Vec<_> = dependencies.collect();
        let line = json!({
            "name": name,
            "vers": "1.0.0",
            "v": 2,
            "deps": dependencies,
            "features": {},
            "features2": self.features,
        });
        line.to_string()
    }
}

impl Entry {
    fn dependency(&self, alias: &str, kind: Kind, target: Option<&String>) -> Dependency {
        let plain = (None, &[][..], false, None);
        let (version, (package, features, is_optional, default)) = match self {
            Self::Text(version) => (version, plain),
            Self::Table { version, features, optional, default_features, package, path: _ } => {
                (version, (package.as_deref(), &features[..], *optional, *default_features))
            }
        };
        Dependency::from(Declaration {
            alias: alias.into(),
            package: Name::parse(package.unwrap_or(alias)).expect("a name"),
            requirement: Requirement::parse(version).expect("a requirement"),
            kind,
            features: features.into(),
            uses_default_features: default.unwrap_or(true),
            is_optional,
            target: target.map(|target| target.as_str().into()),
            registry: None,
        })
    }
}

impl Workspace {
    pub(crate) fn new(members: impl IntoIterator<Item = (String, Manifest)>) -> Self {
        let members = members.into_iter().collect();
        Self { runs: Vec::new(), members, packages: BTreeMap::new() }
    }

    /// The names of the members, in the problem's order.
    pub(crate) fn members(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    pub(crate) fn problem(&self) -> Problem {
        let rust_version = RustVersion::parse("1.95.0").expect("a rust-version");
        let members = self.members.iter();
        let members = members.map(|(name, manifest)| manifest.member(name, &self.members));
        Problem {
            registry: REGISTRY.into(),
            members: members.collect(),
            policy: Policy { rust_versions: vec![rust_version], ..Policy::default() },
            ..Problem::default()
        }
    }

    pub(crate) fn world(&self) -> World {
        let mut world = World::default();
        for (name, manifest) in &self.packages {
            world.add(REGISTRY, name, &manifest.line(name));
        }
        world
    }

    /// The procedural macros, as `name version`.
    pub(crate) fn macros(&self) -> BTreeSet<String> {
        let of = |all: &BTreeMap<String, Manifest>, version: &str| {
            let macros = all.iter().filter(|(_, manifest)| manifest.proc_macro);
            macros.map(|(name, _)| format!("{name} {version}")).collect::<Vec<_>>()
        };
        of(&self.members, "0.1.0").into_iter().chain(of(&self.packages, "1.0.0")).collect()
    }
}
