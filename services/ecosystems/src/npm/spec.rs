//! What a dependency asks for, as npm-package-arg reads it.

mod git;
mod secret;

use std::fmt;
use std::sync::Arc;

use super::name::is_of_url;
use super::version::trim;
use super::{Name, Range, Reading, Version};

/// What the right side of `"name": "spec"` means.
///
/// What a registry can answer is told apart from what it cannot: the latter is [`Foreign`], to be
/// refused by its kind and, since it may hold a password, only ever shown as it writes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// Exactly this version, such as `1.2.3`, `v1.2.3` or `=1.2.3`.
    Version(Version),
    /// One of a range, such as `^1.2.3`; nothing, and `*`, mean any.
    Range(Range),
    /// The version that a tag names, such as `latest`.
    Tag(Arc<str>),
    /// Another package of the registry, under the name of the dependency: `npm:other@^1`.
    Alias(Box<Alias>),
    /// Something that no registry answers.
    Foreign(Box<Foreign>),
}

/// Another package under the name of a dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The package that is meant.
    pub name: Name,
    /// What is asked of it: a version, a range or a tag.
    pub spec: Spec,
}

/// A dependency that lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What it is.
    pub kind: ForeignKind,
    /// Where it is, without passwords and tokens.
    shown: Box<str>,
}

/// What lies elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForeignKind {
    /// A repository of git, by URL or as `user/repository`.
    Git,
    /// An archive by its URL.
    Remote,
    /// An archive in the file system.
    File,
    /// A folder in the file system.
    Directory,
    /// A folder that is to be linked (`link:`; pnpm, yarn).
    Link,
    /// A member of the same workspace (`workspace:`; pnpm, yarn, bun).
    Workspace,
    /// A spec that stands elsewhere in the workspace (`catalog:`; pnpm, bun).
    Catalog,
    /// A package of another registry (`jsr:`; pnpm, deno).
    Jsr,
    /// A folder that is to be linked with its dependencies (`portal:`; yarn).
    Portal,
    /// A package with changes (`patch:`; yarn).
    Patch,
}

/// A text that npm refuses as a spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// It is no version and no range, and cannot be a tag either.
    #[error(
        "`{0}` is no version, range, tag or address: a tag has letters, digits and `-_.!~*'()` only"
    )]
    Tag(Box<str>),
    /// An address of a kind that nobody knows.
    #[error("`{0}` is not an address that npm can follow")]
    Protocol(Box<str>),
    /// An alias without the name of a package.
    #[error("`{0}` is an alias that does not name a package")]
    AliasOfNothing(Box<str>),
    /// An alias of an alias.
    #[error("`{0}` is an alias of an alias")]
    AliasOfAlias(Box<str>),
    /// An alias of what is not in a registry.
    #[error("`{0}` is an alias of what no registry has")]
    AliasOfForeign(Box<str>),
}

impl SpecError {
    /// What npm calls it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tag(_) => "EINVALIDTAGNAME",
            Self::Protocol(_) => "EUNSUPPORTEDPROTOCOL",
            Self::AliasOfNothing(_) | Self::AliasOfAlias(_) | Self::AliasOfForeign(_) => "EALIAS",
        }
    }
}

impl Spec {
    /// Reads what stands behind the name of a dependency.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        if let Some(kind) = file_kind(text) {
            return Ok(Self::foreign(kind, text));
        }
        if let Some(alias) = strip_protocol(text, "npm:") {
            return read_alias(text, alias);
        }
        if git::is_hosted(text) {
            return Ok(Self::foreign(ForeignKind::Git, text));
        }
        if let Some(protocol) = protocol(text) {
            return match kind_of(protocol) {
                Some(kind) => Ok(Self::foreign(kind, text)),
                None => Err(SpecError::Protocol(secret::shown(text))),
            };
        }
        if text.contains('/') || is_archive(text) {
            let kind = if is_archive(text) { ForeignKind::File } else { ForeignKind::Directory };
            return Ok(Self::foreign(kind, text));
        }
        Self::of_registry(text)
    }

    fn of_registry(text: &str) -> Result<Self, SpecError> {
        let bare = trim(text);
        if let Ok(version) = Version::parse(bare) {
            return Ok(Self::Version(version));
        }
        if let Ok(range) = Range::parse(bare, Reading::LOOSE) {
            return Ok(Self::Range(range));
        }
        if is_of_url(bare) {
            Ok(Self::Tag(bare.into()))
        } else {
            Err(SpecError::Tag(secret::shown(bare)))
        }
    }

    fn foreign(kind: ForeignKind, text: &str) -> Self {
        Self::Foreign(Box::new(Foreign { kind, shown: secret::shown(text) }))
    }

    /// What is asked of the registry, be it under another name or not.
    pub fn target(&self) -> &Self {
        match self {
            Self::Alias(alias) => &alias.spec,
            other => other,
        }
    }
}

/// The spec in npm's words; of what lies elsewhere, without secrets.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => version.fmt(f),
            Self::Range(range) => write_bare(f, range.as_str()),
            Self::Tag(tag) => write_bare(f, tag),
            // Of an alias, npm reads no spec as any version.
            Self::Alias(alias) => match alias.spec.to_string().as_str() {
                "" => write!(f, "npm:{}@*", alias.name),
                spec => write!(f, "npm:{}@{spec}", alias.name),
            },
            Self::Foreign(foreign) => foreign.fmt(f),
        }
    }
}

/// Writes what a registry is asked for. Blanks around it may be all that tells it from a path, an
/// archive or an address.
fn write_bare(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let is_foreign = protocol(text).is_some() || git::is_hosted(text) || file_kind(text).is_some();
    let before = if is_foreign { " " } else { "" };
    let behind = if is_archive(text) { " " } else { "" };
    write!(f, "{before}{text}{behind}")
}

/// Where it is, without secrets.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl ForeignKind {
    /// What to do about it, where only registries are asked.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Git | Self::Remote => "publish it to a registry, or leave it to `npm install`",
            Self::File | Self::Directory | Self::Link | Self::Portal => {
                "what lies in your file system cannot be read from here: leave it to `npm install`"
            }
            Self::Workspace => "state the member's version in its place, or resolve each member",
            Self::Catalog => "put the catalog's own range in its place",
            Self::Jsr => "use the package's name on an npm registry, with `npm:`",
            Self::Patch => "resolve the package without its changes, and apply them behind that",
        }
    }
}

impl fmt::Display for ForeignKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Git => "a git repository",
            Self::Remote => "the URL of an archive",
            Self::File => "an archive in the file system",
            Self::Directory => "a folder",
            Self::Link => "a linked folder",
            Self::Workspace => "a member of a workspace",
            Self::Catalog => "an entry of a catalog",
            Self::Jsr => "a package of JSR",
            Self::Portal => "a folder behind a portal",
            Self::Patch => "a patched package",
        })
    }
}

/// Reads what stands behind `npm:`.
fn read_alias(text: &str, alias: &str) -> Result<Spec, SpecError> {
    let shown = || secret::shown(text);
    // The first character may be the `@` of a scope.
    let at = alias.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let name = at.map_or(alias, |at| &alias[..at]);
    let is_address = protocol(alias).is_some() || git::is_remote(alias);
    let is_path = !name.starts_with('@') && (name.contains('/') || is_archive(name));
    if is_address || is_path {
        return Err(SpecError::AliasOfForeign(shown()));
    }
    let spec = match at {
        Some(at) => &alias[at + 1..],
        None if Name::parse(alias).is_ok() => "*",
        None => return Err(SpecError::AliasOfNothing(shown())),
    };
    // npm reads no spec as any version.
    let spec = Spec::parse(if spec.is_empty() { "*" } else { spec })?;
    match spec {
        Spec::Alias(_) => Err(SpecError::AliasOfAlias(shown())),
        Spec::Foreign(_) => Err(SpecError::AliasOfForeign(shown())),
        spec => match Name::parse(name) {
            Ok(name) => Ok(Spec::Alias(Box::new(Alias { name, spec }))),
            // The name may be a part of an address that holds a password.
            Err(_) => Err(SpecError::AliasOfNothing(shown())),
        },
    }
}

/// What is in the file system by its look: `file:`, a path that starts as one, or a drive.
fn file_kind(text: &str) -> Option<ForeignKind> {
    let is_drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let is_path = text.starts_with(['.', '/']) || text.starts_with("~/") || is_drive;
    (is_path || strip_protocol(text, "file:").is_some())
        .then(|| if is_archive(text) { ForeignKind::File } else { ForeignKind::Directory })
}

/// Whether a name is one of an archive.
fn is_archive(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [".tgz", ".tar.gz", ".tar"].iter().any(|end| text.ends_with(end))
}

/// What is behind a protocol, however that is written.
fn strip_protocol<'a>(text: &'a str, protocol: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(protocol.len())?;
    start.eq_ignore_ascii_case(protocol).then_some(rest)
}

/// The protocol of an address: letters with a colon, perhaps behind `git+`.
fn protocol(text: &str) -> Option<&str> {
    let bare = strip_protocol(text, "git+").unwrap_or(text);
    let letters = bare.bytes().take_while(u8::is_ascii_alphabetic).count();
    let length = text.len() - bare.len() + letters;
    (letters > 0 && bare[letters..].starts_with(':')).then(|| &text[..length])
}

/// What is behind a protocol.
fn kind_of(protocol: &str) -> Option<ForeignKind> {
    let protocol = protocol.to_ascii_lowercase();
    Some(match &*protocol {
        "git" | "git+http" | "git+https" | "git+rsync" | "git+ftp" | "git+file" | "git+ssh" => {
            ForeignKind::Git
        }
        "http" | "https" => ForeignKind::Remote,
        "link" => ForeignKind::Link,
        "workspace" => ForeignKind::Workspace,
        "catalog" => ForeignKind::Catalog,
        "jsr" => ForeignKind::Jsr,
        "portal" => ForeignKind::Portal,
        "patch" => ForeignKind::Patch,
        _ => return None,
    })
}
