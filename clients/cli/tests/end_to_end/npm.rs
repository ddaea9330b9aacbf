//! Projects of npm's, from their files to the request, and from the answer to the lock.

use std::fs;

use proto::v1::*;
use tonic::Code;

use crate::{Folder, answer, fake::Fake, outcome, refusal};

const ROOT: &str = r#"{
  "name": "app",
  "version": "1.0.0",
  "workspaces": ["packages/*"],
  "dependencies": {
    "zod": "^4.1",
    "left": "npm:right@~2",
    "near": "file:lib/near"
  },
  "peerDependencies": { "vue": ">=3" },
  "peerDependenciesMeta": { "vue": { "optional": true } },
  "overrides": { "zod@^3": { ".": "4.0.0", "deep": "$zod" } }
}
"#;

const LOCK: &str = r#"{
  "name": "app",
  "version": "1.0.0",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "name": "app",
      "version": "1.0.0",
      "workspaces": [
        "packages/*"
      ],
      "dependencies": {
        "left": "npm:right@~2",
        "near": "file:lib/near",
        "zod": "^4.1"
      },
      "peerDependencies": {
        "vue": ">=3"
      },
      "peerDependenciesMeta": {
        "vue": {
          "optional": true
        }
      }
    },
    "lib/near": {
      "version": "0.1.0",
      "bundleDependencies": [
        "z"
      ]
    },
    "node_modules/@corp/a": {
      "resolved": "packages/a",
      "link": true
    },
    "node_modules/left": {
      "name": "right",
      "version": "2.0.1",
      "resolved": "https://npm.example/right/-/right-2.0.1.tgz",
      "integrity": "sha512-AAAA==",
      "license": "MIT",
      "dependencies": {
        "zod": "^3"
      }
    },
    "node_modules/left/node_modules/zod": {
      "version": "4.0.0",
      "dev": true
    },
    "node_modules/near": {
      "resolved": "lib/near",
      "link": true
    },
    "packages/a": {
      "name": "@corp/a",
      "devDependencies": {
        "zod": "*"
      }
    }
  }
}
"#;

fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("package.json", ROOT),
        ("packages/a/package.json", r#"{ "name": "@corp/a", "devDependencies": { "zod": "*" } }"#),
        ("lib/near/package.json", r#"{ "version": "0.1.0", "bundledDependencies": ["z"] }"#),
        (
            ".npmrc",
            "//npm.example/:_authToken=s3cret\n@corp:registry=https://corp.example\nprefer-dedupe=true\nbefore=2026-01-01\n",
        ),
    ]
}

/// The answer that [`LOCK`] is written from.
fn solved() -> ResolveResponse {
    let package = |name: &str, version: &str, npm: NpmPackage| Package {
        slot: npm.location.clone(),
        name: name.into(),
        version: version.into(),
        details: Some(package::Details::Npm(npm)),
        ..Default::default()
    };
    let right = NpmPackage {
        location: "node_modules/left".into(),
        alias: "left".into(),
        integrity: "sha512-AAAA==".into(),
        manifest: r#"{"dependencies":{"zod":"^3"},"license":"MIT"}"#.into(),
        ..Default::default()
    };
    let url = "https://npm.example/right/-/right-2.0.1.tgz".to_owned();
    let right = Package {
        artifacts: vec![Artifact { url, ..Default::default() }],
        direct: true,
        ..package("right", "2.0.1", right)
    };
    let dev = NpmPurpose { dev: true, ..Default::default() };
    let zod = NpmPackage {
        location: "node_modules/left/node_modules/zod".into(),
        purpose: Some(dev),
        ..Default::default()
    };
    let member = |path: &str, name: &str, version: &str, link: Option<&str>| MemberPick {
        slot: path.into(),
        name: name.into(),
        version: version.into(),
        path: path.into(),
        links: link
            .map(|location| NpmLink { location: location.into(), purpose: None })
            .into_iter()
            .collect(),
        ..Default::default()
    };
    let edge = Edge {
        target: "node_modules/left".into(),
        requirement: "left@npm:right@~2".into(),
        dependency_set: "main".into(),
        member: "app".into(),
        ..Default::default()
    };
    let group = RegistryGroup {
        registry: "npm".into(),
        packages: vec![right, package("zod", "4.0.0", zod)],
        ..Default::default()
    };
    outcome(project_answer::Outcome::Solution(Solution {
        groups: vec![group],
        root_edges: vec![edge],
        members: vec![
            member("", "app", "1.0.0", None),
            member("lib/near", "near", "0.1.0", Some("node_modules/near")),
            member("packages/a", "@corp/a", "", Some("node_modules/@corp/a")),
        ],
        ..Default::default()
    }))
}

#[test]
fn the_request_says_what_the_project_says() {
    let service = Fake::start([(); 2].map(|()| answer(solved())));
    let folder = Folder::with(&files());
    #[rustfmt::skip]
    let ran = folder.qm(&[
        "resolve", "packages/a/package.json", "--server", &service.url, "--node", "20.20.2",
    ]);
    insta::assert_snapshot!("text", ran.told());
    insta::assert_debug_snapshot!("request", service.seen()[0].request);
    #[rustfmt::skip]
    let ran = folder.qm(&[
        "resolve", "package.json", "--server", &service.url, "--node", "20.20.2", "--format", "pins",
        "--registry-for", "@corp/=corp",
    ]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str(), ran.exit),
        ("right 2.0.1\nzod 4.0.0\n", "", 0)
    );
}

#[test]
fn flags_count_before_settings() {
    let service = Fake::start([(); 2].map(|()| answer(solved())));
    let folder = Folder::with(&files());
    fs::write(folder.0.path().join("held.txt"), "zod ^4\n").unwrap();
    #[rustfmt::skip]
    let ran = folder.qm(&[
        "resolve", "package.json", "--server", &service.url, "--node", "20.20.2", "--npm", "11.6.0", "--os", "darwin",
        "--cpu", "arm64", "--libc", "musl", "--legacy-peer-deps", "--strict-peer-deps=false",
        "--prefer-dedupe=false", "--install-strategy", "nested", "--as-npm", "--before", "2025-12-01T00:00:00Z",
        "--registry", "npm", "--registry-for", "@corp/=corp", "--held", "held.txt",
    ]);
    assert_eq!((ran.stderr.as_str(), ran.exit), ("", 0));
    let request = &service.seen()[0].request;
    let project = &request.projects[0];
    let told = (&project.environment, &project.registries, &project.registry_pins);
    insta::assert_debug_snapshot!((told, &request.policy, &request.held));
    let variables =
        [("NPM_CONFIG_STRICT_PEER_DEPS", "true"), ("npm_config_prefer_dedupe", "false")];
    let ran = folder.qm_with(
        &["resolve", "package.json", "--server", &service.url, "--node", "20.20.2"],
        &variables,
    );
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    match &service.seen()[0].request.projects[0].environment {
        Some(project::Environment::Npm(npm)) => {
            assert_eq!((npm.strict_peer_deps, npm.prefer_dedupe), (true, false));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_node_at_hand_is_asked_unless_one_is_named() {
    let service = Fake::start([(); 3].map(|()| answer(solved())));
    let folder = Folder::with(&[("package.json", "{}")]);
    let path = std::env::var("PATH").unwrap_or_default();
    let ask = |flags: &[&str], path: &str| {
        let arguments = [&["resolve", "package.json", "--server", &service.url], flags].concat();
        let ran = folder.qm_with(&arguments, &[("PATH", path)]);
        let seen = service.seen().pop().unwrap().request;
        match seen.projects[0].environment.clone() {
            Some(project::Environment::Npm(npm)) => (npm.node_version, npm.npm_version, ran.stderr),
            other => panic!("{other:?}"),
        }
    };
    let (node, npm, told) = ask(&[], "/nowhere");
    assert_eq!((node.as_str(), npm.as_str()), ("", ""));
    assert!(told.contains("no `node` was found") && told.contains("--node"), "{told}");
    let named = ask(&["--node", "18.1.0"], &path);
    assert_eq!(named, ("18.1.0".to_owned(), String::new(), String::new()));
    let (node, npm, told) = ask(&[], &path);
    match told.as_str() {
        "" => assert!(node.split('.').count() == 3 && !node.starts_with('v'), "{node} {npm}"),
        told => assert!(told.contains("no `node` was found"), "{told}"),
    }
}

#[test]
fn a_faulty_field_is_shown_in_the_file_that_says_it() {
    let service = Fake::start([refusal(
        Code::InvalidArgument,
        &[
            ("projects[0].requirements[0].npm.spec", "column 2: `4.1` is too much"),
            ("projects[0].requirements[1]", "the registry has no such package"),
            ("projects[0].requirements[4].npm.name", "column 1: not this one"),
            ("projects[0].overrides[0].npm.beneath[0]", "column 5: no such range"),
            ("projects[0].overrides[1].npm.spec", "column 1: nothing is named so"),
            ("projects[0].members[0].version", "column 1: no version"),
            ("projects[0].members[1]", "is a member already"),
            ("projects[0].locked[0].version", "column 1: no version"),
            ("projects[0].environment.npm.prefer_dedupe", "not for everybody"),
            ("projects[0].environment.npm.node_version", "column 3: `x` is no version"),
            ("policy.before", "too early"),
        ],
    )]);
    let folder = Folder::with(&files());
    fs::write(folder.0.path().join("package-lock.json"), LOCK).unwrap();
    #[rustfmt::skip]
    let ran = folder.qm(&["resolve", "package.json", "--server", &service.url, "--node", "20x"]);
    insta::assert_snapshot!(ran.told());
}

#[test]
fn a_lock_is_written_as_npm_writes_it_and_sent_along_afterwards() {
    let service = Fake::start([(); 3].map(|()| answer(solved())));
    let folder = Folder::with(&files());
    let lock = |flags: &[&str]| {
        let fixed = ["lock", "package.json", "--server", &service.url, "--node", "20.20.2"];
        folder.qm(&[&fixed[..], &["--registry-for", "@corp/=corp"], flags].concat())
    };
    let ran = lock(&["--output", "package-lock.json"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.exit), ("", "", 0));
    assert_eq!(fs::read_to_string(folder.0.path().join("package-lock.json")).unwrap(), LOCK);
    assert_eq!((lock(&[]).stdout.as_str(), lock(&["--upgrade"]).exit), (LOCK, 0));
    let seen = service.seen();
    insta::assert_debug_snapshot!("lock_options", seen[0].request.options);
    let locked = |at: usize| {
        let locked = seen[at].request.projects[0].locked.iter();
        locked
            .map(|one| format!("{} {}{} {}", one.location, one.link, one.name, one.version))
            .collect::<Vec<_>>()
    };
    assert_eq!(locked(0), Vec::<String>::new());
    let kept = [
        "node_modules/@corp/a packages/a ",
        "node_modules/left right 2.0.1",
        "node_modules/left/node_modules/zod zod 4.0.0",
        "node_modules/near lib/near ",
    ];
    assert_eq!(locked(1), kept);
    assert_eq!(locked(2), Vec::<String>::new());
}

#[test]
fn what_no_lock_can_be_of_is_refused() {
    let service = Fake::start([answer(solved())]);
    let folder = Folder::with(&files());
    let mut report = String::new();
    for (flags, settings, exit) in
        [(&["--os", "linux"][..], "", 2), (&[], "lockfile-version=2\n", 2), (&[], "", 0)]
    {
        fs::write(folder.0.path().join(".npmrc"), settings).unwrap();
        let old = "{ \"lockfileVersion\": 2, \"packages\": {} }";
        fs::write(folder.0.path().join("package-lock.json"), old).unwrap();
        let fixed = ["lock", "package.json", "--server", &service.url, "--node", "20.20.2"];
        let ran = folder.qm(&[&fixed[..], flags].concat());
        assert_eq!(ran.exit, exit, "{}", ran.stderr);
        report.push_str(&ran.stderr);
    }
    insta::assert_snapshot!(report);
}
