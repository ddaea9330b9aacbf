//! Why there is no answer at all, for people: in the user's own files, flags and words.

use std::io;

use tonic::{Code, Status};
use tonic_types::{FieldViolation, StatusExt as _};

use crate::{
    answer::AnswerError,
    call::CallError,
    input::{InputError, source::Place},
    print::{
        Exit, Page,
        json::JsonError,
        lock::LockError,
        look::{Look, safe},
        npm_lock::NpmLockError,
        outcome::hint,
    },
    request::{Origin, Origins},
};

/// What ends a run without an answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The service did not answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There is no answer in a file that is to hold one.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The answer cannot be written.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The answer cannot be written as a lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The answer cannot be written as npm's lock.
    #[error(transparent)]
    NpmLock(#[from] NpmLockError),
    /// The lock's file cannot be written.
    #[error("could not write `{path}`: {source}")]
    Unwritten {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Tells a failure. Fields that the service names are told as the places that they came from.
pub fn page(failure: &Failure, origins: &Origins, look: Look) -> Page {
    let (stderr, exit) = match failure {
        Failure::Input(error) => (input(error, look), Exit::BadInput),
        Failure::Call(CallError::Refused { server, status }) => {
            refused(server, status, origins, look)
        }
        Failure::Call(error) => call(error, look),
        Failure::Answer(error) => (answer(error, look), Exit::BadInput),
        Failure::Json(error) => (plain(&error.to_string(), look), Exit::NoAnswer),
        Failure::Lock(error) => (lock(error, look), Exit::NoAnswer),
        Failure::NpmLock(error) => (plain(&safe(&error.to_string()), look), Exit::NoAnswer),
        Failure::Unwritten { .. } => (plain(&failure.to_string(), look), Exit::BadInput),
    };
    Page { stdout: String::new(), stderr, exit }
}

fn input(error: &InputError, look: Look) -> String {
    let mut told = match &error.place {
        Some(place) => placed(place, &error.problem.to_string(), look),
        None => plain(&error.problem.to_string(), look),
    };
    if let Some(advice) = error.problem.hint() {
        told.push_str(&(hint(&advice, look) + "\n"));
    }
    told
}

fn answer(error: &AnswerError, look: Look) -> String {
    let told = plain(&safe(&error.to_string()), look);
    match error.hint() {
        Some(advice) => told + &hint(advice, look) + "\n",
        None => told,
    }
}

fn lock(error: &LockError, look: Look) -> String {
    let told = plain(&safe(&error.to_string()), look);
    match error {
        LockError::NoSource { .. } => {
            let advice = "set `lock_source` of that registry in the service's configuration";
            told + &hint(advice, look) + "\n"
        }
        LockError::Encoding { .. } => {
            told + &hint("state a `rust-version` from 1.41 on", look) + "\n"
        }
        LockError::Malformed { .. } | LockError::Dangling { .. } => told,
    }
}

fn call(error: &CallError, look: Look) -> (String, Exit) {
    let (advice, exit) = match error {
        CallError::Access(error) => {
            let told = plain(&error.to_string(), look) + &hint(&error.hint(), look) + "\n";
            return (told, Exit::BadInput);
        }
        CallError::Address { .. } => ("write it as in `http://127.0.0.1:7433`", Exit::BadInput),
        CallError::Unreachable { .. } => {
            ("start one with `quartermaster serve`, or set `QUARTERMASTER_SERVER`", Exit::NoAnswer)
        }
        CallError::Roots { .. } => (
            "install the system's certificates, or name a file of them in `SSL_CERT_FILE`",
            Exit::NoAnswer,
        ),
        CallError::Late { .. } => ("give it more time with `--timeout`", Exit::NoAnswer),
        CallError::NoAnswer { .. } | CallError::Refused { .. } => ("try again", Exit::NoAnswer),
    };
    (plain(&error.to_string(), look) + &hint(advice, look) + "\n", exit)
}

/// Tells a status: field by field if it names fields, else as a whole.
fn refused(server: &str, status: &Status, origins: &Origins, look: Look) -> (String, Exit) {
    let violations = status.get_details_bad_request().map(|details| details.field_violations);
    let violations = violations.unwrap_or_default();
    let about_input = match status.code() {
        Code::InvalidArgument => true,
        Code::Unimplemented => !violations.is_empty(),
        _ => false,
    };
    if !about_input {
        return (whole(server, status, look), Exit::NoAnswer);
    }
    let mut told: String =
        violations.iter().map(|violation| field(violation, origins, look)).collect();
    if violations.is_empty() {
        told = plain(&safe(status.message()), look);
    }
    if status.code() == Code::Unimplemented {
        let advice = format!("`{server}` does not support this; remove it, or ask a newer service");
        told.push_str(&(hint(&advice, look) + "\n"));
    }
    (told, Exit::BadInput)
}

/// One faulty field, where the user wrote it.
fn field(violation: &FieldViolation, origins: &Origins, look: Look) -> String {
    let (column, description) = column(&violation.description);
    let description = safe(description);
    let mut told = match origins.find(&violation.field) {
        Some(Origin::File(anchor)) => {
            placed(&anchor.place_of(column.unwrap_or(1)), &description, look)
        }
        Some(Origin::Document(path)) => plain(&format!("`{path}`: {description}"), look),
        Some(Origin::Flag(flag)) => {
            let at =
                column.map(|column| format!(" (column {column} of its value)")).unwrap_or_default();
            plain(&format!("`{flag}`: {description}{at}"), look)
        }
        None if violation.field.is_empty() => plain(&description, look),
        None => plain(&format!("`{}`: {description}", safe(&violation.field)), look),
    };
    if description.contains("`allow_sdists`") {
        told.push_str(&(hint("`--sdist` sets `allow_sdists`", look) + "\n"));
    }
    if violation.field == "projects[0].locked" {
        told.push_str(&(hint("`--upgrade` passes over the lock", look) + "\n"));
    }
    told
}

/// Takes `column N: ` off the beginning of a description.
fn column(description: &str) -> (Option<usize>, &str) {
    let parsed = description
        .strip_prefix("column ")
        .and_then(|rest| rest.split_once(": "))
        .and_then(|(number, rest)| Some((number.parse().ok()?, rest)));
    match parsed {
        Some((column, rest)) => (Some(column), rest),
        None => (None, description),
    }
}

/// The advice where something else than a Quartermaster service may have answered.
const NOT_OURS: &str = "is this a Quartermaster service? name one with `--server`";

/// A status that is not about the input.
fn whole(server: &str, status: &Status, look: Look) -> String {
    let advice = match status.code() {
        Code::Unauthenticated => {
            "set `QUARTERMASTER_TOKEN` to your token, or name its variable with `--token-env`"
        }
        Code::PermissionDenied => "ask whoever runs the service for access",
        Code::Unavailable | Code::ResourceExhausted => "try again later",
        Code::DeadlineExceeded | Code::Cancelled => "give it more time with `--timeout`",
        // A Quartermaster service explains itself; what does not may be anything.
        Code::Unknown | Code::Internal if status.get_details_error_info().is_none() => NOT_OURS,
        Code::Unimplemented if status.get_details_error_info().is_some() => "ask a newer service",
        Code::Unimplemented => NOT_OURS,
        Code::OutOfRange => "the request or its answer is too large for one message; ask for less",
        _ => "this is a fault of the service; its log says more",
    };
    let message = match status.message() {
        "" => status.code().description().to_owned(),
        message => safe(message),
    };
    plain(&format!("`{server}` could not answer: {message}"), look) + &hint(advice, look) + "\n"
}

/// A message about a place, with the line and a caret.
fn placed(place: &Place, message: &str, look: Look) -> String {
    let head = look.strong(&format!("{place}:"));
    format!("{head} {message}\n{}\n", place.excerpt())
}

/// A message about no place.
fn plain(message: &str, look: Look) -> String {
    look.wrap(&look.strong("error: "), message) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_taken_off_the_description() {
        assert_eq!(column("column 7: `>=>` is no operator"), (Some(7), "`>=>` is no operator"));
        assert_eq!(column("column seven: no"), (None, "column seven: no"));
        assert_eq!(column("too long"), (None, "too long"));
    }
}
