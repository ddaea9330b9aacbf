//! Collects what is wrong with a request, each fault with the path of its field.

use std::fmt;

use crate::errors::{Reason, Refusal, Violation};

/// The most entries of a list, as the contract has it.
const MAX_ENTRIES: usize = 10_000;
/// The longest text, in bytes, as the contract has it.
const MAX_TEXT: usize = 8192;
/// Faults beyond these are not told: the caller has enough to mend.
const MAX_FAULTS: usize = 100;

/// The path of a field from the root of the request, written only if something is wrong with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path<'a> {
    parent: Option<&'a Self>,
    name: &'static str,
    index: Option<usize>,
}

impl Path<'_> {
    /// The request itself.
    pub(super) const ROOT: Path<'static> = Path { parent: None, name: "", index: None };

    /// A field of the message at this path.
    pub(super) fn field(&self, name: &'static str) -> Path<'_> {
        Path { parent: Some(self), name, index: None }
    }

    /// An entry of a list of the message at this path.
    pub(super) fn entry(&self, name: &'static str, index: usize) -> Path<'_> {
        Path { parent: Some(self), name, index: Some(index) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return Ok(()) };
        parent.fmt(f)?;
        if parent.parent.is_some() {
            f.write_str(".")?;
        }
        f.write_str(self.name)?;
        match self.index {
            Some(index) => write!(f, "[{index}]"),
            None => Ok(()),
        }
    }
}

/// The faults of one request, in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    violations: Vec<Violation>,
}

impl Faults {
    /// Notes a fault of the field at `path`.
    pub(super) fn add(&mut self, reason: Reason, path: Path<'_>, description: impl Into<String>) {
        self.add_at(reason, path, None, description);
    }

    /// Notes a fault within the text at `path`; columns are counted from 1.
    pub(super) fn add_at(
        &mut self,
        reason: Reason,
        path: Path<'_>,
        column: Option<usize>,
        description: impl Into<String>,
    ) {
        if self.violations.len() < MAX_FAULTS {
            let (field, description) = (path.to_string(), description.into());
            self.violations.push(Violation { reason, field, column, description });
        }
    }

    /// Refuses a field that this version cannot honour, where it asks for something.
    pub(super) fn unsupported_if(&mut self, asked: bool, path: Path<'_>, what: &str) {
        if asked {
            self.add(Reason::Unsupported, path, format!("{what}: not supported by this version"));
        }
    }

    /// Holds a list against the contract's limit. False means that it is not worth reading.
    pub(super) fn list<T>(&mut self, path: Path<'_>, list: &[T]) -> bool {
        let fits = list.len() <= MAX_ENTRIES;
        if !fits {
            let description = format!("has {} entries; {MAX_ENTRIES} is the most", list.len());
            self.add(Reason::LimitExceeded, path, description);
        }
        fits
    }

    /// Holds a text against the contract's limit.
    pub(super) fn text(&mut self, path: Path<'_>, text: &str) {
        if text.len() > MAX_TEXT {
            let description = format!("has {} bytes; {MAX_TEXT} is the most", text.len());
            self.add(Reason::LimitExceeded, path, description);
        }
    }

    /// Holds a list of texts, the field of a message, against the contract's limits.
    pub(super) fn texts(&mut self, field: &'static str, texts: &[String], path: Path<'_>) {
        if self.list(path.field(field), texts) {
            for (index, text) in texts.iter().enumerate() {
                self.text(path.entry(field, index), text);
            }
        }
    }

    /// The same for a text that must not be empty.
    pub(super) fn required(&mut self, path: Path<'_>, text: &str) {
        if text.is_empty() {
            self.add(Reason::Missing, path, "is required");
        }
        self.text(path, text);
    }

    /// The refusal, if there is any fault.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.violations.is_empty() { Ok(()) } else { Err(self.into_refusal()) }
    }

    /// The refusal for the faults found.
    pub(super) fn into_refusal(self) -> Refusal {
        Refusal { violations: self.violations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_the_contract_writes_them() {
        let project = Path::ROOT.entry("projects", 0);
        let requirement = project.entry("requirements", 3);
        assert_eq!(requirement.field("text").to_string(), "projects[0].requirements[3].text");
        assert_eq!(Path::ROOT.field("held").to_string(), "held");
    }
}
