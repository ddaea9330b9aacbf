//! What was known when a budget was spent.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// So many of the contended packages are told to the caller.
const MOST_CONTENDED: usize = 20;

/// What was known when the budget was spent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// Whether the caller lost patience, rather than the steps running out.
    pub interrupted: bool,
    /// Packages and versions decided so far, in that order.
    pub decided: Vec<(String, String)>,
    /// The packages that took part in the most conflicts.
    pub contended: Vec<String>,
}

impl Partial {
    /// Puts together what is told. Of a package that is counted more than once, the greatest counts.
    pub(crate) fn new(
        interrupted: bool,
        decided: Vec<(String, String)>,
        conflicts: impl Iterator<Item = (String, u32)>,
    ) -> Self {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for (package, count) in conflicts {
            let known = counts.entry(package).or_default();
            *known = count.max(*known);
        }
        let mut counts: Vec<(u32, String)> =
            counts.into_iter().map(|(package, count)| (count, package)).collect();
        counts.sort_unstable_by(|left, right| {
            (Reverse(left.0), &left.1).cmp(&(Reverse(right.0), &right.1))
        });
        counts.truncate(MOST_CONTENDED);
        let contended = counts.into_iter().map(|(_, package)| package).collect();
        Self { interrupted, decided, contended }
    }
}
