//! The program as its users run it, against a service that answers from a script.

#![expect(clippy::unwrap_used, reason = "a failed `unwrap` is the report of a test")]

mod access;
mod cargo;
mod fake;
mod held;
mod kept;
mod npm;
mod why;

use std::{collections::HashMap, fs, path::Path, process::Command, time::Duration};

use proto::v1::*;
use tempfile::TempDir;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::fake::{Fake, Reply};

/// A folder of files, and what `qm` said when it ran there.
struct Folder(TempDir);

struct Ran {
    stdout: String,
    stderr: String,
    exit: i32,
}

impl Ran {
    fn told(&self) -> String {
        format!("{}== stderr\n{}== exit {}\n", self.stdout, self.stderr, self.exit)
    }
}

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn qm(&self, arguments: &[&str]) -> Ran {
        self.qm_with(arguments, &[])
    }

    fn qm_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let output = Command::new(Path::new(env!("CARGO_BIN_EXE_qm")))
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("QUARTERMASTER_SERVER")
            .env_remove("QUARTERMASTER_TOKEN")
            .env("NO_COLOR", "1")
            // Whoever runs the tests has settings of npm's, too.
            .env("npm_config_userconfig", "none")
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        Ran {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            exit: output.status.code().unwrap(),
        }
    }
}

fn flask() -> Folder {
    Folder::with(&[("requirements.in", "flask>=3\n")])
}

fn solved(name: &str, version: &str) -> ResolveResponse {
    let package = Package {
        slot: name.into(),
        name: name.into(),
        version: version.into(),
        direct: true,
        ..Default::default()
    };
    let group =
        RegistryGroup { registry: "pypi".into(), packages: vec![package], ..Default::default() };
    let solution = Solution { groups: vec![group], ..Default::default() };
    outcome(project_answer::Outcome::Solution(solution))
}

fn outcome(outcome: project_answer::Outcome) -> ResolveResponse {
    let answer = ProjectAnswer { outcome: Some(outcome), ..Default::default() };
    ResolveResponse { answers: vec![answer], ..Default::default() }
}

fn answer(response: ResolveResponse) -> Reply {
    Reply::Answer(Box::new(response))
}

fn details(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, "quartermaster.resolver.v1", HashMap::new())
}

/// A refusal that names fields.
fn refusal(code: Code, violations: &[(&str, &str)]) -> Reply {
    let mut details = details("MALFORMED");
    for (field, description) in violations {
        details.add_bad_request_violation(*field, *description);
    }
    Reply::Fail(Box::new(Status::with_error_details(code, "a field is at fault", details)))
}

fn retry_after(code: Code, delay: Duration) -> Status {
    let mut details = details("OVERLOADED");
    details.set_retry_info(Some(delay));
    Status::with_error_details(code, "the service is busy", details)
}

#[test]
fn a_solution_is_printed_in_every_format() {
    let service = Fake::start([(); 3].map(|()| answer(solved("flask", "3.1.0"))));
    let folder = flask();
    for (format, stdout) in [
        ("text", "pypi\n  flask  3.1.0  via the project\n\n1 package\n"),
        ("pins", "flask 3.1.0\n"),
    ] {
        let ran = folder.qm(&[
            "resolve",
            "requirements.in",
            "--server",
            &service.url,
            "--format",
            format,
        ]);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.exit), (stdout, "", 0));
    }
    let ran =
        folder.qm(&["resolve", "requirements.in", "--server", &service.url, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["answers"][0]["solution"]["groups"][0]["packages"][0]["version"], "3.1.0");
}

#[test]
fn flags_about_interpreters_files_and_registries_are_passed_on() {
    let service = Fake::start([answer(solved("flask", "3.1.0"))]);
    let folder = Folder::with(&[
        (
            "pyproject.toml",
            "[project]\nname = \"app\"\ndependencies = [\"acme\", \"flask\"]\n\n[tool.uv]\nno-binary-package = [\"flask\", \"numpy\"]\n\n[tool.uv.sources]\nacme = { index = \"corp\" }\nflask = { index = \"corp\" }\n",
        ),
        ("METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\nRequires-Dist: flask\n"),
    ]);
    #[rustfmt::skip]
    let ran = folder.qm_with(
        &[
            "resolve", "pyproject.toml", "--python", "pypy3.10", "--universal", "--sdist",
            "--registry-for", "Flask=pypi", "--minimum-age", "36h", "--only-binary", "Flask", "--metadata", "METADATA",
        ],
        &[("QUARTERMASTER_SERVER", &service.url)],
    );
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    insta::assert_debug_snapshot!(service.seen().pop().unwrap().request);
}

#[test]
fn the_request_says_what_the_files_and_flags_say() {
    let service = Fake::start([answer(solved("flask", "3.1.0"))]);
    let folder = Folder::with(&[
        (
            "requirements.in",
            "--pre\n--only-binary :all:\n-c limits.txt\nFlask[async] >=3 ; python_version<'4' --hash=sha256:aa\n",
        ),
        ("limits.txt", "werkzeug<4\n"),
        ("held.txt", "flask ==3.0.0\n"),
    ]);
    #[rustfmt::skip]
    let ran = folder.qm_with(
        &[
            "resolve", "requirements.in", "--python", "3.11", "--platform", "x86_64-manylinux_2_28", "--sdist",
            "--before", "2025-12-01T00:00:00Z", "--strategy", "lowest-direct", "--prereleases", "explicit",
            "--held", "held.txt", "--registry", "corp", "--registry", "pypi", "--timeout", "30s",
        ],
        &[("QUARTERMASTER_SERVER", &service.url)],
    );
    assert_eq!(ran.exit, 0, "{}", ran.stderr);
    let seen = service.seen().pop().unwrap();
    assert!(seen.by_stream);
    assert!(
        seen.timeout.is_some_and(|timeout| timeout.starts_with("29") || timeout.starts_with("30"))
    );
    insta::assert_debug_snapshot!(seen.request);
}

#[test]
fn defaults_stay_out_of_the_request() {
    let service = Fake::start([answer(solved("flask", "3.1.0"))]);
    flask().qm(&["resolve", "requirements.in", "--server", &service.url, "--platform", "linux"]);
    insta::assert_debug_snapshot!(service.seen()[0].request);
}

#[test]
fn an_unsolvable_project_is_explained_and_exits_with_1() {
    let conflict = Conflict {
        sentences: vec![Sentence {
            text: "Because of this, your requirements cannot be met.".into(),
            ..Default::default()
        }],
        suggestions: vec![RootChange {
            text: "Relax flask >=3 to flask >=2.".into(),
            field: "projects[0].requirements[0]".into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let response = outcome(project_answer::Outcome::Conflict(conflict));
    let service = Fake::start([(); 2].map(|()| answer(response.clone())));
    let ran =
        flask().qm(&["resolve", "requirements.in", "--server", &service.url, "--format", "pins"]);
    insta::assert_snapshot!(ran.told());
    let ran =
        flask().qm(&["resolve", "requirements.in", "--server", &service.url, "--format", "json"]);
    assert_eq!(ran.exit, 1);
    assert!(ran.stdout.contains("\"conflict\""));
}

#[test]
fn outcomes_without_an_answer_exit_with_3() {
    let exhausted = outcome(project_answer::Outcome::Exhausted(Exhausted::default()));
    let needs = outcome(project_answer::Outcome::Needs(Needs { needs: vec![Need::default()] }));
    let service = Fake::start([answer(exhausted), answer(needs), Reply::Nothing]);
    for _ in 0..3 {
        let ran = flask().qm(&["resolve", "requirements.in", "--server", &service.url]);
        assert_eq!((ran.exit, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn a_faulty_field_is_shown_where_the_user_wrote_it() {
    let service = Fake::start([refusal(
        Code::InvalidArgument,
        &[
            ("projects[0].requirements[1].text", "column 12: `>=>` is not an operator in pypi"),
            ("projects[0].requirements[1].hashes[0]", "`md9` is no hash"),
            ("projects[0].constraints[0]", "column 3: a constraint has no extras"),
            ("projects[0].environment.pypi.python_version", "column 3: `3.x` is not a version"),
            ("policy.before", "it lies before every upload"),
            ("held[0].ranges[0]", "column 3: `~~` is not an operator"),
            ("budget.max_steps", "too many"),
        ],
    )]);
    let folder = Folder::with(&[
        ("requirements.in", "-r base.in\n-c limits.txt\n"),
        ("base.in", "flask\nwerkzeug \\\n  >=>3 --hash=md9:aa\n"),
        ("limits.txt", "a[b]<1\n"),
        ("held.txt", "flask ==~~3\n"),
    ]);
    let ran = folder.qm(&[
        "resolve",
        "requirements.in",
        "--server",
        &service.url,
        "--python",
        "3.x",
        "--held",
        "held.txt",
    ]);
    insta::assert_snapshot!(ran.told());
}

#[test]
fn faults_of_documents_and_forms_name_the_file_and_the_flag() {
    let service = Fake::start([refusal(
        Code::InvalidArgument,
        &[
            ("projects[0].supplied_metadata[0].name", "`-` is not a name"),
            ("projects[0].supplied_metadata[0].version", "`one` is not a version"),
            ("projects[0].supplied_metadata[0].metadata", "says `2.0` in its header `Version`"),
            ("projects[0].supplied_metadata[0]", "`demo` 1.0 has two documents"),
            ("policy.no_binary", "asks for source distributions, so set `allow_sdists` too"),
        ],
    )]);
    let folder = Folder::with(&[
        ("requirements.in", "flask\n"),
        ("METADATA", "Metadata-Version: 2.1\nName: -\nVersion:  one\n\nText.\n"),
    ]);
    #[rustfmt::skip]
    let ran = folder.qm_with(
        &["resolve", "requirements.in", "--metadata", "METADATA", "--no-binary", "flask"],
        &[("QUARTERMASTER_SERVER", &service.url)],
    );
    insta::assert_snapshot!(ran.told());
}

#[test]
fn an_unsupported_field_is_told_by_what_caused_it() {
    let unsupported = refusal(
        Code::Unimplemented,
        &[("policy.strategy", "only the highest versions are chosen")],
    );
    let service = Fake::start([unsupported]);
    let ran = flask().qm(&[
        "resolve",
        "requirements.in",
        "--server",
        &service.url,
        "--strategy",
        "lowest",
    ]);
    insta::assert_snapshot!(ran.told().replace(&service.url, "URL"));
    assert_eq!(service.seen().len(), 1, "a field at fault is no reason to ask without the stream");
}

#[test]
fn a_service_without_the_stream_is_asked_without() {
    let lacking = Reply::Fail(Box::new(Status::unimplemented("no such method")));
    let service = Fake::start([lacking, answer(solved("flask", "3.1.0"))]);
    let ran =
        flask().qm(&["resolve", "requirements.in", "--server", &service.url, "--format", "pins"]);
    assert_eq!((ran.stdout.as_str(), ran.exit), ("flask 3.1.0\n", 0));
    let by_stream: Vec<_> = service.seen().iter().map(|seen| seen.by_stream).collect();
    assert_eq!(by_stream, [true, false]);
}

#[test]
fn a_busy_service_is_asked_again_when_it_says_that_this_helps() {
    let busy = retry_after(Code::ResourceExhausted, Duration::from_millis(5));
    let draining = retry_after(Code::Unavailable, Duration::ZERO);
    let service = Fake::start([
        Reply::Fail(Box::new(busy)),
        Reply::FailLate(Box::new(draining)),
        answer(solved("flask", "3.1.0")),
    ]);
    let ran =
        flask().qm(&["resolve", "requirements.in", "--server", &service.url, "--format", "pins"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.exit), ("flask 3.1.0\n", "", 0));
    assert_eq!(service.seen().len(), 3);
}

#[test]
fn statuses_that_are_not_about_the_input_exit_with_3() {
    let broken = Status::with_error_details(
        Code::Unavailable,
        "the registry `pypi` is broken",
        details("REGISTRY_MALFORMED"),
    );
    let long = retry_after(Code::ResourceExhausted, Duration::from_secs(3600));
    let statuses = [
        broken,
        long,
        Status::with_error_details(Code::Internal, "a fault", details("INTERNAL")),
        Status::internal("h2 protocol error"),
        Status::permission_denied("the registry `corp` refuses the credentials"),
        Status::deadline_exceeded("the time is over"),
    ];
    let service = Fake::start(statuses.map(|status| Reply::Fail(Box::new(status))));
    let mut report = String::new();
    for _ in 0..6 {
        let ran = flask().qm(&["resolve", "requirements.in", "--server", &service.url]);
        report.push_str(&ran.told().replace(&service.url, "URL"));
    }
    insta::assert_snapshot!(report);
    assert_eq!(service.seen().len(), 6, "none of these is tried again");
}

#[test]
fn a_silent_service_is_given_up() {
    let service = Fake::start([Reply::Silence]);
    let ran =
        flask().qm(&["resolve", "requirements.in", "--server", &service.url, "--timeout", "50ms"]);
    assert_eq!(ran.exit, 3);
    insta::assert_snapshot!(ran.stderr.replace(&service.url, "URL"));
}

#[test]
fn a_service_that_is_not_there_is_told_with_what_to_do() {
    // Bound and closed again, so that nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("http://127.0.0.1:{port}");
    let ran = flask().qm(&["resolve", "requirements.in", "--server", &server]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (3, ""));
    let stderr = ran.stderr.replace(&server, "URL");
    assert!(stderr.starts_with("error: could not reach `URL`: "), "{stderr}");
    assert!(
        stderr.ends_with(
            "hint: start one with `quartermaster serve`, or set `QUARTERMASTER_SERVER`\n"
        ),
        "{stderr}"
    );
}

#[test]
fn no_message_repeats_a_password_of_the_address() {
    let silent = Fake::start([Reply::Silence]);
    let refusing = Fake::start([
        refusal(Code::Unimplemented, &[("policy.strategy", "no")]),
        Reply::Fail(Box::new(Status::internal("h2 protocol error"))),
        Reply::Nothing,
    ]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let with_secret = |url: &str| url.replace("://", "://user:s3cret@");
    let nobody = format!("http://127.0.0.1:{port}");
    let (silence, refused) = (with_secret(&silent.url), with_secret(&refusing.url));
    let mut report = String::new();
    for server in [
        with_secret(&nobody).as_str(),
        &with_secret(&nobody).replace("http:", "https:"),
        "user:s3cret@host.example:7433",
        &silence,
        &refused,
        &refused,
        &refused,
    ] {
        let timeout = if server == silence { "50ms" } else { "30s" };
        let arguments = ["resolve", "requirements.in", "--timeout", timeout];
        let ran = flask().qm_with(&arguments, &[("QUARTERMASTER_SERVER", server)]);
        // What the system says of a connection differs among systems.
        let told = ran.stderr.lines().map(|line| match line.split_once("`: ") {
            Some((reached, _)) if line.contains("could not reach") => format!("{reached}`: ...\n"),
            _ => format!("{line}\n"),
        });
        let mut told: String = told.collect();
        for url in [&nobody, &silent.url, &refusing.url] {
            told = told.replace(url.trim_start_matches("http://"), "HOST");
        }
        assert!(!ran.stderr.contains("user") && !ran.stderr.contains("cret"), "{}", ran.stderr);
        report.push_str(&told);
    }
    insta::assert_snapshot!(report);
    let variable = [("QUARTERMASTER_SERVER", refused.as_str())];
    let help = flask().qm_with(&["resolve", "--help"], &variable).stdout;
    assert!(help.contains("QUARTERMASTER_SERVER") && !help.contains("s3cret"), "{help}");
}

#[test]
fn an_encrypted_service_is_spoken_to_in_tls() {
    let service = Fake::start([answer(solved("flask", "3.1.0"))]);
    let server = service.url.replace("http://", "https://");
    let ran = flask().qm(&["resolve", "requirements.in", "--server", &server]);
    assert_eq!(ran.exit, 3);
    assert!(ran.stderr.contains(&server), "{}", ran.stderr);
    assert!(service.seen().is_empty(), "the service of this test speaks no TLS");
}

#[test]
fn bad_input_exits_with_2_before_anyone_is_asked() {
    let folder = Folder::with(&[
        ("requirements.in", "flask\n--index-url https://index.example\n"),
        ("good.in", "flask\n"),
        ("package.json", "{\n  \"dependencies\": { \"a\": \"user/project\" }\n}\n"),
        ("pyproject.toml", "[project]\nname = 'app'\n"),
        ("Cargo.toml", "[package]\nname = 'app'\n"),
    ]);
    let mut report = String::new();
    for arguments in [
        &["requirements.in"][..],
        &["missing.in"],
        &["package.json"],
        &["good.in", "--extra", "test"],
        &["good.in", "--node", "20.20.2"],
        &["good.in", "--target", "x86_64-unknown-linux-gnu"],
        &["good.in", "--upgrade"],
        &["Cargo.toml", "--python", "3.12"],
        &["Cargo.toml", "--all-extras"],
        &["Cargo.toml", "--features", "tls"],
        &["package.json", "--rust-version", "1.95"],
        &["good.in", "--legacy-peer-deps"],
        &["good.in", "--held", "missing.txt"],
        &["good.in", "--server", "localhost:7433"],
        &["good.in", "--before", "yesterday"],
        &["good.in", "--timeout", "soon"],
        &["good.in", "--minimum-age", "7"],
        &["good.in", "--python", "cp312"],
        &["good.in", "--python", "pp310"],
        &["pyproject.toml", "--extra", "test"],
    ] {
        let ran = folder.qm(&[&["resolve"], arguments].concat());
        report.push_str(&format!("$ qm resolve {}\n{}\n", arguments.join(" "), ran.told()));
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_default_python_beside_requires_python_is_told() {
    let service = Fake::start([answer(solved("flask", "3.1.0"))]);
    let folder = Folder::with(&[(
        "pyproject.toml",
        "[project]\nname = 'app'\nrequires-python = '>=3.13'\ndependencies = ['flask']\n",
    )]);
    let ran =
        folder.qm(&["resolve", "pyproject.toml", "--server", &service.url, "--format", "pins"]);
    insta::assert_snapshot!(ran.told());
}

#[test]
fn help_teaches_by_example() {
    for command in ["resolve", "lock", "why", "verify", "pick"] {
        let ran = flask().qm(&[command, "--help"]);
        assert_eq!(ran.exit, 0);
        insta::assert_snapshot!(format!("help_{command}"), ran.stdout);
    }
}
