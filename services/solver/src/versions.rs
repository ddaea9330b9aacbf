//! Sets of versions as bits over positions: those of a listing, or of the atoms of a line.

use std::fmt;
use std::ops::Range;

use pubgrub::VersionSet;
use smallvec::SmallVec;

/// A set of positions, closed under complement.
///
/// A listing and a line have finitely many positions, but the complement of a set must be one
/// whatever their length, so a set says of all positions behind its words whether they are in it:
/// its tail.
///
/// Invariant: a set is short if all positions behind the first 128 are as its tail says, so that equal
/// sets are equal in memory.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Versions(Form);

/// How a set lies in memory. Nearly all are short, and a search makes many thousands.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    Short {
        tail: bool,
        words: [u64; 2],
    },
    /// The last word differs from what the tail says.
    Long {
        tail: bool,
        words: Box<[u64]>,
    },
}

impl Versions {
    /// The set of all positions in `runs`.
    pub fn from_runs(runs: &[Range<u32>]) -> Self {
        let mut versions = Self::empty();
        for run in runs {
            versions.insert(run.clone());
        }
        versions
    }

    /// Adds the positions in `run`.
    pub(crate) fn insert(&mut self, run: Range<u32>) {
        if run.is_empty() {
            return;
        }
        let (first, last) = (word_of(run.start), word_of(run.end - 1));
        let added = |place: usize, word: u64| {
            if place < first || last < place {
                return word;
            }
            let start = if place == first { run.start % 64 } else { 0 };
            let end = if place == last { (run.end - 1) % 64 } else { 63 };
            word | (u64::MAX << start) & (u64::MAX >> (63 - end))
        };
        match &mut self.0 {
            Form::Short { words: [left, right], .. } if last < 2 => {
                (*left, *right) = (added(0, *left), added(1, *right));
            }
            _ => {
                let length = self.length().max(last + 1);
                let words = (0..length).map(|place| added(place, self.word(place)));
                *self = Self::new(self.tail(), words.collect());
            }
        }
    }

    /// The set of single positions, in whatever order.
    pub fn of(positions: impl Iterator<Item = u32>) -> Self {
        let mut words: SmallVec<[u64; 8]> = SmallVec::from_slice(&[0; 2]);
        for position in positions {
            let place = word_of(position);
            if words.len() <= place {
                words.resize(place + 1, 0);
            }
            words[place] |= 1 << (position % 64);
        }
        match words[..] {
            [left, right] => Self(Form::Short { tail: false, words: [left, right] }),
            _ => Self(Form::Long { tail: false, words: words.into_boxed_slice() }),
        }
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

    /// How many positions are in the set; none if they are without end.
    pub(crate) fn count(&self) -> Option<u32> {
        (!self.tail()).then(|| self.words().iter().map(|word| word.count_ones()).sum())
    }

    /// The set of these words, with all behind them as the tail says.
    fn new(tail: bool, mut words: Vec<u64>) -> Self {
        let fill = if tail { u64::MAX } else { 0 };
        while words.last() == Some(&fill) {
            words.pop();
        }
        let word = |place: usize| words.get(place).copied().unwrap_or(fill);
        if words.len() <= 2 {
            return Self(Form::Short { tail, words: [word(0), word(1)] });
        }
        Self(Form::Long { tail, words: words.into() })
    }

    fn tail(&self) -> bool {
        match &self.0 {
            Form::Short { tail, .. } | Form::Long { tail, .. } => *tail,
        }
    }

    fn words(&self) -> &[u64] {
        match &self.0 {
            Form::Short { words, .. } => words,
            Form::Long { words, .. } => words,
        }
    }

    fn word(&self, place: usize) -> u64 {
        self.words().get(place).copied().unwrap_or(self.fill())
    }

    fn length(&self) -> usize {
        self.words().len()
    }

    fn fill(&self) -> u64 {
        if self.tail() { u64::MAX } else { 0 }
    }

    fn combined(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let tail = combine(self.fill(), other.fill()) == u64::MAX;
        if let (Form::Short { words: [a, b], .. }, Form::Short { words: [c, d], .. }) =
            (&self.0, &other.0)
        {
            return Self(Form::Short { tail, words: [combine(*a, *c), combine(*b, *d)] });
        }
        let length = self.length().max(other.length());
        let words = (0..length).map(|place| combine(self.word(place), other.word(place)));
        Self::new(tail, words.collect())
    }

    fn all_words(&self, other: &Self, fits: impl Fn(u64, u64) -> bool) -> bool {
        let length = self.length().max(other.length());
        fits(self.fill(), other.fill())
            && (0..length).all(|place| fits(self.word(place), other.word(place)))
    }
}

fn word_of(position: u32) -> usize {
    position as usize / 64
}

impl VersionSet for Versions {
    type V = u32;

    fn empty() -> Self {
        Self(Form::Short { tail: false, words: [0; 2] })
    }

    fn full() -> Self {
        Self(Form::Short { tail: true, words: [u64::MAX; 2] })
    }

    fn singleton(version: u32) -> Self {
        let mut set = Self::empty();
        set.insert(version..version + 1);
        set
    }

    fn complement(&self) -> Self {
        match &self.0 {
            Form::Short { tail, words: [a, b] } => {
                Self(Form::Short { tail: !tail, words: [!a, !b] })
            }
            Form::Long { tail, words } => {
                Self(Form::Long { tail: !tail, words: words.iter().map(|word| !word).collect() })
            }
        }
    }

    fn intersection(&self, other: &Self) -> Self {
        self.combined(other, |left, right| left & right)
    }

    fn difference(&self, other: &Self) -> Self {
        self.combined(other, |left, right| left & !right)
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
        let words = u32::try_from(self.length()).unwrap_or(u32::MAX / 64);
        let listed: Vec<String> = self.positions(words * 64).map(|at| at.to_string()).collect();
        write!(f, "{{{}{}}}", listed.join(" "), if self.tail() { " …" } else { "" })
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
            prop_assert_eq!(listed(&a.difference(&b)), &left - &right);
            prop_assert_eq!(a.difference(&b.complement()), a.intersection(&b));
            prop_assert_eq!(a.count(), u32::try_from(left.len()).ok());
            prop_assert_eq!(a.complement().count(), None);
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
