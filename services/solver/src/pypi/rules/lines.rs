//! What requirements mean on the lines of their projects.

use std::sync::Arc;

use ecosystems::pypi::Specifiers;
use pubgrub::VersionSet;

use super::super::line::Line;
use super::super::requirements::{Active, Range};
use super::super::universe::NameId;
use super::{PypiRules, SlotKind};
use crate::Versions;

/// The line that one search uses for a project.
#[derive(Clone)]
pub(super) struct LineInUse {
    line: Arc<Line>,
    /// Whether it was made for this search alone, because the user tells versions apart that nothing
    /// published tells apart.
    is_own: bool,
}

impl<'a> PypiRules<'a> {
    /// The positions of the target's listing that a requirement would take; all of them while the
    /// listing is not known.
    pub(crate) fn positions(&self, active: &Active<'_>) -> Versions {
        let Some(package) = self.package(active.target) else {
            return Versions::full();
        };
        let versions = match active.range {
            Range::Published(id) => package.positions(self.universe.specifiers(id)),
            Range::Written(specifiers) => package.positions(specifiers),
            Range::Url => return Versions::empty(),
        };
        match self.existing(active.target) {
            Some(existing) => versions.intersection(&existing),
            None => versions,
        }
    }

    fn existing(&self, name: NameId) -> Option<Versions> {
        if let Some(known) = self.state.borrow().existing.get(&name) {
            return known.clone();
        }
        let listing = self.package(name)?.listing.as_ref()?;
        let existing = self.candidates(name)?.existing(self.problem, listing);
        self.state.borrow_mut().existing.insert(name, existing.clone());
        existing
    }

    /// The atoms of the target's line that a requirement would take; all of them while the listing
    /// is not known.
    pub(crate) fn lower(&self, active: &Active<'_>) -> Versions {
        let name = active.target;
        self.state.borrow_mut().read_listings.insert(name);
        let Some((package, used)) = self.package(name).zip(self.line_in_use(name)) else {
            return Versions::full();
        };
        let specifiers = match active.range {
            Range::Published(id) if !used.is_own => return self.universe.lower(name, package, id),
            Range::Published(id) => self.universe.specifiers(id),
            Range::Written(specifiers) => specifiers,
            Range::Url => return Versions::empty(),
        };
        used.line.lower(specifiers, package.releases())
    }

    /// The line of a project, if its listing is known.
    pub(crate) fn line(&self, name: NameId) -> Option<Arc<Line>> {
        self.line_in_use(name).map(|used| used.line)
    }

    fn line_in_use(&self, name: NameId) -> Option<LineInUse> {
        if let Some(used) = self.state.borrow().lines.get(&name) {
            return Some(used.clone());
        }
        let package = self.package(name)?;
        let line = self.universe.line(name, package);
        let written = self.written(name);
        let used = if written.iter().all(|specifiers| line.tells_apart(specifiers)) {
            LineInUse { line, is_own: false }
        } else {
            let line = Arc::new(self.universe.new_line(name, package, &written));
            LineInUse { line, is_own: true }
        };
        self.state.borrow_mut().lines.insert(name, used.clone());
        Some(used)
    }

    /// The specifiers that the user writes of a project.
    fn written(&self, name: NameId) -> Vec<&'a Specifiers> {
        let all = [&self.requirements, &self.constraints, &self.overrides];
        let about = all.into_iter().flatten().filter(|need| need.target == name);
        about.filter_map(|need| need.root.requirement.specifiers()).collect()
    }

    /// The atom of a project's line to try first of those in `range`.
    pub(super) fn choose_atom(&self, name: NameId, range: &Versions) -> Option<u32> {
        let line = self.line(name)?;
        let has = |position| range.contains(&line.atom(position));
        let position = if self.chooses_lowest(name) {
            self.first_choice(name, line.ascending(range), has)
        } else {
            self.first_choice(name, line.descending(range), has)
        };
        Some(line.atom(position?))
    }

    /// The position in the listing of an atom that is a version; of the root and the interpreter,
    /// which have one version, that.
    pub(crate) fn position(&self, kind: SlotKind, version: u32) -> Option<u32> {
        match kind.name() {
            None => Some(version),
            Some(name) => self.line(name)?.position(version),
        }
    }
}
