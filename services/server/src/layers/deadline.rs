//! A call ends by its `grpc-timeout`, with `DEADLINE_EXCEEDED`.
//!
//! tonic has a timeout of its own, which answers `CANCELLED`. This one comes a little earlier: it is
//! the one that callers see, and its answer still has time to reach them. The instant is among the
//! request's [extensions](AnswerBy), so that solving can end in time for a partial answer. Where there
//! is none, because registries are awaited, the status tells how far the work was: methods tell it by
//! the [`Watch`] among the extensions.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use engine::{Progress, Watcher};
use http::HeaderMap;
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::{Layer, Service};

use super::panic_guard::trailers;
use super::{Reply, Request, Response};
use crate::errors;

/// The header in which gRPC states how long the caller waits.
const HEADER: &str = "grpc-timeout";
/// A tenth of the time, within these bounds, is left for the answer's way back. The lower one is
/// above the timer's grain of a millisecond, so that tonic's timer never comes first.
const WAY_BACK: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// The instant by which a call is to be answered; among the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerBy(pub Instant);

/// Where a method tells how far it is; among the request's extensions if there is a deadline.
#[derive(Clone)]
pub struct Watch(pub Watcher);

/// The last step that a method has told, to be read once the time is up.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Option<Progress>>>);

impl Told {
    fn watch(&self) -> Watch {
        let told = self.clone();
        Watch(Arc::new(move |progress| {
            if matches!(progress, Progress::Step { .. }) {
                *told.last() = Some(progress);
            }
        }))
    }

    fn reached(&self) -> Option<Progress> {
        self.last().take()
    }

    fn last(&self) -> MutexGuard<'_, Option<Progress>> {
        // Whatever panicked elsewhere, a step is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes [`Deadline`]s.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer;

/// Ends calls whose caller no longer waits.
#[derive(Clone, Debug)]
pub struct Deadline<S> {
    inner: S,
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadline { inner }
    }
}

impl<S: NamedService> NamedService for Deadline<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request> for Deadline<S>
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

    fn call(&mut self, mut request: Request) -> Self::Future {
        let allowed = match timeout(request.headers()) {
            Ok(Some(allowed)) => allowed,
            Ok(None) => return Box::pin(self.inner.call(request)),
            Err(status) => return Box::pin(async move { Ok((*status).into_http()) }),
        };
        let (least, most) = WAY_BACK;
        let instant = Instant::now() + allowed.saturating_sub((allowed / 10).clamp(least, most));
        request.extensions_mut().insert(AnswerBy(instant));
        let told = Told::default();
        request.extensions_mut().insert(told.watch());
        let reply = self.inner.call(request);
        Box::pin(async move {
            match tokio::time::timeout_at(instant, reply).await {
                Ok(response) => Ok(response?.map(|body| {
                    let timer = Box::pin(sleep_until(instant));
                    Body::new(Timed { body: Some(body), timer, allowed, told })
                })),
                Err(_) => Ok(errors::deadline(allowed, told.reached()).into_http()),
            }
        })
    }
}

/// Reads `grpc-timeout`: at most eight digits and a unit.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Box<Status>> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let read = || {
        let (digits, unit) = value.to_str().ok()?.split_at_checked(value.len().checked_sub(1)?)?;
        if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let count: u64 = digits.parse().ok()?;
        match unit {
            "H" => Some(Duration::from_secs(count * 3600)),
            "M" => Some(Duration::from_secs(count * 60)),
            "S" => Some(Duration::from_secs(count)),
            "m" => Some(Duration::from_millis(count)),
            "u" => Some(Duration::from_micros(count)),
            "n" => Some(Duration::from_nanos(count)),
            _ => None,
        }
    };
    let expected = "a number of at most eight digits and one of the units H, M, S, m, u, n";
    read().map(Some).ok_or_else(|| Box::new(errors::malformed_header(HEADER, expected)))
}

/// A body that ends with `DEADLINE_EXCEEDED` when the time is up.
struct Timed {
    /// Absent once the time is up.
    body: Option<Body>,
    timer: Pin<Box<Sleep>>,
    allowed: Duration,
    told: Told,
}

impl http_body::Body for Timed {
    type Data = bytes::Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let ready @ Poll::Ready(_) = Pin::new(body).poll_frame(context) {
            return ready;
        }
        if self.timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.body = None;
        let reached = self.told.reached();
        Poll::Ready(Some(trailers(&errors::deadline(self.allowed, reached))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.as_ref().map_or_else(http_body::SizeHint::default, http_body::Body::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Option<Duration>> {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static(HEADER),
            http::HeaderValue::from_str(text).expect("the text is a header's value"),
        )]);
        timeout(&headers).ok()
    }

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        assert_eq!(read("2S"), Some(Some(Duration::from_secs(2))));
        assert_eq!(read("99999999H"), Some(Some(Duration::from_secs(99_999_999 * 3600))));
        assert_eq!(read("500u"), Some(Some(Duration::from_micros(500))));
        for text in ["", "S", "2", "2s", "123456789m", "-1S", "+1S", "1.5S", "2 S"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(timeout(&HeaderMap::new()).ok(), Some(None));
    }
}
