//! One span per call, and one line in the log when it ends.
//!
//! The span has the method and the request's id: the caller's `x-request-id` where it is sane, a new
//! one otherwise. The reply carries the id back. Once the caller is known, the span has its tenant too.
//! The line, under `quartermaster::access`, has the outcome and the time to the last byte.

use std::hash::{BuildHasher as _, RandomState};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::{Reply, Request, Response};
use crate::identity::Tenant;

/// The header that carries a request's id, in both directions.
pub const HEADER: &str = "x-request-id";
/// The longest id that is taken from a caller, in bytes.
const MAX_ID: usize = 64;

/// What tells one request from the others in the log. It is among the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The caller's id, if it is short and plain, or else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        headers
            .get(HEADER)
            .and_then(|value| value.to_str().ok())
            .filter(|id| (1..=MAX_ID).contains(&id.len()) && id.bytes().all(fits))
            .map_or_else(Self::new, |id| Self(id.into()))
    }

    /// An id that no other request of this or another process is likely to have.
    fn new() -> Self {
        static PROCESS: OnceLock<u64> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let process = PROCESS.get_or_init(|| RandomState::new().hash_one(Instant::now()));
        Self(format!("{process:016x}-{}", NEXT.fetch_add(1, Ordering::Relaxed)).into())
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The span of the call; among the request's extensions.
#[derive(Clone, Debug)]
pub struct CallSpan(Span);

impl CallSpan {
    /// Says in the log whose call it is.
    pub fn belongs_to(&self, tenant: &Tenant) {
        self.0.record("tenant", tenant.name());
    }
}

/// Makes [`RequestSpan`]s.
#[derive(Clone, Copy, Debug)]
pub struct RequestSpanLayer;

/// Opens a span for each call.
#[derive(Clone, Debug)]
pub struct RequestSpan<S> {
    inner: S,
}

impl<S> Layer<S> for RequestSpanLayer {
    type Service = RequestSpan<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestSpan { inner }
    }
}

impl<S> Service<Request> for RequestSpan<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Reply<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = RequestId::of(request.headers());
        let method = method(request.uri().path());
        let span = tracing::info_span!("request", method, id = id.as_str(), tenant = Empty);
        request.extensions_mut().insert(CallSpan(span.clone()));
        let mut outcome = Outcome::new(span.clone());
        let returned = HeaderValue::from_str(id.as_str()).ok();
        request.extensions_mut().insert(id);
        let reply = span.in_scope(|| self.inner.call(request)).instrument(span);
        Box::pin(async move {
            let mut response = reply.await?;
            if let Some(id) = returned {
                response.headers_mut().insert(HEADER, id);
            }
            outcome.note(response.headers());
            Ok(response.map(|body| Body::new(Watched { body, outcome })))
        })
    }
}

/// The path of a call, as far as it may be logged.
fn method(path: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_graphic();
    if path.len() <= 128 && path.bytes().all(plain) { path } else { "(unreadable)" }
}

/// How a call ended; logged when it is dropped, which is when the call's last byte has left, or when
/// the caller did.
struct Outcome {
    span: Span,
    started: Instant,
    code: Option<Code>,
}

impl Outcome {
    fn new(span: Span) -> Self {
        Self { span, started: Instant::now(), code: None }
    }

    /// Takes the code from headers or trailers, if they have it.
    fn note(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get(Status::GRPC_STATUS) {
            self.code = Some(Code::from_bytes(code.as_bytes()));
        }
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        let outcome = self.code.unwrap_or(Code::Cancelled);
        let micros = self.started.elapsed().as_micros();
        self.span.in_scope(|| {
            tracing::info!(target: "quartermaster::access", ?outcome, micros, "answered");
        });
    }
}

/// A body whose trailers are looked at as they pass.
struct Watched {
    body: Body,
    outcome: Outcome,
}

impl http_body::Body for Watched {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let Self { body, outcome } = &mut *self;
        let polled = outcome.span.in_scope(|| Pin::new(body).poll_frame(context));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    outcome.note(trailers);
                }
            }
            Poll::Ready(Some(Err(status))) => outcome.code = Some(status.code()),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_ids_are_taken_from_callers() {
        let taken = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(id).expect("the id is a header's value"));
            RequestId::of(&headers).as_str() == id
        };
        assert!(taken("ci-42.retry_1"));
        for id in ["", "a b", "line\tbreak", &"x".repeat(65), "{\"injected\":1}"] {
            assert!(!taken(id), "{id}");
        }
        assert_ne!(RequestId::new(), RequestId::new());
    }
}
