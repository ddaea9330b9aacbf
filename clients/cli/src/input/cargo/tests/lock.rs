//! Locks: by which names they tell registries and members.

use std::collections::BTreeMap;

use super::{told, told_workspace, write};
use crate::input::cargo::{Existing, lock, read};

const LOCKED: &str = r#"-- Cargo.toml
[package]
name = "app"
[dependencies]
a = "1"
b = { version = "1", registry = "corp" }
lib = { path = "lib" }
[workspace]
-- lib/Cargo.toml
[package]
name = "lib"
version = "0.2.0"
-- Cargo.lock
version = 4

[[package]]
name = "a"
version = "1.0.0+meta"
source = "sparse+https://index.example/"
checksum = "0000000000000000000000000000000000000000000000000000000000000000"
dependencies = [
 "c 1.0.0",
 "c 2.0.0 (sparse+https://index.example/)",
]

[[package]]
name = "app"
version = "0.0.0"
dependencies = [
 "a",
 "b",
 "lib",
]

[[package]]
name = "b"
version = "1.5.0"
source = "registry+https://corp.example/index"
dependencies = [
 "far",
]

[[package]]
name = "c"
version = "1.0.0"
source = "sparse+https://index.example/"

[[package]]
name = "c"
version = "2.0.0"
source = "sparse+https://index.example/"

[[package]]
name = "c"
version = "2.0.0"
source = "registry+https://corp.example/index"

[[package]]
name = "far"
version = "3.0.0"
source = "sparse+https://user:secret@third.example/"

[[package]]
name = "gone"
version = "1.0.0"

[[package]]
name = "lib"
version = "0.1.0"

[[package]]
name = "old"
version = "1.0.0"
source = "git+https://git.example/old#0123456789012345678901234567890123456789"
"#;

#[test]
fn a_lock_names_registries_as_the_manifests_do() {
    insta::assert_snapshot!(told(LOCKED));
}

#[test]
fn a_lock_with_one_source_needs_no_manifest_to_name_it() {
    let lock = |manifest: &str, source: &str| {
        told(&format!(
            "-- Cargo.toml\n[package]\nname = 'app'\n[dependencies]\nnew = {manifest}\n-- Cargo.lock\nversion = 3\n\n\
             [[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n"
        ))
    };
    let (plain, named) = ("'1'", "{ version = '1', registry = 'corp' }");
    let other = "registry+https://index.example/";
    let usual = "registry+https://github.com/rust-lang/crates.io-index";
    let told = [lock(plain, other), lock(named, other), lock(named, usual)];
    insta::assert_snapshot!(told.join("\n"));
}

/// A lock with patches: one by path that has another version by now, and one by registry that nothing
/// used.
const PATCHED: &str = r#"-- Cargo.toml
[package]
name = "app"
[dependencies]
a = "1"
b = "1"
x = "1"
[patch.crates-io]
x = { path = "../x" }
b = { version = "1", registry = "corp" }
-- ../x/Cargo.toml
[package]
name = "x"
version = "1.5.0"
-- Cargo.lock
version = 4

[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "far",
 "x",
]

[[package]]
name = "app"
version = "0.0.0"
dependencies = [
 "a",
 "b",
 "x",
]

[[package]]
name = "b"
version = "1.5.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "far"
version = "3.0.0"
source = "sparse+https://far.example/"

[[package]]
name = "x"
version = "1.4.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[patch.unused]]
name = "b"
version = "1.2.0"
source = "sparse+https://corp.example/"

[[patch.unused]]
name = "x"
version = "1.2.0"
"#;

#[test]
fn the_configuration_names_registries_and_patches_that_changed_free_their_crates() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(&folder.path().join("ws"), PATCHED);
    let mut workspace = read(&first, Existing::Ignored).unwrap();
    let indexes = ["corp", "far"].map(|name| {
        let address = format!("sparse+https://{name}.example/");
        (name.to_owned(), address)
    });
    workspace.lock = lock::read(&mut workspace, &BTreeMap::from(indexes), Existing::Kept).unwrap();
    let told = told_workspace(&workspace);
    let locked: Vec<&str> = told.lines().filter(|line| line.starts_with("locked")).collect();
    let beyond = format!("{}/", folder.path().join("ws").display());
    insta::assert_snapshot!(locked.join("\n").replace(&beyond, ""));
}
