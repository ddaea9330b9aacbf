//! The project's overrides: a tree of rules, and which of them holds along an edge.
//!
//! A rule names a package, perhaps the ranges of it that are meant, and what is to be taken
//! instead. Rules inside a rule hold for what lies below that package in the graph.

use super::facts::{NameId, SpecId};

/// A rule, or the set of all of them, which names no package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RuleId(pub(crate) u32);

/// What two rules that meet at a node come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// This one holds.
    One(RuleId),
    /// They ask for different things.
    Torn,
}

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) parent: Option<RuleId>,
    /// The package; `None` for the set of all rules.
    pub(crate) name: Option<NameId>,
    /// As it is written, such as `web@^1`.
    pub(crate) key: String,
    /// Which requirements it is for; `None` for the set of all rules.
    pub(crate) key_spec: Option<SpecId>,
    /// Whether it is for all requirements.
    pub(crate) is_for_all: bool,
    /// What is to be taken; `None` if that is left as it is.
    pub(crate) value: Option<SpecId>,
    /// For `$name`, the name.
    pub(crate) reference: Option<NameId>,
    pub(crate) children: Vec<RuleId>,
    /// The rules that are looked at along an edge where this one holds, in order.
    pub(crate) in_force: Vec<RuleId>,
}

/// All rules. Of a project without overrides there are none, not even the set.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    rules: Vec<Rule>,
    /// Pairs of rules whose values no version meets both of.
    apart: Vec<(RuleId, RuleId)>,
}

impl Overrides {
    /// Puts rules together; the first is the set of all. `are_apart` tells whether no version meets
    /// two specs.
    pub(crate) fn new(mut rules: Vec<Rule>, are_apart: impl Fn(SpecId, SpecId) -> bool) -> Self {
        for place in 0..rules.len() {
            let mut in_force: Vec<RuleId> = Vec::new();
            let mut holding = Some(RuleId(u32::try_from(place).unwrap_or(u32::MAX)));
            while let Some(rule) = holding {
                let own = &rules[rule.0 as usize];
                let itself = own.name.is_some().then_some(rule);
                for other in own.children.iter().copied().chain(itself) {
                    let key = &rules[other.0 as usize].key;
                    if !in_force.iter().any(|known| rules[known.0 as usize].key == *key) {
                        in_force.push(other);
                    }
                }
                holding = own.parent;
            }
            rules[place].in_force = in_force;
        }
        let mut apart = Vec::new();
        let ids = (0..).map(RuleId).take(rules.len());
        for one in ids.clone() {
            for other in ids.clone() {
                let (left, right) = (&rules[one.0 as usize], &rules[other.0 as usize]);
                if one != other && left.key == right.key {
                    let left = left.value.or(left.key_spec).filter(|_| left.reference.is_none());
                    let right =
                        right.value.or(right.key_spec).filter(|_| right.reference.is_none());
                    if left.zip(right).is_some_and(|(left, right)| are_apart(left, right)) {
                        apart.push((one, other));
                    }
                }
            }
        }
        Self { rules, apart }
    }

    /// The set of all rules, if there are any.
    pub(crate) fn root(&self) -> Option<RuleId> {
        (!self.rules.is_empty()).then_some(RuleId(0))
    }

    pub(crate) fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.0 as usize]
    }

    /// Whether every requirement of a name has the same rule, wherever it stands.
    pub(crate) fn are_plain(&self) -> bool {
        let inner = self.rules.get(1..).unwrap_or_default();
        inner.iter().enumerate().all(|(place, rule)| {
            rule.parent == Some(RuleId(0))
                && rule.is_for_all
                && inner[..place].iter().all(|other| other.name != rule.name)
        })
    }

    /// Whether there are rules of which no version meets both.
    pub(crate) fn may_be_torn(&self) -> bool {
        !self.apart.is_empty()
    }

    /// Whether there is a rule for a package.
    pub(crate) fn name_anywhere(&self, name: NameId) -> bool {
        self.rules.iter().any(|rule| rule.name == Some(name))
    }

    /// Whether a rule is for that package.
    pub(crate) fn names(&self, id: RuleId, name: NameId) -> bool {
        self.rule(id).name == Some(name)
    }

    pub(crate) fn key_spec(&self, id: RuleId) -> Option<SpecId> {
        self.rule(id).key_spec
    }

    pub(crate) fn value(&self, id: RuleId) -> Option<SpecId> {
        self.rule(id).value
    }

    pub(crate) fn reference(&self, id: RuleId) -> Option<NameId> {
        self.rule(id).reference
    }

    /// Which of two rules holds where both do: the one inside the other, or what both are inside of.
    pub(crate) fn joined(&self, one: RuleId, other: RuleId) -> Joined {
        if self.around(other).any(|rule| rule == one) {
            return Joined::One(other);
        }
        if self.around(one).any(|rule| rule == other) {
            return Joined::One(one);
        }
        let own = &self.rule(one).in_force;
        let other_force = &self.rule(other).in_force;
        let is_torn = own
            .iter()
            .any(|rule| other_force.iter().any(|second| self.apart.contains(&(*rule, *second))));
        if is_torn {
            return Joined::Torn;
        }
        let common = self.around(other).find(|rule| self.around(one).any(|own| own == *rule));
        Joined::One(common.unwrap_or(RuleId(0)))
    }

    fn around(&self, rule: RuleId) -> impl Iterator<Item = RuleId> {
        std::iter::successors(Some(rule), |rule| self.rule(*rule).parent)
    }
}
