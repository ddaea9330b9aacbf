//! What an ecosystem calls the things that a proof is about.

use super::{Core, Node, UserText, quoted};

/// What an ecosystem calls the things that a proof is about.
pub(crate) trait Told {
    /// A package, or a part of it, such as `web[old]`.
    fn name(&self, node: Node) -> String;

    /// What is barred where versions of a node cannot be chosen.
    fn barred(&self, node: Node) -> Node {
        node
    }

    /// A version by its position.
    fn version(&self, node: Node, position: u32) -> Option<String>;

    /// A package, of which one version can be chosen among those of the line of this one.
    fn line(&self, node: Node, _position: u32) -> String {
        quoted(self.name(node))
    }

    /// A requirement in backticks, such as `` `web>=2` ``.
    fn requirement(&self, node: Node, range: &str) -> String;

    /// Whether a range is one version.
    fn is_pin(&self, range: &str) -> bool;

    /// Who states a requirement of the user's, and that it requires: `you require`.
    fn holder(&self, origin: UserText) -> String;

    /// What a version has to be to exist at all: `published`, or less than that under a policy.
    fn existence(&self) -> &'static str;

    /// What there is of a package, and what of the versions in `fit` policy leaves out, as the end of a
    /// sentence.
    fn published(&self, core: &Core, node: Node, fit: &[u32]) -> String;

    /// That a package is nowhere, as the end of a sentence.
    fn missing(&self, node: Node) -> String {
        format!("no registry has {}", quoted(self.name(node)))
    }

    /// The same as a clause about it.
    fn which_is_missing(&self, _node: Node) -> String {
        "which no registry has".to_owned()
    }
}
