//! Who calls: tokens, scopes, and what strangers are told.

use proto::v1;
use quartermaster::config::Config;
use quartermaster::identity::{Scope, TokenConfig, TokenHash, scope_of};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_types::StatusExt as _;

use crate::fake::{Fake, Running, told, told_stream};

pub(crate) const READER: &str = "reader-0123456789abcdef0123456789abcdef";
pub(crate) const WRITER: &str = "writer-0123456789abcdef0123456789abcdef";

/// Knows a caller who may resolve, and one who may do all.
pub(crate) fn known() -> Config {
    let token = |name: &str, token: &str, scopes: &[Scope]| TokenConfig {
        name: name.to_owned(),
        hash: TokenHash::of(token).unwrap(),
        scopes: scopes.to_vec(),
    };
    let mut config = Config::default();
    config.identity.tokens =
        vec![token("reader", READER, &[Scope::Resolve]), token("writer", WRITER, &Scope::ALL)];
    config
}

/// A call with what is to stand under `authorization`.
pub(crate) fn with<T>(authorization: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if !authorization.is_empty() {
        request.metadata_mut().insert("authorization", authorization.parse().unwrap());
    }
    request
}

/// What there is to read in a refusal.
fn words(status: &Status) -> String {
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    let challenge = status.metadata().get("www-authenticate");
    let challenge = challenge.map(|value| value.to_str().unwrap()).unwrap_or_default();
    let metadata = &info.metadata;
    let message = status.message();
    format!("{:?} {} {metadata:?} [{challenge}]\n    {message}", status.code(), info.reason)
}

#[tokio::test]
async fn methods_know_their_caller_and_not_the_token() {
    let server = Running::start(Fake::new(), known()).await;
    let asked = async |token: &str| {
        let call = with(&format!("Bearer {token}"), told("caller"));
        server.client().resolve(call).await.unwrap().into_inner().key
    };
    assert_eq!(asked(READER).await, "reader: resolve; false");
    assert_eq!(asked(WRITER).await, "writer: resolve, invalidate, admin; false");
}

#[tokio::test]
async fn strangers_and_those_who_lack_a_scope_are_told_what_to_do() {
    let server = Running::start(Fake::new(), known()).await;
    let mut said = Vec::new();
    for (who, authorization) in [
        ("nothing", String::new()),
        ("a token that is not known", "Bearer s3cret-s3cret-s3cret-s3cret-s3cret".to_owned()),
        ("a password", "Basic czNjcmV0OnMzY3JldA==".to_owned()),
    ] {
        let call = with(&authorization, told(""));
        said.push(format!("{who}: {}", words(&server.client().resolve(call).await.unwrap_err())));
        let call = with(&authorization, told_stream(""));
        let status = server.client().resolve_stream(call).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
    }
    let call = with(&format!("Bearer {READER}"), v1::InvalidateRequest::default());
    let status = server.client().invalidate(call).await.unwrap_err();
    said.push(format!("too little: {}", words(&status)));
    assert!(!said.concat().contains("s3cret") && !said.concat().contains("0123456789abcdef"));
    insta::assert_snapshot!(said.join("\n"));

    // The fake says so: the call has come through.
    let call = with(&format!("Bearer {WRITER}"), v1::InvalidateRequest::default());
    let status = server.client().invalidate(call).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unimplemented, "fake"));
}

#[tokio::test]
async fn nobody_is_asked_on_the_loopback_unless_tokens_are_declared() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let call = server.client().resolve(told("caller")).await.unwrap().into_inner();
    assert_eq!(call.key, "anonymous: resolve, invalidate; false");
    let status = server.client().invalidate(v1::InvalidateRequest::default()).await.unwrap_err();
    assert_eq!(status.message(), "fake");
}

#[tokio::test]
async fn strangers_may_resolve_and_no_more_where_that_is_said() {
    let mut config = known();
    config.identity.anonymous = true;
    let server = Running::start(Fake::new(), config).await;
    let call = server.client().resolve(told("caller")).await.unwrap().into_inner();
    assert_eq!(call.key, "anonymous: resolve; false");
    let status = server.client().invalidate(v1::InvalidateRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let wrong = with("Bearer wrong", told(""));
    let status = server.client().resolve(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn probes_and_reflection_need_no_token() {
    let server = Running::start(Fake::new(), known()).await;
    let mut probe = HealthClient::new(server.channel.clone());
    probe.check(HealthCheckRequest::default()).await.unwrap();
    let ask = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..Default::default()
    };
    let mut client = ServerReflectionClient::new(server.channel.clone());
    let replies = client.server_reflection_info(tokio_stream::once(ask)).await.unwrap();
    assert!(replies.into_inner().message().await.unwrap().is_some());
}

#[test]
fn every_method_of_the_contract_has_a_scope() {
    let pool = prost_reflect::DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
    let service = pool.get_service_by_name("quartermaster.resolver.v1.ResolverService").unwrap();
    let mut stated = Vec::new();
    for method in service.methods() {
        let path = format!("/{}/{}", service.full_name(), method.name());
        stated.push(format!("{} {}", method.name(), scope_of(&path).name()));
    }
    let expected = [
        "Resolve resolve",
        "ResolveStream resolve",
        "Explain resolve",
        "Verify resolve",
        "Invalidate invalidate",
    ];
    assert_eq!(stated, expected);
    for path in ["", "/", "/quartermaster.resolver.v1.ResolverService/Other", "/other/Resolve"] {
        assert_eq!(scope_of(path), Scope::Admin, "{path}");
    }
}
