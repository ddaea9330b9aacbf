//! Taking up what documents and the user state: texts become numbers, lists become edges to be.

use std::rc::Rc;
use std::sync::Arc;

use ecosystems::npm::{
    Dependency as Stated, Manifest, Name, Needs, Packument, PickRules, Range, Reading, Spec,
    Version, locale_compare, pick,
};
use rustc_hash::FxHashMap;

use super::{
    Dependency, DependencyKind, Facts, Failure, FailureId, Met, NameId, Origin, Package, Pin,
    SpecId, Wanted,
};
use crate::npm::overrides::{Overrides, Rule, RuleId};
use crate::npm::problem::{Override, OverrideValue, Problem, Project};
use crate::npm::universe::Universe;

impl<'a> Facts<'a> {
    pub(crate) fn new(problem: &'a Problem, universe: &'a Universe, pins: &[Pin]) -> Self {
        let nothing = Rc::new(Package {
            id: 0,
            name: NameId(0),
            origin: Origin::Nowhere,
            version: None,
            runtime: Box::default(),
            all: None,
            bundled: Box::default(),
            has_shrinkwrap: false,
        });
        let policy = &problem.policy;
        let mut facts = Self {
            problem,
            universe,
            overrides: Overrides::default(),
            pick_rules: PickRules {
                before: policy.before,
                node: policy.node.clone(),
                npm: policy.npm.clone(),
                ..PickRules::default()
            },
            names: Vec::new(),
            folded: Vec::new(),
            name_ids: FxHashMap::default(),
            specs: Vec::new(),
            spec_ids: FxHashMap::default(),
            root: Rc::clone(&nothing),
            folders: Vec::new(),
            folder_names: Vec::new(),
            nothing,
            pins: FxHashMap::default(),
            releases: FxHashMap::default(),
            locked: FxHashMap::default(),
            picks: FxHashMap::default(),
            failures: Vec::new(),
            gap_count: 0,
            asked: rustc_hash::FxHashSet::default(),
            fits: std::cell::RefCell::default(),
            rules: std::cell::RefCell::default(),
            workspaces: Vec::new(),
            has_bundles: false,
            has_shrinkwraps: false,
            package_count: 0,
        };
        // The first name is that of what has none.
        facts.intern("");
        facts.take_up_project();
        facts.take_up_overrides();
        for pin in pins {
            facts.take_up_pin(*pin);
        }
        facts
    }

    fn take_up_pin(&mut self, pin: Pin) {
        let requirement = self.problem.project.requirements().nth(pin.requirement);
        if let Some((_, name, requirement)) = requirement {
            let name = self.intern(name.as_str());
            let spec = self.intern_spec(requirement.as_str(), Some(None));
            self.pins.insert((name, spec), pin.position);
        }
    }

    /// What npm takes for a spec under a name.
    pub(crate) fn pick(&mut self, name: NameId, spec: SpecId) -> Result<Rc<Package>, FailureId> {
        let (name, spec) = match self.wanted(spec) {
            Wanted::Alias(name, spec) => (name, spec),
            _ => (name, spec),
        };
        if let Some(known) = self.picks.get(&(name, spec)) {
            return known.clone();
        }
        let picked = self.look_up(name, spec).map_err(|failure| {
            let id = FailureId(u32::try_from(self.failures.len()).unwrap_or(u32::MAX));
            self.gap_count += u32::from(matches!(failure, Failure::Gap(_)));
            self.failures.push(failure);
            id
        });
        self.picks.insert((name, spec), picked.clone());
        picked
    }

    fn look_up(&mut self, name: NameId, spec: SpecId) -> Result<Rc<Package>, Failure> {
        let elsewhere = Failure::Elsewhere { name, spec };
        if matches!(self.wanted(spec), Wanted::Elsewhere | Wanted::Folder(_)) {
            return Err(elsewhere);
        }
        let Some(wanted) = self.specs[spec.0 as usize].spec.as_ref() else { return Err(elsewhere) };
        self.asked.insert(name);
        let text = &*self.names[name.0 as usize];
        let packument = match self.universe.packument(text) {
            None if Name::parse(text).is_ok() => return Err(Failure::Gap(name)),
            None | Some(None) => return Err(Failure::Missing(name)),
            Some(Some(packument)) => Arc::clone(packument),
        };
        if let Some(position) = self.pins.get(&(name, spec)) {
            return Ok(self.release(name, &packument, *position));
        }
        if let Some(position) = self.held(&packument, wanted) {
            return Ok(self.release(name, &packument, position));
        }
        let none = |code| Failure::NoVersion { name, spec, code };
        let picked = match pick(&packument, wanted, &self.pick_rules) {
            Ok(picked) => picked,
            Err(error) => return Err(none(error.code())),
        };
        // The manifest is one of the list, or one that the registry keeps beside it.
        let position = packument
            .manifests
            .iter()
            .position(|manifest| std::ptr::eq(manifest, picked.manifest))
            .and_then(|position| u32::try_from(position).ok());
        let Some(position) = position else { return Err(none("ETARGET")) };
        Ok(self.release(name, &packument, position))
    }

    /// The held version that is taken of those that would do, by its position, where held ones are
    /// preferred: what npm's rules speak against comes after all else, as ever; then the newest.
    fn held(&self, packument: &Packument, wanted: &Spec) -> Option<u32> {
        let Spec::Range(range) = wanted else { return None };
        let PickRules { before, node, npm, .. } = &self.pick_rules;
        if !self.problem.policy.prefers_held || self.problem.held.is_empty() {
            return None;
        }
        let span = range.span(&packument.manifests, |manifest| &manifest.version);
        let counts = |manifest: &Manifest| {
            let is_late = before.zip(manifest.published_at).is_some_and(|(before, at)| at > before);
            !is_late
                && range.contains(&manifest.version)
                && self.problem.is_held(&packument.name, &manifest.version)
                && !packument.forbids(manifest)
        };
        let held = span.filter(|place| counts(&packument.manifests[*place]));
        let best = held.max_by_key(|place| {
            let traits = &packument.manifests[*place].traits;
            let engines = traits.engines.as_ref();
            let runs = engines.is_none_or(|engines| engines.are_met(node.as_ref(), npm.as_ref()));
            let is_sound = traits.deprecated.is_none();
            (is_sound && runs, runs, is_sound, *place)
        });
        best.and_then(|place| u32::try_from(place).ok())
    }

    /// A version that a lock file has, if the registry has it. What it needs is in the order of the
    /// file, which npm writes sorted.
    pub(crate) fn locked(&mut self, package: &Name, version: &Version) -> Option<Rc<Package>> {
        let name = self.intern(package.as_str());
        self.asked.insert(name);
        let Some(packument) = self.universe.packument(package.as_str()) else {
            self.gap_count += 1;
            self.failures.push(Failure::Gap(name));
            return None;
        };
        let packument = Arc::clone(packument?);
        let manifests = &packument.manifests;
        let start = manifests.partition_point(|one| one.version.cmp_precedence(version).is_lt());
        let same = manifests[start..].iter();
        let mut same = same.take_while(|one| one.version.cmp_precedence(version).is_eq());
        let position = start + same.position(|one| one.version == *version)?;
        let release = self.release(name, &packument, u32::try_from(position).ok()?);
        if let Some(known) = self.locked.get(&release.id) {
            return Some(Rc::clone(known));
        }
        let mut runtime = release.runtime.clone();
        let list = |kind: DependencyKind| match kind {
            DependencyKind::Peer => 0,
            DependencyKind::PeerOptional => 1,
            DependencyKind::Production | DependencyKind::Development => 2,
            DependencyKind::Optional | DependencyKind::Workspace => 3,
        };
        runtime.sort_by(|one, other| {
            let order = list(one.kind).cmp(&list(other.kind));
            order.then_with(|| locale_compare(self.name(one.name), self.name(other.name)))
        });
        let locked = Rc::new(release.with_runtime(runtime));
        self.locked.insert(release.id, Rc::clone(&locked));
        Some(locked)
    }

    /// A version of a registry's.
    fn release(&mut self, name: NameId, packument: &Arc<Packument>, position: u32) -> Rc<Package> {
        if let Some(known) = self.releases.get(&(name, position)) {
            return Rc::clone(known);
        }
        let manifest = &packument.manifests[position as usize];
        let origin = Origin::Release(Arc::clone(packument), position);
        let mut package = self.package(name, origin, &manifest.needs, &[]);
        package.version = Some(manifest.version.clone());
        package.has_shrinkwrap = manifest.traits.has_shrinkwrap;
        self.has_bundles |= !package.bundled.is_empty();
        self.has_shrinkwraps |= package.has_shrinkwrap;
        let package = Rc::new(package);
        self.releases.insert((name, position), Rc::clone(&package));
        package
    }

    fn package(
        &mut self,
        name: NameId,
        origin: Origin,
        needs: &Needs,
        development: &[Stated],
    ) -> Package {
        self.package_count += 1;
        let base = match origin {
            Origin::Project => Some(None),
            Origin::Folder(folder) => Some(Some(folder)),
            Origin::Release(..) | Origin::Nowhere => None,
        };
        let runtime = self.runtime(needs, base);
        let context = (base, &*needs.accepted);
        let all = (!development.is_empty()).then(|| {
            let mut all = runtime.clone();
            self.add(&mut all, DependencyKind::Development, context, development.iter());
            all.into()
        });
        let bundled = needs.bundled.iter().map(|name| self.intern(name)).collect();
        Package {
            id: self.package_count,
            name,
            origin,
            version: None,
            runtime: runtime.into(),
            all,
            bundled,
            has_shrinkwrap: false,
        }
    }

    /// What a package needs where it is installed, in npm's order; each name once.
    pub(crate) fn runtime(&mut self, needs: &Needs, base: Option<Option<u32>>) -> Vec<Dependency> {
        let context = (base, &*needs.accepted);
        let mut runtime: Vec<Dependency> = Vec::new();
        if !self.problem.policy.ignores_peers {
            let kinds = [(false, DependencyKind::Peer), (true, DependencyKind::PeerOptional)];
            for (is_optional, kind) in kinds {
                let peers = needs.peers.iter().filter(|peer| peer.is_optional == is_optional);
                let peers = peers.map(|peer| &peer.dependency);
                self.add(&mut runtime, kind, context, peers);
            }
        }
        self.add(&mut runtime, DependencyKind::Production, context, needs.dependencies.iter());
        self.add(&mut runtime, DependencyKind::Optional, context, needs.optional.iter());
        runtime
    }

    /// Adds dependencies behind others; of two under one name the later counts. `base` is what paths
    /// are meant from, beside what would do as well.
    fn add<'b>(
        &mut self,
        list: &mut Vec<Dependency>,
        kind: DependencyKind,
        (base, accepted): (Option<Option<u32>>, &[Stated]),
        stated: impl Iterator<Item = &'b Stated>,
    ) {
        let before = list.len();
        for stated in stated {
            let name = self.intern(stated.name.as_str());
            let folded = self.folded(name);
            let spec = self.intern_spec(stated.requirement.as_str(), base);
            // Within one list a name comes once, unless case alone tells two apart.
            let place = list.iter().position(|other| self.folded(other.name) == folded);
            if let Some(place) = place.filter(|place| *place < before || list[*place].kind == kind)
            {
                list.remove(place);
            }
            let accepted = accepted.iter().find(|accepted| accepted.name == stated.name);
            let accepted = accepted.map(|accepted| match accepted.requirement.as_str() {
                "" => self.intern_spec("*", None),
                text => self.intern_spec(text, base),
            });
            list.push(Dependency { kind, name, spec, accepted });
        }
    }

    pub(crate) fn intern(&mut self, text: &str) -> NameId {
        if let Some(id) = self.name_ids.get(text) {
            return *id;
        }
        let id = NameId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Rc<str> = text.into();
        self.names.push(Rc::clone(&name));
        self.name_ids.insert(name, id);
        self.folded.push(id);
        if text.chars().any(char::is_uppercase) {
            let folded = self.intern(&text.to_lowercase());
            self.folded[id.0 as usize] = folded;
        }
        id
    }

    /// A spec. What it says of the file system is meant from `base`: the project, a folder of it,
    /// or nowhere.
    pub(crate) fn intern_spec(&mut self, text: &str, base: Option<Option<u32>>) -> SpecId {
        let named =
            base.and_then(|base| self.problem.folder_named(text, base.map(|at| at as usize)));
        let Some(folder) = named.and_then(|folder| u32::try_from(folder).ok()) else {
            if let Some(id) = self.spec_ids.get(text) {
                return *id;
            }
            let met = self.read_spec(text);
            return self.push_spec(text.into(), met);
        };
        let wanted = Wanted::Folder(folder);
        let known = |met: &Met| met.wanted == wanted && &*met.text == text;
        if let Some(place) = self.specs.iter().position(known) {
            return SpecId(u32::try_from(place).unwrap_or(u32::MAX));
        }
        self.specs.push(Met { text: text.into(), wanted, range: None, spec: None });
        SpecId(u32::try_from(self.specs.len() - 1).unwrap_or(u32::MAX))
    }

    fn push_spec(&mut self, text: Rc<str>, met: Met) -> SpecId {
        let id = SpecId(u32::try_from(self.specs.len()).unwrap_or(u32::MAX));
        self.specs.push(met);
        self.spec_ids.insert(text, id);
        id
    }

    fn read_spec(&mut self, text: &str) -> Met {
        let met = |wanted, range, spec| Met { text: text.into(), wanted, range, spec };
        match Spec::parse(text) {
            Ok(Spec::Range(range)) => {
                let is_any = matches!(range.as_str(), "" | "*");
                let wanted = if is_any { Wanted::Any } else { Wanted::Range };
                met(wanted, Some(range.clone()), Some(Spec::Range(range)))
            }
            Ok(Spec::Version(version)) => {
                let range = Range::parse(&version.to_string(), Reading::LOOSE).ok();
                met(Wanted::Range, range, Some(Spec::Version(version)))
            }
            Ok(Spec::Tag(tag)) => met(Wanted::Tag, None, Some(Spec::Tag(tag))),
            Ok(Spec::Alias(alias)) => {
                let name = self.intern(alias.name.as_str());
                let spec = self.intern_spec(&alias.spec.to_string(), None);
                met(Wanted::Alias(name, spec), None, None)
            }
            Ok(Spec::Foreign(_)) | Err(_) => met(Wanted::Elsewhere, None, None),
        }
    }

    /// The project and its folders. Their edges are made last, when all folders have numbers.
    fn take_up_project(&mut self) {
        let problem = self.problem;
        self.root = Rc::new(self.local(Origin::Project, &problem.project));
        for (place, folder) in (0..).zip(&problem.folders) {
            let package = Rc::new(self.local(Origin::Folder(place), &folder.project));
            self.folders.push(package);
            let name = self.intern(called(&folder.location));
            self.folder_names.push(name);
        }
        for (place, folder) in (0..).zip(&problem.folders) {
            if folder.is_workspace {
                let name = match &folder.project.name {
                    Some(name) => self.intern(name.as_str()),
                    None => self.folder_names[place as usize],
                };
                let spec = self.intern_spec(&format!("file:{}", folder.location), Some(None));
                let kind = DependencyKind::Workspace;
                self.workspaces.push(Dependency { kind, name, spec, accepted: None });
            }
        }
    }

    fn local(&mut self, origin: Origin, project: &Project) -> Package {
        let name = project.name.as_ref().map_or("", Name::as_str);
        let name = self.intern(name);
        let mut package = self.package(name, origin, &project.needs, &project.development);
        package.version.clone_from(&project.version);
        self.has_bundles |= !package.bundled.is_empty();
        package
    }

    fn take_up_overrides(&mut self) {
        if self.problem.overrides.is_empty() {
            return;
        }
        let mut rules = Vec::new();
        self.add_rule(&mut rules, None, &self.problem.overrides);
        let overrides = Overrides::new(rules, |one, other| self.are_apart(one, other));
        self.overrides = overrides;
    }

    /// Adds a rule with those within it. The first is the set of all, which has no key.
    fn add_rule(
        &mut self,
        rules: &mut Vec<Rule>,
        around: Option<(RuleId, &str)>,
        within: &[Override],
    ) -> RuleId {
        let id = RuleId(u32::try_from(rules.len()).unwrap_or(u32::MAX));
        let own = within.iter().rev().find(|one| one.key == ".").map(|one| match &one.value {
            OverrideValue::Spec(spec) if spec.is_empty() => "*",
            OverrideValue::Spec(spec) => spec,
            OverrideValue::Within(_) => "*",
        });
        let (name, key_text) = around.map_or(("", ""), |(_, key)| split_key(key));
        let value = own.unwrap_or(key_text);
        let reference = value.strip_prefix('$').map(|name| self.intern(name));
        rules.push(Rule {
            parent: around.map(|(parent, _)| parent),
            name: around.map(|_| self.intern(name)),
            key: around.map_or_else(String::new, |(_, key)| key.to_owned()),
            key_spec: around.map(|_| self.intern_spec(key_text, Some(None))),
            is_for_all: key_text == "*",
            value: (value != "*").then(|| self.intern_spec(value, Some(None))),
            reference,
            children: Vec::new(),
            in_force: Vec::new(),
        });
        for one in within.iter().filter(|one| one.key != ".") {
            let own = Override { key: ".".to_owned(), value: one.value.clone() };
            let inner = match &one.value {
                OverrideValue::Spec(_) => std::slice::from_ref(&own),
                OverrideValue::Within(inner) => inner,
            };
            let child = self.add_rule(rules, Some((id, &one.key)), inner);
            rules[id.0 as usize].children.push(child);
        }
        id
    }
}

/// The name and the spec of an override's key.
fn split_key(key: &str) -> (&str, &str) {
    let behind_scope = usize::from(key.starts_with('@'));
    match key[behind_scope..].split_once('@') {
        Some((name, "")) => (&key[..behind_scope + name.len()], "*"),
        Some((name, spec)) => (&key[..behind_scope + name.len()], spec),
        None => (key, "*"),
    }
}

/// What a folder is called: its last name, with a scope before it if there is one.
fn called(location: &str) -> &str {
    let mut names = location.rmatch_indices('/').map(|(place, _)| place);
    let Some(last) = names.next() else { return location };
    let before = names.next().map_or(0, |place| place + 1);
    let start = if location[before..].starts_with('@') { before } else { last + 1 };
    &location[start..]
}
