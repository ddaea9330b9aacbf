//! Requirements (PEP 508): a name, extras, what versions, and when.

use std::fmt;

use super::scanner::Scanner;
use super::{Marker, Name, Specifiers};
use crate::Warning;

/// One requirement, such as `httpx[http2]>=0.27; python_version >= "3.9"`.
#[derive(Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The project.
    pub name: Name,
    /// The extras asked for, in the order written, each once.
    pub extras: Box<[Name]>,
    /// From where, and which versions.
    pub source: RequirementSource,
    /// When the requirement counts.
    pub marker: Marker,
}

/// From where a requirement is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequirementSource {
    /// From a registry, in these versions.
    Registry(Specifiers),
    /// From one place (`name @ url`), which no registry answers for.
    Url(Box<str>),
}

/// Why a requirement could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at column {column}")]
pub struct RequirementError {
    /// The column of the first character that does not fit, counted in characters from 1.
    pub column: usize,
    /// What is wrong there, the thing in backticks.
    pub reason: String,
}

impl RequirementError {
    pub(super) fn new(column: usize, reason: String) -> Self {
        Self { column, reason }
    }
}

impl Requirement {
    /// Reads a requirement as the standard has it: what users write.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        read(text, &mut |scanner| {
            let offset = scanner.column() - 1;
            Specifiers::scan(scanner).map_err(|error| {
                // The scanner is the requirement's own, so the columns are too.
                debug_assert!(error.column > offset || offset == 0, "columns count from the start");
                RequirementError::new(error.column, error.reason)
            })
        })
    }

    /// Reads a requirement as published, with a warning for each thing that the standard does not
    /// allow.
    pub fn parse_lenient(text: &str) -> Result<(Self, Vec<Warning>), RequirementError> {
        let strict = match Self::parse(text.trim()) {
            Ok(requirement) => return Ok((requirement, Vec::new())),
            Err(error) => error,
        };
        let mut warnings = Vec::new();
        let requirement = read(text.trim(), &mut |scanner| {
            let written = scanner.take_while(|next| !matches!(next, ';' | ')'));
            let (specifiers, noted) = Specifiers::parse_lenient(written.trim())
                .map_err(|error| RequirementError::new(error.column, error.reason))?;
            warnings.extend(noted);
            Ok(specifiers)
        });
        requirement.map(|requirement| (requirement, warnings)).map_err(|_| strict)
    }

    /// The same requirement with its extras and specifiers in one order: neither order says anything.
    pub fn in_one_order(mut self) -> Self {
        self.extras.sort_unstable();
        if let RequirementSource::Registry(specifiers) = &mut self.source {
            *specifiers = std::mem::take(specifiers).in_one_order();
        }
        self
    }

    /// The specifiers; none for a requirement by URL.
    pub fn specifiers(&self) -> Option<&Specifiers> {
        match &self.source {
            RequirementSource::Registry(specifiers) => Some(specifiers),
            RequirementSource::Url(_) => None,
        }
    }
}

type ScanSpecifiers<'a> =
    &'a mut dyn FnMut(&mut Scanner<'_>) -> Result<Specifiers, RequirementError>;

fn read(text: &str, specifiers: ScanSpecifiers<'_>) -> Result<Requirement, RequirementError> {
    let mut scanner = Scanner::new(text);
    let name = name(scanner.skip_spaces())?;
    let extras = extras(&mut scanner)?;
    scanner.skip_spaces();
    let mut url_ended = true;
    let source = if scanner.eat("@") {
        let url = url(&mut scanner)?;
        url_ended = scanner.peek().is_none_or(|next| next == ' ' || next == '\t');
        RequirementSource::Url(url)
    } else if scanner.eat("(") {
        let specifiers = specifiers(&mut scanner)?;
        if !scanner.skip_spaces().eat(")") {
            return Err(unexpected(&scanner, "expected `)`"));
        }
        RequirementSource::Registry(specifiers)
    } else {
        RequirementSource::Registry(specifiers(&mut scanner)?)
    };
    let marker = if url_ended && scanner.skip_spaces().eat(";") {
        Marker::scan(&mut scanner)?
    } else {
        Marker::default()
    };
    if !scanner.is_at_end() {
        return Err(unexpected(&scanner, "expected a specifier such as `>=1.0`, `;` or the end"));
    }
    Ok(Requirement { name, extras, source, marker })
}

fn name(scanner: &mut Scanner<'_>) -> Result<Name, RequirementError> {
    let column = scanner.column();
    let text =
        scanner.take_while(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | '-' | '_'));
    if text.is_empty() {
        return Err(unexpected(scanner, "expected a package name"));
    }
    Name::parse(text).map_err(|error| RequirementError::new(column, error.to_string()))
}

fn extras(scanner: &mut Scanner<'_>) -> Result<Box<[Name]>, RequirementError> {
    let mut extras = Vec::new();
    if !scanner.skip_spaces().eat("[") {
        return Ok(extras.into());
    }
    if scanner.skip_spaces().eat("]") {
        return Ok(extras.into());
    }
    loop {
        let extra = name(scanner.skip_spaces())?;
        if !extras.contains(&extra) {
            extras.push(extra);
        }
        if scanner.skip_spaces().eat("]") {
            return Ok(extras.into());
        }
        if !scanner.eat(",") {
            return Err(unexpected(scanner, "expected `,` or `]` behind an extra"));
        }
    }
}

fn url(scanner: &mut Scanner<'_>) -> Result<Box<str>, RequirementError> {
    let url = scanner.skip_spaces().take_while(|next| !next.is_whitespace());
    if url.is_empty() {
        return Err(unexpected(scanner, "expected a URL behind `@`"));
    }
    Ok(url.into())
}

fn unexpected(scanner: &Scanner<'_>, wanted: &str) -> RequirementError {
    let found = match scanner.peek() {
        Some(next) => format!("found `{}`", next.escape_default()),
        None => "found the end".to_owned(),
    };
    RequirementError::new(scanner.column(), format!("{wanted}, {found}"))
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for (place, extra) in self.extras.iter().enumerate() {
            write!(f, "{}{extra}", if place == 0 { "[" } else { "," })?;
        }
        if !self.extras.is_empty() {
            f.write_str("]")?;
        }
        match &self.source {
            RequirementSource::Registry(specifiers) => write!(f, "{specifiers}")?,
            RequirementSource::Url(url) => write!(f, " @ {url}")?,
        }
        if self.marker.is_always() {
            return Ok(());
        }
        // A URL may hold a `;`, so it ends at a space.
        let joint = if self.specifiers().is_some() { "; " } else { " ; " };
        write!(f, "{joint}{}", self.marker)
    }
}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_written_in_one_way_whatever_its_spelling() {
        for (text, written) in [
            ("Flask", "flask"),
            ("flask >= 3.1 , <4", "flask>=3.1,<4"),
            (
                "httpx [ HTTP2 , brotli ] (>=0.27) ; python_version<'4'",
                "httpx[http2,brotli]>=0.27; python_version < \"4\"",
            ),
            (
                "demo @ https://host.example/demo.zip ; os_name=='nt'",
                "demo @ https://host.example/demo.zip ; os_name == \"nt\"",
            ),
        ] {
            let requirement = Requirement::parse(text).expect(text);
            assert_eq!(requirement.to_string(), written);
        }
    }

    #[test]
    fn a_requirement_has_one_order_whatever_that_of_its_parts() {
        for (text, written) in [
            ("flask<4,>=3.1", "flask>=3.1,<4"),
            ("flask>=3.1,<4", "flask>=3.1,<4"),
            ("flask >= 3, >=3 , <= 3", "flask<=3,>=3,>=3"),
            // What differs in zeros is written as it was.
            ("flask!=3.0,!=3,!=3.0.0", "flask!=3,!=3.0,!=3.0.0"),
            ("flask!=3.*,==3.1,===x", "flask===x,!=3.*,==3.1"),
            ("httpx[http2,brotli]", "httpx[brotli,http2]"),
            ("demo[b,a] @ https://host.example/", "demo[a,b] @ https://host.example/"),
        ] {
            let requirement = Requirement::parse(text).expect(text).in_one_order();
            assert_eq!(requirement.to_string(), written, "{text}");
        }
    }

    #[test]
    fn errors_name_the_column_in_characters() {
        for (text, column) in [
            ("flask ?", 7),
            ("flask>=3.1,2", 12),
            ("flask; python_versio > '3'", 8),
            ("flask; python_version > 3", 25),
            ("flask[", 7),
            ("flask\n", 6),
            ("", 1),
            ("flask~=1", 6),
        ] {
            let error = Requirement::parse(text).expect_err(text);
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }
}
