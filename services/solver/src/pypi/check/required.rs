//! Which requirements count, read from the problem and from what was published.

use ecosystems::pypi::{Marker, MarkerContext, Name, Requirement, Specifiers};

use super::super::Root;
use super::Checker;

/// One requirement that counts.
#[derive(Clone, Debug)]
pub(super) struct Required<'a> {
    pub(super) target: &'a Name,
    pub(super) extras: Vec<&'a Name>,
    /// None for a requirement by URL.
    pub(super) specifiers: Option<&'a Specifiers>,
    pub(super) marker: &'a Marker,
    /// Whether it is a constraint, which bounds and requires nothing.
    pub(super) is_constraint: bool,
}

/// What is to be said of a marker in the problem's environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It holds without any extra.
    Holds,
    /// It does not hold, and no extra would change that.
    Fails,
    /// It does not hold without extras.
    AsksForExtras,
}

impl<'a> Required<'a> {
    fn of(requirement: &'a Requirement) -> Self {
        Self {
            target: &requirement.name,
            extras: requirement.extras.iter().collect(),
            specifiers: requirement.specifiers(),
            marker: &requirement.marker,
            is_constraint: false,
        }
    }
}

impl<'a> Checker<'a> {
    /// What the user requires, and what bounds the projects of the solution. Each of them is required
    /// by something, so that every constraint on it counts.
    pub(super) fn required_by_user(&mut self) -> Vec<Required<'a>> {
        let problem = self.problem;
        let mut required = Vec::new();
        for root in &problem.requirements {
            let requirement = &root.requirement;
            if problem.excludes.contains(&requirement.name) {
                continue;
            }
            if self.is_overridden(&requirement.name) {
                required.extend(self.holding(&problem.overrides, &requirement.name));
            } else if self.holds(&requirement.marker, &[]) {
                required.push(Required::of(requirement));
            }
        }
        for pick in &self.solution.picks {
            let bounds = self.holding(&problem.constraints, &pick.name).into_iter();
            required.extend(bounds.map(|bound| Required {
                extras: Vec::new(),
                is_constraint: true,
                ..bound
            }));
        }
        required
    }

    /// What a version requires with the extras that are on, and those that it turns on itself.
    pub(super) fn required_by(&mut self, slot: usize, position: u32) -> Vec<Required<'a>> {
        let pick = &self.solution.picks[slot];
        let mut extras: Vec<&'a Name> = pick.extras.iter().collect();
        loop {
            let required = self.counting(&pick.name, position, &extras);
            let own = required.iter().filter(|required| *required.target == pick.name);
            let own = own.flat_map(|required| required.extras.iter().copied());
            let further: Vec<&'a Name> = own.filter(|extra| !extras.contains(extra)).collect();
            if further.is_empty() {
                return required;
            }
            extras.extend(further);
        }
    }

    /// The requirements of a version that count when these extras are on.
    fn counting(&mut self, name: &Name, position: u32, extras: &[&'a Name]) -> Vec<Required<'a>> {
        let (problem, universe) = (self.problem, self.universe);
        let mut required = Vec::new();
        for published in universe.published(name, position).into_iter().flatten() {
            let (target, marker) = (published.target(), published.marker());
            if problem.excludes.contains(target) {
                continue;
            }
            if self.is_overridden(target) {
                // Which environment it is for does not count any more, but which extra does.
                let asked = marker.extras();
                if asked.is_empty() || extras.iter().any(|extra| asked.contains(extra)) {
                    required.extend(self.holding(&problem.overrides, target));
                }
            } else if self.holds(marker, extras) {
                required.push(Required {
                    target,
                    extras: published.extras().collect(),
                    specifiers: published.specifiers(),
                    marker,
                    is_constraint: false,
                });
            }
        }
        required
    }

    fn is_overridden(&self, name: &Name) -> bool {
        self.problem.overrides.iter().any(|root| root.requirement.name == *name)
    }

    /// Those of the user's requirements on a project that hold here.
    fn holding(&mut self, roots: &'a [Root], name: &Name) -> Vec<Required<'a>> {
        let about = roots.iter().map(|root| &root.requirement);
        let about = about.filter(|requirement| requirement.name == *name);
        about.filter(|one| self.holds(&one.marker, &[])).map(Required::of).collect()
    }

    /// Whether a marker holds without extras, or with one of those.
    fn holds(&mut self, marker: &'a Marker, extras: &[&Name]) -> bool {
        let environment = &self.problem.environment;
        let holds = |extras: &[Name]| marker.holds(MarkerContext { environment, extras });
        let standing =
            *self.standings.entry(std::ptr::from_ref(marker)).or_insert_with(|| {
                match (holds(&[]), marker.depends_on_extras()) {
                    (true, _) => Standing::Holds,
                    (false, true) => Standing::AsksForExtras,
                    (false, false) => Standing::Fails,
                }
            });
        match standing {
            Standing::Holds => true,
            Standing::Fails => false,
            Standing::AsksForExtras => {
                extras.iter().any(|extra| holds(std::slice::from_ref(*extra)))
            }
        }
    }
}
