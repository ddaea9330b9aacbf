//! Laws: what holds is found to hold, and one broken thing is found.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::Index};

use super::{at, found};
use crate::answer::{
    packages,
    samples::{admitted, edge, group, package, pypi},
};
use proto::v1::{Edge, Package, Solution};

/// Where an edge leads, and which versions have it.
type Link = (Index, Vec<bool>);

/// An answer as random numbers say: for each package how many versions it has, and its edges.
fn answer(shape: &[(usize, Vec<Link>)]) -> Solution {
    let name = |place: usize| format!("p{place:02}");
    let mut packages: Vec<Package> = Vec::new();
    for (place, (versions, edges)) in shape.iter().enumerate() {
        let versions: Vec<String> =
            (0..*versions).rev().map(|version| format!("{version}.0")).collect();
        let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
        let edges = edges.iter().enumerate().map(|(number, (target, of))| {
            let of: Vec<&str> = versions
                .iter()
                .zip(of)
                .filter(|(_, is_of)| **is_of)
                .map(|(version, _)| *version)
                .collect();
            edge(&name(target.index(shape.len())), &format!(">={number}"), &[], &of)
        });
        let mut edges: Vec<Edge> = edges.collect();
        edges.sort_by(|one, other| {
            (&one.target, &one.requirement).cmp(&(&other.target, &other.requirement))
        });
        packages.push(package(&name(place), &versions, edges, pypi(&[])));
    }
    let mut answer = Solution { groups: vec![group("pypi", packages)], ..Solution::default() };
    // The project asks for everything, so that all is reached whatever an edge leads to.
    answer.root_edges = (0..shape.len()).map(|place| edge(&name(place), "", &[], &[])).collect();
    certify(&mut answer);
    answer
}

/// Gives every package a list of what edges ask of it.
fn certify(answer: &mut Solution) {
    let inner = packages(answer).flat_map(|package| &package.edges);
    let asked: BTreeSet<(String, String)> = inner
        .chain(&answer.root_edges)
        .map(|edge| (edge.target.clone(), edge.range.clone()))
        .collect();
    for package in answer.groups.iter_mut().flat_map(|group| &mut group.packages) {
        let versions: Vec<&str> = package.acceptable_versions.iter().map(String::as_str).collect();
        let asked = asked.iter().filter(|(target, _)| *target == package.slot);
        package.admitted = asked.map(|(_, range)| admitted(range, &[], &versions)).collect();
    }
}

fn answers() -> impl Strategy<Value = Solution> {
    let edge = (any::<Index>(), prop::collection::vec(any::<bool>(), 6));
    let package = (1_usize..6, prop::collection::vec(edge, 0..4));
    prop::collection::vec(package, 2..8).prop_map(|shape| answer(&shape))
}

/// Breaks one thing of one package. Every number below 12 is a way to do so.
fn break_one(answer: &mut Solution, way: usize, place: Index, part: Index) {
    let count = packages(answer).count();
    let package = at(answer, place.index(count));
    let versions = package.acceptable_versions.len();
    let entries = package.admitted.len();
    match way {
        0 => package.acceptable_versions.push("strange".into()),
        1 => package.acceptable_versions.push(package.version.clone()),
        2 => drop(package.acceptable_versions.remove(part.index(versions))),
        3 => package.version = "strange".into(),
        4 => drop(package.admitted.remove(part.index(entries))),
        5 => drop(package.admitted[part.index(entries)].versions.remove(part.index(versions))),
        6 => package.admitted[part.index(entries)].range.push_str(",<9"),
        7 => package.admitted[part.index(entries)].extras.push("tls".into()),
        8 => package.held_versions.push("strange".into()),
        9 => package.edges.insert(0, edge("a stranger", "", &[], &[])),
        10 => package.edges.push(edge("p00", "<strange", &[], &[])),
        _ => {
            let slot = package.slot.clone();
            answer.groups[0].packages.retain(|package| package.slot != slot);
        }
    }
}

proptest! {
    #[test]
    fn consistent_answers_hold(answer in answers()) {
        prop_assert_eq!(found(&answer), Vec::<String>::new());
    }

    #[test]
    fn one_broken_thing_is_found(
        answer in answers(),
        way in 0_usize..12,
        place in any::<Index>(),
        part in any::<Index>(),
    ) {
        let mut broken = answer;
        break_one(&mut broken, way, place, part);
        prop_assert!(!found(&broken).is_empty(), "way {way}");
    }
}
