//! Lowering: the runs of a sorted listing that specifiers mean.

use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use super::{Cut, Specifier, Specifiers};
use crate::pypi::Version;

/// Runs of positions, ascending, apart from each other, none empty.
pub type Runs = SmallVec<[Range<u32>; 2]>;

impl Specifiers {
    /// The positions of `versions` that the specifiers mean, pre-releases included.
    ///
    /// `versions` is strictly ascending. `version_of` looks into one of its items.
    pub fn lower<T>(&self, versions: &[T], version_of: impl Fn(&T) -> &Version + Copy) -> Runs {
        let mut runs: Runs = smallvec![0..position(versions.len())];
        for specifier in &self.0 {
            runs = intersect(&runs, &specifier.lower(versions, version_of));
        }
        runs.retain(|run| run.start < run.end);
        runs
    }
}

impl Specifier {
    fn lower<T>(&self, versions: &[T], version_of: impl Fn(&T) -> &Version + Copy) -> Runs {
        let Some(spans) = self.spans() else {
            let listed = versions.iter().map(version_of).enumerate();
            let meant = listed.filter(|(_, version)| self.contains(version));
            return meant.map(|(place, _)| position(place)..position(place + 1)).collect();
        };
        let below =
            |cut: &Cut| position(versions.partition_point(|item| cut.is_above(version_of(item))));
        let runs = spans.iter().map(|span| {
            let start = span.start.as_ref().map_or(0, below);
            let end = span.end.as_ref().map_or(position(versions.len()), below);
            start..end.max(start)
        });
        runs.collect()
    }
}

/// A listing of more than four thousand million versions does not fit into memory.
fn position(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn intersect(left: &[Range<u32>], right: &[Range<u32>]) -> Runs {
    let mut runs = Runs::new();
    for a in left {
        for b in right {
            let (start, end) = (a.start.max(b.start), a.end.min(b.end));
            if start < end {
                runs.push(start..end);
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version() -> impl Strategy<Value = Version> {
        let suffix = prop::sample::select(vec![
            "",
            "",
            "",
            ".dev0",
            ".dev1",
            "a0",
            "a1",
            "a1.dev0",
            "a1.post0",
            "b2",
            "rc1",
            "rc1.post0.dev1",
            ".post0",
            ".post1",
            ".post1.dev0",
            "+local",
            "+local.1",
            ".post1+local",
            "rc1+x",
        ]);
        let release = prop::collection::vec(0u64..4, 1..4);
        (prop::sample::select(vec!["", "", "", "1!"]), release, suffix).prop_map(
            |(epoch, release, suffix)| {
                let numbers: Vec<String> = release.iter().map(u64::to_string).collect();
                format!("{epoch}{}{suffix}", numbers.join(".")).parse().unwrap()
            },
        )
    }

    fn specifier() -> impl Strategy<Value = Specifiers> {
        let operators = ["~=", "==", "!=", "<=", ">=", "<", ">", "==*", "!=*", "==="];
        (prop::sample::select(operators.to_vec()), version()).prop_filter_map(
            "the standard knows no such pair",
            |(operator, version)| {
                let text = match operator.strip_suffix('*') {
                    Some(operator) => format!("{operator}{}.*", version.only_release()),
                    None => format!("{operator}{version}"),
                };
                Specifiers::parse(&text).ok()
            },
        )
    }

    fn holds(runs: &Runs, at: u32) -> bool {
        runs.iter().any(|run| run.contains(&at))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        /// The law of lowering, and, as whatever is not in a run is in the complement, that of the
        /// complement too.
        #[test]
        fn a_version_is_lowered_exactly_when_the_standard_means_it(
            versions in prop::collection::btree_set(version(), 0..30),
            left in specifier(),
            right in specifier(),
        ) {
            let versions: Vec<Version> = versions.into_iter().collect();
            let both: Specifiers = left.iter().chain(right.iter()).cloned().collect();
            for specifiers in [&left, &both] {
                let runs = specifiers.lower(&versions, |version| version);
                for (place, version) in versions.iter().enumerate() {
                    prop_assert_eq!(
                        holds(&runs, position(place)),
                        specifiers.contains(version),
                        "{} in {:?}", version, specifiers
                    );
                }
                for pair in runs.windows(2) {
                    prop_assert!(pair[0].end <= pair[1].start);
                }
            }
        }

        /// Of two cuts the higher one is above all that the lower one is above, and the order of
        /// three is one order.
        #[test]
        fn cuts_are_ordered_as_places_are(
            versions in prop::collection::btree_set(version(), 1..30),
            specifiers in prop::collection::vec(specifier(), 3),
        ) {
            let spans = specifiers.iter().flat_map(Specifiers::iter).filter_map(Specifier::spans);
            let mut cuts: Vec<Cut> =
                spans.flatten().flat_map(|span| [span.start, span.end]).flatten().collect();
            cuts.extend(versions.iter().flat_map(|version| [Cut::before(version), Cut::after(version)]));
            cuts.sort();
            for (place, lower) in cuts.iter().enumerate() {
                for higher in &cuts[place..] {
                    prop_assert!(lower <= higher, "{:?} {:?}", lower, higher);
                    for version in &versions {
                        prop_assert!(!lower.is_above(version) || higher.is_above(version));
                    }
                }
            }
        }
    }
}
