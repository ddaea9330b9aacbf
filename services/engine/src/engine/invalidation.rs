//! What a registry that publishes tells, so that nobody waits for its documents to grow old.

use cache::Announcement;
use ecosystems::{Ecosystem, cargo, npm, pypi};
use registries::{Invalidated, Registry, Stamp};

use super::{Engine, Inner};
use crate::Error;
use crate::call::Forgotten;
use crate::reader::{find, refused};

/// How an announcement to other replicas begins. It goes on with the registry's name and the names of
/// packages, each after a line break; without any it is about all packages.
const INVALIDATE: &str = "invalidate 1 ";

/// The most bytes of names in one announcement.
const LONGEST: usize = 7000;

impl Engine {
    /// Distrusts what is remembered of packages of a registry, here and at all replicas over the same
    /// database: the next request that needs them asks the registry. No names mean all packages.
    ///
    /// Errors with [`Error::Invalid`] at `registry` or `packages[N]`.
    pub async fn invalidate(
        &self,
        registry: &str,
        packages: &[String],
    ) -> Result<Forgotten, Error> {
        let registry = find("registry".to_owned(), registry, &self.inner.registries)?;
        let names = packages.iter().enumerate().map(|(place, name)| {
            let read = names(registry, name);
            if read.is_empty() {
                let reason = format!("`{name}` is no name of a package of `{}`", registry.name());
                return Err(refused(format!("packages[{place}]"), reason));
            }
            Ok(read)
        });
        let documents: Vec<String> = names.collect::<Result<Vec<_>, Error>>()?.concat();
        let distrusted = distrust(registry, packages, Invalidated::Here).await;
        let is_meant = |stamp: &Stamp| {
            *stamp.registry == **registry.name()
                && (documents.is_empty() || documents.iter().any(|one| is_of(&stamp.document, one)))
        };
        let answers = self.inner.memory.resting_on(is_meant);
        let is_told = self.inner.announce(registry, packages).await;
        tracing::info!(registry = %registry.name(), packages = packages.len(),
            documents = distrusted, answers, "invalidated");
        Ok(Forgotten { documents: distrusted, answers, is_told })
    }
}

impl Inner {
    /// Tells the other replicas. Returns whether they will hear of it.
    async fn announce(&self, registry: &Registry, packages: &[String]) -> bool {
        let Some(store) = self.memory.store() else { return true };
        let mut is_told = true;
        for text in announcements(registry.name(), packages) {
            is_told &= store.announce(&text).await;
        }
        is_told
    }

    /// Does what another replica has announced.
    pub(super) async fn heed(&self, announcement: Announcement) {
        let text = match announcement {
            Announcement::Text(text) => text,
            Announcement::Missed => {
                for registry in &self.registries {
                    registry.invalidate_all(Invalidated::Elsewhere).await;
                }
                return;
            }
        };
        let Some((name, packages)) = heard(&text) else {
            tracing::debug!("another replica announced something that is not understood");
            return;
        };
        if let Some(registry) = self.registries.iter().find(|one| **one.name() == *name) {
            distrust(registry, &packages, Invalidated::Elsewhere).await;
        }
    }
}

async fn distrust(registry: &Registry, packages: &[String], by: Invalidated) -> usize {
    if packages.is_empty() {
        return registry.invalidate_all(by).await;
    }
    let mut documents = 0;
    for name in packages {
        documents += registry.invalidate(name, by).await;
    }
    documents
}

/// What stamps call the documents of a package, in each ecosystem that the registry serves.
fn names(registry: &Registry, name: &str) -> Vec<String> {
    let pypi = pypi::Name::parse(name).map(|name| format!("pypi/{name}"));
    let npm = npm::Name::parse(name).map(|name| format!("npm/{name}"));
    let cargo = cargo::Name::parse(name).map(|name| format!("cargo/{name}"));
    let all =
        [(Ecosystem::Pypi, pypi.ok()), (Ecosystem::Npm, npm.ok()), (Ecosystem::Cargo, cargo.ok())];
    all.into_iter().filter_map(|(of, name)| name.filter(|_| registry.serves(of))).collect()
}

/// Whether a document is a package's listing, or belongs to one of its releases.
fn is_of(document: &str, listing: &str) -> bool {
    let rest = document.strip_prefix(listing);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The texts that tell other replicas of these packages.
fn announcements(registry: &str, packages: &[String]) -> Vec<String> {
    let begin = || format!("{INVALIDATE}{registry}");
    let mut texts = vec![begin()];
    for package in packages {
        let text = texts.last_mut().filter(|text| text.len() + package.len() < LONGEST);
        let text = match text {
            Some(text) => text,
            None => texts.push_mut(begin()),
        };
        text.push('\n');
        text.push_str(package);
    }
    texts
}

/// The registry and the packages of an announcement.
fn heard(text: &str) -> Option<(&str, Vec<String>)> {
    let mut lines = text.strip_prefix(INVALIDATE)?.split('\n');
    let registry = lines.next()?;
    Some((registry, lines.map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_announced_is_heard() {
        let packages: Vec<String> = (0..2_000).map(|number| format!("@scope/{number}")).collect();
        for some in [&packages[..0], &packages[..1], &packages] {
            let texts = announcements("npm", some);
            assert!(texts.iter().all(|text| text.len() <= LONGEST + 30), "{texts:?}");
            let heard: Vec<_> = texts.iter().map(|text| heard(text).expect("it is one")).collect();
            assert!(heard.iter().all(|(registry, _)| *registry == "npm"));
            assert_eq!(heard.into_iter().flat_map(|(_, names)| names).collect::<Vec<_>>(), some);
        }
        assert_eq!(heard("invalidate 2 npm"), None);
    }

    #[test]
    fn a_package_has_its_listing_and_what_belongs_to_its_releases() {
        for (document, is_meant) in [
            ("pypi/flask", true),
            ("pypi/flask/3.0/metadata", true),
            ("pypi/flask-login", false),
            ("npm/flask", false),
        ] {
            assert_eq!(is_of(document, "pypi/flask"), is_meant, "{document}");
        }
    }
}
