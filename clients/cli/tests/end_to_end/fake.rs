//! A service that records what it is asked and answers from a script.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use proto::v1::{
    ExplainRequest, ExplainResponse, InvalidateRequest, InvalidateResponse, Progress,
    ResolveRequest, ResolveResponse, ResolveStreamRequest, ResolveStreamResponse, Tentative,
    TentativePackage, VerifyRequest, VerifyResponse,
    resolve_stream_response::Event,
    resolver_service_server::{ResolverService, ResolverServiceServer},
};
use tokio_stream::{Stream, StreamExt as _, wrappers::TcpListenerStream};
use tonic::{
    Request, Response, Status, codec::CompressionEncoding, transport::server::ServerTlsConfig,
};

/// What the service does with one call.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Some events, then this answer.
    Answer(Box<ResolveResponse>),
    /// This explanation.
    Explanation(Box<ExplainResponse>),
    /// This status, and nothing before it.
    Fail(Box<Status>),
    /// Some events, then this status.
    FailLate(Box<Status>),
    /// Some events, then a good end without an answer.
    Nothing,
    /// One event, and then no end.
    Silence,
}

/// What one call brought.
pub(crate) struct Seen {
    /// The request.
    pub(crate) request: ResolveRequest,
    /// What is to be explained, if it is about the answer.
    pub(crate) question: Option<ExplainRequest>,
    /// Whether it came by the stream.
    pub(crate) by_stream: bool,
    /// The call's `grpc-timeout`.
    pub(crate) timeout: Option<String>,
    /// The call's `authorization`.
    pub(crate) authorization: Option<String>,
}

#[derive(Default)]
struct State {
    script: Mutex<VecDeque<Reply>>,
    seen: Mutex<Vec<Seen>>,
}

/// A running service. It ends with the test's process.
pub(crate) struct Fake {
    state: Arc<State>,
    pub(crate) url: String,
}

impl Fake {
    /// Serves the script, call by call, on a port of its own.
    pub(crate) fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        Self::serve(script, None)
    }

    /// The same, encrypted.
    pub(crate) fn start_encrypted(
        script: impl IntoIterator<Item = Reply>,
        tls: ServerTlsConfig,
    ) -> Self {
        let fake = Self::serve(script, Some(tls));
        Self { url: fake.url.replace("http://", "https://"), ..fake }
    }

    fn serve(script: impl IntoIterator<Item = Reply>, tls: Option<ServerTlsConfig>) -> Self {
        let state = Arc::new(State {
            script: Mutex::new(script.into_iter().collect()),
            ..State::default()
        });
        let (send, receive) = mpsc::channel();
        let service = ResolverServiceServer::new(Scripted { state: Arc::clone(&state) })
            .send_compressed(CompressionEncoding::Zstd);
        thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                send.send(listener.local_addr().unwrap()).unwrap();
                let incoming = TcpListenerStream::new(listener);
                let mut server = tonic::transport::Server::builder();
                if let Some(tls) = tls {
                    server = server.tls_config(tls).unwrap();
                }
                server.add_service(service).serve_with_incoming(incoming).await.unwrap();
            });
        });
        let url = format!("http://{}", receive.recv().unwrap());
        Self { state, url }
    }

    /// Every call so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.seen.lock().unwrap())
    }
}

struct Scripted {
    state: Arc<State>,
}

impl Scripted {
    fn next<T>(&self, call: &Request<T>, request: ResolveRequest, by_stream: bool) -> Reply {
        let entry = |key: &str| Some(call.metadata().get(key)?.to_str().unwrap().to_owned());
        let (timeout, authorization) = (entry("grpc-timeout"), entry("authorization"));
        let seen = Seen { request, question: None, by_stream, timeout, authorization };
        self.state.seen.lock().unwrap().push(seen);
        let next = self.state.script.lock().unwrap().pop_front();
        next.unwrap_or_else(|| Reply::Fail(Box::new(Status::internal("the script is over"))))
    }
}

type Events = Pin<Box<dyn Stream<Item = Result<ResolveStreamResponse, Status>> + Send>>;

fn event(event: Event) -> Result<ResolveStreamResponse, Status> {
    Ok(ResolveStreamResponse { event: Some(event) })
}

/// What a service tells on the way, an event of a later contract among it.
fn meanwhile() -> Vec<Result<ResolveStreamResponse, Status>> {
    let package =
        TentativePackage { name: "flask".into(), version: "3.1.0".into(), ..Default::default() };
    vec![
        event(Event::Progress(Progress {
            step: "reading 1 listing from pypi".into(),
            ..Default::default()
        })),
        event(Event::Tentative(Tentative { packages: vec![package] })),
        Ok(ResolveStreamResponse { event: None }),
    ]
}

#[tonic::async_trait]
impl ResolverService for Scripted {
    type ResolveStreamStream = Events;

    async fn resolve(
        &self,
        call: Request<ResolveRequest>,
    ) -> Result<Response<ResolveResponse>, Status> {
        let request = call.get_ref().clone();
        match self.next(&call, request, false) {
            Reply::Answer(answer) => Ok(Response::new(*answer)),
            Reply::Fail(status) | Reply::FailLate(status) => Err(*status),
            Reply::Explanation(_) | Reply::Nothing | Reply::Silence => std::future::pending().await,
        }
    }

    async fn resolve_stream(
        &self,
        call: Request<ResolveStreamRequest>,
    ) -> Result<Response<Events>, Status> {
        let request = call.get_ref().request.clone().unwrap();
        let mut events = meanwhile();
        match self.next(&call, request, true) {
            Reply::Answer(answer) => events.push(event(Event::Answer(*answer))),
            Reply::Fail(status) => return Err(*status),
            Reply::FailLate(status) => events.push(Err(*status)),
            Reply::Explanation(_) | Reply::Nothing => {}
            Reply::Silence => {
                let endless = tokio_stream::iter(events).chain(tokio_stream::pending());
                return Ok(Response::new(Box::pin(endless)));
            }
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(events))))
    }

    async fn explain(
        &self,
        call: Request<ExplainRequest>,
    ) -> Result<Response<ExplainResponse>, Status> {
        let question = call.get_ref().clone();
        let reply = self.next(&call, question.request.clone().unwrap(), false);
        if let Some(seen) = self.state.seen.lock().unwrap().last_mut() {
            seen.question = Some(question);
        }
        match reply {
            Reply::Explanation(explanation) => Ok(Response::new(*explanation)),
            Reply::Fail(status) | Reply::FailLate(status) => Err(*status),
            Reply::Answer(_) | Reply::Nothing | Reply::Silence => std::future::pending().await,
        }
    }

    async fn verify(&self, _: Request<VerifyRequest>) -> Result<Response<VerifyResponse>, Status> {
        Err(Status::unimplemented("not in this script"))
    }

    async fn invalidate(
        &self,
        _: Request<InvalidateRequest>,
    ) -> Result<Response<InvalidateResponse>, Status> {
        Err(Status::unimplemented("not in this script"))
    }
}
