//! The tree of folders: nodes, the edges between them, and how a name is looked up from a place.
//!
//! One arena holds the tree that is being built, the small trees in which peers are tried out, and
//! the nodes that were taken out again. Each node knows the root of the tree that it is in.
//!
//! Invariant: an edge of a node that is in a tree points to what its name resolves to from there.

mod edges;
mod moves;
mod sets;

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::build::DEEPEST;
use super::facts::{Dependency, DependencyKind, Facts, FailureId, NameId, Package, SpecId};
use super::overrides::RuleId;
pub(crate) use edges::Fault;
use edges::Known;

/// A place in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

/// A dependency of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EdgeId(pub(crate) u32);

/// One place, and what lies there.
#[derive(Debug)]
pub(crate) struct Node {
    /// The name of its folder: the package's, or an alias.
    pub(crate) name: NameId,
    pub(crate) package: Rc<Package>,
    /// The root of the tree that it is in: itself, for a root and for what was taken out.
    pub(crate) root: NodeId,
    /// The node in whose `node_modules` it lies.
    pub(crate) parent: Option<NodeId>,
    /// For a folder of the project, the folder around it.
    pub(crate) around: Option<NodeId>,
    /// Its `node_modules`, in the order of placement.
    pub(crate) children: Vec<NodeId>,
    /// The folders of the project that lie in it.
    pub(crate) folders: Vec<NodeId>,
    /// What it depends on, with the folded name.
    pub(crate) edges: Vec<(NameId, EdgeId)>,
    /// The edges that point here.
    pub(crate) edges_in: Vec<EdgeId>,
    /// The rule that holds here and below, if there are overrides.
    pub(crate) rule: Option<RuleId>,
    /// For a link, what it points to.
    pub(crate) target: Option<NodeId>,
    /// For the root of a tree in which peers are tried out, the node that it stands for.
    pub(crate) stands_for: Option<NodeId>,
    /// Why there is no package, where there is none.
    pub(crate) failure: Option<FailureId>,
    pub(crate) flags: Flags,
    /// Whether its edges are in the index by name.
    is_indexed: bool,
}

/// What a node is there for; all set until something shows otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) dev: bool,
    pub(crate) optional: bool,
    pub(crate) dev_optional: bool,
    pub(crate) peer: bool,
    pub(crate) extraneous: bool,
    /// It is not to be installed, since it or what needs it failed.
    pub(crate) inert: bool,
}

/// One dependency.
#[derive(Debug)]
pub(crate) struct Edge {
    /// `None` once it is given up.
    pub(crate) from: Option<NodeId>,
    pub(crate) to: Option<NodeId>,
    pub(crate) name: NameId,
    /// As its package states it.
    pub(crate) stated: SpecId,
    /// What would do as well, where it is there already.
    accepted: Option<SpecId>,
    pub(crate) kind: DependencyKind,
    pub(crate) rule: Option<RuleId>,
    /// Whether it is known to stay unmet, a conflict that was let pass.
    pub(crate) is_let_pass: bool,
    known: std::cell::Cell<Known>,
}

/// The arena.
pub(crate) struct Tree<'a> {
    pub(crate) facts: Facts<'a>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Children by their folded names.
    kids: FxHashMap<(NodeId, NameId), NodeId>,
    /// Of the tree that is built, the edges by their folded names.
    edges_by_name: FxHashMap<NameId, Vec<EdgeId>>,
    /// Of the tree that is built, the nodes by name.
    nodes_by_name: FxHashMap<NameId, Vec<NodeId>>,
    /// How often a rule is being handed on within the handing on of one.
    handing_on: u32,
    /// The folders of the project, by tree.
    folders: FxHashMap<(NodeId, u32), NodeId>,
}

/// The root of the tree that is built is the first node.
pub(crate) const PROJECT: NodeId = NodeId(0);

impl Flags {
    pub(crate) const ALL: Self = Self {
        dev: true,
        optional: true,
        dev_optional: true,
        peer: true,
        extraneous: true,
        inert: false,
    };
    pub(crate) const NONE: Self = Self {
        dev: false,
        optional: false,
        dev_optional: false,
        peer: false,
        extraneous: false,
        inert: false,
    };
}

impl<'a> Tree<'a> {
    /// A tree of the project's root alone.
    pub(crate) fn new(facts: Facts<'a>) -> Self {
        let package = facts.root();
        let (name, rule) = (package.name, facts.overrides.root());
        let mut tree = Self {
            facts,
            nodes: Vec::new(),
            edges: Vec::new(),
            kids: FxHashMap::default(),
            edges_by_name: FxHashMap::default(),
            nodes_by_name: FxHashMap::default(),
            handing_on: 0,
            folders: FxHashMap::default(),
        };
        let root = tree.push_node(name, package);
        tree[root].rule = rule;
        for workspace in tree.facts.workspaces.clone() {
            tree.add_edge(root, workspace);
        }
        tree.load_edges(root, true);
        for (place, folder) in (0..).zip(&tree.facts.problem.folders) {
            if folder.is_workspace {
                tree.folder(root, place, rule);
            }
        }
        tree
    }

    /// All nodes that ever were, as numbers.
    pub(crate) fn node_count(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// How many edges there ever were.
    pub(crate) fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// A node without a place.
    pub(crate) fn push_node(&mut self, name: NameId, package: Rc<Package>) -> NodeId {
        let id = NodeId(self.node_count());
        self.nodes.push(Node {
            name,
            package,
            root: id,
            parent: None,
            around: None,
            children: Vec::new(),
            folders: Vec::new(),
            edges: Vec::new(),
            edges_in: Vec::new(),
            rule: None,
            target: None,
            stands_for: None,
            failure: None,
            flags: Flags::ALL,
            is_indexed: false,
        });
        id
    }

    /// The package's edges become the node's. Those for development count for folders of the
    /// project alone.
    pub(crate) fn load_edges(&mut self, node: NodeId, with_development: bool) {
        let package = Rc::clone(&self[node].package);
        for dependency in package.dependencies(with_development) {
            let known = self.edge_to(node, dependency.name);
            if known.is_none_or(|edge| self[edge].kind != DependencyKind::Workspace) {
                self.add_edge(node, *dependency);
            }
        }
        if self[node].root == PROJECT {
            self.index_edges(node);
        }
    }

    fn add_edge(&mut self, node: NodeId, dependency: Dependency) {
        let id = EdgeId(u32::try_from(self.edges.len()).unwrap_or(u32::MAX));
        self.edges.push(Edge {
            from: Some(node),
            to: None,
            name: dependency.name,
            stated: dependency.spec,
            accepted: dependency.accepted,
            kind: dependency.kind,
            rule: None,
            is_let_pass: false,
            known: std::cell::Cell::default(),
        });
        let folded = self.facts.folded(dependency.name);
        self[node].edges.push((folded, id));
        if self[node].is_indexed {
            self.edges_by_name.entry(folded).or_default().push(id);
        }
        self.reload(id, true);
    }

    pub(crate) fn child(&self, node: NodeId, name: NameId) -> Option<NodeId> {
        self.kids.get(&(node, self.facts.folded(name))).copied()
    }

    /// The edge of a node to a name.
    pub(crate) fn edge_to(&self, node: NodeId, name: NameId) -> Option<EdgeId> {
        let folded = self.facts.folded(name);
        self[node].edges.iter().find(|(name, _)| *name == folded).map(|(_, edge)| *edge)
    }

    /// The edges of a node, in order.
    pub(crate) fn edges_of(&self, node: NodeId) -> impl DoubleEndedIterator<Item = EdgeId> {
        self[node].edges.iter().map(|(_, edge)| *edge)
    }

    /// What a name means to whoever lies at a node.
    pub(crate) fn resolve(&self, node: NodeId, name: NameId) -> Option<NodeId> {
        let folded = self.facts.folded(name);
        self.ancestry(node).find_map(|place| self.kids.get(&(place, folded)).copied())
    }

    /// The node next to look in: the one around this one.
    pub(crate) fn outer(&self, node: NodeId) -> Option<NodeId> {
        self[node].parent.or(self[node].around)
    }

    /// A node and all around it, from the inside.
    pub(crate) fn ancestry(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(node), |node| self.outer(*node))
    }

    pub(crate) fn is_within(&self, node: NodeId, around: NodeId) -> bool {
        self.ancestry(node).any(|place| place == around)
    }

    /// Whether a node lies in no `node_modules`.
    pub(crate) fn is_top(&self, node: NodeId) -> bool {
        self[node].parent.is_none()
    }

    pub(crate) fn is_root(&self, node: NodeId) -> bool {
        self[node].root == node
    }

    pub(crate) fn is_link(&self, node: NodeId) -> bool {
        self[node].target.is_some()
    }

    /// Whether a node is a folder of the workspace, or the link to one.
    pub(crate) fn is_workspace(&self, node: NodeId) -> bool {
        if self.is_root(node) || !self[node].package.is_local() {
            return false;
        }
        let Some(edge) = self.edge_to(self[node].root, self[node].package.name) else {
            return false;
        };
        let edge = &self[edge];
        let is_it = |to: NodeId| to == node || self[to].target == Some(node);
        edge.kind == DependencyKind::Workspace && edge.to.is_some_and(is_it)
    }

    /// Whether what lies at a node asks on behalf of the project itself.
    pub(crate) fn is_own(&self, node: NodeId) -> bool {
        self.is_root(node) || self.is_workspace(node)
    }

    /// How many `node_modules` a node lies in.
    pub(crate) fn depth(&self, node: NodeId) -> u32 {
        let parents = std::iter::successors(self[node].parent, |node| self[*node].parent);
        u32::try_from(parents.count()).unwrap_or(u32::MAX)
    }

    /// Where a node lies, from the project's root, such as `node_modules/a/node_modules/b`.
    pub(crate) fn location(&self, node: NodeId) -> String {
        match self[node].parent {
            Some(parent) => {
                let mut location = self.location(parent);
                if !location.is_empty() {
                    location.push('/');
                }
                location.push_str("node_modules/");
                location.push_str(self.facts.name(self[node].name));
                location
            }
            None => match self[node].package.folder() {
                Some(folder) => self.facts.location(folder).to_owned(),
                None => String::new(),
            },
        }
    }

    /// The nodes of that name in the tree that is built, in the order in which they came.
    pub(crate) fn placed_by_name(&self, name: NameId) -> &[NodeId] {
        self.nodes_by_name.get(&name).map_or(&[], Vec::as_slice)
    }

    /// All nodes of the tree that is built, but for its root.
    pub(crate) fn placed(&self) -> Vec<NodeId> {
        let ids = (1..self.node_count()).map(NodeId);
        ids.filter(|node| self[*node].root == PROJECT).collect()
    }

    /// The nearest place around `start` in which a name may lie: where it is no peer.
    pub(crate) fn deepest_target(&self, start: NodeId, name: NameId) -> NodeId {
        let may_lie = |place: &NodeId| {
            self.is_root(*place)
                || self.outer(*place).is_none()
                || self.edge_to(*place, name).is_none_or(|edge| !self[edge].kind.is_peer())
        };
        self.ancestry(start).find(may_lie).unwrap_or(start)
    }

    /// Whether two nodes are the same thing in different places.
    pub(crate) fn matches(&self, a: NodeId, b: NodeId) -> bool {
        let (one, other) = (&self[a], &self[b]);
        if a == b {
            return true;
        }
        if one.name != other.name || one.target.is_some() != other.target.is_some() {
            return false;
        }
        one.failure.is_none() && other.failure.is_none() && one.package.is_same(&other.package)
    }

    /// The package whose bundle a node is in, if it is in one.
    pub(crate) fn bundler(&self, node: NodeId) -> Option<NodeId> {
        if !self.facts.has_bundles() {
            return None;
        }
        self.bundler_on(node, &mut Vec::new())
    }

    fn bundler_on(&self, node: NodeId, path: &mut Vec<NodeId>) -> Option<NodeId> {
        if path.contains(&node) || path.len() > DEEPEST as usize {
            return None;
        }
        path.push(node);
        let parent = self[node].parent?;
        let of_parent = self.bundler_on(parent, path);
        if of_parent.is_some() {
            return of_parent;
        }
        if self[parent].package.bundles(self[node].name) {
            return Some(parent);
        }
        let mut dependents = self[node].edges_in.iter().filter_map(|edge| self[*edge].from);
        dependents.any(|from| self.bundler_on(from, path) == Some(parent)).then_some(parent)
    }

    /// Whether a node lies in a package whose archive says what lies there (`npm-shrinkwrap.json`).
    pub(crate) fn is_in_shrinkwrap(&self, node: NodeId) -> bool {
        self.facts.has_shrinkwraps()
            && std::iter::successors(self[node].parent, |node| self[*node].parent)
                .any(|place| self[place].package.has_shrinkwrap)
    }

    /// Whether a node is in the bundle of a dependency, rather than in the project's own.
    pub(crate) fn is_in_dependency_bundle(&self, node: NodeId) -> bool {
        self.bundler(node).is_some_and(|bundler| bundler != self[node].root)
    }
}

impl std::ops::Index<NodeId> for Tree<'_> {
    type Output = Node;
    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }
}

impl std::ops::IndexMut<NodeId> for Tree<'_> {
    fn index_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }
}

impl std::ops::Index<EdgeId> for Tree<'_> {
    type Output = Edge;
    fn index(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0 as usize]
    }
}

impl std::ops::IndexMut<EdgeId> for Tree<'_> {
    fn index_mut(&mut self, id: EdgeId) -> &mut Edge {
        &mut self.edges[id.0 as usize]
    }
}
