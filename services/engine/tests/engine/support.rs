//! Engines for tests, and what they answer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use engine::config::{CacheConfig, RegistryConfig, RegistryKind};
use engine::{
    Answer, Engine, EngineConfig, EnvironmentTexts, Outcome, Project, PypiProject, Request,
    RequirementText, Resolved, Solution,
};
use testkit::registry::{FakeRegistry, Settings};

/// An engine that counts how many answers it has computed.
pub(crate) struct Counted {
    pub(crate) engine: Engine,
    encoded: Arc<AtomicU32>,
    warnings: Arc<Mutex<Vec<String>>>,
}

impl Counted {
    pub(crate) fn over(registries: Vec<RegistryConfig>) -> Self {
        Self::remembering(registries, CacheConfig::default())
    }

    pub(crate) fn remembering(registries: Vec<RegistryConfig>, cache: CacheConfig) -> Self {
        let encoded = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&encoded);
        let warnings = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&warnings);
        let encode = move |answer: &Answer| {
            counter.fetch_add(1, Ordering::SeqCst);
            let texts = answer.warnings.iter().map(|warning| warning.text.clone()).collect();
            *told.lock().expect("no test panics here") = texts;
            Bytes::from(pins(answer))
        };
        Self { engine: open((registries, cache), encode), encoded, warnings }
    }

    pub(crate) async fn pins(&self, request: &Request) -> String {
        let resolved = self.resolve(request).await;
        String::from_utf8(resolved.encoded.to_vec()).expect("pins are text")
    }

    pub(crate) async fn resolve(&self, request: &Request) -> Resolved {
        self.engine.resolve(request.clone(), None).await.expect("there is an answer")
    }

    /// The warnings of the answer that was computed last.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().expect("no test panics here").clone()
    }

    /// How many answers were computed.
    pub(crate) fn computed(&self) -> u32 {
        self.encoded.load(Ordering::SeqCst)
    }
}

/// An engine, and the answer that it gave last.
pub(crate) struct Asked {
    pub(crate) engine: Engine,
    last: Arc<Mutex<Option<Answer>>>,
}

impl Asked {
    pub(crate) fn over(registries: Vec<RegistryConfig>) -> Self {
        let last = Arc::new(Mutex::new(None));
        let told = Arc::clone(&last);
        let encode = move |answer: &Answer| {
            *told.lock().expect("no test panics here") = Some(answer.clone());
            Bytes::new()
        };
        Self { engine: open((registries, CacheConfig::default()), encode), last }
    }

    /// What was computed last.
    pub(crate) fn last(&self) -> Answer {
        let last = self.last.lock().expect("no test panics here").clone();
        last.expect("it was computed")
    }

    pub(crate) async fn solution(&self, request: Request) -> (Solution, Resolved) {
        let resolved = self.engine.resolve(request, None).await.expect("there is an answer");
        match self.last().outcome {
            Outcome::Solution(solution) => (solution, resolved),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn open(
    (registries, cache): (Vec<RegistryConfig>, CacheConfig),
    encode: impl Fn(&Answer) -> Bytes + Send + Sync + 'static,
) -> Engine {
    let config = EngineConfig {
        registries,
        cache,
        solve_budget: Duration::from_secs(60),
        solve_steps: 1_000_000,
        ..EngineConfig::default()
    };
    Engine::open(config, Arc::new(encode)).expect("the configuration is valid")
}

/// The outcome as the oracles write it: `name version` lines, or the sentences of a conflict.
fn pins(answer: &Answer) -> String {
    match &answer.outcome {
        Outcome::Solution(solution) => {
            let packages = solution.groups.iter().flat_map(|group| &group.packages);
            let mut lines: Vec<String> =
                packages.map(|package| format!("{} {}", package.name, package.version)).collect();
            lines.sort();
            lines.join("\n")
        }
        Outcome::Conflict(conflict) => {
            let sentences = conflict.sentences.iter().map(|sentence| sentence.text.clone());
            let suggestions = conflict.suggestions.iter().map(|change| change.text.clone());
            sentences.chain(suggestions).collect::<Vec<_>>().join("\n")
        }
        other => format!("{other:?}"),
    }
}

pub(crate) fn request(requirements: &[&str]) -> Request {
    let text = |text: &&str| RequirementText { text: (*text).to_owned(), ..Default::default() };
    let project = PypiProject {
        requirements: requirements.iter().map(text).collect(),
        environment: EnvironmentTexts {
            python_version: "3.12".to_owned(),
            platform: "x86_64-manylinux_2_28".to_owned(),
            ..EnvironmentTexts::default()
        },
        ..PypiProject::default()
    };
    Request { project: Project::Pypi(project), ..Request::default() }
}

/// The same request with another project.
pub(crate) fn changed(mut request: Request, change: impl FnOnce(&mut PypiProject)) -> Request {
    let Project::Pypi(project) = &mut request.project else { panic!("it is Python's") };
    change(project);
    request
}

pub(crate) fn recorded() -> RegistryConfig {
    RegistryConfig::new("pypi", RegistryKind::Recorded)
}

/// The bundled data behind a loopback server.
pub(crate) async fn fake(settings: Settings) -> FakeRegistry {
    let recorded = registries::bundled();
    FakeRegistry::start(recorded, settings).await.expect("the loopback has a free port")
}

pub(crate) fn over(fake: &FakeRegistry) -> RegistryConfig {
    let mut config = RegistryConfig::new("pypi", RegistryKind::PypiSimple);
    config.url = Some(fake.simple_url().parse().expect("the fake registry has a URL"));
    config.retry_delay = Duration::from_millis(1);
    config
}
