//! What to choose, how fresh facts are to be, and how much work is allowed.

use std::collections::HashSet;
use std::time::Duration;

use ecosystems::pypi::Name;
use engine::{ALL_PACKAGES, HeldPolicy, Prereleases, Project, Request, Strategy};
use proto::v1;

use super::faults::{Faults, Path};
use super::project::foreign_if;
use super::time;
use crate::errors::Reason;

/// The limits that the caller sets itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// Decisions of the solver.
    pub(super) steps: Option<u64>,
    /// Time for solving.
    pub(super) time: Option<Duration>,
}

/// Reads the policy. The request's environment must have been read before.
pub(super) fn policy(wire: v1::Policy, request: &mut Request, faults: &mut Faults) {
    let v1::Policy {
        strategy,
        prereleases,
        yanked,
        before,
        minimum_age,
        held_policy,
        only_binary,
        no_binary,
    } = wire;
    let path = Path::ROOT.field("policy");
    request.policy.strategy = read_strategy(strategy, path, faults);
    request.policy.prereleases = match &request.project {
        Project::Pypi(_) => read_prereleases(prereleases, path, faults),
        Project::Cargo(_) | Project::Npm(_) => {
            let asked = prereleases != v1::PrereleaseMode::Unspecified as i32;
            let what = "modes other than the ecosystem's own rule";
            faults.unsupported_if(asked, path.field("prereleases"), what);
            Prereleases::default()
        }
    };
    match v1::YankedMode::try_from(yanked) {
        Ok(v1::YankedMode::Unspecified | v1::YankedMode::Pinned) => {}
        Ok(v1::YankedMode::Disallow | v1::YankedMode::Allow) | Err(_) => {
            faults.unsupported_if(true, path.field("yanked"), "modes other than PINNED");
        }
    }
    request.policy.held = match v1::HeldPolicy::try_from(held_policy) {
        Ok(v1::HeldPolicy::Unspecified | v1::HeldPolicy::Freshest) => HeldPolicy::Freshest,
        Ok(v1::HeldPolicy::FewestBytes) => HeldPolicy::FewestBytes,
        Ok(v1::HeldPolicy::FewestChanges) => HeldPolicy::FewestChanges,
        Err(_) => {
            let what = format!("the value {held_policy}");
            faults.unsupported_if(true, path.field("held_policy"), &what);
            HeldPolicy::default()
        }
    };
    request.policy.before = before.and_then(|before| {
        let read = time::instant(before);
        if read.is_none() {
            faults.add(Reason::Malformed, path.field("before"), "is not an instant");
        }
        read
    });
    request.policy.minimum_age = length(minimum_age, path.field("minimum_age"), faults)
        .filter(|minimum_age| !minimum_age.is_zero());
    forms((only_binary, no_binary), request, faults);
}

fn read_strategy(wire: i32, path: Path<'_>, faults: &mut Faults) -> Strategy {
    match v1::Strategy::try_from(wire) {
        Ok(v1::Strategy::Unspecified | v1::Strategy::Highest) => Strategy::Highest,
        Ok(v1::Strategy::Lowest) => Strategy::Lowest,
        Ok(v1::Strategy::LowestDirect) => Strategy::LowestDirect,
        Err(_) => {
            faults.unsupported_if(true, path.field("strategy"), &format!("the value {wire}"));
            Strategy::default()
        }
    }
}

fn read_prereleases(wire: i32, path: Path<'_>, faults: &mut Faults) -> Prereleases {
    match v1::PrereleaseMode::try_from(wire) {
        Ok(v1::PrereleaseMode::Unspecified | v1::PrereleaseMode::IfNecessary) => {
            Prereleases::IfNecessary
        }
        Ok(v1::PrereleaseMode::Disallow) => Prereleases::Disallow,
        Ok(v1::PrereleaseMode::Explicit) => Prereleases::Explicit,
        Ok(v1::PrereleaseMode::Allow) => Prereleases::Allow,
        Err(_) => {
            faults.unsupported_if(true, path.field("prereleases"), &format!("the value {wire}"));
            Prereleases::default()
        }
    }
}

/// Reads which files of which projects count. A name in one list is an exception to `:all:` in the
/// other; what stands in both leaves nothing.
fn forms(
    (only_binary, no_binary): (Vec<String>, Vec<String>),
    request: &mut Request,
    faults: &mut Faults,
) {
    let path = Path::ROOT.field("policy");
    let allow_sdists = match &request.project {
        Project::Pypi(project) => project.environment.allow_sdists,
        Project::Cargo(_) | Project::Npm(_) => {
            foreign_if(!only_binary.is_empty(), path.field("only_binary"), faults);
            foreign_if(!no_binary.is_empty(), path.field("no_binary"), faults);
            return;
        }
    };
    check_names("only_binary", &only_binary, faults);
    check_names("no_binary", &no_binary, faults);
    if !no_binary.is_empty() && !allow_sdists {
        let description = "asks for source distributions, so set `allow_sdists` of the environment too, \
                           or leave it empty";
        faults.add(Reason::Contradictory, path.field("no_binary"), description);
    }
    let spelled =
        |text: &String| Name::parse(text).map_or_else(|_| text.clone(), |name| name.to_string());
    let wheels: HashSet<String> = only_binary.iter().map(spelled).collect();
    for (index, text) in no_binary.iter().enumerate() {
        if wheels.contains(&spelled(text)) {
            let description = format!("`{text}` is in `only_binary` too, which leaves no file");
            faults.add(Reason::Contradictory, path.entry("no_binary", index), description);
        }
    }
    request.policy.no_binary = no_binary;
    if allow_sdists {
        request.policy.only_binary = only_binary;
    }
}

fn check_names(field: &'static str, projects: &[String], faults: &mut Faults) {
    let path = Path::ROOT.field("policy");
    if !faults.list(path.field(field), projects) {
        return;
    }
    for (index, project) in projects.iter().enumerate() {
        let path = path.entry(field, index);
        faults.text(path, project);
        if project != ALL_PACKAGES
            && let Err(error) = Name::parse(project)
        {
            faults.add(Reason::Malformed, path, error.to_string());
        }
    }
}

/// Reads how old facts may be.
pub(super) fn freshness(wire: v1::Freshness, request: &mut Request, faults: &mut Faults) {
    let v1::Freshness { max_staleness, stale_while_revalidate } = wire;
    let path = Path::ROOT.field("freshness");
    request.max_staleness = length(max_staleness, path.field("max_staleness"), faults);
    request.stale_while_revalidate = stale_while_revalidate;
}

/// Reads how much work the caller allows.
pub(super) fn budget(wire: v1::Budget, request: &mut Request, faults: &mut Faults) -> Limits {
    let v1::Budget { max_steps, max_solve_time } = wire;
    let path = Path::ROOT.field("budget");
    let steps = Some(max_steps).filter(|steps| *steps > 0);
    let time = length(max_solve_time, path.field("max_solve_time"), faults);
    if time.is_some_and(|time| time.is_zero()) {
        faults.add(Reason::Malformed, path.field("max_solve_time"), "is not positive");
    }
    request.max_steps = steps;
    request.max_solve_time = time;
    Limits { steps, time }
}

fn length(
    wire: Option<prost_types::Duration>,
    path: Path<'_>,
    faults: &mut Faults,
) -> Option<Duration> {
    let read = time::duration(wire?);
    if read.is_none() {
        faults.add(Reason::Malformed, path, "is not a duration of zero or more");
    }
    read
}
