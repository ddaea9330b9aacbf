//! Why there is no answer, in words.

use std::collections::BTreeSet;

use super::rules::CargoRules;
use super::solution::Step;
use crate::conflict::{Conflict, Sentence, join, quoted};
use crate::search::Leaf;

/// Explains why the search found nothing.
pub(super) fn explain(rules: &CargoRules<'_>, leaves: &[Leaf]) -> Conflict {
    let slots = leaves.iter().flat_map(Leaf::slots);
    let names: BTreeSet<String> =
        slots.filter_map(|slot| rules.crate_of(slot)).map(quoted).collect();
    let names: Vec<String> = names.into_iter().collect();
    say(format!("No choice of versions meets all that is required of {}.", join(&names)))
}

/// Tells of packages, each of which needs the next, and the last the first.
pub(super) fn cycle(rules: &CargoRules<'_>, way: &[Step]) -> Conflict {
    let names = way.iter().map(|(owner, _)| quoted(rules.owner_text(*owner)));
    let names: Vec<String> = names.collect();
    say(format!("The packages {} need one another in a circle.", join(&names)))
}

/// Tells of patches that put nothing in place of anything.
pub(super) fn patches(rules: &CargoRules<'_>) -> Conflict {
    let faults = rules.patches().faults.iter().map(|(place, text)| {
        let package = &rules.problem.patches[*place].package;
        format!("The patch of {} in `{}` {text}.", quoted(&package.name), package.registry)
    });
    say(faults.collect::<Vec<_>>().join(" "))
}

fn say(text: String) -> Conflict {
    let sentence = Sentence { text, ..Sentence::default() };
    Conflict { sentences: vec![sentence], ..Conflict::default() }
}
