//! The commands that ask the service: `qm resolve`, `qm lock` and `qm why`.

use std::{fs, io, path::Path};

use proto::v1::{ResolveResponse, project_answer::Outcome};

use crate::{
    answer,
    arguments::{Choice, Format, HeldPolicy, Lock, Question, Resolve, Why},
    call::{self, CallError, spinner::Spinner},
    failure::{self, Failure},
    input::InputError,
    print::{self, Page, Telling, lock, look::Look, npm_lock, outcome::note, text::Held, why},
    request::{self, Asked, Locking, Origins},
};

/// `qm resolve`: tells what to install.
pub async fn resolve(arguments: &Resolve) -> Page {
    page(request::build_for_answer(arguments), async |asked| {
        let response = match &arguments.known {
            Some(path) => ask_knowing(&arguments.question, asked, answer::read(path)?).await?,
            None => ask(&arguments.question, asked).await?,
        };
        tell(arguments, asked, &response)
    })
    .await
}

/// `qm lock`: writes a lock.
pub async fn lock(arguments: &Lock) -> Page {
    page(request::build_for_lock(&arguments.question), async |asked| {
        let response = ask(&arguments.question, asked).await?;
        write_lock(arguments, asked, &response)
    })
    .await
}

/// `qm why`: tells what brings a package along, or what keeps a version out.
pub async fn why(arguments: &Why) -> Page {
    page(request::build_for_why(arguments), async |asked| {
        let request = request::explain(asked, arguments);
        let mut spinner = Spinner::on_stderr();
        let service = &arguments.question.service;
        let response = call::explain(service, request, &mut spinner).await?;
        let looks = (Look::of_stdout(), Look::of_stderr());
        Ok(why::page(&response, &arguments.package, &asked.origins, looks))
    })
    .await
}

/// Makes a page of what is asked, if the files could be read.
async fn page(
    asked: Result<Asked, InputError>,
    told: impl AsyncFnOnce(&Asked) -> Result<Page, Failure>,
) -> Page {
    let stderr = Look::of_stderr();
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return failure::page(&error.into(), &Origins::default(), stderr),
    };
    let notes: String = asked.notes.iter().map(|text| note(text, stderr) + "\n").collect();
    let told = told(&asked).await;
    let mut page = told.unwrap_or_else(|failure| failure::page(&failure, &asked.origins, stderr));
    page.stderr.insert_str(0, &notes);
    page
}

/// Asks for what is different from an answer that was kept, and makes the whole of it.
async fn ask_knowing(
    question: &Question,
    asked: &Asked,
    known: ResolveResponse,
) -> Result<ResolveResponse, CallError> {
    let mut request = asked.request.clone();
    request.known_answer.clone_from(&known.answer_id);
    let mut spinner = Spinner::on_stderr();
    let told = call::resolve(&question.service, request, &mut spinner).await?;
    Ok(answer::whole(known, told))
}

/// Sends the request.
async fn ask(question: &Question, asked: &Asked) -> Result<ResolveResponse, CallError> {
    let mut spinner = Spinner::on_stderr();
    call::resolve(&question.service, asked.request.clone(), &mut spinner).await
}

/// Puts an answer into words.
fn tell(arguments: &Resolve, asked: &Asked, response: &ResolveResponse) -> Result<Page, Failure> {
    let telling = telling(&arguments.question, asked, arguments.format);
    Ok(print::page(response, &telling)?)
}

fn telling<'a>(question: &Question, asked: &'a Asked, format: Format) -> Telling<'a> {
    Telling {
        format,
        held: held(&question.choice),
        origins: &asked.origins,
        stdout: Look::of_stdout(),
        stderr: Look::of_stderr(),
    }
}

/// What the request said of held versions.
fn held(choice: &Choice) -> Held {
    match (&choice.held, choice.held_policy) {
        (None, _) => Held::Unknown,
        (Some(_), None | Some(HeldPolicy::Freshest)) => Held::Known,
        (Some(_), Some(HeldPolicy::FewestBytes | HeldPolicy::FewestChanges)) => Held::Preferred,
    }
}

/// Makes a lock of an answer. What there is to say beside it is what pins would be told with.
fn write_lock(
    arguments: &Lock,
    asked: &Asked,
    response: &ResolveResponse,
) -> Result<Page, Failure> {
    let telling = telling(&arguments.question, asked, Format::Pins);
    let mut page = print::page(response, &telling)?;
    page.stdout.clear();
    let outcome = response.answers.first().and_then(|answer| answer.outcome.as_ref());
    let (Some(Outcome::Solution(solution)), [project]) = (outcome, &asked.request.projects[..])
    else {
        return Ok(page);
    };
    let text = match &asked.locking {
        Locking::Cargo(previous) => lock::lock(solution, project, previous.as_ref())?,
        Locking::Npm(project) => npm_lock::lock(solution, project)?,
        Locking::Never => return Ok(page),
    };
    match &arguments.output {
        Some(path) => replace(path, &text)
            .map_err(|source| Failure::Unwritten { path: path.display().to_string(), source })?,
        None => page.stdout = text,
    }
    Ok(page)
}

/// Writes a file whole or not at all.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
        // The error that led here says more than one about a file that may not be there.
        let _ = fs::remove_file(&beside);
    })
}
