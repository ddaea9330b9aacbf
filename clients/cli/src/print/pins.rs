//! One line per package, for programs and comparisons.

use std::collections::BTreeSet;

use proto::v1::Solution;

/// Tells a solution as lines `name version`, sorted by bytes and unique.
pub fn pins(solution: &Solution) -> String {
    let packages = solution.groups.iter().flat_map(|group| &group.packages);
    let lines: BTreeSet<String> =
        packages.map(|package| format!("{} {}\n", package.name, package.version)).collect();
    lines.into_iter().collect()
}
