//! What can be wrong with a workspace of cargo, beside what can be with any file.

/// Why a manifest or its workspace cannot be passed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Neither a package nor a workspace.
    #[error("`{path}` has neither a `[package]` nor a `[workspace]`")]
    Empty {
        /// The manifest.
        path: String,
    },
    /// A path that leads to a workspace alone.
    #[error("`{path}` has no `[package]`")]
    NoPackage {
        /// The manifest.
        path: String,
    },
    /// A package without a name.
    #[error("the package has no `name`")]
    NoName,
    /// A workspace's root that is no package, with what only packages have.
    #[error("`{section}` belongs to a package, and this manifest has no `[package]`")]
    NotVirtual {
        /// The table.
        section: &'static str,
    },
    /// A manifest that is a root and points to another.
    #[error("`package.workspace` points to another manifest, and this one has a `[workspace]`")]
    TwoWorkspaces,
    /// A resolver for the package and another for its workspace.
    #[error("`resolver` is stated in `[package]` and in `[workspace]`")]
    TwoResolvers,
    /// A preference for supported versions, and a resolver that never has it in a request.
    #[error("versions that the compiler supports cannot be preferred with resolver 1")]
    Fallback,
    /// A pointer to a manifest that is no root.
    #[error("`{root}` is to be the root of the workspace, and has no `[workspace]`")]
    NoRoot {
        /// The manifest that was pointed to.
        root: String,
    },
    /// A pattern that cannot be read.
    #[error("`{pattern}` is not a pattern of paths: {message}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// A package in a workspace that does not know it.
    #[error("`{package}` lies in the workspace of `{root}`, and is not among its members")]
    NotMember {
        /// The package's manifest.
        package: String,
        /// The root's manifest.
        root: String,
    },
    /// A member that belongs to another workspace, or to none.
    #[error("`{member}` is a member of `{root}`, and belongs to {other}")]
    WrongRoot {
        /// The member's manifest.
        member: String,
        /// The root that lists it.
        root: String,
        /// What it belongs to.
        other: String,
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
    /// Something inherited that the root does not state.
    #[error("`{key}` is inherited, and {root}")]
    NotInherited {
        /// The key.
        key: String,
        /// What is missing where.
        root: String,
    },
    /// An optional dependency of a whole workspace.
    #[error("`{dependency}` is optional, which dependencies of a workspace cannot be")]
    OptionalForAll {
        /// The dependency.
        dependency: String,
    },
    /// An optional dependency for development.
    #[error("`{dependency}` is optional, which dependencies for development cannot be")]
    OptionalDev {
        /// The dependency.
        dependency: String,
    },
    /// A member that would switch off what its workspace switches on.
    #[error(
        "`default-features = false` of `{dependency}` has no effect: the workspace has them on"
    )]
    DefaultFeatures {
        /// The dependency.
        dependency: String,
    },
    /// A spelling of former editions.
    #[error("`{key}` is not read from edition 2024 on")]
    Underscore {
        /// The key.
        key: &'static str,
    },
    /// A dependency that says nothing of where it comes from.
    #[error("`{dependency}` states neither a version nor a path")]
    NoSource {
        /// The dependency.
        dependency: String,
    },
    /// A requirement without a text.
    #[error("the version of `{dependency}` is an empty text")]
    EmptyVersion {
        /// The dependency.
        dependency: String,
    },
    /// A native library, and nothing that would link it.
    #[error("`links` names `{links}`, and there is no build script to link it")]
    NoBuildScript {
        /// The library.
        links: String,
    },
    /// A dependency with two origins.
    #[error("`{dependency}` states both `{one}` and `{other}`")]
    TwoSources {
        /// The dependency.
        dependency: String,
        /// A key.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A dependency from a git repository.
    #[error("`{dependency}` comes from a git repository, which cannot be answered yet")]
    Git {
        /// The dependency.
        dependency: String,
    },
    /// A registry by its address.
    #[error("`{dependency}` names its registry by an address")]
    RegistryIndex {
        /// The dependency.
        dependency: String,
    },
    /// A patch of a source that is no declared registry.
    #[error("`{key}` is patched, which is an address and no registry's name")]
    PatchedAddress {
        /// The table's key.
        key: String,
    },
    /// A path to a package of another name.
    #[error("`{dependency}` is to be at `{path}`, where `{found}` is")]
    OtherName {
        /// The dependency.
        dependency: String,
        /// The folder.
        path: String,
        /// The name there.
        found: String,
    },
}

impl Fault {
    /// What the user can do about it.
    pub(in crate::input) fn hint(&self) -> Option<&'static str> {
        let hint = match self {
            Self::Empty { .. } => "name the `Cargo.toml` of a package or of a workspace",
            Self::Fallback => "state `resolver = \"3\"` in the root of the workspace",
            Self::TwoResolvers => "state it in `[workspace]` alone",
            Self::NotMember { .. } => {
                "add it to `workspace.members` or to `workspace.exclude` there"
            }
            Self::WrongRoot { .. } => {
                "leave it out of `workspace.members`, or set its `package.workspace`"
            }
            Self::DefaultFeatures { .. } => {
                "set `default-features = false` in `workspace.dependencies`"
            }
            Self::Underscore { .. } => "write it with a hyphen",
            Self::NoSource { .. } | Self::EmptyVersion { .. } => {
                "state a version, such as `\"1.2\"`, or `\"*\"` for any"
            }
            Self::NoBuildScript { .. } => "add a `build.rs`, or leave `links` out",
            Self::TwoSources { .. } => "leave one of them out",
            Self::Git { .. } => {
                "require a released version; or publish that revision to a registry of the service"
            }
            Self::RegistryIndex { .. } => {
                "name a registry that the service declares, as in `registry = \"corp\"`"
            }
            Self::PatchedAddress { .. } => {
                "name a registry that the service declares, as in `[patch.corp]`, or `crates-io` for the first one; or state the address in a configuration file, as in `[registries.corp]`"
            }
            Self::TwiceNamed { .. } => "give one of them another name",
            _ => return None,
        };
        Some(hint)
    }
}
