//! Why there is no answer, in words.

use std::collections::BTreeSet;

use super::rules::CargoRules;
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

/// Tells of packages, as `name version`, each of which needs the next, and the last the first.
pub(super) fn cycle(way: &[String]) -> Conflict {
    let names: Vec<String> = way.iter().map(quoted).collect();
    say(format!("The packages {} need one another in a circle.", join(&names)))
}

fn say(text: String) -> Conflict {
    let sentence = Sentence { text, ..Sentence::default() };
    Conflict { sentences: vec![sentence], ..Conflict::default() }
}
