//! What one caller asked of the form of its answer, and where its request's parts stand.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use engine::{Phase, Places, Request, Resolved, Statistics, picked};
use prost::Message as _;
use proto::v1;
use proto::v1::package::Details;
use proto::v1::project_answer::Outcome;

use super::earlier::{self, Known};
use super::faults::{Faults, Path};
use super::policy::Limits;
use super::project::foreign_if;
use super::time::{wire_duration, wire_instant};
use super::{Declared, conflict};
use crate::errors::Reason;

/// The most versions of a package that are tried for its acceptable ones, as the contract has it.
pub(crate) const MOST_REACH: u32 = 1000;

/// The grain of the times that deadlines leave for solving.
const DEADLINE_STEP: Duration = Duration::from_millis(50);

/// How an answer is to look. Two callers with one question share an answer, whatever their shapes.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The name of the project, which its answer repeats.
    pub(super) project: String,
    /// For each requirement that the engine got, its place in the request's list.
    pub(super) requirement_places: Vec<usize>,
    /// The same of constraints.
    constraint_places: Vec<usize>,
    /// The same of patches.
    patch_places: Vec<usize>,
    /// For each requirement that the engine got, its dependency set; empty for `main`.
    pub(super) dependency_sets: Vec<String>,
    /// For each requirement that the engine got, whether the caller wrote it as one text; of npm's.
    pub(super) text_forms: Vec<bool>,
    /// The field of the project's environment.
    pub(super) environment: &'static str,
    edges: bool,
    is_certified: bool,
    /// So many acceptable versions are listed; 0 for all.
    most_versions: usize,
    artifacts: bool,
    stamps: bool,
    manifests: bool,
    /// The answer that the caller has, if it was told in this form.
    known: Option<Known>,
    /// What a spent number of steps is called.
    steps_limit: v1::BudgetLimit,
    /// What spent time is called.
    time_limit: v1::BudgetLimit,
}

impl Shape {
    /// The shape of an answer of which nothing special is asked.
    pub(super) fn new() -> Self {
        Self {
            project: String::new(),
            requirement_places: Vec::new(),
            constraint_places: Vec::new(),
            patch_places: Vec::new(),
            dependency_sets: Vec::new(),
            text_forms: Vec::new(),
            environment: "environment",
            edges: true,
            is_certified: false,
            most_versions: 0,
            artifacts: true,
            stamps: false,
            manifests: false,
            known: None,
            steps_limit: v1::BudgetLimit::Server,
            time_limit: v1::BudgetLimit::Server,
        }
    }

    /// Follows a project that has been put in order: the engine gets the parts that were at `places`.
    pub(super) fn put_in_order(&mut self, places: Places) {
        let Places { requirements, constraints, patches } = places;
        self.requirement_places = picked(&self.requirement_places, &requirements);
        self.dependency_sets = picked(&self.dependency_sets, &requirements);
        self.text_forms = picked(&self.text_forms, &requirements);
        self.constraint_places = constraints;
        self.patch_places = patches;
    }

    /// Reads what is asked of the form. Returns how many versions are to be tried for acceptable
    /// ones, which is more than form.
    pub(super) fn options(&mut self, wire: v1::AnswerOptions, faults: &mut Faults) -> Option<u32> {
        let v1::AnswerOptions {
            acceptable_reach,
            max_acceptable_versions,
            edges,
            artifacts,
            include_stamps,
            include_manifests,
        } = wire;
        let path = Path::ROOT.field("options");
        if let Some(reach) = acceptable_reach.filter(|reach| *reach > MOST_REACH) {
            let description = format!("is {reach}; {MOST_REACH} is the most");
            faults.add(Reason::LimitExceeded, path.field("acceptable_reach"), description);
        }
        self.most_versions = max_acceptable_versions as usize;
        (self.edges, self.is_certified) = match v1::EdgeDetail::try_from(edges) {
            Ok(v1::EdgeDetail::Unspecified | v1::EdgeDetail::Full) => (true, false),
            Ok(v1::EdgeDetail::Certified) => (true, true),
            Ok(v1::EdgeDetail::None) => (false, false),
            Err(_) => {
                faults.unsupported_if(true, path.field("edges"), &format!("the value {edges}"));
                (true, false)
            }
        };
        self.artifacts = match v1::ArtifactDetail::try_from(artifacts) {
            Ok(v1::ArtifactDetail::Unspecified | v1::ArtifactDetail::Installable) => true,
            Ok(v1::ArtifactDetail::None) => false,
            // Where a version has one artifact, whatever the environment, that is all.
            Ok(v1::ArtifactDetail::All) if self.environment != "pypi" => true,
            Ok(v1::ArtifactDetail::All) | Err(_) => {
                let what = "artifacts that the environment cannot install";
                faults.unsupported_if(true, path.field("artifacts"), what);
                true
            }
        };
        self.stamps = include_stamps;
        let foreign = include_manifests && self.environment != "npm";
        foreign_if(foreign, path.field("include_manifests"), faults);
        self.manifests = include_manifests;
        acceptable_reach
    }

    /// Bounds the work by the call's deadline too, and notes which limit is which.
    pub(super) fn limit(
        &mut self,
        request: &mut Request,
        (asked, declared): (Limits, &Declared),
        remaining: Option<Duration>,
    ) {
        if asked.steps.is_some_and(|steps| steps < declared.solve_steps) {
            self.steps_limit = v1::BudgetLimit::Steps;
        }
        let mut least = declared.solve_budget;
        if let Some(time) = asked.time.filter(|time| *time < least) {
            (least, self.time_limit) = (time, v1::BudgetLimit::SolveTime);
        }
        if let Some(time) = remaining.filter(|time| *time < least) {
            self.time_limit = v1::BudgetLimit::Deadline;
            request.max_solve_time = Some(rounded(time));
        }
    }

    /// The path of one of the engine's fields, from the root of the request.
    pub fn path(&self, field: &str) -> String {
        for (list, places) in [
            ("requirements", &self.requirement_places),
            ("constraints", &self.constraint_places),
            ("patches", &self.patch_places),
        ] {
            let entry = field.strip_prefix(list).and_then(|rest| rest.strip_prefix('['));
            if let Some((entry, rest)) = entry.and_then(|entry| entry.split_once(']'))
                && let Ok(entry) = entry.parse::<usize>()
                && let Some(place) = places.get(entry)
            {
                let form = self.text_forms.get(entry).filter(|_| list == "requirements");
                let rest = match form.map(|is_text| (*is_text, rest.is_empty())) {
                    Some((true, false)) => ".text".to_owned(),
                    Some((false, false)) => format!(".npm{rest}"),
                    Some((_, true)) | None => rest.to_owned(),
                };
                return format!("projects[0].{list}[{place}]{rest}");
            }
        }
        if let Some(rest) = field.strip_prefix("environment.") {
            return format!("projects[0].{}.{rest}", self.environment);
        }
        let of_request = [
            "policy",
            "freshness",
            "budget",
            "credentials",
            "held",
            "snapshot_token",
            "known_answer",
        ];
        if of_request.iter().any(|message| field.starts_with(message)) {
            return field.to_owned();
        }
        format!("projects[0].{field}")
    }

    /// Reads which answer the caller has. Returns the engine's name for it, if answers of its form are
    /// what is asked for.
    pub(super) fn known(&mut self, wire: &str, faults: &mut Faults) -> Option<String> {
        if wire.is_empty() {
            return None;
        }
        let path = Path::ROOT.field("known_answer");
        faults.text(path, wire);
        let Some(known) = Known::parse(wire) else {
            let description = "is not the name of an answer: take it from an answer as it is";
            faults.add(Reason::Malformed, path, description);
            return None;
        };
        let is_alike = known.has_form_of(&Known::of("", self));
        self.known = Some(known).filter(|_| is_alike);
        self.known.as_ref().map(|known| known.answer.clone())
    }

    /// What tells one form from another: the first of all that packages are told by, the second of
    /// where the request's parts stand.
    pub(super) fn hashes(&self) -> (u64, u64) {
        let Self {
            project, edges, is_certified, most_versions, artifacts, stamps, manifests, ..
        } = self;
        let form = (project, edges, is_certified, most_versions, artifacts, stamps, manifests);
        let Self { requirement_places, constraint_places, patch_places, .. } = self;
        let Self { dependency_sets, text_forms, .. } = self;
        let places =
            (requirement_places, constraint_places, patch_places, dependency_sets, text_forms);
        (hash(&format!("{form:?}")), hash(&format!("{places:?}")))
    }

    /// The answer to one call, from the bytes that are remembered for all.
    pub fn response(
        &self,
        resolved: Resolved,
        elapsed: Duration,
    ) -> Result<v1::ResolveResponse, prost::DecodeError> {
        let mut response = v1::ResolveResponse::decode(resolved.encoded)?;
        self.form(&mut response.answers);
        if !response.answer_id.is_empty() {
            response.answer_id = Known::of(&response.answer_id, self).text();
        }
        if let Some(known) = &self.known {
            earlier::relate(&mut response, known, &resolved.earlier, self)?;
        }
        if let Some(freshness) = &mut response.freshness {
            if !self.stamps {
                freshness.stamps.clear();
            }
            let (oldest, newest) = resolved.vouched_at.unzip();
            freshness.oldest_fact_read_at = oldest.map(wire_instant);
            freshness.newest_fact_read_at = newest.map(wire_instant);
        }
        response.statistics = Some(statistics(&resolved.statistics, elapsed));
        Ok(response)
    }

    /// The answers of remembered bytes, as this caller is told them.
    pub(super) fn answers(
        &self,
        encoded: Bytes,
    ) -> Result<Vec<v1::ProjectAnswer>, prost::DecodeError> {
        let mut response = v1::ResolveResponse::decode(encoded)?;
        self.form(&mut response.answers);
        Ok(response.answers)
    }

    /// Gives answers the caller's form.
    fn form(&self, answers: &mut [v1::ProjectAnswer]) {
        for answer in answers {
            answer.project.clone_from(&self.project);
            match &mut answer.outcome {
                Some(Outcome::Solution(solution)) => {
                    self.name_sets(solution);
                    self.place_patches(solution);
                    self.cut(solution);
                }
                Some(Outcome::Conflict(found)) => {
                    conflict::place(found, |field| self.path(field));
                }
                Some(Outcome::Exhausted(exhausted)) => self.complete(exhausted),
                Some(Outcome::Needs(_)) | None => {}
            }
        }
    }

    /// Puts the caller's names of dependency sets where the places of requirements stand.
    fn name_sets(&self, solution: &mut v1::Solution) {
        solution.root_edges.iter_mut().for_each(|edge| self.name_set(edge));
    }

    pub(super) fn name_set(&self, edge: &mut v1::Edge) {
        let place = edge.dependency_set.parse::<usize>().ok();
        let set = place.and_then(|place| self.dependency_sets.get(place));
        let set = set.filter(|set| !set.is_empty());
        edge.dependency_set = set.map_or_else(|| "main".to_owned(), Clone::clone);
    }

    /// Puts the caller's places of patches where the engine's stand.
    fn place_patches(&self, solution: &mut v1::Solution) {
        for unused in &mut solution.unused_patches {
            let place = self.patch_places.get(unused.patch as usize);
            unused.patch =
                place.and_then(|place| u32::try_from(*place).ok()).unwrap_or(unused.patch);
        }
        solution.unused_patches.sort_by_key(|unused| unused.patch);
    }

    /// Cuts what was not asked for.
    fn cut(&self, solution: &mut v1::Solution) {
        let packages = solution.groups.iter_mut().flat_map(|group| &mut group.packages);
        for package in packages {
            if self.most_versions > 0 {
                cut_versions(package, self.most_versions);
            }
            if !self.is_certified {
                package.admitted.clear();
            }
            if !self.edges {
                package.edges.clear();
            }
            if !self.artifacts {
                package.artifacts.clear();
            }
            if !self.manifests
                && let Some(Details::Npm(npm)) = &mut package.details
            {
                npm.manifest.clear();
            }
        }
    }

    fn complete(&self, exhausted: &mut v1::Exhausted) {
        let limit = match exhausted.limit() {
            v1::BudgetLimit::Steps => self.steps_limit,
            v1::BudgetLimit::SolveTime => self.time_limit,
            v1::BudgetLimit::Unspecified | v1::BudgetLimit::Deadline | v1::BudgetLimit::Server => {
                v1::BudgetLimit::Server
            }
        };
        exhausted.set_limit(limit);
        for package in &mut exhausted.decided {
            package.project.clone_from(&self.project);
        }
    }
}

/// Cuts acceptable versions beyond the first so many, but for those that the client holds, and
/// whatever is said of them.
fn cut_versions(package: &mut v1::Package, most: usize) {
    let v1::Package { acceptable_versions, held_versions, edges, admitted, .. } = package;
    let held: HashSet<&str> = held_versions.iter().map(String::as_str).collect();
    let all = std::mem::take(acceptable_versions);
    let (kept, cut): (Vec<_>, Vec<_>) = all
        .into_iter()
        .enumerate()
        .partition(|(place, version)| *place < most || held.contains(version.as_str()));
    acceptable_versions.extend(kept.into_iter().map(|(_, version)| version));
    if cut.is_empty() {
        return;
    }
    let cut: HashSet<String> = cut.into_iter().map(|(_, version)| version).collect();
    edges.retain_mut(|edge| {
        let was_of_all = edge.versions.is_empty();
        edge.versions.retain(|version| !cut.contains(version));
        let is_of_none = !was_of_all && edge.versions.is_empty();
        if edge.versions.len() == acceptable_versions.len() {
            edge.versions.clear();
        }
        !is_of_none
    });
    for admitted in admitted {
        admitted.versions.retain(|version| !cut.contains(version));
    }
    package.set_acceptable_completeness(v1::AcceptableCompleteness::Cut);
}

/// Rounds a remaining time down, so that callers with nearly the same deadline can share one
/// computation: those with equal limits do.
fn rounded(remaining: Duration) -> Duration {
    let steps = remaining.as_millis() / DEADLINE_STEP.as_millis();
    match u32::try_from(steps) {
        Ok(0) | Err(_) => remaining,
        Ok(steps) => DEADLINE_STEP * steps,
    }
}

fn hash(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(text.as_bytes()).as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

pub(super) fn statistics(engine: &Statistics, elapsed: Duration) -> v1::Statistics {
    let spent = |phase: Phase| -> Duration {
        engine.phases.iter().filter(|(one, _)| *one == phase).map(|(_, time)| *time).sum()
    };
    let slowest = engine.phases.iter().max_by_key(|(_, time)| *time);
    v1::Statistics {
        remembered: engine.remembered,
        revalidating: engine.revalidating,
        rounds: engine.rounds,
        steps: engine.steps,
        documents_read: engine.documents_read,
        documents_fetched: engine.documents_fetched,
        bytes_fetched: engine.bytes_fetched,
        packages: engine.packages,
        solve_time: Some(wire_duration(spent(Phase::Solve))),
        fetch_time: Some(wire_duration(spent(Phase::Fetch))),
        total_time: Some(wire_duration(elapsed)),
        // A step stands out if it takes more than half of the time.
        slowest_step: slowest
            .filter(|(_, time)| *time * 2 > elapsed)
            .map_or_else(String::new, |(phase, _)| step(*phase).to_owned()),
        phases: engine
            .phases
            .iter()
            .map(|(phase, time)| v1::PhaseTime {
                phase: wire_phase(*phase).into(),
                time: Some(wire_duration(*time)),
            })
            .collect(),
    }
}

/// A phase in a few words for people.
fn step(phase: Phase) -> &'static str {
    match phase {
        Phase::Read => "reading the request",
        Phase::Remember => "looking for a remembered answer",
        Phase::Fetch => "reading registry documents",
        Phase::Solve => "solving",
        Phase::Widen => "looking for acceptable versions",
        Phase::Explain => "explaining the conflict",
        Phase::Write => "writing the answer",
    }
}

fn wire_phase(phase: Phase) -> v1::Phase {
    match phase {
        Phase::Read => v1::Phase::Read,
        Phase::Remember => v1::Phase::Remember,
        Phase::Fetch => v1::Phase::Fetch,
        Phase::Solve => v1::Phase::Solve,
        Phase::Widen => v1::Phase::Widen,
        Phase::Explain => v1::Phase::Explain,
        Phase::Write => v1::Phase::Write,
    }
}
