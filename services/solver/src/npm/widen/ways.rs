//! What versions need, as bounds on the versions in other places.

use std::rc::Rc;
use std::sync::Arc;

use ecosystems::npm::{Manifest, Needs, Packument};
use pubgrub::VersionSet as _;
use rustc_hash::FxHashMap;

use super::layout::Layout;
use super::overridden::Overridden;
use crate::Versions;
use crate::npm::facts::{Dependency, DependencyKind, Facts, NameId, Origin, SpecId, Wanted};
use crate::npm::overrides::RuleId;
use crate::npm::problem::Problem;
use crate::npm::solution::{Content, Edge, Place, Purpose, Solution};
use crate::npm::universe::Universe;
use crate::widen::{Growth, Way};

/// What is known of the ways in which versions may lie in their places.
pub(super) struct Ways<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) solution: &'a Solution,
    layout: Layout,
    overridden: Overridden,
    /// For each place, its edges by the names that they have.
    known: Vec<Vec<(NameId, &'a Edge)>>,
    /// What versions need of others, by the place and what they state; shared by many versions.
    drafts: FxHashMap<(usize, *const Needs), Option<Rc<Draft>>>,
    stated: FxHashMap<*const Needs, Rc<[Dependency]>>,
    /// The versions of a package that a spec means, and whether through a link.
    meant: FxHashMap<(NameId, SpecId, bool), Versions>,
}

/// What a version needs of others.
struct Draft {
    bounds: Vec<(usize, Versions)>,
    /// What it asks of itself, where it does.
    own: Versions,
    edges: Vec<Edge>,
}

/// What an edge asks for.
struct Asked {
    name: NameId,
    spec: SpecId,
    accepted: Option<SpecId>,
    /// Whether it may lead to another package under the name.
    is_lax: bool,
}

/// The place whose version an edge finds, and whether by a link.
#[derive(Clone, Copy)]
struct Found {
    slot: usize,
    is_link: bool,
}

impl<'a> Ways<'a> {
    pub(super) fn new(
        problem: &'a Problem,
        universe: &'a Universe,
        solution: &'a Solution,
    ) -> Self {
        let mut facts = Facts::new(problem, universe, &[]);
        let layout = Layout::new(&mut facts, solution);
        let overridden = Overridden::new(&mut facts, solution);
        let places = solution.places.iter();
        let known = places.map(|place| {
            let edges = place.edges.iter();
            edges.map(|edge| (facts.intern(&edge.name), edge)).collect()
        });
        let known = known.collect();
        Self {
            facts,
            solution,
            layout,
            overridden,
            known,
            drafts: FxHashMap::default(),
            stated: FxHashMap::default(),
            meant: FxHashMap::default(),
        }
    }

    /// Whether the chosen version of a place is to stay, whatever else there is.
    pub(super) fn is_fixed(&self, place: usize) -> bool {
        let own = &self.solution.places[place];
        own.has_unread_bundle
            || own.purpose.is_bundled
            || own.purpose.is_inert
            || self.is_in_shrinkwrap(place)
            || self.overridden.fixes(place)
    }

    fn is_in_shrinkwrap(&self, place: usize) -> bool {
        let is_shut = |place: usize| {
            let manifest = manifest_of(&self.solution.places[place]);
            manifest.is_some_and(|manifest| manifest.traits.has_shrinkwrap)
        };
        self.layout.around(place).any(is_shut)
    }

    /// Puts what is chosen for a place into the box.
    pub(super) fn put(&mut self, growth: &mut Growth<Edge>, place: usize) {
        let chosen = &self.solution.places[place];
        let stated: Rc<[Dependency]> = match &chosen.content {
            Content::Project => self.facts.root().dependencies(true).into(),
            Content::Folder(folder) => {
                let folder = u32::try_from(*folder).unwrap_or(u32::MAX);
                self.facts.folder(folder).dependencies(true).into()
            }
            Content::Release { packument, position } => {
                self.stated(&packument.manifests[*position as usize].needs)
            }
            Content::Link(_) => return,
        };
        let mut bounds = Vec::new();
        for (name, edge) in self.known[place].clone() {
            let Some(to) = edge.to.filter(|_| edge.is_met) else { continue };
            let Some(found) = self.found(to).filter(|found| found.slot != place) else { continue };
            let accepted = stated.iter().find(|one| one.name == name);
            let asked = Asked {
                name,
                spec: self.facts.intern_spec(&edge.spec, None),
                accepted: accepted.and_then(|one| one.accepted),
                is_lax: true,
            };
            let mut versions = self.admitted(&asked, found);
            // It is met, by overrides or archives that are not looked into.
            if let Content::Release { position, .. } = &self.solution.places[found.slot].content {
                versions = versions.union(&Versions::singleton(*position));
            }
            bounds.push((found.slot, versions));
        }
        match &chosen.content {
            Content::Release { position, .. } => {
                let edges = chosen.edges.clone();
                growth.put(place, *position, Way { bounds, claims: Vec::new(), edges });
            }
            _ => bounds.iter().for_each(|(slot, versions)| growth.bound(*slot, versions)),
        }
    }

    /// The way in which a version may lie in a place, if there is one.
    pub(super) fn of(&mut self, place: usize, position: u32) -> Option<Way<Edge>> {
        let Content::Release { packument, .. } = &self.solution.places[place].content else {
            return None;
        };
        let needs = &packument.manifests[position as usize].needs;
        let key = (place, Arc::as_ptr(needs));
        let draft = match self.drafts.get(&key) {
            Some(known) => known.clone(),
            None => {
                let draft = self.draft(place, needs).map(Rc::new);
                self.drafts.insert(key, draft.clone());
                draft
            }
        };
        let draft = draft.filter(|draft| draft.own.contains(&position))?;
        let (bounds, edges) = (draft.bounds.clone(), draft.edges.clone());
        Some(Way { bounds, claims: Vec::new(), edges })
    }

    fn stated(&mut self, needs: &Arc<Needs>) -> Rc<[Dependency]> {
        if let Some(known) = self.stated.get(&Arc::as_ptr(needs)) {
            return Rc::clone(known);
        }
        let stated: Rc<[Dependency]> = self.facts.runtime(needs, None).into();
        self.stated.insert(Arc::as_ptr(needs), Rc::clone(&stated));
        stated
    }

    /// What a version that states `needs` asks of other places, if they can give it.
    fn draft(&mut self, place: usize, needs: &Arc<Needs>) -> Option<Draft> {
        let stated = self.stated(needs);
        let mut draft = Draft { bounds: Vec::new(), own: Versions::full(), edges: Vec::new() };
        for one in &*stated {
            let known = self.known[place].iter().find(|(name, _)| *name == one.name);
            let known = known.map(|(_, edge)| *edge);
            let spec = self.in_force(place, one, &stated, known)?;
            let to = match known {
                Some(edge) => edge.to,
                None => self.layout.resolve(place, self.facts.folded(one.name)),
            };
            let is_let_pass = known.is_some_and(|edge| !edge.is_met && edge.kind == one.kind);
            let is_met = match to {
                _ if is_let_pass => false,
                None => {
                    let is_missing_too = known.is_some_and(|edge| edge.to.is_none());
                    let may_miss = match one.kind {
                        DependencyKind::PeerOptional => true,
                        DependencyKind::Optional => is_missing_too,
                        _ => false,
                    };
                    if !may_miss {
                        return None;
                    }
                    true
                }
                Some(to) => {
                    let is_own_peer = one.kind.is_peer() && self.layout.parent(to) == Some(place);
                    let is_out = is_own_peer || !self.is_for_no_less(place, one.kind, to);
                    let asked = self.asked(one, spec, to, known).filter(|_| !is_out)?;
                    if !self.lead(place, to, &asked, &mut draft) {
                        return None;
                    }
                    true
                }
            };
            let text = |spec: SpecId| self.facts.spec_text(spec).to_owned();
            draft.edges.push(Edge {
                kind: one.kind,
                name: self.facts.name(one.name).to_owned(),
                spec: text(spec),
                stated: (spec != one.spec).then(|| text(one.spec)),
                to,
                is_met,
            });
        }
        Some(draft)
    }

    /// What an edge asks of the place that it leads to, if anything there can meet it.
    fn asked(
        &mut self,
        one: &Dependency,
        spec: SpecId,
        to: usize,
        known: Option<&Edge>,
    ) -> Option<Asked> {
        let target = &self.solution.places[to];
        let is_open = target.name == self.facts.name(one.name) && !self.overridden.fixes(to);
        if !is_open {
            return None;
        }
        // No override reaches into an archive.
        let is_shut = target.purpose.is_bundled
            || self.is_in_shrinkwrap(to)
            || manifest_of(target).is_some_and(|manifest| manifest.traits.has_shrinkwrap);
        let spec = if is_shut { one.spec } else { spec };
        let is_lax = known.is_some_and(|edge| {
            let known = self.facts.intern_spec(&edge.spec, None);
            self.means(one.name, known) != self.package_at(to)
        });
        Some(Asked { name: one.name, spec, accepted: one.accepted, is_lax })
    }

    /// Whether what is there for development, as an option or as a peer alone stays so with an edge
    /// of that kind: what a machine leaves out by what the answer says is then never needed.
    fn is_for_no_less(&self, from: usize, kind: DependencyKind, to: usize) -> bool {
        let own = self.solution.places[from].purpose;
        let may_go =
            |purpose: Purpose| purpose.is_dev || purpose.is_optional || purpose.is_dev_optional;
        let is_kept = |to: Purpose| {
            (!to.is_dev || own.is_dev)
                && (!to.is_optional || own.is_optional || kind.is_optional())
                && (!may_go(to) || may_go(own) || kind.is_optional())
                && (!to.is_peer || own.is_peer || kind.is_peer())
                && (!to.is_extraneous || own.is_extraneous || kind == DependencyKind::PeerOptional)
        };
        let target = match self.solution.places[to].content {
            Content::Link(target) => target,
            Content::Release { .. } | Content::Folder(_) | Content::Project => to,
        };
        [to, target].into_iter().all(|place| is_kept(self.solution.places[place].purpose))
    }

    /// Adds the bounds of an edge that leads to a place. Returns whether they can be met.
    fn lead(&mut self, place: usize, to: usize, asked: &Asked, draft: &mut Draft) -> bool {
        let Some(found) = self.found(to) else { return self.suits_folder(asked, to) };
        let versions = self.admitted(asked, found);
        if found.slot == place {
            draft.own = draft.own.intersection(&versions);
        } else {
            draft.bounds.push((found.slot, versions));
        }
        true
    }

    /// What an edge asks for, after overrides; none where that is left open.
    fn in_force(
        &mut self,
        place: usize,
        one: &Dependency,
        stated: &[Dependency],
        known: Option<&Edge>,
    ) -> Option<SpecId> {
        match &self.overridden {
            Overridden::Nowhere => return Some(one.spec),
            Overridden::Within(is_fixed) => {
                let is_open = is_fixed[place]
                    || self.facts.overrides.name_anywhere(one.name)
                    || known.and_then(|edge| edge.to).is_some_and(|to| is_fixed[to]);
                return (!is_open).then_some(one.spec);
            }
            Overridden::Plainly => {}
        }
        let facts = &self.facts;
        let rule = facts.edge_rule(RuleId(0), one.name, one.spec);
        if !facts.overrides.names(rule, one.name) {
            return Some(one.spec);
        }
        if let Some(reference) = facts.overrides.reference(rule) {
            let own = stated.iter().find(|own| own.name == reference).map(|own| own.spec);
            return Some(facts.root().stated(reference).or(own).unwrap_or(one.spec));
        }
        Some(facts.overrides.value(rule).unwrap_or(one.spec))
    }

    /// The release that an edge to a place finds; none for the project's own folders.
    fn found(&self, to: usize) -> Option<Found> {
        let is_release =
            |place: usize| matches!(self.solution.places[place].content, Content::Release { .. });
        match self.solution.places[to].content {
            Content::Release { .. } => Some(Found { slot: to, is_link: false }),
            Content::Link(target) => {
                is_release(target).then_some(Found { slot: target, is_link: true })
            }
            Content::Project | Content::Folder(_) => None,
        }
    }

    /// The package that a spec means under a name.
    fn means(&self, name: NameId, spec: SpecId) -> NameId {
        match self.facts.wanted(spec) {
            Wanted::Alias(package, _) => package,
            _ => name,
        }
    }

    fn package_at(&mut self, place: usize) -> NameId {
        self.facts.intern(&self.solution.places[place].package)
    }

    /// The versions in a place that an edge admits.
    fn admitted(&mut self, asked: &Asked, found: Found) -> Versions {
        let versions = self.admitted_by(asked.spec, asked, found);
        match asked.accepted {
            Some(accepted) => versions.union(&self.admitted_by(accepted, asked, found)),
            None => versions,
        }
    }

    fn admitted_by(&mut self, spec: SpecId, asked: &Asked, found: Found) -> Versions {
        let Found { slot, is_link } = found;
        let package = self.package_at(slot);
        if !asked.is_lax && self.means(asked.name, spec) != package {
            return Versions::empty();
        }
        let spec = match self.facts.wanted(spec) {
            Wanted::Alias(_, spec) => spec,
            _ => spec,
        };
        let Content::Release { packument, position } = &self.solution.places[slot].content else {
            return Versions::empty();
        };
        let key = (package, spec, is_link);
        let meant = match self.meant.get(&key) {
            Some(known) => known.clone(),
            None => {
                let meant = self.meant(package, packument, spec, is_link);
                self.meant.insert(key, meant.clone());
                meant
            }
        };
        let accepts_all = match self.facts.wanted(spec) {
            Wanted::Any => true,
            Wanted::Tag => !is_link,
            _ => false,
        };
        if accepts_all && !meant.contains(position) {
            return meant.union(&Versions::singleton(*position));
        }
        meant
    }

    /// The versions of a package that a spec means.
    fn meant(
        &mut self,
        package: NameId,
        packument: &Packument,
        spec: SpecId,
        is_link: bool,
    ) -> Versions {
        if let Some(range) = self.facts.range(spec) {
            let span = range.span(&packument.manifests, |manifest| &manifest.version);
            let inside = |at: &usize| range.contains(&packument.manifests[*at].version);
            let positions = span.filter(inside).filter_map(|at| u32::try_from(at).ok());
            return Versions::of(positions);
        }
        if self.facts.wanted(spec) != Wanted::Tag || is_link {
            return Versions::empty();
        }
        match self.facts.pick(package, spec).map(|picked| picked.origin.clone()) {
            Ok(Origin::Release(_, position)) => Versions::singleton(position),
            _ => Versions::empty(),
        }
    }

    /// Whether a folder of the project, or a link to one, is what an edge asks for.
    fn suits_folder(&mut self, asked: &Asked, to: usize) -> bool {
        let (folder, is_link) = match self.solution.places[to].content {
            Content::Folder(folder) => (folder, false),
            Content::Link(target) => match self.solution.places[target].content {
                Content::Folder(folder) => (folder, true),
                _ => return false,
            },
            _ => return false,
        };
        let package = self.facts.folder(u32::try_from(folder).unwrap_or(u32::MAX));
        let own = self.package_at(to);
        let specs = [Some(asked.spec), asked.accepted];
        specs.into_iter().flatten().any(|spec| {
            let is_package = asked.is_lax || self.means(asked.name, spec) == own;
            is_package && self.facts.fits(&package, is_link, false, spec)
        })
    }
}

/// What a registry says of what lies in a place.
pub(super) fn manifest_of(place: &Place) -> Option<&Manifest> {
    match &place.content {
        Content::Release { packument, position } => packument.manifests.get(*position as usize),
        Content::Project | Content::Folder(_) | Content::Link(_) => None,
    }
}
