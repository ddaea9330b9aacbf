//! A sparse index of cargo, from its recorded files or published lines.

use axum::response::Response;
use bytes::Bytes;
use ecosystems::{Ecosystem, cargo};
use http::HeaderMap;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};

use super::serve::{build, header, status};
use super::{Shared, lock};

/// Where the index lies.
pub(super) const ROOT: &str = "/index/";
/// Where its settings lie.
pub(super) const CONFIG: &str = "/index/config.json";

impl Shared {
    /// The answer to a question for the file at `path` below the root of the index.
    pub(super) fn index(&self, path: &str, headers: &HeaderMap) -> Response {
        if path == "config.json" {
            return self.validated(self.index_config(), 0, "application/json", headers);
        }
        if let Some((count, lines)) = lock(&self.lines).get(path).cloned() {
            return self.validated(lines, count, "text/plain", headers);
        }
        let name = path.rsplit('/').next().and_then(|name| cargo::Name::parse(name).ok());
        let name = name.filter(|name| name.index_path() == path);
        let file = name.and_then(|name| self.recorded.document(Ecosystem::Cargo, name.as_str()));
        match file {
            Some(file) => self.validated(file.into(), 0, "text/plain", headers),
            None => status(404),
        }
    }

    fn index_config(&self) -> Bytes {
        let download = format!("http://{}/crates", self.address);
        let config = serde_json::json!({
            "dl": self.settings.download.as_deref().unwrap_or(&download),
            "api": null,
            "auth-required": self.settings.authorization.is_some(),
        });
        config.to_string().into()
    }

    /// A body with its validator, or word that the asker has it. `changes` happened to it so far.
    fn validated(
        &self,
        body: Bytes,
        changes: usize,
        content_type: &str,
        headers: &HeaderMap,
    ) -> Response {
        let settings = &self.settings;
        let mut sent = vec![(CONTENT_TYPE, content_type.to_owned())];
        sent.extend(settings.cache_control.clone().map(|value| (CACHE_CONTROL, value)));
        if settings.validators {
            let (validator, condition, state) = if settings.dated {
                let date = format!("Sun, 06 Nov 1994 08:49:{:02} GMT", changes % 60);
                (LAST_MODIFIED, IF_MODIFIED_SINCE, date)
            } else {
                (ETAG, IF_NONE_MATCH, format!("\"{}\"", blake3::hash(&body).to_hex()))
            };
            let is_known = header(headers, &condition) == state;
            sent.push((validator, state));
            if is_known {
                return build(304, sent, Bytes::new());
            }
        }
        build(200, sent, body)
    }
}
