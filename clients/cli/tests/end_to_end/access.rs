//! How the service knows who asks, and how it is known itself.

use tonic::Status;

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
