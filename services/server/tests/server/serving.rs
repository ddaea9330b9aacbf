//! The socket: probes, reflection, compression, message sizes, and the end.

use std::time::Duration;

use quartermaster::config::Config;
use quartermaster::serve::ServeError;
use tokio_stream::StreamExt as _;
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::fake::{Fake, Running, told};

const SERVICE: &str = "quartermaster.resolver.v1.ResolverService";

#[tokio::test]
async fn health_is_told_for_the_server_and_the_resolver() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let mut probe = HealthClient::new(server.channel.clone());
    for service in ["", SERVICE] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let reply = probe.check(request).await.unwrap().into_inner();
        assert_eq!(reply.status(), ServingStatus::Serving, "{service}");
    }
}

#[tokio::test]
async fn reflection_tells_the_services_and_the_contract() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let ask = |message: MessageRequest| {
        let request =
            ServerReflectionRequest { message_request: Some(message), ..Default::default() };
        let mut client = ServerReflectionClient::new(server.channel.clone());
        async move {
            let requests = tokio_stream::once(request);
            let mut replies = client.server_reflection_info(requests).await.unwrap().into_inner();
            replies.next().await.unwrap().unwrap().message_response.unwrap()
        }
    };
    let MessageResponse::ListServicesResponse(list) =
        ask(MessageRequest::ListServices(String::new())).await
    else {
        panic!("the services are not listed");
    };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.iter().any(|name| name == SERVICE), "{names:?}");
    assert!(names.iter().any(|name| name == "grpc.health.v1.Health"), "{names:?}");
    let found = ask(MessageRequest::FileContainingSymbol(SERVICE.to_owned())).await;
    assert!(matches!(found, MessageResponse::FileDescriptorResponse(_)));
}

#[tokio::test]
async fn requests_and_answers_may_be_compressed() {
    let server = Running::start(Fake::new(), Config::default()).await;
    for encoding in [CompressionEncoding::Gzip, CompressionEncoding::Zstd] {
        let mut client = server.client().send_compressed(encoding).accept_compressed(encoding);
        let reply = client.resolve(told(&"x".repeat(10_000))).await.unwrap();
        let used = reply.metadata().get("grpc-encoding").unwrap().to_str().unwrap();
        assert_eq!(used, format!("{encoding}"));
        assert_eq!(reply.into_inner().key.len(), 10_000);
    }
}

#[tokio::test]
async fn messages_have_a_size_before_and_after_decompression() {
    let server = Running::start(Fake::new(), Config::default()).await;
    let large = told(&"x".repeat(5 * 1024 * 1024));
    let status = server.client().resolve(large.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    let mut client = server.client().send_compressed(CompressionEncoding::Zstd);
    let status = client.resolve(large).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
}

#[tokio::test]
async fn a_drain_lets_calls_in_flight_end_and_takes_no_more() {
    let fake = Fake::new();
    let mut config = Config::default();
    config.connections.linger = Duration::from_millis(50);
    let server = Running::start(fake.clone(), config).await;
    let url = server.url.clone();
    let mut client = server.client();
    let waiting = tokio::spawn(async move { client.resolve(told("wait")).await });
    fake.has_begun().await;
    let mut health = HealthClient::new(server.channel.clone());
    let watch = health.watch(HealthCheckRequest::default()).await.unwrap();
    let mut watch = watch.into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    let ended = server.stop();
    // Probes hear of it first.
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(!waiting.is_finished());
    fake.go.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().into_inner().key, "wait");
    // One who goes on watching does not keep it from ending.
    ended.await.unwrap().unwrap();
    drop(watch);
    let refused = tonic::transport::Channel::from_shared(url).unwrap().connect().await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_drain_ends_even_if_a_call_does_not() {
    let fake = Fake::new();
    let mut config = Config::default();
    config.connections.drain = Duration::from_millis(50);
    let server = Running::start(fake.clone(), config).await;
    let mut client = server.client();
    let hanging = tokio::spawn(async move { client.resolve(told("hang")).await });
    fake.has_begun().await;
    let ended = server.stop().await.unwrap();
    assert!(matches!(ended, Err(ServeError::CutOff(_))), "{ended:?}");
    hanging.abort();
}
