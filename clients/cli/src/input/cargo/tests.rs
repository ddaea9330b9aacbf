//! Workspaces as files: what is read of them, what is refused with which words, and whether cargo reads
//! the same.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::{Dependency, Existing, PatchOrigin, Workspace, read};
use crate::input::{
    Stated,
    tests::{told_error, without_folder},
};

mod judge;
mod lock;
mod refused;

/// Writes the files of a scenario, reads the first one, and tells what came of it. A manifest named
/// `-- a/Cargo.toml` is a library.
fn told(scenario: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path(), scenario);
    let told = match read(&first, Existing::Kept) {
        Ok(workspace) => told_workspace(&workspace),
        Err(error) => told_error(error),
    };
    without_folder(&told, folder.path())
}

/// Writes files, and tells which one came first.
fn write(folder: &Path, scenario: &str) -> PathBuf {
    let mut first = None;
    for file in scenario.trim_start().split("-- ").skip(1) {
        let (name, text) = file.split_once('\n').unwrap();
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap().join("src")).unwrap();
        fs::write(&path, text).unwrap();
        fs::write(path.parent().unwrap().join("src/lib.rs"), "").unwrap();
        fs::write(path.parent().unwrap().join("build.rs"), "fn main() {}").unwrap();
        first.get_or_insert(path);
    }
    first.unwrap()
}

fn told_workspace(workspace: &Workspace) -> String {
    let mut told = String::new();
    if let Some(resolver) = &workspace.resolver {
        writeln!(told, "resolver {:?} ({})", resolver.value, resolver.anchor.place()).unwrap();
    }
    if let Some(edition) = &workspace.edition {
        writeln!(told, "edition {}", told_stated(edition)).unwrap();
    }
    for member in &workspace.members {
        let outside = if member.outside { " outside" } else { "" };
        let kind = if member.proc_macro { " that is a macro" } else { "" };
        writeln!(told, "member{outside} {}{kind}", told_stated(&member.name)).unwrap();
        for (name, stated) in [
            ("version", &member.version),
            ("links", &member.links),
            ("rust-version", &member.rust_version),
        ] {
            if let Some(stated) = stated {
                writeln!(told, "    {name} {}", told_stated(stated)).unwrap();
            }
        }
        for (name, enables) in &member.features {
            let enables: Vec<_> = enables.iter().map(told_stated).collect();
            writeln!(told, "    feature {} = {}", told_stated(name), enables.join(", ")).unwrap();
        }
    }
    workspace.dependencies.iter().for_each(|dependency| tell(&mut told, dependency));
    for patch in &workspace.patches {
        let origin = match &patch.origin {
            PatchOrigin::Member(member) => format!("member {member}"),
            PatchOrigin::Registry(Some(registry)) => told_stated(registry),
            PatchOrigin::Registry(None) => "the first registry".to_owned(),
        };
        let requirement = patch.requirement.as_ref().map(told_stated).unwrap_or_default();
        let (patched, name) = (&patch.patched_registry, &patch.name);
        writeln!(told, "patch `{patched}` {name} {requirement} by {origin}").unwrap();
    }
    for (package, anchor) in workspace.lock.iter().flat_map(|lock| &lock.packages) {
        let dependencies: Vec<_> = package
            .dependencies
            .iter()
            .map(|entry| format!("{} {} `{}`", entry.name, entry.version, entry.registry))
            .collect();
        let (name, version, registry) = (&package.name, &package.version, &package.registry);
        let (place, dependencies) = (anchor.place(), dependencies.join(", "));
        writeln!(told, "locked {name} {version} `{registry}` ({place}) [{dependencies}]").unwrap();
    }
    workspace.notes.iter().for_each(|note| writeln!(told, "note: {note}").unwrap());
    told
}

fn tell(told: &mut String, dependency: &Dependency) {
    let (member, name) = (&dependency.member, &dependency.name);
    write!(told, "{member} needs {name} ({})", dependency.anchor.place()).unwrap();
    for (word, text) in [
        ("set", dependency.dependency_set),
        ("as", &dependency.alias),
        ("at member", &dependency.path_member),
    ] {
        if !text.is_empty() {
            write!(told, ", {word} {text}").unwrap();
        }
    }
    for (word, stated) in [
        ("version", &dependency.requirement),
        ("target", &dependency.target),
        ("registry", &dependency.registry),
    ] {
        if let Some(stated) = stated {
            write!(told, ", {word} {}", told_stated(stated)).unwrap();
        }
    }
    if let Some(default) = dependency.default_features {
        write!(told, ", default features {default}").unwrap();
    }
    if dependency.optional {
        write!(told, ", optional").unwrap();
    }
    for feature in &dependency.features {
        write!(told, ", feature {}", told_stated(feature)).unwrap();
    }
    told.push('\n');
}

fn told_stated(stated: &Stated) -> String {
    format!("`{}` ({})", stated.text, stated.anchor.place())
}

const PACKAGE: &str = r#"-- Cargo.toml
[package]
name = "app"
version = "1.2.3+build"
edition = "2021"
rust-version = "1.70"
links = "z"
resolver = "2"

[dependencies]
plain = "1.2"
detailed = { version = ">=0.3, <0.5", features = ["a", "b"], default-features = false }
renamed = { package = "Real_Name", version = "1", optional = true }
corp = { version = "2", registry = "corp" }
default = { version = "3", registry = "crates-io" }

[dependencies.table]
version = '*'
public = true
surprise = 1

[dev-dependencies]
app = { path = "." }
tool = "0.1.0-alpha.1"

[build_dependencies]
cc = "1"

[target.'cfg(unix)'.dependencies]
libc = "0.2"
plain = { version = "1.3", default_features = false }

[target.x86_64-pc-windows-msvc.dev-dependencies]
winapi = "0.3"

[target."cfg(target_os = \"linux\")".build-dependencies]
pkg-config = "0.3"

[features]
default = ["std"]
std = ["plain/std", "renamed?/std", "dep:renamed"]

[workspace]
"#;

#[test]
fn a_package_is_read_with_all_that_bears_on_its_answer() {
    insta::assert_snapshot!(told(PACKAGE));
}

const SHARED: &str = r#"-- crates/b/Cargo.toml
[package]
name = "b"
version.workspace = true
edition = { workspace = true }
rust-version.workspace = true

[dependencies]
serde = { workspace = true, features = ["rc"], optional = true }
on = { workspace = true, default-features = true }
off.workspace = true
a = { workspace = true, features = ["x"] }

[dev-dependencies]
renamed.workspace = true

-- Cargo.toml
[workspace]
members = ["crates/*", "tools/gen"]
exclude = ["crates/old"]
resolver = "3"

[workspace.package]
version = "0.3.0"
edition = "2024"
rust-version = "1.85"

[workspace.dependencies]
serde = { version = "1.0", features = ["derive"] }
on = { version = "1", default-features = false }
off = { version = "1", default-features = false }
renamed = { package = "real", version = "1", registry = "corp" }
a = { path = "crates/a", version = "0.3" }

-- crates/a/Cargo.toml
[package]
name = "a"
version = "0.3.1"
edition = "2018"

[dependencies]
serde = { workspace = true, default-features = false }
deep = { path = "../../libs/deep" }

[features]
x = []

[patch.crates-io]
c = { path = "../old" }

-- crates/old/Cargo.toml
[package]
name = "old"

-- libs/deep/Cargo.toml
[package]
name = "deep"
links = "deep"
resolver = "2"

-- tools/gen/Cargo.toml
[project]
name = "gen"
version = "9.0.0"
"#;

#[test]
fn a_workspace_is_read_whole_from_any_of_its_members() {
    let told_there = told(SHARED);
    insta::assert_snapshot!(told_there);
    let (member, rest) = SHARED.split_once("-- Cargo.toml").unwrap();
    assert_eq!(told(&format!("-- Cargo.toml{rest}{member}")), told_there);
}

/// A workspace whose members lie beside its root, and a package within it that is no part of it.
const POINTED: &str = r#"-- libs/far/Cargo.toml
[package]
name = "far"
workspace = "../../ws"
[dependencies]
near = { path = "../near", features = ["x"] }

-- libs/near/Cargo.toml
[package]
name = "near"
workspace = "../../ws"
edition = "2018"
[features]
x = []
[dev_dependencies]
far = { path = "../far" }

-- ws/Cargo.toml
[package]
name = "ws"
[workspace]
members = ["../libs/*", "in?ide/**/[a-c]*"]
exclude = ["out"]
[build-dependencies]
late.path = "./inside/../inside/late"

-- ws/inside/deep/a/Cargo.toml
[package]
name = "a"

-- ws/inside/late/Cargo.toml
[package]
name = "late"

-- ws/out/Cargo.toml
[package]
name = "out"
[workspace]
"#;

#[test]
fn members_are_found_by_lists_paths_and_pointers() {
    insta::assert_snapshot!(told(POINTED));
}

/// A package without a workspace, and others that its paths lead to.
const OUTSIDE: &str = r#"-- app/Cargo.toml
[package]
name = "app"
[dependencies]
first = { path = "first" }
other = { path = "../ws/other", features = ["x"], optional = true }
[patch.crates-io]
patched = { path = "../patched" }

-- app/first/Cargo.toml
[package]
name = "first"
rust-version = "1.70"
[lib]
proc-macro = true
[dependencies]
second.path = "../../second"
[dev-dependencies]
never = { path = "../never", version = "1" }
[features]
f = ["second/g"]

-- second/Cargo.toml
[package]
name = "second"
[lib]
crate-type = ["proc-macro"]
[build-dependencies]
patched = { path = "../patched" }
[features]
g = []

-- ws/Cargo.toml
[workspace]
members = ["other", "unread"]
[workspace.package]
version = "7.0.0"
[workspace.dependencies]
patched = { path = "../patched", features = ["p"] }

-- ws/other/Cargo.toml
[package]
name = "other"
version.workspace = true
[target.'cfg(unix)'.dependencies]
patched.workspace = true
[features]
x = []

-- ws/unread/Cargo.toml
[package]
name = "unread"

-- patched/Cargo.toml
[package]
name = "patched"
version = "1.0.0"
[features]
p = []
"#;

#[test]
fn paths_are_followed_outside_the_workspace() {
    insta::assert_snapshot!(told(OUTSIDE));
}

#[test]
fn patches_name_registries_and_members() {
    insta::assert_snapshot!(told(
        r#"-- Cargo.toml
[package]
name = "app"
[dependencies]
x = "1"
[workspace]
members = ["fork"]
[patch.crates-io]
x = { path = "fork" }
second = { package = "y", version = "2", registry = "corp" }
[patch.corp]
z = "=1.2.3"
[patch."https://github.com/rust-lang/crates.io-index"]
w = { version = "1", registry = "corp" }
-- fork/Cargo.toml
[package]
name = "x"
version = "1.0.1"
"#
    ));
}

#[test]
fn the_manifests_of_the_recorded_projects_are_read() {
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
        let project = project.unwrap().path();
        let workspace = read(&project.join("Cargo.toml"), Existing::Kept).unwrap();
        let lock = fs::read_to_string(project.join("Cargo.lock")).unwrap();
        let packages = lock.matches("[[package]]").count();
        let locked = workspace.lock.unwrap().packages;
        assert_eq!(locked.len(), packages, "every locked package has a name: {project:?}");
        let named = project.file_name().unwrap().to_str().unwrap();
        let own = locked.iter().find(|(package, _)| package.name == named).unwrap();
        let mut required: Vec<_> = workspace.dependencies.iter().map(|entry| &entry.name).collect();
        required.sort_unstable();
        let depends: Vec<_> = own.0.dependencies.iter().map(|entry| &entry.name).collect();
        assert_eq!(depends, required, "{project:?}");
        assert_eq!(workspace.notes, [""; 0]);
        count += 1;
    }
    assert_eq!(count, 6);
}
