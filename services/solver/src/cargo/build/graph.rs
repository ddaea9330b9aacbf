//! The packages of a solution, and where each of their dependencies counts.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::Warning;
use ecosystems::cargo::{Condition, Dependency, Features, Kind};

use super::super::{Edge, Problem, Solution, Target};
use super::{Asked, FeatureResolver, Platforms, Selection};
use crate::conflict::{join, quoted};

/// The packages by number: the members, then the picks.
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) members: usize,
    pub(super) selection: &'a Selection,
}

/// A member or a pick.
pub(super) struct Node<'a> {
    pub(super) features: &'a Features,
    pub(super) links: Vec<Link<'a>>,
    /// Whether it is a procedural macro, where that is known.
    pub(super) is_proc_macro: Option<bool>,
    /// What is asked of it, if it is a member that was selected.
    pub(super) asked: Option<&'a Asked>,
}

/// A dependency of the lock file.
pub(super) struct Link<'a> {
    pub(super) dependency: &'a Dependency,
    /// Its place in the document's list.
    pub(super) place: usize,
    /// The number of the package that it points to.
    pub(super) to: usize,
    /// Whether its condition holds for the target, and for the host.
    holds: Holds,
}

/// Whether a condition holds for the target, and for the host.
#[derive(Clone, Copy)]
struct Holds {
    target: bool,
    host: bool,
}

/// For what a package is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place {
    Target,
    Host,
    /// For one of the two at least, and it is not known for which.
    Somewhere,
}

impl Place {
    pub(super) const ALL: [Self; 3] = [Self::Target, Self::Host, Self::Somewhere];
}

impl<'a> Graph<'a> {
    /// Reads a solution. Returns what there is to say of conditions, too.
    pub(super) fn new(
        problem: &'a Problem,
        solution: &'a Solution,
        platforms: &Platforms,
        selection: &'a Selection,
    ) -> (Self, Vec<Warning>) {
        let members = problem.members.len();
        let mut conditions = Conditions {
            platforms,
            known: BTreeMap::new(),
            foreign: BTreeMap::new(),
            warnings: BTreeSet::new(),
        };
        let mut links = |dependencies: &'a [Dependency], edges: &[Edge]| {
            let links = edges.iter().map(|edge| {
                let dependency = &dependencies[edge.dependency];
                Link {
                    dependency,
                    place: edge.dependency,
                    to: match edge.target {
                        Target::Member(member) => member,
                        Target::Pick(pick) => members + pick,
                    },
                    holds: conditions.judge(dependency.target.as_deref()),
                }
            });
            links.collect::<Vec<_>>()
        };
        let mut nodes = Vec::new();
        for (place, (member, pick)) in problem.members.iter().zip(&solution.members).enumerate() {
            nodes.push(Node {
                features: &member.features,
                links: links(&member.dependencies, &pick.edges),
                is_proc_macro: Some(selection.proc_macros.members.contains(&place)),
                asked: selection.members.iter().find(|asked| asked.member == place),
            });
        }
        for (place, pick) in solution.picks.iter().enumerate() {
            nodes.push(Node {
                features: &pick.release().features,
                links: links(&pick.release().dependencies, &pick.edges),
                is_proc_macro: selection.proc_macros.picks.get(&place).copied(),
                asked: None,
            });
        }
        let warnings = conditions.warnings();
        (Self { nodes, members, selection }, warnings)
    }

    /// The package of a number.
    pub(super) fn package(&self, number: usize) -> Target {
        match number.checked_sub(self.members) {
            None => Target::Member(number),
            Some(pick) => Target::Pick(pick),
        }
    }

    /// The members that were selected, with what is asked of them.
    pub(super) fn selected(&self) -> impl Iterator<Item = (usize, &'a Asked)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter_map(|(number, node)| Some((number, node.asked?)))
    }

    pub(super) fn is_resolver_one(&self) -> bool {
        self.selection.resolver == FeatureResolver::One
    }
}

impl Node<'_> {
    /// Whether what only development needs is looked at here: cargo reads it of members that were
    /// selected alone.
    pub(super) fn has_dev(&self) -> bool {
        self.asked.is_some()
    }
}

impl Link<'_> {
    /// Whether the condition of the dependency holds for a package that is compiled for `place`.
    pub(super) fn holds(&self, place: Place) -> bool {
        match (self.dependency.kind, place) {
            (Kind::Build, _) | (_, Place::Host) => self.holds.host,
            (_, Place::Target) => self.holds.target,
            (_, Place::Somewhere) => self.holds.target && self.holds.host,
        }
    }
}

/// Conditions as texts, each judged once.
struct Conditions<'a> {
    platforms: &'a Platforms,
    known: BTreeMap<&'a str, Holds>,
    /// What no target sets, by its name in front of `=`.
    foreign: BTreeMap<String, BTreeSet<String>>,
    warnings: BTreeSet<Warning>,
}

/// So many values of one name are told.
const MOST_VALUES: usize = 3;

impl<'a> Conditions<'a> {
    fn judge(&mut self, text: Option<&'a str>) -> Holds {
        let Some(text) = text else { return Holds { target: true, host: true } };
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let holds = match Condition::parse(text) {
            Ok(condition) => {
                for foreign in condition.foreign() {
                    let key = foreign.split(" = ").next().unwrap_or_default().to_owned();
                    self.foreign.entry(key).or_default().insert(foreign);
                }
                let Platforms { target, host } = self.platforms;
                Holds { target: condition.holds(target), host: condition.holds(host) }
            }
            Err(error) => {
                self.warnings.insert(Warning::new(format!("taken as not met: {error}")));
                Holds { target: false, host: false }
            }
        };
        self.known.insert(text, holds);
        holds
    }

    /// What there is to say of conditions: of what no target sets once for each name.
    fn warnings(mut self) -> Vec<Warning> {
        for values in self.foreign.values() {
            let mut told: Vec<String> = values.iter().take(MOST_VALUES).map(quoted).collect();
            if let Some(more) = values.len().checked_sub(MOST_VALUES).filter(|more| *more > 0) {
                told.push(format!("{more} more"));
            }
            let text = match &told[..] {
                [only] => format!("{only} is taken as not set: no target sets it"),
                _ => format!("{} are taken as not set: no target sets them", join(&told)),
            };
            self.warnings.insert(Warning::new(text));
        }
        self.warnings.into_iter().collect()
    }
}
