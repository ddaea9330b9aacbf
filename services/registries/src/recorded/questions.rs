//! Answers of a recorded registry.

use std::sync::Arc;

use ecosystems::npm::{self, Packument};
use ecosystems::pypi::{FileKind, Listing, Metadata, Name};
use ecosystems::{Ecosystem, cargo};

use super::project::Project;
use super::shelf::Shelf;
use super::{INDEX_CONFIG, Recorded};
use crate::cargo_sparse::{CONFIG_DOCUMENT, CargoConfig};
use crate::parse::parse;
use crate::read::{absent_hash, now};
use crate::{Error, MetadataRead, Read, Stamp};

impl Recorded {
    /// Reads which releases a package of cargo has.
    pub(crate) async fn cargo_listing(
        &self,
        name: &cargo::Name,
    ) -> Result<Read<cargo::Listing>, Error> {
        let document = format!("cargo/{name}");
        let shelf = self.shelf(self.cargo.as_ref(), &document, Ecosystem::Cargo)?;
        let unusable = |reason| self.unusable(document.clone(), reason);
        let found = shelf.find(&name.as_str().to_ascii_lowercase()).await.map_err(unusable)?;
        let Some(file) = found else { return Ok(self.read(document, None, absent_hash())) };
        let parsed = {
            let (name, length) = (name.clone(), if file.has_page() { 0 } else { file.length() });
            parse(length, move || file.page(&name)).await.map_err(unusable)
        };
        let page = parsed?;
        Ok(self.read(document, Some(Arc::clone(&page.listing)), page.content_hash))
    }

    /// Reads which versions a package of npm has.
    pub(crate) async fn npm_packument(&self, name: &npm::Name) -> Result<Read<Packument>, Error> {
        let document = format!("npm/{name}");
        let shelf = self.shelf(self.npm.as_ref(), &document, Ecosystem::Npm)?;
        let unusable = |reason| self.unusable(document.clone(), reason);
        let found = shelf.find(name.as_str()).await.map_err(unusable)?;
        let Some(file) = found else { return Ok(self.read(document, None, absent_hash())) };
        let parsed = {
            let (name, length) = (name.clone(), if file.has_page() { 0 } else { file.length() });
            parse(length, move || file.page(&name)).await.map_err(unusable)
        };
        let page = parsed?;
        Ok(self.read(document, Some(Arc::clone(&page.packument)), page.content_hash))
    }

    /// Reads what the index of cargo says of itself, if that was recorded.
    pub(crate) async fn cargo_config(&self) -> Result<Read<CargoConfig>, Error> {
        let document = CONFIG_DOCUMENT.to_owned();
        let shelf = self.shelf(self.cargo.as_ref(), &document, Ecosystem::Cargo)?;
        let unusable = |reason| self.unusable(document.clone(), reason);
        let found = shelf.find(INDEX_CONFIG).await.map_err(unusable)?;
        let Some(file) = found else { return Ok(self.read(document, None, absent_hash())) };
        let text = file.document().map_err(|error| unusable(error.to_string()))?;
        let config = CargoConfig::parse(&text).map_err(|error| unusable(error.to_string()))?;
        Ok(self.read(document, Some(Arc::new(config)), *blake3::hash(&text).as_bytes()))
    }

    /// Reads which releases a project of PyPI has.
    pub(crate) async fn listing(&self, name: &Name) -> Result<Read<Listing>, Error> {
        let document = format!("pypi/{name}");
        let Some(project) = self.project(name, &document).await? else {
            return Ok(self.read(document, None, absent_hash()));
        };
        let parsed = {
            let name = name.clone();
            parse_once(&project, Project::has_page, move |project| project.page(&name)).await
        };
        match parsed {
            Ok(page) => Ok(self.read(document, Some(Arc::clone(&page.listing)), page.content_hash)),
            Err(reason) => Err(self.unusable(document, reason)),
        }
    }

    /// Reads what the release at `position` of `listing` needs.
    pub(crate) async fn metadata(
        &self,
        listing: &Listing,
        position: usize,
    ) -> Result<MetadataRead, Error> {
        let name = &listing.name;
        let Some(release) = listing.releases.get(position) else {
            let reason = format!("there is no release at position {position}");
            return Err(self.unusable(format!("pypi/{name}"), reason));
        };
        if !release.files.iter().any(|file| matches!(file.kind, FileKind::Wheel(_))) {
            let files = release.files.iter().map(|file| file.filename.clone()).collect();
            return Ok(MetadataRead::NeedsBuild { files });
        }
        let document = format!("pypi/{name}/{}/metadata", release.version);
        let Some(project) = self.project(name, &document).await? else {
            return Ok(MetadataRead::Known(self.read(document, None, absent_hash())));
        };
        let parsed = {
            let version = release.version.clone();
            parse_once(&project, Project::has_records, move |project| project.metadata(&version))
                .await
        };
        match parsed {
            Ok(Some((metadata, hash))) => {
                Ok(MetadataRead::Known(self.read(document, Some(metadata), hash)))
            }
            Ok(None) => Ok(MetadataRead::Known(self.read(document, None, absent_hash()))),
            Err(reason) => Err(self.unusable(document, reason)),
        }
    }

    async fn project(&self, name: &Name, document: &str) -> Result<Option<Arc<Project>>, Error> {
        let shelf = self.shelf(self.pypi.as_ref(), document, Ecosystem::Pypi)?;
        let found = shelf.find(name.as_str()).await;
        found.map_err(|reason| self.unusable(document.to_owned(), reason))
    }

    /// The shelf on which `document` would lie.
    fn shelf<'a, D>(
        &self,
        shelf: Option<&'a Arc<Shelf<D>>>,
        document: &str,
        ecosystem: Ecosystem,
    ) -> Result<&'a Arc<Shelf<D>>, Error> {
        shelf.ok_or_else(|| Error::OtherEcosystem {
            registry: Arc::clone(&self.name),
            document: document.to_owned(),
            ecosystem,
        })
    }

    fn read<T>(&self, document: String, facts: Option<Arc<T>>, content_hash: [u8; 32]) -> Read<T> {
        let stamp = Stamp {
            registry: Arc::clone(&self.name),
            document,
            validator: None,
            content_hash,
            // What is recorded stays as it is, so it holds at this moment too.
            read_at: now(),
        };
        Read { facts, stamp, fetched: false, requests: 0, bytes: 0 }
    }

    fn unusable(&self, document: String, reason: String) -> Error {
        Error::Unusable { registry: Arc::clone(&self.name), document, reason }
    }
}

/// What one release needs, with the hash of its record.
pub(super) type Needs = (Arc<Metadata>, [u8; 32]);

/// Parses a project's document, apart from the threads that serve where it is long and was not read
/// before.
async fn parse_once<T: Send + 'static>(
    project: &Arc<Project>,
    is_done: fn(&Project) -> bool,
    work: impl FnOnce(&Project) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let length = if is_done(project) { 0 } else { project.length() };
    let project = Arc::clone(project);
    parse(length, move || work(&project)).await
}
