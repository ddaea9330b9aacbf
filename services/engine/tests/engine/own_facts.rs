//! What a request says of its own facts: which registry a package comes from, what a release needs,
//! and which files count. None of it reaches another request.

use engine::{Error, Request, SuppliedMetadata};
use testkit::registry::{Kind, Settings};

use crate::support::{Counted, changed, fake, over, recorded, request};

fn metadata(name: &str, version: &str, document: &str) -> Vec<SuppliedMetadata> {
    let (name, version) = (name.to_owned(), version.to_owned());
    vec![SuppliedMetadata { name, version, document: document.as_bytes().to_vec() }]
}

fn pinned(registry: &str, requirements: &[&str]) -> Request {
    let registry_pins = vec![("Flask".to_owned(), registry.to_owned())];
    changed(request(requirements), |project| project.registry_pins = registry_pins)
}

#[tokio::test]
async fn a_pinned_package_is_read_from_one_registry_and_its_listing_is_not_shared() {
    let fake = fake(Settings::default()).await;
    let mut ours = over(&fake);
    ours.name = "ours".to_owned();
    let counted = Counted::over(vec![recorded(), ours]);
    let whole = counted.pins(&request(&["flask"])).await;
    assert_eq!(fake.counts().total, 0, "the first registry has all of it");
    assert_eq!(counted.pins(&pinned("ours", &["flask"])).await, whole);
    assert_eq!(fake.counts().of(Kind::Page), 1, "only `flask` is asked of the pin's registry");
    // A registry that the request does not list is asked for what is pinned to it, and no more.
    let listed = Request { registries: vec!["pypi".to_owned()], ..pinned("ours", &["flask<3"]) };
    counted.resolve(&listed).await;
    assert_eq!(fake.counts().of(Kind::Page), 1, "the page is known");
    assert_eq!(counted.computed(), 3);
    let error = counted.engine.resolve(pinned("corp", &["flask"]), None).await;
    assert!(
        matches!(&error, Err(Error::Invalid(invalid)) if invalid[0].field == "registry_pins[0].registry"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_over_several_registries_is_remembered_whatever_their_names() {
    let fake = fake(Settings::default()).await;
    let mut first = recorded();
    first.packages = Some(vec!["acme-*".to_owned()]);
    let mut second = over(&fake);
    second.name = "ours".to_owned();
    assert!(first.name > second.name, "so that no sorting by name passes unseen");
    let counted = Counted::over(vec![first, second]);
    for question in [request(&["flask"]), request(&["flask", "werkzeug<1"])] {
        assert!(!counted.resolve(&question).await.statistics.remembered);
        assert!(counted.resolve(&question).await.statistics.remembered, "{question:?}");
    }
}

#[tokio::test]
async fn a_pin_holds_although_its_registry_has_nothing() {
    let fake = fake(Settings::default()).await;
    let mut ours = over(&fake);
    ours.name = "ours".to_owned();
    ours.packages = Some(vec!["acme-*".to_owned()]);
    let counted = Counted::over(vec![recorded(), ours]);
    let told = counted.pins(&pinned("ours", &["flask"])).await;
    assert!(told.contains("`flask`"), "{told}");
    assert!(counted.pins(&request(&["flask"])).await.contains("flask 3"));
    assert_eq!(fake.counts().total, 0, "a pattern of the config holds for pins too");
}

#[tokio::test]
async fn supplied_metadata_is_used_for_its_release_and_this_request_alone() {
    let counted = Counted::over(vec![recorded()]);
    let plain = request(&["flask==3.1.2"]);
    let document = "Metadata-Version: 2.1\nName: Flask\nVersion: 3.1.2\nRequires-Dist: attrs\n";
    let supplying = |request: &Request, document: &str| {
        let supplied = metadata("flask", "3.1.2", document);
        changed(request.clone(), |project| project.supplied_metadata = supplied)
    };
    let with = supplying(&plain, document);
    let theirs = counted.pins(&plain).await;
    let ours = counted.pins(&with).await;
    assert!(theirs.contains("werkzeug") && !theirs.contains("attrs"), "{theirs}");
    assert!(ours.contains("attrs") && !ours.contains("werkzeug"), "{ours}");
    // Neither is told to the other, whoever came first.
    assert_eq!(counted.pins(&plain).await, theirs);
    let again = counted.resolve(&with).await;
    assert!(again.statistics.remembered, "the answer rests on what came with the request");
    let other = document.replace("attrs", "click");
    let other = supplying(&plain, &other);
    assert!(counted.pins(&other).await.contains("click"));
    // Another version than the one that is chosen changes nothing but the question.
    let another = supplying(&request(&["flask<3.1.2"]), document);
    assert!(counted.pins(&another).await.contains("werkzeug"));
}

#[tokio::test]
async fn what_is_passed_over_and_what_has_no_effect_is_told() {
    let counted = Counted::over(vec![recorded()]);
    let by_url = "Metadata-Version: 2.1\nName: flask\n\
                  Requires-Dist: demo @ https://host.example/demo.zip\n";
    let newest = counted.pins(&request(&["flask"])).await;
    let newest = newest.lines().find_map(|line| line.strip_prefix("flask ")).expect("a version");
    let supplied = metadata("flask", newest, by_url);
    let question = changed(request(&["flask"]), |project| project.supplied_metadata = supplied);
    let told = counted.pins(&question).await;
    assert!(told.contains("flask ") && !told.contains(&format!("flask {newest}")), "{told}");
    assert_eq!(
        counted.warnings(),
        [
            format!(
                "`flask` {newest} was passed over: it requires `demo` from a URL, for which no \
                 registry answers"
            ),
            format!(
                "the metadata supplied for `flask` {newest} had no effect: that version is not in \
                 the answer"
            ),
        ]
    );
}

#[tokio::test]
async fn a_document_of_something_else_is_refused_by_its_field() {
    let counted = Counted::over(vec![recorded()]);
    let endless = format!("3{}", ".0".repeat(200));
    for (name, version, document, field) in [
        ("flask", "3", "Metadata-Version: 2.1\nName: click\n", "metadata"),
        ("flask", "3", "Metadata-Version: 2.1\nName: flask\nVersion: 3.1\n", "metadata"),
        ("flask", "3", "<html>", "metadata"),
        ("flask", "latest", "Metadata-Version: 2.1\nName: flask\n", "version"),
        ("flask", &endless, "Metadata-Version: 2.1\nName: flask\n", "version"),
        ("-", "3", "Metadata-Version: 2.1\nName: flask\n", "name"),
    ] {
        let supplied = metadata(name, version, document);
        let request = changed(request(&["flask"]), |project| project.supplied_metadata = supplied);
        let error = counted.engine.resolve(request, None).await.expect_err("it is refused");
        let Error::Invalid(invalid) = error else { panic!("{error:?}") };
        assert_eq!(invalid[0].field, format!("supplied_metadata[0].{field}"));
    }
}

#[tokio::test]
async fn files_count_by_the_lists_of_their_forms() {
    let counted = Counted::over(vec![recorded()]);
    let told = |only_binary: &[&str], no_binary: &[&str]| {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let request = request(&["markupsafe==3.0.2"]);
        let mut request = changed(request, |project| project.environment.allow_sdists = true);
        request.policy.only_binary = list(only_binary);
        request.policy.no_binary = list(no_binary);
        let counted = &counted;
        async move { counted.resolve(&request).await.encoded }
    };
    // A release with files of both forms has a solution either way; each is a question of its own.
    let any = told(&[], &[]).await;
    assert_eq!(told(&["MarkupSafe"], &[]).await, any);
    assert_eq!(told(&[":all:"], &["markupsafe"]).await, any);
    assert_eq!(told(&["markupsafe"], &[":all:"]).await, any);
    assert_eq!(counted.computed(), 4);
}
