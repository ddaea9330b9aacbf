//! The program itself: exit statuses, the line that says it is ready, the signal that ends it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio};

use proto::v1::resolver_service_client::ResolverServiceClient;

use crate::config::HASH;
use crate::conversion::request;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quartermaster"));
    command.args(arguments).stdin(Stdio::null());
    // The folder of whoever runs the tests is left alone.
    command.env("QUARTERMASTER__CACHE__DISK_MIB", "0");
    command
}

fn output(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

#[test]
fn a_config_that_cannot_be_used_is_one_line_and_exit_status_2() {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(b"[limits]\nmax_in_flight = 0\n").unwrap();
    let path = file.path().to_str().unwrap();
    for command in ["serve", "check-config"] {
        let output = output(&[command, "--config", path]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("limits.max_in_flight"), "{said}");
    }
    let output = output(&["serve", "--registry", "recorded=/nowhere"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert_eq!(said.matches("/nowhere").count(), 1, "{said}");
    let output = program(&["serve", "--registry", "pypi=nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_good_config_is_exit_status_0() {
    let output = output(&["check-config", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `hash-token` says of the text on its standard input.
fn hashed(text: &str) -> Output {
    let mut hash = program(&["hash-token"]);
    hash.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = hash.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_token_is_hashed_from_standard_input_if_it_is_worth_it() {
    for end in ["", "\n", "\r\n"] {
        let output = hashed(&format!("0123456789abcdef0123456789abcdef{end}"));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{HASH}\n"));
        assert_eq!(output.status.code(), Some(0));
    }
    for text in ["hunter2", "", "hunter2 hunter2 hunter2 hunter2 hunter2"] {
        let output = hashed(text);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(!said.contains("hunter2") && said.lines().count() == 1, "{said}");
        assert!(output.stdout.is_empty());
    }
}

/// Ends the program if a test fails half-way.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

/// Starts the program, and returns it with the address that it says it listens on.
fn start(serve: &mut Command) -> (Ended, String) {
    let mut child = Ended(serve.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim_end().strip_prefix("listening on ").expect(&line).to_owned();
    (child, url)
}

fn terminate(child: &mut Child) -> Option<i32> {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    child.wait().unwrap().code()
}

#[tokio::test]
async fn the_log_has_one_line_a_call_and_neither_packages_nor_secrets() {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let token = format!("name = \"ci\"\nhash = \"{HASH}\"\nscopes = [\"resolve\"]");
    write!(file, "listen = \"127.0.0.1:0\"\n[[identity.token]]\n{token}\n").unwrap();
    let mut serve = program(&["serve", "--config", file.path().to_str().unwrap()]);
    serve.env("QUARTERMASTER__LOG__FORMAT", "json");
    // The client of this thread is as good as gone while the thread waits for the program's end.
    serve.env("QUARTERMASTER__CONNECTIONS__LINGER", "50ms").stderr(Stdio::piped());
    let (mut child, url) = start(&mut serve);
    let mut wire = request(&["flask"]);
    wire.credentials = vec![proto::v1::RegistryCredential {
        registry: "pypi".to_owned(),
        metadata_key: "x-first".to_owned(),
    }];
    let mut metadata = tonic::metadata::MetadataMap::new();
    metadata.insert("x-first", "Bearer s3cret".parse().unwrap());
    let bearer = "Bearer 0123456789abcdef0123456789abcdef";
    metadata.insert("authorization", bearer.parse().unwrap());
    metadata.insert("x-request-id", "ci-42".parse().unwrap());
    let call = tonic::Request::from_parts(metadata, tonic::Extensions::new(), wire);
    let mut client = ResolverServiceClient::connect(url).await.unwrap();
    client.resolve(call).await.unwrap();
    drop(client);

    assert_eq!(terminate(&mut child.0), Some(0));
    let mut log = String::new();
    child.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    for kept in ["s3cret", "flask", "0123456789abcdef"] {
        assert!(!log.contains(kept), "{log}");
    }
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let ours = |line: &serde_json::Value| {
        line["target"].as_str().is_some_and(|target| target.starts_with("quartermaster::"))
    };
    assert!(lines.iter().all(ours), "{log}");
    let access: Vec<_> =
        lines.iter().filter(|line| line["target"] == "quartermaster::access").collect();
    let [line] = access[..] else { panic!("one line: {log}") };
    assert_eq!((&line["outcome"], &line["span"]["id"]), (&"Ok".into(), &"ci-42".into()));
    assert_eq!(line["span"]["tenant"], "ci");
    assert_eq!(line["span"]["method"], "/quartermaster.resolver.v1.ResolverService/Resolve");
}

#[test]
fn it_says_that_it_is_ready_and_ends_well_when_asked() {
    let mut serve = program(&["serve", "--listen", "127.0.0.1:0"]);
    let (mut child, url) = start(serve.stderr(Stdio::null()));
    let address = url.strip_prefix("http://").unwrap();
    std::net::TcpStream::connect(address).unwrap();

    // A socket that is taken is no fault of the config.
    let second = output(&["serve", "--listen", address]);
    assert_eq!(second.status.code(), Some(1));

    assert_eq!(terminate(&mut child.0), Some(0));
}

#[tokio::test]
async fn what_it_was_asked_it_knows_after_a_restart_too() {
    let caches = tempfile::tempdir().unwrap();
    let mut remembered = Vec::new();
    for _ in 0..2 {
        let mut serve = program(&["serve", "--listen", "127.0.0.1:0"]);
        serve.env_remove("QUARTERMASTER__CACHE__DISK_MIB").env("XDG_CACHE_HOME", caches.path());
        serve.env("QUARTERMASTER__CONNECTIONS__LINGER", "50ms").stderr(Stdio::null());
        let (mut child, url) = start(&mut serve);
        let mut client = ResolverServiceClient::connect(url).await.unwrap();
        let answer = client.resolve(request(&["flask"])).await.unwrap().into_inner();
        remembered.push(answer.statistics.unwrap().remembered);
        drop(client);
        assert_eq!(terminate(&mut child.0), Some(0));
    }
    assert_eq!(remembered, [false, true]);
    assert!(caches.path().join("quartermaster/answers.db").is_file());
}

#[tokio::test]
async fn a_hangup_has_the_tokens_read_anew_and_a_broken_file_changes_nothing() {
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    let declare = |name: &str| {
        let token = format!("name = \"{name}\"\nhash = \"{HASH}\"\nscopes = [\"resolve\"]");
        let text = format!("listen = \"127.0.0.1:0\"\n[[identity.token]]\n{token}\n");
        std::fs::write(file.path(), text).unwrap();
    };
    declare("old");
    let mut serve = program(&["serve", "--config", file.path().to_str().unwrap()]);
    serve.env("QUARTERMASTER__CONNECTIONS__LINGER", "50ms");
    let (mut child, url) = start(serve.stderr(Stdio::piped()));
    let mut log = BufReader::new(child.0.stderr.take().unwrap());
    let mut client = ResolverServiceClient::connect(url).await.unwrap();
    // Forbidden is who is known: the message has the name.
    let mut known_as = async || {
        let mut call = tonic::Request::new(proto::v1::InvalidateRequest::default());
        let bearer = "Bearer 0123456789abcdef0123456789abcdef";
        call.metadata_mut().insert("authorization", bearer.parse().unwrap());
        client.invalidate(call).await.unwrap_err().message().to_owned()
    };
    assert!(known_as().await.contains("`old`"));
    let mut told = |child: &Child, words: &str| {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the log ends without `{words}`");
        }
    };
    std::fs::write(file.path(), "[identity]\ntokens = 1\n").unwrap();
    told(&child.0, "the settings before it count on");
    assert!(known_as().await.contains("`old`"));
    declare("new");
    told(&child.0, "count as they are read now");
    let mut name = String::new();
    while !name.contains("`new`") {
        name = known_as().await;
    }
    drop(client);
    assert_eq!(terminate(&mut child.0), Some(0));
}
