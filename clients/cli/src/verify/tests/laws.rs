//! Laws: what holds is found to hold, and one broken thing is found.

use proptest::{prelude::*, sample::Index};
use proto::v1::Solution;

use super::{at, found};
use crate::answer::{
    packages,
    samples::{edge, random::answers},
};

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
