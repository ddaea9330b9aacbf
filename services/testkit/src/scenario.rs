//! Scenarios: what an index holds, what is asked, and what is to come of it, as text.
//!
//! ```text
//! A newer `web` exists but needs a newer Python than the environment has.
//! -- Universe
//! web
//!     1.0.0
//!     2.0.0   requires python >=3.12
//! -- Problem pypi, python 3.11
//! web>=1
//! -- Exact
//! web 1.0.0
//! ```
//!
//! **Universe.** A project stands at the start of a line, alone or with `quarantined`. Its versions
//! follow, indented by four. What is true of a version stands behind it, two or more spaces apart, or
//! on lines indented further:
//!
//! * `requires python >=3.12`, for its files and its metadata alike;
//! * `requires web>=1; database<2; sys_platform == 'win32'`: requirements, a marker behind its own;
//! * `extras cli, web`: what it declares to offer;
//! * `yanked`, `sdist only`, `wheel cp311-cp311-win_amd64`, `uploaded 2024-01-02T00:00:00Z`,
//!   `hash sha256:ab12`: what is true of its files. There is one wheel for every platform unless
//!   wheels are given;
//! * `unreadable REASON`: its metadata cannot be had; `unknown`: nobody has asked for it yet.
//!
//! **Problem.** Behind `pypi`: `python 3.12`, `platform linux`, `strategy lowest-direct`,
//! `prereleases disallow`, `before 2024-01-02T00:00:00Z`, `held preferred`, `sdists`. Then one line
//! each: requirements, `constraint web<2`, `override web==1`, `exclude web`, `locked web 1.0`,
//! `held web >=1`. Hashes stand behind a requirement, as `hash sha256:ab12`, two or more spaces apart.
//!
//! **What is to come of it.** `-- Exact` and one `name version` a line, perhaps followed by
//! `-- Unknown extras` and `name[extra]` lines; or `-- Conflict` and its sentences, or `?` where the
//! wording is not judged; or `-- Missing` and what is not known, as `name` or `name version`.

mod check;
mod parse;
mod world;

use std::fmt;
use std::path::{Path, PathBuf};

use solver::Strategy;
use solver::pypi::{Policy, Prereleases, Problem, Root};

pub use check::{check_scenario, solve_fully};
pub use parse::ScenarioError;
pub use world::{Known, Project, Release, World};

/// One scenario.
#[derive(Clone)]
pub struct Scenario {
    /// The idea, in a sentence.
    pub title: String,
    /// What the index holds.
    pub world: World,
    /// What is asked.
    pub problem: Problem,
    /// What is to come of it.
    pub expected: Expected,
}

/// What is to come of a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// These versions, and these extras unknown to them, as `name version` and `name[extra]`.
    Exact {
        /// `name version` lines, sorted.
        picks: Vec<String>,
        /// `name[extra]` lines, sorted; not judged where the scenario has no such section.
        unknown_extras: Option<Vec<String>>,
    },
    /// A conflict, told in these sentences; in whichever where there are none.
    Conflict(Vec<String>),
    /// Gaps, as `name` or `name version`.
    Missing(Vec<String>),
}

impl Scenario {
    /// Reads a scenario from text; `place` is what errors call the text.
    pub fn parse(text: &str, place: &Path) -> Result<Self, ScenarioError> {
        parse::scenario(text, place)
    }

    /// Reads a scenario from a file.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|error| ScenarioError {
            place: path.to_owned(),
            line: 0,
            reason: error.to_string(),
        })?;
        Self::parse(&text, path)
    }

    /// The folder of the scenarios that come with the project.
    pub fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
    }

    /// The names of the scenarios in a folder of that, sorted, without their extension.
    pub fn files(folder: &str) -> Vec<String> {
        let folder = Self::folder().join(folder);
        let entries = std::fs::read_dir(&folder);
        let entries = entries.unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()));
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let names = paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// Writes a scenario as it is read, so that a generated one can be kept as a file.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n-- Universe\n{}{}", self.title, self.world, ProblemText(&self.problem))?;
        match &self.expected {
            Expected::Exact { picks, unknown_extras } => {
                write_section(f, "Exact", picks)?;
                unknown_extras
                    .iter()
                    .try_for_each(|lines| write_section(f, "Unknown extras", lines))
            }
            Expected::Conflict(sentences) if sentences.is_empty() => {
                f.write_str("-- Conflict\n?\n")
            }
            Expected::Conflict(sentences) => write_section(f, "Conflict", sentences),
            Expected::Missing(missing) => write_section(f, "Missing", missing),
        }
    }
}

fn write_section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    writeln!(f, "-- {title}")?;
    lines.iter().try_for_each(|line| writeln!(f, "{line}"))
}

/// A problem, written as a scenario has it.
pub struct ProblemText<'a>(pub &'a Problem);

impl fmt::Display for ProblemText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { environment, policy, .. } = self.0;
        write!(f, "-- Problem pypi, python {}", environment.python())?;
        write!(f, ", platform {}", environment.platform())?;
        write_policy(f, policy)?;
        f.write_str(if environment.takes_sdists() { ", sdists\n" } else { "\n" })?;
        let kinds = [
            ("", &self.0.requirements),
            ("constraint ", &self.0.constraints),
            ("override ", &self.0.overrides),
        ];
        for (kind, roots) in kinds {
            for Root { requirement, hashes } in roots {
                let hashes: Vec<String> =
                    hashes.iter().map(|hash| format!("  hash {hash}")).collect();
                writeln!(f, "{kind}{requirement}{}", hashes.concat())?;
            }
        }
        for name in &self.0.excludes {
            writeln!(f, "exclude {name}")?;
        }
        for (name, version) in &self.0.locked {
            writeln!(f, "locked {name} {version}")?;
        }
        for (name, range) in self.0.held.iter() {
            writeln!(f, "held {name} {range}")?;
        }
        Ok(())
    }
}

fn write_policy(f: &mut fmt::Formatter<'_>, policy: &Policy) -> fmt::Result {
    match policy.strategy {
        Strategy::Highest => {}
        Strategy::Lowest => f.write_str(", strategy lowest")?,
        Strategy::LowestDirect => f.write_str(", strategy lowest-direct")?,
    }
    match policy.prereleases {
        Prereleases::IfNecessary => {}
        Prereleases::Disallow => f.write_str(", prereleases disallow")?,
        Prereleases::Explicit => f.write_str(", prereleases explicit")?,
        Prereleases::Allow => f.write_str(", prereleases allow")?,
    }
    if policy.prefers_held {
        f.write_str(", held preferred")?;
    }
    policy.before.map_or(Ok(()), |before| write!(f, ", before {before}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_read_as_they_are_written() {
        for name in Scenario::files("pypi") {
            let path = Scenario::folder().join("pypi").join(format!("{name}.txt"));
            let scenario = Scenario::read(&path).unwrap_or_else(|error| panic!("{error}"));
            let written = scenario.to_string();
            let again = Scenario::parse(&written, &path);
            let again = again.unwrap_or_else(|error| panic!("{error}\n{written}"));
            assert_eq!(again.to_string(), written);
            assert_eq!(again.world, scenario.world);
        }
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        let whole =
            "An idea.\n-- Universe\nweb\n    1.0\n-- Problem pypi\nweb\n-- Exact\nweb 1.0\n";
        assert!(Scenario::parse(whole, Path::new("x.txt")).is_ok());
        for (part, wrong, error) in [
            ("    1.0", "    one", "x.txt:4: `one` is not a version"),
            ("    1.0", "    1.0  yankd", "x.txt:4: `yankd` says nothing of a version"),
            ("pypi\nweb", "pypi\nweb>>1", "x.txt:6: "),
            ("Problem pypi", "Problem npm", "x.txt:5: a problem names its ecosystem"),
            ("Problem pypi", "Problem pypi, moon full", "x.txt:5: `moon full` is no setting"),
            ("-- Exact", "-- Exactly", "x.txt:7: `-- Exactly` has no place here"),
            ("-- Universe", "-- Multiverse", "x.txt:2: "),
            ("An idea.\n", "", "x.txt:1: a scenario begins with its idea"),
        ] {
            let text = whole.replacen(part, wrong, 1);
            let read = Scenario::parse(&text, Path::new("x.txt"));
            let told = read.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.starts_with(error), "{told}");
        }
    }
}
