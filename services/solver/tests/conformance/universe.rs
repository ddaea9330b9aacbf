//! What the suites say of an index, as a universe.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecosystems::pypi::{
    Environment, Listing, Metadata, Name, Platform, ProjectStatus, Python, RawFile, Requirement,
    Version, Yanked,
};
use serde::Deserialize;
use solver::Held;
use solver::pypi::{Gap, Outcome, Policy, Problem, Root, Universe, solve};
use solver::search::Budget;

/// More steps than any case takes.
const STEPS: u64 = 200_000;

/// Projects by name, and their releases by version.
pub(crate) type Projects = BTreeMap<String, BTreeMap<String, Release>>;

/// Names and versions, normalised.
pub(crate) type Picks = BTreeMap<Name, Version>;

/// What a suite says of a release.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Release {
    pub(crate) requires: Vec<String>,
    /// What each extra requires.
    pub(crate) extras: BTreeMap<String, Vec<String>>,
    pub(crate) requires_python: Option<String>,
    pub(crate) yanked: bool,
    /// Whether there is a wheel.
    pub(crate) wheel: bool,
    /// Whether there is a source distribution.
    pub(crate) sdist: bool,
    /// The tags of the wheels; none for one wheel that runs everywhere.
    pub(crate) wheel_tags: Vec<String>,
}

/// A release with a file of each kind and nothing to say of it.
impl Default for Release {
    fn default() -> Self {
        Self {
            requires: Vec::new(),
            extras: BTreeMap::new(),
            requires_python: None,
            yanked: false,
            wheel: true,
            sdist: true,
            wheel_tags: Vec::new(),
        }
    }
}

impl Release {
    fn metadata(&self) -> Result<Metadata, String> {
        let own = self.requires.iter().cloned();
        let added = self.extras.iter().flat_map(|(extra, requires)| {
            requires.iter().map(move |requirement| with_extra(requirement, extra))
        });
        let requires: Vec<String> = own.chain(added).collect();
        let metadata = Metadata::from_fields(
            requires.iter().map(String::as_str),
            self.requires_python.as_deref(),
            self.extras.keys().map(String::as_str),
        );
        metadata.map_err(|error| error.to_string())
    }

    fn files(&self, name: &Name, version: &str) -> Vec<RawFile> {
        let stem = format!("{}-{version}", name.as_str().replace('-', "_"));
        let everywhere = ["py3-none-any".to_owned()];
        let tags = if self.wheel_tags.is_empty() { &everywhere[..] } else { &self.wheel_tags };
        let tags = if self.wheel { tags } else { &[] };
        let wheels = tags.iter().map(|tags| format!("{stem}-{tags}.whl"));
        let sdist = self.sdist.then(|| format!("{stem}.tar.gz"));
        let file = |filename: String| RawFile {
            url: filename.clone(),
            filename,
            requires_python: self.requires_python.clone(),
            yanked: if self.yanked { Yanked::Yes("".into()) } else { Yanked::No },
            ..RawFile::default()
        };
        wheels.chain(sdist).map(file).collect()
    }
}

/// A requirement under the condition that an extra is on.
fn with_extra(requirement: &str, extra: &str) -> String {
    match requirement.split_once(';') {
        Some((requirement, marker)) => {
            format!("{requirement}; ({marker}) and extra == '{extra}'")
        }
        None => format!("{requirement}; extra == '{extra}'"),
    }
}

/// Everything that a suite's index holds.
pub(crate) fn universe(projects: &Projects) -> Universe {
    let mut universe = Universe::default();
    for (name, releases) in projects {
        let name = read_name(name);
        // A suite's index holds what no standard allows, too, as indexes do.
        let releases: Vec<_> = releases
            .iter()
            .filter_map(|(text, release)| Some((text, text.parse::<Version>().ok()?, release)))
            .collect();
        let files = releases.iter().flat_map(|(text, _, release)| release.files(&name, text));
        let listing = Listing::from_files(name.clone(), files.collect(), ProjectStatus::Active);
        assert!(listing.warnings.is_empty(), "`{name}`: {:?}", listing.warnings);
        let listing = Arc::new(listing);
        universe.insert_listing(&name, Some(Arc::clone(&listing)));
        for (_, version, release) in releases {
            // A release without files is not listed.
            let Some(position) = listing.position(&version) else { continue };
            let position = u32::try_from(position).expect("a suite's listing is short");
            match release.metadata() {
                Ok(metadata) => universe.insert_needs(&name, position, &metadata),
                Err(reason) => universe.insert_unreadable(&name, position, &reason),
            }
        }
    }
    universe
}

/// A problem under the default policy, on the platform where the suites' expectations were made.
pub(crate) fn problem<'a>(python: &str, roots: impl IntoIterator<Item = &'a str>) -> Problem {
    let root = |text: &str| Root {
        requirement: Requirement::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}")),
        hashes: Vec::new(),
    };
    Problem {
        environment: environment(python, "linux", true),
        requirements: roots.into_iter().map(root).collect(),
        constraints: Vec::new(),
        overrides: Vec::new(),
        excludes: std::collections::BTreeSet::new(),
        locked: Vec::new(),
        held: Held::default(),
        policy: Policy::default(),
    }
}

/// An interpreter on a platform.
pub(crate) fn environment(python: &str, platform: &str, sdists: bool) -> Environment {
    let python = Python::parse(python).unwrap_or_else(|error| panic!("{error}"));
    let platform = Platform::parse(platform).unwrap_or_else(|error| panic!("{error}"));
    Environment::new(python, platform, sdists)
}

/// Solves; a project that the universe does not have does not exist.
pub(crate) fn solved(problem: &Problem, mut universe: Universe) -> Outcome {
    loop {
        let budget = Budget { steps: STEPS, interrupted: &|| false };
        let (outcome, _) = solve(problem, &universe, &budget);
        let Outcome::Gaps(gaps) = outcome else { return outcome };
        for gap in gaps {
            match gap {
                Gap::Listing(name) if !universe.has_listing(&name) => {
                    universe.insert_listing(&name, None);
                }
                gap => panic!("everything else is known, but not {gap:?}"),
            }
        }
    }
}

/// The versions chosen; none where there is a conflict.
pub(crate) fn picks(outcome: &Outcome) -> Option<Picks> {
    match outcome {
        Outcome::Solved(solution) => {
            let picks = solution.picks.iter();
            Some(picks.map(|pick| (pick.name.clone(), pick.version().clone())).collect())
        }
        Outcome::Conflict(..) => None,
        Outcome::Gaps(_) | Outcome::Spent(_) => panic!("{outcome:?}"),
    }
}

/// Compares what was chosen with what a suite expects; `None` stands for a conflict.
pub(crate) fn compare(expected: Option<&Picks>, got: Option<&Picks>) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let text = |picks: Option<&Picks>| {
        picks.map_or("a conflict".to_owned(), |picks| {
            let picks = picks.iter().map(|(name, version)| format!("{name} {version}"));
            picks.collect::<Vec<_>>().join(", ")
        })
    };
    Err(format!("expected {}, got {}", text(expected), text(got)))
}

/// Reads a name.
pub(crate) fn read_name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

/// Reads a version.
pub(crate) fn read_version(text: &str) -> Version {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}
