//! Which registry an index is, whatever it is called.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecosystems::cargo::{Dependency, Listing};
use registries::Registry;

/// The registries of a reader, by all that calls them by name.
///
/// The index files of crates name other registries by URL, manifests by a declared name, and lock
/// files by a source line. To the solver each registry has one name: its source line without the
/// word `registry+`, which is what other indexes call it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Indexes {
    /// What each registry is called, in the reader's order.
    ids: Vec<Arc<str>>,
    /// What lock files call each of them; empty if nobody knows.
    sources: Vec<String>,
    names: BTreeMap<String, usize>,
    by_url: BTreeMap<String, usize>,
}

/// What a crate without a registry is looked up in where there is none.
const NO_REGISTRY: &str = "no registry";

impl Indexes {
    pub(super) fn new(registries: &[Registry]) -> Self {
        let mut indexes = Self::default();
        for (place, registry) in registries.iter().enumerate() {
            let config = registry.config();
            let sparse = config.url.as_ref().map(|url| format!("sparse+{url}"));
            let source = config.lock_source.clone().or_else(|| sparse.clone()).unwrap_or_default();
            let id = match source.strip_prefix("registry+") {
                _ if source.is_empty() => registry.name().as_ref(),
                Some(url) => url,
                None => &source,
            };
            let urls = [Some(id.to_owned()), sparse, Some(source.clone())];
            for url in urls.into_iter().flatten() {
                indexes.by_url.entry(canonical(&url)).or_insert(place);
            }
            indexes.names.entry(registry.name().to_string()).or_insert(place);
            indexes.ids.push(id.into());
            indexes.sources.push(source);
        }
        indexes
    }

    /// The registry that crates without another one come from.
    pub(super) fn default_id(&self) -> Arc<str> {
        self.ids.first().map_or_else(|| NO_REGISTRY.into(), Arc::clone)
    }

    /// The declared name of that registry; empty if there is none.
    pub(super) fn default_name(&self) -> &str {
        let mut names = self.names.iter();
        names.find(|(_, place)| **place == 0).map_or("", |(name, _)| name)
    }

    /// What the registry of a declared name is called; the first one's for an empty name.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<str>> {
        let place = if name.is_empty() { Some(&0) } else { self.names.get(name) };
        self.ids.get(*place?)
    }

    /// Says of a declared name that there is no registry of crates of that name.
    pub(super) fn lacks(&self, name: &str) -> String {
        if name.is_empty() {
            return "no registry of crates is declared".to_owned();
        }
        let names: Vec<String> = self.names.keys().map(|name| format!("`{name}`")).collect();
        format!("`{name}` is not among the project's registries; they are {}", names.join(", "))
    }

    /// The place of the registry that an index calls so.
    pub(super) fn place(&self, url: &str) -> Option<usize> {
        self.by_url.get(&canonical(url)).copied()
    }

    /// What the registry at a place is called.
    pub(super) fn id(&self, place: usize) -> &Arc<str> {
        &self.ids[place]
    }

    /// A listing in which other registries are called as here, if they are declared.
    pub(super) fn unified(&self, listing: Arc<Listing>) -> Arc<Listing> {
        let other_name = |dependency: &Dependency| {
            let url = dependency.registry.as_deref()?;
            let id = &self.ids[self.place(url)?];
            (**id != *url).then(|| Box::from(&**id))
        };
        let releases = &listing.releases;
        let mut dependencies = releases.iter().flat_map(|release| &release.dependencies);
        if !dependencies.any(|dependency| other_name(dependency).is_some()) {
            return listing;
        }
        let mut listing = Listing::clone(&listing);
        for dependency in listing.releases.iter_mut().flat_map(|release| &mut release.dependencies)
        {
            if let Some(id) = other_name(dependency) {
                dependency.registry = Some(id);
            }
        }
        Arc::new(listing)
    }

    /// What lock files call the registry at a place; empty if nobody knows.
    pub(super) fn source(&self, place: usize) -> &str {
        &self.sources[place]
    }
}

/// A URL without what spellings of it differ in.
fn canonical(url: &str) -> String {
    let url = url.strip_prefix("registry+").unwrap_or(url);
    url.trim_end_matches('/').trim_end_matches(".git").to_owned()
}
