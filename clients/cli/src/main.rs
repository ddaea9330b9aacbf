//! `qm`: asks a Quartermaster service what to install.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser as _;
use proto::v1::{ResolveResponse, project_answer::Outcome};
use qm::{
    arguments::{Arguments, Command, Format, Lock, Question, Resolve},
    call::{self, CallError, spinner::Spinner},
    failure::{self, Failure},
    input::InputError,
    print::{self, Page, Telling, lock, look::Look, npm_lock, outcome::note, text::Held},
    request::{self, Asked, Locking, Origins},
};

fn main() -> anyhow::Result<ExitCode> {
    let command = Arguments::parse().command;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    let page = match &command {
        Command::Resolve(arguments) => {
            let asked = request::build(&arguments.question);
            runtime.block_on(answer(asked, &arguments.question, |asked, response| {
                tell(arguments, asked, response)
            }))
        }
        Command::Lock(arguments) => {
            let asked = request::build_for_lock(&arguments.question);
            runtime.block_on(answer(asked, &arguments.question, |asked, response| {
                write_lock(arguments, asked, response)
            }))
        }
    };
    show(&page).context("could not print the answer")?;
    Ok(ExitCode::from(page.exit as u8))
}

/// Sends what is asked, if the files could be read, and makes a page of the answer.
async fn answer(
    asked: Result<Asked, InputError>,
    question: &Question,
    told: impl FnOnce(&Asked, &ResolveResponse) -> Result<Page, Failure>,
) -> Page {
    let stderr = Look::of_stderr();
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return failure::page(&error.into(), &Origins::default(), stderr),
    };
    let notes: String = asked.notes.iter().map(|text| note(text, stderr) + "\n").collect();
    let page = match ask(question, &asked).await {
        Ok(response) => told(&asked, &response),
        Err(error) => Err(error.into()),
    };
    let mut page = page.unwrap_or_else(|failure| failure::page(&failure, &asked.origins, stderr));
    page.stderr.insert_str(0, &notes);
    page
}

/// Sends the request.
async fn ask(question: &Question, asked: &Asked) -> Result<ResolveResponse, CallError> {
    let mut spinner = Spinner::on_stderr();
    call::resolve(&question.server, question.timeout, asked.request.clone(), &mut spinner).await
}

/// Puts an answer into words.
fn tell(arguments: &Resolve, asked: &Asked, response: &ResolveResponse) -> Result<Page, Failure> {
    let telling = telling(&arguments.question, asked, arguments.format);
    Ok(print::page(response, &telling)?)
}

fn telling<'a>(question: &Question, asked: &'a Asked, format: Format) -> Telling<'a> {
    Telling {
        format,
        held: if question.choice.held.is_some() { Held::Known } else { Held::Unknown },
        origins: &asked.origins,
        stdout: Look::of_stdout(),
        stderr: Look::of_stderr(),
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

/// Prints a page. A reader that stopped reading, such as `head`, has seen what it wanted.
fn show(page: &Page) -> io::Result<()> {
    let printed =
        io::stdout().write_all(page.stdout.as_bytes()).and_then(|()| io::stdout().flush());
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
        _ => {}
    }
    io::stderr().write_all(page.stderr.as_bytes())
}
