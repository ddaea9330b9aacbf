//! Whole resolves over a registry in trouble, or a hostile one: each ends in the answer that a
//! well-behaved registry gives, or in an error that names the registry and the document.

use std::time::Duration;

use engine::{Error, Request};
use testkit::registry::{CoreMetadata, FakeRegistry, Fault, Form, Reply, Settings};

use crate::support::{Counted, fake, over, recorded, request};

/// What a project of a small tree is asked for, and what is asked of the registry for it.
const PAGE: &str = "/simple/click/";

/// One kind of trouble.
struct Trouble {
    name: &'static str,
    settings: Settings,
    faults: Vec<Fault>,
    /// How long a request may take, where that is the point.
    timeout: Option<Duration>,
    /// What an error says besides the registry and the document; `None` where there is an answer.
    error: Option<&'static str>,
}

impl Trouble {
    fn new(name: &'static str) -> Self {
        let settings = Settings::default();
        Self { name, settings, faults: Vec::new(), timeout: None, error: None }
    }

    fn with(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    fn when(mut self, path: &str, reply: Reply, times: Option<usize>) -> Self {
        let fault = Fault::new(path, reply);
        self.faults.push(match times {
            Some(times) => fault.times(times),
            None => fault,
        });
        self
    }

    fn within(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    fn fails(self, error: &'static str) -> Self {
        Self { error: Some(error), ..self }
    }
}

/// Trouble that passes, or that there is a way around.
fn survived() -> Vec<Trouble> {
    let defaults = Settings::default;
    let whole =
        || Settings { core_metadata: CoreMetadata::Unadvertised, ranges: false, ..defaults() };
    let endless = || Reply::Endless;
    let busy = |after: &str| Reply::TooManyRequests(after.to_owned());
    vec![
        Trouble::new("metadata files that are advertised and not there")
            .with(Settings { core_metadata: CoreMetadata::Missing, ..defaults() }),
        Trouble::new("metadata files with another hash")
            .with(Settings { core_metadata: CoreMetadata::WrongHash, ..defaults() }),
        Trouble::new("neither metadata files nor ranges")
            .with(Settings { true_hashes: true, ..whole() }),
        Trouble::new("HTML with odd quoting").with(Settings { form: Form::OddHtml, ..defaults() }),
        Trouble::new("versions that nobody can read among good ones")
            .with(Settings { strays: true, ..defaults() }),
        Trouble::new("no validators and nothing to keep").with(Settings {
            validators: false,
            cache_control: None,
            ..defaults()
        }),
        Trouble::new("too many requests").when(PAGE, busy("0"), Some(2)),
        Trouble::new("a burst of server errors").when("/", Reply::Status(502), Some(3)),
        Trouble::new("a body that was cut").when(PAGE, Reply::Truncated, Some(2)),
        Trouble::new("a metadata file without end").when("/files/click-8.3", endless(), Some(1)),
        Trouble::new("metadata files that are refused").when(
            "/files/click-8",
            Reply::Status(403),
            Some(1),
        ),
    ]
}

/// Trouble that stays.
fn fatal() -> Vec<Trouble> {
    let whole = || Settings {
        core_metadata: CoreMetadata::Unadvertised,
        ranges: false,
        ..Settings::default()
    };
    let elsewhere = || Reply::RedirectToOrigin("http://elsewhere.example".to_owned());
    let html = |body: &'static [u8]| Reply::Body("text/plain".to_owned(), body.into());
    let hour = || Reply::TooManyRequests("3600".to_owned());
    let drip = || Reply::Drip(Duration::from_millis(20));
    vec![
        Trouble::new("wheels with another hash").with(whole()).fails("listed hash `sha256:"),
        Trouble::new("server errors without end").when(PAGE, Reply::Status(500), None).fails("500"),
        Trouble::new("a pause of an hour").when(PAGE, hour(), None).fails("429"),
        Trouble::new("a page that is always cut").when(PAGE, Reply::Truncated, None).fails(""),
        Trouble::new("a page without end").when(PAGE, Reply::Endless, None).fails("more than"),
        Trouble::new("a slow drip")
            .when(PAGE, drip(), None)
            .within(Duration::from_millis(500))
            .fails(""),
        Trouble::new("a redirect to nobody we know")
            .when(PAGE, elsewhere(), None)
            .fails("`elsewhere.example`"),
        Trouble::new("a file on a host of nobody's")
            .when("/files/click-8", elsewhere(), None)
            .fails("`elsewhere.example`"),
        Trouble::new("a refusal").when(PAGE, Reply::Status(403), None).fails("403"),
        Trouble::new("a page that is none").when(PAGE, html(b"hello"), None).fails("text/plain"),
    ]
}

async fn resolve(trouble: &Trouble) -> Result<String, Error> {
    let fake = fake(trouble.settings.clone()).await;
    for fault in &trouble.faults {
        fake.inject(fault.clone());
    }
    let mut config = over(&fake);
    config.max_body_mib = 2;
    config.timeout = trouble.timeout.unwrap_or(config.timeout);
    let counted = Counted::over(vec![config]);
    let resolved = counted.engine.resolve(request(&["flask"]), None).await?;
    Ok(String::from_utf8_lossy(&resolved.encoded).into_owned())
}

#[tokio::test]
async fn trouble_that_can_be_survived_changes_no_answer() {
    let expected = Counted::over(vec![recorded()]).pins(&request(&["flask"])).await;
    assert!(expected.contains("click 8"), "{expected}");
    for trouble in survived() {
        let answer = resolve(&trouble).await;
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", trouble.name));
        assert_eq!(answer, expected, "{}", trouble.name);
    }
}

#[tokio::test]
async fn other_trouble_is_an_error_that_names_registry_and_document() {
    for trouble in fatal() {
        let error = match resolve(&trouble).await {
            Ok(answer) => panic!("{}: {answer}", trouble.name),
            Err(error) => error.to_string(),
        };
        let said = trouble.error.unwrap_or_default();
        for part in ["registry `pypi`", "`pypi/", said] {
            assert!(error.contains(part), "{}: `{part}` is not in: {error}", trouble.name);
        }
    }
}

/// A project with these versions, each one wheel.
pub(crate) fn document(name: &str, versions: &[&str]) -> String {
    let file = |version: &&str| {
        let filename = format!("{name}-{version}-py3-none-any.whl");
        format!(
            r#"{{"filename": "{filename}", "url": "/files/{filename}", "hashes": {{"sha256": "{:064}"}},
                "core-metadata": true}}"#,
            version.len()
        )
    };
    let needs = |version: &&str| format!(r#""{version}": {{}}"#);
    format!(
        r#"{{"name": "{name}", "files": [{}], "metadata": {{{}}}}}"#,
        versions.iter().map(file).collect::<Vec<_>>().join(", "),
        versions.iter().map(needs).collect::<Vec<_>>().join(", ")
    )
}

/// An index with one project, `demo`.
pub(crate) async fn index(versions: &[&str]) -> FakeRegistry {
    let document = document("demo", versions);
    let index = FakeRegistry::of(&[("demo", &document)], Settings::default()).await;
    index.expect("the loopback has a free port")
}

#[tokio::test]
async fn a_version_that_vanishes_between_two_reads_is_not_chosen() {
    let index = index(&["1.0", "2.0"]).await;
    let counted = Counted::over(vec![over(&index)]);
    // The listing is kept for ten minutes; the version goes within them.
    assert_eq!(counted.pins(&request(&["demo<2"])).await, "demo 1.0");
    index.publish("demo", &document("demo", &["1.0"])).expect("the document is well formed");
    let after = counted.resolve(&request(&["demo"])).await;
    assert_eq!(after.encoded, "demo 1.0");
    // It is the answer of a registry without the version, which is remembered as that.
    assert!(counted.resolve(&request(&["demo"])).await.statistics.remembered);
}

#[tokio::test]
async fn a_version_that_vanishes_behind_an_answer_makes_another_answer() {
    let index = index(&["1.0", "2.0"]).await;
    let counted = Counted::over(vec![over(&index)]);
    let question = Request { max_staleness: Some(Duration::ZERO), ..request(&["demo"]) };
    assert_eq!(counted.pins(&question).await, "demo 2.0");
    index.publish("demo", &document("demo", &["1.0"])).expect("the document is well formed");
    assert_eq!(counted.pins(&question).await, "demo 1.0");
}

#[tokio::test]
async fn a_version_that_is_listed_and_not_there_is_passed_over_until_it_is() {
    let index = index(&["1.0", "2.0"]).await;
    index.inject(Fault::new("/files/demo-2.0", Reply::Status(404)).times(2));
    let counted = Counted::over(vec![over(&index)]);
    assert_eq!(counted.pins(&request(&["demo"])).await, "demo 1.0");
    let warnings = counted.warnings();
    let text = "`demo` 2.0 was passed over: registry `pypi` lists it and has none of its files";
    assert!(warnings.iter().any(|warning| warning == text), "{warnings:?}");
    assert_eq!(counted.pins(&request(&["demo"])).await, "demo 2.0", "the next caller asks again");
}
