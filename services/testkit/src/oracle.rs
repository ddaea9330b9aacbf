//! A slow and obvious judge of problems and solutions in small worlds.
//!
//! It reads a [`World`] and a [`Problem`] as they are written, and shares no code with the solver: no
//! sets, no lowering, no search. Versions are tried one after the other, every project with every
//! version or none, and what is required is followed from the user's requirements onwards.
//!
//! It says what is *valid*, not which valid answer is best. For twelve projects with four versions
//! it would never end; keep worlds small.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::Timestamp;
use ecosystems::pypi::{
    Environment, File, FileKind, Listing, MarkerContext, Name, Requirement, Specifiers, Version,
};
use solver::pypi::{Prereleases, Problem, Root};

use crate::scenario::{Known, Release, World};

/// A version for each of some projects.
pub type Picks = BTreeMap<Name, Version>;

/// A judge of one problem in one world.
pub struct Oracle<'a> {
    problem: &'a Problem,
    projects: BTreeMap<&'a Name, Vec<Choice<'a>>>,
}

/// A version that could be chosen.
struct Choice<'a> {
    release: &'a Release,
    requirements: Vec<Requirement>,
}

/// One requirement that counts: what is required, and by whom.
struct Required<'a> {
    by: Option<&'a Name>,
    requirement: &'a Requirement,
}

impl<'a> Oracle<'a> {
    /// Reads a world and a problem.
    pub fn new(world: &'a World, problem: &'a Problem) -> Self {
        let mut projects = BTreeMap::new();
        for project in &world.projects {
            let listing = project.listing();
            let releases = project.releases.iter();
            let candidates =
                releases.filter(|release| is_candidate(problem, &project.name, &listing, release));
            let choices = candidates.map(|release| Choice {
                release,
                requirements: release.metadata().requirements.into_vec(),
            });
            let choices = if project.is_quarantined { Vec::new() } else { choices.collect() };
            projects.insert(&project.name, choices);
        }
        Self { problem, projects }
    }

    /// Whether any choice of versions meets all requirements.
    pub fn is_satisfiable(&self) -> bool {
        self.any_completion(&mut Picks::new())
    }

    /// Why `picks` is no valid answer: a requirement that is not met, a version that cannot be
    /// chosen, or a project that nothing needs.
    pub fn judge(&self, picks: &Picks) -> Result<(), String> {
        for (name, version) in picks {
            if self.choice(name, version).is_none() {
                return Err(format!("`{name} {version}` cannot be chosen"));
            }
        }
        let mut reached: BTreeSet<&Name> = BTreeSet::new();
        for required in self.closure(picks) {
            let name = &required.requirement.name;
            let version = picks.get(name);
            if !version.is_some_and(|version| meets(required.requirement, version)) {
                let by = required.by.map_or("the user".to_owned(), ToString::to_string);
                return Err(format!(
                    "{by} requires `{}`, and the answer has {version:?}",
                    required.requirement
                ));
            }
            if required.by != Some(name) {
                reached.insert(name);
            }
        }
        match picks.keys().find(|name| !reached.contains(name)) {
            Some(name) => Err(format!("nothing requires `{name}`")),
            None => Ok(()),
        }
    }

    /// What of `picks` the user's requirements reach, by way of these picks alone.
    pub fn reached(&self, picks: &Picks) -> Picks {
        let required = self.closure(picks);
        let others = required.iter().filter(|one| one.by != Some(&one.requirement.name));
        let reached: BTreeSet<&Name> = others.map(|one| &one.requirement.name).collect();
        picks
            .iter()
            .filter(|(name, _)| reached.contains(name))
            .map(|(name, version)| (name.clone(), version.clone()))
            .collect()
    }

    /// Whether a version could be chosen at all.
    pub fn can_be_chosen(&self, name: &Name, version: &Version) -> bool {
        self.choice(name, version).is_some()
    }

    /// Decides the first project that is required and not decided, in all ways.
    fn any_completion(&self, picks: &mut Picks) -> bool {
        let mut open: Option<Name> = None;
        for required in self.closure(picks) {
            match picks.get(&required.requirement.name) {
                Some(version) if meets(required.requirement, version) => {}
                Some(_) => return false,
                None => open = open.or_else(|| Some(required.requirement.name.clone())),
            }
        }
        let Some(open) = open else { return true };
        self.projects.get(&open).into_iter().flatten().any(|choice| {
            picks.insert(open.clone(), choice.release.version.clone());
            let found = self.any_completion(picks);
            picks.remove(&open);
            found
        })
    }

    /// All requirements that count, given what is picked, constraints included.
    fn closure(&self, picks: &Picks) -> Vec<Required<'_>> {
        let mut extras: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
        loop {
            let before: usize = extras.values().map(BTreeSet::len).sum();
            let required = self.required(picks, &extras);
            for Required { requirement, .. } in &required {
                extras.entry(&requirement.name).or_default().extend(&requirement.extras);
            }
            if extras.values().map(BTreeSet::len).sum::<usize>() == before {
                return required;
            }
        }
    }

    /// The requirements that count when these extras are on.
    fn required(
        &self,
        picks: &Picks,
        extras: &BTreeMap<&Name, BTreeSet<&Name>>,
    ) -> Vec<Required<'_>> {
        let mut required: Vec<Required<'_>> = Vec::new();
        let roots = self.problem.requirements.iter().map(|root| &root.requirement);
        self.push(None, roots.filter(|root| self.holds(root, &[])), &mut required);
        let mut next = 0;
        let mut seen: BTreeSet<&Name> = BTreeSet::new();
        while let Some(name) = required.get(next).map(|required| &required.requirement.name) {
            next += 1;
            let choice = picks.get(name).and_then(|version| self.choice(name, version));
            let Some(choice) = choice.filter(|_| seen.insert(name)) else { continue };
            let on = extras.get(name).into_iter().flatten().map(|extra| vec![(*extra).clone()]);
            let settings: Vec<Vec<Name>> = std::iter::once(Vec::new()).chain(on).collect();
            let counts = |requirement: &&Requirement| {
                settings.iter().any(|extras| self.counts(requirement, extras))
            };
            self.push(Some(name), choice.requirements.iter().filter(counts), &mut required);
        }
        required
    }

    /// Adds requirements, or what stands in for them, with the constraints on their projects.
    fn push<'b>(
        &'b self,
        by: Option<&'b Name>,
        requirements: impl Iterator<Item = &'b Requirement>,
        required: &mut Vec<Required<'b>>,
    ) {
        for requirement in requirements {
            if self.problem.excludes.contains(&requirement.name) {
                continue;
            }
            let overrides = self.matching(&self.problem.overrides, &requirement.name);
            if overrides.is_empty() {
                required.push(Required { by, requirement });
            }
            let overrides = overrides.into_iter().filter(|stand_in| self.holds(stand_in, &[]));
            required.extend(overrides.map(|requirement| Required { by, requirement }));
            for constraint in self.matching(&self.problem.constraints, &requirement.name) {
                // A constraint on what an override has left out bounds nothing.
                let is_left = required.iter().any(|left| left.requirement.name == constraint.name);
                if is_left && self.holds(constraint, &[]) {
                    required.push(Required { by, requirement: constraint });
                }
            }
        }
    }

    fn matching(&self, roots: &'a [Root], name: &Name) -> Vec<&'a Requirement> {
        let requirements = roots.iter().map(|root| &root.requirement);
        requirements.filter(|requirement| requirement.name == *name).collect()
    }

    /// Whether a published requirement counts. One that is overridden counts whatever environment
    /// its marker asks for: only the extras in it are still asked about.
    fn counts(&self, requirement: &Requirement, extras: &[Name]) -> bool {
        if self.matching(&self.problem.overrides, &requirement.name).is_empty() {
            return self.holds(requirement, extras);
        }
        let named = requirement.marker.extras();
        named.is_empty() || extras.iter().any(|extra| named.contains(&extra))
    }

    fn holds(&self, requirement: &Requirement, extras: &[Name]) -> bool {
        let environment = &self.problem.environment;
        requirement.marker.holds(MarkerContext { environment, extras })
    }

    fn choice(&self, name: &Name, version: &Version) -> Option<&Choice<'a>> {
        self.projects.get(name)?.iter().find(|choice| choice.release.version == *version)
    }
}

/// Whether a version is one that a requirement means. No registry answers for a URL.
fn meets(requirement: &Requirement, version: &Version) -> bool {
    requirement.specifiers().is_some_and(|specifiers| specifiers.contains(version))
}

/// Whether a version could be chosen at all.
fn is_candidate(problem: &Problem, name: &Name, listing: &Listing, release: &Release) -> bool {
    let listed = listing.position(&release.version).map(|place| &listing.releases[place]);
    let asked = |roots: &[Root]| -> Vec<Root> {
        roots.iter().filter(|root| root.requirement.name == *name).cloned().collect()
    };
    let mut asked_for = asked(&problem.requirements);
    asked_for.extend(asked(&problem.constraints));
    asked_for.extend(asked(&problem.overrides));
    let specifiers = || asked_for.iter().filter_map(|root| root.requirement.specifiers());
    let is_named = specifiers().any(Specifiers::names_prerelease);
    let admits_prereleases = match problem.policy.prereleases {
        Prereleases::Disallow => false,
        Prereleases::Explicit => is_named,
        Prereleases::IfNecessary | Prereleases::Allow => true,
    };
    let is_pinned = specifiers()
        .any(|specifiers| specifiers.is_sole_pin() && specifiers.contains(&release.version))
        || problem.locked.contains(&(name.clone(), release.version.clone()));
    let hashes: Vec<&str> =
        asked_for.iter().flat_map(|root| root.hashes.iter().map(String::as_str)).collect();
    release.metadata == Known::Read
        && (admits_prereleases || !release.version.any_prerelease())
        && (is_pinned || !release.is_yanked)
        && release.metadata().requirements.iter().all(|needed| needed.specifiers().is_some())
        && listed.is_some_and(|listed| {
            listed.files.iter().any(|file| {
                let is_hashed = file.hashes.iter().any(|hash| hashes.contains(&&**hash));
                (hashes.is_empty() || is_hashed)
                    && is_installable(&problem.environment, problem.policy.before, file)
            })
        })
}

fn is_installable(environment: &Environment, before: Option<Timestamp>, file: &File) -> bool {
    let is_old_enough =
        before.is_none_or(|before| file.uploaded_at.is_some_and(|uploaded| uploaded < before));
    let fits = match &file.kind {
        FileKind::Wheel(_) => environment.runs(file),
        FileKind::Sdist => environment.takes_sdists(),
    };
    let requires_python = file.requires_python.as_deref();
    is_old_enough && fits && requires_python.is_none_or(|python| environment.admits(python))
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Expected, Scenario};

    use super::*;

    fn scenarios() -> impl Iterator<Item = (String, Scenario)> {
        Scenario::files("pypi").into_iter().map(|name| {
            let path = Scenario::folder().join("pypi").join(format!("{name}.txt"));
            let scenario = Scenario::read(&path).unwrap_or_else(|error| panic!("{error}"));
            (name, scenario)
        })
    }

    fn read_picks(lines: &[String]) -> Picks {
        let pick = |line: &String| {
            let (name, version) = line.split_once(' ').expect("a pick is a name and a version");
            (Name::parse(name).expect("a name"), version.parse().expect("a version"))
        };
        lines.iter().map(pick).collect()
    }

    #[test]
    fn the_oracle_is_of_one_mind_with_the_scenarios() {
        for (name, Scenario { world, problem, expected, .. }) in scenarios() {
            let oracle = Oracle::new(&world, &problem);
            match expected {
                Expected::Exact { picks, .. } => {
                    assert_eq!(oracle.judge(&read_picks(&picks)), Ok(()), "{name}");
                    assert!(oracle.is_satisfiable(), "{name}");
                }
                Expected::Conflict(_) => assert!(!oracle.is_satisfiable(), "{name}"),
                Expected::Missing(_) => {}
            }
        }
    }

    #[test]
    fn the_oracle_notices_what_is_missing_and_what_is_too_much() {
        for (name, Scenario { world, problem, expected, .. }) in scenarios() {
            let Expected::Exact { picks, .. } = expected else { continue };
            let oracle = Oracle::new(&world, &problem);
            let picks = read_picks(&picks);
            for project in world.projects.iter().map(|project| &project.name) {
                let mut other = picks.clone();
                if other.remove(project).is_none() {
                    let version = world.project(project).expect("it is there").sorted()[0];
                    other.insert(project.clone(), version.version.clone());
                }
                assert!(oracle.judge(&other).is_err(), "{name}: {other:?}");
            }
        }
    }
}
