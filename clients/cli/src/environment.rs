//! What the command line leaves open about the machine that packages are for.
//!
//! For PyPI the machine itself is asked for nothing: no interpreter runs, and the same command gives the
//! same request everywhere the same `qm` is installed. Cargo prefers what the compiler at hand supports,
//! so that `rustc` is asked for its version, where cargo would ask it and `--rust-version` is not given.
//! Npm passes over versions that do not run on the Node.js at hand: [`node`] asks it.

mod runtime;

use std::{path::Path, process::Command};

use proto::v1::CargoResolver;

pub use self::runtime::{Runtime, node};
use crate::{
    arguments::Environment,
    input::{
        InputError, Problem, Stated,
        cargo::Workspace,
        source::{Anchor, Source},
    },
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

/// An interpreter as the contract has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interpreter<'a> {
    /// The implementation, such as `pypy`. Empty means CPython.
    pub implementation: &'a str,
    /// The version, unread.
    pub version: &'a str,
    /// Whether it is a build without the global lock: `3.13t`.
    pub free_threaded: bool,
}

impl Python {
    /// The interpreter as the service gets it.
    pub fn interpreter(&self) -> Interpreter<'_> {
        Interpreter::split(match self {
            Self::Flag(text) => text,
            Self::File(stated) => &stated.text,
            Self::Default => DEFAULT_PYTHON,
        })
    }
}

impl<'a> Interpreter<'a> {
    /// Splits `pypy3.10` and `3.13t`, as uv writes them. What is none of the kind is all version,
    /// for the service to refuse.
    fn split(text: &'a str) -> Self {
        let whole = Self { implementation: "", version: text, free_threaded: false };
        let letters = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let version = letters.strip_prefix('@').unwrap_or(letters);
        if !version.starts_with(|digit: char| digit.is_ascii_digit()) {
            return whole;
        }
        let implementation = &text[..text.len() - letters.len()];
        let implementation = match implementation.to_ascii_lowercase().as_str() {
            "cpython" | "python" => "",
            "pypy" => "pypy",
            _ => implementation,
        };
        match version.strip_suffix('t') {
            Some(version) => Self { implementation, version, free_threaded: true },
            None => Self { implementation, version, free_threaded: false },
        }
    }

    /// Whether it is a plain version, possibly with an implementation before it.
    fn is_plain(&self) -> bool {
        self.version.contains('.')
            && self.version.split('.').all(|part| part.parse::<u32>().is_ok())
    }
}

/// What is meant by the tag of an interpreter in the names of wheels: `3.12` by `cp312`.
fn meant_by_tag(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let implementation = match &text[..text.len() - digits.len()] {
        "" | "cp" | "py" | "cpython" | "python" => "",
        "pp" | "pypy" => "pypy",
        _ => return None,
    };
    let minor = digits.strip_prefix('3')?;
    let number = minor.strip_suffix('t').unwrap_or(minor);
    let is_minor =
        matches!(number.len(), 1 | 2) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_minor.then(|| format!("{implementation}3.{minor}"))
}

/// Finds the version of Python for the input at `path`.
pub fn python(flag: Option<&str>, path: &Path) -> Result<Python, InputError> {
    if let Some(version) = flag {
        if let Some(meant) = meant_by_tag(version) {
            return Err(Problem::PythonTag { text: version.to_owned(), meant }.into());
        }
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
    if !Interpreter::split(text).is_plain() {
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

/// What a workspace is built with, as far as the compiler at hand has to tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compiler {
    /// The version of Rust. Empty means none.
    pub rust_version: String,
    /// The triple of the machine that builds. Empty means the target.
    pub host: String,
}

/// Takes what the flags of `machine` say, and asks the compiler for the rest, where cargo would ask it.
pub fn compiler(machine: &Environment, workspace: &Workspace) -> Compiler {
    let mut known = Compiler {
        rust_version: machine.rust_version.clone().unwrap_or_default(),
        host: machine.host.clone().unwrap_or_default(),
    };
    let asks_version = known.rust_version.is_empty() && looks_at_compiler(workspace);
    let asks_host = known.host.is_empty() && machine.target.is_some();
    if (asks_version || asks_host)
        && let Some(told) = ask_compiler(&workspace.folder)
    {
        let Compiler { rust_version, host } = told;
        known.rust_version = if asks_version { rust_version } else { known.rust_version };
        known.host = if asks_host { host } else { known.host };
    }
    known
}

/// Whether cargo looks at the compiler's version: its third resolver prefers what the compiler supports,
/// unless a member states what it supports itself.
fn looks_at_compiler(workspace: &Workspace) -> bool {
    let mut members = workspace.members.iter().filter(|member| !member.outside);
    workspace.effective_resolver() == CargoResolver::V3
        && members.all(|member| member.rust_version.is_none())
}

/// Asks the compiler that cargo would run in a folder, which `RUSTC` may name.
fn ask_compiler(folder: &Path) -> Option<Compiler> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program).arg("-vV").current_dir(folder).output().ok()?;
    read_compiler(std::str::from_utf8(&output.stdout).ok()?)
}

/// Reads lines such as `release: 1.95.0-nightly` and `host: x86_64-unknown-linux-gnu`. What marks a
/// channel is left out of the version: cargo compares without it.
fn read_compiler(told: &str) -> Option<Compiler> {
    let line = |key| told.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let version = line("release:")?.split(['-', '+']).next()?;
    let starts = version.starts_with(|digit: char| digit.is_ascii_digit());
    let host = line("host:").unwrap_or_default().to_owned();
    starts.then(|| Compiler { rust_version: version.to_owned(), host })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_s_channel_is_no_part_of_its_version() {
        let told = |release: &str| {
            let told = format!(
                "rustc {release} (59807616e 2026-04-14)\nbinary: rustc\n\
                 host: x86_64-unknown-linux-gnu\nrelease: {release}\nLLVM version: 22.1\n"
            );
            read_compiler(&told).map(|compiler| compiler.rust_version)
        };
        for (release, version) in [
            ("1.95.0", Some("1.95.0")),
            ("1.97.0-nightly", Some("1.97.0")),
            ("1.96.0-beta.3", Some("1.96.0")),
            ("1.95.0-dev", Some("1.95.0")),
            ("unknown", None),
        ] {
            assert_eq!(told(release).as_deref(), version, "{release}");
        }
        assert_eq!(read_compiler("error: toolchain is not installed"), None);
        let told = read_compiler("release: 1.95.0\r\nhost: aarch64-apple-darwin\r\n").unwrap();
        assert_eq!((&*told.rust_version, &*told.host), ("1.95.0", "aarch64-apple-darwin"));
    }

    #[test]
    fn a_version_file_beside_the_input_counts_unless_the_flag_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("requirements.in");
        let version = |python: Python| python.interpreter().version.to_owned();
        assert_eq!(version(python(None, &input).unwrap()), DEFAULT_PYTHON);
        std::fs::write(folder.path().join(".python-version"), "# ours\n3.10\n3.11\n").unwrap();
        assert_eq!(version(python(None, &input).unwrap()), "3.10");
        assert_eq!(version(python(Some("3.13"), &input).unwrap()), "3.13");
        std::fs::write(folder.path().join(".python-version"), ">=3.10\n").unwrap();
        let error = python(None, &input).unwrap_err();
        assert_eq!(error.to_string(), "`>=3.10` is not a plain Python version such as `3.12`");
    }

    #[test]
    fn interpreters_are_written_as_uv_writes_them() {
        for (text, implementation, version, free_threaded) in [
            ("3.12", "", "3.12", false),
            ("3.13t", "", "3.13", true),
            ("cpython@3.12.1", "", "3.12.1", false),
            ("pypy3.10", "pypy", "3.10", false),
            ("pypy@3.10", "pypy", "3.10", false),
            ("PyPy3.10", "pypy", "3.10", false),
            ("CPython3.12", "", "3.12", false),
            ("graalpy3.11", "graalpy", "3.11", false),
            ("pypy", "", "pypy", false),
            (">=3.10", "", ">=3.10", false),
        ] {
            let expected = Interpreter { implementation, version, free_threaded };
            assert_eq!(Interpreter::split(text), expected, "{text}");
        }
    }

    #[test]
    fn tags_of_wheels_are_told_as_versions() {
        for (text, meant) in [
            ("cp312", Some("3.12")),
            ("CP313t", Some("3.13t")),
            ("pp310", Some("pypy3.10")),
            ("py39", Some("3.9")),
            ("312", Some("3.12")),
            ("3", None),
            ("3.12", None),
            ("pypy3.10", None),
            ("3120", None),
            ("gp312", None),
        ] {
            assert_eq!(meant_by_tag(text).as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn machines_have_the_names_that_uv_gives_them() {
        assert_eq!(platform_of("linux", "x86_64"), Some("linux"));
        assert_eq!(platform_of("macos", "aarch64"), Some("macos"));
        assert_eq!(platform_of("windows", "x86_64"), Some("windows"));
        assert_eq!(platform_of("haiku", "x86_64"), None);
    }
}
