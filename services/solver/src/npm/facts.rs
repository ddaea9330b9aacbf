//! What one solve needs to know, under numbers: names, specs and packages as far as they are met.
//!
//! A text is hashed and read once, when a package that states it is first met. From then on names
//! and specs are numbers, and whether a package fits a spec is looked up.

mod compile;
mod packages;

use std::cell::RefCell;
use std::rc::Rc;

use ecosystems::npm::{Name, PickRules, Range, Spec};
use rustc_hash::{FxHashMap, FxHashSet};

use super::overrides::{Overrides, RuleId};
use super::problem::Problem;
use super::universe::Universe;
pub use packages::DependencyKind;
pub(crate) use packages::{Dependency, Origin, Package};

/// A name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(pub(crate) u32);

/// A spec, as a text stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SpecId(pub(crate) u32);

/// Why a spec led to no package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FailureId(pub(crate) u32);

/// Why a spec led to no package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It is not known what the registry says of it.
    Gap(NameId),
    /// No registry has it.
    Missing(NameId),
    /// It has no version that would do; with npm's name for that.
    NoVersion { name: NameId, spec: SpecId, code: &'static str },
    /// It is to come from elsewhere than a registry.
    Elsewhere { name: NameId, spec: SpecId },
}

/// What a spec asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Anything, even a pre-release.
    Any,
    /// A version in a range.
    Range,
    /// What a registry calls so.
    Tag,
    /// Another package under this name.
    Alias(NameId, SpecId),
    /// A folder of the project.
    Folder(u32),
    /// Something that no registry has, or nothing that makes sense.
    Elsewhere,
}

/// A version that is taken of one of the project's requirements, whatever npm would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Pin {
    /// The place of the requirement in the project's list.
    pub(crate) requirement: usize,
    /// The position of the version in the package's document.
    pub(crate) position: u32,
}

/// A spec that was met.
struct Met {
    text: Rc<str>,
    wanted: Wanted,
    range: Option<Range>,
    /// What a registry is asked for.
    spec: Option<Spec>,
}

/// The facts of one solve.
pub(crate) struct Facts<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) universe: &'a Universe,
    pub(crate) overrides: Overrides,
    pick_rules: PickRules,
    names: Vec<Rc<str>>,
    /// By name, the name under which it is looked up.
    folded: Vec<NameId>,
    name_ids: FxHashMap<Rc<str>, NameId>,
    specs: Vec<Met>,
    spec_ids: FxHashMap<Rc<str>, SpecId>,
    /// The project's edges to its workspaces.
    pub(crate) workspaces: Vec<Dependency>,
    root: Rc<Package>,
    folders: Vec<Rc<Package>>,
    folder_names: Vec<NameId>,
    nothing: Rc<Package>,
    /// Versions to be taken, by what asks for them.
    pins: FxHashMap<(NameId, SpecId), u32>,
    releases: FxHashMap<(NameId, u32), Rc<Package>>,
    /// The same as a lock file has them, by their numbers.
    locked: FxHashMap<u32, Rc<Package>>,
    picks: FxHashMap<(NameId, SpecId), Result<Rc<Package>, FailureId>>,
    pub(crate) failures: Vec<Failure>,
    /// How many packages are known to be unknown, one for each spec.
    pub(crate) gap_count: u32,
    /// The packages that a registry was asked for.
    pub(crate) asked: FxHashSet<NameId>,
    fits: RefCell<FxHashMap<(u32, SpecId), bool>>,
    rules: RefCell<FxHashMap<(RuleId, NameId, SpecId), RuleId>>,
    has_bundles: bool,
    has_shrinkwraps: bool,
    package_count: u32,
}

impl Facts<'_> {
    pub(crate) fn name(&self, id: NameId) -> &str {
        &self.names[id.0 as usize]
    }

    /// The name under which another is looked up: file systems may not tell upper from lower case.
    pub(crate) fn folded(&self, id: NameId) -> NameId {
        self.folded[id.0 as usize]
    }

    pub(crate) fn spec_text(&self, id: SpecId) -> &str {
        &self.specs[id.0 as usize].text
    }

    pub(crate) fn wanted(&self, id: SpecId) -> Wanted {
        self.specs[id.0 as usize].wanted
    }

    /// What a spec means of an ordered list of versions, if it is a range or `*`.
    pub(crate) fn range(&self, id: SpecId) -> Option<&Range> {
        self.specs[id.0 as usize].range.as_ref()
    }

    pub(crate) fn failure(&self, id: FailureId) -> &Failure {
        &self.failures[id.0 as usize]
    }

    pub(crate) fn has_bundles(&self) -> bool {
        self.has_bundles
    }

    pub(crate) fn has_shrinkwraps(&self) -> bool {
        self.has_shrinkwraps
    }

    /// Whether another version of what the project requires under a name is to be taken.
    pub(crate) fn is_pinned_elsewhere(&self, name: NameId, package: &Package) -> bool {
        let pins = self.pins.iter().filter(|((pinned, _), _)| *pinned == name);
        let is_it =
            |position: u32| matches!(package.origin, Origin::Release(_, own) if own == position);
        pins.into_iter().any(|(_, position)| !is_it(*position))
    }

    /// The project's own package.
    pub(crate) fn root(&self) -> Rc<Package> {
        Rc::clone(&self.root)
    }

    /// The package of a folder.
    pub(crate) fn folder(&self, folder: u32) -> Rc<Package> {
        Rc::clone(&self.folders[folder as usize])
    }

    /// The folder that lies at a location.
    pub(crate) fn folder_at(&self, location: &str) -> Option<u32> {
        let mut folders = self.problem.folders.iter();
        let place = folders.position(|folder| folder.location == location)?;
        u32::try_from(place).ok()
    }

    /// What a folder is called.
    pub(crate) fn folder_name(&self, folder: u32) -> NameId {
        self.folder_names[folder as usize]
    }

    /// What stands where no package is.
    pub(crate) fn nothing(&self) -> Rc<Package> {
        Rc::clone(&self.nothing)
    }

    /// Where a folder lies.
    pub(crate) fn location(&self, folder: u32) -> &str {
        &self.problem.folders[folder as usize].location
    }

    /// Whether a folder lies outside of the project.
    pub(crate) fn is_outside(&self, folder: u32) -> bool {
        let location = self.location(folder);
        location == ".." || location.starts_with("../") || location.starts_with('/')
    }

    /// The folder right around another.
    pub(crate) fn folder_around(&self, folder: u32) -> Option<u32> {
        let own = self.location(folder);
        let is_around = |other: &u32| {
            own.strip_prefix(self.location(*other)).is_some_and(|rest| rest.starts_with('/'))
        };
        let others = (0..).take(self.folders.len());
        others.filter(is_around).max_by_key(|other| self.location(*other).len())
    }

    /// Whether a package is what a spec asks for.
    pub(crate) fn fits(
        &self,
        package: &Package,
        is_link: bool,
        is_failed: bool,
        spec: SpecId,
    ) -> bool {
        let met = &self.specs[spec.0 as usize];
        match met.wanted {
            Wanted::Any => true,
            Wanted::Tag => package.is_release() && !is_link && !is_failed,
            Wanted::Alias(_, spec) => self.fits(package, is_link, is_failed, spec),
            Wanted::Folder(folder) => is_link && package.folder() == Some(folder),
            Wanted::Elsewhere => false,
            Wanted::Range => {
                let (Some(version), Some(range)) = (package.version(), &met.range) else {
                    return false;
                };
                let key = (package.id, spec);
                *self.fits.borrow_mut().entry(key).or_insert_with(|| range.contains(version))
            }
        }
    }

    /// The rule that holds along an edge from where `rule` holds.
    pub(crate) fn edge_rule(&self, rule: RuleId, name: NameId, stated: SpecId) -> RuleId {
        let key = (rule, name, stated);
        if let Some(known) = self.rules.borrow().get(&key) {
            return *known;
        }
        let in_force = &self.overrides.rule(rule).in_force;
        let holds = |rule: &RuleId| {
            let rule = self.overrides.rule(*rule);
            rule.name == Some(name)
                && (rule.is_for_all || rule.key_spec.is_none_or(|key| !self.are_apart(key, stated)))
        };
        let new = in_force.iter().copied().find(holds).unwrap_or(rule);
        self.rules.borrow_mut().insert(key, new);
        new
    }

    /// Whether both specs are ranges, and no version is in both.
    pub(crate) fn are_apart(&self, one: SpecId, other: SpecId) -> bool {
        let range = |spec: SpecId| {
            let spec = match self.wanted(spec) {
                Wanted::Alias(_, spec) => spec,
                _ => spec,
            };
            self.specs[spec.0 as usize].range.as_ref()
        };
        range(one).zip(range(other)).is_some_and(|(one, other)| !one.intersects(other))
    }

    /// Whether an override asks for the very version of a package.
    pub(crate) fn is_version(&self, rule: RuleId, package: &Package) -> bool {
        let value = self.overrides.value(rule);
        let text = value.map(|value| self.spec_text(value));
        text.zip(package.version()).is_some_and(|(text, version)| version.to_string() == text)
    }

    /// The names of the packages that a registry was asked for, sorted.
    pub(crate) fn footprint(&self) -> Vec<Name> {
        let asked = self.asked.iter().filter_map(|id| Name::parse(self.name(*id)).ok());
        let mut names: Vec<Name> = asked.collect();
        names.sort_unstable();
        names
    }
}
