//! Made indexes, where all choices are looked at, one by one, by a reader of its own.

use std::cell::Cell;
use std::collections::BTreeMap;

use ecosystems::cargo::{Name, Requirement, RustVersion};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use solver::cargo::{Crate, Locked, Policy, Problem};
use testkit::chance::Chance;

use super::super::random::{CRATES, Facts, Line, Made, made};
use super::super::world::REGISTRY;
use super::{ALL, Answer, Set, has};

/// Products up to this are looked at whole; of others so many choices.
const CHOICES: usize = 4_096;
const SAMPLE: usize = 200;

/// A made index, in which lines are longer, releases are withdrawn or want newer compilers, and there
/// may be ways round; and what the client has.
#[derive(Clone, Debug)]
struct Wide {
    made: Made,
    compilers: Vec<&'static str>,
    held: Vec<(usize, &'static str)>,
    /// Lines of the index whose versions are in the lock file.
    locked: Vec<prop::sample::Index>,
}

/// What is done to one line of the index.
#[derive(Clone, Debug)]
struct Change {
    is_yanked: bool,
    rust_version: Option<&'static str>,
    /// Another package that the first dependency is on.
    target: Option<usize>,
    /// Whether dependencies name no features.
    is_plain: bool,
}

fn change() -> impl Strategy<Value = Change> {
    let all = (
        prop::bool::weighted(0.1),
        prop::option::weighted(0.2, select(vec!["1.50", "1.70", "1.90"])),
        prop::option::weighted(0.05, 0..CRATES),
        prop::bool::weighted(0.7),
    );
    all.prop_map(|(is_yanked, rust_version, target, is_plain)| Change {
        is_yanked,
        rust_version,
        target,
        is_plain,
    })
}

fn wide() -> impl Strategy<Value = Wide> {
    let changes = prop::collection::vec(change(), 24);
    let compilers = prop::collection::vec(select(vec!["1.60", "1.80", "1.95"]), 0..3);
    let held = (0..CRATES, select(vec!["=1.0.0", "0.1", "<1.2", "=1.1.0", "*"]));
    let held = prop::collection::vec(held, 0..4);
    let locked = prop::collection::vec(any::<prop::sample::Index>(), 0..2);
    let all = (made(), changes, prop::bool::weighted(0.8), compilers, held, locked);
    all.prop_map(|(mut made, changes, is_narrow, compilers, held, locked)| {
        for ((_, line), change) in made.lines.iter_mut().zip(changes.iter().cycle()) {
            *line = changed(line, change, is_narrow);
        }
        for (text, change) in made.root.iter_mut().zip(&changes) {
            let mut dependency = serde_json::from_str(text).expect("what was made");
            loosen(&mut dependency, change, is_narrow);
            *text = dependency.to_string();
        }
        Wide { made, compilers, held, locked }
    })
}

/// A line of the index as a change has it. In a narrow index lines are three versions long.
fn changed(line: &str, change: &Change, is_narrow: bool) -> String {
    let mut line: serde_json::Value = serde_json::from_str(line).expect("what was made");
    line["yanked"] = change.is_yanked.into();
    line["rust_version"] = change.rust_version.into();
    let dependencies = line["deps"].as_array_mut().expect("a list");
    for dependency in &mut *dependencies {
        loosen(dependency, change, is_narrow);
    }
    if let (Some(target), Some(dependency)) = (change.target, dependencies.first_mut()) {
        dependency["package"] = format!("p{target}").into();
    }
    if is_narrow {
        line["vers"] = match line["vers"].as_str().expect("a version") {
            "0.2.0" => "0.1.2".into(),
            "2.0.0" => "1.2.0".into(),
            other => other.into(),
        };
    }
    line.to_string()
}

/// Makes a dependency take more versions.
fn loosen(dependency: &mut serde_json::Value, change: &Change, is_narrow: bool) {
    if change.is_plain {
        dependency["features"] = serde_json::json!([]);
    }
    if is_narrow {
        dependency["req"] = match dependency["req"].as_str().expect("a requirement") {
            "=1.0.0" => "1.0".into(),
            ">=0.1" => ">=1.1".into(),
            "0.2" => "<0.1.2".into(),
            other => other.into(),
        };
    }
}

impl Wide {
    fn problem(&self) -> Problem {
        let mut problem = self.made.problem();
        let compilers = self.compilers.iter();
        let compilers = compilers.map(|text| RustVersion::parse(text).expect("a rust-version"));
        problem.policy = Policy { rust_versions: compilers.collect(), ..Policy::default() };
        let held = self.held.iter().map(|(at, requirement)| {
            let name = Name::parse(&format!("p{at}")).expect("a name");
            (name, Requirement::parse(requirement).expect("a requirement"))
        });
        problem.held = held.collect();
        let listings = self.made.world().listings();
        let locked = self.locked.iter().map(|index| {
            let (at, line) = index.get(&self.made.lines);
            let line: serde_json::Value = serde_json::from_str(line).expect("what was made");
            let name = format!("p{at}");
            let release = listings[&name].releases.iter();
            let mut release = release.filter(|one| line["vers"] == one.version.to_string());
            Locked {
                package: Crate {
                    registry: REGISTRY.into(),
                    name: Name::parse(&name).expect("a name"),
                },
                version: release.next().expect("it is there").version.clone(),
                edges: Vec::new(),
                is_to_update: false,
            }
        });
        problem.locked = locked.collect();
        problem
    }

    /// The answer of a problem, if there is one.
    fn answer(&self, problem: Problem) -> Option<Answer> {
        Answer::of(self.made.world(), problem)
    }
}

/// The lines of a choice, with the version of each.
fn lines(answer: &Answer, choice: &[u32]) -> BTreeMap<Line, usize> {
    let picks = answer.solution.picks.iter().zip(choice);
    let lines = picks.map(|(pick, position)| {
        let line = pick.listing.releases[*position as usize].line();
        ((pick.package.name.to_string(), line), *position as usize)
    });
    lines.collect()
}

/// All choices, or some of them where they are many.
fn choices(sets: &[Set], chance: &mut Chance) -> Vec<Vec<u32>> {
    let product = sets.iter().map(|set| set.versions.len()).try_fold(1usize, usize::checked_mul);
    if product.is_none_or(|product| product > CHOICES) {
        return (0..SAMPLE).map(|_| chance.choice(sets)).collect();
    }
    sets.iter().fold(vec![Vec::new()], |choices, set| {
        let longer = choices.iter().flat_map(|choice| {
            set.versions.iter().map(|one| [choice.as_slice(), &[one.position]].concat())
        });
        longer.collect()
    })
}

/// Judges the sets of one made index. Returns how many choices were looked at, and how many versions were
/// out.
fn judge(wide: &Wide, newest: u32) -> Result<(usize, usize), String> {
    let problem = wide.problem();
    let root = problem.members[0].dependencies.clone();
    let facts = Facts { listings: wide.made.world().listings(), root };
    let Some(answer) = wide.answer(problem) else { return Ok((0, 0)) };
    let sets = answer.sets(newest);
    let faults = answer.faults(&sets);
    if !faults.is_empty() {
        return Err(format!("the check says {faults:#?} of {sets:#?}"));
    }
    let choices = choices(&sets, &mut Chance::new(1));
    let mut checker = answer.checker();
    for choice in &choices {
        let violations = checker.choice(choice);
        if !violations.is_empty() || !facts.is_install_set(lines(&answer, choice)) {
            return Err(format!("{choice:?} is no install set: {violations:#?} {sets:#?}"));
        }
    }
    let excluded = if newest == ALL { answer.excluded(&sets) } else { Vec::new() };
    for added in &excluded {
        if answer.faults_with(&sets, *added).is_empty() {
            return Err(format!("{} could be added to {sets:#?}", answer.name(*added)));
        }
    }
    Ok((choices.len(), excluded.len()))
}

fn run(cases: u32, mut judge: impl FnMut(&Wide) -> Result<(), String>) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let judge = std::cell::RefCell::new(&mut judge);
    let result = TestRunner::new(config)
        .run(&wide(), |wide| (*judge.borrow_mut())(&wide).map_err(TestCaseError::fail));
    result.unwrap_or_else(|fault| panic!("{fault}"));
}

#[test]
fn every_choice_is_an_install_set_and_nothing_can_be_added() {
    let (choices, out, wide) = (Cell::new(0), Cell::new(0), Cell::new(0));
    run(4_000, |made| {
        let (some, excluded) = judge(made, ALL)?;
        choices.set(choices.get() + some);
        out.set(out.get() + excluded);
        wide.set(wide.get() + usize::from(some > 1));
        judge(made, 2).map(|_| ())
    });
    println!(
        "{} choices, {} versions that are out, {} answers with a choice",
        choices.get(),
        out.get(),
        wide.get()
    );
    assert!(wide.get() > 400 && choices.get() > 2_000 && out.get() > 4_000);
}

#[test]
fn what_the_client_has_is_taken_wherever_it_is_free_to() {
    let (taken, moved) = (Cell::new(0), Cell::new(0));
    run(3_000, |wide| {
        let mut problem = wide.problem();
        let plain = wide.answer(problem.clone());
        problem.policy.prefers_held = true;
        let root = problem.members[0].dependencies.clone();
        let facts = Facts { listings: wide.made.world().listings(), root };
        let Some(answer) = wide.answer(problem) else {
            // What is preferred can close a way round, after which cargo looks no further.
            return Ok(());
        };
        let chosen: Vec<u32> = answer.solution.picks.iter().map(|pick| pick.position).collect();
        if !facts.is_install_set(lines(&answer, &chosen)) {
            return Err(format!("{:?} is no install set", answer.solution));
        }
        let sets = answer.sets(ALL);
        for (pick, set) in answer.solution.picks.iter().zip(&sets) {
            let held = |position: u32| {
                let version = &pick.listing.releases[position as usize].version;
                answer.problem.is_held(&pick.package.name, version)
            };
            let is_locked = answer.problem.locked.iter().any(|locked| {
                locked.package == pick.package && locked.version == pick.release().version
            });
            taken.set(taken.get() + usize::from(held(pick.position)));
            let could = set.versions.iter().find(|one| held(one.position));
            if let Some(could) = could.filter(|_| !held(pick.position) && !is_locked) {
                return Err(format!("{pick:?} could be at {}", could.position));
            }
            assert!(has(set, pick.position));
        }
        let before = plain.map(|plain| {
            plain.solution.picks.iter().map(|pick| pick.position).collect::<Vec<u32>>()
        });
        moved.set(moved.get() + usize::from(before != Some(chosen)));
        Ok(())
    });
    println!("{} held versions taken; {} answers moved", taken.get(), moved.get());
    assert!(taken.get() > 300 && moved.get() > 30);
}
