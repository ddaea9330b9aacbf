//! Equal questions have equal keys, and others have others.
//!
//! For every struct of a request a table says of each field which changes of it say the same and
//! which say something else. It names the fields of its struct, so that a new one does not compile
//! until it is decided here.

mod cargo;
mod npm;
mod pypi;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ecosystems::Timestamp;
use testkit::chance::{Chance, so_many};

use super::Hasher;
use crate::config::{RegistryConfig, RegistryKind};
use crate::{
    Answer, Engine, EngineConfig, HeldPolicy, HeldTexts, Policy, Prereleases, Reaches,
    RegistrySecret, Request, Strategy,
};

/// Whether a change says the same, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Same,
    Else,
}

/// A change of a value.
type Change<T> = Box<dyn Fn(&mut T, &mut Chance)>;

/// Changes by the fields that they are of.
type Table<T> = Vec<(String, Says, Change<T>)>;

/// Makes a table of all fields of a struct.
macro_rules! table {
    ($of:ident: $($field:ident => [$($says:ident($change:expr)),* $(,)?]),* $(,)?) => {{
        let _is_total = |$of { $($field: _),* }: &$of| {};
        let mut all: Table<$of> = Vec::new();
        $($({
            let (says, change) = $says::<$of>($change);
            all.push((stringify!($of.$field).to_owned(), says, change));
        })*)*
        all
    }};
}
use table;

fn same<T>(change: impl Fn(&mut T, &mut Chance) + 'static) -> (Says, Change<T>) {
    (Says::Same, Box::new(change))
}

fn other<T>(change: impl Fn(&mut T) + 'static) -> (Says, Change<T>) {
    (Says::Else, Box::new(move |value, _| change(value)))
}

/// The same changes of what lies within something else.
fn within<T: 'static, O: 'static>(
    table: Table<T>,
    inner: fn(&mut O) -> &mut T,
) -> impl Iterator<Item = (String, Says, Change<O>)> {
    table.into_iter().map(move |(field, says, change)| {
        let changed: Change<O> = Box::new(move |outer, chance| change(inner(outer), chance));
        (field, says, changed)
    })
}

fn shuffle<T>(list: &mut [T], chance: &mut Chance) {
    for at in (1..list.len()).rev() {
        list.swap(at, chance.below(at + 1));
    }
}

/// Repeats an entry, somewhere behind.
fn repeat<T: Clone>(list: &mut Vec<T>, chance: &mut Chance) {
    if !list.is_empty() {
        list.push(list[chance.below(list.len())].clone());
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// One of some texts, in whichever spelling.
fn one_of(chance: &mut Chance, texts: &[&str]) -> String {
    texts[chance.below(texts.len())].to_owned()
}

fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok()
}

fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// What requests of all ecosystems have but for the project. The registries are the ecosystem's, `second` and `third`.
fn requests() -> Table<Request> {
    table! { Request:
        project => [],
        registries => [
            other(|request| request.registries.reverse()),
            other(|request| drop(request.registries.pop())),
        ],
        policy => [],
        held => [
            same(|request, chance| shuffle(&mut request.held, chance)),
            same(|request, chance| repeat(&mut request.held, chance)),
            other(|request| drop(request.held.pop())),
        ],
        reach => [
            other(|request| request.reach = Some(request.reach.map_or(7, |reach| reach + 1))),
            other(|request| request.reach = Some(0)),
        ],
        answer_within => [same(|request, _| request.answer_within = seconds(9))],
        max_staleness => [same(|request, _| request.max_staleness = seconds(9))],
        // From which facts, and what of the answer is told: the question is the same.
        stale_while_revalidate => [same(|request, _| request.stale_while_revalidate = true)],
        snapshot_token => [same(|request, _| request.snapshot_token = Some("0a".repeat(32)))],
        known_answer => [same(|request, _| request.known_answer = Some("0a".to_owned()))],
        max_steps => [same(|request, _| request.max_steps = Some(99))],
        max_solve_time => [same(|request, _| request.max_solve_time = seconds(9))],
        credentials => [
            same(|request, chance| shuffle(&mut request.credentials, chance)),
            other(|request| request.credentials.clear()),
            other(|request| request.credentials[0].secret.push('!')),
            other(|request| {
                // The same secrets, each for the other's registry.
                let (first, second) = request.credentials.split_at_mut(1);
                std::mem::swap(&mut first[0].secret, &mut second[0].secret);
            }),
        ],
    }
}

fn held() -> Table<HeldTexts> {
    table! { HeldTexts:
        name => [other(|held| held.name.push('x'))],
        ranges => [
            same(|held, chance| shuffle(&mut held.ranges, chance)),
            same(|held, chance| repeat(&mut held.ranges, chance)),
            other(|held| drop(held.ranges.pop())),
        ],
    }
}

fn policies() -> Table<Policy> {
    table! { Policy:
        strategy => [],
        prereleases => [],
        before => [
            other(|policy| policy.before = instant("2024-05-06T07:08:09Z")),
            other(|policy| policy.before = None),
        ],
        minimum_age => [
            // The earlier of the two counts.
            same(|policy, _| policy.minimum_age = seconds(1)),
            other(|policy| policy.minimum_age = seconds(1_000_000_000)),
        ],
        held => [
            other(|policy| policy.held = match policy.held {
                HeldPolicy::Freshest => HeldPolicy::FewestBytes,
                HeldPolicy::FewestBytes => HeldPolicy::FewestChanges,
                HeldPolicy::FewestChanges => HeldPolicy::Freshest,
            }),
        ],
        only_binary => [],
        no_binary => [],
    }
}

/// Strategies that an ecosystem knows, by their order.
fn next_strategy(policy: &mut Policy) {
    policy.strategy = match policy.strategy {
        Strategy::Highest => Strategy::Lowest,
        Strategy::Lowest => Strategy::LowestDirect,
        Strategy::LowestDirect => Strategy::Highest,
    };
}

fn next_prereleases(policy: &mut Policy) {
    policy.prereleases = match policy.prereleases {
        Prereleases::Disallow => Prereleases::IfNecessary,
        Prereleases::IfNecessary => Prereleases::Explicit,
        Prereleases::Explicit => Prereleases::Allow,
        Prereleases::Allow => Prereleases::Disallow,
    };
}

/// All changes that an ecosystem's requests know.
fn changes(project: Table<Request>) -> Table<Request> {
    let mut all = requests();
    all.extend(project);
    all.extend(within(held(), |request: &mut Request| &mut request.held[0]));
    all.extend(within(policies(), |request: &mut Request| &mut request.policy));
    all
}

/// A request around a project.
fn request(chance: &mut Chance, own: &str, held: &[(&str, &[&str])]) -> Request {
    let secret = |registry: &str| RegistrySecret {
        registry: registry.to_owned(),
        secret: format!("user:of {registry}"),
    };
    Request {
        registries: strings(&[own, "second", "third"]),
        policy: Policy {
            before: instant("2025-10-11T12:13:14Z"),
            held: [HeldPolicy::Freshest, HeldPolicy::FewestBytes, HeldPolicy::FewestChanges]
                [chance.below(3)],
            ..Policy::default()
        },
        held: held
            .iter()
            .map(|(name, ranges)| HeldTexts { name: (*name).to_owned(), ranges: strings(ranges) })
            .collect(),
        reach: [None, Some(1), Some(5)][chance.below(3)],
        credentials: vec![secret(own), secret("second")],
        ..Request::default()
    }
}

/// The bundled data under several names. An answer is all that is told of it, but for when facts were read.
fn engine(change: impl FnOnce(&mut EngineConfig)) -> Engine {
    let names = ["pypi", "npm", "cargo", "second", "third"];
    let mut config = EngineConfig {
        registries: names.map(|name| RegistryConfig::new(name, RegistryKind::Recorded)).into(),
        solve_budget: Duration::from_secs(60),
        solve_steps: 1_000_000,
        ..EngineConfig::default()
    };
    change(&mut config);
    let encode = |answer: &Answer| {
        let answer = Answer { stamps: Vec::new(), ..answer.clone() };
        Bytes::from(format!("{answer:#?}"))
    };
    Engine::open(config, Arc::new(encode)).expect("the configuration is valid")
}

/// Holds the laws of keys against an ecosystem: `base` makes a request, `table` has the changes.
fn check_keys(base: impl Fn(&mut Chance) -> Request, table: &Table<Request>) {
    let engine = engine(|_| {});
    let key = |request: &Request, what: &str| {
        engine.key(request).unwrap_or_else(|error| panic!("{what}: {error:?}\n{request:#?}"))
    };
    for seed in 0..so_many(24, 1000) {
        let mut chance = Chance::new(seed as u64);
        let request = base(&mut chance);
        let own = key(&request, "as it is");
        let mut respelled = request.clone();
        let mut others = HashMap::new();
        for (field, says, change) in table {
            let mut changed = request.clone();
            change(&mut changed, &mut chance);
            let is_same = key(&changed, field) == own;
            assert_eq!(is_same, *says == Says::Same, "{field}\n{request:#?}\n{changed:#?}");
            if *says == Says::Same && BESIDE.contains(&field.as_str()) {
                continue;
            }
            if *says == Says::Same {
                change(&mut respelled, &mut chance);
                assert!(key(&respelled, field) == own, "{field}\n{request:#?}\n{respelled:#?}");
            } else {
                let twin = others.insert(key(&changed, field), format!("{field}\n{changed:#?}"));
                assert!(twin.is_none(), "{field}\n{changed:#?}\n{twin:?}");
            }
        }
    }
}

/// What is no part of a question, and changes what comes of it all the same.
const BESIDE: [&str; 7] = [
    "Request.answer_within",
    "Request.stale_while_revalidate",
    "Request.snapshot_token",
    "Request.known_answer",
    "Request.max_steps",
    "Request.max_solve_time",
    // It is part of the token, so that one may ask again.
    "Policy.minimum_age",
];

/// Holds that requests with one key have one answer, to the byte, whoever asked first.
async fn check_answers(base: impl Fn(&mut Chance) -> Request, table: &Table<Request>) {
    let (one, another) = (engine(|_| {}), engine(|_| {}));
    let mut conflicts = 0;
    for seed in 0..so_many(6, 60) {
        let mut chance = Chance::new(seed as u64);
        let request = base(&mut chance);
        let mut respelled = request.clone();
        for _ in 0..2 {
            for (field, says, change) in table {
                if *says == Says::Same && !BESIDE.contains(&field.as_str()) {
                    change(&mut respelled, &mut chance);
                }
            }
        }
        let answers =
            (one.resolve(request.clone(), None), another.resolve(respelled.clone(), None));
        let told = |answer: Result<crate::Resolved, crate::Error>| {
            let answer = answer.unwrap_or_else(|error| panic!("{error:?}\n{request:#?}"));
            String::from_utf8(answer.encoded.to_vec()).expect("it is text")
        };
        let (own, others) = (told(answers.0.await), told(answers.1.await));
        assert!(own == others, "{request:#?}\n{respelled:#?}\n{own}\n{others}");
        conflicts += usize::from(own.contains("outcome: Conflict"));
    }
    assert!(conflicts > 0, "conflicts tell of places, and there is none");
}

#[test]
fn parts_do_not_run_together() {
    let hashed = |put: &dyn Fn(&mut Hasher)| {
        let mut hasher = Hasher::new("test");
        put(&mut hasher);
        hasher.finish()
    };
    let all = [
        hashed(&|hasher| hasher.texts(["ab", "c"])),
        hashed(&|hasher| hasher.texts(["a", "bc"])),
        hashed(&|hasher| hasher.texts(["abc"])),
        hashed(&|hasher| hasher.texts(["abc", ""])),
        hashed(&|hasher| {
            hasher.texts(["abc"]);
            hasher.texts::<&str>([]);
        }),
        hashed(&|hasher| hasher.texts::<&str>([])),
        hashed(&|hasher| hasher.text("")),
        hashed(&|hasher| hasher.text("\0")),
        hashed(&|_| {}),
    ];
    for (at, one) in all.iter().enumerate() {
        // A list of nothing and an empty text are both a nought, and never stand for each other.
        let twins = all[..at].iter().filter(|other| *other == one).count();
        assert_eq!(twins, usize::from(at == 6), "{at}");
    }
}

#[test]
fn what_the_service_is_configured_with_is_part_of_a_key_as_far_as_answers_follow_from_it() {
    type Configured = fn(&mut EngineConfig);
    let same: [(&str, Configured); 6] = [
        ("nothing", |_| {}),
        ("steps", |config| config.solve_steps = 5),
        ("time", |config| config.solve_budget = Duration::from_secs(1)),
        ("retries", |config| config.registries[0].retries = 9),
        ("memory", |config| config.cache.memory_mib = 3),
        ("other reaches", |config| config.reach = Reaches { npm: 9, cargo: 9, ..config.reach }),
    ];
    let others: [(&str, Configured); 8] = [
        ("reach", |config| config.reach.pypi = 9),
        ("name", |config| config.registries[0].name = "renamed".to_owned()),
        ("order", |config| config.registries.swap(0, 3)),
        ("fewer", |config| drop(config.registries.pop())),
        ("ecosystem", |config| {
            config.registries[0].ecosystem = Some(ecosystems::Ecosystem::Pypi);
        }),
        ("packages", |config| config.registries[0].packages = Some(strings(&["flask"]))),
        ("source", |config| config.registries[0].lock_source = Some("registry+x".to_owned())),
        ("public", |config| {
            config.registries[0].public_url = "https://index.example/".parse().ok();
        }),
    ];
    let request = Request { project: pypi::simple(), ..Request::default() };
    let keys = |all: &[(&str, Configured)]| -> Vec<cache::Key> {
        let key = |(what, change): &(&str, Configured)| {
            engine(change).key(&request).unwrap_or_else(|error| panic!("{what}: {error:?}"))
        };
        all.iter().map(key).collect()
    };
    let (same_keys, mut other_keys) = (keys(&same), keys(&others));
    for (key, (what, _)) in same_keys.iter().zip(same) {
        assert_eq!(*key, same_keys[0], "{what}");
    }
    other_keys.push(same_keys[0]);
    other_keys.sort_unstable();
    other_keys.dedup();
    assert_eq!(other_keys.len(), others.len() + 1);
    // What is declared may be spelled out.
    let all = strings(&["pypi", "npm", "cargo", "second", "third"]);
    let reach = Some(Reaches::default().pypi);
    let spelled = Request { registries: all, reach, ..request.clone() };
    assert_eq!(engine(|_| {}).key(&spelled).expect("a key"), same_keys[0]);
}
