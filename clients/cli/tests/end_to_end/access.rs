//! How the service knows who asks, and how it is known itself.

use std::{path::Path, process::Command};

use tonic::{
    Status,
    transport::{Certificate, Identity, server::ServerTlsConfig},
};

use crate::fake::{Fake, Reply};
use crate::{answer, flask, solved};

const TOKEN: &str = "s3cret-0123456789abcdef0123456789abcdef";

#[test]
fn a_token_is_taken_from_the_variable_and_sent_with_every_call() {
    let lacks_stream = Reply::Fail(Box::new(Status::unimplemented("no stream")));
    let explanation = Reply::Explanation(Box::default());
    let solution = || answer(solved("flask", "3.1.0"));
    let script = [lacks_stream, solution(), solution(), explanation, solution(), solution()];
    let service = Fake::start(script);
    let resolve = ["resolve", "requirements.in", "--server", &service.url];
    let named = [&resolve[..], &["--token-env", "CI_TOKEN"]].concat();
    let why = ["why", "requirements.in", "flask", "--server", &service.url];
    let usual = [("QUARTERMASTER_TOKEN", TOKEN)];
    flask().qm_with(&resolve, &usual);
    flask().qm_with(&named, &[("CI_TOKEN", "other"), usual[0]]);
    flask().qm_with(&why, &usual);
    flask().qm_with(&resolve, &[("QUARTERMASTER_TOKEN", "")]);
    flask().qm_with(&resolve, &[]);
    let sent: Vec<_> = service.seen().into_iter().map(|seen| seen.authorization).collect();
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let usual = || bearer(TOKEN);
    assert_eq!(sent, [usual(), usual(), bearer("other"), usual(), None, None]);
}

#[test]
fn what_keeps_a_call_from_being_made_is_told_without_the_secret() {
    let service = Fake::start([]);
    let server = service.url.as_str();
    let mut told = String::new();
    for (flags, token) in [
        (&["--server", "http://resolver.example:7433"][..], TOKEN),
        (&["--server", server, "--token-env", "CI_TOKEN"], ""),
        (&["--server", server], "s3cret and more"),
        (&["--server", server], "s3cret\u{fc}"),
        (&["--server", "https://resolver.example", "--ca", "requirements.in"], TOKEN),
        (&["--server", "https://resolver.example", "--ca", "absent.pem"], TOKEN),
        (&["--server", "https://resolver.example", "--client-cert", "absent.pem"], TOKEN),
        (&["--server", server, "--client-cert", "a.pem", "--client-key", "b.pem"], TOKEN),
    ] {
        let arguments = [&["resolve", "requirements.in"], flags].concat();
        let ran = flask().qm_with(&arguments, &[("QUARTERMASTER_TOKEN", token)]);
        assert!(!ran.told().contains("s3cret"), "{}", ran.told());
        told.push_str(&format!("{}\n{}", flags.join(" "), ran.told()).replace(server, "URL"));
    }
    assert!(service.seen().is_empty());
    insta::assert_snapshot!(told);
}

#[test]
fn a_service_that_asks_who_calls_is_told_with_what_to_set() {
    let refusals = [
        Status::unauthenticated("callers of this service say who they are"),
        Status::permission_denied("`ci` lacks the scope `resolve`"),
    ];
    let service = Fake::start(refusals.map(|status| Reply::Fail(Box::new(status))));
    let mut told = String::new();
    for _ in 0..2 {
        let ran = flask().qm(&["resolve", "requirements.in", "--server", &service.url]);
        told.push_str(&ran.told().replace(&service.url, "URL"));
    }
    insta::assert_snapshot!(told);
}

/// Makes `NAME.pem` and `NAME.key` in a folder, signed by an authority there or by itself.
fn certificate(folder: &Path, name: &str, extension: &str, authority: Option<&str>) {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]);
    openssl.args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", &format!("/CN={name}")]);
    openssl.args(["-addext", extension]);
    openssl.args(["-out", &format!("{name}.pem"), "-keyout", &format!("{name}.key")]);
    if let Some(authority) = authority {
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        openssl.args(["-CA", &format!("{authority}.pem"), "-CAkey", &format!("{authority}.key")]);
    }
    let output = openssl.output().expect("openssl is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_service_is_trusted_by_the_authority_named_and_shown_the_caller_s_certificate() {
    let folder = flask();
    let place = folder.0.path();
    certificate(place, "ca", "basicConstraints=critical,CA:TRUE", None);
    certificate(place, "other", "basicConstraints=critical,CA:TRUE", None);
    certificate(place, "server", "subjectAltName=IP:127.0.0.1", Some("ca"));
    certificate(place, "mine", "subjectAltName=DNS:ci.example", Some("ca"));
    let text = |name: &str| std::fs::read_to_string(place.join(name)).unwrap();
    let identity = Identity::from_pem(text("server.pem"), text("server.key"));
    // It asks for a certificate, and answers nobody without.
    let tls = ServerTlsConfig::new()
        .identity(identity)
        .client_ca_root(Certificate::from_pem(text("ca.pem")));
    let script = [(); 2].map(|()| answer(solved("flask", "3.1.0")));
    let service = Fake::start_encrypted(script, tls);
    let resolve = ["resolve", "requirements.in", "--server", &service.url];
    let mine = ["--client-cert", "mine.pem", "--client-key", "mine.key"];
    let token = [("QUARTERMASTER_TOKEN", TOKEN)];
    let trusting = [&resolve[..], &["--ca", "ca.pem"], &mine].concat();
    let ran = folder.qm_with(&trusting, &token);
    assert_eq!(ran.exit, 0, "{}", ran.told());
    let by_variable = [&resolve[..], &mine].concat();
    assert_eq!(folder.qm_with(&by_variable, &[("QUARTERMASTER_CA", "ca.pem")]).exit, 0);
    let sent: Vec<_> = service.seen().into_iter().map(|seen| seen.authorization).collect();
    assert_eq!(sent, [Some(format!("Bearer {TOKEN}")), None]);

    for flags in
        [&["--ca", "other.pem", mine[0], mine[1], mine[2], mine[3]][..], &["--ca", "ca.pem"]]
    {
        let ran = folder.qm_with(&[&resolve[..], flags].concat(), &token);
        assert_eq!(ran.exit, 3, "{}", ran.told());
    }
    assert!(service.seen().is_empty(), "nothing is sent to whom nobody vouches for");
}
