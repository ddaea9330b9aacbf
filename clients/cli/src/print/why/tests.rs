//! Explanations as people see them.

use proto::v1::{Conflict, Sentence};

use super::*;

const LOOK: Look = Look { colours: false, width: 60 };

fn shown(explanation: Option<Explanation>) -> String {
    let response = ExplainResponse { explanation, ..ExplainResponse::default() };
    let page = page(&response, "markupsafe", &Origins::default(), (LOOK, LOOK));
    format!("{}== stderr\n{}== exit {}\n", page.stdout, page.stderr, page.exit as u8)
}

fn edge(target: &str, requirement: &str, set: &str, member: &str) -> Edge {
    Edge {
        target: target.into(),
        requirement: requirement.into(),
        dependency_set: set.into(),
        member: member.into(),
        ..Edge::default()
    }
}

#[test]
fn ways_are_told_from_the_project_on() {
    let direct =
        vec![edge("markupsafe", "markupsafe >= 2 ; python_version < '4'", "extra:test", "")];
    let over = vec![
        edge("flask", "flask[async]>=3", "main", ""),
        edge("jinja2", "jinja2>=3.1.2", "", ""),
        edge("markupsafe", "markupsafe>=2.0", "", ""),
    ];
    let long = vec![
        edge("web", "web = \"^1.2\"", "main", "app"),
        edge("macros", "macros = \"=1.2.0\"", "", ""),
        edge("markupsafe", "markupsafe = \">=2.0.87, <3.0.0\"", "", ""),
    ];
    let member =
        vec![edge("lib", "", "dev", "app"), edge("markupsafe", "markupsafe\u{1b}[31m", "", "")];
    let path = |edges: &[Edge]| DependencyPath { edges: edges.to_vec() };
    let several = DependencyPaths {
        paths: vec![path(&direct), path(&over), path(&long), path(&member)],
        truncated: true,
    };
    let one = DependencyPaths { paths: vec![path(&direct)], truncated: false };
    insta::assert_snapshot!(
        shown(Some(Explanation::Present(several))) + &shown(Some(Explanation::Present(one)))
    );
}

#[test]
fn what_is_not_there_is_told_by_whether_it_could_be() {
    let sentence = Sentence {
        text: "Because you require jinja2 >=3.1.2, markupsafe 1 cannot be used.".into(),
        ..Sentence::default()
    };
    let conflict = Conflict { sentences: vec![sentence], ..Conflict::default() };
    let not_chosen =
        "markupsafe 2.1.5 would do, and 3.0.2 is newer, which is what the strategy asks for.";
    insta::assert_snapshot!(
        [
            Some(Explanation::NotChosen(not_chosen.into())),
            Some(Explanation::Impossible(conflict)),
            None,
        ]
        .map(shown)
        .concat()
    );
}
