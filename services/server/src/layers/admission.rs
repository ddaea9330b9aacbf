//! At the limit of calls in flight a call is refused at once, with a delay after which to retry.
//!
//! A queue would only grow: callers behind a slow link would wait, give up, and ask again. A call
//! holds its place until the last byte of its reply is handed over, so that streams count.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body::Frame;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::{Layer, Service};

use super::terms::Current;
use super::{Reply, Request, Response};
use crate::errors;

/// Makes [`Admission`]s that share one limit.
#[derive(Clone, Debug)]
pub struct AdmissionLayer {
    current: Current,
    calls: TaskTracker,
}

impl AdmissionLayer {
    /// The limit for the whole process is the current one; `calls` is told of all that begin and end.
    pub fn new(current: Current, calls: TaskTracker) -> Self {
        Self { current, calls }
    }
}

/// Refuses calls beyond the limit.
#[derive(Clone, Debug)]
pub struct Admission<S> {
    inner: S,
    current: Current,
    calls: TaskTracker,
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Admission { inner, current: self.current.clone(), calls: self.calls.clone() }
    }
}

impl<S: NamedService> NamedService for Admission<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request> for Admission<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Reply<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Ok(place) = Arc::clone(&self.current.terms().places).try_acquire_owned() else {
            return Box::pin(async { Ok(errors::overloaded().into_http()) });
        };
        let place = (place, self.calls.token());
        let reply = self.inner.call(request);
        Box::pin(async move { Ok(hold(reply.await?, place)) })
    }
}

/// The reply, which keeps `place` until its last byte is handed over.
pub(super) fn hold<P: Send + Unpin + 'static>(response: Response, place: P) -> Response {
    response.map(|body| Body::new(Admitted { body, _place: place }))
}

/// A body that holds its call's place.
struct Admitted<P> {
    body: Body,
    _place: P,
}

impl<P: Unpin> http_body::Body for Admitted<P> {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
