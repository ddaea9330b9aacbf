//! The registry server, as its own clients see it: uv, npm and cargo themselves, where they are
//! installed, and a client that looks at headers.

use std::path::{Path, PathBuf};
use std::process::Command;

use load_tests::registry::{Authority, Data, Registry};
use reqwest::{Certificate, Client, StatusCode};
use serde_json::Value;

/// A registry with bundled data, and a folder in which its authority is written down.
struct Served {
    registry: Registry,
    authority: Authority,
    folder: tempfile::TempDir,
}

impl Served {
    async fn start() -> Self {
        let authority = Authority::new().expect("there is randomness");
        let address = ([127, 0, 0, 1], 0).into();
        let registry = Registry::start(Data::bundled(), &authority, address).await;
        let folder = tempfile::tempdir().expect("there is room for a folder");
        authority.write(&folder.path().join("authority.pem")).expect("there is room for a file");
        Self { registry: registry.expect("there is a free port"), authority, folder }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.registry.address())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A client that trusts the authority.
    fn client(&self) -> Client {
        let certificate = Certificate::from_pem(self.authority.certificate().as_bytes());
        let certificate = certificate.expect("the certificate is one");
        let client = Client::builder().tls_certs_only([certificate]).build();
        client.expect("the client has all it needs")
    }

    /// Runs a program in the folder, with no settings but those given.
    async fn run(&self, mut command: Command) -> Result<String, String> {
        let certificate = self.path("authority.pem");
        command
            .current_dir(&self.folder)
            .env("SSL_CERT_FILE", certificate)
            .env("HOME", self.folder.path());
        let run = tokio::task::spawn_blocking(move || command.output()).await;
        let output = run.expect("nothing panics").map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

fn oracle(path: &str) -> PathBuf {
    let oracles = "../services/registries/bundled/oracles";
    Path::new(env!("CARGO_MANIFEST_DIR")).join(oracles).join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

#[tokio::test]
async fn documents_are_compressed_and_confirmed_over_http_2() {
    let served = Served::start().await;
    let client = served.client();
    // What is asked for, what is accepted, and how it is sent.
    let cases = [
        ("/simple/flask/", "", "gzip", Some("gzip")),
        ("/simple/flask/", "", "br", None),
        ("/npm/next", "", "gzip, br", Some("br")),
        ("/npm/@types%2freact", "application/vnd.npm.install-v1+json", "gzip", Some("gzip")),
        ("/index/se/rd/serde", "", "gzip", Some("gzip")),
        ("/index/config.json", "", "gzip", None),
    ];
    for (path, accept, encoding, sent) in cases {
        let ask = || {
            let request = client.get(served.url(path)).header("accept", accept);
            request.header("accept-encoding", encoding)
        };
        let first = ask().send().await.expect("the registry answers");
        assert_eq!(first.status(), StatusCode::OK, "{path}");
        assert_eq!(first.version(), reqwest::Version::HTTP_2, "{path}");
        let header = |name: &str| first.headers().get(name).and_then(|value| value.to_str().ok());
        // The client unpacks what it can, and then takes the header away.
        let size = first.content_length();
        assert_eq!(
            header("content-encoding").is_some() || size.is_none(),
            sent.is_some(),
            "{path}"
        );
        assert!(header("cache-control").is_some_and(|value| value.contains("max-age=")), "{path}");
        let tag = header("etag").expect("there is a validator").to_owned();
        let again = ask().header("if-none-match", tag).send().await.expect("the registry answers");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    for path in ["/simple/no-such-project/", "/npm/no-such-package", "/index/serde", "/elsewhere"] {
        let response = client.get(served.url(path)).send().await.expect("the registry answers");
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let counts = served.registry.counts();
    assert_eq!(counts.by_status, [(200, 6), (304, 6), (404, 4)].into());
    assert_eq!((counts.requests("page"), counts.requests("packument")), (5, 5));
    assert_eq!(counts.connections, 1);

    // The counts are readable from afar, and set back.
    let told = client.delete(served.url("/-/counts")).send().await.expect("the registry answers");
    let told: Value = serde_json::from_slice(&told.bytes().await.unwrap()).unwrap();
    assert_eq!(told["total"]["requests"], 16);
    assert_eq!(served.registry.counts().total.requests, 0);
}

#[tokio::test]
async fn metadata_files_lie_at_the_host_that_pages_name() {
    let served = Served::start().await;
    let client = served.client();
    let page = served.registry.address().to_string();
    served
        .registry
        .set_files_host(&page, &format!("localhost:{}", served.registry.address().port()));
    let response = client.get(served.url("/simple/flask/")).send().await.unwrap();
    let project: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let files = project["files"].as_array().expect("a page has files");
    let wheel = files.iter().find(|file| file["core-metadata"].is_object()).expect("a wheel");
    let url = wheel["url"].as_str().expect("a file has a URL");
    assert!(url.starts_with("https://localhost:"), "{url}");
    let response = client.get(format!("{url}.metadata")).send().await.unwrap();
    assert!(response.text().await.unwrap().starts_with("Metadata-Version: 2.1\nName: flask\n"));
}

#[tokio::test]
async fn uv_takes_it_for_an_index() {
    let served = Served::start().await;
    let uv = std::env::var_os("UV").unwrap_or_else(|| "uv".into());
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(&uv);
        command.args(arguments).env("UV_PYTHON_DOWNLOADS", "never");
        served.run(command)
    };
    match ask(&["--version"]).await {
        Ok(version) if version.starts_with("uv 0.13.") => {}
        other => return println!("left out: uv is {other:?}, and not the recorded one"),
    }
    let (roots, index) = (oracle("pypi/jupyter.in"), served.url("/simple"));
    let answer = ask(&[
        "pip",
        "compile",
        "--quiet",
        "--no-cache",
        "--no-config",
        "--no-header",
        "--no-annotate",
        "--only-binary",
        ":all:",
        "--python-version",
        "3.12",
        "--python-platform",
        "x86_64-manylinux_2_28",
        "--default-index",
        &index,
        &roots.to_string_lossy(),
    ]);
    assert_eq!(answer.await, Ok(read(&oracle("pypi/jupyter.py3.12.txt"))));
    let counts = served.registry.counts();
    assert!(counts.requests("page") > 90 && counts.requests("metadata") > 90, "{counts}");
    assert_eq!(counts.by_protocol.keys().collect::<Vec<_>>(), ["HTTP/2.0"]);
}

#[tokio::test]
async fn cargo_takes_it_for_an_index() {
    let served = Served::start().await;
    let write = |path: &str, text: &str| {
        let path = served.path(path);
        std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("there is room");
        std::fs::write(path, text).expect("there is room");
    };
    let config = format!(
        "[source.crates-io]\nreplace-with = \"recorded\"\n[source.recorded]\n\
         registry = \"sparse+{}\"\n[http]\ncainfo = \"{}\"\n",
        served.url("/index/"),
        served.path("authority.pem").display()
    );
    write("cargo/config.toml", &config);
    write("Cargo.toml", &read(&oracle("cargo/grpc/Cargo.toml")));
    write("src/lib.rs", "");
    let mut command = Command::new(env!("CARGO"));
    command.arg("generate-lockfile").env("CARGO_HOME", served.path("cargo"));
    assert_eq!(served.run(command).await, Ok(String::new()));
    assert_eq!(read(&served.path("Cargo.lock")), read(&oracle("cargo/grpc/Cargo.lock")));
    assert_eq!(served.registry.counts().requests("config"), 1);
}

#[tokio::test]
async fn npm_takes_it_for_a_registry() {
    let served = Served::start().await;
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.args(arguments);
        served.run(command)
    };
    let version = npm(&["--version"]).await;
    if version.as_ref().map(|text| text.trim()) != Ok("11.19.1") {
        return println!("left out: npm is {version:?}, and not the recorded one");
    }
    std::fs::copy(oracle("npm/next-app/package.json"), served.path("package.json")).unwrap();
    let (registry, authority) = (served.url("/npm/"), served.path("authority.pem"));
    let asked = npm(&[
        "install",
        "--package-lock-only",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--registry",
        &registry,
        "--cafile",
        &authority.to_string_lossy(),
    ]);
    asked.await.expect("npm finds its packages");
    let lock = read(&served.path("package-lock.json"));
    let lines = lock.lines().filter(|line| !line.trim_start().starts_with("\"resolved\": "));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.join("\n") + "\n", read(&oracle("npm/next-app/package-lock.json")));
    assert!(served.registry.counts().requests("packument") > 100);
}
