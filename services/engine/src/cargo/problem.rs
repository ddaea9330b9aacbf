//! From texts to a problem.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecosystems::Timestamp;
use ecosystems::cargo::{
    Condition, Declaration, Dependency, FeatureError, FeatureValue, Features, Name, Requirement,
    RustVersion, Version,
};
use solver::cargo::{Crate, Locked, LockedEdge, Member, Patch, Policy, Problem, Replacement};
use solver::conflict::Conflict;

use super::build::{self, Build};
use super::indexes::Indexes;
use super::order::{self, Order};
use crate::{
    CargoEnvironment, CargoLockedName, CargoMember, CargoPatch, CargoProject, CargoRequirement,
    CargoSource, Error, HeldTexts, Invalid, Request, record,
};

/// The resolver from which on versions for the members' compilers are preferred.
const COUNTS_RUST_VERSIONS: u8 = 3;

/// What a package is called that the request gives no name.
const NAMELESS: &str = "project";

/// The version of a member that states none.
const UNSTATED_VERSION: Version = Version::new(0, 0, 0);

/// What is asked of crates, and where the request says so.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(super) problem: Problem,
    /// For each dependency of each member, its place among the request's requirements in their
    /// [order](Order).
    pub(super) places: Vec<Vec<usize>>,
    /// Whether the request names members: a project without is one nameless package.
    pub(super) names_members: bool,
    /// What is compiled of the answer; none for the lock.
    pub(super) build: Option<Build>,
}

/// Understands a project, or names every text that it cannot understand.
pub(super) fn read(
    project: &CargoProject,
    (request, before): (&Request, Option<Timestamp>),
    indexes: &Indexes,
) -> Result<Asked, Error> {
    let names_members = !project.members.is_empty();
    let nameless = [CargoMember { name: NAMELESS.to_owned(), ..CargoMember::default() }];
    let members = if names_members { &project.members[..] } else { &nameless };
    let mut order = Order::of(project, indexes.default_name());
    if !names_members {
        order.members.push(0);
    }
    let ranks = order::ranks(&order.members);
    // By the members' ranks: the places in the request, and those in the order.
    let mut stated = vec![Vec::new(); members.len()];
    let mut places = stated.clone();
    for (place, at) in order.requirements.iter().enumerate() {
        if let Some(rank) = ranks.get(project.requirements[*at].member) {
            stated[*rank].push(*at);
            places[*rank].push(place);
        }
    }
    let mut reading = Reading { project, members, ranks, indexes, invalid: Vec::new() };
    let of_members = order.members.iter().zip(&stated);
    let read: Vec<Option<Member>> =
        of_members.map(|(at, stated)| reading.member(*at, stated)).collect();
    let patches = reading.patches(&order.patches);
    let locks = reading.locks();
    let rust_versions = reading.rust_versions(&project.environment);
    let range = |text: &str| Requirement::parse(text).map(Requirement::in_one_order);
    let held = HeldTexts::read_all(&request.held, Name::parse, range, &mut reading.invalid);
    let Some(mut members) = read.into_iter().collect::<Option<Vec<Member>>>() else {
        return Err(Error::Invalid(reading.invalid));
    };
    let build = build::read(project, (reading.members, &order.members), &members);
    let build = build.map_err(|invalid| reading.invalid.extend(invalid)).ok().flatten();
    if !reading.invalid.is_empty() {
        return Err(Error::Invalid(reading.invalid));
    }
    let locked = locks.take(&mut members);
    let strategy = request.policy.strategy;
    let policy = Policy { strategy, rust_versions, before, prefers_held: false };
    let registry = indexes.default_id();
    let problem = Problem { registry, members, patches, locked, held, policy };
    Ok(Asked { problem, places, names_members, build })
}

/// Reads texts, and notes those that cannot be read.
struct Reading<'a> {
    project: &'a CargoProject,
    members: &'a [CargoMember],
    /// For each of the members, its place in the problem's list.
    ranks: Vec<usize>,
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

    /// Reads the member at a place of the request's list, with the requirements at `places`.
    fn member(&mut self, at: usize, places: &[usize]) -> Option<Member> {
        let stated = &self.members[at];
        let field = |field: &str| format!("members[{at}].{field}");
        let name = self.keep(field("name"), Name::parse(&stated.name));
        let version = if stated.version.is_empty() {
            Some(UNSTATED_VERSION)
        } else {
            self.keep(field("version"), Version::parse(&stated.version))
        };
        let dependencies: Vec<Option<Dependency>> =
            places.iter().map(|place| self.dependency(*place)).collect();
        self.refuse_mixed_sources(places);
        let dependencies: Vec<Dependency> = dependencies.into_iter().collect::<Option<_>>()?;
        let features = self.features(at, places, &dependencies);
        let by_path = places.iter().enumerate().filter_map(|(dependency, place)| {
            match self.project.requirements[*place].source {
                CargoSource::Member(member) => Some((dependency, self.rank(member))),
                CargoSource::Registry(_) => None,
            }
        });
        Some(Member {
            name: name?,
            version: version?,
            in_workspace: !stated.outside_workspace,
            paths: by_path.collect(),
            dependencies,
            features: features?,
            links: (!stated.links.is_empty()).then(|| stated.links.as_str().into()),
            locked: None,
        })
    }

    /// The place in the problem's list of a member of the request's.
    fn rank(&self, member: usize) -> usize {
        self.ranks.get(member).copied().unwrap_or(member)
    }

    /// Refuses what goes by one name and comes from several places.
    fn refuse_mixed_sources(&mut self, places: &[usize]) {
        let mut sources: BTreeMap<&str, &CargoSource> = BTreeMap::new();
        // Of two, the one further down in the request is refused.
        for place in places.iter().collect::<BTreeSet<_>>() {
            let CargoRequirement { name, alias, source, .. } = &self.project.requirements[*place];
            let alias = if alias.is_empty() { name } else { alias };
            if sources.insert(alias, source).is_some_and(|known| known != source) {
                let reason = format!(
                    "`{alias}` comes from somewhere else than in another table; give it another name"
                );
                let field = match source {
                    CargoSource::Member(_) => "path_member",
                    CargoSource::Registry(_) => "registry",
                };
                self.refuse(of_requirement(*place, field), &reason);
            }
        }
    }

    fn features(
        &mut self,
        at: usize,
        places: &[usize],
        dependencies: &[Dependency],
    ) -> Option<Features> {
        let all = &self.members[at].features;
        let mut stated: BTreeMap<Box<str>, Vec<FeatureValue>> = BTreeMap::new();
        for (place, (feature, values)) in all.iter().enumerate() {
            let values: Vec<FeatureValue> =
                values.iter().map(|value| FeatureValue::parse(value)).collect();
            let own =
                |value: &FeatureValue| *value == FeatureValue::Feature(feature.as_str().into());
            if let Some(entry) = values.iter().position(own) {
                let reason = FeatureError::Cycle { feature: feature.clone() };
                self.refuse(format!("members[{at}].features[{place}].enables[{entry}]"), &reason);
            }
            let in_order: BTreeSet<FeatureValue> = values.into_iter().collect();
            let values = in_order.into_iter().collect();
            if stated.insert(feature.as_str().into(), values).is_some() {
                let reason = format!("`{feature}` is stated twice");
                self.refuse(format!("members[{at}].features[{place}]"), &reason);
            }
        }
        let error = match Features::new(stated, dependencies) {
            Ok(features) => return Some(features),
            Err(error) => error,
        };
        let field = match (error.dependency(), error.entry()) {
            (Some(alias), _) => {
                let mut dependencies = dependencies.iter().zip(places);
                let found = dependencies.find(|(one, _)| one.is_optional && *one.alias == *alias);
                found.map(|(_, place)| of_requirement(*place, "optional"))
            }
            (None, (feature, entry)) => {
                let found = all.iter().enumerate().find(|(_, (name, _))| *name == feature);
                found.map(|(place, (_, entries))| {
                    let is_it = |text: &String| {
                        entry.is_some_and(|one| FeatureValue::parse(text).is_about(one))
                    };
                    let entry = entries.iter().position(is_it);
                    let entry = entry.map_or_else(String::new, |at| format!(".enables[{at}]"));
                    format!("members[{at}].features[{place}]{entry}")
                })
            }
        };
        self.refuse(field.unwrap_or_else(|| format!("members[{at}].features")), &error);
        None
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
        let field = |field: &str| of_requirement(place, field);
        let package = self.keep(field("name"), Name::parse(name));
        if !target.is_empty() {
            self.keep(field("target"), Condition::parse(target));
        }
        for (at, feature) in features.iter().enumerate() {
            if !matches!(FeatureValue::parse(feature), FeatureValue::Feature(_)) {
                let reason = format!(
                    "`{feature}` is no feature of `{name}`, but of a dependency of it, or one of these"
                );
                self.refuse(field(&format!("features[{at}]")), &reason);
            }
        }
        let features: BTreeSet<&String> = features.iter().collect();
        let requirement = self.requirement(field("requirement"), requirement);
        let registry = match source {
            CargoSource::Registry(name) => Some(self.registry(field("registry"), name)?),
            CargoSource::Member(_) => None,
        };
        Some(Dependency::from(Declaration {
            alias: if alias.is_empty() { name.as_str().into() } else { alias.as_str().into() },
            package: package?,
            requirement: requirement?,
            kind: *kind,
            features: features.into_iter().map(|feature| feature.as_str().into()).collect(),
            uses_default_features: !without_default_features,
            is_optional: *optional,
            target: (!target.is_empty()).then(|| order::target_of(target).into()),
            registry,
        }))
    }

    fn requirement(&mut self, field: String, text: &str) -> Option<Requirement> {
        let text = if text.is_empty() { "*" } else { text };
        self.keep(field, Requirement::parse(text).map(Requirement::in_one_order))
    }

    /// What listings call the registry of a declared name.
    fn registry(&mut self, field: String, name: &str) -> Option<Box<str>> {
        let id = self.indexes.named(name);
        if id.is_none() {
            let reason = self.indexes.lacks(name);
            self.refuse(field, &reason);
        }
        id.map(|id| Box::from(&**id))
    }

    fn patches(&mut self, order: &[usize]) -> Vec<Patch> {
        let project = self.project;
        let mut patches = Vec::new();
        for place in order {
            let CargoPatch { patched, name, requirement, source } = &project.patches[*place];
            let field = |field: &str| format!("patches[{place}].{field}");
            let patched = self.registry(field("patched_registry"), patched);
            let parsed = self.keep(field("name"), Name::parse(name));
            let requirement = self.requirement(field("requirement"), requirement);
            let replaces =
                |(registry, name): (Box<str>, Name)| Crate { registry: Arc::from(registry), name };
            let replacement = match source {
                CargoSource::Member(member) => Some(Replacement::Member(self.rank(*member))),
                CargoSource::Registry(registry) => {
                    let registry = self.registry(field("registry"), registry);
                    let other = registry.zip(parsed.clone()).map(replaces);
                    other.zip(requirement).map(|(other, one)| Replacement::Package(other, one))
                }
            };
            let package = patched.zip(parsed).map(replaces);
            if let (Some(package), Some(Replacement::Package(other, _))) = (&package, &replacement)
                && package == other
            {
                let reason = format!(
                    "the patch of `{name}` puts it in its own place; name another registry, or a member"
                );
                self.refuse(field("registry"), &reason);
            }
            let patch = package.zip(replacement);
            patches.extend(patch.map(|(package, replacement)| Patch { package, replacement }));
        }
        patches
    }

    /// Reads what a lock holds, by the names that it has for it.
    fn locks(&mut self) -> Locks {
        let project = self.project;
        let mut locks = Locks::default();
        for (place, entry) in project.locked.iter().enumerate() {
            let field = format!("locked[{place}]");
            let Some(package) = self.locked_name(&field, &entry.package) else { continue };
            let mut needs = Vec::new();
            for (at, dependency) in entry.dependencies.iter().enumerate() {
                needs.extend(self.locked_name(&format!("{field}.dependencies[{at}]"), dependency));
            }
            needs.sort_unstable();
            needs.dedup();
            locks.entries.push((package, needs));
        }
        locks.entries.sort_unstable();
        locks.entries.dedup();
        locks
    }

    fn locked_name(&mut self, field: &str, locked: &CargoLockedName) -> Option<LockedName> {
        let CargoLockedName { name, version, registry } = locked;
        let named = self.keep(format!("{field}.name"), Name::parse(name));
        let version = self.keep(format!("{field}.version"), Version::parse(version));
        let is_own = |member: &CargoMember| {
            let stated = if member.version.is_empty() { "0.0.0" } else { &member.version };
            member.name == *name && Version::parse(stated).ok() == version
        };
        if let Some(member) = self.members.iter().position(is_own)
            && registry.is_empty()
        {
            return Some(LockedName::Member(self.rank(member)));
        }
        let registry = Arc::from(self.registry(format!("{field}.registry"), registry)?);
        Some(LockedName::Package(Crate { registry, name: named? }, version?))
    }

    /// The compilers that count: those of the members, or the toolchain's where none names one.
    fn rust_versions(&mut self, environment: &CargoEnvironment) -> Vec<RustVersion> {
        let members = self.members;
        let toolchain = match &*environment.rust_version {
            "" => None,
            text => {
                let field = "environment.rust_version".to_owned();
                self.keep(field, RustVersion::of_compiler(text))
            }
        };
        let mut versions = Vec::new();
        for (at, member) in members.iter().enumerate() {
            let stated = match &*member.rust_version {
                "" => None,
                text => self.keep(format!("members[{at}].rust_version"), RustVersion::parse(text)),
            };
            // What is outside of the workspace is built by whatever builds the members.
            versions.extend(stated.filter(|_| !member.outside_workspace));
        }
        versions.sort_unstable();
        if versions.is_empty() {
            versions.extend(toolchain);
        }
        if environment.resolver >= COUNTS_RUST_VERSIONS { versions } else { Vec::new() }
    }
}

/// The path of a field of a requirement.
fn of_requirement(place: usize, field: &str) -> String {
    format!("requirements[{place}].cargo.{field}")
}

/// A package as a lock has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum LockedName {
    /// The project's own, by its place in the problem's list.
    Member(usize),
    /// From a registry.
    Package(Crate, Version),
}

/// A lock, by names.
#[derive(Debug, Default)]
struct Locks {
    entries: Vec<(LockedName, Vec<LockedName>)>,
}

impl Locks {
    /// The packages of registries, with their edges by place; members are told theirs.
    fn take(self, members: &mut [Member]) -> Vec<Locked> {
        let packages = self.entries.iter().filter_map(|(name, _)| match name {
            LockedName::Package(package, version) => Some((package.clone(), version.clone())),
            LockedName::Member(_) => None,
        });
        let packages: Vec<(Crate, Version)> = packages.collect();
        let places: BTreeMap<(&Crate, &Version), usize> =
            packages.iter().enumerate().map(|(at, (one, version))| ((one, version), at)).collect();
        let place = |name: &LockedName| match name {
            LockedName::Package(package, version) => {
                places.get(&(package, version)).copied().map(LockedEdge::Package)
            }
            LockedName::Member(member) => Some(LockedEdge::Member(*member)),
        };
        let mut locked = Vec::new();
        for (name, needs) in &self.entries {
            let edges = needs.iter().filter_map(place).collect();
            match name {
                LockedName::Member(member) => members[*member].locked = Some(edges),
                LockedName::Package(package, version) => locked.push(Locked {
                    package: package.clone(),
                    version: version.clone(),
                    edges,
                    is_to_update: false,
                }),
            }
        }
        locked
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
        let moved = |(from, to): (&usize, &usize)| match from.cmp(&at) {
            Ordering::Less => Some((*from, *to)),
            Ordering::Equal => None,
            Ordering::Greater => Some((*from - 1, *to)),
        };
        member.paths = member.paths.iter().filter_map(moved).collect();
        let stated = member.features.iter().map(|(name, values)| (name.into(), values.to_vec()));
        member.features = Features::new(stated.collect(), &member.dependencies).ok()?;
        Some(without)
    }

    /// Puts the request's places into a conflict that has the problem's.
    pub(super) fn place(&self, conflict: &mut Conflict) {
        let flat: Vec<usize> = self.places.iter().flatten().copied().collect();
        record::place(conflict, |at| flat.get(at).copied().unwrap_or(at));
    }

    /// The member and the place in its list of the request's requirement at `place`.
    fn find(&self, place: usize) -> Option<(usize, usize)> {
        self.places.iter().enumerate().find_map(|(member, places)| {
            Some((member, places.iter().position(|known| *known == place)?))
        })
    }
}
