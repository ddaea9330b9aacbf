//! Where the fields of a request come from.

use crate::input::{Stated, source::Anchor};

/// Who said a part of the request.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A text in a file.
    File(Anchor),
    /// A whole file, of which no part is known to be meant.
    Document(String),
    /// A flag of the command line.
    Flag(&'static str),
}

/// The origin of each field, by the paths of the contract's error details.
#[derive(Debug, Default)]
pub struct Origins {
    by_field: Vec<(String, Origin)>,
}

impl Origins {
    /// The origin of a field, or of the nearest field around it that has one.
    ///
    /// The name of a `oneof` may stand in the path or not.
    pub fn find(&self, field: &str) -> Option<&Origin> {
        let mut field = field.replace(".environment.", ".");
        loop {
            if let Some((_, origin)) = self.by_field.iter().find(|(known, _)| *known == field) {
                return Some(origin);
            }
            let end = field.rfind(['.', '['])?;
            field.truncate(end);
        }
    }

    pub(super) fn note(&mut self, field: impl Into<String>, origin: Origin) {
        self.by_field.push((field.into(), origin));
    }

    pub(super) fn stated(&mut self, field: impl Into<String>, stated: &Stated) {
        self.note(field, Origin::File(stated.anchor.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_finds_the_nearest_origin_around_it() {
        let mut origins = Origins::default();
        origins.note("projects[0].pypi.platform", Origin::Flag("--platform"));
        origins.note("projects[0].registries", Origin::Flag("--registry"));
        for (field, flag) in [
            ("projects[0].pypi.platform", Some("--platform")),
            ("projects[0].environment.pypi.platform", Some("--platform")),
            ("projects[0].registries[1]", Some("--registry")),
            ("projects[0].registry_pins[1]", None),
            ("", None),
        ] {
            let found = origins.find(field).map(|origin| match origin {
                Origin::Flag(flag) => *flag,
                Origin::File(_) | Origin::Document(_) => "a file",
            });
            assert_eq!(found, flag, "{field}");
        }
    }
}
