//! What the service is told of held versions, and of how many versions to answer with.

use proto::v1::*;
use tonic::Code;

use crate::{Folder, answer, fake::Fake, flask, refusal, solved};

fn with_held() -> Folder {
    Folder::with(&[("requirements.in", "flask>=3\n"), ("held.txt", "flask ==3.0.0\n")])
}

fn request(service: &Fake) -> ResolveRequest {
    service.seen().pop().unwrap().request
}

#[test]
fn a_policy_about_what_is_held_goes_with_it() {
    let service = Fake::start([(); 3].map(|()| answer(solved("flask", "3.0.0"))));
    for (word, policy) in [
        ("freshest", HeldPolicy::Freshest),
        ("fewest-bytes", HeldPolicy::FewestBytes),
        ("fewest-changes", HeldPolicy::FewestChanges),
    ] {
        let ran = with_held().qm_with(
            &["resolve", "requirements.in", "--held", "held.txt", "--held-policy", word],
            &[("QUARTERMASTER_SERVER", &service.url)],
        );
        assert_eq!(ran.exit, 0, "{}", ran.stderr);
        let request = request(&service);
        assert_eq!(request.policy.unwrap().held_policy(), policy);
        assert_eq!(request.held[0].ranges, ["==3.0.0"]);
    }
    let ran = flask().qm(&["resolve", "requirements.in", "--held-policy", "fewest-bytes"]);
    assert!(ran.exit == 2 && ran.stderr.contains("--held <FILE>"), "{}", ran.stderr);
}

#[test]
fn a_lock_may_keep_what_is_held() {
    let service = Fake::start([answer(ResolveResponse::default())]);
    let folder = Folder::with(&[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n"),
        ("held.txt", "syn =2.0.1\n"),
    ]);
    folder.qm_with(
        &["lock", "Cargo.toml", "--held", "held.txt", "--held-policy", "fewest-changes"],
        &[("QUARTERMASTER_SERVER", &service.url)],
    );
    let request = request(&service);
    assert_eq!(request.policy.unwrap().held_policy(), HeldPolicy::FewestChanges);
    assert_eq!((&*request.held[0].name, &*request.held[0].ranges[0]), ("syn", "=2.0.1"));
}

#[test]
fn an_answer_that_can_be_kept_is_asked_for_with_its_certificate() {
    let service = Fake::start([(); 3].map(|()| answer(solved("flask", "3.1.0"))));
    let options = |arguments: &[&str]| {
        let all = [&["resolve", "requirements.in", "--server", &service.url], arguments].concat();
        assert_eq!(flask().qm(&all).exit, 0);
        request(&service).options
    };
    assert_eq!(options(&["--format", "pins"]), None);
    let certified =
        AnswerOptions { edges: EdgeDetail::Certified.into(), ..AnswerOptions::default() };
    assert_eq!(options(&["--format", "json"]), Some(certified));
    let bounded = AnswerOptions {
        acceptable_reach: Some(0),
        max_acceptable_versions: 5,
        ..AnswerOptions::default()
    };
    assert_eq!(options(&["--reach", "0", "--max-versions", "5"]), Some(bounded));
    for wrong in [["--reach", "1001"], ["--max-versions", "0"]] {
        let ran = flask().qm(&[&["resolve", "requirements.in"], &wrong[..]].concat());
        assert!(ran.exit == 2 && ran.stderr.contains(wrong[0]), "{}", ran.stderr);
    }
}

#[test]
fn what_is_wrong_with_it_is_told_by_the_flag() {
    let service = Fake::start([refusal(
        Code::Unimplemented,
        &[
            ("policy.held_policy", "only the freshest versions are chosen"),
            ("options.acceptable_reach", "no other versions are tried"),
            ("options.max_acceptable_versions", "lists are not cut"),
            ("options.edges", "there are no certificates"),
        ],
    )]);
    #[rustfmt::skip]
    let ran = with_held().qm_with(
        &[
            "resolve", "requirements.in", "--held", "held.txt", "--held-policy", "fewest-bytes",
            "--reach", "9", "--max-versions", "5", "--format", "json",
        ],
        &[("QUARTERMASTER_SERVER", &service.url)],
    );
    insta::assert_snapshot!(ran.told().replace(&service.url, "URL"));
}
