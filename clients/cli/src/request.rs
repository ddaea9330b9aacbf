//! One message from the command line and the files.
//!
//! Beside the request stand its [`Origins`]: for each field, who said it. When the service refuses
//! `projects[0].requirements[3]`, they tell the file and line, or the flag.

mod cargo;
mod facts;
mod foreign;
mod held;
mod npm;
pub mod origins;
mod policy;
mod pypi;
mod registries;

use proto::v1::{
    AnswerOptions, ArtifactDetail, EdgeDetail, ExplainRequest, HeldPackage, HeldPolicy, Policy,
    Project, ResolveRequest,
};

pub use self::origins::{Origin, Origins};
use crate::{
    arguments::{Choice, Format, Question, Resolve, Why},
    input::{self, InputError, Kind, cargo::lock::Lock},
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
    /// A `package-lock.json`: the project that it is of.
    Npm(Box<input::npm::Project>),
}

/// Builds the request for an answer that is printed. One in JSON can be kept, so that it carries what it
/// takes to check it.
pub fn build_for_answer(arguments: &Resolve) -> Result<Asked, InputError> {
    let mut asked = build(&arguments.question)?;
    let edges = match arguments.format {
        Format::Json => EdgeDetail::Certified,
        Format::Text | Format::Pins => EdgeDetail::Unspecified,
    };
    let options = AnswerOptions {
        acceptable_reach: arguments.reach,
        max_acceptable_versions: arguments.max_versions.unwrap_or_default(),
        edges: edges.into(),
        ..AnswerOptions::default()
    };
    asked.request.options = (options != AnswerOptions::default()).then_some(options);
    for (field, flag) in [
        ("options.acceptable_reach", "--reach"),
        ("options.max_acceptable_versions", "--max-versions"),
        ("options.edges", "--format"),
        ("known_answer", "--known"),
    ] {
        asked.origins.note(field, Origin::Flag(flag));
    }
    Ok(asked)
}

/// Builds the request whose answer `qm why` is about.
pub fn build_for_why(arguments: &Why) -> Result<Asked, InputError> {
    let mut asked = build(&arguments.question)?;
    asked.origins.note("package", Origin::Flag("PACKAGE"));
    asked.origins.note("version", Origin::Flag("VERSION"));
    Ok(asked)
}

/// The question why a package is in the answer to a request.
pub fn explain(asked: &Asked, arguments: &Why) -> ExplainRequest {
    ExplainRequest {
        request: Some(asked.request.clone()),
        project: String::new(),
        package: arguments.package.clone(),
        version: arguments.version.clone().unwrap_or_default(),
    }
}

/// Reads the files that the command line names, and builds the request.
pub fn build(arguments: &Question) -> Result<Asked, InputError> {
    let kind = input::kind(&arguments.file)?;
    foreign::refuse(arguments, kind)?;
    let mut asked = match kind {
        Kind::Python(form) => pypi::build(arguments, form),
        Kind::Cargo => cargo::build(arguments),
        Kind::Npm => npm::build(arguments),
    }?;
    facts::put(&arguments.facts, &mut asked.request, &mut asked.origins);
    Ok(asked)
}

/// Builds the request for a lock: the chosen versions, with all that depends on what, and no more.
pub fn build_for_lock(arguments: &Question) -> Result<Asked, InputError> {
    let kind = input::kind(&arguments.file)?;
    foreign::refuse_lock(arguments, kind)?;
    let mut asked = build(arguments)?;
    // Npm's lock says where each archive is, and repeats a part of each manifest.
    let is_npm = kind == Kind::Npm;
    let artifacts = if is_npm { ArtifactDetail::Installable } else { ArtifactDetail::None };
    asked.request.options = Some(AnswerOptions {
        acceptable_reach: Some(0),
        edges: EdgeDetail::Full.into(),
        artifacts: artifacts.into(),
        include_manifests: is_npm,
        ..AnswerOptions::default()
    });
    if let Locking::Npm(project) = &asked.locking {
        project.config.refuse_old_lock()?;
        asked.notes.extend(project.lock.as_ref().and_then(input::npm::lock::Lock::note_of_version));
    }
    Ok(asked)
}

/// Puts a project into a request, with its policy and with what the client holds.
fn ask(
    choice: &Choice,
    project: Project,
    mut policy: Policy,
    mut origins: Origins,
) -> Result<Asked, InputError> {
    let ecosystem = project.ecosystem();
    let held = choice.held.as_deref().map(input::held::read).transpose()?.unwrap_or_default();
    let held: Vec<HeldPackage> = held::packages(held, ecosystem, &mut origins);
    origins.note("policy.held_policy", Origin::Flag("--held-policy"));
    policy.held_policy = choice.held_policy.map_or(HeldPolicy::Unspecified, Into::into).into();
    let request = ResolveRequest {
        projects: vec![project],
        policy: (policy != Policy::default()).then_some(policy),
        held,
        ..ResolveRequest::default()
    };
    Ok(Asked { request, origins, notes: Vec::new(), locking: Locking::Never })
}
