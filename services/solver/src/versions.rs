//! Sets of versions as bits over positions: those of a listing, or of the atoms of a line.

use std::fmt;
use std::ops::Range;

use pubgrub::VersionSet;
use smallvec::SmallVec;

/// The words that hold the first 128 versions lie in the set itself.
type Words = SmallVec<[u64; 2]>;

/// A set of positions, closed under complement.
///
/// A listing and a line have finitely many positions, but the complement of a set must be one
/// whatever their length, so a set says of all positions behind its words whether they are in it:
/// `tail`.
///
/// Invariant: the last word differs from what the tail says, so that equal sets have equal words.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Versions {
    tail: bool,
    words: Words,
}

impl Versions {
    /// The set of all positions in `runs`.
    pub fn from_runs(runs: &[Range<u32>]) -> Self {
        let length = runs.iter().map(|run| word_of(run.end) + 1).max().unwrap_or(0);
        let mut words: Words = SmallVec::from_elem(0, length);
        for run in runs.iter().filter(|run| !run.is_empty()) {
            let (first, last) = (word_of(run.start), word_of(run.end - 1));
            for (place, word) in words.iter_mut().enumerate().take(last + 1).skip(first) {
                let start = if place == first { run.start % 64 } else { 0 };
                let end = if place == last { (run.end - 1) % 64 } else { 63 };
                *word |= (u64::MAX << start) & (u64::MAX >> (63 - end));
            }
        }
        Self { tail: false, words }.trimmed()
    }

    /// The set of single positions, in whatever order.
    pub fn of(positions: impl Iterator<Item = u32>) -> Self {
        let mut words = Words::new();
        for position in positions {
            let place = word_of(position);
            if words.len() <= place {
                words.resize(place + 1, 0);
            }
            words[place] |= 1 << (position % 64);
        }
        Self { tail: false, words }
    }

    /// The positions below `length` in the set, ascending.
    pub fn positions(&self, length: u32) -> impl DoubleEndedIterator<Item = u32> + Clone + '_ {
        (0..length).filter(|position| self.contains(position))
    }

    /// The positions below `length` in the set, descending, passing over empty words.
    pub fn descending(&self, length: u32) -> impl Iterator<Item = u32> + Clone + '_ {
        let last = word_of(length);
        (0..=last).rev().flat_map(move |place| {
            let mut word = self.word(place);
            if place == last {
                word &= (1u64 << (length % 64)) - 1;
            }
            std::iter::from_fn(move || {
                let bit = 63u32.checked_sub(word.leading_zeros())?;
                word &= !(1u64 << bit);
                u32::try_from(place).ok().map(|place| place * 64 + bit)
            })
        })
    }

    fn word(&self, place: usize) -> u64 {
        self.words.get(place).copied().unwrap_or(self.fill())
    }

    fn fill(&self) -> u64 {
        if self.tail { u64::MAX } else { 0 }
    }

    fn trimmed(mut self) -> Self {
        let fill = self.fill();
        while self.words.last() == Some(&fill) {
            self.words.pop();
        }
        self
    }

    fn combined(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let length = self.words.len().max(other.words.len());
        let words = (0..length).map(|place| combine(self.word(place), other.word(place))).collect();
        let tail = combine(self.fill(), other.fill()) == u64::MAX;
        Self { tail, words }.trimmed()
    }

    fn all_words(&self, other: &Self, fits: impl Fn(u64, u64) -> bool) -> bool {
        let length = self.words.len().max(other.words.len());
        (0..length).all(|place| fits(self.word(place), other.word(place)))
            && fits(self.fill(), other.fill())
    }
}

fn word_of(position: u32) -> usize {
    position as usize / 64
}

impl VersionSet for Versions {
    type V = u32;

    fn empty() -> Self {
        Self { tail: false, words: Words::new() }
    }

    fn full() -> Self {
        Self { tail: true, words: Words::new() }
    }

    fn singleton(version: u32) -> Self {
        let mut words: Words = SmallVec::from_elem(0, word_of(version) + 1);
        words[word_of(version)] = 1 << (version % 64);
        Self { tail: false, words }
    }

    fn complement(&self) -> Self {
        Self { tail: !self.tail, words: self.words.iter().map(|word| !word).collect() }
    }

    fn intersection(&self, other: &Self) -> Self {
        self.combined(other, |left, right| left & right)
    }

    fn union(&self, other: &Self) -> Self {
        self.combined(other, |left, right| left | right)
    }

    fn contains(&self, version: &u32) -> bool {
        self.word(word_of(*version)) >> (version % 64) & 1 == 1
    }

    fn is_disjoint(&self, other: &Self) -> bool {
        self.all_words(other, |left, right| left & right == 0)
    }

    fn subset_of(&self, other: &Self) -> bool {
        self.all_words(other, |left, right| left & !right == 0)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = u32::try_from(self.words.len()).unwrap_or(u32::MAX / 64);
        let listed: Vec<String> = self.positions(words * 64).map(|at| at.to_string()).collect();
        write!(f, "{{{}{}}}", listed.join(" "), if self.tail { " …" } else { "" })
    }
}

impl fmt::Debug for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// More than two words, so that sets on the heap are met too.
    const LENGTH: u32 = 200;

    fn positions() -> impl Strategy<Value = BTreeSet<u32>> {
        prop::collection::btree_set(0..LENGTH, 0..40)
    }

    fn set(positions: &BTreeSet<u32>) -> Versions {
        let runs: Vec<Range<u32>> = positions.iter().map(|at| *at..at + 1).collect();
        Versions::from_runs(&runs)
    }

    fn listed(set: &Versions) -> BTreeSet<u32> {
        set.positions(LENGTH).collect()
    }

    proptest! {
        #[test]
        fn sets_behave_as_sets_do(left in positions(), right in positions()) {
            let (a, b) = (set(&left), set(&right));
            prop_assert_eq!(listed(&a), left.clone());
            prop_assert_eq!(listed(&a.intersection(&b)), &left & &right);
            prop_assert_eq!(listed(&a.union(&b)), &left | &right);
            prop_assert_eq!(a.is_disjoint(&b), left.is_disjoint(&right));
            prop_assert_eq!(a.subset_of(&b), left.is_subset(&right));
            prop_assert_eq!(a == b, left == right);
        }

        #[test]
        fn complements_are_canonical(left in positions(), right in positions()) {
            let (a, b) = (set(&left), set(&right));
            prop_assert_eq!(&a.complement().complement(), &a);
            prop_assert_eq!(a.union(&a.complement()), Versions::full());
            prop_assert_eq!(a.intersection(&a.complement()), Versions::empty());
            prop_assert_eq!(
                a.union(&b).complement(),
                a.complement().intersection(&b.complement())
            );
        }

        #[test]
        fn a_set_is_read_from_either_end(left in positions(), length in 0..LENGTH) {
            let a = set(&left);
            let mut descending: Vec<u32> = a.descending(length).collect();
            descending.reverse();
            prop_assert_eq!(descending, a.positions(length).collect::<Vec<_>>());
            let complement = a.complement();
            prop_assert_eq!(
                complement.descending(length).count() + a.descending(length).count(),
                length as usize
            );
        }

        #[test]
        fn runs_are_their_positions(start in 0..LENGTH, length in 0..LENGTH) {
            let run = start..(start + length).min(LENGTH);
            prop_assert_eq!(listed(&Versions::from_runs(std::slice::from_ref(&run))), run.collect());
        }
    }
}
