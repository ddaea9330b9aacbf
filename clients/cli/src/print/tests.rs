//! Answers as people see them.

use proto::v1::*;

use super::{Page, Telling, look::Look, page, text::Held};
use crate::{arguments::Format, request::Origins};

const LOOK: Look = Look { colours: false, width: 80 };

fn tell(response: &ResolveResponse, format: Format, held: Held) -> Page {
    let origins = Origins::default();
    page(response, &Telling { format, held, origins: &origins, stdout: LOOK, stderr: LOOK })
        .unwrap()
}

fn told(response: &ResolveResponse, format: Format, held: Held) -> String {
    let page = tell(response, format, held);
    format!("{}== stderr\n{}== exit {}\n", page.stdout, page.stderr, page.exit as u8)
}

fn package(name: &str, version: &str) -> Package {
    Package { slot: name.into(), name: name.into(), version: version.into(), ..Package::default() }
}

fn group(registry: &str, public_url: &str, packages: Vec<Package>) -> RegistryGroup {
    RegistryGroup {
        registry: registry.into(),
        kind: "pypi-simple".into(),
        public_url: public_url.into(),
        packages,
        ..RegistryGroup::default()
    }
}

fn root_edge(target: &str, requirement: &str, set: &str) -> Edge {
    Edge {
        target: target.into(),
        requirement: requirement.into(),
        dependency_set: set.into(),
        ..Edge::default()
    }
}

fn response(outcome: project_answer::Outcome) -> ResolveResponse {
    let answer = ProjectAnswer { outcome: Some(outcome), ..ProjectAnswer::default() };
    ResolveResponse { answers: vec![answer], ..ResolveResponse::default() }
}

fn solution() -> Solution {
    let flask = Package {
        direct: true,
        held: true,
        details: Some(package::Details::Pypi(PypiPackage {
            extras: vec!["async".into(), "dotenv".into()],
            ..PypiPackage::default()
        })),
        ..package("flask", "3.1.0")
    };
    let withdrawn = Package { yanked: true, ..package("jinja2", "3.1.5") };
    let own = Package { direct: true, ..package("ours", "2.0.0.post1+local") };
    Solution {
        groups: vec![
            group("corp", "", vec![own]),
            group(
                "pypi",
                "https://index.example/simple",
                vec![flask, withdrawn, package("werkzeug", "3.1.3")],
            ),
        ],
        root_edges: vec![
            root_edge("flask", "flask[async]>=3", "main"),
            root_edge("ours", "ours", "main"),
            root_edge("flask", "flask[dotenv]", "extra:test"),
        ],
        ..Solution::default()
    }
}

fn milliseconds(count: i64) -> Option<prost_types::Duration> {
    let nanos = i32::try_from(count % 1000).unwrap() * 1_000_000;
    Some(prost_types::Duration { seconds: count / 1000, nanos })
}

#[test]
fn a_quick_solution_without_held_packages() {
    let mut response = response(project_answer::Outcome::Solution(solution()));
    response.statistics =
        Some(Statistics { remembered: true, total_time: milliseconds(1), ..Statistics::default() });
    insta::assert_snapshot!(told(&response, Format::Text, Held::Unknown));
}

#[test]
fn a_slow_solution_with_held_packages_and_warnings() {
    let mut response = response(project_answer::Outcome::Solution(solution()));
    response.answers[0].warnings = vec![
        Warning {
            text: "jinja2 3.1.5 was withdrawn by its publisher: it broke templates that are rendered in a sandbox"
                .into(),
            ..Warning::default()
        },
        Warning { text: "flask 3.1.0 has no extra\u{1b}[31m nope".into(), ..Warning::default() },
    ];
    let phase = |phase: Phase, count| PhaseTime { phase: phase.into(), time: milliseconds(count) };
    response.statistics = Some(Statistics {
        rounds: 3,
        documents_fetched: 12,
        bytes_fetched: 1_240_000,
        total_time: milliseconds(1_930),
        slowest_step: "reading numpy from pypi".into(),
        phases: vec![phase(Phase::Read, 1), phase(Phase::Fetch, 1_800), phase(Phase::Solve, 20)],
        ..Statistics::default()
    });
    insta::assert_snapshot!("slow_with_held", told(&response, Format::Text, Held::Known));
    insta::assert_snapshot!("slow_as_pins", told(&response, Format::Pins, Held::Known));
    insta::assert_snapshot!("slow_as_json", told(&response, Format::Json, Held::Known));
}

fn crate_of(name: &str, version: &str, details: CargoPackage) -> Package {
    let details = Some(package::Details::Cargo(details));
    Package { slot: format!("{name} {version}"), details, ..package(name, version) }
}

fn edge_of(member: &str, target: &str, requirement: &str, (set, marker): (&str, &str)) -> Edge {
    let edge = root_edge(target, requirement, set);
    Edge { member: member.into(), marker: marker.into(), ..edge }
}

fn workspace(members: &[(&str, &str)]) -> Solution {
    let member = |(name, version): &(&str, &str)| MemberPick {
        slot: format!("member {name}"),
        name: (*name).into(),
        version: (*version).into(),
        ..MemberPick::default()
    };
    let both = CargoPackage { for_target: true, for_host: true, ..CargoPackage::default() };
    let host = CargoPackage { for_host: true, ..CargoPackage::default() };
    let target = CargoPackage { for_target: true, ..CargoPackage::default() };
    let direct = |package: Package| Package { direct: true, ..package };
    let packages = vec![
        direct(crate_of("cc", "1.2.0", host)),
        direct(crate_of("libc", "0.2.180", both)),
        Package { yanked: true, ..crate_of("syn", "1.0.1", target.clone()) },
        crate_of("syn", "2.0.0+meta", target),
    ];
    Solution {
        groups: vec![RegistryGroup {
            kind: "cargo-sparse".into(),
            ..group("crates", "", packages)
        }],
        root_edges: vec![
            edge_of("app", "cc 1.2.0", "cc@1", ("build", "")),
            edge_of("app", "libc 0.2.180", "libc@0.2", ("main", "cfg(unix)")),
            edge_of("app", "libc 0.2.180", "libc@0.2", ("dev", "cfg(windows)")),
            edge_of("app", "member lib", "lib@*", ("main", "")),
            edge_of("lib", "libc 0.2.180", "libc@0.2", ("main", "")),
        ],
        members: members.iter().map(member).collect(),
        ..Solution::default()
    }
}

#[test]
fn crates_tell_which_member_needs_them_for_what() {
    let several = workspace(&[("app", "0.1.0"), ("lib", "0.0.0")]);
    let several = response(project_answer::Outcome::Solution(several));
    let one = response(project_answer::Outcome::Solution(workspace(&[("app", "0.1.0")])));
    insta::assert_snapshot!("members", told(&several, Format::Text, Held::Known));
    insta::assert_snapshot!("one_member", told(&one, Format::Text, Held::Unknown));
    // Members are no packages to install.
    insta::assert_snapshot!("members_as_pins", told(&several, Format::Pins, Held::Unknown));
}

fn with_choice(package: &mut Package, versions: usize, behind: u32) {
    let others = (1..versions).map(|number| format!("0.{number}"));
    package.acceptable_versions = std::iter::once(package.version.clone()).chain(others).collect();
    package.versions_behind = behind;
}

#[test]
fn packages_tell_how_many_versions_would_do_and_what_keeping_cost() {
    let mut solution = solution();
    with_choice(&mut solution.groups[1].packages[0], 12, 3);
    with_choice(&mut solution.groups[1].packages[1], 1, 0);
    with_choice(&mut solution.groups[1].packages[2], 2, 1);
    let several = response(project_answer::Outcome::Solution(solution.clone()));
    with_choice(&mut solution.groups[1].packages[0], 12, 1);
    with_choice(&mut solution.groups[1].packages[2], 2, 0);
    let one = response(project_answer::Outcome::Solution(solution.clone()));
    // What is behind for another reason is not told.
    solution.groups[1].packages[0].held = false;
    let none = response(project_answer::Outcome::Solution(solution));
    let told: Vec<String> = [
        (&several, Held::Preferred),
        (&several, Held::Known),
        (&one, Held::Preferred),
        (&none, Held::Preferred),
    ]
    .map(|(response, held)| told(response, Format::Text, held))
    .into();
    insta::assert_snapshot!(told.concat());
}

#[test]
fn nothing_to_install() {
    let mut response = response(project_answer::Outcome::Solution(Solution::default()));
    response.statistics =
        Some(Statistics { rounds: 1, total_time: milliseconds(0), ..Statistics::default() });
    insta::assert_snapshot!(told(&response, Format::Text, Held::Known));
}

#[test]
fn pins_are_sorted_by_bytes_and_unique() {
    let packages = vec![
        package("b", "1.0"),
        package("B", "1.0"),
        package("b", "1.0"),
        package("a-b", "1"),
        package("a", "2"),
    ];
    let solution = Solution { groups: vec![group("pypi", "", packages)], ..Solution::default() };
    let page =
        tell(&response(project_answer::Outcome::Solution(solution)), Format::Pins, Held::Unknown);
    assert_eq!(page.stdout, "B 1.0\na 2\na-b 1\nb 1.0\n");
    assert_eq!(page.stderr, "");
}

fn sentence(text: &str, premises: &[u32]) -> Sentence {
    Sentence { text: text.into(), premises: premises.into(), facts: Vec::new() }
}

fn two_sentences() -> Conflict {
    Conflict {
        sentences: vec![
            sentence(
                "Because flask >=3.1 depends on werkzeug >=3.1 and you require werkzeug <3, flask >=3.1 cannot be used.",
                &[],
            ),
            sentence("And because you require flask >=3.1, your requirements cannot be met.", &[0]),
        ],
        suggestions: vec![RootChange {
            text: "Relax werkzeug <3 to werkzeug >=3.1.".into(),
            ..RootChange::default()
        }],
        ..Conflict::default()
    }
}

#[test]
fn a_proof_in_a_line_has_no_numbers() {
    let response = response(project_answer::Outcome::Conflict(two_sentences()));
    insta::assert_snapshot!(told(&response, Format::Text, Held::Unknown));
    let json = tell(&response, Format::Json, Held::Unknown);
    assert!(json.stdout.contains("\"premises\"") && json.stderr.contains("hint: "));
    assert_eq!(json.exit as u8, 1);
}

#[test]
fn a_proof_that_reaches_back_has_numbers() {
    let conflict = Conflict {
        sentences: vec![
            sentence("Because a 1 depends on c 1, a needs c 1.", &[]),
            sentence("Because b 1 depends on c 2, b needs c 2.", &[]),
            sentence("So a and b cannot be used together, which is what you require.", &[1, 0]),
        ],
        ..Conflict::default()
    };
    insta::assert_snapshot!(told(
        &response(project_answer::Outcome::Conflict(conflict)),
        Format::Pins,
        Held::Unknown
    ));
}

#[test]
fn missing_metadata_names_its_files() {
    let need = Need {
        package: "pyspark".into(),
        version: "3.5.0".into(),
        what: Some(need::What::SdistMetadata(SdistMetadata {
            filenames: vec!["pyspark-3.5.0.tar.gz".into()],
        })),
        reason: "You require pyspark, and no release of it has a wheel.".into(),
    };
    let needs = Needs { needs: vec![need] };
    insta::assert_snapshot!(told(
        &response(project_answer::Outcome::Needs(needs)),
        Format::Text,
        Held::Unknown
    ));
}

#[test]
fn an_exhausted_budget_names_what_was_hard() {
    let exhausted = Exhausted {
        limit: BudgetLimit::Deadline.into(),
        decided: vec![TentativePackage {
            name: "boto3".into(),
            version: "1.40.1".into(),
            ..TentativePackage::default()
        }],
        contended: vec!["boto3".into(), "botocore".into()],
    };
    insta::assert_snapshot!(told(
        &response(project_answer::Outcome::Exhausted(exhausted)),
        Format::Text,
        Held::Unknown
    ));
}

#[test]
fn an_unknown_outcome_is_no_success() {
    let mut response = response(project_answer::Outcome::Needs(Needs::default()));
    response.answers[0].outcome = None;
    insta::assert_snapshot!(told(&response, Format::Text, Held::Unknown));
    response.answers.clear();
    assert_eq!(tell(&response, Format::Pins, Held::Unknown).exit as u8, 3);
}
