//! Each tenant has a share of its own: calls in flight, and calls a second.
//!
//! One caller's loop or burst is refused while others are answered. What is refused costs no work, and
//! says when to come again. A stream counts until its last message, as it does for all calls together.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::server::NamedService;
use tower::{Layer, Service};

use super::admission::hold;
use super::terms::Current;
use super::{LimitsConfig, Reply, Request, Response};
use crate::errors;
use crate::identity::{Caller, Tenant};

/// So many tenants are known before those are forgotten who have not called for a while.
const MANY: usize = 4096;
/// Who has not called for so long has its whole share again, and can be forgotten.
pub(super) const WHILE: Duration = Duration::from_secs(60);

/// What one tenant has used of its share.
#[derive(Debug)]
struct Account {
    places: Option<Arc<Semaphore>>,
    rate: Option<DefaultDirectRateLimiter>,
    last_call: Instant,
}

/// The accounts of all tenants.
#[derive(Debug)]
pub(super) struct Accounts {
    limits: LimitsConfig,
    known: Mutex<HashMap<Tenant, Account>>,
}

impl Accounts {
    /// Nobody has called so far.
    pub(super) fn new(limits: &LimitsConfig) -> Self {
        Self { limits: limits.clone(), known: Mutex::default() }
    }

    /// Lets a call begin, or says when the tenant may try again.
    fn begin(&self, tenant: &Tenant) -> Result<Option<OwnedSemaphorePermit>, Status> {
        let limits = &self.limits;
        if limits.tenant_in_flight.is_none() && limits.tenant_per_second.is_none() {
            return Ok(None);
        }
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY && !known.contains_key(tenant) {
            let whole = |account: &Account| {
                let free = account.places.as_ref().map(|places| places.available_permits());
                free == limits.tenant_in_flight
            };
            known.retain(|_, one| now.duration_since(one.last_call) < WHILE || !whole(one));
        }
        let account = known.entry(tenant.clone()).or_insert_with(|| Account {
            places: limits.tenant_in_flight.map(|most| Arc::new(Semaphore::new(most))),
            rate: limits.quota().map(RateLimiter::direct),
            last_call: now,
        });
        account.last_call = now;
        let place = match &account.places {
            Some(places) => match Arc::clone(places).try_acquire_owned() {
                Ok(place) => Some(place),
                Err(_) => return Err(errors::caller_at_limit(tenant, "calls in flight", None)),
            },
            None => None,
        };
        if let Some(rate) = &account.rate
            && let Err(early) = rate.check()
        {
            let wait = early.wait_time_from(DefaultClock::default().now());
            return Err(errors::caller_at_limit(tenant, "calls a second", Some(wait)));
        }
        Ok(place)
    }
}

impl LimitsConfig {
    /// How often one tenant may call, if that is limited.
    fn quota(&self) -> Option<governor::Quota> {
        let per_second = NonZeroU32::new(self.tenant_per_second?)?;
        let burst = NonZeroU32::new(self.tenant_burst.unwrap_or(per_second.get()))?;
        Some(governor::Quota::per_second(per_second).allow_burst(burst))
    }
}

/// Makes [`Quota`]s that share their accounts.
#[derive(Clone, Debug)]
pub struct QuotaLayer {
    current: Current,
}

impl QuotaLayer {
    /// Shares are what they are at the moment.
    pub fn new(current: Current) -> Self {
        Self { current }
    }
}

/// Refuses calls beyond the caller's share.
#[derive(Clone, Debug)]
pub struct Quota<S> {
    inner: S,
    current: Current,
}

impl<S> Layer<S> for QuotaLayer {
    type Service = Quota<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Quota { inner, current: self.current.clone() }
    }
}

impl<S: NamedService> NamedService for Quota<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request> for Quota<S>
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
        // Who nobody has asked for a name is anonymous.
        let tenant = request.extensions().get::<Caller>().map(|caller| caller.tenant.clone());
        let begun = self.current.terms().accounts.begin(&tenant.unwrap_or_else(Tenant::anonymous));
        let place = match begun {
            Ok(place) => place,
            Err(status) => return Box::pin(async move { Ok(status.into_http()) }),
        };
        let reply = self.inner.call(request);
        Box::pin(async move { Ok(hold(reply.await?, place)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_who_are_many_are_forgotten_only_while_they_use_nothing() {
        let limits = LimitsConfig { tenant_in_flight: Some(1), ..LimitsConfig::default() };
        let accounts = Accounts::new(&limits);
        let tenant = |number: usize| Tenant::new(&number.to_string());
        let place = accounts.begin(&tenant(0)).expect("it is the first call");
        for number in 1..MANY {
            accounts.begin(&tenant(number)).expect("it is the tenant's first call");
        }
        // All of them called a moment ago: none is forgotten.
        accounts.begin(&tenant(MANY)).expect("it is the tenant's first call");
        let long_ago = Instant::now() - 2 * WHILE;
        let mut known = accounts.known.lock().expect("nobody panicked");
        known.values_mut().for_each(|account| account.last_call = long_ago);
        drop(known);
        accounts.begin(&tenant(MANY + 1)).expect("it is the tenant's first call");
        assert_eq!(accounts.known.lock().expect("nobody panicked").len(), 2);
        assert!(accounts.begin(&tenant(0)).is_err(), "its call is still in flight");
        drop(place);
        assert!(accounts.begin(&tenant(0)).is_ok());
    }
}
