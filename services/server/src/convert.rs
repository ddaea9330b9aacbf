//! The border between the contract and the engine: wire to request, answer to wire.
//!
//! On the way in a request is total. Every message is taken apart field by field, without `..`, so
//! that a field that is added to the contract does not compile until it is decided here: mapped, or
//! refused by name. On the way out an answer is encoded once, in full, and remembered as bytes;
//! what one caller asked of its form is cut out of a decoded copy.
//!
//! Texts pass as they are: what a requirement means is the engine's to read. The one exception is a
//! project's requirement on itself, which the contract gives a meaning (`sets.rs`).

mod answer;
mod cargo;
mod conflict;
mod credentials;
mod earlier;
pub mod explain;
mod faults;
mod held;
mod npm;
mod policy;
mod progress;
mod project;
mod pypi;
mod shape;
mod time;

use std::time::Duration;

use ecosystems::Ecosystem;
use engine::{Forgotten, Request};
use proto::v1;
use tonic::metadata::MetadataMap;

pub use answer::encode;
use faults::{Faults, Path};
pub use progress::{event, last};
pub(crate) use shape::MOST_REACH;
pub use shape::Shape;

use crate::errors::{Reason, Refusal};

/// What the service declares, that requests are held against.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The names of the registries with the ecosystems that each serves, in order of priority.
    pub registries: Vec<(String, Vec<Ecosystem>)>,
    /// The service's own limit on the time for solving.
    pub solve_budget: Duration,
    /// The service's own limit on the solver's decisions.
    pub solve_steps: u64,
}

impl Declared {
    /// The names of the registries of an ecosystem, in order of priority.
    fn of(&self, ecosystem: Ecosystem) -> Vec<String> {
        let serving = self.registries.iter().filter(|(_, serves)| serves.contains(&ecosystem));
        serving.map(|(name, _)| name.clone()).collect()
    }

    /// Says of a registry that is not there which ones are, in the engine's words for the same.
    fn unknown(&self, registry: &str) -> Option<String> {
        if self.registries.iter().any(|(name, _)| name == registry) {
            return None;
        }
        let names: Vec<String> = self.registries.iter().map(|(name, _)| name.clone()).collect();
        let named = quoted(&names);
        Some(format!("`{registry}` is not a registry of this service; it has {named}"))
    }

    /// The same for a registry of one ecosystem.
    fn lacks(&self, registry: &str, ecosystem: Ecosystem) -> Option<String> {
        let those = self.of(ecosystem);
        let other = (!those.iter().any(|name| name == registry)).then(|| {
            let named = quoted(&those);
            format!("`{registry}` is no registry of {ecosystem}; those are {named}")
        });
        self.unknown(registry).or(other)
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// What a call brings along besides its message.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Its metadata, where credentials travel.
    pub metadata: &'a MetadataMap,
    /// The time until it must be answered; none if the caller waits as long as it takes.
    pub remaining: Option<Duration>,
}

/// A request in the engine's words, and how its answer is to look.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What the engine is asked.
    pub request: Request,
    /// What the answer is made to look like.
    pub shape: Shape,
}

/// Reads one request, or says what in it cannot be taken up: all of it, not only the first fault.
pub fn asked(
    wire: v1::ResolveRequest,
    declared: &Declared,
    call: Call<'_>,
) -> Result<Asked, Refusal> {
    let v1::ResolveRequest {
        projects,
        policy,
        freshness,
        budget,
        held,
        options,
        credentials,
        snapshot_token,
        known_answer,
    } = wire;
    let mut faults = Faults::default();
    let root = Path::ROOT;
    let mut request = Request::default();
    let mut shape = Shape::new();

    project::read(projects, declared, (&mut request, &mut shape), &mut faults);
    policy::policy(policy.unwrap_or_default(), &mut request, &mut faults);
    let has_freshness = freshness.is_some();
    policy::freshness(freshness.unwrap_or_default(), &mut request, &mut faults);
    let limits = policy::budget(budget.unwrap_or_default(), &mut request, &mut faults);
    shape.limit(&mut request, (limits, declared), call.remaining);
    request.reach = shape.options(options.unwrap_or_default(), &mut faults);
    request.answer_within = call.remaining;
    request.credentials = credentials::read(credentials, declared, call.metadata, &mut faults);
    request.held = held::read(held, &request.project, &mut faults);
    if !snapshot_token.is_empty() {
        let path = root.field("snapshot_token");
        faults.text(path, &snapshot_token);
        if has_freshness {
            let description =
                "names facts, so that `freshness` says nothing: leave one of them out";
            faults.add(Reason::Contradictory, path, description);
        }
        request.snapshot_token = Some(snapshot_token);
    }
    request.known_answer = shape.known(&known_answer, &mut faults);
    faults.finish()?;
    Ok(Asked { request, shape })
}

/// Takes the request out of the message around it.
pub fn streamed(wire: v1::ResolveStreamRequest) -> Result<v1::ResolveRequest, Refusal> {
    let v1::ResolveStreamRequest { request } = wire;
    request.ok_or_else(|| {
        let mut faults = Faults::default();
        faults.add(Reason::Missing, Path::ROOT.field("request"), "is required");
        faults.into_refusal()
    })
}

/// Checks which packages are to be distrusted, as far as that needs no registry.
pub fn invalidation(wire: v1::InvalidateRequest) -> Result<v1::InvalidateRequest, Refusal> {
    let v1::InvalidateRequest { registry, packages } = &wire;
    let mut faults = Faults::default();
    faults.required(Path::ROOT.field("registry"), registry);
    if faults.list(Path::ROOT.field("packages"), packages) {
        for (place, package) in packages.iter().enumerate() {
            faults.required(Path::ROOT.entry("packages", place), package);
        }
    }
    faults.finish()?;
    Ok(wire)
}

/// Writes what is distrusted now.
pub fn forgotten(forgotten: Forgotten) -> v1::InvalidateResponse {
    let Forgotten { documents, answers, is_told } = forgotten;
    v1::InvalidateResponse {
        documents: documents as u64,
        answers: answers as u64,
        replicas_told: is_told,
    }
}
