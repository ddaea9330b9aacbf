//! Problems as `package.json` files state them.

use std::collections::HashMap;
use std::fmt;

use ecosystems::Timestamp;
use ecosystems::npm::{Dependency, Name, Needs, Version, read_packument};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use solver::Held;
use solver::npm::{
    Content, Folder, InstallStrategy, LockedContent, LockedPlace, Override, OverrideValue,
    Platform, Policy, Problem, Project, Solution,
};

/// An object, in the order of the document.
#[derive(Clone, Debug)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

/// What is asked of npm, and perhaps what it answered.
#[derive(serde::Deserialize)]
pub(crate) struct Case {
    #[serde(default)]
    pub(crate) name: String,
    /// The documents of a registry by name; a text means the recorded one.
    registry: Box<RawValue>,
    pub(crate) answer: Option<Box<RawValue>>,
    pub(crate) manifest: Box<RawValue>,
    #[serde(default)]
    pub(crate) workspaces: Ordered<Box<RawValue>>,
    #[serde(default)]
    pub(crate) options: Options,
    /// What the lock file has, by location: `name@version`, or `link:` and where that leads.
    #[serde(default)]
    locked: Ordered<String>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Options {
    node: Option<String>,
    legacy_peer_deps: bool,
    strict_peer_deps: bool,
    prefer_dedupe: bool,
    install_strategy: Option<String>,
    before: Option<String>,
    platform: Option<Machine>,
    #[serde(rename = "lock")]
    _lock: bool,
}

/// The machine that npm is told to install on.
#[derive(serde::Deserialize)]
struct Machine {
    os: Option<String>,
    cpu: Option<String>,
    libc: Option<String>,
}

#[derive(serde::Deserialize)]
struct Manifest {
    name: Option<String>,
    version: Option<String>,
    #[serde(rename = "devDependencies")]
    development: Option<Box<RawValue>>,
    #[serde(default)]
    overrides: Ordered<Value>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged)]
enum Value {
    Spec(String),
    Within(Ordered<Value>),
}

impl Case {
    /// The documents of the case's own registry, as written, if it has one.
    pub(crate) fn documents(&self) -> Option<HashMap<String, Vec<u8>>> {
        if self.registry.get().starts_with('"') {
            return None;
        }
        let documents: Result<Ordered<Box<RawValue>>, _> =
            serde_json::from_str(self.registry.get());
        let documents = documents.expect("documents by name").0.into_iter();
        Some(documents.map(|(name, document)| (name, document.get().as_bytes().to_vec())).collect())
    }

    /// The machine that the answer is looked at for, if it is.
    pub(crate) fn platform(&self) -> Option<Platform> {
        let machine = self.options.platform.as_ref()?;
        let version = |text: &str| Version::parse(text).expect("a version");
        Some(Platform {
            os: machine.os.clone(),
            cpu: machine.cpu.clone(),
            libc: machine.libc.clone(),
            node: self.options.node.as_deref().map(version),
            npm: Some(version("11.19.1")),
        })
    }

    pub(crate) fn problem(&self) -> Problem {
        let (project, overrides) = read(self.manifest.get());
        let folders = self.workspaces.0.iter().map(|(location, manifest)| Folder {
            location: location.clone(),
            project: read(manifest.get()).0,
            is_workspace: true,
        });
        let locked = self.locked.0.iter();
        let locked = locked.map(|(location, text)| locked_place(location, text));
        let options = &self.options;
        let version = |text: &str| Version::parse(text).expect("a version");
        Problem {
            project,
            folders: folders.collect(),
            overrides,
            locked: locked.collect(),
            held: Held::default(),
            policy: Policy {
                node: options.node.as_deref().map(version),
                npm: Some(version("11.19.1")),
                before: options
                    .before
                    .as_deref()
                    .map(|at| Timestamp::parse(at).expect("an instant")),
                install_strategy: match options.install_strategy.as_deref() {
                    Some("nested") => InstallStrategy::Nested,
                    _ => InstallStrategy::Hoisted,
                },
                prefers_dedupe: options.prefer_dedupe,
                adjusts: false,
                prefers_held: false,
                ignores_peers: options.legacy_peer_deps,
                has_strict_peers: options.strict_peer_deps,
            },
        }
    }
}

/// A place of a lock file: `name@version`, or `link:` and where that leads.
pub(crate) fn locked_place(location: &str, text: &str) -> LockedPlace {
    let content = match text.strip_prefix("link:") {
        Some(target) => LockedContent::Link(target.to_owned()),
        None => {
            let (package, version) = text.rsplit_once('@').expect("a version");
            LockedContent::Release {
                package: Name::parse(package).expect("a name"),
                version: Version::parse(version).expect("a version"),
            }
        }
    };
    LockedPlace { location: location.to_owned(), content }
}

/// What a lock file would have of an answer.
pub(crate) fn locked(solution: &Solution) -> Vec<LockedPlace> {
    let places = solution.places.iter().filter_map(|place| {
        let content = match &place.content {
            Content::Project | Content::Folder(_) => return None,
            Content::Link(to) => LockedContent::Link(solution.places[*to].location.clone()),
            Content::Release { packument, position } => LockedContent::Release {
                package: packument.name.clone(),
                version: packument.manifests[*position as usize].version.clone(),
            },
        };
        Some(LockedPlace { location: place.location.clone(), content })
    });
    places.collect()
}

/// What is asked in a recorded set: as npm was, on node 20.20.2.
pub(crate) fn oracle(set: &str) -> Option<Problem> {
    let manifest = super::world::shared(&format!("oracles/npm/{set}/package.json"))?;
    let manifest = String::from_utf8(manifest).expect("text");
    let (project, overrides) = read(&manifest);
    let version = |text: &str| Some(Version::parse(text).expect("a version"));
    let policy = Policy { node: version("20.20.2"), npm: version("11.19.1"), ..Policy::default() };
    Some(Problem { project, overrides, policy, ..Problem::default() })
}

/// Reads a `package.json`.
pub(crate) fn read(text: &str) -> (Project, Vec<Override>) {
    let manifest: Manifest = serde_json::from_str(text).expect("a manifest");
    let development = manifest
        .development
        .map(|list| needs(&format!("{{\"dependencies\":{}}}", list.get())).dependencies.clone());
    let project = Project {
        name: manifest.name.map(|name| Name::parse(&name).expect("a name")),
        version: manifest.version.map(|version| Version::parse(&version).expect("a version")),
        needs: needs(text),
        development: development.unwrap_or_else(|| Vec::<Dependency>::new().into()),
    };
    (project, overrides(manifest.overrides))
}

/// What a manifest needs is read as a registry's.
fn needs(manifest: &str) -> Needs {
    let document = format!("{{\"versions\":{{\"1.0.0\":{manifest}}}}}");
    let name = Name::parse("project").expect("a name");
    let packument = read_packument(&name, document.as_bytes()).expect("a document");
    // A project has no archive; but for that, nothing is to be left out.
    assert!(packument.warnings.len() <= 1, "{:?}", packument.warnings);
    (*packument.manifests[0].needs).clone()
}

fn overrides(values: Ordered<Value>) -> Vec<Override> {
    let one = |(key, value)| Override {
        key,
        value: match value {
            Value::Spec(spec) => OverrideValue::Spec(spec),
            Value::Within(values) => OverrideValue::Within(overrides(values)),
        },
    };
    values.0.into_iter().map(one).collect()
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}
