//! Chance that is the same in every run.

use solver::pypi::Edge;
use solver::widen::AcceptableSet;

/// Numbers in an order without an order (SplitMix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("it is below a usize")
    }

    /// A version of each set.
    pub(crate) fn choice(&mut self, sets: &[AcceptableSet<Edge>]) -> Vec<u32> {
        let one = |set: &AcceptableSet<Edge>| set.versions[self.below(set.versions.len())].position;
        sets.iter().map(one).collect()
    }
}
