//! Locks against those that cargo wrote.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_lock::{Lockfile, Package, SourceId};
use proto::v1::{
    self, CargoPackage, CargoPatch, Edge, Member, MemberPick, Project, RegistryGroup, Solution,
    UnusedPatch, cargo_patch, package::Details,
};

use super::{LockError, lock};
use crate::input::{cargo::lock::Lock, source::Source};

/// The slot of a package, as a test names it.
fn slot(name: &impl ToString, version: &impl ToString, source: Option<&SourceId>) -> String {
    let source = source.map(ToString::to_string).unwrap_or_default();
    format!("{} {} {source}", name.to_string(), version.to_string())
}

fn edges(package: &Package, member: &str) -> Vec<Edge> {
    let edges = package.dependencies.iter().rev().map(|dependency| Edge {
        target: slot(&dependency.name, &dependency.version, dependency.source.as_ref()),
        member: member.to_owned(),
        ..Edge::default()
    });
    // A dependency for a second platform is a second edge to the same place.
    let edges: Vec<_> = edges.collect();
    [edges.clone(), edges].concat()
}

/// The answer that a lock was written from, in another order, with what locks do not tell apart.
fn answer(lock: &Lockfile) -> Solution {
    let mut solution = Solution::default();
    for package in lock.packages.iter().rev() {
        let (name, version) = (package.name.to_string(), package.version.to_string());
        let slot = slot(&name, &version, package.source.as_ref());
        let Some(source) = &package.source else {
            solution.root_edges.extend(edges(package, &name));
            solution.members.push(MemberPick { slot, name, version, ..MemberPick::default() });
            continue;
        };
        let lock_source = source.to_string();
        let known = solution.groups.iter().position(|group| group.lock_source == lock_source);
        let at = known.unwrap_or_else(|| {
            let registry = format!("registry {}", solution.groups.len());
            let group = RegistryGroup { registry, lock_source, ..RegistryGroup::default() };
            solution.groups.push(group);
            solution.groups.len() - 1
        });
        let checksum = package.checksum.as_ref().map(ToString::to_string).unwrap_or_default();
        let elsewhere = Edge {
            target: "nowhere".to_owned(),
            versions: vec!["0.0.0-other".to_owned()],
            ..Edge::default()
        };
        solution.groups[at].packages.push(v1::Package {
            slot,
            name,
            version,
            edges: [edges(package, ""), vec![elsewhere]].concat(),
            details: Some(Details::Cargo(CargoPackage { checksum, ..CargoPackage::default() })),
            ..v1::Package::default()
        });
    }
    solution
}

/// The project of an answer, with the patches that its lock does not use.
fn project(read: &Lockfile, solution: &mut Solution, rust_version: &str) -> Project {
    let mut project = Project::default();
    for (index, unused) in read.patch.unused.iter().enumerate() {
        let (name, version) = (unused.name.to_string(), unused.version.to_string());
        let patch = u32::try_from(index).unwrap();
        let source = unused.source.as_ref();
        let origin = match source {
            None => cargo_patch::Origin::Member(name.clone()),
            Some(_) => cargo_patch::Origin::Registry("corp".to_owned()),
        };
        let lock_source = source.map_or_else(String::new, ToString::to_string);
        let entry = UnusedPatch { patch, name: name.clone(), version, lock_source };
        solution.unused_patches.insert(0, entry);
        project.patches.push(CargoPatch { name, origin: Some(origin), ..CargoPatch::default() });
    }
    for member in &solution.members {
        let (name, rust_version) = (member.name.clone(), rust_version.to_owned());
        project.members.push(Member { name, rust_version, ..Member::default() });
    }
    project
}

/// Writes a lock from the answer behind it.
fn again(text: &str, rust_version: &str) -> String {
    let read: Lockfile = text.parse().unwrap();
    let mut solution = answer(&read);
    let project = project(&read, &mut solution, rust_version);
    lock(&solution, &project, None).unwrap()
}

#[test]
fn the_recorded_locks_are_written_byte_for_byte() {
    let shared = std::env::var("QUARTERMASTER_SHARED").map(PathBuf::from);
    let shared =
        shared.unwrap_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let oracles = shared.join("oracles/cargo");
    let Ok(projects) = fs::read_dir(&oracles) else {
        println!("left out: there is no `{}`", oracles.display());
        return;
    };
    let mut count = 0;
    for project in projects {
        let text = fs::read_to_string(project.unwrap().path().join("Cargo.lock")).unwrap();
        assert!(again(&text, "") == text);
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn this_workspace_s_lock_is_written_byte_for_byte() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let text = fs::read_to_string(path).unwrap();
    assert!(again(&text, "1.95") == text);
}

/// Names, versions and sources where each of them is needed to tell two packages apart.
const AMBIGUOUS: &str = r#"# This file is automatically @generated by Cargo.
# It is not intended for manual editing.
version = 4

[[package]]
name = "a"
version = "9.0.0"
source = "registry+https://index.example/git"
checksum = "4444444444444444444444444444444444444444444444444444444444444444"

[[package]]
name = "a"
version = "9.0.0"
source = "sparse+https://corp.example/index/"
checksum = "1111111111111111111111111111111111111111111111111111111111111111"

[[package]]
name = "a"
version = "9.0.0"
source = "sparse+https://corp.example/index-2/"

[[package]]
name = "a"
version = "9.0.0"
source = "sparse+https://index.example/"
checksum = "2222222222222222222222222222222222222222222222222222222222222222"

[[package]]
name = "a"
version = "10.0.0"
source = "sparse+https://index.example/"
checksum = "3333333333333333333333333333333333333333333333333333333333333333"

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "a 10.0.0",
 "a 9.0.0 (registry+https://index.example/git)",
 "a 9.0.0 (sparse+https://corp.example/index-2/)",
 "a 9.0.0 (sparse+https://corp.example/index/)",
 "a 9.0.0 (sparse+https://index.example/)",
 "app",
 "lib",
]

[[package]]
name = "lib"
version = "0.0.0"

[[patch.unused]]
name = "b"
version = "1.0.0+meta"
source = "sparse+https://corp.example/index/"

[[patch.unused]]
name = "c"
version = "0.1.0"
"#;

#[test]
fn a_dependency_says_as_much_as_tells_it_apart() {
    assert_eq!(again(AMBIGUOUS, ""), AMBIGUOUS);
}

/// Lets cargo lock a workspace without registries, whose members support a version of Rust.
fn cargo_s_lock(rust_version: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let package = |name: &str, rest: &str| {
        let folder = folder.path().join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        let text = format!("[package]\nname = '{name}'\nversion = '0.1.0'\n{rest}");
        fs::write(folder.join("Cargo.toml"), text).unwrap();
        folder.join("Cargo.toml")
    };
    package("lib", "");
    package("second", "");
    package("first", "");
    let app = package(
        "app",
        &format!(
            "rust-version = '{rust_version}'\n[dependencies]\nlib = {{ path = '../lib' }}\n\
             [dev-dependencies]\napp = {{ path = '.' }}\n[workspace]\n[patch.crates-io]\n\
             aa = {{ path = '../second', package = 'second' }}\nzz = {{ path = '../first', package = 'first' }}\n"
        ),
    );
    let output = Command::new(env!("CARGO"))
        .args(["generate-lockfile", "--offline", "--manifest-path"])
        .arg(&app)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(app.with_file_name("Cargo.lock")).unwrap()
}

#[test]
fn the_encoding_is_the_one_that_cargo_takes_for_the_members_versions_of_rust() {
    for version in ["1.41", "1.52", "1.53", "1.82.0", "1.83", "1.83.0", "1.95"] {
        let text = cargo_s_lock(version);
        assert_eq!(again(&text, version), text, "{version}");
    }
}

fn previous(text: &str) -> Lock {
    let version = text.parse::<Lockfile>().unwrap().version;
    Lock { packages: Vec::new(), version, source: Source::new("Cargo.lock".into(), text.into()) }
}

#[test]
fn a_lock_that_says_the_same_stays_as_it_is() {
    let head = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n";
    let old = AMBIGUOUS
        .replace("version = 4\n", "version = 3\n")
        .replace(head, &format!("{head}# Ours.\n"));
    let old = old.replace('\n', "\r\n");
    let read: Lockfile = old.parse().unwrap();
    let mut solution = answer(&read);
    let project = project(&read, &mut solution, "");
    assert_eq!(lock(&solution, &project, Some(&previous(&old))).unwrap(), old);
    // Something changes: comments and line ends stay, and the encoding is renewed.
    solution.root_edges.retain(|edge| !edge.target.starts_with("lib"));
    let new = lock(&solution, &project, Some(&previous(&old))).unwrap();
    assert_eq!(new, old.replace(" \"lib\",\r\n", "").replace("version = 3\r\n", "version = 4\r\n"));
}

#[test]
fn what_no_lock_can_hold_is_an_error() {
    let read: Lockfile = AMBIGUOUS.parse().unwrap();
    let told_for = |rust_version: &str, change: &dyn Fn(&mut Solution)| {
        let mut solution = answer(&read);
        let project = project(&read, &mut solution, rust_version);
        change(&mut solution);
        lock(&solution, &project, None).map_err(|error: LockError| error.to_string()).unwrap_err()
    };
    let told = |change: &dyn Fn(&mut Solution)| told_for("", change);
    let report = [
        told_for("1.40", &|_| {}),
        told(&|solution| solution.groups[0].lock_source.clear()),
        told(&|solution| solution.groups[0].lock_source = "index.example".into()),
        told(&|solution| solution.groups[0].packages[0].version = "1.0".into()),
        told(&|solution| solution.members[0].slot = "lost".into()),
        told(&|solution| {
            let details = CargoPackage { checksum: "12".into(), ..CargoPackage::default() };
            solution.groups[0].packages[0].details = Some(Details::Cargo(details));
        }),
    ];
    insta::assert_snapshot!(report.join("\n"));
}
