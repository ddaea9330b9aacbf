//! The parts of sentences.

use super::super::super::Prereleases;
use super::super::core::Node;
use super::{Group, Narrator, upper};
use crate::conflict::{Fact, Obstacle, UserText, count, join, quoted, versions};

impl Narrator<'_, '_> {
    /// What a version has to be to exist at all: `published`, or less than that under a policy.
    pub(super) fn existence(&self) -> &'static str {
        let policy = &self.rules.problem.policy;
        let bans = matches!(policy.prereleases, Prereleases::Disallow | Prereleases::Explicit);
        match (bans, policy.before.is_some()) {
            (false, false) => "published",
            (false, true) => "published before the cut-off",
            (true, false) => "published as stable",
            (true, true) => "published as stable before the cut-off",
        }
    }

    /// Who holds a standing requirement: `you require`, or ``every version of `a` requires``.
    pub(super) fn standing_phrase(&self, place: usize) -> String {
        match self.proof.standing[place].source {
            None if self.proof.standing[place].requirement.is_constraint() => {
                "your constraints ask for".to_owned()
            }
            None => "you require".to_owned(),
            Some(source) => format!("every version left of {} requires", quoted(self.name(source))),
        }
    }

    /// What a standing requirement asks for, in all the ranges in which it is stated.
    pub(super) fn standing_text(&self, place: usize) -> String {
        let standing = &self.proof.standing[place];
        self.ranges_phrase(standing.requirement.target, &standing.ranges)
    }

    /// `you require x<2 and every version left of y requires x<3`.
    pub(super) fn standing_clauses(&self, places: &[usize]) -> String {
        let clauses = places.iter().map(|place| {
            format!("{} {}", self.standing_phrase(*place), self.standing_text(*place))
        });
        join(&clauses.collect::<Vec<_>>())
    }

    pub(super) fn standing_fact(&mut self, place: usize) -> usize {
        let standing = self.proof.standing[place].clone();
        let requirement = &standing.requirement;
        let package = standing.source.map(|source| self.name(source));
        let listed = standing.source.map(|source| {
            let texts = self.version_texts(source, &standing.remaining);
            versions(&self.name(source), &texts)
        });
        let fact = Fact::Requirement {
            package,
            versions: listed.unwrap_or_default(),
            requirement: self.standing_text(place),
            target: self.name(requirement.target),
            range: standing.ranges.join(" or "),
            origin: requirement.origin,
        };
        self.fact(fact)
    }

    /// The sentences that say why requirements always hold which are not the user's own.
    pub(super) fn standing_premises(&mut self, places: &[usize]) -> Vec<usize> {
        let mut premises = Vec::new();
        for place in places {
            let standing = self.proof.standing[*place].clone();
            let Some(source) = standing.source else { continue };
            if let Some(told) = self.told_standing.get(place) {
                premises.extend(*told);
                continue;
            }
            // The versions that are gone have to be told of before the rest can be said to be all.
            let reached = self.proof.standing.iter().position(|other| {
                other.requirement.target == source && other.source != Some(source)
            });
            let Some(reached) = reached.filter(|reached| reached != place) else { continue };
            let length = self.core.length(source).unwrap_or(0);
            let wanted: Vec<u32> =
                self.proof.standing[reached].requirement.versions.positions(length).collect();
            let gone: Vec<u32> =
                wanted.iter().copied().filter(|at| !standing.remaining.contains(at)).collect();
            self.told_standing.insert(*place, None);
            let mut own = self.tell_fallen(source, &gone);
            own.extend(self.standing_premises(&[reached]));
            let facts = vec![self.standing_fact(*place), self.standing_fact(reached)];
            let needed = self.standing_text(reached);
            let holder = self.standing_phrase(reached);
            let clause = self.standing_text(*place);
            let left =
                versions(&self.name(source), &self.version_texts(source, &standing.remaining));
            let verb = if standing.remaining.len() == 1 { "requires" } else { "require" };
            let text = format!("{} {needed}, and {left} {verb} {clause}.", upper(&holder));
            let told = self.say(text, own, facts);
            self.told_standing.insert(*place, Some(told));
            premises.push(told);
        }
        premises
    }

    /// Versions as the beginning of a sentence.
    pub(super) fn versions_phrase(&self, node: Node, listed: &[u32], wanted: &[u32]) -> String {
        let name = self.name(node);
        let length = self.core.length(node).unwrap_or(0);
        if listed.len() > 1 && listed.len() == length as usize {
            return format!("Every version of {}", quoted(name));
        }
        let texts = self.version_texts(node, listed);
        if listed.len() > 1 && listed.len() == wanted.len() {
            let (first, last) = (texts.first(), texts.last());
            let span = first.zip(last).map(|(first, last)| format!(" from {first} to {last}"));
            return format!("Every version of {}{}", quoted(name), span.unwrap_or_default());
        }
        upper(&versions(&name, &texts))
    }

    /// Ranges of one project: one by its text, pins by their number, else the first few.
    pub(super) fn ranges_phrase(&self, target: Node, ranges: &[String]) -> String {
        let name = self.name(target);
        let text = |range: &String| quoted(format!("{name}{range}"));
        match ranges {
            [] => quoted(name),
            [only] => text(only),
            many if many.iter().all(|range| range.starts_with("==") && !range.contains('*')) => {
                format!("{} in one version each, as {}", quoted(&name), text(&many[many.len() - 1]))
            }
            many if many.len() <= 3 => {
                let texts: Vec<String> = many.iter().map(text).collect();
                texts.join(" or ")
            }
            [first, rest @ ..] => {
                format!("{} or {} like it", text(first), count(rest.len(), "range"))
            }
        }
    }

    pub(super) fn need_fact(
        &mut self,
        node: Node,
        group: &Group,
        words: &str,
        target: Node,
    ) -> usize {
        let fact = Fact::Requirement {
            package: Some(self.name(node)),
            versions: words.to_owned(),
            requirement: self.ranges_phrase(target, &group.ranges),
            target: self.name(target),
            range: group.ranges.join(" or "),
            origin: UserText::None,
        };
        self.fact(fact)
    }

    pub(super) fn unavailable_fact(
        &mut self,
        node: Node,
        group: &Group,
        words: &str,
        text: &str,
    ) -> usize {
        let known = group.versions.first().and_then(|at| self.core.unavailable.get(&(node, *at)));
        let reason = known.map_or(Obstacle::Metadata, |(reason, _)| *reason);
        let package = self.name(node);
        self.fact(Fact::Unavailable {
            package,
            versions: words.to_owned(),
            reason,
            text: text.to_owned(),
        })
    }

    /// The fact that nothing can meet a requirement.
    pub(super) fn absence_fact(&mut self, target: Node, requirement: &super::Requirement) -> usize {
        let package = self.name(target);
        let is_missing = self.core.length(target).is_none();
        self.fact(if is_missing {
            Fact::Missing { package }
        } else {
            Fact::NoVersion { package, range: requirement.range.clone() }
        })
    }
}
