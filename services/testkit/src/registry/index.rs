//! A sparse index of cargo, from its recorded files or published lines.

use axum::response::Response;
use bytes::Bytes;
use ecosystems::{Ecosystem, cargo};
use http::HeaderMap;

use super::serve::status;
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
        let published = lock(&self.published).get(&format!("{ROOT}{path}")).cloned();
        if let Some((changes, lines)) = published {
            return self.validated(lines, changes, "text/plain", headers);
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
}
