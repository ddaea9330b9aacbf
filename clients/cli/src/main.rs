//! `qm`: asks a Quartermaster service what to install.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser as _;
use qm::{
    arguments::{Arguments, Command},
    failure::{self, Failure},
    offline, online,
    print::{Page, look::Look},
    request::Origins,
};

fn main() -> anyhow::Result<ExitCode> {
    let command = Arguments::parse().command;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("could not start the runtime")?;
    let (stdout, stderr) = (Look::of_stdout(), Look::of_stderr());
    let page = match &command {
        Command::Resolve(arguments) => runtime.block_on(online::resolve(arguments)),
        Command::Lock(arguments) => runtime.block_on(online::lock(arguments)),
        Command::Why(arguments) => runtime.block_on(online::why(arguments)),
        Command::Verify(arguments) => told(offline::verify(arguments, stdout, stderr), stderr),
        Command::Pick(arguments) => told(offline::pick(arguments, stdout), stderr),
    };
    show(&page).context("could not print the answer")?;
    Ok(ExitCode::from(page.exit as u8))
}

/// What there is to say, or why there is nothing.
fn told(page: Result<Page, Failure>, stderr: Look) -> Page {
    page.unwrap_or_else(|failure| failure::page(&failure, &Origins::default(), stderr))
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
