//! What a version asks for, and where that may lead.

use std::cell::Cell;
use std::rc::Rc;

use ecosystems::cargo::Release;

use super::super::features::Asked;
use super::Target;
use crate::Versions;

/// What a version asks for with certain features on.
///
/// Most releases declare what the one before does: their shapes share what is asked and demands.
#[derive(Clone, Debug)]
pub(super) struct Shape<'a> {
    pub(super) release: &'a Release,
    /// What its features ask of its dependencies.
    pub(super) asked: Rc<Asked>,
    /// The places of the dependencies that count, ascending, and what they ask for.
    pub(super) demands: Vec<(usize, Rc<Demand>)>,
}

/// What one dependency asks for.
#[derive(Debug)]
pub(super) struct Demand {
    /// Where it may lead as far as the solution goes: what cargo would rather choose first.
    pub(super) leads: Vec<Lead>,
    /// The number of where it leads for the versions in the box that have it.
    pub(super) settled: Cell<Option<usize>>,
}

/// Where a dependency may lead.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) target: Target,
    /// The versions that would do, of a slot that may have several.
    pub(super) versions: Option<Versions>,
}

impl Demand {
    /// The number of the lead to a target.
    pub(super) fn leading_to(&self, target: Target) -> Option<usize> {
        self.leads.iter().position(|lead| lead.target == target)
    }
}

impl<'a> Shape<'a> {
    /// What the features of `release` ask, if it is the same as here for sure.
    pub(super) fn asked_of(&self, release: &Release) -> Option<&Rc<Asked>> {
        let (ours, theirs) = (&self.release.dependencies, &release.dependencies);
        let is_same = ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(ours, theirs)| {
                std::ptr::eq(&raw const **ours, &raw const **theirs)
                    || (ours.alias == theirs.alias && ours.is_optional == theirs.is_optional)
            });
        (is_same && self.release.features.is_shared_with(&release.features)).then_some(&self.asked)
    }

    /// What the dependency at a place asks for, if `release` declares the same there.
    pub(super) fn demand_of(&self, release: &Release, place: usize) -> Option<&Rc<Demand>> {
        let (ours, theirs) = (self.release.dependencies.get(place)?, &release.dependencies[place]);
        let found = self.demands.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        std::ptr::eq(&raw const **ours, &raw const **theirs).then(|| &self.demands[found].1)
    }
}
