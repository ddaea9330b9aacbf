//! Documents of npm: all that are recorded, odd ones, and what is taken of them.
#![expect(clippy::disallowed_methods, reason = "the recorded registry is a file")]

#[path = "recorded/archive.rs"]
mod archive;

use ecosystems::npm::{
    Dependency, ForeignKind, Integrity, Json, Manifest, Name, Packument, PickRules, Range, Reading,
    Spec, Version, locale_compare, pick, read_packument,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

fn read(document: &Value) -> Packument {
    let name = Name::parse("a").expect("a name");
    read_packument(&name, document.to_string().as_bytes()).expect("a document")
}

fn warnings(packument: &Packument) -> Vec<String> {
    packument.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn every_recorded_document_is_read() {
    let Some(files) = archive::recorded("npm.tar.zst") else { return };
    let (mut versions, mut edges, mut warned) = (0, 0, Vec::new());
    // Versions, ranges, tags, aliases, what lies elsewhere, and what is refused.
    let mut specs = [0; 6];
    let mut hashed = 0;
    for (file, bytes) in &files {
        let name = file.trim_end_matches(".json").replace("%2f", "/");
        let packument = read_packument(&Name::parse(&name).expect("a name"), bytes);
        let packument = packument.unwrap_or_else(|error| panic!("{error}"));
        let order = |pair: &[Manifest]| pair[0].version < pair[1].version;
        assert!(packument.manifests.windows(2).all(order), "{name}");
        let latest = packument.tag("latest").and_then(|tag| tag.position);
        assert!(latest.is_some(), "{name}");
        versions += packument.manifests.len();
        warned.extend(warnings(&packument));
        for manifest in &packument.manifests {
            let needs = &manifest.needs;
            let peers = needs.peers.iter().map(|peer| &peer.dependency);
            for own in needs.dependencies.iter().chain(&*needs.optional).chain(peers) {
                edges += 1;
                let kind = match own.requirement.spec() {
                    Ok(Spec::Version(_)) => 0,
                    Ok(Spec::Range(_)) => 1,
                    Ok(Spec::Tag(_)) => 2,
                    Ok(Spec::Alias(_)) => 3,
                    Ok(Spec::Foreign(_)) => 4,
                    Err(_) => 5,
                };
                specs[kind] += 1;
            }
            hashed += usize::from(matches!(manifest.integrity, Some(Integrity::Sha512(_))));
            assert!(manifest.tarball().is_some_and(|url| url.ends_with(".tgz")), "{name}");
        }
    }
    println!("{} packages, {versions} versions, {edges} edges: {specs:?}", files.len());
    println!("{hashed} versions have a SHA-512");
    warned.iter().for_each(|warning| println!("    {warning}"));
    assert_eq!((files.len(), versions, warned.len()), (2_528, 209_300, 0));
    assert_eq!(specs.iter().sum::<usize>(), edges);
}

/// A document that says all there is to say.
fn whole() -> Value {
    json!({
        "name": "a",
        "dist-tags": {"latest": "1.0.0", "next": "9.0.0"},
        "time": {"1.0.0": "2020-01-01T00:00:00.000Z"},
        "versions": {"1.0.0": {
            "name": "a", "version": "1.0.0",
            "dependencies": {"b": "^1", "c": "2"},
            "optionalDependencies": {"c": "2"},
            "peerDependencies": {"d": "*", "e": "1 || 2"},
            "peerDependenciesMeta": {"e": {"optional": true}},
            "bundleDependencies": true,
            "engines": {"node": ">=18", "npm": "nonsense"},
            "os": ["!win32"], "cpu": "x64", "libc": ["glibc", "musl"],
            "bin": "./bin//a.js",
            "license": {"type": "MIT", "url": "x"},
            "funding": ["https://f.example", {"url": "g"}],
            "scripts": {"test": "t", "postinstall": "p"},
            "_hasShrinkwrap": true,
            "deprecated": "old",
            "dist": {
                "tarball": "https://r.example/a/-/a-1.0.0.tgz",
                "shasum": "0123456789abcdef0123456789ABCDEF01234567",
                "unpackedSize": 12,
            },
        }},
    })
}

fn names(list: &[Dependency]) -> Vec<String> {
    list.iter().map(|own| format!("{}@{}", own.name, own.requirement)).collect()
}

#[test]
fn a_whole_manifest_is_read() {
    let packument = read(&whole());
    let manifest = packument.manifest("1.0.0").expect("it is listed");
    let (needs, traits) = (&manifest.needs, &manifest.traits);
    assert_eq!(names(&needs.dependencies), ["b@^1"]);
    assert_eq!(names(&needs.optional), ["c@2"]);
    let peers: Vec<_> = needs.peers.iter().map(|peer| peer.is_optional).collect();
    assert_eq!(peers, [false, true]);
    let bundled: Vec<_> = needs.bundled.iter().map(|name| &**name).collect();
    assert_eq!(bundled, ["b", "c"]);
    let engines = traits.engines.as_ref().expect("engines are stated");
    assert_eq!((engines.node(), engines.npm()), (Some(">=18"), Some("nonsense")));
    let version = |text: &str| Version::parse(text).ok();
    assert!(engines.are_met(version("19.0.0-nightly").as_ref(), None));
    assert!(!engines.are_met(version("17.9.9").as_ref(), None));
    assert!(!engines.are_met(None, version("11.0.0").as_ref()), "no version meets nonsense");
    let list = |list: &Option<std::sync::Arc<[std::sync::Arc<str>]>>| {
        list.iter().flat_map(|list| list.iter()).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        (list(&traits.os), list(&traits.cpu), list(&traits.libc)),
        (vec!["!win32".into()], vec!["x64".into()], vec!["glibc".into(), "musl".into()])
    );
    let [command] = traits.commands.as_deref().expect("a command") else { panic!("one command") };
    assert_eq!((&*command.name, &*command.file), ("a", "bin/a.js"));
    assert_eq!(traits.license.as_ref().map(Json::to_value), Some(json!("MIT")));
    let funding = traits.funding.as_ref().map(Json::to_value);
    assert_eq!(funding, Some(json!([{"url": "https://f.example"}, {"url": "g"}])));
    assert!(traits.has_install_script && traits.has_shrinkwrap);
    assert_eq!(traits.deprecated.as_deref(), Some("old"));
    assert_eq!(manifest.tarball().as_deref(), Some("https://r.example/a/-/a-1.0.0.tgz"));
    let integrity = manifest.integrity.as_ref().map(ToString::to_string);
    assert_eq!(integrity.as_deref(), Some("sha1-ASNFZ4mrze8BI0VniavN7wEjRWc="));
    assert!(manifest.published_at.is_some() && manifest.unpacked_size.is_some());
    assert_eq!(packument.tag("next").map(|tag| tag.position), Some(None));
    assert_eq!(warnings(&packument), [""; 0]);
}

#[test]
fn what_is_odd_is_left_out_by_name_and_the_rest_stays() {
    let packument = read(&json!({
        "name": "A",
        "dist-tags": {"latest": 7},
        "time": {"2.0.0": "soon"},
        "versions": {
            "lol": {},
            "1.0.0": null,
            "1.0.1": {"dependencies": {"b": 1, "C D": "1", "c": "1"}, "peerDependencies": ["x"], "dist": {}},
            "2.0.0": {"dependencies": [], "optionalDependencies": false, "engines": ["node"]},
            "v3.0.0": {"version": "3.0.0", "deprecated": false, "dist": {}},
        },
    }));
    let keys: Vec<_> = packument.manifests.iter().map(Manifest::key).collect();
    assert_eq!(keys, ["1.0.1", "2.0.0", "v3.0.0"]);
    assert_eq!(packument.manifests[0].needs.dependencies.len(), 1);
    assert_eq!(packument.manifests[2].stated_version(), "3.0.0");
    let expected = [
        "`a` 1.0.0: left out, since nothing is said of it",
        "`a` 1.0.1: passed over `peerDependencies`, which names nothing",
        "`a` 1.0.1: passed over one of `dependencies`: `C D` is not a package name: letters, \
         digits and `-_.!~*'()`, perhaps behind a `@scope/`",
        "`a` 1.0.1: passed over one of `dependencies`: `b` has no spec that is a text",
        "`a` 2.0.0: nothing is said of its archive",
        "`a` 2.0.0: passed over \"soon\", which is no instant",
        "`a` calls itself \"A\"",
        "`a` lists what is no version: `lol` is not a version: three numbers and dots, then perhaps \
         `-` and a pre-release",
        "`a` passed over the tag `latest`, which names no version",
    ];
    let mut found = warnings(&packument);
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn what_is_no_document_is_an_error() {
    let name = Name::parse("a").expect("a name");
    for bytes in [&b"<html>"[..], b"[]", b"\"x\"", b"{\"versions\":{}", b"\xff"] {
        let error = read_packument(&name, bytes).expect_err("no document");
        assert!(error.to_string().contains("`a`"), "{error}");
    }
    assert!(read(&json!({})).manifests.is_empty());
}

#[test]
fn specs_are_told_apart_as_npm_does() {
    let kind = |text: &str| match Spec::parse(text) {
        Ok(Spec::Version(version)) => format!("version {version}"),
        Ok(Spec::Range(range)) => format!("range {}", range.as_str()),
        Ok(Spec::Tag(tag)) => format!("tag {tag}"),
        Ok(Spec::Alias(alias)) => format!("{} as {}", alias.name, alias.spec),
        Ok(Spec::Foreign(foreign)) => format!("{:?} {foreign}", foreign.kind),
        Err(error) => error.code().to_owned(),
    };
    for (text, expected) in [
        (" =v1.2.3 ", "version 1.2.3"),
        ("", "range "),
        ("1.x ||  >=2", "range 1.x || >=2"),
        ("next-11", "tag next-11"),
        ("!?", "EINVALIDTAGNAME"),
        ("npm:@s/b@^1", "@s/b as ^1"),
        ("NPM:b", "b as *"),
        ("npm:npm:b", "EALIAS"),
        ("npm:b@npm:c", "EALIAS"),
        ("npm:b@./c", "EALIAS"),
        ("npm:", "EALIAS"),
        // Blanks make a tag of what looks like a path.
        ("npm:@s/b@\t.2.3", "@s/b as  .2.3"),
        ("npm:b@ .||", "b as  .||"),
        ("x.tgz ", "tag x.tgz"),
        ("user/repo#main", "Git user/repo#main"),
        (
            "https://u:pw@github.com/a/b.git#semver:^1",
            "Git https://***@github.com/a/b.git#semver:^1",
        ),
        ("https://github.com/a/b/archive/x.tgz", "Remote https://github.com/a/b/archive/x.tgz"),
        ("https://h.example/x.tgz?token=t", "Remote https://h.example/x.tgz?***"),
        ("git+ssh://git@h.example:a/b", "Git git+ssh://git@h.example:a/b"),
        ("file:../b.tgz", "File file:../b.tgz"),
        ("../b", "Directory ../b"),
        ("link:../b", "Link link:../b"),
        ("workspace:^", "Workspace workspace:^"),
        ("catalog:", "Catalog catalog:"),
        ("jsr:^1", "Jsr jsr:^1"),
        ("svn://u:pw@h.example", "EUNSUPPORTEDPROTOCOL"),
    ] {
        assert_eq!(kind(text), expected, "`{text}`");
    }
    let error = Spec::parse("svn://u:pw@h.example").expect_err("nobody knows it").to_string();
    assert!(!error.contains("pw") && error.contains("***@h.example"), "{error}");
    assert!(ForeignKind::Catalog.advice().contains("range"));
}

#[test]
fn names_are_those_that_npm_allows() {
    for good in ["a", "@s/a", "JSONStream", "a.b", "@s/_a", "a!b", "~a"] {
        assert!(Name::parse(good).is_ok(), "{good}");
    }
    for bad in
        ["", ".a", "-a", "_a", " a", "a b", "a/b", "@s", "@s/", "@s/.a", "@/a", "ä", "node_modules"]
    {
        assert!(Name::parse(bad).is_err(), "{bad}");
    }
    let name = Name::parse("@s/a").expect("a name");
    assert_eq!((name.scope(), &*name.escaped()), (Some("@s"), "@s%2fa"));
    let is_new = |text: &str| Name::parse(text).expect("a name").is_for_new_packages();
    assert!(
        is_new("@s/a-b") && !is_new("JSONStream") && !is_new("a!b") && !is_new(&"a".repeat(215))
    );
}

/// Names and paths in the order of `Intl.Collator('en')` (ICU 78, node 20).
const SORTED: [&str; 48] = [
    "",
    "_",
    "-",
    "@",
    "@babel/code-frame",
    "@babel/core",
    "@types/node",
    "@types/node-fetch",
    "0",
    "10",
    "9",
    "a",
    "A",
    "a b",
    "a_b",
    "a-b",
    "a!b",
    "a.b",
    "a'b",
    "a(b",
    "a)b",
    "a*b",
    "a/b",
    "a~b",
    "a10b",
    "a1b",
    "a2b",
    "ab",
    "aB",
    "Ab",
    "json-stream",
    "jsonstream",
    "JsonStream",
    "JSONStream",
    "lodash",
    "lodash_es",
    "lodash-es",
    "lodash.merge",
    "node_modules/@a/b",
    "node_modules/a",
    "node_modules/a-b",
    "node_modules/a/node_modules/b",
    "react",
    "React",
    "react-dom",
    "ReactDOM",
    "z",
    "Z",
];

#[test]
fn texts_are_in_the_order_of_the_english_language() {
    for (place, left) in SORTED.iter().enumerate() {
        for (other, right) in SORTED.iter().enumerate() {
            assert_eq!(locale_compare(left, right), place.cmp(&other), "{left} {right}");
        }
    }
}

/// Takes a version as the rules are told, of all versions at once.
fn pick_plainly(packument: &Packument, range: &Range, rules: &PickRules) -> Option<String> {
    let is_sound = |one: &Manifest| one.traits.deprecated.is_none();
    let runs = |one: &Manifest| match &one.traits.engines {
        Some(engines) => engines.are_met(rules.node.as_ref(), None),
        None => true,
    };
    let avoided = |one: &Manifest| match &rules.avoided {
        Some(avoided) => avoided.contains(&one.version),
        None => false,
    };
    let in_time = |one: &Manifest| match (one.published_at, rules.before) {
        (Some(published_at), Some(before)) => published_at <= before,
        _ => true,
    };
    let latest = packument.tag("latest").and_then(|tag| packument.manifest(&tag.version));
    let latest = latest.filter(|one| range.as_str() == "*" || range.contains(&one.version));
    let fits = |one: &&Manifest| range.contains(&one.version) && in_time(one);
    let is_fine = |one: &&Manifest| is_sound(one) && runs(one) && !avoided(one) && in_time(one);
    let best = packument.manifests.iter().filter(fits).max_by(|left, right| {
        let key =
            |one: &Manifest| (!avoided(one), is_sound(one) && runs(one), runs(one), is_sound(one));
        key(left).cmp(&key(right)).then_with(|| left.version.cmp_precedence(&right.version))
    });
    latest.filter(is_fine).or(best).map(Manifest::key)
}

const VERSIONS: [&str; 12] = [
    "0.1.0",
    "1.0.0-beta",
    "1.0.0",
    "1.0.1",
    "1.1.0",
    "1.2.0-rc.1",
    "1.2.0",
    "2.0.0-0",
    "2.0.0",
    "2.1.0",
    "3.0.0-alpha",
    "3.0.0",
];

fn documents() -> impl Strategy<Value = Value> {
    let engines = select(vec![
        Value::Null,
        json!({"node": ">=18"}),
        json!({"node": "<18"}),
        json!({"node": "x y"}),
    ]);
    let manifest = (engines, any::<bool>(), 1..4_u8).prop_map(|(engines, is_deprecated, day)| {
        (json!({"engines": engines, "deprecated": is_deprecated}), day)
    });
    let manifests = prop::collection::vec(manifest, VERSIONS.len());
    let kept = subsequence(&VERSIONS[..], 0..=VERSIONS.len());
    (kept, manifests, select(&VERSIONS[..])).prop_map(|(kept, manifests, latest)| {
        let (mut versions, mut time) = (Map::new(), Map::new());
        for (version, (manifest, day)) in kept.into_iter().zip(manifests) {
            versions.insert(version.to_owned(), manifest);
            time.insert(version.to_owned(), json!(format!("2020-01-0{day}T00:00:00Z")));
        }
        json!({"versions": versions, "time": time, "dist-tags": {"latest": latest}})
    })
}

proptest! {
    #[test]
    fn what_is_taken_is_what_the_rules_say(
        document in documents(),
        range in select(&["*", "^1.0.0", ">=1", "<2 || 3.x", "~1.2.0-rc", ">=1.0.0-0", "5"][..]),
        avoided in select(&[None, Some("<1.2"), Some(">=2")][..]),
        before in prop::option::of(1..4_u8),
    ) {
        let packument = read(&document);
        let before = before.map(|day| format!("2020-01-0{day}T00:00:00Z"));
        let rules = PickRules {
            node: Version::parse("18.0.0").ok(),
            avoided: avoided.and_then(|text| Range::parse(text, Reading::AVOIDED).ok()),
            before: before.map(|text| ecosystems::Timestamp::parse(&text).expect("an instant")),
            ..PickRules::default()
        };
        let range: Range = range.parse().expect("a range");
        let expected = pick_plainly(&packument, &range, &rules);
        let picked = pick(&packument, &Spec::Range(range), &rules);
        prop_assert_eq!(picked.ok().map(|picked| picked.manifest.key()), expected);
    }
}
