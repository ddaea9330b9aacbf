//! Why the project's files, or the command line about them, could not be read.

use std::{io, sync::Arc};

use crate::input::{KINDS, cargo, name::Origin, npm, source::Place};

/// A [`Problem`] and, where it has one, its place in a file.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{problem}")]
pub struct InputError {
    /// The character at fault. Absent where no file or no part of it is.
    pub place: Option<Place>,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

impl InputError {
    /// A problem at a place.
    pub fn at(place: Place, problem: Problem) -> Self {
        Self { place: Some(place), problem }
    }
}

impl From<Problem> for InputError {
    fn from(problem: Problem) -> Self {
        Self { place: None, problem }
    }
}

/// What can be wrong with an input.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be opened or read.
    #[error("could not read `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: Arc<io::Error>,
    },
    /// The file is larger than a request may be.
    #[error("`{path}` is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The file is in another encoding.
    #[error("`{path}` is not UTF-8: byte {byte} belongs to no character")]
    NotUtf8 {
        /// The file.
        path: String,
        /// The offset of the first byte at fault.
        byte: usize,
    },
    /// The name tells no kind of file.
    #[error("`{path}` is no kind of file that `qm` knows")]
    UnknownKind {
        /// The file.
        path: String,
    },
    /// A lock of another ecosystem.
    #[error("`qm lock` does not write the lock of `{path}` yet")]
    NoLockYet {
        /// The file.
        path: String,
    },
    /// A flag about a part of the project, which a lock is not about.
    #[error("`{flag}` does not apply to `qm lock`: a lock is for all machines")]
    LockForAll {
        /// The flag.
        flag: &'static str,
    },
    /// A flag that makes no sense with this kind of file.
    #[error("`{flag}` does not apply to `{path}`: it needs {needs}")]
    NotForFile {
        /// The flag.
        flag: &'static str,
        /// The file.
        path: String,
        /// What it applies to.
        needs: &'static str,
    },
    /// The machine that `qm` was built for has no name among uv's platforms.
    #[error("no platform is known for this machine")]
    NoPlatform,
    /// An option of a requirements file that is not passed on.
    #[error("`{option}` is not supported")]
    OptionRefused {
        /// The option.
        option: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// Something that looks like an option and is none.
    #[error("`{option}` is not an option of requirements files")]
    OptionUnknown {
        /// The word.
        option: String,
    },
    /// An option stands behind a requirement and not on a line of its own.
    #[error("`{option}` cannot follow a requirement")]
    OptionMisplaced {
        /// The option.
        option: String,
    },
    /// An option's value is missing.
    #[error("`{option}` asks for a value")]
    OptionWithoutValue {
        /// The option.
        option: String,
    },
    /// A value is given to an option that takes none.
    #[error("`{option}` takes no value")]
    OptionWithValue {
        /// The option.
        option: String,
    },
    /// A word that is neither a requirement nor an option's value.
    #[error("`{word}` belongs to no option")]
    StrayWord {
        /// The word.
        word: String,
    },
    /// A quotation mark without its partner.
    #[error("the quotation mark `{mark}` is not closed")]
    OpenQuote {
        /// The mark.
        mark: char,
    },
    /// Two includes, or an include and another option, on one line.
    #[error("`{option}` shares its line with another option")]
    SharedLine {
        /// The option.
        option: String,
    },
    /// `-r` within a file that is itself read by `-c`.
    #[error("`-r` stands in a constraints file, which pip and uv read differently")]
    RequirementsInConstraints,
    /// An included file is on the network.
    #[error("`{address}` is an address, and only files are read")]
    IncludeByAddress {
        /// The address.
        address: String,
    },
    /// A file that includes itself, possibly through others.
    #[error("`{path}` includes itself: {chain}")]
    IncludeCycle {
        /// The file.
        path: String,
        /// The files in order.
        chain: String,
    },
    /// Files within files beyond a limit.
    #[error("includes are nested more than {limit} deep")]
    IncludeDepth {
        /// The limit.
        limit: usize,
    },
    /// More files than a limit.
    #[error("more than {limit} files are included")]
    IncludeCount {
        /// The limit.
        limit: usize,
    },
    /// The name of an environment variable, as pip expands it.
    #[error("environment variables such as `{variable}` are not expanded")]
    Variable {
        /// The variable, with its braces.
        variable: String,
    },
    /// A comment whose last character joins it with the next line.
    #[error("the comment ends with `\\`, so that pip reads the next line as part of it")]
    ContinuedComment,
    /// A requirement that names an address, as in `name @ address`. The address may hold a secret.
    #[error("`{name}` is tied to {}, and packages come from registries only", origin.words())]
    DirectReference {
        /// The package.
        name: String,
        /// Where it is to come from.
        origin: Origin,
    },
    /// An address in place of a name.
    #[error("{} stands in place of a package, and packages come from registries only", origin.words())]
    Address {
        /// Where the package is to come from.
        origin: Origin,
    },
    /// A file or folder in place of a name.
    #[error("`{path}` is a file or folder, and packages come from registries only")]
    LocalPath {
        /// The path.
        path: String,
    },
    /// A script that says nothing of its dependencies.
    #[error("`{path}` has no block `# /// script`")]
    NoScriptBlock {
        /// The file.
        path: String,
    },
    /// A block of a script without its last line.
    #[error("the block `# /// script` is not closed")]
    OpenScriptBlock,
    /// Two blocks of one script.
    #[error("the script has a second block `# /// script`")]
    TwoScriptBlocks,
    /// The text is not JSON.
    #[error("{message}")]
    Json {
        /// What the parser says.
        message: String,
    },
    /// The text is not TOML.
    #[error("{message}")]
    Toml {
        /// What the parser says.
        message: String,
    },
    /// A TOML value of another type.
    #[error("`{key}` is {found}, and {wanted} is expected")]
    WrongType {
        /// The key.
        key: String,
        /// The type at hand.
        found: &'static str,
        /// The type to be there.
        wanted: &'static str,
    },
    /// A TOML value that is none of the known ones.
    #[error("`{key}` cannot be `{value}`")]
    WrongValue {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// A key that changes the answer and is not passed on.
    #[error("`{key}` is not supported")]
    KeyRefused {
        /// The key, with its tables.
        key: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// A `pyproject.toml` that states no dependencies.
    #[error("`{path}` has no `[project]` table")]
    NoProject {
        /// The file.
        path: String,
    },
    /// Dependencies that a build would tell.
    #[error("`{key}` is dynamic: only running the project's build could tell it")]
    Dynamic {
        /// The key.
        key: &'static str,
    },
    /// No extra of that name.
    #[error("there is no extra `{name}` in `{path}`")]
    NoExtra {
        /// The name.
        name: String,
        /// The file.
        path: String,
        /// The names that there are.
        known: String,
    },
    /// No dependency group of that name.
    #[error("there is no dependency group `{name}` in `{path}`")]
    NoGroup {
        /// The name.
        name: String,
        /// The file.
        path: String,
        /// The names that there are.
        known: String,
    },
    /// Two spellings of one name.
    #[error("`{name}` and `{other}` are one name, stated twice")]
    TwiceNamed {
        /// One.
        name: String,
        /// The other.
        other: String,
    },
    /// A dependency group that includes itself, possibly through others.
    #[error("the dependency group `{name}` includes itself: {chain}")]
    GroupCycle {
        /// The group.
        name: String,
        /// The groups in order.
        chain: String,
    },
    /// A version file that does not begin with a plain version.
    #[error("`{text}` is not a plain Python version such as `3.12`")]
    VersionFile {
        /// The text.
        text: String,
    },
    /// An interpreter by its tag in the names of wheels.
    #[error("`{text}` is not how `--python` names a version")]
    PythonTag {
        /// The text.
        text: String,
        /// The version that it means.
        meant: String,
    },
    /// A metadata document that does not say what it is for.
    #[error("`{path}` has no header `{header}`")]
    NoHeader {
        /// The file.
        path: String,
        /// The header.
        header: &'static str,
    },
    /// What only a workspace of cargo can have wrong.
    #[error(transparent)]
    Cargo(#[from] cargo::Fault),
    /// What only a project of npm's can have wrong.
    #[error(transparent)]
    Npm(#[from] npm::Fault),
    /// A line of a held file without a range.
    #[error("`{name}` stands without its versions")]
    HeldWithoutRange {
        /// The name.
        name: String,
    },
    /// A range where versions are compared as texts.
    #[error("`{line}` does not name one version")]
    HeldRange {
        /// The line.
        line: String,
    },
}

impl Problem {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UnknownKind { .. } => format!("it reads {KINDS}"),
            Self::OptionRefused { advice, .. }
            | Self::KeyRefused { advice, .. }
            | Self::WrongValue { advice, .. } => (*advice).to_owned(),
            Self::NoExtra { known, .. } | Self::NoGroup { known, .. } if known.is_empty() => {
                "it has none at all".to_owned()
            }
            Self::NoExtra { known, .. } | Self::NoGroup { known, .. } => format!("it has {known}"),
            Self::PythonTag { meant, .. } => format!("write `--python {meant}`"),
            Self::Cargo(fault) => fault.hint()?.to_owned(),
            Self::Npm(fault) => fault.hint()?.to_owned(),
            other => other.fixed_hint()?.to_owned(),
        };
        Some(hint)
    }

    /// The advice that is the same for all instances of a problem.
    fn fixed_hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::NotUtf8 { .. } => "save the file as UTF-8",
            Self::NoLockYet { .. } => {
                "it writes a `Cargo.lock` or a `package-lock.json`; `qm resolve` tells the versions"
            }
            Self::LockForAll { .. } => "`qm resolve` tells what there is for one of them",
            Self::NoPlatform => "name one with `--platform`, such as `--platform linux`",
            Self::OptionUnknown { .. } => {
                "a requirement starts with a name, an option is one of pip's"
            }
            Self::OptionMisplaced { .. } => {
                "only `--hash` may; give every other option its own line"
            }
            Self::SharedLine { .. } => "give every `-r` and `-c` a line of its own",
            Self::RequirementsInConstraints => "use `-c` there, or include the file elsewhere",
            Self::IncludeByAddress { .. } => "download the file and include the copy",
            Self::IncludeCycle { .. } => "remove one of these includes",
            Self::Variable { .. } => "write the value itself",
            Self::ContinuedComment => "remove the `\\`, or the comment",
            Self::DirectReference { origin, .. } | Self::Address { origin } => origin.advice(),
            Self::LocalPath { .. } => Origin::Local.advice(),
            Self::NoScriptBlock { .. } => {
                "state the dependencies there, in lines such as `# /// script`, `# dependencies = [\"flask\"]` and `# ///`"
            }
            Self::OpenScriptBlock => {
                "end it with a line `# ///`, all lines between beginning with `#`"
            }
            Self::TwoScriptBlocks => "put what both say into one",
            Self::NoProject { .. } => {
                "state the dependencies there, in `project.dependencies`, or choose a group with `--group`"
            }
            Self::Dynamic { .. } => {
                "state it in the file, or resolve the requirements file that it is made from"
            }
            Self::GroupCycle { .. } => "remove one of these `include-group` entries",
            Self::VersionFile { .. } => "choose a version with `--python`",
            Self::NoHeader { .. } => {
                "give the `METADATA` of a wheel or the `PKG-INFO` of a source distribution"
            }
            Self::HeldWithoutRange { .. } => {
                "write lines such as `flask ==3.1.0` or `flask >=3,<4`"
            }
            Self::HeldRange { .. } => {
                "write lines such as `flask 3.1.0`; give ranges to `qm resolve --held` instead, whose answer says what is held"
            }
            _ => return None,
        };
        Some(hint)
    }
}
