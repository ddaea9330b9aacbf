//! Why a request has no answer.

use std::time::Duration;

/// Why a request has no answer. An unsolvable problem is not among them: it is an answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Texts of the request that cannot be understood, each with its place.
    #[error("the request cannot be understood: {}", join(.0))]
    Invalid(Vec<Invalid>),
    /// The request asks for something that this version does not do.
    #[error("{0}")]
    Unsupported(Invalid),
    /// A registry cannot be read and nothing usable is remembered.
    #[error("{source}")]
    Registry {
        /// What the registry's reader says.
        #[source]
        source: registries::Error,
    },
    /// The computation failed for a reason of our own.
    #[error("internal error `{id}`: report it with the server's log")]
    Internal {
        /// Names the entry in the log.
        id: String,
    },
    /// The answer that a request names by its snapshot token is not remembered, or never was.
    #[error(
        "`snapshot_token` names an answer that is not remembered here, or was given to another \
         request: leave it out to be answered from the facts of now"
    )]
    NoSnapshot,
    /// The facts that a request names by its snapshot token are not those of now, and what is asked
    /// can only be told of those.
    #[error(
        "the facts that `snapshot_token` names have changed since, and only answers are remembered: \
         leave it out to be told of the facts of now"
    )]
    OldSnapshot,
    /// The caller's time ran out.
    #[error("the deadline of {0:?} passed before there was an answer")]
    Deadline(Duration),
}

impl Error {
    /// A failure of our own: told to the log in full, and to the caller by a name for the entry.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let id = format!("engine-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        tracing::error!(id, %cause, "a computation failed");
        Self::Internal { id }
    }
}

/// A text that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The field within the project, such as `requirements[3]` or `environment.python_version`.
    pub field: String,
    /// The column in the text, counted in characters from 1, if the fault has one.
    pub column: Option<usize>,
    /// What is wrong and what to do, the thing in backticks.
    pub reason: String,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.column {
            Some(column) => write!(f, "`{}`, column {column}: {}", self.field, self.reason),
            None => write!(f, "`{}`: {}", self.field, self.reason),
        }
    }
}

fn join(invalid: &[Invalid]) -> String {
    invalid.iter().map(Invalid::to_string).collect::<Vec<_>>().join("; ")
}
