//! Why there is no answer, in words.
//!
//! As for PyPI, the leaves of the derivation name who takes part; the facts about these are
//! [gathered](gather::gather), and the proof is made anew. Cargo has two things that PyPI has not: of a
//! package each compatibility line can be there at once, and a library has one holder.

mod bars;
mod gather;
mod told;

use super::rules::{CargoRules, Owner};
use super::solution::Step;
use crate::conflict::{Conflict, Fact, Sentence, UserText, narrate, prove, quoted};
use crate::search::Leaf;

/// Explains why the search found nothing.
pub(super) fn explain(rules: &CargoRules<'_>, leaves: &[Leaf]) -> Conflict {
    let core = gather::gather(rules, leaves);
    let proof = prove(&core);
    narrate(&told::Words { rules }, &core, &proof)
}

/// Tells of packages each of which needs the next, and the last the first.
pub(super) fn cycle(rules: &CargoRules<'_>, way: &[Step]) -> Conflict {
    let mut conflict = Conflict::default();
    let words = told::Words { rules };
    for (place, (owner, dependency)) in way.iter().enumerate() {
        let stated = &rules.dependencies(*owner)[*dependency];
        let (name, version) = (rules.owner_name(*owner).to_string(), rules.version(*owner));
        let requirement = quoted(format!("{} {}", stated.package, stated.requirement));
        let versions = format!("{} {version}", quoted(&name));
        let text = format!("{versions} requires {requirement}.");
        conflict.sentences.push(Sentence { text, premises: Vec::new(), facts: vec![place] });
        conflict.facts.push(Fact::Requirement {
            package: Some(name),
            versions,
            requirement,
            target: stated.package.to_string(),
            range: stated.requirement.to_string(),
            origin: match owner {
                Owner::Member(number) => UserText::Requirement(words.flat(*number, *dependency)),
                Owner::Release(..) => UserText::None,
            },
        });
    }
    let first = way.first().map(|(owner, _)| rules.owner_text(*owner)).unwrap_or_default();
    let text = format!(
        "So {first} needs itself, which only what is needed for development may bring about."
    );
    let premises = (0..way.len()).collect();
    conflict.sentences.push(Sentence { text, premises, facts: Vec::new() });
    conflict.requirements = origins(&conflict.facts);
    conflict
}

/// Tells of patches that put nothing in place of anything.
pub(super) fn patches(rules: &CargoRules<'_>) -> Conflict {
    let faults = rules.patches().faults.iter().map(|(place, text)| {
        let package = &rules.problem.patches[*place].package;
        let text = format!("The patch of {} {text}.", quoted(&package.name));
        Sentence { text, ..Sentence::default() }
    });
    Conflict { sentences: faults.collect(), ..Conflict::default() }
}

fn origins(facts: &[Fact]) -> Vec<usize> {
    let origins = facts.iter().filter_map(|fact| match fact {
        Fact::Requirement { origin: UserText::Requirement(place), .. } => Some(*place),
        _ => None,
    });
    let mut origins: Vec<usize> = origins.collect();
    origins.sort_unstable();
    origins.dedup();
    origins
}
