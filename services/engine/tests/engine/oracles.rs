//! The answers for real projects equal those of the reference tool on the same data.

use std::path::{Path, PathBuf};

use testkit::registry::Settings;

use crate::support::{Counted, fake, over, recorded, request};

pub(crate) const SETS: [&str; 6] = ["airflow", "boto", "django", "fastapi-app", "jupyter", "ml"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../registries/bundled/oracles/pypi")
}

pub(crate) fn requirements(set: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(folder().join(format!("{set}.in"))).expect("the set is there");
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn oracle(set: &str) -> String {
    pins(&format!("{set}.py3.12"))
}

/// What the reference tool answered, as lines `name version`.
pub(crate) fn pins(name: &str) -> String {
    let path = folder().join(format!("{name}.txt"));
    let text = std::fs::read_to_string(path).expect("the oracle is there");
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.replace("==", " "))
        .collect();
    lines.sort();
    lines.join("\n")
}

async fn check(counted: &Counted, set: &str) {
    let requirements = requirements(set);
    let texts: Vec<&str> = requirements.iter().map(String::as_str).collect();
    assert_eq!(counted.pins(&request(&texts)).await, oracle(set), "{set}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_registry_gives_the_reference_tools_answers() {
    let counted = Counted::over(vec![recorded()]);
    for set in SETS {
        check(&counted, set).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_data_over_http_gives_the_same_answers() {
    let fake = fake(Settings::default()).await;
    let counted = Counted::over(vec![over(&fake)]);
    for set in SETS {
        check(&counted, set).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_does_not_depend_on_what_was_asked_before() {
    let alone = Counted::over(vec![recorded()]);
    let after = Counted::over(vec![recorded()]);
    for set in ["airflow", "ml", "boto"] {
        check(&after, set).await;
    }
    for roots in
        [["flask>=3.1", "notebook>=7", "werkzeug<3"], ["apache-airflow>=3", "pydantic<2", "flask"]]
    {
        let request = request(&roots);
        assert_eq!(after.pins(&request).await, alone.pins(&request).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_explained_in_few_sentences_with_a_way_out() {
    let counted = Counted::over(vec![recorded()]);
    let short = counted.pins(&request(&["flask>=3.1", "notebook>=7", "werkzeug<3"])).await;
    insta::assert_snapshot!(short);
    let folded = counted.pins(&request(&["apache-airflow>=3", "pydantic<2"])).await;
    insta::assert_snapshot!(folded);
}
