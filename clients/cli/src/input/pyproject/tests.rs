//! `pyproject.toml` as tables: what is read, and what is refused with which words.

use crate::input::{Decided, Selection, tests::told};

const PROJECT: &str = r#"-- pyproject.toml
[project]
name = "App"
requires-python = ">=3.10"
dependencies = [
    "flask[async]>=3",
    'requests ; python_version < "4"',
    "esc\u0061ped>=1",
    """
numpy""",
]

[project.optional-dependencies]
Test = ["pytest>=8"]
docs_html = ["sphinx"]
all = ["app[test,docs-html]"]

[dependency-groups]
test = ["coverage"]
Dev = ["ruff", {include-group = "test"}, "mypy"]
self = ["app[docs_html]"]
"#;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn check(scenario: &str, extras: &[&str], groups: &[&str]) -> String {
    let (extras, groups) = (names(extras), names(groups));
    told(scenario, &Selection { extras: &extras, groups: &groups, ..Selection::default() })
}

#[test]
fn the_project_s_own_dependencies_are_the_default() {
    insta::assert_snapshot!(check(PROJECT, &[], &[]));
}

#[test]
fn extras_and_groups_are_read_when_they_are_chosen() {
    insta::assert_snapshot!(check(PROJECT, &["DOCS-html", "test", "Test"], &["dev"]));
}

#[test]
fn extras_of_the_project_itself_travel_along_unsolved() {
    insta::assert_snapshot!("self_by_extra", check(PROJECT, &["all"], &[]));
    insta::assert_snapshot!("self_by_group", check(PROJECT, &[], &["self"]));
}

#[test]
fn all_extras_are_all_of_them() {
    let selection = Selection { all_extras: true, ..Selection::default() };
    insta::assert_snapshot!(told(PROJECT, &selection));
}

#[test]
fn groups_need_no_project() {
    insta::assert_snapshot!(check(
        "-- pyproject.toml\n[dependency-groups]\na = ['b']\n",
        &[],
        &["a"]
    ));
}

#[test]
fn settings_of_uv_are_passed_on_where_the_contract_has_them() {
    insta::assert_snapshot!(check(
        r#"-- pyproject.toml
[project]
dependencies = ["a"]
[tool.uv]
constraint-dependencies = ["b<2"]
override-dependencies = ["c==1"]
exclude-dependencies = ["d"]
prerelease = "allow"
resolution = "lowest-direct"
exclude-newer = "2025-12-01T00:00:00Z"
no-build = true
no-binary-package = ["e"]
default-groups = ["dev"]
[tool.uv.sources]
unrelated = { git = "https://git.example/unrelated" }
"#,
        &[],
        &[]
    ));
}

#[test]
fn what_the_command_line_decides_excuses_the_file() {
    let file = "-- pyproject.toml
[project]
dependencies = ['a']
[tool.uv]
exclude-newer = '3 days'
index-url = 'https://index.example'
";
    let decided = Decided { registries: true, before: true };
    insta::assert_snapshot!(told(file, &Selection { decided, ..Selection::default() }));
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let start = "[project]\nname = 'app'\n";
    let table: [(&str, &[&str], &[&str]); 23] = [
        ("[project\n", &[], &[]),
        ("[tool.poetry.dependencies]\nflask = '^3'\n", &[], &[]),
        ("[project]\ndependencies = 'flask'\n", &[], &[]),
        ("[project]\ndependencies = ['flask', 3]\n", &[], &[]),
        ("[project]\ndependencies = ['é', 'flask @ file:///tmp/flask']\n", &[], &[]),
        ("[project]\ndynamic = ['version', 'dependencies']\n", &[], &[]),
        ("[project]\ndynamic = ['optional-dependencies']\n", &["test"], &[]),
        (start, &["test"], &[]),
        ("[project.optional-dependencies]\na = []\nb = []\n", &["test"], &[]),
        ("[project.optional-dependencies]\nA_b = []\na-b = []\n", &[], &[]),
        ("[dependency-groups]\na = []\n", &[], &["test"]),
        ("[dependency-groups]\nA_b = []\na-b = []\n", &[], &["a-b"]),
        (
            "[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'A'}]\n",
            &[],
            &["a"],
        ),
        ("[dependency-groups]\na = [{include-group = 'nowhere'}]\n", &[], &["a"]),
        ("[dependency-groups]\na = [{path = '.'}]\n", &[], &["a"]),
        ("[dependency-groups]\na = [{}]\n", &[], &["a"]),
        (
            "[project]\ndependencies = ['My_App']\n[tool.uv.sources]\nmy-app = {path = '.'}\n",
            &[],
            &[],
        ),
        ("[project]\n[[tool.uv.index]]\nurl = 'https://index.example'\n", &[], &[]),
        ("[project]\n[tool.uv]\nexclude-newer = '3 days'\n", &[], &[]),
        ("[project]\n[tool.uv]\nprerelease = 'maybe'\n", &[], &[]),
        ("[project]\n[tool.uv]\nno-build = 'yes'\n", &[], &[]),
        ("[dependency-groups]\ndev = []\n[tool.uv]\ndev-dependencies = ['a']\n", &[], &["dev"]),
        ("[project]\n[tool.uv]\ndependency-metadata = []\n", &[], &[]),
    ];
    let report: Vec<_> = table
        .iter()
        .map(|(text, extras, groups)| {
            let told = check(&format!("-- pyproject.toml\n{text}"), extras, groups);
            format!("{}\n{told}", text.escape_debug())
        })
        .collect();
    insta::assert_snapshot!(report.join("\n"));
}

#[test]
fn a_source_that_names_an_index_pins_its_package() {
    let project = |sources: &str, index: &str| {
        let text = format!(
            "-- pyproject.toml\n[project]\nname = \"app\"\ndependencies = [\"acme-core>=2\"]\n\n\
             [tool.uv.sources]\n{sources}\n\n{index}\n"
        );
        check(&text, &[], &[])
    };
    let explicit =
        "[[tool.uv.index]]\nname = \"corp\"\nurl = \"https://index.example\"\nexplicit = true";
    let report = [
        project("Acme_Core = { index = \"corp\" }", explicit),
        project("other = { git = \"https://git.example/other\" }", ""),
        project("acme-core = { index = \"corp\", marker = \"os_name == 'nt'\" }", explicit),
        project("acme-core = [{ index = \"corp\" }, { index = \"else\" }]", explicit),
        project("acme-core = { path = \"../acme\" }", ""),
        project(
            "acme-core = { index = \"corp\" }",
            "[[tool.uv.index]]\nurl = \"https://index.example\"",
        ),
    ];
    insta::assert_snapshot!(report.join("\n----\n"));
}

#[test]
fn a_group_with_a_python_of_its_own_is_refused_when_it_is_chosen() {
    let project = "-- pyproject.toml\n[dependency-groups]\ndev = [\"ruff\"]\ntest = [\"pytest\"]\n\n\
                   [tool.uv.dependency-groups]\nDev = { requires-python = \">=3.14\" }\n";
    let report = [check(project, &[], &["test"]), check(project, &[], &["dev"])];
    insta::assert_snapshot!(report.join("\n----\n"));
}
