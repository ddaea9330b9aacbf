//! Runs programs, and takes their time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// The programs of this project, and those of others.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The client.
    pub qm: PathBuf,
    /// The service.
    pub quartermaster: PathBuf,
    /// What resolves Python's packages today.
    pub uv: OsString,
    /// The interpreter that uv is to look at, so that it does not search for one.
    pub python: OsString,
    /// What resolves crates today.
    pub cargo: OsString,
    /// What resolves JavaScript's packages today.
    pub npm: OsString,
}

impl Programs {
    /// Builds the client and the service, as this program was built, and finds the others: `$UV`, `$NPM`
    /// and `$PYTHON`, or what is on the path.
    ///
    /// # Errors
    ///
    /// When they cannot be built.
    pub fn find() -> anyhow::Result<Self> {
        let variable = |name: &str, or: &str| std::env::var_os(name).unwrap_or_else(|| or.into());
        let cargo = variable("CARGO", "cargo");
        let own = std::env::current_exe()?;
        let folder = own.parent().context("this program lies nowhere")?;
        let mut build = Command::new(&cargo);
        build.args(["build", "--quiet", "--locked", "--bin", "quartermaster", "--bin", "qm"]);
        if folder.ends_with("release") {
            build.arg("--release");
        }
        build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let built = build.status().context("cargo cannot be started")?;
        if !built.success() {
            bail!("the service and its client cannot be built");
        }
        let python = std::env::var_os("PYTHON").unwrap_or_else(interpreter);
        Ok(Self {
            qm: folder.join("qm"),
            quartermaster: folder.join("quartermaster"),
            uv: variable("UV", "uv"),
            python,
            cargo,
            npm: variable("NPM", "npm"),
        })
    }
}

/// The interpreter itself, and not a program that looks for one.
fn interpreter() -> OsString {
    let mut command = Command::new("python3");
    let output = command.args(["-c", "import sys; print(sys.executable)"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| Path::new(text).is_file())
        .unwrap_or_else(|| "python3".to_owned())
        .into()
}

/// A version, as a program tells it; `None` if it cannot be started.
pub fn version(program: &OsString) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Runs a program to its end. Returns what it wrote, and how long it took.
///
/// # Errors
///
/// When it cannot be started, or fails: with what it says.
pub fn run(command: &mut Command) -> anyhow::Result<(String, Duration)> {
    command.stdin(Stdio::null());
    let started = Instant::now();
    let output = command.output();
    let took = started.elapsed();
    let name = command.get_program().to_string_lossy().into_owned();
    let Output { status, stdout, stderr } =
        output.with_context(|| format!("`{name}` cannot be started"))?;
    if !status.success() {
        bail!("`{name}` ends with {status}: {}", String::from_utf8_lossy(&stderr));
    }
    Ok((String::from_utf8_lossy(&stdout).into_owned(), took))
}
