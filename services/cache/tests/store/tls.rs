//! A server beyond the machine is spoken to over TLS.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use cache::{Condition, Store};

use crate::world::{KIND, config, key, noise};
use testkit::postgres::{Server, is_root, run};

/// Starts the server again, on a port and with a certificate for it. Returns the URL, up to the
/// certificate that is trusted.
async fn with_certificate(server: &mut Server) -> String {
    let folder = server.folder.path().to_owned();
    let (certificate, secret) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    openssl.args(["-nodes", "-days", "2", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    run(openssl.arg("-out").arg(&certificate).arg("-keyout").arg(&secret));
    run(Command::new("chmod").arg("600").arg(&secret));
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(&secret));
    }
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|bound| bound.local_addr());
    let port = free.expect("a port is free").port();
    server.stop();
    let name = |path: &std::path::Path| path.display().to_string();
    for setting in [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", name(&certificate)),
        format!("ssl_key_file={}", name(&secret)),
    ] {
        server.settings.push(setting);
    }
    server.port = port;
    server.run().await;
    format!("postgres://quartermaster@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert=")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_used_over_tls_if_its_certificate_is_trusted() {
    let Some(mut server) = Server::start().await else { return };
    let url = with_certificate(&mut server).await;
    let trusted = server.folder.path().join("certificate.pem");
    let store = Store::open(&config(&format!("{url}{}", trusted.display()))).await;
    store.put(KIND, key(1), noise(1, 100)).await;
    assert_eq!(store.get(KIND, &key(1)).await, Some(noise(1, 100)), "{:?}", store.state());
    // Without one, public authorities are trusted, and none of them knows this server.
    let public = url.replace("&sslrootcert=", "");
    let store = Store::open(&config(&public)).await;
    let state = store.state();
    assert_eq!(state.condition, Condition::Unopened);
    assert!(state.last_failure.is_some_and(|said| said.contains("certificate")));
}
