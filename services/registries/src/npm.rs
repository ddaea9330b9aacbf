//! npm's registry API over HTTP ("Public registry API", "Package metadata").
//!
//! A package has one document. It comes in two forms, and the full one is asked for, as npm 11 does
//! for whatever it puts into a tree: the abbreviated form has no `time`, without which there is no
//! cut-off, no licence, and at many registries no `libc`. With one form a package is one document with
//! one stamp, whoever asked first and for what.

mod tarball;

use std::borrow::Cow;
use std::sync::Arc;

use ecosystems::npm::{Manifest, Name, Packument, read_packument};
use http::HeaderValue;
use serde::Deserialize;
use serde::de::IgnoredAny;

use self::tarball::Places;
use crate::document::{self, Wanted};
use crate::fetch::Fetcher;
use crate::memory::{Ground, Memory};
use crate::registry::Invalidated;
use crate::{Credentials, DocumentStore, Error, Freshness, Read, RegistryConfig};

/// The full document.
const ACCEPTED: [HeaderValue; 1] = [HeaderValue::from_static("application/json")];

/// A registry that is asked over HTTP. Clones share its connections and its memory.
#[derive(Clone)]
pub(crate) struct Npm(Arc<Inner>);

struct Inner {
    fetcher: Fetcher,
    ground: Arc<Ground>,
    limit: u64,
    packuments: Memory<Packument>,
    places: Places,
}

impl Npm {
    /// Opens the registry that `config` describes. Nothing is sent yet.
    pub(crate) fn open(
        config: &RegistryConfig,
        store: Option<Arc<dyn DocumentStore>>,
    ) -> Result<Self, Error> {
        let base = config.base_url()?;
        let mib = |size: u32| u64::from(size) << 20;
        let fetcher = Fetcher::open(config, &base)?;
        let ground = Arc::new(Ground::new(config, fetcher.credentials(), store));
        Ok(Self(Arc::new(Inner {
            limit: mib(config.max_body_mib),
            packuments: Memory::new(mib(config.cache_mib), &ground),
            fetcher,
            ground,
            places: Places::new(base, config.replace_registry_host.clone()),
        })))
    }

    /// The registry's declared name.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.0.fetcher.registry()
    }

    /// Reads which versions a package has.
    pub(crate) async fn packument(
        &self,
        name: &Name,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<Packument>, Error> {
        let inner = &*self.0;
        let document = format!("npm/{name}");
        let wanted = Wanted {
            document: &document,
            package: name.as_str(),
            url: inner.fetcher.place(&document, &name.escaped())?,
            accepted: &ACCEPTED,
            credentials,
            freshness,
            limit: inner.limit,
        };
        let name = name.clone();
        let read = document::read(&inner.packuments, &inner.fetcher, &wanted, move |answer| {
            read(&name, &answer.body)
        });
        read.await
    }

    /// Distrusts what was read so far: of a package, or all.
    pub(crate) async fn invalidate(&self, name: Option<&str>, by: Invalidated) -> usize {
        let count = self.0.packuments.count(name);
        self.0.ground.invalidate(name, by).await;
        count
    }

    /// Where the archive of a version lies.
    pub(crate) fn tarball(&self, manifest: &Manifest) -> Option<String> {
        self.0.places.of(&manifest.tarball()?)
    }
}

/// Reads a package's document. Some registries tell of trouble in the form of one, with status 200.
pub(crate) fn read(name: &Name, body: &[u8]) -> Result<Packument, String> {
    #[derive(Deserialize)]
    struct Trouble<'a> {
        #[serde(borrow)]
        error: Cow<'a, str>,
        versions: Option<IgnoredAny>,
    }
    let packument = read_packument(name, body).map_err(|error| error.to_string())?;
    if packument.manifests.is_empty()
        && let Ok(Trouble { error, versions: None }) = serde_json::from_slice(body)
    {
        return Err(format!("it says `{error}`"));
    }
    Ok(packument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_in_the_form_of_a_document_is_told() {
        let name = Name::parse("web").expect("a name");
        let reason = |body: &str| read(&name, body.as_bytes()).err();
        assert_eq!(reason(r#"{"error": "Not \"found\""}"#), Some("it says `Not \"found\"`".into()));
        assert_eq!(reason(r#"{"name": "web", "time": {"unpublished": {}}}"#), None);
        assert_eq!(reason(r#"{"name": "web", "versions": {}, "error": "x"}"#), None);
        assert!(reason("<html>").is_some());
    }
}
