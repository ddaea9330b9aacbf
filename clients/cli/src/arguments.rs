//! The command line.

mod choices;
mod facts;
mod kept;
mod service;
mod values;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use jiff::Timestamp;

use self::values::{age, instant, pin};
pub use self::{
    choices::{HeldPolicy, InstallStrategy, Prereleases, Strategy},
    facts::Facts,
    kept::{Pick, Verify},
    service::Service,
};

/// Asks a Quartermaster service what to install.
#[derive(Debug, Parser)]
#[command(name = "qm", version, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `qm` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tells which versions to install for a project.
    Resolve(Resolve),
    /// Writes the lock of a project in its ecosystem's own form: a `Cargo.lock` or a
    /// `package-lock.json`.
    Lock(Lock),
    /// Tells why a package is installed, or why a version of it is not.
    Why(Why),
    /// Checks an answer that was kept in a file, without asking anyone.
    Verify(Verify),
    /// Chooses among the acceptable versions of a kept answer those that are there already.
    Pick(Pick),
}

const EXAMPLES: &str = "\
EXAMPLES
  What to install for a project, told for people:
      qm resolve requirements.in

  For another Python on another machine, as lines `name version` for programs:
      qm resolve requirements.in --python 3.10 --platform aarch64-apple-darwin --format pins

  A project with its extra `test` and its dependency group `docs`:
      qm resolve pyproject.toml --extra test --group docs

  What it would have been last December, and the lowest versions that it claims to work with:
      qm resolve pyproject.toml --before 2025-12-01T00:00:00Z
      qm resolve pyproject.toml --strategy lowest-direct

  What is new beside what is there already (lines such as `flask ==3.1.0`), and what keeps most:
      qm resolve requirements.in --held installed.txt
      qm resolve requirements.in --held installed.txt --held-policy fewest-changes

  An answer to check and to choose from later, without asking anyone:
      qm resolve requirements.in --format json > answer.json
      qm verify answer.json
      qm pick answer.json

  The answer to a project that has changed a little, or that registries have published for:
      qm resolve requirements.in --format json --known answer.json > new.json

  The same answer as then, by the token in it, whatever was published since:
      qm resolve requirements.in --snapshot TOKEN

  What a workspace of cargo is built from on another machine, and with the newest versions:
      qm resolve Cargo.toml --target aarch64-apple-darwin --features tls
      qm resolve Cargo.toml --upgrade

  What a project of npm's installs, and what of it on another machine:
      qm resolve package.json
      qm resolve package.json --node 20.20.2 --os darwin --cpu arm64

FILES
  *.in, *.txt      requirements as pip reads them, with `-r`, `-c` and `--hash`. Options about
                   registries are refused: registries are configured at the service.
  pyproject.toml   `project.dependencies`, and what --extra, --all-extras and --group add.
  *.py             a script with a block `# /// script` (PEP 723).
  Cargo.toml       the workspace that the manifest belongs to, with the versions of its
                   `Cargo.lock`.
  package.json     the project that the package belongs to with its workspaces, with the versions of
                   its `package-lock.json`, and by what `.npmrc` says of trees and cut-offs.

EXIT STATUS
  0  solved                       2  the input or the command line is faulty
  1  there is no solution         3  the service could not answer";

/// `qm resolve`.
#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES, after_help = "`qm resolve --help` has examples.")]
pub struct Resolve {
    /// What to print: `text` for people, `pins` as lines `name version`, `json` for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// How many candidates of a package to try for its acceptable versions, the newest first; at most
    /// 1000. With 0, those that are held. Without it, as the service is set.
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u32).range(..=1000))]
    pub reach: Option<u32>,

    /// How many acceptable versions to list per package; held ones are listed in any case. Without it,
    /// all.
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u32).range(1..))]
    pub max_versions: Option<u32>,

    /// An answer in JSON that this project was given before: the service then sends what is different,
    /// and the whole answer is printed in JSON. `-` for stdin.
    #[arg(long, value_name = "ANSWER")]
    pub known: Option<PathBuf>,

    /// What is asked.
    #[command(flatten)]
    pub question: Question,
}

const LOCK_EXAMPLES: &str = "\
EXAMPLES
  The lock of a workspace, to look at:
      qm lock Cargo.toml

  Written where cargo looks for it; the versions in it stay where they fit:
      qm lock Cargo.toml --output Cargo.lock

  The newest versions, as `cargo update` takes them:
      qm lock Cargo.toml --upgrade --output Cargo.lock

  The lock of a project of npm's, as npm 11 writes it:
      qm lock package.json --output package-lock.json

EXIT STATUS
  As for `qm resolve`. Where there is no solution, no lock is written.";

/// `qm lock`.
#[derive(Args, Debug)]
#[command(after_long_help = LOCK_EXAMPLES, after_help = "`qm lock --help` has examples.")]
pub struct Lock {
    /// The file to write. Without it the lock is printed.
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,

    /// What is asked.
    #[command(flatten)]
    pub question: Question,
}

const WHY_EXAMPLES: &str = "\
EXAMPLES
  What brings a package along:
      qm why requirements.in werkzeug

  Why it is not an older or a newer version:
      qm why requirements.in werkzeug 2.3.8
      qm why Cargo.toml syn '^1'

EXIT STATUS
  0  told: the package is installed, or could be and is not       2, 3  as for `qm resolve`
  1  no solution can have it";

/// `qm why`.
#[derive(Args, Debug)]
#[command(after_long_help = WHY_EXAMPLES, after_help = "`qm why --help` has examples.")]
pub struct Why {
    /// The name of the package.
    #[arg(index = 2)]
    pub package: String,

    /// A version, or a range in the ecosystem's own syntax. Without it: why the package is there at all.
    #[arg(index = 3)]
    pub version: Option<String>,

    /// What is asked.
    #[command(flatten)]
    pub question: Question,
}

/// What the service is asked, and where.
#[derive(Args, Debug)]
pub struct Question {
    /// What the project depends on: a requirements file, a `pyproject.toml`, a script, a
    /// `Cargo.toml` or a `package.json`.
    pub file: PathBuf,

    /// Who is asked.
    #[command(flatten)]
    pub service: Service,

    /// From which facts.
    #[command(flatten)]
    pub facts: Facts,

    /// For which environment.
    #[command(flatten)]
    pub environment: Environment,

    /// What of a `pyproject.toml`.
    #[command(flatten)]
    pub sets: Sets,

    /// What is built of a `Cargo.toml`.
    #[command(flatten)]
    pub build: Build,

    /// How the tree of a `package.json` is made.
    #[command(flatten)]
    pub tree: Tree,

    /// Which versions.
    #[command(flatten)]
    pub choice: Choice,
}

/// The machine that packages are for.
#[derive(Args, Debug)]
#[command(next_help_heading = "Environment")]
pub struct Environment {
    /// The version of Python, such as `3.12`, `3.13t` (a build without the global lock) or `pypy3.10`.
    /// Without it: what a `.python-version` file next to FILE says, else 3.12. No interpreter is
    /// looked for.
    #[arg(long, value_name = "VERSION")]
    pub python: Option<String>,

    /// The platform, by the names of uv's `--python-platform`, such as `linux`, `windows` or
    /// `x86_64-manylinux_2_28`. Without it: the one that `qm` was built for.
    #[arg(long, value_name = "TAG")]
    pub platform: Option<String>,

    /// One answer for all platforms and implementations, from the version of Python on.
    #[arg(long, conflicts_with = "platform")]
    pub universal: bool,

    /// Lets source distributions count as installable. No package code runs in any case.
    #[arg(long)]
    pub sdist: bool,

    /// The target triple, for `Cargo.toml` only: tells what is compiled for it. Without it the answer
    /// is for all targets and all features of the members, as a `Cargo.lock` is.
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,

    /// The triple of the machine that builds, where build scripts and procedural macros run. Without it:
    /// what `rustc -vV` says, if there is a `rustc`, else the target.
    #[arg(long, value_name = "TRIPLE", requires = "target")]
    pub host: Option<String>,

    /// The full version of Node.js, for `package.json` only. Without it: what `node --version` says; if
    /// there is no `node`, what packages say of it does not count.
    #[arg(long, value_name = "VERSION")]
    pub node: Option<String>,

    /// The full version of npm, for `package.json` only. Without it, and without `--node`: that of the
    /// `npm` at hand; else what packages say of it does not count.
    #[arg(long, value_name = "VERSION")]
    pub npm: Option<String>,

    /// The operating system, by the names of Node.js, such as `darwin`; for `package.json` only. Without
    /// it the answer is for all, as a `package-lock.json` is.
    #[arg(long, value_name = "NAME")]
    pub os: Option<String>,

    /// The processor, by the names of Node.js, such as `arm64`; for `package.json` only. Without it,
    /// all.
    #[arg(long, value_name = "NAME")]
    pub cpu: Option<String>,

    /// The C library, `glibc` or `musl`; for `package.json` only. Without it, all.
    #[arg(long, value_name = "NAME")]
    pub libc: Option<String>,

    /// The version of Rust, for `Cargo.toml` only. Without it: what `rustc -vV` says, if there is a
    /// `rustc` and cargo would look at it (resolver 3, and no member with a `rust-version`).
    #[arg(long, value_name = "VERSION")]
    pub rust_version: Option<String>,
}

/// The parts of a `pyproject.toml` beside `project.dependencies`, which always counts.
#[derive(Args, Debug)]
#[command(next_help_heading = "Parts of a pyproject.toml, beside project.dependencies")]
pub struct Sets {
    /// An extra, from `project.optional-dependencies`. May be repeated.
    #[arg(long = "extra", value_name = "NAME")]
    pub extras: Vec<String>,

    /// Every extra.
    #[arg(long, conflicts_with = "extras")]
    pub all_extras: bool,

    /// A group, from `dependency-groups`. May be repeated.
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
}

/// What is built of a workspace of cargo. It has an effect for a target only.
#[derive(Args, Debug)]
#[command(next_help_heading = "Parts of a Cargo.toml to build, with --target")]
pub struct Build {
    /// A member to build. May be repeated. Without it, all members.
    #[arg(long = "package", short = 'p', value_name = "NAME", requires = "target")]
    pub packages: Vec<String>,

    /// Features of the members to turn on, with commas between them: `FEATURE`, or `MEMBER/FEATURE`. May
    /// be repeated.
    #[arg(long, short = 'F', value_name = "NAMES", requires = "target")]
    pub features: Vec<String>,

    /// Turns all features of the members on.
    #[arg(long, requires = "target")]
    pub all_features: bool,

    /// Leaves the features `default` of the members off.
    #[arg(long, requires = "target")]
    pub no_default_features: bool,

    /// Counts what tests, examples and benchmarks need, too.
    #[arg(long, requires = "target")]
    pub dev: bool,
}

/// How npm makes a tree. Without these, `.npmrc` and npm's variables count.
#[derive(Args, Debug)]
#[command(next_help_heading = "Trees of a package.json, as npm's options")]
pub struct Tree {
    /// Passes over peer dependencies.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub legacy_peer_deps: Option<bool>,

    /// Takes conflicts of peers among dependencies for conflicts, too.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub strict_peer_deps: Option<bool>,

    /// Prefers versions that are in the tree already to newer ones.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub prefer_dedupe: Option<bool>,

    /// Where packages go. Without it, as far up as possible.
    #[arg(long, value_enum)]
    pub install_strategy: Option<InstallStrategy>,

    /// Refuses what npm refuses, rather than looking for other versions of what the project requires.
    #[arg(long)]
    pub as_npm: bool,
}

/// Which versions may be chosen, and which are preferred.
#[derive(Args, Debug)]
#[command(next_help_heading = "Choice")]
pub struct Choice {
    /// Which of the fitting versions to prefer. Without it, the highest.
    #[arg(long, value_enum)]
    pub strategy: Option<Strategy>,

    /// When pre-releases count. Without it, as the ecosystem has it: where a requirement names one,
    /// and where nothing else fits.
    #[arg(long, value_enum, value_name = "WHEN")]
    pub prereleases: Option<Prereleases>,

    /// Only what was published before this instant counts, such as `2025-12-01T00:00:00Z`.
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub before: Option<Timestamp>,

    /// Only what is at least this old counts, such as `7d` or `36h`; the service takes the full hour
    /// before. With `--before` too, the earlier instant counts.
    #[arg(long, value_name = "TIME", value_parser = age)]
    pub minimum_age: Option<Duration>,

    /// What is there already: a file with lines `name range`, such as `flask ==3.1.0`.
    #[arg(long, value_name = "FILE")]
    pub held: Option<PathBuf>,

    /// Whether what is held may change the choice. Without it, the choice is the same for everyone.
    #[arg(long, value_enum, value_name = "POLICY", requires = "held")]
    pub held_policy: Option<HeldPolicy>,

    /// Passes over the versions of an existing lock. Without it, those in a `Cargo.lock` or a
    /// `package-lock.json` beside the root are kept where they fit, as cargo and npm keep them.
    #[arg(long)]
    pub upgrade: bool,

    /// A registry to ask, by its name at the service; the first that has a package counts. May be
    /// repeated. Without it, all that the service has.
    #[arg(long = "registry", value_name = "NAME")]
    pub registries: Vec<String>,

    /// Reads one package from one registry only, whatever the order of the others; `@corp/` for all of
    /// one of npm's scopes. May be repeated.
    #[arg(long = "registry-for", value_name = "PACKAGE=NAME", value_parser = pin)]
    pub pins: Vec<(String, String)>,

    /// Only wheels of this package count, never its source distributions; `:all:` for every package.
    /// May be repeated.
    #[arg(long, value_name = "PACKAGE")]
    pub only_binary: Vec<String>,

    /// Only source distributions of this package count, never its wheels; `:all:` for every package.
    /// Asks for `--sdist`. May be repeated.
    #[arg(long, value_name = "PACKAGE")]
    pub no_binary: Vec<String>,

    /// What a version of a package needs, where only its build could tell, or in the stead of what the
    /// registry says: a core metadata document (`METADATA`, `PKG-INFO`), whose headers say what it is
    /// for. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub metadata: Vec<PathBuf>,
}

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// Lines `name version`, sorted, and nothing else.
    Pins,
    /// For programs; an answer as canonical protobuf JSON.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
