//! Recorded documents as a universe that is read as far as problems ask for it.
#![expect(
    clippy::disallowed_methods,
    reason = "the registry is a file, and its place is a setting"
)]

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use ecosystems::npm::{Name, Tag, read_packument};
use solver::npm::{Outcome, Problem, Universe, ahead, solve};
use solver::search::Budget;

/// Documents by name, and as much of them as was read.
#[derive(Clone, Default)]
pub(crate) struct World {
    documents: Arc<HashMap<String, Vec<u8>>>,
    universe: Universe,
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

impl World {
    /// The recorded registry, if it is there.
    pub(crate) fn recorded() -> Option<Self> {
        let archive = shared("registry/npm.tar.zst")?;
        let mut tar = tar::Archive::new(zstd::Decoder::new(&*archive).expect("an archive"));
        let mut documents = HashMap::new();
        for entry in tar.entries().expect("an archive") {
            let mut entry = entry.expect("a file of the archive");
            if entry.header().entry_type().is_file() {
                let path = entry.path().expect("a path").into_owned();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).expect("a file of the archive");
                let name = path.file_stem().expect("a name").to_string_lossy().replace("%2f", "/");
                documents.insert(name, bytes);
            }
        }
        Some(Self::of(documents))
    }

    /// A registry of these documents.
    pub(crate) fn of(documents: HashMap<String, Vec<u8>>) -> Self {
        Self { documents: Arc::new(documents), universe: Universe::default() }
    }

    /// The same registry as it was before the last few releases of these packages, which are known.
    pub(crate) fn before_the_last(&self, releases: usize, packages: &[Name]) -> Self {
        let mut old = self.clone();
        for name in packages {
            let Some(Some(packument)) = self.universe.packument(name.as_str()) else { continue };
            let all = packument.manifests.iter().enumerate();
            let stable: Vec<usize> =
                all.filter(|(_, one)| !one.version.is_prerelease()).map(|(at, _)| at).collect();
            let Some(latest) = stable.iter().rev().nth(releases).or(stable.first()) else {
                continue;
            };
            let mut packument = (**packument).clone();
            packument.manifests.truncate(latest + 1);
            packument.tags = Box::new([Tag {
                name: "latest".into(),
                version: packument.manifests[*latest].key().into(),
                position: u32::try_from(*latest).ok(),
                published_at: None,
            }]);
            old.universe.insert(name.clone(), Some(Arc::new(packument)));
        }
        old
    }

    /// Solves a problem, reading what is missing. Returns the outcome, its steps, and the rounds.
    pub(crate) fn solve(&mut self, problem: &Problem, steps: u64) -> (Outcome, u64, u32) {
        for round in 1.. {
            let budget = Budget { steps, interrupted: &|| false };
            match solve(problem, &self.universe, &budget) {
                (Outcome::Gaps(gaps), _) => gaps.into_iter().for_each(|gap| self.read(gap)),
                (outcome, steps) => return (outcome, steps, round),
            }
        }
        panic!("the solver asks for ever")
    }

    /// Reads everything that is recorded.
    pub(crate) fn read_everything(&mut self) {
        let names: Vec<String> = self.documents.keys().cloned().collect();
        for name in names {
            self.read(Name::parse(&name).expect("a name"));
        }
    }

    /// Reads what a problem most likely needs, until nothing more is named. Returns the rounds.
    pub(crate) fn read_ahead(&mut self, problem: &Problem) -> u32 {
        for round in 0.. {
            let gaps = ahead(problem, &self.universe);
            if gaps.is_empty() {
                return round;
            }
            gaps.into_iter().for_each(|gap| self.read(gap));
        }
        panic!("the solver asks for ever")
    }

    pub(crate) fn universe(&self) -> &Universe {
        &self.universe
    }

    fn read(&mut self, name: Name) {
        let document = self.documents.get(name.as_str());
        let packument = document.map(|bytes| {
            let packument = read_packument(&name, bytes);
            Arc::new(packument.unwrap_or_else(|error| panic!("{error}")))
        });
        self.universe.insert(name, packument);
    }
}
