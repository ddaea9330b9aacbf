//! Sets that are broken on purpose, and what is said of versions that are out.

use std::fmt::Write;

use ecosystems::Timestamp;
use ecosystems::cargo::{Requirement, RustVersion};
use solver::cargo::{Target, barriers};
use solver::widen::{Acceptable, Barrier};
use testkit::chance::Chance;

use super::super::rules::{locked, problem};
use super::super::world::{REGISTRY, World};
use super::super::{cases, judged};
use super::{ALL, Answer, Set};

/// Sets on a made index, in which some versions are locked.
struct Case {
    name: &'static str,
    index: &'static [&'static str],
    requires: &'static [&'static str],
    locked: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "what the project and what another package requires",
        index: &[
            "a 1.0.0",
            "a 1.1.0",
            "a 1.2.0",
            "a 1.3.0",
            "a 2.0.0",
            r#"b 1.0.0 "deps":[{"name":"a","req":"<1.2"}]"#,
            r#"b 1.1.0 "deps":[{"name":"a","req":"^1.1"}]"#,
        ],
        requires: &["a >=1, <1.3", "b 1"],
        locked: &[],
    },
    Case {
        name: "what the solution has not, or not with the feature",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"b","req":"1"}]"#,
            r#"a 1.1.0 "deps":[{"name":"b","req":"1","features":["f"]}]"#,
            r#"a 1.2.0 "deps":[{"name":"b","req":"2"}]"#,
            r#"a 1.3.0 "deps":[{"name":"c","req":"1"}]"#,
            r#"b 1.0.0 "features":{"f":[]}"#,
            "b 2.0.0",
            "c 1.0.0",
        ],
        requires: &["a 1", "b 1"],
        locked: &["a 1.0.0", "b 1.0.0"],
    },
    Case {
        name: "of two packages that go up together one holds the other back",
        index: &[
            "a 1.0.0",
            "a 1.1.0",
            r#"b 1.0.0 "deps":[{"name":"a","req":"1"}]"#,
            r#"b 1.1.0 "deps":[{"name":"a","req":"=1.1.0"}]"#,
        ],
        requires: &["a 1", "b 1"],
        locked: &["a 1.1.0", "b 1.0.0"],
    },
    Case {
        name: "a native library has one holder",
        index: &[r#"a-sys 1.0.0 "links":"z""#, "b-sys 1.0.0", r#"b-sys 1.1.0 "links":"z""#],
        requires: &["a-sys 1", "b-sys 1"],
        locked: &["a-sys 1.0.0", "b-sys 1.0.0"],
    },
    Case {
        name: "nothing needs itself by any way round",
        index: &[
            "a 1.0.0",
            r#"a 1.1.0 "deps":[{"name":"b","req":"1"}]"#,
            r#"b 1.0.0 "deps":[{"name":"a","req":"1"}]"#,
        ],
        requires: &["a 1", "b 1"],
        locked: &["a 1.0.0", "b 1.0.0"],
    },
    Case {
        name: "what is no candidate",
        index: &[
            "a 0.9.0",
            "a 1.0.0",
            r#"a 1.1.0 "rust_version":"1.90""#,
            r#"a 1.2.0 "yanked":true"#,
            r#"a 1.3.0 "pubtime":"2025-03-01T00:00:00Z""#,
            "a 1.4.0-rc.1",
        ],
        requires: &["a 1"],
        locked: &[],
    },
];

impl Case {
    fn answer(&self) -> Answer {
        let mut world = World::default();
        self.index.iter().for_each(|line| world.add_words(REGISTRY, line));
        let mut problem = problem(self.requires);
        problem.locked = self.locked.iter().map(|text| locked(text)).collect();
        problem.policy.before = Timestamp::parse("2025-02-01T00:00:00Z").ok();
        problem.policy.rust_versions = vec![RustVersion::parse("1.80").expect("a rust-version")];
        Answer::of(world, problem).expect("there is an answer")
    }
}

impl Answer {
    fn barriers(&self, sets: &[Set], (slot, position): (usize, u32)) -> Vec<Barrier> {
        let (problem, universe) = (&self.problem, &self.world.universe);
        barriers(problem, universe, &self.solution, sets, (slot, position))
    }

    /// The sets, and why each other version is out.
    fn told(&self) -> String {
        let sets = self.sets(ALL);
        let mut text = String::new();
        for (slot, set) in sets.iter().enumerate() {
            let names = set.versions.iter().map(|one| self.name((slot, one.position)));
            writeln!(text, "  {}", names.collect::<Vec<_>>().join(", ")).expect("text");
        }
        for out in self.excluded(&sets) {
            writeln!(text, "  {} is out:", self.name(out)).expect("text");
            for barrier in self.barriers(&sets, out) {
                writeln!(text, "    {}", self.barrier(&barrier)).expect("text");
            }
        }
        text
    }

    fn barrier(&self, barrier: &Barrier) -> String {
        match barrier {
            Barrier::Unavailable(why) => format!("it {why}"),
            Barrier::Excluded { by: None, requirement } => format!("we require {requirement}"),
            Barrier::Excluded { by: Some(by), requirement } => {
                format!("{} requires {requirement}", self.name(*by))
            }
            Barrier::Missing { requirement } => format!("requires {requirement}, not there"),
            Barrier::Clash { requirement, slot, positions } => {
                let names = positions.iter().map(|position| self.name((*slot, *position)));
                let names: Vec<String> = names.collect();
                format!("requires {requirement}, where {} may be", names.join(" or "))
            }
            Barrier::Cycle { requirement, slot } => {
                format!("requires {requirement}, which needs slot {slot}")
            }
            Barrier::Claimed { name, by } => {
                format!("links {name} as {} does", self.name((*by, self.chosen(*by))))
            }
        }
    }

    fn chosen(&self, slot: usize) -> u32 {
        self.solution.picks[slot].position
    }
}

#[test]
fn what_keeps_versions_out_is_told() {
    let mut text = String::new();
    for case in CASES {
        writeln!(text, "# {}\n{}", case.name, case.answer().told()).expect("text");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_version_that_is_out_has_a_barrier_and_one_that_is_in_has_none() {
    for name in ["grpc", "web-api"] {
        let answer = Answer::recorded(name);
        let sets = answer.sets(20);
        let rejected = |slot: usize, set: &Set| {
            set.rejected.iter().map(|position| (slot, *position)).collect::<Vec<_>>()
        };
        let mut out: Vec<(usize, u32)> =
            sets.iter().enumerate().flat_map(|(slot, set)| rejected(slot, set)).collect();
        let mut chance = Chance::new(1);
        while out.len() > 60 {
            out.swap_remove(chance.below(out.len()));
        }
        for rejected in out {
            let barriers = answer.barriers(&sets, rejected);
            assert!(!barriers.is_empty(), "{}", answer.name(rejected));
        }
        for (slot, set) in sets.iter().enumerate() {
            for acceptable in &set.versions {
                assert_eq!(answer.barriers(&sets, (slot, acceptable.position)), []);
            }
        }
    }
}

#[test]
fn the_check_sees_what_is_broken() {
    let answer = Answer::recorded("grpc");
    let sets = answer.sets(20);
    let broken = |name: &str, breaks: &dyn Fn(&mut Vec<Set>)| {
        let mut sets = sets.clone();
        breaks(&mut sets);
        let faults = answer.faults(&sets);
        assert!(!faults.is_empty(), "{name}");
        faults
    };
    let with_edges = |edges: usize| {
        let all = sets.iter().enumerate();
        let has = |set: &Set| set.versions.iter().any(|one| one.edges.len() >= edges);
        all.filter(|(_, set)| has(set)).map(|(slot, _)| slot).collect::<Vec<usize>>()
    };
    for slot in with_edges(2) {
        let last = sets[slot].versions.iter().rposition(|one| one.edges.len() >= 2);
        let place = last.expect("it has edges");
        broken("an edge is dropped", &|sets| {
            sets[slot].versions[place].edges.pop();
        });
        broken("an edge leads elsewhere", &|sets| {
            let edge = &mut sets[slot].versions[place].edges[0];
            edge.target = match edge.target {
                Target::Pick(0) => Target::Pick(1),
                _ => Target::Pick(0),
            };
        });
        broken("an edge is stated twice", &|sets| {
            let edges = &mut sets[slot].versions[place].edges;
            edges.push(edges[0]);
        });
    }
    for slot in 0..sets.len() {
        broken("the chosen version is not there", &|sets| drop(sets[slot].versions.remove(0)));
        broken("a version is there twice", &|sets| {
            let first = sets[slot].versions[0].clone();
            sets[slot].versions.push(first);
        });
        broken("a version is not listed", &|sets| {
            sets[slot].versions.push(Acceptable { position: u32::MAX, edges: Vec::new() });
        });
    }
    broken("a set is missing", &|sets| drop(sets.pop()));
    for case in CASES {
        let answer = case.answer();
        let sets = answer.sets(ALL);
        assert_eq!(answer.faults(&sets), [""; 0], "{}", case.name);
        for out in answer.excluded(&sets) {
            let faults = answer.faults_with(&sets, out);
            assert!(!faults.is_empty(), "{}: {}", case.name, answer.name(out));
        }
    }
}

/// Workspaces with patches, packages by path, locks and other registries, and the cases of cargo's
/// resolver.
#[test]
fn sets_of_cargos_own_cases_hold() {
    let mut all = judged::all();
    let cases = cases::read().unwrap_or_default();
    all.extend(cases.iter().map(|case| (case.name().to_owned(), case.world(), case.problem())));
    let (mut answers, mut choices, mut out) = (0, 0, 0);
    for (name, world, problem) in all {
        let Some(answer) = Answer::of(world, problem) else { continue };
        let sets = answer.sets(ALL);
        assert_eq!(answer.faults(&sets), [""; 0], "{name}");
        let (mut checker, mut chance) = (answer.checker(), Chance::new(1));
        for _ in 0..50 {
            let choice = chance.choice(&sets);
            let violations = checker.choice(&choice);
            assert!(violations.is_empty(), "{name}: {violations:?}");
        }
        for added in answer.excluded(&sets) {
            let faults = answer.faults_with(&sets, added);
            assert!(!faults.is_empty(), "{name}: {} could be added", answer.name(added));
            out += 1;
        }
        choices += usize::from(sets.iter().any(|set| set.versions.len() > 1));
        answers += 1;
    }
    println!("{answers} answers, {choices} with a choice, {out} versions that are out");
    assert!(answers > 20 && choices > 5 && out > 20);
}

#[test]
fn held_versions_are_tried_however_old_they_are() {
    let mut answer = Answer::recorded("web-api");
    let near = answer.sets(1);
    assert!(near.iter().all(|set| set.versions.len() + set.rejected.len() <= 2));
    let whole = answer.sets(ALL);
    let held = answer.solution.picks.iter().zip(&whole).filter_map(|(pick, set)| {
        let oldest = set.versions.iter().map(|one| one.position).min()?;
        let version = &pick.listing.releases[oldest as usize].version;
        let requirement = Requirement::parse(&format!("={version}")).expect("a requirement");
        Some((pick.package.name.clone(), requirement))
    });
    answer.problem.held = held.collect();
    let held = answer.sets(1);
    assert_eq!(answer.faults(&held), [""; 0]);
    let wider =
        held.iter().zip(&near).filter(|(held, near)| held.versions.len() > near.versions.len());
    let wider = wider.count();
    assert!(wider > 50, "{wider}");
}
