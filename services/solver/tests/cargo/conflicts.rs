//! What is said where there is no answer.

use std::collections::BTreeMap;
use std::fmt::Write;

use ecosystems::Timestamp;
use ecosystems::cargo::Kind;
use solver::Strategy;
use solver::cargo::{Outcome, Patch, Problem, Replacement};
use solver::conflict::Conflict;

use super::STEPS;
use super::rules::{dependency, package, problem};
use super::world::{self, REGISTRY, World};

/// One conflict on a made index.
struct Case {
    name: &'static str,
    index: &'static [&'static str],
    requires: &'static [&'static str],
    /// What else is asked.
    changes: fn(&mut Problem),
}

const NOTHING: fn(&mut Problem) = |_| ();

const CASES: &[Case] = &[
    Case {
        name: "no such package, and one that nearly is it",
        index: &["serde_json 1.0.0"],
        requires: &["serde_json 1", "serde-json 1"],
        changes: NOTHING,
    },
    Case {
        name: "no such package, by way of another",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"ghost","req":"1"}]"#,
            r#"a 1.1.0 "deps":[{"name":"ghost","req":"2"}]"#,
        ],
        requires: &["a 1"],
        changes: NOTHING,
    },
    Case {
        name: "no version fits, of few",
        index: &["a 1.0.0", "a 2.0.0"],
        requires: &["a 3"],
        changes: NOTHING,
    },
    Case {
        name: "no version fits, of many",
        index: &["a 1.0.0", "a 1.1.0", "a 1.2.0", "a 2.0.0", "a 2.1.0"],
        requires: &["a 3"],
        changes: NOTHING,
    },
    Case {
        name: "a pre-release alone would fit",
        index: &["a 0.9.0", "a 1.0.0-rc.1", "a 1.0.0-rc.2"],
        requires: &["a 1"],
        changes: NOTHING,
    },
    Case {
        name: "all that fit are yanked",
        index: &[r#"a 1.0.0 "yanked":true"#, r#"a 1.1.0 "yanked":true"#, "a 2.0.0"],
        requires: &["a 1"],
        changes: NOTHING,
    },
    Case {
        name: "all that fit are newer than the cut-off",
        index: &["a 1.0.0", r#"a 2.0.0 "pubtime":"2026-01-01T00:00:00Z""#],
        requires: &["a 2"],
        changes: |problem| {
            problem.policy.before = Timestamp::parse("2025-06-01T00:00:00Z").ok();
        },
    },
    Case {
        name: "a feature that there is not",
        index: &[r#"a 1.0.0 "features":{"old":[]}"#, r#"a 1.1.0 "features":{"new":[],"old":[]}"#],
        requires: &["a 1"],
        changes: |problem| ask(problem, "f"),
    },
    Case {
        name: "a feature, of a package that has none",
        index: &["a 1.0.0"],
        requires: &["a 1"],
        changes: |problem| ask(problem, "f"),
    },
    Case {
        name: "a dependency that is always there, named as a feature",
        index: &[r#"a 1.0.0 "deps":[{"name":"b","req":"1"}]"#, "b 1.0.0"],
        requires: &["a 1"],
        changes: |problem| ask(problem, "b"),
    },
    Case {
        name: "an optional dependency that `dep:` hides, named as a feature",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"b","req":"1","optional":true}],"features":{"f":["dep:b"]}"#,
            "b 1.0.0",
        ],
        requires: &["a 1"],
        changes: |problem| ask(problem, "b"),
    },
    Case {
        name: "a feature that a dependency lacks",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"b","req":"1"}],"features":{"default":["b/fast"]}"#,
            r#"b 1.0.0 "features":{"slow":[]}"#,
        ],
        requires: &["a 1"],
        changes: NOTHING,
    },
    Case {
        name: "two versions of one line",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"c","req":"=1.0.0"}]"#,
            r#"b 1.0.0 "deps":[{"name":"c","req":"=1.1.0"}]"#,
            "c 1.0.0",
            "c 1.1.0",
        ],
        requires: &["a 1", "b 1"],
        changes: NOTHING,
    },
    Case {
        name: "two versions of one line, of which the user requires one",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"c","req":"=1.0.0"}]"#,
            r#"a 1.1.0 "deps":[{"name":"c","req":"=1.0.1"}]"#,
            "c 1.0.0",
            "c 1.0.1",
            "c 1.1.0",
        ],
        requires: &["a 1", "c 1.1"],
        changes: NOTHING,
    },
    Case {
        name: "two packages that link one library",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"a-sys","req":"1"}]"#,
            r#"b 2.0.0 "deps":[{"name":"b-sys","req":">=0.1"}]"#,
            r#"a-sys 1.0.0 "links":"z""#,
            r#"b-sys 0.1.0 "links":"z""#,
            r#"b-sys 0.2.0 "links":"z""#,
        ],
        requires: &["a 1", "b 2"],
        changes: NOTHING,
    },
    Case {
        name: "two lines of one package that link one library",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"sys","req":"1"}]"#,
            r#"sys 1.0.0 "links":"z""#,
            r#"sys 2.0.0 "links":"z""#,
        ],
        requires: &["a 1", "sys 2"],
        changes: NOTHING,
    },
    Case {
        name: "a package that links what a member links",
        index: &[r#"a 1.0.0 "links":"z""#],
        requires: &["a 1"],
        changes: |problem| problem.members[0].links = Some("z".into()),
    },
    Case {
        name: "packages that need themselves",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"b","req":"1"}]"#,
            r#"b 1.0.0 "deps":[{"name":"c","req":"1"}]"#,
            r#"c 1.0.0 "deps":[{"name":"b","req":"1","kind":"build"}]"#,
        ],
        requires: &["a 1"],
        changes: NOTHING,
    },
    Case {
        name: "members that need one another",
        index: &[],
        requires: &[],
        changes: |problem| {
            let mut other = world::member(vec![dependency("root *")]);
            other.name = package("other").name;
            other.paths = BTreeMap::from([(0, 0)]);
            problem.members[0].dependencies = vec![dependency("other *")];
            problem.members[0].paths = BTreeMap::from([(0, 1)]);
            problem.members.push(other);
        },
    },
    Case {
        name: "two members",
        index: &["a 1.0.0", "a 1.1.0"],
        requires: &["a =1.0.0"],
        changes: |problem| {
            let mut other = world::member(vec![dependency("a 1.1")]);
            other.name = package("other").name;
            problem.members.push(other);
        },
    },
    Case {
        name: "a member of another version, and without a feature",
        index: &[],
        requires: &[],
        changes: |problem| {
            let mut other = world::member(Vec::new());
            other.name = package("other").name;
            problem.members[0].dependencies = vec![dependency("other 2")];
            problem.members[0].paths = BTreeMap::from([(0, 1)]);
            problem.members.push(other);
        },
    },
    Case {
        name: "the lowest version alone",
        index: &[r#"a 1.0.0 "deps":[{"name":"b","req":"1.1"}]"#, "b 1.0.0", "b 1.1.0"],
        requires: &["a 1", "b 1"],
        changes: |problem| problem.policy.strategy = Strategy::LowestDirect,
    },
    Case {
        name: "a patch that fits several versions",
        index: &["a 1.0.0", "b 1.0.0", "b 1.1.0"],
        requires: &["a 1"],
        changes: |problem| {
            let requirement = dependency("b 1").requirement.clone();
            let replacement = Replacement::Package(package("b"), requirement);
            problem.patches = vec![Patch { package: package("a"), replacement }];
        },
    },
    Case {
        name: "a patch in the way",
        index: &[r#"a 1.0.0 "deps":[{"name":"b","req":"=1.4.0"}]"#, "b 1.4.0", "b 1.2.0"],
        requires: &["a 1", "b =1.2.0"],
        changes: |problem| {
            let mut patch = world::member(Vec::new());
            patch.name = package("b").name;
            patch.version = "1.2.0".parse().expect("a version");
            patch.in_workspace = false;
            problem.members.push(patch);
            let replacement = Replacement::Member(1);
            problem.patches = vec![Patch { package: package("b"), replacement }];
        },
    },
    Case {
        name: "a wide requirement, of which every line fails for another reason",
        index: &[
            r#"a 1.0.0 "deps":[{"name":"ghost","req":"1"}]"#,
            r#"a 2.0.0 "deps":[{"name":"b","req":"=1.0.0"}]"#,
            r#"a 3.0.0 "yanked":true"#,
            "b 1.0.0",
            "b 1.1.0",
        ],
        requires: &["a >=1", "b =1.1.0"],
        changes: NOTHING,
    },
    Case {
        name: "what is for development counts for members",
        index: &["a 1.0.0"],
        requires: &["a 2"],
        changes: |problem| problem.members[0].dependencies[0].kind = Kind::Dev,
    },
];

/// Asks the first thing required for a feature.
fn ask(problem: &mut Problem, feature: &str) {
    problem.members[0].dependencies[0].features = Box::new([feature.into()]);
}

fn world(lines: &[&str]) -> World {
    let mut world = World::default();
    lines.iter().for_each(|line| world.add_words(REGISTRY, line));
    world
}

fn conflict(world: &mut World, problem: &Problem) -> Conflict {
    match world.solve(problem, STEPS).0 {
        Outcome::Conflict(conflict, _) => conflict,
        other => panic!("{other:?}"),
    }
}

/// A conflict, with what each sentence follows from and the user's requirements that take part.
fn told(conflict: &Conflict) -> String {
    let mut text = String::new();
    for (place, sentence) in conflict.sentences.iter().enumerate() {
        let numbers = |places: &[usize]| {
            places.iter().map(|place| format!(" {}", place + 1)).collect::<String>()
        };
        let premises = if sentence.premises.is_empty() {
            String::new()
        } else {
            format!(" [from{}]", numbers(&sentence.premises))
        };
        let _ = writeln!(text, "{}. {}{premises}", place + 1, sentence.text);
    }
    let _ = write!(text, "requirements {:?}", conflict.requirements);
    text
}

#[test]
fn conflicts_are_told_by_cause() {
    let texts = CASES.iter().map(|case| {
        let mut problem = problem(case.requires);
        (case.changes)(&mut problem);
        let conflict = conflict(&mut world(case.index), &problem);
        format!("# {}\n{}\n", case.name, told(&conflict))
    });
    insta::assert_snapshot!(texts.collect::<Vec<_>>().join("\n"));
}

/// Conflicts that projects run into, on the recorded index.
#[test]
fn conflicts_of_real_projects_are_told_in_few_sentences() {
    let mut world = World::recorded();
    let mut texts = Vec::new();
    for (requires, feature) in [
        // What `rusqlite` 0.31 needs, beside another driver.
        (&["sqlx 0.9", "libsqlite3-sys 0.28"][..], Some("sqlite")),
        // A feature that was renamed in tokio 0.3.
        (&["tokio 1"], Some("rt-threaded")),
        // A tool pins the one, and the other has moved on.
        (&["wasm-bindgen =0.2.120", "web-sys 0.3.100"], None),
        // Two major versions of a library's bindings.
        (&["zstd 0.9", "zstd 0.13"], None),
    ] {
        let mut problem = problem(requires);
        feature.into_iter().for_each(|feature| ask(&mut problem, feature));
        let conflict = conflict(&mut world, &problem);
        texts.push(format!("# {}\n{}\n", requires.join(", "), told(&conflict)));
    }
    insta::assert_snapshot!(texts.join("\n"));
}
