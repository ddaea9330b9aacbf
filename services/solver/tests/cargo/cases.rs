//! Cases of cargo's own resolver: a made index, what is asked, and what cargo answers.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::cargo::{Declaration, Dependency, Kind, Name, Requirement};
use serde::Deserialize;
use serde_json::{Value, json};
use solver::Strategy;
use solver::cargo::{Outcome, Policy, Problem};

use super::STEPS;
use super::world::{World, member, shared};

#[derive(Deserialize)]
pub(crate) struct Case {
    test: String,
    expected: Expected,
    index: Vec<Line>,
    minimal_versions: bool,
    root: Id,
    root_deps: Vec<RootDependency>,
}

#[derive(Deserialize)]
struct Expected {
    ok: bool,
    #[serde(default)]
    packages: Vec<Picked>,
}

#[derive(Deserialize)]
struct Picked {
    #[serde(flatten)]
    id: Id,
    features: BTreeSet<String>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    name: String,
    registry: String,
    vers: String,
}

#[derive(Deserialize)]
struct Line {
    #[serde(flatten)]
    id: Id,
    deps: Value,
    features: Value,
    links: Value,
}

#[derive(Deserialize)]
struct RootDependency {
    name: Box<str>,
    package: Option<Box<str>>,
    req: String,
    kind: String,
    features: Box<[Box<str>]>,
    default_features: bool,
    optional: bool,
    target: Option<Box<str>>,
    registry: Box<str>,
}

/// The cases, if they are there.
pub(crate) fn read() -> Option<Vec<Case>> {
    let text = shared("conformance/cargo/resolver_tests.json")?;
    Some(serde_json::from_slice(&text).expect("a list of cases"))
}

impl Case {
    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.test
    }

    /// The made index.
    pub(crate) fn world(&self) -> World {
        let mut world = World::default();
        for line in &self.index {
            let Id { name, registry, vers } = &line.id;
            let (deps, features, links) = (&line.deps, &line.features, &line.links);
            let text = json!({
                "name": name, "vers": vers, "deps": deps, "features": features, "links": links,
            });
            world.add(registry, name, &text.to_string());
        }
        world
    }

    /// Holds the answer against cargo's: whether there is one, the packages, and their features.
    pub(crate) fn judge(&self) -> Result<(), String> {
        let (outcome, _, _) = self.world().solve(&self.problem(), STEPS);
        let solution = match outcome {
            Outcome::Solved(solution) if self.expected.ok => solution,
            Outcome::Conflict(..) if !self.expected.ok => return Ok(()),
            other => return Err(format!("{}: {other:?}", self.test)),
        };
        let picks = solution.picks.iter().map(|pick| {
            let features: BTreeSet<&str> = pick.features.iter().map(String::as_str).collect();
            let version = pick.release().version.to_string();
            ((pick.package.name.to_string(), pick.package.registry.to_string(), version), features)
        });
        let ours: BTreeMap<_, _> = picks.collect();
        let packages = self.expected.packages.iter().filter(|picked| picked.id != self.root);
        let theirs = packages.map(|picked| {
            let Id { name, registry, vers } = &picked.id;
            let features: BTreeSet<&str> = picked.features.iter().map(String::as_str).collect();
            ((name.clone(), registry.clone(), vers.clone()), features)
        });
        let theirs: BTreeMap<_, _> = theirs.collect();
        if ours == theirs {
            Ok(())
        } else {
            Err(format!("{}: we have {ours:?}\n    cargo has {theirs:?}", self.test))
        }
    }

    /// What is asked.
    pub(crate) fn problem(&self) -> Problem {
        let dependencies = self.root_deps.iter().map(RootDependency::read);
        let member = member(dependencies.collect());
        let strategy = if self.minimal_versions { Strategy::Lowest } else { Strategy::Highest };
        Problem {
            registry: self.root.registry.as_str().into(),
            members: vec![member],
            policy: Policy { strategy, ..Policy::default() },
            ..Problem::default()
        }
    }
}

impl RootDependency {
    fn read(&self) -> Dependency {
        let package = self.package.as_ref().unwrap_or(&self.name);
        Dependency::from(Declaration {
            alias: self.name.clone(),
            package: Name::parse(package).expect("a name"),
            requirement: Requirement::parse(&self.req).expect("a requirement"),
            kind: match self.kind.as_str() {
                "build" => Kind::Build,
                "dev" => Kind::Dev,
                _ => Kind::Normal,
            },
            features: self.features.clone(),
            uses_default_features: self.default_features,
            is_optional: self.optional,
            target: self.target.clone(),
            registry: Some(self.registry.clone()),
        })
    }
}
