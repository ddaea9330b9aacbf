//! What versions state, read where they would lie.

use std::rc::Rc;
use std::sync::Arc;

use ecosystems::npm::{Manifest, Needs, Packument, PickRules, Requirement, Spec, Version, pick};
use rustc_hash::FxHashMap;

use super::needs::{Need, of_project, of_release};
use super::overridden::Overrides;
use super::tree::{Folders, apart};
use super::{candidates, chosen_in, purpose};
use crate::npm::facts::DependencyKind;
use crate::npm::problem::Problem;
use crate::npm::solution::{Content, Edge, Solution};
use crate::npm::universe::Universe;

/// Reads packages in the places of an answer.
pub(super) struct Reader<'a> {
    problem: &'a Problem,
    solution: &'a Solution,
    folders: Folders,
    overrides: Overrides,
    /// Where packages lie whose archives say what lies in them.
    shrinkwraps: Vec<&'a str>,
    /// What is asked of the versions in a place, each once.
    asked: Vec<Asked>,
    asked_ids: FxHashMap<Question, usize>,
    readings: FxHashMap<(usize, *const Needs), Rc<Reading>>,
    of_chosen: FxHashMap<usize, Rc<Reading>>,
}

/// What a package asks for from its place.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The edges, in npm's order.
    pub(super) edges: Vec<Edge>,
    /// What is asked of places.
    pub(super) leads: Vec<Lead>,
    /// Requirements that cannot be met in the tree, with the end of a sentence on each.
    pub(super) missing: Vec<(String, &'static str)>,
}

/// A requirement that leads to a place whose versions may meet it or not.
#[derive(Debug)]
pub(super) struct Lead {
    /// The place.
    pub(super) slot: usize,
    /// The requirement, as `name@spec`.
    pub(super) requirement: String,
    asked: usize,
}

/// What is asked of the versions in a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    slot: usize,
    name: String,
    spec: String,
    accepted: Option<String>,
    is_link: bool,
    /// Whether another package under that name will do.
    is_lax: bool,
    /// Whether the chosen version is known to do.
    is_of_chosen: bool,
}

/// The same, with the answers so far.
struct Asked {
    question: Question,
    specs: Vec<Spec>,
    answers: FxHashMap<u32, bool>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(problem: &'a Problem, _: &'a Universe, solution: &'a Solution) -> Self {
        let has_shrinkwrap = |content: &Content| match content {
            Content::Release { packument, position } => {
                packument.manifests[*position as usize].traits.has_shrinkwrap
            }
            Content::Project | Content::Folder(_) | Content::Link(_) => false,
        };
        let shut = solution.places.iter().filter(|place| has_shrinkwrap(&place.content));
        Self {
            shrinkwraps: shut.map(|place| &*place.location).collect(),
            problem,
            solution,
            folders: Folders::new(&solution.places),
            overrides: Overrides::new(problem, solution),
            asked: Vec::new(),
            asked_ids: FxHashMap::default(),
            readings: FxHashMap::default(),
            of_chosen: FxHashMap::default(),
        }
    }

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.solution.places.len()
    }

    /// The position of the chosen version, in a place that holds a release.
    pub(super) fn chosen(&self, slot: usize) -> Option<u32> {
        chosen_in(&self.solution.places[slot].content)
    }

    /// A version as `name@version`.
    pub(super) fn title(&self, slot: usize, position: u32) -> String {
        let package = &self.solution.places[slot].package;
        let version = self.manifest(slot, position).map(|(_, manifest)| &manifest.version);
        format!("{package}@{}", version.map(Version::to_string).unwrap_or_default())
    }

    fn manifest(&self, slot: usize, position: u32) -> Option<(&'a Arc<Packument>, &'a Manifest)> {
        match &self.solution.places.get(slot)?.content {
            Content::Release { packument, .. } => {
                Some((packument, packument.manifests.get(position as usize)?))
            }
            Content::Project | Content::Folder(_) | Content::Link(_) => None,
        }
    }

    /// Whether a version is one that may lie in a place.
    ///
    /// # Errors
    ///
    /// Why not, as the end of a sentence that begins with the version.
    pub(super) fn may_be_taken(&self, slot: usize, position: u32) -> Result<(), String> {
        let Some((packument, own)) = self.manifest(slot, position) else {
            return Err("is none of the package".to_owned());
        };
        let place = &self.solution.places[slot];
        let Some((chosen_position, (_, chosen))) =
            self.chosen(slot).and_then(|chosen| Some((chosen, self.manifest(slot, chosen)?)))
        else {
            return Err("is none of the package".to_owned());
        };
        if chosen_position == position {
            return Ok(());
        }
        let fault = if place.purpose.is_bundled || self.is_in_shrinkwrap(slot) {
            Some("would lie in an archive, which has what it has")
        } else if place.has_unread_bundle {
            Some("would take the place of one that brings packages in its archive")
        } else if place.purpose.is_inert {
            Some("would lie where nothing is installed")
        } else if self.overrides.fixed.contains(&slot) {
            Some("might change which of your overrides hold")
        } else {
            candidates::fault(packument, own, chosen, &self.problem.policy)
        };
        fault.map_or(Ok(()), |fault| Err(fault.to_owned()))
    }

    /// What a version asks for from a place.
    pub(super) fn read(&mut self, slot: usize, position: u32) -> Rc<Reading> {
        if self.chosen(slot) == Some(position) {
            return self.read_local(slot);
        }
        let Some((_, manifest)) = self.manifest(slot, position) else { return Rc::default() };
        let key = (slot, Arc::as_ptr(&manifest.needs));
        if let Some(known) = self.readings.get(&key) {
            return Rc::clone(known);
        }
        let needs = of_release(&manifest.needs, self.problem.policy.ignores_peers);
        let mut reading = Reading::default();
        for need in in_npms_order(&needs, &manifest.needs) {
            self.read_need(slot, &need, &needs, &mut reading);
        }
        let reading = Rc::new(reading);
        self.readings.insert(key, Rc::clone(&reading));
        reading
    }

    /// What lies in a place asks for by the answer, be it a release or the project's own. What is
    /// not met there need not be.
    pub(super) fn read_local(&mut self, slot: usize) -> Rc<Reading> {
        if let Some(known) = self.of_chosen.get(&slot) {
            return Rc::clone(known);
        }
        let ignores_peers = self.problem.policy.ignores_peers;
        let place = &self.solution.places[slot];
        let needs = match &place.content {
            Content::Project => of_project(&self.problem.project, ignores_peers),
            Content::Folder(folder) => {
                of_project(&self.problem.folders[*folder].project, ignores_peers)
            }
            Content::Release { packument, position } => {
                of_release(&packument.manifests[*position as usize].needs, ignores_peers)
            }
            Content::Link(_) => Vec::new(),
        };
        let mut reading = Reading { edges: place.edges.clone(), ..Reading::default() };
        for need in &needs {
            if !place.edges.iter().any(|edge| edge.name == need.name) {
                reading.missing.push((said(need.name, need.requirement.as_str()), "has no edge"));
            }
        }
        for edge in place.edges.iter().filter(|edge| edge.is_met) {
            let target = edge.to.and_then(|to| self.release_at(to));
            if let Some((target, is_link)) = target {
                let accepted = needs.iter().find(|need| need.name == edge.name);
                let accepted = accepted.and_then(|need| need.accepted);
                reading.leads.push(self.lead(Question {
                    slot: target,
                    name: edge.name.clone(),
                    spec: edge.spec.clone(),
                    accepted: accepted.map(ToString::to_string),
                    is_link,
                    is_lax: true,
                    is_of_chosen: true,
                }));
            }
        }
        let reading = Rc::new(reading);
        self.of_chosen.insert(slot, Rc::clone(&reading));
        reading
    }

    fn read_need(
        &mut self,
        slot: usize,
        need: &Need<'_>,
        needs: &[Need<'_>],
        reading: &mut Reading,
    ) {
        let place = &self.solution.places[slot];
        let known = place.edges.iter().find(|edge| edge.name == need.name);
        let spec = self.in_force(need, needs);
        let requirement = said(need.name, &spec);
        let to = match known {
            Some(edge) => edge.to,
            None => self.folders.find(&place.location, need.name),
        };
        let is_let_pass = known.is_some_and(|edge| !edge.is_met && edge.kind == need.kind);
        reading.edges.push(Edge {
            kind: need.kind,
            name: need.name.to_owned(),
            spec: spec.clone(),
            stated: (spec != need.requirement.as_str()).then(|| need.requirement.to_string()),
            to,
            is_met: !is_let_pass,
        });
        if self.overrides.named.contains(need.name) {
            reading.missing.push((requirement, "is what overrides name"));
            return;
        }
        let Some(to) = to else {
            let is_missing_too = known.is_some_and(|edge| edge.to.is_none());
            let may_miss = is_let_pass
                || need.kind == DependencyKind::PeerOptional
                || (need.kind == DependencyKind::Optional && is_missing_too);
            if !may_miss {
                reading.missing.push((requirement, "leads to nothing"));
            }
            return;
        };
        if self.overrides.fixed.contains(&to) {
            reading.missing.push((requirement, "leads to where overrides hold"));
        } else if !is_let_pass {
            match self.follow((slot, to), need, spec, known) {
                Ok(lead) => reading.leads.extend(lead),
                Err(fault) => reading.missing.push((requirement, fault)),
            }
        }
    }

    /// What a requirement asks of the place that it leads to.
    fn follow(
        &mut self,
        (from, to): (usize, usize),
        need: &Need<'_>,
        spec: String,
        known: Option<&Edge>,
    ) -> Result<Option<Lead>, &'static str> {
        let (place, target) = (&self.solution.places[from], &self.solution.places[to]);
        if target.name != need.name {
            return Err("leads to a name that differs in case");
        }
        let is_inside = apart(&target.location).is_some_and(|(folder, _)| folder == place.location);
        if is_inside && matches!(need.kind, DependencyKind::Peer | DependencyKind::PeerOptional) {
            return Err("is a peer that would lie in the package itself");
        }
        let end = match target.content {
            Content::Link(end) => &self.solution.places[end],
            Content::Release { .. } | Content::Folder(_) | Content::Project => target,
        };
        let fault = purpose::fault(place, need.kind, target);
        if let Some(fault) = fault.or_else(|| purpose::fault(place, need.kind, end)) {
            return Err(fault);
        }
        let is_shut = target.purpose.is_bundled
            || self.is_in_shrinkwrap(to)
            || self.chosen(to).and_then(|at| self.manifest(to, at)).is_some_and(has_shrinkwrap);
        let spec = if is_shut { need.requirement.to_string() } else { spec };
        let is_lax = known.is_some_and(|edge| meant(need.name, &edge.spec) != target.package);
        let question = Question {
            slot: to,
            name: need.name.to_owned(),
            spec,
            accepted: need.accepted.map(ToString::to_string),
            is_link: false,
            is_lax,
            is_of_chosen: false,
        };
        match self.release_at(to) {
            Some((slot, is_link)) => Ok(Some(self.lead(Question { slot, is_link, ..question }))),
            None if self.is_folder_for(&question) => Ok(None),
            None => Err("is not what the project has there"),
        }
    }

    /// Whether one of the project's folders, or a link to it, is what is asked for.
    fn is_folder_for(&self, question: &Question) -> bool {
        let place = &self.solution.places[question.slot];
        let specs = [Some(&question.spec), question.accepted.as_ref()];
        specs.into_iter().flatten().any(|text| {
            let Ok(spec) = Spec::parse(text) else { return false };
            let is_package = question.is_lax || meant(&question.name, text) == place.package;
            is_package
                && match spec.target() {
                    Spec::Range(range) if matches!(range.as_str(), "" | "*") => true,
                    Spec::Range(range) => {
                        Version::parse(&place.version).is_ok_and(|own| range.contains(&own))
                    }
                    Spec::Version(version) => Version::parse(&place.version)
                        .is_ok_and(|own| own.cmp_precedence(version).is_eq()),
                    Spec::Tag(_) | Spec::Alias(_) | Spec::Foreign(_) => false,
                }
        })
    }

    /// What is asked for after overrides.
    fn in_force(&self, need: &Need<'_>, needs: &[Need<'_>]) -> String {
        let stated = need.requirement.to_string();
        let Some(value) = self.overrides.plain.get(need.name) else { return stated };
        let Some(name) = value.strip_prefix('$') else { return value.clone() };
        let project = of_project(&self.problem.project, self.problem.policy.ignores_peers);
        let of = |needs: &[Need<'_>]| {
            let need = needs.iter().find(|need| need.name == name);
            need.map(|need| need.requirement.to_string())
        };
        of(&project).or_else(|| of(needs)).unwrap_or(stated)
    }

    /// The place of the release that is found in a place, and whether by a link.
    fn release_at(&self, place: usize) -> Option<(usize, bool)> {
        match self.solution.places[place].content {
            Content::Release { .. } => Some((place, false)),
            Content::Link(target) => self.chosen(target).map(|_| (target, true)),
            Content::Project | Content::Folder(_) => None,
        }
    }

    fn is_in_shrinkwrap(&self, slot: usize) -> bool {
        let own = &*self.solution.places[slot].location;
        let is_around =
            |location: &&str| own.strip_prefix(*location).is_some_and(|rest| rest.starts_with('/'));
        self.shrinkwraps.iter().any(is_around)
    }

    fn lead(&mut self, question: Question) -> Lead {
        let (slot, requirement) = (question.slot, said(&question.name, &question.spec));
        if let Some(asked) = self.asked_ids.get(&question) {
            return Lead { slot, requirement, asked: *asked };
        }
        let specs = [Some(&question.spec), question.accepted.as_ref()].into_iter().flatten();
        let package = &self.solution.places[slot].package;
        let is_package =
            |text: &&String| question.is_lax || meant(&question.name, text) == *package;
        let specs = specs.filter(is_package).filter_map(|text| Spec::parse(text).ok());
        let specs = specs.collect();
        let asked = self.asked.len();
        self.asked_ids.insert(question.clone(), asked);
        self.asked.push(Asked { question, specs, answers: FxHashMap::default() });
        Lead { slot, requirement, asked }
    }

    /// Whether a version in the place that a requirement leads to meets it.
    pub(super) fn admits(&mut self, lead: &Lead, position: u32) -> bool {
        if let Some(known) = self.asked[lead.asked].answers.get(&position) {
            return *known;
        }
        let Asked { question, specs, .. } = &self.asked[lead.asked];
        let is_chosen = self.chosen(question.slot) == Some(position);
        let answer = (is_chosen && question.is_of_chosen)
            || specs.iter().any(|spec| {
                self.is_meant(spec.target(), question, position)
                    || (is_chosen && accepts_all(spec.target(), question.is_link))
            });
        self.asked[lead.asked].answers.insert(position, answer);
        answer
    }

    fn is_meant(&self, spec: &Spec, question: &Question, position: u32) -> bool {
        let Some((packument, manifest)) = self.manifest(question.slot, position) else {
            return false;
        };
        match spec {
            Spec::Range(range) => range.contains(&manifest.version),
            Spec::Version(version) => manifest.version.cmp_precedence(version).is_eq(),
            Spec::Tag(_) if question.is_link => false,
            Spec::Tag(_) => {
                let policy = &self.problem.policy;
                let rules = PickRules {
                    before: policy.before,
                    node: policy.node.clone(),
                    npm: policy.npm.clone(),
                    ..PickRules::default()
                };
                pick(packument, spec, &rules)
                    .is_ok_and(|picked| std::ptr::eq(picked.manifest, manifest))
            }
            Spec::Alias(_) | Spec::Foreign(_) => false,
        }
    }

    /// The requirement of a reading that leads to a place and does not admit a version there.
    pub(super) fn refusal(
        &mut self,
        reading: &Reading,
        slot: usize,
        position: u32,
    ) -> Option<String> {
        let mut leads = reading.leads.iter().filter(|lead| lead.slot == slot);
        let lead = leads.find(|lead| !self.admits(lead, position))?;
        Some(lead.requirement.clone())
    }
}

fn has_shrinkwrap((_, manifest): (&Arc<Packument>, &Manifest)) -> bool {
    manifest.traits.has_shrinkwrap
}

/// Whether npm is content with whatever is there.
fn accepts_all(spec: &Spec, is_link: bool) -> bool {
    match spec {
        Spec::Range(range) => matches!(range.as_str(), "" | "*"),
        Spec::Tag(_) => !is_link,
        Spec::Version(_) | Spec::Alias(_) | Spec::Foreign(_) => false,
    }
}

/// The package that a spec means under a name.
fn meant(name: &str, spec: &str) -> String {
    match Spec::parse(spec) {
        Ok(Spec::Alias(alias)) => alias.name.to_string(),
        _ => name.to_owned(),
    }
}

fn said(name: &str, spec: &str) -> String {
    format!("{name}@{}", if spec.is_empty() { "*" } else { spec })
}

/// Needs in the order in which npm has edges: peers, optional ones, dependencies, and optional
/// ones of these; within each as they are stated.
fn in_npms_order<'n>(all: &[Need<'n>], stated: &Needs) -> Vec<Need<'n>> {
    let place = |need: &Need<'_>| {
        let is_it = |requirement: &Requirement, name: &str| {
            need.name == name && need.requirement == requirement
        };
        let list = |list: &[ecosystems::npm::Dependency]| {
            list.iter().rposition(|one| is_it(&one.requirement, one.name.as_str()))
        };
        let peers = || {
            let mut peers = stated.peers.iter();
            peers.rposition(|one| is_it(&one.dependency.requirement, one.dependency.name.as_str()))
        };
        match need.kind {
            DependencyKind::Peer => (0, peers()),
            DependencyKind::PeerOptional => (1, peers()),
            DependencyKind::Optional => (3, list(&stated.optional)),
            _ => (2, list(&stated.dependencies)),
        }
    };
    let mut ordered = all.to_vec();
    ordered.sort_by_key(place);
    ordered
}
