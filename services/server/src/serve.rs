//! The socket: accepts connections, routes calls, and drains when asked to stop.

mod incoming;
mod peer;

pub use peer::Peer;

use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use proto::v1::resolver_service_server::{ResolverService, ResolverServiceServer};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::codec::CompressionEncoding;
use tonic::server::NamedService as _;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tower::Layer as _;

use crate::config::{Config, ConfigError};
use crate::layers::terms::{Current, Terms};
use crate::layers::{LimitsConfig, every_call, resolver_calls};
use crate::tls::Certificates;

/// One mebibyte.
const MIB: usize = 1024 * 1024;
/// What one stream may send before it is read: a request is a few kilobytes, as a rule.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// What one connection may send before it is read.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Calls at once on one connection; the callers' libraries open another one beyond.
const MAX_STREAMS: u32 = 256;

/// `[connections]`: how connections are kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionsConfig {
    /// After how long a silent connection is asked whether it is still there. Default: `30s`.
    #[serde(with = "humantime_serde")]
    pub keepalive_interval: Duration,
    /// How long it may take to say so. Default: `10s`.
    #[serde(with = "humantime_serde")]
    pub keepalive_timeout: Duration,
    /// How long a connection is used before its caller is asked to open another one, so that callers
    /// spread over replicas. Calls in flight on it end as they would. Default: `30m`; `0s` is for ever.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// How long calls in flight may take to end when the service is asked to stop. Default: `20s`.
    #[serde(with = "humantime_serde")]
    pub drain: Duration,
    /// How long connections without calls may take to close after that. Clients that watch the
    /// service's health, or have gone, never close them. Default: `5s`.
    #[serde(with = "humantime_serde")]
    pub linger: Duration,
}

impl Default for ConnectionsConfig {
    fn default() -> Self {
        Self {
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
            max_age: Duration::from_mins(30),
            drain: Duration::from_secs(20),
            linger: Duration::from_secs(5),
        }
    }
}

impl ConnectionsConfig {
    /// Checks that there is time to answer.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let times = [
            ("connections.keepalive_interval", self.keepalive_interval),
            ("connections.keepalive_timeout", self.keepalive_timeout),
        ];
        for (key, time) in times {
            if time.is_zero() {
                return Err(ConfigError::invalid(key, "is nothing; write e.g. `10s`"));
            }
        }
        Ok(())
    }
}

/// Why serving ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The socket has no address.
    #[error("the socket cannot be served")]
    Socket(#[from] std::io::Error),
    /// The certificates have become useless since the settings were checked.
    #[error("connections cannot be encrypted")]
    Certificates(#[from] ConfigError),
    /// The transport failed.
    #[error("the transport failed")]
    Transport(#[from] tonic::transport::Error),
    /// The contract's descriptors are not what reflection can serve.
    #[error("the contract cannot be served by reflection")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Calls were cut off, because they did not end in time.
    #[error("calls in flight did not end within {0:?} and were cut off")]
    CutOff(Duration),
}

/// Serves on `listener` until `shutdown`, then lets calls in flight end. Of settings that come while it
/// serves, who callers are and how many calls are taken count from then on.
///
/// Says `listening on http://ADDRESS` on standard output as soon as calls are answered; with TLS,
/// `https://`.
pub async fn run(
    listener: TcpListener,
    resolver_service: impl ResolverService,
    mut configs: watch::Receiver<Config>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let config = configs.borrow_and_update().clone();
    let address = listener.local_addr()?;
    let (health, health_service) = tonic_health::server::health_reporter();
    let names = ["", ResolverServiceServer::<()>::NAME];
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let calls = TaskTracker::new();
    let certificates = config.tls.as_ref().map(Certificates::read).transpose()?.map(Arc::new);
    if config.identity.asks() && certificates.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            "tokens come in the clear: leave that to a proxy that speaks TLS, or set `tls`"
        );
    }
    let terms =
        |config: &Config| Terms::new(&config.limits, config.identity(address.ip().is_loopback()));
    let (change, current) = Current::new(terms(&config));
    let resolver = resolver_calls(current, calls.clone());
    let resolver = resolver.layer(offered(resolver_service, &config.limits));
    let draining = CancellationToken::new();
    let served = transport(&config.connections)
        .layer(every_call())
        .add_service(health_service)
        .add_service(reflection)
        .add_service(resolver)
        .serve_with_incoming_shutdown(
            incoming::incoming(listener, certificates.clone()),
            draining.clone().cancelled_owned(),
        );
    for name in names {
        health.set_service_status(name, ServingStatus::Serving).await;
    }
    announce(if certificates.is_some() { "https" } else { "http" }, address);
    tokio::pin!(served);
    tokio::select! {
        ended = &mut served => return Ok(ended?),
        () = shutdown => {}
        () = take_up(&mut configs, |config| drop(change.send_replace(terms(config).into()))) => {}
    }
    tracing::info!("draining");
    for name in names {
        health.set_service_status(name, ServingStatus::NotServing).await;
    }
    draining.cancel();
    let ended = drain(served, &calls, config.connections.linger);
    let grace = config.connections.drain;
    match tokio::time::timeout(grace, ended).await {
        Ok(ended) => Ok(ended?),
        Err(_) if calls.is_empty() => Ok(()),
        Err(_) => Err(ServeError::CutOff(grace)),
    }
}

/// How connections are kept.
fn transport(connections: &ConnectionsConfig) -> Server {
    let mut server = Server::builder();
    if !connections.max_age.is_zero() {
        // Without tonic's time of grace, at whose end it would cut off calls: they end by themselves.
        server = server.max_connection_age(connections.max_age);
    }
    server
        .http2_keepalive_interval(Some(connections.keepalive_interval))
        .http2_keepalive_timeout(Some(connections.keepalive_timeout))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(MAX_STREAMS)
}

/// Has new settings taken up as they come. Never ends.
async fn take_up(configs: &mut watch::Receiver<Config>, change: impl Fn(&Config)) {
    while configs.changed().await.is_ok() {
        change(&configs.borrow_and_update());
    }
    std::future::pending::<()>().await;
}

/// Waits until all connections have closed, or until there are no more calls and what is left of
/// connections has lingered.
async fn drain<E>(
    mut served: Pin<&mut impl Future<Output = Result<(), E>>>,
    calls: &TaskTracker,
    linger: Duration,
) -> Result<(), E> {
    calls.close();
    loop {
        tokio::select! {
            ended = &mut served => return ended,
            () = calls.wait() => {}
        }
        // A call may still come in before its caller hears that the service stops.
        tokio::select! {
            ended = &mut served => return ended,
            () = tokio::time::sleep(linger) => {}
        }
        if calls.is_empty() {
            return Ok(());
        }
    }
}

/// The resolver's service, with the limits and compressions that belong to it.
fn offered<R: ResolverService>(resolver: R, limits: &LimitsConfig) -> ResolverServiceServer<R> {
    ResolverServiceServer::new(resolver)
        .accept_compressed(CompressionEncoding::Zstd)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Zstd)
        .send_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(limits.max_request_mib * MIB)
        .max_encoding_message_size(limits.max_response_mib * MIB)
}

/// Tells whoever started the program that it is ready. A closed output is no reason to stop.
fn announce(scheme: &str, address: std::net::SocketAddr) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "listening on {scheme}://{address}").and_then(|()| out.flush());
}
