//! The recorded projects, and what the reference tools answered for them on the same data.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Serialize;

/// A package ecosystem, by the name of its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Python's packages; the peer is uv.
    Pypi,
    /// Crates; the peer is cargo.
    Cargo,
    /// JavaScript's packages; the peer is npm.
    Npm,
}

/// A recorded project.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its ecosystem.
    pub kind: Kind,
    /// What it is called, such as `airflow`.
    pub name: String,
    /// What it asks for: the file, as the ecosystem's tools read it.
    pub manifest: PathBuf,
    /// What the reference tool answered: pins, or a lock.
    pub answer: PathBuf,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pypi, Self::Cargo, Self::Npm];

    /// The folder of the oracles, and the name of the registry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pypi => "pypi",
            Self::Cargo => "cargo",
            Self::Npm => "npm",
        }
    }

    /// What is used today, with the command that resolves.
    pub fn peer(self) -> &'static str {
        match self {
            Self::Pypi => "uv pip compile",
            Self::Cargo => "cargo generate-lockfile",
            Self::Npm => "npm install --package-lock-only",
        }
    }

    /// The names of what is asked and of what is answered, within a project's folder.
    pub fn files(self) -> (&'static str, &'static str) {
        match self {
            Self::Pypi => ("requirements.in", "pins"),
            Self::Cargo => ("Cargo.toml", "Cargo.lock"),
            Self::Npm => ("package.json", "package-lock.json"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Set {
    /// All sets with an answer below a folder of oracles, or those of these names, sorted.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read, or a name is no set's.
    pub fn all(oracles: &Path, names: &[String]) -> anyhow::Result<Vec<Self>> {
        let mut sets = Vec::new();
        for kind in Kind::ALL {
            let folder = oracles.join(kind.name());
            let entries = fs::read_dir(&folder);
            let entries =
                entries.with_context(|| format!("no oracles in `{}`", folder.display()))?;
            for entry in entries {
                sets.extend(Self::of(kind, &entry?.path()));
            }
        }
        sets.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        if names.is_empty() {
            return Ok(sets);
        }
        if let Some(name) = names.iter().find(|name| sets.iter().all(|set| &set.name != *name)) {
            let known: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
            bail!("there is no set `{name}`; there are {}", known.join(", "));
        }
        sets.retain(|set| names.contains(&set.name));
        Ok(sets)
    }

    /// The set that lies at `path`, if there is an answer to it.
    fn of(kind: Kind, path: &Path) -> Option<Self> {
        let (manifest, answer) = match kind {
            Kind::Pypi if path.extension().is_some_and(|end| end == "in") => {
                (path.to_owned(), path.with_extension("py3.12.txt"))
            }
            Kind::Pypi => return None,
            Kind::Cargo | Kind::Npm => {
                let (manifest, answer) = kind.files();
                (path.join(manifest), path.join(answer))
            }
        };
        let name = path.file_stem()?.to_str()?.to_owned();
        (manifest.is_file() && answer.is_file()).then_some(Self { kind, name, manifest, answer })
    }

    /// Lays the project into a folder. Returns the path of what is asked.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn lay(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("src/lib.rs"), "")?;
        let manifest = folder.join(self.kind.files().0);
        fs::copy(&self.manifest, &manifest)?;
        Ok(manifest)
    }

    /// Holds an answer against the reference tool's.
    ///
    /// # Errors
    ///
    /// When it differs: with the first line that does.
    pub fn judge(&self, who: &str, answer: &str) -> anyhow::Result<()> {
        let expected = fs::read_to_string(&self.answer)?;
        let (ours, theirs) = (self.compared(answer), self.compared(&expected));
        let mut pairs = ours.iter().zip(&theirs);
        if let Some((ours, theirs)) = pairs.find(|(ours, theirs)| ours != theirs) {
            bail!("{self}: {who} answers `{ours}` where the oracle has `{theirs}`");
        }
        let (few, many) = (ours.len(), theirs.len());
        ensure!(few == many, "{self}: {who} answers {few} lines where the oracle has {many}");
        Ok(())
    }

    /// The lines that count. Where archives lie is no part of a recorded answer.
    fn compared(&self, answer: &str) -> Vec<String> {
        let lines = answer.lines();
        match self.kind {
            Kind::Pypi => {
                let mut pins: Vec<String> = lines.map(|line| line.replace("==", " ")).collect();
                pins.sort();
                pins
            }
            Kind::Cargo => lines.map(str::to_owned).collect(),
            Kind::Npm => {
                let is_place = |line: &&str| line.trim_start().starts_with("\"resolved\": ");
                lines.filter(|line| !is_place(line)).map(str::to_owned).collect()
            }
        }
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../services/registries/bundled/oracles")
    }

    #[test]
    fn all_bundled_sets_with_answers_are_found_and_judge_their_own() {
        let sets = Set::all(&bundled(), &[]).expect("the oracles are bundled");
        let count = |kind| sets.iter().filter(|set| set.kind == kind).count();
        assert_eq!(Kind::ALL.map(count), [6, 6, 3]);
        for set in &sets {
            let answer = fs::read_to_string(&set.answer).expect("there is an answer");
            assert!(set.judge("itself", &answer).is_ok());
            let (line, damaged) = (answer.lines().count() / 2, |line: &str| format!("{line}9"));
            let lines = answer.lines().enumerate();
            let damaged: Vec<String> = lines
                .map(|(place, text)| if place == line { damaged(text) } else { text.to_owned() })
                .collect();
            assert!(set.judge("a liar", &damaged.join("\n")).is_err(), "{set}");
            let short: Vec<&str> = answer.lines().skip(1).collect();
            assert!(set.judge("a liar", &short.join("\n")).is_err(), "{set}");
        }
    }

    #[test]
    fn a_name_that_is_no_sets_is_refused_with_those_that_are() {
        let refused = Set::all(&bundled(), &["airflow".to_owned(), "aeroflow".to_owned()]);
        let error = refused.expect_err("there is no such set").to_string();
        assert!(error.contains("`aeroflow`") && error.contains("jupyter"), "{error}");
    }
}
