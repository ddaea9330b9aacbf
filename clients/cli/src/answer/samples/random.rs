//! Answers that hold, at random.

use std::collections::BTreeSet;

use proptest::{prelude::*, sample::Index};
use proto::v1::{Edge, Package, Solution};

use super::{admitted, edge, group, package, pypi};
use crate::answer::{Places, packages};

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
    // What no chosen version needs, the project asks for.
    answer.root_edges = vec![edge(&name(0), "", &[], &[])];
    for place in 1..shape.len() {
        let slot = name(place);
        if !Places::of(&answer).reached(|package| &package.version).contains(&*slot) {
            answer.root_edges.push(edge(&slot, "", &[], &[]));
        }
    }
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

/// Answers that hold, of two to seven packages.
pub(crate) fn answers() -> impl Strategy<Value = Solution> {
    let edge = (any::<Index>(), prop::collection::vec(any::<bool>(), 6));
    let package = (1_usize..6, prop::collection::vec(edge, 0..4));
    prop::collection::vec(package, 2..8).prop_map(|shape| answer(&shape))
}
