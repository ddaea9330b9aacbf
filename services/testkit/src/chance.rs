//! Choices at random that are the same in every run, and how many a test makes.

use proptest::prelude::Rng;
use proptest::test_runner::{Config, RngAlgorithm, TestRng};
use solver::widen::AcceptableSet;

/// Numbers without an order.
pub struct Chance(TestRng);

impl Chance {
    /// Equal seeds have equal numbers.
    pub fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % end as u64).unwrap_or_default()
    }

    /// The position of one version of each set; 0 for a set without any.
    pub fn choice<E>(&mut self, sets: &[AcceptableSet<E>]) -> Vec<u32> {
        let one = |set: &AcceptableSet<E>| match set.versions.len() {
            0 => 0,
            length => set.versions[self.below(length)].position,
        };
        sets.iter().map(one).collect()
    }
}

/// How much a test judges: what serves every change, or all there is where the variable
/// `QUARTERMASTER_THOROUGH` is set, as by `.ci/thorough`, which takes half an hour.
pub fn so_many(usually: usize, thoroughly: usize) -> usize {
    if std::env::var_os("QUARTERMASTER_THOROUGH").is_some() { thoroughly } else { usually }
}

/// How a law is tried on so many made cases: a failure is told whole, and written nowhere.
pub fn laws(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_global_rejects: 100_000, ..Config::default() }
}
