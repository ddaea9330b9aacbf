//! Why a package is there, or is not.

use std::time::Duration;

use proto::v1::{explain_response::Explanation, *};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::{
    answer, details,
    fake::{Fake, Reply},
    flask, refusal, retry_after, solved,
};

fn explanation(explanation: Explanation) -> Reply {
    let response = ExplainResponse { explanation: Some(explanation), ..Default::default() };
    Reply::Explanation(Box::new(response))
}

fn present() -> Reply {
    let edge = |target: &str, requirement: &str| Edge {
        target: target.into(),
        requirement: requirement.into(),
        ..Edge::default()
    };
    let edges = vec![edge("flask", "flask>=3"), edge("werkzeug", "werkzeug>=3.1")];
    let paths = vec![DependencyPath { edges }];
    explanation(Explanation::Present(DependencyPaths { paths, truncated: false }))
}

#[test]
fn what_is_asked_is_the_request_and_what_is_in_question() {
    let service = Fake::start([present(), present(), answer(solved("flask", "3.1.0"))]);
    let base = ["why", "requirements.in", "werkzeug"];
    let environment = [("QUARTERMASTER_SERVER", service.url.as_str())];
    let ran = flask().qm_with(&base, &environment);
    let told = "1 way leads to `werkzeug`\n  flask>=3 → werkzeug>=3.1\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.exit), (told, "", 0));
    flask().qm_with(&[&base[..], &["2.3.8", "--python", "3.11"]].concat(), &environment);
    let questions: Vec<ExplainRequest> =
        service.seen().into_iter().filter_map(|seen| seen.question).collect();
    let asked: Vec<_> =
        questions.iter().map(|question| (&*question.package, &*question.version)).collect();
    assert_eq!(asked, [("werkzeug", ""), ("werkzeug", "2.3.8")]);
    flask().qm_with(&["resolve", "requirements.in", "--python", "3.11"], &environment);
    assert_eq!(questions[1].request, Some(service.seen().pop().unwrap().request));
}

#[test]
fn what_could_be_there_exits_with_0_and_what_cannot_with_1() {
    let sentence = Sentence { text: "It cannot be.".into(), ..Default::default() };
    let conflict = Conflict { sentences: vec![sentence], ..Default::default() };
    let service = Fake::start([
        explanation(Explanation::NotChosen("werkzeug 3.1.3 is newer.".into())),
        explanation(Explanation::Impossible(conflict)),
    ]);
    let why = || flask().qm(&["why", "requirements.in", "werkzeug", "2", "--server", &service.url]);
    let ran = why();
    assert_eq!((ran.stdout.as_str(), ran.exit), ("werkzeug 3.1.3 is newer.\n", 0));
    let ran = why();
    assert_eq!((ran.stdout.as_str(), ran.exit), ("", 1));
    assert_eq!(ran.stderr, "there is no solution:\n  It cannot be.\n");
}

#[test]
fn refusals_are_told_as_for_an_answer() {
    let older =
        Status::with_error_details(Code::Unimplemented, "no explanations", details("UNSUPPORTED"));
    let service = Fake::start([
        Reply::Fail(Box::new(retry_after(Code::ResourceExhausted, Duration::from_millis(5)))),
        refusal(
            Code::InvalidArgument,
            &[
                ("projects[0].requirements[0].text", "column 6: `>=>` is not an operator in pypi"),
                ("package", "`-` is not a name"),
                ("version", "column 3: `~~` is not an operator in pypi"),
            ],
        ),
        Reply::Fail(Box::new(older)),
        Reply::Silence,
    ]);
    let mut report = String::new();
    for timeout in ["30s", "30s", "50ms"] {
        let ran = flask().qm(&[
            "why",
            "requirements.in",
            "-",
            "==~~3",
            "--server",
            &service.url,
            "--timeout",
            timeout,
        ]);
        report.push_str(&ran.told().replace(&service.url, "URL"));
    }
    insta::assert_snapshot!(report);
}
