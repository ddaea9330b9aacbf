//! Answers that hold, and the same broken in every way.

use proto::v1::{AcceptableCompleteness, NpmPackage};

use super::*;
use crate::answer::samples::{self, admitted, cargo, edge, pypi, texts};

mod laws;

fn found(solution: &Solution) -> Vec<String> {
    violations(solution, Extent::Certificate).iter().map(told).collect()
}

/// A package by its place, group by group.
fn at(solution: &mut Solution, place: usize) -> &mut Package {
    solution.groups.iter_mut().flat_map(|group| &mut group.packages).nth(place).unwrap()
}

type Damage = (&'static str, fn(&mut Solution));

/// What is told of an answer after each damage.
fn report(whole: &Solution, damages: &[Damage]) -> String {
    assert_eq!(found(whole), Vec::<String>::new());
    let mut report = String::new();
    for (what, damage) in damages {
        let mut broken = whole.clone();
        damage(&mut broken);
        let found = found(&broken);
        assert!(!found.is_empty(), "{what}");
        report.push_str(&format!("{what}\n"));
        report.extend(found.iter().map(|told| format!("    {told}\n")));
    }
    report
}

#[test]
fn answers_that_hold_are_found_to() {
    for solution in [samples::python(), samples::workspace(), samples::tree(), Solution::default()]
    {
        assert_eq!(found(&solution), Vec::<String>::new());
        assert!(has_certificate(&solution));
    }
    let proved = Proved::by(&samples::python());
    assert_eq!((proved.packages, proved.versions, proved.edges), (3, 6, 5));
    assert!((proved.magnitude - 6.0_f64.log10()).abs() < 1e-9);
}

#[test]
fn lists_that_break_the_contract_are_told() {
    // Places: 0 app, 1 log, 2 web.
    let damages: &[Damage] = &[
        ("a registry twice", |answer| answer.groups[1].registry = "corp".into()),
        ("an empty registry", |answer| answer.groups.push(samples::group("spare", vec![]))),
        ("packages out of order", |answer| answer.groups[1].packages.swap(0, 1)),
        ("a slot twice", |answer| at(answer, 1).slot = "app".into()),
        ("a slot of a package and of a member", |answer| {
            answer.members.push(proto::v1::MemberPick {
                slot: "log".into(),
                name: "ours".into(),
                ..Default::default()
            });
        }),
        ("no slot", |answer| at(answer, 1).slot.clear()),
        ("no name", |answer| at(answer, 1).name.clear()),
        ("no version", |answer| at(answer, 1).version.clear()),
        ("another version chosen", |answer| at(answer, 2).version = "1.3".into()),
        ("a version twice", |answer| at(answer, 2).acceptable_versions.push("1.1".into())),
        ("silence on how far versions go", |answer| at(answer, 2).acceptable_completeness = 0),
        ("versions, and none tried", |answer| {
            at(answer, 2).set_acceptable_completeness(AcceptableCompleteness::NotTried);
        }),
        ("another version held", |answer| at(answer, 2).held_versions = texts(&["1.1", "0.9"])),
        ("held versions out of order", |answer| {
            at(answer, 2).held_versions = texts(&["1.0", "1.1"]);
        }),
        ("a held version twice", |answer| at(answer, 2).held_versions = texts(&["1.1", "1.1"])),
        ("held by the list alone", |answer| at(answer, 2).held_versions = texts(&["1.2"])),
        ("held by the mark alone", |answer| at(answer, 2).held = true),
        ("no details", |answer| at(answer, 1).details = None),
        ("details of another ecosystem", |answer| {
            at(answer, 1).details = Some(Details::Npm(NpmPackage::default()));
        }),
        ("extras out of order", |answer| at(answer, 2).details = Some(pypi(&["tls", "async"]))),
        ("edges out of order", |answer| at(answer, 0).edges.swap(0, 1)),
        ("admitted versions out of order", |answer| at(answer, 2).admitted.swap(0, 1)),
        ("admitted versions twice", |answer| {
            let twice = at(answer, 2).admitted[1].clone();
            at(answer, 2).admitted.push(twice);
        }),
        ("a strange version admitted", |answer| {
            at(answer, 2).admitted[1].versions.push("0.9".into());
        }),
        ("a version admitted twice", |answer| {
            at(answer, 2).admitted[1].versions.push("1.0".into());
        }),
        ("an edge of a strange version", |answer| at(answer, 0).edges[0].versions = texts(&["3"])),
        ("an edge of a version twice", |answer| {
            at(answer, 0).edges[0].versions = texts(&["2", "2"]);
        }),
    ];
    insta::assert_snapshot!(report(&samples::python(), damages));
}

#[test]
fn edges_that_are_not_met_are_told() {
    let damages: &[Damage] = &[
        ("an edge to nowhere", |answer| at(answer, 0).edges[0].target = "blog".into()),
        ("an edge of two versions to nowhere", |answer| {
            at(answer, 2).edges[0].target = "blog".into();
        }),
        ("an edge of the project to nowhere", |answer| answer.root_edges[0].target = "blog".into()),
        ("a package left out", |answer| drop(answer.groups[1].packages.remove(0))),
        ("a range without its list", |answer| at(answer, 0).edges[1].range = ">=1.1".into()),
        ("extras without their list", |answer| {
            at(answer, 0).edges[1].extras = texts(&["async", "tls"]);
            at(answer, 2).details = Some(pypi(&["async", "tls"]));
        }),
        ("no range and no list", |answer| drop(at(answer, 0).admitted.remove(0))),
        ("a version not admitted", |answer| drop(at(answer, 2).admitted[0].versions.remove(2))),
        ("several versions not admitted", |answer| at(answer, 2).admitted[1].versions.truncate(1)),
        ("another version acceptable", |answer| at(answer, 1).acceptable_versions.push("4".into())),
        ("an edge that asks for an extra that is off", |answer| {
            at(answer, 2).details = Some(pypi(&[]));
        }),
        ("an edge whose extras are not sorted", |answer| {
            answer.root_edges[1].extras = texts(&["tls", "async"]);
            at(answer, 2).admitted.push(admitted(
                ">=1,<2",
                &["tls", "async"],
                &["1.2", "1.1", "1.0"],
            ));
            at(answer, 2).details = Some(pypi(&["async", "tls"]));
        }),
        ("an edge of versions of the project", |answer| {
            answer.root_edges[0].versions = texts(&["2"]);
        }),
        ("what only another version needs", |answer| {
            at(answer, 0).edges[0].versions = texts(&["1"]);
        }),
        ("what nothing needs", |answer| drop(at(answer, 0).edges.remove(0))),
        ("nothing asked for", |answer| answer.root_edges.clear()),
    ];
    insta::assert_snapshot!(report(&samples::python(), damages));
}

#[test]
fn features_and_libraries_of_crates_are_checked() {
    // Places: 0 derive, 1 ssl, 2 web.
    let damages: &[Damage] = &[
        ("a feature that is off", |answer| at(answer, 0).details = Some(cargo(&["parsing"], ""))),
        ("two that link a library", |answer| {
            at(answer, 2).details = Some(cargo(&["default"], "openssl"));
        }),
        ("features out of order", |answer| {
            at(answer, 0).details = Some(cargo(&["parsing", "full"], ""));
        }),
        ("a member that is not there", |answer| drop(answer.members.remove(1))),
        ("an edge of a member that is not met", |answer| at(answer, 2).admitted.clear()),
    ];
    insta::assert_snapshot!(report(&samples::workspace(), damages));
    // For a target, what is on depends on what an edge is compiled for.
    let mut built = samples::workspace();
    let details = Details::Cargo(proto::v1::CargoPackage { for_host: true, ..Default::default() });
    at(&mut built, 0).details = Some(details);
    assert_eq!(found(&built), Vec::<String>::new());
}

#[test]
fn places_of_npm_may_be_loose() {
    let damages: &[Damage] = &[("nothing leads to a package", |answer| {
        drop(answer.root_edges.remove(1));
    })];
    insta::assert_snapshot!(report(&samples::tree(), damages));
}

#[test]
fn without_a_certificate_the_shape_alone_is_checked() {
    let mut plain = samples::python();
    for place in 0..3 {
        at(&mut plain, place).admitted.clear();
    }
    assert!(!has_certificate(&plain));
    assert_eq!(violations(&plain, Extent::Shape), []);
    at(&mut plain, 0).edges.push(edge("zope", "", &[], &[]));
    assert_eq!(violations(&plain, Extent::Shape).len(), 1);
}
