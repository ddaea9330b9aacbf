//! What there is to choose from.

use std::rc::Rc;

use ecosystems::cargo::{Requirement, Version};

use super::super::LockedEdge;
use super::super::candidates::{Candidates, Matches, Preference, Shelf, is_candidate};
use super::super::locks;
use super::super::universe::{CrateId, Target};
use super::{CargoRules, Owner};

impl<'a> CargoRules<'a> {
    /// The candidates that meet the requirement of a dependency; `None` if the package is not
    /// known.
    pub(crate) fn matches(&self, owner: Owner, place: u32) -> Option<Rc<Matches>> {
        let target = self.targets(owner)[place as usize];
        let is_lowest = self.takes_lowest(owner);
        let first = self.kept(owner, place);
        let key = (target.package, target.requirement, is_lowest, first);
        if let Some(known) = self.state.borrow().matches.get(&key) {
            return Some(Rc::clone(known));
        }
        self.state.borrow_mut().read.insert(target.package);
        let candidates = self.candidates(target.package)?;
        let requirement = self.requirement(target.requirement);
        let matches = Rc::new(if is_lowest {
            candidates.lowest(requirement, first)
        } else {
            candidates.matching(requirement, first)
        });
        self.state.borrow_mut().matches.insert(key, Rc::clone(&matches));
        Some(matches)
    }

    /// The version that the lock file has a dependency point to.
    fn kept(&self, owner: Owner, place: u32) -> Option<&'a Version> {
        if !self.locks.is_there() {
            return None;
        }
        let Target { package, .. } = self.targets(owner)[place as usize];
        let requirement = &self.dependencies(owner)[place as usize].requirement;
        let locked = match owner {
            Owner::Member(number) => Some(LockedEdge::Member(number as usize)),
            Owner::Release(id, position) => {
                let place = self.locks.place(id, &self.release(id, position).version);
                place.map(LockedEdge::Package)
            }
        };
        let locked = locked.filter(|locked| self.locks.holds(*locked));
        let edges = locked.map_or(&[][..], |locked| locks::edges(self.problem, locked));
        let kept = edges.iter().filter(|edge| self.locks.holds(**edge));
        let kept = kept.filter_map(|edge| self.locked_version(package, *edge));
        // Which edge is that of which dependency no lock file says: cargo takes the first that fits.
        let kept = kept.filter(|version| requirement.matches(version)).min();
        kept.or_else(|| self.locks.oldest(package, |version| requirement.matches(version)))
    }

    /// The version that something in the lock file has, if it is a package or stands in for it.
    fn locked_version(&self, package: CrateId, locked: LockedEdge) -> Option<&'a Version> {
        let patched = self.patches.patched.iter().filter(|patched| patched.package == package);
        let mut owners = patched.map(|patched| patched.owner);
        match locked {
            LockedEdge::Member(place) => {
                let is_it = owners.any(|owner| owner == Owner::Member(super::number(place)));
                is_it.then(|| &self.problem.members[place].version)
            }
            LockedEdge::Package(place) => {
                let locked = self.problem.locked.get(place)?;
                let id = self.id(&locked.package)?;
                let is_of = |owner| matches!(owner, Owner::Release(other, _) if other == id);
                (id == package || owners.any(is_of)).then_some(&locked.version)
            }
        }
    }

    /// The candidates of a package; `None` if it is not known.
    pub(crate) fn candidates(&self, id: CrateId) -> Option<Rc<Candidates<'a>>> {
        if let Some(known) = self.state.borrow().candidates.get(&id) {
            return Some(Rc::clone(known));
        }
        let package = self.universe.package(id)?;
        let releases = package.listing.as_ref().map_or(&[][..], |listing| &listing.releases);
        let shelf = Shelf::new(id, releases, &self.patches.of(id));
        let policy = &self.problem.policy;
        let held = if policy.prefers_held { self.held(id) } else { &[] };
        let preferred = (&self.locks, &self.patches);
        let candidates = Rc::new(Candidates::new(policy, package, shelf, preferred, held));
        self.state.borrow_mut().candidates.insert(id, Rc::clone(&candidates));
        Some(candidates)
    }

    /// Whether the lock file holds a version of a package.
    pub(crate) fn is_locked(&self, id: CrateId, version: &Version) -> bool {
        self.locks.preference(id, version) != Preference::None
    }

    /// The versions of a package that the client has: those that meet any of these.
    pub(crate) fn held(&self, id: CrateId) -> &'a [Requirement] {
        self.problem.held.of(&self.package_name(id).name)
    }

    /// The releases of a package that can be chosen, ascending, patches aside.
    pub(crate) fn published(&self, id: CrateId) -> impl Iterator<Item = (Owner, &'a Version)> {
        self.state.borrow_mut().read.insert(id);
        let listing = self.listing(id);
        let releases = listing.map_or(&[][..], |listing| &listing.releases);
        let releases = (0..).zip(releases).filter(move |(_, release)| {
            self.is_locked(id, &release.version) || is_candidate(&self.problem.policy, release)
        });
        releases.map(move |(at, release)| (Owner::Release(id, at), &release.version))
    }

    /// Whether it is known what the registry says of a package.
    pub(crate) fn is_known(&self, id: CrateId) -> bool {
        self.universe.package(id).is_some()
    }

    /// Who is chosen where a version of a line is.
    pub(crate) fn owner(&self, id: CrateId, line: u32, version: u32) -> Owner {
        if !self.patches.puts_for(id) {
            return Owner::Release(id, line + version);
        }
        let candidates = self.candidates(id).expect("a line is of a package that is known");
        candidates.at(line + version).owner
    }
}
