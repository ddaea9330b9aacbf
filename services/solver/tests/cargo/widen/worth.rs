//! What sets are worth: how much of a newer answer a client has to fetch that has an older one.

use std::collections::BTreeSet;

use ecosystems::Timestamp;
use ecosystems::cargo::{Name, Requirement, Version};
use solver::cargo::{Edge, Outcome, Solution, Target};
use solver::widen::Acceptable;

use super::super::manifests;
use super::{Answer, STEPS, Set};

/// When the client resolved last.
const CUTS: [&str; 2] = ["2025-12-01", "2026-10-01"];

type Held = BTreeSet<(Name, Version)>;

/// How many packages there are, and how many have to be fetched.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    packages: usize,
    held: usize,
    exact: usize,
    /// With the sets of the same answer.
    sets: usize,
    /// With an answer that prefers what is held.
    prefers: usize,
}

/// What a project had at an instant, if it required the lines then that it requires today: what was not
/// there yet is left out.
fn held(answer: &mut Answer, cut: &str) -> Option<Held> {
    let cut = Timestamp::parse(&format!("{cut}T00:00:00Z")).expect("an instant");
    let mut past = answer.problem.clone();
    past.policy.before = Some(cut);
    let member = &mut past.members[0];
    let edges = answer.solution.members[0].edges.iter();
    let kept = edges.filter_map(|edge| {
        let Target::Pick(slot) = edge.target else { return None };
        let (pick, dependency) = (&answer.solution.picks[slot], edge.dependency);
        let line = pick.release().line();
        let mut there = pick.listing.releases.iter().filter(|release| release.line() == line);
        let is_there = there.any(|one| one.published_at.is_some_and(|at| at <= cut));
        let mut dependency = member.dependencies[dependency].clone();
        dependency.requirement = Requirement::parse(&line.to_string()).expect("a requirement");
        is_there.then_some(dependency)
    });
    member.dependencies = kept.collect();
    let Outcome::Solved(solution) = answer.world.solve(&past, STEPS).0 else { return None };
    let picks = solution.picks.iter();
    let held = picks.map(|pick| (pick.package.name.clone(), pick.release().version.clone()));
    Some(held.collect())
}

fn is_held(held: &Held, solution: &Solution, slot: usize, position: u32) -> bool {
    let pick = &solution.picks[slot];
    let version = &pick.listing.releases[position as usize].version;
    held.contains(&(pick.package.name.clone(), version.clone()))
}

/// How much of an exact answer is not held.
fn missing(held: &Held, solution: &Solution) -> usize {
    let slots = solution.picks.iter().enumerate();
    slots.filter(|(slot, pick)| !is_held(held, solution, *slot, pick.position)).count()
}

/// How much is not held where the client keeps what it may, and leaves out what nothing needs then.
fn missing_of_sets(held: &Held, answer: &Answer, sets: &[Set]) -> usize {
    let solution = &answer.solution;
    let kept = sets.iter().enumerate().map(|(slot, set)| {
        let mut versions = set.versions.iter();
        let kept = versions.find(|one| is_held(held, solution, slot, one.position));
        kept.unwrap_or(&set.versions[0]).clone()
    });
    let kept: Vec<Acceptable<Edge>> = kept.collect();
    let positions: Vec<u32> = kept.iter().map(|one| one.position).collect();
    assert_eq!(answer.checker().choice(&positions), []);
    let mut waiting = solution.members[0].edges.clone();
    let mut reached = BTreeSet::new();
    while let Some(edge) = waiting.pop() {
        if let Target::Pick(slot) = edge.target
            && reached.insert(slot)
        {
            waiting.extend(&kept[slot].edges);
        }
    }
    reached.into_iter().filter(|slot| !is_held(held, solution, *slot, positions[*slot])).count()
}

fn row(set: &str, cut: &str) -> Option<Row> {
    let mut answer = Answer::recorded(set);
    let held = held(&mut answer, cut)?;
    let pins = held.iter().map(|(name, version)| {
        let pin = Requirement::parse(&format!("={version}")).expect("a requirement");
        (name.clone(), pin)
    });
    answer.problem.held = pins.collect();
    let mut row = Row {
        packages: answer.solution.picks.len(),
        held: held.len(),
        exact: missing(&held, &answer.solution),
        sets: missing_of_sets(&held, &answer, &answer.sets(20)),
        prefers: 0,
    };
    let Answer { world, mut problem, .. } = answer;
    problem.policy.prefers_held = true;
    let preferring = Answer::of(world, problem).expect("there is an answer");
    row.prefers = missing(&held, &preferring.solution);
    Some(row)
}

#[test]
fn sets_save_packages() {
    println!("set        since       packages   held  exact   sets  prefers");
    let mut total = Row::default();
    for cut in CUTS {
        for set in manifests::SETS {
            let Some(row) = row(set, cut) else {
                println!("{set:<10} {cut}: there was no answer");
                continue;
            };
            let Row { packages, held, exact, sets, prefers } = row;
            println!("{set:<10} {cut} {packages:>9} {held:>6} {exact:>6} {sets:>6} {prefers:>8}");
            assert!(sets <= exact, "sets cost nothing");
            total.exact += exact;
            total.sets += sets;
            total.prefers += prefers;
        }
    }
    println!("{total:?}");
    assert!(total.sets < total.exact && total.prefers < total.sets);
}
