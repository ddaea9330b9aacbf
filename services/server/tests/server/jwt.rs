//! Callers whose token somebody else has signed.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use quartermaster::config::Config;
use quartermaster::identity::JwtConfig;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::fake::{Fake, Running, told};

/// A key of the issuer's.
struct Key {
    id: &'static str,
    private: EncodingKey,
}

impl Key {
    fn new(id: &'static str) -> Self {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self { id, private: EncodingKey::from_ec_der(pair.as_ref()) }
    }

    fn public(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.private, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        jwk
    }

    /// Signs claims, under the usual header.
    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.id.to_owned());
        encode(&header, claims, &self.private).unwrap()
    }
}

fn set(keys: &[&Key]) -> String {
    serde_json::to_string(&JwkSet { keys: keys.iter().map(|key| key.public()).collect() }).unwrap()
}

/// Now, in the seconds that claims are written in.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Claims that are believed.
fn claims() -> Value {
    json!({
        "iss": "https://issuer.example", "aud": "quartermaster", "sub": "team-a",
        "exp": now() + 600, "nbf": now() - 10, "scope": "openid resolve other:admin",
    })
}

/// The claims with another value for one of them; none with `null`.
fn but(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(claim),
        value => claims.as_object_mut().unwrap().insert(claim.to_owned(), value),
    };
    claims
}

fn config(keys: &Value) -> Config {
    let jwt: JwtConfig = serde_json::from_value(json!({
        "issuer": "https://issuer.example", "audience": "quartermaster", "keys": keys,
    }))
    .unwrap();
    let mut config = Config::default();
    config.identity.jwt = Some(jwt);
    config
}

async fn who(server: &Running, token: &str) -> Result<String, Status> {
    let mut request = Request::new(told("caller"));
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    server.client().resolve(request).await.map(|reply| reply.into_inner().key)
}

#[tokio::test]
async fn a_signed_token_says_who_calls_and_what_it_may_do() {
    let key = Key::new("one");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(set(&[&key]).as_bytes()).unwrap();
    let server = Running::start(Fake::new(), config(&json!({ "file": file.path() }))).await;
    let known = who(&server, &key.sign(&claims())).await.unwrap();
    assert_eq!(known, "jwt:team-a: resolve; false");
    let list = but("scope", json!(["invalidate", "resolve", 7]));
    let known = who(&server, &key.sign(&list)).await.unwrap();
    assert_eq!(known, "jwt:team-a: resolve, invalidate; false");
    let audiences = but("aud", json!(["other", "quartermaster"]));
    who(&server, &key.sign(&audiences)).await.unwrap();
    // A token without scopes is known, and may do nothing.
    let status = who(&server, &key.sign(&but("scope", Value::Null))).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn what_the_issuer_did_not_sign_for_us_and_now_is_refused() {
    let (key, forger) = (Key::new("one"), Key::new("one"));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(set(&[&key]).as_bytes()).unwrap();
    let server = Running::start(Fake::new(), config(&json!({ "file": file.path() }))).await;
    let unsigned = |header: Value, claims: &Value| {
        use base64::Engine as _;
        let part = |value: &Value| {
            base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap())
        };
        format!("{}.{}.", part(&header), part(claims))
    };
    // Who holds the public keys could sign with them, if they were taken for shared secrets.
    let mut shared = Header::new(Algorithm::HS256);
    shared.kid = Some("one".to_owned());
    let secret = EncodingKey::from_secret(set(&[&key]).as_bytes());
    let good = key.sign(&claims());
    let (head, _) = good.rsplit_once('.').unwrap();
    let mut refused = vec![
        ("forged", forger.sign(&claims())),
        ("no signature", format!("{head}.")),
        ("none", unsigned(json!({ "alg": "none", "kid": "one" }), &claims())),
        ("unsigned", unsigned(json!({ "alg": "ES256", "kid": "one" }), &claims())),
        ("shared secret", encode(&shared, &claims(), &secret).unwrap()),
        ("no token", "a.b.c".to_owned()),
    ];
    for (claim, value) in [
        ("iss", json!("https://other.example")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", Value::Null),
        ("exp", Value::Null),
        ("exp", json!("soon")),
        ("nbf", json!(now() + 120)),
        ("sub", Value::Null),
        ("sub", json!("a\nb")),
        ("sub", json!("x".repeat(300))),
    ] {
        refused.push((claim, key.sign(&but(claim, value))));
    }
    for (what, token) in refused {
        let status = who(&server, &token).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{what}: {status:?}");
        assert!(status.message().contains("not known here"), "{what}: {status:?}");
    }
    let status = who(&server, &key.sign(&but("exp", json!(now() - 120)))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().contains("has expired"), "{status:?}");
}

/// A host that serves keys.
struct Issuer {
    url: String,
    body: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    async fn start(answer: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let body = Arc::new(Mutex::new(answer.to_owned()));
        let asked = Arc::new(AtomicUsize::new(0));
        let (served, count) = (Arc::clone(&body), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                count.fetch_add(1, Ordering::Relaxed);
                let body = served.lock().unwrap().clone();
                let reply = match body.strip_prefix("location: ") {
                    Some(other) => format!(
                        "HTTP/1.1 302 Found\r\nlocation: {other}\r\ncontent-length: 0\r\n\
                         connection: close\r\n\r\n"
                    ),
                    None => format!(
                        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    ),
                };
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        Self { url, body, asked }
    }

    fn publish(&self, answer: String) {
        *self.body.lock().unwrap() = answer;
    }
}

#[tokio::test]
async fn keys_behind_a_url_are_read_once_and_again_when_they_change() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let issuer = Issuer::start(&set(&[&old])).await;
    let server = Running::start(Fake::new(), config(&json!({ "url": issuer.url }))).await;
    for _ in 0..3 {
        who(&server, &old.sign(&claims())).await.unwrap();
    }
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 1);
    issuer.publish(set(&[&old, &new]));
    who(&server, &new.sign(&claims())).await.unwrap();
    who(&server, &old.sign(&claims())).await.unwrap();
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 2);
    // An issuer that fails takes nothing away.
    issuer.publish("no keys".to_owned());
    let made_up = Key::new("made-up");
    for _ in 0..20 {
        let status = who(&server, &made_up.sign(&claims())).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
    }
    who(&server, &new.sign(&claims())).await.unwrap();
    // Made-up keys do not have the issuer asked without end.
    assert!(issuer.asked.load(Ordering::Relaxed) <= 4);
}

#[tokio::test]
async fn without_keys_nobody_is_judged_and_no_other_host_is_asked_for_them() {
    let key = Key::new("one");
    let other = Issuer::start(&set(&[&key])).await;
    let issuer = Issuer::start(&format!("location: {}", other.url)).await;
    let server = Running::start(Fake::new(), config(&json!({ "url": issuer.url }))).await;
    let status = who(&server, &key.sign(&claims())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert!(status.message().contains("cannot be judged"), "{status:?}");
    assert!(status.get_error_details().retry_info().is_some());
    assert_eq!(other.asked.load(Ordering::Relaxed), 0);
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn what_cannot_be_used_is_told_by_its_key() {
    let whole = "[identity.jwt]\nissuer = \"https://issuer.example\"\naudience = \"quartermaster\"";
    let url = "keys = { url = \"https://issuer.example/keys\" }";
    let good = format!("{whole}\n{url}");
    assert!(crate::config::load(&good, &[]).unwrap().identity.asks());
    let said = [
        whole.to_owned(),
        format!("{whole}\nkeys = {{ url = \"http://issuer.example/keys\" }}"),
        format!("{whole}\nkeys = {{ url = \"https://u:s3cret@issuer.example/keys\" }}"),
        format!("{whole}\nkeys = {{ file = \"/nowhere/keys.json\" }}"),
        format!("{whole}\nkeys = {{ file = \"/dev/null\" }}"),
        format!("{good}\nalgorithms = [\"HS256\"]"),
        format!("{good}\nalgorithms = [\"none\"]"),
        format!("{good}\nalgorithms = []"),
        format!("{good}\nleeway = \"1h\""),
        format!("{good}\nrefresh = \"0s\""),
        good.replace("\"quartermaster\"", "\"\""),
    ]
    .map(|text| crate::config::refusal(&text, &[]));
    assert!(!said.concat().contains("s3cret"), "{said:?}");
    insta::assert_snapshot!(said.join("\n"));
}
