//! A panic in one call is that call's `INTERNAL`, with its id; the service lives.
//!
//! Without it a panic would end the task of the whole connection, and all calls on it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use http::HeaderMap;
use http_body::Frame;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::request_span::RequestId;
use super::{Reply, Request, Response};
use crate::errors;

/// Makes [`PanicGuard`]s.
#[derive(Clone, Copy, Debug)]
pub struct PanicGuardLayer;

/// Turns panics into replies.
#[derive(Clone, Debug)]
pub struct PanicGuard<S> {
    inner: S,
}

impl<S> Layer<S> for PanicGuardLayer {
    type Service = PanicGuard<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PanicGuard { inner }
    }
}

impl<S> Service<Request> for PanicGuard<S>
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
        let id = request.extensions().get::<RequestId>().cloned();
        // What a panic may leave half done belongs to this call alone: services are stateless.
        let reply = match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(reply) => reply,
            Err(panic) => {
                let status = caught(panic, id.as_ref());
                return Box::pin(async move { Ok(status.into_http()) });
            }
        };
        Box::pin(async move {
            match AssertUnwindSafe(reply).catch_unwind().await {
                Ok(response) => {
                    Ok(response?.map(|body| Body::new(Guarded { body: Some(body), id })))
                }
                Err(panic) => Ok(caught(panic, id.as_ref()).into_http()),
            }
        })
    }
}

/// Logs a panic, and says what its caller is told.
///
/// The panic's own words stay out of the log: they may quote the request. The hook of the process
/// prints them, with the place, to standard error.
pub(crate) fn caught(panic: Box<dyn Any + Send>, id: Option<&RequestId>) -> Status {
    let id = id.map_or("unknown", RequestId::as_str);
    tracing::error!(id, "a request panicked");
    // What it drops may panic in turn.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
    errors::internal(id)
}

/// A body that ends with `INTERNAL` where the inner one panics.
struct Guarded {
    /// Absent after a panic: what panicked once is not asked again.
    body: Option<Body>,
    id: Option<RequestId>,
}

impl http_body::Body for Guarded {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        match catch_unwind(AssertUnwindSafe(|| Pin::new(body).poll_frame(context))) {
            Ok(polled) => polled,
            Err(panic) => {
                self.body = None;
                Poll::Ready(Some(trailers(&caught(panic, self.id.as_ref()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.as_ref().map_or_else(http_body::SizeHint::default, http_body::Body::size_hint)
    }
}

/// The last frame of a reply that ends with `status`.
pub(super) fn trailers(status: &Status) -> Result<Frame<bytes::Bytes>, Status> {
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers)?;
    Ok(Frame::trailers(headers))
}
