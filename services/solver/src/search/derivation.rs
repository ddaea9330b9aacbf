//! The derivation of a conflict, taken apart.

use std::sync::Arc;

use pubgrub::{DerivationTree, External};

use super::{Ruled, Slot};
use crate::Versions;

/// The derivation of a conflict, as pubgrub gives it.
pub(super) type Derivation = DerivationTree<Slot, Versions, Ruled>;

/// A fact that a conflict follows from: the slots that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// Versions of the first slot need something of the second.
    Needs(Slot, Slot),
    /// Versions of the slot do not exist, or cannot be chosen.
    Alone(Slot),
}

impl Leaf {
    /// The slots that the fact is about.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        let (first, second) = match self {
            Self::Needs(source, target) => (*source, Some(*target)),
            Self::Alone(slot) => (*slot, None),
        };
        std::iter::once(first).chain(second)
    }
}

/// Takes a derivation apart into its leaves.
///
/// Derivations are deep, and whatever walks them by recursion, the release of their memory
/// included, would run out of stack.
pub(super) fn leaves(derivation: Derivation) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let mut waiting = vec![Arc::new(derivation)];
    while let Some(tree) = waiting.pop() {
        // A subtree that others share is taken apart by the last of them.
        match Arc::try_unwrap(tree) {
            Ok(DerivationTree::Derived(derived)) => {
                waiting.push(derived.cause1);
                waiting.push(derived.cause2);
            }
            Ok(DerivationTree::External(External::FromDependencyOf(source, _, target, _))) => {
                leaves.push(Leaf::Needs(source, target));
            }
            Ok(DerivationTree::External(
                External::NoVersions(slot, _) | External::Custom(slot, _, _),
            )) => {
                leaves.push(Leaf::Alone(slot));
            }
            Ok(DerivationTree::External(External::NotRoot(..))) | Err(_) => {}
        }
    }
    leaves
}
