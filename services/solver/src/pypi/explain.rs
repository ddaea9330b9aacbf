//! From pubgrub's derivation to a proof that a person reads in one breath.
//!
//! A derivation tells the story of the search, release by release. Its leaves are all that matters:
//! the facts that together rule every choice out. [`Core`] gathers them, a [proof](proof::prove) draws
//! the conclusions anew, for all versions of a project at once, and the [narrator](narrate::narrate) says
//! them, folding what differs in nothing but the version.

mod bars;
mod core;
mod narrate;
mod proof;

use self::core::Core;
use super::rules::PypiRules;
use crate::conflict::Conflict;
use crate::search::Leaf;

/// Explains why the search found nothing.
pub(super) fn explain(rules: &PypiRules<'_>, leaves: &[Leaf]) -> Conflict {
    let core = Core::gather(rules, leaves);
    let proof = proof::prove(&core);
    narrate::narrate(rules, &core, &proof)
}
