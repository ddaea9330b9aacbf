//! Sets that are broken on purpose, and what keeps versions out of sound ones.

use std::path::Path;

use solver::pypi::{Edge, barriers};
use solver::widen::{Acceptable, AcceptableSet, Barrier, Violation};
use testkit::scenario::Scenario;

use super::judge::{EVERYTHING, Solved, with};

/// Versions that are kept out of their sets, each by something else.
const WORLD: &str = "\
Versions that are kept out, each by something else.
-- Universe
app
    2.0   requires web>=1.1; log[color]
    1.9   requires web; log[color]
    1.0   requires web<1.1; log[color]
    0.9   requires web; log[color]; tape
    0.8   requires web; log[color,json]
    0.7   requires web; log @ https://files.example/log.tar.gz
web
    1.2   requires python >=3.13
    1.1.1   yanked
    1.1   requires log
    1.1rc1
    1.0
log
    2.0   extras color, json   requires paint; extra == 'color'
    1.1   requires paint
    1.0   extras color, json   wheel cp310-cp310-win_amd64
    0.9   extras color, json   requires paint>=2; extra == 'color'
    0.8   unreadable it is torn
paint
    2.0
    1.0
    0.5   sdist only
-- Problem pypi, python 3.12
app
paint<2
-- Exact
app 2.0
log 2.0
paint 1.0
web 1.1
";

type Sets = Vec<AcceptableSet<Edge>>;

/// What is done to sets that were sound.
type Break = fn(&mut Sets);

fn judge(told: impl Fn(&Solved<'_>, Sets) -> Vec<String>) -> String {
    let scenario = Scenario::parse(WORLD, Path::new("kept_out"));
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    scenario.check().unwrap_or_else(|difference| panic!("{difference}"));
    let solved = Solved::new(&scenario.world, &scenario.problem).expect("there is an answer");
    let sets = solved.widened(EVERYTHING).sets;
    assert_eq!(solved.judge_choices(&sets), Ok(()));
    assert_eq!(solved.judge_rest(&sets), Ok(()));
    told(&solved, sets).join("\n")
}

fn version(solved: &Solved<'_>, slot: usize, position: u32) -> String {
    let pick = &solved.solution.picks[slot];
    format!("{} {}", pick.name, pick.listing.releases[position as usize].version)
}

/// All versions that are in no set, by slot and position.
fn kept_out(solved: &Solved<'_>, sets: &Sets) -> Vec<(usize, u32)> {
    let slots = solved.solution.picks.iter().zip(sets).enumerate();
    let versions = slots.flat_map(|(slot, (pick, set))| {
        let is_in = |at: u32| set.versions.iter().any(|one| one.position == at);
        let positions = (0..).take(pick.listing.releases.len());
        positions.filter(move |at| !is_in(*at)).map(move |at| (slot, at))
    });
    versions.collect()
}

fn barrier_text(solved: &Solved<'_>, barrier: &Barrier) -> String {
    match barrier {
        Barrier::Unavailable(text) => text.clone(),
        Barrier::Excluded { by: None, requirement } => format!("you require {requirement}"),
        Barrier::Excluded { by: Some((slot, position)), requirement } => {
            format!("{} requires {requirement}", version(solved, *slot, *position))
        }
        Barrier::Missing { requirement } => {
            format!("requires {requirement}, which the solution lacks")
        }
        Barrier::Clash { requirement, slot, positions } => {
            let versions: Vec<String> =
                positions.iter().map(|position| version(solved, *slot, *position)).collect();
            format!("requires {requirement}, and there is {}", versions.join(", "))
        }
        Barrier::Claimed { .. } | Barrier::Cycle { .. } => {
            panic!("projects may be in a circle, and claim no names: {barrier:?}")
        }
    }
}

#[test]
fn barriers_name_what_keeps_a_version_out() {
    let told = judge(|solved, sets| {
        let members = sets.iter().enumerate().map(|(slot, set)| {
            let positions = set.versions.iter().map(|one| version(solved, slot, one.position));
            format!("in: {}", positions.collect::<Vec<_>>().join(", "))
        });
        let out = kept_out(solved, &sets).into_iter().map(|(slot, position)| {
            let (problem, universe) = (solved.problem, &solved.universe);
            let barriers = barriers(problem, universe, &solved.solution, &sets, (slot, position));
            let texts: Vec<String> =
                barriers.iter().map(|barrier| barrier_text(solved, barrier)).collect();
            format!("{}: {}", version(solved, slot, position), texts.join("; "))
        });
        members.chain(out).collect()
    });
    insta::assert_snapshot!(told);
}

fn texts(violations: &[Violation]) -> String {
    let texts: Vec<&str> = violations.iter().map(|violation| &*violation.text).collect();
    texts.join("; ")
}

#[test]
fn a_version_that_does_not_belong_is_seen() {
    let told = judge(|solved, sets| {
        let mut checker = solved.checker();
        let out = kept_out(solved, &sets).into_iter().map(|(slot, position)| {
            let wider = with(&sets, slot, position, &mut checker);
            let violations = checker.sets(&wider);
            assert_ne!(violations, []);
            format!("{}: {}", version(solved, slot, position), texts(&violations))
        });
        out.collect()
    });
    insta::assert_snapshot!(told);
}

#[test]
fn a_set_that_says_too_much_or_too_little_is_seen() {
    let told = judge(|solved, sets| {
        let breaks: [(&str, Break); 7] = [
            ("an edge is dropped", |sets| drop(sets[0].versions[1].edges.pop())),
            ("an edge is invented", |sets| {
                let edge = sets[0].versions[0].edges[0].clone();
                sets[2].versions[0].edges.push(edge);
            }),
            ("an edge says another range", |sets| {
                sets[0].versions[0].edges[0].range = ">=1.0".to_owned();
            }),
            ("the chosen version is gone", |sets| drop(sets[0].versions.remove(0))),
            ("a version is there twice", |sets| {
                let acceptable = sets[0].versions[1].clone();
                sets[0].versions.push(acceptable);
            }),
            ("a version is not listed", |sets| {
                sets[2].versions.push(Acceptable { position: 9, edges: Vec::new() });
            }),
            ("a set is gone", |sets| drop(sets.pop())),
        ];
        let broken = breaks.into_iter().map(|(name, make)| {
            let mut sets = sets.clone();
            make(&mut sets);
            format!("{name}: {}", texts(&solved.checker().sets(&sets)))
        });
        broken.collect()
    });
    insta::assert_snapshot!(told);
}
