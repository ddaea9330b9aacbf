//! Writes lock files of choices from the acceptable sets of npm's recorded projects, for npm to
//! judge: `cargo run --example npm_choices -p quartermaster-testkit -- FOLDER [NUMBER]`.
//!
//! Each goes to a folder of its own, `FOLDER/<project>/<number>`, with the project's `package.json`.
//! What a version needs is copied from the recorded document as it stands there; what a choice does
//! not need is left out. The first choice takes the oldest version of each set, the others are made
//! at random, the same each time.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use ecosystems::Ecosystem;
use ecosystems::npm::{Name, Needs, Version, read_packument};
use registries::{Recorded, bundled};
use serde_json::{Map, Value, json};
use solver::npm::{Content, Edge, Outcome, Policy, Problem, Project, Solution, Universe};
use solver::search::Budget;
use solver::widen::{AcceptableSet, Reach};
use testkit::chance::Chance;

const SETS: [&str; 3] = ["next-app", "storybook", "vite-vue"];

/// What of a manifest a lock file has.
const FIELDS: [&str; 12] = [
    "version",
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bundleDependencies",
    "engines",
    "os",
    "cpu",
    "libc",
    "bin",
    "deprecated",
];

/// The recorded documents, each read once.
struct Documents {
    recorded: Recorded,
    read: HashMap<String, Value>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("a folder is needed")?;
    let number: usize = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let mut documents = Documents { recorded: bundled(), read: HashMap::new() };
    let oracles = concat!(env!("CARGO_MANIFEST_DIR"), "/../registries/bundled/oracles/npm");
    for set in SETS {
        let manifest = std::fs::read(Path::new(oracles).join(set).join("package.json"))?;
        let manifest: Value = serde_json::from_slice(&manifest)?;
        let problem = problem(&manifest)?;
        let (solution, universe) = solved(&documents.recorded, &problem)?;
        let reach = Reach { newest: u32::MAX };
        let sets = solver::npm::widen(&problem, &universe, &solution, reach, &|| false).sets;
        let mut chance = Chance::new(1);
        let mut others = 0;
        for round in 0..number {
            let choice = chosen(&sets, round, &mut chance);
            let (lock, count) = documents.lock(&manifest, (&solution, &sets), &choice)?;
            others += count;
            let folder = Path::new(&folder).join(set).join(round.to_string());
            std::fs::create_dir_all(&folder)?;
            std::fs::write(folder.join("package.json"), format!("{manifest:#}\n"))?;
            std::fs::write(folder.join("package-lock.json"), format!("{lock:#}\n"))?;
        }
        let all: usize = sets.iter().map(|set| set.versions.len()).sum();
        println!("{set}: {number} choices of {all} versions, {others} of them not the answer's");
    }
    Ok(())
}

/// What is asked: as npm was, on node 20.20.2.
fn problem(manifest: &Value) -> Result<Problem, Box<dyn Error>> {
    let development = json!({ "dependencies": manifest["devDependencies"] });
    let project = Project {
        name: manifest["name"].as_str().map(Name::parse).transpose()?,
        version: manifest["version"].as_str().map(Version::parse).transpose()?,
        needs: needs(manifest)?,
        development: Arc::clone(&needs(&development)?.dependencies),
    };
    let node = Some(Version::parse("20.20.2")?);
    let npm = Some(Version::parse("11.19.1")?);
    let policy = Policy { node, npm, ..Policy::default() };
    Ok(Problem { project, policy, ..Problem::default() })
}

/// What a manifest needs is read as a registry's.
fn needs(manifest: &Value) -> Result<Needs, Box<dyn Error>> {
    let document = json!({ "versions": { "1.0.0": manifest } }).to_string();
    let packument = read_packument(&Name::parse("project")?, document.as_bytes())?;
    Ok((*packument.manifests.first().ok_or("no manifest")?.needs).clone())
}

fn solved(recorded: &Recorded, problem: &Problem) -> Result<(Solution, Universe), Box<dyn Error>> {
    let mut universe = Universe::default();
    loop {
        let budget = Budget { steps: 1_000_000, interrupted: &|| false };
        match solver::npm::solve(problem, &universe, &budget).0 {
            Outcome::Solved(solution) => return Ok((solution, universe)),
            Outcome::Gaps(gaps) => {
                for gap in gaps {
                    let document = recorded.document(Ecosystem::Npm, gap.as_str());
                    let packument = document.map(|bytes| read_packument(&gap, &bytes));
                    universe.insert(gap, packument.transpose()?.map(Arc::new));
                }
            }
            other => return Err(format!("{other:?}").into()),
        }
    }
}

/// A version from each set, by its place there: the oldest, or any.
fn chosen(sets: &[AcceptableSet<Edge>], round: usize, chance: &mut Chance) -> Vec<usize> {
    let choice = sets.iter().map(|set| {
        let newest_last = |place: &usize| std::cmp::Reverse(set.versions[*place].position);
        match (round, set.versions.len()) {
            (_, 0) => 0,
            (0, length) => (0..length).max_by_key(newest_last).unwrap_or(0),
            (_, length) => chance.below(length),
        }
    });
    choice.collect()
}

impl Documents {
    fn document(&mut self, name: &str) -> Result<&Value, Box<dyn Error>> {
        if !self.read.contains_key(name) {
            let bytes = self.recorded.document(Ecosystem::Npm, name).ok_or("no document")?;
            self.read.insert(name.to_owned(), serde_json::from_slice(&bytes)?);
        }
        Ok(&self.read[name])
    }

    /// The lock file of a choice, and how many of its versions are other ones than the answer's.
    fn lock(
        &mut self,
        manifest: &Value,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
        choice: &[usize],
    ) -> Result<(Value, usize), Box<dyn Error>> {
        let mut needed = BTreeSet::new();
        let mut waiting = vec![0];
        while let Some(slot) = waiting.pop() {
            if needed.insert(slot) {
                let version = sets[slot].versions.get(choice[slot]);
                let edges = version.map_or(&solution.places[slot].edges, |version| &version.edges);
                waiting.extend(edges.iter().filter_map(|edge| edge.to));
            }
        }
        let mut packages = Map::new();
        let mut others = 0;
        for slot in needed {
            let place = &solution.places[slot];
            let entry = match &place.content {
                Content::Project => manifest.clone(),
                Content::Release { packument, .. } => {
                    let position = sets[slot].versions[choice[slot]].position;
                    others += usize::from(choice[slot] > 0);
                    let key = packument.manifests[position as usize].key();
                    let document = self.document(packument.name.as_str())?;
                    entry(&document["versions"][&key], place.name != place.package)
                }
                other => return Err(format!("{other:?} is not of a registry").into()),
            };
            packages.insert(place.location.clone(), entry);
        }
        let name = &manifest["name"];
        let lock = json!({
            "name": name, "version": manifest["version"], "lockfileVersion": 3, "requires": true,
            "packages": packages,
        });
        Ok((lock, others))
    }
}

/// What a lock file says of a version. What is optional is not said twice.
fn entry(manifest: &Value, is_alias: bool) -> Value {
    let mut entry = Map::new();
    if is_alias {
        entry.insert("name".to_owned(), manifest["name"].clone());
    }
    for field in FIELDS {
        if let Some(value) = manifest.get(field) {
            entry.insert(field.to_owned(), value.clone());
        }
    }
    let optional = manifest["optionalDependencies"].as_object();
    let optional: Vec<String> = optional.into_iter().flat_map(|all| all.keys().cloned()).collect();
    if let Some(dependencies) = entry.get_mut("dependencies").and_then(Value::as_object_mut) {
        dependencies.retain(|name, _| !optional.contains(name));
    }
    if let Some(integrity) = manifest["dist"].get("integrity") {
        entry.insert("integrity".to_owned(), integrity.clone());
    }
    entry.into()
}
