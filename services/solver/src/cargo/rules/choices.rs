//! What there is to choose from.

use std::rc::Rc;

use ecosystems::cargo::Version;

use super::super::candidates::{Candidates, Matches, Preference, Shelf, is_candidate};
use super::super::patches::Patched;
use super::super::universe::{CrateId, Target};
use super::{CargoRules, Owner};

impl<'a> CargoRules<'a> {
    /// The candidates that meet the requirement of a dependency; `None` if the package is not
    /// known.
    pub(crate) fn matches(&self, owner: Owner, place: u32) -> Option<Rc<Matches>> {
        let target = self.targets(owner)[place as usize];
        let is_lowest = self.takes_lowest(owner);
        let first = self.kept(owner, place);
        self.state.borrow_mut().read.insert(target.package);
        let key = (target.package, target.requirement, is_lowest, first);
        if let Some(known) = self.state.borrow().matches.get(&key) {
            return Some(Rc::clone(known));
        }
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
        if self.problem.locked.is_empty() {
            return None;
        }
        let Target { package, .. } = self.targets(owner)[place as usize];
        let requirement = &self.dependencies(owner)[place as usize].requirement;
        let edges = match owner {
            Owner::Member(number) => &self.member(number).locked[..],
            Owner::Release(id, position) => {
                let place = self.locks.place(id, &self.release(id, position).version);
                place.map_or(&[][..], |place| &self.problem.locked[place].edges)
            }
        };
        let locked = edges.iter().filter(|place| self.locks.holds(**place));
        let locked = locked.filter_map(|place| self.problem.locked.get(*place));
        let mut fitting = locked.filter(|locked| requirement.matches(&locked.version));
        let known = fitting.find(|locked| {
            let id = self.id(&locked.package);
            let owner =
                |owner: Owner| matches!(owner, Owner::Release(other, _) if Some(other) == id);
            let is_patch = |patch: &Patched<'_>| patch.package == package && owner(patch.owner);
            id == Some(package) || self.patches.patched.iter().any(is_patch)
        });
        let kept = known.map(|locked| &locked.version);
        kept.or_else(|| self.locks.oldest(package, |version| requirement.matches(version)))
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
        let candidates =
            Rc::new(Candidates::new(policy, shelf, &package.lines, (&self.locks, &self.patches)));
        self.state.borrow_mut().candidates.insert(id, Rc::clone(&candidates));
        Some(candidates)
    }

    /// The releases of a package that can be chosen, ascending, patches aside.
    pub(crate) fn published(&self, id: CrateId) -> impl Iterator<Item = (Owner, &'a Version)> {
        self.state.borrow_mut().read.insert(id);
        let listing = self.listing(id);
        let releases = listing.map_or(&[][..], |listing| &listing.releases);
        let releases = (0..).zip(releases).filter(move |(_, release)| {
            self.locks.preference(id, &release.version) != Preference::None
                || is_candidate(&self.problem.policy, release)
        });
        releases.map(move |(at, release)| (Owner::Release(id, at), &release.version))
    }

    /// Whether it is known what the registry says of a package.
    pub(crate) fn is_known(&self, id: CrateId) -> bool {
        self.universe.package(id).is_some()
    }

    /// Who is chosen where a version of a line is.
    pub(crate) fn owner(&self, id: CrateId, line: u32, version: u32) -> Owner {
        let candidates = self.candidates(id).expect("a line is of a package that is known");
        candidates.at(line + version).owner
    }
}
