//! Answers of a recorded registry.

use std::sync::Arc;

use ecosystems::npm::{self, Packument};
use ecosystems::pypi::{FileKind, Listing, Metadata, Name};
use ecosystems::{Ecosystem, cargo};

use super::document::{Document, Page};
use super::packed::Packed;
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
        // The same file is asked for by names that differ in case, and its lines are about one of
        // them.
        let (key, name) = (name.as_str().to_ascii_lowercase(), name.clone());
        let page = move |file: &Document<cargo::Listing>| {
            let is_this = |listing: &cargo::Listing| listing.name == name;
            let is_worth = |listing: &cargo::Listing| !listing.releases.is_empty();
            let read =
                |text: &[u8]| cargo::read_index(&name, text).map_err(|error| error.to_string());
            file.page_of(is_this, is_worth, read)
        };
        self.facts((shelf, &key), document, page).await
    }

    /// Reads which versions a package of npm has.
    pub(crate) async fn npm_packument(&self, name: &npm::Name) -> Result<Read<Packument>, Error> {
        let document = format!("npm/{name}");
        let shelf = self.shelf(self.npm.as_ref(), &document, Ecosystem::Npm)?;
        let (key, name) = (name.as_str().to_owned(), name.clone());
        let page =
            move |file: &Document<Packument>| file.page(|text| crate::npm::read(&name, text));
        self.facts((shelf, &key), document, page).await
    }

    /// Reads what the index of cargo says of itself, if that was recorded.
    pub(crate) async fn cargo_config(&self) -> Result<Read<CargoConfig>, Error> {
        let document = CONFIG_DOCUMENT.to_owned();
        let shelf = self.shelf(self.cargo.as_ref(), &document, Ecosystem::Cargo)?;
        let unusable = |reason| self.unusable(document.clone(), reason);
        let found = shelf.find(INDEX_CONFIG).await.map_err(unusable)?;
        let Some(file) = found else { return Ok(self.read(document, None, absent_hash())) };
        let text = file.unpack().map_err(|error| unusable(error.to_string()))?;
        let config = CargoConfig::parse(&text).map_err(|error| unusable(error.to_string()))?;
        Ok(self.read(document, Some(Arc::new(config)), *blake3::hash(&text).as_bytes()))
    }

    /// Reads which releases a project of PyPI has.
    pub(crate) async fn listing(&self, name: &Name) -> Result<Read<Listing>, Error> {
        let document = format!("pypi/{name}");
        let shelf = self.shelf(self.pypi.as_ref(), &document, Ecosystem::Pypi)?;
        let (key, name) = (name.as_str().to_owned(), name.clone());
        self.facts((shelf, &key), document, move |project: &Project| project.page(&name)).await
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
        let shelf = self.shelf(self.pypi.as_ref(), &document, Ecosystem::Pypi)?;
        let found = shelf.find(name.as_str()).await;
        let Some(project) = found.map_err(|reason| self.unusable(document.clone(), reason))? else {
            return Ok(MetadataRead::Known(self.read(document, None, absent_hash())));
        };
        let parsed = {
            let version = release.version.clone();
            let is_done = project.has_records();
            parse_once(&project, is_done, move |project: &Project| project.metadata(&version)).await
        };
        match parsed {
            Ok(Some((metadata, hash))) => {
                Ok(MetadataRead::Known(self.read(document, Some(metadata), hash)))
            }
            Ok(None) => Ok(MetadataRead::Known(self.read(document, None, absent_hash()))),
            Err(reason) => Err(self.unusable(document, reason)),
        }
    }

    /// Reads the document under a key of a shelf, as `page` understands it.
    async fn facts<D, F>(
        &self,
        (shelf, key): (&Arc<Shelf<D>>, &str),
        document: String,
        page: impl FnOnce(&D) -> Result<Arc<Page<F>>, String> + Send + 'static,
    ) -> Result<Read<F>, Error>
    where
        D: AsRef<Document<F>> + From<Packed> + Send + Sync + 'static,
        F: Send + Sync + 'static,
    {
        let unusable = |reason| self.unusable(document.clone(), reason);
        let found = shelf.find(key).await.map_err(unusable)?;
        let Some(file) = found else { return Ok(self.read(document, None, absent_hash())) };
        let is_done = (*file).as_ref().has_page();
        let page = parse_once(&file, is_done, page).await.map_err(unusable)?;
        Ok(self.read(document, Some(Arc::clone(&page.facts)), page.content_hash))
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

/// Parses a document, apart from the threads that serve where it is long and was not read before.
async fn parse_once<D, F, T>(
    file: &Arc<D>,
    is_done: bool,
    work: impl FnOnce(&D) -> Result<T, String> + Send + 'static,
) -> Result<T, String>
where
    D: AsRef<Document<F>> + Send + Sync + 'static,
    T: Send + 'static,
{
    let length = if is_done { 0 } else { (**file).as_ref().length() };
    let file = Arc::clone(file);
    parse(length, move || work(&file)).await
}
