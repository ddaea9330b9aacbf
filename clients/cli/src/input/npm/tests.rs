//! Projects as files: what is read of them, what is refused with which words, and whether npm reads the
//! same.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Project, Style,
    config::{CutOff, Places},
    read_with,
};
use crate::input::{
    Existing, InputError, Stated,
    tests::{told_error, without_folder},
};

mod judge;
mod settings;

/// Writes the files of a scenario, reads the first one, and tells what came of it.
fn told(scenario: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path(), scenario);
    let told = match read(&first, Existing::Kept) {
        Ok(project) => told_project(&project),
        Err(error) => told_error(error),
    };
    without_folder(&told, folder.path())
}

/// Reads a project where nobody has settings of his own.
fn read(path: &Path, existing: Existing) -> Result<Project, InputError> {
    read_with(path, existing, &Places::default())
}

/// Writes files, and tells which one came first.
fn write(folder: &Path, scenario: &str) -> PathBuf {
    let mut first = None;
    for file in scenario.trim_start().split("-- ").skip(1) {
        let (name, text) = file.split_once('\n').unwrap();
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        first.get_or_insert(path);
    }
    first.unwrap()
}

fn told_project(project: &Project) -> String {
    let mut told = String::new();
    for member in &project.members {
        let outside = if member.outside { " outside" } else { "" };
        let version = member.version.as_ref().map(told_stated).unwrap_or_default();
        let (name, path, place) = (&member.name, &member.path, member.anchor.place());
        writeln!(told, "member{outside} `{path}` {name} ({place}) {version}").unwrap();
    }
    for dependency in &project.dependencies {
        let (member, name, set) = (&dependency.member, &dependency.name, dependency.dependency_set);
        let optional = if dependency.optional { ", optional" } else { "" };
        let spec = told_stated(&dependency.spec);
        let place = dependency.anchor.place();
        writeln!(told, "`{member}` needs {name} ({place}) {spec} for {set}{optional}").unwrap();
    }
    for rule in &project.overrides {
        let (name, spec, beneath) = (&rule.name, told_stated(&rule.spec), rule.beneath.join(" > "));
        writeln!(told, "override [{beneath}] {name} by {spec}").unwrap();
    }
    for (package, anchor) in project.lock.iter().flat_map(|lock| &lock.packages) {
        let (location, name, version) = (&package.location, &package.name, &package.version);
        let link = &package.link;
        writeln!(told, "locked {location} {name}{link} {version} ({})", anchor.place()).unwrap();
    }
    let config = &project.config;
    for (name, setting) in [
        ("legacy-peer-deps", &config.legacy_peer_deps),
        ("strict-peer-deps", &config.strict_peer_deps),
        ("prefer-dedupe", &config.prefer_dedupe),
    ] {
        if let Some(setting) = setting {
            writeln!(told, "{name} {} ({})", setting.value, setting.anchor.place()).unwrap();
        }
    }
    if let Some(setting) = &config.install_strategy {
        writeln!(told, "strategy {:?} ({})", setting.value, setting.anchor.place()).unwrap();
    }
    match &config.cut_off {
        Some(CutOff::Before(setting)) => {
            writeln!(told, "before {} ({})", setting.value, setting.anchor.place()).unwrap();
        }
        Some(CutOff::Age(setting)) => {
            writeln!(told, "{} days old ({})", setting.value, setting.anchor.place()).unwrap();
        }
        None => {}
    }
    for (name, word) in [("omits resolved", config.omits_resolved), ("format", config.format)] {
        if let Some(word) = word {
            writeln!(told, "{name}: {word}").unwrap();
        }
    }
    if let Some(version) = &config.lock_version {
        writeln!(told, "lock version {}", told_stated(version)).unwrap();
    }
    for scope in &config.scopes {
        writeln!(told, "scope {}", told_stated(scope)).unwrap();
    }
    project.notes.iter().for_each(|note| writeln!(told, "note: {note}").unwrap());
    told
}

fn told_stated(stated: &Stated) -> String {
    format!("`{}` ({})", stated.text, stated.anchor.place())
}

/// A project with workspaces, folders outside, and something of everything else.
const WHOLE: &str = r#"
-- package.json
{
  "name": "app",
  "version": "1.0.0",
  "workspaces": ["packages/*", "!packages/c", "tools/{x,y}"],
  "dependencies": {
    "zod": "^4",
    "a": "*",
    "near": "file:lib/near",
    "left": "npm:right@~2"
  },
  "devDependencies": { "zod": "^3" },
  "optionalDependencies": { "fsevents": "" },
  "peerDependencies": { "react": ">=18", "vue": "latest" },
  "peerDependenciesMeta": { "vue": { "optional": true }, "gone": { "optional": true } }
}
-- packages/a/package.json
{ "name": "@corp/a", "version": "1.1.0", "dependencies": { "b": "^1", "app": "file:../.." } }
-- packages/b/package.json
{ "dependencies": { "far": "../../../far" }, "overrides": { "zod": "1" }, "acceptDependencies": {} }
-- packages/c/package.json
{ "name": "c" }
-- packages/no/readme
-- tools/x/package.json
{ "name": "x" }
-- lib/near/package.json
{ "name": "nearby", "version": "0.1.0", "devDependencies": { "x": "file:../../tools/x/" } }
"#;

#[test]
fn a_project_is_read_whole_from_any_of_its_workspaces() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("w");
    let first = write(&root, WHOLE);
    write(folder.path(), "-- far/package.json\n{}\n");
    let project = read(&first, Existing::Kept).unwrap();
    let told = told_project(&project);
    insta::assert_snapshot!("whole", without_folder(&told, folder.path()));
    for other in ["packages/a", "tools/x"] {
        let other = read(&root.join(other).join("package.json"), Existing::Kept).unwrap();
        assert_eq!(told_project(&other), told);
    }
    // What the workspaces leave out, and folders that `file:` alone leads to, are projects of their own.
    for other in ["packages/c", "lib/near"] {
        let other = read(&root.join(other).join("package.json"), Existing::Kept).unwrap();
        assert_eq!(other.members[0].path, "");
        assert_ne!(other.members[0].name, "app");
    }
}

#[test]
fn overrides_are_told_with_what_is_around_them() {
    insta::assert_snapshot!(told(
        r#"
-- package.json
{
  "dependencies": { "a": "^1" },
  "overrides": {
    "a": "$a",
    "b@^2": "2.0.1",
    "c": { ".": "3", "d": { "e@<2": { "f": "" } } },
    "@corp/g@1": { "h": "npm:i@4" },
    "j": {}
  }
}
"#
    ));
}

#[test]
fn a_lock_tells_what_lies_where() {
    let scenario = r#"
-- package.json
{ "name": "app", "workspaces": ["w"] }
-- package-lock.json
{
  "name": "app",
  "lockfileVersion": 3,
  "packages": {
    "": { "name": "app" },
    "node_modules/w": { "resolved": "w", "link": true },
    "w": { "version": "1.0.0" },
    "w/node_modules/@corp/a": { "version": "1.0.0", "resolved": "https://npm.example/a.tgz" },
    "node_modules/left": { "name": "right", "version": "2.0.0", "dev": true },
    "node_modules/left/node_modules/b": { "version": "3.0.0-rc.1+x" },
    "node_modules/c": { "version": "1.0.0", "resolved": "git+ssh://git@host.example/c.git#1" },
    "node_modules/d": { "version": "1.0.0", "inBundle": true },
    "node_modules/g": { "version": "1.0.0", "inBundle": true, "integrity": "sha512-AAAA==" },
    "node_modules/gone": { "resolved": "gone", "link": true },
    "node_modules/e": { "version": "1.0.0", "extraneous": true },
    "node_modules/f": { "optional": true }
  }
}
-- w/package.json
{ "name": "w" }
"#;
    insta::assert_snapshot!(told(scenario));
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path(), scenario);
    let upgraded = read(&first, Existing::Ignored).unwrap();
    assert_eq!(upgraded.lock.map(|lock| lock.packages.len()), Some(0));
    // A shrinkwrap counts before a lock, and a setting turns both off.
    write(folder.path(), "-- npm-shrinkwrap.json\n{ \"lockfileVersion\": 2, \"packages\": {} }\n");
    let shrunk = read(&first, Existing::Kept).unwrap().lock.unwrap();
    assert_eq!((&*shrunk.version, shrunk.packages.len()), ("2", 0));
    fs::remove_file(folder.path().join("npm-shrinkwrap.json")).unwrap();
    write(folder.path(), "-- .npmrc\npackage-lock=false\n");
    let off = read(&first, Existing::Kept).unwrap().lock.unwrap();
    assert_eq!(off.packages.len(), 0);
}

#[test]
fn what_cannot_be_passed_on_is_refused_with_its_place() {
    let project = |body: &str| format!("-- package.json\n{{\n  \"name\": \"app\",\n  {body}\n}}\n");
    let dependency = |spec: &str| project(&format!("\"dependencies\": {{ \"a\": \"{spec}\" }}"));
    let scenarios = [
        "-- package.json\n[]\n".to_owned(),
        "-- package.json\n{ \"name\": }\n".to_owned(),
        project("\"dependencies\": [\"a\"]"),
        project("\"devDependencies\": { \"a\": 1 }"),
        project("\"version\": 1"),
        dependency("git+ssh://git@host.example/a.git"),
        dependency("user/project"),
        dependency("https://user:secret@host.example/a.tgz"),
        dependency("file:a.tgz"),
        dependency("workspace:*"),
        dependency("portal:../a"),
        dependency("file:missing"),
        dependency("~/a"),
        project("\"overrides\": { \"a\": { \"b\": \"file:b\" } }"),
        project("\"overrides\": { \"a\": 1 }"),
        project("\"workspaces\": \"packages/*\""),
        project("\"workspaces\": [\"packages/+(a|b)\"]"),
        project("\"workspaces\": [\"packages/{a\"]"),
        project("\"workspaces\": [\"a\", \"b\"]")
            + "-- a/package.json\n{ \"name\": \"x\" }\n-- b/package.json\n{ \"name\": \"x\" }\n",
        project("\"workspaces\": [\"a\"]") + "-- a/package.json\n{ \"name\": \"app\" }\n",
        project("\"workspaces\": [\"a\"]") + "-- a/package.json\n{\n",
        project("\"private\": true") + "-- package-lock.json\n{ \"lockfileVersion\": 1 }\n",
        project("\"private\": true") + "-- package-lock.json\n{ \"requires\": true\n",
    ];
    let report: Vec<_> = scenarios
        .iter()
        .map(|scenario| {
            let body = scenario.split_once('\n').map_or("", |(_, body)| body);
            format!("{body}{}", told(scenario))
        })
        .collect();
    insta::assert_snapshot!(report.join("----\n"));
}

#[test]
fn the_style_of_a_lock_is_that_of_the_manifest() {
    for (text, indent, newline) in [
        ("{\n  \"a\": 1\n}\n", "  ", "\n"),
        ("{\r\n\t\"a\": 1\r\n}\r\n", "\t", "\r\n"),
        ("{\n    \"a\": 1}", "    ", "\n"),
        ("{\n\"a\": 1}", "  ", "\n"),
        ("{\"a\": 1}", "  ", "\n"),
        ("{ \"a\":\n1}", "  ", "\n"),
        ("{}\r\n", "  ", "\r\n"),
        ("{\n\n  \"a\": 1}", "  ", "\n\n"),
        ("{\n             \"a\": 1}", "          ", "\n"),
    ] {
        let (indent, newline) = (indent.to_owned(), newline.to_owned());
        assert_eq!(Style::of(text), Style { indent, newline }, "{text:?}");
    }
}
