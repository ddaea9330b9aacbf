//! The measuring programs. `README.md` says what each is for.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use load_tests::compare::{Plan, compare};
use load_tests::link::{Link, Relay, Settings, Stalls};
use load_tests::programs::Programs;
use load_tests::registry::{Authority, Data, Registry};
use load_tests::sets::Set;
use load_tests::throughput::{self, bare};
use mimalloc::MiMalloc;

/// As the service has it, so that the bare server beside it has nothing less.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The projects whose answers come with the bundled data.
const ORACLES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../services/registries/bundled/oracles");

/// Measures the service against what is used today, on the same data, over the same link.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves recorded data as PyPI, npm and cargo would, over TLS, until its input ends.
    Registry(Serve),
    /// Puts a distance between two programs on this machine, until its input ends.
    Link(Join),
    /// Lets the peers and the service resolve recorded projects, over links of many kinds.
    Compare(Sides),
    /// Loads the service, and a bare server that returns the same bytes, at fixed rates.
    Throughput(Load),
    /// Returns the bytes of a file to every request over HTTP/2. `throughput` starts it.
    #[command(hide = true)]
    Bare {
        /// The answer to every request, with its frame.
        body: PathBuf,
    },
}

#[derive(Args)]
struct Serve {
    /// The address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A folder with `pypi.tar.zst`, `npm.tar.zst` and `cargo.tar.zst`; by default what is bundled.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where to write the certificate that clients have to trust.
    #[arg(long, default_value = "authority.pem")]
    authority: PathBuf,
}

#[derive(Args)]
struct Sides {
    /// A set to resolve, repeatable; by default all.
    #[arg(long = "set")]
    sets: Vec<String>,
    /// Times there and back, in milliseconds.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 20, 50, 100, 200])]
    rtt: Vec<u64>,
    /// Mbit/s in each direction.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100])]
    bandwidth: Vec<u64>,
    /// How often each case of `qm` is measured.
    #[arg(long, default_value_t = 5, value_parser = at_least_once)]
    repeats: usize,
    /// How often each case of a peer is measured.
    #[arg(long, default_value_t = 3, value_parser = at_least_once)]
    peer_repeats: usize,
    /// Lets connections begin slowly.
    #[arg(long)]
    slow_start: bool,
    /// Lets `qm` speak plain HTTP/2, without a front for TLS before the service.
    #[arg(long)]
    plain: bool,
    /// A folder with `pypi.tar.zst`, `npm.tar.zst` and `cargo.tar.zst`; by default what is bundled.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A folder of recorded projects with the reference tools' answers; by default the bundled ones.
    #[arg(long, default_value = ORACLES)]
    oracles: PathBuf,
    /// The folder for `compare.json`, `compare.md` and `compare.html`.
    #[arg(long, default_value = "target/load-tests")]
    output: PathBuf,
}

#[derive(Args)]
struct Load {
    /// The set of PyPI's that is asked for.
    #[arg(long, default_value = "jupyter")]
    set: String,
    /// How many seconds each load lasts.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Connections to the server.
    #[arg(long, default_value_t = 4, value_parser = at_least_once)]
    connections: usize,
    /// Rates, in percent of the most that the server answers.
    #[arg(long, value_delimiter = ',', default_values_t = [25, 50, 75])]
    load: Vec<u32>,
    /// Requests in flight at once when the most is measured.
    #[arg(long, default_value_t = 64, value_parser = at_least_once)]
    at_once: usize,
    /// A folder of recorded projects with the reference tools' answers; by default the bundled ones.
    #[arg(long, default_value = ORACLES)]
    oracles: PathBuf,
    /// The folder for `throughput.json` and `throughput.md`.
    #[arg(long, default_value = "target/load-tests")]
    output: PathBuf,
}

#[derive(Args)]
struct Join {
    /// The address that the link leads to.
    to: SocketAddr,
    /// The address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The time there and back, in milliseconds.
    #[arg(long, default_value_t = 0.0)]
    rtt: f64,
    /// Mbit/s in each direction; by default without bound.
    #[arg(long)]
    bandwidth: Option<f64>,
    /// Lets connections begin slowly.
    #[arg(long)]
    slow_start: bool,
    /// Loses one of so many packets, for two round trips and at least 200 ms.
    #[arg(long, value_name = "PACKETS")]
    lose_one_of: Option<u64>,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Registry(arguments) => registry(arguments)?,
        Command::Link(arguments) => link(&arguments)?,
        Command::Compare(arguments) => side_by_side(arguments)?,
        Command::Throughput(arguments) => load(arguments)?,
        Command::Bare { body } => {
            let body = std::fs::read(body)?.into();
            let serve = async { bare::serve(bare::listen().await?, body).await };
            match tokio::runtime::Runtime::new()?.block_on(serve)? {}
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn registry(arguments: Serve) -> anyhow::Result<()> {
    let Serve { listen, data, authority, .. } = arguments;
    let data = data.map_or_else(|| Ok(Data::bundled()), |folder| Data::open(&folder))?;
    let issuer = Authority::new()?;
    issuer.write(&authority)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let registry = runtime.block_on(Registry::start(data, &issuer, listen))?;
    let address = registry.address();
    println!("https://{address}/simple https://{address}/npm/ https://{address}/index/");
    until_input_ends()?;
    println!("{}", registry.counts());
    Ok(())
}

fn link(arguments: &Join) -> anyhow::Result<()> {
    let round_trip = Duration::from_secs_f64(arguments.rtt / 1000.0);
    let pause = (2 * round_trip).max(Duration::from_millis(200));
    let settings = Settings {
        round_trip,
        #[expect(clippy::cast_possible_truncation, reason = "no link has so many bits a second")]
        #[expect(clippy::cast_sign_loss, reason = "likewise, and a bound below zero is zero")]
        bandwidth: arguments.bandwidth.map(|mbit| (mbit * 1e6) as u64),
        slow_start: arguments.slow_start,
        stalls: arguments.lose_one_of.map(|one_of| Stalls { one_of, pause, seed: 1 }),
    };
    let link = Link::new(settings);
    let relay = Relay::start_at(&link, arguments.to, arguments.listen)?;
    println!("{}", relay.address());
    until_input_ends()?;
    println!("{}", serde_json::to_string(&link.take_passed())?);
    Ok(())
}

fn side_by_side(arguments: Sides) -> anyhow::Result<()> {
    let plan = Plan {
        sets: Set::all(&arguments.oracles, &arguments.sets)?,
        round_trips: arguments.rtt,
        bandwidths: arguments.bandwidth,
        repeats: arguments.repeats,
        peer_repeats: arguments.peer_repeats,
        slow_start: arguments.slow_start,
        tls: !arguments.plain,
        data: arguments.data,
    };
    let report = compare(&plan, &Programs::find()?)?;
    report.write(&arguments.output)?;
    print!("{}", report.table());
    Ok(())
}

fn load(arguments: Load) -> anyhow::Result<()> {
    let set = Set::all(&arguments.oracles, &[arguments.set])?.remove(0);
    let plan = throughput::Plan {
        set,
        time: Duration::from_secs_f64(arguments.seconds),
        connections: arguments.connections,
        loads: arguments.load,
        at_once: arguments.at_once,
    };
    let report = throughput::measure(&plan, &Programs::find()?)?;
    report.write(&arguments.output)?;
    print!("{}", report.table());
    Ok(())
}

fn at_least_once(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is no number of times; write 1 or more")),
        Ok(times) => Ok(times),
    }
}

/// Waits for the end of the standard input, with which whoever started this program stops it.
fn until_input_ends() -> std::io::Result<()> {
    std::io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
