//! What the project asks for, read from its files.
//!
//! The name of the file tells how it is read: [`requirements`] as pip has them, [`pyproject`], or [`script`],
//! which make an [`Input`]; [`cargo`], which makes a workspace; or [`npm`], which makes a project. Either way the result is texts that go
//! to the service as they are, each with the place it stood at. What a file can say and this client cannot pass on is refused by name, with
//! its place and with what to do instead; nothing is passed over in silence.

pub mod cargo;
pub mod error;
pub mod held;
pub(crate) mod json;
pub mod metadata;
pub mod name;
pub(crate) mod node;
pub mod npm;
mod paths;
pub mod pyproject;
pub mod requirements;
pub mod script;
pub mod source;

use std::path::Path;

use proto::v1::{PrereleaseMode, Strategy};

pub use self::{
    cargo::Existing,
    error::{InputError, Problem},
};
use self::{name::normalize, source::Anchor};

/// The kinds of files that this version reads, for messages.
pub const KINDS: &str = "`*.in` and `*.txt` (pip's requirements files), `pyproject.toml`, `*.py` (scripts with a block `# /// script`), `Cargo.toml` and `package.json`";

/// A text from a file, and where it stood.
#[derive(Clone, Debug)]
pub struct Stated {
    /// The text, to be sent as it is.
    pub text: String,
    /// Where it stood.
    pub anchor: Anchor,
}

/// One requirement of the project.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The requirement as PEP 508 has it, unread.
    pub stated: Stated,
    /// The dependency set, as the contract names it. Empty means `main`.
    pub dependency_set: String,
    /// The values of pip's option `--hash`.
    pub hashes: Vec<Stated>,
}

impl Requirement {
    /// A requirement without hashes.
    pub fn new(stated: Stated, dependency_set: &str) -> Self {
        Self { stated, dependency_set: dependency_set.to_owned(), hashes: Vec::new() }
    }
}

/// A package that comes from one registry only.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The package's name.
    pub package: String,
    /// The registry's name at the service.
    pub registry: Stated,
}

/// A setting from a file, and where it stood.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it stood.
    pub anchor: Anchor,
}

/// All that the files say. Order is kept: the answer may depend on it.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The project's own name. Empty where the files do not give it one.
    pub name: String,
    /// What the project requires.
    pub requirements: Vec<Requirement>,
    /// What narrows versions without asking for them.
    pub constraints: Vec<Requirement>,
    /// What takes the place of requirements.
    pub overrides: Vec<Requirement>,
    /// The names of packages to leave out.
    pub excludes: Vec<Stated>,
    /// The dependency sets to solve. Empty means all that occur.
    pub dependency_sets: Vec<String>,
    /// The files' word on pre-releases, such as pip's `--pre`.
    pub prereleases: Option<Setting<PrereleaseMode>>,
    /// The files' word on the preferred versions.
    pub strategy: Option<Setting<Strategy>>,
    /// The files' cut-off.
    pub before: Option<Setting<jiff::Timestamp>>,
    /// The packages that come from one registry only, with the registry's name.
    pub pins: Vec<Pin>,
    /// The projects of which wheels alone count, or `:all:`.
    pub only_binary: Vec<Stated>,
    /// The projects of which source distributions alone count, or `:all:`.
    pub no_binary: Vec<Stated>,
    /// The versions of Python that the project says it supports. It is shown, never compared.
    pub requires_python: Option<Stated>,
}

impl Input {
    /// Applies one `--only-binary`.
    pub fn choose_wheels(&mut self, value: &Stated) {
        choose_form(&mut self.only_binary, &mut self.no_binary, value);
    }

    /// Applies one `--no-binary`.
    pub fn choose_sdists(&mut self, value: &Stated) {
        choose_form(&mut self.no_binary, &mut self.only_binary, value);
    }
}

/// Applies one `--only-binary` or `--no-binary`: the last word on a project counts, `:all:` ends what
/// was said before, and `:none:` takes it back.
fn choose_form(chosen: &mut Vec<Stated>, other: &mut Vec<Stated>, value: &Stated) {
    let mut column = 1;
    for part in value.text.split(',') {
        let name = part.trim();
        let anchor =
            value.anchor.part(column + part.chars().take_while(|c| c.is_whitespace()).count());
        column += part.chars().count() + 1;
        match name {
            "" => {}
            ":none:" => chosen.clear(),
            ":all:" => {
                other.clear();
                *chosen = vec![Stated { text: name.to_owned(), anchor }];
            }
            _ => {
                let same = |stated: &Stated| normalize(&stated.text) == normalize(name);
                other.retain(|stated| !same(stated));
                chosen.retain(|stated| !same(stated));
                chosen.push(Stated { text: name.to_owned(), anchor });
            }
        }
    }
}

/// Which parts of a `pyproject.toml` to read beside its dependencies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// The extras, in any spelling.
    pub extras: &'a [String],
    /// The dependency groups, in any spelling.
    pub groups: &'a [String],
    /// All extras.
    pub all_extras: bool,
    /// What the command line decides already, so that a file that says otherwise is overruled.
    pub decided: Decided,
}

/// What the command line decides by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decided {
    /// `--registry` is given.
    pub registries: bool,
    /// `--before` or `--minimum-age` is given.
    pub before: bool,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of PyPI's.
    Python(Form),
    /// A `Cargo.toml`.
    Cargo,
    /// A `package.json`.
    Npm,
}

/// How a file of PyPI's is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Requirements as pip has them.
    Requirements,
    /// A `pyproject.toml`.
    Pyproject,
    /// A script with a block of metadata.
    Script,
}

/// Reads `path` and all files that it includes.
pub fn read(path: &Path, form: Form, selection: &Selection<'_>) -> Result<Input, InputError> {
    match form {
        Form::Requirements => {
            refuse_selection(path, selection)?;
            requirements::read(path)
        }
        Form::Pyproject => pyproject::read(path, selection),
        Form::Script => {
            refuse_selection(path, selection)?;
            script::read(path, selection)
        }
    }
}

/// Tells how a file is read, by its name alone.
pub fn kind(path: &Path) -> Result<Kind, Problem> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name {
        "pyproject.toml" => Ok(Kind::Python(Form::Pyproject)),
        "package.json" => Ok(Kind::Npm),
        "Cargo.toml" => Ok(Kind::Cargo),
        _ if name.ends_with(".py") => Ok(Kind::Python(Form::Script)),
        _ if name.ends_with(".in") || name.ends_with(".txt") => {
            Ok(Kind::Python(Form::Requirements))
        }
        _ => Err(Problem::UnknownKind { path: path.display().to_string() }),
    }
}

/// A requirements file or a script has neither extras nor groups to choose from.
fn refuse_selection(path: &Path, selection: &Selection<'_>) -> Result<(), Problem> {
    let chosen = [
        ("--extra", !selection.extras.is_empty()),
        ("--all-extras", selection.all_extras),
        ("--group", !selection.groups.is_empty()),
    ];
    match chosen.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Problem::NotForFile {
            flag,
            path: path.display().to_string(),
            needs: "a `pyproject.toml`",
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
