//! A call has a caller, who may do what it asks for; others are `UNAUTHENTICATED` or
//! `PERMISSION_DENIED`.
//!
//! It stands within the limit of calls in flight, so that guesses cannot crowd out more than that, and
//! outside of every limit that belongs to one tenant.

use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::server::NamedService;
use tower::{Layer, Service};

use super::request_span::CallSpan;
use super::{Reply, Request, Response};
use crate::errors;
use crate::identity::{Identity, scope_of};

/// Makes [`Identification`]s.
#[derive(Clone, Debug)]
pub struct IdentityLayer {
    identity: Arc<Identity>,
}

impl IdentityLayer {
    /// Callers are those that `identity` knows.
    pub fn new(identity: Identity) -> Self {
        Self { identity: Arc::new(identity) }
    }
}

/// Puts the [`Caller`](crate::identity::Caller) among the request's extensions, and refuses who may
/// not call.
#[derive(Clone, Debug)]
pub struct Identification<S> {
    inner: S,
    identity: Arc<Identity>,
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identification<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Identification { inner, identity: Arc::clone(&self.identity) }
    }
}

impl<S: NamedService> NamedService for Identification<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Identification<S> {
    /// Finds out who calls, or says why the call is refused.
    fn identify(&self, request: &mut Request) -> Result<(), Status> {
        let caller = self.identity.caller(request.headers_mut());
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
}

impl<S> Service<Request> for Identification<S>
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
        match self.identify(&mut request) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(status) => Box::pin(async move { Ok(status.into_http()) }),
        }
    }
}
