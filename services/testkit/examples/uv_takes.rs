//! Choices from acceptable sets around uv's recorded answers, as exact pins: uv has to take every one
//! of them as it is. `uv` is taken from the PATH, or from `$UV`; a Python of any version has to be
//! there for it.
//!
//! ```console
//! $ cargo run --release -p quartermaster-testkit --example uv_takes -- [CHOICES] [SEED]
//! ```

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use solver::pypi::{Outcome, check, widen};
use solver::widen::Reach;
use testkit::chance::Chance;
use testkit::recording::{Answer, Recording};
use testkit::registry::{FakeRegistry, Settings};
use testkit::sets::reached;

/// So many choices from the sets of each answer.
const CHOICES: usize = 20;

/// More than any recorded search takes.
const STEPS: u64 = 200_000;

/// What a service reaches for by itself.
const NEAR: Reach = Reach { newest: 20 };

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let mut number =
        |otherwise| arguments.next().unwrap_or(Ok(otherwise)).map_err(io::Error::other);
    let (choices, seed) = (number(CHOICES)?, number(1)?);
    let runtime = tokio::runtime::Runtime::new()?;
    let index = FakeRegistry::start(registries::bundled(), Settings::default());
    let index = runtime.block_on(index)?;
    let work = tempfile::tempdir()?;
    let mut recording = Recording::bundled();
    let mut chance = Chance::new(seed as u64);
    let mut refused = 0;
    for answer in Answer::all() {
        let choices = pins(&answer, &mut recording, choices, &mut chance);
        let mut taken = 0;
        for pins in &choices {
            match refusal(&answer, pins, &index.simple_url(), work.path())? {
                None => taken += 1,
                Some(why) => {
                    refused += 1;
                    println!("{}: uv refuses {pins:?}: {why}", answer.name);
                }
            }
        }
        println!("{:<36} uv takes {taken} of {} choices", answer.name, choices.len());
    }
    Ok(ExitCode::from(u8::from(refused > 0)))
}

/// Different choices from the sets of an answer, as sorted pins.
fn pins(
    answer: &Answer,
    recording: &mut Recording,
    count: usize,
    chance: &mut Chance,
) -> BTreeSet<Vec<String>> {
    let outcome = recording.solve(&answer.problem, STEPS).0;
    let Outcome::Solved(solution) = outcome else { panic!("{}: {outcome:?}", answer.name) };
    let (problem, universe) = (&answer.problem, recording.universe());
    let sets = widen(problem, universe, &solution, NEAR, &|| false).sets;
    assert_eq!(check(problem, universe, &solution, &sets), [], "{}", answer.name);
    let choices = (0..count).map(|_| {
        let choice = chance.choice(&sets);
        let picks = reached(&solution, &sets, |slot, _| choice[slot]);
        let pins = picks.iter().map(|(name, version)| format!("{name}=={version}"));
        let mut pins: Vec<String> = pins.collect();
        pins.sort_unstable();
        pins
    });
    choices.collect()
}

/// What uv has against the user's requirements with these pins, if anything.
fn refusal(
    answer: &Answer,
    pins: &[String],
    index: &str,
    work: &Path,
) -> io::Result<Option<String>> {
    let roots = answer.problem.requirements.iter().map(|root| root.requirement.to_string());
    let lines: Vec<String> = roots.chain(pins.iter().cloned()).collect();
    let requirements = work.join("requirements.in");
    std::fs::write(&requirements, lines.join("\n"))?;
    let environment = &answer.problem.environment;
    let before = answer.problem.policy.before.map(|before| before.to_string());
    let mut command = Command::new(std::env::var_os("UV").unwrap_or_else(|| "uv".into()));
    command
        .args(["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-config"])
        .args(["--only-binary", ":all:", "--default-index", index, "--cache-dir"])
        .arg(work.join("cache"))
        .args(["--python-version", &format!("3.{}", environment.python().minor())])
        .args(["--python-platform", "x86_64-manylinux_2_28"])
        .args(before.iter().flat_map(|before| ["--exclude-newer", before]))
        .arg(requirements)
        .env("UV_PYTHON_DOWNLOADS", "never");
    let output = command.output()?;
    if !output.status.success() {
        return Ok(Some(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let answered = String::from_utf8_lossy(&output.stdout);
    let answered: BTreeSet<&str> = answered.lines().filter(|line| !line.starts_with('#')).collect();
    let pins: BTreeSet<&str> = pins.iter().map(String::as_str).collect();
    let (added, missed) = (answered.difference(&pins), pins.difference(&answered));
    let (added, missed): (Vec<_>, Vec<_>) = (added.collect(), missed.collect());
    let is_taken = added.is_empty() && missed.is_empty();
    Ok((!is_taken).then(|| format!("it answers {added:?} in the stead of {missed:?}")))
}
