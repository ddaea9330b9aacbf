//! Pages and metadata files of PyPI, made from recorded facts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::digest;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A project as it is recorded.
#[derive(Deserialize)]
struct Project {
    name: String,
    /// The files as the JSON form of pages has them.
    files: Vec<Map<String, Value>>,
    /// What a version says of its needs, or a file whose needs differ from its version's.
    metadata: BTreeMap<String, Needs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Needs {
    #[serde(default)]
    requires_dist: Vec<String>,
    #[serde(default)]
    requires_python: Option<String>,
    #[serde(default)]
    provides_extra: Vec<String>,
}

/// The page of a recorded project as JSON (PEP 691), its files at `host`, such as `127.0.0.1:81`.
pub(super) fn page(document: &[u8], host: &str) -> Option<Vec<u8>> {
    let mut project: Project = serde_json::from_slice(document).ok()?;
    let mut files = std::mem::take(&mut project.files);
    for file in &mut files {
        let filename = file.get("filename")?.as_str()?.to_owned();
        let path = file.get("url")?.as_str()?;
        file.insert("url".to_owned(), format!("https://{host}{path}").into());
        file.entry("yanked").or_insert(Value::Bool(false));
        if let Some(text) = project.metadata_file(&filename) {
            // The public index writes both names of the field (PEP 714).
            let hash = json!({ "sha256": sha256(text.as_bytes()) });
            file.insert("core-metadata".to_owned(), hash.clone());
            file.insert("data-dist-info-metadata".to_owned(), hash);
        }
    }
    let page = json!({"meta": {"api-version": "1.1"}, "name": project.name, "files": files});
    serde_json::to_vec(&page).ok()
}

/// The metadata file of a recorded project's wheel (PEP 658).
pub(super) fn metadata(document: &[u8], filename: &str) -> Option<Vec<u8>> {
    let project: Project = serde_json::from_slice(document).ok()?;
    project.metadata_file(filename).map(String::into_bytes)
}

/// The names of projects that a wheel's file name may belong to, the longest first. Hyphens within a
/// project's name are underscores there, but older files have them as they are.
pub(super) fn projects_of(filename: &str) -> impl Iterator<Item = String> {
    let places = filename.rmatch_indices('-').map(|(place, _)| place);
    places.map(|place| normalized(&filename[..place]))
}

/// A project's name in the form that URLs have it in (PEP 503).
fn normalized(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

impl Project {
    fn metadata_file(&self, filename: &str) -> Option<String> {
        let version = filename.strip_suffix(".whl")?.split('-').nth(1)?;
        let needs = self.metadata.get(filename).or_else(|| self.metadata.get(version))?;
        let name = &self.name;
        let mut text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        let python = needs.requires_python.iter().map(|text| ("Requires-Python", text));
        let extras = needs.provides_extra.iter().map(|text| ("Provides-Extra", text));
        let others = needs.requires_dist.iter().map(|text| ("Requires-Dist", text));
        for (field, value) in python.chain(extras).chain(others) {
            let _ = writeln!(text, "{field}: {value}");
        }
        Some(text)
    }
}

fn sha256(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"name": "a-b", "files": [
        {"filename": "a_b-1.0-py3-none-any.whl", "url": "/files/1/a_b-1.0-py3-none-any.whl"},
        {"filename": "a-b-1.0.tar.gz", "url": "/files/1/a-b-1.0.tar.gz"}],
        "metadata": {"1.0": {"requires-dist": ["c>1"], "requires-python": ">=3.8"}}}"#;

    #[test]
    fn a_page_names_its_files_and_the_hashes_of_their_metadata() {
        let page = page(DOCUMENT.as_bytes(), "files.example").expect("the document is recorded");
        let page: Value = serde_json::from_slice(&page).expect("the page is JSON");
        let metadata = metadata(DOCUMENT.as_bytes(), "a_b-1.0-py3-none-any.whl");
        let metadata = metadata.expect("the wheel has metadata");
        assert_eq!(
            String::from_utf8_lossy(&metadata),
            "Metadata-Version: 2.1\nName: a-b\nVersion: 1.0\nRequires-Python: >=3.8\nRequires-Dist: c>1\n"
        );
        let [wheel, sdist] = [0, 1].map(|place| &page["files"][place]);
        assert_eq!(wheel["url"], "https://files.example/files/1/a_b-1.0-py3-none-any.whl");
        assert_eq!(wheel["core-metadata"]["sha256"], sha256(&metadata));
        assert_eq!(sdist.get("core-metadata"), None);
    }

    #[test]
    fn a_wheel_is_of_the_project_that_its_name_begins_with() {
        let names: Vec<String> = projects_of("zope.interface-1.0-py3-none-any.whl").collect();
        assert!(names.contains(&"zope-interface".to_owned()), "{names:?}");
    }
}
