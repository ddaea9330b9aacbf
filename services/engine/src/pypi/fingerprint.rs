//! What a problem of Python's packages puts into its key.

use ecosystems::pypi::{Environment, Implementation, Name};
use solver::pypi::{Prereleases, Problem, Projects, Root};

use crate::fingerprint::Hasher;

/// Puts all of a problem into its key.
pub(super) fn fingerprint(problem: &Problem, hasher: &mut Hasher) {
    environment(&problem.environment, hasher);
    roots(&problem.requirements, hasher);
    roots(&problem.constraints, hasher);
    roots(&problem.overrides, hasher);
    hasher.texts(problem.excludes.iter().map(Name::as_str));
    let mut locked: Vec<String> =
        problem.locked.iter().map(|(name, version)| format!("{name} {version}")).collect();
    locked.sort_unstable();
    hasher.texts(locked);
    hasher.held(&problem.held);
    hasher.strategy(problem.policy.strategy);
    hasher.text(match problem.policy.prereleases {
        Prereleases::Disallow => "disallow",
        Prereleases::IfNecessary => "if-necessary",
        Prereleases::Explicit => "explicit",
        Prereleases::Allow => "allow",
    });
    hasher.instant(problem.policy.before);
    projects(&problem.policy.only_wheels, hasher);
    projects(&problem.policy.only_sdists, hasher);
}

fn environment(environment: &Environment, hasher: &mut Hasher) {
    hasher.text(&environment.python().to_string());
    hasher.text(&environment.platform().to_string());
    hasher.text(match environment.implementation() {
        Implementation::CPython => "cpython",
        Implementation::FreeThreaded => "free-threaded",
        Implementation::PyPy => "pypy",
    });
    hasher.flag(environment.takes_sdists());
}

fn projects(projects: &Projects, hasher: &mut Hasher) {
    hasher.flag(projects.all);
    hasher.texts(projects.names.iter().map(Name::as_str));
}

fn roots(roots: &[Root], hasher: &mut Hasher) {
    hasher.count(roots.len());
    for root in roots {
        // Written out from what was understood: spelling and spaces make no new question.
        hasher.text(&root.requirement.to_string());
        let mut hashes = root.hashes.clone();
        hashes.sort_unstable();
        hasher.texts(hashes);
    }
}
