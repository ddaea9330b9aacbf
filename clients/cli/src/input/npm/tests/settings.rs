//! What npm's settings say, and what is told of those that are not passed on.

use super::*;

/// Reads a project with the settings of the project, of its user, and of the environment.
fn told(project: &str, user: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path(), "-- app/package.json\n{ \"name\": \"app\" }\n");
    fs::write(folder.path().join("app/.npmrc"), project).unwrap();
    let file = folder.path().join("user");
    fs::write(&file, user).unwrap();
    let variables = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let places = Places { variables: variables.collect(), user: Some(file) };
    let told = match read_with(&first, Existing::Kept, &places) {
        Ok(project) => told_project(&project),
        Err(error) => told_error(error),
    };
    without_folder(&told, folder.path())
}

#[test]
fn the_nearest_word_counts_and_nothing_is_passed_over_in_silence() {
    let report = [
        told(
            "; a comment\n# another\nlegacy-peer-deps = true\nstrict-peer-deps=false\n\"prefer-dedupe\"\n",
            "legacy-peer-deps=false\ninstall-strategy=nested\n",
            &[("strict-peer-deps", "true")],
        ),
        told("before=2025-12-01\nmin-release-age=7\n", "", &[]),
        told(
            "min-release-age=7\nmin-release-age-exclude[]=@corp/*\n",
            "before=2025-12-01T10:00:00+01:00\n",
            &[],
        ),
        told(
            "legacy-bundling=true\nformat-package-lock=false\nomit-lockfile-registry-resolved\nlockfile-version=2\n",
            "",
            &[],
        ),
        told("global-style=true\ninstall-strategy=linked\n", "", &[]),
        told(
            "registry=https://npm.example/\n//npm.example/:_authToken=s3cret\n@corp:registry=https://corp.example/\n",
            "@corp:registry=https://other.example\n@mine:registry=https://mine.example\n",
            &[],
        ),
        told(
            "omit=dev\nomit[]=peer\nengine-strict=true\nos=linux\naudit=false\nsave-exact=true\n",
            "",
            &[],
        ),
        told("legacy-peer-deps=perhaps\n", "", &[]),
        told("install-strategy=flat\n", "", &[]),
        told("before=yesterday\n", "", &[]),
        told("min-release-age=a week\n", "", &[]),
        told("", "force=true\n", &[]),
        told("tag=next\n", "", &[]),
        told("tag=latest\nforce=false\nbefore=null\n[other]\nlegacy-peer-deps=true\n", "", &[]),
        told("", "", &[("force", "true")]),
    ];
    insta::assert_snapshot!(report.join("----\n"));
}

#[test]
fn a_workspace_s_own_settings_have_no_effect() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "-- a/package.json\n{}\n-- package.json\n{ \"workspaces\": [\"a\"] }\n-- a/.npmrc\nforce=true\n";
    let first = write(folder.path(), scenario);
    let project = read(&first, Existing::Kept).unwrap();
    let told = without_folder(&project.notes.join("\n"), folder.path());
    insta::assert_snapshot!(told);
}
