//! Manifests with the trees that npm 11.19.1 built for them.
#![expect(clippy::disallowed_methods, reason = "further cases may lie in a folder of one's own")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use solver::npm::{Content, DependencyKind, Outcome, Place, Solution, View, installed};

use super::STEPS;
use super::case::Case;
use super::world::World;

/// What npm answered.
#[derive(serde::Deserialize)]
pub(crate) struct Answer {
    pub(crate) ok: bool,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) text: String,
    /// What npm warns of as made for other engines, as `name@version`.
    #[serde(default)]
    engines: BTreeSet<String>,
}

impl Answer {
    /// That npm refuses, with its words.
    pub(crate) fn refused(code: &str, text: &str) -> Self {
        Self {
            ok: false,
            nodes: Vec::new(),
            code: code.to_owned(),
            text: text.to_owned(),
            engines: BTreeSet::new(),
        }
    }
}

/// A place, as npm has it.
#[derive(serde::Deserialize)]
struct Node {
    location: String,
    name: Option<String>,
    version: String,
    link: Option<String>,
    flags: String,
    edges: Option<BTreeMap<String, Edge>>,
}

/// An edge, as npm has it: kind, spec, where it leads, and whether that is right.
type Edge = (String, String, Option<String>, bool);

/// The cases that are part of the project, or those of a folder.
pub(crate) fn read() -> Vec<Case> {
    let folder = std::env::var_os("QUARTERMASTER_NPM_CASES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/npm/cases")),
        PathBuf::from,
    );
    let files = std::fs::read_dir(&folder).expect("a folder of cases");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        let name = path.file_stem().expect("a name").to_string_lossy();
        for (place, line) in text.lines().enumerate() {
            let case: Result<Case, _> = serde_json::from_str(line);
            let mut case = case.unwrap_or_else(|error| panic!("{name}:{}: {error}", place + 1));
            case.name = format!("{name}:{} {}", place + 1, case.name);
            cases.push(case);
        }
    }
    cases
}

/// In what our answers differ from npm's.
pub(crate) fn faults(world: &mut World) -> Vec<String> {
    let cases = read();
    let mut faults = Vec::new();
    let mut refused = 0;
    for case in &cases {
        let answer = case.answer.as_ref().expect("npm's answer").get();
        let answer: Answer = serde_json::from_str(answer).expect("npm's answer");
        refused += u32::from(!answer.ok);
        let outcome = match case.documents() {
            Some(documents) => World::of(documents).solve(&case.problem(), STEPS).0,
            None => world.solve(&case.problem(), STEPS).0,
        };
        let outcome = match (case.platform(), outcome) {
            (Some(platform), Outcome::Solved(mut solution)) => {
                let view = installed(&solution, &platform);
                faults.extend(other_view(&answer, &solution, &view, &case.name));
                if !view.unfit.is_empty() {
                    continue;
                }
                for number in view.left_out {
                    solution.places[number].purpose.is_inert = true;
                }
                Outcome::Solved(solution)
            }
            (_, outcome) => outcome,
        };
        faults.extend(judge(&answer, &outcome).into_iter().map(|f| format!("{}: {f}", case.name)));
    }
    println!("{} cases, {refused} of them refused", cases.len());
    faults.truncate(200);
    faults
}

/// In what a view differs from npm's in that it refuses, or warns.
fn other_view(answer: &Answer, solution: &Solution, view: &View, name: &str) -> Option<String> {
    if answer.code == "EBADPLATFORM" || !view.unfit.is_empty() {
        let is_said = answer.code == "EBADPLATFORM" && !view.unfit.is_empty();
        return (!is_said).then(|| format!("{name}: {} {}; {view:?}", answer.code, answer.text));
    }
    let title = |number: &usize| {
        let place = &solution.places[*number];
        format!("{}@{}", place.package, place.version)
    };
    let engines: BTreeSet<String> = view.unsupported.iter().map(title).collect();
    (engines != answer.engines)
        .then(|| format!("{name}: npm warns of {:?}, we of {engines:?}", answer.engines))
}

fn judge(answer: &Answer, outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::Solved(solution) if answer.ok => differences(answer, solution),
        // There are registries on which npm does not end, and those on which it breaks.
        _ if answer.code == "HANG" || answer.code.starts_with("Cannot read") => Vec::new(),
        Outcome::Solved(_) => {
            vec![format!("npm refuses it: {} {}", answer.code, answer.text)]
        }
        Outcome::Conflict(conflict, _) if !answer.ok => sides(answer, &conflict.to_string()),
        other => vec![format!("npm finds an answer, we do not: {other:?}")],
    }
}

/// Whether an explanation names the two sides that npm names.
pub(crate) fn sides(answer: &Answer, explanation: &str) -> Vec<String> {
    if answer.code != "ERESOLVE" {
        let names_it = explanation.contains(&answer.code);
        return if names_it { Vec::new() } else { vec![format!("{}: {explanation}", answer.code)] };
    }
    let line = |start: &str| {
        let mut lines = answer.text.lines().skip_while(|line| !line.starts_with(start));
        lines.next().map(|line| (line.to_owned(), lines.next().unwrap_or_default().to_owned()))
    };
    let mut faults = Vec::new();
    // `Found: web@1.0.0`, or, where nothing is there yet, `Found: web@"^1.0.0" from ...`.
    if let Some((found, _)) = line("Found: ") {
        let found = plain(found.trim_start_matches("Found: ").split(" from ").next());
        if !explanation.contains(&format!("`{found}`")) {
            faults.push(format!("npm found {found}; we say\n{explanation}"));
        }
    }
    // `peer web@"^1.0.0" from app@1.0.0`
    if let Some((_, unresolved)) = line("Could not resolve dependency:") {
        let (wanted, from) = unresolved.split_once(" from ").unwrap_or((&unresolved, ""));
        let wanted = plain(Some(wanted));
        let from = if from == "the root project" { "our project" } else { from };
        let is_said = explanation
            .lines()
            .any(|line| line.contains(&format!("requires `{wanted}`")) && line.contains(from));
        if !is_said {
            faults.push(format!("npm could not resolve {unresolved}; we say\n{explanation}"));
        }
    }
    faults
}

/// A requirement or package without what npm says of it beside.
fn plain(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    let text = text.split(" (was ").next().unwrap_or_default();
    let kinds = ["peerOptional ", "peer ", "dev ", "optional ", "overridden "];
    let text = kinds.iter().fold(text, |text, kind| text.trim_start_matches(kind));
    text.replace('"', "").replace("@undefined", "")
}

fn differences(answer: &Answer, solution: &Solution) -> Vec<String> {
    let theirs: BTreeMap<&str, String> =
        answer.nodes.iter().map(|node| (&*node.location, said(node))).collect();
    // Of large trees the edges are not written down.
    let has_edges = answer.nodes.iter().any(|node| node.edges.is_some());
    let ours: BTreeMap<&str, String> = solution
        .places
        .iter()
        .skip(1)
        .map(|place| (&*place.location, said_of(solution, place, has_edges)))
        .collect();
    let locations: BTreeSet<&str> = theirs.keys().chain(ours.keys()).copied().collect();
    let nothing = "nothing".to_owned();
    let mut differences = Vec::new();
    for location in locations {
        let theirs = theirs.get(location).unwrap_or(&nothing);
        let ours = ours.get(location).unwrap_or(&nothing);
        if theirs != ours {
            differences.push(format!("{location}\n    npm  {theirs}\n    ours {ours}"));
        }
    }
    differences
}

fn said(node: &Node) -> String {
    let mut said = match &node.link {
        Some(target) => format!("-> {target}"),
        None => format!("{} {}", node.name.as_deref().unwrap_or_default(), node.version),
    };
    said.push_str(&format!(" [{}]", node.flags));
    for (name, (kind, spec, to, is_met)) in node.edges.iter().flatten() {
        let to = to.as_deref().unwrap_or("nothing");
        said.push_str(&format!("; {kind} {name}@{spec} {to} {is_met}"));
    }
    said
}

pub(crate) fn said_of(solution: &Solution, place: &Place, with_edges: bool) -> String {
    let purpose = place.purpose;
    let flags = [
        (purpose.is_dev, "dev"),
        (purpose.is_optional, "optional"),
        (purpose.is_dev_optional, "devOptional"),
        (purpose.is_peer, "peer"),
        (purpose.is_extraneous, "extraneous"),
        (purpose.is_inert, "inert"),
    ];
    let flags: Vec<&str> = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| *flag).collect();
    let mut said = match &place.content {
        Content::Link(target) => format!("-> {}", solution.places[*target].location),
        Content::Release { .. } | Content::Folder(_) | Content::Project => {
            format!("{} {}", place.package, place.version)
        }
    };
    said.push_str(&format!(" [{}]", flags.join(" ")));
    let mut edges: Vec<_> = place.edges.iter().filter(|_| with_edges).collect();
    edges.sort_by(|one, other| one.name.cmp(&other.name));
    for edge in edges {
        let kind = match edge.kind {
            DependencyKind::Production => "prod",
            DependencyKind::Development => "dev",
            DependencyKind::Optional => "optional",
            DependencyKind::Peer => "peer",
            DependencyKind::PeerOptional => "peerOptional",
            DependencyKind::Workspace => "workspace",
        };
        let to = edge.to.map_or("nothing", |to| &solution.places[to].location);
        said.push_str(&format!("; {kind} {}@{} {to} {}", edge.name, edge.spec, edge.is_met));
    }
    said
}
