//! Acceptable versions, as a caller gets them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use engine::config::RegistryConfig;
use engine::{
    Completeness, Edge, Explanation, HeldPolicy, HeldTexts, Package, Question, Request, Solution,
};
use testkit::registry::{Fault, Reply, Settings};

use crate::support::{Asked, fake, over, recorded, request};

/// What is wrong with an answer, by nothing but comparing its texts.
fn faults(solution: &Solution) -> Vec<String> {
    let packages: Vec<&Package> =
        solution.groups.iter().flat_map(|group| &group.packages).collect();
    let by_slot: BTreeMap<&str, &Package> =
        packages.iter().map(|package| (&*package.slot, *package)).collect();
    let members: BTreeSet<&str> = solution.members.iter().map(|member| &*member.slot).collect();
    let mut faults = Vec::new();
    let mut look = |from: &str, edge: &Edge| {
        let Some(target) = by_slot.get(&*edge.target) else {
            if !members.contains(&*edge.target) {
                faults.push(format!("{from} depends on `{}`, which is not there", edge.target));
            }
            return;
        };
        let mut extras = edge.extras.clone();
        extras.sort();
        let admitted = target
            .admitted
            .iter()
            .find(|admitted| admitted.range == edge.range && admitted.extras == extras);
        let all = target.acceptable.versions.len();
        if admitted.is_none_or(|admitted| admitted.versions.len() != all) {
            faults.push(format!("{from} asks `{}` of `{}`: {admitted:?}", edge.range, target.slot));
        }
    };
    for edge in &solution.root_edges {
        look("the project", edge);
    }
    for package in &packages {
        assert_eq!(package.acceptable.versions[0], package.version, "{}", package.slot);
        package.edges.iter().for_each(|edge| look(&package.slot, edge));
    }
    faults
}

fn package<'a>(solution: &'a Solution, name: &str) -> &'a Package {
    let mut packages = solution.groups.iter().flat_map(|group| &group.packages);
    packages.find(|package| package.name == name).expect("it is in the answer")
}

fn held(name: &str, range: &str) -> HeldTexts {
    HeldTexts { name: name.to_owned(), ranges: vec![range.to_owned()] }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acceptable_version_meets_every_edge() {
    let asked = Asked::over(vec![recorded()]);
    let (solution, _) = asked
        .solution(request(&["flask", "pandas", "boto3", "apache-airflow[postgres,google]"]))
        .await;
    assert_eq!(faults(&solution), Vec::<String>::new());
    let several = |package: &&Package| package.acceptable.versions.len() > 1;
    let packages = || solution.groups.iter().flat_map(|group| &group.packages);
    assert!(packages().filter(several).count() > 3, "few packages have a choice");
}

#[tokio::test(flavor = "multi_thread")]
async fn sets_do_not_depend_on_what_was_known_before() {
    let reaching = Request { reach: Some(8), ..request(&["flask", "requests"]) };
    let cold = Asked::over(vec![recorded()]);
    let (alone, _) = cold.solution(reaching.clone()).await;
    let warm = Asked::over(vec![recorded()]);
    warm.solution(Request { reach: Some(1000), ..reaching.clone() }).await;
    warm.solution(request(&["apache-airflow", "boto3"])).await;
    let (after, _) = warm.solution(reaching).await;
    assert_eq!(format!("{alone:?}"), format!("{after:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reach_asks_for_is_read_at_once_and_no_more() {
    let fake = fake(Settings::default()).await;
    let asked = Asked::over(vec![over(&fake)]);
    let (narrow, _) = asked.solution(Request { reach: Some(1), ..request(&["flask"]) }).await;
    fake.reset_counts();
    let flask = package(&narrow, "flask");
    assert_eq!(flask.acceptable.versions.len(), 1);
    assert_eq!(flask.acceptable.completeness, Completeness::Reach);
    let (wide, _) = asked.solution(Request { reach: Some(4), ..request(&["flask"]) }).await;
    let packages = wide.groups.iter().map(|group| group.packages.len()).sum::<usize>();
    let more = fake.counts().total;
    assert!(more <= 3 * packages, "{more} documents for {packages} packages");
    assert!(package(&wide, "flask").acceptable.versions.len() > 1);
}

/// The paths of metadata that a reach of four asks for, and one of them that a reach of one does not.
async fn wider_path() -> String {
    let fake = fake(Settings::default()).await;
    let asked = Asked::over(vec![over(&fake)]);
    asked.solution(Request { reach: Some(1), ..request(&["flask"]) }).await;
    let narrow = fake.counts().by_path;
    asked.solution(Request { reach: Some(4), ..request(&["flask"]) }).await;
    let wide = fake.counts().by_path;
    let mut wider = wide.into_keys().filter(|path| !narrow.contains_key(path));
    wider.find(|path| path.contains("flask")).expect("another version of flask is within reach")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_cannot_be_read_is_in_no_set_and_asked_for_again_next_time() {
    let path = wider_path().await;
    let fake = fake(Settings::default()).await;
    fake.inject(Fault::new(&path, Reply::Status(500)).times(20));
    let asked = Asked::over(vec![RegistryConfig { retries: 0, ..over(&fake) }]);
    let reaching = Request { reach: Some(4), ..request(&["flask"]) };
    let (without, resolved) = asked.solution(reaching.clone()).await;
    let flask = package(&without, "flask");
    assert_eq!(flask.acceptable.completeness, Completeness::Unreadable);
    assert_eq!(faults(&without), Vec::<String>::new());
    assert!(!resolved.statistics.remembered);
    // The registry gets well.
    let mut attempts = 0;
    let healed = loop {
        attempts += 1;
        let (solution, resolved) = asked.solution(reaching.clone()).await;
        assert!(!resolved.statistics.remembered, "an answer with a lack is not remembered");
        let found = package(&solution, "flask").acceptable.completeness;
        if found != Completeness::Unreadable {
            break solution;
        }
        assert!(attempts < 100, "it was asked for again");
    };
    let versions = |of: &Solution| package(of, "flask").acceptable.versions.len();
    assert!(versions(&healed) > versions(&without));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_in_a_hurry_gets_the_sets_that_can_be_had_in_time() {
    let path = wider_path().await;
    let fake = fake(Settings::default()).await;
    fake.inject(Fault::new(&path, Reply::Drip(Duration::from_secs(1))));
    let asked = Asked::over(vec![over(&fake)]);
    let hurried = Request {
        reach: Some(4),
        answer_within: Some(Duration::from_secs(6)),
        ..request(&["flask"])
    };
    let started = Instant::now();
    let (solution, _) = asked.solution(hurried).await;
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    assert_eq!(package(&solution, "flask").acceptable.completeness, Completeness::Budget);
    assert_eq!(faults(&solution), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_is_within_reach_and_changes_the_choice_only_where_that_is_asked() {
    let asked = Asked::over(vec![recorded()]);
    let (plain, _) = asked.solution(Request { reach: Some(1000), ..request(&["flask"]) }).await;
    let chosen = package(&plain, "flask").version.clone();
    let others = &package(&plain, "flask").acceptable.versions;
    let older = others.last().expect("there are some").clone();
    assert_ne!(older, chosen);
    let holding = |policy| {
        let mut request = Request { reach: Some(0), ..request(&["flask"]) };
        request.held = vec![held("Flask", &format!("=={older}"))];
        request.policy.held = policy;
        request
    };
    let (fresh, _) = asked.solution(holding(HeldPolicy::Freshest)).await;
    let flask = package(&fresh, "flask");
    assert_eq!(flask.acceptable.versions, [chosen.clone(), older.clone()]);
    assert_eq!(flask.acceptable.held, [1]);
    assert_eq!(flask.behind, 0);
    for policy in [HeldPolicy::FewestChanges, HeldPolicy::FewestBytes] {
        let (kept, _) = asked.solution(holding(policy)).await;
        let flask = package(&kept, "flask");
        assert_eq!(flask.version, older, "{policy:?}");
        assert!(flask.behind > 0);
        assert_eq!(flask.acceptable.held, [0]);
        assert_eq!(faults(&kept), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_and_what_is_not_is_explained() {
    let asked = Asked::over(vec![recorded()]);
    let roots = ["flask>=3", "jinja2<3.1.6"];
    let mut told = String::new();
    for (package, version) in [
        ("MarkupSafe", ""),
        ("werkzeug", "2.0.0"),
        ("jinja2", "3.1.6"),
        ("jinja2", ">=3.1"),
        ("jinja2", "99"),
        ("django", ""),
        ("django", "5.2"),
        ("no-such-project", "1"),
        ("flask", "=>3"),
    ] {
        let question = Question { package: package.to_owned(), version: version.to_owned() };
        let explained = asked.engine.explain(request(&roots), &question).await;
        let text = match explained.map(|call| call.explanation) {
            Ok(Explanation::Present { paths, has_more }) => {
                let path = |edges: &Vec<Edge>| {
                    edges
                        .iter()
                        .map(|edge| edge.requirement.clone())
                        .collect::<Vec<_>>()
                        .join(" -> ")
                };
                format!("{:?} more: {has_more}", paths.iter().map(path).collect::<Vec<_>>())
            }
            Ok(Explanation::NotChosen(sentence)) => sentence,
            Ok(Explanation::Impossible(conflict)) => {
                conflict.sentences.iter().map(|one| one.text.clone()).collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        };
        told.push_str(&format!("{package} {version}\n    {text}\n"));
    }
    insta::assert_snapshot!(told);
}
