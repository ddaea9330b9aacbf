//! Answers as they come back from files.

use proto::v1::{
    Conflict, Exhausted, Needs, ProjectAnswer, ResolveResponse, project_answer::Outcome,
};

use super::{samples, *};

fn response(outcome: Outcome) -> ResolveResponse {
    let answer = ProjectAnswer { outcome: Some(outcome), ..ProjectAnswer::default() };
    ResolveResponse { answers: vec![answer], ..ResolveResponse::default() }
}

#[test]
fn an_answer_is_read_back_as_it_was_printed() {
    for solution in [samples::python(), samples::workspace(), samples::tree()] {
        let response = response(Outcome::Solution(solution));
        assert_eq!(json::read(&json::json(&response).unwrap()).unwrap(), response);
    }
}

#[test]
fn what_is_no_answer_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.json");
    let conflict = json::json(&response(Outcome::Conflict(Conflict::default()))).unwrap();
    let mut report = String::new();
    for text in [
        "",
        "flask 3.1.0\n",
        "[]",
        "{} {}",
        "{\"answers\": [{\"solution\": {\"colour\": \"red\"}}]}",
        "{\"answers\": 3}",
        "{\"answers\": [{}]}",
        "{\"key\": \"00\"}",
        &conflict,
    ] {
        fs::write(&path, text).unwrap();
        let error = read(&path)
            .and_then(|response| solutions(&response, "answer.json").map(|_| ()))
            .unwrap_err();
        let shown = error.to_string().replace(&path.display().to_string(), "answer.json");
        let hint = error.hint().unwrap_or_default();
        report.push_str(&format!(
            "{}\n  {shown}\n  {hint}\n",
            text.lines().next().unwrap_or_default()
        ));
    }
    insta::assert_snapshot!(report);
    assert!(matches!(read(&folder.path().join("none.json")), Err(AnswerError::Unreadable { .. })));
}

#[test]
fn every_outcome_without_a_solution_is_named() {
    for (outcome, word) in [
        (Outcome::Conflict(Conflict::default()), "conflict"),
        (Outcome::Needs(Needs::default()), "build"),
        (Outcome::Exhausted(Exhausted::default()), "limit"),
    ] {
        let error = solutions(&response(outcome), "a.json").unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}
