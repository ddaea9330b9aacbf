//! A conflict, to the wire.

use engine::{Conflict, ConflictFact, Obstacle};
use proto::v1;
use proto::v1::conflict_fact::Fact;

/// Writes a conflict, its fields in the engine's words: see [`place`].
pub(super) fn conflict(conflict: &Conflict) -> v1::Conflict {
    v1::Conflict {
        sentences: conflict
            .sentences
            .iter()
            .map(|sentence| v1::Sentence {
                text: sentence.text.clone(),
                premises: sentence.premises.clone(),
                facts: sentence.facts.clone(),
            })
            .collect(),
        facts: conflict
            .facts
            .iter()
            .map(|one| v1::ConflictFact { fact: Some(fact(one)) })
            .collect(),
        suggestions: conflict
            .suggestions
            .iter()
            .map(|suggestion| v1::RootChange {
                text: suggestion.text.clone(),
                field: suggestion.field.clone(),
                replacement: suggestion.replacement.clone(),
            })
            .collect(),
    }
}

fn fact(fact: &ConflictFact) -> Fact {
    match fact {
        ConflictFact::Requirement {
            package,
            versions,
            requirement,
            target,
            target_range,
            field,
        } => Fact::Requirement(v1::RequirementFact {
            package: package.clone(),
            versions: versions.clone(),
            requirement: requirement.clone(),
            target: target.clone(),
            target_range: target_range.clone(),
            field: field.clone(),
        }),
        ConflictFact::MissingPackage { package, registries } => {
            Fact::MissingPackage(v1::MissingPackageFact {
                package: package.clone(),
                registries: registries.clone(),
            })
        }
        ConflictFact::NoMatchingVersion { package, range } => {
            Fact::NoMatchingVersion(v1::NoMatchingVersionFact {
                package: package.clone(),
                range: range.clone(),
            })
        }
        ConflictFact::Unavailable { package, versions, reason, text } => {
            Fact::Unavailable(v1::UnavailableFact {
                package: package.clone(),
                versions: versions.clone(),
                reason: unavailable(*reason).into(),
                text: text.clone(),
            })
        }
    }
}

fn unavailable(obstacle: Obstacle) -> v1::UnavailableReason {
    match obstacle {
        Obstacle::Runtime => v1::UnavailableReason::RuntimeVersion,
        Obstacle::Platform => v1::UnavailableReason::Platform,
        Obstacle::Build => v1::UnavailableReason::ArtifactPolicy,
        Obstacle::Yanked => v1::UnavailableReason::Yanked,
        Obstacle::CutOff => v1::UnavailableReason::CutOff,
        Obstacle::Prerelease => v1::UnavailableReason::Prerelease,
        Obstacle::Hash => v1::UnavailableReason::Hash,
        Obstacle::Metadata => v1::UnavailableReason::Metadata,
        Obstacle::Quarantined => v1::UnavailableReason::Quarantined,
        Obstacle::Feature => v1::UnavailableReason::MissingFeature,
        Obstacle::Links => v1::UnavailableReason::Links,
    }
}

/// Completes a conflict for one caller: its fields by the paths of that caller's request. Callers
/// with one question may have written it differently.
pub(super) fn place(conflict: &mut v1::Conflict, path: impl Fn(&str) -> String) {
    for fact in &mut conflict.facts {
        if let Some(Fact::Requirement(requirement)) = &mut fact.fact
            && !requirement.field.is_empty()
        {
            requirement.field = path(&requirement.field);
        }
    }
    for suggestion in &mut conflict.suggestions {
        suggestion.field = path(&suggestion.field);
    }
}
