//! Small answers that hold.

pub(crate) mod random;

use proto::v1::{
    AcceptableCompleteness, AdmittedVersions, Artifact, CargoPackage, Edge, MemberPick, NpmPackage,
    NpmPurpose, Package, PypiPackage, RegistryGroup, Solution, package::Details,
};

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// A package whose best acceptable version is the chosen one.
pub(crate) fn package(
    name: &str,
    versions: &[&str],
    edges: Vec<Edge>,
    details: Details,
) -> Package {
    Package {
        slot: name.into(),
        name: name.into(),
        version: versions[0].into(),
        acceptable_versions: texts(versions),
        acceptable_completeness: AcceptableCompleteness::Complete.into(),
        edges,
        details: Some(details),
        ..Package::default()
    }
}

pub(crate) fn pypi(extras: &[&str]) -> Details {
    Details::Pypi(PypiPackage { extras: texts(extras), ..PypiPackage::default() })
}

pub(crate) fn cargo(features: &[&str], links: &str) -> Details {
    let cargo =
        CargoPackage { features: texts(features), links: links.into(), ..CargoPackage::default() };
    Details::Cargo(cargo)
}

/// An edge of some versions; of all if none is named.
pub(crate) fn edge(target: &str, range: &str, extras: &[&str], versions: &[&str]) -> Edge {
    let bracket = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    Edge {
        target: target.into(),
        requirement: format!("{target}{bracket}{range}"),
        range: range.into(),
        extras: texts(extras),
        versions: texts(versions),
        ..Edge::default()
    }
}

pub(crate) fn admitted(range: &str, extras: &[&str], versions: &[&str]) -> AdmittedVersions {
    AdmittedVersions { range: range.into(), extras: texts(extras), versions: texts(versions) }
}

pub(crate) fn group(registry: &str, packages: Vec<Package>) -> RegistryGroup {
    RegistryGroup { registry: registry.into(), packages, ..RegistryGroup::default() }
}

pub(crate) fn wheel(name: &str, size: Option<u64>) -> Vec<Artifact> {
    vec![Artifact {
        filename: format!("{name}.whl"),
        url: format!("https://files.example/{name}.whl"),
        size,
        hashes: vec!["sha256:00".into()],
        ..Artifact::default()
    }]
}

/// `app`, whose newer version needs `log` too, and `web` with an extra, from two registries.
pub(crate) fn python() -> Solution {
    let app = Package {
        admitted: vec![admitted("", &[], &["2", "1"]), admitted("<3", &[], &["2", "1"])],
        artifacts: wheel("app-2", Some(20_000)),
        direct: true,
        ..package(
            "app",
            &["2", "1"],
            vec![edge("log", "==5", &[], &["2"]), edge("web", ">=1", &["tls"], &[])],
            pypi(&[]),
        )
    };
    let log = Package {
        admitted: vec![admitted("==5", &[], &["5"])],
        artifacts: wheel("log-5", Some(1_500)),
        ..package("log", &["5"], vec![], pypi(&[]))
    };
    let web = Package {
        admitted: vec![
            admitted(">=1", &["tls"], &["1.2", "1.1", "1.0"]),
            admitted(">=1,<2", &[], &["1.2", "1.1", "1.0"]),
        ],
        artifacts: wheel("web-1.2", None),
        ..package(
            "web",
            &["1.2", "1.1", "1.0"],
            vec![edge("app", "<3", &[], &["1.2", "1.1"])],
            pypi(&["tls"]),
        )
    };
    Solution {
        groups: vec![group("corp", vec![app]), group("pypi", vec![log, web])],
        root_edges: vec![edge("app", "", &[], &[]), edge("web", ">=1,<2", &[], &[])],
        ..Solution::default()
    }
}

/// A workspace of two members and three crates, one of which has a native library.
pub(crate) fn workspace() -> Solution {
    let derive = Package {
        admitted: vec![admitted("^2.0.1", &["full"], &["2.0.2", "2.0.1"])],
        slot: "derive@2".into(),
        ..package("derive", &["2.0.2", "2.0.1"], vec![], cargo(&["full", "parsing"], ""))
    };
    let ssl = Package {
        admitted: vec![admitted("^0.9", &["default", "tls/ring"], &["0.9.1"])],
        slot: "ssl@0.9".into(),
        ..package("ssl", &["0.9.1"], vec![], cargo(&[], "openssl"))
    };
    let web = Package {
        admitted: vec![admitted("^1", &["default"], &["1.4.0", "1.3.0"])],
        slot: "web@1".into(),
        ..package(
            "web",
            &["1.4.0", "1.3.0"],
            vec![
                edge("derive@2", "^2.0.1", &["full"], &[]),
                edge("ssl@0.9", "^0.9", &["default", "tls/ring"], &[]),
            ],
            cargo(&["default"], ""),
        )
    };
    let of = |member: &str, edge: Edge| Edge { member: member.into(), ..edge };
    let member = |name: &str| MemberPick {
        slot: format!("member {name}"),
        name: name.into(),
        ..MemberPick::default()
    };
    Solution {
        groups: vec![group("crates", vec![derive, ssl, web])],
        root_edges: vec![
            of("app", edge("member lib", "*", &["default"], &[])),
            of("lib", edge("web@1", "^1", &["default"], &[])),
        ],
        members: vec![member("app"), member("lib")],
        ..Solution::default()
    }
}

/// A tree of npm's: `a` in two places, one package that nothing needs, and one inside another's archive.
pub(crate) fn tree() -> Solution {
    let place = |location: &str, version: &str, edges: Vec<Edge>, npm: NpmPackage| {
        let name = location.rsplit("node_modules/").next().unwrap_or_default();
        let npm = NpmPackage { location: location.into(), ..npm };
        Package {
            slot: location.into(),
            acceptable_completeness: AcceptableCompleteness::NotTried.into(),
            artifacts: wheel(&format!("{name}-{version}"), None),
            ..package(name, &[version], edges, Details::Npm(npm))
        }
    };
    let none = NpmPackage::default;
    let purpose = |purpose: NpmPurpose| NpmPackage { purpose: Some(purpose), ..none() };
    let old = NpmPurpose { extraneous: true, ..NpmPurpose::default() };
    let inert = NpmPurpose { inert: true, optional: true, ..NpmPurpose::default() };
    let bundled = NpmPackage { in_bundle: true, ..none() };
    let (a, b) = ("node_modules/a", "node_modules/b");
    let (deep, inner) = ("node_modules/b/node_modules/a", "node_modules/c/node_modules/inner");
    let other = "node_modules/c/node_modules/a";
    let asked = |package: Package, range: &str| Package {
        admitted: vec![admitted(range, &[], &[&package.version])],
        ..package
    };
    let packages = vec![
        asked(place(a, "2.0.0", vec![], none()), "^2.0.0"),
        asked(place(b, "1.0.0", vec![edge(deep, "^1.0.0", &[], &[])], none()), "*"),
        asked(place(deep, "1.5.0", vec![], none()), "^1.0.0"),
        asked(place("node_modules/c", "1.0.0", vec![edge(other, "^1.0.0", &[], &[])], none()), "*"),
        asked(place(other, "1.5.0", vec![], none()), "^1.0.0"),
        place(inner, "3.0.0", vec![], bundled),
        asked(place("node_modules/fsevents", "2.3.3", vec![], purpose(inert)), "~2.3.2"),
        place("node_modules/old", "0.1.0", vec![], purpose(old)),
    ];
    Solution {
        groups: vec![group("npm", packages)],
        root_edges: vec![
            edge(a, "^2.0.0", &[], &[]),
            edge(b, "*", &[], &[]),
            edge("node_modules/c", "*", &[], &[]),
            edge("node_modules/fsevents", "~2.3.2", &[], &[]),
        ],
        ..Solution::default()
    }
}
