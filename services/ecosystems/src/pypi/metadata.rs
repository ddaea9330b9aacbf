//! Core metadata: what one release needs (PEP 566 and its successors).

use super::requirement::Requirement;
use super::{Name, Specifiers};
use crate::Warning;

/// More requirements than this are no release's, but somebody's who wants a search to stand still.
pub(super) const MOST_REQUIREMENTS: usize = 10_000;

/// What a release says of its own needs.
///
/// Everything else that core metadata holds (authors, classifiers, the description) is no concern
/// of a resolver and is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `Requires-Dist`, in the order of the document, which is meaning: uv decides in that order.
    pub requirements: Box<[Requirement]>,
    /// `Requires-Python`.
    pub requires_python: Option<Specifiers>,
    /// `Provides-Extra`, normalised, in the order of the document.
    pub extras: Box<[Name]>,
    /// What was read against the standards, or left out.
    pub warnings: Vec<Warning>,
}

/// Why metadata could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The document has no `Metadata-Version`, `Name` or `Version`: it is something else.
    #[error("the document has no `{field}` and is no core metadata")]
    MissingField {
        /// The absent field.
        field: &'static str,
    },
    /// A later major version, which a reader of this one must not guess at (the specification of core
    /// metadata, under `Metadata-Version`).
    #[error(
        "the document is of version `{version}` of core metadata; versions up to 2.x are understood"
    )]
    Version {
        /// The version as written.
        version: String,
    },
    /// More requirements than any release has.
    #[error("the document has more than {MOST_REQUIREMENTS} requirements")]
    TooManyRequirements,
    /// A requirement that no reading makes sense of. Leaving it out would make a wrong answer.
    #[error("`Requires-Dist: {text}` cannot be read: {reason}")]
    Requirement {
        /// The requirement as published.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A `Requires-Python` that no reading makes sense of.
    #[error("`Requires-Python: {text}` cannot be read: {reason}")]
    RequiresPython {
        /// The specifiers as published.
        text: String,
        /// What is wrong with them.
        reason: String,
    },
}

impl Metadata {
    /// Reads a `METADATA` or `PKG-INFO` document: the headers, up to the first empty line.
    pub fn parse(document: &[u8]) -> Result<Self, MetadataError> {
        Self::from_document(&Document::read(document)?)
    }

    /// Reads the `PKG-INFO` of a source distribution, as far as builds are bound by it (PEP 643).
    ///
    /// `None` where only a build would tell: before version 2.2 nothing is promised, and from then
    /// on nothing of a field that is listed as `Dynamic`. One such field among the three that matter
    /// is enough, for a resolver needs them all.
    pub fn parse_static(document: &[u8]) -> Result<Option<Self>, MetadataError> {
        let document = Document::read(document)?;
        let is_dynamic = document.dynamic.iter().any(|field| {
            let fields = ["Requires-Dist", "Requires-Python", "Provides-Extra"];
            fields.iter().any(|matters| field.eq_ignore_ascii_case(matters))
        });
        if is_dynamic || !promises(&document.version) {
            return Ok(None);
        }
        Self::from_document(&document).map(Some)
    }

    fn from_document(document: &Document) -> Result<Self, MetadataError> {
        Self::from_fields(
            document.requires_dist.iter().map(String::as_str),
            document.requires_python.as_deref(),
            document.provides_extra.iter().map(String::as_str),
        )
    }

    /// The name and the version that a document states, as written.
    pub fn identity(document: &[u8]) -> (Option<String>, Option<String>) {
        let text = String::from_utf8_lossy(document);
        let headers = headers(&text);
        let find = |wanted: &str| {
            let header = headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(wanted));
            header.map(|(_, value)| value.clone())
        };
        (find("name"), find("version"))
    }

    /// Reads the three fields that matter, as published: leniently, with warnings.
    pub fn from_fields<'a>(
        requires_dist: impl IntoIterator<Item = &'a str>,
        requires_python: Option<&str>,
        provides_extra: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, MetadataError> {
        let mut warnings = Vec::new();
        let mut requirements = Vec::new();
        for text in requires_dist {
            if requirements.len() == MOST_REQUIREMENTS {
                return Err(MetadataError::TooManyRequirements);
            }
            let (requirement, noted) = Requirement::parse_lenient(text).map_err(|error| {
                MetadataError::Requirement { text: text.to_owned(), reason: error.to_string() }
            })?;
            requirements.push(requirement);
            warnings.extend(noted);
        }
        let requires_python = match requires_python.map(str::trim) {
            None | Some("") => None,
            Some(text) => {
                let (specifiers, noted) = Specifiers::parse_lenient(text).map_err(|error| {
                    MetadataError::RequiresPython {
                        text: text.to_owned(),
                        reason: error.to_string(),
                    }
                })?;
                warnings.extend(noted);
                Some(specifiers)
            }
        };
        let mut extras = Vec::new();
        for text in provides_extra {
            match Name::parse(text.trim()) {
                Ok(name) => extras.push(name),
                Err(error) => warnings.push(Warning::new(format!("left out an extra: {error}"))),
            }
        }
        Ok(Self {
            requirements: requirements.into(),
            requires_python,
            extras: extras.into(),
            warnings,
        })
    }

    /// Whether the release offers `extra`.
    ///
    /// Some builders write the extra's markers without declaring it, so either counts.
    pub fn offers(&self, extra: &Name) -> bool {
        self.extras.contains(extra)
            || self.requirements.iter().any(|requirement| requirement.marker.names_extra(extra))
    }
}

/// The fields of a document that matter, as written.
#[derive(Default)]
struct Document {
    version: String,
    requires_dist: Vec<String>,
    requires_python: Option<String>,
    provides_extra: Vec<String>,
    dynamic: Vec<String>,
}

impl Document {
    fn read(document: &[u8]) -> Result<Self, MetadataError> {
        let text = String::from_utf8_lossy(document);
        let mut read = Self::default();
        let (mut versioned, mut named) = (false, false);
        for (field, value) in headers(&text) {
            match field.to_ascii_lowercase().as_str() {
                "metadata-version" => {
                    versioned = true;
                    read.version = value;
                }
                "name" => named = true,
                "requires-dist" => read.requires_dist.push(value),
                "requires-python" => read.requires_python = Some(value),
                "provides-extra" => read.provides_extra.push(value),
                "dynamic" => read.dynamic.push(value),
                _ => {}
            }
        }
        for (present, field) in [(versioned, "Metadata-Version"), (named, "Name")] {
            if !present {
                return Err(MetadataError::MissingField { field });
            }
        }
        if version_numbers(&read.version).is_some_and(|(major, _)| major > 2) {
            return Err(MetadataError::Version { version: read.version });
        }
        Ok(read)
    }
}

/// Whether a version of the metadata knows of `Dynamic`: 2.2, or a later one.
fn promises(version: &str) -> bool {
    version_numbers(version).is_some_and(|numbers| numbers >= (2, 2))
}

/// Reads a version of core metadata, such as `2.1`; `None` for what is none, of which much is
/// published.
fn version_numbers(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor)), None) => Some((major, minor)),
        _ => None,
    }
}

/// The headers of an RFC 822 document, continuation lines joined.
fn headers(text: &str) -> Vec<(&str, String)> {
    let mut headers: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((field, value)) = line.split_once(':') {
            headers.push((field.trim(), value.trim().to_owned()));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_at_the_first_empty_line_and_may_be_continued() {
        let metadata = Metadata::parse(
            b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.8\n\
              Requires-Dist: web>=1;\n python_version < '4'\nProvides-Extra: Some_Extra\n\n\
              Requires-Dist: not-this\n",
        )
        .expect("the document is core metadata");
        assert_eq!(metadata.requirements.len(), 1);
        assert_eq!(metadata.requirements[0].name.as_str(), "web");
        assert_eq!(metadata.extras[0].as_str(), "some-extra");
    }

    #[test]
    fn a_source_distribution_is_believed_in_what_it_calls_fixed() {
        let told = |headers: &str| {
            let text = format!("{headers}\nName: demo\nVersion: 1.0\nRequires-Dist: web\n\n");
            Metadata::parse_static(text.as_bytes()).expect("core metadata").is_some()
        };
        assert!(told("Metadata-Version: 2.2"));
        assert!(told("Metadata-Version: 2.10\nDynamic: Summary\nDynamic: License-File"));
        assert!(!told("Metadata-Version: 2.1"));
        assert!(!told("Metadata-Version: 1.2"));
        assert!(!told("Metadata-Version: 2.2.0"), "no version of the standard");
        assert!(!told("Metadata-Version: 2.2\nDynamic: requires-dist"));
        assert!(!told("Metadata-Version: 2.4\nDynamic: Classifier\nDynamic: Provides-Extra"));
        assert!(Metadata::parse_static(b"<html>").is_err());
    }

    #[test]
    fn requirements_without_end_are_refused() {
        let read = |length| {
            Metadata::from_fields(std::iter::repeat_n("web", length), None, []).map(|_| ())
        };
        assert_eq!(read(MOST_REQUIREMENTS), Ok(()));
        assert_eq!(read(MOST_REQUIREMENTS + 1), Err(MetadataError::TooManyRequirements));
    }

    #[test]
    fn a_later_major_version_is_refused_and_a_later_minor_one_is_not() {
        let read = |version: &str| {
            Metadata::parse(format!("Metadata-Version: {version}\nName: demo\n").as_bytes())
        };
        for version in ["1.0", "2.1", "2.9", "unknown"] {
            assert!(read(version).is_ok(), "{version}");
        }
        assert_eq!(read("3.0"), Err(MetadataError::Version { version: "3.0".to_owned() }));
    }

    #[test]
    fn a_page_of_something_else_is_no_metadata() {
        let error = Metadata::parse(b"<html>not found</html>").expect_err("no headers");
        assert_eq!(error, MetadataError::MissingField { field: "Metadata-Version" });
    }
}
