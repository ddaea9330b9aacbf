//! Answers in files: checked, and picked from.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use crate::Folder;

/// An answer as `qm resolve --format json` prints it: `app`, whose version 1 does not need `log`.
const ANSWER: &str = r#"{
  "answers": [{
    "solution": {
      "groups": [{
        "registry": "pypi",
        "kind": "pypi-simple",
        "publicUrl": "https://index.example/simple",
        "packages": [
          {
            "slot": "app", "name": "app", "version": "2", "acceptableVersions": ["2", "1"],
            "acceptableCompleteness": "ACCEPTABLE_COMPLETENESS_COMPLETE",
            "artifacts": [{ "filename": "app-2.whl", "url": "https://files.example/app-2.whl", "size": "20000" }],
            "edges": [{ "target": "log", "requirement": "log>=5", "range": ">=5", "versions": ["2"] }],
            "direct": true,
            "admitted": [{ "versions": ["2", "1"] }],
            "pypi": {}
          },
          {
            "slot": "log", "name": "log", "version": "5.1", "acceptableVersions": ["5.1", "5.0"],
            "acceptableCompleteness": "ACCEPTABLE_COMPLETENESS_REACH",
            "artifacts": [{ "filename": "log-5.1.whl", "url": "https://files.example/log-5.1.whl", "size": "4000" }],
            "admitted": [{ "range": ">=5", "versions": ["5.1", "5.0"] }],
            "pypi": {}
          }
        ]
      }],
      "rootEdges": [{ "target": "app", "requirement": "app", "dependencySet": "main" }]
    }
  }],
  "key": "00"
}
"#;

fn kept(held: &str) -> Folder {
    Folder::with(&[("answer.json", ANSWER), ("held.txt", held)])
}

#[test]
fn an_answer_that_holds_is_told_with_what_it_proves() {
    let ran = kept("").qm(&["verify", "answer.json"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn an_answer_may_come_from_another_program() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_qm"))
        .args(["verify", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(ANSWER.as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_answer_that_does_not_hold_exits_with_1() {
    let folder = kept("");
    let broken = ANSWER
        .replace(
            "\"range\": \">=5\", \"versions\": [\"5.1\", \"5.0\"]",
            "\"range\": \">=5\", \"versions\": [\"5.1\"]",
        )
        .replace("\"target\": \"app\"", "\"target\": \"apps\"");
    fs::write(folder.0.path().join("answer.json"), broken).unwrap();
    let ran = folder.qm(&["verify", "answer.json"]);
    insta::assert_snapshot!(ran.told());
    let ran = folder.qm(&["pick", "answer.json"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""));
    insta::assert_snapshot!("nothing_is_picked_from_it", ran.stderr);
}

#[test]
fn what_is_no_answer_exits_with_2() {
    let plain =
        ANSWER.lines().filter(|line| !line.contains("\"admitted\"")).collect::<Vec<_>>().join("\n");
    let folder = Folder::with(&[
        ("plain.json", &plain),
        ("conflict.json", "{\"answers\": [{\"conflict\": {}}]}"),
        ("requirements.in", "flask\n"),
    ]);
    let mut report = String::new();
    for file in ["plain.json", "conflict.json", "requirements.in"] {
        for command in ["verify", "pick"] {
            let ran = folder.qm(&[command, file]);
            // What has no certificate can be picked from.
            let expected = if (command, file) == ("pick", "plain.json") { 0 } else { 2 };
            assert_eq!(ran.exit, expected, "{command} {file}");
            report.push_str(&format!("$ qm {command} {file}\n{}\n", ran.told()));
        }
    }
    insta::assert_snapshot!(report);
}

#[test]
fn what_is_there_is_picked_in_every_format() {
    let folder = kept("# have\nApp==1\nlog 5.0\n");
    let mut report = String::new();
    for arguments in [
        &["answer.json"][..],
        &["answer.json", "--format", "pins"],
        &["answer.json", "--held", "held.txt"],
        &["answer.json", "--held", "held.txt", "--format", "pins"],
        &["answer.json", "--held", "held.txt", "--format", "json"],
    ] {
        let ran = folder.qm(&[&["pick"], arguments].concat());
        report.push_str(&format!("$ qm pick {}\n{}\n", arguments.join(" "), ran.told()));
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_range_is_not_picked_by() {
    let folder = kept("app 1\nlog >=5\n");
    let ran = folder.qm(&["pick", "answer.json", "--held", "held.txt"]);
    assert_eq!(ran.exit, 2);
    insta::assert_snapshot!(ran.told());
}
