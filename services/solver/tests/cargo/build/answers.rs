//! Cargo's answers: for each run, what is compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use solver::cargo::FeatureResolver;

/// What cargo ran on.
pub(crate) const HOST: &str = "x86_64-unknown-linux-gnu";

/// What cargo was asked.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) resolver: FeatureResolver,
    pub(crate) target: String,
    pub(crate) host: String,
    pub(crate) packages: Vec<String>,
    pub(crate) features: Vec<String>,
    pub(crate) has_all_features: bool,
    pub(crate) uses_default_features: bool,
    pub(crate) with_dev: bool,
    text: String,
}

/// A package that is compiled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    /// `target` or `host`.
    pub(crate) side: String,
    /// The package as `name version`.
    pub(crate) name: String,
    pub(crate) features: BTreeSet<String>,
}

/// The answers about one recorded project.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) runs: BTreeMap<char, Run>,
    /// All of the lock file, as `name version`.
    pub(crate) packages: BTreeSet<String>,
    /// Those that are procedural macros and are compiled.
    pub(crate) macros: BTreeSet<String>,
    units: Vec<(String, Unit)>,
}

/// An answer about a made workspace.
pub(crate) struct Case {
    pub(crate) workspace: String,
    pub(crate) run: Run,
    pub(crate) units: BTreeSet<Unit>,
}

impl Run {
    /// Reads `resolver 2 --features a,b …`.
    pub(crate) fn read(text: &str) -> Self {
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let mut run = Self {
            resolver: FeatureResolver::Two,
            target: HOST.to_owned(),
            host: HOST.to_owned(),
            packages: Vec::new(),
            features: Vec::new(),
            has_all_features: false,
            uses_default_features: true,
            with_dev: false,
            text: text.to_owned(),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().expect("a value").to_owned();
            match word {
                "resolver" if value() == "1" => run.resolver = FeatureResolver::One,
                "resolver" => {}
                "target" | "--target" => run.target = value(),
                "-p" => run.packages.push(value()),
                "--features" => run.features.extend(value().split(',').map(str::to_owned)),
                "--all-features" => run.has_all_features = true,
                "--no-default-features" => run.uses_default_features = false,
                "--dev" => run.with_dev = true,
                other => panic!("what is `{other}`?"),
            }
        }
        run
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Unit {
    /// Reads `side name version features`.
    fn read(side: &str, rest: &str) -> Self {
        let mut words = rest.splitn(3, ' ');
        let mut word = || words.next().expect("a name and a version");
        let name = format!("{} {}", word(), word());
        let features = words.next().unwrap_or_default().split(',');
        let features = features.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { side: side.to_owned(), name, features }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for the {} with {:?}", self.name, self.side, self.features)
    }
}

impl Answer {
    pub(crate) fn read(text: &str) -> Self {
        let mut answer = Self::default();
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').expect("a word");
            match word {
                "run" => {
                    let (letter, run) = rest.split_once(' ').expect("a letter");
                    let letter = letter.parse().expect("a letter");
                    answer.runs.insert(letter, Run::read(run));
                }
                "macro" => {
                    answer.macros.insert(rest.to_owned());
                }
                "idle" => {
                    answer.packages.insert(rest.to_owned());
                }
                side => {
                    let (letters, rest) = rest.split_once(' ').expect("letters");
                    let unit = Unit::read(side, rest);
                    answer.packages.insert(unit.name.clone());
                    answer.units.push((letters.to_owned(), unit));
                }
            }
        }
        answer
    }

    /// What is compiled in a run.
    pub(crate) fn units(&self, letter: char) -> BTreeSet<Unit> {
        let units = self.units.iter().filter(|(letters, _)| letters.contains(letter));
        units.map(|(_, unit)| unit.clone()).collect()
    }
}

impl Case {
    pub(crate) fn read_all(text: &str) -> Vec<Self> {
        let mut cases: Vec<Self> = Vec::new();
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').expect("a word");
            if word == "case" {
                let (workspace, run) = rest.split_once(' ').expect("a run");
                let (workspace, run) = (workspace.to_owned(), Run::read(run));
                cases.push(Self { workspace, run, units: BTreeSet::new() });
            } else {
                let case = cases.last_mut().expect("a case");
                case.units.insert(Unit::read(word, rest));
            }
        }
        cases
    }
}
