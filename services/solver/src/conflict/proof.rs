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
pub(crate) enum Reason {
    /// It cannot be chosen at all.
    Unavailable,
    /// A requirement that always holds does not take it.
    RuledOut(usize),
    /// What it holds is held by all that a requirement leaves which always holds.
    Held(usize),
    /// Of what it needs, no version is left: the place in its list of requirements.
    Needs(usize),
}

/// A requirement that always holds.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) requirement: Requirement,
    /// The ways in which it is stated, each once.
    pub(crate) ranges: Vec<Stated>,
    /// The project whose remaining versions all require it; `None` for the user.
    pub(crate) source: Option<Node>,
    /// The versions of the source that remained then.
    pub(crate) remaining: Vec<u32>,
}

/// What was concluded.
pub(crate) struct Proof {
    pub(crate) standing: Vec<Standing>,
    pub(crate) ruled_out: BTreeMap<(Node, u32), Reason>,
    /// The requirement of which no version is left, if that was found.
    pub(crate) contradiction: Option<usize>,
}

pub(crate) fn prove(core: &Core) -> Proof {
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

    /// Rules out all other versions of the line that a requirement leaves.
    fn apply_standing(&mut self, core: &Core, place: usize) {
        let Requirement { target, versions, .. } = self.standing[place].requirement.clone();
        let Some(line) = self.left_line(core, place) else { return };
        self.apply_held(core, place, line);
        let same_project = core.lengths.iter().filter(|(node, _)| node.package == target.package);
        for (node, length) in same_project {
            for version in 0..length.unwrap_or(0) {
                if !versions.contains(&version) && core.line(*node, version) == line {
                    self.ruled_out.entry((*node, version)).or_insert(Reason::RuledOut(place));
                }
            }
        }
    }

    /// The line of all that a requirement leaves; that of all it takes if it leaves nothing.
    pub(crate) fn left_line(&self, core: &Core, place: usize) -> Option<u32> {
        let Requirement { target, versions, .. } = &self.standing[place].requirement;
        let length = core.length(*target).unwrap_or(0);
        let taken = versions.positions(length);
        let mut left = taken.filter(|version| !self.ruled_out.contains_key(&(*target, *version)));
        match left.next() {
            Some(first) => core.only_line(*target, std::iter::once(first).chain(left)),
            // Whatever takes nothing at all leaves nothing beside it.
            None if !core.lines.contains_key(&target.package) => Some(0),
            None => core.only_line(*target, versions.positions(length)),
        }
    }

    /// Rules out what holds something that all which a requirement leaves holds, too.
    fn apply_held(&mut self, core: &Core, place: usize, line: u32) {
        let target = self.standing[place].requirement.target;
        let left = self.left(core, place);
        let held = |version: &u32| core.held.get(&(target, *version));
        let Some(holding) = left.first().and_then(held) else { return };
        if !left.iter().all(|version| held(version) == Some(holding)) {
            return;
        }
        for ((node, version), other) in &core.held {
            let is_same = node.package == target.package && core.line(*node, *version) == line;
            if other == holding && !is_same {
                self.ruled_out.entry((*node, *version)).or_insert(Reason::Held(place));
            }
        }
    }

    /// What a requirement takes and is not ruled out.
    fn left(&self, core: &Core, place: usize) -> Vec<u32> {
        let Requirement { target, versions, .. } = &self.standing[place].requirement;
        let taken = versions.positions(core.length(*target).unwrap_or(0));
        taken.filter(|version| !self.ruled_out.contains_key(&(*target, *version))).collect()
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

    /// Looks for what all versions require that a requirement leaves.
    fn conclude_standing(&mut self, core: &Core) {
        for place in 0..self.standing.len() {
            if self.standing[place].requirement.is_constraint() {
                continue;
            }
            let source = self.standing[place].requirement.target;
            let remaining = self.left(core, place);
            let Some(first) = remaining.first() else { continue };
            let Some(needs) = core.needs.get(&(source, *first)) else { continue };
            for need in needs {
                let target = need.target;
                let known = self.standing.iter().any(|standing| {
                    standing.source == Some(source)
                        && standing.requirement.target == target
                        && standing.remaining.iter().all(|version| remaining.contains(version))
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
        let needs = needs.iter().filter(|need| need.target == target);
        // What is required of several lines is no one requirement.
        let length = core.length(target).unwrap_or(0);
        let mut taken = needs.clone().flat_map(|need| need.versions.positions(length));
        if needs.clone().count() > 1 && core.lines.contains_key(&target.package) {
            core.only_line(target, &mut taken)?;
        }
        for need in needs {
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
