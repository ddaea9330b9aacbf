//! Runs programs, and takes their time.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

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
    /// Builds the client and the service as this program was built, unless `$QM` and `$QUARTERMASTER` name
    /// those that are to be measured, and finds the others: `$UV`, `$CARGO`, `$NPM` and `$PYTHON`, or
    /// what is on the path.
    ///
    /// # Errors
    ///
    /// When they cannot be built.
    pub fn find() -> anyhow::Result<Self> {
        let variable = |name: &str, or: &str| std::env::var_os(name).unwrap_or_else(|| or.into());
        let cargo = variable("CARGO", "cargo");
        let named = std::env::var_os("QM").zip(std::env::var_os("QUARTERMASTER"));
        let (qm, quartermaster) = match named {
            Some((qm, quartermaster)) => (qm.into(), quartermaster.into()),
            None => build(&cargo)?,
        };
        let python = std::env::var_os("PYTHON").unwrap_or_else(interpreter);
        let (uv, npm) = (variable("UV", "uv"), variable("NPM", "npm"));
        Ok(Self { qm, quartermaster, uv, python, cargo, npm })
    }
}

/// Builds the client and the service beside this program. Returns where they are.
fn build(cargo: &OsString) -> anyhow::Result<(PathBuf, PathBuf)> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program lies nowhere")?;
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--locked", "--bin", "quartermaster", "--bin", "qm"]);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let built = build.status().context("cargo cannot be started")?;
    ensure!(built.success(), "the service and its client cannot be built");
    Ok((folder.join("qm"), folder.join("quartermaster")))
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

/// A program that serves until this is dropped.
#[derive(Debug)]
pub struct Daemon {
    process: Child,
    address: SocketAddr,
}

impl Daemon {
    /// Starts a program that says `listening on http://ADDRESS` when it serves. What it says beside
    /// that goes to a file.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or ends before it serves: with what it says.
    pub fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log)?);
        let name = command.get_program().to_string_lossy().into_owned();
        let mut process = command.spawn().with_context(|| format!("`{name}` cannot be started"))?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("listening on http://").map(str::parse);
        let Some(Ok(address)) = address else {
            let _ = process.kill();
            let _ = process.wait();
            let said = fs::read_to_string(log).unwrap_or_default();
            bail!("`{name}` does not serve: {line}{said}");
        };
        Ok(Self { process, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The processor time that it has taken since its start.
    ///
    /// # Errors
    ///
    /// When the system does not tell, as any but Linux.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        let path = format!("/proc/{}/stat", self.process.id());
        let text = fs::read_to_string(&path).with_context(|| format!("`{path}` is not there"))?;
        // The name of the program, in parentheses, may hold anything.
        let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
        // Fields 14 and 15 of proc(5), in hundredths of a second.
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
