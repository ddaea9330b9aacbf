//! What the user sees of an answer, and the exit status that goes with it.
//!
//! Answers go to stdout, everything that is said about them to stderr. Without a solution stdout
//! stays empty, except for JSON, which tells any answer.

pub mod json;
pub mod lock;
pub mod look;
pub mod npm_lock;
pub mod outcome;
pub mod pick;
pub mod pins;
pub mod text;
pub mod took;
pub mod verdict;
pub mod why;

use proto::v1::{ProjectAnswer, ResolveResponse, project_answer::Outcome};

use self::{
    json::JsonError,
    look::Look,
    text::{Held, Manner, told_warning},
};
use crate::{arguments::Format, request::Origins};

/// How `qm` ends. Other programs depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// There is an install set, or what was asked is told.
    Solved = 0,
    /// There is none, or one that does not hold.
    Unsolvable = 1,
    /// The input or the command line is faulty.
    BadInput = 2,
    /// The service could not answer.
    NoAnswer = 3,
}

/// All that is printed at the end of a run.
#[derive(Clone, Debug)]
pub struct Page {
    /// For stdout.
    pub stdout: String,
    /// For stderr.
    pub stderr: String,
    /// The exit status.
    pub exit: Exit,
}

/// What is known about the request when its answer is printed.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// What to print.
    pub format: Format,
    /// Whether the request said what the client holds.
    pub held: Held,
    /// Who said what.
    pub origins: &'a Origins,
    /// The look of stdout.
    pub stdout: Look,
    /// The look of stderr.
    pub stderr: Look,
}

/// Tells an answer.
pub fn page(response: &ResolveResponse, telling: &Telling<'_>) -> Result<Page, JsonError> {
    let mut page = Page { stdout: String::new(), stderr: String::new(), exit: Exit::Solved };
    for answer in &response.answers {
        tell(answer, response, telling, &mut page);
    }
    if response.answers.is_empty() {
        page.stderr.push_str("the service answered, and not for this project\n");
        page.exit = Exit::NoAnswer;
    }
    if telling.format == Format::Json {
        page.stdout = json::json(response)?;
    }
    Ok(page)
}

/// Adds one project's answer to the page.
fn tell(
    answer: &ProjectAnswer,
    response: &ResolveResponse,
    telling: &Telling<'_>,
    page: &mut Page,
) {
    let look = telling.stderr;
    let (told, exit) = match &answer.outcome {
        Some(Outcome::Solution(solution)) => {
            page.stdout.push_str(&match telling.format {
                Format::Text => {
                    let manner = Manner { held: telling.held, look: telling.stdout };
                    text::text(answer, solution, response.statistics.as_ref(), manner)
                }
                Format::Pins => pins::pins(solution),
                Format::Json => String::new(),
            });
            (String::new(), Exit::Solved)
        }
        Some(Outcome::Conflict(conflict)) => {
            (outcome::conflict(conflict, telling.origins, look), Exit::Unsolvable)
        }
        Some(Outcome::Needs(needs)) => (outcome::needs(needs, look), Exit::NoAnswer),
        Some(Outcome::Exhausted(exhausted)) => {
            (outcome::exhausted(exhausted, look), Exit::NoAnswer)
        }
        None => (outcome::newer(look), Exit::NoAnswer),
    };
    // The text of a solution has its warnings in it, and JSON has all of them.
    let warned_already = match telling.format {
        Format::Text => exit == Exit::Solved,
        Format::Pins => false,
        Format::Json => true,
    };
    if !warned_already {
        for warning in &answer.warnings {
            page.stderr.push_str(&(told_warning(&warning.text, look) + "\n"));
        }
    }
    page.stderr.push_str(&told);
    page.exit = page.exit.max(exit);
}

#[cfg(test)]
mod tests;
