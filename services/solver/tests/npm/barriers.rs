//! Sets that are wrong on purpose, and why versions are not in theirs.

use std::fmt::Write as _;

use ecosystems::npm::Version;
use solver::npm::{Content, Edge, Outcome, Policy, Problem, Solution, barriers, check, widen};
use solver::widen::{Acceptable, AcceptableSet, Barrier, Reach};

use super::STEPS;
use super::case;
use super::world::World;

/// A registry in which there is a reason of each kind.
const DOCUMENTS: [(&str, &str); 5] = [
    (
        "web",
        r#"{"dist-tags":{"latest":"1.4.0"},"versions":{
            "1.0.0":{"dependencies":{"log":"^1.0.0"}},
            "1.1.0":{"dependencies":{"log":"^1.0.0","extra":"^1.0.0"}},
            "1.2.0":{"dependencies":{"log":"1.3.0"}},
            "1.3.0":{"dependencies":{"log":"^1.1.0"},"deprecated":"for 1.4.0"},
            "1.4.0":{"dependencies":{"log":"^1.1.0"},"optionalDependencies":{"gone":"^1.0.0"}},
            "2.0.0":{"dependencies":{"log":"^1.1.0"}}}}"#,
    ),
    (
        "log",
        r#"{"dist-tags":{"latest":"1.3.0"},"versions":{
            "1.0.0":{},"1.1.0":{},"1.2.0":{"engines":{"node":">=99"}},"1.3.0":{}}}"#,
    ),
    (
        "kit",
        r#"{"dist-tags":{"latest":"1.4.0"},"versions":{
            "1.0.0":{"os":["linux"]},
            "1.1.0":{"dependencies":{"log":"*"},"bundleDependencies":["log"]},
            "1.2.0":{"peerDependencies":{"web":"^2.0.0"}},
            "1.3.0":{"optionalDependencies":{"extra":"^1.0.0"}},
            "1.4.0":{"peerDependencies":{"web":"^1.0.0"}}}}"#,
    ),
    ("extra", r#"{"dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{}}}"#),
    ("gone", r#"{"dist-tags":{"latest":"2.0.0"},"versions":{"2.0.0":{}}}"#),
];

const PROJECT: &str = r#"{"dependencies":{"web":"^1.0.0","log":"^1.0.0","kit":"^1.0.0"}}"#;

struct Given {
    world: World,
    problem: Problem,
    solution: Solution,
    sets: Vec<AcceptableSet<Edge>>,
}

fn given() -> Given {
    let documents = DOCUMENTS.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let mut world = World::of(documents.into());
    let node = Some(Version::parse("20.0.0").expect("a version"));
    let policy = Policy { node, ..Policy::default() };
    let problem = Problem { project: case::read(PROJECT).0, policy, ..Problem::default() };
    let Outcome::Solved(solution) = world.solve(&problem, STEPS).0 else { panic!("no answer") };
    let reach = Reach { newest: u32::MAX };
    let sets = widen(&problem, world.universe(), &solution, reach, &|| false).sets;
    Given { world, problem, solution, sets }
}

impl Given {
    fn title(&self, slot: usize, position: u32) -> String {
        match &self.solution.places[slot].content {
            Content::Release { packument, .. } => {
                format!("{} {}", packument.name, packument.manifests[position as usize].version)
            }
            other => panic!("{other:?}"),
        }
    }

    fn said(&self, barrier: &Barrier) -> String {
        match barrier {
            Barrier::Unavailable(reason) => reason.clone(),
            Barrier::Excluded { by, requirement } => {
                let by = by.map(|(slot, position)| self.title(slot, position));
                format!("{} requires {requirement}", by.as_deref().unwrap_or("the project"))
            }
            Barrier::Missing { requirement } => format!("requires {requirement}, not there"),
            Barrier::Clash { requirement, slot, positions } => {
                let others = positions.iter().map(|position| self.title(*slot, *position));
                format!("requires {requirement}, not {}", others.collect::<Vec<_>>().join(", "))
            }
            Barrier::Claimed { .. } | Barrier::Cycle { .. } => panic!("{barrier:?}"),
        }
    }
}

#[test]
fn why_a_version_is_in_no_set_is_said() {
    let given = given();
    let mut text = String::new();
    for (slot, place) in given.solution.places.iter().enumerate() {
        let Content::Release { packument, .. } = &place.content else { continue };
        for position in (0..).take(packument.manifests.len()) {
            let barriers = barriers(
                &given.problem,
                given.world.universe(),
                &given.solution,
                &given.sets,
                (slot, position),
            );
            let said: Vec<String> = barriers.iter().map(|barrier| given.said(barrier)).collect();
            let said = if said.is_empty() { "is there".to_owned() } else { said.join("; ") };
            writeln!(text, "{}: {said}", given.title(slot, position)).expect("text");
        }
    }
    insta::assert_snapshot!(text);
}

/// What is done to the sets, and what the check says of it.
type Fault = (fn(&mut [AcceptableSet<Edge>]), &'static str);

const KIT: usize = 1;
const LOG: usize = 2;
const WEB: usize = 3;

/// A version in a place, with the edges of the one that is there first.
fn add(sets: &mut [AcceptableSet<Edge>], slot: usize, position: u32) {
    let edges = sets[slot].versions[0].edges.clone();
    sets[slot].versions.push(Acceptable { position, edges });
}

const FAULTS: [Fault; 10] = [
    // The project does not admit it, and 1.4.0 of `kit` does not either.
    (|sets| add(sets, WEB, 5), "`web@^1.0.0` is not met by `web@2.0.0`."),
    (|sets| add(sets, LOG, 0), "`log@^1.1.0` is not met by `log@1.0.0`."),
    (|sets| add(sets, WEB, 1), "`extra@^1.0.0` leads to nothing."),
    (|sets| add(sets, WEB, 3), "The version is deprecated, and the chosen one is not."),
    (|sets| add(sets, LOG, 2), "The version is made for other engines, and the chosen one is not."),
    (|sets| add(sets, LOG, 9), "The version is none of the package."),
    (|sets| drop(sets[KIT].versions[0].edges.pop()), "The edge `web@^1.0.0` is not stated so."),
    (|sets| add(sets, LOG, 3), "The version is there twice."),
    (|sets| drop(sets[WEB].versions.remove(0)), "The chosen version is not the first."),
    (|sets| sets[0].versions = sets[LOG].versions.clone(), "Nothing from a registry lies there."),
];

#[test]
fn sets_that_are_broken_do_not_pass() {
    let given = given();
    let check = |sets: &[AcceptableSet<Edge>]| {
        check(&given.problem, given.world.universe(), &given.solution, sets)
    };
    assert_eq!(check(&given.sets), Vec::new());
    for (breaks, expected) in FAULTS {
        let mut sets = given.sets.clone();
        breaks(&mut sets);
        let said: Vec<String> = check(&sets).into_iter().map(|violation| violation.text).collect();
        assert!(said.iter().any(|text| text == expected), "{expected}\n{}", said.join("\n"));
    }
    assert_eq!(check(&given.sets[1..]).len(), 1);
}
