//! What is used today: uv, cargo and npm, on the recorded registry over the client link.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Sample;
use super::lab::Lab;
use crate::programs::run;
use crate::sets::{Kind, Set};

impl Lab {
    /// Lets the peer resolve a project with what is in `cache`, and holds its answer against the
    /// recorded one.
    pub(super) fn peer(&self, set: &Set, cache: &Path) -> anyhow::Result<Sample> {
        let project = tempfile::tempdir()?;
        let manifest = set.lay(project.path())?;
        let mut command = match set.kind {
            Kind::Pypi => self.uv(&manifest, cache),
            Kind::Cargo => self.cargo(cache)?,
            Kind::Npm => self.npm(cache),
        };
        // No settings but those given here.
        command.current_dir(&project).env("HOME", self.scratch.path());
        command.env("SSL_CERT_FILE", self.certificate());
        self.client.take_passed();
        self.registry.reset_counts();
        let (written, took) = run(&mut command)?;
        let passed = self.client.take_passed();
        let requests = self.registry.counts().total.requests;
        let answer = match set.kind {
            Kind::Pypi => written,
            Kind::Cargo | Kind::Npm => fs::read_to_string(project.path().join(set.kind.files().1))?,
        };
        set.judge(set.kind.peer(), &answer)?;
        Ok(Sample { milliseconds: took.as_secs_f64() * 1000.0, passed, requests })
    }

    fn uv(&self, manifest: &Path, cache: &Path) -> Command {
        let mut command = Command::new(&self.programs.uv);
        command
            .args(["pip", "compile", "--quiet", "--no-config", "--no-header", "--no-annotate"])
            .args(["--only-binary", ":all:", "--python-version", "3.12"])
            .args(["--python-platform", "x86_64-manylinux_2_28", "--python"])
            .arg(&self.programs.python)
            .args(["--default-index", &self.far.url("/simple"), "--cache-dir"])
            .args([cache, manifest])
            // Without it, half of its time is a search for an interpreter.
            .env("UV_PYTHON_DOWNLOADS", "never");
        command
    }

    fn cargo(&self, cache: &Path) -> anyhow::Result<Command> {
        let config = format!(
            "[source.crates-io]\nreplace-with = \"recorded\"\n[source.recorded]\n\
             registry = \"sparse+{}\"\n[http]\ncainfo = \"{}\"\n",
            self.far.url("/index/"),
            self.certificate().display()
        );
        fs::write(cache.join("config.toml"), config)?;
        let mut command = Command::new(&self.programs.cargo);
        command.args(["generate-lockfile", "--quiet"]).env("CARGO_HOME", cache);
        // Toolchains are not below the home that it is given.
        if let Some(home) =
            std::env::var_os("HOME").filter(|_| std::env::var_os("RUSTUP_HOME").is_none())
        {
            command.env("RUSTUP_HOME", Path::new(&home).join(".rustup"));
        }
        Ok(command)
    }

    fn npm(&self, cache: &Path) -> Command {
        let mut command = Command::new(&self.programs.npm);
        command
            .args(["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--no-update-notifier", "--registry", &self.far.url("/npm/"), "--cafile"])
            .arg(self.certificate())
            .arg("--cache")
            .arg(cache)
            .env("npm_config_userconfig", cache.join("npmrc"))
            .env("npm_config_globalconfig", cache.join("npmrc-of-all"));
        command
    }
}
