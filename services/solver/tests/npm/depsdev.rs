//! Cases of deps.dev's resolver for npm: one version of a package, and the graph below it.
//!
//! It follows npm 6, and sees into bundles. A case is met if every dependency leads to the same
//! version here and there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use solver::npm::{Outcome, Problem, Solution};

use super::STEPS;
use super::case::read;
use super::world::{World, shared};

const BUNDLED: &str =
    "what lies in an archive is not looked into; deps.dev has it as packages of their own";
const OLDER: &str = "npm 6 lets what is deeper in share an older version; npm 11 takes the newest \
     that fits for whoever comes first, as we do";
const LEFT_OVER: &str =
    "npm 6 leaves a version behind that nobody reaches, and misses another; npm 11 does not";

/// Cases that are not met, and why. Where nothing is bundled, npm 11.19.1 was asked, and its answer
/// is ours.
const KNOWN_DIFFERENT: &[(&str, &str)] = &[
    (
        "depsdev/npm/alias#aliasDepth1",
        "npm 6 takes an alias for the package that is called so; there is no version that would do",
    ),
    ("depsdev/npm/alias#aliasBundle", BUNDLED),
    ("depsdev/npm/derivedfrom_test#derivedFromBasic", BUNDLED),
    ("depsdev/npm/derivedfrom_test#derivedFromBasicAtRoot", BUNDLED),
    ("depsdev/npm/derivedfrom_test#derivedFromMissingVersion", BUNDLED),
    ("depsdev/npm/derivedfrom_test#derivedFrom01", BUNDLED),
    ("depsdev/npm/derivedfrom_test#derivedFrom02", BUNDLED),
    ("depsdev/npm/derivedfrom_test#derivedFromExtraneous", BUNDLED),
    (
        "depsdev/npm/resolve_test#lexicographicCaseInsensitive3",
        "names that differ in case alone are one folder, of which npm 6 makes two",
    ),
    ("depsdev/npm/resolve_test#deduplicate2", OLDER),
    ("depsdev/npm/resolve_test#deduplicate3", OLDER),
    ("depsdev/npm/resolve_test#deduplicate4", OLDER),
    ("depsdev/npm/resolve_test#extraneous1", LEFT_OVER),
    ("depsdev/npm/resolve_test#extraneousError", LEFT_OVER),
    ("depsdev/npm/resolve_test#extraneous2", LEFT_OVER),
    ("depsdev/npm/resolve_test#extraneous2Error", LEFT_OVER),
    (
        "depsdev/npm/resolve_test#release3",
        "`*` means the version of `latest`, a pre-release too, since npm 7",
    ),
];

#[derive(Deserialize)]
struct Case {
    id: String,
    /// What to resolve, as `name version`.
    resolve: String,
    universe: BTreeMap<String, BTreeMap<String, Published>>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Published {
    requires: Vec<Required>,
    attrs: Vec<String>,
}

/// A requirement, as `name@spec`; its type says whether it is bundled, and under what other name it
/// is known.
#[derive(Deserialize)]
struct Required {
    req: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Expected {
    errors: Vec<String>,
    nodes: Vec<Node>,
}

/// A node below another one, by its depth.
#[derive(Deserialize)]
struct Node {
    depth: usize,
    /// As `name@spec version`, with a label before it that others refer to by `$label@spec`.
    text: String,
    error: Option<String>,
}

/// Who depends on whom: versions as `name version`.
type Graph = BTreeSet<(String, String)>;

#[test]
fn graphs_are_those_of_deps_dev_but_for_known_differences() {
    let Some(bytes) = shared("conformance/npm/depsdev.json") else { return };
    let cases: Vec<Case> = serde_json::from_slice(&bytes).expect("cases");
    let known: BTreeMap<&str, &str> = KNOWN_DIFFERENT.iter().copied().collect();
    assert_eq!(known.len(), KNOWN_DIFFERENT.len(), "a case stands in the list twice");
    let (mut met, mut faults) = (0, Vec::new());
    for case in &cases {
        match (judge(case), known.get(&*case.id)) {
            (Ok(()), None) => met += 1,
            (Err(_), Some(_)) => {}
            (Ok(()), Some(_)) => faults.push(format!("{} is met now", case.id)),
            (Err(fault), None) => faults.push(format!("{}\n{fault}", case.id)),
        }
    }
    println!("{met} of {} cases of deps.dev are met", cases.len());
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert_eq!(met + known.len(), cases.len(), "a case of the list is not there");
}

/// The cases, each with a registry of its own.
pub(crate) fn problems() -> Vec<(String, World, Problem)> {
    let Some(bytes) = shared("conformance/npm/depsdev.json") else { return Vec::new() };
    let cases: Vec<Case> = serde_json::from_slice(&bytes).expect("cases");
    let problem = |case: Case| (case.id.clone(), World::of(case.documents()), case.problem());
    cases.into_iter().map(problem).collect()
}

fn judge(case: &Case) -> Result<(), String> {
    let ours = match World::of(case.documents()).solve(&case.problem(), STEPS).0 {
        Outcome::Solved(solution) => Some(graph(&solution)),
        Outcome::Conflict(..) => None,
        other => panic!("{}: {other:?}", case.id),
    };
    let theirs = case.graph();
    if ours == theirs {
        return Ok(());
    }
    let text = |graph: &Option<Graph>| match graph {
        None => "    no answer".to_owned(),
        Some(graph) => graph.iter().map(|edge| format!("    {edge:?}\n")).collect(),
    };
    Err(format!("  deps.dev\n{}  ours\n{}", text(&theirs), text(&ours)))
}

impl Case {
    fn problem(&self) -> Problem {
        let (name, version) = self.resolve.split_once(' ').expect("a name and a version");
        let manifest = json!({ "dependencies": { name: version } }).to_string();
        Problem { project: read(&manifest).0, ..Problem::default() }
    }

    /// The documents of a registry that has what the case has.
    fn documents(&self) -> HashMap<String, Vec<u8>> {
        let document = |(name, versions): (&String, &BTreeMap<String, Published>)| {
            let (mut list, mut tags) = (Map::new(), Map::new());
            for (version, published) in versions {
                let attributes = published.attrs.iter().flat_map(|text| text.split_whitespace());
                let mut words = attributes.peekable();
                let mut is_deleted = false;
                while let Some(word) = words.next() {
                    is_deleted |= word == "Deleted";
                    let names = (word == "Tags").then(|| words.peek()).flatten();
                    for tag in names.into_iter().flat_map(|names| names.split(',')) {
                        tags.insert(tag.to_owned(), version.as_str().into());
                    }
                }
                if !is_deleted {
                    list.insert(version.clone(), published.manifest());
                }
            }
            let document = json!({ "name": name, "versions": list, "dist-tags": tags });
            (name.clone(), document.to_string().into_bytes())
        };
        self.universe.iter().map(document).collect()
    }

    /// The graph that is expected, if there is one.
    fn graph(&self) -> Option<Graph> {
        let is_refused =
            |error: &String| error.contains("ETARGET") || error.contains("ENOVERSIONS");
        let nodes = &self.expected.nodes;
        let is_lacking = nodes.iter().any(|node| node.error.is_some());
        if is_lacking || self.expected.errors.iter().any(is_refused) {
            return None;
        }
        let mut labels: HashMap<&str, String> = HashMap::new();
        for node in nodes {
            if let (Some(label), Some(title)) = (node.label(), node.title()) {
                labels.insert(label, title);
            }
        }
        let mut graph = Graph::new();
        let mut path: Vec<String> = Vec::new();
        for node in nodes {
            path.truncate(node.depth);
            let title = node.title().unwrap_or_else(|| {
                let label = node.plain().split(['$', '@']).nth(1).expect("a label");
                labels[label].clone()
            });
            if let Some(from) = path.last() {
                graph.insert((from.clone(), title.clone()));
            }
            path.push(title);
        }
        Some(graph)
    }
}

impl Published {
    fn manifest(&self) -> Value {
        let mut list = Map::new();
        let mut bundled = Vec::new();
        for required in &self.requires {
            let at = required.req.rfind('@').filter(|at| *at > 0).expect("`name@spec`");
            let (name, spec) = (&required.req[..at], &required.req[at + 1..]);
            match required.kind.split_once("KnownAs ") {
                Some((_, alias)) => list.insert(alias.into(), format!("npm:{name}@{spec}").into()),
                None => list.insert(name.into(), spec.into()),
            };
            if required.kind.contains("bundle") {
                bundled.push(name);
            }
        }
        json!({ "dependencies": list, "bundleDependencies": bundled })
    }
}

impl Node {
    /// The node itself, without its label and what kind of dependency it is.
    fn plain(&self) -> &str {
        let text = self.text.rsplit_once('|').map_or(&*self.text, |(_, node)| node);
        text.split_once(": ").map_or(text, |(_, node)| node).trim()
    }

    fn label(&self) -> Option<&str> {
        self.text.split_once(": ").map(|(label, _)| label)
    }

    /// The name and version; none at one that only refers to another.
    fn title(&self) -> Option<String> {
        let (requirement, version) = self.plain().split_once(' ')?;
        let at = requirement.rfind('@').filter(|at| *at > 0).unwrap_or(requirement.len());
        Some(format!("{} {version}", &requirement[..at]))
    }
}

/// The graph below what the project requires.
fn graph(solution: &Solution) -> Graph {
    let places = &solution.places;
    let title = |place: usize| format!("{} {}", places[place].package, places[place].version);
    let edges = places.iter().enumerate().skip(1).flat_map(|(from, place)| {
        let met = place.edges.iter().filter_map(|edge| edge.to);
        met.map(move |to| (title(from), title(to)))
    });
    edges.collect()
}
