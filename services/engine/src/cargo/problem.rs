//! From texts to a problem.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecosystems::Timestamp;
use ecosystems::cargo::{
    Dependency, FeatureValue, Features, Name, Requirement, RustVersion, Version,
};
use solver::cargo::{Crate, Member, Policy, Problem};
use solver::conflict::{Conflict, Fact, UserText};

use super::indexes::Indexes;
use crate::{
    CargoEnvironment, CargoLockedName, CargoMember, CargoProject, CargoRequirement, CargoSource,
    Error, Invalid, Strategy,
};

/// The resolver from which on versions for the members' compilers are preferred.
const COUNTS_RUST_VERSIONS: u8 = 3;

/// The version of a member that states none.
const UNSTATED_VERSION: Version = Version::new(0, 0, 0);

/// What is asked of crates, and where the request says so.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(super) problem: Problem,
    /// For each dependency of each member, its place among the request's requirements.
    pub(super) places: Vec<Vec<usize>>,
}

/// Understands a project, or names every text that it cannot understand.
pub(super) fn read(
    project: &CargoProject,
    (strategy, before): (Strategy, Option<Timestamp>),
    indexes: &Indexes,
) -> Result<Asked, Error> {
    let mut reading = Reading { project, indexes, invalid: Vec::new() };
    let mut places = vec![Vec::new(); project.members.len()];
    for (place, requirement) in project.requirements.iter().enumerate() {
        if let Some(places) = places.get_mut(requirement.member) {
            places.push(place);
        }
    }
    let members: Vec<Option<Member>> =
        places.iter().enumerate().map(|(at, places)| reading.member(at, places)).collect();
    let locked = reading.locked();
    let rust_versions = reading.rust_versions(&project.environment);
    if !reading.invalid.is_empty() {
        return Err(Error::Invalid(reading.invalid));
    }
    let policy = Policy { strategy, rust_versions, before };
    let members = members.into_iter().flatten().collect();
    let registry = indexes.default_id();
    Ok(Asked { problem: Problem { registry, members, locked, policy }, places })
}

/// Reads texts, and notes those that cannot be read.
struct Reading<'a> {
    project: &'a CargoProject,
    indexes: &'a Indexes,
    invalid: Vec<Invalid>,
}

impl Reading<'_> {
    fn refuse(&mut self, field: String, reason: &impl ToString) {
        self.invalid.push(Invalid { field, column: None, reason: reason.to_string() });
    }

    fn keep<T, E: ToString>(&mut self, field: String, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.refuse(field, &error)).ok()
    }

    /// Reads a member, with the requirements at `places`.
    fn member(&mut self, at: usize, places: &[usize]) -> Option<Member> {
        let project = self.project;
        let CargoMember { name, version, features, links, .. } = &project.members[at];
        let field = |field: &str| format!("members[{at}].{field}");
        let name = self.keep(field("name"), Name::parse(name));
        let version = if version.is_empty() {
            Some(UNSTATED_VERSION)
        } else {
            self.keep(field("version"), Version::parse(version))
        };
        let dependencies: Vec<Option<Dependency>> =
            places.iter().map(|place| self.dependency(*place)).collect();
        let dependencies: Vec<Dependency> = dependencies.into_iter().collect::<Option<_>>()?;
        let mut stated: BTreeMap<Box<str>, Vec<FeatureValue>> = BTreeMap::new();
        for (place, (feature, values)) in features.iter().enumerate() {
            let values = values.iter().map(|value| FeatureValue::parse(value)).collect();
            if stated.insert(feature.as_str().into(), values).is_some() {
                let reason = format!("`{feature}` is stated twice");
                self.refuse(format!("members[{at}].features[{place}]"), &reason);
            }
        }
        let features = Features::new(stated, &dependencies);
        let features = self.keep(field("features"), features);
        let links = (!links.is_empty()).then(|| links.as_str().into());
        Some(Member { name: name?, version: version?, dependencies, features: features?, links })
    }

    fn dependency(&mut self, place: usize) -> Option<Dependency> {
        let project = self.project;
        let CargoRequirement {
            member: _,
            name,
            alias,
            requirement,
            features,
            without_default_features,
            optional,
            target,
            kind,
            source,
        } = &project.requirements[place];
        let field = |field: &str| format!("requirements[{place}].{field}");
        let package = self.keep(field("name"), Name::parse(name));
        let requirement = self.requirement(field("requirement"), requirement);
        let registry = self.source(field("registry"), source);
        Some(Dependency {
            alias: if alias.is_empty() { name.as_str().into() } else { alias.as_str().into() },
            package: package?,
            requirement: requirement?,
            kind: *kind,
            features: features.iter().map(|feature| feature.as_str().into()).collect(),
            uses_default_features: !without_default_features,
            is_optional: *optional,
            target: (!target.is_empty()).then(|| target.as_str().into()),
            registry: Some(registry?),
        })
    }

    fn requirement(&mut self, field: String, text: &str) -> Option<Requirement> {
        let text = if text.is_empty() { "*" } else { text };
        self.keep(field, Requirement::parse(text))
    }

    /// The registry that a crate comes from, as listings name it.
    fn source(&mut self, field: String, source: &CargoSource) -> Option<Box<str>> {
        match source {
            CargoSource::Registry(name) => {
                let id = self.indexes.named(name);
                if id.is_none() {
                    let reason = self.indexes.lacks(name);
                    self.refuse(field, &reason);
                }
                id.map(|id| Box::from(&**id))
            }
            CargoSource::Member(_) => None,
        }
    }

    fn locked(&mut self) -> Vec<(Crate, Version)> {
        let project = self.project;
        let mut locked = Vec::new();
        for (place, entry) in project.locked.iter().enumerate() {
            if let Some(package) = self.locked_name(&format!("locked[{place}]"), &entry.package) {
                locked.push(package);
            }
        }
        locked
    }

    fn locked_name(&mut self, field: &str, locked: &CargoLockedName) -> Option<(Crate, Version)> {
        let CargoLockedName { name, version, registry } = locked;
        let source = CargoSource::Registry(registry.clone());
        let registry = self.source(format!("{field}.registry"), &source);
        let name = self.keep(format!("{field}.name"), Name::parse(name));
        let version = self.keep(format!("{field}.version"), Version::parse(version));
        Some((Crate { registry: Arc::from(registry?), name: name? }, version?))
    }

    /// The compilers that count: those of the members, or the toolchain's where none names one.
    fn rust_versions(&mut self, environment: &CargoEnvironment) -> Vec<RustVersion> {
        let project = self.project;
        let mut read = |field: String, text: &str| {
            if text.is_empty() { None } else { self.keep(field, RustVersion::parse(text)) }
        };
        let toolchain = read("environment.rust_version".to_owned(), &environment.rust_version);
        let mut versions = Vec::new();
        for (at, member) in project.members.iter().enumerate() {
            let stated = read(format!("members[{at}].rust_version"), &member.rust_version);
            versions.extend(stated);
        }
        if versions.is_empty() {
            versions.extend(toolchain);
        }
        if environment.resolver >= COUNTS_RUST_VERSIONS { versions } else { Vec::new() }
    }
}

impl Asked {
    /// The dependency of a member that the request's requirement at `place` is.
    pub(super) fn dependency(&self, place: usize) -> Option<&Dependency> {
        let (member, at) = self.find(place)?;
        self.problem.members[member].dependencies.get(at)
    }

    /// The problem without the request's requirement at `place`; none if that is not there, or is the
    /// only one, or if a feature is about it.
    pub(super) fn without(&self, place: usize) -> Option<Self> {
        let (member, at) = self.find(place)?;
        if self.places.iter().map(Vec::len).sum::<usize>() < 2 {
            return None;
        }
        let mut without = self.clone();
        without.places[member].remove(at);
        let member = &mut without.problem.members[member];
        member.dependencies.remove(at);
        let stated = member.features.iter().map(|(name, values)| (name.into(), values.to_vec()));
        member.features = Features::new(stated.collect(), &member.dependencies).ok()?;
        Some(without)
    }

    /// Puts the request's places into a conflict that has the problem's.
    pub(super) fn place(&self, conflict: &mut Conflict) {
        let flat: Vec<usize> = self.places.iter().flatten().copied().collect();
        let place = |at: usize| flat.get(at).copied().unwrap_or(at);
        for requirement in &mut conflict.requirements {
            *requirement = place(*requirement);
        }
        conflict.requirements.sort_unstable();
        for fact in &mut conflict.facts {
            if let Fact::Requirement { origin: UserText::Requirement(at), .. } = fact {
                *at = place(*at);
            }
        }
    }

    /// The member and the place in its list of the request's requirement at `place`.
    fn find(&self, place: usize) -> Option<(usize, usize)> {
        self.places.iter().enumerate().find_map(|(member, places)| {
            Some((member, places.iter().position(|known| *known == place)?))
        })
    }
}
