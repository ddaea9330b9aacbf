//! What the caller should know besides the answer.

use std::collections::BTreeSet;

use solver::npm::{Content, LockedContent, Passed, Place, Solution, View};

use super::Asked;
use super::record::release;
use crate::answer::{Warning, WarningCode};
use crate::record;

/// Each thing once, however often it lies in the tree.
pub(super) fn warnings(asked: &Asked, solved: &Solution, view: View) -> Vec<Warning> {
    let mut warnings = BTreeSet::new();
    warnings.extend(solved.not_taken_up.iter().filter_map(|at| unlocked(asked, solved, *at)));
    for adjusted in &solved.adjusted {
        let text = format!(
            "npm refuses the project with the newest `{}` that `{}` admits; with {} all fits",
            adjusted.name, adjusted.spec, adjusted.version
        );
        warnings.insert(about(WarningCode::Adjusted, &adjusted.name, text));
    }
    warnings.extend(solved.passed.iter().map(|one| passed(solved, one)));
    for (code, places, what) in [
        (WarningCode::Platform, view.unfit, "does not run on this platform"),
        (WarningCode::Engine, view.unsupported, "is not made for this version of Node.js or npm"),
    ] {
        for place in places {
            let Place { package, version, .. } = &solved.places[place];
            warnings.insert(about(code, package, format!("`{package}` {version} {what}")));
        }
    }
    solved.places.iter().for_each(|place| of_release(place, &mut warnings));
    warnings.into_iter().collect()
}

fn about(code: WarningCode, package: &str, text: String) -> Warning {
    Warning { code, text, package: package.to_owned() }
}

/// A place of the lock that could not be taken up; links go with what they lead to, and what another
/// version was tried of is told as that.
fn unlocked(asked: &Asked, solved: &Solution, place: usize) -> Option<Warning> {
    let locked = &asked.problem.locked[place];
    let LockedContent::Release { package, version } = &locked.content else { return None };
    let at_top = locked.location.strip_prefix("node_modules/");
    if solved.adjusted.iter().any(|adjusted| Some(&*adjusted.name) == at_top) {
        return None;
    }
    let text = format!(
        "`{package}` {version} could not stay locked at `{}`: the registry does not have it any \
         more, or what it lies in is gone",
        locked.location
    );
    Some(about(WarningCode::NoEffect, package.as_str(), text))
}

fn passed(solved: &Solution, passed: &Passed) -> Warning {
    let from = &solved.places[passed.from];
    let found = match passed.found.map(|found| &solved.places[found]) {
        Some(found) => format!("`{}` {} is there", found.package, found.version),
        None => "there is none".to_owned(),
    };
    let text = format!(
        "`{}` {} requires `{}@{}`, and {found}; npm lets that pass",
        from.package, from.version, passed.name, passed.spec
    );
    about(WarningCode::Unmet, &from.package, text)
}

fn of_release(place: &Place, warnings: &mut BTreeSet<Warning>) {
    let Some(manifest) = release(place) else { return };
    let Place { package, version, .. } = place;
    let mut warn = |code, text| warnings.insert(about(code, package, text));
    if let Some(reason) = &manifest.traits.deprecated {
        // A publisher may write more than a line.
        let reason = reason.trim().lines().next().unwrap_or_default().trim_end();
        let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        warn(WarningCode::Deprecated, format!("`{package}` {version} is deprecated{because}"));
    }
    if place.has_unread_bundle {
        let text = format!(
            "`{package}` {version} brings packages in its archive, which nobody looked into: they \
             are not listed"
        );
        warn(WarningCode::UnreadBundle, text);
    }
    if let Content::Release { packument, .. } = &place.content
        && let Some(text) = record::first_of(&packument.warnings)
    {
        warn(WarningCode::LenientMetadata, text);
    }
}
