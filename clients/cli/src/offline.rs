//! The commands that work on an answer in a file, and ask nobody.

use proto::v1::{ProjectAnswer, Solution, package::Details};

use crate::{
    answer::{self, AnswerError},
    arguments::{Format, Pick, Verify},
    failure::Failure,
    input::held::{self, Spelling},
    pick::{self, Store},
    print::{self, Exit, Page, json::JsonError, look::Look, verdict},
    verify::{self, Extent},
};

/// `qm verify`: tells whether the answer holds.
pub fn verify(arguments: &Verify, stdout: Look, stderr: Look) -> Result<Page, Failure> {
    let path = answer::named(&arguments.answer);
    let response = answer::read(&arguments.answer)?;
    let solutions = answer::solutions(&response, &path)?;
    let solutions: Vec<&Solution> = solutions.into_iter().map(|(_, solution)| solution).collect();
    if !solutions.iter().all(|solution| verify::has_certificate(solution)) {
        return Err(AnswerError::NoCertificate { path }.into());
    }
    Ok(verdict::page(&solutions, stdout, stderr))
}

/// `qm pick`: tells what to keep and what to fetch.
pub fn pick(arguments: &Pick, stdout: Look) -> Result<Page, Failure> {
    let path = answer::named(&arguments.answer);
    let response = answer::read(&arguments.answer)?;
    let solutions = answer::solutions(&response, &path)?;
    for (_, solution) in &solutions {
        refuse_invalid(solution, &path)?;
    }
    let store = store(arguments, &solutions)?;
    let picks = solutions.iter();
    let picks = picks.map(|(answer, solution)| (&*answer.project, pick::pick(solution, &store)));
    let picks: Vec<(&str, pick::Pick<'_>)> = picks.collect();
    let told = match arguments.format {
        Format::Text => picks.iter().map(|(_, pick)| print::pick::text(pick, stdout)).collect(),
        Format::Pins => picks.iter().map(|(_, pick)| print::pick::pins(pick)).collect(),
        Format::Json => print::pick::json(&picks).map_err(JsonError::Write)?,
    };
    Ok(Page { stdout: told, stderr: String::new(), exit: Exit::Solved })
}

/// Nothing is picked from an answer that contradicts itself: it would leave out what is needed.
fn refuse_invalid(solution: &Solution, path: &str) -> Result<(), AnswerError> {
    let extent =
        if verify::has_certificate(solution) { Extent::Certificate } else { Extent::Shape };
    match verify::violations(solution, extent).first() {
        Some(violation) => {
            Err(AnswerError::Invalid { path: path.to_owned(), violation: verify::told(violation) })
        }
        None => Ok(()),
    }
}

/// Reads what the client has. What counts as a version depends on the answer's ecosystem.
fn store(arguments: &Pick, solutions: &[(&ProjectAnswer, &Solution)]) -> Result<Store, Failure> {
    let mut store = Store::default();
    let Some(path) = &arguments.held else { return Ok(store) };
    let mut packages = solutions.iter().flat_map(|(_, solution)| answer::packages(solution));
    let is_three =
        |details: &Option<Details>| matches!(details, Some(Details::Cargo(_) | Details::Npm(_)));
    let spelling = match packages.any(|package| is_three(&package.details)) {
        true => Spelling::Three,
        false => Spelling::Word,
    };
    for held in held::read_versions(path, spelling)? {
        store.add(&held.name, &held.version);
    }
    Ok(store)
}
