//! Manifests that are refused: in which words, and at which place.

use super::told;

/// Manifests that cargo refuses too, with files beside them.
pub(super) fn faulty() -> Vec<String> {
    let app = "[package]\nname = 'app'\n";
    vec![
        "[package\n".to_owned(),
        "[package]\nname = 3\n".to_owned(),
        "[package]\nname = 'a b'\n".to_owned(),
        "[package]\nversion = '1.0.0'\n".to_owned(),
        "[package]\nname = 'app'\nversion = '1.0'\n".to_owned(),
        "[lib]\n".to_owned(),
        "[dependencies]\na = '1'\n[workspace]\n".to_owned(),
        format!("{app}resolver = '4'\n"),
        format!("{app}resolver = '2'\n[workspace]\nresolver = '2'\n"),
        format!("{app}workspace = '..'\n[workspace]\n"),
        format!("{app}workspace = 'missing'\n"),
        format!("{app}version.workspace = true\n"),
        format!("{app}edition.workspace = true\n[workspace]\n"),
        format!("{app}[dependencies]\na.workspace = true\n[workspace]\n"),
        format!("{app}[dependencies]\na.workspace = true\n"),
        format!(
            "{app}[dependencies]\na.workspace = true\n[workspace.dependencies]\na = {{ version = '1', optional = true }}\n"
        ),
        format!(
            "{app}edition = '2024'\n[dependencies]\na = {{ workspace = true, default-features = false }}\n[workspace.dependencies]\na = '1'\n"
        ),
        format!("{app}edition = '2024'\n[dev_dependencies]\na = '1'\n"),
        format!(
            "{app}edition = '2024'\n[dependencies]\na = {{ version = '1', default_features = false }}\n"
        ),
        format!(
            "{app}[dependencies]\na = {{ git = 'https://git.example/a', registry = 'corp' }}\n"
        ),
        format!("{app}[dependencies]\na = {{ features = ['x'] }}\n"),
        format!("{app}[dependencies]\na = {{ version = '1', artifact = 'bin' }}\n"),
        format!("{app}[dependencies]\na = true\n"),
        format!("{app}[dev-dependencies]\na = {{ version = '1', optional = true }}\n"),
        format!("{app}[dependencies]\na = {{ path = 'a' }}\n[workspace]\n"),
        format!("{app}[workspace]\nmembers = ['missing']\n"),
        format!("{app}[workspace]\nmembers = ['***']\n"),
        format!("{app}[workspace]\nmembers = ['a']\n-- a/Cargo.toml\n[package]\nname = 'app'\n"),
        format!(
            "{app}[workspace]\nmembers = ['a']\n-- a/Cargo.toml\n[package]\nname = 'a'\n[workspace]\n"
        ),
        format!("{app}[dependencies]\na = ''\n"),
        format!(
            "{app}[dependencies]\na = {{ path = 'a', version = '' }}\n-- a/Cargo.toml\n[package]\nname = 'a'\n[workspace]\n"
        ),
        format!("{app}[dependencies]\na.workspace = true\n[workspace.dependencies]\na = ''\n"),
        format!("{app}links = 'z'\nbuild = false\n"),
        "[package]\nname = 'a'\nworkspace = 'b'\n-- b/Cargo.toml\n[workspace]\n".to_owned(),
    ]
}

/// What cargo takes and the contract has no place for, and what cargo would find later than when it
/// reads manifests.
pub(super) fn unsupported() -> Vec<String> {
    let app = "[package]\nname = 'app'\n";
    vec![
        format!("{app}[dependencies]\na = {{ path = 'a' }}\n-- a/Cargo.toml\n[workspace]\n"),
        format!("{app}[dependencies]\na = {{ git = 'https://git.example/a' }}\n"),
        format!(
            "{app}[target.'cfg(windows)'.build-dependencies.a]\nversion = '1'\ngit = 'https://git.example/a'\n"
        ),
        format!(
            "{app}[dependencies]\na = {{ version = '1', registry-index = 'https://index.example' }}\n"
        ),
        format!(
            "{app}[dependencies]\na = {{ path = 'b' }}\n[workspace]\n-- b/Cargo.toml\n[package]\nname = 'b'\n"
        ),
        format!("{app}[replace]\n'a:1.0.0' = {{ path = 'a' }}\n"),
        format!("{app}[patch.'https://index.example']\na = '1'\n"),
        format!("{app}[patch.crates-io]\na = {{ git = 'https://git.example/a' }}\n"),
        format!("{app}[patch.crates-io]\na = {{ path = 'a' }}\n[workspace]\n"),
        format!("{app}[workspace]\n-- Cargo.lock\nversion = 4\n<<<<<<< HEAD\n"),
        format!("{app}[workspace]\n-- Cargo.lock\nversion = 9\n"),
    ]
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let report: Vec<_> = [faulty(), unsupported()]
        .iter()
        .flatten()
        .map(|text| format!("{}\n{}", text.escape_debug(), told(&format!("-- Cargo.toml\n{text}"))))
        .collect();
    insta::assert_snapshot!(report.join("\n"));
}
