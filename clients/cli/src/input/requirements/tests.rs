//! Requirements files as tables: what is read, and what is refused with which words.

use crate::input::{
    Selection,
    tests::{told, told_lines},
};

fn check(scenario: &str) -> String {
    told(scenario, &Selection::default())
}

#[test]
fn requirements_travel_as_they_were_written() {
    insta::assert_snapshot!(check(
        "-- requirements.in
\u{feff}# the web
Flask[async] >= 3 ; python_version < '4'   # inline
requests\t>=2,<3\r
  indented

numpy \\
    >= 1.26 \\
    # a comment ends what was joined
urllib3==2.0.0 --hash=sha256:aa \\
    --hash sha256:bb
name#with-hash-inside
broken >=>=
"
    ));
}

#[test]
fn files_include_files_relative_to_themselves() {
    insta::assert_snapshot!(check(
        "-- requirements.in
-r ./deep/base.in
-c deep/limits.txt
--requirement=deep/base.in
flask
-- deep/base.in
--requirement \"more of it.txt\"
-climits.txt
jinja2
-- deep/more of it.txt
click
-- deep/limits.txt
--constraint even.txt
markupsafe<3 --hash=sha256:cc
-- deep/even.txt
werkzeug<4
"
    ));
}

#[test]
fn options_about_files_of_packages_become_policy() {
    insta::assert_snapshot!(check(
        "-- requirements.in
--pre
--only-binary :all:
--no-binary=Foo_Bar,baz
--only-binary baz,qux
--no-binary qux
"
    ));
    insta::assert_snapshot!(
        "none_takes_back",
        check("-- requirements.in\n--only-binary a,b --no-binary :all:\n--no-binary=:none:,c\n")
    );
}

#[test]
fn what_is_not_passed_on_is_refused_by_name() {
    insta::assert_snapshot!(told_lines(&[
        "--index-url https://index.example/simple",
        "-i https://index.example/simple",
        "--extra-index-url=https://index.example/simple",
        "--no-index",
        "-f ./wheels",
        "--find-links=./wheels",
        "--trusted-host index.example",
        "-e .",
        "--editable=git+https://git.example/a",
        "--prefer-binary",
        "--require-hashes",
        "--use-feature=fast-deps",
        "--hash=sha256:aa",
        "flask --global-option=x",
        "flask --config-settings k=v",
        "flask -r other.txt",
        "flask --pre",
        "  --user",
        "-x",
        "-r",
        "--requirement=",
        "--pre=yes",
        "--pre stray",
        "--only-binary a, b",
        "-r \"open",
        "-r a.in -r b.in",
        "-r https://files.example/a.txt",
        "flask @ git+https://git.example/flask",
        "./flask",
        "https://files.example/flask.whl",
        "flask==${VERSION}",
        "flask # comment \\",
        "-r missing.in",
    ]));
}

#[test]
fn an_include_cycle_is_told_with_its_way() {
    insta::assert_snapshot!(check(
        "-- requirements.in
-r a/one.in
-- a/one.in
flask
  -r ../a/two.in
-- a/two.in
-r ../requirements.in
"
    ));
}

#[test]
fn requirements_within_constraints_are_refused() {
    insta::assert_snapshot!(check(
        "-- requirements.in\n-c c.txt\n-- c.txt\na<2\n-r r.in\n-- r.in\nb\n"
    ));
}

#[test]
fn nesting_is_limited() {
    let mut scenario = String::from("-- requirements.in\n-r 0.in\n");
    for depth in 0..40 {
        scenario.push_str(&format!("-- {depth}.in\n-r {}.in\n", depth + 1));
    }
    insta::assert_snapshot!(check(&scenario));
}

#[test]
fn the_number_of_files_is_limited() {
    let mut scenario = String::from("-- requirements.in\n-r 0.in\n-r 0.in\n");
    for depth in 0..20 {
        scenario.push_str(&format!("-- {depth}.in\n-r {0}.in\n-r {0}.in\n", depth + 1));
    }
    scenario.push_str("-- 20.in\n");
    insta::assert_snapshot!(check(&scenario));
}

#[test]
fn other_encodings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requirements.txt");
    std::fs::write(&path, b"flask\n# caf\xe9\n").unwrap();
    let error = super::read(&path).unwrap_err();
    assert!(
        error.to_string().ends_with("is not UTF-8: byte 11 belongs to no character"),
        "{error}"
    );
}
