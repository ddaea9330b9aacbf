//! The documents of one project, made from its recorded facts.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use aws_lc_rs::digest;
use bytes::Bytes;
use ecosystems::pypi::{DistributionFilename, Name};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::html::{html_page, odd_page};
use super::{CoreMetadata, Form, Settings};

/// A project's pages, and what its other documents are made of.
pub(super) struct Project {
    pub(super) json: Bytes,
    pub(super) html: Bytes,
    name: String,
    /// The versions of wheels and source distributions, as their names spell them.
    versions: HashMap<String, String>,
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

/// A file as pages state it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct File {
    pub(super) filename: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) hashes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) requires_python: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) upload_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) yanked: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) core_metadata: Option<serde_json::Value>,
}

/// What a version, or one file of it, says of its needs. Without it a source distribution says
/// nothing that binds a build.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Fields {
    /// The fields that source distributions list as `Dynamic`.
    #[serde(default)]
    dynamic: Vec<String>,
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
            versions: HashMap::new(),
            metadata,
            ballast: settings.ballast,
        };
        let mut served = Vec::with_capacity(files.len());
        for mut file in files {
            if let Some(version) = wheel_version(&file.filename) {
                project.versions.insert(file.filename.clone(), version);
                project.adjust(&mut file, settings);
            } else if let Some(version) = sdist_version(&project.name, &file.filename) {
                project.versions.insert(file.filename.clone(), version);
                let sdist = project.sdist(&file.filename).unwrap_or_default();
                file.hashes = BTreeMap::from([("sha256".to_owned(), sha256(&sdist))]);
            }
            if settings.strays {
                served.push(stray(&file));
            }
            served.push(file);
        }
        let page = serde_json::json!({
            "meta": {"api-version": "1.1"},
            "name": project.name,
            "files": served,
        });
        project.json = serde_json::to_vec(&page)?.into();
        let write = if settings.form == Form::OddHtml { odd_page } else { html_page };
        project.html = write(&project.name, &served).into();
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

    /// The text of the metadata file of a wheel or source distribution.
    pub(super) fn metadata_file(&self, filename: &str) -> Option<String> {
        let version = self.versions.get(filename)?;
        let fields = self.metadata.get(filename).or_else(|| self.metadata.get(version))?;
        let name = &self.name;
        let is_sdist = !filename.ends_with(".whl");
        let format = if is_sdist { "2.2" } else { "2.1" };
        let mut text = format!("Metadata-Version: {format}\nName: {name}\nVersion: {version}\n");
        for field in fields.dynamic.iter().filter(|_| is_sdist) {
            let _ = writeln!(text, "Dynamic: {field}");
        }
        let python = fields.requires_python.iter().map(|text| ("Requires-Python", text));
        let needs = fields.requires_dist.iter().map(|text| ("Requires-Dist", text));
        let extras = fields.provides_extra.iter().map(|text| ("Provides-Extra", text));
        for (field, value) in python.chain(needs).chain(extras) {
            let _ = writeln!(text, "{field}: {value}");
        }
        text.push_str("\nA description.\n");
        Some(text)
    }

    /// A source distribution with the metadata in it, the same bytes each time.
    pub(super) fn sdist(&self, filename: &str) -> Option<Vec<u8>> {
        let version = self.versions.get(filename)?;
        let untold = || format!("Metadata-Version: 2.1\nName: {}\nVersion: {version}\n", self.name);
        let metadata = self.metadata_file(filename).unwrap_or_else(untold);
        let folder = format!("{}-{version}", self.name);
        let entries = [
            (format!("{folder}/setup.py"), &b"raise SystemExit('nobody runs this')\n"[..]),
            (format!("{folder}/ballast.bin"), &noise(self.ballast)),
            (format!("{folder}/PKG-INFO"), metadata.as_bytes()),
        ];
        if filename.ends_with(".zip") {
            return zip(&entries);
        }
        let gz = GzEncoder::new(Vec::new(), Compression::fast());
        let mut builder = tar::Builder::new(gz);
        for (path, bytes) in entries {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, bytes).ok()?;
        }
        builder.into_inner().ok()?.finish().ok()
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
        zip(&entries)
    }
}

fn zip(entries: &[(String, &[u8])]) -> Option<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in entries {
        writer.start_file(path, SimpleFileOptions::default()).ok()?;
        writer.write_all(bytes).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}

/// The same file under a version that nobody can read.
fn stray(file: &File) -> File {
    let (name, rest) = file.filename.split_once('-').unwrap_or((&file.filename, ""));
    File { filename: format!("{name}-not.a.version.{rest}"), ..file.clone() }
}

/// The version in a wheel's name, as it is spelt there.
fn wheel_version(filename: &str) -> Option<String> {
    let stem = filename.strip_suffix(".whl")?;
    stem.split('-').nth(1).map(str::to_owned)
}

/// The version in a source distribution's name.
fn sdist_version(project: &str, filename: &str) -> Option<String> {
    let name = Name::parse(project).ok()?;
    match DistributionFilename::parse(filename, &name) {
        Ok(DistributionFilename::Sdist { version }) => Some(version.to_string()),
        Ok(DistributionFilename::Wheel(_)) | Err(_) => None,
    }
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
