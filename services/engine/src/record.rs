//! What all ecosystems tell the caller alike.

use registries::Stamp;
use solver::Partial;
use solver::conflict::{Fact, UserText};

use crate::answer::{
    Answer, Conflict, ConflictFact, Exhausted, Group, Outcome, Sentence, Suggestion,
};
use crate::ecosystem::Ecosystem;
use crate::reader::Reader;

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
