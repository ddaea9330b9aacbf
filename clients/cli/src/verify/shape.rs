//! What the contract says of lists: what is there once, what is sorted, what is part of what.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use proto::v1::{
    AcceptableCompleteness, AdmittedVersions, Edge, Package, Solution, Violation, package::Details,
};

use super::{repeated, violation, written};
use crate::answer;

/// Checks registries and slots.
pub(super) fn check_solution(solution: &Solution, found: &mut Vec<Violation>) {
    let mut registries = BTreeSet::new();
    for group in &solution.groups {
        let registry = &group.registry;
        if !registries.insert(registry) {
            found.push(violation("", "", format!("the registry `{registry}` is listed twice")));
        }
        if group.packages.is_empty() {
            let text = format!("the registry `{registry}` is listed without packages");
            found.push(violation("", "", text));
        }
        for (before, package) in group.packages.iter().zip(group.packages.iter().skip(1)) {
            if before.slot > package.slot {
                let text = format!("it is listed behind `{}`, and slots are sorted", before.slot);
                found.push(violation(&package.slot, "", text));
            }
        }
    }
    check_slots(solution, found);
    check_details(solution, found);
}

/// A slot is there once, be it of a package or of a member.
fn check_slots(solution: &Solution, found: &mut Vec<Violation>) {
    let mut slots = BTreeMap::new();
    for (group, package) in answer::grouped(solution) {
        let place = format!("a package of `{}`", group.registry);
        if let Some(other) = slots.insert(package.slot.as_str(), place.clone()) {
            let text = format!("the slot is filled twice, by {other} and by {place}");
            found.push(violation(&package.slot, "", text));
        }
        if package.slot.is_empty() {
            let text = format!("the package `{}` has no slot", package.name);
            found.push(violation("", "", text));
        }
        if package.name.is_empty() {
            found.push(violation(&package.slot, "", "the package has no name".to_owned()));
        }
    }
    for member in &solution.members {
        let place = format!("the member `{}`", member.name);
        if let Some(other) = slots.insert(&member.slot, place.clone()) {
            let text = format!("the slot is filled twice, by {other} and by {place}");
            found.push(violation(&member.slot, "", text));
        }
    }
}

/// All packages are of the one ecosystem that the project is of.
fn check_details(solution: &Solution, found: &mut Vec<Violation>) {
    let mut first = None;
    for package in answer::packages(solution) {
        let Some(details) = &package.details else {
            let text = "it does not say of which ecosystem it is".to_owned();
            found.push(violation(&package.slot, "", text));
            continue;
        };
        let kind = std::mem::discriminant(details);
        let (other, same) = *first.get_or_insert((package, kind));
        if kind != same {
            let text = format!("it is of another ecosystem than `{}`", other.slot);
            found.push(violation(&package.slot, "", text));
        }
    }
}

/// Checks the lists of one package.
pub(super) fn check_package(package: &Package, found: &mut Vec<Violation>) {
    let Package { slot, version, acceptable_versions, .. } = package;
    if version.is_empty() {
        found.push(violation(slot, "", "no version is chosen".to_owned()));
    }
    if !acceptable_versions.contains(version) {
        let text = "it is chosen, and is not among the acceptable versions".to_owned();
        found.push(violation(slot, version, text));
    }
    if let Some(twice) = repeated(acceptable_versions) {
        found.push(violation(
            slot,
            twice,
            "it is listed twice among the acceptable versions".to_owned(),
        ));
    }
    check_completeness(package, found);
    check_held(package, found);
    check_names(package, found);
    check_order(package, found);
    check_admitted(package, found);
    for edge in &package.edges {
        check_versions(package, edge, found);
    }
}

fn check_completeness(package: &Package, found: &mut Vec<Violation>) {
    let count = package.acceptable_versions.len();
    match package.acceptable_completeness() {
        AcceptableCompleteness::Unspecified => {
            let text = "it does not say how far its acceptable versions go".to_owned();
            found.push(violation(&package.slot, "", text));
        }
        AcceptableCompleteness::NotTried if count > 1 => {
            let text = format!("it has {count} acceptable versions, and says that none was tried");
            found.push(violation(&package.slot, "", text));
        }
        AcceptableCompleteness::NotTried
        | AcceptableCompleteness::Complete
        | AcceptableCompleteness::Cut
        | AcceptableCompleteness::Budget
        | AcceptableCompleteness::Unreadable
        | AcceptableCompleteness::Reach => {}
    }
}

/// The held versions are some of the acceptable ones, in their order.
fn check_held(package: &Package, found: &mut Vec<Violation>) {
    let Package { slot, version, acceptable_versions, held_versions, .. } = package;
    let acceptable: HashSet<&String> = acceptable_versions.iter().collect();
    let strange = held_versions.iter().find(|held| !acceptable.contains(held));
    if let Some(strange) = strange {
        let text = "it is held, and is not among the acceptable versions".to_owned();
        found.push(violation(slot, strange, text));
    } else {
        let mut rest = acceptable_versions.iter();
        if !held_versions.iter().all(|held| rest.any(|version| version == held)) {
            let text = "its held versions are not in the order of the acceptable ones".to_owned();
            found.push(violation(slot, "", text));
        }
    }
    let text = match (package.held, held_versions.contains(version)) {
        (true, false) => "it is marked as held, and is not among the held versions",
        (false, true) => "it is among the held versions, and is not marked as held",
        (true, true) | (false, false) => return,
    };
    found.push(violation(slot, version, text.to_owned()));
}

/// Extras and features are sorted and there once.
fn check_names(package: &Package, found: &mut Vec<Violation>) {
    let lists = match &package.details {
        Some(Details::Pypi(pypi)) => vec![("extras", &pypi.extras)],
        Some(Details::Cargo(cargo)) => {
            vec![("features", &cargo.features), ("features", &cargo.host_features)]
        }
        Some(Details::Npm(_)) | None => return,
    };
    for (what, names) in lists {
        if !names.is_sorted_by(|before, after| before < after) {
            found.push(violation(&package.slot, "", format!("its {what} are not sorted")));
        }
    }
}

/// Edges, and what edges ask, are sorted; what they ask is there once.
fn check_order(package: &Package, found: &mut Vec<Violation>) {
    for (before, edge) in package.edges.iter().zip(package.edges.iter().skip(1)) {
        if (&before.target, &before.requirement) > (&edge.target, &edge.requirement) {
            let text = format!(
                "its edge `{}` is listed behind `{}`, and edges are sorted by target, then requirement",
                written(edge),
                written(before)
            );
            found.push(violation(&package.slot, "", text));
        }
    }
    for (before, entry) in package.admitted.iter().zip(package.admitted.iter().skip(1)) {
        let order = (&before.range, &before.extras).cmp(&(&entry.range, &entry.extras));
        let text = match order {
            Ordering::Less => continue,
            Ordering::Equal => format!("it says twice what {} admits", asked(entry)),
            Ordering::Greater => format!(
                "what {} admits is listed behind what {} admits, and ranges are sorted",
                asked(entry),
                asked(before)
            ),
        };
        found.push(violation(&package.slot, "", text));
    }
}

/// What an edge admits is some of the acceptable versions.
fn check_admitted(package: &Package, found: &mut Vec<Violation>) {
    let acceptable: HashSet<&String> = package.acceptable_versions.iter().collect();
    for entry in &package.admitted {
        if let Some(strange) = entry.versions.iter().find(|version| !acceptable.contains(version)) {
            let text = format!("{} is said to admit it, and it is not acceptable", asked(entry));
            found.push(violation(&package.slot, strange, text));
        }
        if let Some(twice) = repeated(&entry.versions) {
            let text = format!("it is listed twice among what {} admits", asked(entry));
            found.push(violation(&package.slot, twice, text));
        }
    }
}

/// An edge is one of acceptable versions.
fn check_versions(package: &Package, edge: &Edge, found: &mut Vec<Violation>) {
    for version in &edge.versions {
        if !package.acceptable_versions.contains(version) {
            let text = format!("it has the edge `{}`, and is not acceptable", written(edge));
            found.push(violation(&package.slot, version, text));
        }
    }
    if let Some(twice) = repeated(&edge.versions) {
        let text = format!("it is listed twice among the versions of the edge `{}`", written(edge));
        found.push(violation(&package.slot, twice, text));
    }
}

/// What edges ask of a package.
fn asked(entry: &AdmittedVersions) -> String {
    super::edges::asked(&entry.range, &entry.extras)
}
