//! Conclusions from the facts of a conflict.
//!
//! Works on sets: each project starts with all its versions, and loses those that cannot be chosen,
//! those that a requirement which always holds rules out, and those that need something of which no
//! version is left. What all remaining versions of a needed project require always holds, too. When
//! a requirement that always holds has no version left, that is the contradiction.

use std::collections::BTreeMap;

use pubgrub::VersionSet;

use super::core::{Core, Node, Requirement, Stated};
use crate::Versions;

/// Why a version is ruled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It cannot be chosen at all.
    Unavailable,
    /// A requirement that always holds does not take it.
    RuledOut(usize),
    /// Of what it needs, no version is left: the place in its list of requirements.
    Needs(usize),
}

/// A requirement that always holds.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) requirement: Requirement,
    /// The ways in which it is stated, each once.
    pub(super) ranges: Vec<Stated>,
    /// The project whose remaining versions all require it; `None` for the user.
    pub(super) source: Option<Node>,
    /// The versions of the source that remained then.
    pub(super) remaining: Vec<u32>,
}

/// What was concluded.
pub(super) struct Proof {
    pub(super) standing: Vec<Standing>,
    pub(super) ruled_out: BTreeMap<(Node, u32), Reason>,
    /// The requirement of which no version is left, if that was found.
    pub(super) contradiction: Option<usize>,
}

pub(super) fn prove(core: &Core) -> Proof {
    let standing = core.roots.iter().map(|requirement| Standing {
        requirement: requirement.clone(),
        ranges: vec![requirement.stated.clone()],
        source: None,
        remaining: Vec::new(),
    });
    let ruled_out = core.unavailable.keys().map(|key| (*key, Reason::Unavailable)).collect();
    let mut proof = Proof { standing: standing.collect(), ruled_out, contradiction: None };
    while proof.contradiction.is_none() && proof.advance(core) {}
    proof
}

impl Proof {
    /// Draws the next conclusions. Returns whether there were any.
    fn advance(&mut self, core: &Core) -> bool {
        let before = (self.ruled_out.len(), self.standing.len());
        for place in 0..self.standing.len() {
            self.apply_standing(core, place);
        }
        self.apply_needs(core);
        self.contradiction = (0..self.standing.len()).find(|place| {
            let requirement = &self.standing[*place].requirement;
            !requirement.is_constraint() && !self.has_version(core, requirement)
        });
        if self.contradiction.is_none() {
            self.conclude_standing(core);
        }
        (self.ruled_out.len(), self.standing.len()) != before
    }

    fn apply_standing(&mut self, core: &Core, place: usize) {
        let Requirement { target, versions, .. } = self.standing[place].requirement.clone();
        let same_project = core.lengths.iter().filter(|(node, _)| node.name == target.name);
        for (node, length) in same_project {
            for version in 0..length.unwrap_or(0) {
                if !versions.contains(&version) {
                    self.ruled_out.entry((*node, version)).or_insert(Reason::RuledOut(place));
                }
            }
        }
    }

    fn apply_needs(&mut self, core: &Core) {
        for ((node, version), needs) in &core.needs {
            if self.ruled_out.contains_key(&(*node, *version)) {
                continue;
            }
            if let Some(place) = needs.iter().position(|need| !self.has_version(core, need)) {
                self.ruled_out.insert((*node, *version), Reason::Needs(place));
            }
        }
    }

    /// Looks for what all remaining versions of a needed project require.
    fn conclude_standing(&mut self, core: &Core) {
        for place in 0..self.standing.len() {
            if self.standing[place].requirement.is_constraint() {
                continue;
            }
            let source = self.standing[place].requirement.target;
            let remaining = self.remaining(core, source);
            let Some(first) = remaining.first() else { continue };
            let Some(needs) = core.needs.get(&(source, *first)) else { continue };
            for need in needs {
                let target = need.target;
                let known = self.standing.iter().any(|standing| {
                    standing.source == Some(source) && standing.requirement.target == target
                });
                if known {
                    continue;
                }
                if let Some((requirement, ranges)) = common(core, source, &remaining, target) {
                    let (source, remaining) = (Some(source), remaining.clone());
                    self.standing.push(Standing { requirement, ranges, source, remaining });
                }
            }
        }
    }

    fn remaining(&self, core: &Core, node: Node) -> Vec<u32> {
        let length = core.length(node).unwrap_or(0);
        (0..length).filter(|version| !self.ruled_out.contains_key(&(node, *version))).collect()
    }

    /// Whether a version that a requirement takes is left.
    fn has_version(&self, core: &Core, requirement: &Requirement) -> bool {
        let node = requirement.target;
        match core.lengths.get(&node) {
            // A project that takes no part in the conflict has versions enough.
            None => true,
            Some(length) => requirement
                .versions
                .positions(length.unwrap_or(0))
                .any(|version| !self.ruled_out.contains_key(&(node, version))),
        }
    }
}

/// What all versions in `remaining` require of `target`, joined, if each of them requires it; and
/// the ways in which they state it.
fn common(
    core: &Core,
    source: Node,
    remaining: &[u32],
    target: Node,
) -> Option<(Requirement, Vec<Stated>)> {
    let mut joined: Option<(Versions, Versions)> = None;
    let mut ranges: Vec<Stated> = Vec::new();
    for version in remaining {
        let needs = core.needs.get(&(source, *version))?;
        let mut own: Option<(Versions, Versions)> = None;
        for need in needs.iter().filter(|need| need.target == target) {
            own = Some(own.map_or(
                (need.versions.clone(), need.without_policy.clone()),
                |(own, without_policy)| {
                    let without_policy = without_policy.intersection(&need.without_policy);
                    (own.intersection(&need.versions), without_policy)
                },
            ));
            if !ranges.contains(&need.stated) {
                ranges.push(need.stated.clone());
            }
        }
        let own = own?;
        joined = Some(match joined {
            None => own,
            Some((versions, without_policy)) => {
                (versions.union(&own.0), without_policy.union(&own.1))
            }
        });
    }
    let (versions, without_policy) = joined?;
    let requirement = Requirement {
        target,
        versions,
        without_policy,
        stated: Stated::new(),
        is_same_version: false,
        origin: crate::conflict::UserText::None,
    };
    Some((requirement, ranges))
}
