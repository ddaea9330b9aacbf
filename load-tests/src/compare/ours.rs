//! The service beside the registry, and `qm` at the other end of the client link.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use super::lab::Lab;
use super::{Case, Sample};
use crate::front::Front;
use crate::link::Relay;
use crate::programs::{Daemon, run};
use crate::sets::{Kind, Set};

/// What the recorded locks call the registry of crates.
const CARGO_SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// How many questions were asked that nobody had asked before.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// A running service that knows nothing yet. It ends when this is dropped.
pub(super) struct Service {
    _process: Daemon,
    relay: Relay,
    _front: Option<Front>,
    folder: TempDir,
}

/// What `qm` is to ask.
struct Question {
    kind: Kind,
    manifest: PathBuf,
    /// Takes no version that is younger.
    before: Option<String>,
}

impl Service {
    /// Starts the service on the near link, with `qm`'s door to it on the client link.
    pub(super) fn start(lab: &Lab) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("quartermaster.toml");
        fs::write(&config, config_of(lab, folder.path()))?;
        let mut serve = Command::new(&lab.programs.quartermaster);
        serve.args(["serve", "--config"]).arg(&config);
        serve.env("SSL_CERT_FILE", lab.certificate());
        let process = Daemon::start(&mut serve, &folder.path().join("log"))?;
        let address = process.address();
        let front = match lab.tls {
            true => Some(lab.runtime.block_on(Front::start(&lab.authority, address))?),
            false => None,
        };
        let target = front.as_ref().map_or(address, Front::address);
        let relay = Relay::start(&lab.client, target)?;
        Ok(Self { _process: process, relay, _front: front, folder })
    }

    /// Lets `qm` resolve a project, and holds the answer and how it came about against what is
    /// expected. The cases have to come in their order.
    pub(super) fn ask(&self, lab: &Lab, set: &Set, case: Case) -> anyhow::Result<Sample> {
        let project = self.folder.path().join("project");
        let manifest = set.lay(&project)?;
        // An instant that nothing recorded is younger than: another question with the same answer.
        let before = (case == Case::FactsKnown).then(|| {
            let number = ASKED.fetch_add(1, Ordering::SeqCst);
            let (day, hour, minute) = (number / 1440 % 28 + 1, number / 60 % 24, number % 60);
            format!("2100-01-{day:02}T{hour:02}:{minute:02}:00Z")
        });
        let question = Question { kind: set.kind, manifest, before };
        lab.client.take_passed();
        lab.registry.reset_counts();
        let mut resolve = self.qm(lab, "resolve", &question);
        let (text, took) = run(resolve.args(["--format", "text"]))?;
        let passed = lab.client.take_passed();
        let requests = lab.registry.counts().total.requests;
        check_origin(case, &text, requests).with_context(|| format!("{set}, {}", case.title()))?;
        // What is answered to the same question once more, in the form of the recorded answer.
        let again = match set.kind {
            Kind::Pypi => {
                let mut pins = self.qm(lab, "resolve", &question);
                run(pins.args(["--format", "pins"]))?
            }
            Kind::Cargo | Kind::Npm => run(&mut self.qm(lab, "lock", &question))?,
        };
        set.judge("qm", &again.0)?;
        Ok(Sample { milliseconds: took.as_secs_f64() * 1000.0, passed, requests })
    }

    fn qm(&self, lab: &Lab, verb: &str, question: &Question) -> Command {
        let scheme = if lab.tls { "https" } else { "http" };
        let mut command = Command::new(&lab.programs.qm);
        command.arg(verb).arg(&question.manifest);
        command.args(["--server", &format!("{scheme}://{}", self.relay.address())]);
        command.args(match question.kind {
            Kind::Pypi => &["--python", "3.12", "--platform", "x86_64-manylinux_2_28"],
            Kind::Cargo => &["--rust-version", "1.95"][..],
            Kind::Npm => &["--node", "20.20.2", "--npm", "11.19.1"],
        });
        command.args(question.before.iter().flat_map(|before| ["--before", before]));
        command.env("SSL_CERT_FILE", lab.certificate()).env("HOME", lab.scratch.path());
        command
    }
}

/// A service that reads the registry over the near link, and remembers nothing of former ones.
fn config_of(lab: &Lab, folder: &Path) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\n[cache]\ndatabase = \"sqlite:{}\"\n\
         [[registry]]\nname = \"pypi\"\nkind = \"pypi-simple\"\nurl = \"{}\"\nextra_hosts = [\"{}\"]\n\
         [[registry]]\nname = \"cargo\"\nkind = \"cargo-sparse\"\nurl = \"{}\"\nlock_source = \"{CARGO_SOURCE}\"\n\
         [[registry]]\nname = \"npm\"\nkind = \"npm\"\nurl = \"{}\"\n",
        folder.join("answers.db").display(),
        lab.near.url("/simple"),
        lab.near.files_host(),
        lab.near.url("/index/"),
        lab.near.url("/npm/"),
    )
}

/// Holds what the service says of its answer against what the case is called: `text` is what people see,
/// and `requests` what the registry was asked meanwhile.
fn check_origin(case: Case, text: &str, requests: u64) -> anyhow::Result<()> {
    let is_summary = |line: &&str| line.contains(" packages, ") || line.contains(" package, ");
    let summary = text.lines().rev().find(is_summary).context("nothing tells how it came about")?;
    let (solved, remembered) = (summary.contains(", solved"), summary.contains(", remembered"));
    let is_right = match case {
        Case::ServiceCold => solved && !remembered && requests > 0,
        Case::FactsKnown => solved && !remembered && requests == 0,
        Case::Remembered => remembered && !solved && requests == 0,
        Case::PeerCold | Case::PeerWarm => false,
    };
    ensure!(is_right, "the service says `{summary}`, and asked the registry {requests} times");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_is_not_what_it_is_called_is_refused() {
        let (solved, known) = ("107 packages, solved in 3 rounds, 1 ms", "1 package, remembered");
        let cases = [
            (Case::ServiceCold, solved, 9, true),
            (Case::ServiceCold, solved, 0, false),
            (Case::ServiceCold, known, 9, false),
            (Case::FactsKnown, solved, 0, true),
            (Case::FactsKnown, solved, 1, false),
            (Case::FactsKnown, known, 0, false),
            (Case::Remembered, known, 0, true),
            (Case::Remembered, solved, 0, false),
            (Case::Remembered, "flask 3.0", 0, false),
        ];
        for (case, text, requests, is_right) in cases {
            assert_eq!(check_origin(case, text, requests).is_ok(), is_right, "{case:?} {text}");
        }
    }
}
