//! A server in this process, around a resolver that does as it is told.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use proto::v1;
use proto::v1::resolver_service_client::ResolverServiceClient;
use proto::v1::resolver_service_server::ResolverService;
use quartermaster::config::Config;
use quartermaster::identity::Caller;
use quartermaster::layers::deadline::AnswerBy;
use quartermaster::layers::request_span::RequestId;
use quartermaster::serve::{self, Peer, ServeError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_stream::Stream;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// A running server.
pub(crate) struct Running {
    /// A connection to it.
    pub(crate) channel: Channel,
    /// Its address.
    pub(crate) url: String,
    /// Its settings, to be changed.
    pub(crate) config: watch::Sender<Config>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    /// Starts a server around `resolver` on a free port.
    pub(crate) async fn start(resolver: impl ResolverService, config: Config) -> Self {
        let server = Self::listen(resolver, config).await;
        let channel = Channel::from_shared(server.url.clone()).unwrap().connect().await.unwrap();
        Self { channel, ..server }
    }

    /// The same for callers who connect on their own.
    pub(crate) async fn listen(resolver: impl ResolverService, config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let (config, configs) = watch::channel(config);
        let served = tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.await;
            };
            serve::run(listener, resolver, configs, shutdown).await
        });
        let channel = Channel::from_shared(url.clone()).unwrap().connect_lazy();
        Self { channel, url, config, stop, served }
    }

    /// A client of the resolver.
    pub(crate) fn client(&self) -> ResolverServiceClient<Channel> {
        ResolverServiceClient::new(self.channel.clone())
    }

    /// Asks the server to stop; what is awaited in turn is its end.
    pub(crate) fn stop(self) -> JoinHandle<Result<(), ServeError>> {
        let _ = self.stop.send(());
        self.served
    }
}

/// Does what the request's `known_answer` says; see [`Fake::act`].
#[derive(Clone)]
pub(crate) struct Fake {
    /// Calls that wait have begun: one permit each.
    pub(crate) begun: Arc<Semaphore>,
    /// Lets waiting calls go on: one permit each.
    pub(crate) go: Arc<Semaphore>,
}

impl Fake {
    /// A resolver without any call.
    pub(crate) fn new() -> Self {
        Self { begun: Arc::new(Semaphore::new(0)), go: Arc::new(Semaphore::new(0)) }
    }

    /// Waits until a waiting call has begun.
    pub(crate) async fn has_begun(&self) {
        self.begun.acquire().await.unwrap().forget();
    }

    /// `large` is answered with two MiB, `panic` panics, `wait` waits to be let go, `hang` never ends, all else is answered at once.
    async fn act(&self, action: &str) -> Result<v1::ResolveResponse, Status> {
        match action {
            "panic" => panic!("as told"),
            "large" => {
                let key = "x".repeat(2 * 1024 * 1024);
                return Ok(v1::ResolveResponse { key, ..Default::default() });
            }
            "wait" => {
                self.begun.add_permits(1);
                self.go.acquire().await.unwrap().forget();
            }
            "hang" => {
                self.begun.add_permits(1);
                pending::<()>().await;
            }
            _ => {}
        }
        Ok(v1::ResolveResponse { key: action.to_owned(), ..Default::default() })
    }
}

/// A request that tells the fake what to do.
pub(crate) fn told(action: &str) -> v1::ResolveRequest {
    v1::ResolveRequest { known_answer: action.to_owned(), ..Default::default() }
}

/// The same as a stream.
pub(crate) fn told_stream(action: &str) -> v1::ResolveStreamRequest {
    v1::ResolveStreamRequest { request: Some(told(action)) }
}

/// A stream whose single message is made when it is polled.
type OneMessage = Pin<Box<dyn Stream<Item = Result<v1::ResolveStreamResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ResolverService for Fake {
    async fn resolve(
        &self,
        request: Request<v1::ResolveRequest>,
    ) -> Result<Response<v1::ResolveResponse>, Status> {
        if request.get_ref().known_answer == "extensions" {
            let id = request.extensions().get::<RequestId>().map(RequestId::as_str);
            let timed = request.extensions().get::<AnswerBy>().is_some();
            let key = format!("{} {timed}", id.unwrap_or_default());
            return Ok(Response::new(v1::ResolveResponse { key, ..Default::default() }));
        }
        if request.get_ref().known_answer == "caller" {
            let caller = request.extensions().get::<Caller>().unwrap();
            let told = request.metadata().contains_key("authorization");
            let key = format!("{}: {}; {told}", caller.tenant.name(), caller.scopes);
            return Ok(Response::new(v1::ResolveResponse { key, ..Default::default() }));
        }
        if request.get_ref().known_answer == "peer" {
            let peer = request.extensions().get::<Peer>().unwrap();
            let key = peer.address.unwrap().to_string();
            return Ok(Response::new(v1::ResolveResponse { key, ..Default::default() }));
        }
        self.act(&request.into_inner().known_answer).await.map(Response::new)
    }

    type ResolveStreamStream = OneMessage;

    async fn resolve_stream(
        &self,
        request: Request<v1::ResolveStreamRequest>,
    ) -> Result<Response<OneMessage>, Status> {
        let action = request.into_inner().request.unwrap_or_default().known_answer;
        let fake = self.clone();
        let message = async move { fake.act(&action).await.map(quartermaster::convert::last) };
        Ok(Response::new(Box::pin(once(message))))
    }

    async fn explain(
        &self,
        _: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        Err(Status::unimplemented("fake"))
    }

    async fn verify(
        &self,
        _: Request<v1::VerifyRequest>,
    ) -> Result<Response<v1::VerifyResponse>, Status> {
        Err(Status::unimplemented("fake"))
    }

    async fn invalidate(
        &self,
        _: Request<v1::InvalidateRequest>,
    ) -> Result<Response<v1::InvalidateResponse>, Status> {
        Err(Status::unimplemented("fake"))
    }
}

fn once<F: Future + Send>(message: F) -> impl Stream<Item = F::Output> + Send {
    futures_util::stream::once(message)
}
