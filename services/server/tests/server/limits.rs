//! What one caller may use, and what one message or one connection may.

use std::time::Duration;

use quartermaster::config::Config;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::fake::{Fake, Running, told, told_stream};
use crate::identity::{READER, WRITER, known, with};

/// How long a refusal says to wait, if it is the caller's own limit.
fn wait(status: &Status) -> Duration {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "CALLER_LIMIT");
    details.retry_info().unwrap().retry_delay.unwrap()
}

#[tokio::test]
async fn a_tenant_s_calls_in_flight_are_limited_and_other_tenants_are_not_hurt() {
    let mut config = known();
    config.limits.tenant_in_flight = Some(1);
    let fake = Fake::new();
    let server = Running::start(fake.clone(), config).await;
    let (reader, writer) = (format!("Bearer {READER}"), format!("Bearer {WRITER}"));
    let stream = server.client().resolve_stream(with(&reader, told_stream("wait"))).await.unwrap();
    fake.has_begun().await;
    let refused = server.client().resolve(with(&reader, told(""))).await.unwrap_err();
    assert!(!wait(&refused).is_zero());
    assert!(refused.message().contains("`reader`"), "{refused:?}");
    server.client().resolve(with(&writer, told(""))).await.unwrap();
    fake.go.add_permits(1);
    let mut stream = stream.into_inner();
    while stream.message().await.unwrap().is_some() {}
    // The place is free once the stream has ended, a panic included.
    server.client().resolve(with(&reader, told("panic"))).await.unwrap_err();
    server.client().resolve(with(&reader, told(""))).await.unwrap();
}

#[tokio::test]
async fn a_tenant_s_calls_a_second_are_limited_and_it_is_told_when_to_come_again() {
    let mut config = known();
    config.limits.tenant_per_second = Some(1);
    config.limits.tenant_burst = Some(2);
    let server = Running::start(Fake::new(), config).await;
    let (reader, writer) = (format!("Bearer {READER}"), format!("Bearer {WRITER}"));
    let call = async |who: &str| server.client().resolve(with(who, told(""))).await;
    // However slow this machine is: a hundred calls do not take a hundred seconds.
    let mut refused = Vec::new();
    for _ in 0..100 {
        refused.extend(call(&reader).await.err());
    }
    assert!((50..=98).contains(&refused.len()), "{}", refused.len());
    for status in &refused {
        assert!(wait(status) <= Duration::from_secs(1), "{status:?}");
    }
    call(&writer).await.unwrap();
    // Callers without a name share one.
    let mut config = Config::default();
    config.limits.tenant_per_second = Some(1);
    let server = Running::start(Fake::new(), config).await;
    let mut refused = 0;
    for _ in 0..20 {
        refused += usize::from(server.client().resolve(told("")).await.is_err());
    }
    assert!(refused >= 10, "{refused}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_not_sent() {
    let mut config = Config::default();
    config.limits.max_response_mib = 1;
    let server = Running::start(Fake::new(), config).await;
    let status = server.client().resolve(told("large")).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    let server = Running::start(Fake::new(), Config::default()).await;
    server.client().resolve(told("large")).await.unwrap();
}

#[tokio::test]
async fn an_old_connection_is_replaced_and_calls_on_it_end_as_they_would() {
    let mut config = Config::default();
    config.connections.max_age = Duration::from_millis(50);
    let fake = Fake::new();
    let server = Running::start(fake.clone(), config).await;
    let mut client = server.client();
    let waiting = tokio::spawn(async move { client.resolve(told("wait")).await });
    fake.has_begun().await;
    // What the caller's library sends while the connection closes, it has to send once more.
    let endpoint = tonic::transport::Channel::from_shared(server.url.clone()).unwrap();
    let mut other = proto::v1::resolver_service_client::ResolverServiceClient::new(
        endpoint.connect().await.unwrap(),
    );
    let mut peers = std::collections::HashSet::new();
    let replaced = async {
        while peers.len() < 2 {
            peers.extend(other.resolve(told("peer")).await.map(|reply| reply.into_inner().key));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), replaced).await.expect("it is replaced");
    fake.go.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().into_inner().key, "wait");
}

#[tokio::test]
async fn changed_tokens_and_limits_count_for_the_calls_that_follow() {
    let fake = Fake::new();
    let server = Running::start(fake.clone(), known()).await;
    let reader = format!("Bearer {READER}");
    let mut client = server.client();
    let call = with(&reader, told("wait"));
    let waiting = tokio::spawn(async move { client.resolve(call).await });
    fake.has_begun().await;
    server.config.send_modify(|config| {
        config.identity.tokens.retain(|token| token.name == "writer");
        config.limits.max_in_flight = 1;
    });
    let refused = async { while server.client().resolve(with(&reader, told(""))).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), refused).await.expect("the change counts");
    let status = server.client().resolve(with(&reader, told(""))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    // What had begun goes on under the terms that it began with.
    fake.go.add_permits(1);
    waiting.await.unwrap().unwrap();
    let writer = format!("Bearer {WRITER}");
    let mut client = server.client();
    let call = with(&writer, told("wait"));
    let waiting = tokio::spawn(async move { client.resolve(call).await });
    fake.has_begun().await;
    let status = server.client().resolve(with(&writer, told(""))).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "OVERLOADED");
    fake.go.add_permits(1);
    waiting.await.unwrap().unwrap();
}
