//! What happens when an index of cargo is slow, busy, wrong or hostile.

use std::time::Duration;

use bytes::Bytes;
use ecosystems::cargo::Listing;
use registries::{CredentialsReference, Error, Read};
use testkit::registry::{Fault, Reply, Settings};

use crate::cargo::{config, start, try_listing};
use crate::support::open;

/// What becomes of a question.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// A listing with so many releases and warnings.
    Listed(usize, usize),
    Absent,
    /// The error's variant, and a part of its text.
    Failed(&'static str, &'static str),
}

use Outcome::{Absent, Failed, Listed};

/// Something that goes wrong, what it leads to, and after how many requests.
struct Case {
    place: &'static str,
    reply: Reply,
    times: usize,
    outcome: Outcome,
    requests: usize,
}

/// Where the file of `serde` lies, where it goes wrong most of the time.
const FILE: &str = "/index/se/rd/serde";
const SETTINGS: &str = "/index/config.json";
const FOR_EVER: usize = usize::MAX;
/// The releases of `serde` that are recorded.
const ALL: Outcome = Listed(316, 0);

fn case(
    place: &'static str,
    reply: Reply,
    times: usize,
    outcome: Outcome,
    requests: usize,
) -> Case {
    Case { place, reply, times, outcome, requests }
}

fn body(text: &'static str) -> Reply {
    Reply::Body("text/plain".to_owned(), Bytes::from_static(text.as_bytes()))
}

fn cases() -> Vec<Case> {
    let zero = || "0".to_owned();
    vec![
        // Absence has three names, and is no error.
        case(FILE, Reply::Status(404), FOR_EVER, Absent, 2),
        case(FILE, Reply::Status(410), FOR_EVER, Absent, 2),
        case(FILE, Reply::Status(451), FOR_EVER, Absent, 2),
        // A refusal is no absence.
        case(FILE, Reply::Status(401), FOR_EVER, Failed("Forbidden", "status 401"), 2),
        case(FILE, Reply::Status(403), FOR_EVER, Failed("Forbidden", "status 403"), 2),
        // What may pass is tried again.
        case(FILE, Reply::TooManyRequests(zero()), 1, ALL, 3),
        case(FILE, Reply::Unavailable(zero()), 2, ALL, 4),
        case(FILE, Reply::Status(500), 3, ALL, 5),
        case(FILE, Reply::Truncated, 1, ALL, 3),
        case(SETTINGS, Reply::Status(502), 2, ALL, 4),
        case(FILE, Reply::Status(500), FOR_EVER, Failed("Unavailable", "it answers 500"), 5),
        case(
            FILE,
            Reply::TooManyRequests("3600".to_owned()),
            FOR_EVER,
            Failed("Unavailable", "it answers 429"),
            2,
        ),
        // What makes no sense is not taken for an answer.
        case(FILE, Reply::Status(304), FOR_EVER, Failed("Unusable", "it answers 304"), 2),
        case(FILE, Reply::Status(418), FOR_EVER, Failed("Unusable", "it answers 418"), 2),
        case(FILE, body("<html>a portal</html>"), FOR_EVER, Failed("Unusable", "no line"), 2),
        case(FILE, Reply::Endless, FOR_EVER, Failed("TooLarge", "more than 1048576 bytes"), 2),
        case(
            FILE,
            Reply::Redirect("http://files.example/serde".to_owned()),
            FOR_EVER,
            Failed("UndeclaredHost", "`files.example`"),
            2,
        ),
        // Lines that nobody can read harm no other line; those of a later cargo are for that.
        case(FILE, body(""), FOR_EVER, Listed(0, 0), 2),
        case(
            FILE,
            body(
                "{\"name\": \"serde\", \"vers\": \"1.0.0\", \"deps\": [], \"features\": {}, \
                 \"cksum\": \"00\"}\n{\"name\": \"serde\"\nx\n\
                 {\"name\": \"serde\", \"vers\": \"2.0.0\", \"v\": 3}\n",
            ),
            FOR_EVER,
            Listed(1, 2),
            2,
        ),
        // A place without settings is no index, whatever else is there or not.
        case(SETTINGS, Reply::Status(404), FOR_EVER, Failed("Unusable", "the root of a sparse"), 2),
        case("/index/", Reply::Status(404), FOR_EVER, Failed("Unusable", "cargo/config.json"), 2),
        case(SETTINGS, body("{}"), FOR_EVER, Failed("Unusable", "missing field `dl`"), 2),
        case(SETTINGS, Reply::Status(401), FOR_EVER, Failed("Forbidden", "cargo/config.json"), 2),
    ]
}

fn outcome(read: Result<Read<Listing>, Error>, expected: &Outcome) -> Outcome {
    match (read.map(|read| read.facts), expected) {
        (Ok(Some(listing)), _) => Listed(listing.releases.len(), listing.warnings.len()),
        (Ok(None), _) => Absent,
        (Err(error), Failed(variant, text))
            if format!("{error:?}").starts_with(variant) && error.to_string().contains(text) =>
        {
            Failed(variant, text)
        }
        (Err(error), _) => panic!("{error}: {error:?}"),
    }
}

#[tokio::test]
async fn each_fault_leads_where_it_must() {
    for case in cases() {
        let fake = start(Settings::default()).await;
        fake.inject(Fault::new(case.place, case.reply.clone()).times(case.times));
        let mut config = config(&fake);
        config.max_body_mib = 1;
        let read = try_listing(&open(config), "serde").await;
        let what = format!("{:?} at {}", case.reply, case.place);
        assert_eq!(outcome(read, &case.outcome), case.outcome, "{what}");
        assert_eq!(fake.counts().total, case.requests, "{what}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_declared_host_is_followed_without_the_secret() {
    let (fake, other) = (start(Settings::default()).await, start(Settings::default()).await);
    let origin = format!("http://{}", other.address());
    fake.inject(Fault::new(FILE, Reply::RedirectToOrigin(origin)));
    let secret = tempfile::NamedTempFile::new().expect("there is room for a file");
    std::fs::write(secret.path(), "s3cret\n").expect("there is room for a file");
    let mut config = config(&fake);
    config.extra_hosts = vec![other.address().to_string()];
    config.credentials = Some(CredentialsReference::File(secret.path().to_owned()));
    let read = try_listing(&open(config), "serde").await.expect("the registry answers");
    assert_eq!(outcome(Ok(read), &ALL), ALL);
    assert_eq!((fake.counts().with_credentials, other.counts().with_credentials), (2, 0));
}

#[tokio::test]
async fn a_dripping_file_meets_the_time_limit() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new(FILE, Reply::Drip(Duration::from_millis(5))));
    let mut config = config(&fake);
    config.timeout = Duration::from_millis(50);
    config.retries = 0;
    let error = try_listing(&open(config), "serde").await.expect_err("the file never ends");
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn an_index_in_trouble_is_asked_again_and_needs_no_second_proof() {
    let fake = start(Settings::default()).await;
    let registry = open(config(&fake));
    fake.inject(Fault::new(FILE, Reply::Status(403)).times(1));
    assert!(try_listing(&registry, "serde").await.is_err());
    fake.inject(Fault::new(SETTINGS, Reply::Status(500)));
    let read = try_listing(&registry, "serde").await;
    assert_eq!(outcome(read, &ALL), ALL, "a failure is not remembered, and a proof is");
}
