//! What can be wrong with a project of npm's, beside what can be with any file.

/// Why a `package.json`, its workspaces or its settings cannot be passed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A dependency on a git repository.
    #[error("`{dependency}` comes from a git repository, and packages come from registries only")]
    Git {
        /// The dependency.
        dependency: String,
    },
    /// A dependency on what an address leads to.
    #[error("`{dependency}` comes from an address, and packages come from registries only")]
    Address {
        /// The dependency.
        dependency: String,
    },
    /// A dependency on an archive in a file.
    #[error(
        "`{dependency}` comes from an archive in a file, and packages come from registries only"
    )]
    Archive {
        /// The dependency.
        dependency: String,
    },
    /// A dependency by a protocol that npm does not have.
    #[error("npm does not read `{protocol}`, which `{dependency}` is required by")]
    Protocol {
        /// The dependency.
        dependency: String,
        /// The protocol, with its colon.
        protocol: String,
    },
    /// A folder beneath the user's own.
    #[error("`{dependency}` lies in the home folder of whoever runs npm")]
    Home {
        /// The dependency.
        dependency: String,
    },
    /// A folder without a package.
    #[error("`{dependency}` is to be in `{folder}`, where there is no `package.json`")]
    NoPackage {
        /// The dependency.
        dependency: String,
        /// The folder.
        folder: String,
    },
    /// Two packages of one name.
    #[error("two packages have the name `{name}`: `{one}` and `{other}`")]
    TwiceNamed {
        /// The name.
        name: String,
        /// A manifest.
        one: String,
        /// The other.
        other: String,
    },
    /// A pattern that cannot be read.
    #[error("`{pattern}` is not a pattern of folders that `qm` reads: {message}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// An override that leads elsewhere than to a registry.
    #[error("the override of `{name}` leads to `{spec}`, and packages come from registries only")]
    Override {
        /// The package.
        name: String,
        /// What is to take its place.
        spec: String,
    },
    /// A lock without the list that is read.
    #[error("`{path}` is a lock of version {version}, of npm 6 and before")]
    OldLock {
        /// The file.
        path: String,
        /// Its version.
        version: String,
    },
    /// A lock that npm would make and `qm` does not.
    #[error("`lockfile-version` is {version}, and `qm` writes version 3")]
    LockVersion {
        /// The version.
        version: String,
    },
}

impl Fault {
    /// What the user can do about it.
    pub(in crate::input) fn hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::Git { .. } | Self::Address { .. } | Self::Archive { .. } => {
                "require a released version; or publish it to a registry of the service"
            }
            Self::Override { .. } => "give a version or a range, such as `^1.2`",
            Self::Protocol { protocol, .. } if protocol == "workspace:" => {
                "write a range, such as `*`: a workspace of that name is taken where it fits"
            }
            Self::Protocol { .. } => "write a range, such as `^1.2`, or `file:` and a folder",
            Self::Home { .. } => "write the way from this folder, such as `file:../a`",
            Self::TwiceNamed { .. } => "give one of them another name",
            Self::Pattern { .. } => "list the folders, or use `*`, `**` and `{a,b}`",
            Self::OldLock { .. } => {
                "convert it with `npm install --package-lock-only`, or pass over it with `--upgrade`"
            }
            Self::LockVersion { .. } => "remove the setting: npm 7 and later read version 3",
            Self::NoPackage { .. } => return None,
        };
        Some(hint)
    }
}
