//! Why a package is there, or a version is not, over real gRPC.

use proto::v1;
use proto::v1::explain_response::Explanation;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::conversion::request;
use crate::resolving::start;

async fn explain(wire: v1::ExplainRequest) -> Result<v1::ExplainResponse, Status> {
    start().await.client().explain(wire).await.map(tonic::Response::into_inner)
}

fn question(roots: &[&str], package: &str, version: &str) -> v1::ExplainRequest {
    v1::ExplainRequest {
        request: Some(request(roots)),
        project: String::new(),
        package: package.to_owned(),
        version: version.to_owned(),
    }
}

#[tokio::test]
async fn what_is_there_is_told_with_the_ways_to_it() {
    let mut wire = question(&["flask"], "MarkupSafe", "");
    wire.project = wire.request.as_ref().unwrap().projects[0].name.clone();
    let response = explain(wire).await.unwrap();
    let Some(Explanation::Present(present)) = response.explanation else { panic!("{response:?}") };
    let lengths: Vec<usize> = present.paths.iter().map(|path| path.edges.len()).collect();
    assert!(lengths.is_sorted() && lengths[0] == 2 && !present.truncated, "{lengths:?}");
    let first = &present.paths[0].edges;
    assert_eq!((&*first[0].target, &*first[0].dependency_set), ("flask", "main"));
    assert_eq!((&*first[1].target, &*first[1].dependency_set), ("markupsafe", ""));
    assert!(!response.snapshot_token.is_empty() && response.statistics.is_some());
}

#[tokio::test]
async fn what_would_do_and_what_cannot_be_are_told_apart() {
    let response = explain(question(&["flask"], "flask", "<3.1.3")).await.unwrap();
    let Some(Explanation::NotChosen(sentence)) = response.explanation else {
        panic!("{response:?}")
    };
    assert!(sentence.starts_with("`flask` "), "{sentence}");
    let response =
        explain(question(&["flask>=3", "jinja2<3.1.6"], "jinja2", "3.1.6")).await.unwrap();
    let Some(Explanation::Impossible(conflict)) = response.explanation else {
        panic!("{response:?}")
    };
    let fields: Vec<&str> = conflict
        .facts
        .iter()
        .filter_map(|fact| match &fact.fact {
            Some(v1::conflict_fact::Fact::Requirement(requirement)) => Some(&*requirement.field),
            _ => None,
        })
        .collect();
    assert_eq!(fields, ["projects[0].requirements[1]", "version"]);
}

#[tokio::test]
async fn questions_that_cannot_be_read_are_refused_by_field() {
    let without = |change: fn(&mut v1::ExplainRequest)| {
        let mut wire = question(&["flask"], "flask", "");
        change(&mut wire);
        wire
    };
    for (wire, field) in [
        (without(|wire| wire.request = None), "request"),
        (without(|wire| wire.package.clear()), "package"),
        (without(|wire| wire.package = "-".to_owned()), "package"),
        (without(|wire| wire.version = "=>1".to_owned()), "version"),
        (without(|wire| wire.project = "another".to_owned()), "project"),
        (without(|wire| wire.request.as_mut().unwrap().projects.clear()), "projects"),
        (question(&["?"], "flask", ""), "projects[0].requirements[0]"),
    ] {
        let status = explain(wire).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status:?}");
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["field"], field);
    }
}
