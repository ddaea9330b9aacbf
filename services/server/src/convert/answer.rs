//! An answer in full, to the bytes that are remembered.
//!
//! Invariant: the bytes depend on the answer alone. The project's name, statistics and whatever else
//! belongs to one caller is absent; [`Shape::response`](super::Shape::response) fills it in.

use bytes::Bytes;
use engine::{
    Answer, Artifact, Completeness, Details, Edge, EdgeKind, Exhausted, Group, MemberPick, Need,
    NpmFolder, NpmPurpose, Outcome, Package, Solution, UnusedPatch, Warning, WarningCode,
};
use prost::Message as _;
use proto::v1;
use proto::v1::project_answer::Outcome as WireOutcome;

use super::conflict::conflict;
use super::time::wire_instant;

/// The most names of packages in conflict that an exhausted budget tells.
const MAX_CONTENDED: usize = 20;

/// Encodes an answer as a `ResolveResponse` without anything that belongs to one caller.
pub fn encode(answer: &Answer) -> Bytes {
    let response = v1::ResolveResponse {
        answers: vec![v1::ProjectAnswer {
            project: String::new(),
            warnings: answer.warnings.iter().map(warning).collect(),
            outcome: Some(outcome(&answer.outcome)),
        }],
        freshness: Some(freshness(answer)),
        snapshot_token: answer.snapshot_token.clone(),
        key: answer.key.clone(),
        answer_id: answer.id.clone(),
        not_modified: false,
        relative_to: String::new(),
        statistics: None,
    };
    response.encode_to_vec().into()
}

fn outcome(outcome: &Outcome) -> WireOutcome {
    match outcome {
        Outcome::Solution(found) => WireOutcome::Solution(solution(found)),
        Outcome::Conflict(found) => WireOutcome::Conflict(conflict(found)),
        Outcome::Needs(needs) => {
            WireOutcome::Needs(v1::Needs { needs: needs.iter().map(need).collect() })
        }
        Outcome::Exhausted(spent) => WireOutcome::Exhausted(exhausted(spent)),
    }
}

fn solution(solution: &Solution) -> v1::Solution {
    v1::Solution {
        groups: solution.groups.iter().map(group).collect(),
        root_edges: solution.root_edges.iter().map(root_edge).collect(),
        members: solution.members.iter().map(member).collect(),
        unused_patches: solution.unused_patches.iter().map(unused_patch).collect(),
        removed_slots: Vec::new(),
    }
}

fn member(member: &MemberPick) -> v1::MemberPick {
    v1::MemberPick {
        slot: member.slot.clone(),
        name: member.name.clone(),
        version: member.version.clone(),
        features: sorted(&member.features),
        path: member.npm.as_ref().map(|npm| npm.path.clone()).unwrap_or_default(),
        purpose: member.npm.as_ref().map(|npm| purpose(npm.purpose)),
        links: member.npm.as_ref().map(links).unwrap_or_default(),
    }
}

fn links(folder: &NpmFolder) -> Vec<v1::NpmLink> {
    let link = |(location, of): &(String, NpmPurpose)| v1::NpmLink {
        location: location.clone(),
        purpose: Some(purpose(*of)),
    };
    folder.links.iter().map(link).collect()
}

fn purpose(purpose: NpmPurpose) -> v1::NpmPurpose {
    let NpmPurpose {
        is_dev,
        is_optional,
        is_dev_optional,
        is_peer,
        is_extraneous,
        is_inert,
        is_bundled: _,
    } = purpose;
    v1::NpmPurpose {
        dev: is_dev,
        optional: is_optional,
        dev_optional: is_dev_optional,
        peer: is_peer,
        extraneous: is_extraneous,
        inert: is_inert,
    }
}

fn unused_patch(unused: &UnusedPatch) -> v1::UnusedPatch {
    v1::UnusedPatch {
        patch: u32::try_from(unused.patch).unwrap_or(u32::MAX),
        name: unused.name.clone(),
        version: unused.version.clone(),
        lock_source: unused.lock_source.clone(),
    }
}

fn group(group: &Group) -> v1::RegistryGroup {
    let mut packages: Vec<_> = group.packages.iter().map(package).collect();
    packages.sort_by(|a, b| a.slot.cmp(&b.slot));
    v1::RegistryGroup {
        registry: group.registry.clone(),
        kind: group.kind.clone(),
        public_url: group.public_url.clone(),
        lock_source: group.lock_source.clone(),
        packages,
    }
}

fn package(package: &Package) -> v1::Package {
    let acceptable = &package.acceptable;
    let named = |places: &[u32]| -> Vec<String> {
        places.iter().map(|place| acceptable.versions[*place as usize].clone()).collect()
    };
    let with_versions = |one: &Edge| v1::Edge { versions: named(&one.versions), ..edge(one) };
    let mut edges: Vec<_> = package.edges.iter().map(with_versions).collect();
    edges.sort_by(|a, b| (&a.target, &a.requirement).cmp(&(&b.target, &b.requirement)));
    v1::Package {
        slot: package.slot.clone(),
        name: package.name.clone(),
        version: package.version.clone(),
        acceptable_versions: acceptable.versions.clone(),
        acceptable_completeness: completeness(acceptable.completeness).into(),
        artifacts: package.artifacts.iter().map(artifact).collect(),
        edges,
        direct: package.direct,
        // The chosen version is the first.
        held: acceptable.held.first() == Some(&0),
        yanked: package.yanked,
        held_versions: named(&acceptable.held),
        versions_behind: package.behind,
        admitted: package
            .admitted
            .iter()
            .map(|one| v1::AdmittedVersions {
                range: one.range.clone(),
                extras: one.extras.clone(),
                versions: named(&one.versions),
            })
            .collect(),
        details: Some(details(&package.details)),
    }
}

fn completeness(completeness: Completeness) -> v1::AcceptableCompleteness {
    match completeness {
        Completeness::NotTried => v1::AcceptableCompleteness::NotTried,
        Completeness::Complete => v1::AcceptableCompleteness::Complete,
        Completeness::Reach => v1::AcceptableCompleteness::Reach,
        Completeness::Budget => v1::AcceptableCompleteness::Budget,
        Completeness::Unreadable => v1::AcceptableCompleteness::Unreadable,
    }
}

fn details(details: &Details) -> v1::package::Details {
    match details {
        Details::Pypi(pypi) => v1::package::Details::Pypi(v1::PypiPackage {
            extras: sorted(&pypi.extras),
            requires_python: pypi.requires_python.clone(),
            marker: String::new(),
        }),
        Details::Cargo(cargo) => {
            let built = cargo.build.as_ref();
            v1::package::Details::Cargo(v1::CargoPackage {
                features: sorted(&cargo.features),
                checksum: cargo.checksum.clone(),
                links: cargo.links.clone(),
                rust_version: cargo.rust_version.clone(),
                for_target: built.is_some_and(|built| built.for_target),
                for_host: built.is_some_and(|built| built.for_host),
                host_features: built.map(|built| sorted(&built.host_features)).unwrap_or_default(),
            })
        }
        Details::Npm(npm) => v1::package::Details::Npm(v1::NpmPackage {
            location: npm.location.clone(),
            alias: npm.alias.clone(),
            integrity: npm.integrity.clone(),
            purpose: Some(purpose(npm.purpose)),
            in_bundle: npm.in_bundle,
            has_install_script: npm.has_install_script,
            has_shrinkwrap: npm.has_shrinkwrap,
            has_unread_bundle: npm.has_unread_bundle,
            deprecated: npm.deprecated.clone(),
            manifest: npm.manifest.clone(),
        }),
    }
}

fn artifact(artifact: &Artifact) -> v1::Artifact {
    v1::Artifact {
        filename: artifact.filename.clone(),
        url: artifact.url.clone(),
        size: artifact.size,
        hashes: sorted(&artifact.hashes),
        requires_python: artifact.requires_python.clone(),
        upload_time: artifact.uploaded_at.map(wire_instant),
        yanked_reason: artifact.yanked_reason.clone(),
    }
}

pub(super) fn edge(edge: &Edge) -> v1::Edge {
    v1::Edge {
        target: edge.target.clone(),
        requirement: edge.requirement.clone(),
        range: edge.range.clone(),
        extras: sorted(&edge.extras),
        marker: edge.marker.clone(),
        kind: kind(edge.kind).into(),
        dependency_set: String::new(),
        versions: Vec::new(),
        alias: edge.alias.clone(),
        member: edge.member.clone(),
    }
}

fn kind(kind: EdgeKind) -> v1::EdgeKind {
    match kind {
        EdgeKind::Normal => v1::EdgeKind::Normal,
        EdgeKind::Optional => v1::EdgeKind::Optional,
        EdgeKind::Dev => v1::EdgeKind::Dev,
        EdgeKind::Build => v1::EdgeKind::Build,
        EdgeKind::Peer => v1::EdgeKind::Peer,
    }
}

/// An edge of the project itself. Its dependency set is the caller's word for it: what is remembered
/// in its stead is the place of the requirement among those that the engine got.
pub(super) fn root_edge(root: &Edge) -> v1::Edge {
    let place = root.root.map(|place| place.to_string());
    v1::Edge { dependency_set: place.unwrap_or_default(), ..edge(root) }
}

fn need(need: &Need) -> v1::Need {
    let filenames = need.filenames.clone();
    v1::Need {
        package: need.package.clone(),
        version: need.version.clone(),
        what: Some(v1::need::What::SdistMetadata(v1::SdistMetadata { filenames })),
        reason: need.reason.clone(),
    }
}

/// Which limit ended the work is known per call; see [`Shape::response`](super::Shape::response).
fn exhausted(exhausted: &Exhausted) -> v1::Exhausted {
    let limit = if exhausted.by_time { v1::BudgetLimit::SolveTime } else { v1::BudgetLimit::Steps };
    let mut decided: Vec<_> = exhausted
        .decided
        .iter()
        .map(|(name, version)| v1::TentativePackage {
            project: String::new(),
            name: name.clone(),
            version: version.clone(),
        })
        .collect();
    decided.sort_by(|a, b| a.name.cmp(&b.name));
    v1::Exhausted {
        limit: limit.into(),
        decided,
        contended: exhausted.contended.iter().take(MAX_CONTENDED).cloned().collect(),
    }
}

fn warning(warning: &Warning) -> v1::Warning {
    let code = match warning.code {
        WarningCode::UnknownExtra => v1::WarningCode::UnknownExtra,
        WarningCode::LenientMetadata => v1::WarningCode::LenientMetadata,
        WarningCode::SkippedVersions => v1::WarningCode::SkippedVersions,
        WarningCode::Yanked => v1::WarningCode::Yanked,
        WarningCode::Prerelease => v1::WarningCode::Prerelease,
        WarningCode::Deprecated => v1::WarningCode::Deprecated,
        WarningCode::WheelsDiffer => v1::WarningCode::WheelsDiffer,
        WarningCode::NoEffect => v1::WarningCode::NoEffect,
        WarningCode::BuildBound => v1::WarningCode::BuildBound,
        WarningCode::Unmet => v1::WarningCode::Unmet,
        WarningCode::Adjusted => v1::WarningCode::Adjusted,
        WarningCode::Engine => v1::WarningCode::Engine,
        WarningCode::Platform => v1::WarningCode::Platform,
        WarningCode::UnreadBundle => v1::WarningCode::UnreadBundle,
    };
    v1::Warning { code: code.into(), text: warning.text.clone(), package: warning.package.clone() }
}

fn freshness(answer: &Answer) -> v1::AnswerFreshness {
    let mut stamps: Vec<_> = answer
        .stamps
        .iter()
        .map(|stamp| v1::Stamp {
            registry: stamp.registry.to_string(),
            document: stamp.document.clone(),
            validator: stamp.validator.clone().unwrap_or_default(),
            content_hash: hex("blake3", &stamp.content_hash),
            read_at: (!stamp.registry.is_empty()).then(|| wire_instant(stamp.read_at)),
        })
        .collect();
    stamps.sort_by(|a, b| (&a.registry, &a.document).cmp(&(&b.registry, &b.document)));
    // When facts were vouched for differs from call to call.
    v1::AnswerFreshness { stamps, ..v1::AnswerFreshness::default() }
}

/// A hash as the contract writes it: `algorithm:digits`.
fn hex(algorithm: &str, bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{algorithm}:");
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes whatever is written");
    }
    text
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut sorted = texts.to_vec();
    sorted.sort();
    sorted
}
