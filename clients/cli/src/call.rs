//! A call to the service.
//!
//! The stream is asked first, since it tells how it goes; a service that has no stream is asked
//! without. The user's patience bounds all of it: connecting, waiting, and trying again.
//!
//! Invariant: the address in an error or in what is shown on the way is masked, so that none repeats
//! a user or a password.

pub mod access;
mod retry;
pub mod spinner;

use std::time::{Duration, Instant};

use proto::v1::{
    ExplainRequest, ExplainResponse, ResolveRequest, ResolveResponse, ResolveStreamRequest,
    resolve_stream_response::Event, resolver_service_client::ResolverServiceClient,
};
use tonic::{
    Code, Request, Status,
    codec::CompressionEncoding,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use self::{
    access::{Access, AccessError},
    spinner::Spinner,
};
use crate::{
    arguments::Service,
    input::source::{masked, masked_address},
};

/// The largest answer that is read, in bytes, as the contract recommends.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// How long an answer may be under way after the deadline that the service was given.
const GRACE: Duration = Duration::from_millis(500);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address cannot be one of a service.
    #[error("`{server}` is not the address of a service")]
    Address {
        /// The address, masked.
        server: String,
    },
    /// There is no token or no certificate to ask with.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The certificates at hand cannot be used, so that no service can be trusted.
    #[error("cannot judge whether `{server}` is to be trusted: {cause}")]
    Roots {
        /// The address, masked.
        server: String,
        /// What is wrong with the certificates.
        cause: String,
    },
    /// Nobody answers there.
    #[error("could not reach `{server}`: {cause}")]
    Unreachable {
        /// The address, masked.
        server: String,
        /// What the system says.
        cause: String,
    },
    /// The time is over.
    #[error("`{server}` did not answer within {} s", .timeout.as_secs_f64())]
    Late {
        /// The address, masked.
        server: String,
        /// The time that was given.
        timeout: Duration,
    },
    /// The stream ended well and without an answer.
    #[error("`{server}` ended the call without an answer")]
    NoAnswer {
        /// The address, masked.
        server: String,
    },
    /// The service says no.
    #[error("`{server}` refused the call: {}", .status.message())]
    Refused {
        /// The address, masked.
        server: String,
        /// What it says.
        status: Box<Status>,
    },
}

/// Asks the service for an answer within its time.
pub async fn resolve(
    service: &Service,
    request: ResolveRequest,
    spinner: &mut Spinner,
) -> Result<ResolveResponse, CallError> {
    let shown = masked_address(&service.server);
    let (call, endpoint) = Call::to(service, &shown)?;
    let answer = call
        .within_time(endpoint, spinner, async |client, spinner| {
            call.answer(&request, client, spinner).await
        })
        .await?;
    answer.ok_or_else(|| CallError::NoAnswer { server: shown.clone() })
}

/// Asks the service within its time why a package is in an answer.
pub async fn explain(
    service: &Service,
    request: ExplainRequest,
    spinner: &mut Spinner,
) -> Result<ExplainResponse, CallError> {
    let shown = masked_address(&service.server);
    let (call, endpoint) = Call::to(service, &shown)?;
    call.within_time(endpoint, spinner, async |client, _| {
        Ok(client.explain(call.message(request.clone())).await?.into_inner())
    })
    .await
}

type Client = ResolverServiceClient<Channel>;

/// One question, however often it is sent.
struct Call<'a> {
    /// The address, masked.
    server: &'a str,
    timeout: Duration,
    deadline: Instant,
    /// What stands under `authorization`.
    bearer: Option<MetadataValue<Ascii>>,
}

impl<'a> Call<'a> {
    /// A call to the service, whose address is `shown`, and the way there.
    fn to(service: &Service, shown: &'a str) -> Result<(Self, Endpoint), CallError> {
        let Access { endpoint, bearer } = Access::of(service, shown)?;
        let timeout = service.timeout;
        Ok((Self { server: shown, timeout, deadline: Instant::now() + timeout, bearer }, endpoint))
    }

    /// Sends what `once` sends until it is answered, or the time is over.
    async fn within_time<T>(
        &self,
        endpoint: Endpoint,
        spinner: &mut Spinner,
        once: impl AsyncFn(&mut Client, &mut Spinner) -> Result<T, Status>,
    ) -> Result<T, CallError> {
        let answer = self.persist(endpoint, spinner, once);
        match tokio::time::timeout(self.timeout + GRACE, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(CallError::Late { server: self.server.to_owned(), timeout: self.timeout })
            }
        }
    }

    async fn persist<T>(
        &self,
        endpoint: Endpoint,
        spinner: &mut Spinner,
        once: impl AsyncFn(&mut Client, &mut Spinner) -> Result<T, Status>,
    ) -> Result<T, CallError> {
        spinner.step(format!("reaching {}", self.server));
        let channel = endpoint.connect().await.map_err(|error| self.unreachable(&error))?;
        let mut client = ResolverServiceClient::new(channel)
            .accept_compressed(CompressionEncoding::Zstd)
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_ANSWER_BYTES);
        let mut attempt = 1;
        loop {
            spinner.step("waiting for the answer");
            let status = match once(&mut client, spinner).await {
                Ok(answer) => return Ok(answer),
                Err(status) => status,
            };
            match retry::wait(&status, attempt) {
                Some(wait) if wait < self.remaining() => {
                    spinner.step(format!(
                        "trying again in {:.1} s: {}",
                        wait.as_secs_f64(),
                        status.message()
                    ));
                    tokio::time::sleep(wait).await;
                }
                _ => return Err(self.refused(status)),
            }
            attempt += 1;
        }
    }

    /// Sends a request once, by the stream if there is one. A stream may end without an answer.
    async fn answer(
        &self,
        request: &ResolveRequest,
        client: &mut Client,
        spinner: &mut Spinner,
    ) -> Result<Option<ResolveResponse>, Status> {
        match self.stream(request, client, spinner).await {
            Err(status) if lacks_stream(&status) => {
                let answer = client.resolve(self.message(request.clone())).await?;
                Ok(Some(answer.into_inner()))
            }
            other => other,
        }
    }

    async fn stream(
        &self,
        request: &ResolveRequest,
        client: &mut Client,
        spinner: &mut Spinner,
    ) -> Result<Option<ResolveResponse>, Status> {
        let request = ResolveStreamRequest { request: Some(request.clone()) };
        let mut events = client.resolve_stream(self.message(request)).await?.into_inner();
        let mut answer = None;
        // The stream is read to its end, since its status comes last.
        while let Some(message) = events.message().await? {
            match message.event {
                Some(Event::Progress(progress)) => spinner.progress(&progress),
                Some(Event::Tentative(tentative)) => spinner.tentative(tentative),
                Some(Event::Answer(response)) => answer = Some(response),
                // An event of a later contract.
                None => {}
            }
        }
        Ok(answer)
    }

    /// A message with the caller's token, and the time that is left as its deadline.
    fn message<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.remaining());
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().insert("authorization", bearer.clone());
        }
        request
    }

    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn unreachable(&self, error: &tonic::transport::Error) -> CallError {
        CallError::Unreachable { server: self.server.to_owned(), cause: innermost(error) }
    }

    fn refused(&self, status: Status) -> CallError {
        // The time may run out here or there first; the user is told the same.
        if self.remaining().is_zero()
            && matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded)
        {
            return CallError::Late { server: self.server.to_owned(), timeout: self.timeout };
        }
        CallError::Refused { server: self.server.to_owned(), status: Box::new(status) }
    }
}

/// What lies behind an error of the transport, whose own words say no more than that it is one.
fn innermost(error: &tonic::transport::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    masked(&cause.to_string())
}

/// Whether it is the stream itself that the service lacks, and not a field of the request.
fn lacks_stream(status: &Status) -> bool {
    status.code() == Code::Unimplemented && status.get_details_bad_request().is_none()
}
