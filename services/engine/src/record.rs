//! What all ecosystems tell the caller alike.

mod sets;

use std::fmt::Display;

use ecosystems::Timestamp;
use registries::Stamp;
use solver::Partial;
use solver::conflict::{Fact, UserText};

use crate::answer::{
    Answer, Conflict, ConflictFact, Exhausted, Group, Outcome, Sentence, Suggestion,
};
use crate::ecosystem::Ecosystem;
use crate::reader::Reader;
use crate::snapshot::{AnswerId, Snapshot};

pub(crate) use sets::{Filled, behind, certify};

/// Puts an outcome together with the facts that it rests on.
pub(crate) fn answer(
    outcome: Outcome,
    stamps: Vec<Stamp>,
    (key, cut_off): (&cache::Key, Option<Timestamp>),
) -> Answer {
    let snapshot_token = Snapshot::of(&stamps, cut_off).to_string();
    Answer {
        outcome,
        warnings: Vec::new(),
        id: AnswerId::of(key, &snapshot_token).to_string(),
        snapshot_token,
        stamps,
        key: blake3::Hash::from_bytes(*key).to_hex().to_string(),
    }
}

/// The reader's registries as groups without packages, in their order.
pub(crate) fn groups<E: Ecosystem>(reader: &Reader<E>) -> Vec<Group> {
    let group = |registry: &registries::Registry| {
        let config = registry.config();
        let public_url = config.public_url.as_ref();
        Group {
            registry: registry.name().to_string(),
            kind: registry.kind().name().to_owned(),
            public_url: public_url.map_or_else(String::new, ToString::to_string),
            lock_source: config.lock_source.clone().unwrap_or_default(),
            packages: Vec::new(),
        }
    };
    reader.registries.iter().map(group).collect()
}

/// What was known when the budget was spent.
pub(crate) fn exhausted(partial: Partial) -> Exhausted {
    let Partial { interrupted, decided, contended } = partial;
    Exhausted { by_time: interrupted, decided, contended }
}

/// What could not be read as it should be: the first thing, and how many more there are.
pub(crate) fn first_of(warnings: &[impl Display]) -> Option<String> {
    let others = match warnings.len() {
        0 | 1 => String::new(),
        all => format!(" (and {} more)", all - 1),
    };
    warnings.first().map(|first| format!("{first}{others}"))
}

/// The user's requirement at `place` was left out, and so there is a solution; with this package and
/// version in its stead, if there is one of that name.
pub(crate) fn without(
    place: usize,
    spelled: &dyn Display,
    chosen: Option<(&dyn Display, &dyn Display)>,
) -> Suggestion {
    let with =
        chosen.map_or_else(String::new, |(name, version)| format!(", with `{name}` {version}"));
    let text = format!("Without `{spelled}` there is a solution{with}.");
    Suggestion { text, field: format!("requirements[{place}]"), replacement: None }
}

/// Puts the request's places of requirements into a conflict that has the problem's.
pub(crate) fn place(found: &mut solver::conflict::Conflict, place: impl Fn(usize) -> usize) {
    for requirement in &mut found.requirements {
        *requirement = place(*requirement);
    }
    found.requirements.sort_unstable();
    for fact in &mut found.facts {
        if let Fact::Requirement { origin: UserText::Requirement(at), .. } = fact {
            *at = place(*at);
        }
    }
}

/// Puts a conflict into the caller's words; `asked` names the registries that lack a package.
pub(crate) fn conflict(
    found: solver::conflict::Conflict,
    suggestions: Vec<Suggestion>,
    asked: impl Fn(&str) -> Vec<String>,
) -> Outcome {
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
        facts: found.facts.into_iter().map(|one| fact(one, &asked)).collect(),
        suggestions,
    })
}

fn fact(fact: Fact, asked: impl Fn(&str) -> Vec<String>) -> ConflictFact {
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
        Fact::Missing { package } => {
            let registries = asked(&package);
            ConflictFact::MissingPackage { package, registries }
        }
        Fact::NoVersion { package, range } => ConflictFact::NoMatchingVersion { package, range },
        Fact::Unavailable { package, versions, reason, text } => {
            ConflictFact::Unavailable { package, versions, reason, text }
        }
    }
}
