//! Which compilers a version is for.

use std::fmt;

/// The oldest compiler that a package promises to work with, such as `1.65` (reference, "Rust
/// version").
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(into = "Numbers", try_from = "Numbers")]
pub struct RustVersion {
    major: u64,
    minor: Option<u64>,
    patch: Option<u64>,
}

/// The numbers of one, a third only behind a second.
type Numbers = (u64, Option<u64>, Option<u64>);

/// A text that is no version of a compiler.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a rust-version: one to three numbers, such as 1.65")]
pub struct RustVersionError {
    /// What was given.
    pub text: String,
}

impl From<RustVersion> for Numbers {
    fn from(version: RustVersion) -> Self {
        (version.major, version.minor, version.patch)
    }
}

impl TryFrom<Numbers> for RustVersion {
    type Error = RustVersionError;

    fn try_from((major, minor, patch): Numbers) -> Result<Self, RustVersionError> {
        if patch.is_some() && minor.is_none() {
            return Err(RustVersionError { text: format!("{major}..{}", patch.unwrap_or(0)) });
        }
        Ok(Self { major, minor, patch })
    }
}

impl RustVersion {
    /// Reads what a package states: one to three numbers, and blanks around them.
    pub fn parse(text: &str) -> Result<Self, RustVersionError> {
        let error = || RustVersionError { text: text.to_owned() };
        let numbers: Vec<&str> = text.trim_ascii().split('.').collect();
        let number = |text: &&str| {
            let has_zeros = text.len() > 1 && text.starts_with('0');
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = if is_plain && !has_zeros { text.parse::<u64>().ok() } else { None };
            number.ok_or_else(error)
        };
        if numbers.len() > 3 {
            return Err(error());
        }
        let major = numbers.first().map(number).transpose()?.ok_or_else(error)?;
        let minor = numbers.get(1).map(number).transpose()?;
        let patch = numbers.get(2).map(number).transpose()?;
        Ok(Self { major, minor, patch })
    }

    /// Reads the version of a compiler. A pre-release and build metadata, as in `1.95.0-nightly`, are
    /// dropped: cargo compares without them.
    pub fn of_compiler(text: &str) -> Result<Self, RustVersionError> {
        let error = || RustVersionError { text: text.to_owned() };
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let read = Self::parse(&text[..end]).map_err(|_| error())?;
        if end < text.len() && read.patch.is_none() { Err(error()) } else { Ok(read) }
    }

    /// Whether what needs at least this compiler works with `compiler`: one with the same first number
    /// that is not older. Numbers that `compiler` leaves out are zero.
    pub fn is_met_by(self, compiler: Self) -> bool {
        let minor = compiler.minor.unwrap_or(0);
        let patch = compiler.patch.unwrap_or(0);
        let (needed, needed_patch) = (self.minor.unwrap_or(0), self.patch.unwrap_or(0));
        // As `^` has it: before 1.0 every minor version is another one.
        let is_late_enough = match (self.major, self.minor) {
            (0, Some(0)) => minor == 0 && (self.patch.is_none() || patch == needed_patch),
            (0, Some(_)) => minor == needed && patch >= needed_patch,
            _ => (minor, patch) >= (needed, needed_patch),
        };
        self.major == compiler.major && is_late_enough
    }
}

impl fmt::Display for RustVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        for number in [self.minor, self.patch].into_iter().flatten() {
            write!(f, ".{number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_works_with_its_own_compiler_and_later_ones() {
        for (needed, compiler, works) in [
            ("1.65", "1.65.0", true),
            ("1.65.1", "1.65", false),
            ("1.65", "1.95.0-nightly", true),
            ("1.96", "1.95.0", false),
            ("1", "1.31", true),
            ("2", "1.95", false),
        ] {
            let needed = RustVersion::parse(needed).expect("a rust-version");
            let compiler = RustVersion::of_compiler(compiler).expect("a compiler");
            assert_eq!(needed.is_met_by(compiler), works, "{needed} {compiler}");
        }
    }

    #[test]
    fn what_works_with_what_is_as_a_requirement_has_it() {
        let texts =
            ["0", "0.0", "0.0.0", "0.0.3", "0.3", "0.3.2", "1", "1.0", "1.65", "1.65.1", "2"];
        for needed in texts {
            let requirement = super::super::Requirement::parse(needed).expect("a requirement");
            for (major, minor, patch) in
                [(0, 0, 0), (0, 0, 3), (0, 0, 4), (0, 3, 1), (0, 3, 2), (0, 4, 0), (1, 0, 0)]
                    .into_iter()
                    .chain([(1, 64, 9), (1, 65, 0), (1, 65, 1), (1, 95, 0), (2, 0, 0)])
            {
                let compiler = format!("{major}.{minor}.{patch}");
                let read = |text: &str| RustVersion::parse(text).expect("a rust-version");
                let version = compiler.parse().expect("a version");
                let works = read(needed).is_met_by(read(&compiler));
                assert_eq!(works, requirement.matches(&version), "{needed} {compiler}");
            }
        }
    }

    #[test]
    fn what_is_no_rust_version_is_named() {
        let neither = ["", "1.", "1.x", "1.2.3.4", "^1.2", "1.65-nightly", "99999999999999999999"];
        for text in neither.into_iter().chain(["01.2"]) {
            let error = RustVersion::parse(text).expect_err("no rust-version");
            assert_eq!(error.text, text);
            assert_eq!(RustVersion::of_compiler(text), Err(error));
        }
        for text in ["1.65.0-nightly", "1.65.0+x"] {
            assert!(RustVersion::parse(text).is_err() && RustVersion::of_compiler(text).is_ok());
        }
    }
}
