//! Core metadata documents that the user supplies.
//!
//! The headers are read for the name and the version alone, so that the request can say what the
//! document is for; it travels as it is.

use std::path::Path;
use std::sync::Arc;

use super::{
    InputError, Problem, Stated,
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
    /// The file, as messages show it.
    pub path: String,
    /// Where the name stands.
    pub name_anchor: Anchor,
    /// Where the version stands.
    pub version_anchor: Anchor,
}

/// Reads the document at `path`.
pub fn read(path: &Path) -> Result<Document, InputError> {
    let source = Source::read(path)?;
    let name = header(&source, "Name")?;
    let version = header(&source, "Version")?;
    Ok(Document {
        name: name.text,
        version: version.text,
        text: source.text().to_owned(),
        path: source.name().to_owned(),
        name_anchor: name.anchor,
        version_anchor: version.anchor,
    })
}

/// The value of a header, which stands before the first empty line.
fn header(source: &Arc<Source>, wanted: &'static str) -> Result<Stated, Problem> {
    let headers = source.lines().take_while(|(_, line)| !line.is_empty());
    let mut fields = headers.filter_map(|(start, line)| {
        let (field, value) = line.split_once(':')?;
        let leading = value.len() - value.trim_start().len();
        Some((field, start + field.len() + 1 + leading, value.trim()))
    });
    match fields.find(|(field, ..)| field.eq_ignore_ascii_case(wanted)) {
        Some((_, start, value)) => {
            Ok(Stated { text: value.to_owned(), anchor: Anchor::verbatim(source, start, value) })
        }
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
        let version = document.version_anchor.place().to_string();
        assert!(version.ends_with("METADATA:3:10"), "{version}");
        std::fs::write(&path, "Metadata-Version: 2.1\nName: Demo\n\nVersion: 2.0\n").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.ends_with("METADATA` has no header `Version`"), "{error}");
    }
}
