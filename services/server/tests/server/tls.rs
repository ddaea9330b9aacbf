//! Connections that are encrypted: certificates of both sides, and their change.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use quartermaster::config::Config;
use quartermaster::identity::{CertificateConfig, Scope};
use quartermaster::tls::TlsConfig;
use tempfile::TempDir;
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

use crate::fake::{Fake, Running, told};

/// Certificates in a folder, made by `openssl`.
struct Folder(TempDir);

impl Folder {
    /// An authority, and a certificate of the service that it signed.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.make("ca", "basicConstraints=critical,CA:TRUE", None);
        folder.make("server", "subjectAltName=IP:127.0.0.1", Some("ca"));
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Makes `NAME.pem` and `NAME.key` with an extension, signed by an authority or by itself.
    fn make(&self, name: &str, extension: &str, authority: Option<&str>) {
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        openssl.args(["-nodes", "-days", "2", "-subj", &format!("/CN={name}")]);
        openssl.args(["-addext", extension]);
        if let Some(authority) = authority {
            openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
            openssl.arg("-CA").arg(self.path(&format!("{authority}.pem")));
            openssl.arg("-CAkey").arg(self.path(&format!("{authority}.key")));
        }
        openssl.arg("-out").arg(self.path(&format!("{name}.pem")));
        openssl.arg("-keyout").arg(self.path(&format!("{name}.key")));
        let output = openssl.output().expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn config(&self, client_ca: Option<&str>) -> Config {
        let tls = TlsConfig {
            certificate: self.path("server.pem"),
            key: self.path("server.key"),
            client_ca: client_ca.map(|name| self.path(name)),
            reload: Duration::from_millis(20),
            handshake: Duration::from_secs(5),
        };
        Config { tls: Some(tls), ..Config::default() }
    }

    /// Connects, with the certificate of that name.
    async fn connect(&self, server: &Running, own: Option<&str>) -> Result<Channel, String> {
        let mut trust =
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.text("ca.pem")));
        if let Some(own) = own {
            let (pem, key) = (self.text(&format!("{own}.pem")), self.text(&format!("{own}.key")));
            trust = trust.identity(Identity::from_pem(pem, key));
        }
        let url = server.url.replace("http://", "https://");
        let endpoint = Channel::from_shared(url).unwrap().tls_config(trust).unwrap();
        endpoint.connect().await.map_err(|error| format!("{error:?}"))
    }
}

type Client = proto::v1::resolver_service_client::ResolverServiceClient<Channel>;

/// Who the service takes the caller for.
async fn who(channel: Channel) -> Result<String, tonic::Status> {
    Client::new(channel).resolve(told("caller")).await.map(|reply| reply.into_inner().key)
}

#[tokio::test]
async fn an_encrypted_service_is_reached_by_those_who_trust_its_authority() {
    let folder = Folder::new();
    let server = Running::listen(Fake::new(), folder.config(None)).await;
    let channel = folder.connect(&server, None).await.unwrap();
    assert_eq!(who(channel).await.unwrap(), "anonymous: resolve, invalidate; false");
    // In the clear nobody is answered.
    server.client().resolve(told("")).await.unwrap_err();
    folder.make("ca", "basicConstraints=critical,CA:TRUE", None);
    let error = folder.connect(&server, None).await.unwrap_err();
    assert!(error.contains("InvalidCertificate"), "{error}");
}

#[tokio::test]
async fn a_certificate_says_who_calls() {
    let folder = Folder::new();
    folder.make("clients", "basicConstraints=critical,CA:TRUE", None);
    folder.make("ci", "subjectAltName=DNS:ci.example", Some("clients"));
    folder.make(
        "publisher",
        "subjectAltName=DNS:a.example,URI:spiffe://b/publisher",
        Some("clients"),
    );
    folder.make("nameless", "subjectAltName=email:a@b.example", Some("clients"));
    folder.make("foreign", "subjectAltName=DNS:ci.example", Some("ca"));
    let mut config = folder.config(Some("clients.pem"));
    config.identity.certificates = vec![CertificateConfig {
        name: "spiffe://b/publisher".to_owned(),
        scopes: vec![Scope::Resolve, Scope::Invalidate],
    }];
    let server = Running::listen(Fake::new(), config).await;
    let as_whom = async |own| who(folder.connect(&server, own).await.unwrap()).await;
    assert_eq!(as_whom(Some("ci")).await.unwrap(), "cert:ci.example: resolve; false");
    let publisher = "cert:spiffe://b/publisher: resolve, invalidate; false";
    assert_eq!(as_whom(Some("publisher")).await.unwrap(), publisher);
    // Without one the connection stands, for probes and for those who have a token.
    assert_eq!(as_whom(None).await.unwrap_err().code(), Code::Unauthenticated);
    let status = as_whom(Some("nameless")).await.unwrap_err();
    assert!(status.message().contains("alternative name"), "{status:?}");
    // What another authority signed ends the connection, at the latest with the first call.
    if let Ok(channel) = folder.connect(&server, Some("foreign")).await {
        let status = who(channel).await.unwrap_err();
        assert_ne!(status.code(), Code::Unauthenticated, "{status:?}");
    }
}

/// Connects anew until a connection is made, or is refused, as `expected`.
async fn until(folder: &Folder, server: &Running, expected: bool) {
    let changed = async {
        while folder.connect(server, None).await.is_ok() != expected {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), changed).await.expect("the change is noticed");
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap();
}

#[tokio::test]
async fn a_changed_certificate_counts_without_a_restart_and_a_broken_one_does_not() {
    let folder = Folder::new();
    let server = Running::listen(Fake::new(), folder.config(None)).await;
    let old = folder.connect(&server, None).await.unwrap();

    // The next certificate is for another place: that is how a caller tells that it counts.
    copy(&folder.path("server.pem"), &folder.path("kept.pem"));
    copy(&folder.path("server.key"), &folder.path("kept.key"));
    folder.make("server", "subjectAltName=IP:127.0.0.2", Some("ca"));
    until(&folder, &server, false).await;
    // Connections that stand are left alone.
    who(old).await.unwrap();

    std::fs::write(folder.path("server.pem"), "no certificate").unwrap();
    // What is broken is passed over: the one for another place counts on.
    assert!(folder.connect(&server, None).await.is_err());
    copy(&folder.path("kept.key"), &folder.path("server.key"));
    copy(&folder.path("kept.pem"), &folder.path("server.pem"));
    until(&folder, &server, true).await;
    std::fs::write(folder.path("server.pem"), "no certificate").unwrap();
    for _ in 0..20 {
        folder.connect(&server, None).await.unwrap();
    }
}

#[tokio::test]
async fn who_never_begins_to_encrypt_keeps_nobody_waiting() {
    let folder = Folder::new();
    let mut config = folder.config(None);
    config.tls.as_mut().unwrap().handshake = Duration::from_millis(200);
    let server = Running::listen(Fake::new(), config).await;
    let address = server.url.strip_prefix("http://").unwrap();
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    who(folder.connect(&server, None).await.unwrap()).await.unwrap();
    // And is let go in the end.
    let mut byte = [0];
    let read = tokio::io::AsyncReadExt::read(&mut silent[0], &mut byte);
    let ended = tokio::time::timeout(Duration::from_secs(20), read).await.expect("it ends");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[test]
fn files_that_cannot_be_used_are_told_by_their_key() {
    let folder = Folder::new();
    folder.make("other", "subjectAltName=IP:127.0.0.1", None);
    let whole = format!(
        "[tls]\ncertificate = \"{0}/server.pem\"\nkey = \"{0}/server.key\"",
        folder.0.path().display()
    );
    let said = [
        whole.replace("server.pem", "absent.pem"),
        whole.replace("server.pem", "server.key"),
        whole.replace("server.key", "server.pem"),
        whole.replace("server.key", "other.key"),
        format!("{whole}\nclient_ca = \"{}/server.key\"", folder.0.path().display()),
        format!("{whole}\nreload = \"0s\""),
        whole.lines().take(2).collect::<Vec<_>>().join("\n"),
        "[[identity.certificate]]\nname = \"ci.example\"\nscopes = [\"resolve\"]".to_owned(),
    ]
    .map(|text| {
        let said = crate::config::refusal(&text, &[]);
        said.replace(&folder.0.path().display().to_string(), "FOLDER")
    });
    assert!(!said.concat().contains("PRIVATE"));
    insta::assert_snapshot!(said.join("\n"));
}
