//! `qm`: asks a Quartermaster service what to install.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser as _;
use qm::{
    arguments::{Arguments, Command, Resolve},
    call::{self, spinner::Spinner},
    failure::{self, Failure},
    print::{self, Page, Telling, look::Look, outcome::note, text::Held},
    request::{self, Asked, Origins},
};

fn main() -> anyhow::Result<ExitCode> {
    let Command::Resolve(arguments) = Arguments::parse().command;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    let page = runtime.block_on(resolve(&arguments));
    show(&page).context("could not print the answer")?;
    Ok(ExitCode::from(page.exit as u8))
}

/// `qm resolve`: reads the files, asks the service, tells the answer.
async fn resolve(arguments: &Resolve) -> Page {
    let stderr = Look::of_stderr();
    let asked = match request::build(arguments) {
        Ok(asked) => asked,
        Err(error) => return failure::page(&error.into(), &Origins::default(), stderr),
    };
    let notes: String = asked.notes.iter().map(|text| note(text, stderr) + "\n").collect();
    let mut page = match ask(arguments, &asked).await {
        Ok(page) => page,
        Err(failure) => failure::page(&failure, &asked.origins, stderr),
    };
    page.stderr.insert_str(0, &notes);
    page
}

/// Sends the request, and puts the answer into words.
async fn ask(arguments: &Resolve, asked: &Asked) -> Result<Page, Failure> {
    let mut spinner = Spinner::on_stderr();
    let response =
        call::resolve(&arguments.server, arguments.timeout, asked.request.clone(), &mut spinner)
            .await?;
    drop(spinner);
    let telling = Telling {
        format: arguments.format,
        held: if arguments.choice.held.is_some() { Held::Known } else { Held::Unknown },
        origins: &asked.origins,
        stdout: Look::of_stdout(),
        stderr: Look::of_stderr(),
    };
    Ok(print::page(&response, &telling)?)
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
