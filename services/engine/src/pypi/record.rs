//! From what the solver found to what the caller is told.

use ecosystems::pypi::{File, ProjectStatus, Yanked};
use solver::pypi::{Edge as SolverEdge, Pick, Problem, Root, Solution as Solved};
use solver::widen::AcceptableSet;

use super::Pypi;
use super::supplied::Supplied;
use crate::answer::{
    Artifact, Details, Edge, Outcome, Package, PypiDetails, Solution, Suggestion, Warning,
    WarningCode,
};
use crate::facts::{Snapshot, Unreadable};
use crate::reader::Reader;
use crate::record::Filled;
use crate::{Error, record};

/// Groups what was chosen by the registry that stores it, as the facts have it that it was found
/// with.
pub(super) fn solution(
    (facts, reader): (&Snapshot<Pypi>, &Reader<Pypi>),
    problem: &Problem,
    solved: &Solved,
    sets: &[AcceptableSet<SolverEdge>],
) -> Result<Outcome, Error> {
    let mut groups = record::groups(reader);
    for (at, pick) in solved.picks.iter().enumerate() {
        let place = facts.listing(&pick.name).and_then(|known| known.registry);
        let group = place.and_then(|place| groups.get_mut(place));
        let group = group.ok_or_else(|| Error::internal(&"a pick comes from no registry"))?;
        group.packages.push(package(problem, pick, sets.get(at)));
    }
    groups.retain(|group| !group.packages.is_empty());
    let root_edges = solved.root_edges.iter().map(|edge| root_edge(problem, edge)).collect();
    Ok(Outcome::Solution(Solution { groups, root_edges, ..Solution::default() }))
}

/// What the caller should know besides.
pub(super) fn warnings(
    solved: &Solved,
    unreadable: &[Unreadable],
    supplied: &Supplied,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for Unreadable { package, version, reason } in unreadable {
        warnings.push(Warning {
            code: WarningCode::SkippedVersions,
            text: format!("`{package}` {version} was passed over: {reason}"),
            package: package.clone(),
        });
    }
    for (package, version, required) in &solved.by_url {
        warnings.push(Warning {
            code: WarningCode::SkippedVersions,
            text: format!(
                "`{package}` {version} was passed over: it requires `{required}` from a URL, for \
                 which no registry answers"
            ),
            package: package.to_string(),
        });
    }
    solved.picks.iter().for_each(|pick| warn(pick, &mut warnings));
    for (name, version) in supplied.unused(solved) {
        warnings.push(Warning {
            code: WarningCode::NoEffect,
            text: format!(
                "the metadata supplied for `{name}` {version} had no effect: that version is not in \
                 the answer"
            ),
            package: name.to_string(),
        });
    }
    for (name, extra) in &solved.unknown_extras {
        warnings.push(Warning {
            code: WarningCode::UnknownExtra,
            text: format!("`{name}` does not offer the extra `{extra}` in the chosen version"),
            package: name.to_string(),
        });
    }
    warnings.sort();
    warnings
}

/// How many newer versions there are: pre-releases aside, unless that is what was chosen.
fn behind(problem: &Problem, pick: &Pick) -> u32 {
    let takes_previews = pick.version().any_prerelease();
    let newer = &pick.listing.releases[pick.position as usize + 1..];
    record::behind(newer.iter().map(|release| {
        let is_there = |file: &File| {
            let too_new = |before| file.uploaded_at.is_none_or(|uploaded_at| uploaded_at >= before);
            !file.is_yanked() && !problem.policy.before.is_some_and(too_new)
        };
        (takes_previews || !release.version.any_prerelease()) && release.files.iter().any(is_there)
    }))
}

fn package(problem: &Problem, pick: &Pick, set: Option<&AcceptableSet<SolverEdge>>) -> Package {
    let filled = Filled::of(
        set,
        (pick.position, || pick.edges.iter().map(edge).collect()),
        |position| pick.listing.releases[position as usize].version.to_string(),
        |_, edges| edges.iter().map(edge).collect(),
        |position| problem.is_held(&pick.name, &pick.listing.releases[position as usize].version),
    );
    let mut best_first: Vec<&File> = pick.installable().collect();
    best_first.sort_by_cached_key(|file| problem.environment.preference(file));
    let ranges: Vec<String> = pick
        .installable()
        .map(|file| file.requires_python.as_ref().map_or_else(String::new, ToString::to_string))
        .collect();
    let agreed = ranges.first().filter(|first| ranges.iter().all(|range| range == *first));
    let details = PypiDetails {
        extras: pick.extras.iter().map(ToString::to_string).collect(),
        requires_python: agreed.cloned().unwrap_or_default(),
    };
    Package {
        slot: pick.name.to_string(),
        name: pick.name.to_string(),
        version: pick.version().to_string(),
        artifacts: best_first.into_iter().map(artifact).collect(),
        acceptable: filled.acceptable,
        edges: filled.edges,
        admitted: Vec::new(),
        behind: behind(problem, pick),
        direct: pick.is_direct,
        yanked: pick.installable().any(File::is_yanked),
        details: Details::Pypi(details),
    }
}

fn artifact(file: &File) -> Artifact {
    Artifact {
        filename: file.filename.to_string(),
        url: file.url.to_string(),
        size: file.size,
        hashes: file.hashes.iter().map(ToString::to_string).collect(),
        requires_python: file
            .requires_python
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        uploaded_at: file.uploaded_at,
        yanked_reason: match &file.yanked {
            Yanked::No => None,
            Yanked::Yes(reason) => Some(reason.to_string()),
        },
    }
}

fn edge(edge: &SolverEdge) -> Edge {
    let extras: Vec<String> = edge.extras.iter().map(ToString::to_string).collect();
    let bracket = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let condition =
        if edge.marker.is_empty() { String::new() } else { format!("; {}", edge.marker) };
    Edge {
        target: edge.target.to_string(),
        requirement: format!("{}{bracket}{}{condition}", edge.target, edge.range),
        range: edge.range.clone(),
        extras,
        marker: edge.marker.clone(),
        root: edge.root,
        ..Edge::default()
    }
}

fn root_edge(problem: &Problem, found: &SolverEdge) -> Edge {
    let mut edge = edge(found);
    if let Some(written) = found.root.and_then(|place| problem.requirements.get(place)) {
        edge.requirement = written.requirement.to_string();
    }
    edge
}

fn warn(pick: &Pick, warnings: &mut Vec<Warning>) {
    let package = pick.name.to_string();
    let mut warn = |code, text: String| {
        warnings.push(Warning { code, text, package: package.clone() });
    };
    let version = pick.version();
    if version.any_prerelease() {
        warn(WarningCode::Prerelease, format!("`{package}` {version} is a pre-release"));
    }
    for file in pick.installable().filter(|file| file.is_yanked()) {
        warn(WarningCode::Yanked, format!("`{}` is yanked", file.filename));
    }
    match pick.listing.status {
        ProjectStatus::Archived | ProjectStatus::Deprecated => {
            warn(WarningCode::Deprecated, format!("`{package}` is no longer maintained"));
        }
        ProjectStatus::Active | ProjectStatus::Quarantined => {}
    }
    for warning in &pick.warnings {
        warn(WarningCode::LenientMetadata, format!("`{package}` {version}: {warning}"));
    }
    if let Some(text) = record::first_of(&pick.listing.warnings) {
        warn(WarningCode::SkippedVersions, text);
    }
}

/// The requirement at `place` was left out, and so there is a solution.
pub(super) fn suggestion(place: usize, left_out: &Root, solved: &Solved) -> Suggestion {
    let requirement = &left_out.requirement;
    let chosen = solved.picks.iter().find(|pick| pick.name == requirement.name);
    let chosen = chosen.map(|pick| (&pick.name as _, pick.version() as _));
    record::without(place, requirement, chosen)
}
