//! Locks: by which names they tell registries and members.

use super::told;

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
