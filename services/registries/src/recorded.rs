//! A recorded registry: the documents of a moment, held in memory.
//!
//! A folder or an archive holds documents of one ecosystem or of several:
//!
//! * `pypi/NAME.json`: `{"name": …, "files": […], "metadata": {VERSION: {"requires-dist": […], …}}}`.
//!   `files` has the fields of the JSON simple API; URLs are paths from the registry's root and are
//!   left as they are.
//! * `npm/NAME.json`, the `/` behind a scope written `%2f`: the package's document.
//! * `cargo/PATH`: the files of a sparse index, at the places that it keeps them at, with or without
//!   its `config.json`.
//!
//! Documents are packed one by one when the registry is opened, and each is unpacked and parsed when
//! it is first asked for. Opening therefore costs one pass over the bytes, and a package that nobody
//! asks for costs a few kilobytes. What is built into the program is opened ecosystem by ecosystem,
//! when the first question about one comes.

mod archive;
mod document;
mod packed;
mod project;
mod questions;
mod shelf;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ecosystems::npm::Packument;
use ecosystems::{Ecosystem, cargo};

use self::archive::{Documents, read_archive, read_folder};
use self::document::Document;
use self::project::Project;
use self::shelf::Shelf;
use crate::{Error, bundled};

/// The name of an index's settings among its files: no package has such a name.
const INDEX_CONFIG: &str = "config.json";

/// The recorded documents of one registry. Clones share them.
#[derive(Clone)]
pub struct Recorded {
    name: Arc<str>,
    pypi: Option<Arc<Shelf<Project>>>,
    npm: Option<Arc<Shelf<Document<Packument>>>>,
    cargo: Option<Arc<Shelf<Document<cargo::Listing>>>>,
}

impl Recorded {
    /// Reads a recorded registry from a folder, or from a `.tar.zst`: all that it holds, or the
    /// documents of one ecosystem.
    pub fn open(name: &str, path: &Path, only: Option<Ecosystem>) -> Result<Self, Error> {
        let read = if path.is_dir() {
            read_folder(path, only)
        } else {
            File::open(path).and_then(|file| read_archive(file, only))
        };
        Self::from_documents(name, read, only, &format!("`{}`: ", path.display()))
    }

    /// Reads a recorded registry from the bytes of a `.tar.zst`.
    pub fn from_bytes(name: &str, archive: &[u8]) -> Result<Self, Error> {
        Self::from_documents(name, read_archive(archive, None), None, "")
    }

    /// The registry that is built into the program.
    pub(crate) fn bundled(name: &str) -> Self {
        let pypi = || Ok(unpacked(bundled::PYPI, Ecosystem::Pypi)?.pypi);
        let npm = || Ok(unpacked(bundled::NPM, Ecosystem::Npm)?.npm);
        let cargo = || Ok(unpacked(bundled::CARGO, Ecosystem::Cargo)?.cargo);
        Self {
            name: name.into(),
            pypi: Some(Shelf::later(pypi)),
            npm: Some(Shelf::later(npm)),
            cargo: Some(Shelf::later(cargo)),
        }
    }

    fn from_documents(
        name: &str,
        read: std::io::Result<Documents>,
        only: Option<Ecosystem>,
        place: &str,
    ) -> Result<Self, Error> {
        let name: Arc<str> = name.into();
        let recording = |reason: String| Error::Recording { registry: Arc::clone(&name), reason };
        let Documents { pypi, npm, cargo } =
            read.map_err(|error| recording(format!("{place}{error}")))?;
        let (projects, packages, crates) = (pypi.len(), npm.len(), cargo.len());
        if projects + packages + crates == 0 {
            let expected = match only {
                Some(ecosystem) => format!("no document of `{ecosystem}/`"),
                None => "neither `pypi/*.json` nor `npm/*.json` nor index files below `cargo/`"
                    .to_owned(),
            };
            return Err(recording(format!("{place}there is {expected} in it")));
        }
        tracing::debug!(registry = %name, projects, packages, crates, "opened a recorded registry");
        Ok(Self { pypi: Shelf::of(pypi), npm: Shelf::of(npm), cargo: Shelf::of(cargo), name })
    }

    /// The same documents, as far as they are of that ecosystem.
    pub(crate) fn only(mut self, ecosystem: Ecosystem) -> Self {
        self.pypi = self.pypi.filter(|_| ecosystem == Ecosystem::Pypi);
        self.npm = self.npm.filter(|_| ecosystem == Ecosystem::Npm);
        self.cargo = self.cargo.filter(|_| ecosystem == Ecosystem::Cargo);
        self
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

    /// Whether it holds documents of that ecosystem.
    pub fn holds(&self, ecosystem: Ecosystem) -> bool {
        match ecosystem {
            Ecosystem::Pypi => self.pypi.is_some(),
            Ecosystem::Cargo => self.cargo.is_some(),
            Ecosystem::Npm => self.npm.is_some(),
        }
    }

    /// The names of all packages of that ecosystem, sorted; those of cargo in lower case.
    pub fn packages(&self, ecosystem: Ecosystem) -> Vec<&str> {
        let mut names = match ecosystem {
            Ecosystem::Pypi => names(self.pypi.as_deref()),
            Ecosystem::Cargo => names(self.cargo.as_deref()),
            Ecosystem::Npm => names(self.npm.as_deref()),
        };
        names.retain(|name| *name != INDEX_CONFIG);
        names.sort_unstable();
        names
    }

    /// The document of a package as it was recorded; for cargo also its `config.json`.
    pub fn document(&self, ecosystem: Ecosystem, name: &str) -> Option<Vec<u8>> {
        match ecosystem {
            Ecosystem::Pypi => self.pypi.as_ref()?.all().ok()?.get(name)?.document.unpack().ok(),
            Ecosystem::Cargo => {
                let name = name.to_ascii_lowercase();
                self.cargo.as_ref()?.all().ok()?.get(name.as_str())?.unpack().ok()
            }
            Ecosystem::Npm => self.npm.as_ref()?.all().ok()?.get(name)?.unpack().ok(),
        }
    }
}

/// The documents of one ecosystem in an archive that is known to be whole.
fn unpacked(archive: &[u8], ecosystem: Ecosystem) -> Result<Documents, String> {
    read_archive(archive, Some(ecosystem)).map_err(|error| error.to_string())
}

fn names<D: From<packed::Packed> + Send + Sync + 'static>(shelf: Option<&Shelf<D>>) -> Vec<&str> {
    let documents = shelf.and_then(|shelf| shelf.all().ok());
    documents.into_iter().flat_map(|documents| documents.keys().map(AsRef::as_ref)).collect()
}

#[cfg(test)]
mod tests {
    use ecosystems::cargo;
    use ecosystems::pypi::Name;

    use super::*;

    fn reason(read: Result<Recorded, Error>) -> String {
        match read {
            Err(error @ Error::Recording { .. }) => error.to_string(),
            Err(error) => panic!("{error}"),
            Ok(recorded) => panic!("{:?}", recorded.packages(Ecosystem::Pypi)),
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
        assert!(reason(Recorded::open("x", Path::new("/nowhere"), None)).contains("/nowhere"));
        assert!(reason(Recorded::from_bytes("x", b"PK")).contains("`x`"));
        let cut = &archive(&[("pypi/demo.json", "{}")])[..20];
        reason(Recorded::from_bytes("x", cut));
        let other = archive(&[("gems/demo.json", "{}")]);
        assert!(reason(Recorded::from_bytes("x", &other)).contains("neither `pypi/*.json`"));
    }

    /// A line of an index, with all that cargo asks for.
    const DEMO: &str =
        r#"{"name": "demo", "vers": "1.0.0", "deps": [], "features": {}, "cksum": "00"}"#;

    #[tokio::test]
    async fn a_broken_document_harms_no_other() {
        let archive = archive(&[
            ("./pypi/broken.json", "{\"files\": 1"),
            ("./pypi/demo.json", "{\"files\": [], \"metadata\": {}}"),
            ("./cargo/de/mo/demo", DEMO),
            ("./cargo/br/ok/broken", "<html>"),
            ("./cargo/config.json", "{}"),
        ]);
        let recorded = Recorded::from_bytes("x", &archive).expect("the archive is whole");
        assert_eq!(recorded.packages(Ecosystem::Pypi), ["broken", "demo"]);
        assert_eq!(recorded.packages(Ecosystem::Cargo), ["broken", "demo"]);
        let read = async |name: &str| {
            recorded.listing(&Name::parse(name).expect("the name is well formed")).await
        };
        assert!(matches!(read("broken").await, Err(Error::Unusable { .. })));
        assert!(read("demo").await.is_ok_and(|read| read.facts.is_some()));
        assert!(read("absent").await.is_ok_and(|read| read.facts.is_none()));
        let read = async |name: &str| {
            let name = cargo::Name::parse(name).expect("the name is well formed");
            let read = recorded.cargo_listing(&name).await?;
            Ok(read.facts.map(|listing| listing.releases.len()))
        };
        assert!(matches!(read("broken").await, Err(Error::Unusable { .. })));
        // The file is about another name, and is none the worse for it.
        assert_eq!([read("Demo").await, read("demo").await], [Ok(Some(0)), Ok(Some(1))]);
        assert_eq!(read("absent").await, Ok(None));
        assert!(matches!(recorded.cargo_config().await, Err(Error::Unusable { .. })));
    }

    #[tokio::test]
    async fn an_ecosystem_that_is_not_recorded_is_an_error_and_no_absence() {
        let demo = archive(&[("pypi/demo.json", "{\"files\": [], \"metadata\": {}}")]);
        let recorded = Recorded::from_bytes("x", &demo).expect("the archive is whole");
        assert!(recorded.holds(Ecosystem::Pypi) && !recorded.holds(Ecosystem::Cargo));
        let name = cargo::Name::parse("demo").expect("the name is well formed");
        let error = recorded.cargo_listing(&name).await.expect_err("there is no index");
        assert_eq!(
            error.to_string(),
            "registry `x` has no packages of cargo and was asked for `cargo/demo`"
        );
        let bundled = bundled().only(Ecosystem::Cargo);
        assert!(!bundled.holds(Ecosystem::Pypi) && bundled.holds(Ecosystem::Cargo));
        let serde = cargo::Name::parse("serde").expect("the name is well formed");
        assert!(bundled.cargo_listing(&serde).await.is_ok_and(|read| read.facts.is_some()));
        let name = Name::parse("flask").expect("the name is well formed");
        assert!(matches!(bundled.listing(&name).await, Err(Error::OtherEcosystem { .. })));
    }
}
