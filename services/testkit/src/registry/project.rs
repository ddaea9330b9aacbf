//! The documents of one project, made from its recorded facts.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use aws_lc_rs::digest;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{CoreMetadata, Settings};

/// A project's pages, and what its other documents are made of.
pub(super) struct Project {
    pub(super) json: Bytes,
    pub(super) html: Bytes,
    name: String,
    wheels: HashMap<String, String>,
    metadata: BTreeMap<String, Fields>,
    ballast: usize,
}

/// The recorded form.
#[derive(Deserialize)]
struct Document {
    name: String,
    files: Vec<File>,
    metadata: BTreeMap<String, Fields>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    filename: String,
    url: String,
    hashes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requires_python: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    yanked: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    core_metadata: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Fields {
    #[serde(default)]
    requires_dist: Vec<String>,
    #[serde(default)]
    requires_python: Option<String>,
    #[serde(default)]
    provides_extra: Vec<String>,
}

impl Project {
    /// Makes the pages of a recorded document.
    pub(super) fn new(document: &[u8], settings: &Settings) -> Result<Self, serde_json::Error> {
        let Document { name, files, metadata } = serde_json::from_slice(document)?;
        let mut project = Self {
            json: Bytes::new(),
            html: Bytes::new(),
            name,
            wheels: HashMap::new(),
            metadata,
            ballast: settings.ballast,
        };
        let mut served = Vec::with_capacity(files.len());
        for mut file in files {
            if let Some(version) = wheel_version(&file.filename) {
                project.wheels.insert(file.filename.clone(), version);
                project.adjust(&mut file, settings);
            }
            served.push(file);
        }
        let page = serde_json::json!({
            "meta": {"api-version": "1.1"},
            "name": project.name,
            "files": served,
        });
        project.json = serde_json::to_vec(&page)?.into();
        project.html = html_page(&project.name, &served).into();
        Ok(project)
    }

    /// States of a wheel what the settings want to be stated.
    fn adjust(&self, file: &mut File, settings: &Settings) {
        let text = || self.metadata_file(&file.filename).unwrap_or_default();
        file.core_metadata = match settings.core_metadata {
            CoreMetadata::Served | CoreMetadata::Missing => Some(true.into()),
            CoreMetadata::Hashed => Some(serde_json::json!({"sha256": sha256(text().as_bytes())})),
            CoreMetadata::WrongHash => Some(serde_json::json!({"sha256": "0".repeat(64)})),
            CoreMetadata::Unadvertised => None,
        };
        if settings.true_hashes
            && let Some(wheel) = self.wheel(&file.filename)
        {
            file.hashes = BTreeMap::from([("sha256".to_owned(), sha256(&wheel))]);
        }
    }

    /// The text of the metadata file of a wheel.
    pub(super) fn metadata_file(&self, filename: &str) -> Option<String> {
        let version = self.wheels.get(filename)?;
        let fields = self.metadata.get(version)?;
        let name = &self.name;
        let mut text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        let python = fields.requires_python.iter().map(|text| ("Requires-Python", text));
        let needs = fields.requires_dist.iter().map(|text| ("Requires-Dist", text));
        let extras = fields.provides_extra.iter().map(|text| ("Provides-Extra", text));
        for (field, value) in python.chain(needs).chain(extras) {
            let _ = writeln!(text, "{field}: {value}");
        }
        text.push_str("\nA description.\n");
        Some(text)
    }

    /// A wheel with the metadata in it, the same bytes each time.
    pub(super) fn wheel(&self, filename: &str) -> Option<Vec<u8>> {
        let metadata = self.metadata_file(filename)?;
        let mut parts = filename.split('-');
        let stem = format!("{}-{}", parts.next()?, parts.next()?);
        let noise = noise(self.ballast);
        let entries = [
            ("ballast.bin".to_owned(), noise.as_slice()),
            (format!("{stem}.dist-info/METADATA"), metadata.as_bytes()),
            (format!("{stem}.dist-info/WHEEL"), b"Wheel-Version: 1.0\n"),
            (format!("{stem}.dist-info/RECORD"), b""),
        ];
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in entries {
            writer.start_file(path, SimpleFileOptions::default()).ok()?;
            writer.write_all(bytes).ok()?;
        }
        Some(writer.finish().ok()?.into_inner())
    }
}

/// The version in a wheel's name, as it is spelt there.
fn wheel_version(filename: &str) -> Option<String> {
    let stem = filename.strip_suffix(".whl")?;
    stem.split('-').nth(1).map(str::to_owned)
}

/// Bytes that do not compress, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn html_page(name: &str, files: &[File]) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html><head><meta name=\"pypi:repository-version\" content=\"1.1\">\
         <title>Links for {name}</title></head><body>\n"
    );
    for file in files {
        // Relative to the page, where the JSON form is relative to the host.
        let _ = write!(page, "<a href=\"../..{}", escape(&file.url));
        if let Some((algorithm, hex)) = file.hashes.iter().next() {
            let _ = write!(page, "#{algorithm}={hex}");
        }
        page.push('"');
        for (attribute, value) in attributes(file) {
            let _ = write!(page, " {attribute}=\"{}\"", escape(&value));
        }
        let _ = writeln!(page, ">{}</a><br/>", escape(&file.filename));
    }
    page.push_str("</body></html>\n");
    page
}

/// The attributes of a file's anchor.
fn attributes(file: &File) -> impl Iterator<Item = (&'static str, String)> {
    let core_metadata = file.core_metadata.as_ref().map(|value| {
        let hash = value.get("sha256").and_then(serde_json::Value::as_str);
        hash.map_or("true".to_owned(), |hash| format!("sha256={hash}"))
    });
    let yanked = file.yanked.as_ref().and_then(|value| match value {
        serde_json::Value::Bool(true) => Some(String::new()),
        value => value.as_str().map(str::to_owned),
    });
    [
        ("data-requires-python", file.requires_python.clone()),
        ("data-upload-time", file.upload_time.clone()),
        ("data-core-metadata", core_metadata),
        ("data-yanked", yanked),
    ]
    .into_iter()
    .filter_map(|(attribute, value)| Some((attribute, value?)))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
