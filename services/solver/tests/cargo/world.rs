//! Index files as a universe that is read as far as problems ask for it.
#![expect(clippy::disallowed_methods, reason = "the index is a file, and its place is a setting")]
#![allow(dead_code, reason = "tests and measurements use different parts")]

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use ecosystems::cargo::{Dependency, Features, Listing, Name, Version, read_index};
use solver::cargo::{Crate, Gap, Member, Outcome, Problem, Universe, ahead, solve};
use solver::search::Budget;

/// The registry of all that is recorded.
pub(crate) const REGISTRY: &str = "https://index.example/";

/// Index files, and as much of them as was read.
#[derive(Default)]
pub(crate) struct World {
    /// The files of each package, by registry and name.
    files: HashMap<(String, String), Vec<u8>>,
    pub(crate) universe: Universe,
}

/// A member without features of its own.
pub(crate) fn member(dependencies: Vec<Dependency>) -> Member {
    Member {
        name: Name::parse("root").expect("a name"),
        version: Version::new(0, 1, 0),
        in_workspace: true,
        dependencies,
        paths: BTreeMap::new(),
        features: Features::default(),
        links: None,
        locked: None,
    }
}

/// A file of the shared folder, if there is one.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let shared = std::env::var_os("QUARTERMASTER_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join(path);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("nothing to judge: there is no `{}`", path.display());
    }
    bytes
}

/// A file of the bundled registry.
pub(crate) fn bundled(path: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../registries/bundled");
    let path = PathBuf::from(folder).join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

impl World {
    /// The recorded index.
    pub(crate) fn recorded() -> Self {
        let archive = bundled("cargo.tar.zst");
        let mut tar = tar::Archive::new(zstd::Decoder::new(&*archive).expect("an archive"));
        let mut world = Self::default();
        for entry in tar.entries().expect("an archive") {
            let mut entry = entry.expect("a file of the archive");
            if entry.header().entry_type().is_file() {
                let path = entry.path().expect("a path").into_owned();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).expect("a file of the archive");
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                world.files.insert((REGISTRY.to_owned(), name), bytes);
            }
        }
        world
    }

    /// Adds a line to the file of a package.
    ///
    /// What a line must have and a test need not say is added.
    pub(crate) fn add(&mut self, registry: &str, name: &str, line: &str) {
        let mut line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let fields = line.as_object_mut().expect("a line");
        fields.entry("deps").or_insert_with(|| serde_json::json!([]));
        fields.entry("cksum").or_insert_with(|| "".into());
        let file = self.files.entry((registry.to_owned(), name.to_ascii_lowercase())).or_default();
        file.extend_from_slice(line.to_string().as_bytes());
        file.push(b'\n');
    }

    /// Adds a line as `name version rest`, where the rest is further fields of the line.
    pub(crate) fn add_words(&mut self, registry: &str, line: &str) {
        let mut words = line.splitn(3, ' ');
        let name = words.next().expect("a name");
        let version = words.next().expect("a version");
        let rest = words.next().map_or_else(String::new, |rest| format!(",{rest}"));
        self.add(registry, name, &format!(r#"{{"name":"{name}","vers":"{version}"{rest}}}"#));
    }

    /// All listings, by the names of their packages.
    pub(crate) fn listings(&self) -> BTreeMap<String, Listing> {
        let files = self.files.iter().map(|((_, name), bytes)| {
            let parsed = Name::parse(name).expect("a name");
            (name.clone(), read_index(&parsed, bytes).expect("an index file"))
        });
        files.collect()
    }

    /// Solves a problem, reading what is missing and what is likely to be. Returns the outcome, its
    /// steps, and the rounds.
    pub(crate) fn solve(&mut self, problem: &Problem, steps: u64) -> (Outcome, u64, u32) {
        self.solve_with(problem, steps, ahead)
    }

    /// Solves a problem, reading what is missing and what `further` names.
    pub(crate) fn solve_with(
        &mut self,
        problem: &Problem,
        steps: u64,
        further: impl Fn(&Problem, &Universe) -> Vec<Gap>,
    ) -> (Outcome, u64, u32) {
        let budget = Budget { steps, interrupted: &|| false };
        for round in 1.. {
            further(problem, &self.universe).iter().for_each(|gap| self.read(gap));
            match solve(problem, &self.universe, &budget) {
                (Outcome::Gaps(gaps), _) => {
                    let known = gaps.iter().find(|gap| self.universe.has(gap));
                    assert_eq!(known, None, "the solver asks for what is known");
                    gaps.iter().for_each(|gap| self.read(gap));
                }
                (outcome, steps) => return (outcome, steps, round),
            }
        }
        panic!("the solver asks for ever")
    }

    /// What looking ahead names.
    pub(crate) fn ahead(&self, problem: &Problem) -> Vec<Gap> {
        ahead(problem, &self.universe)
    }

    /// All packages that have a file.
    pub(crate) fn packages(&self) -> Vec<Crate> {
        let packages = self.files.iter().map(|((registry, _), bytes)| {
            let line = bytes.split(|byte| *byte == b'\n').next().expect("a line");
            let line: serde_json::Value = serde_json::from_slice(line).expect("a line of JSON");
            let name = Name::parse(line["name"].as_str().expect("a name")).expect("a name");
            Crate { registry: registry.as_str().into(), name }
        });
        let mut packages: Vec<Crate> = packages.collect();
        packages.sort_unstable();
        packages
    }

    /// The listings of all packages that have a file.
    pub(crate) fn parsed(&self) -> Vec<(Crate, Arc<Listing>)> {
        let packages = self.packages().into_iter();
        let listings = packages.map(|package| {
            let name = package.name.as_str().to_ascii_lowercase();
            let bytes = &self.files[&(package.registry.to_string(), name)];
            let listing = read_index(&package.name, bytes).expect("an index file");
            (package, Arc::new(listing))
        });
        listings.collect()
    }

    /// Reads everything that is recorded.
    pub(crate) fn read_everything(&mut self) {
        self.packages().iter().for_each(|package| self.read(package));
    }

    pub(crate) fn read(&mut self, package: &Crate) {
        let name = package.name.as_str().to_ascii_lowercase();
        let file = self.files.get(&(package.registry.to_string(), name));
        let listing = file.map(|bytes| {
            let listing = read_index(&package.name, bytes);
            Arc::new(listing.unwrap_or_else(|error| panic!("{error}")))
        });
        self.universe.insert(package, listing.filter(|listing| !listing.releases.is_empty()));
    }
}
