//! Which requirements of a release, an extra or the user count, and in which order.

use ecosystems::pypi::{Environment, Marker, MarkerContext, Name, Specifiers};

use super::rules::{PypiRules, UserNeed};
use super::universe::{MarkerId, NameId, Need, Needs, SpecifiersId};

/// One requirement that counts.
#[derive(Clone, Debug)]
pub(crate) struct Active<'a> {
    /// The project required.
    pub(crate) target: NameId,
    /// The extras required of it.
    pub(crate) extras: &'a [NameId],
    /// Which versions would do.
    pub(crate) range: Range<'a>,
    /// Whether the range is a pin.
    pub(crate) is_pin: bool,
    /// The condition on the environment under which the requirement counts, if any. It holds; but
    /// uv decides conditional requirements apart, and the order of decisions is uv's.
    pub(crate) condition: Option<MarkerId>,
    /// Where it is written.
    pub(crate) origin: Origin<'a>,
}

/// The versions a requirement would take.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Range<'a> {
    /// What a registry published: interned.
    Published(SpecifiersId),
    /// What the user wrote.
    Written(&'a Specifiers),
    /// A place no registry answers for.
    Url,
}

/// Where a requirement is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// In the metadata of the release whose needs were asked for.
    Release(&'a Marker),
    /// The user's requirement at this place in the problem's list.
    Requirement(usize),
    /// The user's constraint at this place.
    Constraint(usize),
    /// The user's override at this place, in the stead of what the release says.
    Override(usize),
}

/// Evaluates markers, each at most once where no extra plays a part.
pub(crate) struct Markers<'a> {
    environment: &'a Environment,
    known: Vec<std::cell::Cell<Option<bool>>>,
}

impl<'a> Markers<'a> {
    pub(crate) fn new(environment: &'a Environment, count: usize) -> Self {
        Self { environment, known: vec![std::cell::Cell::new(None); count] }
    }

    pub(crate) fn holds(&self, marker: &Marker, extras: &[Name]) -> bool {
        marker.holds(MarkerContext { environment: self.environment, extras })
    }

    fn holds_without_extras(&self, id: MarkerId, marker: &Marker) -> bool {
        let known = &self.known[id.0 as usize];
        known.get().unwrap_or_else(|| {
            let holds = self.holds(marker, &[]);
            known.set(Some(holds));
            holds
        })
    }
}

impl<'a> PypiRules<'a> {
    /// The user's own requirements that count, each followed by its constraints.
    pub(crate) fn root_requirements(&self) -> Vec<Active<'_>> {
        let mut active = Vec::new();
        for (place, need) in self.requirements.iter().enumerate() {
            if self.is_excluded(need.target) || self.push_overrides(need.target, &mut active) {
                continue;
            }
            if need.holds {
                self.push_user(need, Origin::Requirement(place), &mut active);
            }
        }
        active
    }

    /// The requirements of a release that count, or those that an extra adds to them.
    ///
    /// An extra that names further extras of its own project brings their requirements along.
    pub(crate) fn release_requirements<'s>(
        &'s self,
        name: NameId,
        needs: &'s Needs,
        extra: Option<NameId>,
    ) -> Vec<Active<'s>> {
        let mut active: Vec<Active<'s>> = Vec::new();
        let mut reached: Vec<NameId> = Vec::new();
        self.push_release(needs, extra, &mut active);
        let own_extras = |from: &[Active<'s>]| -> Vec<NameId> {
            let own = from.iter().filter(|active| active.target == name);
            own.flat_map(|active| active.extras.iter().copied()).collect()
        };
        let mut waiting = own_extras(&active);
        if waiting.is_empty() {
            return active;
        }
        let mut next = 0;
        while let Some(extra) = waiting.get(next).copied() {
            next += 1;
            if reached.contains(&extra) {
                continue;
            }
            reached.push(extra);
            let mut further = Vec::new();
            self.push_release(needs, Some(extra), &mut further);
            waiting.extend(own_extras(&further));
            active.extend(further);
        }
        // What remains of the project's requirements on itself are bounds on its own version.
        for own in active.iter_mut().filter(|active| active.target == name) {
            own.extras = &[];
        }
        active
    }

    /// The user's constraints on a project that hold.
    pub(crate) fn constraints_on(&self, target: NameId) -> Vec<Active<'_>> {
        let mut active = Vec::new();
        self.push_constraints(target, None, &mut active);
        active
    }

    fn push_release<'s>(
        &'s self,
        needs: &'s Needs,
        extra: Option<NameId>,
        active: &mut Vec<Active<'s>>,
    ) {
        for need in &needs.requirements {
            if self.is_excluded(need.target) {
                continue;
            }
            if self.is_overridden(need.target) {
                if self.counts_overridden(need, extra) {
                    self.push_overrides(need.target, active);
                }
            } else if self.counts(need, extra) {
                self.push_published(need, extra, active);
            }
        }
    }

    /// Without an extra, what holds without one; with it, what it adds to that.
    fn counts(&self, need: &Need, extra: Option<NameId>) -> bool {
        let marker = self.universe.marker(need.marker);
        let always = self.markers.holds_without_extras(need.marker, marker);
        match extra {
            None => always,
            Some(extra) => {
                !always
                    && marker.depends_on_extras()
                    && self.markers.holds(marker, std::slice::from_ref(self.name(extra)))
            }
        }
    }

    fn push_published<'s>(
        &'s self,
        need: &'s Need,
        extra: Option<NameId>,
        active: &mut Vec<Active<'s>>,
    ) {
        let marker = self.universe.marker(need.marker);
        let condition = need.remaining_marker(extra, marker.is_always());
        active.push(Active {
            target: need.target,
            extras: &need.extras,
            range: need.specifiers.map_or(Range::Url, Range::Published),
            is_pin: need.is_pin,
            condition,
            origin: Origin::Release(marker),
        });
        self.push_constraints(need.target, condition, active);
    }

    fn is_overridden(&self, target: NameId) -> bool {
        self.overrides.iter().any(|user| user.target == target)
    }

    /// An override stands in whatever the environment that the release's own marker asks for; but
    /// what an extra requires is still required by that extra alone.
    fn counts_overridden(&self, need: &Need, extra: Option<NameId>) -> bool {
        let extras = self.universe.marker(need.marker).extras();
        match extra {
            None => extras.is_empty(),
            Some(extra) => extras.contains(&self.name(extra)),
        }
    }

    /// Adds the overrides of a project. Returns whether there are any.
    fn push_overrides<'s>(&'s self, target: NameId, active: &mut Vec<Active<'s>>) -> bool {
        for (place, user) in self.overrides.iter().enumerate() {
            if user.target == target && user.holds {
                self.push_user(user, Origin::Override(place), active);
            }
        }
        self.is_overridden(target)
    }

    fn push_user<'s>(
        &'s self,
        need: &'s UserNeed<'a>,
        origin: Origin<'s>,
        active: &mut Vec<Active<'s>>,
    ) {
        active.push(user_need(need, &need.extras, need.condition, origin));
        self.push_constraints(need.target, need.condition, active);
    }

    fn push_constraints<'s>(
        &'s self,
        target: NameId,
        condition: Option<MarkerId>,
        active: &mut Vec<Active<'s>>,
    ) {
        for (place, constraint) in self.constraints.iter().enumerate() {
            if constraint.target == target && constraint.holds {
                let condition = constraint.condition.or(condition);
                active.push(user_need(constraint, &[], condition, Origin::Constraint(place)));
            }
        }
    }
}

fn user_need<'s>(
    need: &'s UserNeed<'_>,
    extras: &'s [NameId],
    condition: Option<MarkerId>,
    origin: Origin<'s>,
) -> Active<'s> {
    let specifiers = need.root.requirement.specifiers();
    Active {
        target: need.target,
        extras,
        range: specifiers.map_or(Range::Url, Range::Written),
        is_pin: specifiers.is_some_and(Specifiers::is_pin),
        condition,
        origin,
    }
}
