//! A call has a caller, who may do what it asks for; others are `UNAUTHENTICATED` or
//! `PERMISSION_DENIED`.
//!
//! It stands within the limit of calls in flight, so that guesses cannot crowd out more than that, and
//! outside of every limit that belongs to one tenant.

use std::task::{Context, Poll};

use tonic::Status;
use tonic::server::NamedService;
use tower::{Layer, Service};

use super::request_span::CallSpan;
use super::terms::Current;
use super::{Reply, Request, Response};
use crate::errors;
use crate::identity::{Identity, scope_of};
use crate::serve::Peer;

/// Makes [`Identification`]s.
#[derive(Clone, Debug)]
pub struct IdentityLayer {
    current: Current,
}

impl IdentityLayer {
    /// Callers are those that are known at the moment.
    pub fn new(current: Current) -> Self {
        Self { current }
    }
}

/// Puts the [`Caller`](crate::identity::Caller) among the request's extensions, and refuses who may
/// not call.
#[derive(Clone, Debug)]
pub struct Identification<S> {
    inner: S,
    current: Current,
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identification<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Identification { inner, current: self.current.clone() }
    }
}

impl<S: NamedService> NamedService for Identification<S> {
    const NAME: &'static str = S::NAME;
}

/// Finds out who calls, or says why the call is refused.
async fn identify(identity: &Identity, request: &mut Request) -> Result<(), Status> {
    let peer = request.extensions().get::<Peer>();
    let certificate = peer.and_then(|peer| peer.certificate.clone());
    let caller = identity.caller(request.headers_mut(), certificate.as_ref()).await;
    let caller = caller.map_err(errors::unauthenticated)?;
    if let Some(span) = request.extensions().get::<CallSpan>() {
        span.belongs_to(&caller.tenant);
    }
    let asked = scope_of(request.uri().path());
    if !caller.scopes.contains(asked) {
        return Err(errors::forbidden(&caller, asked));
    }
    request.extensions_mut().insert(caller);
    Ok(())
}

impl<S> Service<Request> for Identification<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
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
        let terms = self.current.terms();
        // The one that was found ready is the one that is called.
        let another = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, another);
        Box::pin(async move {
            match identify(&terms.identity, &mut request).await {
                Ok(()) => inner.call(request).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}
