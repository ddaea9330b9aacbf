//! Lowering: the runs of a sorted listing that specifiers mean.

use std::cmp::Ordering;
use std::ops::Range;

use smallvec::{SmallVec, smallvec};

use super::{Operand, Operator, Specifier, Specifiers, has_prefix, public};
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
        let end = position(versions.len());
        let cut = |before: &dyn Fn(&Version) -> bool| {
            position(versions.partition_point(|item| before(version_of(item))))
        };
        let version = match &self.operand {
            Operand::Version(version) => version,
            Operand::Text(_) => {
                let listed = versions.iter().map(version_of).enumerate();
                let meant = listed.filter(|(_, version)| self.contains(version));
                return meant.map(|(place, _)| position(place)..position(place + 1)).collect();
            }
        };
        // The version itself with its local versions: nothing if it is not listed.
        let itself = || {
            let start = cut(&|listed| *listed < *version);
            let behind = cut(&|listed| {
                if version.is_local() { listed <= version } else { public(listed) <= *version }
            });
            start..behind
        };
        let prefix = |numbers: &[u64]| {
            let epoch = version.epoch();
            let below = |listed: &Version| release_order(listed, epoch, numbers) == Ordering::Less;
            cut(&below)..cut(&|listed| below(listed) || has_prefix(listed, epoch, numbers))
        };
        match self.operator {
            Operator::Arbitrary | Operator::Equal => smallvec![itself()],
            Operator::NotEqual => smallvec![0..itself().start, itself().end..end],
            Operator::EqualPrefix => smallvec![prefix(version.release())],
            Operator::NotEqualPrefix => {
                let hole = prefix(version.release());
                smallvec![0..hole.start, hole.end..end]
            }
            Operator::LessEqual => smallvec![0..itself().end],
            Operator::GreaterEqual => smallvec![itself().start..end],
            Operator::Less if version.any_prerelease() => smallvec![0..itself().start],
            Operator::Less => {
                let preview = version.clone().with_dev(Some(0));
                smallvec![0..cut(&|listed| *listed < preview)]
            }
            Operator::Greater => {
                let successors =
                    |listed: &Version| listed <= version || super::is_successor_of(listed, version);
                smallvec![cut(&successors)..end]
            }
            Operator::Compatible => {
                let numbers = version.release();
                let run = prefix(&numbers[..numbers.len().saturating_sub(1)]);
                smallvec![itself().start.max(run.start)..run.end.max(run.start)]
            }
        }
    }
}

/// How the numbers of a version compare with a prefix, missing numbers counting as zero.
fn release_order(version: &Version, epoch: u64, prefix: &[u64]) -> Ordering {
    version.epoch().cmp(&epoch).then_with(|| {
        let release = version.release();
        let numbers = (0..prefix.len()).map(|place| release.get(place).copied().unwrap_or(0));
        numbers.cmp(prefix.iter().copied())
    })
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
    }
}
