//! The parts of sentences.

use pubgrub::VersionSet;

use super::super::core::{Node, Stated};
use super::super::{Bar, Fact, UserText, count, join, quoted, versions};
use super::{Group, Narrator, upper};

impl Narrator<'_> {
    /// Who holds a standing requirement: `you require`, or ``every version of `a` requires``.
    pub(super) fn standing_phrase(&self, place: usize) -> String {
        let standing = &self.proof.standing[place];
        match standing.source {
            None => self.world.holder(standing.requirement.origin),
            Some(source) => {
                let first = standing.remaining.first().copied().unwrap_or_default();
                format!("every version left of {} requires", self.world.line(source, first))
            }
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
            range: range_text(&standing.ranges),
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
                other.requirement.target == source
                    && other.source != Some(source)
                    && standing.remaining.iter().all(|at| other.requirement.versions.contains(at))
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

    /// Versions as the beginning of a sentence. Only those that no other version lies between are
    /// told of as from one to another.
    pub(super) fn versions_phrase(&self, node: Node, listed: &[u32], wanted: &[u32]) -> String {
        let name = self.name(node);
        let length = self.core.length(node).unwrap_or(0);
        if listed.len() > 1 && listed.len() == length as usize {
            return format!("Every version of {}", quoted(name));
        }
        let texts = self.version_texts(node, listed);
        let is_run = listed.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        if listed.len() > 1 && listed.len() == wanted.len() && is_run {
            let (first, last) = (texts.first(), texts.last());
            let span = first.zip(last).map(|(first, last)| format!(" from {first} to {last}"));
            return format!("Every version of {}{}", quoted(name), span.unwrap_or_default());
        }
        upper(&versions(&name, &texts))
    }

    /// Ranges of one project: few by their texts, pins by their number, else the first.
    pub(super) fn ranges_phrase(&self, target: Node, ranges: &[Stated]) -> String {
        let text = |stated: &Stated| {
            let texts = stated.iter().map(|range| self.world.requirement(target, range));
            join(&texts.collect::<Vec<_>>())
        };
        let is_pin = |range: &String| self.world.is_pin(range);
        match ranges {
            [] => quoted(self.name(target)),
            [only] => text(only),
            few if few.len() <= 3 => few.iter().map(text).collect::<Vec<_>>().join(" or "),
            [.., last] if ranges.iter().flatten().all(is_pin) => {
                let name = quoted(self.name(target));
                format!("{name} in one version each, as {}", text(last))
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
            range: range_text(&group.ranges),
            origin: UserText::None,
        };
        self.fact(fact)
    }

    pub(super) fn unavailable_fact(
        &mut self,
        node: Node,
        words: &str,
        bar: &Bar,
        text: String,
    ) -> usize {
        let package = self.name(node);
        let (versions, reason) = (words.to_owned(), bar.obstacle);
        self.fact(Fact::Unavailable { package, versions, reason, text })
    }
}

/// Ranges in the syntax of specifiers, those of different versions apart.
pub(super) fn range_text(ranges: &[Stated]) -> String {
    let ranges: Vec<String> = ranges.iter().map(|stated| stated.join(",")).collect();
    ranges.join(" or ")
}
