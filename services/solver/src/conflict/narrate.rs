//! A proof in words.

mod phrases;

use std::collections::BTreeMap;

use pubgrub::VersionSet;

use super::core::{Core, Node, Requirement, Stated};
use super::proof::{Proof, Reason};
use super::told::Told;
use super::{Bar, Conflict, Fact, Obstacle, Sentence, UserText, count, join, quoted, versions};
use crate::Versions;
use phrases::range_text;

/// Reasons of reasons are told to this depth: nobody follows a longer chain, and the stack has an end.
const DEEPEST: usize = 64;

/// So many facts are told one by one where they have to be told.
const MOST_SENTENCES: usize = 12;

/// Tells a proof.
pub(crate) fn narrate(told: &dyn Told, core: &Core, proof: &Proof) -> Conflict {
    let mut narrator = Narrator {
        world: told,
        core,
        proof,
        conflict: Conflict::default(),
        told: BTreeMap::new(),
        told_standing: BTreeMap::new(),
        depth: 0,
    };
    match proof.contradiction {
        Some(place) => narrator.tell_contradiction(place),
        None => narrator.tell_all_facts(),
    }
    let origins = narrator.conflict.facts.iter().filter_map(|fact| match fact {
        Fact::Requirement { origin: UserText::Requirement(place), .. } => Some(*place),
        _ => None,
    });
    let mut requirements: Vec<usize> = origins.collect();
    requirements.sort_unstable();
    requirements.dedup();
    narrator.conflict.requirements = requirements;
    narrator.conflict
}

struct Narrator<'a> {
    world: &'a dyn Told,
    core: &'a Core,
    proof: &'a Proof,
    conflict: Conflict,
    /// The sentences that rule out versions of a project: each with the versions.
    told: BTreeMap<Node, Vec<(Vec<u32>, usize)>>,
    /// The sentence that says that a requirement always holds; none while it is being made.
    told_standing: BTreeMap<usize, Option<usize>>,
    /// How many reasons of reasons are being told.
    depth: usize,
}

/// Versions of one project that fall for one reason.
#[derive(Debug)]
struct Group {
    cause: Cause,
    versions: Vec<u32>,
    /// What they require, in all the ways in which they state it.
    ranges: Vec<Stated>,
    /// What their bar differs in.
    details: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// They cannot be chosen.
    Unavailable(Bar),
    /// They hold what all that a requirement leaves holds, too.
    Held(usize, String),
    /// They need a project that no registry has.
    Missing(Node),
    /// They need versions that are not published.
    Unpublished(Node),
    /// They need versions that requirements which always hold rule out.
    Against(Node, Vec<usize>),
    /// They need versions that fall for reasons of their own.
    Fallen(Node),
}

impl Narrator<'_> {
    fn tell_contradiction(&mut self, place: usize) {
        let requirement = self.proof.standing[place].requirement.clone();
        let target = requirement.target;
        let needed = self.standing_text(place);
        let length = self.core.length(target);
        let wanted: Vec<u32> = requirement.versions.positions(length.unwrap_or(0)).collect();
        let holder = self.standing_phrase(place);
        if length.is_none() || wanted.is_empty() {
            let fact = self.absence_fact(target, place);
            let facts = vec![fact, self.standing_fact(place)];
            let premises = self.standing_premises(&[place]);
            let absent = if length.is_none() {
                self.world.missing(target)
            } else {
                let fit: Vec<u32> =
                    requirement.without_policy.positions(length.unwrap_or(0)).collect();
                let there = self.world.published(self.core, target, &fit);
                format!("no version {} fits: {there}", self.world.existence())
            };
            self.say(format!("{} {needed}, but {absent}.", upper(&holder)), premises, facts);
            return;
        }
        let ruled = self.ruling(target, &wanted);
        if let Some(ruling) = ruled {
            let others = self.standing_clauses(&ruling);
            let mut facts = vec![self.standing_fact(place)];
            facts.extend(ruling.iter().map(|place| self.standing_fact(*place)));
            let mut premises = self.standing_premises(&[place]);
            premises.extend(self.standing_premises(&ruling));
            premises.extend(self.other_lines(&ruling));
            self.say(format!("{} {needed}, but {others}.", upper(&holder)), premises, facts);
            return;
        }
        let mut premises = self.tell_fallen(target, &wanted);
        premises.extend(self.standing_premises(&[place]));
        let facts = vec![self.standing_fact(place)];
        self.say(format!("So no version is left for {needed}, which {holder}."), premises, facts);
    }

    /// Where the conclusions do not suffice, the facts still do: no choice meets them all.
    fn tell_all_facts(&mut self) {
        let roots: Vec<usize> = (0..self.proof.standing.len())
            .filter(|place| self.proof.standing[*place].source.is_none())
            .collect();
        let mut facts: Vec<usize> = roots.iter().map(|place| self.standing_fact(*place)).collect();
        let mut untold = 0;
        let sources: Vec<Node> = self.core.lengths.keys().copied().collect();
        for source in sources {
            for (target, ranges, listed) in self.needs_by_range(source) {
                let package = self.name(source);
                let words = versions(&package, &self.version_texts(source, &listed));
                let requirement = self.ranges_phrase(target, &ranges);
                facts.push(self.fact(Fact::Requirement {
                    package: Some(package),
                    versions: words.clone(),
                    requirement: requirement.clone(),
                    target: self.name(target),
                    range: range_text(&ranges),
                    origin: UserText::None,
                }));
                if self.conflict.sentences.len() >= MOST_SENTENCES {
                    untold += 1;
                    continue;
                }
                let verb = if listed.len() == 1 { "requires" } else { "require" };
                let fact = facts.last().copied().into_iter().collect();
                self.say(format!("{} {verb} {requirement}.", upper(&words)), Vec::new(), fact);
            }
        }
        let premises = (0..self.conflict.sentences.len()).collect();
        let mut texts: Vec<String> = roots.iter().map(|place| self.standing_text(*place)).collect();
        texts.dedup();
        let texts = join(&texts);
        let more = match untold {
            0 => String::new(),
            more => format!(", {} like it", count(more, "requirement")),
        };
        let text = format!(
            "No choice of versions meets all of that{more} and {texts}, which you ask for."
        );
        self.say(text, premises, facts);
    }

    /// Says why versions of a project fall, and what that rests on. Returns the sentences' places.
    fn tell_fallen(&mut self, node: Node, wanted: &[u32]) -> Vec<usize> {
        let mut places = Vec::new();
        if self.depth == DEEPEST {
            return places;
        }
        self.depth += 1;
        let mut open: Vec<u32> = wanted.to_vec();
        for (covered, place) in self.told.get(&node).cloned().unwrap_or_default() {
            if open.iter().any(|version| covered.contains(version)) {
                places.push(place);
                open.retain(|version| !covered.contains(version));
            }
        }
        for group in self.groups(node, &open) {
            places.push(self.tell_group(node, wanted, group));
        }
        self.depth -= 1;
        places
    }

    fn tell_group(&mut self, node: Node, wanted: &[u32], group: Group) -> usize {
        let subject = match group.cause {
            Cause::Unavailable(_) => self.world.barred(node),
            _ => node,
        };
        let words = self.versions_phrase(subject, &group.versions, wanted);
        let many = group.versions.len() > 1 && !words.starts_with("Every");
        let (text, premises, facts) = match &group.cause {
            Cause::Unavailable(bar) => {
                let reason = bar.text(&group.details);
                let fact = self.unavailable_fact(subject, &words, bar, reason.clone());
                let reason = if many { reason } else { singular(&reason) };
                (format!("{words} {reason}."), Vec::new(), vec![fact])
            }
            Cause::Held(place, held) => {
                let holds = if many { "link" } else { "links" };
                let premises = self.standing_premises(&[*place]);
                let (holder, needed) = (self.standing_phrase(*place), self.standing_text(*place));
                let fact = self.unavailable_fact(
                    node,
                    &words,
                    &Bar::new(Obstacle::Links, format!("link {}", quoted(held))),
                    format!("link {}, which one package may", quoted(held)),
                );
                let facts = vec![fact, self.standing_fact(*place)];
                let text = format!(
                    "{words} {holds} the library {}, which one package may, but {holder} {needed}, \
                     which links it too.",
                    quoted(held)
                );
                (text, premises, facts)
            }
            cause => {
                let target = cause.target().unwrap_or(node);
                let requirement = self.ranges_phrase(target, &group.ranges);
                let mut facts = vec![self.need_fact(node, &group, &words, target)];
                let mut premises = Vec::new();
                let rest = self.cause_phrase(target, &group, &mut premises, &mut facts);
                let verb = if many { "require" } else { "requires" };
                (format!("{words} {verb} {requirement}, {rest}."), premises, facts)
            }
        };
        let place = self.say(text, premises, facts);
        self.told.entry(node).or_default().push((group.versions, place));
        place
    }

    fn cause_phrase(
        &mut self,
        target: Node,
        group: &Group,
        premises: &mut Vec<usize>,
        facts: &mut Vec<usize>,
    ) -> String {
        match &group.cause {
            Cause::Unavailable(bar) => bar.text(&group.details),
            Cause::Held(..) => String::new(),
            Cause::Missing(_) => {
                let package = self.name(target);
                facts.push(self.fact(Fact::Missing { package }));
                self.world.which_is_missing(target)
            }
            Cause::Unpublished(_) => {
                let (package, range) = (self.name(target), range_text(&group.ranges));
                facts.push(self.fact(Fact::NoVersion { package, range }));
                let together = match group.ranges.iter().map(Vec::len).max() {
                    None | Some(0 | 1) => "",
                    Some(2) => " both",
                    Some(_) => " all of them",
                };
                let fit = self.needed_versions(target, group, |need| &need.without_policy);
                let published = self.world.published(self.core, target, &fit);
                format!("and no version {} fits{together}: {published}", self.world.existence())
            }
            Cause::Against(_, ruling) => {
                premises.extend(self.standing_premises(ruling));
                premises.extend(self.other_lines(ruling));
                facts.extend(ruling.iter().map(|place| self.standing_fact(*place)));
                format!("but {}", self.standing_clauses(ruling))
            }
            Cause::Fallen(_) => {
                let needed = self.needed_versions(target, group, |need| &need.versions);
                premises.extend(self.tell_fallen(target, &needed));
                "which that rules out".to_owned()
            }
        }
    }

    /// The sentences that rule out what requirements take of other lines than the one that they leave.
    fn other_lines(&mut self, places: &[usize]) -> Vec<usize> {
        let mut premises = Vec::new();
        for place in places {
            let Requirement { target, versions, .. } =
                self.proof.standing[*place].requirement.clone();
            let Some(line) = self.proof.left_line(self.core, *place) else { continue };
            let taken = versions.positions(self.core.length(target).unwrap_or(0));
            let gone: Vec<u32> =
                taken.filter(|version| self.core.line(target, *version) != line).collect();
            premises.extend(self.tell_fallen(target, &gone));
        }
        premises
    }

    /// Sorts versions by the reason for which they fall.
    fn groups(&self, node: Node, open: &[u32]) -> Vec<Group> {
        let mut groups: BTreeMap<Cause, Group> = BTreeMap::new();
        for version in open {
            let Some((cause, stated)) = self.cause(node, *version) else { continue };
            let group = groups.entry(cause.clone()).or_insert_with(|| Group {
                cause,
                versions: Vec::new(),
                ranges: Vec::new(),
                details: Vec::new(),
            });
            group.versions.push(*version);
            if let Some((_, details)) = self.core.unavailable.get(&(node, *version)) {
                let new = details.iter().filter(|detail| !group.details.contains(detail));
                let new: Vec<String> = new.cloned().collect();
                group.details.extend(new);
            } else if !group.ranges.contains(&stated) {
                group.ranges.push(stated);
            }
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        // What falls for reasons of its own is told last: its reasons are told just before.
        groups.sort_by_key(|group| (matches!(group.cause, Cause::Fallen(_)), group.versions[0]));
        groups
    }

    /// Why a version falls, and what it requires that makes it fall.
    fn cause(&self, node: Node, version: u32) -> Option<(Cause, Stated)> {
        let place = match self.proof.ruled_out.get(&(node, version))? {
            Reason::Unavailable => {
                let (bar, _) = self.core.unavailable.get(&(node, version))?;
                return Some((Cause::Unavailable(bar.clone()), Stated::new()));
            }
            Reason::RuledOut(place) => {
                return Some((Cause::Against(node, vec![*place]), Stated::new()));
            }
            Reason::Held(place) => {
                let held = self.core.held.get(&(node, version))?.clone();
                return Some((Cause::Held(*place, held), Stated::new()));
            }
            Reason::Needs(place) => *place,
        };
        let need = self.core.needs.get(&(node, version))?.get(place)?;
        let target = need.target;
        let Some(length) = self.core.length(target) else {
            return Some((Cause::Missing(target), need.stated.clone()));
        };
        let wanted: Vec<u32> = need.versions.positions(length).collect();
        let cause = if wanted.is_empty() {
            Cause::Unpublished(target)
        } else if let Some(ruling) = self.ruling(target, &wanted) {
            Cause::Against(target, ruling)
        } else {
            Cause::Fallen(target)
        };
        Some((cause, need.stated.clone()))
    }

    /// The standing requirements that rule versions out, each once; none if one of the versions
    /// falls for another reason.
    fn ruling(&self, node: Node, wanted: &[u32]) -> Option<Vec<usize>> {
        let mut ruling = Vec::new();
        for version in wanted {
            let Some(Reason::RuledOut(place)) = self.proof.ruled_out.get(&(node, *version)) else {
                return None;
            };
            if !ruling.contains(place) {
                ruling.push(*place);
            }
        }
        Some(ruling)
    }

    /// The versions that a group of versions requires, by what `taken` says that a need takes.
    fn needed_versions(
        &self,
        target: Node,
        group: &Group,
        taken: impl Fn(&Requirement) -> &Versions,
    ) -> Vec<u32> {
        let length = self.core.length(target).unwrap_or(0);
        let needs =
            self.core.needs.iter().filter(|((_, version), _)| group.versions.contains(version));
        let needs: Vec<&Requirement> = needs
            .flat_map(|(_, needs)| needs)
            .filter(|need| need.target == target && group.ranges.contains(&need.stated))
            .collect();
        (0..length).filter(|at| needs.iter().any(|need| taken(need).contains(at))).collect()
    }

    /// What versions of a project require of others that take part, by target and range.
    fn needs_by_range(&self, source: Node) -> Vec<(Node, Vec<Stated>, Vec<u32>)> {
        let mut by_target: BTreeMap<Node, (Vec<Stated>, Vec<u32>)> = BTreeMap::new();
        for ((node, version), needs) in &self.core.needs {
            for need in needs.iter().filter(|need| *node == source && !need.is_same_version) {
                let (ranges, listed) = by_target.entry(need.target).or_default();
                if !ranges.contains(&need.stated) {
                    ranges.push(need.stated.clone());
                }
                if listed.last() != Some(version) {
                    listed.push(*version);
                }
            }
        }
        by_target.into_iter().map(|(target, (ranges, listed))| (target, ranges, listed)).collect()
    }

    fn say(&mut self, text: String, mut premises: Vec<usize>, mut facts: Vec<usize>) -> usize {
        premises.sort_unstable();
        premises.dedup();
        facts.sort_unstable();
        facts.dedup();
        self.conflict.sentences.push(Sentence { text, premises, facts });
        self.conflict.sentences.len() - 1
    }

    fn fact(&mut self, fact: Fact) -> usize {
        let facts = &mut self.conflict.facts;
        facts.iter().position(|known| *known == fact).unwrap_or_else(|| {
            facts.push(fact);
            facts.len() - 1
        })
    }

    fn name(&self, node: Node) -> String {
        self.world.name(node)
    }

    fn version_texts(&self, node: Node, listed: &[u32]) -> Vec<String> {
        listed.iter().filter_map(|at| self.world.version(node, *at)).collect()
    }

    /// The fact that nothing can meet a standing requirement.
    fn absence_fact(&mut self, target: Node, place: usize) -> usize {
        let package = self.name(target);
        let range = range_text(&self.proof.standing[place].ranges);
        let is_missing = self.core.length(target).is_none();
        self.fact(if is_missing {
            Fact::Missing { package }
        } else {
            Fact::NoVersion { package, range }
        })
    }
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The reason as said of one version.
pub(crate) fn singular(reason: &str) -> String {
    let (verb, rest) = reason.split_once(' ').unwrap_or((reason, ""));
    let verb = match verb {
        "have" => "has",
        "are" => "is",
        "were" => "was",
        "need" => "needs",
        "require" => "requires",
        "link" => "links",
        other => other,
    };
    format!("{verb} {rest}")
        .replace("is pre-releases, which are", "is a pre-release, which is")
        .replace("of themselves", "of itself")
}

impl Cause {
    fn target(&self) -> Option<Node> {
        match self {
            Self::Unavailable(_) | Self::Held(..) => None,
            Self::Missing(node)
            | Self::Unpublished(node)
            | Self::Against(node, _)
            | Self::Fallen(node) => Some(*node),
        }
    }
}
