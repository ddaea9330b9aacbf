//! A registry of npm, from its recorded or published documents.

use axum::response::Response;
use bytes::Bytes;
use ecosystems::Ecosystem;
use ecosystems::npm::Name;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::serve::{build, header};
use super::{Shared, lock};

/// Where the registry lies.
pub(super) const ROOT: &str = "/npm/";

/// The media type of the abbreviated form.
const ABBREVIATED: &str = "application/vnd.npm.install-v1+json";

/// What is left of a document in its abbreviated form.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Abbreviated<'a> {
    name: &'a str,
    #[serde(borrow)]
    dist_tags: &'a RawValue,
    #[serde(borrow)]
    versions: &'a RawValue,
}

impl Shared {
    /// The answer to a question for a package. The `/` behind a scope comes escaped or not.
    pub(super) fn packument(&self, name: &str, headers: &HeaderMap) -> Response {
        let name = name.replace("%2f", "/").replace("%2F", "/");
        let published = lock(&self.published).get(&format!("{ROOT}{name}")).cloned();
        let recorded = || {
            let name = Name::parse(&name).ok()?;
            let document = self.recorded.document(Ecosystem::Npm, name.as_str())?;
            Some((0, self.with_urls(&document)))
        };
        let Some((changes, full)) = published.or_else(recorded) else {
            let body = Bytes::from_static(b"{\"error\":\"Not found\"}");
            return build(404, [(CONTENT_TYPE, "application/json".to_owned())], body);
        };
        if header(headers, &ACCEPT).starts_with(ABBREVIATED)
            && let Ok(parts) = serde_json::from_slice::<Abbreviated<'_>>(&full)
            && let Ok(short) = serde_json::to_vec(&parts)
        {
            return self.validated(short.into(), changes, ABBREVIATED, headers);
        }
        self.validated(full, changes, "application/json", headers)
    }

    /// A recorded document with URLs in place of the paths that were recorded. The text is changed
    /// and not the value: the order of names in it matters to npm.
    fn with_urls(&self, document: &[u8]) -> Bytes {
        let text = String::from_utf8_lossy(document);
        let url = format!("\"tarball\":\"http://{}{ROOT}", self.address);
        text.replace("\"tarball\":\"/", &url).into_bytes().into()
    }
}
