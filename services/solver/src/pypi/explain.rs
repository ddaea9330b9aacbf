//! From pubgrub's derivation to a proof that a person reads in one breath.
//!
//! A derivation tells the story of the search, release by release. Its leaves are all that matters:
//! the facts that together rule every choice out. They are [gathered](gather::gather), [conclusions](prove)
//! are drawn anew, for all versions of a project at once, and [said](narrate), folding what differs in
//! nothing but the version.

mod absence;
mod bars;
mod gather;

pub(super) use bars::plain;

use super::rules::PypiRules;
use super::universe::NameId;
use crate::conflict::{Conflict, Core, Node, Told, UserText, narrate, prove, quoted};
use crate::search::Leaf;

/// Explains why the search found nothing.
pub(super) fn explain(rules: &PypiRules<'_>, leaves: &[Leaf]) -> Conflict {
    let core = gather::gather(rules, leaves);
    let proof = prove(&core);
    narrate(rules, &core, &proof)
}

/// The project that a node is about.
fn project(node: Node) -> NameId {
    NameId(node.package)
}

impl Told for PypiRules<'_> {
    fn name(&self, node: Node) -> String {
        let name = PypiRules::name(self, project(node));
        match node.part {
            None => name.to_string(),
            Some(extra) => format!("{name}[{}]", PypiRules::name(self, NameId(extra))),
        }
    }

    fn version(&self, node: Node, position: u32) -> Option<String> {
        let releases = self.package(project(node))?.releases();
        Some(releases.get(position as usize)?.version.to_string())
    }

    fn requirement(&self, node: Node, range: &str) -> String {
        quoted(format!("{}{range}", Told::name(self, node)))
    }

    fn is_pin(&self, range: &str) -> bool {
        range.starts_with("==") && !range.contains(['*', ','])
    }

    fn holder(&self, origin: UserText) -> String {
        match origin {
            UserText::Constraint(_) => "your constraints ask for".to_owned(),
            UserText::None | UserText::Requirement(_) => "you require".to_owned(),
        }
    }

    fn existence(&self) -> &'static str {
        absence::existence(self)
    }

    fn published(&self, core: &Core, node: Node, fit: &[u32]) -> String {
        absence::published(self, core, node, fit)
    }
}
