//! From what the solver found to what the caller is told.

use ecosystems::pypi::{File, ProjectStatus, Yanked};
use registries::Stamp;
use solver::conflict::{Fact, UserText};
use solver::pypi::{Edge as SolverEdge, Partial, Pick, Problem, Root, Solution as Solved};

use crate::Error;
use crate::answer::{
    Answer, Artifact, Conflict, ConflictFact, Edge, Exhausted, Group, Outcome, Package, Sentence,
    Solution, Suggestion, Warning, WarningCode,
};
use crate::facts::{Snapshot, Unreadable};
use crate::reader::Reader;
use crate::supplied::Supplied;

/// Puts an outcome together with the facts that it rests on.
pub(crate) fn answer(outcome: Outcome, stamps: Vec<Stamp>, key: &cache::Key) -> Answer {
    let mut hasher = blake3::Hasher::new_derive_key("quartermaster snapshot 1");
    for stamp in &stamps {
        hasher.update(stamp.registry.as_bytes()).update(&[0]);
        hasher.update(stamp.document.as_bytes()).update(&[0]);
        hasher.update(&stamp.content_hash);
    }
    Answer {
        outcome,
        warnings: Vec::new(),
        stamps,
        key: blake3::Hash::from_bytes(*key).to_hex().to_string(),
        snapshot_token: hasher.finalize().to_hex().to_string(),
    }
}

/// Groups what was chosen by the registry that stores it, as the facts have it that it was found
/// with.
pub(crate) fn solution(
    facts: &Snapshot,
    reader: &Reader,
    problem: &Problem,
    solved: &Solved,
) -> Result<Outcome, Error> {
    let mut groups: Vec<Group> = reader
        .registries
        .iter()
        .map(|registry| {
            let config = registry.config();
            Group {
                registry: registry.name().to_string(),
                kind: registry.kind().name().to_owned(),
                public_url: config
                    .public_url
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
                lock_source: config.lock_source.clone().unwrap_or_default(),
                packages: Vec::new(),
            }
        })
        .collect();
    for pick in &solved.picks {
        let place = facts.listing(&pick.name).and_then(|known| known.registry);
        let group = place.and_then(|place| groups.get_mut(place));
        let group = group.ok_or_else(|| Error::internal(&"a pick comes from no registry"))?;
        group.packages.push(package(problem, pick));
    }
    groups.retain(|group| !group.packages.is_empty());
    let root_edges = solved.root_edges.iter().map(|edge| root_edge(problem, edge)).collect();
    Ok(Outcome::Solution(Solution { groups, root_edges }))
}

/// What the caller should know besides.
pub(crate) fn warnings(
    solved: &Solved,
    unreadable: &[Unreadable],
    supplied: &Supplied,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for Unreadable { package, version, reason } in unreadable {
        warnings.push(Warning {
            code: WarningCode::SkippedVersions,
            text: format!("`{package}` {version} was passed over: {reason}"),
            package: package.to_string(),
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

fn package(problem: &Problem, pick: &Pick) -> Package {
    let mut best_first: Vec<&File> = pick.installable().collect();
    best_first.sort_by_cached_key(|file| problem.environment.preference(file));
    let ranges: Vec<String> = pick
        .installable()
        .map(|file| file.requires_python.as_ref().map_or_else(String::new, ToString::to_string))
        .collect();
    let agreed = ranges.first().filter(|first| ranges.iter().all(|range| range == *first));
    Package {
        name: pick.name.to_string(),
        version: pick.version().to_string(),
        extras: pick.extras.iter().map(ToString::to_string).collect(),
        artifacts: best_first.into_iter().map(artifact).collect(),
        edges: pick.edges.iter().map(edge).collect(),
        requires_python: agreed.cloned().unwrap_or_default(),
        direct: pick.is_direct,
        yanked: pick.installable().any(File::is_yanked),
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
    let skipped = pick.listing.warnings.len();
    if let Some(first) = pick.listing.warnings.first() {
        let others =
            if skipped > 1 { format!(" (and {} more)", skipped - 1) } else { String::new() };
        warn(WarningCode::SkippedVersions, format!("{first}{others}"));
    }
}

pub(crate) fn conflict(found: solver::conflict::Conflict, suggestions: Vec<Suggestion>) -> Outcome {
    let places = |places: Vec<usize>| -> Vec<u32> {
        places.into_iter().filter_map(|place| u32::try_from(place).ok()).collect()
    };
    let sentences = found.sentences.into_iter().map(|sentence| Sentence {
        text: sentence.text,
        premises: places(sentence.premises),
        facts: places(sentence.facts),
    });
    Outcome::Conflict(Conflict {
        sentences: sentences.collect(),
        facts: found.facts.into_iter().map(fact).collect(),
        suggestions,
    })
}

fn fact(fact: Fact) -> ConflictFact {
    match fact {
        Fact::Requirement { package, versions, requirement, target, range, origin } => {
            ConflictFact::Requirement {
                package: package.unwrap_or_default(),
                versions,
                requirement,
                target,
                target_range: range,
                field: match origin {
                    UserText::None => String::new(),
                    UserText::Requirement(place) => format!("requirements[{place}]"),
                    UserText::Constraint(place) => format!("constraints[{place}]"),
                },
            }
        }
        Fact::Missing { package } => ConflictFact::MissingPackage { package },
        Fact::NoVersion { package, range } => ConflictFact::NoMatchingVersion { package, range },
        Fact::Unavailable { package, versions, reason, text } => {
            ConflictFact::Unavailable { package, versions, reason, text }
        }
    }
}

/// The requirement at `place` was left out, and so there is a solution.
pub(crate) fn suggestion(place: usize, left_out: &Root, solved: &Solved) -> Suggestion {
    let requirement = &left_out.requirement;
    let chosen = solved.picks.iter().find(|pick| pick.name == requirement.name);
    let text = match chosen {
        Some(pick) => format!(
            "Without `{requirement}` there is a solution, with `{}` {}.",
            pick.name,
            pick.version()
        ),
        None => format!("Without `{requirement}` there is a solution."),
    };
    Suggestion { text, field: format!("requirements[{place}]"), replacement: None }
}

pub(crate) fn exhausted(partial: Partial) -> Outcome {
    Outcome::Exhausted(Exhausted {
        by_time: partial.interrupted,
        decided: partial.decided,
        contended: partial.contended,
    })
}
