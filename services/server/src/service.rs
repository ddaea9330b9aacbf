//! The methods of the contract: each turns its request, asks the engine, and turns the answer.
//!
//! Work that callers share lives in the engine. A caller that leaves takes only its own waiting
//! away, and nothing here is held while waiting.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use engine::{Engine, Watcher};
use futures_util::FutureExt as _;
use proto::v1;
use proto::v1::resolver_service_server::ResolverService;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use crate::convert::{self, Asked, Call, Declared, Shape, explain};
use crate::errors;
use crate::layers::deadline::{AnswerBy, Watch};
use crate::layers::panic_guard;
use crate::layers::request_span::RequestId;

/// Events that wait for a slow reader at the most; what comes while all places are taken is left
/// out, since later news replaces it.
const EVENTS: usize = 16;

/// Answers the methods of `ResolverService`.
#[derive(Clone)]
pub struct Resolver {
    engine: Engine,
    declared: Arc<Declared>,
}

/// What a stream of one call sends.
type Events = mpsc::Sender<Result<v1::ResolveStreamResponse, Status>>;

impl Resolver {
    /// Answers from `engine`; requests are held against what is `declared`.
    pub fn new(engine: Engine, declared: Declared) -> Self {
        Self { engine, declared: Arc::new(declared) }
    }

    /// Reads a request of which only the message has left its envelope.
    fn asked(&self, envelope: &Request<()>, wire: v1::ResolveRequest) -> Result<Asked, Status> {
        let remaining = envelope
            .extensions()
            .get::<AnswerBy>()
            .map(|answer_by| answer_by.0.saturating_duration_since(Instant::now()));
        let call = Call { metadata: envelope.metadata(), remaining };
        convert::asked(wire, &self.declared, call).map_err(Status::from)
    }

    /// Asks the engine, and shapes its answer for this caller.
    async fn answer(
        &self,
        asked: Asked,
        arrived: Instant,
        watch: Option<Watcher>,
    ) -> Result<v1::ResolveResponse, Status> {
        let Asked { request, shape } = asked;
        let resolved = self
            .engine
            .resolve(request, watch)
            .await
            .map_err(|error| errors::status(error, |field| shape.path(field)))?;
        shape.response(resolved, arrived.elapsed()).map_err(|error| {
            tracing::error!(%error, "a remembered answer cannot be decoded");
            errors::internal("undecodable answer")
        })
    }
}

#[tonic::async_trait]
impl ResolverService for Resolver {
    async fn resolve(
        &self,
        request: Request<v1::ResolveRequest>,
    ) -> Result<Response<v1::ResolveResponse>, Status> {
        let arrived = Instant::now();
        let (envelope, wire) = open(request);
        let asked = self.asked(&envelope, wire)?;
        let watch = envelope.extensions().get::<Watch>().map(|watch| Arc::clone(&watch.0));
        self.answer(asked, arrived, watch).await.map(Response::new)
    }

    type ResolveStreamStream = ReceiverStream<Result<v1::ResolveStreamResponse, Status>>;

    async fn resolve_stream(
        &self,
        request: Request<v1::ResolveStreamRequest>,
    ) -> Result<Response<Self::ResolveStreamStream>, Status> {
        let arrived = Instant::now();
        let (envelope, wire) = open(request);
        let asked = self.asked(&envelope, convert::streamed(wire)?)?;
        let id = envelope.extensions().get::<RequestId>().cloned();
        let (events, stream) = mpsc::channel(EVENTS);
        let resolver = self.clone();
        let told = async move {
            // On a task of its own a panic would end the stream as if all were well.
            let telling = AssertUnwindSafe(tell(&resolver, asked, arrived, &events));
            let last = match telling.catch_unwind().await {
                Ok(last) => last,
                Err(panic) => Err(panic_guard::caught(panic, id.as_ref())),
            };
            // A caller that has left is told nothing.
            let _ = events.send(last).await;
        };
        tokio::spawn(told.in_current_span());
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainResponse>, Status> {
        let arrived = Instant::now();
        let (envelope, wire) = open(request);
        let (wire, question) = explain::question(wire)?;
        let Asked { request, shape } = self.asked(&envelope, wire)?;
        let explained = self.engine.explain(request, &question).await;
        let explained = explained
            .map_err(|error| errors::status(error, |field| explain::path(&shape, field)))?;
        Ok(Response::new(explain::explained(explained, &shape, arrived.elapsed())))
    }

    async fn verify(
        &self,
        _request: Request<v1::VerifyRequest>,
    ) -> Result<Response<v1::VerifyResponse>, Status> {
        Err(errors::unsupported_method("Verify"))
    }

    async fn invalidate(
        &self,
        request: Request<v1::InvalidateRequest>,
    ) -> Result<Response<v1::InvalidateResponse>, Status> {
        let (_, wire) = open(request);
        let v1::InvalidateRequest { registry, packages } = convert::invalidation(wire)?;
        let forgotten = self.engine.invalidate(&registry, &packages).await;
        let forgotten = forgotten.map_err(|error| errors::status(error, str::to_owned))?;
        Ok(Response::new(convert::forgotten(forgotten)))
    }
}

/// Takes the message out of its envelope.
fn open<T>(request: Request<T>) -> (Request<()>, T) {
    let (metadata, extensions, wire) = request.into_parts();
    (Request::from_parts(metadata, extensions, ()), wire)
}

/// Passes news on as long as the caller listens, and returns the last message of the stream.
async fn tell(
    resolver: &Resolver,
    asked: Asked,
    arrived: Instant,
    events: &Events,
) -> Result<v1::ResolveStreamResponse, Status> {
    let shape: Shape = asked.shape.clone();
    let (sender, mut news) = mpsc::unbounded_channel();
    let watch: Watcher = Arc::new(move |progress| {
        // Whoever watched may have left.
        let _ = sender.send(progress);
    });
    let answer = resolver.answer(asked, arrived, Some(watch));
    tokio::pin!(answer);
    loop {
        tokio::select! {
            // News from before the answer goes out before it.
            biased;
            () = events.closed() => return Err(Status::cancelled("the caller has left")),
            Some(progress) = news.recv() => {
                let _ = events.try_send(Ok(convert::event(progress, &shape)));
            }
            answer = &mut answer => return answer.map(convert::last),
        }
    }
}
