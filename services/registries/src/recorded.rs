//! A recorded registry: the documents of a moment, held in memory.
//!
//! The format is one JSON document a project, `pypi/NAME.json`, as
//! `{"name": …, "files": […], "metadata": {VERSION: {"requires-dist": […], …}}}`. `files` has the
//! fields of the JSON simple API; URLs are paths from the registry's root and are left as they are.
//!
//! Documents are packed one by one when the registry is opened, and each is unpacked and parsed when
//! it is first asked for. Opening therefore costs one pass over the bytes, and a project that nobody
//! asks for costs a few kilobytes.

mod archive;
mod project;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use ecosystems::pypi::{FileKind, Listing, Metadata, Name};

use self::project::Project;
use crate::parse::parse;
use crate::read::{absent_hash, now};
use crate::{Error, MetadataRead, Read, Stamp};

/// The recorded documents of one registry. Clones share them.
#[derive(Clone)]
pub struct Recorded {
    name: Arc<str>,
    projects: Arc<HashMap<Box<str>, Arc<Project>>>,
}

impl Recorded {
    /// Reads a recorded registry from a folder, or from a `.tar.zst`.
    ///
    /// Only `pypi/*.json` is read; `npm/` and `cargo/` may lie beside it.
    pub fn open(name: &str, path: &Path) -> Result<Self, Error> {
        let read = if path.is_dir() {
            archive::read_folder(path)
        } else {
            std::fs::File::open(path).and_then(archive::read_archive)
        };
        Self::from_projects(name, read, &format!("`{}`: ", path.display()))
    }

    /// Reads a recorded registry from the bytes of a `.tar.zst`.
    pub fn from_bytes(name: &str, archive: &[u8]) -> Result<Self, Error> {
        Self::from_projects(name, archive::read_archive(archive), "")
    }

    fn from_projects(
        name: &str,
        read: std::io::Result<HashMap<Box<str>, Arc<Project>>>,
        place: &str,
    ) -> Result<Self, Error> {
        let name: Arc<str> = name.into();
        let projects = read.map_err(|error| Error::Recording {
            registry: Arc::clone(&name),
            reason: format!("{place}{error}"),
        })?;
        if projects.is_empty() {
            let reason = format!("{place}there is no `pypi/*.json` in it");
            return Err(Error::Recording { registry: name, reason });
        }
        tracing::debug!(registry = %name, projects = projects.len(), "opened a recorded registry");
        Ok(Self { name, projects: Arc::new(projects) })
    }

    /// The same documents under another name.
    pub fn renamed(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Its declared name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The names of all projects, sorted.
    pub fn projects(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.projects.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        names
    }

    /// The document of a project as it was recorded.
    pub fn document(&self, name: &str) -> Option<Vec<u8>> {
        self.projects.get(name)?.document().ok()
    }

    /// Reads which releases a project has.
    pub(crate) async fn listing(&self, name: &Name) -> Result<Read<Listing>, Error> {
        let document = format!("pypi/{name}");
        let Some(project) = self.projects.get(name.as_str()) else {
            return Ok(self.read(document, None, absent_hash()));
        };
        let parsed = {
            let name = name.clone();
            parse_once(project, Project::has_page, move |project| project.page(&name)).await
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
        let Some(project) = self.projects.get(name.as_str()) else {
            return Ok(MetadataRead::Known(self.read(document, None, absent_hash())));
        };
        let parsed = {
            let version = release.version.clone();
            parse_once(project, Project::has_records, move |project| project.metadata(&version))
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
type Needs = (Arc<Metadata>, [u8; 32]);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(read: Result<Recorded, Error>) -> String {
        match read {
            Err(error @ Error::Recording { .. }) => error.to_string(),
            Err(error) => panic!("{error}"),
            Ok(recorded) => panic!("{} projects", recorded.projects().len()),
        }
    }

    /// An archive whose entries have these paths and contents.
    fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in entries {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, path, text.as_bytes()).expect("memory takes all");
        }
        let tar = tar.into_inner().expect("memory takes all");
        zstd::encode_all(&*tar, 1).expect("memory takes all")
    }

    #[test]
    fn what_is_no_recorded_registry_is_refused() {
        assert!(reason(Recorded::open("x", Path::new("/nowhere"))).contains("/nowhere"));
        assert!(reason(Recorded::from_bytes("x", b"PK")).contains("`x`"));
        let cut = &archive(&[("pypi/demo.json", "{}")])[..20];
        reason(Recorded::from_bytes("x", cut));
        let other = archive(&[("npm/demo.json", "{}")]);
        assert!(reason(Recorded::from_bytes("x", &other)).contains("there is no `pypi/*.json`"));
    }

    #[tokio::test]
    async fn a_broken_document_harms_no_other() {
        let archive = archive(&[
            ("./pypi/broken.json", "{\"files\": 1"),
            ("./pypi/demo.json", "{\"files\": [], \"metadata\": {}}"),
            ("./cargo/de/mo/demo", "{}"),
        ]);
        let recorded = Recorded::from_bytes("x", &archive).expect("the archive is whole");
        assert_eq!(recorded.projects(), ["broken", "demo"]);
        let read = async |name: &str| {
            recorded.listing(&Name::parse(name).expect("the name is well formed")).await
        };
        assert!(matches!(read("broken").await, Err(Error::Unusable { .. })));
        assert!(read("demo").await.is_ok_and(|read| read.facts.is_some()));
        assert!(read("absent").await.is_ok_and(|read| read.facts.is_none()));
    }
}
