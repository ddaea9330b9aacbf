//! What one release needs, from the cheapest place that has it.
//!
//! Wheels are tried in this order, those with served metadata first: the file beside the wheel, if
//! the index advertises it (PEP 658), the wheel's end by ranges, the whole wheel. An advertised file
//! that is missing, has another hash or cannot be read is a warning, and the next place is tried:
//! virtual indexes advertise what they do not have.
//!
//! Source distributions are never built. Where a release has nothing else, they are asked in the same
//! way, and believed in what builds are bound by; without that a build would have to tell.

use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::Bytes;
use ecosystems::Warning;
use ecosystems::pypi::{CoreMetadata, File, Listing, Metadata, Release, Version};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Index, sdist, wheel};
use crate::fetch::{Question, Spent};
use crate::memory::{Entry, Kept, Key, Standing, pack};
use crate::parse::parse;
use crate::{Credentials, Error, Freshness, MetadataRead, Read};

/// How many files of a release are tried before it is given up.
const MOST_FILES: usize = 4;

/// The longest metadata document, in bytes: a description may be long.
pub(super) const LONGEST_METADATA: u64 = 8 << 20;

/// Where the metadata of one release is being looked for.
pub(super) struct Search<'a> {
    pub(super) index: &'a Index,
    pub(super) listing: &'a Listing,
    pub(super) version: &'a Version,
    pub(super) document: &'a str,
    pub(super) credentials: Option<&'a Credentials>,
    pub(super) spent: &'a Spent,
}

/// What files tell of a release's needs.
#[derive(Serialize, Deserialize)]
pub(super) enum Told {
    /// All of it.
    Known(Arc<Metadata>),
    /// Only running its build would tell.
    NeedsBuild,
}

/// Reads what the release at `position` of `listing` needs.
pub(super) async fn read(
    index: &Index,
    listing: &Listing,
    position: usize,
    credentials: Option<&Credentials>,
    freshness: Freshness,
) -> Result<MetadataRead, Error> {
    let registry = index.fetcher.registry();
    let release = release_at(index, listing, position)?;
    let files = sources(release);
    let document = format!("pypi/{}/{}/metadata", listing.name, release.version);
    let spent = Spent::default();
    let names = (document.as_str(), listing.name.as_str());
    let key = Key::new(names, credentials, identity(&files));
    let kept = match index.metadata.enter(key, freshness).await? {
        Entry::Held(kept) => kept,
        Entry::Open(open) => {
            let (version, document, spent) = (&release.version, document.as_str(), &spent);
            let search = Search { index, listing, version, document, credentials, spent };
            match search.any_of(&files).await {
                Ok(kept) => open.fill(kept).await,
                Err(error) => return Err(open.fail(error)),
            }
        }
    };
    let read = kept.read(registry, document, &spent);
    if matches!(read.facts.as_deref(), Some(Told::NeedsBuild)) {
        let files = release.files.iter().map(|file| file.filename.clone()).collect();
        return Ok(MetadataRead::NeedsBuild { files });
    }
    Ok(MetadataRead::Known(what_is_known(read)))
}

/// Reads what is served beside the file at `place` of the release at `position`, and nothing else.
pub(super) async fn read_beside(
    index: &Index,
    listing: &Listing,
    (position, place): (usize, usize),
    credentials: Option<&Credentials>,
    freshness: Freshness,
) -> Result<Read<Metadata>, Error> {
    let release = release_at(index, listing, position)?;
    let file = &release.files[place];
    let document = format!("pypi/{}/{}/{}", listing.name, release.version, file.filename);
    let spent = Spent::default();
    let names = (document.as_str(), listing.name.as_str());
    let key = Key::new(names, credentials, identity(&[file]));
    let kept = match index.metadata.enter(key, freshness).await? {
        Entry::Held(kept) => kept,
        Entry::Open(open) => {
            let (version, document, spent) = (&release.version, document.as_str(), &spent);
            let search = Search { index, listing, version, document, credentials, spent };
            let read = match &file.core_metadata {
                CoreMetadata::Present(hash) => search.beside(file, hash.as_deref()).await,
                CoreMetadata::Absent => Ok(Err("it is not advertised".to_owned())),
            };
            match read {
                Ok(Ok(kept)) => open.fill(kept).await,
                Ok(Err(_)) => open.fill(Kept::absent(Standing::Once)).await,
                Err(error) => return Err(open.fail(error)),
            }
        }
    };
    Ok(what_is_known(kept.read(index.fetcher.registry(), document, &spent)))
}

fn release_at<'a>(
    index: &Index,
    listing: &'a Listing,
    position: usize,
) -> Result<&'a Release, Error> {
    listing.releases.get(position).ok_or_else(|| Error::Unusable {
        registry: Arc::clone(index.fetcher.registry()),
        document: format!("pypi/{}", listing.name),
        reason: format!("there is no release at position {position}"),
    })
}

/// The metadata among what was told.
fn what_is_known(read: Read<Told>) -> Read<Metadata> {
    let facts = match read.facts.as_deref() {
        Some(Told::Known(metadata)) => Some(Arc::clone(metadata)),
        Some(Told::NeedsBuild) | None => None,
    };
    let Read { stamp, fetched, requests, bytes, .. } = read;
    Read { facts, stamp, fetched, requests, bytes }
}

/// The files to try, in that order: wheels, or source distributions where there are none.
fn sources(release: &Release) -> Vec<&File> {
    let mut places = release.wheels();
    if places.is_empty() {
        places = release.sdists();
    }
    places.into_iter().take(MOST_FILES).map(|place| &release.files[place]).collect()
}

/// A name for these very files, as far as the listing tells them apart.
fn identity(files: &[&File]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let texts = [&file.filename, &file.url].into_iter().chain(&*file.hashes);
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        hasher.update(&[0xff]);
    }
    *hasher.finalize().as_bytes()
}

/// Metadata as it was found, before its parse.
pub(super) struct Found {
    /// The text of `METADATA` or `PKG-INFO`.
    pub(super) text: Vec<u8>,
    pub(super) validator: Option<String>,
    pub(super) standing: Standing,
}

impl Search<'_> {
    /// Tries one file after another. What is wrong with one of them matters only if none does.
    async fn any_of(&self, files: &[&File]) -> Result<Kept<Told>, Error> {
        let mut last_error = None;
        for file in files {
            match self.of_file(file).await {
                Ok(Some(kept)) => return Ok(kept),
                Ok(None) => {
                    self.warn(file, "the index lists it but does not have it");
                }
                Err(
                    error @ (Error::Unusable { .. }
                    | Error::TooLarge { .. }
                    | Error::WrongHash { .. }),
                ) => {
                    self.warn(file, &error.to_string());
                    last_error = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        last_error.map_or_else(|| Ok(Kept::absent(Standing::Once)), Err)
    }

    async fn of_file(&self, file: &File) -> Result<Option<Kept<Told>>, Error> {
        let mut warnings = Vec::new();
        if let CoreMetadata::Present(hash) = &file.core_metadata {
            match self.beside(file, hash.as_deref()).await? {
                Ok(kept) => return Ok(Some(kept)),
                Err(reason) => {
                    let text = format!("`{}.metadata` is passed over: {reason}", file.filename);
                    self.warn(file, &text);
                    warnings.push(Warning::new(text));
                }
            }
        }
        let found = if file.is_sdist() {
            sdist::read(self, file).await?
        } else {
            wheel::read(self, file).await?
        };
        let Some(found) = found else { return Ok(None) };
        let kept = self.keep(file, found, warnings).await;
        kept.map(Some).map_err(|reason| self.unusable(reason))
    }

    /// Reads the file beside a wheel or source distribution; the inner error says why it is of no use.
    async fn beside(
        &self,
        file: &File,
        hash: Option<&str>,
    ) -> Result<Result<Kept<Told>, String>, Error> {
        let mut url = self.url(file)?;
        url.set_path(&format!("{}.metadata", url.path()));
        let question = self.question(url, HeaderMap::new(), LONGEST_METADATA);
        let answer = match self.index.fetcher.get(&question, self.spent).await {
            Ok(answer) => answer,
            // Trouble with the file itself will say whether this is about more than one file.
            Err(
                error @ (Error::Forbidden { .. } | Error::Unusable { .. } | Error::TooLarge { .. }),
            ) => {
                return Ok(Err(error.to_string()));
            }
            Err(error) => return Err(error),
        };
        if answer.status != StatusCode::OK {
            return Ok(Err(format!("the index advertises it but answers {}", answer.status)));
        }
        if let Some(hash) = hash
            && !fits(hash, &answer.body)
        {
            return Ok(Err(format!("it does not have the advertised hash `{hash}`")));
        }
        let found = Found {
            text: answer.body.to_vec(),
            validator: answer.validator(),
            standing: Standing::of(&answer),
        };
        Ok(self.keep(file, found, Vec::new()).await)
    }

    /// Parses what was found, apart from the threads that serve where it is long. A file that the
    /// listing names with a hash cannot change any more.
    async fn keep(
        &self,
        file: &File,
        found: Found,
        warnings: Vec<Warning>,
    ) -> Result<Kept<Told>, String> {
        let Found { text, validator, standing } = found;
        let weight = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let is_sdist = file.is_sdist();
        let (told, content_hash, packed) = parse(text.len(), move || {
            let read = if is_sdist {
                Metadata::parse_static(&text)
            } else {
                Metadata::parse(&text).map(Some)
            };
            let read = read.map_err(|error| error.to_string())?;
            // What was passed over on the way is no fact of the release.
            let content_hash = *blake3::hash(&pack(&read)?).as_bytes();
            let told = read.map_or(Told::NeedsBuild, |mut metadata| {
                metadata.warnings.extend(warnings);
                Told::Known(Arc::new(metadata))
            });
            let packed = pack(&told)?;
            Ok((told, content_hash, packed))
        })
        .await?;
        let standing = if file.hashes.is_empty() { standing } else { Standing::Fixed };
        let mut kept = Kept::new(Some(Arc::new(told)), content_hash, standing);
        kept.validator = validator;
        kept.weight = weight;
        kept.packed = Some(packed);
        Ok(kept)
    }

    /// A question about a file of the release.
    pub(super) fn question(&self, url: Url, headers: HeaderMap, limit: u64) -> Question<'_> {
        let (document, credentials) = (self.document, self.credentials);
        Question { document, url, headers, credentials, limit }
    }

    /// Reads the metadata inside a file that was sent whole, if it is the one that the listing means.
    /// Both happen apart from the threads that serve where the file is long.
    pub(super) async fn inside<T: Send + 'static>(
        &self,
        file: &File,
        body: &Bytes,
        read: impl FnOnce(Bytes) -> Result<T, String> + Send + 'static,
    ) -> Result<T, Error> {
        let (hashes, bytes) = (file.hashes.clone(), body.clone());
        let judged = parse(body.len(), move || {
            let wrong = hashes.iter().find(|hash| !fits(hash, &bytes));
            wrong.map_or_else(|| read(bytes.clone()).map(Ok), |hash| Ok(Err(hash.clone())))
        });
        judged.await.map_err(|reason| self.unusable(reason))?.map_err(|hash| Error::WrongHash {
            registry: Arc::clone(self.index.fetcher.registry()),
            document: self.document.to_owned(),
            file: file.filename.to_string(),
            hash: hash.into(),
        })
    }

    /// The URL of a file.
    pub(super) fn url(&self, file: &File) -> Result<Url, Error> {
        Url::parse(&file.url)
            .map_err(|error| self.unusable(format!("the URL `{}`: {error}", file.url)))
    }

    pub(super) fn unusable(&self, reason: String) -> Error {
        Error::Unusable {
            registry: Arc::clone(self.index.fetcher.registry()),
            document: self.document.to_owned(),
            reason,
        }
    }

    fn warn(&self, file: &File, reason: &str) {
        let registry = &**self.index.fetcher.registry();
        tracing::warn!(registry, package = %self.listing.name, file = %file.filename, reason,
            "a source of metadata is of no use");
    }
}

/// Whether `bytes` have the hash `algorithm:hex`. An algorithm that is not known judges nothing.
pub(super) fn fits(hash: &str, bytes: &[u8]) -> bool {
    let (algorithm, expected) = hash.split_once(':').unwrap_or(("", hash));
    let algorithm = match algorithm {
        "sha256" => &digest::SHA256,
        "sha384" => &digest::SHA384,
        "sha512" => &digest::SHA512,
        _ => return true,
    };
    let actual = digest::digest(algorithm, bytes);
    let actual: String = actual.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    actual.eq_ignore_ascii_case(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_checked_where_they_are_understood() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852B855";
        assert!(fits(empty, b""));
        assert!(!fits(empty, b"x"));
        assert!(!fits("sha256:", b""));
        assert!(fits("md5:00", b""));
    }
}
