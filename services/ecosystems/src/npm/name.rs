//! Names of packages.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The name of a package in a registry, such as `react` or `@types/node`.
///
/// Names are compared as they are written: old packages have names like `JSONStream`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// A text that is no name of a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a package name: {reason}")]
pub struct NameError {
    /// What was given, or its first 256 characters.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// As much of a wrong text as an error repeats.
const LONGEST_QUOTE: usize = 256;

/// Longer names are those of old packages only, in UTF-16 code units.
const LONGEST_NEW_NAME: usize = 214;

/// What else lies where packages lie.
const TAKEN: [&str; 2] = ["node_modules", "favicon.ico"];

impl Name {
    /// Reads a name that any package may have, old ones included (validate-npm-package-name,
    /// `validForOldPackages`).
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match fault(text) {
            None => Ok(Self(text.into())),
            Some(reason) => {
                Err(NameError { text: text.chars().take(LONGEST_QUOTE).collect(), reason })
            }
        }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope with its `@`, such as `@types`.
    pub fn scope(&self) -> Option<&str> {
        self.0.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'))
    }

    /// The name as a path of one segment in a registry: `@types%2fnode`.
    pub fn escaped(&self) -> String {
        self.0.replacen('/', "%2f", 1)
    }

    /// Whether a package may be published under that name today (validate-npm-package-name,
    /// `validForNewPackages`, but that it does not know the modules of node).
    pub fn is_for_new_packages(&self) -> bool {
        let last = self.0.rsplit('/').next().unwrap_or_default();
        self.0.encode_utf16().count() <= LONGEST_NEW_NAME
            && !self.0.chars().any(char::is_uppercase)
            && !last.contains(['~', '\'', '!', '(', ')', '*'])
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Why a text is no name.
fn fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("there is nothing in it");
    }
    if text.starts_with(['.', '-', '_']) {
        return Some("it begins with `.`, `-` or `_`");
    }
    if super::version::trim(text) != text {
        return Some("white space stands around it");
    }
    if TAKEN.iter().any(|taken| text.eq_ignore_ascii_case(taken)) {
        return Some("something else is called so");
    }
    let is_name = match text.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, package)| {
            !scope.is_empty()
                && !package.is_empty()
                && !package.starts_with('.')
                && is_of_url(scope)
                && is_of_url(package)
        }),
        None => is_of_url(text),
    };
    (!is_name).then_some("letters, digits and `-_.!~*'()`, perhaps behind a `@scope/`")
}

/// Whether a text stands in a URL as it is (ECMAScript, `encodeURIComponent`).
pub(super) fn is_of_url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte))
}
