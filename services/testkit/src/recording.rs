//! The bundled registry as a universe that is read as far as problems ask for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ecosystems::pypi::{Environment, Listing, Metadata, Name, Platform, Python, Requirement};
use ecosystems::{Ecosystem, Timestamp};
use registries::{Freshness, MetadataRead, Read, Registry};
use solver::pypi::{Gap, Outcome, Policy, Problem, Root, Universe, solve};
use solver::search::Budget;
use solver::{Held, Strategy};

/// The bundled registry, read as far as has been asked.
pub struct Recording {
    registry: Registry,
    runtime: tokio::runtime::Runtime,
    universe: Universe,
}

/// One project of the recording.
pub struct Recorded {
    /// Its name.
    pub name: Name,
    /// Its listing.
    pub listing: Arc<Listing>,
    /// What its releases need, by their positions.
    pub needs: Vec<(u32, Arc<Metadata>)>,
}

/// What uv answered to one set of requirements in one environment.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The file's name without its extension, such as `airflow.py3.12.lowest-direct`.
    pub name: String,
    /// What was asked.
    pub problem: Problem,
    /// What was answered, as sorted `name version` lines.
    pub lines: Vec<String>,
}

impl Recording {
    /// Opens the bundled registry.
    pub fn bundled() -> Self {
        let registry = Registry::bundled();
        let registry = registry.unwrap_or_else(|error| panic!("the bundled registry: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
        Self { registry, runtime, universe: Universe::default() }
    }

    /// What is known so far.
    pub fn universe(&self) -> &Universe {
        &self.universe
    }

    /// All listings of the recording, and what each release of them needs.
    pub fn everything(&self) -> Vec<Recorded> {
        let recorded = registries::bundled();
        let mut everything = Vec::new();
        for name in recorded.packages(Ecosystem::Pypi) {
            let name = Name::parse(name).unwrap_or_else(|error| panic!("{error}"));
            let read = self.registry.pypi_listing(&name, None, Freshness::default());
            let read = self.runtime.block_on(read).unwrap_or_else(|error| panic!("{error}"));
            let listing = read.facts.unwrap_or_else(|| panic!("`{name}` is recorded"));
            let mut needs = Vec::new();
            for place in 0..listing.releases.len() {
                let read = self.registry.pypi_metadata(&listing, place, None, Freshness::default());
                if let Ok(MetadataRead::Known(Read { facts: Some(metadata), .. })) =
                    self.runtime.block_on(read)
                {
                    needs.push((u32::try_from(place).unwrap_or(u32::MAX), metadata));
                }
            }
            everything.push(Recorded { name, listing, needs });
        }
        everything
    }

    /// A universe of everything that was read.
    pub fn universe_of(everything: &[Recorded]) -> Universe {
        let mut universe = Universe::default();
        for Recorded { name, listing, needs } in everything {
            universe.insert_listing(name, Some(Arc::clone(listing)));
            for (position, metadata) in needs {
                universe.insert_needs(name, *position, metadata);
            }
        }
        universe
    }

    /// Solves a problem, reading what is missing. Returns the outcome with the steps of the last
    /// round, and the number of rounds.
    pub fn solve(&mut self, problem: &Problem, steps: u64) -> (Outcome, u64, u32) {
        for round in 1.. {
            let budget = Budget { steps, interrupted: &|| false };
            match solve(problem, &self.universe, &budget) {
                (Outcome::Gaps(gaps), _) => {
                    gaps.iter().for_each(|gap| self.fill(gap));
                }
                (outcome, steps) => return (outcome, steps, round),
            }
        }
        panic!("the solver asks for ever")
    }

    /// Reads what is missing, and for a listing what all its releases need: the registry is at
    /// hand, and rounds cost more than reading.
    fn fill(&mut self, gap: &Gap) {
        match gap {
            Gap::Needs(name, position) => self.read_needs(name, *position),
            Gap::Listing(name) => {
                let read = self.registry.pypi_listing(name, None, Freshness::default());
                let read = self.runtime.block_on(read);
                let listing = read.unwrap_or_else(|error| panic!("`{name}`: {error}")).facts;
                let releases = listing.as_ref().map_or(0, |listing| listing.releases.len());
                self.universe.insert_listing(name, listing);
                (0..).take(releases).for_each(|position| self.read_needs(name, position));
            }
        }
    }

    fn read_needs(&mut self, name: &Name, position: u32) {
        let listing = self.universe.listing(name).map(Arc::clone);
        let listing = listing.unwrap_or_else(|| panic!("`{name}` is not listed"));
        let place = position as usize;
        let read = self.registry.pypi_metadata(&listing, place, None, Freshness::default());
        let universe = &mut self.universe;
        match self.runtime.block_on(read) {
            Ok(MetadataRead::Known(Read { facts: Some(metadata), .. })) => {
                universe.insert_needs(name, position, &metadata);
            }
            Ok(MetadataRead::Known(_) | MetadataRead::NeedsBuild { .. }) => {
                universe.insert_unreadable(name, position, "it is not recorded");
            }
            Err(error) => universe.insert_unreadable(name, position, &error.to_string()),
        }
    }
}

impl Answer {
    /// The answers that come with the bundled registry, but for those for all environments at
    /// once, by name.
    pub fn all() -> Vec<Self> {
        let folder = folder();
        let entries = std::fs::read_dir(&folder);
        let entries = entries.unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()));
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".txt").map(ToOwned::to_owned))
            .filter(|name| !name.ends_with(".universal"))
            .collect();
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The answer of that name, such as `airflow.py3.12`.
    pub fn read(name: &str) -> Self {
        let (set, setting) = name.split_once(".py3.").unwrap_or_else(|| panic!("`{name}`?"));
        let (minor, mode) = setting.split_once('.').unwrap_or((setting, ""));
        let mut policy = Policy::default();
        match mode.split_once('-') {
            None => {}
            Some(("before", day)) => policy.before = Some(start_of(day)),
            Some(("lowest", "direct")) => policy.strategy = Strategy::LowestDirect,
            Some(_) => panic!("`{name}` is of no known mode"),
        }
        let pins = read_text(&folder().join(format!("{name}.txt")));
        let pins = pins.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut lines: Vec<String> = pins.map(|line| line.trim().replace("==", " ")).collect();
        lines.sort();
        let roots = read_text(&folder().join(format!("{set}.in")));
        let problem = problem(&format!("3.{minor}"), &roots, policy);
        Self { name: name.to_owned(), problem, lines }
    }
}

fn problem(python: &str, roots: &str, policy: Policy) -> Problem {
    let python = Python::parse(python).unwrap_or_else(|error| panic!("{error}"));
    let platform = Platform::parse("x86_64-manylinux_2_28");
    let platform = platform.unwrap_or_else(|error| panic!("{error}"));
    let roots = roots.lines().map(str::trim);
    let roots = roots.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line| Root {
        requirement: Requirement::parse(line).unwrap_or_else(|error| panic!("`{line}`: {error}")),
        hashes: Vec::new(),
    };
    Problem {
        environment: Environment::new(python, platform, false),
        requirements: roots.map(read).collect(),
        constraints: Vec::new(),
        overrides: Vec::new(),
        excludes: std::collections::BTreeSet::new(),
        locked: Vec::new(),
        held: Held::default(),
        policy,
    }
}

fn start_of(day: &str) -> Timestamp {
    Timestamp::parse(&format!("{day}T00:00:00Z")).unwrap_or_else(|error| panic!("{error}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../registries/bundled/oracles/pypi")
}

fn read_text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}
