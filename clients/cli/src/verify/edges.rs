//! That every edge is met, whatever is picked on either side of it.

use proto::v1::{Edge, Package, Violation, package::Details};

use super::{Extent, violation, written};
use crate::{
    answer::{Place, Places},
    print::took::counted,
};

/// Checks an edge of the project itself.
pub(super) fn check_root(
    edge: &Edge,
    places: &Places<'_>,
    extent: Extent,
    found: &mut Vec<Violation>,
) {
    let subject = match edge.member.as_str() {
        "" => format!("the project's edge `{}`", written(edge)),
        member => format!("the edge `{}` of the member `{member}`", written(edge)),
    };
    if !edge.versions.is_empty() {
        let text = format!("{subject} is one of versions, and a project has none");
        found.push(violation("", "", text));
    }
    let faults = faults(edge, places, extent).into_iter();
    found.extend(faults.map(|fault| violation("", "", format!("{subject} {fault}"))));
}

/// Checks an edge of a package.
pub(super) fn check(
    package: &Package,
    edge: &Edge,
    places: &Places<'_>,
    extent: Extent,
    found: &mut Vec<Violation>,
) {
    let (version, others) = match &edge.versions[..] {
        [] => ("", String::new()),
        [only] => (only.as_str(), String::new()),
        [first, others @ ..] => {
            (first.as_str(), format!(" (and that of {})", counted(others.len(), "other version")))
        }
    };
    let subject = format!("its edge `{}`{others}", written(edge));
    let faults = faults(edge, places, extent).into_iter();
    found.extend(
        faults.map(|fault| violation(&package.slot, version, format!("{subject} {fault}"))),
    );
}

/// What is wrong with an edge, as what is said of it.
fn faults(edge: &Edge, places: &Places<'_>, extent: Extent) -> Vec<String> {
    let target = match places.find(&edge.target) {
        Some(Place::Package(target)) => target,
        // Nothing of a member's is chosen.
        Some(Place::Member(_)) => return Vec::new(),
        None => return vec![format!("leads to `{}`, which the answer does not have", edge.target)],
    };
    let mut faults = Vec::new();
    if !edge.extras.is_sorted_by(|before, after| before < after) {
        faults.push("does not sort what it asks for".to_owned());
    }
    if extent == Extent::Certificate {
        faults.extend(unadmitted(edge, target));
    }
    faults.extend(missing_extra(edge, target));
    faults
}

/// Tells if an acceptable version of the target is not listed as admitted by the edge.
fn unadmitted(edge: &Edge, target: &Package) -> Option<String> {
    let asked_here = asked(&edge.range, &edge.extras);
    let entry = target
        .admitted
        .iter()
        .find(|entry| entry.range == edge.range && entry.extras == edge.extras);
    let slot = &target.slot;
    let Some(entry) = entry else {
        return Some(format!("leads to `{slot}`, which lists nothing as admitted by {asked_here}"));
    };
    let mut missing =
        target.acceptable_versions.iter().filter(|version| !entry.versions.contains(version));
    let first = missing.next()?;
    let others = match missing.count() {
        0 => String::new(),
        others => format!(" (and {})", counted(others, "other")),
    };
    Some(format!(
        "leads to `{slot}`, which does not list its acceptable version {first}{others} as admitted by {asked_here}"
    ))
}

/// Tells if the edge asks for an extra or a feature that is not on in the target.
///
/// What of a crate is on is known for a lock alone: for a target it depends on the machine that an edge
/// is compiled for. A crate need not have the feature `default`, and a feature with a slash is one of
/// another crate.
fn missing_extra(edge: &Edge, target: &Package) -> Option<String> {
    let (what, missing) = match &target.details {
        Some(Details::Pypi(pypi)) => {
            ("extra", edge.extras.iter().find(|extra| !pypi.extras.contains(extra)))
        }
        Some(Details::Cargo(cargo)) if !cargo.for_target && !cargo.for_host => {
            let mut own = edge
                .extras
                .iter()
                .filter(|feature| feature.as_str() != "default" && !feature.contains('/'));
            ("feature", own.find(|feature| !cargo.features.contains(feature)))
        }
        Some(Details::Cargo(_) | Details::Npm(_)) | None => return None,
    };
    let missing = missing?;
    Some(format!("asks for the {what} `{missing}`, which is not on in `{}`", target.slot))
}

/// What an edge asks of its target.
pub(super) fn asked(range: &str, extras: &[String]) -> String {
    let range =
        if range.is_empty() { "an edge without a range".to_owned() } else { format!("`{range}`") };
    match extras {
        [] => range,
        extras => format!("{range} with `{}`", extras.join("`, `")),
    }
}
