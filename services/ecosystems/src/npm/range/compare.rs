//! Ranges held against each other, and versions outside of them.

use super::{Comparator, Operator, Range, meets};
use crate::npm::Version;

/// A side of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Above,
}

impl Range {
    /// Whether some version may meet both ranges (node-semver, `intersects`). Pre-releases count as
    /// this range counts them.
    ///
    /// It is npm's answer, and errs on the side of yes: comparators are compared in pairs.
    pub fn intersects(&self, other: &Self) -> bool {
        let mut pairs = self
            .alternatives
            .iter()
            .flat_map(|left| other.alternatives.iter().map(move |right| (left, right)));
        pairs.any(|(left, right)| {
            self.is_satisfiable(left)
                && self.is_satisfiable(right)
                && left.iter().all(|left| {
                    self.meets_any(left, right) && right.iter().all(|right| self.meet(left, right))
                })
        })
    }

    /// Whether a version is greater than any in the range (node-semver, `gtr`).
    pub fn is_below(&self, version: &Version) -> bool {
        self.is_outside(version, Side::Above)
    }

    /// Whether a version is less than any in the range (node-semver, `ltr`).
    pub fn is_above(&self, version: &Version) -> bool {
        self.is_outside(version, Side::Below)
    }

    /// Whether an exact version meets comparators of which there are none. To npm a pre-release does
    /// not, as it meets no `*`.
    fn meets_any(&self, left: &Comparator, right: &[Comparator]) -> bool {
        let is_exact = left.operator == Operator::Equal && right.is_empty();
        !is_exact || meets(&left.version, right, self.reading)
    }

    fn is_satisfiable(&self, all: &[Comparator]) -> bool {
        let mut rest = all;
        while let [others @ .., last] = rest {
            if !others.iter().all(|other| self.meet(last, other)) {
                return false;
            }
            rest = others;
        }
        true
    }

    /// Whether two comparators have a version in common.
    fn meet(&self, left: &Comparator, right: &Comparator) -> bool {
        let alone = |version: &Version, comparator: &Comparator| {
            meets(version, std::slice::from_ref(comparator), self.reading)
        };
        if left.operator == Operator::Equal {
            return alone(&left.version, right);
        }
        if right.operator == Operator::Equal {
            return alone(&right.version, left);
        }
        if self.is_empty(left) || self.is_empty(right) {
            return false;
        }
        if left.operator.side() == right.operator.side() {
            return true;
        }
        let (low, high) =
            if left.operator.side() == Side::Above { (left, right) } else { (right, left) };
        let order = low.version.cmp_precedence(&high.version);
        let are_closed =
            low.operator == Operator::GreaterOrEqual && high.operator == Operator::LessOrEqual;
        order.is_lt() || (order.is_eq() && are_closed)
    }

    /// Whether nothing is below the version of a comparator that asks for it.
    fn is_empty(&self, comparator: &Comparator) -> bool {
        let Comparator { operator, version } = comparator;
        let is_prerelease_of_zero = version.has_numbers_of(&Version::new(0, 0, 0));
        *operator == Operator::Less
            && is_prerelease_of_zero
            && (!self.reading.includes_prereleases || version.prerelease() == "0")
    }

    fn is_outside(&self, version: &Version, side: Side) -> bool {
        !self.contains(version) && self.alternatives.iter().all(|all| is_beyond(version, all, side))
    }
}

/// Whether a version lies beyond comparators on one side. Anything is `>=0.0.0` here.
fn is_beyond(version: &Version, all: &[Comparator], side: Side) -> bool {
    let any = [Comparator { operator: Operator::GreaterOrEqual, version: Version::new(0, 0, 0) }];
    let all = if all.is_empty() { &any } else { all };
    let is_further = |left: &Version, right: &Version| {
        let order = left.cmp_precedence(right);
        if side == Side::Above { order.is_gt() } else { order.is_lt() }
    };
    let (mut far, mut near) = (&all[0], &all[0]);
    for comparator in all {
        if is_further(&comparator.version, &far.version) {
            far = comparator;
        } else if is_further(&near.version, &comparator.version) {
            near = comparator;
        }
    }
    let (open, closed) = match side {
        Side::Above => (Operator::Greater, Operator::GreaterOrEqual),
        Side::Below => (Operator::Less, Operator::LessOrEqual),
    };
    if far.operator == open || far.operator == closed {
        return false;
    }
    if near.operator == Operator::Equal || near.operator == open {
        return is_further(version, &near.version);
    }
    near.operator != closed || !is_further(&near.version, version)
}

impl Operator {
    /// The side on which versions meet it.
    fn side(self) -> Side {
        match self {
            Self::Greater | Self::GreaterOrEqual => Side::Above,
            Self::Less | Self::LessOrEqual | Self::Equal => Side::Below,
        }
    }
}
