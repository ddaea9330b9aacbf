//! Cargo's rules, one at a time, on made indexes.

use std::collections::BTreeMap;

use ecosystems::Timestamp;
use ecosystems::cargo::{
    Declaration, Dependency, FeatureValue, Features, Kind, Name, Requirement, RustVersion,
};
use solver::Strategy;
use solver::cargo::{Crate, Locked, Member, Outcome, Problem, Solution, Universe, solve};
use solver::search::Budget;

use super::STEPS;
use super::world::{self, REGISTRY, World};

/// A world of index lines in the registry of all that is recorded, each as `name version rest`,
/// where the rest is further fields of the line.
fn world(lines: &[&str]) -> World {
    let mut world = World::default();
    for line in lines {
        world.add_words(REGISTRY, line);
    }
    world
}

/// A dependency as `name requirement`.
pub(crate) fn dependency(text: &str) -> Dependency {
    let (name, requirement) = text.split_once(' ').expect("a name and a requirement");
    Dependency::from(Declaration {
        alias: name.into(),
        package: Name::parse(name).expect("a name"),
        requirement: Requirement::parse(requirement).expect("a requirement"),
        kind: Kind::Normal,
        features: Box::default(),
        uses_default_features: true,
        is_optional: false,
        target: None,
        registry: None,
    })
}

fn member(dependencies: &[&str]) -> Member {
    world::member(dependencies.iter().map(|text| dependency(text)).collect())
}

pub(crate) fn problem(dependencies: &[&str]) -> Problem {
    Problem { registry: REGISTRY.into(), members: vec![member(dependencies)], ..Problem::default() }
}

/// A locked package as `name version`.
pub(crate) fn locked(text: &str) -> Locked {
    let (name, version) = text.split_once(' ').expect("a name and a version");
    Locked {
        package: package(name),
        version: version.parse().expect("a version"),
        edges: Vec::new(),
        is_to_update: false,
    }
}

pub(crate) fn package(name: &str) -> Crate {
    Crate { registry: REGISTRY.into(), name: Name::parse(name).expect("a name") }
}

fn solved(lines: &[&str], problem: &Problem) -> Option<Solution> {
    match world(lines).solve(problem, STEPS).0 {
        Outcome::Solved(solution) => Some(solution),
        _ => None,
    }
}

/// The answer as `name version, …`; nothing if there is none.
fn answer(lines: &[&str], problem: &Problem) -> String {
    let picks = solved(lines, problem).unwrap_or_default().picks;
    let picks = picks.iter().map(|pick| format!("{} {}", pick.package, pick.release().version));
    picks.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_yanked_version_is_taken_only_where_it_is_locked() {
    let lines = ["a 1.0.0", r#"a 1.1.0 "yanked":true"#, "a 1.0.1"];
    let mut problem = problem(&["a 1"]);
    assert_eq!(answer(&lines, &problem), "a 1.0.1");
    problem.locked = vec![locked("a 1.1.0")];
    assert_eq!(answer(&lines, &problem), "a 1.1.0");
    problem.locked = vec![locked("a 1.0.0")];
    assert_eq!(answer(&lines, &problem), "a 1.0.0");
    assert_eq!(answer(&lines[1..2], &self::problem(&["a 1"])), "");
}

#[test]
fn a_cut_off_passes_over_what_is_newer_and_keeps_what_says_nothing() {
    let lines = [
        r#"a 1.0.0 "pubtime":"2025-01-01T00:00:00Z""#,
        r#"a 1.1.0 "pubtime":"2025-03-01T00:00:00Z""#,
        "b 1.2.0",
    ];
    let mut problem = problem(&["a 1", "b 1"]);
    problem.policy.before = Timestamp::parse("2025-02-01T00:00:00Z").ok();
    assert_eq!(answer(&lines, &problem), "a 1.0.0, b 1.2.0");
}

#[test]
fn versions_for_more_of_the_compilers_come_first() {
    let lines = [
        "a 1.0.0",
        r#"a 1.1.0 "rust_version":"1.70""#,
        r#"a 1.2.0 "rust_version":"1.80""#,
        r#"a 2.0.0 "rust_version":"1.90""#,
    ];
    let with = |requirement: &str, compilers: &[&str]| {
        let mut problem = problem(&[&format!("a {requirement}")]);
        let compilers = compilers.iter().map(|text| RustVersion::parse(text).unwrap());
        problem.policy.rust_versions = compilers.collect();
        answer(&lines, &problem)
    };
    assert_eq!(with("1", &[]), "a 1.2.0");
    assert_eq!(with("1", &["1.75"]), "a 1.1.0");
    assert_eq!(with("1", &["1.75", "1.85"]), "a 1.1.0");
    assert_eq!(with("=1.2", &["1.60"]), "a 1.2.0");
    // Of several lines, too: the newest line that works, and the newest at all if none does.
    assert_eq!(with(">=1", &["1.85"]), "a 1.2.0");
    assert_eq!(with(">=1.2", &["1.60"]), "a 2.0.0");
}

#[test]
fn the_lowest_versions_are_found_for_all_or_for_members_alone() {
    let lines = [
        r#"a 1.0.0 "deps":[{"name":"b","req":"1"}]"#,
        r#"a 1.1.0 "deps":[{"name":"b","req":"1"}]"#,
        "b 1.0.0",
        "b 1.1.0",
    ];
    let mut problem = problem(&["a 1"]);
    problem.policy.strategy = Strategy::Lowest;
    assert_eq!(answer(&lines, &problem), "a 1.0.0, b 1.0.0");
    problem.policy.strategy = Strategy::LowestDirect;
    assert_eq!(answer(&lines, &problem), "a 1.0.0, b 1.1.0");
    // The lowest alone: what a member requires is not raised for the sake of others.
    problem.members = vec![member(&["a 1", "b 1"])];
    assert_eq!(answer(&lines, &problem), "a 1.0.0, b 1.0.0");
    problem.members = vec![member(&["b 1", "b >=1.1"])];
    assert_eq!(answer(&lines, &problem), "");
}

#[test]
fn a_wide_requirement_takes_the_highest_line_and_shares_no_other() {
    let lines = ["a 0.6.0", "a 0.7.0", "a 0.8.0"];
    assert_eq!(answer(&lines, &problem(&["a >=0.6"])), "a 0.8.0");
    let mut both = problem(&["a 0.7"]);
    both.members.push(member(&["a >=0.6"]));
    assert_eq!(answer(&lines, &both), "a 0.7.0, a 0.8.0");
}

#[test]
fn a_native_library_has_one_holder() {
    let lines = [r#"a 1.0.0 "links":"z""#, r#"a 2.0.0 "links":"z""#, r#"b 1.0.0 "links":"z""#];
    assert_eq!(answer(&lines, &problem(&["a 1"])), "a 1.0.0");
    for conflict in [&["a 1", "a 2"][..], &["a 1", "b 1"]] {
        assert_eq!(answer(&lines, &problem(conflict)), "");
    }
    let mut holding = problem(&["a 1"]);
    holding.members[0].links = Some("z".into());
    assert_eq!(answer(&lines, &holding), "");
    // A choice of lines gives way.
    assert_eq!(answer(&lines[..2], &problem(&["a >=1"])), "a 2.0.0");
    assert_eq!(answer(&lines[..2], &problem(&["a 1", "a >=1"])), "a 1.0.0");
}

#[test]
fn versions_that_lack_a_feature_are_passed_over() {
    let lines = [r#"a 1.0.0 "features":{"f":[]}"#, "a 1.1.0", "a 2.0.0"];
    for (requirement, expected) in [("1", "a 1.0.0"), (">=1", "a 1.0.0"), ("2", "")] {
        let mut problem = problem(&[&format!("a {requirement}")]);
        problem.members[0].dependencies[0].features = Box::new(["f".into()]);
        assert_eq!(answer(&lines, &problem), expected, "{requirement}");
    }
}

#[test]
fn members_bring_all_their_features_and_what_they_need_for_development() {
    let lines = [
        r#"a 1.0.0 "features":{"f":["b"]},"deps":[
            {"name":"b","req":"1","optional":true},{"name":"c","req":"1","kind":"dev"}]"#,
        "b 1.0.0",
        "c 1.0.0",
    ]
    .map(|line| line.replace('\n', ""));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut problem = problem(&["a 1", "c 1"]);
    problem.members[0].dependencies[1].kind = Kind::Dev;
    assert_eq!(answer(&lines, &problem), "a 1.0.0, c 1.0.0");
    let stated = BTreeMap::from([("on".into(), vec![FeatureValue::parse("a/f")])]);
    let member = &mut problem.members[0];
    member.features = Features::new(stated, &member.dependencies).expect("features");
    let solution = solved(&lines, &problem).expect("a solution");
    let features = solution.picks.iter().map(|pick| pick.features.join(" "));
    assert_eq!(features.collect::<Vec<_>>(), ["b f", "", ""]);
    assert_eq!(solution.members[0].features, ["on"]);
    assert_eq!(solution.members[0].edges.len(), 2);
}

#[test]
fn the_same_name_in_two_registries_is_two_packages() {
    let mut world = world(&[
        r#"a 1.0.0 "deps":[{"name":"b","req":"1","registry":"https://other.example/"}]"#,
        "b 1.0.0",
        "c 1.0.0",
    ]);
    world.add_words("https://other.example/", r#"b 1.5.0 "deps":[{"name":"c","req":"1"}]"#);
    world.add_words("https://other.example/", "c 1.7.0");
    let (outcome, _, _) = world.solve(&problem(&["a 1", "b 1"]), STEPS);
    let Outcome::Solved(solution) = outcome else { panic!("{outcome:?}") };
    let picks = solution.picks.iter();
    let picks = picks.map(|pick| (pick.package.registry.to_string(), pick.release().version.minor));
    let other = "https://other.example/".to_owned();
    let expected =
        [(REGISTRY.to_owned(), 0), (REGISTRY.to_owned(), 0), (other.clone(), 5), (other, 7)];
    assert_eq!(picks.collect::<Vec<_>>(), expected);
}

#[test]
fn all_that_is_not_known_is_named_at_once() {
    let budget = Budget { steps: STEPS, interrupted: &|| false };
    let (outcome, _) = solve(&problem(&["b 1", "a 1"]), &Universe::default(), &budget);
    let Outcome::Gaps(gaps) = outcome else { panic!("{outcome:?}") };
    assert_eq!(gaps, [package("a"), package("b")]);
}

#[test]
fn what_has_no_answer_names_who_takes_part() {
    let lines = [
        r#"a 1.0.0 "deps":[{"name":"b","req":"=1.0.0"}]"#,
        r#"c 1.0.0 "deps":[{"name":"b","req":"=1.1.0"}]"#,
        "b 1.0.0",
        "b 1.1.0",
    ];
    let (outcome, _, _) = world(&lines).solve(&problem(&["a 1", "c 1"]), STEPS);
    let Outcome::Conflict(conflict, packages) = outcome else { panic!("{outcome:?}") };
    assert_eq!(packages, ["a", "b", "c"].map(package));
    assert!(conflict.to_string().contains("`b =1.0.0`"), "{conflict}");
    let budget = Budget { steps: 0, interrupted: &|| false };
    let (outcome, _) = solve(&problem(&["a 1"]), &Universe::default(), &budget);
    let Outcome::Spent(partial) = outcome else { panic!("{outcome:?}") };
    assert!(!partial.interrupted && partial.decided.is_empty());
}

#[test]
fn a_package_that_needs_itself_is_told_with_the_way_round() {
    let lines = [
        r#"a 1.0.0 "deps":[{"name":"b","req":"1"}]"#,
        r#"b 1.0.0 "deps":[{"name":"c","req":"1"}]"#,
        r#"c 1.0.0 "deps":[{"name":"b","req":"1"}]"#,
    ];
    let (outcome, _, _) = world(&lines).solve(&problem(&["a 1"]), STEPS);
    let Outcome::Conflict(conflict, footprint) = outcome else { panic!("{outcome:?}") };
    assert!(conflict.to_string().contains("`b` 1.0.0 needs itself"), "{conflict}");
    assert_eq!(footprint, ["a", "b", "c"].map(package));
}

/// The feature asked for later makes the line more urgent than it was when it was queued.
#[test]
fn a_feature_is_decided_behind_its_line_however_urgent_the_line_becomes() {
    let lines = [
        r#"a 2.0.0 "features":{"default":["b/f"]},"deps":[{"name":"b","req":">=1"}]"#,
        r#"b 0.2.0 "features":{"g":[]}"#,
        "b 1.0.0",
        r#"b 2.0.0 "features":{"f":["c"],"g":[]},"deps":[{"name":"c","req":"1","optional":true}]"#,
        "a 1.0.0",
        "c 1.0.0",
    ];
    let mut problem = problem(&["a >=0.1", "b *"]);
    problem.members[0].dependencies[1].features = Box::new(["g".into()]);
    assert_eq!(answer(&lines, &problem), "a 2.0.0, b 2.0.0, c 1.0.0");
}
