//! What an index says of one project: its releases, each with its files.

use std::sync::Arc;

use super::{DistributionFilename, Name, RawFile, Specifiers, Version, WheelTags};
use crate::{Timestamp, Warning};

/// The releases of one project, ascending by version, from one index page.
///
/// Invariant: versions are strictly ascending, so that a release's position is a dense name for
/// its version as long as the page does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The project.
    pub name: Name,
    /// Its releases, ascending.
    pub releases: Vec<Release>,
    /// PEP 792: what the index says of the project as a whole.
    pub status: ProjectStatus,
    /// What could not be read, or was read against the standards.
    pub warnings: Vec<Warning>,
}

/// One version with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version, as the first file spells it.
    pub version: Version,
    /// Its files: wheels first, then source distributions, each in the order of the page.
    pub files: Box<[File]>,
}

/// One downloadable file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The file's name, such as `six-1.16.0-py2.py3-none-any.whl`.
    pub filename: Box<str>,
    /// Where it lies, as the page gives it: absolute, or relative to the page.
    pub url: Box<str>,
    /// Wheel or source distribution.
    pub kind: FileKind,
    /// Hashes as `algorithm:hex`, such as `sha256:…`, in the order of the page.
    pub hashes: Box<[Box<str>]>,
    /// PEP 700: the size in bytes, where the index states one.
    pub size: Option<u64>,
    /// PEP 503: which versions of Python the file is for.
    pub requires_python: Option<Arc<Specifiers>>,
    /// PEP 700: when the file was uploaded.
    pub uploaded_at: Option<Timestamp>,
    /// PEP 592.
    pub yanked: Yanked,
    /// PEP 658 and 714: whether its metadata can be read without it.
    pub core_metadata: CoreMetadata,
}

/// Whether a file is installed as it is or built first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A wheel (PEP 427), with what it runs on.
    Wheel(WheelTags),
    /// A source distribution (PEP 625 or older).
    Sdist,
}

/// PEP 592: a file that its owner has withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Yanked {
    /// The file stands.
    #[default]
    No,
    /// The file is withdrawn, with the owner's reason, which may be empty.
    Yes(Box<str>),
}

/// PEP 658 and 714: whether the index serves `FILE.metadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CoreMetadata {
    /// Not said, or said not to be there.
    #[default]
    Absent,
    /// Served, with the `algorithm:hex` hash that it must have, where the index gives one.
    Present(Option<Box<str>>),
}

/// PEP 792: the standing of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProjectStatus {
    /// Nothing special.
    #[default]
    Active,
    /// No further releases are planned.
    Archived,
    /// Found to be malicious or suspected of it: its files must not be used.
    Quarantined,
    /// Superseded or abandoned.
    Deprecated,
}

impl Listing {
    /// Sorts the files of a page into releases.
    ///
    /// Files whose names follow no standard are left out with a warning, as every installer does.
    pub fn from_files(name: Name, files: Vec<RawFile>, status: ProjectStatus) -> Self {
        let mut warnings = Vec::new();
        let mut read: Vec<(Version, File)> = Vec::with_capacity(files.len());
        for raw in files {
            if let Some(entry) = read_file(&name, raw, &mut warnings) {
                read.push(entry);
            }
        }
        read.sort_by(|(left, a), (right, b)| {
            left.cmp(right).then_with(|| a.is_sdist().cmp(&b.is_sdist()))
        });
        let mut releases: Vec<Release> = Vec::new();
        let mut group: Vec<File> = Vec::new();
        let mut read = read.into_iter().peekable();
        while let Some((version, file)) = read.next() {
            group.push(file);
            if read.peek().is_none_or(|(next, _)| *next != version) {
                let files = std::mem::take(&mut group).into_boxed_slice();
                releases.push(Release { version, files });
            }
        }
        releases.shrink_to_fit();
        Self { name, releases, status, warnings }
    }

    /// The position of `version`, if it is listed.
    pub fn position(&self, version: &Version) -> Option<usize> {
        self.releases.binary_search_by(|release| release.version.cmp(version)).ok()
    }
}

impl Release {
    /// The places of the wheels, in the order in which their metadata is looked for: those with
    /// served metadata first.
    pub fn wheels(&self) -> Vec<usize> {
        self.by_kind(|file| !file.is_sdist())
    }

    /// The places of the source distributions, in that order too.
    pub fn sdists(&self) -> Vec<usize> {
        self.by_kind(File::is_sdist)
    }

    fn by_kind(&self, fits: fn(&File) -> bool) -> Vec<usize> {
        let places = 0..self.files.len();
        let mut places: Vec<usize> = places.filter(|place| fits(&self.files[*place])).collect();
        places.sort_by_key(|place| self.files[*place].core_metadata == CoreMetadata::Absent);
        places
    }
}

impl File {
    /// Whether the file is a source distribution.
    pub fn is_sdist(&self) -> bool {
        matches!(self.kind, FileKind::Sdist)
    }

    /// Whether the file is withdrawn.
    pub fn is_yanked(&self) -> bool {
        matches!(self.yanked, Yanked::Yes(_))
    }
}

fn read_file(name: &Name, raw: RawFile, warnings: &mut Vec<Warning>) -> Option<(Version, File)> {
    let (version, kind) = match DistributionFilename::parse(&raw.filename, name) {
        Ok(DistributionFilename::Wheel(wheel)) => (wheel.version, FileKind::Wheel(wheel.tags)),
        Ok(DistributionFilename::Sdist { version }) => (version, FileKind::Sdist),
        Err(error) => {
            // Eggs, installers and tarballs of old formats are many, and no installer takes them.
            if !error.is_other_format() {
                warnings.push(Warning::new(format!("left out a file of `{name}`: {error}")));
            }
            return None;
        }
    };
    let requires_python = match raw.requires_python.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => match Specifiers::parse_lenient(text) {
            Ok((specifiers, noted)) => {
                warnings.extend(noted);
                Some(Arc::new(specifiers))
            }
            Err(error) => {
                warnings.push(Warning::new(format!("left out `{}`: {error}", raw.filename)));
                return None;
            }
        },
    };
    let uploaded_at = raw.upload_time.as_deref().and_then(|text| Timestamp::parse(text).ok());
    let file = File {
        filename: raw.filename.into(),
        url: raw.url.into(),
        kind,
        hashes: raw.hashes.into_iter().map(|(name, hex)| format!("{name}:{hex}").into()).collect(),
        size: raw.size,
        requires_python,
        uploaded_at,
        yanked: raw.yanked,
        core_metadata: raw.core_metadata,
    };
    Some((version, file))
}
