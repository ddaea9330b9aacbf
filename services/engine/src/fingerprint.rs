//! The key of a problem: equal questions have equal keys.

use ecosystems::pypi::{Environment, Implementation};
use registries::Credentials;
use solver::Strategy;
use solver::pypi::{Prereleases, Problem, Projects, Root};

use crate::reader::Reader;

/// Part of every key. Raised whenever the meaning of requests, the search or the form of remembered
/// answers changes, so that no answer of another kind is ever found.
const FORMAT: &str = "quartermaster answers 2";

/// The key of a problem over what `reader` reads.
pub(crate) fn fingerprint(problem: &Problem, reader: &Reader) -> cache::Key {
    let mut hasher = Hasher(blake3::Hasher::new_derive_key(FORMAT));
    hasher.registries(reader);
    hasher.environment(&problem.environment);

    hasher.roots(&problem.requirements);
    hasher.roots(&problem.constraints);
    hasher.roots(&problem.overrides);
    hasher.count(problem.excludes.len());
    problem.excludes.iter().for_each(|name| hasher.text(name.as_str()));
    let mut locked: Vec<String> =
        problem.locked.iter().map(|(name, version)| format!("{name} {version}")).collect();
    locked.sort_unstable();
    hasher.count(locked.len());
    locked.iter().for_each(|text| hasher.text(text));
    hasher.text(match problem.policy.strategy {
        Strategy::Highest => "highest",
        Strategy::Lowest => "lowest",
        Strategy::LowestDirect => "lowest-direct",
    });
    hasher.text(match problem.policy.prereleases {
        Prereleases::Disallow => "disallow",
        Prereleases::IfNecessary => "if-necessary",
        Prereleases::Explicit => "explicit",
        Prereleases::Allow => "allow",
    });
    hasher.text(&problem.policy.before.map_or_else(String::new, |before| before.to_string()));
    hasher.projects(&problem.policy.only_wheels);
    hasher.projects(&problem.policy.only_sdists);
    *hasher.0.finalize().as_bytes()
}

/// Hashes parts with their lengths, so that no two lists of parts run together.
struct Hasher(blake3::Hasher);

impl Hasher {
    fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Where facts come from: the registries in their order, pins, and what the request supplies.
    fn registries(&mut self, reader: &Reader) {
        self.count(reader.registries.len());
        for (registry, credentials) in reader.registries.iter().zip(&reader.credentials) {
            let config = registry.config();
            self.text(registry.name());
            self.text(registry.kind().name());
            self.text(config.url.as_ref().map_or("", |url| url.as_str()));
            self.text(
                &config.path.as_ref().map_or_else(String::new, |path| path.display().to_string()),
            );
            let packages = config.packages.as_deref().unwrap_or_default();
            self.count(packages.len());
            packages.iter().for_each(|pattern| self.text(pattern));
            self.text(config.lock_source.as_deref().unwrap_or_default());
            self.text(config.public_url.as_ref().map_or("", |url| url.as_str()));
            self.bytes(&credentials.as_ref().map_or([0; 32], Credentials::scope));
        }
        self.bytes(&reader.scope());
    }

    fn environment(&mut self, environment: &Environment) {
        self.text(&environment.python().to_string());
        self.text(&environment.platform().to_string());
        self.text(match environment.implementation() {
            Implementation::CPython => "cpython",
            Implementation::FreeThreaded => "free-threaded",
            Implementation::PyPy => "pypy",
        });
        self.count(usize::from(environment.takes_sdists()));
    }

    fn projects(&mut self, projects: &Projects) {
        self.count(usize::from(projects.all));
        self.count(projects.names.len());
        projects.names.iter().for_each(|name| self.text(name.as_str()));
    }

    fn roots(&mut self, roots: &[Root]) {
        self.count(roots.len());
        for root in roots {
            // Written out from what was understood: spelling and spaces make no new question.
            self.text(&root.requirement.to_string());
            let mut hashes = root.hashes.clone();
            hashes.sort_unstable();
            self.count(hashes.len());
            hashes.iter().for_each(|hash| self.text(hash));
        }
    }
}
