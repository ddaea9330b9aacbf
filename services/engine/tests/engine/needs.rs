//! What releases need where that is not simply read: source distributions, and wheels that differ.

use ecosystems::Timestamp;
use engine::{Request, SuppliedMetadata};
use testkit::registry::{CoreMetadata, FakeRegistry, Kind, Settings};

use crate::support::{Counted, changed, over, request};

/// A question that admits source distributions.
fn with_sdists(requirements: &[&str]) -> Request {
    changed(request(requirements), |project| project.environment.allow_sdists = true)
}

/// A project with one source distribution a version; `metadata` is JSON by version.
fn sdists(name: &str, versions: &[&str], metadata: &str) -> String {
    let file = |version: &&str| {
        let filename = format!("{name}-{version}.tar.gz");
        format!(r#"{{"filename": "{filename}", "url": "/files/{filename}"}}"#)
    };
    let files = versions.iter().map(file).collect::<Vec<_>>().join(", ");
    format!(r#"{{"name": "{name}", "files": [{files}], "metadata": {{{metadata}}}}}"#)
}

async fn index(documents: &[(&str, &str)], settings: Settings) -> FakeRegistry {
    let started = FakeRegistry::of(documents, settings).await;
    started.expect("the loopback has a free port")
}

#[tokio::test]
async fn a_dependency_without_a_wheel_is_solved_by_what_it_fixes() {
    let app = sdists("app", &["1.0"], r#""1.0": {"requires-dist": ["lib>=1"]}"#);
    let lib = sdists("lib", &["1.0", "2.0"], r#""2.0": {"requires-python": ">=3.13"}, "1.0": {}"#);
    let index = index(&[("app", &app), ("lib", &lib)], Settings::default()).await;
    let counted = Counted::over(vec![over(&index)]);
    let pins = counted.pins(&with_sdists(&["app"])).await;
    assert_eq!(pins, "app 1.0\nlib 1.0");
    // Where source distributions are not admitted, none is fetched.
    index.reset_counts();
    let refused = counted.pins(&request(&["app"])).await;
    assert!(refused.contains("app"), "{refused}");
    assert_eq!(index.counts().of(Kind::Sdist), 0);
}

#[tokio::test]
async fn what_only_a_build_would_tell_is_named_with_its_files() {
    let app = sdists("app", &["1.0"], r#""1.0": {"dynamic": ["Requires-Dist"]}"#);
    let index = index(&[("app", &app)], Settings::default()).await;
    let counted = Counted::over(vec![over(&index)]);
    let needs = counted.pins(&with_sdists(&["app"])).await;
    assert!(needs.contains("app-1.0.tar.gz") && needs.contains("build"), "{needs}");
}

#[tokio::test]
async fn a_need_is_answered_by_metadata_in_the_next_request() {
    let app = sdists("app", &["1.0"], r#""1.0": {"dynamic": ["Requires-Dist"]}"#);
    let lib = sdists("lib", &["1.0"], r#""1.0": {}"#);
    let index = index(&[("app", &app), ("lib", &lib)], Settings::default()).await;
    let counted = Counted::over(vec![over(&index)]);
    let question = with_sdists(&["app"]);
    assert!(counted.pins(&question).await.contains("app-1.0.tar.gz"));
    index.reset_counts();
    let built = b"Metadata-Version: 2.4\nName: app\nVersion: 1.0\nRequires-Dist: lib\n";
    let supplied = SuppliedMetadata {
        name: "App".to_owned(),
        version: "1.0.0".to_owned(),
        document: built.to_vec(),
    };
    let answered = changed(question.clone(), |project| project.supplied_metadata = vec![supplied]);
    assert_eq!(counted.pins(&answered).await, "app 1.0\nlib 1.0");
    let fetched = index.counts();
    assert_eq!(fetched.of(Kind::Sdist), 1, "that of `lib`: {:?}", fetched.by_path);
    assert!(counted.resolve(&answered).await.statistics.remembered);
    assert!(counted.pins(&question).await.contains("app-1.0.tar.gz"), "others still need it");
}

#[tokio::test]
async fn forms_of_files_that_do_not_count_rule_versions_out() {
    let wheel =
        r#"{"filename": "app-2.0-py3-none-any.whl", "url": "/files/app-2.0-py3-none-any.whl"}"#;
    let sdist = r#"{"filename": "app-1.0.tar.gz", "url": "/files/app-1.0.tar.gz"}"#;
    let newer = r#"{"filename": "app-3.0.tar.gz", "url": "/files/app-3.0.tar.gz"}"#;
    let app = format!(
        r#"{{"name": "app", "files": [{sdist}, {wheel}, {newer}], "metadata": {{"1.0": {{}}, "2.0": {{}}, "3.0": {{}}}}}}"#
    );
    let index = index(&[("app", &app)], Settings::default()).await;
    let counted = Counted::over(vec![over(&index)]);
    for (requirement, only_binary, no_binary, expected) in [
        ("app", "", "", "app 3.0"),
        ("app", "App", "", "app 2.0"),
        ("app", ":all:", "", "app 2.0"),
        ("app", ":all:", "app", "app 3.0"),
        ("app<3", "", "app", "app 1.0"),
        ("app<3", "other", ":all:", "app 1.0"),
        ("app<3", "app", ":all:", "app 2.0"),
        ("app==2.0", "", "app", "have no source distribution, and wheels are not admitted"),
    ] {
        let list = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let mut question = with_sdists(&[requirement]);
        question.policy.only_binary.extend(list(only_binary));
        question.policy.no_binary.extend(list(no_binary));
        let told = counted.pins(&question).await;
        let singular = expected.replace("have no", "has no");
        assert!(told.contains(expected) || told.contains(&singular), "{requirement}: {told}");
    }
}

#[tokio::test]
async fn a_cut_off_counts_for_each_file() {
    let file = |filename: &str, day: &str| {
        format!(
            r#"{{"filename": "{filename}", "url": "/files/{filename}", "upload-time": "{day}T00:00:00Z"}}"#
        )
    };
    // The wheel that runs here came after the release's first.
    let files = [
        file("app-1.0-py3-none-any.whl", "2024-01-01"),
        file("app-2.0-py3-none-win_amd64.whl", "2024-02-01"),
        file("app-2.0-py3-none-any.whl", "2024-03-01"),
    ]
    .join(", ");
    let app = format!(
        r#"{{"name": "app", "files": [{files}], "metadata": {{"1.0": {{}}, "2.0": {{}}}}}}"#
    );
    let index = index(&[("app", &app)], Settings::default()).await;
    let counted = Counted::over(vec![over(&index)]);
    for (before, expected) in [("2024-02-15", "app 1.0"), ("2024-03-02", "app 2.0")] {
        let mut question = request(&["app"]);
        question.policy.before = Timestamp::parse(&format!("{before}T00:00:00Z")).ok();
        assert_eq!(counted.pins(&question).await, expected, "{before}");
    }
}

#[tokio::test]
async fn archives_are_fetched_for_what_is_chosen_and_not_ahead() {
    // `pin` is decided first, and leaves one version of `app`. Reading ahead looks at the newest.
    let versions = ["1.0", "2.0", "3.0", "4.0", "5.0"];
    let needs = versions.map(|version| format!(r#""{version}": {{}}"#)).join(", ");
    let app = sdists("app", &versions, &needs);
    let pin = r#"{"name": "pin", "metadata": {"1.0": {"requires-dist": ["app==2.0"]}}, "files": [
        {"filename": "pin-1.0-py3-none-any.whl", "url": "/files/pin-1.0-py3-none-any.whl"}]}"#;
    let index = index(&[("app", &app), ("pin", pin)], Settings::default()).await;
    let counted = Counted::over(vec![over(&index)]);
    let pins = counted.pins(&with_sdists(&["pin", "app"])).await;
    assert_eq!(pins, "app 2.0\npin 1.0");
    let fetched = index.counts();
    assert_eq!(fetched.of(Kind::Sdist), 1, "{:?}", fetched.by_path);
}

/// A version with three wheels, of which two can be installed; they need `linux` and `any`.
fn wheels(linux: &str, any: &str) -> String {
    let names = ["win_amd64", "manylinux_2_17_x86_64", "any"]
        .map(|platform| format!("demo-1.0-py3-none-{platform}.whl"));
    let files =
        names.iter().map(|name| format!(r#"{{"filename": "{name}", "url": "/files/{name}"}}"#));
    let files = files.collect::<Vec<_>>().join(", ");
    format!(
        r#"{{"name": "demo", "files": [{files}], "metadata": {{"1.0": {{}},
            "{}": {{"requires-dist": [{linux}]}}, "{}": {{"requires-dist": [{any}]}}}}}}"#,
        names[1], names[2]
    )
}

#[tokio::test]
async fn wheels_that_differ_are_told() {
    let document = wheels(r#""colorama; os_name == 'nt'""#, "");
    let settings = Settings { core_metadata: CoreMetadata::Hashed, ..Settings::default() };
    let index = index(&[("demo", &document)], settings).await;
    let counted = Counted::over(vec![over(&index)]);
    let resolved = counted.resolve(&request(&["demo"])).await;
    assert_eq!(resolved.encoded, "demo 1.0");
    assert_eq!(
        counted.warnings(),
        ["the wheels of `demo` 1.0 differ: `demo-1.0-py3-none-manylinux_2_17_x86_64.whl` alone \
          requires `colorama; os_name == \"nt\"`"]
    );
    // The listing, and the two documents that were compared, of which one was solved with.
    assert_eq!(resolved.statistics.documents_read, 3);
    assert_eq!(index.counts().of(Kind::Metadata), 3);
}

#[tokio::test]
async fn the_wheel_that_will_be_installed_speaks_for_its_version() {
    let document = wheels(r#""web""#, r#""absent""#);
    let web = r#"{"name": "web", "metadata": {"1.0": {}}, "files": [
        {"filename": "web-1.0-py3-none-any.whl", "url": "/files/web-1.0-py3-none-any.whl"}]}"#;
    let settings = Settings { core_metadata: CoreMetadata::Hashed, ..Settings::default() };
    let index = index(&[("demo", &document), ("web", web)], settings).await;
    let counted = Counted::over(vec![over(&index)]);
    for _ in 0..2 {
        assert_eq!(counted.pins(&request(&["demo"])).await, "demo 1.0\nweb 1.0");
    }
    assert_eq!(counted.computed(), 1, "and it is remembered");
    assert_eq!(counted.warnings().len(), 1);
    // Elsewhere another wheel is installed, and what holds here is no fact there.
    let elsewhere = changed(request(&["demo"]), |project| {
        project.environment.platform = "windows".to_owned();
    });
    assert_eq!(counted.pins(&elsewhere).await, "demo 1.0");
}

#[tokio::test]
async fn wheels_that_are_alike_cost_no_request() {
    for settings in [
        Settings { core_metadata: CoreMetadata::Hashed, ..Settings::default() },
        Settings::default(),
    ] {
        let index = index(&[("demo", &wheels("", ""))], settings).await;
        let counted = Counted::over(vec![over(&index)]);
        counted.resolve(&request(&["demo"])).await;
        assert_eq!(counted.warnings(), Vec::<String>::new());
        assert_eq!(index.counts().of(Kind::Metadata), 1);
    }
}
