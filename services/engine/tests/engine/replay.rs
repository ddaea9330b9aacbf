//! Two hundred answers, asked for again by their tokens after the registries have moved on.
//!
//! The registries serve what there was on the first of December 2025, and then all that was recorded.

use std::collections::BTreeMap;

use bytes::Bytes;
use ecosystems::{Ecosystem, Timestamp, cargo};
use engine::config::{CacheConfig, RegistryConfig, RegistryKind};
use engine::{Answer, Engine, Outcome, Policy, Project, Request, Strategy};
use testkit::chance::so_many;
use testkit::registry::{FakeRegistry, Settings};

use crate::cargo as crates;
use crate::oracles;
use crate::support::{changed, open, request};

const CUT: &str = "2025-12-01T00:00:00Z";

/// A question, and its name in messages. Those that the reference tools were asked, too, have the names
/// of their answers then and now.
struct Asked {
    name: String,
    request: Request,
    oracles: Option<[String; 2]>,
}

fn policy(strategy: Strategy, before: Option<&str>) -> Policy {
    let before = before.map(|text| Timestamp::parse(text).expect("it is an instant"));
    Policy { strategy, before, ..Policy::default() }
}

/// Sets of Python's packages, by version of Python, platform, strategy and date.
fn of_pypi() -> Vec<Asked> {
    let mut all = Vec::new();
    let dates = ["2025-06-01T00:00:00Z", "2025-09-01T00:00:00Z", "2025-11-01T00:00:00Z"];
    for set in oracles::SETS {
        let roots = oracles::requirements(set);
        let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
        let mut add = |python: &str, platform: &str, policy: Policy, oracles| {
            let name = format!("{set} {python} {platform} {policy:?}");
            let request = changed(request(&roots), |project| {
                project.environment.python_version = python.to_owned();
                project.environment.platform = platform.to_owned();
            });
            all.push(Asked { name, request: Request { policy, ..request }, oracles });
        };
        for python in ["3.10", "3.12", "3.13"] {
            for platform in ["x86_64-manylinux_2_28", "aarch64-apple-darwin", "windows"] {
                for strategy in [Strategy::Highest, Strategy::LowestDirect] {
                    let is_base = python == "3.12" && platform.starts_with("x86_64");
                    let oracles = (is_base && strategy == Strategy::Highest).then(|| {
                        [format!("{set}.py3.12.before-2025-12-01"), format!("{set}.py3.12")]
                    });
                    add(python, platform, policy(strategy, None), oracles);
                }
            }
        }
        for date in dates {
            let policy = policy(Strategy::Highest, Some(date));
            add("3.12", "x86_64-manylinux_2_28", policy, None);
        }
    }
    all
}

/// Sets of crates, by version of Rust, strategy and date.
fn of_cargo() -> Vec<Asked> {
    let mut all = Vec::new();
    let dates = [None, Some("2025-07-01T00:00:00Z"), Some("2025-10-01T00:00:00Z")];
    for (set, _) in crates::SETS {
        for rust in ["1.75.0", "1.85.0", "1.90.0", "1.95.0"] {
            for date in dates {
                let mut request = crates::request(set);
                let Project::Cargo(project) = &mut request.project else { panic!("of crates") };
                project.environment.rust_version = rust.to_owned();
                request.policy = policy(Strategy::Highest, date);
                let name = format!("{set} {rust} {date:?}");
                all.push(Asked { name, request, oracles: None });
            }
        }
    }
    for set in ["data", "web-api"] {
        let policy = policy(Strategy::Lowest, None);
        let request = Request { policy, ..crates::request(set) };
        all.push(Asked { name: format!("{set} lowest"), request, oracles: None });
    }
    all
}

/// What is asked: all 200 where there is time, or every eighth of each kind. Those that the reference
/// tools answered are always among them.
fn questions() -> Vec<Asked> {
    let step = so_many(8, 1);
    let all = of_pypi().into_iter().chain(of_cargo());
    let all: Vec<Asked> = all.collect();
    assert_eq!(all.len(), 200);
    let some = all.into_iter().enumerate();
    some.filter(|(at, one)| at % step == 0 || one.oracles.is_some()).map(|(_, one)| one).collect()
}

/// Leaves out of a recorded page what was uploaded later.
fn page_before(document: &[u8], instant: &str) -> String {
    let mut page: serde_json::Value = serde_json::from_slice(document).expect("it is JSON");
    let files = page["files"].as_array_mut().expect("a list of files");
    files.retain(|file| file["upload-time"].as_str().is_some_and(|time| time < instant));
    page.to_string()
}

/// Leaves out of an index file what was published later.
fn lines_before(document: &[u8], instant: &str) -> String {
    let text = std::str::from_utf8(document).expect("it is text");
    let is_earlier = |line: &&str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        line["pubtime"].as_str().is_none_or(|time| time < instant)
    };
    text.lines().filter(is_earlier).map(|line| format!("{line}\n")).collect()
}

/// Serves what there was at an instant, or with none all that was recorded.
fn publish(fake: &FakeRegistry, instant: Option<&str>) {
    let recorded = registries::bundled();
    for name in recorded.packages(Ecosystem::Pypi) {
        let document = recorded.document(Ecosystem::Pypi, name).expect("it is recorded");
        let page = instant.map_or_else(
            || String::from_utf8(document.clone()).expect("it is text"),
            |instant| page_before(&document, instant),
        );
        fake.publish(name, &page).expect("it is a page");
    }
    for name in recorded.packages(Ecosystem::Cargo) {
        let document = recorded.document(Ecosystem::Cargo, name).expect("it is recorded");
        let lines = match instant {
            Some(instant) => lines_before(&document, instant).into_bytes(),
            None => document,
        };
        let name = cargo::Name::parse(name).expect("it is a name");
        fake.publish_lines(&name, lines);
    }
}

/// All that an answer says.
fn whole(answer: &Answer) -> Bytes {
    Bytes::from(format!("{}\n{answer:?}", pins(answer)))
}

fn pins(answer: &Answer) -> String {
    let Outcome::Solution(solution) = &answer.outcome else { return "no solution".to_owned() };
    let packages = solution.groups.iter().flat_map(|group| &group.packages);
    let pins: BTreeMap<_, _> =
        packages.map(|one| (format!("{} {}", one.name, one.version), ())).collect();
    pins.into_keys().collect::<Vec<_>>().join("\n")
}

/// The pins of remembered bytes.
fn pinned(encoded: &Bytes) -> String {
    let text = String::from_utf8_lossy(encoded);
    let pins: Vec<&str> = text.lines().take_while(|line| !line.starts_with("Answer {")).collect();
    pins.join("\n")
}

/// The token of remembered bytes.
fn token(encoded: &Bytes) -> String {
    let text = String::from_utf8_lossy(encoded);
    let (_, rest) = text.rsplit_once("snapshot_token: \"").expect("an answer has a token");
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn engine(registries: Vec<RegistryConfig>) -> Engine {
    open((registries, CacheConfig::default()), whole)
}

/// The service that remembers, over registries that move on.
async fn over_http() -> (FakeRegistry, Engine) {
    let settings = Settings { cache_control: Some("no-cache".to_owned()), ..Settings::default() };
    let fake = FakeRegistry::start(registries::bundled(), settings).await;
    let fake = fake.expect("the loopback has a free port");
    let mut pypi = RegistryConfig::new("pypi", RegistryKind::PypiSimple);
    pypi.url = Some(fake.simple_url().parse().expect("it is a URL"));
    let mut crates = RegistryConfig::new("cargo", RegistryKind::CargoSparse);
    crates.url = Some(fake.index_url().parse().expect("it is a URL"));
    let engine = engine(vec![pypi, crates]);
    (fake, engine)
}

/// What an engine without memory of any of it says, straight from the recording.
fn judge() -> Engine {
    let mut pypi = RegistryConfig::new("pypi", RegistryKind::Recorded);
    pypi.ecosystem = Some(Ecosystem::Pypi);
    let mut crates = RegistryConfig::new("cargo", RegistryKind::Recorded);
    crates.ecosystem = Some(Ecosystem::Cargo);
    engine(vec![pypi, crates])
}

async fn answer(engine: &Engine, request: &Request) -> Bytes {
    engine.resolve(request.clone(), None).await.expect("there is an answer").encoded
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_given_again_to_the_byte_after_the_registries_have_moved_on() {
    let (fake, engine) = over_http().await;
    let judge = judge();
    let questions = questions();
    publish(&fake, Some(CUT));
    let mut then = Vec::new();
    for Asked { name, request, oracles } in &questions {
        let told = answer(&engine, request).await;
        if let Some([oracle, _]) = oracles {
            assert_eq!(pinned(&told), oracles::pins(oracle), "{name}, then");
        }
        then.push(told);
    }
    publish(&fake, None);
    let mut moved = 0;
    for (Asked { name, request, oracles }, then) in questions.iter().zip(&then) {
        let now = answer(&engine, request).await;
        let expected = match oracles {
            Some([_, oracle]) => oracles::pins(oracle),
            None => pinned(&answer(&judge, request).await),
        };
        assert_eq!(pinned(&now), expected, "{name}, now");
        moved += usize::from(pinned(then) != expected);
        for told in [then, &now] {
            let request = Request { snapshot_token: Some(token(told)), ..request.clone() };
            assert_eq!(answer(&engine, &request).await, told, "{name}, again");
        }
    }
    println!("{} questions, {moved} with another answer by now", questions.len());
    assert!(moved * 3 > questions.len(), "the registries have moved on: {moved}");
}
