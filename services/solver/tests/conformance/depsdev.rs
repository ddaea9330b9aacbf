//! Cases of deps.dev's resolver for Python: one version of a project, resolved.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::universe::{
    Picks, Projects, Release, compare, picks, problem, read_name, read_version, solved, universe,
};

const STABLE_FIRST: &str = "a stable version that fits goes before a pre-release, although a \
     requirement names one: uv's rule, where deps.dev has a former one of pip's";

/// Cases that we do not meet, and why.
pub(crate) const KNOWN_DIFFERENT: &[(&str, &str)] = &[
    (
        "depsdev/pypi/additional-tests#drop-requirements",
        "deps.dev keeps what a version required that it has taken back, and with it an older `e`",
    ),
    (
        "depsdev/pypi/pip-tests#conflict_1-a",
        "deps.dev lets the last of two requirements of one version win: `b==1.0.0` is not met",
    ),
    ("depsdev/pypi/prerelease#prerelease-2", STABLE_FIRST),
    ("depsdev/pypi/prerelease#prerelease-4", STABLE_FIRST),
    (
        "depsdev/pypi/prerelease#prerelease-5",
        "a pre-release is taken where nothing stable fits, as uv does; deps.dev takes none, for no \
         requirement names one",
    ),
];

/// An index, the version to resolve, and the graph that is expected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    #[serde(rename = "ecosystem")]
    _ecosystem: String,
    /// What to resolve, as `name version`.
    resolve: String,
    #[serde(rename = "universe_name")]
    _universe_name: String,
    universe: BTreeMap<String, BTreeMap<String, Published>>,
    /// How deps.dev's own test runs.
    #[serde(rename = "flags")]
    _flags: Option<String>,
    expected: Expected,
}

/// A version, as deps.dev knows it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    requires: Vec<Edge>,
    #[serde(rename = "attrs")]
    _attrs: [(); 0],
}

/// A requirement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edge {
    /// As `name@specifiers`.
    req: String,
    /// The extras it asks for, and the marker it stands under.
    #[serde(rename = "type")]
    kind: String,
}

/// A graph, or why there is none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    errors: Vec<String>,
    nodes: Vec<Node>,
}

/// A node below another one, by its depth.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    #[serde(rename = "depth")]
    _depth: usize,
    /// As `name@specifiers version`, with a label before it that other nodes refer to.
    text: String,
    error: Option<String>,
}

/// Resolves a case.
pub(crate) fn judge(case: &Case) -> Result<(), String> {
    let root = case.resolve.replacen(' ', "==", 1);
    let outcome = solved(&problem("3.8", [root.as_str()]), universe(&case.projects()));
    let nodes = case.expected.nodes.iter();
    assert!(case.expected.nodes.iter().all(|node| node.error.is_none()), "{}", case.id);
    let expected: Picks = nodes.filter_map(|node| read_node(&node.text)).collect();
    let expected = case.expected.errors.is_empty().then_some(expected);
    compare(expected.as_ref(), picks(&outcome).as_ref())
}

impl Case {
    fn projects(&self) -> Projects {
        let mut projects = Projects::new();
        for (name, releases) in &self.universe {
            let project = projects.entry(name.clone()).or_default();
            for (version, published) in releases {
                let requires = published.requires.iter().map(Edge::requirement).collect();
                project.insert(version.clone(), Release { requires, ..Release::default() });
            }
        }
        projects
    }
}

impl Edge {
    /// The requirement as PEP 508 has it.
    fn requirement(&self) -> String {
        let (name, specifiers) = self.req.split_once('@').expect("`name@specifiers`");
        match self.kind.split_once(' ') {
            None => format!("{name}{specifiers}"),
            Some(("EnabledDependencies", extras)) => {
                format!("{name}[{}]{specifiers}", extras.trim_matches('"'))
            }
            Some(("Environment", marker)) => format!("{name}{specifiers}; {marker}"),
            Some(_) => panic!("`{}` is no kind of requirement", self.kind),
        }
    }
}

/// The version at a node; none at one that only refers to another.
fn read_node(text: &str) -> Option<(ecosystems::pypi::Name, ecosystems::pypi::Version)> {
    let text = text.rsplit_once('|').map_or(text, |(_, node)| node);
    let text = text.split_once(": ").map_or(text, |(_, node)| node);
    let (requirement, version) = text.split_once(' ')?;
    let name = requirement.split('@').next().filter(|name| !name.starts_with('$'))?;
    Some((read_name(name), read_version(version)))
}
