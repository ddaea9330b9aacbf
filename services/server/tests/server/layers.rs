//! What every call passes: ids, panics, the limit of calls in flight, deadlines.

use std::time::Duration;

use quartermaster::config::Config;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use crate::fake::{Fake, Running, told, told_stream};

#[tokio::test]
async fn a_panic_is_its_request_s_own_and_the_server_lives() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let mut request = Request::new(told("panic"));
    request.metadata_mut().insert("x-request-id", "mine".parse().unwrap());
    let status = server.client().resolve(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["id"].as_str()), ("INTERNAL", "mine"));

    // Within a stream it comes after the headers, as the stream's end, on the same connection.
    let mut stream =
        server.client().resolve_stream(told_stream("panic")).await.unwrap().into_inner();
    let status = stream.message().await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(server.client().resolve(told("")).await.unwrap().into_inner().key, "");
}

#[tokio::test]
async fn every_reply_has_an_id_and_the_caller_s_is_kept() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let mut request = Request::new(told("hello"));
    request.metadata_mut().insert("x-request-id", "ci-42".parse().unwrap());
    let reply = server.client().resolve(request).await.unwrap();
    assert_eq!(reply.metadata().get("x-request-id").unwrap(), "ci-42");
    let reply = server.client().resolve(told("hello")).await.unwrap();
    assert!(!reply.metadata().get("x-request-id").unwrap().is_empty());
}

fn only_one_call() -> Config {
    let mut config = Config::default();
    config.limits.max_in_flight = 1;
    config
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused_with_a_delay_and_probes_are_not() {
    let fake = Fake::new();
    let server = Running::start(fake.clone(), only_one_call()).await;
    let mut client = server.client();
    let waiting = tokio::spawn(async move { client.resolve(told("wait")).await });
    fake.has_begun().await;

    let status = server.client().resolve(told("")).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "OVERLOADED");
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    // The span is around the limit: a refused call has an id as well.
    assert!(status.metadata().contains_key("x-request-id"));
    let mut probe = tonic_health::pb::health_client::HealthClient::new(server.channel.clone());
    probe.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap();

    fake.go.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().into_inner().key, "wait");
    server.client().resolve(told("")).await.unwrap();
}

#[tokio::test]
async fn a_stream_counts_until_its_end_and_a_panic_ends_it() {
    let fake = Fake::new();
    let server = Running::start(fake.clone(), only_one_call()).await;
    let stream = server.client().resolve_stream(told_stream("wait")).await.unwrap();
    fake.has_begun().await;
    let refused = server.client().resolve(told("")).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    fake.go.add_permits(1);
    let mut stream = stream.into_inner();
    assert!(stream.message().await.unwrap().is_some());
    assert!(stream.message().await.unwrap().is_none());

    // The panic guard is around the limit: what panics gives its place back.
    server.client().resolve(told("panic")).await.unwrap_err();
    server.client().resolve(told("")).await.unwrap();
}

#[tokio::test]
async fn a_deadline_ends_calls_and_streams_and_frees_their_places() {
    let fake = Fake::new();
    let server = Running::start(fake.clone(), only_one_call()).await;
    let in_time = |action| {
        let mut request = Request::new(action);
        request.set_timeout(Duration::from_millis(600));
        request
    };
    let status = server.client().resolve(in_time(told("hang"))).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "DEADLINE");

    let mut request = Request::new(told_stream("hang"));
    request.set_timeout(Duration::from_millis(600));
    let mut stream = server.client().resolve_stream(request).await.unwrap().into_inner();
    let status = stream.message().await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");

    // The limit is around the deadline.
    server.client().resolve(in_time(told(""))).await.unwrap();
}

#[tokio::test]
async fn methods_know_the_id_and_the_deadline() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let mut request = Request::new(told("extensions"));
    request.metadata_mut().insert("x-request-id", "ci-42".parse().unwrap());
    request.set_timeout(Duration::from_secs(5));
    let reply = server.client().resolve(request).await.unwrap();
    assert_eq!(reply.into_inner().key, "ci-42 true");
}

#[tokio::test]
async fn a_deadline_that_cannot_be_read_is_refused() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let mut request = Request::new(told(""));
    request.metadata_mut().insert("grpc-timeout", "soon".parse().unwrap());
    let status = server.client().resolve(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("grpc-timeout"), "{status:?}");
}
