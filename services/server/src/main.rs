//! The program `quartermaster`: arguments, config, telemetry, engine, serve, drain.
//!
//! Exit status: 0 after a drain, a good `check-config` or a hash, 2 for settings and tokens that cannot
//! be used, 1 for everything else.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser as _;
use engine::Engine;
use mimalloc::MiMalloc;
use quartermaster::arguments::{Arguments, Command, Settings};
use quartermaster::config::Config;
use quartermaster::identity::TokenHash;
use quartermaster::service::Resolver;
use quartermaster::{convert, serve, telemetry};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Halves the cost of encoding an answer, against the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The exit status for settings that cannot be used; clap has the same for arguments.
const BAD_CONFIG: u8 = 2;

/// What is read of a token: more than it may have.
const MOST_TOKEN: u64 = 8192;

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::CheckConfig(settings) => match prepare(settings) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => fail(&error, BAD_CONFIG),
        },
        Command::Serve(settings) => match prepare(settings.clone()) {
            Ok((config, engine)) => match run(config, &engine, settings) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error, 1),
            },
            Err(error) => fail(&error, BAD_CONFIG),
        },
        Command::HashToken => match hash_token() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error, BAD_CONFIG),
        },
    }
}

/// Prints the hash of the token on standard input. One end of a line is not part of it.
fn hash_token() -> anyhow::Result<()> {
    let mut token = String::new();
    let input = io::stdin().lock().take(MOST_TOKEN).read_to_string(&mut token);
    input.context("cannot read a token on standard input")?;
    let token = token.strip_suffix('\n').unwrap_or(&token);
    let hash = TokenHash::of(token.strip_suffix('\r').unwrap_or(token))?;
    writeln!(io::stdout(), "{hash}").context("cannot print the hash")
}

/// Everything that can be refused before a socket is bound: the settings and the registries.
fn prepare(settings: Settings) -> anyhow::Result<(Config, Engine)> {
    let config = Config::load(settings, telemetry::environment())?;
    telemetry::install(&config.log)?;
    let config = config.with_database();
    let engine = Engine::open(config.engine(), Arc::new(convert::encode));
    // The engine's error says what its source says: told with its chain, it would be told twice.
    let engine = engine.map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok((config, engine))
}

/// Binds, serves, and drains when the process is asked to stop.
#[tokio::main]
async fn run(config: Config, engine: &Engine, settings: Settings) -> anyhow::Result<()> {
    let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on `{}`", config.listen))?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    engine.connect().await;
    let declared = config.declared(engine);
    let resolver = Resolver::new(engine.clone(), declared);
    let (change, configs) = watch::channel(config);
    let reloading = tokio::spawn(reload(hangup, settings, change));
    serve::run(listener, resolver, configs, shutdown).await?;
    reloading.abort();
    engine.close().await;
    Ok(())
}

/// Reads the settings anew at each SIGHUP. Those that cannot be used change nothing.
async fn reload(mut hangup: Signal, settings: Settings, change: watch::Sender<Config>) {
    while hangup.recv().await.is_some() {
        match Config::load(settings.clone(), telemetry::environment()) {
            Ok(config) => {
                change.send_replace(config);
                tracing::info!(
                    "`identity` and the limits of calls count as they are read now; other settings \
                     count from the next start"
                );
            }
            Err(error) => tracing::warn!("{error}; the settings before it count on"),
        }
    }
}

/// Says what went wrong in one line, with its causes.
fn fail(error: &anyhow::Error, status: u8) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::from(status)
}
