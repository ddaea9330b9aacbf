//! Core metadata: what one release needs (PEP 566 and its successors).

use super::requirement::Requirement;
use super::{Name, Specifiers};
use crate::Warning;

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
        let text = String::from_utf8_lossy(document);
        let mut requirements = Vec::new();
        let mut requires_python = None;
        let mut extras = Vec::new();
        let (mut versioned, mut named) = (false, false);
        for (field, value) in headers(&text) {
            match field.to_ascii_lowercase().as_str() {
                "metadata-version" => versioned = true,
                "name" => named = true,
                "requires-dist" => requirements.push(value),
                "requires-python" => requires_python = Some(value),
                "provides-extra" => extras.push(value),
                _ => {}
            }
        }
        for (present, field) in [(versioned, "Metadata-Version"), (named, "Name")] {
            if !present {
                return Err(MetadataError::MissingField { field });
            }
        }
        Self::from_fields(
            requirements.iter().map(String::as_str),
            requires_python.as_deref(),
            extras.iter().map(String::as_str),
        )
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
    fn a_page_of_something_else_is_no_metadata() {
        let error = Metadata::parse(b"<html>not found</html>").expect_err("no headers");
        assert_eq!(error, MetadataError::MissingField { field: "Metadata-Version" });
    }
}
