//! What an index says of itself.

use ecosystems::cargo::{Name, Version};
use serde::{Deserialize, Serialize};
use url::Url;

/// The settings of a registry of cargo: `config.json` at the root of its index (cargo reference,
/// "Index configuration"). Keys that are not known are for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CargoConfig {
    /// Where archives are downloaded, as `dl` states it: see [`CargoConfig::download_url`].
    #[serde(rename = "dl")]
    pub download: Box<str>,
    /// Where the registry's web API lies, if it has one. Nothing here asks it.
    #[serde(default)]
    pub api: Option<Box<str>>,
    /// Whether the registry wants its token with every question.
    #[serde(default)]
    pub auth_required: bool,
}

/// The markers that `dl` may hold.
const MARKERS: [&str; 5] =
    ["{crate}", "{version}", "{prefix}", "{lowerprefix}", "{sha256-checksum}"];

impl CargoConfig {
    /// Reads the document.
    ///
    /// # Errors
    ///
    /// If it is no JSON, or names no place for downloads.
    pub fn parse(document: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(document)
    }

    /// Where the archive of a release is downloaded.
    ///
    /// Markers in `dl` are replaced; to a `dl` without any, `/NAME/VERSION/download` is added. There is
    /// no URL if `dl` asks for the checksum and there is none, or if what comes out is no URL of http.
    pub fn download_url(
        &self,
        name: &Name,
        version: &Version,
        checksum: Option<&str>,
    ) -> Option<String> {
        let mut text = self.download.to_string();
        if MARKERS.iter().any(|marker| text.contains(marker)) {
            if checksum.is_none() && text.contains("{sha256-checksum}") {
                return None;
            }
            let version = version.to_string();
            let (prefix, lower_prefix) = (prefix(name.as_str()), name.index_path());
            let lower_prefix = lower_prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
            let values =
                [name.as_str(), &version, &prefix, lower_prefix, checksum.unwrap_or_default()];
            for (marker, value) in MARKERS.into_iter().zip(values) {
                text = text.replace(marker, value);
            }
        } else {
            text = format!("{text}/{name}/{version}/download");
        }
        let url = Url::parse(&text).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.into())
    }
}

/// The folder of an index file, made of the name as it is written: `Se/rd` for `Serde`.
fn prefix(name: &str) -> String {
    match name.len() {
        length @ (1 | 2) => length.to_string(),
        3 => format!("3/{}", &name[..1]),
        _ => format!("{}/{}", &name[..2], &name[2..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(dl: &str) -> CargoConfig {
        let document = serde_json::json!({"dl": dl, "later": {}}).to_string();
        CargoConfig::parse(document.as_bytes()).expect("the document is whole")
    }

    fn url(dl: &str, name: &str, checksum: Option<&str>) -> Option<String> {
        let name = Name::parse(name).expect("a name");
        let version = "1.2.3-a.1+b".parse().expect("a version");
        config(dl).download_url(&name, &version, checksum)
    }

    #[test]
    fn markers_are_replaced_and_the_rest_is_added_without_them() {
        let root = "https://files.example";
        for (dl, name, path) in [
            ("", "Serde", "/Serde/1.2.3-a.1+b/download"),
            ("/api/v1/crates", "a", "/api/v1/crates/a/1.2.3-a.1+b/download"),
            ("/{crate}-{version}.crate", "Serde", "/Serde-1.2.3-a.1+b.crate"),
            ("/{prefix}/{crate}", "Serde", "/Se/rd/Serde"),
            ("/{lowerprefix}/{crate}", "Serde", "/se/rd/Serde"),
            ("/{prefix}/{lowerprefix}", "Abc", "/3/A/3/a"),
            ("/{prefix}", "ab", "/2"),
            ("/{prefix}", "a", "/1"),
            ("/{sha256-checksum}?x={crate}", "a", "/abcd?x=a"),
        ] {
            let expected = Some(format!("{root}{path}"));
            assert_eq!(url(&format!("{root}{dl}"), name, Some("abcd")), expected, "{dl}");
        }
    }

    #[test]
    fn what_makes_no_url_of_http_is_none() {
        assert_eq!(url("https://files.example/{sha256-checksum}", "a", None), None);
        assert_eq!(url("file:///crates", "a", None), None);
        assert_eq!(url("crates", "a", None), None);
    }

    #[test]
    fn a_registry_says_what_it_wants_and_has() {
        let read = |text: &str| CargoConfig::parse(text.as_bytes());
        let private = read(r#"{"dl": "x", "api": "https://a.example", "auth-required": true}"#);
        let private = private.expect("the document is whole");
        assert!(private.auth_required && private.api.as_deref() == Some("https://a.example"));
        let public = read(r#"{"dl": "x", "api": null}"#).expect("the document is whole");
        assert!(!public.auth_required && public.api.is_none());
        assert!(read("{}").is_err() && read("<html>").is_err());
    }
}
