//! What a failed call says, as `error.proto` documents it.
//!
//! Every status carries an `ErrorInfo` with a [`Reason`]; faulty fields come as `BadRequest`, and
//! `RetryInfo` comes where waiting helps. Invariant: no detail holds a secret, and all details of one
//! status together stay below what common clients take as headers (8 KiB).

use std::collections::HashMap;
use std::time::Duration;

use engine::{Error, Invalid, Progress, RegistryError};
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use crate::identity::{Caller, Scope, Stranger, Tenant};

/// The `domain` of every `ErrorInfo`.
const DOMAIN: &str = "quartermaster.resolver.v1";
/// The most violations that one status names; more would not fit into headers.
const MAX_VIOLATIONS: usize = 10;
/// The longest description of a violation, and message of a status, in bytes.
const MAX_TEXT: usize = 300;
/// How long a caller waits before it asks a busy service again.
const RETRY_WHEN_BUSY: Duration = Duration::from_millis(500);
/// How long a caller waits before it asks for a registry again that did not say when.
const RETRY_REGISTRY: Duration = Duration::from_secs(5);

/// Why a call failed: the values of the contract's `ErrorReason` that this version sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A text does not follow its grammar.
    Malformed,
    /// A required field is absent.
    Missing,
    /// Two fields contradict each other.
    Contradictory,
    /// A list, text or number is beyond its limit.
    LimitExceeded,
    /// A registry is named that is not declared.
    UnknownRegistry,
    /// The contract has it, this version does not.
    Unsupported,
    /// As many calls are in flight as are allowed.
    Overloaded,
    /// The caller is at its own limit.
    CallerLimit,
    /// The deadline passed.
    Deadline,
    /// A registry could not be read.
    RegistryUnavailable,
    /// A registry refused the credentials.
    RegistryRefused,
    /// A registry served something that is no document of its kind.
    RegistryMalformed,
    /// A snapshot is not remembered.
    SnapshotUnknown,
    /// The caller does not say who it is, or not credibly.
    Unauthenticated,
    /// The caller is known, and may not do this.
    Forbidden,
    /// Our own fault.
    Internal,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 16] = [
        Self::Malformed,
        Self::Missing,
        Self::Contradictory,
        Self::LimitExceeded,
        Self::UnknownRegistry,
        Self::Unsupported,
        Self::Overloaded,
        Self::CallerLimit,
        Self::Deadline,
        Self::RegistryUnavailable,
        Self::RegistryRefused,
        Self::RegistryMalformed,
        Self::SnapshotUnknown,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Internal,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "MALFORMED",
            Self::Missing => "MISSING",
            Self::Contradictory => "CONTRADICTORY",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::UnknownRegistry => "UNKNOWN_REGISTRY",
            Self::Unsupported => "UNSUPPORTED",
            Self::Overloaded => "OVERLOADED",
            Self::CallerLimit => "CALLER_LIMIT",
            Self::Deadline => "DEADLINE",
            Self::RegistryUnavailable => "REGISTRY_UNAVAILABLE",
            Self::RegistryRefused => "REGISTRY_REFUSED",
            Self::RegistryMalformed => "REGISTRY_MALFORMED",
            Self::SnapshotUnknown => "SNAPSHOT_UNKNOWN",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::Internal => "INTERNAL",
        }
    }

    fn code(self) -> Code {
        match self {
            Self::Malformed
            | Self::Missing
            | Self::Contradictory
            | Self::LimitExceeded
            | Self::UnknownRegistry => Code::InvalidArgument,
            Self::Unsupported => Code::Unimplemented,
            Self::Overloaded | Self::CallerLimit => Code::ResourceExhausted,
            Self::Deadline => Code::DeadlineExceeded,
            Self::RegistryUnavailable | Self::RegistryMalformed => Code::Unavailable,
            Self::SnapshotUnknown => Code::FailedPrecondition,
            Self::RegistryRefused | Self::Forbidden => Code::PermissionDenied,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Internal => Code::Internal,
        }
    }
}

/// One faulty field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What kind of fault.
    pub reason: Reason,
    /// The path of the field from the root of the `ResolveRequest`.
    pub field: String,
    /// The place in the field's text, counted in characters from 1.
    pub column: Option<usize>,
    /// One sentence for people.
    pub description: String,
}

/// A request that cannot be taken up: all its faulty fields, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The faults, in the order of the request.
    pub violations: Vec<Violation>,
}

impl From<Refusal> for Status {
    /// What is malformed comes first: mending it is up to the caller, and as a rule quickly done.
    fn from(refusal: Refusal) -> Self {
        let (unsupported, malformed): (Vec<_>, Vec<_>) = refusal
            .violations
            .into_iter()
            .partition(|violation| violation.reason == Reason::Unsupported);
        let mut told = if malformed.is_empty() { unsupported } else { malformed };
        told.truncate(MAX_VIOLATIONS);
        let Some(first) = told.first() else {
            return internal("a refusal without a fault");
        };
        let mut metadata = HashMap::from([("field".to_owned(), first.field.clone())]);
        if let Some(column) = first.column {
            metadata.insert("column".to_owned(), column.to_string());
        }
        let message = format!("`{}`: {}", first.field, described(first));
        let mut details = details(first.reason, metadata);
        let (code, reason) = (first.reason.code(), first.reason);
        tracing::debug!(reason = reason.name(), "{message}");
        details.set_bad_request(
            told.iter()
                .map(|violation| FieldViolation::new(&violation.field, described(violation)))
                .collect::<Vec<_>>(),
        );
        Self::with_error_details(code, shortened(&message), details)
    }
}

/// The status of an error of the engine; `path` turns the engine's fields into the contract's.
pub fn status(error: Error, path: impl Fn(&str) -> String) -> Status {
    let violation = |invalid: Invalid, reason| Violation {
        reason,
        field: path(&invalid.field),
        column: invalid.column,
        description: invalid.reason,
    };
    match error {
        Error::Invalid(invalid) => {
            let violations =
                invalid.into_iter().map(|one| violation(one, Reason::Malformed)).collect();
            Refusal { violations }.into()
        }
        Error::Unsupported(invalid) => {
            Refusal { violations: vec![violation(invalid, Reason::Unsupported)] }.into()
        }
        Error::Registry { source } => registry(&source),
        Error::Internal { id } => internal(&id),
        Error::Deadline(allowed) => deadline(allowed, None),
        Error::NoSnapshot | Error::OldSnapshot => {
            let metadata = HashMap::from([("field".to_owned(), "snapshot_token".to_owned())]);
            let reason = Reason::SnapshotUnknown;
            let details = details(reason, metadata);
            Status::with_error_details(reason.code(), shortened(&error.to_string()), details)
        }
    }
}

/// A registry could not be read, and nothing usable is remembered.
fn registry(error: &RegistryError) -> Status {
    let (reason, wait) = match error {
        RegistryError::Unavailable { retry_after, .. } => {
            (Reason::RegistryUnavailable, Some(retry_after.unwrap_or(RETRY_REGISTRY)))
        }
        RegistryError::Forbidden { .. } => (Reason::RegistryRefused, None),
        RegistryError::Unusable { .. }
        | RegistryError::WrongHash { .. }
        | RegistryError::UndeclaredHost { .. }
        | RegistryError::InsecureHop { .. }
        | RegistryError::TooLarge { .. }
        | RegistryError::OtherEcosystem { .. }
        | RegistryError::Config { .. }
        | RegistryError::Recording { .. } => (Reason::RegistryMalformed, None),
    };
    let metadata = HashMap::from([("registry".to_owned(), error.registry().to_owned())]);
    let mut details = details(reason, metadata);
    if wait.is_some() {
        details.set_retry_info(wait);
    }
    let message = match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    Status::with_error_details(reason.code(), shortened(&message), details)
}

/// A method that the contract has and this version does not.
pub fn unsupported_method(method: &str) -> Status {
    let message = format!("`{method}` is not supported by this version of the service");
    Status::with_error_details(
        Code::Unimplemented,
        message,
        details(Reason::Unsupported, HashMap::new()),
    )
}

/// As many calls are in flight as are allowed.
pub fn overloaded() -> Status {
    let mut details = details(Reason::Overloaded, HashMap::new());
    details.set_retry_info(Some(RETRY_WHEN_BUSY));
    let message = "the service is at its limit of concurrent calls; try again soon";
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// A tenant has as many `calls` as it may; `wait` is how long until it may have another.
pub fn caller_at_limit(tenant: &Tenant, calls: &str, wait: Option<Duration>) -> Status {
    let wait = wait.unwrap_or(RETRY_WHEN_BUSY);
    let mut details = details(Reason::CallerLimit, HashMap::new());
    details.set_retry_info(Some(wait));
    let name = tenant.name();
    let message = format!("`{name}` is at its limit of {calls}; try again in {}", in_words(wait));
    Status::with_error_details(Code::ResourceExhausted, shortened(&message), details)
}

/// A time to wait, rounded up so that it suffices.
fn in_words(wait: Duration) -> String {
    format!("{:.1} s", (wait.as_secs_f64() * 10.0).ceil() / 10.0)
}

/// The deadline passed before there was an answer; `reached` is how far the work was, as far as it
/// was told.
pub fn deadline(allowed: Duration, reached: Option<Progress>) -> Status {
    let mut message = format!("the deadline of {allowed:?} passed before there was an answer");
    let mut metadata = HashMap::new();
    if let Some(Progress::Step { round, text, requested, done, .. }) = reached {
        message = format!("{message}, while {text}");
        for (key, number) in
            [("round", round), ("documents_requested", requested), ("documents_done", done)]
        {
            metadata.insert(key.to_owned(), number.to_string());
        }
    }
    let details = details(Reason::Deadline, metadata);
    let message = shortened(&message);
    Status::with_error_details(Code::DeadlineExceeded, message, details)
}

/// The caller does not say who it is, or not credibly. The header says how to, as HTTP has it.
pub fn unauthenticated(stranger: Stranger) -> Status {
    let mut details = details(Reason::Unauthenticated, HashMap::new());
    if stranger == Stranger::Unjudged {
        details.set_retry_info(Some(RETRY_REGISTRY));
    }
    let mut status =
        Status::with_error_details(Code::Unauthenticated, stranger.to_string(), details);
    let challenge = match stranger {
        Stranger::Silent | Stranger::Nameless => "Bearer realm=\"quartermaster\"",
        Stranger::Unreadable => "Bearer realm=\"quartermaster\", error=\"invalid_request\"",
        Stranger::Unknown | Stranger::Expired | Stranger::Unjudged => {
            "Bearer realm=\"quartermaster\", error=\"invalid_token\""
        }
    };
    status.metadata_mut().insert("www-authenticate", MetadataValue::from_static(challenge));
    status
}

/// The caller is known, and may not do this.
pub fn forbidden(caller: &Caller, lacks: Scope) -> Status {
    let (tenant, scope) = (caller.tenant.name(), lacks.name());
    let message = format!(
        "`{tenant}` lacks the scope `{scope}`, which this method asks for; it has: {}",
        caller.scopes
    );
    let metadata = HashMap::from([("scope".to_owned(), scope.to_owned())]);
    Status::with_error_details(
        Code::PermissionDenied,
        shortened(&message),
        details(Reason::Forbidden, metadata),
    )
}

/// A header of the call that cannot be read.
pub fn malformed_header(name: &str, expected: &str) -> Status {
    let message = format!("the header `{name}` is not {expected}");
    let details = details(Reason::Malformed, HashMap::new());
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// Our own fault; `id` names it in the log.
pub fn internal(id: &str) -> Status {
    let message = format!("internal error `{id}`: report it with the service's log");
    let metadata = HashMap::from([("id".to_owned(), id.to_owned())]);
    Status::with_error_details(Code::Internal, message, details(Reason::Internal, metadata))
}

fn details(reason: Reason, metadata: HashMap<String, String>) -> ErrorDetails {
    ErrorDetails::with_error_info(reason.name(), DOMAIN, metadata)
}

/// The description as the contract has it: the column first.
fn described(violation: &Violation) -> String {
    match violation.column {
        Some(column) => shortened(&format!("column {column}: {}", violation.description)),
        None => shortened(&violation.description),
    }
}

fn shortened(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(MAX_TEXT)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_one_of_the_contract() {
        for reason in Reason::ALL {
            let name = format!("ERROR_REASON_{}", reason.name());
            assert!(proto::v1::ErrorReason::from_str_name(&name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_status_stays_small_however_much_is_wrong() {
        let violation = Violation {
            reason: Reason::Malformed,
            field: "projects[0].requirements[9999].text".to_owned(),
            column: Some(8000),
            description: "ü".repeat(8192),
        };
        let status = Status::from(Refusal { violations: vec![violation; 10_000] });
        let encoded = status.details().len().div_ceil(3) * 4 + status.message().len() * 3;
        assert!(encoded < 8 * 1024, "{encoded}");
        assert_eq!(status.code(), Code::InvalidArgument);
    }

    #[test]
    fn what_is_malformed_is_told_before_what_is_unsupported() {
        let violation = |reason, field: &str| Violation {
            reason,
            field: field.to_owned(),
            column: None,
            description: "is so".to_owned(),
        };
        let status = Status::from(Refusal {
            violations: vec![
                violation(Reason::Unsupported, "held"),
                violation(Reason::Missing, "projects"),
            ],
        });
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let request = details.bad_request().expect("faulty fields are told");
        assert_eq!(request.field_violations.len(), 1);
        assert_eq!(request.field_violations[0].field, "projects");
    }
}
