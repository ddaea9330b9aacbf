//! Core metadata documents that the user supplies.
//!
//! The headers are read for the name and the version alone, so that the request can say what the
//! document is for; it travels as it is.

use std::path::Path;
use std::sync::Arc;

use super::{
    InputError, Problem,
    source::{Anchor, Source},
};

/// A document, and what it is for.
#[derive(Clone, Debug)]
pub struct Document {
    /// The header `Name`.
    pub name: String,
    /// The header `Version`.
    pub version: String,
    /// The whole text.
    pub text: String,
    /// Where the document begins.
    pub anchor: Anchor,
}

/// Reads the document at `path`.
pub fn read(path: &Path) -> Result<Document, InputError> {
    let source = Source::read(path)?;
    Ok(Document {
        name: header(&source, "Name")?,
        version: header(&source, "Version")?,
        text: source.text().to_owned(),
        anchor: Anchor::start(&source, 0),
    })
}

/// The value of a header, which stands before the first empty line.
fn header(source: &Arc<Source>, wanted: &'static str) -> Result<String, Problem> {
    let headers = source.lines().map(|(_, line)| line).take_while(|line| !line.is_empty());
    let mut fields = headers.filter_map(|line| line.split_once(':'));
    match fields.find(|(field, _)| field.eq_ignore_ascii_case(wanted)) {
        Some((_, value)) => Ok(value.trim().to_owned()),
        None => Err(Problem::NoHeader { path: source.name().to_owned(), header: wanted }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_what_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("METADATA");
        let text = "Metadata-Version: 2.1\nname: Demo\nVersion: 1.0\n\nVersion: 2.0\n";
        std::fs::write(&path, text).unwrap();
        let document = read(&path).unwrap();
        assert_eq!((&*document.name, &*document.version, &*document.text), ("Demo", "1.0", text));
        std::fs::write(&path, "Metadata-Version: 2.1\nName: Demo\n\nVersion: 2.0\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.ends_with("METADATA` has no header `Version`"), "{error}");
    }
}
