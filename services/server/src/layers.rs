//! What every call passes on its way to its method, one file a layer.
//!
//! There are two stacks. [`every_call`] is around all services. [`resolver_calls`] is around the
//! resolver alone, so that a busy service still answers the probes that ask for its health.
//!
//! A reply's body is part of its call: a stream holds its place among the calls in flight, its
//! deadline and its panics matter until its last message.

pub mod admission;
pub mod deadline;
pub mod identity;
pub mod panic_guard;
pub mod quota;
pub mod request_span;
pub mod terms;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::Deserialize;
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tower::{Layer, ServiceBuilder};

use self::admission::{Admission, AdmissionLayer};
use self::deadline::{Deadline, DeadlineLayer};
use self::identity::{Identification, IdentityLayer};
use self::panic_guard::{PanicGuard, PanicGuardLayer};
use self::quota::{Quota, QuotaLayer};
use self::request_span::{RequestSpan, RequestSpanLayer};
use self::terms::Current;
use crate::config::ConfigError;

/// A call as the layers see it.
pub type Request = http::Request<Body>;
/// A reply as the layers see it.
pub type Response = http::Response<Body>;
/// What a layer returns.
pub type Reply<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

/// `[limits]`: how much work is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Calls of the resolver in flight at once; more are refused at once. Default: 64.
    pub max_in_flight: usize,
    /// Calls of one tenant in flight at once. Default: no limit but the one for all.
    pub tenant_in_flight: Option<usize>,
    /// Calls of one tenant that may begin in a second, in the long run. Default: no limit.
    pub tenant_per_second: Option<u32>,
    /// Calls of one tenant that may begin at once, after it has not called for a while; at most those of
    /// a minute. Default: those of a second.
    pub tenant_burst: Option<u32>,
    /// Time for solving one request at the most, waiting for registries not included. Default: `2s`.
    #[serde(with = "humantime_serde")]
    pub solve_budget: Duration,
    /// Decisions of the solver for one request at the most. Default: 1000000.
    pub solve_steps: u64,
    /// The longest request message, in MiB after decompression, 1 to 64. Default: 4, the contract's.
    pub max_request_mib: usize,
    /// The longest response message, in MiB, 1 to 1024. Default: 64, the contract's.
    pub max_response_mib: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_in_flight: 64,
            tenant_in_flight: None,
            tenant_per_second: None,
            tenant_burst: None,
            solve_budget: Duration::from_secs(2),
            solve_steps: 1_000_000,
            max_request_mib: 4,
            max_response_mib: 64,
        }
    }
}

impl LimitsConfig {
    /// Checks that every limit leaves something.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let within = [
            ("limits.max_in_flight", self.max_in_flight, 1..=65536),
            ("limits.max_request_mib", self.max_request_mib, 1..=64),
            ("limits.max_response_mib", self.max_response_mib, 1..=1024),
        ];
        for (key, value, range) in within {
            if !range.contains(&value) {
                let reason = format!("is {value}; write {} to {}", range.start(), range.end());
                return Err(ConfigError::invalid(key, reason));
            }
        }
        self.validate_shares()?;
        if self.solve_budget.is_zero() {
            return Err(ConfigError::invalid("limits.solve_budget", "is nothing; write e.g. `2s`"));
        }
        if self.solve_steps == 0 {
            return Err(ConfigError::invalid("limits.solve_steps", "is 0; write e.g. 1000000"));
        }
        Ok(())
    }
}

impl LimitsConfig {
    /// Checks what belongs to one tenant.
    fn validate_shares(&self) -> Result<(), ConfigError> {
        if let Some(most) = self.tenant_in_flight
            && !(1..=self.max_in_flight).contains(&most)
        {
            let reason = format!("is {most}; write 1 to `limits.max_in_flight`, or leave it out");
            return Err(ConfigError::invalid("limits.tenant_in_flight", reason));
        }
        if self.tenant_per_second.is_some_and(|rate| !(1..=100_000).contains(&rate)) {
            let reason = "is out of bounds; write 1 to 100000, or leave it out";
            return Err(ConfigError::invalid("limits.tenant_per_second", reason));
        }
        match (self.tenant_burst, self.tenant_per_second) {
            (Some(_), None) => {
                let reason = "has no meaning without `limits.tenant_per_second`";
                Err(ConfigError::invalid("limits.tenant_burst", reason))
            }
            (Some(burst), Some(rate)) if burst == 0 || u64::from(burst) > u64::from(rate) * 60 => {
                let reason = format!("is {burst}; write 1 to 60 times `limits.tenant_per_second`");
                Err(ConfigError::invalid("limits.tenant_burst", reason))
            }
            _ => Ok(()),
        }
    }
}

/// What the resolver lies within.
type Resolving<S> = Admission<Deadline<Identification<Quota<S>>>>;

/// The stack around all services. Outermost first: a call meets the layers in the order written.
pub fn every_call<S>() -> impl Layer<S, Service = RequestSpan<PanicGuard<S>>> + Clone {
    ServiceBuilder::new()
        // Opens the span that all later log lines belong to, and logs the outcome.
        .layer(RequestSpanLayer)
        // Turns a panic into this call's INTERNAL, so that no other call is hurt.
        .layer(PanicGuardLayer)
        .into_inner()
}

/// The stack around the resolver, within [`every_call`]. Outermost first. `calls` is told of all
/// calls that are admitted.
///
/// Nobody is asked who they are for health, since probes have no tokens, nor for reflection, which
/// tells the published contract and nothing else.
pub fn resolver_calls<S>(
    current: Current,
    calls: TaskTracker,
) -> impl Layer<S, Service = Resolving<S>> + Clone + use<S> {
    ServiceBuilder::new()
        // Turns "too busy" into RESOURCE_EXHAUSTED instead of a growing queue.
        .layer(AdmissionLayer::new(current.clone(), calls))
        // Ends a call whose caller no longer waits, with DEADLINE_EXCEEDED; its place becomes free.
        .layer(DeadlineLayer)
        // Knows the caller, or answers UNAUTHENTICATED; what it may not do is PERMISSION_DENIED.
        .layer(IdentityLayer::new(current.clone()))
        // Keeps one tenant from using up what all share, with RESOURCE_EXHAUSTED.
        .layer(QuotaLayer::new(current))
        .into_inner()
}

#[cfg(test)]
mod tests {
    use super::terms::Terms;
    use super::*;
    use crate::identity::{Identity, IdentityConfig};

    #[test]
    fn the_stacks_are_in_the_order_written() {
        let around_all = every_call::<()>().layer(());
        let identity = Identity::new(&IdentityConfig::default(), false, true);
        let (_, current) = Current::new(Terms::new(&LimitsConfig::default(), identity));
        let around_resolver = resolver_calls::<()>(current, TaskTracker::new()).layer(());
        let names =
            [std::any::type_name_of_val(&around_all), std::any::type_name_of_val(&around_resolver)];
        let order = |name: &str| -> Vec<String> {
            let parts = name.split(['<', '>']).filter(|part| !part.is_empty() && *part != "()");
            parts.map(|part| part.rsplit("::").next().unwrap_or(part).to_owned()).collect()
        };
        assert_eq!(order(names[0]), ["RequestSpan", "PanicGuard"]);
        assert_eq!(order(names[1]), ["Admission", "Deadline", "Identification", "Quota"]);
    }
}
