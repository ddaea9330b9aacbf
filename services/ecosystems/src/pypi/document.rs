//! Pages of the simple repository API, as JSON (PEP 691) and as HTML (PEP 503).
//!
//! Both forms are read into the same [`RawFile`]s, which [`Listing::from_files`] understands.
//! URLs are handed on as written; whoever fetched the page knows what they are relative to.
//!
//! [`Listing::from_files`]: super::Listing::from_files

use std::collections::BTreeMap;

use html5gum::{StartTag, Token, Tokenizer};
use serde::Deserialize;

use super::{CoreMetadata, ProjectStatus, Yanked};

/// One file of a page, before its name or its texts are understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RawFile {
    /// The file's name.
    pub filename: String,
    /// Where it lies: absolute, or relative to the page.
    pub url: String,
    /// Hashes in hexadecimal by algorithm, such as `sha256`.
    #[serde(default)]
    pub hashes: BTreeMap<String, String>,
    /// PEP 503's `data-requires-python`.
    #[serde(default)]
    pub requires_python: Option<String>,
    /// PEP 700: size in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// PEP 700: RFC 3339.
    #[serde(default)]
    pub upload_time: Option<String>,
    /// PEP 592: `true`, `false` or a reason.
    #[serde(default, deserialize_with = "yanked")]
    pub yanked: Yanked,
    /// PEP 714, or PEP 658's older `dist-info-metadata`: `true`, `false` or hashes.
    #[serde(
        default,
        alias = "dist-info-metadata",
        alias = "data-dist-info-metadata",
        deserialize_with = "core_metadata"
    )]
    pub core_metadata: CoreMetadata,
}

/// Why a page could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The text is not JSON, or not of the shape that PEP 691 gives.
    #[error("the page is not JSON of the simple API: {0}")]
    Json(#[from] serde_json::Error),
    /// PEP 629: the page speaks a major version that is not understood.
    #[error("the page speaks version `{0}` of the simple API; versions 1.x are understood")]
    ApiVersion(String),
}

/// Reads a page of `application/vnd.pypi.simple.v1+json`.
pub fn read_json_page(body: &[u8]) -> Result<(Vec<RawFile>, ProjectStatus), DocumentError> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(default)]
        meta: Meta,
        #[serde(default, alias = "project-status")]
        project_status: Status,
        files: Vec<LenientFile>,
    }
    #[derive(Default, Deserialize)]
    struct Meta {
        #[serde(default, alias = "api-version")]
        api_version: Option<String>,
        #[serde(default, alias = "project-status")]
        project_status: Option<String>,
    }
    #[derive(Default, Deserialize)]
    struct Status {
        #[serde(default)]
        status: Option<String>,
    }
    let page: Page = serde_json::from_slice(body)?;
    check_api_version(page.meta.api_version.as_deref())?;
    let status = page.project_status.status.or(page.meta.project_status);
    let files = page.files.into_iter().map(LenientFile::into_raw).collect();
    Ok((files, project_status(status.as_deref())))
}

/// A file of a JSON page. A page may carry both names of the metadata field at once, which one
/// aliased field would refuse.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct LenientFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    #[serde(default)]
    requires_python: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    upload_time: Option<String>,
    #[serde(default, deserialize_with = "yanked")]
    yanked: Yanked,
    #[serde(default, deserialize_with = "optional_core_metadata")]
    core_metadata: Option<CoreMetadata>,
    #[serde(default, deserialize_with = "optional_core_metadata")]
    dist_info_metadata: Option<CoreMetadata>,
    #[serde(default, deserialize_with = "optional_core_metadata")]
    data_dist_info_metadata: Option<CoreMetadata>,
}

impl LenientFile {
    fn into_raw(self) -> RawFile {
        let core_metadata = self
            .core_metadata
            .or(self.dist_info_metadata)
            .or(self.data_dist_info_metadata)
            .unwrap_or_default();
        RawFile {
            filename: self.filename,
            url: self.url,
            hashes: self.hashes,
            requires_python: self.requires_python,
            size: self.size,
            upload_time: self.upload_time,
            yanked: self.yanked,
            core_metadata,
        }
    }
}

/// Reads a page of `text/html`.
///
/// Anything that is no anchor is passed over, and a page without anchors has no files: that is
/// what PEP 503 leaves room for.
pub fn read_html_page(body: &[u8]) -> Result<(Vec<RawFile>, ProjectStatus), DocumentError> {
    let mut files = Vec::new();
    let mut status = None;
    let mut anchor: Option<RawFile> = None;
    for token in Tokenizer::new(body) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) if *tag.name == b"meta" => {
                let content = attribute(&tag, b"content");
                match attribute(&tag, b"name").as_deref() {
                    Some("pypi:repository-version") => check_api_version(content.as_deref())?,
                    Some("pypi:project-status") => status = content,
                    Some(_) | None => {}
                }
            }
            Token::StartTag(tag) if *tag.name == b"a" => {
                files.extend(anchor.take().filter(has_name));
                anchor = read_anchor(&tag);
            }
            Token::String(text) => {
                if let Some(file) = &mut anchor {
                    file.filename.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Token::EndTag(tag) if *tag.name == b"a" => {
                files.extend(anchor.take().filter(has_name));
            }
            Token::StartTag(_)
            | Token::EndTag(_)
            | Token::Comment(_)
            | Token::Doctype(_)
            | Token::Error(_) => {}
        }
    }
    // The page may end before its last anchor does.
    files.extend(anchor.take().filter(has_name));
    for file in &mut files {
        file.filename = file.filename.trim().to_owned();
    }
    Ok((files, project_status(status.as_deref())))
}

fn has_name(file: &RawFile) -> bool {
    !file.filename.trim().is_empty()
}

fn read_anchor(tag: &StartTag<()>) -> Option<RawFile> {
    let href = attribute(tag, b"href")?;
    let (url, fragment) = match href.split_once('#') {
        Some((url, fragment)) => (url.to_owned(), Some(fragment.to_owned())),
        None => (href, None),
    };
    let hashes = fragment
        .as_deref()
        .and_then(|fragment| fragment.split_once('='))
        .filter(|(algorithm, _)| !matches!(*algorithm, "egg" | "subdirectory"))
        .map(|(algorithm, hex)| (algorithm.to_owned(), hex.to_owned()))
        .into_iter()
        .collect();
    let yanked = match attribute(tag, b"data-yanked") {
        Some(reason) => Yanked::Yes(reason.into()),
        None => Yanked::No,
    };
    let core_metadata = attribute(tag, b"data-core-metadata")
        .or_else(|| attribute(tag, b"data-dist-info-metadata"))
        .map_or(CoreMetadata::Absent, |value| match value.split_once('=') {
            Some((algorithm, hex)) => {
                CoreMetadata::Present(Some(format!("{algorithm}:{hex}").into()))
            }
            None if value == "false" => CoreMetadata::Absent,
            None => CoreMetadata::Present(None),
        });
    Some(RawFile {
        filename: String::new(),
        url,
        hashes,
        requires_python: attribute(tag, b"data-requires-python"),
        size: None,
        upload_time: attribute(tag, b"data-upload-time"),
        yanked,
        core_metadata,
    })
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    let value = tag.attributes.get(name)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn check_api_version(version: Option<&str>) -> Result<(), DocumentError> {
    match version {
        Some(version) if version.split('.').next() != Some("1") => {
            Err(DocumentError::ApiVersion(version.to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

fn project_status(text: Option<&str>) -> ProjectStatus {
    match text {
        Some("archived") => ProjectStatus::Archived,
        Some("quarantined") => ProjectStatus::Quarantined,
        Some("deprecated") => ProjectStatus::Deprecated,
        Some(_) | None => ProjectStatus::Active,
    }
}

fn yanked<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Yanked, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Flag(bool),
        Reason(String),
    }
    Ok(match Option::<Form>::deserialize(deserializer)? {
        None | Some(Form::Flag(false)) => Yanked::No,
        Some(Form::Flag(true)) => Yanked::Yes("".into()),
        Some(Form::Reason(reason)) => Yanked::Yes(reason.into()),
    })
}

fn core_metadata<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<CoreMetadata, D::Error> {
    Ok(optional_core_metadata(deserializer)?.unwrap_or_default())
}

fn optional_core_metadata<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CoreMetadata>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Flag(bool),
        Hashes(BTreeMap<String, String>),
    }
    Ok(Option::<Form>::deserialize(deserializer)?.map(|form| match form {
        Form::Flag(false) => CoreMetadata::Absent,
        Form::Flag(true) => CoreMetadata::Present(None),
        Form::Hashes(hashes) => {
            let strongest = hashes.get_key_value("sha256").or_else(|| hashes.iter().next_back());
            CoreMetadata::Present(strongest.map(|(name, hex)| format!("{name}:{hex}").into()))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_page_is_read_with_all_that_the_standards_say_of_a_file() {
        let (files, status) = read_json_page(
            br#"{"meta": {"api-version": "1.4"}, "name": "demo",
                "project-status": {"status": "archived"},
                "files": [{
                "filename": "demo-1.0-py3-none-any.whl", "url": "../demo-1.0-py3-none-any.whl",
                "hashes": {"sha256": "ab"}, "requires-python": ">=3.8", "size": 12,
                "upload-time": "2024-01-02T03:04:05.678900Z", "yanked": "broken",
                "core-metadata": {"sha256": "cd"}, "data-dist-info-metadata": true}]}"#,
        )
        .expect("the page is of the standard's shape");
        assert_eq!(status, ProjectStatus::Archived);
        assert_eq!(files[0].yanked, Yanked::Yes("broken".into()));
        assert_eq!(files[0].core_metadata, CoreMetadata::Present(Some("sha256:cd".into())));
        assert_eq!(files[0].size, Some(12));
    }

    #[test]
    fn an_html_page_says_the_same_in_attributes() {
        let (files, status) = read_html_page(
            br#"<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1">
            <META NAME='pypi:project-status' CONTENT=quarantined></head><body>
            <a href='/files/demo-1.0-py3-none-any.whl#sha256=ab' data-requires-python="&gt;=3.8"
               data-yanked data-core-metadata="sha256=cd">demo-1.0-py3-none-any.whl</a><br/>
            <A HREF=demo-1.0.tar.gz> demo-1.0.tar.gz </A></body></html>"#,
        )
        .expect("the page speaks version 1");
        assert_eq!(status, ProjectStatus::Quarantined);
        assert_eq!(files.len(), 2);
        assert_eq!(files[0].url, "/files/demo-1.0-py3-none-any.whl");
        assert_eq!(files[0].requires_python.as_deref(), Some(">=3.8"));
        assert_eq!(files[0].hashes["sha256"], "ab");
        assert_eq!(files[0].yanked, Yanked::Yes("".into()));
        assert_eq!(files[0].core_metadata, CoreMetadata::Present(Some("sha256:cd".into())));
        assert_eq!(files[1].filename, "demo-1.0.tar.gz");
    }

    #[test]
    fn another_major_version_is_refused_in_both_forms() {
        let json = br#"{"meta": {"api-version": "2.0"}, "files": []}"#;
        let html = br#"<meta name="pypi:repository-version" content="2.0">"#;
        assert!(matches!(read_json_page(json), Err(DocumentError::ApiVersion(_))));
        assert!(matches!(read_html_page(html), Err(DocumentError::ApiVersion(_))));
    }
}
