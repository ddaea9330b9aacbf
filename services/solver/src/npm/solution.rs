//! The answer: folders, what lies in them, and the edges between them.

use std::sync::Arc;

use ecosystems::npm::{Name, Packument, Version};
use rustc_hash::{FxHashMap, FxHashSet};

use super::build::Builder;
use super::facts::{DependencyKind, NameId, Origin};
use super::tree::{Fault, NodeId, PROJECT};
use crate::partial::Partial;

/// Where everything goes.
#[derive(Clone, Debug, Default)]
pub struct Solution {
    /// The project first, then all else by location, bytewise.
    pub places: Vec<Place>,
    /// The packages that a registry was asked for, sorted.
    pub footprint: Vec<Name>,
    /// Requirements among dependencies that are not met, which npm warns of and lets pass.
    pub passed: Vec<Passed>,
    /// Versions of the project's own requirements that npm would not have taken, and without which
    /// there is no answer: npm refuses the project.
    pub adjusted: Vec<Adjusted>,
    /// What of the lock file could not be taken up, by place in [`Problem::locked`]: the registry
    /// does not have that version any more, or what it lies in is not there.
    ///
    /// [`Problem::locked`]: super::Problem::locked
    pub not_taken_up: Vec<usize>,
}

/// Another version of what the project requires than npm takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjusted {
    /// What the project requires.
    pub name: String,
    /// What of it would do.
    pub spec: String,
    /// The version that was taken.
    pub version: Version,
}

/// A folder, and what lies there.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where it is, from the project's root, such as `node_modules/a/node_modules/b`; empty for the
    /// project.
    pub location: String,
    /// What it is called there: the package's own name, or an alias.
    pub name: String,
    /// The package's own name; empty if it has none.
    pub package: String,
    /// Its version; empty if it has none.
    pub version: String,
    /// What lies there.
    pub content: Content,
    /// What it is there for.
    pub purpose: Purpose,
    /// What it depends on, in npm's order. A link has none of its own.
    pub edges: Vec<Edge>,
    /// Whether it brings packages in its archive, which nobody looked into: they are not among the
    /// places.
    pub has_unread_bundle: bool,
}

/// What lies in a place.
#[derive(Clone, Debug)]
pub enum Content {
    /// The project.
    Project,
    /// A folder of the project, by its place in the problem's list.
    Folder(usize),
    /// A version from a registry: the document, and the position of the version in it.
    Release {
        /// The document.
        packument: Arc<Packument>,
        /// The position of the version.
        position: u32,
    },
    /// A link to another place.
    Link(usize),
}

/// What a place is there for, as lock files have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// For development only.
    pub is_dev: bool,
    /// As an option only.
    pub is_optional: bool,
    /// For development by one way, as an option by another.
    pub is_dev_optional: bool,
    /// As a peer only.
    pub is_peer: bool,
    /// For nothing that must be there.
    pub is_extraneous: bool,
    /// It is not installed, since something that it needs could not be had.
    pub is_inert: bool,
    /// It lies in the archive of another, be that the project's own.
    pub is_bundled: bool,
}

/// A dependency of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// How it is needed.
    pub kind: DependencyKind,
    /// The name.
    pub name: String,
    /// What is asked for, after overrides.
    pub spec: String,
    /// What the package states, where an override changed it.
    pub stated: Option<String>,
    /// The place that the name means there, if there is one.
    pub to: Option<usize>,
    /// Whether that is what is asked for.
    pub is_met: bool,
}

/// A requirement that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Who requires it.
    pub from: usize,
    /// What it is.
    pub name: String,
    /// What of it would do.
    pub spec: String,
    /// What there is instead.
    pub found: Option<usize>,
}

/// Reads the answer from the tree.
pub(crate) fn read(builder: &Builder<'_>) -> Solution {
    let tree = &builder.tree;
    let had = |node: &NodeId| tree[*node].failure.is_none();
    let mut nodes: Vec<(String, NodeId)> =
        tree.placed().into_iter().filter(had).map(|node| (tree.location(node), node)).collect();
    nodes.sort_unstable();
    nodes.insert(0, (String::new(), PROJECT));
    let numbers: FxHashMap<NodeId, usize> =
        nodes.iter().enumerate().map(|(number, (_, node))| (*node, number)).collect();
    let places = nodes.into_iter().map(|(location, node)| Place {
        location,
        name: tree.facts.name(tree[node].name).to_owned(),
        package: tree.facts.name(tree[node].package.name).to_owned(),
        version: tree[node].package.version().map(ToString::to_string).unwrap_or_default(),
        content: content(builder, node, &numbers),
        purpose: purpose(builder, node),
        edges: edges(builder, node, &numbers),
        has_unread_bundle: node != PROJECT && tree[node].package.is_release() && {
            let package = &tree[node].package;
            package.has_shrinkwrap || package.has_bundle()
        },
    });
    let places = places.collect();
    Solution {
        places,
        footprint: tree.facts.footprint(),
        passed: passed(builder, &numbers),
        adjusted: Vec::new(),
        not_taken_up: builder.not_taken_up.clone(),
    }
}

impl Builder<'_> {
    /// What has a place when the budget is spent.
    pub(crate) fn partial(&self, interrupted: bool) -> Partial {
        let tree = &self.tree;
        let mut seen = FxHashSet::default();
        let placed = tree.placed().into_iter().map(|node| &tree[node].package);
        let releases = placed.filter(|package| package.is_release() && seen.insert(package.id));
        let decided = releases.map(|package| {
            let version = package.version().map(ToString::to_string).unwrap_or_default();
            (tree.facts.name(package.name).to_owned(), version)
        });
        let contended = self.passed.iter().map(|clash| tree[clash.edge].name);
        let mut counts: FxHashMap<NameId, u32> = FxHashMap::default();
        contended.for_each(|name| *counts.entry(name).or_default() += 1);
        let counts =
            counts.into_iter().map(|(name, count)| (tree.facts.name(name).to_owned(), count));
        Partial::new(interrupted, decided.collect(), counts)
    }
}

fn content(builder: &Builder<'_>, node: NodeId, numbers: &FxHashMap<NodeId, usize>) -> Content {
    let node = &builder.tree[node];
    let target = node.target.and_then(|target| numbers.get(&target));
    match (&node.package.origin, target) {
        (_, Some(target)) => Content::Link(*target),
        (Origin::Folder(folder), None) => Content::Folder(*folder as usize),
        (Origin::Release(packument, position), None) => {
            Content::Release { packument: Arc::clone(packument), position: *position }
        }
        (Origin::Project | Origin::Nowhere, None) => Content::Project,
    }
}

fn purpose(builder: &Builder<'_>, node: NodeId) -> Purpose {
    let tree = &builder.tree;
    let flags = tree[node].flags;
    Purpose {
        is_dev: flags.dev,
        is_optional: flags.optional,
        is_dev_optional: flags.dev_optional,
        is_peer: flags.peer,
        is_extraneous: flags.extraneous,
        is_inert: flags.inert,
        is_bundled: tree.bundler(node).is_some(),
    }
}

fn edges(builder: &Builder<'_>, node: NodeId, numbers: &FxHashMap<NodeId, usize>) -> Vec<Edge> {
    let tree = &builder.tree;
    let edges = tree.edges_of(node).map(|id| {
        let edge = &tree[id];
        let spec = tree.spec(id);
        let to = edge.to.and_then(|to| numbers.get(&to)).copied();
        let is_met = match tree.fault(id) {
            None => true,
            Some(Fault::Missing | Fault::Invalid | Fault::OwnPeer) => false,
        };
        Edge {
            kind: edge.kind,
            name: tree.facts.name(edge.name).to_owned(),
            spec: tree.facts.spec_text(spec).to_owned(),
            stated: (spec != edge.stated).then(|| tree.facts.spec_text(edge.stated).to_owned()),
            to,
            is_met,
        }
    });
    edges.collect()
}

fn passed(builder: &Builder<'_>, numbers: &FxHashMap<NodeId, usize>) -> Vec<Passed> {
    let tree = &builder.tree;
    let mut passed: Vec<Passed> = Vec::new();
    for clash in &builder.passed {
        let edge = &tree[clash.edge];
        let from = edge.from.and_then(|from| numbers.get(&from));
        let Some(from) = from.filter(|_| !tree.is_valid(clash.edge)) else { continue };
        let one = Passed {
            from: *from,
            name: tree.facts.name(edge.name).to_owned(),
            spec: tree.facts.spec_text(tree.spec(clash.edge)).to_owned(),
            found: edge.to.and_then(|to| numbers.get(&to)).copied(),
        };
        if !passed.contains(&one) {
            passed.push(one);
        }
    }
    passed
}
