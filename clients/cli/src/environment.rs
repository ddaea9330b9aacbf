//! What the command line leaves open about the machine that packages are for.
//!
//! The machine itself is asked for nothing: no interpreter runs, and the same command gives the same
//! request everywhere the same `qm` is installed.

use std::path::Path;

use crate::input::{
    InputError, Problem, Stated,
    source::{Anchor, Source},
};

/// The version of Python where neither the command line nor a `.python-version` file names one.
pub const DEFAULT_PYTHON: &str = "3.12";

/// Where the version of Python comes from.
#[derive(Clone, Debug)]
pub enum Python {
    /// `--python`.
    Flag(String),
    /// A `.python-version` file next to the input.
    File(Stated),
    /// [`DEFAULT_PYTHON`].
    Default,
}

impl Python {
    /// The version as the service gets it.
    pub fn version(&self) -> &str {
        match self {
            Self::Flag(version) => version,
            Self::File(stated) => &stated.text,
            Self::Default => DEFAULT_PYTHON,
        }
    }
}

/// Finds the version of Python for the input at `path`.
pub fn python(flag: Option<&str>, path: &Path) -> Result<Python, InputError> {
    if let Some(version) = flag {
        return Ok(Python::Flag(version.to_owned()));
    }
    let file = path.with_file_name(".python-version");
    if !file.is_file() {
        return Ok(Python::Default);
    }
    let source = Source::read(&file)?;
    let line = source
        .lines()
        .map(|(offset, line)| (offset, line.trim()))
        .find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let Some((offset, text)) = line else { return Ok(Python::Default) };
    let stated = Stated { text: text.to_owned(), anchor: Anchor::verbatim(&source, offset, text) };
    let plain = text.contains('.') && text.split('.').all(|part| part.parse::<u32>().is_ok());
    if !plain {
        let problem = Problem::VersionFile { text: text.to_owned() };
        return Err(InputError::at(stated.anchor.place(), problem));
    }
    Ok(Python::File(stated))
}

/// The platform that `qm` was built for, by the names of uv's `--python-platform`.
///
/// On Linux it is one with glibc, since a `qm` linked against musl serves glibc machines as well.
pub fn platform() -> Result<&'static str, Problem> {
    platform_of(std::env::consts::OS, std::env::consts::ARCH).ok_or(Problem::NoPlatform)
}

fn platform_of(system: &str, processor: &str) -> Option<&'static str> {
    let name = match (system, processor) {
        ("linux", "x86_64") => "linux",
        ("linux", "aarch64") => "aarch64-unknown-linux-gnu",
        ("linux", "riscv64") => "riscv64-unknown-linux",
        ("macos", "aarch64") => "macos",
        ("macos", "x86_64") => "x86_64-apple-darwin",
        ("windows", "x86_64") => "windows",
        ("windows", "aarch64") => "aarch64-pc-windows-msvc",
        ("windows", "x86") => "i686-pc-windows-msvc",
        _ => return None,
    };
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_file_beside_the_input_counts_unless_the_flag_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("requirements.in");
        assert_eq!(python(None, &input).unwrap().version(), DEFAULT_PYTHON);
        std::fs::write(folder.path().join(".python-version"), "# ours\n3.10\n3.11\n").unwrap();
        assert_eq!(python(None, &input).unwrap().version(), "3.10");
        assert_eq!(python(Some("3.13"), &input).unwrap().version(), "3.13");
        std::fs::write(folder.path().join(".python-version"), "pypy3.10\n").unwrap();
        let error = python(None, &input).unwrap_err();
        assert_eq!(error.to_string(), "`pypy3.10` is not a plain Python version such as `3.12`");
    }

    #[test]
    fn machines_have_the_names_that_uv_gives_them() {
        assert_eq!(platform_of("linux", "x86_64"), Some("linux"));
        assert_eq!(platform_of("macos", "aarch64"), Some("macos"));
        assert_eq!(platform_of("windows", "x86_64"), Some("windows"));
        assert_eq!(platform_of("haiku", "x86_64"), None);
    }
}
