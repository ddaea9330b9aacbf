//! Laws: whatever is held, what is picked is acceptable, whole, and no more than is needed.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{prelude::*, sample::Index};
use proto::v1::Edge;

use super::*;
use crate::answer::samples::random::answers;

/// Some versions of an answer's packages, as held.
fn some_held(answer: &Solution, chosen: &[(Index, Index)]) -> Store {
    let packages: Vec<&Package> = answer::packages(answer).collect();
    let mut store = Store::default();
    for (package, version) in chosen {
        let package = package.get(&packages);
        let version: &String = version.get(&package.acceptable_versions);
        store.add(&package.name, version);
    }
    store
}

proptest! {
    #[test]
    fn a_pick_is_whole_and_no_more(
        answer in answers(),
        chosen in prop::collection::vec((any::<Index>(), any::<Index>()), 0..12),
    ) {
        let store = some_held(&answer, &chosen);
        let pick = pick(&answer, &store);
        let picked: BTreeMap<&str, &Picked<'_>> =
            pick.picked.iter().map(|picked| (picked.package.slot.as_str(), picked)).collect();
        // What is left out and what is picked are the answer together.
        prop_assert_eq!(picked.len() + pick.unneeded.len(), answer::packages(&answer).count());
        let mut edges: Vec<(&str, &Edge)> = answer.root_edges.iter().map(|edge| ("", edge)).collect();
        for Picked { package, version, fate, .. } in picked.values() {
            prop_assert!(package.acceptable_versions.iter().any(|acceptable| acceptable == version));
            prop_assert_eq!(*fate == Fate::Keep, store.holds(package, version));
            prop_assert!(*fate == Fate::Keep || *version == package.version);
            let better = package.acceptable_versions.iter().take_while(|better| better != version);
            let best = better.clone().all(|better| !store.holds(package, better));
            prop_assert!(best || *fate == Fate::Fetch);
            let own = |edge: &&Edge| edge.versions.is_empty() || edge.versions.iter().any(|of| of == version);
            let own = package.edges.iter().filter(own);
            edges.extend(own.map(|edge| (package.slot.as_str(), edge)));
        }
        // Every edge of what is picked is met by what is picked, by the list that proves it.
        for (_, edge) in &edges {
            let target = picked.get(edge.target.as_str());
            prop_assert!(target.is_some(), "{} is left out", edge.target);
            let meets = target.is_some_and(|target| {
                let mut lists = target.package.admitted.iter();
                let list = lists.find(|list| list.range == edge.range && list.extras == edge.extras);
                list.is_some_and(|list| list.versions.iter().any(|version| version == target.version))
            });
            prop_assert!(meets, "{}", edge.requirement);
        }
        // Everything picked is needed: from the project on, edges lead to it.
        let mut needed: BTreeSet<&str> = BTreeSet::new();
        let mut known = usize::MAX;
        while known != needed.len() {
            known = needed.len();
            needed.extend(answer.root_edges.iter().map(|edge| edge.target.as_str()));
            let own = edges.iter().filter(|(from, _)| needed.contains(from));
            needed.extend(own.map(|(_, edge)| edge.target.as_str()).collect::<Vec<_>>());
        }
        prop_assert!(picked.keys().eq(needed.iter()));
    }
}
