//! What the check makes of a problem and its solution: a reading of its own, by the documents alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecosystems::cargo::{Dependency, Features, Kind, Name, Release, Version};

use super::super::{
    Crate, Edge, MemberPick, Patch, Pick, Problem, Replacement, Solution, Target, Universe,
};

const DEFAULT: &str = "default";

/// A problem, its solution, and what follows from them for acceptable sets.
pub(in super::super) struct Reading<'a> {
    pub(super) problem: &'a Problem,
    pub(in super::super) solution: &'a Solution,
    /// The features that are on, by slot and by package by path.
    on: BTreeMap<Target, BTreeSet<&'a str>>,
    /// What each patch puts in place of a package.
    patched: Vec<Option<Put<'a>>>,
    /// The slots of packages by name.
    slots: BTreeMap<&'a Name, Vec<usize>>,
}

/// What a patch puts in place of a package: a version, and where that is in the solution.
type Put<'a> = (&'a Version, Option<Target>);

/// A dependency that counts, and what it asks for.
#[derive(Clone, Debug)]
pub(in super::super) struct Active<'a> {
    /// Its place in the document.
    pub(in super::super) place: usize,
    pub(in super::super) dependency: &'a Dependency,
    /// The features that it names, and those that features of its own package ask of it.
    pub(super) named: BTreeSet<&'a str>,
}

impl<'a> Active<'a> {
    /// All that it asks for: what it names, and `default`.
    pub(super) fn asked(&self) -> impl Iterator<Item = &'a str> {
        let default = self.dependency.uses_default_features.then_some(DEFAULT);
        self.named.iter().copied().chain(default)
    }

    /// Whether a version with these features meets it.
    pub(in super::super) fn is_met(&self, version: &Version, features: &Features) -> bool {
        self.dependency.requirement.matches(version)
            && self.named.iter().all(|feature| features.has(feature))
    }

    /// It as people read it.
    pub(in super::super) fn text(&self) -> String {
        let (package, requirement) = (&self.dependency.package, &self.dependency.requirement);
        if self.named.is_empty() {
            return format!("{package} {requirement}");
        }
        let named: Vec<&str> = self.named.iter().copied().collect();
        format!("{package} {requirement} with {}", named.join(", "))
    }
}

impl<'a> Reading<'a> {
    pub(in super::super) fn new(
        problem: &'a Problem,
        universe: &'a Universe,
        solution: &'a Solution,
    ) -> Self {
        let patches = problem.patches.iter();
        let patched = patches.map(|patch| put(problem, universe, solution, patch)).collect();
        let mut slots: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for (slot, pick) in solution.picks.iter().enumerate() {
            slots.entry(&pick.package.name).or_default().push(slot);
        }
        Self { problem, solution, on: on(problem, solution), patched, slots }
    }

    pub(in super::super) fn pick(&self, slot: usize) -> &'a Pick {
        &self.solution.picks[slot]
    }

    pub(in super::super) fn release(&self, slot: usize, position: u32) -> Option<&'a Release> {
        self.pick(slot).listing.releases.get(position as usize)
    }

    /// A version of a slot, as people read it.
    pub(in super::super) fn name(&self, slot: usize, position: u32) -> String {
        let name = &self.pick(slot).package.name;
        let version = self.release(slot, position).map(|release| release.version.to_string());
        format!("`{name}` {}", version.unwrap_or_else(|| format!("at {position}")))
    }

    /// Whether a patch put the version of a slot there.
    fn is_put(&self, slot: usize) -> bool {
        self.patched.iter().flatten().any(|(_, target)| *target == Some(Target::Pick(slot)))
    }

    /// Why a version is no candidate of a slot, as the end of a sentence that begins with it.
    pub(in super::super) fn unavailable(&self, slot: usize, position: u32) -> Option<String> {
        let (pick, chosen) = (self.pick(slot), self.pick(slot).release());
        let Some(release) = self.release(slot, position) else {
            return Some("is not listed".to_owned());
        };
        if position == pick.position {
            return None;
        }
        if self.is_put(slot) {
            return Some(format!("is not what the patch puts there, {}", chosen.version));
        }
        if release.line() != chosen.line() {
            return Some(format!("is not compatible with {}", chosen.version));
        }
        let is_replaced = |(patch, put): (&Patch, &Option<Put<'_>>)| {
            patch.package == pick.package
                && put.is_some_and(|(version, _)| *version == release.version)
        };
        if self.problem.patches.iter().zip(&self.patched).any(is_replaced) {
            return Some("is replaced by a patch".to_owned());
        }
        if !is_there(self.problem, &pick.package, release) {
            let why = if release.is_yanked { "is yanked" } else { "is newer than the cut-off" };
            return Some(why.to_owned());
        }
        let compilers = |release: &Release| {
            let all = self.problem.policy.rust_versions.iter();
            let needed = release.rust_version;
            all.filter(|compiler| needed.is_none_or(|needed| needed.is_met_by(**compiler))).count()
        };
        let needed = release.rust_version.filter(|_| compilers(release) < compilers(chosen));
        needed.map(|needed| format!("needs Rust {needed}, unlike {}", chosen.version))
    }

    /// The dependencies of a version of a slot that count with these features on, and what they ask
    /// for. `Err` says that it cannot have them on.
    pub(super) fn active_with(
        &self,
        release: &'a Release,
        on: &BTreeSet<&str>,
    ) -> Result<Vec<Active<'a>>, String> {
        active(&release.dependencies, &release.features, on, |dependency| {
            dependency.kind != Kind::Dev
        })
    }

    /// The dependencies of a version of a slot that count with all on that is on there.
    pub(in super::super) fn active(
        &self,
        slot: usize,
        position: u32,
    ) -> Result<Vec<Active<'a>>, String> {
        let release = self.release(slot, position).ok_or("is not listed")?;
        self.active_with(release, self.on(Target::Pick(slot)))
    }

    /// The dependencies of a package by path that count.
    pub(in super::super) fn member_active(&self, number: usize) -> Result<Vec<Active<'a>>, String> {
        let member = &self.problem.members[number];
        active(&member.dependencies, &member.features, self.on(Target::Member(number)), |other| {
            other.kind != Kind::Dev || member.in_workspace
        })
    }

    /// What a package by path depends on, but for development.
    pub(in super::super) fn solid(&self, number: usize) -> impl Iterator<Item = Target> {
        let dependencies = &self.problem.members[number].dependencies;
        let edges = self.solution.members[number].edges.iter();
        let solid = edges.filter(|edge| dependencies[edge.dependency].kind != Kind::Dev);
        solid.map(|edge| edge.target)
    }

    /// The package by path that is needed and links a library.
    pub(in super::super) fn linking_member(&self, library: &str) -> Option<&'a Name> {
        let mut members = self.problem.members.iter().zip(&self.solution.members);
        let links =
            |pick: &MemberPick, links: Option<&str>| pick.is_needed && links == Some(library);
        let found = members.find(|(member, pick)| links(pick, member.links.as_deref()))?;
        Some(&found.0.name)
    }

    /// The features that are on somewhere.
    pub(super) fn on(&self, target: Target) -> &BTreeSet<&'a str> {
        const NOTHING: &BTreeSet<&str> = &BTreeSet::new();
        self.on.get(&target).unwrap_or(NOTHING)
    }

    /// Where a dependency in the document of a package of `registry` may lead.
    pub(in super::super) fn leads(
        &self,
        registry: &Arc<str>,
        dependency: &Dependency,
    ) -> Vec<Target> {
        let registry = dependency.registry.as_deref().unwrap_or(registry);
        let is_it =
            |package: &Crate| package.name == dependency.package && *package.registry == *registry;
        let patches = self.problem.patches.iter().zip(&self.patched);
        let patches = patches.filter(|(patch, _)| is_it(&patch.package));
        let slots = self.slots.get(&dependency.package).into_iter().flatten();
        let own = slots.filter(|slot| is_it(&self.pick(**slot).package));
        let own = own.map(|slot| Target::Pick(*slot));
        patches.filter_map(|(_, put)| (*put)?.1).chain(own).collect()
    }

    /// What an active dependency asks for that is not on at the place that it leads to.
    pub(in super::super) fn lacking(&self, active: &Active<'a>, target: Target) -> Option<&'a str> {
        // A member of the workspace has all on that it has.
        let has_all = matches!(target, Target::Member(number)
            if self.problem.members[number].in_workspace);
        active.asked().find(|feature| !has_all && !self.on(target).contains(feature))
    }

    /// Whether a package by path is what a dependency by path asks for: `*` takes what is there.
    pub(super) fn path_meets(&self, active: &Active<'a>, number: usize) -> bool {
        let member = &self.problem.members[number];
        let requirement = &active.dependency.requirement;
        (requirement.is_any() || requirement.matches(&member.version))
            && active.named.iter().all(|feature| member.features.has(feature))
    }

    /// Whether a package by path meets a dependency on what it stands in for.
    pub(in super::super) fn member_meets(&self, active: &Active<'a>, number: usize) -> bool {
        let member = &self.problem.members[number];
        active.is_met(&member.version, &member.features)
    }
}

/// What a patch puts in place of a package: a package by path, or the only version of another registry
/// that it can mean, or the locked one of these.
fn put<'a>(
    problem: &'a Problem,
    universe: &'a Universe,
    solution: &Solution,
    patch: &Patch,
) -> Option<Put<'a>> {
    let (package, requirement) = match &patch.replacement {
        Replacement::Member(number) => {
            let is_needed = solution.members[*number].is_needed;
            let version = &problem.members[*number].version;
            return Some((version, is_needed.then_some(Target::Member(*number))));
        }
        Replacement::Package(package, requirement) => (package, requirement),
    };
    let releases = universe.listing(package).map_or(&[][..], |listing| &listing.releases);
    let fits = |release: &&Release| {
        requirement.matches(&release.version) && is_there(problem, package, release)
    };
    let fitting: Vec<&Release> = releases.iter().filter(fits).collect();
    let meant = match fitting[..] {
        [only] => only,
        _ => *fitting.iter().find(|release| is_locked(problem, package, release))?,
    };
    let is_meant =
        |pick: &Pick| pick.package == *package && pick.release().version == meant.version;
    Some((&meant.version, solution.picks.iter().position(is_meant).map(Target::Pick)))
}

/// Whether a release can be chosen as far as withdrawal and the cut-off go.
fn is_there(problem: &Problem, package: &Crate, release: &Release) -> bool {
    let cut = problem.policy.before;
    let is_late = release.published_at.is_some_and(|at| cut.is_some_and(|cut| cut < at));
    (!release.is_yanked && !is_late) || is_locked(problem, package, release)
}

fn is_locked(problem: &Problem, package: &Crate, release: &Release) -> bool {
    let mut kept = problem.locked.iter().filter(|locked| !locked.is_to_update);
    kept.any(|locked| locked.package == *package && locked.version == release.version)
}

/// The dependencies of a document that count with those of `on` on that it has.
fn active<'a>(
    dependencies: &'a [Dependency],
    features: &'a Features,
    on: &BTreeSet<&str>,
    counts: impl Fn(&Dependency) -> bool,
) -> Result<Vec<Active<'a>>, String> {
    let had = features.iter().map(|(name, _)| name).filter(|name| on.contains(name));
    let activation = features
        .activate(had, dependencies)
        .map_err(|error| format!("cannot have the features that are on: {error}"))?;
    let all = dependencies.iter().enumerate();
    let active = all.filter_map(|(place, dependency)| {
        let extra = activation.dependencies.get(&*dependency.alias);
        let is_on = counts(dependency) && (!dependency.is_optional || extra.is_some());
        let named = dependency.features.iter().map(|name| &**name);
        let named = named.chain(extra.into_iter().flatten().copied());
        is_on.then(|| Active { place, dependency, named: named.collect() })
    });
    Ok(active.collect())
}

/// The features that are on at each place of a solution: those that it says, and `default` where an
/// edge asks for it.
fn on<'a>(problem: &'a Problem, solution: &'a Solution) -> BTreeMap<Target, BTreeSet<&'a str>> {
    let mut on: BTreeMap<Target, BTreeSet<&str>> = BTreeMap::new();
    let mut all: Vec<(&[Dependency], &[Edge])> = Vec::new();
    for (slot, pick) in solution.picks.iter().enumerate() {
        on.insert(Target::Pick(slot), pick.features.iter().map(String::as_str).collect());
        all.push((&pick.release().dependencies, &pick.edges));
    }
    for (number, pick) in solution.members.iter().enumerate() {
        on.insert(Target::Member(number), pick.features.iter().map(String::as_str).collect());
        all.push((&problem.members[number].dependencies, &pick.edges));
    }
    for (dependencies, edges) in all {
        let asking =
            edges.iter().filter(|edge| dependencies[edge.dependency].uses_default_features);
        asking.for_each(|edge| {
            on.entry(edge.target).or_default().insert(DEFAULT);
        });
    }
    on
}
