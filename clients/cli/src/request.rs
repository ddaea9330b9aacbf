//! One message from the command line and the files.
//!
//! Beside the request stand its [`Origins`]: for each field, who said it. When the service refuses
//! `projects[0].requirements[3]`, they tell the file and line, or the flag.

mod cargo;
mod held;
pub mod origins;
mod policy;
mod pypi;
mod registries;

use proto::v1::{AnswerOptions, ArtifactDetail, EdgeDetail, Policy, Project, ResolveRequest};

pub use self::origins::{Origin, Origins};
use crate::{
    arguments::{Choice, Question},
    input::{self, InputError, Kind, Problem, cargo::lock::Lock},
};

/// A request, and where its parts come from.
#[derive(Debug)]
pub struct Asked {
    /// What is sent.
    pub request: ResolveRequest,
    /// Who said what of it.
    pub origins: Origins,
    /// What the user should know before the answer.
    pub notes: Vec<String>,
    /// What a lock is written from, beside the answer.
    pub locking: Locking,
}

/// What the files say of a lock that is to be written.
#[derive(Debug)]
pub enum Locking {
    /// Locks of this ecosystem are not written.
    Never,
    /// A `Cargo.lock`: the one that is there already.
    Cargo(Option<Lock>),
}

/// Reads the files that the command line names, and builds the request.
pub fn build(arguments: &Question) -> Result<Asked, InputError> {
    let kind = input::kind(&arguments.file)?;
    refuse_foreign(arguments, kind)?;
    match kind {
        Kind::Python(form) => pypi::build(arguments, form),
        Kind::Cargo => cargo::build(arguments),
    }
}

/// Builds the request for a lock: the chosen versions, with all that depends on what, and no more.
pub fn build_for_lock(arguments: &Question) -> Result<Asked, InputError> {
    refuse_lock(arguments)?;
    let mut asked = build(arguments)?;
    asked.request.options = Some(AnswerOptions {
        acceptable_reach: Some(0),
        edges: EdgeDetail::Full.into(),
        artifacts: ArtifactDetail::None.into(),
        ..AnswerOptions::default()
    });
    Ok(asked)
}

/// Puts a project into a request, with its policy and with what the client holds.
fn ask(
    choice: &Choice,
    project: Project,
    policy: Policy,
    mut origins: Origins,
) -> Result<Asked, InputError> {
    let held = choice.held.as_deref().map(input::held::read).transpose()?.unwrap_or_default();
    let held = held::packages(held, project.ecosystem(), &mut origins);
    let request = ResolveRequest {
        projects: vec![project],
        policy: (policy != Policy::default()).then_some(policy),
        held,
        ..ResolveRequest::default()
    };
    Ok(Asked { request, origins, notes: Vec::new(), locking: Locking::Never })
}

/// Refuses what cannot be locked: other ecosystems for now, and a choice of what is built.
fn refuse_lock(arguments: &Question) -> Result<(), InputError> {
    let path = arguments.file.display().to_string();
    match input::kind(&arguments.file)? {
        Kind::Python(_) => Err(Problem::NoLockYet { path }.into()),
        Kind::Cargo if arguments.environment.target.is_some() => {
            Err(Problem::LockForAll { flag: "--target" }.into())
        }
        Kind::Cargo => Ok(()),
    }
}

/// Flags of other ecosystems are refused, as everything else that would have no effect.
fn refuse_foreign(arguments: &Question, kind: Kind) -> Result<(), Problem> {
    let foreign = match kind {
        Kind::Python(_) => [cargo_flags(arguments), npm_flags(arguments)],
        Kind::Cargo => [python_flags(arguments), npm_flags(arguments)],
    };
    let given = |(flag, needs): (&'static str, &'static str)| Problem::NotForFile {
        flag,
        path: arguments.file.display().to_string(),
        needs,
    };
    match foreign.into_iter().flatten().next() {
        Some(flag) => Err(given(flag)),
        None => Ok(()),
    }
}

/// The first flag of `flags` that is given, with what it needs.
fn first(
    flags: &[(&'static str, bool)],
    needs: &'static str,
) -> Option<(&'static str, &'static str)> {
    flags.iter().find(|(_, given)| *given).map(|(flag, _)| (*flag, needs))
}

fn npm_flags(arguments: &Question) -> Option<(&'static str, &'static str)> {
    first(&[("--node", arguments.environment.node.is_some())], "a `package.json`")
}

fn cargo_flags(arguments: &Question) -> Option<(&'static str, &'static str)> {
    let environment = &arguments.environment;
    let flags = [
        ("--target", environment.target.is_some()),
        ("--rust-version", environment.rust_version.is_some()),
        ("--upgrade", arguments.choice.upgrade),
    ];
    first(&flags, "a `Cargo.toml`")
}

fn python_flags(arguments: &Question) -> Option<(&'static str, &'static str)> {
    let Question { environment, sets, choice, .. } = arguments;
    let flags = [
        ("--python", environment.python.is_some()),
        ("--platform", environment.platform.is_some()),
        ("--universal", environment.universal),
        ("--sdist", environment.sdist),
        ("--only-binary", !choice.only_binary.is_empty()),
        ("--no-binary", !choice.no_binary.is_empty()),
        ("--metadata", !choice.metadata.is_empty()),
    ];
    let project = [
        ("--extra", !sets.extras.is_empty()),
        ("--all-extras", sets.all_extras),
        ("--group", !sets.groups.is_empty()),
    ];
    first(&flags, "an input of PyPI's").or_else(|| first(&project, "a `pyproject.toml`"))
}
