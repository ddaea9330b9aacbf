//! The recorded manifests, as problems.

use std::collections::BTreeMap;

use ecosystems::cargo::{Declaration, Dependency, Kind, Name, Requirement, RustVersion};
use serde::Deserialize;
use solver::cargo::{Policy, Problem};

use super::world::{REGISTRY, bundled, member};

/// The recorded sets.
pub(crate) const SETS: [&str; 6] = ["bevy-game", "data", "desktop", "grpc", "p2p", "web-api"];

#[derive(Deserialize)]
struct Manifest {
    package: Package,
    dependencies: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

/// The few forms of a dependency that the manifests have.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Entry {
    Text(String),
    Table { version: String, features: Vec<Box<str>> },
}

/// A file of a set.
pub(crate) fn read(set: &str, file: &str) -> String {
    let bytes = bundled(&format!("oracles/cargo/{set}/{file}"));
    String::from_utf8(bytes).expect("text")
}

/// What the manifest of a set asks.
pub(crate) fn problem(set: &str) -> Problem {
    let manifest: Manifest = toml::from_str(&read(set, "Cargo.toml")).expect("a manifest");
    let dependencies = manifest.dependencies.iter().map(|(name, entry)| {
        let (version, features) = match entry {
            Entry::Text(version) => (version, &[][..]),
            Entry::Table { version, features } => (version, &features[..]),
        };
        Dependency::from(Declaration {
            alias: name.as_str().into(),
            package: Name::parse(name).expect("a name"),
            requirement: Requirement::parse(version).expect("a requirement"),
            kind: Kind::Normal,
            features: features.into(),
            uses_default_features: true,
            is_optional: false,
            target: None,
            registry: None,
        })
    });
    let mut member = member(dependencies.collect());
    member.name = Name::parse(&manifest.package.name).expect("a name");
    // Where a manifest names no rust-version, cargo takes its own toolchain's.
    let rust_versions = vec![RustVersion::parse("1.95.0").expect("a rust-version")];
    Problem {
        registry: REGISTRY.into(),
        members: vec![member],
        policy: Policy { rust_versions, ..Policy::default() },
        ..Problem::default()
    }
}
