//! The compact forms of pages and of metadata: see [`stored`](crate::stored).

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::metadata::MOST_REQUIREMENTS;
use super::version::parse_bare_version;
use super::{
    CoreMetadata, File, FileKind, Listing, Metadata, Name, ProjectStatus, Release, Requirement,
    Specifiers, Version, WheelTags, Yanked,
};
use crate::stored::{Allowance, Hash256, Texts, at, wrong};
use crate::{Timestamp, Warning};

/// What stands before most hashes.
const SHA256: &str = "sha256:";

/// A listing with whatever repeats written once.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    name: T,
    status: StoredStatus,
    /// Beginnings of URLs.
    folders: Vec<T>,
    specifiers: Vec<T>,
    releases: Vec<StoredRelease<T>>,
    warnings: Vec<T>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum StoredStatus {
    Active,
    Archived,
    Quarantined,
    Deprecated,
}

#[derive(Serialize, Deserialize)]
struct StoredRelease<T> {
    version: T,
    files: Vec<StoredFile<T>>,
}

#[derive(Serialize, Deserialize)]
struct StoredFile<T> {
    filename: T,
    url: StoredUrl<T>,
    kind: StoredKind<T>,
    hashes: Vec<Hash256<T>>,
    size: Option<u64>,
    requires_python: Option<u32>,
    uploaded_at: Option<Timestamp>,
    /// The reason, where it is yanked.
    yanked: Option<T>,
    core_metadata: StoredMetadata<T>,
}

#[derive(Serialize, Deserialize)]
enum StoredUrl<T> {
    /// A folder with the file's name behind it.
    Folder(u32),
    Whole(T),
}

#[derive(Serialize, Deserialize)]
enum StoredKind<T> {
    Sdist,
    /// With the tags in the file's name.
    Wheel,
    /// With other tags.
    Tagged([T; 3]),
}

#[derive(Serialize, Deserialize)]
enum StoredMetadata<T> {
    Absent,
    Present,
    Hashed(Hash256<T>),
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut writer = Writer::default();
        let releases = self.releases.iter().map(|release| StoredRelease {
            version: release.version.to_string().into(),
            files: release.files.iter().map(|file| writer.file(file)).collect(),
        });
        let releases = releases.collect();
        let stored = Stored {
            name: self.name.as_str().into(),
            status: match self.status {
                ProjectStatus::Active => StoredStatus::Active,
                ProjectStatus::Archived => StoredStatus::Archived,
                ProjectStatus::Quarantined => StoredStatus::Quarantined,
                ProjectStatus::Deprecated => StoredStatus::Deprecated,
            },
            folders: writer.folders.into_values(),
            specifiers: writer.specifiers.into_values(),
            releases,
            warnings: self.warnings.iter().map(|warning| warning.text.as_str().into()).collect(),
        };
        stored.serialize(serializer)
    }
}

#[derive(Default)]
struct Writer<'a> {
    folders: Texts<'a>,
    specifiers: Texts<'a>,
    /// Those of the file before, which most files have too.
    last_specifiers: Option<(&'a Specifiers, u32)>,
}

impl<'a> Writer<'a> {
    fn specifiers(&mut self, specifiers: &'a Specifiers) -> u32 {
        if let Some((last, place)) = self.last_specifiers
            && last == specifiers
            && numbers(last).eq(numbers(specifiers))
        {
            return place;
        }
        let place = self.specifiers.place(specifiers.to_string().into());
        self.last_specifiers = Some((specifiers, place));
        place
    }

    fn file(&mut self, file: &'a File) -> StoredFile<Cow<'a, str>> {
        StoredFile {
            filename: (&*file.filename).into(),
            url: match file.url.strip_suffix(&*file.filename) {
                Some(folder) => StoredUrl::Folder(self.folders.place(folder.into())),
                None => StoredUrl::Whole((&*file.url).into()),
            },
            kind: match &file.kind {
                FileKind::Sdist => StoredKind::Sdist,
                FileKind::Wheel(tags) if tags_of(&file.filename) == Some(tags.parts()) => {
                    StoredKind::Wheel
                }
                FileKind::Wheel(tags) => StoredKind::Tagged(tags.parts().map(Cow::from)),
            },
            hashes: file.hashes.iter().map(|hash| Hash256::new(SHA256, hash)).collect(),
            size: file.size,
            requires_python: file.requires_python.as_deref().map(|own| self.specifiers(own)),
            uploaded_at: file.uploaded_at,
            yanked: match &file.yanked {
                Yanked::No => None,
                Yanked::Yes(reason) => Some((&**reason).into()),
            },
            core_metadata: match &file.core_metadata {
                CoreMetadata::Absent => StoredMetadata::Absent,
                CoreMetadata::Present(None) => StoredMetadata::Present,
                CoreMetadata::Present(Some(hash)) => {
                    StoredMetadata::Hashed(Hash256::new(SHA256, hash))
                }
            },
        }
    }
}

/// The numbers of versions as they are written: `3.7` equals `3.7.0` and is not the same.
fn numbers(specifiers: &Specifiers) -> impl Iterator<Item = Option<&[u64]>> {
    specifiers.iter().map(|specifier| specifier.version().map(Version::release))
}

/// The tags in the name of a wheel.
fn tags_of(filename: &str) -> Option<[&str; 3]> {
    let mut parts = filename.strip_suffix(".whl")?.rsplitn(4, '-');
    let (platform, abi, python) = (parts.next()?, parts.next()?, parts.next()?);
    Some([python, abi, platform])
}

impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::<&str>::deserialize(deserializer)?;
        let specifiers = stored.specifiers.iter().map(|text| Specifiers::parse(text).map(Arc::new));
        let reader = Reader {
            folders: &stored.folders,
            specifiers: specifiers.collect::<Result<_, _>>().map_err(wrong)?,
            allowance: Allowance::default(),
        };
        let mut releases: Vec<Release> = Vec::with_capacity(stored.releases.len());
        for own in &stored.releases {
            let version = parse_bare_version(own.version).map_err(wrong)?;
            if releases.last().is_some_and(|last| last.version >= version) {
                return Err(wrong(format_args!("version {version} is out of order")));
            }
            let files = own.files.iter().map(|file| reader.file(file));
            releases.push(Release { version, files: files.collect::<Result<_, D::Error>>()? });
        }
        Ok(Self {
            name: Name::parse(stored.name).map_err(wrong)?,
            releases,
            status: match stored.status {
                StoredStatus::Active => ProjectStatus::Active,
                StoredStatus::Archived => ProjectStatus::Archived,
                StoredStatus::Quarantined => ProjectStatus::Quarantined,
                StoredStatus::Deprecated => ProjectStatus::Deprecated,
            },
            warnings: stored.warnings.iter().map(|text| Warning::new(*text)).collect(),
        })
    }
}

struct Reader<'a> {
    folders: &'a [&'a str],
    /// Files that ask for the same share it.
    specifiers: Vec<Arc<Specifiers>>,
    allowance: Allowance,
}

impl Reader<'_> {
    fn file<E: de::Error>(&self, stored: &StoredFile<&str>) -> Result<File, E> {
        let filename = stored.filename;
        Ok(File {
            filename: filename.into(),
            url: match stored.url {
                StoredUrl::Whole(url) => url.into(),
                StoredUrl::Folder(place) => {
                    let folder = at(self.folders, place)?;
                    self.allowance.take(folder.len())?;
                    [*folder, filename].concat().into()
                }
            },
            kind: match stored.kind {
                StoredKind::Sdist => FileKind::Sdist,
                StoredKind::Wheel => {
                    let tags = tags_of(filename);
                    let tags = tags.ok_or_else(|| wrong(format_args!("`{filename}` is no wheel")));
                    wheel(tags?)
                }
                StoredKind::Tagged(tags) => wheel(tags),
            },
            hashes: stored.hashes.iter().map(|hash| hash.to_text(SHA256)).collect(),
            size: stored.size,
            requires_python: match stored.requires_python {
                Some(place) => Some(Arc::clone(at(&self.specifiers, place)?)),
                None => None,
            },
            uploaded_at: stored.uploaded_at,
            yanked: stored.yanked.map_or(Yanked::No, |reason| Yanked::Yes(reason.into())),
            core_metadata: match &stored.core_metadata {
                StoredMetadata::Absent => CoreMetadata::Absent,
                StoredMetadata::Present => CoreMetadata::Present(None),
                StoredMetadata::Hashed(hash) => CoreMetadata::Present(Some(hash.to_text(SHA256))),
            },
        })
    }
}

fn wheel([python, abi, platform]: [&str; 3]) -> FileKind {
    FileKind::Wheel(WheelTags::new(python, abi, platform))
}

/// Metadata, its requirements as texts: to read them anew costs little and proves them whole.
#[derive(Serialize, Deserialize)]
struct StoredNeeds<T> {
    requirements: Vec<T>,
    requires_python: Option<T>,
    extras: Vec<T>,
    warnings: Vec<T>,
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = StoredNeeds {
            requirements: self.requirements.iter().map(ToString::to_string).collect(),
            requires_python: self.requires_python.as_ref().map(ToString::to_string),
            extras: self.extras.iter().map(ToString::to_string).collect(),
            warnings: self.warnings.iter().map(ToString::to_string).collect(),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = StoredNeeds::<&str>::deserialize(deserializer)?;
        if stored.requirements.len() > MOST_REQUIREMENTS {
            return Err(wrong("it has more requirements than any release"));
        }
        let requirements = stored.requirements.iter().map(|text| Requirement::parse(text));
        let extras = stored.extras.iter().map(|text| Name::parse(text));
        Ok(Self {
            requirements: requirements.collect::<Result<_, _>>().map_err(wrong)?,
            requires_python: match stored.requires_python {
                Some(text) => Some(Specifiers::parse(text).map_err(wrong)?),
                None => None,
            },
            extras: extras.collect::<Result<_, _>>().map_err(wrong)?,
            warnings: stored.warnings.iter().map(|text| Warning::new(*text)).collect(),
        })
    }
}
