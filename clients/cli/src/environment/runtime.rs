//! The Node.js and the npm at hand.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::arguments::Environment;

/// What packages of npm are to run on, and to be installed by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runtime {
    /// The full version of Node.js. Empty means none.
    pub node: String,
    /// The full version of npm. Empty means none.
    pub npm: String,
}

/// Takes what the flags of `machine` say, or asks for it in the project's folder; and what the user should
/// know of it.
///
/// With `--node` the answer is for another machine, whose npm nobody can ask.
pub fn node(machine: &Environment, folder: &Path) -> (Runtime, Option<String>) {
    let npm = machine.npm.clone();
    if let Some(node) = &machine.node {
        return (Runtime { node: node.clone(), npm: npm.unwrap_or_default() }, None);
    }
    let node = ask_node(folder);
    let note = "no `node` was found: which versions of packages run on it does not count; choose one with `--node`";
    let note = node.is_none().then(|| note.to_owned());
    let npm = npm.or_else(|| find_npm(std::env::var_os("PATH").as_deref()?)).unwrap_or_default();
    (Runtime { node: node.unwrap_or_default(), npm }, note)
}

/// Asks the `node` that a shell would run in a folder.
fn ask_node(folder: &Path) -> Option<String> {
    let folder = if folder == Path::new("") { Path::new(".") } else { folder };
    let output = Command::new("node").arg("--version").current_dir(folder).output().ok()?;
    let told = std::str::from_utf8(&output.stdout).ok()?.trim();
    let version = told.strip_prefix('v')?;
    version.starts_with(|digit: char| digit.is_ascii_digit()).then(|| version.to_owned())
}

/// Finds the version of the `npm` that a shell would run, beside the program: to run it takes ten times as
/// long as the answer.
fn find_npm(path: &OsStr) -> Option<String> {
    let program = std::env::split_paths(path)
        .flat_map(|folder| ["npm", "npm.cmd"].map(|name| folder.join(name)))
        .find(|file| file.is_file())?;
    let folder = |file: PathBuf| file.parent().map(Path::to_owned);
    // The program is a link to `npm/bin/npm-cli.js`, or a script beside the packages.
    let linked = program.canonicalize().ok().and_then(folder).and_then(folder);
    let beside = folder(program).map(|folder| folder.join("node_modules/npm"));
    [linked, beside].into_iter().flatten().find_map(|folder| version_of_npm(&folder))
}

fn version_of_npm(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("package.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&text).ok()?;
    let version = manifest.get("version")?.as_str()?;
    (manifest.get("name")? == "npm").then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npm_is_found_beside_its_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = |way: &str| folder.path().join(way);
        let write = |way: &str, text: &str| {
            fs::create_dir_all(path(way).parent().unwrap()).unwrap();
            fs::write(path(way), text).unwrap();
        };
        write("bin/npm.cmd", "");
        write("empty/x", "");
        let search = std::env::join_paths([path("empty"), path("bin")]).unwrap();
        assert_eq!(find_npm(&search), None);
        write("bin/node_modules/npm/package.json", r#"{"name": "npm", "version": "11.6.0"}"#);
        assert_eq!(find_npm(&search).as_deref(), Some("11.6.0"));
        write("bin/node_modules/npm/package.json", r#"{"name": "other", "version": "1.0.0"}"#);
        assert_eq!(find_npm(&search), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_program_leads_to_npm() {
        let folder = tempfile::tempdir().unwrap();
        let path = |way: &str| folder.path().join(way);
        fs::create_dir_all(path("lib/npm/bin")).unwrap();
        fs::create_dir_all(path("bin")).unwrap();
        fs::write(path("lib/npm/bin/npm-cli.js"), "").unwrap();
        fs::write(path("lib/npm/package.json"), r#"{"name": "npm", "version": "10.9.2"}"#).unwrap();
        std::os::unix::fs::symlink(path("lib/npm/bin/npm-cli.js"), path("bin/npm")).unwrap();
        assert_eq!(find_npm(path("bin").as_os_str()).as_deref(), Some("10.9.2"));
    }
}
