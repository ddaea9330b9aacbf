//! The order in which a project of crates is read, whatever the request's.

use std::collections::BTreeSet;

use ecosystems::cargo::{Condition, Kind, Requirement, Version};

use crate::{CargoPatch, CargoProject, CargoRequirement, CargoSource};

/// The places of a project's parts, in order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// Of its members, by their names.
    pub(crate) members: Vec<usize>,
    /// Of its requirements: member by member, and within one as cargo meets them in a manifest. Those
    /// of no member come last.
    pub(crate) requirements: Vec<usize>,
    /// Of its patches.
    pub(crate) patches: Vec<usize>,
}

impl Order {
    /// Finds the order of a project. The registry `first` may be left out as well.
    pub(crate) fn of(project: &CargoProject, first: &str) -> Self {
        let stated = &project.members;
        let mut members: Vec<usize> = (0..stated.len()).collect();
        members.sort_by_cached_key(|at| {
            let version = &stated[*at].version;
            (&stated[*at].name, Version::parse(version).ok(), version)
        });
        let ranks = ranks(&members);
        let spelling = Spelling { project, ranks: &ranks, first };
        let mut requirements: Vec<usize> = (0..project.requirements.len()).collect();
        requirements.sort_by_cached_key(|at| spelling.requirement(&project.requirements[*at]));
        let mut patches: Vec<usize> = (0..project.patches.len()).collect();
        patches.sort_by_cached_key(|at| spelling.patch(&project.patches[*at]));
        Self { members, requirements, patches }
    }
}

/// The place in an order of each thing that `order` has by its place.
pub(super) fn ranks(order: &[usize]) -> Vec<usize> {
    let mut ranks = vec![0; order.len()];
    for (rank, place) in order.iter().enumerate() {
        ranks[*place] = rank;
    }
    ranks
}

/// What the parts of one project are sorted by.
struct Spelling<'a> {
    project: &'a CargoProject,
    ranks: &'a [usize],
    first: &'a str,
}

/// Where a crate comes from: the member's name, or the registry's.
type Source<'a> = (bool, &'a str);

impl<'a> Spelling<'a> {
    /// As cargo meets requirements in a manifest: what is for all targets, for running, development
    /// and building; then target by target what is for running, building and development; each list
    /// by name. What is left apart by that no manifest has.
    fn requirement(&self, one: &'a CargoRequirement) -> impl Ord + use<'a> {
        let CargoRequirement {
            member,
            name,
            alias,
            requirement,
            features,
            without_default_features,
            optional,
            target,
            kind,
            source,
        } = one;
        let rank = match (kind, target.is_empty()) {
            (Kind::Normal, _) => 0,
            (Kind::Dev, true) | (Kind::Build, false) => 1,
            (Kind::Build, true) | (Kind::Dev, false) => 2,
        };
        let alias = if alias.is_empty() { name } else { alias };
        let features: BTreeSet<&'a str> = features.iter().map(String::as_str).collect();
        (
            self.ranks.get(*member).copied().unwrap_or(*member),
            (target_of(target), rank, alias.as_str(), name.as_str()),
            (range(requirement), features, *without_default_features, *optional),
            self.source(source),
        )
    }

    fn patch(&self, one: &'a CargoPatch) -> impl Ord + use<'a> {
        let CargoPatch { patched, name, requirement, source } = one;
        (self.registry(patched), name.as_str(), self.source(source), range(requirement))
    }

    fn source(&self, source: &'a CargoSource) -> Source<'a> {
        match source {
            CargoSource::Registry(name) => (false, self.registry(name)),
            CargoSource::Member(member) => {
                let member = self.project.members.get(*member);
                (true, member.map_or("", |member| &member.name))
            }
        }
    }

    fn registry(&self, name: &'a str) -> &'a str {
        if name == self.first { "" } else { name }
    }
}

/// A target in one spelling.
pub(super) fn target_of(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    Condition::parse(text).map_or_else(|_| text.to_owned(), |condition| condition.to_string())
}

/// A range in one spelling. What is none, its reader refuses.
fn range(text: &str) -> String {
    let text = if text.is_empty() { "*" } else { text };
    Requirement::parse(text).map_or_else(|_| text.to_owned(), |one| one.in_one_order().to_string())
}
