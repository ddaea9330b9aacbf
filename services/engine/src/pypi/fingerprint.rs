//! What a problem of Python's packages puts into its key.

use ecosystems::pypi::{Environment, Implementation, Name, Version};
use solver::pypi::{Policy, Prereleases, Problem, Projects, Root};

use crate::fingerprint::Hasher;

/// Puts all of a problem into its key.
pub(super) fn fingerprint(problem: &Problem, hasher: &mut Hasher) {
    let Problem {
        environment,
        requirements,
        constraints,
        overrides,
        excludes,
        locked,
        held,
        policy,
    } = problem;
    self::environment(environment, hasher);
    roots(requirements, hasher);
    roots(constraints, hasher);
    roots(overrides, hasher);
    hasher.texts(excludes.iter().map(Name::as_str));
    // Locked versions are compared, and nowhere told: zeros behind them say nothing.
    let locked = locked.iter().map(|(name, version)| format!("{name} {}", trimmed(version)));
    hasher.texts(locked);
    hasher.held(held);
    // Whether held versions are preferred follows from the policy for what the client has.
    let Policy { strategy, prereleases, before, only_wheels, only_sdists, prefers_held: _ } =
        policy;
    hasher.strategy(*strategy);
    hasher.text(match prereleases {
        Prereleases::Disallow => "disallow",
        Prereleases::IfNecessary => "if-necessary",
        Prereleases::Explicit => "explicit",
        Prereleases::Allow => "allow",
    });
    hasher.instant(*before);
    projects(only_wheels, hasher);
    projects(only_sdists, hasher);
}

/// A version without the zeros at the end of its numbers.
fn trimmed(version: &Version) -> Version {
    let numbers = version.release();
    let end = numbers.iter().rposition(|number| *number != 0).map_or(1, |last| last + 1);
    version.clone().with_release(&numbers[..end])
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
    let Projects { all, names } = projects;
    hasher.flag(*all);
    hasher.texts(names.iter().map(Name::as_str));
}

fn roots(roots: &[Root], hasher: &mut Hasher) {
    hasher.count(roots.len());
    for Root { requirement, hashes } in roots {
        // Written out from what was understood: spelling and spaces make no new question.
        hasher.text(&requirement.to_string());
        hasher.texts(hashes);
    }
}
