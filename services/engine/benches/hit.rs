//! How long a remembered answer takes, judged fresh and handed out:
//! `cargo bench -p quartermaster-engine`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use divan::Bencher;
use engine::config::{CacheConfig, RegistryConfig, RegistryKind};
use engine::{
    Answer, Engine, EngineConfig, EnvironmentTexts, Project, PypiProject, Request, RequirementText,
};

fn main() {
    divan::main();
}

/// A remembered answer for airflow's 304 packages, with some 330 listings to be judged.
#[divan::bench]
fn remembered_airflow(bencher: Bencher<'_, '_>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime needs no more");
    let config = EngineConfig {
        registries: vec![RegistryConfig::new("pypi", RegistryKind::Recorded)],
        cache: CacheConfig::default(),
        solve_budget: Duration::from_secs(60),
        reach: engine::Reaches::default(),
        solve_steps: 1_000_000,
    };
    let encode = |answer: &Answer| Bytes::from(answer.key.clone());
    let engine = Engine::open(config, Arc::new(encode)).expect("the bundled archive is whole");
    let text = "apache-airflow[amazon,celery,postgres,google]".to_owned();
    let project = PypiProject {
        requirements: vec![RequirementText { text, ..RequirementText::default() }],
        environment: EnvironmentTexts {
            python_version: "3.12".to_owned(),
            platform: "x86_64-manylinux_2_28".to_owned(),
            ..EnvironmentTexts::default()
        },
        ..PypiProject::default()
    };
    let request = Request { project: Project::Pypi(project), ..Request::default() };
    let first =
        runtime.block_on(engine.resolve(request.clone(), None)).expect("there is an answer");
    assert!(!first.statistics.remembered);
    bencher.bench_local(|| {
        let hit = runtime.block_on(engine.resolve(request.clone(), None));
        assert!(hit.expect("there is an answer").statistics.remembered);
    });
}
